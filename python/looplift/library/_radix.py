"""Long arrays of numbers sorted digit by digit: bytes of keys that order as the numbers do, the least significant byte first.

Such a sort compares nothing, so that no branch goes wrong, and takes time in proportion to the length; it is stable. `sort(t)` sorts an
array of class `t` in place and says whether it did: zeros with a sign, which are equal to others, and NaN with a sign make it leave
the array to comparisons. `argsort(t)` gives positions, for every array. Shorter arrays than `LEAST` are not worth the tables.
"""

from functools import cache

import numpy as np

from looplift.library._types import kind_of

LEAST = 2_048
_DIGITS = 256


def fits(t):
    """Whether numbers of a class have keys."""
    return isinstance(t, type) and issubclass(t, np.generic) and kind_of(t) in "iuf" and t is not np.float16 and np.dtype(t).itemsize in (1, 2, 4, 8)


def _unchecked(function):
    function.__looplift_options__ = {"boundscheck": False, "error_model": "numpy"}
    return function


@cache
def word(t):
    return np.dtype(f"u{np.dtype(t).itemsize}").type


@cache
def keys_of(t):
    """A function that writes the keys of an array, and one that writes the numbers of keys."""
    u, bits = word(t), np.dtype(t).itemsize * 8
    top = u(1 << (bits - 1))
    if kind_of(t) == "f":
        s = np.dtype(f"i{bits // 8}").type
        last = s(bits - 1)

        def encode(a, keys):
            words = a.view(s)
            for i in range(len(words)):
                w = words[i]
                keys[i] = u(w) ^ (u(w >> last) | top)

        def decode(keys, a):
            words = a.view(u)
            for i in range(len(words)):
                k = keys[i]
                words[i] = k ^ (u(s(~k) >> last) | top)

    elif kind_of(t) == "i":

        def encode(a, keys):
            for i in range(len(keys)):
                keys[i] = u(a[i]) ^ top

        def decode(keys, a):
            for i in range(len(keys)):
                a[i] = t(keys[i] ^ top)

    else:

        def encode(a, keys):
            for i in range(len(keys)):
                keys[i] = a[i]

        def decode(keys, a):
            for i in range(len(keys)):
                a[i] = keys[i]

    return _unchecked(encode), _unchecked(decode)


@cache
def _by_digits(u):
    """Functions that sort keys: alone, and with positions. Both give what they are given, or the scratch space, whichever has the result."""
    count = np.dtype(u).itemsize

    def tables(keys):
        """How many keys have each digit, and, after that, where those begin."""
        counts = np.zeros(count * _DIGITS, np.int64)
        for i in range(len(keys)):
            k = np.uint64(keys[i])
            for d in range(count):
                counts[d * _DIGITS + np.int64((k >> np.uint64(8 * d)) & np.uint64(255))] += 1
        return counts

    def starts(counts, d, n):
        """The starts of digit `d`; False if all keys have the same."""
        total = 0
        for k in range(_DIGITS):
            c = counts[d * _DIGITS + k]
            if c == n:
                return False
            counts[d * _DIGITS + k] = total
            total += c
        return True

    def alone(keys, scratch):
        n = len(keys)
        counts = tables(keys)
        for d in range(count):
            if starts(counts, d, n):
                shift = np.uint64(8 * d)
                base = d * _DIGITS
                for i in range(n):
                    k = keys[i]
                    digit = base + np.int64((np.uint64(k) >> shift) & np.uint64(255))
                    at = counts[digit]
                    counts[digit] = at + 1
                    scratch[at] = k
                keys, scratch = scratch, keys
        return keys

    def with_places(keys, scratch, places, others):
        n = len(keys)
        counts = tables(keys)
        for d in range(count):
            if starts(counts, d, n):
                shift = np.uint64(8 * d)
                base = d * _DIGITS
                for i in range(n):
                    k = keys[i]
                    digit = base + np.int64((np.uint64(k) >> shift) & np.uint64(255))
                    at = counts[digit]
                    counts[digit] = at + 1
                    scratch[at] = k
                    others[at] = places[i]
                keys, scratch = scratch, keys
                places, others = others, places
        return places

    for function in (tables, starts):
        _unchecked(function)
    return _unchecked(alone), _unchecked(with_places)


@cache
def is_plain(t):
    """A function that tells whether keys say everything of numbers that `sort` wants to know."""
    # The keys of NaN with a sign come before that of minus infinity.
    least = _key_of(-np.inf, t) if kind_of(t) == "f" else None
    negative_zero = _key_of(-0.0, t) if kind_of(t) == "f" else None

    def plain(keys):
        odd = False
        for i in range(len(keys)):
            odd |= (keys[i] < least) | (keys[i] == negative_zero)
        return not odd

    def all_plain(keys):
        return True

    return _unchecked(plain) if kind_of(t) == "f" else all_plain


@cache
def sort(t):
    u = word(t)
    encode, decode = keys_of(t)
    alone, _ = _by_digits(u)
    plain = is_plain(t)

    def sort(a):
        n = len(a)
        keys = np.empty(n, u)
        if a.strides[0] == a.itemsize:
            encode(a, keys)
        else:
            encode(a.copy(), keys)
        if not plain(keys):
            return False
        keys = alone(keys, np.empty(n, u))
        if a.strides[0] == a.itemsize:
            decode(keys, a)
        else:
            made = np.empty(n, a.dtype)
            decode(keys, made)
            a[:] = made
        return True

    return _unchecked(sort)


def _key_of(x, t):
    u, bits = word(t), np.dtype(t).itemsize * 8
    key = int(np.array(x, t).view(u)[()])
    return u(key ^ ((1 << bits) - 1)) if key >> (bits - 1) else u(key | 1 << (bits - 1))


@cache
def order_keys(t):
    """A function that writes keys by which positions are sorted."""
    encode, _ = keys_of(t)
    last = word(t)((1 << (np.dtype(t).itemsize * 8)) - 1)

    def normal(a, keys):
        """Keys of floats as comparisons see them: zeros are equal, and so are all NaN."""
        made = np.empty(len(a), a.dtype)
        for i in range(len(a)):
            made[i] = a[i] + t(0)
        encode(made, keys)
        for i in range(len(a)):
            if made[i] != made[i]:
                keys[i] = last

    def whole(a, keys):
        encode(a, keys)

    return _unchecked(normal) if kind_of(t) == "f" else _unchecked(whole)


@cache
def argsort(t):
    u = word(t)
    _, with_places = _by_digits(u)
    prepare = order_keys(t)

    def argsort(a, order):
        n = len(a)
        keys = np.empty(n, u)
        prepare(a, keys)
        places = np.arange(n)
        made = with_places(keys, np.empty(n, u), places, np.empty(n, np.int64))
        order[:] = made

    return _unchecked(argsort)
