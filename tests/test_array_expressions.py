"""Whole-array expressions: operators and functions element by element, broadcast and fused, against NumPy.

Operands are arrays and NumPy scalars of one precision, where Numba's and NumPy's result types agree; the rules that
differ are rows of ``docs/differences.md``.
"""

import gc

import numpy as np
import pytest

from support import check, compiled
from support.module import allocation_stats

A = np.arange(12.0).reshape(3, 4) + 0.5
B = A[::-1, ::-1].copy()
ROW = np.arange(4.0) - 1.5
COLUMN = np.arange(3.0).reshape(3, 1)
INTS = np.arange(-6, 6).reshape(3, 4)

PAIRS = {
    "same shape": (A, B),
    "row": (A, ROW),
    "column": (A, COLUMN),
    "row first": (ROW, A),
    "outer": (COLUMN, ROW),
    "scalar right": (A, 2.0),
    "scalar left": (3.0, B),
    "reversed": (A[:, ::-1], B),
    "strided": (A[::2], B[::2]),
    "fortran": (np.asfortranarray(A), np.asfortranarray(B)),
    "mixed order": (np.asfortranarray(A), B),
    "empty": (np.zeros((0, 4)), ROW),
    "single": (np.ones((1, 1)), A),
    "integers": (INTS, INTS + 1),
    "integer and float": (INTS, A),
    "complex": (A + 1j, B),
    "three dimensions": (np.arange(24.0).reshape(2, 3, 4), A),
}

BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "fused": lambda a, b: (a + b) * (a - b) + a,
    "reduced": lambda a, b: ((a + b) * b).shape,
}
REAL = {
    "/": lambda a, b: a / (b * b + 1),
    "//": lambda a, b: a // (b + 0.25),
    "%": lambda a, b: a % (b + 0.25),
    "<": lambda a, b: a < b,
    "==": lambda a, b: a == b,
    "and": lambda a, b: (a < b) | (a >= 2) & (b != 1),
}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("name", BINARY)
def test_binary(name, pair):
    check(BINARY[name], *PAIRS[pair])


@pytest.mark.parametrize("pair", [p for p in PAIRS if p != "complex"])
@pytest.mark.parametrize("name", REAL)
def test_real(name, pair):
    check(REAL[name], *PAIRS[pair])


@pytest.mark.parametrize(
    "function",
    [
        lambda a: -a,
        lambda a: abs(a),
        lambda a: np.abs(a) + a,
        lambda a: np.sqrt(np.abs(a)),
        lambda a: np.floor(a) + np.ceil(a),
        lambda a: np.isnan(a),
        lambda a: np.maximum(a, a * a),
        lambda a: a.T + a.T,
    ],
)
@pytest.mark.parametrize("a", [A, -A, A[1], A[:, 1], np.asfortranarray(A), np.array(2.5).reshape(1), np.zeros((3, 0))])
def test_unary(function, a):
    check(function, a, ulps=1)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_small_integers_wrap_in_their_dtype(dtype):
    a = np.array([0, 1, 100, 127], dtype)
    a = np.append(a, [np.iinfo(a.dtype).max, np.iinfo(a.dtype).min]).astype(dtype)
    check(lambda a: a + a * a - a, a)
    check(lambda a: -a, a)
    check(lambda a, b: a // b, a, np.full_like(a, 3))


def test_division_by_zero_raises_nothing():
    with np.errstate(all="ignore"):
        check(lambda a, b: a / b, np.array([1.0, 0.0, -1.0]), np.zeros(3))
        check(lambda a, b: a // b, np.array([5, 0, -5]), np.zeros(3, np.int64))
        check(lambda a, b: a % b, np.array([5.0, 0.0, -5.0]), np.zeros(3))


def test_in_place():
    def add(a, b):
        a += b
        return a

    def shifted(a):
        a[1:] += a[:-1]
        return a

    def backwards(a):
        a *= a[::-1]
        return a

    check(add, A.copy(), B)
    check(add, A.copy(), ROW)
    check(add, A.copy(), 2.5)
    check(add, INTS.copy(), INTS)
    check(add, A.copy()[::2], B[::2])
    check(shifted, np.arange(10.0))
    check(backwards, np.arange(1.0, 8.0))


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"operands could not be broadcast together with shapes \(3,4\) \(5,\)"):
        compiled(lambda a, b: a + b * b)(A, np.zeros(5))
    with pytest.raises(ValueError, match="could not be broadcast"):
        compiled(lambda a, b: a - b)(np.zeros((2, 3)), np.zeros((3, 2)))


def test_intermediate_used_twice():
    def f(a):
        x = a + 1
        y = x * 2
        return x, y

    first, second = compiled(f)(A)
    np.testing.assert_array_equal(first, A + 1)
    np.testing.assert_array_equal(second, (A + 1) * 2)


def test_store_between_is_seen():
    """A store to an operand between an expression and its use must not change the expression."""

    def f(a, b):
        x = a + b
        a[0] = 100.0
        return x * 2

    check(f, np.arange(4.0), np.ones(4))


def test_nothing_leaks():
    def f(a, b):
        x = (a + b) * 2
        for _ in range(3):
            x = x - b / 4
            x += a
        return x

    g = compiled(f)
    g(A, B)
    gc.collect()
    assert allocation_stats() is None or allocation_stats()["alloc"] > 0
    before = allocation_stats()
    if before is not None:
        for _ in range(50):
            g(A, B)
        after = allocation_stats()
        assert after["live_bytes"] == before["live_bytes"]
        assert after["alloc"] - before["alloc"] == after["free"] - before["free"]


def test_list_displays_as_arguments():
    check(lambda: np.array([1, 2, 3]))
    check(lambda: np.array([1.5, 2, 3]))
    check(lambda x: np.array([x, x + 1]), 2.5)
    check(lambda: np.array([[1, 2, 3], [4, 5, 6]]))
    check(lambda x, y: np.array([[x, y], [y, x]]), 1.0, 2.0)
    check(lambda: np.concatenate([np.zeros(2), np.ones(3)]))
