"""Builtin functions on arrays, tuples and ranges, and their rarer forms on numbers."""

import math
import operator
import sys
from functools import cache

from looplift.errors import TypingError
from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_bool,
    is_container,
    is_float,
    is_index,
    is_iterator,
    is_number,
    is_range,
    is_tuple,
    kind,
    kind_of,
)

# Texts and sums that changed with 3.12.
_SINCE_3_12 = sys.version_info >= (3, 12)
_EMPTY_MIN = "min() iterable argument is empty" if _SINCE_3_12 else "min() arg is an empty sequence"
_EMPTY_MAX = "max() iterable argument is empty" if _SINCE_3_12 else "max() arg is an empty sequence"


_MAX = 2**63 - 1


# sum


def _sum(iterable, start=0):
    total = start
    for x in iterable:
        total = total + x
    return total


def _range_sum(iterable, start=0):
    n = len(iterable)
    if n % 2 == 0:
        pairs = n // 2 * (n - 1)
    else:
        pairs = (n - 1) // 2 * n
    return start + n * iterable.start + pairs * iterable.step


def _compensated_sum(iterable, start=0):
    """Floats of a tuple since CPython 3.12: Neumaier's sum, the correction added at the end."""
    total = float(start)
    correction = 0.0
    first = True
    for x in iterable:
        if first and start == 0:
            # An integer start is added plainly to the first float.
            total = total + x
        else:
            t = total + x
            if abs(total) >= abs(x):
                correction += (total - t) + x
            else:
                correction += (x - t) + total
            total = t
        first = False
    if correction != 0.0 and math.isfinite(correction):
        return total + correction
    return total


def _empty_sum(iterable, start=0):
    return start


_TEXTS = ("str", "literal_str", "bytes")
_NO_SUMS = {
    "str": "strings [use ''.join(seq) instead]",
    "literal_str": "strings [use ''.join(seq) instead]",
    "bytes": "bytes [use b''.join(seq) instead]",
}


@overload("builtins.sum")
def sum_(iterable, start=0):
    refused = _NO_SUMS.get(kind(start))
    if is_array(start, 1) and not is_array(iterable) and str(start.dtype) == "uint8":
        refused = "bytearray [use b''.join(seq) instead]"
    if refused is not None:
        raise TypingError(f"sum() can't sum {refused}")
    if is_array(start) and (is_array(iterable) or is_container(iterable)):
        return _sum
    if not (start == 0 or is_number(start)):
        return None
    if is_range(iterable):
        return _range_sum if start == 0 or is_index(start) else _sum
    if is_array(iterable, 1) or is_container(iterable) or is_iterator(iterable) or kind(iterable) == "bytes":
        return _sum
    if is_tuple(iterable) and all(is_number(t) for t in iterable.types):
        if iterable.count == 0:
            return _empty_sum
        floats = all(is_float(t) and t.bitwidth == 64 for t in iterable.types)
        plain_start = start == 0 or is_index(start) or is_float(start)
        return _compensated_sum if floats and plain_start and _SINCE_3_12 else _sum


# min, max


@cache
def _extreme_of(is_max, default):
    """Of an array; with a default, that of an empty one."""
    empty = _EMPTY_MAX if is_max else _EMPTY_MIN
    if is_max and default:

        def extreme(iterable, default):
            if len(iterable) == 0:
                return default
            return max(iterable)

    elif default:

        def extreme(iterable, default):
            if len(iterable) == 0:
                return default
            return min(iterable)

    elif is_max:

        def extreme(iterable):
            if len(iterable) == 0:
                raise ValueError(empty)
            best = iterable[0]
            for i in range(1, len(iterable)):
                x = iterable[i]
                if x > best:
                    best = x
            return best

    else:

        def extreme(iterable):
            if len(iterable) == 0:
                raise ValueError(empty)
            best = iterable[0]
            for i in range(1, len(iterable)):
                x = iterable[i]
                if x < best:
                    best = x
            return best

    return extreme


@cache
def _iterator_extreme(is_max, keyed):
    """Of the items of an iterator, by a key or not; with a default if there are none."""
    empty = _EMPTY_MAX if is_max else _EMPTY_MIN
    better = operator.gt if is_max else operator.lt

    if keyed:

        def extreme(iterable, default=None, key=None):
            first = True
            for x in iterable:
                v = key(x)
                if first or better(v, value):  # noqa: F821 (bound then)
                    best = x
                    value = v  # noqa: F841
                    first = False
            if first:
                if default is None:
                    raise ValueError(empty)
                return default
            return best

    else:

        def extreme(iterable, default=None, key=None):
            first = True
            for x in iterable:
                if first or better(x, best):  # noqa: F821 (bound then)
                    best = x
                    first = False
            if first:
                if default is None:
                    raise ValueError(empty)
                return default
            return best

    return extreme


