"""numpy.random's functions of its global `RandomState` that are no plain distributions: seeding, integers, permutations, choices.

In compiled code each thread has a stream of its own, which Python's calls of `numpy.random` neither seed nor advance. Seeded
alike, it gives what NumPy's gives.
"""

from functools import cache

import numpy as np

from looplift.library import _draws as draws
from looplift.library import _fills as fills
from looplift.library import _native as native
from looplift.library import _objects as objects
from looplift.library._registry import overload
from looplift.library._types import (
    dtype_class,
    element_class,
    is_absent,
    is_array,
    is_bool,
    is_index,
    is_int,
    kind,
    kind_of,
)
from looplift.library.distributions import is_size

_STREAM = 1


# Seeding


def _seed(seed):
    if seed < 0 or seed > 4294967295:
        raise ValueError("Seed must be between 0 and 2**32 - 1")
    native.random_seed(_STREAM, seed)


def _seed_anew(seed=None):
    native.random_seed_anew(_STREAM)


def _seed_by_array(seed):
    words = np.empty(len(seed), np.int64)
    for i in range(len(seed)):
        if seed[i] < 0 or seed[i] > 4294967295:
            raise ValueError("Seed must be between 0 and 2**32 - 1")
        words[i] = seed[i]
    if len(words) == 0:
        raise ValueError("Seed must be non-empty")
    native.random_seed_words(_STREAM, words, len(words))


@overload("numpy.random.seed")
def seed(seed=None):
    if is_absent(seed):
        return _seed_anew
    if is_int(seed):
        return _seed
    if is_array(seed, 1) and kind_of(element_class(seed)) in "iu":
        return _seed_by_array


def _get_state():
    words = np.empty(627, np.int64)
    native.random_state(_STREAM, words)
    return "MT19937", words[:624].astype(np.uint32), words[624], words[625], words[626:].view(np.float64)[0]


def _set_state(state):
    words = np.zeros(627, np.int64)
    if len(state[1]) != 624:
        raise ValueError("state must have 624 words")
    words[:624] = state[1]
    if state[2] < 0 or state[2] > 624:
        raise ValueError("the position of a state is from 0 to 624")
    words[624] = state[2]
    words[625] = state[3]
    words[626:].view(np.float64)[0] = state[4]
    native.random_set_state(_STREAM, words)


def _set_state_without_gauss(state):
    _set_state((state[0], state[1], state[2], 0, 0.0))


@overload("numpy.random.get_state")
def get_state():
    return _get_state


@overload("numpy.random.set_state")
def set_state(state):
    if kind(state) == "tuple" and state.count in (3, 5) and is_array(state.types[1], 1):
        return _set_state if state.count == 5 else _set_state_without_gauss


# Uniform numbers


def _random(size=None):
    return native.random_uniform01(_STREAM)


def _random_sized(size=None):
    out = np.empty(size, np.float64)
    fills.doubles(_STREAM, out, fills.UNIFORM)
    return out


@overload("numpy.random.random", "numpy.random.random_sample", "numpy.random.ranf", "numpy.random.sample")
def random(size=None):
    if is_absent(size):
        return _random
    return _random_sized if is_size(size) else None


def _rand(*shape):
    return _random_sized(shape)


def _with_lengths(function, count):
    """`function` of a shape given as separate arguments."""
    names = ", ".join(f"n{i}" for i in range(count))
    namespace = {"function": function, "__name__": __name__}
    exec(f"def lengths({names}):\n    return function(({names}{',' if count == 1 else ''}))\n", namespace)
    return namespace["lengths"]


_with_lengths = cache(_with_lengths)


def _normal(size):
    return native.random_normal01(_STREAM)


def _normal_sized(size):
    out = np.empty(size, np.float64)
    fills.doubles(_STREAM, out, fills.NORMAL)
    return out


def _random_number():
    return native.random_uniform01(_STREAM)


def _normal_number():
    return native.random_normal01(_STREAM)


@overload("numpy.random.rand")
def rand(*lengths):
    if all(is_index(n) for n in lengths):
        return _with_lengths(_random_sized, len(lengths)) if lengths else _random_number


@overload("numpy.random.randn")
def randn(*lengths):
    if all(is_index(n) for n in lengths):
        return _with_lengths(_normal_sized, len(lengths)) if lengths else _normal_number


# Integers


