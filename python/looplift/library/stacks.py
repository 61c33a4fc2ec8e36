"""Linear algebra of stacks of matrices, one after the other, and what the array API adds to `numpy.linalg`.

Asked when the form for one matrix does not take the arguments.
"""

from functools import cache

import numpy as np

from looplift.library._axes import normal_axis
from looplift.library._named import EighResult, EigResult, QRResult, SlogdetResult, SVDResult
from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_bool,
    is_false,
    is_index,
    is_int_tuple,
    is_real,
    is_true,
    kind_of,
    promote,
    text,
)
from looplift.library.shaping import normal_axes
from looplift.library.broadcasting import common_shape, stretch


def _is_stack(t):
    return is_array(t) and t.ndim > 2 and element_class(t) is not None and element_class(t) is not np.float16


def _inexact(t):
    """The class that results have: the elements' own, or double."""
    return element_class(t) if kind_of(element_class(t)) in "fc" else np.float64


def _real(t):
    return {np.complex64: np.float32, np.complex128: np.float64}.get(t, t)


def _count(a):
    n = 1
    for k in a.shape[:-2]:
        n *= k
    return n


def _layers(a):
    """The matrices one after the other."""
    return np.ascontiguousarray(a).reshape((_count(a),) + a.shape[-2:])


def _least(a):
    return min(a.shape[-2], a.shape[-1])


def _side(a):
    return a.shape[-1]


# One result for each matrix: a number, a vector, a matrix


@cache
def _numbers(one, t):
    def each(a, *more):
        flat = _layers(a)
        out = np.empty(len(flat), t)
        for i in range(len(flat)):
            out[i] = one(flat[i], *more)
        return out.reshape(a.shape[:-2])

    return each


@cache
def _vectors(one, t, length):
    def each(a, *more):
        flat = _layers(a)
        out = np.empty((len(flat), length(a)), t)
        for i in range(len(flat)):
            out[i] = one(flat[i], *more)
        return out.reshape(a.shape[:-2] + (length(a),))

    return each


def _same_shape(a):
    return a.shape[-2:]


def _turned_shape(a):
    return (a.shape[-1], a.shape[-2])


@cache
def _matrices(one, t, shape):
    def each(a, *more):
        flat = _layers(a)
        inner = shape(a)
        out = np.empty((len(flat),) + inner, t)
        for i in range(len(flat)):
            out[i] = one(flat[i], *more)
        return out.reshape(a.shape[:-2] + inner)

    return each


# Several results for each matrix


@cache
def _eigen(one, values, vectors, result):
    def each(a):
        flat = _layers(a)
        n = _side(a)
        w = np.empty((len(flat), n), values)
        v = np.empty((len(flat), n, n), vectors)
        for i in range(len(flat)):
            w[i], v[i] = one(flat[i])
        return result(w.reshape(a.shape[:-1]), v.reshape(a.shape))

    return each


@cache
def _singular(one, t, full):
    def each(a):
        flat = _layers(a)
        m, n = a.shape[-2:]
        k = _least(a)
        rows = m if full else k
        columns = n if full else k
        u = np.empty((len(flat), m, rows), t)
        s = np.empty((len(flat), k), real)
        v = np.empty((len(flat), columns, n), t)
        for i in range(len(flat)):
            u[i], s[i], v[i] = one(flat[i])
        lead = a.shape[:-2]
        return SVDResult(u.reshape(lead + (m, rows)), s.reshape(lead + (k,)), v.reshape(lead + (columns, n)))

    real = _real(t)
    return each


@cache
def _orthogonal(one, t, complete):
    def each(a):
        flat = _layers(a)
        m, n = a.shape[-2:]
        k = m if complete else _least(a)
        q = np.empty((len(flat), m, k), t)
        r = np.empty((len(flat), k, n), t)
        for i in range(len(flat)):
            q[i], r[i] = one(flat[i])
        lead = a.shape[:-2]
        return QRResult(q.reshape(lead + (m, k)), r.reshape(lead + (k, n)))

    return each


