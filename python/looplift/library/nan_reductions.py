"""Reductions that pass over NaN."""

from functools import cache

import numpy as np

from looplift.library._axes import normal_axis
from looplift.library._registry import overload
from looplift.library._types import (element_class,
    is_absent,
    is_array,
    is_false,
    is_index,
    is_real,
    kind_of, is_flag)

from looplift.library.reducing import _as_class


def _is_floating(a):
    return is_array(a) and kind_of(element_class(a)) in "fc"


@cache
def _without_nan(base, value, floats):
    """The function of the array with NaN replaced."""
    if floats:

        def nan_reduction(a, axis=None, dtype=None, out=None, keepdims=False):
            return base(np.where(np.isnan(a), value, a), axis=axis, dtype=dtype, out=out, keepdims=keepdims)

    else:

        def nan_reduction(a, axis=None, dtype=None, out=None, keepdims=False):
            return base(a, axis=axis, dtype=dtype, out=out, keepdims=keepdims)

    return nan_reduction


@overload("numpy.nansum")
def nansum(a, axis=None, dtype=None, out=None, keepdims=False):
    if is_array(a) and is_flag(keepdims):
        return _without_nan(np.sum, element_class(a)(0), _is_floating(a))


@overload("numpy.nanprod")
def nanprod(a, axis=None, dtype=None, out=None, keepdims=False):
    if is_array(a) and is_flag(keepdims):
        return _without_nan(np.prod, element_class(a)(1), _is_floating(a))


@cache
def _running_without_nan(base, value, floats):
    if floats:

        def running(a, axis=None, dtype=None):
            return base(np.where(np.isnan(a), value, a), axis=axis, dtype=dtype)

    else:

        def running(a, axis=None, dtype=None):
            return base(a, axis=axis, dtype=dtype)

    return running


@overload("numpy.nancumsum")
def nancumsum(a, axis=None, dtype=None):
    if is_array(a):
        return _running_without_nan(np.cumsum, element_class(a)(0), _is_floating(a))


@overload("numpy.nancumprod")
def nancumprod(a, axis=None, dtype=None):
    if is_array(a):
        return _running_without_nan(np.cumprod, element_class(a)(1), _is_floating(a))


@cache
def _nan_extreme(base, t, is_max, with_axis):
    if kind_of(t) not in "fc":

        def extreme(a, axis=None, out=None, keepdims=False):
            return base(a, axis=axis, keepdims=keepdims)

        return extreme
    edge = np.inf if not is_max else -np.inf
    worst = t(complex(edge, edge)) if kind_of(t) == "c" else t(edge)
    nan = t(np.nan)
    if with_axis:

        def extreme_along(a, axis, out=None, keepdims=False):
            missing = np.isnan(a)
            best = base(np.where(missing, worst, a), axis=axis, keepdims=keepdims)
            return np.where(np.all(missing, axis=axis, keepdims=keepdims), nan, best)

        return extreme_along

    def extreme_of_all(a, axis=None, out=None, keepdims=False):
        missing = np.isnan(a)
        best = base(np.where(missing, worst, a))
        if np.all(missing):
            return nan
        return best

    return extreme_of_all


def _nan_extreme_for(base, is_max, a, axis, out, keepdims):
    if not is_array(a) or not is_absent(out):
        return None
    if is_absent(axis) and not is_false(keepdims):
        return None
    if not is_flag(keepdims):
        return None
    if a.ndim == 1 and not is_absent(axis) and is_false(keepdims):
        return _extreme_of_line(_nan_extreme(base, element_class(a), is_max, False))
    return _nan_extreme(base, element_class(a), is_max, not is_absent(axis))


@cache
def _extreme_of_line(found):
    def extreme(a, axis=None, out=None, keepdims=False):
        normal_axis(axis, 1)
        return found(a)

    return extreme


@overload("numpy.nanmax")
def nanmax(a, axis=None, out=None, keepdims=False):
    return _nan_extreme_for(np.max, True, a, axis, out, keepdims)


@overload("numpy.nanmin")
def nanmin(a, axis=None, out=None, keepdims=False):
    return _nan_extreme_for(np.min, False, a, axis, out, keepdims)


@cache
def _nan_position(base, t, is_max, with_axis):
    if kind_of(t) != "f":

        def position(a, axis=None):
            return base(a, axis)

        return position
    worst = t(-np.inf) if is_max else t(np.inf)
    empty = f"attempt to get {'argmax' if is_max else 'argmin'} of an empty sequence"

    if with_axis:

        def position_along(a, axis):
            missing = np.isnan(a)
            if np.any(np.all(missing, axis)):
                raise ValueError("All-NaN slice encountered")
            return base(np.where(missing, worst, a), axis)

        return position_along

    def position_of_all(a, axis=None):
        if a.size == 0:
            raise ValueError(empty)
        missing = np.isnan(a)
        if np.all(missing):
            raise ValueError("All-NaN slice encountered")
        return base(np.where(missing, worst, a))

    return position_of_all


