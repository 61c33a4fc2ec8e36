"""Helpers of code generators, boxers and unboxers (see `looplift._extension`).

Boxers and unboxers run on objects, where what fails raises; what they do in case of a failure is passed over (`early_exit_if`).
"""

from contextlib import contextmanager

from looplift._recording import Slot, Symbol
from looplift._recording import struct_proxy as create_struct_proxy
from looplift.errors import UnsupportedError

true_bit, false_bit = True, False
true_byte, false_byte = 1, 0


class _Left(Exception):
    """A block that is left early: its stack knows."""


def is_not_null(builder, value):
    """Whether there is an object (an error, for instance)."""
    return value is not None


def is_null(builder, value):
    """Whether there is none."""
    return value is None


def alloca_once(builder, ty=None, size=None, name="", zfill=False):
    """A variable: `builder.store` and `builder.load` write and read it."""
    if size is not None:
        raise UnsupportedError("variables hold one value here")
    return Slot()


def alloca_once_value(builder, value, name="", zfill=False):
    """A variable that holds a value."""
    return Slot(value)


@contextmanager
def early_exit_if(builder, stack, condition):
    """A block that runs if the condition holds; the stack's `with` statement is left after it."""
    if isinstance(condition, Symbol):
        raise UnsupportedError("code generators are straight-line code here: there are no blocks")
    if condition:
        stack.push(lambda kind, value, traceback: kind is _Left)
        yield
        raise _Left
    builder.passing += 1
    try:
        yield
    finally:
        builder.passing -= 1


def early_exit_if_null(builder, stack, value):
    """As `early_exit_if`, if there is no object."""
    return early_exit_if(builder, stack, value is None)


def unpack_tuple(builder, value, count=None):
    """The elements of a tuple."""
    return [builder.extract_value(value, k) for k in range(count)]


def pack_array(builder, values, ty=None):
    """A tuple of values."""
    recorder = builder.recorder
    from looplift._recording import text

    return recorder.line("(" + "".join(text(v) + ", " for v in values) + ")")


__all__ = [
    "alloca_once", "alloca_once_value", "create_struct_proxy", "early_exit_if", "early_exit_if_null", "false_bit", "false_byte", "is_not_null",
    "is_null", "pack_array", "true_bit", "true_byte", "unpack_tuple",
]  # fmt: skip
