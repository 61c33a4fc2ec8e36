"""Polynomials as arrays of coefficients: `numpy.poly*` (highest power first) and `numpy.polynomial.polynomial` (lowest first)."""

from functools import cache
from typing import NamedTuple

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import (element_class,
    is_absent,
    is_array,
    is_false,
    is_index,
    is_number,
    is_true,
    is_tuple,
    kind,
    kind_of,
    promote, is_flag)


def _is_coefficients(t):
    if is_tuple(t):
        return t.count > 0 and all(map(is_number, t.types))
    if kind(t) == "list":
        return is_number(t.dtype)
    return is_number(t) or (is_array(t, 1) and element_class(t) is not None)


def _line(c):
    return np.atleast_1d(np.asarray(c))


def _float_class(*classes):
    t = promote(*classes)
    return t if kind_of(t) in "fc" else np.float64


# Highest power first


@cache
def _polyval(t, number):
    if number:

        def polyval(p, x):
            y = t(0)
            for c in _line(p):
                y = t(y * x + c)
            return y

    else:

        def polyval(p, x):
            y = np.zeros(x.shape, t)
            for c in _line(p):
                y[...] = y * x + c
            return y

    return polyval


@overload("numpy.polyval")
def polyval(p, x):
    if _is_coefficients(p) and (is_array(x) or is_number(x)):
        return _polyval(promote(element_class(p), element_class(x)), is_number(x))


@cache
def _combined(t, sign):
    def combined(a1, a2):
        a = _line(a1)
        b = _line(a2)
        n = max(len(a), len(b))
        made = np.zeros(n, t)
        for i in range(len(a)):
            made[n - len(a) + i] = a[i]
        for i in range(len(b)):
            if sign > 0:
                made[n - len(b) + i] += b[i]
            else:
                made[n - len(b) + i] -= b[i]
        return made

    return combined


@overload("numpy.polyadd")
def polyadd(a1, a2):
    if _is_coefficients(a1) and _is_coefficients(a2):
        return _combined(promote(element_class(a1), element_class(a2)), 1)


@overload("numpy.polysub")
def polysub(a1, a2):
    if _is_coefficients(a1) and _is_coefficients(a2):
        return _combined(promote(element_class(a1), element_class(a2)), -1)


def _polymul(a1, a2):
    return np.convolve(_line(a1), _line(a2))


@overload("numpy.polymul")
def polymul(a1, a2):
    if _is_coefficients(a1) and _is_coefficients(a2):
        return _polymul


@cache
def _polyder(t):
    def polyder(p, m=1):
        if m < 0:
            raise ValueError("Order of derivative must be positive (see polyint)")
        c = _line(p).astype(t)
        for _ in range(m):
            n = max(len(c) - 1, 0)
            made = np.empty(n, t)
            for i in range(n):
                made[i] = c[i] * t(n - i)
            c = made
        return c

    return polyder


@overload("numpy.polyder")
def polyder(p, m=1):
    if _is_coefficients(p) and (m == 1 or is_index(m)):
        return _polyder(promote(element_class(p), np.int64))


@cache
def _polyint(t, constants):
    def polyint(p, m=1, k=None):
        if m < 0:
            raise ValueError("Order of integral must be positive (see polyder)")
        c = _line(p).astype(t)
        for j in range(m):
            n = len(c)
            made = np.empty(n + 1, t)
            for i in range(n):
                made[i] = c[i] / t(n - i)
            made[n] = t(0)
            if constants:
                ks = _line(k)
                made[n] = ks[j if len(ks) > 1 else 0]
            c = made
        return c

    return polyint


@overload("numpy.polyint")
def polyint(p, m=1, k=None):
    if _is_coefficients(p) and (m == 1 or is_index(m)) and (is_absent(k) or _is_coefficients(k)):
        return _polyint(_float_class(element_class(p)), not is_absent(k))


@cache
def _polydiv(t):
    def polydiv(u, v):
        a = _line(u).astype(t)
        b = _line(v).astype(t)
        m = len(a) - 1
        n = len(b) - 1
        scale = np.divide(t(1), b[0])
        quotient = np.zeros(max(m - n + 1, 1), t)
        rest = a.copy()
        for k in range(m - n + 1):
            d = scale * rest[k]
            quotient[k] = d
            for j in range(n + 1):
                rest[k + j] -= d * b[j]
        first = 0
        while first < len(rest) - 1 and np.isclose(rest[first], 0, 1e-14):
            first += 1
        return quotient, rest[first:].copy()

    return polydiv


