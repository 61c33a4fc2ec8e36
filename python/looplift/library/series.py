"""numpy.polynomial: what the series of all six bases have in common, and the rest of `numpy.polynomial.polynomial`.

A basis is a recurrence: its first two members are 1 and `a + b x`, and

    p[n + 1] = (s(n) + r(n) x) p[n] - c(n) p[n - 1]

Values come from Clenshaw's algorithm, Vandermonde matrices from the recurrence itself, nodes and weights of Gauss quadrature from the
eigenvalues of the symmetric companion matrix and one step of Newton's method, as in NumPy.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import element_class, is_absent, is_array, is_index, is_number, is_real, is_true, is_tuple, kind, kind_of, promote


def _none(n):
    return 0.0


def _one(n):
    return 1.0


def _two(n):
    return 2.0


class Basis(NamedTuple):
    """A family of polynomials: NumPy's module, the prefix of its functions, and the recurrence."""

    module: str
    prefix: str
    first: tuple  # (a, b)
    shift: object  # s(n)
    rate: object  # r(n)
    less: object  # c(n)


def _legendre_rate(n):
    return (2.0 * n + 1.0) / (n + 1.0)


def _legendre_less(n):
    return n / (n + 1.0)


def _hermite_less(n):
    return 2.0 * n


def _hermite_e_less(n):
    return float(n)


def _laguerre_shift(n):
    return (2.0 * n + 1.0) / (n + 1.0)


def _laguerre_rate(n):
    return -1.0 / (n + 1.0)


BASES = (
    Basis("polynomial", "poly", (0.0, 1.0), _none, _one, _none),
    Basis("chebyshev", "cheb", (0.0, 1.0), _none, _two, _one),
    Basis("legendre", "leg", (0.0, 1.0), _none, _legendre_rate, _legendre_less),
    Basis("hermite", "herm", (0.0, 2.0), _none, _two, _hermite_less),
    Basis("hermite_e", "herme", (0.0, 1.0), _none, _one, _hermite_e_less),
    Basis("laguerre", "lag", (1.0, -1.0), _laguerre_shift, _laguerre_rate, _legendre_less),
)


def _is_line(t):
    """Coefficients, or places: a line of numbers."""
    if is_tuple(t):
        return t.count > 0 and all(map(is_number, t.types))
    if kind(t) == "list":
        return is_number(t.dtype)
    return is_array(t, 1) and element_class(t) is not None


def _is_places(t):
    return is_number(t) or (is_array(t) and element_class(t) is not None)


def _float_class(*types):
    t = promote(np.float64, *map(element_class, types))
    return t if kind_of(t) in "fc" else np.float64


# Values


@cache
def _value(basis, t):
    """The sum of the series with coefficients `c`, a line, at one place."""
    a, b = basis.first
    shift, rate, less = basis.shift, basis.rate, basis.less

    def value(x, c):
        n = len(c)
        high = t(0)
        low = t(0)
        # Clenshaw: from the last coefficient down; `low` belongs to k + 1, `high` to k + 2.
        for k in range(n - 1, 0, -1):
            kept = low
            low = t(c[k] + (shift(k) + rate(k) * x) * low - less(k + 1) * high)
            high = kept
        return t(c[0] + (a + b * x) * low - less(1) * high)

    return value


@cache
def _val(basis, t, form):
    value = _value(basis, t)

    def val(x, c, tensor=True):
        return value(x, np.asarray(c))

    def val_array(x, c, tensor=True):
        line = np.asarray(c)
        made = np.empty(x.shape, t)
        for position in np.ndindex(x.shape):
            made[position] = value(x[position], line)
        return made

    def val_line(x, c, tensor=True):
        return val_array(np.asarray(x), c)

    return {"number": val, "array": val_array, "line": val_line}[form]


def _form(x):
    return "number" if is_number(x) else "array" if is_array(x) else "line"


