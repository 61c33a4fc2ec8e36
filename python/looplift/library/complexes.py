"""The `cmath` module, on NumPy's complex functions where the compiler has them.

Where CPython's function raises ValueError (an infinite argument of a periodic function, the logarithm of zero), so does
this; special values that are results (NaN, infinities, signed zeros) are NumPy's.
"""

import math

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import is_number, is_real

_DOMAIN = "math domain error"


_LARGE = 1e150
_LN4 = 1.3862943611198906


# The inverse functions follow W. Kahan, "Branch cuts for complex elementary functions" (1987).


def _log_size(w):
    """The logarithm of twice the absolute value, without overflow."""
    return math.log(math.hypot(w.real / 2.0, w.imag / 2.0)) + _LN4


def _acos(z):
    w = complex(z)
    if abs(w.real) > _LARGE or abs(w.imag) > _LARGE:
        return complex(math.atan2(abs(w.imag), w.real), -math.copysign(_log_size(w), w.imag))
    a = np.sqrt(complex(1.0 - w.real, -w.imag))
    b = np.sqrt(complex(1.0 + w.real, w.imag))
    return complex(2.0 * math.atan2(a.real, b.real), math.asinh(b.real * a.imag - b.imag * a.real))


def _acosh(z):
    w = complex(z)
    if abs(w.real) > _LARGE or abs(w.imag) > _LARGE:
        return complex(_log_size(w), math.atan2(w.imag, w.real))
    a = np.sqrt(complex(w.real - 1.0, w.imag))
    b = np.sqrt(complex(w.real + 1.0, w.imag))
    return complex(math.asinh(a.real * b.real + a.imag * b.imag), 2.0 * math.atan2(a.imag, b.real))


def _asinh(z):
    w = complex(z)
    if abs(w.real) > _LARGE or abs(w.imag) > _LARGE:
        return complex(math.copysign(_log_size(w), w.real), math.atan2(w.imag, abs(w.real)))
    a = np.sqrt(complex(1.0 + w.imag, -w.real))
    b = np.sqrt(complex(1.0 - w.imag, w.real))
    return complex(math.asinh(a.real * b.imag - b.real * a.imag), math.atan2(w.imag, a.real * b.real - a.imag * b.imag))


def _asin(z):
    w = complex(z)
    s = _asinh(complex(-w.imag, w.real))
    return complex(s.imag, -s.real)


def _atanh_right(x, y):
    """The inverse hyperbolic tangent of x + iy for x >= 0."""
    size = math.hypot(x, y)
    if math.isinf(size):
        return complex(0.0, y if math.isnan(y) else math.copysign(math.pi / 2.0, y))
    if size > _LARGE:
        return complex(x / size / size, math.copysign(math.pi / 2.0, y))
    real = math.log1p(4.0 * x / ((1.0 - x) * (1.0 - x) + y * y)) / 4.0
    return complex(real, -math.atan2(-2.0 * y, (1.0 - x) * (1.0 + x) - y * y) / 2.0)


def _atanh(z):
    w = complex(z)
    if w.imag == 0.0 and (w.real == 1.0 or w.real == -1.0):
        raise ValueError(_DOMAIN)
    if math.isnan(w.imag) and w.real == 0.0:
        return w
    if math.copysign(1.0, w.real) < 0.0 and not math.isnan(w.real):
        s = _atanh_right(-w.real, -w.imag)
        return complex(-s.real, -s.imag)
    return _atanh_right(w.real, w.imag)


def _atan(z):
    w = complex(z)
    s = _atanh(complex(-w.imag, w.real))
    return complex(s.imag, -s.real)


def _cos(z):
    w = complex(z)
    if math.isinf(w.real) and not math.isnan(w.imag):
        raise ValueError(_DOMAIN)
    if math.isfinite(w.real) and math.isfinite(w.imag):
        return np.cos(w)
    return _cosh_special(-w.imag, w.real)


def _sin(z):
    w = complex(z)
    if math.isinf(w.real) and not math.isnan(w.imag):
        raise ValueError(_DOMAIN)
    if math.isfinite(w.real) and math.isfinite(w.imag):
        return np.sin(w)
    s = _sinh_special(-w.imag, w.real)
    return complex(s.imag, -s.real)


def _tan(z):
    w = complex(z)
    if math.isinf(w.real) and math.isfinite(w.imag):
        raise ValueError(_DOMAIN)
    if math.isfinite(w.real) and math.isfinite(w.imag):
        return np.tan(w)
    s = _tanh_special(-w.imag, w.real)
    return complex(s.imag, -s.real)


# Special values are those of C99, annex G.


def _cosh_special(x, y):
    if y == 0.0:
        return complex(abs(x), y if math.isnan(x) else y * math.copysign(1.0, x))
    if math.isinf(x):
        return complex(abs(x) * math.cos(y), x * math.sin(y)) if math.isfinite(y) else complex(abs(x), math.nan)
    return complex(math.nan, x if x == 0.0 else math.nan)


def _sinh_special(x, y):
    if y == 0.0:
        return complex(x, y)
    if math.isinf(x):
        return complex(x * math.cos(y), abs(x) * math.sin(y)) if math.isfinite(y) else complex(abs(x), math.nan)
    return complex(x if x == 0.0 else math.nan, math.nan)


def _tanh_special(x, y):
    if math.isinf(x):
        return complex(math.copysign(1.0, x), math.copysign(0.0, math.sin(2.0 * y)) if math.isfinite(y) else 0.0)
    if y == 0.0:
        return complex(x, y)
    return complex(math.nan, math.nan)