@overload("numpy.polydiv")
def polydiv(u, v):
    if _is_coefficients(u) and _is_coefficients(v):
        return _polydiv(_float_class(element_class(u), element_class(v)))


@cache
def _poly(t):
    def poly(seq_of_zeros):
        c = np.ones(1, t)
        for z in _line(seq_of_zeros):
            made = np.zeros(len(c) + 1, t)
            for i in range(len(c)):
                made[i] += c[i]
                made[i + 1] -= c[i] * t(z)
            c = made
        return c

    return poly


@overload("numpy.poly")
def poly(seq_of_zeros):
    if (is_array(seq_of_zeros, 1) or is_tuple(seq_of_zeros)) and kind_of(element_class(seq_of_zeros)) != "c":
        return _poly(_float_class(element_class(seq_of_zeros)))


@cache
def _roots(t):
    def roots(p):
        c = _line(p)
        first = 0
        last = len(c)
        while first < last and c[first] == 0:
            first += 1
        while last > first and c[last - 1] == 0:
            last -= 1
        zeros = len(c) - last
        n = max(last - first - 1, 0)
        if n == 0:
            return np.zeros(zeros if first < last else 0, t)
        companion = np.zeros((n, n), t)
        for i in range(n - 1):
            companion[i + 1, i] = 1
        for j in range(n):
            companion[0, j] = -t(c[first + 1 + j]) / t(c[first])
        found = np.linalg.eigvals(companion)
        made = np.zeros(n + zeros, found.dtype)
        made[:n] = found
        return made

    return roots


def _roots_of_no_line(p):
    raise ValueError("Input must be a 1d array.")


@overload("numpy.roots")
def roots_of_no_line(p):
    return _roots_of_no_line if is_array(p) and p.ndim > 1 else None


@overload("numpy.roots")
def roots(p):
    if _is_coefficients(p) and not is_number(p):
        return _roots(_float_class(element_class(p)))


@cache
def _polyfit(t, weighted):
    def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
        if deg < 0:
            raise ValueError("expected deg >= 0")
        if len(x) == 0:
            raise TypeError("expected non-empty vector for x")
        if len(x) != len(y):
            raise TypeError("expected x and y to have same length")
        n = len(x)
        left = np.empty((n, deg + 1), t)
        right = np.empty(n, t)
        for i in range(n):
            p = t(1)
            for j in range(deg, -1, -1):
                left[i, j] = p
                p = p * t(x[i])
            right[i] = t(y[i])
        if weighted:
            for i in range(n):
                right[i] *= t(w[i])
                for j in range(deg + 1):
                    left[i, j] *= t(w[i])
        scale = np.sqrt(np.sum(left * left, 0))
        found = np.linalg.lstsq(left / scale, right, n * 2.220446049250313e-16)[0]
        return found / scale

    return polyfit


@overload("numpy.polyfit")
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    if is_array(x, 1) and is_array(y, 1) and is_index(deg) and is_absent(rcond) and is_false(full) and is_false(cov):
        if "c" not in (kind_of(element_class(x)), kind_of(element_class(y))) and (is_absent(w) or is_array(w, 1)):
            return _polyfit(np.float64, not is_absent(w))


# Lowest power first: numpy.polynomial


def _trimmed(c):
    n = len(c)
    while n > 1 and c[n - 1] == 0:
        n -= 1
    return c[:n]


@cache
def _series(t):
    def series(c):
        line = _line(c)
        if len(line) == 0:
            raise ValueError("Coefficient array is empty")
        return _trimmed(line.astype(t))

    return series


_PREFIX = "numpy.polynomial.polynomial."


def _series_class(*types):
    if all(map(_is_coefficients, types)):
        return _float_class(*map(element_class, types))
    return None


@cache
def _series_combined(t, sign):
    series = _series(t)

    def combined(c1, c2):
        a = series(c1)
        b = series(c2)
        made = np.zeros(max(len(a), len(b)), t)
        for i in range(len(a)):
            made[i] = a[i]
        for i in range(len(b)):
            if sign > 0:
                made[i] += b[i]
            else:
                made[i] -= b[i]
        return _trimmed(made)

    return combined


