"""NumPy's functions of numbers that are no primitives: results have NumPy's types, errors are none."""

import math
from functools import cache

import numpy as np

from looplift.library._registry import overload, without_errors
from looplift.library._types import (
    element_class,
    is_array,
    is_false,
    is_number,
    is_real,
    is_true,
    kind_of,
    promote,
    scalar_class,
)


def _common_of_numbers(*types):
    """The class NumPy computes in, or None when an argument is no number."""
    return promote(*map(scalar_class, types)) if all(is_number(t) for t in types) else None


def _common(*types):
    """The class NumPy computes in, or None when an argument is no real number."""
    return promote(*map(scalar_class, types)) if all(is_real(t) for t in types) else None


def _inexact(*types):
    """Likewise for functions of floats: integers of up to 8 bits would be float16, which are float32 here."""
    t = _common(*types)
    if t is None:
        return None
    if kind_of(t) == "f":
        return t
    return np.float32 if np.dtype(t).itemsize <= 2 and t not in (np.int8, np.uint8, np.bool_) else np.float64


# maximum and its like


def _is_below(x, y):
    """The order of complex numbers: by real parts, then by imaginary ones."""
    return x.real < y.real or (x.real == y.real and x.imag < y.imag)


@cache
def _maximum(t):
    if kind_of(t) == "c":

        def maximum(x1, x2):
            a = t(x1)
            b = t(x2)
            if np.isnan(a) or (not np.isnan(b) and not _is_below(a, b)):
                return a
            return b

    elif kind_of(t) == "f":

        def maximum(x1, x2):
            a = t(x1)
            b = t(x2)
            if a >= b or np.isnan(a):
                return a
            return b

    else:

        def maximum(x1, x2):
            a = t(x1)
            b = t(x2)
            if a >= b:
                return a
            return b

    return maximum


@cache
def _minimum(t):
    if kind_of(t) == "c":

        def minimum(x1, x2):
            a = t(x1)
            b = t(x2)
            if np.isnan(a) or (not np.isnan(b) and not _is_below(b, a)):
                return a
            return b

    elif kind_of(t) == "f":

        def minimum(x1, x2):
            a = t(x1)
            b = t(x2)
            if a <= b or np.isnan(a):
                return a
            return b

    else:

        def minimum(x1, x2):
            a = t(x1)
            b = t(x2)
            if a <= b:
                return a
            return b

    return minimum


@cache
def _fmax(t):
    def fmax(x1, x2):
        a = t(x1)
        b = t(x2)
        if a >= b or np.isnan(b):
            return a
        return b

    def fmax_complex(x1, x2):
        a = t(x1)
        b = t(x2)
        if np.isnan(b) or (not np.isnan(a) and not _is_below(a, b)):
            return a
        return b

    if kind_of(t) == "c":
        return fmax_complex
    return fmax if kind_of(t) == "f" else _maximum(t)


@cache
def _fmin(t):
    def fmin(x1, x2):
        a = t(x1)
        b = t(x2)
        if a <= b or np.isnan(b):
            return a
        return b

    def fmin_complex(x1, x2):
        a = t(x1)
        b = t(x2)
        if np.isnan(b) or (not np.isnan(a) and not _is_below(b, a)):
            return a
        return b

    if kind_of(t) == "c":
        return fmin_complex
    return fmin if kind_of(t) == "f" else _minimum(t)


@overload("numpy.maximum")
def maximum(x1, x2):
    t = _common_of_numbers(x1, x2)
    return None if t is None else _maximum(t)


@overload("numpy.minimum")
def minimum(x1, x2):
    t = _common_of_numbers(x1, x2)
    return None if t is None else _minimum(t)


@overload("numpy.fmax")
def fmax(x1, x2):
    t = _common_of_numbers(x1, x2)
    return None if t is None else _fmax(t)


@overload("numpy.fmin")
def fmin(x1, x2):
    t = _common_of_numbers(x1, x2)
    return None if t is None else _fmin(t)


# One number


@cache
def _sign(t):
    def sign(x):
        if x > 0:
            return t(1)
        if x < 0:
            return t(-1)
        if x == 0:
            return t(0)
        return t(x)

    def unsigned(x):
        if x > 0:
            return t(1)
        return t(0)

    return unsigned if kind_of(t) == "u" else sign


@overload("numpy.sign")
def sign(x):
    t = scalar_class(x)
    if t is None or kind_of(t) == "b":
        return None
    return _sign_of_complex(t) if kind_of(t) == "c" else _sign(t)


