"""numpy.linalg: orthogonal factors, eigenvalues, singular values, and what is computed from them (norms, ranks, least squares).

Factors and vectors are column-major, as Numba's are. Matrices with NaN or infinity are refused, where the algorithms would not end
with an answer.
"""

from functools import cache

import numpy as np

from looplift.library import _native as native
from looplift.library._axes import normal_axis
from looplift.library._named import EighResult, EigResult, QRResult, SVDResult
from looplift.library._registry import overload, without_errors
from looplift.library._types import element_class, is_absent, is_array, is_index, is_number, is_real, kind, kind_of, text
from looplift.library.linear import LinAlgError, check, classes, columns, is_complex_class, rounded, rounded_vector, side
from looplift.library.tensors import other_axes, with_axes


def _check_finite(a):
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if not np.isfinite(a[i, j]):
                raise LinAlgError("Array must not contain infs or NaNs.")


@cache
def real_of(t):
    return {np.complex64: np.float32, np.complex128: np.float64}.get(t, t)


@cache
def adjoint(work):
    """A column-major copy of the conjugate transpose."""
    if kind_of(work) == "c":

        def copy(a):
            m, n = a.shape
            out = np.empty((m, n), work)
            for i in range(m):
                for j in range(n):
                    out[i, j] = work(a[i, j]).conjugate()
            return out.T

    else:

        def copy(a):
            out = np.empty(a.shape, work)
            out[:, :] = a
            return out.T

    return copy


# QR


@cache
def _qr(t, work):
    copy, is_complex, convert = columns(work), is_complex_class(work), rounded(work, t)

    def qr(a):
        m, n = a.shape
        k = min(m, n)
        q = np.empty((k, m), work).T
        r = np.empty((n, k), work).T
        check(native.qr(is_complex, m, n, copy(a), q, r))
        return QRResult(convert(q), convert(r))

    return qr


@cache
def _qr_r(t, work):
    both = _qr(t, work)

    def qr(a, mode):
        return both(a)[1]

    return qr


@overload("numpy.linalg.qr")
def qr(a, mode="reduced"):
    if is_array(a, 2):
        found = classes(a)
        if found is None:
            return None
        if text(mode) == "reduced":
            both = _qr(*found)
            return both if mode == "reduced" and isinstance(mode, str) else _ignoring(both)
        if text(mode) == "r":
            return _qr_r(*found)


@cache
def _ignoring(compute):
    def implementation(a, mode):
        return compute(a)

    return implementation


# Eigenvalues


@cache
def _eig(t, work, with_vectors):
    copy, is_complex = columns(work), is_complex_class(work)
    convert, convert_vector = rounded(work, t), rounded_vector(work, t)
    change = ("eig" if with_vectors else "eigvals") + "() argument must not cause a domain change."

    def outcome(status):
        check(status)
        if status == 1:
            raise LinAlgError("Eigenvalues did not converge")
        if status == 2:
            raise ValueError(change)

    if with_vectors:

        def eig(a):
            n = side(a)
            _check_finite(a)
            w = np.empty(n, work)
            v = np.empty((n, n), work).T
            outcome(native.eig(is_complex, n, copy(a), w, v))
            return EigResult(convert_vector(w), convert(v))

    else:

        def eig(a):
            n = side(a)
            _check_finite(a)
            w = np.empty(n, work)
            outcome(native.eig(is_complex, n, copy(a), w, 0))
            return convert_vector(w)

    return eig


@overload("numpy.linalg.eig")
def eig(a):
    if is_array(a, 2):
        found = classes(a)
        return None if found is None else _eig(*found, True)


@overload("numpy.linalg.eigvals")
def eigvals(a):
    if is_array(a, 2):
        found = classes(a)
        return None if found is None else _eig(*found, False)


@cache
def _eigh(t, work, with_vectors, upper):
    copy, is_complex = adjoint(work) if upper else columns(work), is_complex_class(work)
    convert, convert_vector = rounded(work, t), rounded_vector(np.float64, real_of(t))

    def outcome(status):
        check(status)
        if status == 1:
            raise LinAlgError("Eigenvalues did not converge")

    if with_vectors:

        def eigh(a, UPLO="L"):
            n = side(a)
            _check_finite(a)
            w = np.empty(n, np.float64)
            v = np.empty((n, n), work).T
            outcome(native.eigh(is_complex, n, copy(a), w, v))
            return EighResult(convert_vector(w), convert(v))

    else:

        def eigh(a, UPLO="L"):
            n = side(a)
            _check_finite(a)
            w = np.empty(n, np.float64)
            outcome(native.eigh(is_complex, n, copy(a), w, 0))
            return convert_vector(w)

    return eigh


