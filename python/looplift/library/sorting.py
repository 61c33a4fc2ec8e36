"""Sorting and what needs order: sort, argsort, lexsort, partition, searchsorted, digitize.

Sorting is by merging runs: stable, never quadratic, with scratch space of the array's size. NaN
comes last, as in NumPy.
"""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library._axes import normal_axis, three
from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_false,
    is_index,
    is_int_tuple,
    is_real,
    is_tuple,
    is_true,
    kind_of,
    promote,
    scalar_class,
    text,
)

_RUN = 16


def _is_ordered(a, ndim=None):
    return is_array(a, ndim) and kind_of(element_class(a)) != "c"


def _is_sorted_kind(kind):
    """A sort's name, all of which are stable here."""
    if getattr(kind, "kind", None) == "str":
        raise TypingError('"kind" must be a string literal')
    return is_absent(kind) or text(kind) in ("quicksort", "mergesort", "heapsort", "stable")


# Sorting


@cache
def less_than(t):
    if kind_of(t) == "f":

        def less(x, y):
            return x < y or (y != y and x == x)

    elif kind_of(t) == "c":

        def less(x, y):
            # By the real parts, then by the others; what has a NaN comes last.
            if x.real != x.real or x.imag != x.imag or y.real != y.real or y.imag != y.imag:
                return x == x and y != y
            return x.real < y.real or (x.real == y.real and x.imag < y.imag)

    else:

        def less(x, y):
            return x < y

    return less


@cache
def sort_run(t):
    """Sorts a 1-d array in place."""
    less = less_than(t)

    def sort(a):
        n = len(a)
        for low in range(0, n, _RUN):
            for i in range(low + 1, min(low + _RUN, n)):
                x = a[i]
                j = i - 1
                while j >= low and less(x, a[j]):
                    a[j + 1] = a[j]
                    j -= 1
                a[j + 1] = x
        width = _RUN
        if width < n:
            scratch = np.empty(n, a.dtype)
            while width < n:
                for low in range(0, n - width, 2 * width):
                    middle = low + width
                    high = min(middle + width, n)
                    if less(a[middle], a[middle - 1]):
                        for i in range(low, middle):
                            scratch[i] = a[i]
                        i = low
                        j = middle
                        k = low
                        while i < middle and j < high:
                            if less(a[j], scratch[i]):
                                a[k] = a[j]
                                j += 1
                            else:
                                a[k] = scratch[i]
                                i += 1
                            k += 1
                        while i < middle:
                            a[k] = scratch[i]
                            i += 1
                            k += 1
                width *= 2

    return sort


@cache
def argsort_run(t):
    """Positions that sort a 1-d array, stably, into `order`."""
    less = less_than(t)

    def argsort(a, order):
        n = len(a)
        for i in range(n):
            order[i] = i
        for low in range(0, n, _RUN):
            for i in range(low + 1, min(low + _RUN, n)):
                p = order[i]
                x = a[p]
                j = i - 1
                while j >= low and less(x, a[order[j]]):
                    order[j + 1] = order[j]
                    j -= 1
                order[j + 1] = p
        width = _RUN
        if width < n:
            scratch = np.empty(n, np.int64)
            while width < n:
                for low in range(0, n - width, 2 * width):
                    middle = low + width
                    high = min(middle + width, n)
                    if less(a[order[middle]], a[order[middle - 1]]):
                        for i in range(low, middle):
                            scratch[i] = order[i]
                        i = low
                        j = middle
                        k = low
                        while i < middle and j < high:
                            if less(a[order[j]], a[scratch[i]]):
                                order[k] = order[j]
                                j += 1
                            else:
                                order[k] = scratch[i]
                                i += 1
                            k += 1
                        while i < middle:
                            order[k] = scratch[i]
                            i += 1
                            k += 1
                width *= 2

    return argsort


def _runs(run, a, k):
    """Sorts along an axis of any array in place."""
    if a.ndim == 1:
        run(a)
    elif a.size > 0:
        b = np.swapaxes(a, k, -1)
        _each_run(run, b)


def _each_run(run, b):
    if b.ndim == 1:
        run(b)
    else:
        for i in range(b.shape[0]):
            _each_run(run, b[i])


@cache
def _sorted_copy(run, flat):
    if flat:

        def sort(a, axis=-1, kind=None, order=None, stable=None):
            b = np.ravel(np.asarray(a)).copy()
            run(b)
            return b

    else:

        def sort(a, axis=-1, kind=None, order=None, stable=None):
            k = normal_axis(axis, a.ndim)
            b = np.copy(a)
            _runs(run, b, k)
            return b

    return sort


@overload("numpy.sort")
def sort(a, axis=-1, kind=None, order=None, stable=None):
    if is_array(a) and a.ndim and _is_sorted_kind(kind) and is_absent(order):
        if is_absent(axis):
            return _sorted_copy(sort_run(element_class(a)), True)
        if axis == -1 or is_index(axis):
            return _sorted_copy(sort_run(element_class(a)), False)


