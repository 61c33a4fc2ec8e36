"""Sorting and what needs order: sort, argsort, searchsorted, digitize, unique, median, bincount, histogram.

Sorting is by merging runs: stable, never quadratic, with scratch space of the array's size. NaN
comes last, as in NumPy.
"""

from functools import cache

import numpy as np

from looplift.library._axes import normal_axis, three
from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_false,
    is_index,
    is_number,
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


# Sorting


@cache
def _less(t):
    if kind_of(t) == "f":

        def less(x, y):
            return x < y or (y != y and x == x)

    else:

        def less(x, y):
            return x < y

    return less


@cache
def _sort_run(t):
    """Sorts a 1-d array in place."""
    less = _less(t)

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
            scratch = np.empty(n, t)
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
def _argsort_run(t):
    """Positions that sort a 1-d array, stably, into `order`."""
    less = _less(t)

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


@cache
def _sorted_copy(run, ndim):
    if ndim == 1:

        def sort(a, axis=-1):
            normal_axis(axis, 1)
            b = a.copy()
            run(b)
            return b

    else:

        def sort(a, axis=-1):
            b = a.copy()
            c = three(b, normal_axis(axis, a.ndim))
            for i in range(c.shape[0]):
                for j in range(c.shape[2]):
                    run(c[i, :, j])
            return b

    return sort


@overload("numpy.sort")
def sort(a, axis=-1):
    if _is_ordered(a) and a.ndim and (axis == -1 or is_index(axis)):
        return _sorted_copy(_sort_run(element_class(a)), a.ndim)


@cache
def _sort_in_place(run, ndim):
    if ndim == 1:

        def sort(a, axis=-1):
            normal_axis(axis, 1)
            run(a)

    else:

        def sort(a, axis=-1):
            c = three(a, normal_axis(axis, a.ndim))
            for i in range(c.shape[0]):
                for j in range(c.shape[2]):
                    run(c[i, :, j])

    return sort


@overload("array.sort")
def sort_in_place(a, axis=-1):
    if _is_ordered(a) and a.mutable and (axis == -1 or is_index(axis)) and (a.ndim == 1 or (a.ndim and a.is_c_contig)):
        return _sort_in_place(_sort_run(element_class(a)), a.ndim)


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


@overload("numpy.argsort", "array.argsort")
def argsort(a, axis=-1, kind=None):
    if _is_ordered(a) and a.ndim and (axis == -1 or is_index(axis)) and (is_absent(kind) or text(kind)):
        return _argsort(_argsort_run(element_class(a)), a.ndim, _itself if a.is_c_contig else _copied)


# Searching


@cache
def _position(t, right):
    """Where a number belongs in a sorted 1-d array: before its equals, or after them."""
    less = _less(t)

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
    position = _position(t, right)

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
    position = _position(t, not right)

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


# Sets and quantiles


@cache
def _unique(run, t):
    def unique(ar):
        a = ar.copy().ravel()
        run(a)
        n = 0
        for i in range(len(a)):
            x = a[i]
            # All NaN are one.
            if n == 0 or not (x == a[n - 1] or (x != x and a[n - 1] != a[n - 1])):
                a[n] = x
                n += 1
        return a[:n].copy()

    return unique


@overload("numpy.unique")
def unique(ar):
    if _is_ordered(ar):
        return _unique(_sort_run(element_class(ar)), element_class(ar))


