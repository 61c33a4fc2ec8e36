"""Products of vectors and matrices: dot, vdot, inner, outer, matmul, trace, cross of three."""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import element_class, is_array, is_number, kind_of, promote


@cache
def _dot_of_vectors(t):
    zero = t(0)

    def dot(a, b):
        n = len(a)
        if n != len(b):
            raise ValueError("shapes are not aligned")
        s = zero
        for i in range(n):
            s = t(s + t(a[i]) * t(b[i]))
        return s

    return dot


@cache
def _matrix_times_vector(t):
    def dot(a, b):
        rows, n = a.shape
        if n != len(b):
            raise ValueError("shapes are not aligned")
        out = np.zeros(rows, t)
        for i in range(rows):
            s = t(0)
            for k in range(n):
                s = t(s + t(a[i, k]) * t(b[k]))
            out[i] = s
        return out

    return dot


@cache
def _vector_times_matrix(t):
    def dot(a, b):
        n, columns = b.shape
        if n != len(a):
            raise ValueError("shapes are not aligned")
        out = np.zeros(columns, t)
        for k in range(n):
            x = t(a[k])
            for j in range(columns):
                out[j] = t(out[j] + x * t(b[k, j]))
        return out

    return dot


@cache
def _matrix_product(t):
    def dot(a, b):
        rows, n = a.shape
        m, columns = b.shape
        if n != m:
            raise ValueError("shapes are not aligned")
        out = np.zeros((rows, columns), t)
        for i in range(rows):
            for k in range(n):
                x = t(a[i, k])
                for j in range(columns):
                    out[i, j] = t(out[i, j] + x * t(b[k, j]))
        return out

    return dot


_FORMS = {(1, 1): _dot_of_vectors, (2, 1): _matrix_times_vector, (1, 2): _vector_times_matrix, (2, 2): _matrix_product}


def _common(a, b):
    """The common element class of two arrays of numbers; of bools, the product is another one."""
    t = promote(element_class(a), element_class(b))
    return None if kind_of(t) == "b" else t


def _dot(a, b):
    if is_array(a) and is_array(b):
        form, t = _FORMS.get((a.ndim, b.ndim)), _common(a, b)
        return None if form is None or t is None else form(t)


@overload("numpy.dot", "array.dot", "numpy.matmul", "array.__matmul__")
def dot(a, b):
    return _dot(a, b)


@overload("numpy.inner")
def inner(a, b):
    if is_array(a, 1) and is_array(b, 1):
        return _dot(a, b)


@cache
def _vdot(t, flat_a, flat_b):
    zero = t(0)

    def vdot(a, b):
        x = flat_a(a)
        y = flat_b(b)
        n = len(x)
        if n != len(y):
            raise ValueError("cannot reshape array: the arrays have different sizes")
        s = zero
        for i in range(n):
            s = t(s + np.conjugate(t(x[i])) * t(y[i]))
        return s

    return vdot


def _itself(a):
    return a


def _flat_c(a):
    return a.ravel()


def _flat_copy(a):
    return a.copy().ravel()


def _flat(t):
    return _itself if t.ndim == 1 else _flat_c if t.is_c_contig else _flat_copy


@overload("numpy.vdot")
def vdot(a, b):
    if is_array(a) and is_array(b):
        t = _common(a, b)
        return None if t is None else _vdot(t, _flat(a), _flat(b))


@cache
def _outer(t, flat_a, flat_b):
    def outer(a, b):
        x = flat_a(a)
        y = flat_b(b)
        out = np.empty((len(x), len(y)), t)
        for i in range(len(x)):
            for j in range(len(y)):
                out[i, j] = t(t(x[i]) * t(y[j]))
        return out

    return outer


@overload("numpy.outer")
def outer(a, b):
    if is_array(a) and is_array(b):
        t = _common(a, b)
        return None if t is None else _outer(t, _flat(a), _flat(b))


@cache
def _trace(t):
    def trace(a, offset=0):
        rows, columns = a.shape
        s = t(0)
        for i in range(max(0, -offset), min(rows, columns - offset)):
            s = t(s + t(a[i, i + offset]))
        return s

    return trace


@overload("numpy.trace", "array.trace")
def trace(a, offset=0):
    if is_array(a, 2) and (offset == 0 or is_number(offset)):
        element = element_class(a)
        kind = kind_of(element)
        return _trace(np.int64 if kind in "bi" else np.uint64 if kind == "u" else element)


@cache
def _cross(t):
    def cross(a, b):
        if len(a) != 3 or len(b) != 3:
            raise ValueError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
        out = np.empty(3, t)
        out[0] = t(a[1]) * t(b[2]) - t(a[2]) * t(b[1])
        out[1] = t(a[2]) * t(b[0]) - t(a[0]) * t(b[2])
        out[2] = t(a[0]) * t(b[1]) - t(a[1]) * t(b[0])
        return out

    return cross


@overload("numpy.cross")
def cross(a, b):
    if is_array(a, 1) and is_array(b, 1):
        t = _common(a, b)
        return None if t is None else _cross(t)
