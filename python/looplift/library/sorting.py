"""Sorting and what needs order: sort, argsort, lexsort, partition, searchsorted, digitize.

Sorting is by merging runs, and of long arrays of numbers by digits (`_radix`): stable, never quadratic, with scratch space of the
array's size. NaN comes last, as in NumPy.
"""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library import _radix
from looplift.library._axes import normal_axis, three
from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_false,
    is_index,
    is_int_tuple,
    is_number,
    is_real,
    is_tuple,
    is_true,
    kind,
    kind_of,
    promote,
    scalar_class,
    storage,
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
            # By the real parts, then by the others; in both NaN comes last.
            a = x.imag
            b = y.imag
            if x.real < y.real:
                return a == a or b != b
            if x.real > y.real:
                return b != b and a == a
            if x.real == y.real or (x.real != x.real and y.real != y.real):
                return a < b or (b != b and a == a)
            return y.real != y.real

    elif kind_of(t) in "mM":

        def less(x, y):
            # NaT comes last.
            return x < y or (y != y and x == x)

    else:

        def less(x, y):
            return x < y

    return less


def _not_at_all(*operands):
    return False


@cache
def sort_run(t):
    """Sorts a 1-d array in place."""
    less = less_than(t)
    by_digits, long = (_radix.sort(t), _radix.LEAST) if _radix.fits(t) else (_not_at_all, 1 << 62)

    def sort(a):
        n = len(a)
        if n >= long and by_digits(a):
            return
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
    by_digits, long = (_radix.argsort(t), _radix.LEAST) if _radix.fits(t) else (_not_at_all, 1 << 62)

    def argsort(a, order):
        n = len(a)
        if n >= long:
            by_digits(a, order)
            return
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
            return _sorted_copy(sort_run(storage(a)), True)
        if axis == -1 or is_index(axis):
            return _sorted_copy(sort_run(storage(a)), False)


@cache
def _sort_in_place(run):
    def sort(a, axis=-1, kind=None, order=None, stable=None):
        _runs(run, a, normal_axis(axis, a.ndim))

    return sort


@overload("array.sort")
def sort_in_place(a, axis=-1, kind=None, order=None, stable=None):
    if is_array(a) and a.ndim and a.mutable and (axis == -1 or is_index(axis)) and _is_sorted_kind(kind) and is_absent(order):
        return _sort_in_place(sort_run(storage(a)))


@cache
def _argsort(run, ndim, contiguous):
    if ndim == 1:

        def argsort(a, axis=-1, kind=None, order=None, stable=None):
            normal_axis(axis, 1)
            order = np.empty(len(a), np.int64)
            run(a, order)
            return order

    else:

        def argsort(a, axis=-1, kind=None, order=None, stable=None):
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
    run = argsort_run(storage(a))
    if is_absent(axis):
        return _argsort_flat(run)
    if a.ndim and (axis == -1 or is_index(axis)):
        return _argsort(run, a.ndim, _itself if a.is_c_contig else _copied)


@cache
def _lexsort_along(depth):
    """Of keys of several dimensions: along the axis, line by line."""

    def lines(keys, i, j):
        if len(keys) == 0:
            return ()
        return (keys[0][i, :, j].copy(),) + lines(keys[1:], i, j)

    def threes(keys, k):
        if len(keys) == 0:
            return ()
        return (three(keys[0].copy(), k),) + threes(keys[1:], k)

    def lexsort(keys, axis=-1):
        k = normal_axis(axis, keys[0].ndim)
        for key in keys:
            if key.shape != keys[0].shape:
                raise ValueError("all keys need to be the same shape")
        made = np.empty(keys[0].shape, np.int64)
        to = three(made, k)
        parts = threes(keys, k)
        for i in range(to.shape[0]):
            for j in range(to.shape[2]):
                to[i, :, j] = np.lexsort(lines(parts, i, j))
        return made

    return lexsort


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
    if is_tuple(keys) and keys.count and all(map(is_array, keys.types)) and len({e.ndim for e in keys.types}) == 1 and keys.types[0].ndim:
        return _lexsort_along(keys.types[0].ndim)
    if is_array(keys, 2):
        return _lexsort(False)


# Partition: a sorted array is partitioned everywhere.


def _check_all(kth, n):
    # Of an empty array there is nothing to put in place.
    if n > 0:
        for k in np.ravel(np.asarray(kth)):
            if k < -n or k >= n:
                raise ValueError("kth out of bounds")


def _kth_too_deep(a, kth, axis=-1, kind="introselect", order=None):
    raise ValueError("kth must be scalar or 1-D")


def _is_deep_kth(t):
    return is_array(t) and t.ndim > 1


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
    if is_array(a) and a.ndim and _is_deep_kth(kth):
        return _kth_too_deep
    if is_array(a) and a.ndim and _is_kth(kth):
        if is_absent(axis):
            return _partition(sort_run(storage(a)), True)
        if axis == -1 or is_index(axis):
            return _partition(sort_run(storage(a)), False)


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
        return _partition_in_place(sort_run(storage(a)))


def _argpartition(a, kth, axis=-1, kind="introselect", order=None):
    _check_all(kth, a.shape[normal_axis(axis, a.ndim)])
    return np.argsort(a, axis)


def _argpartition_flat(a, kth, axis=-1, kind="introselect", order=None):
    _check_all(kth, a.size)
    return np.argsort(a, None)


