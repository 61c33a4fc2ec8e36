"""Order statistics and moments: median, percentile, quantile (and theirs without NaN), average, cov, corrcoef."""

import math
from functools import cache

import numpy as np

from looplift.library._axes import normal_axis, with_length, without
from looplift.library._adapting import depth_of
from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_bool,
    is_false,
    is_index,
    is_int_tuple,
    is_real,
    is_true,
    is_tuple,
    kind_of,
    promote,
    text,
)
from looplift.library._views import product, replaced
from looplift.library.reducing import gathered, left
from looplift.library.selecting import product_before
from looplift.library.shaping import in_c_order, normal_axes
from looplift.library.sorting import sort_run


def _is_ordered(t):
    return is_array(t) and kind_of(element_class(t)) != "c"


def _is_flag(t):
    return is_true(t) or is_false(t)


def _float_class(t):
    return t if kind_of(t) == "f" else np.float64


# Kernels: a number from a sorted run. NaN is sorted to the end.


@cache
def _run_of(t, skip_nan):
    """A sorted copy of a 1-d array as floats, and how many of its elements count (-1: NaN is the answer)."""
    run = sort_run(t)

    def sorted_run(a):
        b = np.empty(len(a), t)
        b[:] = a
        run(b)
        n = len(b)
        if skip_nan:
            while n > 0 and b[n - 1] != b[n - 1]:
                n -= 1
        elif n > 0 and b[n - 1] != b[n - 1]:
            n = -1
        return b, n

    return sorted_run


