"""Whole-array algorithms in pieces that threads share: sorting, running sums, positions, unique elements, counts in bins, copies.

Pieces depend on lengths alone, so that the number of threads does not show. Each factory gives a function of a contiguous array of one
dimension, compiled with `parallel=True`; `looplift._shared_calls` says when it stands for a call of NumPy's.
"""

from functools import cache

import numpy as np

from looplift import prange
from looplift.library import _radix
from looplift.library._types import kind_of
from looplift.library.histograms import _equal_bins
from looplift.library.sorting import argsort_run, less_than, sort_run

PIECES = 64
# Runs that are sorted one by one, then merged two by two: a power of 4, so that the last merge ends where the first began.
RUNS = 16
# Memory for the counts of all pieces that is worth its time.
_BINS = 1 << 14


def _shared(function):
    """Marks a function as one that runs on threads in compiled code."""
    function.__looplift_jitable__ = True
    function.__looplift_options__ = {"boundscheck": False, "error_model": "numpy", "parallel": {"numpy": False}}
    return function


def share(n, pieces, k):
    """Where piece `k` begins."""
    return k * n // pieces


# Sorting: merges are cut where the parts of the result begin, so that every round has work for all.


@cache
def _merging(less, key):
    """A function that writes part `s` of the result of merging runs of `width` pieces, which stay in the order of equal elements."""

    def split(a, source, low, middle, high, count):
        """How many of the first `count` elements of two merged runs come from the first."""
        least = max(0, count - (high - middle))
        most = min(count, middle - low)
        while least < most:
            i = (least + most) >> 1
            if less(key(a, source[middle + count - 1 - i]), key(a, source[low + i])):
                most = i
            else:
                least = i + 1
        return least

    def merge(a, source, to, s, width):
        n = len(source)
        first = s // (2 * width) * 2 * width
        low = share(n, RUNS, first)
        middle = share(n, RUNS, first + width)
        high = share(n, RUNS, first + 2 * width)
        start = share(n, RUNS, s)
        stop = share(n, RUNS, s + 1)
        taken = split(a, source, low, middle, high, start - low)
        i = low + taken
        j = middle + (start - low) - taken
        taken = split(a, source, low, middle, high, stop - low)
        last = low + taken
        final = middle + (stop - low) - taken
        k = start
        while i < last and j < final:
            x = source[i]
            y = source[j]
            if less(key(a, y), key(a, x)):
                to[k] = y
                j += 1
            else:
                to[k] = x
                i += 1
            k += 1
        while i < last:
            to[k] = source[i]
            i += 1
            k += 1
        while j < final:
            to[k] = source[j]
            j += 1
            k += 1

    return merge


def _itself(a, x):
    return x


def _element(a, place):
    return a[place]


@cache
def _by_digits(u):
    """As `_radix` sorts keys, alone or with positions: for each digit, pieces count, then put their keys where those belong."""
    count = np.dtype(u).itemsize
    bytes_of = 256

    def places_of_digit(keys, counts, shift):
        """Where the keys of each piece go, in `counts`; False if all have the same digit."""
        n = len(keys)
        for k in prange(RUNS):
            mine = counts[k]
            mine[:] = 0
            for i in range(share(n, RUNS, k), share(n, RUNS, k + 1)):
                mine[np.int64((np.uint64(keys[i]) >> shift) & np.uint64(255))] += 1
        total = 0
        for digit in range(bytes_of):
            before = total
            for k in range(RUNS):
                c = counts[k, digit]
                counts[k, digit] = total
                total += c
            if total - before == n:
                return False
        return True

    def alone(keys, scratch):
        n = len(keys)
        counts = np.empty((RUNS, bytes_of), np.int64)
        for d in range(count):
            shift = np.uint64(8 * d)
            if places_of_digit(keys, counts, shift):
                for k in prange(RUNS):
                    mine = counts[k]
                    for i in range(share(n, RUNS, k), share(n, RUNS, k + 1)):
                        x = keys[i]
                        digit = np.int64((np.uint64(x) >> shift) & np.uint64(255))
                        at = mine[digit]
                        mine[digit] = at + 1
                        scratch[at] = x
                keys, scratch = scratch, keys
        return keys

    def with_places(keys, scratch, places, others):
        n = len(keys)
        counts = np.empty((RUNS, bytes_of), np.int64)
        for d in range(count):
            shift = np.uint64(8 * d)
            if places_of_digit(keys, counts, shift):
                for k in prange(RUNS):
                    mine = counts[k]
                    for i in range(share(n, RUNS, k), share(n, RUNS, k + 1)):
                        x = keys[i]
                        digit = np.int64((np.uint64(x) >> shift) & np.uint64(255))
                        at = mine[digit]
                        mine[digit] = at + 1
                        scratch[at] = x
                        others[at] = places[i]
                keys, scratch = scratch, keys
                places, others = others, places
        return places

    _shared(places_of_digit)
    return _shared(alone), _shared(with_places)


