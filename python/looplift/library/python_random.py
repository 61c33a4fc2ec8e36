"""The module `random`. In compiled code each thread has a stream of its own; seeded with an integer, it is CPython's.

The algorithms are those of CPython's Lib/random.py, which fix the results for a seed.
"""

import math

import numpy as np

from looplift.library import _native as native
from looplift.library._objects import seed_words
from looplift.library._registry import overload
from looplift.library._types import element_class, is_absent, is_array, is_float, is_index, is_int, is_range, is_real, is_text, is_tuple, kind

_STREAM = 0
_NV_MAGIC = 4 * math.exp(-0.5) / math.sqrt(2.0)
_LOG4 = math.log(4.0)
_SG_MAGIC = 1.0 + math.log(4.5)


def _uniform01():
    return native.random_uniform01(_STREAM)


# Seeding


def _seed(a):
    # The absolute value in pieces of 32 bits.
    size = np.uint64(a if a >= 0 else -a)
    words = np.empty(2, np.int64)
    words[0] = np.int64(size & np.uint64(0xFFFFFFFF))
    words[1] = np.int64(size >> np.uint64(32))
    native.random_seed_words(_STREAM, words, 2 if words[1] else 1)


def _seed_anew(a=None):
    native.random_seed_anew(_STREAM)


def _seed_by_words(a):
    given = np.frombuffer(seed_words(a), np.uint32)
    words = np.empty(len(given), np.int64)
    for i in range(len(given)):
        words[i] = np.int64(given[i])
    native.random_seed_words(_STREAM, words, len(words))


@overload("random.seed")
def seed(a=None):
    if is_absent(a):
        return _seed_anew
    if is_text(a) or is_float(a):
        return _seed_by_words
    if is_index(a):
        return _seed


# Numbers


@overload("random.random")
def random():
    return _uniform01


def _getrandbits(k):
    if k < 0:
        raise ValueError("number of bits must be non-negative")
    if k > 64:
        raise OverflowError("getrandbits() limited to 64 bits")
    return np.uint64(native.random_python_bits(k))


@overload("random.getrandbits")
def getrandbits(k):
    if is_index(k):
        return _getrandbits


def _below(n):
    return native.random_python_below(n)


def _randrange_stop(start):
    if start <= 0:
        raise ValueError("empty range for randrange()")
    return native.random_python_below(start)


def _randrange(start, stop=None, step=1):
    width = stop - start
    if step == 1:
        if width > 0:
            return start + native.random_python_below(width)
        raise ValueError("empty range for randrange()")
    if step > 0:
        n = (width + step - 1) // step
    elif step < 0:
        n = (width + step + 1) // step
    else:
        raise ValueError("zero step for randrange()")
    if n <= 0:
        raise ValueError("empty range for randrange()")
    return start + step * native.random_python_below(n)


@overload("random.randrange")
def randrange(start, stop=None, step=1):
    if not is_index(start) or not (is_absent(stop) or is_index(stop)):
        return None
    if is_absent(stop):
        return _randrange_stop if isinstance(step, int) else None
    return _randrange if isinstance(step, int) or is_index(step) else None


def _randint(a, b):
    return _randrange(a, b + 1)


@overload("random.randint")
def randint(a, b):
    if is_index(a) and is_index(b):
        return _randint


def _uniform(a, b):
    return a + (b - a) * native.random_uniform01(_STREAM)


@overload("random.uniform")
def uniform(a, b):
    if is_real(a) and is_real(b):
        return _uniform


def _triangular(low=0.0, high=1.0):
    u = native.random_uniform01(_STREAM)
    c = 0.5
    if high == low:
        return float(low)
    if u > c:
        u = 1.0 - u
        c = 1.0 - c
        return high + (low - high) * math.sqrt(u * c)
    return low + (high - low) * math.sqrt(u * c)


def _triangular_mode(low=0.0, high=1.0, mode=None):
    u = native.random_uniform01(_STREAM)
    if high == low:
        return float(low)
    c = (mode - low) / (high - low)
    if u > c:
        u = 1.0 - u
        c = 1.0 - c
        return high + (low - high) * math.sqrt(u * c)
    return low + (high - low) * math.sqrt(u * c)


@overload("random.triangular")
def triangular(low=0.0, high=1.0, mode=None):
    if all(isinstance(x, float) or is_real(x) for x in (low, high)):
        if mode is None:
            return _triangular
        return _triangular_mode if is_real(mode) else None


def _gauss(mu=0.0, sigma=1.0):
    return mu + native.random_python_gauss() * sigma


def _normalvariate(mu=0.0, sigma=1.0):
    while True:
        u1 = native.random_uniform01(_STREAM)
        u2 = 1.0 - native.random_uniform01(_STREAM)
        z = _NV_MAGIC * (u1 - 0.5) / u2
        if z * z / 4.0 <= -math.log(u2):
            return mu + z * sigma


