"""ufuncs of two bools that NumPy has no loop of its own for: they are computed as int8."""

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import is_bool

_BINARY = ("floor_divide", "remainder", "power", "fmod")


def _register(function):
    def of_bytes(x1, x2):
        return np.int8(function(np.int8(x1), np.int8(x2)))

    def ufunc(x1, x2):
        return of_bytes if is_bool(x1) and is_bool(x2) else None

    return ufunc


def _divmod(x1, x2):
    q, r = np.divmod(np.int8(x1), np.int8(x2))
    return np.int8(q), np.int8(r)


def _reciprocal(x):
    return np.int8(1) if x else np.int8(0)


def _bitwise_count(x):
    return np.uint8(1) if x else np.uint8(0)


for _name in _BINARY:
    overload("general." + _name)(_register(getattr(np, _name)))


@overload("general.divmod")
def divmod_of(x1, x2):
    return _divmod if is_bool(x1) and is_bool(x2) else None


@overload("general.reciprocal")
def reciprocal(x):
    return _reciprocal if is_bool(x) else None


@overload("general.bitwise_count")
def bitwise_count(x):
    return _bitwise_count if is_bool(x) else None