def _tuple_min(iterable, default=None):
    return min(iterable)


def _tuple_max(iterable, default=None):
    return max(iterable)


def _default(iterable, default=None):
    return default


@cache
def _bool_extreme(is_max):
    """Of three or more bools, or two of different sorts of index."""
    if is_max:

        def extreme(*args):
            best = False
            for x in args:
                best = best or x
            return best

    else:

        def extreme(*args):
            best = True
            for x in args:
                best = best and x
            return best

    return extreme


@cache
def _bool_tuple_extreme(is_max):
    spread = _bool_extreme(is_max)

    def extreme(iterable):
        return spread(*iterable)

    return extreme


@cache
def _keyed_extreme(is_max, many):
    """By what a function says of the elements; the first of equal ones."""
    empty = _EMPTY_MAX if is_max else _EMPTY_MIN
    better = operator.gt if is_max else operator.lt

    def extreme(iterable, default=None, key=None):
        n = len(iterable)
        if n == 0:
            if default is None:
                raise ValueError(empty)
            return default
        best = iterable[0]
        value = key(best)
        for i in range(1, n):
            x = iterable[i]
            v = key(x)
            if better(v, value):
                best = x
                value = v
        return best

    def extreme_of(*args, default=None, key=None):
        return extreme(args, default, key)

    return extreme_of if many else extreme


@cache
def _container_extreme(is_max, by_key, default):
    """Of a list, set, dict or view, by their iteration: the first of equal ones."""
    empty = _EMPTY_MAX if is_max else _EMPTY_MIN

    def before(x, y):
        return x > y if is_max else x < y

    if by_key:

        def extreme(iterable, key=None):
            if len(iterable) == 0:
                raise ValueError(empty)
            items = list(iterable)
            best = items[0]
            rank = key(best)
            for i in range(1, len(items)):
                other = key(items[i])
                if before(other, rank):
                    best = items[i]
                    rank = other
            return best

    elif default:

        def extreme(iterable, default):
            if len(iterable) == 0:
                return default
            items = list(iterable)
            best = items[0]
            for i in range(1, len(items)):
                if before(items[i], best):
                    best = items[i]
            return best

    else:

        def extreme(iterable):
            if len(iterable) == 0:
                raise ValueError(empty)
            items = list(iterable)
            best = items[0]
            for i in range(1, len(items)):
                if before(items[i], best):
                    best = items[i]
            return best

    return extreme


@cache
def _list_extreme(is_max):
    empty = _EMPTY_MAX if is_max else _EMPTY_MIN
    if is_max:

        def extreme(iterable):
            if len(iterable) == 0:
                raise ValueError(empty)
            best = iterable[0]
            for x in iterable:
                if x > best:
                    best = x
            return best

    else:

        def extreme(iterable):
            if len(iterable) == 0:
                raise ValueError(empty)
            best = iterable[0]
            for x in iterable:
                if x < best:
                    best = x
            return best

    return extreme


@cache
def _greater_of(is_max, count):
    """Of two or more tuples or lists, by their order; the first of equal ones."""
    if count > 2:
        chosen = max if is_max else min

        def extreme(a, b, *rest):
            return chosen(chosen(a, b), *rest)

    elif is_max:

        def extreme(a, b):
            return b if b > a else a

    else:

        def extreme(a, b):
            return b if b < a else a

    return extreme


def _extreme(is_max, args, default, key):
    if len(args) == 1 and (is_container(args[0]) or kind(args[0]) in _TEXTS):
        if is_absent(key) and default is None and kind(args[0]) in ("list", *_TEXTS):
            return _list_extreme(is_max)
        if not is_absent(key) and default is not None:
            return None
        return _container_extreme(is_max, not is_absent(key), default is not None)
    if len(args) == 1 and is_iterator(args[0]):
        return _iterator_extreme(is_max, not is_absent(key))
    if not is_absent(key):
        many = len(args) > 1
        return (
            _keyed_extreme(is_max, many)
            if many or is_range(args[0]) or is_array(args[0], 1) or is_tuple(args[0])
            else None
        )
    if len(args) > 1 and default is None and (all(map(is_tuple, args)) or {kind(t) for t in args} == {"list"}):
        return _greater_of(is_max, len(args))
    if len(args) != 1:
        return _bool_extreme(is_max) if args and all(is_bool(t) for t in args) and default is None else None
    t = args[0]
    if is_range(t) or (is_array(t, 1) and kind_of(element_class(t)) != "c"):
        return _extreme_of(is_max, default is not None)
    if is_tuple(t) and default is not None:
        return (_tuple_max if is_max else _tuple_min) if t.count else _default
    if is_tuple(t) and t.count and all(is_bool(e) for e in t.types):
        return _bool_tuple_extreme(is_max)
    return None


