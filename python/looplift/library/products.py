"""Products of vectors, matrices and stacks of them: dot, vdot, inner, outer, matmul, trace, cross.

Floats and complex numbers go to the runtime's kernels, whatever the strides; integers and bools are multiplied by loops.
"""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library._native import gemm
from looplift.library._registry import overload
from looplift.library._types import NUMPY, element_class, is_absent, is_array, is_index, is_number, kind_of, promote


# Element types whose products the runtime's kernels make, by number.
KERNELS = {np.float32: 0, np.float64: 1, np.complex64: 2, np.complex128: 3}


def _itself(a):
    return a


@cache
def converted(given, t):
    """A function that gives an array with elements of class `t`: itself if it has them already."""
    if given is t:
        return _itself

    def convert(a):
        return a.astype(t)

    return convert


@cache
def _into(t):
    """`out = a @ b` for matrices of class `t`; `out` is fresh and C-contiguous."""
    kernel = KERNELS.get(t)
    if kernel is not None:

        def into(a, b, out):
            m, k = a.shape
            n = b.shape[1]
            status = gemm(
                kernel,
                m,
                k,
                n,
                a,
                a.strides[0],
                a.strides[1],
                b,
                b.strides[0],
                b.strides[1],
                out,
                out.strides[0],
                out.strides[1],
            )
            if status != 0:
                raise MemoryError("the product of the matrices failed")

    elif kind_of(t) == "b":

        def into(a, b, out):
            m, k = a.shape
            n = b.shape[1]
            out[:, :] = False
            for i in range(m):
                for p in range(k):
                    if a[i, p]:
                        for j in range(n):
                            out[i, j] = out[i, j] or b[p, j]

    else:

        def into(a, b, out):
            m, k = a.shape
            n = b.shape[1]
            out[:, :] = 0
            for i in range(m):
                for p in range(k):
                    x = a[i, p]
                    for j in range(n):
                        out[i, j] = t(out[i, j] + x * b[p, j])

    return into


def _aligned(n, m, a, b):
    """That the last axis of one array and the first but last of the other have the same length; their shapes are `a`, `b`."""
    if n != m:
        first = len(a) - 1
        second = max(len(b) - 2, 0)
        raise ValueError(
            f"shapes {_shape_text(a)} and {_shape_text(b)} not aligned: {n} (dim {first}) != {m} (dim {second}) (incompatible array sizes)"
        )


def _inner_aligned(n, m, a, b):
    """The same of two last axes: NumPy speaks of the transposed array."""
    if n != m:
        _aligned(n, m, a, _last_two_swapped(b))


def _last_two_swapped(shape):
    if len(shape) < 2:
        return shape
    return shape[:-2] + (shape[-1], shape[-2])


def _shape_text(shape):
    """A shape as NumPy writes it."""
    if len(shape) == 1:
        return f"({shape[0]},)"
    return f"({shape[0]}{_rest_text(shape[1:])})"


def _rest_text(shape):
    if len(shape) == 0:
        return ""
    return f",{shape[0]}{_rest_text(shape[1:])}"


def _core_aligned(n, m, a, b):
    if n != m:
        raise ValueError(
            "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
            f"(n?,k),(k,m?)->(n?,m?) (size {m} is different from {n}) (incompatible array sizes)"
        )


def product_of(shape):
    """The product of the lengths of a shape."""
    n = 1
    for k in shape:
        n *= k
    return n


@cache
def _sum_of_products(t):
    """The product of two vectors."""
    if t in KERNELS:
        kernel = KERNELS[t]

        def dot(a, b):
            out = np.empty(1, t)
            gemm(kernel, 1, len(a), 1, a, 0, a.strides[0], b, b.strides[0], 0, out, 0, 0)
            return out[0]

    elif kind_of(t) == "b":

        def dot(a, b):
            for i in range(len(a)):
                if a[i] and b[i]:
                    return True
            return False

    else:
        zero = t(0)

        def dot(a, b):
            s = zero
            for i in range(len(a)):
                s = t(s + a[i] * b[i])
            return s

    return dot