@cache
def _sort_by_digits(t):
    """Sorts in place if keys say everything, and tells so."""
    u = _radix.word(t)
    encode, decode = _radix.keys_of(t)
    plain = _radix.is_plain(t)
    alone, _ = _by_digits(u)

    def sort(a):
        n = len(a)
        keys = np.empty(n, u)
        odd = 0
        for k in prange(RUNS):
            part = keys[share(n, RUNS, k) : share(n, RUNS, k + 1)]
            encode(a[share(n, RUNS, k) : share(n, RUNS, k + 1)].copy(), part)
            odd += not plain(part)
        if odd:
            return False
        keys = alone(keys, np.empty(n, u))
        for k in prange(RUNS):
            part = np.empty(share(n, RUNS, k + 1) - share(n, RUNS, k), a.dtype)
            decode(keys[share(n, RUNS, k) : share(n, RUNS, k + 1)], part)
            a[share(n, RUNS, k) : share(n, RUNS, k + 1)] = part
        return True

    return _shared(sort)


def _not_at_all(a):
    return False


@cache
def sort(t):
    """Sorts in place."""
    run = sort_run(t)
    merge = _merging(less_than(t), _itself)
    by_digits = _sort_by_digits(t) if _radix.fits(t) else _not_at_all

    def sort(a):
        if by_digits(a):
            return
        n = len(a)
        for k in prange(RUNS):
            run(a[share(n, RUNS, k) : share(n, RUNS, k + 1)])
        source = a
        to = np.empty(n, a.dtype)
        width = 1
        while width < RUNS:
            for s in prange(RUNS):
                merge(source, source, to, s, width)
            source, to = to, source
            width *= 2

    return _shared(sort)


@cache
def sorted_copy(t):
    run = sort(t)

    def sorted_copy(a):
        made = copied(a)
        run(made)
        return made

    return _shared(sorted_copy)


@cache
def _argsort_by_digits(t):
    u = _radix.word(t)
    prepare = _radix.order_keys(t)
    _, with_places = _by_digits(u)

    def argsort(a):
        n = len(a)
        keys = np.empty(n, u)
        places = np.empty(n, np.int64)
        for k in prange(RUNS):
            low = share(n, RUNS, k)
            prepare(a[low : share(n, RUNS, k + 1)], keys[low : share(n, RUNS, k + 1)])
            for i in range(low, share(n, RUNS, k + 1)):
                places[i] = i
        return with_places(keys, np.empty(n, u), places, np.empty(n, np.int64))

    return _shared(argsort)


@cache
def argsort(t):
    if _radix.fits(t):
        return _argsort_by_digits(t)
    run = argsort_run(t)
    merge = _merging(less_than(t), _element)

    def argsort(a):
        n = len(a)
        order = np.empty(n, np.int64)
        for k in prange(RUNS):
            low = share(n, RUNS, k)
            part = order[low : share(n, RUNS, k + 1)]
            run(a[low : share(n, RUNS, k + 1)], part)
            for i in range(len(part)):
                part[i] += low
        source = order
        to = np.empty(n, np.int64)
        width = 1
        while width < RUNS:
            for s in prange(RUNS):
                merge(a, source, to, s, width)
            source, to = to, source
            width *= 2
        return source

    return _shared(argsort)


@cache
def unique(t):
    run = sorted_copy(t)

    def is_new(a, i):
        # All NaN are one.
        return i == 0 or not (a[i] == a[i - 1] or (a[i] != a[i] and a[i - 1] != a[i - 1]))

    def unique(a):
        a = run(a)
        n = len(a)
        starts = np.zeros(PIECES + 1, np.int64)
        for k in prange(PIECES):
            count = 0
            for i in range(share(n, PIECES, k), share(n, PIECES, k + 1)):
                count += is_new(a, i)
            starts[k + 1] = count
        _accumulate(starts)
        out = np.empty(starts[PIECES], a.dtype)
        for k in prange(PIECES):
            at = starts[k]
            for i in range(share(n, PIECES, k), share(n, PIECES, k + 1)):
                if is_new(a, i):
                    out[at] = a[i]
                    at += 1
        return out

    return _shared(unique)