@cache
def _slogdet(t, real):
    def slogdet(a):
        flat = _layers(a)
        signs = np.empty(len(flat), t)
        logs = np.empty(len(flat), real)
        for i in range(len(flat)):
            signs[i], logs[i] = np.linalg.slogdet(flat[i])
        return SlogdetResult(signs.reshape(a.shape[:-2]), logs.reshape(a.shape[:-2]))

    return slogdet


@overload("general.linalg.slogdet")
def slogdet(a):
    if _is_stack(a):
        return _slogdet(_inexact(a), _real(_inexact(a)))


@cache
def _with_triangle(function, lower):
    def one(a):
        return function(a, "L")

    def one_upper(a):
        return function(a, "U")

    return one if lower else one_upper


@overload("general.linalg.eigvalsh")
def eigvalsh(a, UPLO="L"):
    if _is_stack(a) and text(UPLO) in ("L", "U", "l", "u"):
        found = _vectors(_with_triangle(np.linalg.eigvalsh, text(UPLO) in "Ll"), _real(_inexact(a)), _side)
        return _ignoring_one(found)


@overload("general.linalg.eigh")
def eigh(a, UPLO="L"):
    if _is_stack(a) and text(UPLO) in ("L", "U", "l", "u"):
        return _ignoring_one(_eigen(_with_triangle(np.linalg.eigh, text(UPLO) in "Ll"), _real(_inexact(a)), _inexact(a), EighResult))


@cache
def _ignoring_one(found):
    def call(a, UPLO="L"):
        return found(a)

    return call


@overload("general.linalg.eigvals")
def eigvals(a):
    # Of real matrices only if they are complex: NumPy looks at all values to choose.
    if _is_stack(a) and kind_of(element_class(a)) == "c":
        return _vectors(np.linalg.eigvals, element_class(a), _side)


@overload("general.linalg.eig")
def eig(a):
    if _is_stack(a) and kind_of(element_class(a)) == "c":
        return _eigen(np.linalg.eig, element_class(a), element_class(a), EigResult)


@cache
def _svd_of_one(full):
    def svd(a):
        return np.linalg.svd(a, full)

    return svd


@cache
def _svd(found):
    def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
        return found(a)

    return svd


@overload("general.linalg.svd")
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    if not _is_stack(a) or not is_false(hermitian):
        return None
    if is_false(compute_uv):
        return _svd(_vectors(np.linalg.svdvals, _real(_inexact(a)), _least))
    if is_true(compute_uv) and (is_true(full_matrices) or is_false(full_matrices)):
        return _svd(_singular(_svd_of_one(is_true(full_matrices)), _inexact(a), is_true(full_matrices)))


@overload("general.linalg.svdvals")
def svdvals(x):
    if _is_stack(x):
        return _vectors(np.linalg.svdvals, _real(_inexact(x)), _least)


@overload("general.linalg.pinv")
def pinv(a, rcond=None):
    if _is_stack(a) and (is_absent(rcond) or is_real(rcond)):
        found = _matrices(np.linalg.pinv, _inexact(a), _turned_shape)
        return _pinv(found, not is_absent(rcond))


@cache
def _pinv(found, given):
    def pinv(a, rcond=None):
        return found(a)

    def pinv_with(a, rcond=None):
        return found(a, rcond)

    return pinv_with if given else pinv


@cache
def _qr_of_one(r_only):
    def reduced(a):
        return np.linalg.qr(a)

    def triangle(a):
        return np.linalg.qr(a, mode="r")

    return triangle if r_only else reduced


def _upper_shape(a):
    return (_least(a), a.shape[-1])


@cache
def _with_mode(found):
    def qr(a, mode="reduced"):
        return found(a)

    return qr


@overload("general.linalg.qr")
def qr(a, mode="reduced"):
    if not _is_stack(a):
        return None
    if text(mode) == "reduced":
        return _with_mode(_orthogonal(_qr_of_one(False), _inexact(a), False))
    if text(mode) == "r":
        return _with_mode(_matrices(_qr_of_one(True), _inexact(a), _upper_shape))


