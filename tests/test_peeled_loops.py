"""Loops of which the first and last iterations are taken out, since conditions ask for them: results and exceptions stay what they are."""

import numpy as np
import pytest
from support import check


def ring(a):
    n = len(a)
    out = np.empty_like(a)
    for j in range(n):
        left = j - 1 if j > 0 else n - 1
        right = j + 1 if j < n - 1 else 0
        out[j] = a[left] + a[j] * 2 + a[right]
    return out


def torus(board):
    rows, columns = board.shape
    fresh = np.zeros_like(board)
    for i in range(rows):
        up = i - 1 if i > 0 else rows - 1
        down = i + 1 if i < rows - 1 else 0
        for j in range(columns):
            left = j - 1 if j > 0 else columns - 1
            right = j + 1 if j < columns - 1 else 0
            near = board[up, left] + board[up, j] + board[up, right] + board[i, left] + board[i, right]
            near += board[down, left] + board[down, j] + board[down, right]
            if near == 3 or (near == 2 and board[i, j] == 1):
                fresh[i, j] = 1
            else:
                fresh[i, j] = 0
    return fresh


def flat_ends(a):
    out = np.zeros(len(a))
    for i in range(len(a)):
        if i == 0:
            out[i] = a[i + 1] - a[i]
        elif i == len(a) - 1:
            out[i] = a[i] - a[i - 1]
        else:
            out[i] = (a[i + 1] - a[i - 1]) / 2
    return out


def joined(a, start, stop):
    """A separator everywhere but behind the last one."""
    total = 0
    for i in range(start, stop):
        total = total * 7 + a[i]
        if i + 1 < stop:
            total += 3
        if i <= start:
            total -= 5
    return total


def leaves(a, n):
    for i in range(n):
        if i != n - 1 and a[i] > a[i + 1]:
            return i
        if i >= 1 and a[i] == a[i - 1]:
            break
    else:
        return -1
    return -2


def neighbours_apart(a, n):
    """What the last iteration reads may not exist."""
    total = 0.0
    for i in range(n):
        if i < n - 1:
            total += a[i + 1]
        if i > 0:
            total -= a[i - 1] * 0.5
        a[i] = total
    return total


@pytest.mark.parametrize("n", range(12))
def test_rings(n):
    rng = np.random.default_rng(n)
    check(ring, rng.random(n))
    check(ring, rng.integers(0, 9, n))
    for rows in (1, 2, 5):
        check(torus, (rng.random((rows, n)) < 0.4).astype(np.uint8))
    check(torus, (rng.random((n, 70)) < 0.4).astype(np.uint8))


@pytest.mark.parametrize("n", [2, 3, 4, 17])
def test_ends(n):
    check(flat_ends, np.random.default_rng(n).random(n))


def test_one_element_has_no_neighbour():
    check(flat_ends, np.ones(0))
    check(flat_ends, np.ones(1), raises=IndexError)


def test_counts():
    a = np.arange(20) % 4
    for start in range(-3, 4):
        for stop in (-3, 0, 1, 2, 3, 9, 12):
            check(joined, a, start, stop)


def test_least_limit():
    check(joined, np.arange(3), 2**63 - 1, -(2**63))
    check(joined, np.arange(3), -(2**63), -(2**63))


def test_leaving():
    for n in range(9):
        check(leaves, np.arange(9), n)
        check(leaves, np.array([1, 2, 3, 3, 2, 1, 0, 1, 2]), n)
        check(leaves, np.array([1, 2, 3, 2, 2, 1, 0, 1, 2]), n)


def test_what_raises_leaves_what_was_written():
    for n in range(8):
        check(neighbours_apart, np.arange(7.0), n)
    for n in (8, 9, 12):
        check(neighbours_apart, np.arange(7.0), n, raises=IndexError)
