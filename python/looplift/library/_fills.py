"""Arrays filled with random numbers by the runtime, without a call for each: `doubles(stream, out, UNIFORM)` and the like.

The array is contiguous; the caller holds the lock of a generator. What integers may be drawn, `interval` says.
"""

from functools import cache

import numpy as np

from looplift.library._native import (
    random_fill_binomial,
    random_fill_doubles,
    random_fill_gamma,
    random_fill_integers,
    random_fill_poisson,
    random_fill_scaled,
    random_fill_singles,
)
from looplift.library._types import is_absent

# Distributions by number, as the runtime knows them.
UNIFORM, NORMAL, EXPONENTIAL, INVERSE = range(4)


def doubles(stream, out, what):
    random_fill_doubles(stream, out, out.size, what)


def scaled(stream, out, what, shift, scale):
    random_fill_scaled(stream, out, out.size, what, shift, scale)


def singles(stream, out, what):
    random_fill_singles(stream, out, out.size, what)


def gamma(stream, out, shape, scale):
    random_fill_gamma(stream, out, out.size, shape, scale)


def poisson(stream, out, lam):
    random_fill_poisson(stream, out, out.size, lam)


def binomial(stream, out, n, p):
    random_fill_binomial(stream, out, out.size, n, p)


def integers(stream, out, bits, low, span):
    """From `low` to `low + span`, words of 64 bits; `bits` are the type's, 1 for bools."""
    random_fill_integers(stream, out, out.size, bits, low, span)


def bits_of(t):
    """The bits that a number of an integer class takes of a word: of a bool, one."""
    return 1 if t is np.bool_ else np.dtype(t).itemsize * 8


def is_unsigned_word(t):
    """Whether a type's numbers may be above every int64."""
    return getattr(t, "name", None) == "uint64"


def unsigned_of(low, high):
    """What `interval` wants to know of the types of bounds."""
    if is_absent(high):
        return is_unsigned_word(low), None
    return is_unsigned_word(low), is_unsigned_word(high)


@cache
def interval(t, endpoint, unsigned, words):
    """A function of `low` and `high` (None: of `low` alone) that gives the least number and how much more the greatest is, as words.

    `unsigned` says for each whether it is an uint64; `words` what an empty interval is called."""
    name = np.dtype(t).name
    info = None if t is np.bool_ else np.iinfo(t)
    least, most = (0, 1) if info is None else (int(info.min), int(info.max))
    less = 0 if endpoint else 1
    too_low, too_high = (f"{end} is out of bounds for {name}" for end in ("low", "high"))
    top = np.uint64(min(most, 2**63 - 1))
    one = np.uint64(less)

    def within(first, last):
        if first < least:
            raise ValueError(too_low)
        if last > most:
            raise ValueError(too_high)
        if first > last:
            raise ValueError(words)
        return first, last - first

    def signed_last(high):
        return np.int64(high) - less

    def unsigned_last(high):
        if high < one:
            return np.int64(-1)
        if high - one > top:
            raise ValueError(too_high)
        return np.int64(high - one)

    def unsigned_first(low):
        if low > top:
            raise ValueError(words)
        return np.int64(low)

    first_of = unsigned_first if unsigned[0] else np.int64
    last_of = unsigned_last if unsigned[1] else signed_last

    def signed_interval(low, high):
        return within(first_of(low), last_of(high))

    def unsigned_interval(low, high):
        if low < 0:
            raise ValueError(too_low)
        if high < less:
            raise ValueError(words)
        first = np.uint64(low)
        last = np.uint64(high) - one
        if first > last:
            raise ValueError(words)
        return np.int64(first), np.int64(last - first)

    two = unsigned_interval if t is np.uint64 else signed_interval

    def of_bounds(low, high):
        return two(low, high)

    def of_high(low, high):
        return two(0, low)

    return of_high if unsigned[1] is None else of_bounds
