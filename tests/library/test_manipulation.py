"""Rearranging arrays, against NumPy."""

import numpy as np
import pytest

from answers import agree
from test_reductions import some


@pytest.mark.parametrize("name", ["int64", "float32", "bool", "complex128"])
def test_flattening(name):
    a = some((4, 6), name)
    for b in (a, a.T, a[::2, 1::2], a[0], a[:0], np.asarray(a[0, 0])):
        agree("array.flatten", b)
        agree("array.ravel", b)
        agree("numpy.ravel", b)


def test_joining():
    a, b = some(5, "float64"), some(3, "float64", 1)
    m, n = some((2, 3), "int64"), some((4, 3), "int64", 1)
    agree("numpy.concatenate", (a, b))
    agree("numpy.concatenate", (a, a[:0], b[::-1].copy()), values_only=True)
    agree("numpy.concatenate", (m, n))
    agree("numpy.hstack", (a, b))
    agree("numpy.vstack", (m, n))
    agree("numpy.vstack", (b, b))
    agree("numpy.append", a, b)
    agree("numpy.append", a, 4)
    agree("numpy.append", np.arange(4), 2.5)


def test_joining_columns():
    import looplift

    m, n = some((2, 3), "int64"), some((2, 1), "int64", 1)
    f = lambda m, n: (np.concatenate((m, n), axis=1), np.concatenate((m, n), -1), np.hstack((m, n)))  # noqa: E731
    for want, have in zip(f(m, n), looplift.njit(f)(m, n), strict=True):
        assert want.tolist() == have.tolist()


def test_order():
    a, m = some(7, "int64"), some((3, 4), "float64")
    agree("numpy.flip", a)
    agree("numpy.flip", m)
    agree("numpy.flipud", m)
    agree("numpy.fliplr", m)
    for shift in (0, 1, -1, 7, 9, -20):
        agree("numpy.roll", a, shift)
    agree("numpy.roll", a[:0], 3)
    for n in (0, 1, 3, -1):
        agree("numpy.repeat", m, n)
        agree("array.repeat", a, n)
        if n >= 0:
            agree("numpy.tile", a, n)


def test_diagonals():
    v, m = some(4, "float64"), some((3, 5), "int64")
    for k in (-9, -2, -1, 0, 1, 2, 9):
        agree("numpy.diag", v, k)
        agree("numpy.diag", m, k, values_only=True)
        agree("numpy.tril", m, k)
        agree("numpy.triu", m.T.copy(), k)


def test_clip():
    agree("array.clip", some(20, "float64"), -0.5, 0.5)
    agree("array.clip", some((4, 5), "int64"), 0, 3)
    agree("array.clip", some(9, "float32"), 0, None)


@pytest.mark.parametrize("kind", ["float64", "int64", "complex128", "complex64", "float32"])
def test_angle(kind):
    for z in (0, 1, -1, 2, -3):
        agree("numpy.angle", np.dtype(kind).type(z), ulps=1, single=True)
        agree("numpy.angle", np.dtype(kind).type(z), deg=True, ulps=1, single=True)
    agree("numpy.angle", 1 - 2j, ulps=1)


@pytest.mark.parametrize("x", [0.0, 1.25, -2.5, 123456.789, -0.05, 1e300, float("inf"), float("nan")])
def test_round(x):
    agree("numpy.round", x)
    for decimals in (-3, 0, 1, 2, 5):
        agree("numpy.round", x, decimals)
        agree("numpy.around", x, decimals)
    agree("numpy.round", np.float32(x))
    agree("numpy.round", 7)