@overload(_PREFIX + "polyadd")
def series_add(c1, c2):
    t = _series_class(c1, c2)
    return t and _series_combined(t, 1)


@overload(_PREFIX + "polysub")
def series_sub(c1, c2):
    t = _series_class(c1, c2)
    return t and _series_combined(t, -1)


@cache
def _series_mul(t):
    series = _series(t)

    def polymul(c1, c2):
        return _trimmed(np.convolve(series(c1), series(c2)))

    return polymul


@overload(_PREFIX + "polymul")
def series_mul(c1, c2):
    t = _series_class(c1, c2)
    return t and _series_mul(t)


@cache
def _series_div(t):
    series = _series(t)

    def polydiv(c1, c2):
        a = series(c1)
        b = series(c2)
        n = len(b)
        if b[n - 1] == 0:
            raise ZeroDivisionError("division by zero")
        if len(a) < n:
            return np.zeros(1, t), a
        scale = b[n - 1]
        if n == 1:
            return a / scale, np.zeros(1, t)
        rest = a.copy()
        steps = len(a) - n + 1
        quotient = np.empty(steps, t)
        i = len(a) - n
        while i >= 0:
            q = rest[i + n - 1] / scale
            quotient[i] = q
            for j in range(n - 1):
                rest[i + j] -= q * b[j]
            i -= 1
        return quotient, _trimmed(rest[: n - 1].copy())

    return polydiv


@overload(_PREFIX + "polydiv")
def series_div(c1, c2):
    t = _series_class(c1, c2)
    return t and _series_div(t)


@cache
def _series_val(t, number):
    if number:

        def polyval(x, c, tensor=True):
            line = _line(c)
            y = t(line[len(line) - 1])
            for i in range(len(line) - 2, -1, -1):
                y = t(line[i] + y * x)
            return y

    else:

        def polyval(x, c, tensor=True):
            line = _line(c)
            y = np.empty(x.shape, t)
            y[...] = line[len(line) - 1]
            for i in range(len(line) - 2, -1, -1):
                y[...] = line[i] + y * x
            return y

    return polyval


@cache
def _series_val_columns(t, number, tensor):
    """Coefficients in columns: one value, or one for each element of `x`, for each column."""
    if number:

        def polyval(x, c, tensor=True):
            y = c[c.shape[0] - 1].astype(t)
            for i in range(c.shape[0] - 2, -1, -1):
                y = c[i] + y * x
            return y

    elif tensor:

        def polyval(x, c, tensor=True):
            y = np.empty((c.shape[1],) + x.shape, t)
            for k in range(c.shape[1]):
                y[k] = of_line(x, c[:, k].copy())
            return y

    else:

        def polyval(x, c, tensor=True):
            y = c[c.shape[0] - 1] + x * t(0)
            for i in range(c.shape[0] - 2, -1, -1):
                y = c[i] + y * x
            return y

    of_line = _series_val(t, False)
    return polyval


def _series_val_cell(x, c, tensor=True):
    return np.polynomial.polynomial.polyval(x.item(), c, tensor)


@overload(_PREFIX + "polyval")
def series_val(x, c, tensor=True):
    if is_array(x, 0) and element_class(c) is not None and is_flag(tensor):
        return _series_val_cell
    if not (is_array(x) or is_number(x)) or element_class(c) is None or not is_flag(tensor):
        return None
    t = _float_class(element_class(c), element_class(x))
    if _is_coefficients(c):
        return _series_val(t, is_number(x))
    if is_array(c, 2):
        return _series_val_columns(t, is_number(x), tensor is True or is_true(tensor))


@cache
def _series_int(t):
    def polyint(c, m=1):
        if m < 0:
            raise ValueError("The order of integration must be non-negative")
        line = _line(c).astype(t)
        for _ in range(m):
            n = len(line)
            if n == 1 and line[0] == 0:
                continue
            made = np.empty(n + 1, t)
            made[0] = t(0)
            for i in range(n):
                made[i + 1] = line[i] / t(i + 1)
            line = made
        return line

    return polyint


