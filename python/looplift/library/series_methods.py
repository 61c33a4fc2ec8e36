"""What `numpy.polynomial.Polynomial` can do in compiled code: values, arithmetic, derivatives, integrals, roots.

As in NumPy, arguments are mapped from the domain to the window first, and operands have the same domain and window.
"""

from functools import cache

import numpy as np

from looplift.library._types import element_class, is_array, is_index, is_number, kind
from looplift.library.polynomials import Series

_polyadd = np.polynomial.polynomial.polyadd
_polysub = np.polynomial.polynomial.polysub
_polymul = np.polynomial.polynomial.polymul
_polyval = np.polynomial.polynomial.polyval
_polyder = np.polynomial.polynomial.polyder
_polyint = np.polynomial.polynomial.polyint
_polyroots = np.polynomial.polynomial.polyroots


def _is_series(t):
    return kind(t) == "namedtuple" and tuple(t.fields) == Series._fields


def _mapping(old, new):
    """Offset and scale of the linear map from one interval to another."""
    length = old[1] - old[0]
    return (old[1] * new[0] - old[0] * new[1]) / length, (new[1] - new[0]) / length


def _check(p, q):
    if np.any(p.domain != q.domain):
        raise TypeError("Domains differ")
    if np.any(p.window != q.window):
        raise TypeError("Windows differ")


def _value(p, arg):
    offset, scale = _mapping(p.domain, p.window)
    return _polyval(offset + scale * arg, p.coef)


@cache
def _combined(combine, form):
    def both(p, q):
        _check(p, q)
        return Series(combine(p.coef, q.coef), p.domain, p.window)

    def with_number(p, q):
        return Series(combine(p.coef, np.array([q])), p.domain, p.window)

    def reflected(p, q):
        return Series(combine(np.array([q]), p.coef), p.domain, p.window)

    def with_line(p, q):
        return Series(combine(p.coef, q), p.domain, p.window)

    return {"series": both, "number": with_number, "line": with_line, "reflected": reflected}[form]


_OPERATORS = {"add": _polyadd, "sub": _polysub, "mul": _polymul}


def _operator(name):
    reflected = name.startswith("__r")
    combine = _OPERATORS.get(name.strip("_").removeprefix("r"))

    def find(p, q):
        form = "series" if _is_series(q) else "number" if is_number(q) else "line" if is_array(q, 1) and element_class(q) is not None else None
        if reflected:
            return _combined(combine, "reflected") if form == "number" else None
        return form and _combined(combine, form)

    return find


def _divided(p, q):
    return Series(p.coef / q, p.domain, p.window)


def _negated(p):
    return Series(-p.coef, p.domain, p.window)


def _itself(p):
    return p


def _power(p, n):
    if n < 0:
        raise ValueError("Power must be a non-negative integer.")
    made = np.ones(1, p.coef.dtype)
    for _ in range(n):
        made = np.convolve(made, p.coef)
    return Series(made, p.domain, p.window)


def _derivative(p, m=1):
    _, scale = _mapping(p.domain, p.window)
    return Series(_polyder(p.coef, m) * scale**m, p.domain, p.window)


def _integral(p, m=1):
    _, scale = _mapping(p.domain, p.window)
    return Series(_polyint(p.coef, m) * (1.0 / scale) ** m, p.domain, p.window)


def _degree(p):
    return len(p.coef) - 1


def _roots(p):
    offset, scale = _mapping(p.window, p.domain)
    return offset + scale * _polyroots(p.coef)


def _linspace(p, n=100):
    x = np.linspace(p.domain[0], p.domain[1], n)
    return x, _value(p, x)


def _times(function):
    """A method with a number of times."""

    def find(p, m=1):
        return function if m == 1 or is_index(m) else None

    return find


def _always(function):
    def find(p):
        return function

    return find


_METHODS = {
    "__call__": lambda p, arg: _value if is_number(arg) or (is_array(arg) and element_class(arg) is not None) else None,
    "__truediv__": lambda p, q: _divided if is_number(q) else None,
    "__neg__": _always(_negated),
    "__pos__": _always(_itself),
    "__pow__": lambda p, n: _power if is_index(n) else None,
    "deriv": _times(_derivative),
    "integ": _times(_integral),
    "degree": _always(_degree),
    "roots": _always(_roots),
    "linspace": lambda p, n=100: _linspace if n == 100 or is_index(n) else None,
    "copy": _always(_itself),
    **{f"__{r}{name}__": _operator(f"__{r}{name}__") for r in ("", "r") for name in _OPERATORS},
}


def method(name, t, args, kwargs):
    """The implementation of a method, or None."""
    found = _METHODS.get(name)
    try:
        return found and found(*args, **kwargs)
    except TypeError:
        return None
