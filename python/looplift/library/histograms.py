"""Counting in bins: bincount, histogram, histogram_bin_edges, histogram2d, histogramdd."""

from functools import cache

import numpy as np

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
    is_true,
    is_tuple,
    kind_of,
    promote,
)
from looplift.library.sorting import position_in


def _is_ordered(a, ndim=None):
    return is_array(a, ndim) and kind_of(element_class(a)) != "c"


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
            raise ValueError("first argument must be non-negative: 'list' argument must have no negative elements")
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


# Numbers whose places are found before they are counted.
_PIECE = 512


def _by_edges(edges, x, estimate, last):
    """The bin of a number within the range, from one that is at most one off."""
    one = np.uint32(1)
    k = np.uint32(min(estimate, last))
    if x < edges[k]:
        return k - one
    if x >= edges[k + one] and k != last:
        return k + one
    return k


def _least_and_greatest(a):
    """Both at once, piece by piece: the array is read once. NaN if there is any."""
    least = a[0]
    greatest = a[0]
    for start in builtin_range(0, len(a), _SPAN):
        part = a[start : start + _SPAN]
        low = np.min(part)
        high = np.max(part)
        if low < least or low != low:
            least = low
        if high > greatest or high != high:
            greatest = high
    return least, greatest


_SPAN = 4096


@cache
def _equal_bins(t, ends):
    """Counts in bins of one width, the last one closed, and their edges of class `t`; `ends` is the range's class."""
    half = ends(0.5)
    half_one = t(0.5)
    outside = t(-1)
    least = t(16 * np.finfo(t).eps)
    # How far an estimate may be from the truth, by the number of bins and by the ends in bins: each is rounded a few times.
    slack = t(8 * np.finfo(t).eps)

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
        scale = t(bins) / width
        if width / t(bins) > least * max(abs(low), abs(high)) and np.isfinite(scale) and bins < 1 << 31:
            # Edges are so far apart that an estimate is at most one bin off. Where it is not within rounding of an edge, it is right: such
            # numbers' places are found side by side, a piece of the array after the other.
            n = len(a)
            middle = t(bins) * half_one
            clear = half_one - slack * (t(bins) + max(abs(low), abs(high)) * scale)
            # Places from 1 on; 0 for what has to be looked at.
            places = np.empty(_PIECE, np.int32)
            found = places.view(np.uint32)
            tally = np.zeros(bins + 1, np.int64)
            done = 0
            while done < n:
                m = min(_PIECE, n - done)
                part = a[done : done + m]
                for i in range(m):
                    y = (t(part[i]) - low) * scale
                    is_clear = abs(y - np.floor(y) - half_one) < clear and abs(y - middle) < middle
                    places[i] = np.int32(y if is_clear else outside) + 1
                before = tally[0]
                for i in range(m):
                    tally[found[i]] += 1
                done += m
                doubts = tally[0] - before
                if doubts:
                    for i in range(m):
                        x = t(part[i])
                        if places[i] == 0 and low <= x <= high:
                            counts[_by_edges(edges, x, np.int64((x - low) * scale), bins - 1)] += 1
                    if doubts * 2 > m:
                        break
            for i in range(bins):
                counts[i] += tally[i + 1]
            # Numbers on edges come in crowds.
            for i in range(done, n):
                x = t(a[i])
                if low <= x <= high:
                    counts[_by_edges(edges, x, np.int64((x - low) * scale), bins - 1)] += 1
            return counts, edges
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

    # (Bins are within the range, since numbers are.)
    equal_bins.__looplift_options__ = {"boundscheck": False, "error_model": "numpy"}
    return equal_bins


@cache
def _histogram(t, with_range):
    if with_range:
        equal_bins = _equal_bins(t, float)

        def histogram(a, bins, range):
            return equal_bins(np.ravel(a), int(bins), float(range[0]), float(range[1]))

    else:
        equal_bins = _equal_bins(t, t)
        of_floats = _equal_bins(t, float)

        def histogram(a, bins=10, range=None):
            x = np.ravel(a)
            if len(x) == 0:
                return of_floats(x, int(bins), 0.0, 1.0)
            low, high = _least_and_greatest(x)
            return equal_bins(x, int(bins), t(low), t(high))

    return histogram


@cache
def _histogram_of_edges(t):
    position = position_in(t, True)

    def histogram(a, bins, range=None):
        n = len(bins) - 1
        for i in builtin_range(n):
            if bins[i] > bins[i + 1]:
                raise ValueError("`bins` must increase monotonically, when an array")
        counts = np.zeros(max(n, 0), np.int64)
        if n > 0:
            for v in np.ravel(a):
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


# Weights and densities: bins are found first, then weights are added up