@cache
def _sort_in_place(run):
    def sort(a, axis=-1, kind=None, order=None, stable=None):
        _runs(run, a, normal_axis(axis, a.ndim))

    return sort


@overload("array.sort")
def sort_in_place(a, axis=-1, kind=None, order=None, stable=None):
    if is_array(a) and a.ndim and a.mutable and (axis == -1 or is_index(axis)) and _is_sorted_kind(kind) and is_absent(order):
        return _sort_in_place(sort_run(element_class(a)))


@cache
def _argsort(run, ndim, contiguous):
    if ndim == 1:

        def argsort(a, axis=-1, kind=None):
            normal_axis(axis, 1)
            order = np.empty(len(a), np.int64)
            run(a, order)
            return order

    else:

        def argsort(a, axis=-1, kind=None):
            k = normal_axis(axis, a.ndim)
            order = np.empty(a.shape, np.int64)
            b = three(contiguous(a), k)
            c = three(order, k)
            for i in range(b.shape[0]):
                for j in range(b.shape[2]):
                    run(b[i, :, j], c[i, :, j])
            return order

    return argsort


def _itself(a):
    return a


def _copied(a):
    return a.copy()


@cache
def _argsort_flat(run):
    def argsort(a, axis=-1, kind=None, order=None, stable=None):
        b = np.ravel(np.asarray(a))
        places = np.empty(len(b), np.int64)
        run(b, places)
        return places

    return argsort


@overload("numpy.argsort", "array.argsort")
def argsort(a, axis=-1, kind=None, order=None, stable=None):
    if not is_array(a) or not _is_sorted_kind(kind) or not is_absent(order):
        return None
    run = argsort_run(element_class(a))
    if is_absent(axis):
        return _argsort_flat(run)
    if a.ndim and (axis == -1 or is_index(axis)):
        return _argsort(run, a.ndim, _itself if a.is_c_contig else _copied)


@cache
def _lexsort(tuples):
    def by_key(key, places):
        """Sorts the places by one more important key, stably."""
        n = len(places)
        values = np.empty(n, key.dtype)
        for i in range(n):
            values[i] = key[places[i]]
        order = np.argsort(values, kind="stable")
        made = np.empty(n, np.int64)
        for i in range(n):
            made[i] = places[order[i]]
        return made

    def by_all(keys, places):
        if len(keys) == 0:
            return places
        if len(keys[0]) != len(places):
            raise ValueError("all keys need to be the same shape")
        return by_all(keys[1:], by_key(keys[0], places))

    def lexsort(keys, axis=-1):
        return by_all(keys, np.arange(len(keys[0])))

    def lexsort_rows(keys, axis=-1):
        places = np.arange(keys.shape[1])
        for k in range(keys.shape[0]):
            places = by_key(keys[k], places)
        return places

    return lexsort if tuples else lexsort_rows


@overload("numpy.lexsort")
def lexsort(keys, axis=-1):
    if is_tuple(keys) and keys.count and all(is_array(e, 1) for e in keys.types):
        return _lexsort(True)
    if is_array(keys, 2):
        return _lexsort(False)


# Partition: a sorted array is partitioned everywhere.


def _check_kth(kth, n):
    if kth < -n or kth >= n:
        raise ValueError(f"kth(={kth}) out of bounds ({n})")


def _check_all(kth, n):
    for k in np.ravel(np.asarray(kth)):
        _check_kth(k, n)


@cache
def _partition(run, flat):
    if flat:

        def partition(a, kth, axis=-1, kind="introselect", order=None):
            b = np.ravel(np.asarray(a)).copy()
            _check_all(kth, len(b))
            run(b)
            return b

    else:

        def partition(a, kth, axis=-1, kind="introselect", order=None):
            k = normal_axis(axis, a.ndim)
            _check_all(kth, a.shape[k])
            b = np.copy(a)
            _runs(run, b, k)
            return b

    return partition


def _is_kth(t):
    return is_index(t) or is_int_tuple(t) or (is_array(t, 1) and kind_of(element_class(t)) in "iu")


@overload("numpy.partition")
def partition(a, kth, axis=-1, kind="introselect", order=None):
    if is_array(a) and a.ndim and _is_kth(kth):
        if is_absent(axis):
            return _partition(sort_run(element_class(a)), True)
        if axis == -1 or is_index(axis):
            return _partition(sort_run(element_class(a)), False)


@cache
def _partition_in_place(run):
    def partition(a, kth, axis=-1, kind="introselect", order=None):
        k = normal_axis(axis, a.ndim)
        _check_all(kth, a.shape[k])
        _runs(run, a, k)

    return partition