def _lognormvariate(mu=0.0, sigma=1.0):
    return math.exp(_normalvariate(mu, sigma))


def _are_real(*types):
    return all(isinstance(t, float) or is_real(t) for t in types)


@overload("random.gauss")
def gauss(mu=0.0, sigma=1.0):
    return _gauss if _are_real(mu, sigma) else None


@overload("random.normalvariate")
def normalvariate(mu=0.0, sigma=1.0):
    return _normalvariate if _are_real(mu, sigma) else None


@overload("random.lognormvariate")
def lognormvariate(mu=0.0, sigma=1.0):
    return _lognormvariate if _are_real(mu, sigma) else None


def _expovariate(lambd=1.0):
    return -math.log(1.0 - native.random_uniform01(_STREAM)) / lambd


@overload("random.expovariate")
def expovariate(lambd=1.0):
    return _expovariate if _are_real(lambd) else None


def _gammavariate(alpha, beta):
    if alpha <= 0.0 or beta <= 0.0:
        raise ValueError("gammavariate: alpha and beta must be > 0.0")
    if alpha > 1.0:
        inverse = math.sqrt(2.0 * alpha - 1.0)
        b = alpha - _LOG4
        c = alpha + inverse
        while True:
            u1 = native.random_uniform01(_STREAM)
            if not 1e-7 < u1 < 0.9999999:
                continue
            u2 = 1.0 - native.random_uniform01(_STREAM)
            v = math.log(u1 / (1.0 - u1)) / inverse
            x = alpha * math.exp(v)
            z = u1 * u1 * u2
            r = b + c * v - x
            if r + _SG_MAGIC - 4.5 * z >= 0.0 or r >= math.log(z):
                return x * beta
    if alpha == 1.0:
        return -math.log(1.0 - native.random_uniform01(_STREAM)) * beta
    while True:
        u = native.random_uniform01(_STREAM)
        b = (math.e + alpha) / math.e
        p = b * u
        if p <= 1.0:
            x = p ** (1.0 / alpha)
        else:
            x = -math.log((b - p) / alpha)
        u1 = native.random_uniform01(_STREAM)
        if p > 1.0:
            if u1 <= x ** (alpha - 1.0):
                return x * beta
        elif u1 <= math.exp(-x):
            return x * beta


@overload("random.gammavariate")
def gammavariate(alpha, beta):
    return _gammavariate if _are_real(alpha, beta) else None


def _betavariate(alpha, beta):
    y = _gammavariate(alpha, 1.0)
    if y != 0:
        return y / (y + _gammavariate(beta, 1.0))
    return 0.0


@overload("random.betavariate")
def betavariate(alpha, beta):
    return _betavariate if _are_real(alpha, beta) else None


def _vonmisesvariate(mu, kappa):
    if kappa <= 1e-6:
        return math.tau * native.random_uniform01(_STREAM)
    s = 0.5 / kappa
    r = s + math.sqrt(1.0 + s * s)
    while True:
        z = math.cos(math.pi * native.random_uniform01(_STREAM))
        d = z / (r + z)
        u2 = native.random_uniform01(_STREAM)
        if u2 < 1.0 - d * d or u2 <= (1.0 - d) * math.exp(d):
            break
    q = 1.0 / r
    f = (q + z) / (1.0 + q * z)
    if native.random_uniform01(_STREAM) > 0.5:
        return (mu + math.acos(f)) % math.tau
    return (mu - math.acos(f)) % math.tau


@overload("random.vonmisesvariate")
def vonmisesvariate(mu, kappa):
    return _vonmisesvariate if _are_real(mu, kappa) else None


def _paretovariate(alpha):
    u = 1.0 - native.random_uniform01(_STREAM)
    return u ** (-1.0 / alpha)


@overload("random.paretovariate")
def paretovariate(alpha):
    return _paretovariate if _are_real(alpha) else None


def _weibullvariate(alpha, beta):
    u = 1.0 - native.random_uniform01(_STREAM)
    return alpha * (-math.log(u)) ** (1.0 / beta)


@overload("random.weibullvariate")
def weibullvariate(alpha, beta):
    return _weibullvariate if _are_real(alpha, beta) else None


def _binomialvariate(n=1, p=0.5):
    if n < 0:
        raise ValueError("n must be non-negative")
    if p <= 0.0 or p >= 1.0:
        if p == 0.0:
            return 0
        if p == 1.0:
            return n
        raise ValueError("p must be in the range 0.0 <= p <= 1.0")
    if n == 1:
        return int(native.random_uniform01(_STREAM) < p)
    if p > 0.5:
        return n - _binomial_half(n, 1.0 - p)
    return _binomial_half(n, p)