def _register_val(basis):
    def val(x, c, tensor=True):
        if _is_line(c) and (_is_places(x) or _is_line(x)):
            return _val(basis, _float_class(x, c), _form(x))

    # Of plain powers it is in `polynomials`.
    overload(f"numpy.polynomial.{basis.module}.{basis.prefix}val")(val)


# Matrices of values


@cache
def _vander(basis, t, line):
    a, b = basis.first
    shift, rate, less = basis.shift, basis.rate, basis.less

    def fill(made, x, deg):
        made[0] = t(1)
        if deg > 0:
            made[1] = a + b * x
        for k in range(1, deg):
            made[k + 1] = (shift(k) + rate(k) * x) * made[k] - less(k) * made[k - 1]

    def vander(x, deg):
        if deg < 0:
            raise ValueError("deg must be non-negative")
        made = np.empty(x.shape + (deg + 1,), t)
        for position in np.ndindex(x.shape):
            fill(made[position], x[position], deg)
        return made

    def vander_line(x, deg):
        return vander(np.atleast_1d(np.asarray(x)), deg)

    return vander_line if line else vander


def _register_vander(basis):
    def vander(x, deg):
        if (_is_places(x) or _is_line(x)) and is_index(deg):
            return _vander(basis, _float_class(x), not is_array(x) or x.ndim == 0)

    overload(f"numpy.polynomial.{basis.module}.{basis.prefix}vander")(vander)


@cache
def _fit(basis, t, weighted, given):
    vander = _vander(basis, t, False)

    def fit(x, y, deg, rcond=None, full=False, w=None):
        if deg < 0:
            raise ValueError("expected deg >= 0")
        if len(x) == 0:
            raise TypeError("expected non-empty vector for x")
        if len(x) != len(y):
            raise TypeError("expected x and y to have same length")
        left = vander(x.astype(t), deg)
        right = y.astype(t)
        if weighted:
            if len(w) != len(x):
                raise TypeError("expected x and w to have same length")
            left = left * w.reshape(len(w), 1)
            right = right * w
        scale = np.sqrt(np.sum(left * left, 0))
        for k in range(len(scale)):
            if scale[k] == 0:
                scale[k] = 1.0
        limit = rcond if given else len(x) * 2.220446049250313e-16
        return np.linalg.lstsq(left / scale, right, limit)[0] / scale

    return fit


def _register_fit(basis):
    def fit(x, y, deg, rcond=None, full=False, w=None):
        lines = is_array(x, 1) and is_array(y, 1) and (is_absent(w) or is_array(w, 1))
        if lines and is_index(deg) and (is_absent(rcond) or is_real(rcond)) and not is_true(full):
            if all(element_class(t) is not None and kind_of(element_class(t)) in "biuf" for t in (x, y)):
                return _fit(basis, np.float64, is_array(w), is_real(rcond))

    overload(f"numpy.polynomial.{basis.module}.{basis.prefix}fit")(fit)


# Sums and differences: those of the coefficients


def _trimmed(c):
    n = len(c)
    while n > 1 and c[n - 1] == 0:
        n -= 1
    return c[:n].copy()


@cache
def _combined(t, sign):
    def combined(c1, c2):
        a = np.asarray(c1)
        b = np.asarray(c2)
        made = np.zeros(max(len(a), len(b)), t)
        for i in range(len(a)):
            made[i] = a[i]
        for i in range(len(b)):
            made[i] += sign * b[i]
        return _trimmed(made)

    return combined


def _register_sum(basis, name, sign):
    def combine(c1, c2):
        return _combined(_float_class(c1, c2), sign) if _is_line(c1) and _is_line(c2) else None

    overload(f"numpy.polynomial.{basis.module}.{basis.prefix}{name}")(combine)


for _basis in BASES:
    _register_vander(_basis)
    _register_fit(_basis)
    if _basis.module != "polynomial":
        _register_val(_basis)
        _register_sum(_basis, "add", 1)
        _register_sum(_basis, "sub", -1)


