"""Helpers of code generators, boxers and unboxers (see `looplift._extension`)."""

from contextlib import contextmanager

from looplift._recording import struct_proxy as create_struct_proxy

true_bit, false_bit = True, False


def is_not_null(builder, value):
    """Whether there is an object (an error, for instance)."""
    return value is not None


def is_null(builder, value):
    """Whether there is none."""
    return value is None


@contextmanager
def early_exit_if_null(builder, stack, value):
    """Operations on objects that fail raise."""
    yield


def unpack_tuple(builder, value, count=None):
    """The elements of a tuple."""
    return [builder.extract_value(value, k) for k in range(count)]


def pack_array(builder, values, ty=None):
    """A tuple of values."""
    recorder = builder.recorder
    from looplift._recording import text

    return recorder.line("(" + "".join(text(v) + ", " for v in values) + ")")


__all__ = ["create_struct_proxy", "early_exit_if_null", "false_bit", "is_not_null", "is_null", "pack_array", "true_bit", "unpack_tuple"]
