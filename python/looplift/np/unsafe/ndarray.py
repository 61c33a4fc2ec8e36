"""Arrays as tuples in compiled code."""

from looplift import types
from looplift.errors import TypingError
from looplift.extending import overload

__all__ = ["to_fixed_tuple"]


def to_fixed_tuple(array, length):
    """The first `length` elements of an array of one dimension as a tuple; the length is constant."""
    return tuple(array[:length])


@overload(to_fixed_tuple, prefer_literal=True)
def _to_fixed_tuple(array, length):
    if not isinstance(array, types.Array):
        raise TypingError(f"to_fixed_tuple takes an array, not {array}")
    if array.ndim != 1:
        raise TypingError(f"Not supported on array.ndim={array.ndim}")
    if not isinstance(length, types.IntegerLiteral):
        raise TypingError("*length* argument must be a constant")
    if length.literal_value < 0:
        raise TypingError("the length is not negative")
    scope = {}
    exec(f"def implementation(array, length):\n    return ({''.join(f'array[{k}], ' for k in range(length.literal_value))})\n", scope)  # of places
    return scope["implementation"]