def _binomial_half(n, p):
    if n * p < 10.0:
        x = 0
        y = 0
        c = math.log2(1.0 - p)
        if c == 0:
            return x
        while True:
            y += math.floor(math.log2(native.random_uniform01(_STREAM)) / c) + 1
            if y > n:
                return x
            x += 1
    spq = math.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * spq
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c = n * p + 0.5
    vr = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * spq
    lpq = math.log(p / (1.0 - p))
    m = math.floor((n + 1) * p)
    h = math.lgamma(m + 1) + math.lgamma(n - m + 1)
    while True:
        u = native.random_uniform01(_STREAM) - 0.5
        us = 0.5 - math.fabs(u)
        k = math.floor((2.0 * a / us + b) * u + c)
        if k < 0 or k > n:
            continue
        v = native.random_uniform01(_STREAM)
        if us >= 0.07 and v <= vr:
            return k
        v *= alpha / (a / (us * us) + b)
        if math.log(v) <= h - math.lgamma(k + 1) - math.lgamma(n - k + 1) + (k - m) * lpq:
            return k


@overload("random.binomialvariate")
def binomialvariate(n=1, p=0.5):
    if (isinstance(n, int) or is_int(n)) and _are_real(p):
        return _binomialvariate


# Sequences

_LISTS = ("list", "reflected_list", "typed_list")


def _is_sequence(t):
    return is_array(t, 1) or is_range(t) or kind(t) in _LISTS or (is_tuple(t) and element_class(t) is not None)


def _shuffle(x):
    for i in range(len(x) - 1, 0, -1):
        j = native.random_python_below(i + 1)
        item = x[i]
        x[i] = x[j]
        x[j] = item


@overload("random.shuffle")
def shuffle(x):
    if is_array(x, 1) or kind(x) in _LISTS:
        return _shuffle


def _choice(seq):
    if len(seq) == 0:
        raise IndexError("Cannot choose from an empty sequence")
    return seq[native.random_python_below(len(seq))]


@overload("random.choice")
def choice(seq):
    if _is_sequence(seq):
        return _choice


def _choices(population, weights=None, *, cum_weights=None, k=1):
    n = len(population)
    return [population[math.floor(native.random_uniform01(_STREAM) * float(n))] for _ in range(k)]


def _bisect(steps, x, high):
    low = 0
    while low < high:
        middle = (low + high) // 2
        if x < steps[middle]:
            high = middle
        else:
            low = middle + 1
    return low


def _by_steps(population, steps, k):
    total = steps[-1] + 0.0
    if total <= 0.0:
        raise ValueError("Total of weights must be greater than zero")
    if not math.isfinite(total):
        raise ValueError("Total of weights must be finite")
    high = len(population) - 1
    return [population[_bisect(steps, native.random_uniform01(_STREAM) * total, high)] for _ in range(k)]


def _choices_by_weight(population, weights=None, *, cum_weights=None, k=1):
    if len(weights) != len(population):
        raise ValueError("The number of weights does not match the population")
    steps = np.empty(len(weights))
    total = 0.0
    for i in range(len(weights)):
        total += weights[i]
        steps[i] = total
    return _by_steps(population, steps, k)


def _choices_by_steps(population, weights=None, *, cum_weights=None, k=1):
    if len(cum_weights) != len(population):
        raise ValueError("The number of weights does not match the population")
    steps = np.empty(len(cum_weights))
    for i in range(len(cum_weights)):
        steps[i] = cum_weights[i]
    return _by_steps(population, steps, k)


@overload("random.choices")
def choices(population, weights=None, *, cum_weights=None, k=1):
    if not _is_sequence(population) or not (isinstance(k, int) or is_index(k)):
        return None
    if is_absent(weights) and is_absent(cum_weights):
        return _choices
    if is_absent(cum_weights) and _is_sequence(weights):
        return _choices_by_weight
    if is_absent(weights) and _is_sequence(cum_weights):
        return _choices_by_steps


def _sample(population, k):
    n = len(population)
    if not 0 <= k <= n:
        raise ValueError("Sample larger than population or is negative")
    limit = 21
    if k > 5:
        limit += 4 ** math.ceil(math.log(k * 3) / math.log(4.0))
    places = np.empty(k, np.int64)
    if n <= limit:
        pool = np.arange(n)
        for i in range(k):
            j = native.random_python_below(n - i)
            places[i] = pool[j]
            pool[j] = pool[n - i - 1]
    else:
        taken = np.zeros(n, np.bool_)
        for i in range(k):
            j = native.random_python_below(n)
            while taken[j]:
                j = native.random_python_below(n)
            taken[j] = True
            places[i] = j
    return [population[i] for i in places]


@overload("random.sample")
def sample(population, k):
    if _is_sequence(population) and is_index(k):
        return _sample