@cache
def _complete(t):
    """Q whole: the orthogonal complement comes from the factors of Q beside the identity."""

    def qr(a, mode="reduced"):
        m, n = a.shape
        wide = np.zeros((m, n + m), t)
        wide[:, :n] = a
        for i in range(m):
            wide[i, n + i] = 1
        q, r = np.linalg.qr(wide)
        return QRResult(q, np.ascontiguousarray(r[:, :n]))

    return qr


@overload("general.linalg.qr")
def qr_complete(a, mode="reduced"):
    if is_array(a, 2) and element_class(a) is not None and text(mode) == "complete":
        return _complete(_inexact(a))


@cache
def _rank(given):
    each = _numbers(np.linalg.matrix_rank, np.int64)

    def matrix_rank(A, tol=None):
        return each(A)

    def matrix_rank_within(A, tol=None):
        return each(A, tol)

    return matrix_rank_within if given else matrix_rank


@overload("general.linalg.matrix_rank")
def matrix_rank(A, tol=None):
    if _is_stack(A) and (is_absent(tol) or is_real(tol)):
        return _rank(not is_absent(tol))


@cache
def _cond(t, order):
    if order is None:

        def one(x):
            return np.linalg.cond(x)

    else:

        def one(x):
            return np.linalg.cond(x, order)

    each = _numbers(one, t)

    def cond(x, p=None):
        return each(x)

    return cond


@overload("general.linalg.cond")
def cond(x, p=None):
    order = None if is_absent(p) else text(p) or getattr(p, "literal_value", None)
    if _is_stack(x) and (is_absent(p) or order is not None):
        return _cond(_real(_inexact(x)), order)


@cache
def _power(t):
    each = _matrices(np.linalg.matrix_power, t, _same_shape)

    def matrix_power(a, n):
        return each(a, n)

    return matrix_power


@overload("general.linalg.matrix_power")
def matrix_power(a, n):
    return _power(element_class(a)) if _is_stack(a) and is_index(n) else None


@cache
def _solve(t):
    def solve(a, b):
        lead = common_shape(a.shape[:-2], b.shape[:-2])
        x = _layers(stretch(a, lead + a.shape[-2:]))
        y = _layers(stretch(b, lead + b.shape[-2:]))
        out = np.empty(y.shape, t)
        for i in range(len(x)):
            out[i] = np.linalg.solve(x[i], y[i])
        return out.reshape(lead + b.shape[-2:])

    return solve


@overload("general.linalg.solve")
def solve(a, b):
    if is_array(a) and is_array(b) and a.ndim >= 2 and b.ndim >= 2 and (a.ndim > 2 or b.ndim > 2):
        if element_class(a) is not None and element_class(b) is not None:
            common = promote(_inexact(a), _inexact(b))
            return _solve(common)


# The other triangle of Cholesky's factors


@cache
def _upper_factor():
    def cholesky(a, *, upper=False):
        return np.conj(np.swapaxes(np.linalg.cholesky(np.conj(np.swapaxes(a, -1, -2)).copy()), -1, -2)).copy()

    return cholesky


def _lower_factor(a, *, upper=False):
    return np.linalg.cholesky(a)


@overload("general.linalg.cholesky")
def cholesky(a, *, upper=False):
    if is_array(a) and a.ndim >= 2 and hasattr(upper, "kind"):
        return _upper_factor() if is_true(upper) else _lower_factor if is_false(upper) else None


# Norms along axes


def _ones(t):
    if len(t) == 0:
        return ()
    return (1,) + _ones(t[1:])


@cache
def _norm_whole(given):
    def norm(x, ord=None, axis=None, keepdims=False):
        return np.asarray(np.linalg.norm(x)).reshape(_ones(x.shape))

    def norm_of(x, ord=None, axis=None, keepdims=False):
        return np.asarray(np.linalg.norm(x, ord)).reshape(_ones(x.shape))

    return norm_of if given else norm