@cache
def _sign_of_complex(t):
    part = np.dtype(t).type(0).real.dtype.type

    def sign(x):
        # On the unit circle since NumPy 2.
        size = abs(x)
        if size == 0:
            return t(0)
        if np.isinf(size):
            if np.isinf(x.real) and np.isinf(x.imag):
                return t(complex(part(np.nan), part(np.nan)))
            if np.isinf(x.real):
                return t(complex(np.copysign(part(1), x.real), part(0)))
            return t(complex(part(0), np.copysign(part(1), x.imag)))
        return t(x / size)

    return sign


@cache
def _square(t):
    if kind_of(t) == "b":

        def square(x):
            return np.int8(x)

    else:

        def square(x):
            return t(x * x)

    return square


@overload("numpy.square")
def square(x):
    t = scalar_class(x)
    return None if t is None else _square(t)


@cache
def _reciprocal(t):
    if kind_of(t) in "fc":

        def reciprocal(x):
            return np.divide(t(1), x)

    else:

        def reciprocal(x):
            # Integers have a reciprocal of 1 and -1 only; that of 0 is undefined.
            if x == 1:
                return t(1)
            if x == -1:
                return t(x)
            return t(0)

    return reciprocal


@overload("numpy.reciprocal")
def reciprocal(x):
    t = scalar_class(x)
    return None if t is None or kind_of(t) == "b" else _reciprocal(t)


@cache
def _divide(t):
    @without_errors
    def divide(x1, x2):
        return t(x1) / t(x2)

    return divide


@overload("numpy.divide", "numpy.true_divide")
def divide(x1, x2):
    if is_number(x1) and is_number(x2):
        t = promote(scalar_class(x1), scalar_class(x2))
        return _divide(t if kind_of(t) in "fc" else np.float64)


@overload("numpy.heaviside")
def heaviside(x1, x2):
    t = _inexact(x1, x2)
    return None if t is None else _heaviside(t)


@cache
def _heaviside(t):
    def heaviside(x1, x2):
        x = t(x1)
        if np.isnan(x):
            return x
        if x == 0:
            return t(x2)
        if x < 0:
            return t(0)
        return t(1)

    return heaviside


@cache
def _logaddexp(t):
    log2 = t(math.log(2.0))

    def logaddexp(x1, x2):
        a = t(x1)
        b = t(x2)
        if a == b:
            # Also infinities of one sign.
            return a + log2
        d = a - b
        if d > 0:
            return a + np.log1p(np.exp(-d))
        if d <= 0:
            return b + np.log1p(np.exp(d))
        return d

    return logaddexp


@overload("numpy.logaddexp")
def logaddexp(x1, x2):
    t = _inexact(x1, x2)
    return None if t is None else _logaddexp(t)


@cache
def _logaddexp2(t):
    scale = t(1.4426950408889634)

    def logaddexp2(x1, x2):
        a = t(x1)
        b = t(x2)
        if a == b:
            return a + t(1)
        d = a - b
        if d > 0:
            return a + scale * np.log1p(np.exp2(-d))
        if d <= 0:
            return b + scale * np.log1p(np.exp2(d))
        return d

    return logaddexp2


@overload("numpy.logaddexp2")
def logaddexp2(x1, x2):
    t = _inexact(x1, x2)
    return None if t is None else _logaddexp2(t)


# Truth


def _logical_and(x1, x2):
    return bool(x1) and bool(x2)


def _logical_or(x1, x2):
    return bool(x1) or bool(x2)


def _logical_xor(x1, x2):
    return bool(x1) != bool(x2)


def _logical_not(x):
    return not bool(x)


@overload("numpy.logical_and")
def logical_and(x1, x2):
    return _logical_and if is_number(x1) and is_number(x2) else None


@overload("numpy.logical_or")
def logical_or(x1, x2):
    return _logical_or if is_number(x1) and is_number(x2) else None


@overload("numpy.logical_xor")
def logical_xor(x1, x2):
    return _logical_xor if is_number(x1) and is_number(x2) else None


@overload("numpy.logical_not")
def logical_not(x):
    return _logical_not if is_number(x) else None


# Division of integers and its rests


