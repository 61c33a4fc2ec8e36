"""Reducing along one axis: the array is seen as (outer, n, inner), the axis in the middle."""

import numpy as np

AxisError = getattr(np, "exceptions", np).AxisError


def normal_axis(axis, ndim, what=None):
    """The axis counted from the front; `what` begins the message of the error."""
    if axis < -ndim or axis >= ndim:
        raise AxisError(axis, ndim, what)
    if axis < 0:
        return axis + ndim
    return axis


def without(shape, axis):
    """The shape less one dimension."""
    if len(shape) == 1:
        return ()
    if axis == 0:
        return shape[1:]
    return (shape[0],) + without(shape[1:], axis - 1)


def with_length(shape, axis, n):
    """The shape with dimension `axis` replaced by `n`."""
    if len(shape) == 0:
        return ()
    if axis == 0:
        return (n,) + shape[1:]
    return (shape[0],) + with_length(shape[1:], axis - 1, n)


def before(shape, axis):
    """The product of the lengths of the dimensions before `axis`."""
    n = 1
    for k in range(axis):
        n *= shape[k]
    return n


def after(shape, axis):
    n = 1
    for k in range(axis + 1, len(shape)):
        n *= shape[k]
    return n


def three(a, axis):
    """A C-contiguous array of three dimensions, the given axis the middle one: a view."""
    return a.reshape((before(a.shape, axis), a.shape[axis], after(a.shape, axis)))


def lowered(axes, k):
    """The other axes, counted when axis `k` is gone."""
    if len(axes) == 0:
        return ()
    if axes[0] == k:
        raise ValueError("duplicate value in 'axis'")
    return (axes[0] - 1 if axes[0] > k else axes[0],) + lowered(axes[1:], k)