@cache
def _randint(t, sized, unsigned):
    bits = fills.bits_of(t)
    interval = fills.interval(t, False, unsigned, "low >= high")

    if sized:

        def randint(low, high=None, size=None, dtype=None):
            first, span = interval(low, high)
            out = np.empty(size, t)
            fills.integers(_STREAM, out, bits, first, span)
            return out

    elif bits < 32 or t is np.uint64:

        def randint(low, high=None, size=None, dtype=None):
            first, span = interval(low, high)
            out = np.empty(1, t)
            fills.integers(_STREAM, out, bits, first, span)
            return out[0]

    else:

        def randint(low, high=None, size=None, dtype=None):
            first, span = interval(low, high)
            # (The span is a word without a sign.)
            return t(first + native.random_interval(_STREAM, span))

    return randint


@overload("numpy.random.randint")
def randint(low, high=None, size=None, dtype=None):
    t = dtype_class(dtype, np.int64)
    if t is None or kind_of(t) not in "biu" or not is_index(low) or not (is_absent(high) or is_index(high)):
        return None
    if is_absent(size) or is_size(size):
        return _randint(t, not is_absent(size), fills.unsigned_of(low, high))


@cache
def _random_integers(sized):
    one = _randint(np.int64, sized, (False, False))

    def random_integers(low, high=None, size=None):
        first, last = (1, low) if high is None else (low, high)
        return one(first, last + 1, size)

    return random_integers


@overload("numpy.random.random_integers")
def random_integers(low, high=None, size=None):
    if is_index(low) and (is_absent(high) or is_index(high)):
        return _random_integers(not is_absent(size)) if is_absent(size) or is_size(size) else None


