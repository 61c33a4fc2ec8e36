"""Broadcasting: one shape for several arrays, and arrays stretched to it."""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_array,
    is_index,
    is_number,
    is_shape,
    is_tuple,
    kind,
    storage,
    text,
)
from looplift.library._views import strided

_MISFIT = "shape mismatch: objects cannot be broadcast to a single shape"


def stretched(shape, strides, target):
    """Byte strides that give an array of `shape` the shape `target`."""
    if len(target) == 0:
        return ()
    if len(target) > len(shape):
        return (0,) + stretched(shape, strides, target[1:])
    if shape[0] == target[0]:
        step = strides[0]
    elif shape[0] == 1:
        step = 0
    else:
        raise ValueError("operands could not be broadcast together with remapped shapes")
    return (step,) + stretched(shape[1:], strides[1:], target[1:])


def common_shape(a, b):
    """The shape that two shapes broadcast to."""
    if len(a) == 0:
        return b
    if len(b) == 0:
        return a
    if len(a) > len(b):
        return (a[0],) + common_shape(a[1:], b)
    if len(b) > len(a):
        return (b[0],) + common_shape(a, b[1:])
    if a[0] == b[0] or b[0] == 1:
        n = a[0]
    elif a[0] == 1:
        n = b[0]
    else:
        raise ValueError(_MISFIT)
    return (n,) + common_shape(a[1:], b[1:])


def stretch(a, shape):
    """The array broadcast: a view, which may be written to."""
    return strided(a, 0, shape, stretched(a.shape, a.strides, shape))


def _check_lengths(shape):
    for n in shape:
        if n < 0:
            raise ValueError("all elements of broadcast shape must be non-negative")


def _broadcast_to(array, shape):
    _check_lengths(shape)
    return strided(array, 0, shape, stretched(array.shape, array.strides, shape), "A", None, False)


def _broadcast_to_length(array, shape):
    return _broadcast_to(array, (shape,))


@cache
def _broadcast_number(t, is_int):
    def broadcast_to(array, shape):
        cell = np.empty((), t)
        cell[...] = array
        return _broadcast_to(cell, (shape,))

    def broadcast_to_tuple(array, shape):
        cell = np.empty((), t)
        cell[...] = array
        return _broadcast_to(cell, shape)

    return broadcast_to if is_int else broadcast_to_tuple


def _broadcast_narrow(array, shape):
    raise ValueError("input operand has more dimensions than allowed by the axis remapping")


@overload("numpy.broadcast_to")
def broadcast_to(array, shape):
    if not is_shape(shape):
        return None
    if is_array(array):
        count = 1 if is_index(shape) else shape.count
        if count == 0 and array.ndim:
            raise TypingError("Cannot broadcast a non-scalar to a scalar array")
        if count < array.ndim:
            return _broadcast_narrow
        return _broadcast_to_length if is_index(shape) else _broadcast_to
    if is_number(array):
        return _broadcast_number(element_class(array), is_index(shape))
    if text(array) is not None:
        return _broadcast_number(storage(array), is_index(shape))


def _as_shape(s):
    if isinstance(s, tuple):
        return s
    return (s,)


def _shape_of_all(shapes):
    if len(shapes) == 0:
        return ()
    shape = _as_shape(shapes[0])
    for n in shape:
        if n < 0:
            raise ValueError("negative dimensions are not allowed")
    return common_shape(shape, _shape_of_all(shapes[1:]))


def _broadcast_shapes(*args):
    return _shape_of_all(args)


@overload("numpy.broadcast_shapes")
def broadcast_shapes(*args):
    for k, t in enumerate(args):
        if not is_shape(t):
            raise TypingError(f"Argument {k} must be either an int or tuple[int]. Got {t}")
    return _broadcast_shapes


def _shape_of_arrays(arrays):
    if len(arrays) == 0:
        return ()
    return common_shape(arrays[0].shape, _shape_of_arrays(arrays[1:]))


def _stretch_all(arrays, shape):
    if len(arrays) == 0:
        return ()
    a = arrays[0]
    return (strided(a, 0, shape, stretched(a.shape, a.strides, shape)),) + _stretch_all(arrays[1:], shape)


def _as_arrays(args):
    if len(args) == 0:
        return ()
    return (np.asarray(args[0]),) + _as_arrays(args[1:])


def _broadcast_arrays(*args):
    arrays = _as_arrays(args)
    return _stretch_all(arrays, _shape_of_arrays(arrays))


def _broadcast_numbers(*args):
    arrays = _as_arrays(args)
    return _stretch_all(arrays, (1,))


@overload("numpy.broadcast_arrays")
def broadcast_arrays(*args):
    if args and all(map(is_number, args)):
        # As Numba: numbers alone become arrays of one element.
        return _broadcast_numbers
    for k, t in enumerate(args):
        if not (is_array(t) or is_number(t) or is_tuple(t) or kind(t) == "list"):
            raise TypingError(f'Argument "{k}" must be array-like')
    if args and all(is_array(t) or is_number(t) for t in args):
        return _broadcast_arrays
