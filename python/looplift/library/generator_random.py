"""Methods of `numpy.random.Generator` that are no plain distributions, and `default_rng`.

A generator that is passed in is NumPy's: compiled code draws from its bit generator, so that both share one stream. What makes more
than one draw holds the generator's lock, as NumPy does.
"""

import math
from functools import cache

import numpy as np

from looplift.library import _draws as draws
from looplift.library import _fills as fills
from looplift.library import _native as native
from looplift.library import _objects as objects
from looplift.library._registry import overload
from looplift.library._types import (dtype_class, element_class, is_absent, is_array, is_index, is_real, is_true, kind_of, text, is_flag)
from looplift.library.distributions import is_size


def _rng_anew(seed=None):
    return objects.default_rng()


def _rng(seed):
    return objects.default_rng(seed)


@overload("numpy.random.default_rng")
def default_rng(seed=None):
    if is_absent(seed):
        return _rng_anew
    if is_index(seed) or (is_array(seed, 1) and kind_of(element_class(seed)) in "iu"):
        return _rng


# Integers


@cache
def _integers(t, sized, endpoint, unsigned):
    bits = fills.bits_of(t)
    empty = "low > high" if endpoint else "low >= high"
    interval = fills.interval(t, endpoint, unsigned, f"{empty}: low is greater than high in given interval")

    if sized:

        def integers(self, low, high=None, size=None, dtype=None, endpoint=False):
            first, span = interval(low, high)
            out = np.empty(size, t)
            objects.acquire(self)
            fills.integers(self, out, bits, first, span)
            objects.release(self)
            return out

    elif bits < 32 or t is np.uint64:

        def integers(self, low, high=None, size=None, dtype=None, endpoint=False):
            first, span = interval(low, high)
            out = np.empty(1, t)
            fills.integers(self, out, bits, first, span)
            return out[0]

    else:

        def integers(self, low, high=None, size=None, dtype=None, endpoint=False):
            first, span = interval(low, high)
            if span >= 0:
                return t(first + native.random_bounded(self, span))
            # (As many as this, no int64 counts.)
            out = np.empty(1, t)
            fills.integers(self, out, bits, first, span)
            return out[0]

    return integers


@cache
def _integers_of_arrays(t, endpoint, low_is_array, high_is_array):
    one = _integers(t, False, endpoint, (False, False))

    def of_vectors(self, low, high=None, size=None, dtype=None, endpoint=False):
        if low.shape != high.shape:
            raise ValueError("shape mismatch: objects cannot be broadcast to a single shape")
        a = low.copy().ravel()
        b = high.copy().ravel()
        out = np.empty(len(a), t)
        for i in range(len(out)):
            out[i] = one(self, np.int64(a[i]), np.int64(b[i]))
        return out.reshape(low.shape)

    def of_low(self, low, high=None, size=None, dtype=None, endpoint=False):
        a = low.copy().ravel()
        out = np.empty(len(a), t)
        for i in range(len(out)):
            out[i] = one(self, np.int64(a[i]), high)
        return out.reshape(low.shape)

    def of_high(self, low, high=None, size=None, dtype=None, endpoint=False):
        b = high.copy().ravel()
        out = np.empty(len(b), t)
        for i in range(len(out)):
            out[i] = one(self, low, np.int64(b[i]))
        return out.reshape(high.shape)

    return of_vectors if low_is_array and high_is_array else of_low if low_is_array else of_high


def _are_integers(t):
    return is_array(t) and kind_of(element_class(t)) in "iu"


@overload("generator.integers")
def integers(self, low, high=None, size=None, dtype=None, endpoint=False):
    t = dtype_class(dtype, np.int64)
    if t is None or kind_of(t) not in "biu" or not is_flag(endpoint):
        return None
    last = is_true(endpoint)
    if is_index(low) and (is_absent(high) or is_index(high)) and (is_absent(size) or is_size(size)):
        return _integers(t, not is_absent(size), last, fills.unsigned_of(low, high))
    arrays = _are_integers(low), _are_integers(high)
    if any(arrays) and is_absent(size) and all(a or is_index(x) for a, x in zip(arrays, (low, high), strict=True)):
        return _integers_of_arrays(t, last, *arrays)


# Order


def _shuffle_from(self, x, first):
    for i in range(len(x) - 1, first - 1, -1):
        j = native.random_bounded(self, i)
        item = x[i]
        x[i] = x[j]
        x[j] = item


def _shuffle(self, x):
    objects.acquire(self)
    try:
        draws.shuffle(self, x)
    finally:
        objects.release(self)


