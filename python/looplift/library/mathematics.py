"""Functions of the `math` module that are no primitives.

Integers have 64 bits: where Python's result would not fit, OverflowError is raised rather than a wrong number returned.
"""

import math
from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_array,
    is_container,
    is_index,
    is_iterator,
    is_number,
    is_range,
    is_real,
    is_tuple,
    kind,
    kind_of,
)

_MAX = 2**63 - 1
_TOO_LARGE = "the result does not fit in 64 bits"


def _is_reals(t):
    """A one-dimensional array, a tuple or a range of real numbers."""
    if is_range(t):
        return True
    if is_array(t, 1):
        return kind_of(element_class(t)) != "c"
    if kind(t) == "list":
        return is_real(t.dtype)
    return is_tuple(t) and all(is_real(e) for e in t.types)


def _times(a, b):
    """`a * b` of numbers that are not negative."""
    if a != 0 and b > _MAX // a:
        raise OverflowError(_TOO_LARGE)
    return a * b


# Integers


def _gcd(*integers):
    result = 0
    for x in integers:
        result = math.gcd(result, x)
    return result


@overload("math.gcd")
def gcd(*integers):
    if all(is_index(t) for t in integers):
        return _gcd


def _lcm_of_two(a, b):
    if a == 0 or b == 0:
        return 0
    return _times(abs(a) // math.gcd(a, b), abs(b))


def _lcm(*integers):
    result = 1
    for x in integers:
        result = _lcm_of_two(result, int(x))
    return result


@overload("math.lcm")
def lcm(*integers):
    if all(is_index(t) for t in integers):
        return _lcm


def _isqrt(n):
    x = int(n)
    if x < 0:
        raise ValueError("isqrt() argument must be nonnegative")
    # The float root is off by one at most.
    root = min(int(math.sqrt(x)), 3_037_000_499)
    if root * root > x:
        root -= 1
    elif root < 3_037_000_499 and (root + 1) * (root + 1) <= x:
        root += 1
    return root


@overload("math.isqrt")
def isqrt(n):
    return _isqrt if is_index(n) else None


def _factorial(n):
    x = int(n)
    if x < 0:
        raise ValueError("factorial() not defined for negative values")
    if x > 20:
        raise OverflowError(_TOO_LARGE)
    result = 1
    for i in range(2, x + 1):
        result *= i
    return result


@overload("math.factorial")
def factorial(n):
    return _factorial if is_index(n) else None


def _comb(n, k):
    total = int(n)
    chosen = int(k)
    if total < 0:
        raise ValueError("n must be a non-negative integer")
    if chosen < 0:
        raise ValueError("k must be a non-negative integer")
    if chosen > total:
        return 0
    chosen = min(chosen, total - chosen)
    result = 1
    for i in range(1, chosen + 1):
        # result * (total - chosen + i) is a multiple of i; divide before the product grows.
        factor = total - chosen + i
        common = math.gcd(result, i)
        result = _times(result // common, factor // (i // common))
    return result


@overload("math.comb")
def comb(n, k):
    return _comb if is_index(n) and is_index(k) else None


def _perm(n, k=None):
    total = int(n)
    if k is None:
        return math.factorial(total)
    chosen = int(k)
    if total < 0:
        raise ValueError("n must be a non-negative integer")
    if chosen < 0:
        raise ValueError("k must be a non-negative integer")
    if chosen > total:
        return 0
    result = 1
    for i in range(total - chosen + 1, total + 1):
        result = _times(result, i)
    return result


def _perm_of_all(n, k=None):
    return math.factorial(n)


@overload("math.perm")
def perm(n, k=None):
    if is_index(n) and (k is None or getattr(k, "kind", None) == "none"):
        return _perm_of_all
    return _perm if is_index(n) and is_index(k) else None


# Products and sums


def _prod(iterable, start=1):
    result = start
    for x in iterable:
        result = result * x
    return result


def _prod_of_none(iterable, start=1):
    return start


@overload("math.prod")
def prod(iterable, start=1):
    if not (start == 1 or is_number(start)):
        return None
    if is_tuple(iterable) and iterable.count == 0:
        return _prod_of_none
    numbers = is_tuple(iterable) and all(is_number(e) for e in iterable.types)
    if numbers or is_array(iterable, 1) or is_range(iterable) or is_container(iterable) or is_iterator(iterable):
        return _prod


def _fsum(seq):
    """Shewchuk's exact sum: `parts` are floats without common bits, growing in size, whose sum is exact."""
    parts = np.empty(2200)
    count = 0
    special = 0.0
    infinities = 0.0
    for item in seq:
        original = float(item)
        x = original
        kept = 0
        for j in range(count):
            y = parts[j]
            if abs(x) < abs(y):
                x, y = y, x
            high = x + y
            low = y - (high - x)
            if low != 0.0:
                parts[kept] = low
                kept += 1
            x = high
        count = kept
        if x != 0.0:
            if math.isfinite(x):
                parts[count] = x
                count += 1
            else:
                if math.isfinite(original):
                    raise OverflowError("intermediate overflow in fsum")
                if math.isinf(original):
                    infinities += original
                special += original
                count = 0
    if special != 0.0:
        if math.isnan(infinities):
            raise ValueError("-inf + inf in fsum")
        return special
    high = 0.0
    if count > 0:
        count -= 1
        high = parts[count]
        low = 0.0
        while count > 0 and low == 0.0:
            x = high
            count -= 1
            y = parts[count]
            high = x + y
            low = y - (high - x)
        # Half way between two floats: the next part decides.
        if count > 0 and ((low < 0.0 and parts[count - 1] < 0.0) or (low > 0.0 and parts[count - 1] > 0.0)):
            y = low * 2.0
            x = high + y
            if y == x - high:
                high = x
    return high


@overload("math.fsum")
def fsum(seq):
    if is_iterator(seq) or is_container(seq) or (_is_reals(seq) and not (is_tuple(seq) and seq.count == 0)):
        return _fsum
    if is_tuple(seq):
        return _zero_of


def _zero_of(seq):
    return 0.0


# Norms


def _norm(values):
    """The root of the sum of squares, in twice the precision: `values` are not negative and get scaled in place."""
    n = len(values)
    largest = 0.0
    found_nan = False
    for i in range(n):
        x = values[i]
        if math.isnan(x):
            found_nan = True
        elif x > largest:
            largest = x
    if math.isinf(largest):
        return largest
    if found_nan:
        return math.nan
    if largest == 0.0 or n <= 1:
        return largest
    exponent = math.frexp(largest)[1]
    if exponent < -1023:
        # Too small to be scaled in one step.
        for i in range(n):
            values[i] /= 2.0**-1022
        return 2.0**-1022 * _norm(values)
    scale = math.ldexp(1.0, -exponent)
    high = 1.0
    low = 0.0
    lower = 0.0
    for i in range(n):
        x = values[i] * scale
        square, rest = _square(x)
        before = high
        high += square
        low += (before - high) + square
        lower += rest
    root = math.sqrt(high - 1.0 + (low + lower))
    # One step of Newton's method on the exact remainder.
    square, rest = _square(root)
    before = high
    high -= square
    low += (before - high) - square
    lower -= rest
    remainder = high - 1.0 + (low + lower)
    return (root + remainder / (2.0 * root)) / scale


def _square(x):
    """`x * x` as a float and its rounding error."""
    scaled = x * 134217729.0
    high = scaled - (scaled - x)
    low = x - high
    product = x * x
    return product, high * high - product + 2.0 * high * low + low * low


def _hypot(*coordinates):
    n = len(coordinates)
    values = np.empty(n)
    for i in range(n):
        values[i] = abs(coordinates[i])
    return _norm(values)


def _hypot_of_none():
    return 0.0


@overload("math.hypot")
def hypot(*coordinates):
    if all(is_real(t) for t in coordinates):
        return _hypot if coordinates else _hypot_of_none


def _dist(p, q):
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    n = len(p)
    values = np.empty(n)
    for i in range(n):
        values[i] = abs(float(p[i]) - float(q[i]))
    return _norm(values)


def _dist_of_none(p, q):
    return 0.0


@overload("math.dist")
def dist(p, q):
    if _is_reals(p) and _is_reals(q) and not is_range(p) and not is_range(q):
        if is_tuple(p) and is_tuple(q) and p.count == q.count == 0:
            return _dist_of_none
        return _dist


# Floats


def _isclose(a, b, rel_tol=1e-09, abs_tol=0.0):
    if rel_tol < 0.0 or abs_tol < 0.0:
        raise ValueError("tolerances must be non-negative")
    x = float(a)
    y = float(b)
    if x == y:
        return True
    if math.isinf(x) or math.isinf(y):
        return False
    difference = abs(y - x)
    return difference <= abs(rel_tol * y) or difference <= abs(rel_tol * x) or difference <= abs_tol


@overload("math.isclose")
def isclose(a, b, rel_tol=1e-09, abs_tol=0.0):
    if is_real(a) and is_real(b) and all(isinstance(t, float) or is_real(t) for t in (rel_tol, abs_tol)):
        return _isclose


def _ulp(x):
    size = abs(float(x))
    if math.isnan(size) or math.isinf(size):
        return size
    above = math.nextafter(size, math.inf)
    if math.isinf(above):
        return size - math.nextafter(size, 0.0)
    return above - size


@overload("math.ulp")
def ulp(x):
    return _ulp if is_real(x) else None


def _log(x, base):
    return math.log(x) / math.log(base)


@overload("math.log")
def log(x, base=None):
    if base is not None and is_real(x) and is_real(base):
        return _log


@cache
def _sumprod(kind):
    if kind == "f":

        def sumprod(p, q):
            # CPython's `math_sumprod` (Modules/mathmodule.c): in triple length, and plainly from where that overflows.
            n = len(p)
            if n != len(q):
                raise ValueError("Inputs are not the same length")
            high = low = tiny = total = 0.0
            exact = True
            for i in range(n):
                x, y = float(p[i]), float(q[i])
                if exact:
                    product, error = _product(x, y)
                    new_high, a = _two_sum(high, product)
                    b, c = _two_sum(low, error)
                    new_low, d = _two_sum(b, a)
                    if math.isfinite(new_high):
                        high, low, tiny = new_high, new_low, tiny + c + d
                        continue
                    exact = False
                    total = _length_of_one(high, low, tiny)
                total += x * y
            return _length_of_one(high, low, tiny) if exact else total

    else:

        def sumprod(p, q):
            n = len(p)
            if n != len(q):
                raise ValueError("Inputs are not the same length")
            total = 0
            for i in range(n):
                total += p[i] * q[i]
            return total

    return sumprod


def _two_sum(a, b):
    """`a + b` as a float and its rounding error."""
    x = a + b
    z = x - a
    return x, (a - (x - z)) + (b - z)


def _length_of_one(high, low, tiny):
    """The sum of a triple-length number's parts."""
    last, rest = _two_sum(low, tiny)
    first, between = _two_sum(high, last)
    return first + between + rest


def _product(x, y):
    """`x * y` as a float and its rounding error."""
    whole = x * y
    # Splitting overflows for large factors.
    unit = 1.0
    if abs(x) > 1e270:
        x *= 2.0**-64
        unit *= 2.0**64
    if abs(y) > 1e270:
        y *= 2.0**-64
        unit *= 2.0**64
    scaled = x * 134217729.0
    x_high = scaled - (scaled - x)
    x_low = x - x_high
    scaled = y * 134217729.0
    y_high = scaled - (scaled - y)
    y_low = y - y_high
    product = x * y
    return whole, (x_high * y_high - product + x_high * y_low + x_low * y_high + x_low * y_low) * unit


@overload("math.sumprod")
def sumprod(p, q):
    for t in (p, q):
        if not (_is_reals(t) and not is_range(t) and not (is_tuple(t) and t.count == 0)):
            return None
    return _sumprod("f" if "f" in (kind_of(element_class(p)), kind_of(element_class(q))) else "i")