def _triangle(letter):
    """Whether it is the upper one; None if the letter is neither."""
    return {"L": False, "U": True}.get((text(letter) or "").upper())


@overload("numpy.linalg.eigh")
def eigh(a, UPLO="L"):
    if is_array(a, 2):
        found, upper = classes(a), _triangle(UPLO)
        return None if found is None or upper is None else _eigh(*found, True, upper)


@overload("numpy.linalg.eigvalsh")
def eigvalsh(a, UPLO="L"):
    if is_array(a, 2):
        found, upper = classes(a), _triangle(UPLO)
        return None if found is None or upper is None else _eigh(*found, False, upper)


# Singular values


@cache
def singular_values(work):
    """The singular values of a matrix, descending, as doubles."""
    copy, turned, is_complex = columns(work), adjoint(work), is_complex_class(work)

    def values(a):
        m, n = a.shape
        _check_finite(a)
        k = min(m, n)
        s = np.empty(k, np.float64)
        if m >= n:
            status = native.svd(is_complex, m, n, copy(a), s, 0, 0, 0)
        else:
            status = native.svd(is_complex, n, m, turned(a), s, 0, 0, 0)
        check(status)
        if status != 0:
            raise LinAlgError("SVD did not converge")
        return s

    return values


@cache
def singular_vectors(work):
    """(u, s, v): the matrix is u @ diag(s) @ v^H; `full`: all columns of both."""
    copy, turned, is_complex = columns(work), adjoint(work), is_complex_class(work)

    def vectors(a, full):
        m, n = a.shape
        _check_finite(a)
        k = min(m, n)
        s = np.empty(k, np.float64)
        u = np.empty((m if full else k, m), work).T
        v = np.empty((n if full else k, n), work).T
        if k == 0:
            for i in range(min(u.shape[0], u.shape[1])):
                u[:, i] = 0
                u[i, i] = 1
            for i in range(min(v.shape[0], v.shape[1])):
                v[:, i] = 0
                v[i, i] = 1
            return u, s, v
        if m >= n:
            status = native.svd(is_complex, m, n, copy(a), s, u, u.shape[1], v)
        else:
            status = native.svd(is_complex, n, m, turned(a), s, v, v.shape[1], u)
        check(status)
        if status != 0:
            raise LinAlgError("SVD did not converge")
        return u, s, v

    return vectors


@cache
def _svd(t, work):
    vectors, convert, convert_vector = singular_vectors(work), rounded(work, t), rounded_vector(np.float64, real_of(t))
    turned = adjoint(work)

    def svd(a, full_matrices=True, compute_uv=True):
        u, s, v = vectors(a, bool(full_matrices))
        return SVDResult(convert(u), convert_vector(s), convert(turned(v).copy().T.copy().T))

    return svd


@cache
def _svd_values(t, work):
    values, convert = singular_values(work), rounded_vector(np.float64, real_of(t))

    def svd(a, full_matrices=True, compute_uv=True):
        return convert(values(a))

    return svd


@cache
def _svd_values_alone(t, work):
    compute = _svd_values(t, work)

    def svdvals(x):
        return compute(x)

    return svdvals


@overload("numpy.linalg.svd")
def svd(a, full_matrices=True, compute_uv=True):
    if is_array(a, 2):
        found, vectors = classes(a), _flag(compute_uv)
        if found is not None and vectors is not None and (isinstance(full_matrices, bool) or is_index(full_matrices)):
            return _svd(*found) if vectors else _svd_values(*found)


def _flag(t):
    """A flag, or an integer used as one, that is known while compiling; None if it is not."""
    if isinstance(t, (bool, int)):
        return bool(t)
    return bool(t.literal_value) if kind(t) in ("literal_bool", "literal_int") else None


