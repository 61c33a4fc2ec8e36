"""Views of an array's memory with any shape and strides: what transposing, broadcasting and diagonals are made of.

`strided` is a primitive of the compiler and checks nothing: callers of this library answer for what they make. The body here is
for the interpreter.
"""

import numpy as np


class _Memory:
    """Memory of `base` described by NumPy's array interface."""

    def __init__(self, base, interface):
        self.base = base
        self.__array_interface__ = interface


def strided(a, offset, shape, strides, layout="A", dtype=None, writable=True):
    """The memory of `a` from byte `offset` on, seen in another shape with these byte strides.

    `layout` says what the caller knows of the result: "C" or "F" contiguous, or "A".
    """
    t = a.dtype if dtype is None else np.dtype(dtype)
    address, readonly = a.__array_interface__["data"]
    interface = {
        "version": 3,
        "shape": tuple(map(int, shape)),
        "strides": tuple(map(int, strides)),
        "typestr": t.str,
        "data": (address + int(offset), readonly or not writable),
    }
    view = np.asarray(_Memory(a, interface))
    if not writable:
        view.flags.writeable = False
    return view


def address(a):
    """The address of the first element: a primitive as well."""
    return a.__array_interface__["data"][0]


# Tuples of lengths and strides


def replaced(t, k, value):
    """The tuple with item `k` replaced."""
    if len(t) == 0:
        return ()
    if k == 0:
        return (value,) + t[1:]
    return (t[0],) + replaced(t[1:], k - 1, value)


def inserted(t, k, value):
    """The tuple with one more item before item `k`."""
    if k == 0 or len(t) == 0:
        return (value,) + t
    return (t[0],) + inserted(t[1:], k - 1, value)


def reversed_tuple(t):
    if len(t) == 0:
        return ()
    return reversed_tuple(t[1:]) + (t[0],)


def product(t):
    """The product of the items, 1 of none."""
    n = 1
    for x in t:
        n *= x
    return n


def iota(n, t):
    """`n`, `n + 1`, ..., as many as `t` has items."""
    if len(t) == 0:
        return ()
    return (n,) + iota(n + 1, t[1:])
