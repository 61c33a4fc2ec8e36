"""NumPy's functions of complex numbers that the compiler has no form of its own for, and the order of complex numbers.

Special values are results here, where `cmath` raises.
"""

import math
from functools import cache

import numpy as np

from looplift.library import complexes
from looplift.library._registry import overload, without_errors
from looplift.library._types import is_complex, is_number, scalar_class

_LN2 = 0.69314718055994530942


def _arctanh(z):
    if z.imag == 0.0 and abs(z.real) == 1.0:
        return complex(math.copysign(math.inf, z.real), z.imag)
    return complexes._atanh(z)


def _arctan(z):
    w = _arctanh(complex(-z.imag, z.real))
    return complex(w.imag, -w.real)


def _exp2(z):
    return np.exp(complex(z.real * _LN2, z.imag * _LN2))


def _expm1(z):
    a = math.sin(z.imag / 2.0)
    return complex(np.expm1(z.real) * math.cos(z.imag) - 2.0 * a * a, np.exp(z.real) * math.sin(z.imag))


@without_errors
def _log1p(z):
    x = z.real + 1.0
    return complex(np.log(math.hypot(x, z.imag)), math.atan2(z.imag, x))


def _rint(z):
    return complex(np.rint(z.real), np.rint(z.imag))


_UNARY = {
    "arccos": complexes._acos,
    "arccosh": complexes._acosh,
    "arcsin": complexes._asin,
    "arcsinh": complexes._asinh,
    "arctan": _arctan,
    "arctanh": _arctanh,
    "exp2": _exp2,
    "expm1": _expm1,
    "log1p": _log1p,
    "rint": _rint,
}


@cache
def _rounded(function, t):
    """Computed in double precision."""

    def ufunc(x):
        return t(function(complex(x)))

    return ufunc


def _register(name, function):
    @overload("numpy." + name)
    def ufunc(x):
        return _rounded(function, scalar_class(x)) if is_complex(x) else None


for _name, _function in _UNARY.items():
    _register(_name, _function)


# The order: by the real parts, then by the others; a NaN in either part is in no order


def _has_parts(x, y):
    return x.imag == x.imag and y.imag == y.imag


def _greater(x1, x2):
    x = complex(x1)
    y = complex(x2)
    return (x.real > y.real and _has_parts(x, y)) or (x.real == y.real and x.imag > y.imag)


def _greater_equal(x1, x2):
    x = complex(x1)
    y = complex(x2)
    return (x.real > y.real and _has_parts(x, y)) or (x.real == y.real and x.imag >= y.imag)


def _less(x1, x2):
    return _greater(x2, x1)


def _less_equal(x1, x2):
    return _greater_equal(x2, x1)


def _register_order(name, function):
    @overload("numpy." + name)
    def ufunc(x1, x2):
        return function if is_number(x1) and is_number(x2) and (is_complex(x1) or is_complex(x2)) else None


for _name, _function in (("greater", _greater), ("greater_equal", _greater_equal), ("less", _less), ("less_equal", _less_equal)):
    _register_order(_name, _function)
