"""Small things that programs import."""

import inspect
import sys

PYVERSION = sys.version_info[:2]
MACHINE_BITS = 64 if sys.maxsize > 2**32 else 32


def pysignature(func):
    """`inspect.signature`."""
    return inspect.signature(func)


def get_hashable_key(value):
    """Something that tells `value` from others and can be a key."""
    try:
        hash(value)
    except TypeError:
        return id(value)
    return value
