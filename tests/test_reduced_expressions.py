"""Reductions of array expressions: no array holds the expression, and the result has NumPy's bits.

Lengths lie around pieces, halves and blocks of pairwise sums. NumPy itself is the reference: `check` compares to the last bit.
"""

import gc
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from looplift import njit
from support import check
from support.module import allocation_stats

LENGTHS = [0, 1, 7, 128, 1025, 4095, 4096, 4097, 4104, 8192, 8209, 30_001, 100_003]


def numbers(n, dtype=np.float64, seed=0):
    a = np.random.default_rng(seed + n).standard_normal(n) * 10.0 ** np.random.default_rng(n).integers(-3, 4, n)
    return a.astype(dtype)


def summed(a, b, c):
    return np.sum(a * b + c)


def squares(a, b, c):
    return ((a - b) ** 2).sum(), np.sum(np.abs(c)) + 0.0


def means(a, b, c):
    return np.mean((a - b) ** 2), (c * 2.0).mean()


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("function", [summed, squares, means])
def test_float_sums(function, dtype, n):
    if function is means and n == 0:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        a, b, c = (numbers(n, dtype, k) for k in range(3))
        want, got = function(a, b, c), njit(function)(a, b, c)
    assert np.asarray(got).tobytes() == np.asarray(want, np.asarray(got).dtype).tobytes(), (got, want)


def extremes(a, b):
    return np.max(np.abs(a - b)), (a - b).min(), np.amax(a + b), (-a).max()


def flags(a, b):
    return np.any(a > b + 2.0), np.all(np.abs(a - b) < 9.0), (a == b).all(), (a != b).any()


def integers(a, b):
    return np.sum(a * b), (a + b).max(), np.min(a - 3 * b), (a % 7).sum(), (a > b).sum(), np.count_nonzero(a > b)


@pytest.mark.parametrize("n", [1, 2, 4096, 4097, 9000])
def test_other_reductions(n):
    a, b = numbers(n), numbers(n, seed=1)
    check(extremes, a, b)
    check(flags, a, b)
    check(flags, a, a)
    check(integers, np.arange(n) * 7 % 1001, np.arange(n)[::-1] % 13)


@pytest.mark.parametrize("place", [0, 500, 4095, 4096, 4321, 4999])
def test_what_is_not_a_number_is_the_result(place):
    a, b = numbers(5000), numbers(5000, seed=1)
    a[place] = np.nan
    check(extremes, a, b)
    check(flags, a, b)
    a[place] = -0.0
    check(extremes, np.abs(a) * 0.0, -np.abs(a) * 0.0)


def test_empty_extremes_raise():
    with pytest.raises(ValueError, match="zero-size array to reduction operation maximum which has no identity"):
        njit(extremes)(np.empty(0), np.empty(0))


def two_axes(a, b):
    return np.sum(a * b), (a - b).max(), np.mean(a + b), np.all(a < b)


def stretched(a, row):
    return np.sum(a * row), (a + row).max(), (row - a).mean()


@pytest.mark.parametrize("shape", [(3, 5), (80, 60), (1, 5000), (5000, 1), (12, 20, 30)])
def test_axes_orders_and_stretching(shape):
    a = numbers(int(np.prod(shape))).reshape(shape)
    b = a[::-1].copy()
    check(two_axes, a, b)
    check(two_axes, np.asfortranarray(a), np.asfortranarray(b))
    check(two_axes, a, np.asfortranarray(b))
    check(two_axes, a[::-1], b)
    check(stretched, a, a[0])
    check(stretched, a, a[..., :1].copy())


def strided(a, b):
    return np.sum(a[::2] * b[1::2]), (a[::-1] + b).max(), np.mean(a[1:] - a[:-1])


def test_strided_operands():
    for n in (10, 8194, 20_000):
        check(strided, numbers(n), numbers(n, seed=1))


def test_shapes_that_do_not_fit():
    check(summed, np.ones(5000), np.ones(4999), np.ones(5000), raises=ValueError)
    check(flags, np.ones(3), np.ones(2), raises=ValueError)


def used_twice(a, b):
    d = a - b
    return d.sum(), d.max()


def stored_between(a, b):
    d = a * b
    a[0] = 100.0
    return d.sum() + a.sum()


def in_a_handler(a, b):
    try:
        s = np.sum(a * b)
    except ValueError:
        s = -1.0
    return s


def in_a_loop(a, b, n):
    best = -np.inf
    for k in range(n):
        best = max(best, np.sum(a * k - b))
        if np.any(a * k > 10.0 * b):
            best += 0.5
    return best


def nested(a, b):
    return np.sum(a * np.max(b - a)), np.max(np.abs(a - np.mean(a * 1.0)))


def test_around_it():
    a, b = numbers(5000), numbers(5000, seed=1)
    check(used_twice, a, b)
    check(stored_between, a, b)
    check(in_a_handler, a, b)
    check(in_a_handler, a, b[:4999])
    check(in_a_loop, a, b, 5)
    check(nested, a, b)


def test_no_array_is_made():
    """A process that may not have memory for the expression as an array computes its sum."""
    program = """
import resource
import numpy as np
from looplift import njit

@njit
def f(a, b):
    return np.sum(a * b + a), np.any(a > b + 2.0)

f(np.ones(2000, np.float32), np.ones(2000, np.float32))
a = np.broadcast_to(np.float32(0.5), 1 << 28)
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + (200 << 20),) * 2)
print(f(a, a))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ))
    assert done.stdout.split() == ["(201326592.0,", "False)"], done.stderr


def test_nothing_leaks():
    function = njit(summed)
    a = numbers(40_000)
    function(a, a, a)
    gc.collect()
    before = allocation_stats()
    if before is not None:
        for _ in range(10):
            function(a, a, a)
        after = allocation_stats()
        assert after["live_bytes"] == before["live_bytes"]
        assert after["alloc"] - before["alloc"] == after["free"] - before["free"] == 10