def _bytes(length):
    if length < 0:
        raise ValueError("negative dimensions are not allowed")
    out = np.empty((length + 3) // 4 * 4, np.uint8)
    for i in range(0, len(out), 4):
        word = native.random_u32(_STREAM)
        for k in range(4):
            out[i + k] = np.uint8((word >> (8 * k)) & 255)
    return objects.to_bytes(out[:length])


@overload("numpy.random.bytes")
def random_bytes(length):
    if is_index(length):
        return _bytes


# Order


def _shuffle(x):
    draws.shuffle(_STREAM, x)


def _shuffle_rows(x):
    draws.shuffle_rows(_STREAM, x)


@overload("numpy.random.shuffle")
def shuffle(x):
    if is_array(x) and x.ndim >= 1:
        return _shuffle if x.ndim == 1 else _shuffle_rows
    if kind(x) in ("list", "reflected_list", "typed_list"):
        return _shuffle


def _permutation_of_count(x):
    out = np.arange(x)
    _shuffle(out)
    return out


def _permutation_of_array(x):
    out = x.copy()
    _shuffle(out)
    return out


def _permutation_of_rows(x):
    order = np.arange(len(x))
    _shuffle(order)
    out = np.empty_like(x)
    for i in range(len(order)):
        out[i] = x[order[i]]
    return out


@overload("numpy.random.permutation")
def permutation(x):
    if is_index(x):
        return _permutation_of_count
    if is_array(x) and x.ndim >= 1:
        return _permutation_of_array if x.ndim == 1 else _permutation_of_rows


def _check_population(n):
    if n <= 0:
        raise ValueError("a must be greater than 0 unless no samples are taken")


def _index_of_number(n):
    _check_population(n)
    return native.random_interval(_STREAM, n - 1)


def _chosen_indices(n, count, replace, distinct):
    """`count` indices below `n`, all different unless `replace`."""
    out = np.empty(count, np.int64)
    if replace:
        if count:
            _check_population(n)
            fills.integers(_STREAM, out, 64, 0, n - 1)
    else:
        if count > n:
            raise ValueError("Cannot take a larger sample than population when 'replace=False'")
        order = _permutation_of_count(n)
        for i in range(count):
            out[i] = order[i]
    return out


_weighted_without = draws.weighted_without("Cannot take a larger sample than population when 'replace=False'")


def _weighted_indices(n, count, replace, p):
    if replace:
        return draws.weighted(_STREAM, n, count, p)
    return _weighted_without(_STREAM, n, count, p)


@cache
def _choice(of_array, sized, weighted, flat):
    if weighted:

        def indices(n, count, replace, p):
            return _weighted_indices(n, count, replace, p)

    else:

        def indices(n, count, replace, p):
            return _chosen_indices(n, count, replace, True)

    if of_array and sized:

        def choice(a, size=None, replace=True, p=None):
            out = np.empty(size, a.dtype)
            items = out.reshape(out.size)
            places = indices(len(a), len(items), replace, p)
            for i in range(len(items)):
                items[i] = a[places[i]]
            return out

    elif of_array and weighted:

        def choice(a, size=None, replace=True, p=None):
            return a[_weighted_indices(len(a), 1, True, p)[0]]

    elif of_array:

        def choice(a, size=None, replace=True, p=None):
            return a[_index_of_number(len(a))]

    elif sized:

        def choice(a, size=None, replace=True, p=None):
            out = np.empty(size, np.int64)
            items = out.reshape(out.size)
            places = indices(a, len(items), replace, p)
            for i in range(len(items)):
                items[i] = places[i]
            return out

    elif weighted:

        def choice(a, size=None, replace=True, p=None):
            return _weighted_indices(a, 1, True, p)[0]

    else:

        def choice(a, size=None, replace=True, p=None):
            return _index_of_number(a)

    return choice


@overload("numpy.random.choice")
def choice(a, size=None, replace=True, p=None):
    if not (is_absent(p) or is_array(p, 1)) or not (isinstance(replace, bool) or is_bool(replace) or is_index(replace)):
        return None
    if not (is_absent(size) or is_size(size)):
        return None
    if is_array(a, 1) or is_index(a):
        return _choice(is_array(a, 1), not is_absent(size), not is_absent(p), True)


# Several numbers at once


def _multinomial_row(n, pvals, out):
    draws.multinomial_row(_STREAM, n, pvals, out)


def _multinomial(n, pvals, size=None):
    draws.check_pvals(n, pvals)
    out = np.zeros(len(pvals), np.int64)
    _multinomial_row(n, pvals, out)
    return out


@cache
def _rows(row, check, t, of_tuple):
    """Rows of numbers: `row(first, second, out)` fills one."""
    shape_of = draws.itself if of_tuple else draws.as_shape

    def sized(n, pvals, size=None):
        check(n, pvals)
        shape = shape_of(size)
        out = np.zeros(shape + (len(pvals),), t)
        rows = out.reshape((out.size // max(len(pvals), 1), len(pvals)))
        for i in range(len(rows)):
            row(n, pvals, rows[i])
        return out

    return sized


@overload("numpy.random.multinomial")
def multinomial(n, pvals, size=None):
    if draws.is_numbers(pvals):
        return draws.of_sequence(np.random.multinomial, ("n", "pvals"))
    if is_index(n) and is_array(pvals, 1):
        if is_absent(size):
            return _multinomial
        return _rows(_multinomial_row, draws.check_pvals, np.int64, not is_index(size)) if is_size(size) else None


def _dirichlet_row(alpha, out):
    total = 0.0
    for j in range(len(alpha)):
        out[j] = native.random_standard_gamma(_STREAM, alpha[j])
        total += out[j]
    inverse = 1 / total
    for j in range(len(alpha)):
        out[j] *= inverse


def _dirichlet(alpha, size=None):
    draws.check_alpha(alpha)
    out = np.empty(len(alpha), np.float64)
    _dirichlet_row(alpha, out)
    return out


@cache
def _dirichlet_sized(of_tuple):
    shape_of = draws.itself if of_tuple else draws.as_shape

    def sized(alpha, size=None):
        draws.check_alpha(alpha)
        out = np.empty(shape_of(size) + (len(alpha),), np.float64)
        rows = out.reshape((out.size // max(len(alpha), 1), len(alpha)))
        for i in range(len(rows)):
            _dirichlet_row(alpha, rows[i])
        return out

    return sized


@overload("numpy.random.dirichlet")
def dirichlet(alpha, size=None):
    if draws.is_numbers(alpha):
        return draws.of_sequence(np.random.dirichlet, ("alpha",))
    if is_array(alpha, 1):
        if is_absent(size):
            return _dirichlet
        return _dirichlet_sized(not is_index(size)) if is_size(size) else None


def _transform(mean, cov):
    """The matrix that makes normal numbers have this covariance."""
    n = len(mean)
    if cov.shape[0] != cov.shape[1]:
        raise ValueError("cov must be 2 dimensional and square")
    if n != cov.shape[0]:
        raise ValueError("mean and cov must have same length")
    _, s, v = np.linalg.svd(cov.astype(np.float64))
    out = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            out[i, j] = np.sqrt(s[i]) * v[i, j]
    return out


def _multivariate_normal(mean, cov, size=None):
    matrix = _transform(mean, cov)
    return np.dot(_normal_sized(len(mean)), matrix) + mean


@cache
def _multivariate_normal_sized(of_tuple):
    shape_of = draws.itself if of_tuple else draws.as_shape

    def sized(mean, cov, size=None):
        matrix = _transform(mean, cov)
        shape = shape_of(size) + (len(mean),)
        x = _normal_sized(shape)
        rows = x.reshape((x.size // max(len(mean), 1), len(mean)))
        return (np.dot(rows, matrix) + mean).reshape(shape)

    return sized


@overload("numpy.random.multivariate_normal")
def multivariate_normal(mean, cov, size=None):
    if is_array(mean, 1) and is_array(cov, 2):
        if is_absent(size):
            return _multivariate_normal
        return _multivariate_normal_sized(not is_index(size)) if is_size(size) else None