@overload("numpy.argpartition", "array.argpartition")
def argpartition(a, kth, axis=-1, kind="introselect", order=None):
    if is_array(a) and a.ndim and _is_deep_kth(kth):
        return _kth_too_deep
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
def _positions_in(t, right):
    """Where the numbers of a 1-d array belong, one after the other: a search starts from what the one before it left, as NumPy's does,
    which shows in arrays that are not sorted."""
    less = less_than(t)

    def positions(a, values, out):
        n = len(a)
        low = 0
        high = n
        for i in range(len(values)):
            x = t(values[i])
            last = t(values[max(i - 1, 0)])
            after = not less(x, last) if right else less(last, x)
            if after:
                high = n
            else:
                low = 0
                high = min(high + 1, n)
            while low < high:
                middle = (low + high) >> 1
                y = t(a[middle])
                beyond = not less(x, y) if right else less(y, x)
                if beyond:
                    low = middle + 1
                else:
                    high = middle
            out[i] = low

    return positions


@cache
def _searchsorted(t, right, ndim):
    position = position_in(t, right)
    positions = _positions_in(t, right)

    if ndim == 0:

        def searchsorted(a, v, side="left"):
            return position(a, t(v))

    else:

        def searchsorted(a, v, side="left"):
            out = np.empty(v.shape, np.int64)
            positions(a, v.copy().ravel(), out.ravel())
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
    if is_array(a, 1) and element_class(a) and text(side) in ("left", "right"):
        if is_number(v):
            # A Python number takes the array's type where it fits.
            return _searchsorted(promote(element_class(a), scalar_class(v)), text(side) == "right", 0)
        if is_array(v) and v.ndim and element_class(v):
            return _searchsorted(promote(element_class(a), element_class(v)), text(side) == "right", v.ndim)


def _searchsorted_by_text(a, v, side="left"):
    if side == "left":
        return np.searchsorted(a, v, "left")
    if side != "right":
        raise ValueError("search side must be 'left' or 'right' (got '" + side + "')")
    return np.searchsorted(a, v, "right")


def _searchsorted_sorter_by_text(a, v, side="left", sorter=None):
    if side == "left":
        return np.searchsorted(a, v, "left", sorter)
    if side != "right":
        raise ValueError("search side must be 'left' or 'right' (got '" + side + "')")
    return np.searchsorted(a, v, "right", sorter)


@overload("numpy.searchsorted", "array.searchsorted")
def searchsorted_by_text(a, v, side="left", sorter=None):
    """With a side that is known when the program runs."""
    if kind(side) == "str":
        return _searchsorted_by_text if is_absent(sorter) else _searchsorted_sorter_by_text


@cache
def _searchsorted_texts(right, ndim):
    """In an array of texts."""

    def position(a, x):
        low = 0
        high = len(a)
        while low < high:
            middle = (low + high) >> 1
            before = a[middle] <= x if right else a[middle] < x
            if before:
                low = middle + 1
            else:
                high = middle
        return low

    if ndim == 0:

        def searchsorted(a, v, side="left"):
            return position(a, v)

    else:

        def searchsorted(a, v, side="left"):
            out = np.empty(v.shape, np.int64)
            flat = out.ravel()
            values = v.copy().ravel()
            for i in range(len(flat)):
                flat[i] = position(a, values[i])
            return out

    return searchsorted


def is_texts(t):
    """An array of texts, or of bytes."""
    return is_array(t) and element_class(t) is None and str(t.dtype).startswith(("[unichr", "[char"))


@overload("numpy.searchsorted", "array.searchsorted")
def searchsorted_texts(a, v, side="left"):
    if is_texts(a) and a.ndim == 1 and text(side) in ("left", "right"):
        if is_texts(v) and v.ndim:
            return _searchsorted_texts(text(side) == "right", v.ndim)
        if str(v) == "unicode_type" or text(v) is not None:
            return _searchsorted_texts(text(side) == "right", 0)


@cache
def _digitize(t, right, ndim):
    position = position_in(t, not right)

    def bin_of(x, bins, falling):
        if falling:
            return len(bins) - position(bins[::-1], x)
        return position(bins, x)

    def is_falling(bins):
        """Whether bins that are not all equal fall, by the first step."""
        n = len(bins)
        i = 1
        while i < n and bins[i] == bins[0]:
            i += 1
        if i >= n:
            return False
        falling = not bins[0] < bins[i]
        for k in range(i + 1, n):
            if (bins[k - 1] < bins[k]) if falling else (bins[k - 1] > bins[k]):
                raise ValueError("bins must be monotonically increasing or decreasing")
        return falling

    if ndim == 0:

        def digitize(x, bins, right=False):
            return bin_of(t(x), bins, is_falling(bins))

    else:

        def digitize(x, bins, right=False):
            falling = is_falling(bins)
            out = np.empty(x.shape, np.int64)
            flat = out.ravel()
            values = x.copy().ravel()
            for i in range(len(flat)):
                flat[i] = bin_of(t(values[i]), bins, falling)
            return out

    return digitize


@overload("numpy.digitize")
def digitize(x, bins, right=False):
    if _is_ordered(bins, 1) and (is_true(right) or is_false(right)):
        if is_real(x):
            return _digitize(promote(element_class(bins), scalar_class(x)), is_true(right), 0)
        if _is_ordered(x) and x.ndim:
            return _digitize(promote(element_class(bins), element_class(x)), is_true(right), x.ndim)