@cache
def _dot(t, given, ndims, check):
    """The product of two arrays of `ndims` dimensions: over the last axis of one, the last but one of the other."""
    first, second = (converted(g, t) for g in given)
    into = _into(t)
    if ndims == (1, 1):
        multiply = _sum_of_products(t)

        def dot(a, b):
            check(len(a), len(b), a.shape, b.shape)
            return multiply(first(a), second(b))

    elif ndims == (2, 1):

        def dot(a, b):
            m, k = a.shape
            check(k, len(b), a.shape, b.shape)
            out = np.empty((m, 1), t)
            into(first(a), second(b)[:, None], out)
            return out.reshape(m)

    elif ndims == (1, 2):

        def dot(a, b):
            k, n = b.shape
            check(len(a), k, a.shape, b.shape)
            out = np.empty((1, n), t)
            into(first(a)[None, :], second(b), out)
            return out.reshape(n)

    elif ndims == (2, 2):

        def dot(a, b):
            check(a.shape[1], b.shape[0], a.shape, b.shape)
            out = np.empty((a.shape[0], b.shape[1]), t)
            into(first(a), second(b), out)
            return out

    elif ndims[1] == 1:

        def dot(a, b):
            k = len(b)
            check(a.shape[-1], k, a.shape, b.shape)
            rows = product_of(a.shape[:-1])
            out = np.empty((rows, 1), t)
            into(np.ascontiguousarray(first(a)).reshape((rows, k)), second(b)[:, None], out)
            return out.reshape(a.shape[:-1])

    else:
        lead = ndims[0] - 1

        def dot(a, b):
            k = a.shape[-1]
            check(k, b.shape[-2], a.shape, b.shape)
            rows = product_of(a.shape[:lead])
            outer = product_of(b.shape[:-2])
            columns = b.shape[-1]
            x = np.ascontiguousarray(first(a)).reshape((rows, k))
            y = np.ascontiguousarray(second(b)).reshape((outer, k, columns))
            out = np.empty((rows, outer, columns), t)
            part = np.empty((rows, columns), t)
            for i in range(outer):
                into(x, y[i], part)
                out[:, i] = part
            return out.reshape(a.shape[:lead] + b.shape[:-2] + b.shape[-1:])

    return dot


def _common(a, b):
    """The common element class of two arrays of numbers."""
    classes = element_class(a), element_class(b)
    return None if None in classes or np.float16 in classes else promote(*classes)


def _pair(a, b):
    return (element_class(a), element_class(b)), (a.ndim, b.ndim)


@cache
def _with_out(compute, t, ndim):
    def dot(a, b, out):
        found = compute(a, b)
        if found.shape != out.shape:
            raise ValueError(
                "output array is not acceptable (must have the right datatype, number of dimensions, and be a C-Array): "
                "incompatible output array size"
            )
        out[...] = found
        return out

    return dot


@cache
def _finished(compute, t, ndim, out, converts=False):
    """The implementation with or without an `out` argument, which has the result's class, or (`converts`) one of the same kind."""
    if is_absent(out):

        def dot(a, b, out=None):
            return compute(a, b)

        return dot
    if not is_array(out, ndim) or element_class(out) is None:
        return None
    if converts and np.can_cast(t, element_class(out), "same_kind"):
        return _with_out(compute, element_class(out), ndim)
    return _with_out(compute, t, ndim) if element_class(out) is t and out.is_c_contig else None


def _times(a, b):
    return np.multiply(a, b)


@overload("numpy.dot", "array.dot")
def dot(a, b, out=None):
    if is_array(a) and is_array(b) and a.ndim and b.ndim:
        t = _common(a, b)
        if t is None:
            return None
        compute = _dot(t, *_pair(a, b), _aligned)
        ndim = max(a.ndim - 1, 0) + max(b.ndim - 2, 0) + (b.ndim > 1)
        if is_absent(out):
            return compute if out is None else _finished(compute, t, ndim, None)
        return _finished(compute, t, ndim, out)
    if (is_array(a) or is_number(a)) and (is_array(b) or is_number(b)) and out is None:
        return _times


@cache
def batch_shape(m, n):
    """The common shape of two stacks of `m` and `n` dimensions."""
    pad_a, pad_b = (1,) * max(n - m, 0), (1,) * max(m - n, 0)

    def batch(a, b):
        return _common_lengths(pad_a + a, pad_b + b)

    return batch


def _common_lengths(a, b):
    if len(a) == 0:
        return ()
    n = a[0]
    if n == 1:
        n = b[0]
    elif b[0] != 1 and b[0] != n:
        raise ValueError("operands could not be broadcast together with remapped shapes")
    return (n,) + _common_lengths(a[1:], b[1:])