@overload("array.partition")
def partition_in_place(a, kth, axis=-1, kind="introselect", order=None):
    if is_array(a) and a.ndim and a.mutable and _is_kth(kth) and (axis == -1 or is_index(axis)):
        return _partition_in_place(sort_run(element_class(a)))


def _argpartition(a, kth, axis=-1, kind="introselect", order=None):
    _check_all(kth, a.shape[normal_axis(axis, a.ndim)])
    return np.argsort(a, axis)


def _argpartition_flat(a, kth, axis=-1, kind="introselect", order=None):
    _check_all(kth, a.size)
    return np.argsort(a, None)


@overload("numpy.argpartition", "array.argpartition")
def argpartition(a, kth, axis=-1, kind="introselect", order=None):
    if is_array(a) and a.ndim and _is_kth(kth):
        if is_absent(axis):
            return _argpartition_flat
        if axis == -1 or is_index(axis):
            return _argpartition


# Searching


@cache
def position_in(t, right):
    """Where a number belongs in a sorted 1-d array: before its equals, or after them."""
    less = less_than(t)

    if right:

        def position(a, x):
            low = 0
            high = len(a)
            while low < high:
                middle = (low + high) >> 1
                if less(x, t(a[middle])):
                    high = middle
                else:
                    low = middle + 1
            return low

    else:

        def position(a, x):
            low = 0
            high = len(a)
            while low < high:
                middle = (low + high) >> 1
                if less(t(a[middle]), x):
                    low = middle + 1
                else:
                    high = middle
            return low

    return position


@cache
def _searchsorted(t, right, ndim):
    position = position_in(t, right)

    if ndim == 0:

        def searchsorted(a, v, side="left"):
            return position(a, t(v))

    else:

        def searchsorted(a, v, side="left"):
            out = np.empty(v.shape, np.int64)
            flat = out.ravel()
            values = v.copy().ravel()
            for i in range(len(flat)):
                flat[i] = position(a, t(values[i]))
            return out

    return searchsorted


@cache
def _searchsorted_by(number):
    def searchsorted(a, v, side="left", sorter=None):
        n = len(a)
        if len(sorter) != n:
            raise ValueError("sorter.size must equal a.size")
        b = np.empty(n, a.dtype)
        for i in range(n):
            b[i] = a[sorter[i]]
        return np.searchsorted(b, v, right)

    right = number
    return searchsorted


@overload("numpy.searchsorted", "array.searchsorted")
def searchsorted_by(a, v, side="left", sorter=None):
    if _is_ordered(a, 1) and is_array(sorter, 1) and kind_of(element_class(sorter)) in "iu" and text(side) in ("left", "right"):
        return _searchsorted_by(text(side))


def _searchsorted_tuple(a, v, side="left"):
    return np.searchsorted(a, np.array(v), side)


@overload("numpy.searchsorted", "array.searchsorted")
def searchsorted_tuple(a, v, side="left"):
    if _is_ordered(a, 1) and is_tuple(v) and v.count and all(map(is_real, v.types)) and text(side) in ("left", "right"):
        return _searchsorted_tuple


@overload("numpy.searchsorted", "array.searchsorted")
def searchsorted(a, v, side="left"):
    if _is_ordered(a, 1) and text(side) in ("left", "right"):
        if is_real(v):
            # A Python number takes the array's type where it fits.
            return _searchsorted(promote(element_class(a), scalar_class(v)), text(side) == "right", 0)
        if _is_ordered(v) and v.ndim:
            return _searchsorted(promote(element_class(a), element_class(v)), text(side) == "right", v.ndim)


@cache
def _digitize(t, right, ndim):
    position = position_in(t, not right)

    def bin_of(x, bins, n):
        if n > 1 and bins[n - 1] < bins[0]:
            return n - position(bins[::-1], x)
        return position(bins, x)

    def check(bins, n):
        rising = True
        falling = True
        for i in range(1, n):
            if bins[i] < bins[i - 1]:
                rising = False
            if bins[i] > bins[i - 1]:
                falling = False
        if not (rising or falling):
            raise ValueError("bins must be monotonically increasing or decreasing")

    if ndim == 0:

        def digitize(x, bins, right=False):
            n = len(bins)
            check(bins, n)
            return bin_of(t(x), bins, n)

    else:

        def digitize(x, bins, right=False):
            n = len(bins)
            check(bins, n)
            out = np.empty(x.shape, np.int64)
            flat = out.ravel()
            values = x.copy().ravel()
            for i in range(len(flat)):
                flat[i] = bin_of(t(values[i]), bins, n)
            return out

    return digitize


@overload("numpy.digitize")
def digitize(x, bins, right=False):
    if _is_ordered(bins, 1) and (is_true(right) or is_false(right)):
        if is_real(x):
            return _digitize(promote(element_class(bins), scalar_class(x)), is_true(right), 0)
        if _is_ordered(x) and x.ndim:
            return _digitize(promote(element_class(bins), element_class(x)), is_true(right), x.ndim)
