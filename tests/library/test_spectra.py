"""Factors, eigenvalues, singular values, norms and products over axes, against NumPy."""

import numpy as np
import pytest

from answers import agree, interpret
from support import compiled
from test_linear import INEXACT, matrix, tolerance

SHAPES = [(1, 1), (3, 3), (5, 3), (3, 5), (40, 40), (30, 10), (10, 30)]


def close(x, y, tol):
    assert x.dtype == y.dtype
    assert x.shape == y.shape
    np.testing.assert_allclose(x, y, tol, tol)


def qr(a):
    return np.linalg.qr(a)


def svd(a):
    return np.linalg.svd(a)


def svd_reduced(a):
    return np.linalg.svd(a, full_matrices=False)


def svd_if(a, full):
    return np.linalg.svd(a, full)


def eigh(a):
    return np.linalg.eigh(a)


def eigh_upper(a):
    return np.linalg.eigh(a, UPLO="U")


def eig(a):
    return np.linalg.eig(a)


@pytest.mark.parametrize("name", INEXACT)
@pytest.mark.parametrize("shape", SHAPES)
def test_factors(name, shape):
    a, tol = matrix(*shape, name), tolerance(name)
    for x, y in zip(compiled(qr)(a), qr(a), strict=True):
        close(x, y, tol)
    for f in (svd, svd_reduced):
        u, s, v = compiled(f)(a)
        for x, y in zip((u, s, v), f(a), strict=True):
            assert x.shape == y.shape
        close(s, f(a)[1], tol)
        k = len(s)
        close((u[:, :k] * s) @ v[:k], a, tol)
        close(u.conj().T @ u, np.eye(u.shape[1], dtype=name), tol)
        close(v @ v.conj().T, np.eye(v.shape[0], dtype=name), tol)


def test_flags_at_run_time():
    a = matrix(5, 3)
    for full in (True, False):
        assert [x.shape for x in compiled(svd_if)(a, full)] == [x.shape for x in svd_if(a, full)]


def test_only_one_triangle_is_read():
    a = matrix(6, 6, "complex128")
    agree("numpy.linalg.eigvalsh", a, rtol=1e-9)
    agree("numpy.linalg.eigvalsh", a, UPLO="U", rtol=1e-9)


@pytest.mark.parametrize("name", INEXACT)
@pytest.mark.parametrize("n", [0, 1, 2, 5, 40])
def test_eigenvalues(name, n):
    a, tol = matrix(n, n, name), tolerance(name)
    h = a + a.conj().T
    for f in (eigh, eigh_upper):
        w, z = compiled(f)(h)
        close(w, f(h)[0], tol)
        close(h @ z, (z * w).astype(name), tol * 10)
    agree("numpy.linalg.eigvalsh", h, rtol=tol)
    # A real matrix must have real eigenvalues.
    b = a if np.dtype(name).kind == "c" else h
    w, v = compiled(eig)(b)
    close(b @ v, v * w, tol * 20)
    close(np.linalg.norm(v, axis=0), np.ones(n, w.real.dtype), tol)


def test_real_eigenvalues_of_no_symmetry():
    for n in (3, 10, 40):
        t = np.triu(matrix(n, n)) + np.diag(3.0 * np.arange(n))
        q = np.linalg.qr(matrix(n, n, seed=1))[0]
        a = q @ t @ q.T
        w, v = compiled(eig)(a)
        close(a @ v, v * w, 1e-7)
    with pytest.raises(ValueError, match="domain change"):
        compiled(eig)(np.array([[0.0, 1.0], [-1.0, 0.0]]))


@pytest.mark.parametrize("name", ["int64", *INEXACT])
@pytest.mark.parametrize("shape", [(1, 1), (4, 4), (5, 3), (3, 5)])
def test_what_follows(name, shape):
    a = matrix(*shape, name)
    options = {"rtol": tolerance(name) * 5, "values_only": True}
    agree("numpy.linalg.pinv", a, **options)
    agree("numpy.linalg.lstsq", a, matrix(shape[0], 2, name), **options)
    agree("numpy.linalg.lstsq", a, matrix(shape[0], 1, name)[:, 0], **options)
    assert compiled(rank)(a) == rank(a)
    for ord in (None, 1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc"):
        agree("numpy.linalg.norm", a, ord, rtol=tolerance(name))
    for ord in (None, 0, 1, 2, 3, -1, 0.5, np.inf, -np.inf):
        agree("numpy.linalg.norm", a[0], ord, rtol=tolerance(name))
    agree("numpy.linalg.norm", a, axis=1, rtol=tolerance(name))
    agree("numpy.linalg.norm", a, 3, axis=0, rtol=tolerance(name))
    agree("numpy.linalg.norm", np.array([a, a]), rtol=tolerance(name))
    agree("numpy.linalg.cond", a, rtol=tolerance(name) * 100)
    if shape[0] == shape[1]:
        for n in (0, 1, 2, 5, 8):
            agree("numpy.linalg.matrix_power", a, n, rtol=tolerance(name) * 100)


def rank(a):
    return np.linalg.matrix_rank(a)


@pytest.mark.parametrize("name", ["svd", "eig", "eigh", "eigvals", "pinv"])
def test_nan_is_refused(name):
    with pytest.raises(np.linalg.LinAlgError, match="infs or NaNs"):
        interpret("numpy.linalg." + name, np.full((2, 2), np.nan))


def over_tuples(a, b):
    return np.tensordot(a, b, axes=((2, 1), (0, 1)))


def over_numbers(a, b):
    return np.tensordot(a, b, axes=(-1, 0))


def over_count(a, b):
    return np.tensordot(a, b, axes=1)


def over_two(a, b):
    return np.tensordot(a, b)


def chained(a, b):
    return np.linalg.multi_dot((a, b, a, b))


@pytest.mark.parametrize("name", ["int64", "float64", "complex64"])
def test_tensors(name):
    a, b = matrix(6, 4, name).reshape(2, 3, 4), matrix(12, 5, name).reshape(4, 3, 5)
    tol = tolerance(name)
    for f in (over_tuples, over_numbers, over_count):
        close(compiled(f)(a, b), f(a, b), tol)
    c = matrix(12, 5, name).reshape(3, 4, 5)
    close(compiled(over_two)(a, c), over_two(a, c), tol)
    close(compiled(chained)(a[0], a[1].T), chained(a[0], a[1].T), tol)
    for x, y in [(a[0], b[0]), (a[0, 0], b[0]), (a[0], b[0, 0]), (a[0, 0], b[0, 0])]:
        agree("numpy.kron", x, y, rtol=tol)
    agree("numpy.kron", a[0], 2, rtol=tol)
    agree("numpy.outer", a[0], 2.5, rtol=tol)
    agree("numpy.outer", 2, 2.5, rtol=tol)