def _position(i, shape, own):
    """Where item `i` of a stack of a shape is in one of its own shape, which has ones where it is repeated."""
    if len(shape) == 0:
        return 0
    n = shape[-1]
    rest = _position(i // n, shape[:-1], own[:-1]) * own[-1]
    if own[-1] == 1:
        return rest
    return rest + i % n


@cache
def _stacked(t, given, ndims):
    """Products of stacks of matrices, broadcast against each other."""
    first, second = (converted(g, t) for g in given)
    into = _into(t)
    lead = [max(n - 2, 0) for n in ndims]
    batch = batch_shape(*lead)
    pad_a, pad_b = ((1,) * (max(lead) - n) for n in lead)

    def matmul(a, b):
        m, k = a.shape[-2:]
        _core_aligned(k, b.shape[-2], a.shape, b.shape)
        n = b.shape[-1]
        shape = batch(a.shape[:-2], b.shape[:-2])
        count = product_of(shape)
        x = np.ascontiguousarray(first(a)).reshape((product_of(a.shape[:-2]), m, k))
        y = np.ascontiguousarray(second(b)).reshape((product_of(b.shape[:-2]), k, n))
        out = np.empty((count, m, n), t)
        for i in range(count):
            into(
                x[_position(i, shape, pad_a + a.shape[:-2])],
                y[_position(i, shape, pad_b + b.shape[:-2])],
                out[i],
            )
        return out.reshape(shape + (m, n))

    if ndims[0] == 1:

        def vector_first(a, b):
            found = matmul(a[None, :], b)
            return found.reshape(b.shape[:-2] + b.shape[-1:])

        return vector_first
    if ndims[1] == 1:

        def vector_last(a, b):
            found = matmul(a, b[:, None])
            return found.reshape(a.shape[:-1])

        return vector_last
    return matmul


@overload("numpy.matmul", "array.__matmul__")
def matmul(a, b, out=None):
    if not (is_array(a) and is_array(b) and a.ndim and b.ndim):
        return None
    t = _common(a, b)
    if t is None:
        return None
    classes, ndims = _pair(a, b)
    compute = _dot(t, classes, ndims, _core_aligned) if max(ndims) <= 2 else _stacked(t, classes, ndims)
    if out is None:
        return compute
    ndim = 0 if ndims == (1, 1) else max(ndims) - (1 in ndims)
    return _finished(compute, t, ndim, out)


def _matmul_in_place(a, b):
    made = np.matmul(a, b)
    if made.shape != a.shape:
        raise ValueError("the result of the matrix product does not have the shape of what it is written to")
    a[...] = made
    return a


@overload("array.__imatmul__")
def matmul_in_place(a, b):
    if not (is_array(a) and is_array(b) and a.ndim):
        return None
    if b.ndim < 2:
        raise TypingError(
            "inplace matrix multiplication requires the first operand to have at least one and the second at least two dimensions."
        )
    if a.mutable and max(a.ndim, b.ndim) - (a.ndim == 1) == a.ndim and _common(a, b) is not None:
        return _matmul_in_place if np.can_cast(_common(a, b), element_class(a), "same_kind") else None


@cache
def _inner(t, given, ndims):
    multiply = _dot(t, given, (2, 2), _aligned)

    def inner(a, b):
        k = a.shape[-1]
        _inner_aligned(k, b.shape[-1], a.shape, b.shape)
        x = np.ascontiguousarray(a).reshape((product_of(a.shape[:-1]), k))
        y = np.ascontiguousarray(b).reshape((product_of(b.shape[:-1]), k))
        return multiply(x, y.T).reshape(a.shape[:-1] + b.shape[:-1])

    return inner


@overload("numpy.inner")
def inner(a, b):
    if is_array(a) and is_array(b) and a.ndim and b.ndim:
        t = _common(a, b)
        if t is None:
            return None
        form = _dot(t, *_pair(a, b), _aligned) if a.ndim == b.ndim == 1 else _inner(t, *_pair(a, b))
        return form
    if (is_array(a) or is_number(a)) and (is_array(b) or is_number(b)):
        return _times


def _conjugated(a):
    out = np.empty_like(a)
    for i in range(len(a)):
        out[i] = a[i].conjugate()
    return out


@cache
def _vdot(t, given, flat_a, flat_b):
    first, second = (converted(g, t) for g in given)
    multiply = _sum_of_products(t)
    if kind_of(t) == "c":

        def vdot(a, b):
            x = flat_a(first(a))
            y = flat_b(second(b))
            _check_sizes(len(x), len(y))
            return multiply(_conjugated(x), y)

    else:

        def vdot(a, b):
            x = flat_a(first(a))
            y = flat_b(second(b))
            _check_sizes(len(x), len(y))
            return multiply(x, y)

    return vdot


def _check_sizes(n, m):
    if n != m:
        raise ValueError("cannot reshape array: the arrays have different sizes (incompatible array sizes)")


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
        return None if t is None else _vdot(t, _pair(a, b)[0], _flat(a), _flat(b))


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


def _outer_of_numbers(a, b, out=None):
    return np.outer(np.array([a]), np.array([b]))


def _outer_of_first(a, b, out=None):
    return np.outer(np.array([a]), b)


def _outer_of_second(a, b, out=None):
    return np.outer(a, np.array([b]))


def _outer_of_numbers_into(a, b, out=None):
    return np.outer(np.array([a]), np.array([b]), out)


def _outer_of_first_into(a, b, out=None):
    return np.outer(np.array([a]), b, out)


def _outer_of_second_into(a, b, out=None):
    return np.outer(a, np.array([b]), out)


_OUTER_OF_NUMBERS = _outer_of_numbers, _outer_of_first, _outer_of_second
_OUTER_INTO = _outer_of_numbers_into, _outer_of_first_into, _outer_of_second_into


@overload("numpy.outer")
def outer(a, b, out=None):
    if is_number(a) or is_number(b):
        forms = _OUTER_OF_NUMBERS if is_absent(out) else _OUTER_INTO
        if is_number(a) and is_number(b):
            return forms[0]
        return forms[1] if is_array(b) else forms[2] if is_array(a) else None
    if is_array(a) and is_array(b):
        t = _common(a, b)
        if t is None:
            return None
        compute = _outer(t, _flat(a), _flat(b))
        return _finished(compute, t, 2, out, converts=True)


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
    if is_array(a, 2) and (offset == 0 or is_index(offset)):
        element = element_class(a)
        kind = kind_of(element)
        return _trace(np.int64 if kind in "bi" else np.uint64 if kind == "u" else element)


# NumPy 2.5 gave up vectors of two.
THREE_ONLY = NUMPY >= (2, 5)
_NO_CROSS = "incompatible dimensions for cross product\n(dimension must be 2 or 3)"


@cache
def _cross(t, ndims):
    """Cross products of the vectors along the last axes, which are broadcast; a vector of two has a third component 0."""
    lead = [n - 1 for n in ndims]
    batch = batch_shape(*lead)
    pad_a, pad_b = ((1,) * (max(lead) - n) for n in lead)
    zero = t(0)

    def cross(a, b):
        n = a.shape[-1]
        m = b.shape[-1]
        if THREE_ONLY and (n != 3 or m != 3):
            raise ValueError(f"Both input arrays must be (arrays of) 3-dimensional vectors, but they are {n} and {m} dimensional instead.")
        if n < 2 or n > 3 or m < 2 or m > 3:
            raise ValueError(_NO_CROSS)
        if n == 2 and m == 2:
            raise ValueError(
                "Dimensions for both inputs is 2.\n"
                "Please replace your numpy.cross(a, b) call with a[0] * b[1] - a[1] * b[0], which is a number"
            )
        shape = batch(a.shape[:-1], b.shape[:-1])
        count = product_of(shape)
        x = np.ascontiguousarray(a).reshape((product_of(a.shape[:-1]), n))
        y = np.ascontiguousarray(b).reshape((product_of(b.shape[:-1]), m))
        out = np.empty((count, 3), t)
        for i in range(count):
            p = _position(i, shape, pad_a + a.shape[:-1])
            q = _position(i, shape, pad_b + b.shape[:-1])
            x0 = t(x[p, 0])
            x1 = t(x[p, 1])
            x2 = t(x[p, 2]) if n == 3 else zero
            y0 = t(y[q, 0])
            y1 = t(y[q, 1])
            y2 = t(y[q, 2]) if m == 3 else zero
            out[i, 0] = t(x1 * y2 - x2 * y1)
            out[i, 1] = t(x2 * y0 - x0 * y2)
            out[i, 2] = t(x0 * y1 - x1 * y0)
        return out.reshape(shape + (3,))

    return cross


@overload("numpy.cross")
def cross(a, b):
    if is_array(a) and is_array(b) and a.ndim and b.ndim:
        t = _common(a, b)
        return None if t is None or kind_of(t) == "b" else _cross(t, (a.ndim, b.ndim))