def _nan_position_for(base, is_max, a, axis):
    if is_array(a) and kind_of(element_class(a)) != "c" and (is_absent(axis) or is_index(axis)):
        return _nan_position(base, element_class(a), is_max, not is_absent(axis))


@overload("numpy.nanargmax")
def nanargmax(a, axis=None):
    return _nan_position_for(np.argmax, True, a, axis)


@overload("numpy.nanargmin")
def nanargmin(a, axis=None):
    return _nan_position_for(np.argmin, False, a, axis)


@cache
def _nan_mean(t, floats):
    if floats:

        def nanmean(a, axis=None, dtype=None, out=None, keepdims=False):
            missing = np.isnan(a)
            total = np.sum(np.where(missing, zero, a), axis=axis, keepdims=keepdims)
            counted = np.sum(~missing, axis=axis, keepdims=keepdims)
            return np.divide(total, convert(counted))

    else:

        def nanmean(a, axis=None, dtype=None, out=None, keepdims=False):
            return np.mean(a, axis=axis, keepdims=keepdims)

    zero = t(0)
    convert = _as_class(t)
    return nanmean


@overload("numpy.nanmean")
def nanmean(a, axis=None, dtype=None, out=None, keepdims=False):
    if is_array(a) and is_absent(dtype) and is_absent(out) and is_flag(keepdims):
        element = element_class(a)
        return _nan_mean(element if kind_of(element) in "fc" else np.float64, _is_floating(a))


@cache
def _nan_var(t, floats, root, form):
    part = np.dtype(t).type(0).real.dtype.type
    is_complex = kind_of(t) == "c"

    def squares(d):
        if is_complex:
            return d.real * d.real + d.imag * d.imag
        return d * d

    def total_of(a, axis, ddof, keep):
        missing = np.isnan(a)
        filled = np.where(missing, zero, a)
        if form == "whole":
            counted = np.sum(~missing)
            middle = np.divide(np.sum(filled), t(counted))
            off = np.where(missing, zero, filled - middle)
            left_over = counted - ddof
            if left_over <= 0:
                return part(np.nan)
            return part(np.sum(squares(off)) / part(left_over))
        counts = np.sum(~missing, axis=axis, keepdims=True)
        middles = np.divide(np.sum(filled, axis=axis, keepdims=True), counts.astype(t))
        offs = np.where(missing, zero, filled - middles)
        totals = np.sum(squares(offs), axis=axis, keepdims=keep)
        numbers = np.sum(~missing, axis=axis, keepdims=keep) - ddof
        return np.where(numbers <= 0, part(np.nan), np.divide(totals, numbers.astype(part)))

    def of_vector(a, axis, ddof, keep):
        # (The sums are NumPy's, of what it sums: only the array that they are of is the same one.)
        n = len(a)
        off = np.empty(n, t)
        counted = 0
        for i in range(n):
            x = a[i]
            if x != x:
                off[i] = zero
            else:
                off[i] = x
                counted += 1
        left_over = counted - ddof
        if left_over <= 0:
            return part(np.nan)
        middle = np.divide(np.sum(off), t(counted))
        for i in range(n):
            x = a[i]
            if x != x:
                off[i] = zero
            else:
                d = x - middle
                off[i] = d * d
        return part(np.sum(off) / part(left_over))

    if form == "vector":
        total_of = of_vector

    def nanvar(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
        v = total_of(a, axis, ddof, keepdims)
        if root:
            return np.sqrt(v)
        return v

    def plain_var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
        return np.var(a, axis=axis, ddof=ddof, keepdims=keepdims)

    def plain_std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
        return np.std(a, axis=axis, ddof=ddof, keepdims=keepdims)

    zero = t(0)
    if floats:
        return nanvar
    return plain_std if root else plain_var


def _nan_var_for(root, a, axis, dtype, out, ddof, keepdims):
    if not (is_array(a) and is_absent(dtype) and is_absent(out) and is_flag(keepdims) and (ddof == 0 or is_real(ddof))):
        return None
    if is_absent(axis) and not is_false(keepdims):
        return None
    element = element_class(a)
    if a.ndim == 1 and not is_absent(axis) and is_false(keepdims):
        return _of_only_axis(np.nanstd if root else np.nanvar)
    t = element if kind_of(element) in "fc" else np.float64
    whole = "vector" if a.ndim == 1 and kind_of(t) == "f" else "whole"
    return _nan_var(t, _is_floating(a), root, whole if is_absent(axis) else "axis")


@cache
def _of_only_axis(function):
    def nanvar(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
        normal_axis(axis, 1)
        return function(a, ddof=ddof)

    return nanvar


@overload("numpy.nanvar")
def nanvar(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    return _nan_var_for(False, a, axis, dtype, out, ddof, keepdims)


@overload("numpy.nanstd")
def nanstd(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    return _nan_var_for(True, a, axis, dtype, out, ddof, keepdims)
