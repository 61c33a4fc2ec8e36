"""Slices: members that are None where the step's sign decides what they mean, and `indices`."""

from looplift.errors import TypingError
from looplift.library._registry import overload
from looplift.library._types import is_index

_MOST = 2**63 - 1
_LEAST = -(2**63)


@overload("slice@start")
def start(s):
    def implementation(s):
        return _MOST if s.step < 0 else 0

    return implementation


@overload("slice@stop")
def stop(s):
    def implementation(s):
        return _LEAST if s.step < 0 else _MOST

    return implementation


def _within(position, length, low, high):
    """A position counted from the front, at least `low` and at most `high`."""
    if position < 0:
        position += length
        return max(position, low)
    return min(position, high)


def _indices(s, length):
    n = int(length)
    if n < 0:
        raise ValueError("length should not be negative")
    step = s.step
    if step == 0:
        raise ValueError("slice step cannot be zero")
    low = -1 if step < 0 else 0
    high = n - 1 if step < 0 else n
    return _within(s.start, n, low, high), _within(s.stop, n, low, high), step


@overload("slice.indices")
def indices(s, *length):
    if len(length) != 1:
        raise TypingError(f"indices() takes exactly one argument ({len(length)} given)")
    if not is_index(length[0]):
        raise TypingError(f"'{length[0]}' object cannot be interpreted as an integer")
    return _indices
