"""numpy.linalg: systems of equations, inverses, determinants, Cholesky factors.

The runtime factors column-major matrices of doubles, real or complex; single precision is computed in double precision and
rounded. Results are column-major where Numba's are.
"""

from functools import cache

import numpy as np

from looplift.library import _native as native
from looplift.library._named import SlogdetResult
from looplift.library._registry import overload
from looplift.library._types import element_class, is_array, kind_of

LinAlgError = np.linalg.LinAlgError


def classes(*arrays):
    """The class of the result and the one it is computed in: (t, work)."""
    found = [element_class(a) for a in arrays]
    if None in found or np.float16 in found:
        return None
    t = np.result_type(*(np.float64 if kind_of(c) in "biu" else c for c in found)).type
    return t, np.complex128 if kind_of(t) == "c" else np.float64


def is_complex_class(t):
    return int(kind_of(t) == "c")


@cache
def columns(work):
    """A column-major copy of a matrix."""

    def copy(a):
        out = np.empty((a.shape[1], a.shape[0]), work).T
        out[:, :] = a
        return out

    return copy


def _itself(a):
    return a


@cache
def rounded(work, t):
    """Column-major results as the class that they are to have."""
    if work is t:
        return _itself

    def convert(a):
        out = np.empty((a.shape[1], a.shape[0]), t).T
        out[:, :] = a
        return out

    return convert


@cache
def rounded_vector(work, t):
    if work is t:
        return _itself

    def convert(a):
        return a.astype(t)

    return convert


def side(a):
    """The size of a square matrix."""
    n = a.shape[-1]
    if a.shape[-2] != n:
        raise LinAlgError("Last 2 dimensions of the array must be square.")
    return n


def check(status):
    """A negative status: the algorithm gave up."""
    if status < 0:
        raise LinAlgError("the factorisation failed")


@cache
def _factored(work):
    """LU factors: (column-major matrix, pivots, whether it is regular)."""
    copy, is_complex = columns(work), is_complex_class(work)

    def factored(a):
        n = side(a)
        lu = copy(a)
        pivots = np.empty(n, np.int64)
        status = native.lu(is_complex, n, lu, pivots)
        check(status)
        return lu, pivots, status == 0

    return factored


@cache
def _solution(work):
    factored, is_complex = _factored(work), is_complex_class(work)

    def solve(a, x):
        lu, pivots, regular = factored(a)
        if not regular:
            raise LinAlgError("Singular matrix")
        check(native.lu_solve(is_complex, len(pivots), lu, pivots, x, x.shape[1]))
        return x

    return solve


@cache
def _solve(t, work, ndim):
    solution, copy, convert, convert_vector = _solution(work), columns(work), rounded(work, t), rounded_vector(work, t)

    if ndim == 1:

        def solve(a, b):
            n = side(a)
            _check_rows(n, len(b), _OF_VECTOR)
            x = solution(a, copy(b[:, None]))
            return convert_vector(x[:, 0].copy())

    else:

        def solve(a, b):
            n = side(a)
            _check_rows(n, b.shape[0], _OF_MATRIX)
            return convert(solution(a, copy(b)))

    return solve


# Names and signatures of NumPy's functions, for messages.
_OF_VECTOR = ("solve1", "(m,m),(m)->(m)")
_OF_MATRIX = ("solve", "(m,m),(m,n)->(m,n)")


def _check_rows(n, m, signature):
    if n != m:
        raise ValueError(
            f"{signature[0]}: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature {signature[1]} "
            f"(size {m} is different from {n})"
        )


@cache
def stacked(compute, t):
    """`compute` of each matrix of a stack, into a stack."""

    def each(a):
        m, n = a.shape[-2:]
        count = 1
        for k in a.shape[:-2]:
            count *= k
        flat = np.ascontiguousarray(a).reshape((count, m, n))
        out = np.empty((count, m, n), t)
        for i in range(count):
            out[i] = compute(flat[i])
        return out.reshape(a.shape)

    return each


@overload("numpy.linalg.solve")
def solve(a, b):
    if is_array(a) and is_array(b) and a.ndim >= 2 and b.ndim >= 1:
        found = classes(a, b)
        if found is not None:
            if a.ndim == 2 and b.ndim <= 2:
                return _solve(*found, b.ndim)
            if a.ndim == b.ndim or b.ndim == 1:
                return _stacked_solve(*found, b.ndim)


@cache
def _stacked_solve(t, work, ndim):
    one = _solve(t, work, min(ndim, 2))

    if ndim == 1:

        def solve(a, b):
            n = side(a)
            count = 1
            for k in a.shape[:-2]:
                count *= k
            flat = np.ascontiguousarray(a).reshape((count, n, n))
            out = np.empty((count, n), t)
            for i in range(count):
                out[i] = one(flat[i], b)
            return out.reshape(a.shape[:-1])

    else:

        def solve(a, b):
            n = side(a)
            if a.shape[:-2] != b.shape[:-2]:
                raise ValueError("operands could not be broadcast together")
            count = 1
            for k in a.shape[:-2]:
                count *= k
            m, columns_ = b.shape[-2:]
            flat_a = np.ascontiguousarray(a).reshape((count, n, n))
            flat_b = np.ascontiguousarray(b).reshape((count, m, columns_))
            out = np.empty((count, m, columns_), t)
            for i in range(count):
                out[i] = one(flat_a[i], flat_b[i])
            return out.reshape(b.shape)

    return solve


