"""`dtype`, `casting` and `out` of `numpy.stack` and its like, in terms of `numpy.concatenate`."""

from functools import cache

import numpy as np

from looplift.library._adapting import depth_of
from looplift.library._registry import overload
from looplift.library._types import is_absent, is_array, is_index, is_tuple
from looplift.library.joining import members


@cache
def _lifted(lift):
    """A function of a tuple of arrays: each one lifted."""

    def lifted(arrays):
        if len(arrays) == 0:
            return ()
        return (lift(arrays[0]),) + lifted(arrays[1:])

    return lifted


def _with_axis(arrays, axis):
    if len(arrays) == 0:
        return ()
    return (np.expand_dims(arrays[0], axis),) + _with_axis(arrays[1:], axis)


@cache
def _plain(lift, axis):
    """What is joined along a known axis once its members have enough of them."""
    lifted = _lifted(lift)

    def stack(tup, *, dtype=None, casting="same_kind"):
        return np.concatenate(lifted(tup), axis, dtype=dtype, casting=casting)

    return stack


def _line(a):
    return np.atleast_1d(a)


def _table(a):
    return np.atleast_2d(a)


# Name: how members are lifted, and the fewest dimensions that they have then.
_LIFTS = {"vstack": (_table, 2), "hstack": (_line, 1)}


def _as_arrays(t):
    if len(t) == 0:
        return ()
    return (np.asarray(t[0]),) + _as_arrays(t[1:])


def _has_sequences(t):
    """A tuple of arrays and sequences of numbers, with at least one of these."""
    return is_tuple(t) and any(map(depth_of, t.types)) and all(is_array(e) or depth_of(e) for e in t.types)


def _register(name):
    function = getattr(np, name)
    lift, fewest = _LIFTS[name]

    def of_sequences(tup):
        return function(_as_arrays(tup))

    def stack(tup, *, dtype=None, casting="same_kind"):
        if _has_sequences(tup) and is_absent(dtype):
            return of_sequences
        types = members(tup) if is_tuple(tup) else None
        if types and not is_absent(dtype):
            ndim = max(fewest, *(t.ndim for t in types))
            return _plain(lift, 0 if name == "vstack" or ndim == 1 else 1)

    overload("option." + name)(stack)


for _name in _LIFTS:
    _register(_name)


@cache
def _stack(into, typed, given):
    target = np.concatenate

    def plain(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
        k = axis if given else 0
        if into:
            return target(_with_axis(arrays, k), k, out)
        if typed:
            return target(_with_axis(arrays, k), k, dtype=dtype, casting=casting)
        return target(_with_axis(arrays, k), k)

    return plain


@overload("option.stack")
def stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    types = members(arrays) if is_tuple(arrays) else None
    if not types or not (axis == 0 or is_index(axis)) or not (is_absent(out) or is_array(out)):
        return None
    if is_absent(out) != is_absent(dtype):
        return _stack(is_array(out), not is_absent(dtype), hasattr(axis, "kind"))
