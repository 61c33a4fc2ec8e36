"""Products of matrices and stacks of them, and `numpy.linalg`, against NumPy."""

import numpy as np
import pytest

from answers import agree, interpret
from support import compiled

INEXACT = ["float32", "float64", "complex64", "complex128"]


def matrix(m, n, name="float64", seed=0):
    r = np.random.default_rng(seed + 7 * m + n)
    a = r.normal(size=(m, n))
    if np.dtype(name).kind == "c":
        a = a + 1j * r.normal(size=(m, n))
    return a.astype(name) if np.dtype(name).kind in "fc" else (a * 5).astype(name)


def tolerance(name):
    return {"float32": 2e-3, "complex64": 2e-3}.get(name, 1e-9)


@pytest.mark.parametrize("name", ["int64", "int8", "bool", *INEXACT])
def test_products_of_any_dimensions(name):
    a = matrix(2 * 3, 4, name).reshape(2, 3, 4)
    b = matrix(5 * 4, 2, name).reshape(5, 4, 2)
    v = matrix(4, 1, name)[:, 0]
    options = {"rtol": tolerance(name), "values_only": True}
    for x, y in [(a, b), (a, v), (v, b), (a, b[0]), (a[0], b)]:
        agree("numpy.dot", x, y, **options)
    for x, y in [(a, b[:2]), (a, b[:1]), (a, b[0]), (a[0], b), (a, v), (v, b), (a[:, None], b[None, :2])]:
        agree("numpy.matmul", x, y, **options)
    agree("numpy.inner", a, b.transpose(0, 2, 1).copy(), **options)


@pytest.mark.parametrize("name", INEXACT)
def test_products_of_any_layout(name):
    a = matrix(40, 30, name)
    raw = np.zeros(30 * 40, np.dtype([("pad", "u1"), ("x", name)]))
    raw["x"] = matrix(30, 40, name).ravel()
    odd = raw["x"].reshape(30, 40)
    for b in (a.T, a.T.copy(), np.asfortranarray(a.T), a[::-1, ::-1].T, matrix(60, 80, name)[::2, ::2]):
        agree("numpy.dot", a, b, rtol=tolerance(name))
        agree("numpy.matmul", b, a, rtol=tolerance(name))
    out = np.empty((40, 40), name)
    assert np.allclose(compiled(dot_into)(a, odd.copy(), out), np.dot(a, odd), 1e-3, 1e-3)


def dot_into(a, b, out):
    return np.dot(a, b, out)


@pytest.mark.parametrize("name", [*INEXACT, "int64"])
@pytest.mark.parametrize("n", [0, 1, 3, 60, 130])
def test_systems(name, n):
    a, b = matrix(n, n, name), matrix(n, 3, name, 1)
    if name == "int64":
        a = a + 20 * np.eye(n, dtype=int)
    options = {"rtol": tolerance(name) * 10, "values_only": True}
    agree("numpy.linalg.solve", a, b, **options)
    agree("numpy.linalg.solve", a[::-1], b[:, 0], **options)
    agree("numpy.linalg.inv", a.T, **options)
    if n < 100:
        agree("numpy.linalg.det", a, **options)
    s = a @ a.conj().T + np.eye(n, dtype=name)
    agree("numpy.linalg.cholesky", s, **options)


def test_stacks():
    a = matrix(12, 3).reshape(2, 2, 3, 3)
    agree("numpy.linalg.inv", a, rtol=1e-9)
    agree("numpy.linalg.det", a, rtol=1e-9)
    agree("numpy.linalg.solve", a, a[::-1].copy(), rtol=1e-9)


@pytest.mark.parametrize("name", ["inv", "solve", "cholesky", "det"])
def test_refusals(name):
    def outcome(a):
        args = (a, a) if name == "solve" else (a,)
        agree("numpy.linalg." + name, *args)

    outcome(np.zeros((3, 3)))
    outcome(np.zeros((2, 3)))
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix"):
        interpret("numpy.linalg.inv", np.ones((3, 3), complex))


def test_shapes_that_do_not_fit():
    a, b, v = matrix(2, 3), matrix(4, 5), matrix(4, 1)[:, 0]
    for x, y in [(a, b), (a, v), (v, a), (v, v[1:])]:
        agree("numpy.dot", x, y)
        agree("numpy.inner", x, y)
    for x, y in [(a, b), (a, v), (v, a), (np.array([a, a]), b)]:
        agree("numpy.matmul", x, y)
    agree("numpy.linalg.solve", matrix(3, 3), v)
    agree("numpy.linalg.solve", matrix(3, 3), b)


@pytest.mark.parametrize("name", ["int64", "float32", "complex128"])
def test_cross_products(name):
    a, b = matrix(5, 3, name), matrix(5, 3, name, 1)
    for x, y in [(a, b), (a, b[0]), (a[0], b), (a[:, None], b), (a, b[:1])]:
        agree("numpy.cross", x, y, rtol=tolerance(name))
    agree("numpy.cross", a[0], np.zeros(4, name))
