"""Functions that make arrays, against NumPy."""

import numpy as np
import pytest

from answers import agree, interpret
from support import ALL, FLOATS, INTS

DTYPES = [np.dtype(d).type for d in ALL]
SHAPES = [3, 0, (), (2,), (2, 3), (0, 2), (1, 2, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_filled(shape):
    agree("numpy.ones", shape)
    for value in (7, 2.5, True, 1j, np.int8(3), np.float32(0.5)):
        agree("numpy.full", shape, value)
        agree("numpy.full", shape, fill_value=value)
    for t in DTYPES:
        agree("numpy.ones", shape, t)
        agree("numpy.ones", shape, dtype=np.dtype(t))
        agree("numpy.full", shape, 1, dtype=t)
    agree("numpy.ones", shape, "float32")
    agree("numpy.full", shape, 2.75, np.int32)


ARRAYS = [np.ones((2, 3)), np.ones((2, 3), order="F"), np.ones((0, 2)), np.ones(8)[::2], np.ones(()), np.ones((4, 3))[::2].astype(np.int16)]


@pytest.mark.parametrize("index", range(len(ARRAYS)))
def test_like(index):
    a = ARRAYS[index]
    agree("numpy.ones_like", a)
    agree("numpy.full_like", a, 5)
    for t in DTYPES:
        agree("numpy.ones_like", a, t)
        agree("numpy.full_like", a, 5, dtype=t)


def test_like_of_scalars():
    for x in (2, 2.5, np.float32(1), 1j):
        agree("numpy.ones_like", x)
        agree("numpy.zeros_like", x)
        agree("numpy.ones_like", x, np.int8)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_eye(n):
    agree("numpy.eye", n)
    agree("numpy.identity", n)
    for m in (0, 1, 3, 6):
        for k in (-9, -2, 0, 1, 2, 9):
            agree("numpy.eye", n, m, k)
            agree("numpy.eye", n, m, k=k, dtype=np.int8)
    agree("numpy.identity", n, np.complex64)
    agree("numpy.identity", n, dtype=np.bool_)


@pytest.mark.parametrize("bounds", [
    (5,), (0,), (-3,), (2, 7), (7, 2), (0, 10, 3), (10, 0, -3), (0, 10, -1), (0, 9, 3), (9, 0, -3), (5.0,), (0.5, 3.0), (0.0, 1.0, 0.1), (1.0, 0.0, -0.25),
    (0, 1, 0.3), (-(2**40), -(2**40) + 3), (0, 5, 0), (0.0, 5.0, 0.0), (0.0, float("inf")), (0.0, float("nan")), (1e30,), (3, 1e-3),
    (0.1, 7.3, 0.7), (True,), (0, 100, 7), (-0.0, 2.0), (1.5, -2.5, -0.75), (0.0, 1.0, 1 / 3), (0, 3, 2**40),
])  # fmt: skip
def test_arange(bounds):
    agree("numpy.arange", *bounds)
    if bounds[-1] != 1e30:
        for t in (np.float32, np.float64, np.int32, np.int64):
            if t is not np.int32 or abs(bounds[0]) < 2**31:  # what does not fit wraps
                agree("numpy.arange", *bounds, dtype=t)


@pytest.mark.parametrize("name", INTS + FLOATS)
def test_arange_of_small_types(name):
    t = np.dtype(name).type
    if name != "uint64":  # NumPy makes floats of these
        agree("numpy.arange", t(5))
        agree("numpy.arange", t(1), t(7))
        agree("numpy.arange", t(1), t(7), t(2))
        agree("numpy.arange", t(1), 7)
    agree("numpy.arange", 0.5, t(7))
    agree("numpy.arange", 1, 7, dtype=t)
    agree("numpy.arange", 0.0, 7.0, 0.7, dtype=t)


@pytest.mark.parametrize("bounds", [(0, 1), (0.0, 1.0), (1, -1), (-3.5, 7.25), (2, 2), (0.1, 0.7), (0, 5e-324), (-1, 2j), (0.0, float("inf"))])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 50, 101])
def test_linspace(bounds, n):
    agree("numpy.linspace", *bounds, n)
    agree("numpy.linspace", *bounds, num=n, endpoint=False)
    agree("numpy.linspace", *map(np.complex64 if bounds[1] == 2j else np.float32, bounds), n)
    if bounds[1] not in (2j, float("inf")):
        for t in (np.float32, np.int64, np.int16, np.complex128):
            agree("numpy.linspace", *bounds, n, dtype=t)


def test_linspace_of_negative_count():
    # NumPy's text has the number in it, which compiled code cannot put there.
    with pytest.raises(ValueError, match="must be non-negative"):
        interpret("numpy.linspace", 0.0, 1.0, -1)


def test_linspace_default_count():
    agree("numpy.linspace", 0.0, 3.0)


def test_array_of_tuples():
    agree("numpy.array", (1, 2, 3))
    agree("numpy.array", (1, 2.5))
    agree("numpy.array", (1, 2j, True))
    agree("numpy.asarray", ((1, 2, 3), (4, 5, 6)))
    agree("numpy.array", ((1, 2, 3), (4, 5, 6)), dtype=np.float32)


@pytest.mark.parametrize("index", range(len(ARRAYS)))
def test_array_of_arrays(index):
    a = ARRAYS[index]
    agree("numpy.array", a)
    agree("numpy.array", a, np.int8)
    agree("numpy.asarray", a)
    agree("numpy.asarray", a, np.complex64)
    if a.ndim:
        agree("numpy.ascontiguousarray", a)