@overload("builtins.min")
def min_(*args, default=None, key=None):
    return _extreme(False, args, default, key)


@overload("builtins.max")
def max_(*args, default=None, key=None):
    return _extreme(True, args, default, key)


# Truth of all, of any


def _all(iterable):
    for x in iterable:
        if not x:
            return False
    return True


def _any(iterable):
    for x in iterable:
        if x:
            return True
    return False


def _is_iterable_of_numbers(t):
    return (
        is_range(t)
        or is_array(t, 1)
        or is_container(t)
        or is_iterator(t)
        or (is_tuple(t) and all(is_number(e) for e in t.types))
    )


@overload("builtins.all")
def all_(iterable):
    return _all if _is_iterable_of_numbers(iterable) or kind(iterable) in _TEXTS else None


@overload("builtins.any")
def any_(iterable):
    return _any if _is_iterable_of_numbers(iterable) or kind(iterable) in _TEXTS else None


# round, pow


def _round_int(number, ndigits=None):
    """To a multiple of a power of ten, halves to the even multiple."""
    n = int(number)
    if ndigits >= 0:
        return n
    if ndigits < -19:
        return 0
    if ndigits == -19:
        # Half of 10**19 is within 64 bits, the multiple is not.
        if n > 5_000_000_000_000_000_000 or n < -5_000_000_000_000_000_000:
            raise OverflowError("the rounded integer does not fit in 64 bits")
        return 0
    unit = 1
    for _ in range(-ndigits):
        unit *= 10
    rest = n % unit
    missing = unit - rest
    if rest > missing or (rest == missing and (n // unit) % 2 != 0):
        if n > _MAX - missing:
            raise OverflowError("the rounded integer does not fit in 64 bits")
        return n + missing
    if n < rest - _MAX - 1:
        raise OverflowError("the rounded integer does not fit in 64 bits")
    return n - rest


@overload("builtins.round")
def round_(number, ndigits=None):
    if is_index(number) and not is_absent(ndigits) and is_index(ndigits):
        return _round_int


def _pow_mod(base, exp, mod):
    """`pow` with a modulus: square and multiply, products reduced without overflow."""
    if mod == 0:
        raise ValueError("pow() 3rd argument cannot be 0")
    b = base
    e = exp
    if e < 0:
        b = _inverse(b, mod)
        e = -e
    result = 1 % mod
    b = b % mod
    while e > 0:
        if e & 1:
            result = _mul_mod(result, b, mod)
        e >>= 1
        if e > 0:
            b = _mul_mod(b, b, mod)
    return result


def _mul_mod(a, b, mod):
    """`a * b % mod` for residues of `mod`, whose products may need 126 bits."""
    if -2_000_000_000 < mod < 2_000_000_000:
        return a * b % mod
    # Residues as non-negative numbers below |mod|; a sum of two of them may not fit, a difference does.
    m = abs(mod)
    x = a % m
    y = b % m
    total = 0
    while y > 0:
        if y & 1:
            if total >= m - x:
                total -= m - x
            else:
                total += x
        y >>= 1
        if x >= m - x:
            x -= m - x
        else:
            x += x
    if mod < 0 and total != 0:
        return total - m
    return total


def _inverse(a, mod):
    """The inverse of `a` modulo `mod` by Euclid's algorithm."""
    m = abs(mod)
    r0, r1 = m, a % m
    s0, s1 = 0, 1
    while r1 != 0:
        q = r0 // r1
        r0, r1 = r1, r0 - q * r1
        s0, s1 = s1, s0 - q * s1
    if r0 != 1:
        raise ValueError("base is not invertible for the given modulus")
    return s0 % mod


@overload("builtins.pow")
def pow_(base, exp, mod=None):
    if not is_absent(mod) and is_index(base) and is_index(exp) and is_index(mod):
        return _pow_mod


# Tuples


def _tuple_count(self, value):
    found = 0
    for x in self:
        if x == value:
            found += 1
    return found


def _tuple_index(self, value):
    for i in range(len(self)):
        if self[i] == value:
            return i
    raise ValueError("tuple.index(x): x not in tuple")


@overload("tuple.count", "namedtuple.count")
def tuple_count(self, value):
    return _tuple_count if all(is_number(t) for t in self.types) and is_number(value) else None


@overload("tuple.index", "namedtuple.index")
def tuple_index(self, value):
    return _tuple_index if all(is_number(t) for t in self.types) and is_number(value) else None