# Quadrature


@cache
def _gauss(basis, diagonal, beside, weight, finish):
    value = _value(basis, np.float64)

    def unit(n):
        c = np.zeros(n + 1)
        c[n] = 1.0
        return c

    def gauss(deg):
        if deg <= 0:
            raise ValueError("deg must be a positive integer")
        m = np.zeros((deg, deg))
        for i in range(deg):
            m[i, i] = diagonal(i)
            if i:
                m[i, i - 1] = beside(i)
                m[i - 1, i] = beside(i)
        x = np.linalg.eigvalsh(m)
        w = np.empty(deg)
        high = unit(deg)
        low = unit(deg - 1)
        for i in range(deg):
            x[i] -= value(x[i], high) / slope(x[i], high, deg)
        for i in range(deg):
            w[i] = weight(deg, x[i], slope(x[i], high, deg), value(x[i], low))
        return finish(x, w)

    a, b = basis.first
    shift, rate, less = basis.shift, basis.rate, basis.less

    def slope(x, c, n):
        """The derivative of member `n` by the recurrence."""
        p0 = 1.0
        p1 = a + b * x
        d0 = 0.0
        d1 = b
        for k in range(1, n):
            p2 = (shift(k) + rate(k) * x) * p1 - less(k) * p0
            d2 = (shift(k) + rate(k) * x) * d1 + rate(k) * p1 - less(k) * d0
            p0, p1, d0, d1 = p1, p2, d1, d2
        return d1

    return gauss


def _plain_weight(n, x, slope, below):
    return 1.0 / (slope * below)


def _symmetric(total):
    def finish(x, w):
        w = (w + w[::-1]) / 2
        x = (x - x[::-1]) / 2
        return x, w * (total / np.sum(w))

    return finish


def _to_one(x, w):
    return x, w / np.sum(w)


def _zero(i):
    return 0.0


def _legendre_beside(i):
    return i / math.sqrt(4.0 * i * i - 1.0)


def _hermite_beside(i):
    return math.sqrt(0.5 * i)


def _hermite_e_beside(i):
    return math.sqrt(i)


def _laguerre_diagonal(i):
    return 2.0 * i + 1.0


def _laguerre_beside(i):
    return float(i)


_QUADRATURES = {
    "legendre": (_zero, _legendre_beside, _symmetric(2.0)),
    "hermite": (_zero, _hermite_beside, _symmetric(math.sqrt(math.pi))),
    "hermite_e": (_zero, _hermite_e_beside, _symmetric(math.sqrt(2 * math.pi))),
    "laguerre": (_laguerre_diagonal, _laguerre_beside, _to_one),
}


def _register_gauss(basis):
    diagonal, beside, finish = _QUADRATURES[basis.module]

    def gauss(deg):
        return _gauss(basis, diagonal, beside, _plain_weight, finish) if is_index(deg) else None

    overload(f"numpy.polynomial.{basis.module}.{basis.prefix}gauss")(gauss)


for _basis in BASES:
    if _basis.module in _QUADRATURES:
        _register_gauss(_basis)


def _chebgauss(deg):
    if deg <= 0:
        raise ValueError("deg must be a positive integer")
    x = np.empty(deg)
    for i in range(deg):
        x[i] = math.cos(math.pi * (2 * i + 1) / (2.0 * deg))
    return x, np.ones(deg) * (math.pi / deg)


@overload("numpy.polynomial.chebyshev.chebgauss")
def chebgauss(deg):
    return _chebgauss if is_index(deg) else None


def _chebpts1(npts):
    if npts < 1:
        raise ValueError("npts must be >= 1")
    x = np.empty(npts)
    for i in range(npts):
        x[i] = math.sin(0.5 * math.pi / npts * (2 * i - npts + 1))
    return x


@overload("numpy.polynomial.chebyshev.chebpts1")
def chebpts1(npts):
    return _chebpts1 if is_index(npts) else None