def _shuffle_rows(self, x):
    objects.acquire(self)
    try:
        draws.shuffle_rows(self, x)
    finally:
        objects.release(self)


def _checked_axis(axis, ndim):
    if axis < -ndim or axis >= ndim:
        raise IndexError("Axis is out of bounds for the given array")
    return axis


@cache
def _shuffle_along(ndim):
    by_item = _shuffle if ndim == 1 else _shuffle_rows

    def shuffle(self, x, axis=0):
        by_item(self, np.swapaxes(x, 0, _checked_axis(axis, ndim)))

    return shuffle


@cache
def _permutation_along(ndim):
    by_item = _shuffle if ndim == 1 else _shuffle_rows

    def permutation(self, x, axis=0):
        out = x.copy()
        by_item(self, np.swapaxes(out, 0, _checked_axis(axis, ndim)))
        return out

    return permutation


@overload("generator.shuffle")
def shuffle(self, x, axis=0):
    if is_array(x) and x.ndim >= 1 and (isinstance(axis, int) or is_index(axis)):
        return _shuffle_along(x.ndim)


def _permutation_of_count(self, x, axis=0):
    out = np.arange(x)
    _shuffle(self, out)
    return out


@overload("generator.permutation")
def permutation(self, x, axis=0):
    if not (isinstance(axis, int) or is_index(axis)):
        return None
    if is_index(x):
        return _permutation_of_count
    if is_array(x) and x.ndim >= 1:
        return _permutation_along(x.ndim)


# Choices


def _check_population(n):
    if n <= 0:
        raise ValueError("a must be a positive integer unless no samples are taken")


def _drawn(self, n, count):
    """Indices below `n`, with repetition."""
    if count:
        _check_population(n)
    out = np.empty(count, np.int64)
    fills.integers(self, out, 64, 0, n - 1)
    return out


def _distinct(self, n, count, shuffled):
    """Different indices: the tail of a shuffle, or Floyd's algorithm."""
    if count > n:
        raise ValueError("Cannot take a larger sample than population when replace is False")
    if n > 10000 and count > n // (50 if shuffled else 20):
        order = np.arange(n)
        _shuffle_from(self, order, max(n - count, 1))
        return order[n - count :].copy()
    mask = 1
    while mask < int(1.2 * count):
        mask = 2 * mask + 1
    taken = np.full(mask + 1, -1, np.int64)
    out = np.empty(count, np.int64)
    for j in range(n - count, n):
        value = native.random_bounded(self, j)
        place = value & mask
        while taken[place] != -1 and taken[place] != value:
            place = (place + 1) & mask
        if taken[place] == -1:
            taken[place] = value
            out[j - n + count] = value
        else:
            place = j & mask
            while taken[place] != -1:
                place = (place + 1) & mask
            taken[place] = j
            out[j - n + count] = j
    if shuffled:
        _shuffle_from(self, out, 1)
    return out


_weighted_without = draws.weighted_without("Cannot take a larger sample than population when replace is False")


@cache
def _choice(of_array, sized, weighted):
    if weighted:

        def indices(self, n, count, replace, p, shuffle):
            if replace:
                return draws.weighted(self, n, count, p)
            return _weighted_without(self, n, count, p)

    else:

        def indices(self, n, count, replace, p, shuffle):
            if replace:
                return _drawn(self, n, count)
            return _distinct(self, n, count, shuffle)

    if of_array and sized:

        def choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True):
            out = np.empty(size, a.dtype)
            items = out.reshape(out.size)
            places = indices(self, len(a), len(items), replace, p, shuffle)
            for i in range(len(items)):
                items[i] = a[places[i]]
            return out

    elif of_array:

        def choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True):
            return a[indices(self, len(a), 1, True, p, shuffle)[0]]

    elif sized:

        def choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True):
            out = np.empty(size, np.int64)
            items = out.reshape(out.size)
            places = indices(self, a, len(items), replace, p, shuffle)
            for i in range(len(items)):
                items[i] = places[i]
            return out

    else:

        def choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True):
            return indices(self, a, 1, True, p, shuffle)[0]

    return choice


@overload("generator.choice")
def choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True):
    if not (is_absent(p) or is_array(p, 1)) or not (is_absent(size) or is_size(size)):
        return None
    if is_array(a, 1) or is_index(a):
        return _choice(is_array(a, 1), not is_absent(size), not is_absent(p))


# Several numbers at once


