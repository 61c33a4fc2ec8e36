"""The operator module's functions, against CPython and NumPy."""

import numpy as np
import pytest

from answers import agree
from support import check

import operator

IN_PLACE = "iadd isub imul ifloordiv imod ipow ilshift irshift iand ior ixor".split()


@pytest.mark.parametrize("name", IN_PLACE)
def test_numbers(name):
    for a, b in [(7, 3), (-7, 2), (0, 1)]:
        agree("operator." + name, a, b)


def test_true_division():
    agree("operator.itruediv", 7, 2)
    agree("operator.itruediv", 7.5, -2)


@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv"])
def test_arrays_are_written(name):
    check(eval(f"lambda a, b: operator.{name}(a, b)", {"operator": operator}), np.arange(1.0, 5.0), np.full(4, 2.0))


def test_truth():
    for x in [0, 3, 0.0, 2.5, True]:
        agree("operator.not_", x)
        agree("operator.truth", x)
        agree("operator.abs", x)
    agree("operator.index", 5)


def test_matrix_product():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    agree("operator.matmul", a, b)