@cache
def _weighted(weighted, density):
    def histogram(a, bins=10, range=None, density=None, weights=None):
        x = np.ravel(np.asarray(a))
        counts, edges = found(x, bins, range)
        n = len(edges) - 1
        if weighted:
            w = np.ravel(np.asarray(weights))
            if len(w) != len(x):
                raise ValueError("weights should have the same shape as a.")
            sums = np.zeros(n, w.dtype)
            for i in builtin_range(len(x)):
                k = _bin_of(edges, x[i], n)
                if k >= 0:
                    sums[k] += w[i]
            if with_density:
                return _as_density(sums, edges), edges
            return sums, edges
        if with_density:
            return _as_density(counts, edges), edges
        return counts, edges

    def found(x, bins, range):
        if range is None:
            return np.histogram(x, bins)
        return np.histogram(x, bins, range)

    with_density = density
    return histogram


def _bin_of(edges, x, n):
    """The bin of a number, -1 for none; the last bin is closed."""
    if not (x >= edges[0] and x <= edges[n]):
        return -1
    low = 0
    high = n
    while low + 1 < high:
        middle = (low + high) >> 1
        if edges[middle] <= x:
            low = middle
        else:
            high = middle
    return low


def _as_density(sums, edges):
    made = np.empty(len(sums))
    total = 0.0
    for s in sums:
        total += s
    for i in builtin_range(len(sums)):
        made[i] = np.divide(sums[i] / (edges[i + 1] - edges[i]), total)
    return made


@overload("numpy.histogram")
def histogram_form(a, bins=10, range=None, density=None, weights=None):
    if not _is_ordered(a) or not (is_absent(density) or is_true(density) or is_false(density)):
        return None
    if not (bins == 10 or is_index(bins) or _is_ordered(bins, 1)):
        return None
    if not (is_absent(range) or (is_tuple(range) and range.count == 2)):
        return None
    if is_absent(weights) or _is_ordered(weights):
        return _weighted(not is_absent(weights), is_true(density))


def _bin_edges(a, bins=10, range=None, weights=None):
    return np.histogram(a, bins)[1].copy()


def _bin_edges_range(a, bins=10, range=None, weights=None):
    return np.histogram(a, bins, range)[1].copy()


@overload("numpy.histogram_bin_edges")
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    if _is_ordered(a) and (bins == 10 or is_index(bins) or _is_ordered(bins, 1)):
        return _bin_edges if is_absent(range) else _bin_edges_range


# Two dimensions


def _edges_for(x, bins):
    if isinstance(bins, np.ndarray):
        return bins.astype(np.float64)
    return np.histogram(x, bins)[1].astype(np.float64)


@cache
def _histogram2d(pair, weighted, dense, ranged):
    def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
        if len(x) != len(y):
            raise ValueError("x and y must have the same length.")
        if ranged:
            edges_x = np.linspace(float(range[0][0]), float(range[0][1]), first(bins) + 1)
            edges_y = np.linspace(float(range[1][0]), float(range[1][1]), second(bins) + 1)
        else:
            edges_x = _edges_for(x, first(bins))
            edges_y = _edges_for(y, second(bins))
        n = len(edges_x) - 1
        m = len(edges_y) - 1
        made = np.zeros((n, m))
        total = 0.0
        for i in builtin_range(len(x)):
            k = _bin_of(edges_x, x[i], n)
            j = _bin_of(edges_y, y[i], m)
            if k >= 0 and j >= 0:
                w = 1.0
                if weighted:
                    w = float(weights[i])
                made[k, j] += w
                total += w
        if dense:
            for k in builtin_range(n):
                for j in builtin_range(m):
                    made[k, j] = made[k, j] / (edges_x[k + 1] - edges_x[k]) / (edges_y[j + 1] - edges_y[j]) / total
        return made, edges_x, edges_y

    def _first(bins):
        return bins[0]

    def _second(bins):
        return bins[1]

    def _same(bins):
        return bins

    first = _first if pair else _same
    second = _second if pair else _same
    return histogram2d


@overload("numpy.histogram2d")
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    if not (_is_ordered(x, 1) and _is_ordered(y, 1)):
        return None
    pair = is_int_tuple(bins, 2) or (is_tuple(bins) and bins.count == 2 and all(_is_ordered(t, 1) for t in bins.types))
    if not (pair or bins == 10 or is_index(bins) or _is_ordered(bins, 1)):
        return None
    ranged = (
        is_tuple(range) and range.count == 2 and all(is_tuple(t) and all(map(is_real, t.types)) for t in range.types)
    )
    if not (ranged or is_absent(range)) or (ranged and not (is_int_tuple(bins, 2) or bins == 10 or is_index(bins))):
        return None
    flag = is_absent(density) or is_true(density) or is_false(density)
    if flag and (is_absent(weights) or _is_ordered(weights, 1)):
        return _histogram2d(pair, not is_absent(weights), is_true(density), ranged)
