"""Functions of functions: `functools.reduce`."""

from looplift.library._registry import overload
from looplift.library._types import is_array, is_range, is_tuple


def _reduce_from(function, iterable, initial):
    total = initial
    for x in iterable:
        total = function(total, x)
    return total


def _reduce(function, iterable):
    n = len(iterable)
    if n == 0:
        raise TypeError("reduce() of empty iterable with no initial value")
    total = iterable[0]
    for i in range(1, n):
        total = function(total, iterable[i])
    return total


@overload("functools.reduce")
def reduce_(function, iterable, initial=None):
    if initial is not None:
        return _reduce_from
    return _reduce if is_range(iterable) or is_array(iterable) or is_tuple(iterable) else None