@cache
def _series_int_columns(t):
    """Coefficients along the first axis."""

    def polyint(c, m=1):
        if m < 0:
            raise ValueError("The order of integration must be non-negative")
        table = c.astype(t)
        for _ in range(m):
            n = table.shape[0]
            if n == 1 and not np.any(table[0]):
                continue
            made = np.empty((n + 1,) + table.shape[1:], t)
            made[0] = t(0)
            for i in range(n):
                made[i + 1] = table[i] / t(i + 1)
            table = made
        return table

    return polyint


@overload(_PREFIX + "polyint")
def series_int(c, m=1):
    if is_array(c) and c.ndim > 1 and element_class(c) and (m == 1 or is_index(m)):
        return _series_int_columns(_float_class(element_class(c)))
    if _is_coefficients(c) and (m == 1 or is_index(m)):
        return _series_int(_float_class(element_class(c)))


@cache
def _series_der(t):
    def polyder(c, m=1):
        if m < 0:
            raise ValueError("The order of derivation must be non-negative")
        line = _line(c).astype(t)
        for _ in range(m):
            n = len(line)
            made = np.zeros(max(n - 1, 1), t)
            for i in range(1, n):
                made[i - 1] = line[i] * t(i)
            line = made
        return line

    return polyder


@overload(_PREFIX + "polyder")
def series_der(c, m=1):
    if _is_coefficients(c) and (m == 1 or is_index(m)):
        return _series_der(_float_class(element_class(c)))


def _trimseq(seq):
    return _trimmed(seq)


@overload("numpy.polynomial.polyutils.trimseq")
def trimseq(seq):
    return _trimseq if is_array(seq, 1) else None


@cache
def _as_series(t, trim):
    def one(a):
        line = _line(a)
        if len(line) == 0:
            raise ValueError("Coefficient array is empty")
        if trim:
            return _trimmed(line.astype(t))
        return line.astype(t)

    def each(alist):
        if len(alist) == 0:
            return ()
        return (one(alist[0]),) + each(alist[1:])

    def as_series(alist, trim=True):
        return each(alist)

    def as_series_rows(alist, trim=True):
        made = [one(alist[0])]
        for i in range(1, len(alist)):
            made.append(one(alist[i]))
        return made

    return as_series, as_series_rows


@overload("numpy.polynomial.polyutils.as_series")
def as_series(alist, trim=True):
    if not is_flag(trim):
        return None
    if is_tuple(alist) and alist.count and all(map(_is_coefficients, alist.types)):
        return _as_series(_float_class(*map(element_class, alist.types)), is_true(trim))[0]
    if is_array(alist) and 1 <= alist.ndim <= 2 and element_class(alist):
        return _as_series(_float_class(element_class(alist)), is_true(trim))[1]
    if kind(alist) == "list" and _is_coefficients(alist.dtype):
        return _as_series(_float_class(element_class(alist.dtype)), is_true(trim))[1]


# The class, as a record of its parts


class Series(NamedTuple):
    """`Polynomial` in compiled code: its coefficients, domain and window."""

    coef: np.ndarray
    domain: np.ndarray
    window: np.ndarray


def _method(name, t, args, kwargs):
    from looplift.library.series_methods import method

    return method(name, t, args, kwargs)


def _boxed(parts):
    return np.polynomial.Polynomial(*parts)


# What the compiler and the border ask of the class.
Series.__looplift_object__ = True
Series.__looplift_method__ = staticmethod(_method)
Series.__looplift_box__ = staticmethod(_boxed)


@cache
def _polynomial(t, domain_given, window_given):
    def polynomial(coef, domain=None, window=None):
        d = np.array((-1.0, 1.0))
        w = np.array((-1.0, 1.0))
        if domain_given:
            if len(domain) != 2:
                raise ValueError("Domain has wrong number of elements.")
            d = domain.astype(np.float64)
        if window_given:
            if len(window) != 2:
                raise ValueError("Window has wrong number of elements.")
            w = window.astype(np.float64)
        return Series(_line(coef).astype(t), d, w)

    return polynomial


@overload(_PREFIX + "Polynomial")
def polynomial(coef, domain=None, window=None):
    ends = all(is_absent(t) or is_array(t, 1) for t in (domain, window))
    if _is_coefficients(coef) and ends:
        return _polynomial(_float_class(element_class(coef)), not is_absent(domain), not is_absent(window))