def _chebpts2(npts):
    if npts < 2:
        raise ValueError("npts must be >= 2")
    x = np.empty(npts)
    for i in range(npts):
        x[i] = math.cos(math.pi * (i - npts + 1) / (npts - 1))
    return x


@overload("numpy.polynomial.chebyshev.chebpts2")
def chebpts2(npts):
    return _chebpts2 if is_index(npts) else None


# Plain powers

_P = "numpy.polynomial.polynomial."


@cache
def _mulx(t):
    def polymulx(c):
        line = np.asarray(c)
        if len(line) == 1 and line[0] == 0:
            return line.astype(t)
        made = np.zeros(len(line) + 1, t)
        made[1:] = line
        return made

    return polymulx


@overload(_P + "polymulx")
def polymulx(c):
    return _mulx(_float_class(c)) if _is_line(c) else None


@cache
def _pow(t):
    def polypow(c, pow, maxpower=None):
        if pow < 0:
            raise ValueError("Power must be a non-negative integer.")
        if maxpower is not None and pow > maxpower:
            raise ValueError("Power is too large")
        line = _trimmed(np.asarray(c).astype(t))
        made = np.ones(1, t)
        for _ in range(pow):
            made = np.convolve(made, line)
        return made

    return polypow


@overload(_P + "polypow")
def polypow(c, pow, maxpower=None):
    return _pow(_float_class(c)) if _is_line(c) and is_index(pow) and (is_absent(maxpower) or is_index(maxpower)) else None


@cache
def _from_roots(t):
    def polyfromroots(roots):
        made = np.ones(1, t)
        for r in np.sort(np.asarray(roots).astype(t)):
            wider = np.zeros(len(made) + 1, t)
            wider[1:] = made
            for i in range(len(made)):
                wider[i] -= r * made[i]
            made = wider
        return made

    return polyfromroots


@overload(_P + "polyfromroots")
def polyfromroots(roots):
    return _from_roots(_float_class(roots)) if _is_line(roots) else None


@cache
def _polyline(t):
    def polyline(off, scl):
        made = np.zeros(2 if scl != 0 else 1, t)
        made[0] = off
        if scl != 0:
            made[1] = scl
        return made

    return polyline


@overload(_P + "polyline")
def polyline(off, scl):
    return _polyline(promote(element_class(off), element_class(scl))) if is_number(off) and is_number(scl) else None


@cache
def _companion(t):
    def polycompanion(c):
        line = _trimmed(np.asarray(c).astype(t))
        n = len(line) - 1
        if n < 1:
            raise ValueError("Series must have maximum degree of at least 1.")
        made = np.zeros((n, n), t)
        for i in range(n):
            if i:
                made[i, i - 1] = 1
            made[i, n - 1] -= line[i] / line[n]
        return made

    return polycompanion


@overload(_P + "polycompanion")
def polycompanion(c):
    return _companion(_float_class(c)) if _is_line(c) else None


@cache
def _roots(t):
    companion = _companion(t)

    def polyroots(c):
        line = _trimmed(np.asarray(c).astype(t))
        if len(line) < 2:
            return np.zeros(0, t)
        # As NumPy: the companion matrix turned around has smaller errors.
        return np.sort(np.linalg.eigvals(companion(line)[::-1, ::-1].copy()))

    return polyroots


@overload(_P + "polyroots")
def polyroots(c):
    return _roots(_float_class(c)) if _is_line(c) else None


@cache
def _value_from_roots(t, number):
    def one(x, roots):
        made = t(1)
        for r in roots:
            made = t(made * (x - r))
        return made

    def polyvalfromroots(x, r, tensor=True):
        return one(x, np.asarray(r))

    def polyvalfromroots_array(x, r, tensor=True):
        roots = np.asarray(r)
        made = np.empty(x.shape, t)
        for position in np.ndindex(x.shape):
            made[position] = one(x[position], roots)
        return made

    return polyvalfromroots if number else polyvalfromroots_array