@cache
def _floor_divide(t):
    if kind_of(t) == "f":

        @without_errors
        def floor_divide(x1, x2):
            a = t(x1)
            b = t(x2)
            if np.isnan(a) or np.isnan(b) or (np.isinf(a) and b != 0):
                return t(np.nan)
            if b == 0:
                return a / b
            return t(a // b)

    else:

        @without_errors
        def floor_divide(x1, x2):
            a = t(x1)
            b = t(x2)
            if b == 0:
                return t(0)
            return t(a // b)

    return floor_divide


@overload("numpy.floor_divide")
def floor_divide(x1, x2):
    t = _common(x1, x2)
    return None if t is None or kind_of(t) == "b" else _floor_divide(t)


@cache
def _remainder(t):
    if kind_of(t) == "f":

        @without_errors
        def remainder(x1, x2):
            a = t(x1)
            b = t(x2)
            if b == 0 or np.isnan(a) or np.isnan(b) or np.isinf(a):
                return t(np.nan)
            return t(a % b)

    else:

        @without_errors
        def remainder(x1, x2):
            a = t(x1)
            b = t(x2)
            if b == 0:
                return t(0)
            return t(a % b)

    return remainder


@overload("numpy.remainder", "numpy.mod")
def remainder(x1, x2):
    t = _common(x1, x2)
    return None if t is None or kind_of(t) == "b" else _remainder(t)


@cache
def _gcd(t):
    def gcd(x1, x2):
        return t(math.gcd(int(x1), int(x2)))

    return gcd


@overload("numpy.gcd")
def gcd(x1, x2):
    t = _common(x1, x2)
    return _gcd(t) if t is not None and kind_of(t) in "iu" else None


@cache
def _lcm(t):
    def lcm(x1, x2):
        a = abs(int(x1))
        b = abs(int(x2))
        if a == 0 or b == 0:
            return t(0)
        return t(a // math.gcd(a, b) * b)

    return lcm


@overload("numpy.lcm")
def lcm(x1, x2):
    t = _common(x1, x2)
    return _lcm(t) if t is not None and kind_of(t) in "iu" else None


# Powers


def _complex_power(a, b):
    """NumPy's: exact for small whole powers, NaN where zero has none."""
    if b.real == 0.0 and b.imag == 0.0:
        return complex(1.0, 0.0)
    if a.real == 0.0 and a.imag == 0.0:
        if b.real > 0.0 and b.imag == 0.0:
            return complex(0.0, 0.0)
        return complex(math.nan, math.nan)
    if b.imag == 0.0 and b.real == math.floor(b.real) and abs(b.real) < 100.0:
        n = int(abs(b.real))
        product = a
        square = a
        first = True
        while n > 0:
            if n & 1:
                product = square if first else product * square
                first = False
            square = square * square
            n >>= 1
        return 1.0 / product if b.real < 0.0 else product
    return np.exp(b * np.log(a))


@cache
def _power(t):
    if kind_of(t) == "f":

        def power(x1, x2):
            a = t(x1)
            b = t(x2)
            if a == 0 and b < 0:
                # Odd powers keep the sign of zero.
                if np.signbit(a) and b % 2 == 1:
                    return t(-np.inf)
                return t(np.inf)
            return t(a**b)

    elif kind_of(t) == "c":

        def power(x1, x2):
            return t(_complex_power(complex(x1), complex(x2)))

    else:

        def power(x1, x2):
            a = t(x1)
            b = t(x2)
            if b < 0:
                raise ValueError("Integers to negative integer powers are not allowed.")
            return t(a**b)

    return power


@overload("numpy.power")
def power(x1, x2):
    t = _common_of_numbers(x1, x2)
    return None if t is None or kind_of(t) == "b" else _power(t)


@cache
def _float_power(t):
    def float_power(x1, x2):
        return np.power(t(x1), t(x2))

    return float_power


@overload("numpy.float_power")
def float_power(x1, x2):
    if is_number(x1) and is_number(x2):
        return _float_power(np.complex128 if kind_of(_common_of_numbers(x1, x2)) == "c" else np.float64)


# Angles


@cache
def _angle(t, degrees):
    if degrees:

        def angle(z, deg=False):
            return np.degrees(np.arctan2(t(z.imag), t(z.real)))

    else:

        def angle(z, deg=False):
            return np.arctan2(t(z.imag), t(z.real))

    return angle


@cache
def _angles(found, part):
    def angle(z, deg=False):
        made = np.empty(z.shape, part)
        to = made.ravel()
        values = z.copy().ravel()
        for i in range(len(values)):
            to[i] = found(values[i])
        return made

    return angle


@overload("numpy.angle")
def angle(z, deg=False):
    if is_array(z) and element_class(z) and (is_true(deg) or is_false(deg)):
        t = element_class(z)
        part = np.float32 if t in (np.complex64, np.float32) else np.float64
        return _angles(_angle(part, is_true(deg)), part)
    if is_number(z) and (is_true(deg) or is_false(deg)):
        t = scalar_class(z)
        part = np.float32 if t in (np.complex64, np.float32) else np.float64
        return _angle(part, is_true(deg))