@overload("numpy.linalg.svdvals")
def svdvals(x):
    if is_array(x, 2):
        found = classes(x)
        return None if found is None else _svd_values_alone(*found)


# What follows from singular values


@cache
def _pinv(t, work):
    vectors = singular_vectors(work)
    convert, turned = rounded(work, t), adjoint(work)

    def pinv(a, rcond):
        u, s, v = vectors(a, False)
        limit = rcond * (s[0] if len(s) else 0.0)
        for j in range(len(s)):
            factor = 1 / s[j] if s[j] > limit else 0.0
            for i in range(v.shape[0]):
                v[i, j] = v[i, j] * factor
        out = np.empty((u.shape[0], v.shape[0]), work).T
        out[:, :] = np.dot(v, turned(u))
        return convert(out)

    return pinv


@cache
def _pinv_default(t, work):
    pinv = _pinv(t, work)

    def implementation(a, rcond=None):
        return pinv(a, 1e-15)

    return implementation


@overload("numpy.linalg.pinv")
def pinv(a, rcond=None):
    if is_array(a, 2):
        found = classes(a)
        if found is not None:
            return _pinv_default(*found) if is_absent(rcond) else _pinv(*found) if is_real(rcond) else None


@cache
def _lstsq(t, work, ndim, has_rcond):
    vectors, convert_vector = singular_vectors(work), rounded_vector(work, t)
    real, turned, copy = real_of(t), adjoint(work), columns(work)
    convert_real = rounded_vector(np.float64, real)
    eps = float(np.finfo(t).eps)

    def solve(a, b, rcond):
        m, n = a.shape
        if m != b.shape[0]:
            raise LinAlgError("Incompatible dimensions")
        u, s, v = vectors(a, False)
        limit = rcond * (s[0] if len(s) else 0.0)
        rank = 0
        c = np.dot(turned(u), b)
        for j in range(len(s)):
            factor = 0.0
            if s[j] > limit:
                factor = 1 / s[j]
                rank += 1
            for i in range(c.shape[1]):
                c[j, i] = c[j, i] * factor
        x = np.dot(v, c)
        count = b.shape[1] if rank == n and m > n else 0
        residuals = np.zeros(count, np.float64)
        if count:
            rest = np.dot(copy(a), x)
            for j in range(count):
                total = 0.0
                for i in range(m):
                    total += abs(b[i, j] - rest[i, j]) ** 2
                residuals[j] = total
        return x, convert_real(residuals), rank, convert_real(s)

    def limit_of(a, rcond):
        if rcond is None:
            return eps * max(a.shape[0], a.shape[1])
        if rcond < 0:
            return eps
        return rcond

    if ndim == 1:

        def lstsq(a, b, rcond=None):
            x, residuals, rank, s = solve(a, copy(b[:, None]), limit_of(a, rcond))
            return convert_vector(x[:, 0].copy()), residuals, rank, s

    else:

        def lstsq(a, b, rcond=None):
            x, residuals, rank, s = solve(a, copy(b), limit_of(a, rcond))
            out = np.empty(x.shape, t)
            out[:, :] = x
            return out, residuals, rank, s

    return lstsq


@overload("numpy.linalg.lstsq")
def lstsq(a, b, rcond=None):
    if is_array(a, 2) and is_array(b) and b.ndim in (1, 2) and (is_absent(rcond) or is_real(rcond)):
        found = classes(a, b)
        return None if found is None else _lstsq(*found, b.ndim, not is_absent(rcond))


@cache
def _matrix_rank(t, work):
    values, eps = singular_values(work), float(np.finfo(t).eps)

    def matrix_rank(A, tol=None):
        s = values(A)
        if tol is None:
            limit = (s[0] if len(s) else 0.0) * max(A.shape[0], A.shape[1]) * eps
        else:
            limit = float(tol)
        rank = 0
        for x in s:
            rank += x > limit
        return rank

    return matrix_rank


def _rank_of_vector(A, tol=None):
    for x in A:
        if x != 0:
            return 1
    return 0


@overload("numpy.linalg.matrix_rank")
def matrix_rank(A, tol=None):
    if is_absent(tol) or is_real(tol):
        if is_array(A, 1):
            return _rank_of_vector
        if is_array(A, 2):
            found = classes(A)
            return None if found is None else _matrix_rank(*found)


