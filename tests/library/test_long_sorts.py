"""Long arrays are sorted by their digits: NumPy's answers for every class of numbers, layout and odd value."""

import numpy as np
import pytest
from looplift import njit

R = np.random.default_rng(3)
ODD = [np.nan, -np.nan, -0.0, 0.0, np.inf, -np.inf, 5e-324, -5e-324, 1.7976931348623157e308]


@njit
def sort(a):
    return np.sort(a)


@njit
def argsort(a):
    return np.argsort(a)


@njit
def in_place(a):
    a.sort()


def numbers(dtype, n):
    a = R.standard_normal(n) * 100
    if dtype[0] == "u":
        a = np.abs(a)
    return a.astype(dtype) if dtype == "?" else a.astype(dtype) * (1 << 40 if dtype in ("i8", "u8") else 1)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"])
def test_numbers(dtype):
    for n in (2047, 2048, 9001):
        whole = numbers(dtype, n)
        for a in (whole, whole[::-1], whole[::2], np.zeros(n, dtype), np.sort(whole)):
            np.testing.assert_array_equal(sort(a), np.sort(a))
            np.testing.assert_array_equal(argsort(a), np.argsort(a, kind="stable"))
            b = a.copy()[::1]
            in_place(b)
            np.testing.assert_array_equal(b, np.sort(a))


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_odd_values(dtype):
    a = numbers(dtype, 5000)
    for k in range(1 << len(ODD[:6])):
        b = a.copy()
        chosen = [x for n, x in enumerate(ODD[:6]) if k >> n & 1] + ODD[6:]
        with np.errstate(over="ignore"):
            b[:: 5000 // (20 * len(chosen))][: len(chosen)] = np.array(chosen).astype(dtype)
        if k % 9 == 0 or k < 16:
            np.testing.assert_array_equal(sort(b), np.sort(b))
            np.testing.assert_array_equal(argsort(b), np.argsort(b, kind="stable"))


def test_signs_of_zeros_keep_their_order():
    a = np.where(R.random(4000) < 0.5, 0.0, -0.0)
    np.testing.assert_array_equal(np.signbit(sort(a)), np.signbit(np.sort(a, kind="stable")))


def test_views():
    m = R.random((3000, 3))
    np.testing.assert_array_equal(njit(lambda m: np.sort(m, 0))(m), np.sort(m, 0))
    n = m.copy()
    in_place(n[:, 1])
    np.testing.assert_array_equal(n, np.stack([m[:, 0], np.sort(m[:, 1]), m[:, 2]], 1))
    np.testing.assert_array_equal(njit(lambda m: np.argsort(m.T))(m), np.argsort(m.T))
