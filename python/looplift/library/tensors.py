"""Products over chosen axes: tensordot, kron, chains of matrices."""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import element_class, is_array, is_int, is_number, is_tuple, kind, promote
from looplift.library._views import strided
from looplift.library.products import product_of


@cache
def _kron(t, m, n):
    if m == n == 1:

        def kron(a, b):
            return np.outer(a, b).ravel()

    else:

        def kron(a, b):
            x = a.reshape((1, a.size)) if m == 1 else a
            y = b.reshape((1, b.size)) if n == 1 else b
            rows, columns = y.shape
            out = np.empty((x.shape[0] * rows, x.shape[1] * columns), t)
            for i in range(x.shape[0]):
                for j in range(x.shape[1]):
                    factor = t(x[i, j])
                    for k in range(rows):
                        for p in range(columns):
                            out[i * rows + k, j * columns + p] = t(factor * t(y[k, p]))
            return out

    return kron


@cache
def _as_matrix(ndim):
    if ndim == 2:

        def matrix(a):
            return a

    else:

        def matrix(a):
            return a.copy().reshape((1, a.size))

    return matrix


@cache
def _kron_of_matrices(t, m, n):
    first, second = _as_matrix(m), _as_matrix(n)
    multiply = _kron(t, 2, 2)

    def kron(a, b):
        return multiply(first(a), second(b))

    return kron


def _number_first(a, b):
    return np.multiply(np.array([a]), b)


def _number_last(a, b):
    return np.multiply(a, np.array([b]))


def _numbers(a, b):
    return np.multiply(a, b)


@overload("numpy.kron")
def kron(a, b):
    if is_number(a) and is_number(b):
        return _numbers
    if is_number(a) and is_array(b) and b.ndim:
        return _number_first
    if is_array(a) and a.ndim and is_number(b):
        return _number_last
    if is_array(a) and is_array(b) and a.ndim in (1, 2) and b.ndim in (1, 2):
        classes = element_class(a), element_class(b)
        if None in classes:
            return None
        t = promote(*classes)
        return _kron(t, 1, 1) if a.ndim == b.ndim == 1 else _kron_of_matrices(t, a.ndim, b.ndim)


def _chain(arrays):
    """The product from the left."""
    if len(arrays) == 1:
        return arrays[0]
    return _chain((np.dot(arrays[0], arrays[1]),) + arrays[2:])


def _three(arrays):
    """Of three matrices, in the cheaper order."""
    a, b, c = arrays
    m, k = a.shape
    n, p = c.shape
    if m * k * n + m * n * p <= k * n * p + m * k * p:
        return np.dot(np.dot(a, b), c)
    return np.dot(a, np.dot(b, c))


def _chain_of_list(arrays):
    if len(arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    found = np.dot(arrays[0], arrays[1])
    for i in range(2, len(arrays)):
        found = np.dot(found, arrays[i])
    return found


@overload("numpy.linalg.multi_dot")
def multi_dot(arrays):
    if kind(arrays) == "list" and is_array(arrays.dtype, 2):
        return _chain_of_list
    if is_tuple(arrays) and arrays.count >= 2 and all(is_array(e) and e.ndim in (1, 2) for e in arrays.types):
        three = arrays.count == 3 and all(e.ndim == 2 for e in arrays.types)
        return _three if three else _chain


# tensordot


@cache
def _last_and_first(n):
    """The last `n` axes of one with the first `n` of the other."""

    def tensordot(a, b):
        m = len(a.shape) - n
        _check_shapes(a.shape[m:], b.shape[:n])
        k = product_of(b.shape[:n])
        x = np.ascontiguousarray(a).reshape((product_of(a.shape[:m]), k))
        y = np.ascontiguousarray(b).reshape((k, product_of(b.shape[n:])))
        return np.dot(x, y).reshape(a.shape[:m] + b.shape[n:])

    return tensordot


def _check_shapes(x, y):
    for i in range(len(x)):
        if x[i] != y[i]:
            raise ValueError("shape-mismatch for sum")


@cache
def _whole(n):
    def tensordot(a, b):
        _check_shapes(a.shape, b.shape)
        return np.array(np.dot(np.ascontiguousarray(a).ravel(), np.ascontiguousarray(b).ravel()))

    return tensordot


def _items(values, order):
    """The values at the positions of a tuple."""
    if len(order) == 0:
        return ()
    return (values[order[0]],) + _items(values, order[1:])


def _positions(axes, ndim):
    """Axes counted from the front."""
    if len(axes) == 0:
        return ()
    axis = axes[0]
    if axis < -ndim or axis >= ndim:
        raise IndexError("tuple index out of range")
    return (axis + ndim if axis < 0 else axis,) + _positions(axes[1:], ndim)


@cache
def other_axes(count):
    """The `count` axes that are not among those given, ascending."""
    places = tuple(range(count))

    def others(axes, ndim):
        out = places
        k = 0
        for axis in range(ndim):
            if axis not in axes and k < count:
                out = _replaced(out, k, axis)
                k += 1
        return out

    return others


def _replaced(values, k, value):
    if len(values) == 0:
        return ()
    return (value if k == 0 else values[0],) + _replaced(values[1:], k - 1, value)


def with_axes(a, order):
    """The array with its axes in another order: a view."""
    return strided(a, 0, _items(a.shape, order), _items(a.strides, order), writable=False)


@cache
def _over_axes(n, rest_a, rest_b):
    others_a, others_b, contract = other_axes(rest_a), other_axes(rest_b), _last_and_first(n)

    def tensordot(a, b, first, second):
        x = _positions(first, len(a.shape))
        y = _positions(second, len(b.shape))
        return contract(with_axes(a, others_a(x, len(a.shape)) + x), with_axes(b, y + others_b(y, len(b.shape))))

    return tensordot


@cache
def _with_axes(compute, given):
    if given == "count":

        def tensordot(a, b, axes=2):
            return compute(a, b)

    elif given == "tuples":

        def tensordot(a, b, axes=2):
            return compute(a, b, axes[0], axes[1])

    else:

        def tensordot(a, b, axes=2):
            return compute(a, b, (axes[0],), (axes[1],))

    return tensordot


@overload("numpy.tensordot")
def tensordot(a, b, axes=2):
    if not (is_array(a) and is_array(b)):
        return None
    if isinstance(axes, int) or kind(axes) == "literal_int":
        n = axes if isinstance(axes, int) else axes.literal_value
        if 0 <= n <= min(a.ndim, b.ndim):
            return _with_axes(_whole(n) if n == a.ndim == b.ndim else _last_and_first(n), "count")
    if is_tuple(axes) and axes.count == 2:
        first, second = axes.types
        if is_int(first) and is_int(second):
            n, form = 1, "numbers"
        elif is_tuple(first) and is_tuple(second) and first.count == second.count:
            n, form = first.count, "tuples"
        else:
            return None
        if n <= min(a.ndim, b.ndim) and not n == a.ndim == b.ndim:
            return _with_axes(_over_axes(n, a.ndim - n, b.ndim - n), form)
