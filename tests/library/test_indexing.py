"""Indexing with boolean and integer arrays, against NumPy."""

import numpy as np
import pytest

from support import check, check_error, compiled

V = np.arange(10.0)
M = np.arange(12).reshape(3, 4)
MASK = V % 3 == 0


@pytest.mark.parametrize(
    ("a", "index"),
    [
        (V, MASK),
        (V[::-1], MASK),
        (V, np.zeros(10, bool)),
        (V[:0], np.zeros(0, bool)),
        (M, np.array([True, False, True])),
        (M, M > 5),
        (V, np.array([3, -1, 0, 3])),
        (V, np.array([0, 9], np.uint8)),
        (V, np.array([[1, 2], [-3, 4]])),
        (M, np.array([2, 0, -1])),
        (V + 1j, MASK),
        (MASK, MASK),
    ],
)
def test_get(a, index):
    check(lambda a, index: a[index], a, index)


def store(a, index, value):
    a[index] = value
    return a


@pytest.mark.parametrize(
    ("a", "index", "value"),
    [
        (V, MASK, -1.0),
        (M, np.array([True, False, True]), 7),
        (M, M > 5, 0),
        (V, np.array([3, -1, 3]), 2),
        (M, np.array([2, 0]), 5),
        (V, MASK, np.arange(4.0)),
        (M, M > 8, np.array([1, 2, 3])),
        (V, np.array([3, 1]), np.array([8, 9])),
    ],
)
def test_set(a, index, value):
    check(store, a.copy(), index, value)


def test_expressions_of_masks():
    check(lambda a: a[a > 2] * 2, V)

    def clip(a):
        a[a > 4] = 4
        a[a < 1] += 10
        return a

    check(clip, V.copy())


def test_overlap():
    def f(a):
        a[np.array([1, 2, 3])] = a[:3]
        return a

    check(f, V.copy())


def test_index_shares_memory_with_the_array():
    def itself(a, value):
        a[a] = value
        return a

    check(itself, np.array([2, 0, 1]), np.array([7, 8, 9]))
    check(itself, np.array([2, 0, 1]), 5)


def test_errors():
    check_error(lambda a, i: a[i], V, np.array([10]))
    with pytest.raises(IndexError, match="boolean index did not match"):
        compiled(lambda a, i: a[i])(V, MASK[:5])
    with pytest.raises(ValueError, match="cannot assign"):
        compiled(store)(V.copy(), MASK, np.arange(3.0))
