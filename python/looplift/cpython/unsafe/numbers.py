"""Bits of integers in compiled code."""

from looplift import types
from looplift.errors import TypingError
from looplift.extending import overload

__all__ = ["leading_zeros", "trailing_zeros"]


def leading_zeros(x):
    """How many of the highest bits of a machine integer are zero."""
    raise NotImplementedError("machine integers exist in compiled code only")


def trailing_zeros(x):
    """How many of the lowest bits of a machine integer are zero."""
    raise NotImplementedError("machine integers exist in compiled code only")


def _integer(function, x):
    if not isinstance(x, types.Integer):
        raise TypingError(f"{function.__name__} is only defined for integers, but value passed was '{x}'.")


@overload(leading_zeros)
def _leading_zeros(x):
    _integer(leading_zeros, x)
    width = types.unliteral(x).bitwidth

    def implementation(x):
        count = 0
        for k in range(width - 1, -1, -1):
            if (x >> k) & 1:
                break
            count += 1
        return count

    return implementation


@overload(trailing_zeros)
def _trailing_zeros(x):
    _integer(trailing_zeros, x)
    width = types.unliteral(x).bitwidth

    def implementation(x):
        count = 0
        for k in range(width):
            if (x >> k) & 1:
                break
            count += 1
        return count

    return implementation
