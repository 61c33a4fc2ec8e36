"""Rarer keywords of functions, and their namesakes of the array API, told in terms of the plain forms.

Asked last (`general.NAME`): when the plain overload does not take the arguments.
"""

from functools import cache

import numpy as np
from numpy.lib import _arraysetops_impl as sets

from looplift.library._axes import normal_axis
from looplift.library._registry import overload
from looplift.library._types import (common_storage,
    dtype_class,
    element_class,
    is_absent,
    is_array,
    is_bool,
    is_element,
    is_false,
    is_index,
    is_int_tuple,
    is_number,
    is_real,
    is_true,
    is_tuple,
    kind,
    kind_of,
    promote,
    storage,
    text, is_flag)


def _is_numeric(t):
    return is_array(t) and element_class(t) is not None


def _ones(t):
    if len(t) == 0:
        return ()
    return (1,) + _ones(t[1:])


# linspace between arrays


@cache
def _linspace(t, floor, closed, with_step):
    def samples(start, stop, num, axis):
        n = int(num)
        if n < 0:
            raise ValueError(f"Number of samples, {n}, must be non-negative.")
        first = np.asarray(start) * 1.0
        distance = np.asarray(stop) * 1.0 - first
        intervals = n - 1 if closed else n
        places = np.arange(n).astype(np.float64).reshape((n,) + _ones(distance.shape))
        step = distance * np.nan
        if intervals > 0:
            step = distance / intervals
            if np.any(step == 0):
                y = places / intervals * distance + first
            else:
                y = places * step + first
        else:
            y = places * distance + first
        if closed and n > 1:
            y[n - 1] = np.asarray(stop)
        if floor:
            return np.moveaxis(np.floor(y), 0, axis).astype(t), step
        return np.moveaxis(y, 0, axis).astype(t), step

    def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
        return samples(start, stop, num, axis)[0]

    def linspace_step(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
        return samples(start, stop, num, axis)

    return linspace_step if with_step else linspace


@overload("general.linspace")
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    if not all(_is_numeric(t) or is_number(t) for t in (start, stop)) or not any(map(is_array, (start, stop))):
        return None
    if not (is_flag(endpoint) and is_flag(retstep) and (num == 50 or is_index(num)) and (axis == 0 or is_index(axis))):
        return None
    compute = promote(np.float64, element_class(start), element_class(stop))
    t = dtype_class(dtype, compute)
    if t is None or (kind_of(compute) == "c" and kind_of(t) != "c"):
        return None
    return _linspace(t, kind_of(t) in "iu", is_true(endpoint), is_true(retstep))


# unique rows, and what the array API calls unique_*


@cache
def _unique_rows(index, inverse, counts):
    def found(ar, axis):
        k = normal_axis(axis, ar.ndim)
        moved = np.moveaxis(ar, k, 0).copy()
        n = moved.shape[0]
        rows = moved.reshape(n, moved.size // max(n, 1))
        width = rows.shape[1]
        order = np.arange(n)
        # The least important column first; each sort is stable.
        for j in range(width - 1, -1, -1):
            order = order[np.argsort(rows[:, j][order], kind="stable")]
        first = np.empty(n, np.int64)
        place = np.empty(n, np.int64)
        number = np.zeros(n, np.int64)
        m = 0
        for i in range(n):
            new = i == 0
            for j in range(width):
                if not new and rows[order[i], j] != rows[order[i - 1], j]:
                    new = True
            if new:
                first[m] = order[i]
                m += 1
            number[m - 1] += 1
            place[order[i]] = m - 1
        return np.moveaxis(moved[first[:m]], 0, k).copy(), first[:m].copy(), place, number[:m].copy()

    names = ["r[0]", *(f"r[{k}]" for k, wanted in enumerate((index, inverse, counts), 1) if wanted)]
    parameters = "ar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True"
    scope = {"__name__": __name__, "found": found}
    result = names[0] if len(names) == 1 else f"({', '.join(names)})"
    exec(f"def unique({parameters}):\n    r = found(ar, axis)\n    return {result}\n", scope)  # constants of this module
    return scope["unique"]


@overload("general.unique")
def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
    flags = (return_index, return_inverse, return_counts)
    if is_array(ar) and ar.ndim and storage(ar) is not None and kind(ar.dtype) != "record" and is_index(axis) and all(map(is_flag, flags)):
        return _unique_rows(*map(is_true, flags))


def _unique_counts(x):
    values, counts = np.unique(x, return_counts=True, equal_nan=False)
    return sets.UniqueCountsResult(values, counts)


def _unique_inverse(x):
    values, inverse = np.unique(x, return_inverse=True, equal_nan=False)
    return sets.UniqueInverseResult(values, inverse)


def _unique_all(x):
    values, indices, inverse, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True, equal_nan=False)
    return sets.UniqueAllResult(values, indices, inverse, counts)


for _name, _function in (("unique_counts", _unique_counts), ("unique_inverse", _unique_inverse), ("unique_all", _unique_all)):
    overload("numpy." + _name)(lambda x, _function=_function: _function if _is_numeric(x) else None)


# isin with a kind that says how


def _isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    return np.isin(element, test_elements, assume_unique, invert)


@cache
def _isin_constant(assumed, inverted):
    def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
        return np.isin(element, test_elements, assume_unique=assumed, invert=inverted)

    return isin


@overload("general.isin")
def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    if not is_absent(kind) and text(kind) in ("sort", "table") and is_flag(assume_unique) and is_flag(invert):
        return _isin_constant(is_true(assume_unique), is_true(invert))


# Interpolation of what repeats itself


def _interp(x, xp, fp, left=None, right=None, period=None):
    if period == 0:
        raise ValueError("period must be a non-zero value")
    p = abs(float(period))
    places = xp.astype(np.float64) % p
    order = np.argsort(places, kind="mergesort")
    xs = places[order]
    fs = fp[order]
    n = len(xs)
    return np.interp(
        np.asarray(x) % p,
        np.concatenate((xs[n - 1 :] - p, xs, xs[:1] + p)),
        np.concatenate((fs[n - 1 :], fs, fs[:1])),
    )


def _interp_number(x, xp, fp, left=None, right=None, period=None):
    return _interp(np.asarray(float(x)).reshape(1), xp, fp, left, right, period)[0]


@overload("general.interp")
def interp(x, xp, fp, left=None, right=None, period=None):
    if is_real(period) and is_array(xp, 1) and is_array(fp, 1) and (is_real(x) or _is_numeric(x)):
        return _interp_number if is_real(x) or x.ndim == 0 else _interp


# Covariances with weights


@cache
def _cov(t, rowvar, has_y, bias, fixed, frequencies, importances, single):
    def weights(fweights, aweights, n):
        w = np.ones(n)
        if frequencies:
            if len(fweights) != n:
                raise RuntimeError("incompatible numbers of samples and fweights")
            for f in fweights:
                if f < 0:
                    raise ValueError("fweights cannot be negative")
            w = w * fweights
        if importances:
            if len(aweights) != n:
                raise RuntimeError("incompatible numbers of samples and aweights")
            for f in aweights:
                if f < 0:
                    raise ValueError("aweights cannot be negative")
            w = w * aweights
        return w

    def rows_of(m):
        b = np.atleast_2d(m)
        if not rowvar and m.ndim == 2:
            return b.T
        return b

    def matrix(m, y, ddof, fweights, aweights):
        x = rows_of(m).astype(t)
        if has_y:
            x = np.concatenate((x, rows_of(y).astype(t)), 0)
        w = weights(fweights, aweights, x.shape[1])
        total = np.sum(w)
        less = 1.0
        if fixed:
            less = float(ddof)
        elif bias:
            less = 0.0
        factor = total - less
        if less == 0.0:
            factor = total
        elif importances:
            factor = total - less * np.sum(w * aweights) / total
        if factor <= 0:
            factor = 0.0
        middles = np.sum(x * w, axis=1) / total
        x = x - middles.reshape(len(middles), 1)
        return np.divide(np.dot(x, np.conj(x * w).T.copy()), factor).astype(t)

    def cov(m, y=None, rowvar=True, bias=False, ddof=None, *, fweights=None, aweights=None, dtype=None):
        return matrix(m, y, ddof, fweights, aweights)

    def cov_single(m, y=None, rowvar=True, bias=False, ddof=None, *, fweights=None, aweights=None, dtype=None):
        return matrix(m, y, ddof, fweights, aweights).reshape(())

    return cov_single if single else cov


@overload("general.cov")
def cov(m, y=None, rowvar=True, bias=False, ddof=None, *, fweights=None, aweights=None, dtype=None):
    tables = _is_numeric(m) and 0 < m.ndim <= 2 and (is_absent(y) or (_is_numeric(y) and 0 < y.ndim <= 2))
    if not tables or not (is_flag(rowvar) and is_flag(bias) and (is_absent(ddof) or is_index(ddof))):
        return None
    if not all(is_absent(w) or is_array(w, 1) for w in (fweights, aweights)):
        return None
    t = dtype_class(dtype, promote(np.float64, element_class(m), *([] if is_absent(y) else [element_class(y)])))
    if t is None or (not is_absent(fweights) and kind_of(element_class(fweights)) not in "iu"):
        return None
    parts = (is_true(rowvar), not is_absent(y), is_true(bias), not is_absent(ddof), not is_absent(fweights), not is_absent(aweights))
    return _cov(t, *parts, m.ndim == 1 and is_absent(y))


# Extremes and sums without NaN: initial values, and only where


@cache
def _nan_extreme(t, least, has_initial, masked, part):
    if kind_of(t) != "f":

        def filled(a, where):
            return a

    elif masked:

        def filled(a, where):
            return np.where(np.isnan(a) | ~where, limit, a)

    else:

        def filled(a, where):
            return np.where(np.isnan(a), limit, a)

    def nothing(a, where, axis, keepdims):
        """Where there is no number at all."""
        if masked:
            return np.all(np.isnan(a) | ~where, axis=axis, keepdims=keepdims)
        return np.all(np.isnan(a), axis=axis, keepdims=keepdims)

    if has_initial:

        def reduce(a, axis=None, out=None, keepdims=False, initial=None, where=True):
            return fn(filled(a, where), axis=axis, keepdims=keep, initial=initial)

    elif part:

        def reduce(a, axis=None, out=None, keepdims=False, initial=None, where=True):
            made = fn(filled(a, where), axis=axis, keepdims=keep)
            return np.where(nothing(a, where, axis, keep), nan, made)

    else:

        def reduce(a, axis=None, out=None, keepdims=False, initial=None, where=True):
            made = fn(filled(a, where))
            return nan if nothing(a, where, None, False) else made

    fn = np.min if least else np.max
    keep = False
    if kind_of(t) == "f":
        limit, nan = t(np.inf if least else -np.inf), t(np.nan)
    else:
        limit = nan = t(0)
    return reduce


@cache
def _kept(found, single):
    """The reduced axes as axes of length one."""

    def reduce(a, axis=None, out=None, keepdims=False, initial=None, where=True):
        made = np.asarray(found(a, axis=axis, initial=initial, where=where))
        if single:
            return made.reshape(_ones(a.shape))
        return np.expand_dims(made, normal_axis(axis, a.ndim))

    return reduce


def _nan_extreme_for(a, axis, out, keepdims, initial, where, least):
    masked = is_array(where) and element_class(where) is np.bool_
    if not _is_numeric(a) or kind_of(element_class(a)) == "c" or not is_absent(out) or not (is_true(where) or masked):
        return None
    if not (is_absent(axis) or is_index(axis)) or not is_flag(keepdims) or not (is_absent(initial) or is_real(initial)):
        return None
    if masked and is_absent(initial):
        return None
    found = _nan_extreme(element_class(a), least, not is_absent(initial), masked, not is_absent(axis) and a.ndim > 1)
    return _kept(found, is_absent(axis)) if is_true(keepdims) else found


@overload("general.nanmin")
def nanmin(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    return _nan_extreme_for(a, axis, out, keepdims, initial, where, True)


@overload("general.nanmax")
def nanmax(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    return _nan_extreme_for(a, axis, out, keepdims, initial, where, False)


def _nan_zero(a):
    return np.where(np.isnan(a), a.dtype.type(0), a)


def _nan_one(a):
    return np.where(np.isnan(a), a.dtype.type(1), a)


def _as_is(a):
    return a


@cache
def _nan_total(fn, clean, keep):
    def total(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
        if initial is None:
            return fn(clean(a), axis=axis, dtype=dtype, keepdims=keep, where=where)
        return fn(clean(a), axis=axis, dtype=dtype, keepdims=keep, initial=initial, where=where)

    return total


def _nan_total_for(a, axis, out, keepdims, fn, clean):
    if _is_numeric(a) and is_absent(out) and is_flag(keepdims) and (is_absent(axis) or is_index(axis) or is_int_tuple(axis)):
        return _nan_total(fn, clean if kind_of(element_class(a)) in "fc" else _as_is, is_true(keepdims))


@overload("general.nansum")
def nansum(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return _nan_total_for(a, axis, out, keepdims, np.sum, _nan_zero)


@overload("general.nanprod")
def nanprod(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return _nan_total_for(a, axis, out, keepdims, np.prod, _nan_one)


# Quantiles of weighted samples: the inverse of the distribution function


def _weighted_quantile(a, q, weights):
    flat = np.ravel(a)
    w = np.ravel(weights)
    for x in w:
        if x < 0:
            raise ValueError("Weights must be non-negative.")
    order = np.argsort(flat, kind="stable")
    values = flat[order]
    cdf = np.cumsum(w[order].astype(np.float64))
    n = len(values)
    if values[n - 1] != values[n - 1]:
        return values[n - 1]
    cdf = cdf / cdf[n - 1]
    at = np.searchsorted(cdf, q, side="left")
    # Samples without weight at the front are none.
    while at < n - 1 and cdf[at] == 0:
        at += 1
    return values[min(at, n - 1)]


@cache
def _quantile(scale, number, t):
    wrong = "Percentiles must be in the range [0, 100]" if scale == 100 else "Quantiles must be in the range [0, 1]"

    def checked(q):
        if not (q >= 0 and q <= scale):
            raise ValueError(wrong)
        return q / scale

    if number:

        def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
            if weights.shape != a.shape:
                raise TypeError("Axis must be specified when shapes of a and weights differ.")
            return _weighted_quantile(a, checked(float(q)), weights)

    else:

        def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
            if weights.shape != a.shape:
                raise TypeError("Axis must be specified when shapes of a and weights differ.")
            wanted = np.asarray(q)
            made = np.empty(wanted.size, t)
            flat = np.ravel(wanted)
            for i in range(len(flat)):
                made[i] = _weighted_quantile(a, checked(float(flat[i])), weights)
            return made.reshape(wanted.shape)

    return quantile


def _quantile_for(a, q, axis, out, method, keepdims, weights, scale):
    if not (_is_numeric(a) and a.ndim and is_array(weights) and weights.ndim == a.ndim and text(method) == "inverted_cdf"):
        return None
    only = is_absent(axis) or (a.ndim == 1 and getattr(axis, "literal_value", axis) in (0, -1))
    if not only or not is_absent(out) or not is_false(keepdims) or kind_of(element_class(a)) == "c":
        return None
    if is_real(q):
        return _quantile(scale, True, element_class(a))
    if _is_numeric(q) or (is_tuple(q) and q.count and all(map(is_real, q.types))):
        return _quantile(scale, False, element_class(a))


@overload("general.quantile")
def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    return _quantile_for(a, q, axis, out, method, keepdims, weights, 1)


@overload("general.percentile")
def percentile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    return _quantile_for(a, q, axis, out, method, keepdims, weights, 100)


# Products of vectors and matrices by the array API's names


def _vecdot(x1, x2, axis=-1):
    return np.sum(np.conj(x1) * x2, axis=axis)


def _vecdot_along(x1, x2, axis=-1):
    a, b = np.broadcast_arrays(np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1))
    return np.sum(np.conj(a) * b, axis=-1)


@overload("numpy.vecdot", "numpy.linalg.vecdot")
def vecdot(x1, x2, axis=-1):
    if _is_numeric(x1) and _is_numeric(x2) and x1.ndim and x2.ndim and (axis == -1 or is_index(axis)):
        return _vecdot if x1.ndim == x2.ndim else _vecdot_along


@cache
def _matvec(line):
    def matvec(x1, x2):
        made = np.matmul(x1, x2[..., None])
        return made[..., 0]

    def matvec_line(x1, x2):
        return np.matmul(x1, x2)

    return matvec_line if line else matvec


@overload("numpy.matvec")
def matvec(x1, x2):
    if _is_numeric(x1) and _is_numeric(x2) and x1.ndim >= 2 and x2.ndim:
        return _matvec(x2.ndim == 1)


@cache
def _vecmat(line):
    def vecmat(x1, x2):
        made = np.matmul(np.conj(x1)[..., None, :], x2)
        return made[..., 0, :]

    def vecmat_line(x1, x2):
        return np.matmul(np.conj(x1), x2)

    return vecmat_line if line else vecmat


@overload("numpy.vecmat")
def vecmat(x1, x2):
    if _is_numeric(x1) and _is_numeric(x2) and x1.ndim and x2.ndim >= 2:
        return _vecmat(x1.ndim == 1)


# Positions of what a mask keeps of a square


@cache
def _mask_indices(given):
    def mask_indices(n, mask_func, k=0):
        m = np.ones((n, n), np.int64)
        return np.nonzero(mask_func(m, k) != 0)

    def mask_indices_plain(n, mask_func, k=0):
        return np.nonzero(mask_func(np.ones((n, n), np.int64), 0) != 0)

    return mask_indices if given else mask_indices_plain


@overload("numpy.mask_indices")
def mask_indices(n, mask_func, k=0):
    if is_index(n) and kind(mask_func) in ("function", "dispatcher", "closure") and (k == 0 or is_index(k)):
        return _mask_indices(hasattr(k, "kind"))


# Rows, columns and layers of numbers among arrays


def _as_arrays(t):
    if len(t) == 0:
        return ()
    return (np.asarray(t[0]),) + _as_arrays(t[1:])


def _stack_of_numbers(function):
    def stack(tup):
        return function(_as_arrays(tup))

    return stack


_STACKS = {name: _stack_of_numbers(getattr(np, name)) for name in ("hstack", "vstack", "dstack", "column_stack")}


def _register_stack(name):
    def stack(tup):
        # Alone they would be an array.
        members = tup.types if is_tuple(tup) else ()
        if members and any(map(is_element, members)) and all(is_array(t) or is_element(t) for t in members):
            return _STACKS[name] if common_storage(members) is not None else None

    overload("general." + name)(stack)


for _name in _STACKS:
    _register_stack(_name)


# compress by a sequence of flags


def _compress(a, condition, axis=None):
    return np.compress(np.array(condition), a, axis)


@overload("general.compress")
def compress(a, condition, axis=None):
    if is_array(a) and is_tuple(condition) and condition.count and all(is_bool(t) or is_index(t) for t in condition.types):
        return _compress


# einsum: how to contract is the compiler's affair


@cache
def _einsum(count):
    operands = ", ".join(f"a{k}" for k in range(count))
    scope = {"__name__": __name__, "np": np}
    head = f"def einsum(subscripts, {operands}, *, out=None, optimize=False, dtype=None, order='K', casting='safe')"
    exec(f"{head}:\n    return np.einsum(subscripts, {operands})\n", scope)  # names of operands
    exec(f"{head.replace('einsum', 'einsum_into')}:\n    out[...] = np.einsum(subscripts, {operands})\n    return out\n", scope)
    return scope["einsum"], scope["einsum_into"]


@overload("general.einsum")
def einsum(subscripts, *operands, out=None, optimize=False, dtype=None, order="K", casting="safe"):
    asked = not is_absent(out) or hasattr(optimize, "kind") or hasattr(order, "kind") or hasattr(casting, "kind")
    if asked and text(subscripts) is not None and operands and all(map(is_array, operands)) and is_absent(dtype):
        return _einsum(len(operands))[is_array(out)]


# Traces of stacks, and with another type


@cache
def _trace(t, number):
    def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
        return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=t)

    def trace_number(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
        return np.sum(np.diagonal(a, offset, axis1, axis2), dtype=t)

    return trace_number if number else trace


@overload("general.trace")
def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    if not _is_numeric(a) or a.ndim < 2 or not all(isinstance(t, int) or is_index(t) for t in (offset, axis1, axis2)):
        return None
    element = element_class(a)
    plain = np.int64 if kind_of(element) in "bi" else np.uint64 if kind_of(element) == "u" else element
    t = dtype_class(dtype, plain)
    return _trace(t, a.ndim == 2) if t is not None and is_absent(out) else None


@cache
def _linalg_trace(t, number):
    def trace(x, *, offset=0, dtype=None):
        return np.trace(x, offset, -2, -1, t)

    return trace


@overload("numpy.linalg.trace")
def linalg_trace(x, *, offset=0, dtype=None):
    if _is_numeric(x) and x.ndim >= 2 and (offset == 0 or is_index(offset)):
        element = element_class(x)
        plain = np.int64 if kind_of(element) in "bi" else np.uint64 if kind_of(element) == "u" else element
        t = dtype_class(dtype, plain)
        return None if t is None else _linalg_trace(t, x.ndim == 2)


# kron of any numbers of dimensions


def _spread_first(t):
    if len(t) == 0:
        return ()
    return (t[0], 1) + _spread_first(t[1:])


def _spread_second(t):
    if len(t) == 0:
        return ()
    return (1, t[0]) + _spread_second(t[1:])


def _products(s, t):
    if len(s) == 0:
        return ()
    return (s[0] * t[0],) + _products(s[1:], t[1:])


@cache
def _kron(more_a, more_b):
    before_a, before_b = (1,) * more_a, (1,) * more_b

    def kron(a, b):
        s = before_a + a.shape
        t = before_b + b.shape
        x = np.ascontiguousarray(a).reshape(_spread_first(s))
        y = np.ascontiguousarray(b).reshape(_spread_second(t))
        return (x * y).reshape(_products(s, t))

    return kron


@overload("general.kron")
def kron(a, b):
    if _is_numeric(a) and _is_numeric(b) and max(a.ndim, b.ndim) > 2 and min(a.ndim, b.ndim) > 0:
        return _kron(max(b.ndim - a.ndim, 0), max(a.ndim - b.ndim, 0))


# Searching for what is in an array without dimensions


def _searchsorted_cell(a, v, side="left", sorter=None):
    return np.searchsorted(a, v.item())


def _searchsorted_cell_right(a, v, side="left", sorter=None):
    return np.searchsorted(a, v.item(), "right")


@overload("general.searchsorted")
def searchsorted(a, v, side="left", sorter=None):
    if is_array(a, 1) and is_array(v, 0) and element_class(v) is not None and is_absent(sorter):
        return {"left": _searchsorted_cell, "right": _searchsorted_cell_right}.get(text(side))


@cache
def _digitize_cell(right):
    def digitize(x, bins, right=False):
        return np.digitize(x.item(), bins, from_right)

    from_right = right
    return digitize


@overload("general.digitize")
def digitize(x, bins, right=False):
    if is_array(x, 0) and is_array(bins, 1) and is_flag(right):
        return _digitize_cell(is_true(right))


# Parts along an axis: a list, since their number is known at run time only


def _unstack(x, /, *, axis=0):
    moved = np.moveaxis(x, axis, 0)
    return [moved[i] for i in range(len(moved))]


def _unstack_first(x, /, *, axis=0):
    return [x[i] for i in range(len(x))]


@overload("numpy.unstack")
def unstack(x, /, *, axis=0):
    if is_array(x) and x.ndim > 1:
        return _unstack if hasattr(axis, "kind") and is_index(axis) else _unstack_first if axis == 0 else None