@cache
def _norm_lines(given, keep, single):
    def lines(x, ord, axis):
        if given:
            return np.linalg.norm(x, ord, axis)
        return np.linalg.norm(x, axis=axis)

    def norm_plain(x, ord=None, axis=None, keepdims=False):
        made = lines(x, ord, axis)
        if keep:
            return np.expand_dims(np.asarray(made), normal_axis(axis, x.ndim))
        return made

    def norm_first(x, ord=None, axis=None, keepdims=False):
        return norm_plain(x, ord, axis[0])

    return norm_first if single else norm_plain


@cache
def _norm_matrices(t, given, keep):
    def one(m, ord):
        if given:
            return np.linalg.norm(m, ord)
        return np.linalg.norm(m)

    def norm(x, ord=None, axis=None, keepdims=False):
        axes = normal_axes(axis, x.ndim)
        if axes[0] == axes[1]:
            raise ValueError("Duplicate axes given.")
        moved = np.moveaxis(x, axes, (-2, -1)).copy()
        flat = _layers(moved)
        out = np.empty(len(flat), t)
        for i in range(len(flat)):
            out[i] = one(flat[i], ord)
        made = out.reshape(moved.shape[:-2])
        if keep:
            return np.expand_dims(made, axes)
        return made

    def norm_number(x, ord=None, axis=None, keepdims=False):
        axes = normal_axes(axis, 2)
        if axes[0] == axes[1]:
            raise ValueError("Duplicate axes given.")
        return one(np.moveaxis(x, axes, (-2, -1)), ord)

    return norm, norm_number


def _is_flag(t):
    return is_true(t) or is_false(t)


@overload("general.linalg.norm")
def norm(x, ord=None, axis=None, keepdims=False):
    if not is_array(x) or not x.ndim or element_class(x) is None or not _is_flag(keepdims):
        return None
    given, keep = not is_absent(ord), is_true(keepdims)
    if is_absent(axis):
        return _norm_whole(given) if keep else _norm_of(given) if hasattr(keepdims, "kind") else None
    lines = not given or is_real(ord)
    if is_index(axis) and hasattr(keepdims, "kind"):
        return _norm_lines(given, keep, False) if lines else None
    if is_int_tuple(axis, 1):
        return _norm_lines(given, keep, True) if lines else None
    if is_int_tuple(axis, 2) and x.ndim >= 2:
        number = x.ndim == 2 and not keep
        return _norm_matrices(_real(_inexact(x)), given, keep)[number]


@cache
def _norm_of(given):
    def norm(x, ord=None, axis=None, keepdims=False):
        return np.linalg.norm(x)

    def norm_of(x, ord=None, axis=None, keepdims=False):
        return np.linalg.norm(x, ord)

    return norm_of if given else norm


@cache
def _vector_norm(form):
    if form == "whole":

        def vector_norm(x, *, axis=None, keepdims=False, ord=2):
            return np.linalg.norm(np.ravel(x), ord)

    elif form == "kept":

        def vector_norm(x, *, axis=None, keepdims=False, ord=2):
            return np.asarray(np.linalg.norm(np.ravel(x), ord)).reshape(_ones(x.shape))

    elif form == "along":

        def vector_norm(x, *, axis=None, keepdims=False, ord=2):
            return np.linalg.norm(x, ord, axis)

    else:

        def vector_norm(x, *, axis=None, keepdims=False, ord=2):
            return np.expand_dims(np.asarray(np.linalg.norm(x, ord, axis)), normal_axis(axis, x.ndim))

    return vector_norm


@overload("numpy.linalg.vector_norm")
def vector_norm(x, *, axis=None, keepdims=False, ord=2):
    if not is_array(x) or not x.ndim or not _is_flag(keepdims) or not (ord == 2 or is_real(ord)):
        return None
    if is_absent(axis):
        return _vector_norm("kept" if is_true(keepdims) else "whole")
    if is_index(axis):
        return _vector_norm("along kept" if is_true(keepdims) else "along")