@cache
def _median(run, element, t):
    def median(a):
        b = a.copy().ravel()
        n = len(b)
        if n == 0:
            return t(np.nan)
        run(b)
        last = t(b[n - 1])
        if last != last:
            return last
        if n % 2 == 1:
            return t(b[n // 2])
        return t(t(t(b[n // 2 - 1]) + t(b[n // 2])) / t(2))

    return median


@overload("numpy.median")
def median(a):
    if _is_ordered(a):
        t = element_class(a)
        return _median(_sort_run(t), t, t if kind_of(t) == "f" else np.float64)


# Counting


@cache
def _bincount(t):
    if t is None:

        def bincount(x, weights=None, minlength=0):
            out = np.zeros(_bins(x, minlength), np.int64)
            for v in x:
                out[int(v)] += 1
            return out

    else:

        def bincount(x, weights=None, minlength=0):
            if len(weights) != len(x):
                raise ValueError("The weights and list don't have the same length.")
            out = np.zeros(_bins(x, minlength), np.float64)
            for i in range(len(x)):
                out[int(x[i])] += float(weights[i])
            return out

    return bincount


def _bins(x, minlength):
    if minlength < 0:
        raise ValueError("'minlength' must not be negative")
    largest = -1
    for v in x:
        n = int(v)
        if n < 0:
            raise ValueError("'list' argument must have no negative elements")
        if n > largest:
            largest = n
    return max(largest + 1, int(minlength))


@overload("numpy.bincount")
def bincount(x, weights=None, minlength=0):
    if not is_array(x, 1) or kind_of(element_class(x)) not in "iub" or element_class(x) is np.uint64:
        return None
    if minlength == 0 or is_index(minlength):
        if is_absent(weights):
            return _bincount(None)
        if _is_ordered(weights, 1):
            return _bincount(element_class(weights))


@cache
def _equal_bins(t, ends):
    """Counts in bins of one width, the last one closed, and their edges of class `t`; `ends` is the range's class."""
    half = ends(0.5)

    def equal_bins(a, bins, first, last):
        if bins < 1:
            raise ValueError("`bins` must be positive, when an integer")
        if not (np.isfinite(first) and np.isfinite(last)):
            raise ValueError("the range of the histogram is not finite")
        if first > last:
            raise ValueError("max must be larger than min in range parameter.")
        start = first
        stop = last
        if start == stop:
            start = first - half
            stop = last + half
        edges = np.linspace(start, stop, bins + 1, dtype=t)
        counts = np.zeros(bins, np.int64)
        width = t(stop - start)
        low = t(start)
        high = t(stop)
        for v in a:
            x = t(v)
            if low <= x <= high:
                k = int((x - low) / width * t(bins))
                if k == bins:
                    k -= 1
                # Rounding may have moved it across an edge.
                if x < edges[k]:
                    k -= 1
                elif x >= edges[k + 1] and k != bins - 1:
                    k += 1
                counts[k] += 1
        return counts, edges

    return equal_bins


@cache
def _histogram(t, with_range):
    if with_range:
        equal_bins = _equal_bins(t, float)

        def histogram(a, bins, range):
            return equal_bins(a.copy().ravel(), int(bins), float(range[0]), float(range[1]))

    else:
        equal_bins = _equal_bins(t, t)
        of_floats = _equal_bins(t, float)

        def histogram(a, bins=10, range=None):
            x = a.copy().ravel()
            if len(x) == 0:
                return of_floats(x, int(bins), 0.0, 1.0)
            return equal_bins(x, int(bins), t(np.min(x)), t(np.max(x)))

    return histogram


@cache
def _histogram_of_edges(t):
    position = _position(t, True)

    def histogram(a, bins, range=None):
        n = len(bins) - 1
        for i in builtin_range(n):
            if bins[i] > bins[i + 1]:
                raise ValueError("`bins` must increase monotonically, when an array")
        counts = np.zeros(max(n, 0), np.int64)
        if n > 0:
            for v in a.copy().ravel():
                x = t(v)
                if x == bins[n]:
                    counts[n - 1] += 1
                else:
                    k = position(bins, x) - 1
                    if 0 <= k < n:
                        counts[k] += 1
        return counts, bins

    return histogram


builtin_range = range


@overload("numpy.histogram")
def histogram(a, bins=10, range=None):
    if not _is_ordered(a):
        return None
    t = element_class(a) if kind_of(element_class(a)) == "f" else np.float64
    if bins == 10 or is_index(bins):
        if is_absent(range):
            return _histogram(t, False)
        if is_tuple(range) and range.count == 2 and all(is_number(t) for t in range.types):
            return _histogram(t, True)
    elif _is_ordered(bins, 1) and is_absent(range):
        return _histogram_of_edges(promote(element_class(a), element_class(bins)))