@cache
def _inv(t, work):
    solution, convert = _solution(work), rounded(work, t)

    def inv(a):
        n = side(a)
        x = np.zeros((n, n), work).T
        for i in range(n):
            x[i, i] = 1
        return convert(solution(a, x))

    return inv


@overload("numpy.linalg.inv")
def inv(a):
    if is_array(a) and a.ndim >= 2:
        found = classes(a)
        if found is not None:
            return _inv(*found) if a.ndim == 2 else stacked(_inv(*found), found[0])


@cache
def _sign_and_log(work):
    factored, is_complex = _factored(work), is_complex_class(work)

    def sign_and_log(a):
        lu, pivots, _ = factored(a)
        out = np.empty(3, np.float64)
        check(native.lu_det(is_complex, len(pivots), lu, pivots, out))
        return out

    return sign_and_log


@cache
def _det(t, work):
    factored = _factored(work)

    def det(a):
        lu, pivots, _ = factored(a)
        found = work(1)
        for i in range(len(pivots)):
            found *= lu[i, i]
            if pivots[i] != i:
                found = -found
        return t(found)

    return det


@cache
def each_number(compute, t):
    """`compute` of each matrix of a stack, which gives a number."""

    def each(a):
        m, n = a.shape[-2:]
        count = 1
        for k in a.shape[:-2]:
            count *= k
        flat = np.ascontiguousarray(a).reshape((count, m, n))
        out = np.empty(count, t)
        for i in range(count):
            out[i] = compute(flat[i])
        return out.reshape(a.shape[:-2])

    return each


@overload("numpy.linalg.det")
def det(a):
    if is_array(a) and a.ndim >= 2:
        found = classes(a)
        if found is not None:
            return _det(*found) if a.ndim == 2 else each_number(_det(*found), found[0])


@cache
def _slogdet(t, work):
    sign_and_log = _sign_and_log(work)
    real = np.dtype(t).type(0).real.dtype.type
    if kind_of(t) == "c":

        def slogdet(a):
            found = sign_and_log(a)
            return SlogdetResult(t(complex(found[0], found[1])), real(found[2]))

    else:

        def slogdet(a):
            found = sign_and_log(a)
            return SlogdetResult(t(found[0]), real(found[2]))

    return slogdet


@overload("numpy.linalg.slogdet")
def slogdet(a):
    if is_array(a, 2):
        found = classes(a)
        return None if found is None else _slogdet(*found)


@cache
def _cholesky(t, work):
    copy, is_complex = columns(work), is_complex_class(work)

    def cholesky(a):
        n = side(a)
        x = copy(a)
        status = native.cholesky(is_complex, n, x)
        check(status)
        if status > 0:
            raise LinAlgError("Matrix is not positive definite")
        out = np.empty((n, n), t)
        out[:, :] = x
        return out

    return cholesky


@overload("numpy.linalg.cholesky")
def cholesky(a):
    if is_array(a) and a.ndim >= 2:
        found = classes(a)
        if found is not None:
            return _cholesky(*found) if a.ndim == 2 else stacked(_cholesky(*found), found[0])


# Padé coefficients of degree 13, and the norm up to which they give full precision (Higham 2005).
_PADE = (
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
)
_PADE_NORM = 5.371920351148152


@cache
def _expm(t, work):
    solution, copy = _solution(work), columns(work)

    def expm(A):
        n = side(A)
        x = np.empty((n, n), work)
        x[:, :] = A
        norm = 0.0
        for j in range(n):
            total = 0.0
            for i in range(n):
                total += abs(x[i, j])
            if not np.isfinite(total):
                return np.full((n, n), t(np.nan))
            norm = max(norm, total)
        halvings = 0
        while norm > _PADE_NORM:
            norm *= 0.5
            halvings += 1
        scale = 0.5**halvings
        identity = np.zeros((n, n), work)
        for i in range(n):
            identity[i, i] = 1
        b = _PADE
        x = x * scale
        x2 = np.dot(x, x)
        x4 = np.dot(x2, x2)
        x6 = np.dot(x4, x2)
        high = np.dot(x6, b[13] * x6 + b[11] * x4 + b[9] * x2)
        odd = np.dot(x, high + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * identity)
        even = np.dot(x6, b[12] * x6 + b[10] * x4 + b[8] * x2) + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * identity
        found = np.empty((n, n), work)
        found[:, :] = solution(even - odd, copy(even + odd))
        for _ in range(halvings):
            found = np.dot(found, found)
        return found.astype(t)

    return expm


@overload("scipy.linalg._matfuncs.expm")
def expm(A):
    if is_array(A, 2):
        found = classes(A)
        return None if found is None else _expm(*found)
