"""Two iterations of a loop share instructions: each has the bits that it has alone, and divisions raise where they would have raised."""

import math

import numpy as np
import pytest
from looplift import njit, prange
from support import check

SPECIAL = [0.0, -0.0, 1.0, -1.5, math.inf, -math.inf, math.nan, 5e-324, 1e308, -1e308, 2.0**-1022]


def rng():
    return np.random.default_rng(7)


def forces(place, mass, force):
    for i in range(len(place)):
        fx = fy = fz = 0.0
        for j in range(len(place)):
            dx, dy, dz = place[j, 0] - place[i, 0], place[j, 1] - place[i, 1], place[j, 2] - place[i, 2]
            square = dx * dx + dy * dy + dz * dz + 1e-9
            pull = mass[j] / (square * math.sqrt(square))
            fx += pull * dx
            fy += pull * dy
            fz += pull * dz
        force[i, 0], force[i, 1], force[i, 2] = fx, fy, fz


def quotients(a, b, out):
    for i in range(len(a)):
        total = 0.0
        for j in range(len(b)):
            total += a[i] / b[j]
        out[i] = total


def ratios(a, b, out):
    """The divisor is another one in each iteration."""
    for i in range(len(a)):
        total = 0.0
        for j in range(len(b)):
            total += float(b[j]) / float(a[i])
        out[i] = total


def mixed(a, b, whole, out):
    """Floats that come from integers, single floats and other rows of choice meet pairs."""
    for i in range(len(a)):
        total, most = 0.0, 0.0
        for j in range(len(b)):
            x = abs(b[j] - a[i]) * whole[i] + np.float64(np.float32(a[i]) * np.float32(j))
            most = max(most, x)
            total += -x * b[j] / (1.0 + x * x) + (a[i] if j % 2 else 0.5)
        out[i] = total - most


def row_distances(a, out):
    for i in range(len(a)):
        for j in range(len(a)):
            square = 0.0
            for k in range(a.shape[1]):
                d = a[i, k] - a[j, k]
                square += d * d / (1.0 + abs(d))
            out[i, j] = math.sqrt(square)


def last_row(a, b):
    """What the last iteration made is asked for behind the loop."""
    total = 0.0
    for i in range(len(a)):
        total = 0.0
        for j in range(len(b)):
            total += math.sqrt(a[i] * b[j]) / (b[j] + 1.0)
    return total


def chained(a, b):
    """One iteration's result goes into the next one's."""
    last = 1.0
    for i in range(len(a)):
        total = 0.0
        for j in range(len(b)):
            total += a[i] / (1.0 + b[j])
        last = total / (1.0 + last)
    return last


def column_products(a, b, out):
    """Neighbouring columns lie side by side."""
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = 0.0
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            out[i, j] = total


@pytest.mark.parametrize("n", [*range(9), 19])
@pytest.mark.parametrize("m", [1, 2, 7])
def test_counts(n, m):
    a, b = rng().random(n), rng().random(m) + 0.5
    check(forces, rng().random((n, 3)), rng().random(n), np.zeros((n, 3)))
    check(quotients, a, b, np.zeros(n))
    check(ratios, a, b, np.zeros(n))
    check(mixed, a, b, np.arange(n), np.zeros(n))
    check(row_distances, rng().random((n, m)), np.zeros((n, n)))
    check(last_row, a, b)
    check(chained, a, b)
    check(column_products, rng().random((3, m)), rng().random((m, n)), np.zeros((3, n)))


def test_numbers_of_all_kinds():
    a, b = np.array(SPECIAL), np.array([x for x in SPECIAL if x])
    with np.errstate(all="ignore"):
        for shift in range(4):
            rolled = np.roll(a, shift)
            check(quotients, rolled, b, np.zeros(len(a)))
            check(row_distances, rolled[:, None] * np.ones(3), np.zeros((len(a), len(a))))
            check(column_products, np.roll(b, shift)[:9].reshape(3, 3), rolled[:9].reshape(3, 3), np.zeros((3, 3)))
    signs = np.zeros(len(a))
    njit(quotients)(np.full(len(a), -0.0), np.ones(1), signs)
    assert not np.signbit(signs).any()


@pytest.mark.parametrize("place", range(11))
def test_division_by_zero_raises_in_order(place):
    a = rng().random(11)
    a[place] = -0.0 if place % 2 else 0.0
    check(ratios, a, rng().random(5), np.zeros(11), raises=ZeroDivisionError)
    expected, out = np.zeros(11), np.zeros(11)
    for f, o in ((ratios, expected), (njit(ratios), out)):
        with pytest.raises(ZeroDivisionError):
            f(a, np.ones(5), o)
    assert (out == expected).all() and (out[:place] != 0).all() and not out[place:].any()


def test_arrays_that_are_too_short():
    for length in range(11):
        check(quotients, rng().random(11), rng().random(4) + 1, np.zeros(length), raises=IndexError)


@pytest.mark.parametrize("start", [0, 1, 3, 8, 20])
def test_overlap(start):
    for f in (quotients, ratios):
        buffers = [np.arange(1.0, 41.0) for _ in range(2)]
        for g, b in zip((f, njit(f)), buffers, strict=True):
            g(b[start : start + 12], b[10:16], b[start + 2 : start + 14])
        np.testing.assert_array_equal(*buffers)


def test_pairs_are_made():
    f = njit(forces)
    f(np.ones((9, 3)), np.ones(9), np.zeros((9, 3)))
    (text,) = f.inspect_mir().values()
    assert "fsqrt.f64x2" in text and "fdiv.f64x2" in text and "fcmp_both" in text


RANGES = ["prange(40)", "prange(3, 40)", "prange(-5, 40)", "prange(-5, 40, 3)", "prange(39, -6, -1)", "prange(0)", "prange(7, 3)", "prange(-3)"]


@pytest.mark.parametrize("numbers", RANGES)
def test_pieces_of_parallel_loops(numbers):
    """Ranges of all kinds; indices below zero count from the end."""
    space = {"prange": prange}
    source = f"""
def sums(a, out):
    for i in {numbers}:
        total = 0.0
        for j in range(a.shape[1]):
            total += a[i, j] / (1.0 + j)
        out[i] = total
"""
    exec(source, space)
    a = rng().random((45, 13))
    expected, out = np.zeros(45), np.zeros(45)
    space["sums"](a, expected)
    njit(parallel=True)(space["sums"])(a, out)
    np.testing.assert_array_equal(out, expected)