# Norms


@cache
def _norm_of_vector(t):
    real = real_of(t)

    def euclid(x):
        scale = 0.0
        for v in x:
            scale = max(scale, float(abs(v)))
            if v != v:
                return real(np.nan)
        if scale == 0 or scale == np.inf:
            return real(scale)
        total = 0.0
        for v in x:
            part = float(abs(v)) / scale
            total += part * part
        return real(scale * np.sqrt(total))

    return euclid


@cache
def _vector_norm(t):
    real, euclid = real_of(t), _norm_of_vector(t)

    @without_errors
    def norm(x, ord):
        if ord == 2:
            return euclid(x)
        total = 0.0
        if ord == np.inf or ord == -np.inf:
            if len(x) == 0:
                raise ValueError("zero-size array to reduction operation maximum which has no identity")
            total = float(abs(x[0]))
            for v in x:
                size = float(abs(v))
                if size != size:
                    return real(size)
                total = max(total, size) if ord > 0 else min(total, size)
        elif ord == 0:
            for v in x:
                total += v != 0
        elif ord == 1:
            for v in x:
                total += float(abs(v))
        else:
            for v in x:
                if v == 0 and ord < 0:
                    return real(0)
                total += float(abs(v)) ** float(ord)
            total = total ** (1.0 / float(ord))
        return real(total)

    return norm


@cache
def _frobenius(t):
    euclid = _norm_of_vector(t)

    def norm(x):
        flat = np.empty(x.size, t)
        k = 0
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                flat[k] = x[i, j]
                k += 1
        return euclid(flat)

    return norm


@cache
def _nuclear(t, work):
    values, real = singular_values(work), real_of(t)

    def norm(x):
        total = 0.0
        for s in values(x):
            total += s
        return real(total)

    return norm


def _sums(x, over_rows):
    """Sums of the moduli of each column, or row."""
    m, n = x.shape
    out = np.zeros(n if over_rows else m)
    for i in range(m):
        for j in range(n):
            out[j if over_rows else i] += float(abs(x[i, j]))
    return out


def _extreme(sums, largest):
    if len(sums) == 0:
        raise ValueError("zero-size array to reduction operation maximum which has no identity")
    best = sums[0]
    for s in sums:
        if s != s:
            return s
        best = max(best, s) if largest else min(best, s)
    return best


@cache
def _matrix_norm(t, work):
    values, real = singular_values(work), real_of(t)

    def norm(x, ord):
        if ord == 2 or ord == -2:
            return real(_extreme(values(x), ord > 0))
        if ord == 1 or ord == -1:
            return real(_extreme(_sums(x, True), ord > 0))
        if ord == np.inf or ord == -np.inf:
            return real(_extreme(_sums(x, False), ord > 0))
        raise ValueError("Invalid norm order for matrices.")

    return norm


@cache
def _ord_ignored(compute):
    def norm(x, ord=None):
        return compute(x)

    return norm


@cache
def _norm_of_any(t, ndim):
    euclid = _norm_of_vector(t)

    def norm(x, ord=None):
        return euclid(np.ascontiguousarray(x).ravel())

    return norm


def _norm(x, ord):
    """A norm of a whole array of class `t`: an implementation of (x, ord)."""
    found = classes(x)
    if found is None:
        return None
    t, work = found
    name = text(ord) if not is_absent(ord) else None
    if is_absent(ord):
        if x.ndim == 1:
            return _ord_ignored(_norm_of_vector(t))
        return _ord_ignored(_frobenius(t)) if x.ndim == 2 else _norm_of_any(t, x.ndim)
    if x.ndim == 1 and is_real(ord):
        return _vector_norm(t)
    if x.ndim == 2:
        if is_real(ord):
            return _matrix_norm(t, work)
        if name == "fro":
            return _ord_ignored(_frobenius(t))
        if name == "nuc":
            return _ord_ignored(_nuclear(t, work))
    return None