def _accumulate(starts):
    for k in range(1, len(starts)):
        starts[k] += starts[k - 1]


# Running sums and products: of the pieces, then within them.


@cache
def running(t, product):
    """Running sums, or products, of class `t`."""
    if product:
        neutral = t(1)

        def combine(x, y):
            return x * y

        def whole(a):
            return np.prod(a)

    else:
        # (Zero without a sign changes no sum.)
        neutral = t(complex(-0.0, -0.0)) if kind_of(t) == "c" else t(-0.0) if kind_of(t) == "f" else t(0)

        def combine(x, y):
            return x + y

        def whole(a):
            return np.sum(a)

    def running(a):
        n = len(a)
        out = np.empty(n, t)
        parts = np.empty(PIECES, t)
        for k in prange(PIECES):
            parts[k] = t(whole(a[share(n, PIECES, k) : share(n, PIECES, k + 1)]))
        s = neutral
        for k in range(PIECES):
            part = parts[k]
            parts[k] = s
            s = t(combine(s, part))
        for k in prange(PIECES):
            s = parts[k]
            for i in range(share(n, PIECES, k), share(n, PIECES, k + 1)):
                s = t(combine(s, t(a[i])))
                out[i] = s
        return out

    return _shared(running)


# Positions


def positions(a):
    """Where elements are not zero."""
    n = len(a)
    starts = np.zeros(PIECES + 1, np.int64)
    for k in prange(PIECES):
        count = 0
        for i in range(share(n, PIECES, k), share(n, PIECES, k + 1)):
            count += a[i] != 0
        starts[k + 1] = count
    _accumulate(starts)
    out = np.empty(starts[PIECES], np.int64)
    for k in prange(PIECES):
        at = starts[k]
        i = share(n, PIECES, k)
        # (Every position is written, and the next one over it unless it counts: nothing to foresee. Another thread may have changed
        # the array since.)
        while at < starts[k + 1] and i < share(n, PIECES, k + 1):
            out[at] = i
            at += a[i] != 0
            i += 1
    return out


_shared(positions)


@cache
def columns(ndim):
    """The same for each dimension of a shape, from the positions in C order."""
    names = [f"c{k}" for k in range(ndim)]
    lines = ["def columns(places, shape):", "    n = len(places)"]
    lines += [f"    {name} = np.empty(n, np.int64)" for name in names]
    lines += ["    for k in prange(PIECES):", "        for i in range(share(n, PIECES, k), share(n, PIECES, k + 1)):", "            rest = places[i]"]
    for k in range(ndim - 1, 0, -1):
        lines += [f"            c{k}[i] = rest % shape[{k}]", f"            rest //= shape[{k}]"]
    lines += ["            c0[i] = rest", f"    return {', '.join(names)}"]
    scope = {"np": np, "prange": prange, "PIECES": PIECES, "share": share, "__name__": __name__}
    exec("\n".join(lines) + "\n", scope)
    return _shared(scope["columns"])


# Counts


@cache
def histogram(t, ends):
    """Counts in bins of one width, from `first` to `last` of class `ends`, and their edges of class `t`."""
    count = _equal_bins(t, ends)

    def histogram(a, bins, first, last):
        n = len(a)
        pieces = max(min(PIECES, _BINS // max(bins, 1)), 1)
        _, edges = count(a[:0], bins, first, last)
        parts = np.empty((pieces, bins), np.int64)
        for k in prange(pieces):
            parts[k] = count(a[share(n, pieces, k) : share(n, pieces, k + 1)], bins, first, last)[0]
        return np.sum(parts, axis=0), edges

    return _shared(histogram)


@cache
def ranged_histogram(t):
    """The same from the least to the greatest element."""
    found = histogram(t, t)

    def ranged(a, bins):
        n = len(a)
        low = np.empty(PIECES, a.dtype)
        high = np.empty(PIECES, a.dtype)
        for k in prange(PIECES):
            part = a[share(n, PIECES, k) : share(n, PIECES, k + 1)]
            low[k] = np.min(part)
            high[k] = np.max(part)
        return found(a, bins, t(np.min(low)), t(np.max(high)))

    return _shared(ranged)


# Copies


def copied(a):
    out = np.empty(a.shape, a.dtype)
    n = len(a)
    m = min(n, PIECES)
    for k in prange(m):
        out[share(n, m, k) : share(n, m, k + 1)] = a[share(n, m, k) : share(n, m, k + 1)]
    return out


_shared(copied)