def _exp_special(x, y):
    if math.isinf(x) and x < 0.0:
        return complex(0.0 * math.cos(y), 0.0 * math.sin(y)) if math.isfinite(y) else complex(0.0, 0.0)
    if y == 0.0:
        return complex(x, y)
    if math.isinf(x):
        return complex(x * math.cos(y), x * math.sin(y)) if math.isfinite(y) else complex(x, math.nan)
    return complex(math.nan, math.nan)


def _sqrt_special(x, y):
    if math.isinf(y):
        return complex(math.inf, y)
    if math.isnan(x):
        return complex(x, x)
    if x < 0.0 and math.isinf(x):
        return complex(y if math.isnan(y) else 0.0, math.copysign(math.inf, y))
    return complex(x, y if math.isnan(y) else math.copysign(0.0, y)) if math.isinf(x) else complex(math.nan, math.nan)


def _cosh(z):
    w = complex(z)
    if math.isinf(w.imag) and not math.isnan(w.real):
        raise ValueError(_DOMAIN)
    if math.isfinite(w.real) and math.isfinite(w.imag):
        return np.cosh(w)
    return _cosh_special(w.real, w.imag)


def _sinh(z):
    w = complex(z)
    if math.isinf(w.imag) and not math.isnan(w.real):
        raise ValueError(_DOMAIN)
    if math.isfinite(w.real) and math.isfinite(w.imag):
        return np.sinh(w)
    return _sinh_special(w.real, w.imag)


def _tanh(z):
    w = complex(z)
    if math.isinf(w.imag) and math.isfinite(w.real):
        raise ValueError(_DOMAIN)
    if math.isfinite(w.real) and math.isfinite(w.imag):
        return np.tanh(w)
    return _tanh_special(w.real, w.imag)


def _exp(z):
    w = complex(z)
    if math.isinf(w.imag) and (math.isfinite(w.real) or w.real > 0.0):
        raise ValueError(_DOMAIN)
    if math.isfinite(w.real) and math.isfinite(w.imag):
        return np.exp(w)
    return _exp_special(w.real, w.imag)


def _sqrt(z):
    w = complex(z)
    if math.isfinite(w.real) and math.isfinite(w.imag):
        return np.sqrt(w)
    return _sqrt_special(w.real, w.imag)


def _log(z):
    w = complex(z)
    if w.real == 0.0 and w.imag == 0.0:
        raise ValueError(_DOMAIN)
    return np.log(w)


def _log_base(z, base):
    # As in CPython, only the base is checked.
    divisor = _log(base)
    if divisor == 0.0:
        raise ValueError(_DOMAIN)
    return np.log(complex(z)) / divisor


def _log10(z):
    w = complex(z)
    if w.real == 0.0 and w.imag == 0.0:
        raise ValueError(_DOMAIN)
    return np.log10(w)


def _isnan(z):
    w = complex(z)
    return math.isnan(w.real) or math.isnan(w.imag)


def _isinf(z):
    w = complex(z)
    return math.isinf(w.real) or math.isinf(w.imag)


def _isfinite(z):
    w = complex(z)
    return math.isfinite(w.real) and math.isfinite(w.imag)


def _phase(z):
    w = complex(z)
    return math.atan2(w.imag, w.real)


def _polar(z):
    w = complex(z)
    return math.hypot(w.real, w.imag), math.atan2(w.imag, w.real)


def _rect(r, phi):
    if r != 0.0 and math.isinf(phi):
        raise ValueError(_DOMAIN)
    # An exact angle keeps a real number real.
    if phi == 0.0:
        return complex(r, r * phi if math.isfinite(r) else phi if r > 0.0 or math.isnan(r) else -phi)
    if not math.isfinite(phi):
        return complex(0.0, 0.0) if r == 0.0 else complex(math.inf if math.isinf(r) else math.nan, math.nan)
    return complex(r * math.cos(phi), r * math.sin(phi))


def _isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0):
    if rel_tol < 0.0 or abs_tol < 0.0:
        raise ValueError("tolerances must be non-negative")
    x = complex(a)
    y = complex(b)
    if x == y:
        return True
    if _isinf(x) or _isinf(y):
        return False
    distance = abs(x - y)
    return distance <= rel_tol * abs(y) or distance <= rel_tol * abs(x) or distance <= abs_tol


_UNARY = {
    "acos": _acos,
    "acosh": _acosh,
    "asin": _asin,
    "asinh": _asinh,
    "atan": _atan,
    "atanh": _atanh,
    "cos": _cos,
    "cosh": _cosh,
    "exp": _exp,
    "isfinite": _isfinite,
    "isinf": _isinf,
    "isnan": _isnan,
    "log10": _log10,
    "phase": _phase,
    "polar": _polar,
    "sin": _sin,
    "sinh": _sinh,
    "sqrt": _sqrt,
    "tan": _tan,
    "tanh": _tanh,
}


def _register(name, implementation):
    @overload("cmath." + name)
    def function(z):
        if is_number(z):
            return implementation


for _name, _implementation in _UNARY.items():
    _register(_name, _implementation)


@overload("cmath.log")
def log(z, base=None):
    if not is_number(z):
        return None
    if is_number(base):
        return _log_base
    return _log


@overload("cmath.rect")
def rect(r, phi):
    if is_real(r) and is_real(phi):
        return _rect


@overload("cmath.isclose")
def isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0):
    if is_number(a) and is_number(b):
        return _isclose


