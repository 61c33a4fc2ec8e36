"""Builtins of arrays, tuples and ranges, against CPython."""

import math

import numpy as np
import pytest

from answers import agree, interpret
from support import ALL, INTS

RANGES = [range(0), range(5), range(2, 11, 3), range(10, 0, -4), range(-7, 8), range(3, 3), range(-(2**40), 2**40, 2**33 + 7)]
TUPLES = [(), (1,), (1, 2, 3), (1.5, -2.5, 1e17, -1e17), (True, False, True), (0.1,) * 10, (3, 2.5), (math.inf, 1.0), (math.nan, 1.0), (-0.0, -0.0), (1e308, 1e308)]


@pytest.mark.parametrize("iterable", RANGES + TUPLES)
def test_sum(iterable):
    agree("builtins.sum", iterable)
    agree("builtins.sum", iterable, 10)
    agree("builtins.sum", iterable, start=3)
    if not isinstance(iterable, range):
        agree("builtins.sum", iterable, 0.5)


@pytest.mark.parametrize("name", ["int64", "float64", "complex128"])
def test_sum_of_arrays(name):
    a = np.arange(1, 12).astype(name)
    agree("builtins.sum", a)
    agree("builtins.sum", a[::3])
    agree("builtins.sum", a[::-1], 4)


@pytest.mark.parametrize("name", [n for n in ALL if not n.startswith("complex")])
def test_extremes(name):
    for values in ([3, 1, 2], [1], [0, 1, 0], [5, 5, 4]):
        a = np.array(values).astype(name)
        agree("builtins.min", a)
        agree("builtins.max", a)
        agree("builtins.max", a[::-1], default=a.dtype.type(1))
        agree("builtins.min", a[:0], default=a.dtype.type(1))
    agree("builtins.min", np.zeros(0, name))
    agree("builtins.max", np.zeros(0, name))


@pytest.mark.parametrize("iterable", RANGES)
def test_extremes_of_ranges(iterable):
    agree("builtins.min", iterable)
    agree("builtins.max", iterable)
    agree("builtins.max", iterable, default=-1)


def test_extremes_with_default():
    agree("builtins.min", (), default=4)
    agree("builtins.max", (3, 5), default=4)
    agree("builtins.max", True, False, True)
    agree("builtins.min", (True, False))


@pytest.mark.parametrize("iterable", [(), (1, 2), (1, 0), (0, 0.0), np.array([0, 0, 3]), np.zeros(3), np.ones(2), np.zeros(0), range(3), range(1, 3)])
def test_all_any(iterable):
    agree("builtins.all", iterable)
    agree("builtins.any", iterable)


def test_nan_order():
    a = np.array([1.0, math.nan, 2.0, 0.5])
    for b in (a, a[::-1], a[1:]):
        agree("builtins.min", b)
        agree("builtins.max", b)


def test_round_of_integers():
    numbers = [0, 1, 4, 5, 6, 14, 15, 25, 35, 45, 149, 150, 151, 249, 250, 1250, 1350, 999, 10**17 * 5, 10**17 * 15, 2**62, 4 * 10**18, 2**63 - 1]
    for x in numbers:
        for sign in (1, -1):
            for digits in (-20, -19, -18, -17, -3, -2, -1, 0, 2):
                expected = round(sign * x, digits)
                if -(2**63) <= expected < 2**63:
                    agree("builtins.round", sign * x, digits)
                else:
                    with pytest.raises(OverflowError):
                        interpret("builtins.round", sign * x, digits)


def test_pow_with_modulus():
    for base in (0, 1, 2, 7, -3, 10**9 + 6, 2**62 + 3):
        for exponent in (0, 1, 2, 5, 64, 10**12, -1, -3):
            for modulus in (0, 1, -1, 2, 7, 13, -13, 10**9 + 7, 2**61 - 1, 2**63 - 25, -(2**61 - 1)):
                agree("builtins.pow", base, exponent, modulus)


@pytest.mark.parametrize("name", INTS)
def test_range_sum_of_narrow(name):
    agree("builtins.sum", range(np.dtype(name).type(5)))