def _dirichlet_row(self, alpha, out):
    d = len(alpha)
    largest = 0.0
    for x in alpha:
        largest = max(largest, x)
    if largest < 0.1:
        # Small parameters: the stick is broken piece by piece.
        tail = np.empty(d)
        total = 0.0
        for j in range(d - 1, 0, -1):
            total += alpha[j]
            tail[j - 1] = total
        rest = 1.0
        for j in range(d - 1):
            v = native.random_beta(self, alpha[j], tail[j])
            out[j] = rest * v
            rest *= 1.0 - v
        out[d - 1] = rest
    else:
        total = 0.0
        for j in range(d):
            out[j] = native.random_standard_gamma(self, alpha[j])
            total += out[j]
        inverse = 1 / total
        for j in range(d):
            out[j] *= inverse


def _multinomial(self, n, pvals, size=None):
    draws.check_pvals(n, pvals)
    out = np.zeros(len(pvals), np.int64)
    draws.multinomial_row(self, n, pvals, out)
    return out


def _dirichlet(self, alpha, size=None):
    draws.check_alpha(alpha)
    out = np.zeros(len(alpha))
    _dirichlet_row(self, alpha, out)
    return out


@cache
def _multinomial_sized(of_tuple):
    shape_of = draws.itself if of_tuple else draws.as_shape

    def sized(self, n, pvals, size=None):
        draws.check_pvals(n, pvals)
        out = np.zeros(shape_of(size) + (len(pvals),), np.int64)
        rows = out.reshape((out.size // max(len(pvals), 1), len(pvals)))
        objects.acquire(self)
        try:
            for i in range(len(rows)):
                draws.multinomial_row(self, n, pvals, rows[i])
        finally:
            objects.release(self)
        return out

    return sized


@cache
def _dirichlet_sized(of_tuple):
    shape_of = draws.itself if of_tuple else draws.as_shape

    def sized(self, alpha, size=None):
        draws.check_alpha(alpha)
        out = np.zeros(shape_of(size) + (len(alpha),))
        rows = out.reshape((out.size // max(len(alpha), 1), len(alpha)))
        objects.acquire(self)
        try:
            for i in range(len(rows)):
                _dirichlet_row(self, alpha, rows[i])
        finally:
            objects.release(self)
        return out

    return sized


@overload("generator.multinomial")
def multinomial(self, n, pvals, size=None):
    if is_index(n) and is_array(pvals, 1):
        if is_absent(size):
            return _multinomial
        return _multinomial_sized(not is_index(size)) if is_size(size) else None


@overload("generator.dirichlet")
def dirichlet(self, alpha, size=None):
    if is_array(alpha, 1):
        if is_absent(size):
            return _dirichlet
        return _dirichlet_sized(not is_index(size)) if is_size(size) else None


def _factor_by_svd(cov):
    u, s, _ = np.linalg.svd(cov)
    return u * np.sqrt(s)


def _factor_by_eigh(cov):
    s, u = np.linalg.eigh(cov)
    return u * np.sqrt(np.abs(s))


def _factor_by_cholesky(cov):
    return np.linalg.cholesky(cov)


_FACTORS = {"svd": _factor_by_svd, "eigh": _factor_by_eigh, "cholesky": _factor_by_cholesky}


@cache
def _multivariate_normal(method, sized, of_tuple):
    factor = _FACTORS[method]
    shape_of = draws.itself if of_tuple else draws.as_shape

    def rows(self, mean, cov, count):
        if cov.shape[0] != cov.shape[1]:
            raise ValueError("cov must be at least 2 dimensional and square")
        if cov.shape[0] != len(mean):
            raise ValueError("mean and cov must have same length")
        x = np.empty((count, len(mean)), np.float64)
        objects.acquire(self)
        fills.doubles(self, x, fills.NORMAL)
        objects.release(self)
        return np.dot(x, np.ascontiguousarray(factor(cov.astype(np.float64)).T)) + mean

    def one(self, mean, cov, size=None, method="svd"):
        return rows(self, mean, cov, 1)[0]

    def many(self, mean, cov, size=None, method="svd"):
        shape = shape_of(size)
        count = 1
        for n in shape:
            count *= n
        return rows(self, mean, cov, count).reshape(shape + (len(mean),))

    return many if sized else one


@overload("generator.multivariate_normal")
def multivariate_normal(self, mean, cov, size=None, method="svd"):
    if is_array(mean, 1) and is_array(cov, 2) and text(method) in _FACTORS and (is_absent(size) or is_size(size)):
        return _multivariate_normal(text(method), not is_absent(size), not is_index(size))


def _permuted_flat(self, x, axis=None):
    out = np.ascontiguousarray(x).copy()
    _shuffle(self, out.reshape(out.size))
    return out


@cache
def _permuted_along(ndim):
    def permuted(self, x, axis=None):
        out = np.ascontiguousarray(x).copy()
        last = np.moveaxis(out, _checked_axis(axis, ndim), -1)
        for position in np.ndindex(last.shape[:-1]):
            _shuffle(self, last[position])
        return out

    return _permuted_line if ndim == 1 else permuted


def _permuted_line(self, x, axis=None):
    out = x.copy()
    _checked_axis(axis, 1)
    _shuffle(self, out)
    return out


@overload("generator.permuted")
def permuted(self, x, axis=None):
    if is_array(x) and x.ndim >= 1:
        if is_absent(axis):
            return _permuted_flat
        return _permuted_along(x.ndim) if isinstance(axis, int) or is_index(axis) else None


def _bytes(self, length):
    # NumPy's division is C's here: a word is drawn for no bytes too, and few below none are cut off its end.
    words = (length - 1) // 4 + 1 if length > 0 else 1 - (1 - length) // 4
    return self.integers(0, 4294967296, words, np.uint32).tobytes()[:length]


@overload("generator.bytes")
def generator_bytes(self, length):
    return _bytes if is_index(length) else None


def _spawn(self, n_children):
    if n_children < 0:
        raise ValueError("n_children must be non-negative")
    return [objects.spawned(self) for _ in range(n_children)]


@overload("generator.spawn")
def spawn(self, n_children):
    return _spawn if is_index(n_children) else None


# Methods with a `dtype`, which the table of distributions lacks


@cache
def _with_dtype(draw, what, t):
    """A method without parameters: a number drawn, or an array of distribution `what`."""
    fill = fills.doubles if t is np.float64 else fills.singles

    def number(self, size=None, dtype=None):
        return draw(self)

    def sized(self, size=None, dtype=None):
        out = np.empty(size, t)
        objects.acquire(self)
        fill(self, out, what)
        objects.release(self)
        return out

    return number, sized


def _single(stream):
    return np.float32((native.random_u32(stream) >> 8) * (1.0 / 16777216.0))


def _inverse(stream):
    return -math.log1p(-native.random_uniform01(stream))


def _inverse_single(stream):
    out = np.empty(1, np.float32)
    fills.singles(stream, out, fills.INVERSE)
    return out[0]


def _of_dtype(double, single, what, size, dtype):
    t = dtype_class(dtype, np.float64)
    if t not in (np.float64, np.float32) or not (is_absent(size) or is_size(size)):
        return None
    number, sized = _with_dtype(double if t is np.float64 else single, what, t)
    return number if is_absent(size) else sized


@overload("generator.random")
def random(self, size=None, dtype=None):
    return _of_dtype(native.random_uniform01, _single, fills.UNIFORM, size, dtype)


@overload("generator.standard_normal")
def standard_normal(self, size=None, dtype=None):
    return _of_dtype(native.random_normal01, native.random_normal_f32, fills.NORMAL, size, dtype)


@cache
def _with_method(implementation):
    def of_method(self, size=None, dtype=None, method="zig"):
        return implementation(self, size, dtype)

    return of_method


@overload("generator.standard_exponential")
def standard_exponential(self, size=None, dtype=None, method="zig"):
    ways = {
        "zig": (native.random_exponential1, native.random_exponential_f32, fills.EXPONENTIAL),
        "inv": (_inverse, _inverse_single, fills.INVERSE),
    }
    way = ways.get(text(method))
    found = None if way is None else _of_dtype(*way, size, dtype)
    return None if found is None else _with_method(found)


def _fill_gammas(self, out, shape):
    objects.acquire(self)
    fills.gamma(self, out, shape, 1.0)
    objects.release(self)


def _fill_single_gammas(self, out, shape):
    flat = out.reshape(out.size)
    objects.acquire(self)
    try:
        for i in range(len(flat)):
            flat[i] = native.random_gamma_f32(self, shape)
    finally:
        objects.release(self)


@cache
def _gammas(t):
    draw, fill = (native.random_standard_gamma, _fill_gammas) if t is np.float64 else (native.random_gamma_f32, _fill_single_gammas)

    def number(self, shape, size=None, dtype=None):
        if shape < 0:
            raise ValueError("shape < 0")
        return draw(self, shape)

    def sized(self, shape, size=None, dtype=None):
        if shape < 0:
            raise ValueError("shape < 0")
        out = np.empty(size, t)
        fill(self, out, shape)
        return out

    return number, sized


@overload("generator.standard_gamma")
def standard_gamma(self, shape, size=None, dtype=None):
    t = dtype_class(dtype, np.float64)
    if is_real(shape) and t in (np.float64, np.float32) and (is_absent(size) or is_size(size)):
        number, sized = _gammas(t)
        return number if is_absent(size) else sized
