"""Membership of numbers that are no integers in ranges."""

from looplift.library._registry import overload
from looplift.library._types import kind


def _has(r, x):
    # No range reaches further; what is infinite or NaN is no integer.
    if not (-9223372036854775808.0 <= x < 9223372036854775808.0):
        return False
    n = int(x)
    return n == x and n in r


def _has_complex(r, x):
    return x.imag == 0.0 and _has(r, x.real)


def _lacks(r, x):
    return not _has(r, x)


def _lacks_complex(r, x):
    return not _has_complex(r, x)


@overload("range.__contains__")
def range_contains(r, x):
    return {"float": _has, "complex": _has_complex}.get(kind(x))


@overload("range.__not_contains__")
def range_not_contains(r, x):
    return {"float": _lacks, "complex": _lacks_complex}.get(kind(x))