@overload(_P + "polyvalfromroots")
def polyvalfromroots(x, r, tensor=True):
    if _is_line(r) and _is_places(x):
        return _value_from_roots(_float_class(x, r), is_number(x))


@cache
def _surface(t, dimensions):
    """The value at one place of a series in two or three variables."""
    if dimensions == 2:

        def value(x, y, c):
            total = t(0)
            for i in range(c.shape[0] - 1, -1, -1):
                inner = t(0)
                for j in range(c.shape[1] - 1, -1, -1):
                    inner = inner * y + c[i, j]
                total = total * x + inner
            return total

        return value

    flat = _surface(t, 2)

    def value_3(x, y, z, c):
        total = t(0)
        for i in range(c.shape[0] - 1, -1, -1):
            total = total * x + flat(y, z, c[i])
        return total

    return value_3


@cache
def _val_many(t, dimensions, form):
    value = _surface(t, dimensions)

    def val2(x, y, c):
        return value(x, y, c)

    def val3(x, y, z, c):
        return value(x, y, z, c)

    def check(a, b):
        if a.shape != b.shape:
            raise ValueError("x, y, z are incompatible" if dimensions == 3 else "x, y are incompatible")

    def val2_array(x, y, c):
        check(x, y)
        made = np.empty(x.shape, t)
        for p in np.ndindex(x.shape):
            made[p] = value(x[p], y[p], c)
        return made

    def val3_array(x, y, z, c):
        check(x, y)
        check(x, z)
        made = np.empty(x.shape, t)
        for p in np.ndindex(x.shape):
            made[p] = value(x[p], y[p], z[p], c)
        return made

    def grid2(x, y, c):
        made = np.empty((len(x), len(y)), t)
        for i in range(len(x)):
            for j in range(len(y)):
                made[i, j] = value(x[i], y[j], c)
        return made

    def grid3(x, y, z, c):
        made = np.empty((len(x), len(y), len(z)), t)
        for i in range(len(x)):
            for j in range(len(y)):
                for k in range(len(z)):
                    made[i, j, k] = value(x[i], y[j], z[k], c)
        return made

    return {("number", 2): val2, ("number", 3): val3, ("array", 2): val2_array, ("array", 3): val3_array, ("grid", 2): grid2, ("grid", 3): grid3}[form, dimensions]


def _many(places, c, grid):
    dimensions = len(places)
    if not is_array(c, dimensions) or element_class(c) is None:
        return None
    t = _float_class(*places, c)
    if grid:
        return _val_many(t, dimensions, "grid") if all(is_array(p, 1) for p in places) else None
    if all(map(is_number, places)):
        return _val_many(t, dimensions, "number")
    if all(is_array(p) and p.ndim == places[0].ndim for p in places):
        return _val_many(t, dimensions, "array")
    return None


@overload(_P + "polyval2d")
def polyval2d(x, y, c):
    return _many((x, y), c, False)


@overload(_P + "polyval3d")
def polyval3d(x, y, z, c):
    return _many((x, y, z), c, False)


@overload(_P + "polygrid2d")
def polygrid2d(x, y, c):
    return _many((x, y), c, True)


@overload(_P + "polygrid3d")
def polygrid3d(x, y, z, c):
    return _many((x, y, z), c, True)


@cache
def _trimcoef(given):
    def trimcoef(c, tol=0):
        if given and tol < 0:
            raise ValueError("tol must be non-negative")
        line = np.asarray(c)
        limit = float(tol) if given else 0.0
        n = len(line)
        while n > 0 and not abs(line[n - 1]) > limit:
            n -= 1
        if n == 0:
            return line[:1] * 0
        return line[:n].copy()

    return trimcoef


@overload("numpy.polynomial.polyutils.trimcoef")
def trimcoef(c, tol=0):
    if _is_line(c) and (tol == 0 or is_real(tol)):
        return _trimcoef(hasattr(tol, "kind"))