@cache
def _norm_along(t, ndim):
    """Norms of the vectors along an axis."""
    real = real_of(t)
    one, other, others = _norm_of_vector(t), _vector_norm(t), other_axes(ndim - 1)

    def norm(x, ord, axis):
        last = (normal_axis(axis, ndim),)
        moved = with_axes(x, others(last, ndim) + last)
        n = moved.shape[-1]
        shape = moved.shape[:-1]
        count = 1
        for k in shape:
            count *= k
        flat = np.ascontiguousarray(moved).reshape((count, n))
        out = np.empty(count, real)
        for i in range(count):
            if ord is None:
                out[i] = one(flat[i])
            else:
                out[i] = other(flat[i], ord)
        return out.reshape(shape)

    return norm


@overload("numpy.linalg.norm")
def norm(x, ord=None, axis=None):
    if not is_array(x) or x.ndim == 0:
        return None
    if is_absent(axis):
        compute = _norm(x, ord)
        return compute if axis is None or compute is None else _axis_ignored(compute)
    if kind(axis) in ("integer", "literal_int") and (is_absent(ord) or is_real(ord)):
        found = classes(x)
        if found is None:
            return None
        return _axis_norm(_norm_along(found[0], x.ndim)) if x.ndim > 1 else _axis_ignored(_norm(x, ord))


@cache
def _axis_norm(compute):
    def norm(x, ord=None, axis=None):
        return compute(x, ord, axis)

    return norm


@cache
def _axis_ignored(compute):
    def norm(x, ord=None, axis=None):
        return compute(x, ord)

    return norm


@cache
def _cond_by_values(t, work, ord):
    values, real = singular_values(work), real_of(t)

    @without_errors
    def cond(x, p=None):
        s = values(x)
        if len(s) == 0:
            raise LinAlgError("cond is not defined on empty arrays: Arrays cannot be empty")
        found = real(s[-1] / s[0]) if ord < 0 else real(s[0] / s[-1])
        # Of a matrix of zeros; NaN is for matrices with NaN, whose singular values are NaN.
        return real(np.inf) if found != found and s[0] == 0 else found

    return cond


@cache
def _cond_by_inverse(compute, t):
    real = real_of(t)

    def cond(x, p):
        side(x)
        if x.shape[0] == 0:
            raise LinAlgError("cond is not defined on empty arrays: Arrays cannot be empty")
        if np.linalg.det(x) == 0:
            return real(np.inf)
        return real(compute(x, p) * compute(np.linalg.inv(x), p))

    return cond


@cache
def _cond_by_order(t, work):
    by_largest, by_smallest = _cond_by_values(t, work, 2), _cond_by_values(t, work, -2)
    by_inverse = _cond_by_inverse(_matrix_norm(t, work), t)

    def cond(x, p):
        if p == 2:
            return by_largest(x)
        if p == -2:
            return by_smallest(x)
        return by_inverse(x, p)

    return cond


@overload("numpy.linalg.cond")
def cond(x, p=None):
    if is_array(x, 2):
        found = classes(x)
        if found is None:
            return None
        if is_absent(p):
            return _cond_by_values(*found, 2)
        if is_real(p):
            return _cond_by_order(*found)
        compute = _norm(x, p)
        return None if compute is None else _cond_by_inverse(compute, found[0])


# Powers


@cache
def _matrix_power(t, inexact):
    def identity(n):
        out = np.zeros((n, n), t)
        for i in range(n):
            out[i, i] = 1
        return out

    if inexact:

        def base(a, n):
            if n < 0:
                return np.ascontiguousarray(np.linalg.inv(a))
            return np.ascontiguousarray(a)

    else:

        def base(a, n):
            if n < 0:
                raise ValueError("Integers to negative integer powers are not allowed.")
            return np.ascontiguousarray(a)

    def matrix_power(a, n):
        size = side(a)
        if n == 0:
            return identity(size)
        square = base(a, n)
        k = abs(n)
        while k % 2 == 0:
            square = np.dot(square, square)
            k //= 2
        found = square.copy()
        k //= 2
        while k > 0:
            square = np.dot(square, square)
            if k % 2 == 1:
                found = np.dot(found, square)
            k //= 2
        return found

    return matrix_power


@overload("numpy.linalg.matrix_power")
def matrix_power(a, n):
    if is_array(a, 2) and is_number(n) and kind_of(element_class(n)) in "bi":
        t = element_class(a)
        return None if t is None or t is np.float16 else _matrix_power(t, kind_of(t) in "fc")