@cache
def _median_of(element, skip_nan):
    t = _float_class(element)
    two = t(2)
    sorted_run = _run_of(element, skip_nan)

    def median(a):
        b, n = sorted_run(a)
        if n <= 0:
            return t(np.nan)
        if n % 2 == 1:
            return t(b[n // 2])
        return t((t(b[n // 2 - 1]) + t(b[n // 2])) / two)

    return median


# Methods of quantiles: the continuous ones by the parameters (alpha, beta) of Hyndman and Fan's formula.
_CONTINUOUS = {
    "linear": (1.0, 1.0),
    "weibull": (0.0, 0.0),
    "hazen": (0.5, 0.5),
    "median_unbiased": (1.0 / 3.0, 1.0 / 3.0),
    "normal_unbiased": (3.0 / 8.0, 3.0 / 8.0),
    "interpolated_inverted_cdf": (0.0, 1.0),
}
METHODS = (*_CONTINUOUS, "lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf", "closest_observation")


@cache
def _quantile_of(t, method):
    """(sorted values, their number, q from 0 to 1) -> the quantile as a number of class `t`."""
    alpha, beta = _CONTINUOUS.get(method, (1.0, 1.0))

    def place(n, q):
        if method in ("linear", "lower", "higher", "midpoint", "nearest"):
            return t(n - 1) * q
        return t(n) * q + t(alpha + q * (1.0 - alpha - beta)) - t(1)

    def between(b, n, v):
        if v <= 0:
            return t(b[0])
        if v >= n - 1:
            return t(b[n - 1])
        low = int(math.floor(v))
        x = t(b[low])
        y = t(b[low + 1])
        g = t(v - low)
        # As NumPy interpolates: from the nearer end.
        d = y - x
        if g >= 0.5:
            return t(y - d * (t(1) - g))
        return t(x + d * g)

    def at(b, n, i):
        return t(b[min(max(i, 0), n - 1)])

    if method == "lower":

        def quantile(b, n, q):
            return at(b, n, int(math.floor(place(n, q))))

    elif method == "higher":

        def quantile(b, n, q):
            return at(b, n, int(math.ceil(place(n, q))))

    elif method == "nearest":

        def quantile(b, n, q):
            return at(b, n, int(np.rint(place(n, q))))

    elif method == "midpoint":

        def quantile(b, n, q):
            v = place(n, q)
            low = at(b, n, int(math.floor(v)))
            high = at(b, n, int(math.ceil(v)))
            if low == high:
                return low
            return t(low + (high - low) * t(0.5))

    elif method == "inverted_cdf":

        def quantile(b, n, q):
            v = n * q
            i = int(math.floor(v))
            return at(b, n, i if v - i > 0 else i - 1)

    elif method == "averaged_inverted_cdf":

        def quantile(b, n, q):
            v = n * q
            i = int(math.floor(v))
            if v - i > 0:
                return at(b, n, i)
            return t((at(b, n, i - 1) + at(b, n, i)) / t(2))

    elif method == "closest_observation":

        def quantile(b, n, q):
            v = n * q - 0.5
            i = int(math.floor(v))
            if v - i == 0 and i % 2 == 1:
                return at(b, n, i - 1)
            return at(b, n, i)

    else:

        def quantile(b, n, q):
            return between(b, n, place(n, q))

    return quantile


# Along axes: runs are rows of an array (outer, n)


def _rows_whole(a, axis):
    return in_c_order(a).reshape(1, a.size)


def _rows_axis(a, axis):
    k = normal_axis(axis, a.ndim)
    moved = np.moveaxis(a, k, -1).copy()
    return moved.reshape(product_before(moved.shape, a.ndim - 1), a.shape[k])


def _rows_axes(a, axis):
    made = gathered(a, axis)
    return made.reshape(product_before(made.shape, made.ndim - 1), made.shape[made.ndim - 1])


def _ones(t):
    if len(t) == 0:
        return ()
    return (1,) + _ones(t[1:])


def _kept_all(a, axis):
    return _ones(a.shape)


def _dropped_all(a, axis):
    return ()


def _kept_axis(a, axis):
    return with_length(a.shape, normal_axis(axis, a.ndim), 1)


def _dropped_axis(a, axis):
    return without(a.shape, normal_axis(axis, a.ndim))


def _replaced_all(shape, axes):
    if len(axes) == 0:
        return shape
    return _replaced_all(replaced(shape, axes[0], 1), axes[1:])


def _kept_axes(a, axis):
    return _replaced_all(a.shape, normal_axes(axis, a.ndim))


def _dropped_axes(a, axis):
    return left(a.shape, normal_axes(axis, a.ndim))


def plan_of(a, axis, keepdims):
    """(rows of an array, shape of the result, is it a number?), or None."""
    if not _is_flag(keepdims):
        return None
    keep = is_true(keepdims)
    if is_absent(axis):
        return _rows_whole, _kept_all if keep else _dropped_all, not keep
    if is_index(axis) and a.ndim:
        return _rows_axis, _kept_axis if keep else _dropped_axis, a.ndim == 1 and not keep
    if is_int_tuple(axis) and axis.count <= a.ndim:
        return _rows_axes, _kept_axes if keep else _dropped_axes, axis.count == a.ndim and not keep
    return None


@cache
def _median_form(kernel, t, rows, shape, number):
    if number:

        def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
            return kernel(rows(a, axis)[0])

    else:

        def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
            b = rows(a, axis)
            made = np.empty(shape(a, axis), t)
            to = made.ravel()
            for i in range(len(to)):
                to[i] = kernel(b[i])
            return made

    return median


@cache
def _median_into(found):
    def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
        out[...] = found(a, axis)
        return out

    return median


def _median_for(a, axis, out, keepdims, skip_nan):
    if not _is_ordered(a):
        return None
    plan = plan_of(a, axis, keepdims)
    if plan is None:
        return None
    element = element_class(a)
    found = _median_form(_median_of(element, skip_nan), _float_class(element), *plan)
    if is_absent(out):
        return found
    return _median_into(found) if is_array(out) and not plan[2] else None


@overload("numpy.median")
def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    return _median_for(a, axis, out, keepdims, False)


@overload("numpy.nanmedian")
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    return _median_for(a, axis, out, keepdims, True)


def _quantile_whole(element, method, skip_nan, plan, scale, q_ndim, q_class):
    rows, shape, number = plan
    # Several quantiles have a class that counts; a single one is a Python number.
    t = _float_class(element) if q_class is None else promote(_float_class(element), q_class)
    sorted_run = _run_of(element, skip_nan)
    quantile = _quantile_of(t, method)
    if scale == 100:
        wrong = "Percentiles must be in the range [0, 100]"
    else:
        wrong = "Quantiles must be in the range [0, 1]"

    def value(b, n, q):
        if n <= 0:
            if len(b) == 0 and not skip_nan:
                raise IndexError("index -1 is out of bounds for axis 0 with size 0")
            return t(np.nan)
        return quantile(b, n, t(q) / t(scale) if scale != 1 else t(q))

    def check(q):
        if not (q >= 0 and q <= scale):
            raise ValueError(wrong)

    if q_ndim < 0 and number:

        def of_q(a, q, axis):
            check(q)
            b, n = sorted_run(rows(a, axis)[0])
            return value(b, n, q)

    elif q_ndim < 0:

        def of_q(a, q, axis):
            check(q)
            r = rows(a, axis)
            made = np.empty(shape(a, axis), t)
            to = made.ravel()
            for i in range(len(to)):
                b, n = sorted_run(r[i])
                to[i] = value(b, n, q)
            return made

    else:

        def of_q(a, q, axis):
            places = np.ravel(np.asarray(q))
            for p in places:
                check(p)
            r = rows(a, axis)
            inner = shape(a, axis)
            made = np.empty(np.shape(q) + inner, t)
            to = made.reshape(len(places), product(inner))
            for i in range(to.shape[1]):
                b, n = sorted_run(r[i])
                for j in range(len(places)):
                    to[j, i] = value(b, n, places[j])
            return made

    return of_q


@cache
def _quantile_form(element, method, skip_nan, plan, scale, q_ndim, q_class=None):
    of_q = _quantile_whole(element, method, skip_nan, plan, scale, q_ndim, q_class)

    def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
        return of_q(a, q, axis)

    return quantile


@cache
def _quantile_of_numbers(found):
    """The data are a number or a tuple."""

    def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
        return found(np.atleast_1d(np.asarray(a)), q)

    return quantile


@cache
def _quantile_of_tuple(found):
    """The quantiles wanted are a tuple."""

    def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
        return found(a, np.array(q), axis)

    return quantile


@cache
def _quantile_of_cell(found):
    def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
        return found(a, q.item(), axis)

    return quantile


def _quantile_for(a, q, axis, out, method, keepdims, scale, skip_nan):
    name = text(method)
    if not is_array(a) or kind_of(element_class(a)) in "cb" or name not in METHODS or not is_absent(out):
        return None
    plan = plan_of(a, axis, keepdims)
    if plan is None:
        return None
    if is_tuple(q):
        if not q.count or not all(map(is_real, q.types)):
            return None
        return _quantile_of_tuple(_quantile_form(element_class(a), name, skip_nan, plan, scale, 1, np.float64))
    if is_array(q, 0):
        single = _quantile_form(element_class(a), name, skip_nan, plan, scale, -1)
        return _quantile_of_cell(single) if _is_ordered(q) else None
    if is_real(q) and not is_bool(q):
        return _quantile_form(element_class(a), name, skip_nan, plan, scale, -1)
    if _is_ordered(q):
        given = element_class(q)
        return _quantile_form(element_class(a), name, skip_nan, plan, scale, q.ndim, given if kind_of(given) == "f" else np.float64)


@overload("numpy.percentile")
def percentile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return _quantile_for(a, q, axis, out, method, keepdims, 100, False)


@overload("numpy.quantile")
def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return _quantile_for(a, q, axis, out, method, keepdims, 1, False)


@overload("numpy.nanpercentile")
def nanpercentile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return _quantile_for(a, q, axis, out, method, keepdims, 100, True)


@overload("numpy.nanquantile")
def nanquantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return _quantile_for(a, q, axis, out, method, keepdims, 1, True)


# average


@cache
def _average(t, form, keep, returned):
    def weights_for(a, axis, weights):
        if form == "line":
            k = normal_axis(axis, a.ndim)
            if len(weights) != a.shape[k]:
                raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
            wide = np.empty(a.shape, t)
            wide[...] = weights.reshape(with_length(_ones(a.shape), k, a.shape[k]))
            return wide
        if weights.shape != a.shape:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        return weights.astype(t)

    def weighted(a, axis, weights):
        w = weights_for(a, axis, weights)
        total = np.sum(w, axis=axis, keepdims=keep)
        if np.any(total == 0):
            raise ZeroDivisionError("Weights sum to zero, can't be normalized.")
        return np.divide(np.sum(a.astype(t) * w, axis=axis, keepdims=keep), total), total

    def plain(a, axis, weights):
        middle = np.mean(a, axis=axis, keepdims=keep)
        return middle, np.divide(a.size, np.size(middle)) + middle * 0

    def average(a, axis=None, weights=None, returned=False, keepdims=False):
        return both(a, axis, weights)[0]

    def average_returned(a, axis=None, weights=None, returned=False, keepdims=False):
        return both(a, axis, weights)

    both = plain if form == "none" else weighted
    return average_returned if returned else average


@overload("numpy.average")
def average(a, axis=None, weights=None, returned=False, keepdims=False):
    if not is_array(a) or not _is_flag(returned) or not _is_flag(keepdims):
        return None
    if not (is_absent(axis) or (is_index(axis) and a.ndim)):
        return None
    element = element_class(a)
    if is_absent(weights):
        return _average(element if kind_of(element) in "fc" else np.float64, "none", is_true(keepdims), is_true(returned))
    if not is_array(weights):
        return None
    t = promote(element, element_class(weights))
    t = t if kind_of(t) in "fc" else np.float64
    if weights.ndim == a.ndim:
        return _average(t, "same", is_true(keepdims), is_true(returned))
    if weights.ndim == 1 and is_index(axis):
        return _average(t, "line", is_true(keepdims), is_true(returned))


# cov, corrcoef


def _as_rows(m, rowvar):
    b = np.atleast_2d(m)
    if not rowvar and m.ndim == 2:
        return b.T
    return b


@cache
def _covariance(t, rowvar, has_y, bias, ddof_given, rows_alone):
    def rows_of(m, y):
        x = _as_rows(m, rowvar)
        if has_y:
            z = _as_rows(y, rowvar)
            if z.shape[1] != x.shape[1]:
                raise ValueError("m and y have incompatible dimensions: all those but that of concatenation must match exactly")
            return np.concatenate((x, z), 0).astype(t)
        return np.concatenate((x, x[:0]), 0).astype(t)

    def covariance(m, y, ddof):
        if ddof_given:
            if not math.isfinite(ddof):
                raise ValueError("Cannot convert non-finite ddof to integer")
            if ddof != math.floor(ddof):
                raise ValueError("ddof must be integer: ddof must be integral value")
        x = rows_of(m, y)
        if rows_alone and x.shape[0] == 1:
            raise RuntimeError("2D array containing a single row is unsupported: its covariance has no dimensions, pass the row itself")
        n = x.shape[1]
        rows = x.shape[0]
        if ddof_given:
            minus = float(ddof)
        elif bias:
            minus = 0.0
        else:
            minus = 1.0
        factor = n - minus
        if factor <= 0:
            factor = 0.0
        for i in range(rows):
            middle = np.mean(x[i])
            for j in range(n):
                x[i, j] = x[i, j] - middle
        made = np.empty((rows, rows), t)
        for i in range(rows):
            for j in range(i, rows):
                s = t(0)
                for k in range(n):
                    s = s + x[i, k] * np.conj(x[j, k])
                c = np.divide(s, t(factor))
                made[i, j] = c
                made[j, i] = np.conj(c)
        return made

    return covariance


@cache
def _cov(found, single):
    if single:

        def cov_of_line(m, y=None, rowvar=True, bias=False, ddof=None):
            return found(m, y, ddof).reshape(())

        return cov_of_line

    def cov_matrix(m, y=None, rowvar=True, bias=False, ddof=None):
        return found(m, y, ddof)

    return cov_matrix


def _is_flag_number(t):
    return _is_flag(t) or getattr(t, "literal_value", None) in (0, 1)


def _flag_value(t):
    return t if isinstance(t, bool) else bool(t.literal_value)


def _is_table(t):
    return is_array(t) and t.ndim <= 2 and element_class(t) is not None


def _covariance_for(m, y, rowvar, bias, ddof):
    if not _is_table(m) or not (is_absent(y) or _is_table(y)) or not _is_flag_number(rowvar) or not _is_flag_number(bias):
        return None
    if not (is_absent(ddof) or is_real(ddof)):
        return None
    t = promote(element_class(m), np.float64)
    if not is_absent(y):
        t = promote(t, element_class(y))
    return _covariance(t, _flag_value(rowvar), not is_absent(y), _flag_value(bias), not is_absent(ddof), m.ndim == 2 and is_absent(y))


def _check_row(rowvar):
    if not rowvar:
        raise RuntimeError("the covariance of the columns of a single row has another number of dimensions than that of the row")


def _cov_of_row(m, y=None, rowvar=True, bias=False, ddof=None):
    _check_row(rowvar)
    return np.cov(np.asarray(m[0]), y, True, bias, ddof)


def _corrcoef_of_row(x, y=None, rowvar=True):
    _check_row(rowvar)
    return np.corrcoef(np.asarray(x[0]))


def _is_row(t):
    """A sequence of one row, which is known to be one."""
    return is_tuple(t) and t.count == 1 and depth_of(t) == 2


@overload("numpy.cov")
def cov_of_row(m, y=None, rowvar=True, bias=False, ddof=None):
    return _cov_of_row if _is_row(m) and is_absent(y) else None


@overload("numpy.corrcoef")
def corrcoef_of_row(x, y=None, rowvar=True):
    return _corrcoef_of_row if _is_row(x) and is_absent(y) else None


@overload("numpy.cov")
def cov(m, y=None, rowvar=True, bias=False, ddof=None):
    found = _covariance_for(m, y, rowvar, bias, ddof)
    return found and _cov(found, m.ndim <= 1 and is_absent(y))


@cache
def _corrcoef(found, single, is_complex):
    def matrix(x, y):
        c = found(x, y, None)
        n = c.shape[0]
        deviations = np.empty(n)
        for i in range(n):
            deviations[i] = math.sqrt(c[i, i].real) if c[i, i].real >= 0 else math.nan
        for i in range(n):
            for j in range(n):
                z = np.divide(np.divide(c[i, j], deviations[i]), deviations[j])
                if is_complex:
                    c[i, j] = complex(_clipped(z.real), _clipped(z.imag))
                else:
                    c[i, j] = _clipped(z)
        return c

    def corrcoef(x, y=None, rowvar=True):
        return matrix(x, y)

    def corrcoef_single(x, y=None, rowvar=True):
        # A variable with itself.
        return matrix(x, y)[0, 0]

    return corrcoef_single if single else corrcoef


def _clipped(x):
    if x > 1.0:
        return 1.0
    if x < -1.0:
        return -1.0
    return x


@overload("numpy.corrcoef")
def corrcoef(x, y=None, rowvar=True):
    found = _covariance_for(x, y, rowvar, False, None)
    if found:
        is_complex = kind_of(element_class(x)) == "c" or (is_array(y) and kind_of(element_class(y)) == "c")
        return _corrcoef(found, x.ndim <= 1 and is_absent(y), is_complex)