@cache
def _matrix_norm(keep, given):
    def matrix_norm(x, *, keepdims=False, ord="fro"):
        return np.linalg.norm(x, "fro", (-2, -1), keepdims=keep)

    def matrix_norm_of(x, *, keepdims=False, ord="fro"):
        return np.linalg.norm(x, ord, (-2, -1), keepdims=keep)

    return matrix_norm_of if given else matrix_norm


@overload("numpy.linalg.matrix_norm")
def matrix_norm(x, *, keepdims=False, ord="fro"):
    if is_array(x) and x.ndim >= 2 and _is_flag(keepdims):
        return _matrix_norm(is_true(keepdims), hasattr(ord, "kind"))


# Namesakes in `numpy.linalg`


def _linalg_outer(x1, x2):
    return np.outer(x1, x2)


@overload("numpy.linalg.outer")
def outer(x1, x2):
    return _linalg_outer if is_array(x1, 1) and is_array(x2, 1) else None


def _linalg_cross(x1, x2, *, axis=-1):
    return np.cross(x1, x2)


def _linalg_cross_along(x1, x2, *, axis=-1):
    return np.cross(x1, x2, axis=axis)


@overload("numpy.linalg.cross")
def cross(x1, x2, *, axis=-1):
    if is_array(x1) and is_array(x2) and (axis == -1 or is_index(axis)):
        return _linalg_cross if getattr(axis, "literal_value", axis) == -1 else _linalg_cross_along


def _linalg_matmul(x1, x2):
    return np.matmul(x1, x2)


@overload("numpy.linalg.matmul")
def matmul(x1, x2):
    return _linalg_matmul if is_array(x1) and is_array(x2) and x1.ndim and x2.ndim else None


def _linalg_tensordot(x1, x2, *, axes=2):
    return np.tensordot(x1, x2, axes)


@cache
def _linalg_tensordot_of(count):
    def tensordot(x1, x2, *, axes=2):
        return np.tensordot(x1, x2, count)

    return tensordot


@overload("numpy.linalg.tensordot")
def tensordot(x1, x2, *, axes=2):
    if is_array(x1) and is_array(x2):
        count = getattr(axes, "literal_value", axes)
        return _linalg_tensordot_of(count) if isinstance(count, int) else _linalg_tensordot


@cache
def _tensorinv(ndim, ind):
    first = tuple(range(ind))
    rest = tuple(range(ind, ndim))

    def part(shape, places):
        if len(places) == 0:
            return ()
        return (shape[places[0]],) + part(shape, places[1:])

    def tensorinv(a, ind=2):
        outer = part(a.shape, first)
        inner = part(a.shape, rest)
        n = 1
        for k in inner:
            n *= k
        return np.linalg.inv(np.ascontiguousarray(a).reshape(a.size // max(n, 1), n)).reshape(inner + outer)

    return tensorinv


@overload("numpy.linalg.tensorinv")
def tensorinv(a, ind=2):
    k = getattr(ind, "literal_value", ind)
    if is_array(a) and a.ndim >= 2 and element_class(a) is not None and isinstance(k, int) and not is_bool(ind) and 0 < k < a.ndim:
        return _tensorinv(a.ndim, k)


@cache
def _tensorsolve(ndim, other):
    places = tuple(range(ndim - (ndim - other), ndim))

    def part(shape, places):
        if len(places) == 0:
            return ()
        return (shape[places[0]],) + part(shape, places[1:])

    def tensorsolve(a, b, axes=None):
        inner = part(a.shape, places)
        n = 1
        for k in inner:
            n *= k
        if a.size != n * n:
            raise np.linalg.LinAlgError("Input arrays must satisfy the requirement prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])")
        m = np.ascontiguousarray(a).reshape(n, n)
        return np.linalg.solve(m, np.ascontiguousarray(b).reshape(b.size)).reshape(inner)

    return tensorsolve


@overload("numpy.linalg.tensorsolve")
def tensorsolve(a, b, axes=None):
    numbers = is_array(a) and is_array(b) and element_class(a) is not None and element_class(b) is not None
    if numbers and b.ndim and a.ndim > b.ndim and is_absent(axes):
        return _tensorsolve(a.ndim, b.ndim)
