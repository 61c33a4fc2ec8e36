"""Tuples in compiled code: with another item at a place, and of whole slices."""

from looplift import types
from looplift.errors import RequireLiteralValue, TypingError
from looplift.extending import overload

__all__ = ["build_full_slice_tuple", "tuple_setitem"]


def tuple_setitem(tup, idx, val):
    """The tuple with `val` at `idx`, which may be known at run time only."""
    index = idx + len(tup) if idx < 0 else idx
    if not 0 <= index < len(tup):
        raise IndexError("tuple index out of range")
    return (*tup[:index], val, *tup[index + 1 :])


@overload(tuple_setitem)
def _tuple_setitem(tup, idx, val):
    if not isinstance(tup, types.BaseTuple) or not isinstance(idx, types.Integer):
        raise TypingError(f"tuple_setitem takes a tuple, an integer and a value, not {tup}, {idx}, {val}")
    items = "".join(f"val if index == {k} else tup[{k}], " for k in range(len(tup)))
    text = f"""def implementation(tup, idx, val):
    index = idx + {len(tup)} if idx < 0 else idx
    if not 0 <= index < {len(tup)}:
        raise IndexError("tuple index out of range")
    return ({items})
"""
    scope = {}
    exec(text, scope)  # of places in a tuple
    return scope["implementation"]


def build_full_slice_tuple(sz):
    """`sz` slices of everything; the number is constant."""
    return (slice(None),) * sz


@overload(build_full_slice_tuple, prefer_literal=True)
def _build_full_slice_tuple(sz):
    if not isinstance(sz, types.IntegerLiteral):
        raise RequireLiteralValue("the number of slices is a constant")
    slices = (slice(None),) * sz.literal_value
    text = f"def implementation(sz):\n    return ({'slice(None), ' * len(slices)})\n"
    scope = {}
    exec(text, scope)  # of slices
    return scope["implementation"]
