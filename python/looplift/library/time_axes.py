"""Reductions of datetimes and timedeltas along an axis, and what else NumPy's functions of numbers do that those of times are built of."""

from functools import cache

import numpy as np

from looplift.library._axes import normal_axis
from looplift.library._registry import overload
from looplift.library._types import is_absent, is_array, is_false, is_index, is_time, is_true, kind
from looplift.library.time_units import INT, NAT, dtype_of

_SUM = "a, axis=None, dtype=None, out=None, keepdims=False"
_EXTREME = "a, axis=None, out=None, keepdims=False"
_ARG = "a, axis=None, out=None, *, keepdims=False"

# Name: its parameters, and what comes of times: "same", "place" or "distance"; and whether timedeltas only.
_REDUCTIONS = {
    "sum": (_SUM, "same", True),
    "mean": (_SUM, "same", True),
    "max": (_EXTREME, "same", False),
    "min": (_EXTREME, "same", False),
    "amax": (_EXTREME, "same", False),
    "amin": (_EXTREME, "same", False),
    "ptp": (_EXTREME, "distance", False),
    "argmax": (_ARG, "place", False),
    "argmin": (_ARG, "place", False),
}

_BODIES = {
    "whole": "return function(a)",
    "line": "normal_axis(axis, 1)\n    return function(a)",
    "kept": "return np.full(ones(a.shape), function(a), made_of)",
    "lines": "return lines(a, axis)",
    "lines kept": "return np.expand_dims(lines(a, axis), normal_axis(axis, a.ndim))",
}


def _is_times(t):
    return is_array(t) and is_time(t.dtype)


def _ones(shape):
    if len(shape) == 0:
        return ()
    return (1,) + _ones(shape[1:])


def _ptp(a):
    return np.max(a) - np.min(a)


@cache
def _reduced(function, dtype, parameters, form):
    """A function with these parameters: `function` of all elements, or of each line along an axis."""

    def lines(a, axis):
        moved = np.moveaxis(a, normal_axis(axis, a.ndim), -1)
        made = np.empty(moved.shape[:-1], dtype)
        for position in np.ndindex(made.shape):
            made[position] = function(moved[position])
        return made

    scope = {"__name__": __name__, "np": np, "function": function, "lines": lines, "normal_axis": normal_axis, "ones": _ones, "made_of": dtype}
    exec(f"def reduce({parameters}):\n    {_BODIES[form]}\n", scope)  # forms of this module
    return scope["reduce"]


def _result(a, what):
    """The dtype that a reduction of an array gives."""
    if what == "place":
        return np.dtype(INT)
    dtype = dtype_of(a)
    return np.dtype(dtype.str.replace("M8", "m8")) if what == "distance" else dtype


def _form(a, axis, keepdims):
    if is_absent(axis):
        return "kept" if is_true(keepdims) else "whole"
    if a.ndim == 1 and not is_true(keepdims):
        return "line"
    return "lines kept" if is_true(keepdims) else "lines"


def _register(name):
    parameters, what, deltas = _REDUCTIONS[name]
    function = _ptp if name == "ptp" else getattr(np, name)
    scope = {}

    def find(a, axis, keepdims, others):
        if not _is_times(a) or not a.ndim or (deltas and kind(a.dtype) != "timedelta") or not all(map(is_absent, others)):
            return None
        if not (is_true(keepdims) or is_false(keepdims)) or not (is_absent(axis) or is_index(axis)):
            return None
        return _reduced(function, _result(a, what), parameters, _form(a, axis, keepdims))

    others = "[dtype, out]" if "dtype" in parameters else "[out]"
    exec(f"def reduce({parameters}):\n    return find(a, axis, keepdims, {others})\n", {"__name__": __name__, "find": find}, scope)  # parameters of this module
    overload("time.general." + name)(scope["reduce"])


for _name in _REDUCTIONS:
    _register(_name)


# Running sums and differences


def _running(lines, function, axis):
    moved = np.moveaxis(lines, axis, -1)
    made = np.empty(moved.shape, lines.dtype)
    for position in np.ndindex(moved.shape[:-1]):
        made[position] = function(moved[position])
    return np.moveaxis(made, -1, axis).copy()


def _cumsum(a, axis=None, dtype=None, out=None):
    return _running(a, np.cumsum, normal_axis(axis, a.ndim))


def _cumsum_line(a, axis=None, dtype=None, out=None):
    normal_axis(axis, 1)
    return np.cumsum(a)


@overload("time.general.cumsum")
def cumsum(a, axis=None, dtype=None, out=None):
    if _is_times(a) and kind(a.dtype) == "timedelta" and a.ndim and is_index(axis) and is_absent(dtype) and is_absent(out):
        return _cumsum_line if a.ndim == 1 else _cumsum


def _differences(a, n=1, axis=-1):
    moved = np.moveaxis(a, normal_axis(axis, a.ndim), 0)
    return np.moveaxis(moved[1:] - moved[:-1], 0, axis).copy()


def _last_differences(a, n=1, axis=-1):
    return a[..., 1:] - a[..., :-1]


@overload("time.general.diff")
def diff(a, n=1, axis=-1):
    if _is_times(a) and a.ndim and getattr(n, "literal_value", n) == 1:
        return _differences if hasattr(axis, "kind") and is_index(axis) else _last_differences if axis == -1 else None


# NaT left out


@cache
def _without_nat(function):
    def extreme(a, axis=None, out=None, keepdims=False):
        kept = a[~np.isnat(a)]
        if len(kept) == 0:
            return np.ravel(a)[0]
        return function(kept)

    return extreme


@overload("time.numpy.nanmax")
def nanmax(a, axis=None, out=None, keepdims=False):
    return _without_nat(np.max) if _is_times(a) and a.ndim and all(map(is_absent, (axis, out))) and is_false(keepdims) else None


@overload("time.numpy.nanmin")
def nanmin(a, axis=None, out=None, keepdims=False):
    return _without_nat(np.min) if _is_times(a) and a.ndim and all(map(is_absent, (axis, out))) and is_false(keepdims) else None


# Is it one of them?


@cache
def _contains(negated):
    def contains(a, x):
        number = INT(x.view(INT))
        for position in np.ndindex(a.shape):
            if number != NAT and a[position].view(INT) == number:
                return not negated
        return negated

    return contains


@overload("time.array.__contains__")
def contains(a, x):
    return _contains(False) if _is_times(a) and is_time(x) and dtype_of(a) == dtype_of(x) else None


@overload("time.array.__not_contains__")
def contains_not(a, x):
    return _contains(True) if _is_times(a) and is_time(x) and dtype_of(a) == dtype_of(x) else None


# Arrays of ones, and of numbers read as times


@cache
def _ones_like(dtype):
    def ones_like(a, dtype=None):
        made = np.empty(a.shape, made_of)
        made.view(INT)[...] = 1
        return made

    made_of = dtype
    return ones_like


@overload("time.numpy.ones_like")
def ones_like(a, dtype=None):
    if _is_times(a) and kind(a.dtype) == "timedelta" and is_absent(dtype):
        return _ones_like(dtype_of(a))
