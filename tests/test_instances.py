"""Instances of Python classes as arguments, and methods of named tuples; half precision."""

import dataclasses
import typing

import numpy as np
import pytest

import looplift
from looplift import njit


@dataclasses.dataclass
class Point:
    x: int
    y: float
    tag: object = None

    scale: typing.ClassVar[float] = 2.0

    def norm(self):
        return (self.x**2 + self.y**2) ** 0.5

    @property
    def total(self):
        return self.x + self.y

    def moved(self, dx, dy=1.0):
        return self.x + dx, self.y + dy


class Plain:
    limit = 7

    def __init__(self, n):
        self.n = n
        self.names = ["a"]

    def twice(self):
        return self.n * 2


class Pair(typing.NamedTuple):
    a: int
    b: float

    def total(self):
        return self.a + self.b

    def scaled(self, k):
        return Pair(self.a * k, self.b * k)


ROWS = [
    (lambda p: (p.x, p.y, p.scale, p.norm(), p.total, p.moved(1), p.moved(2, dy=0.5)), Point(3, 4.0)),
    (lambda p: p.limit + p.n + p.twice(), Plain(5)),
    (lambda p: (p.total(), p.a, p.scaled(2)), Pair(1, 2.5)),
    (lambda p: Pair(p.b > 1, 2.0).total(), Pair(1, 2.5)),
]


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_rows(row):
    function, arg = ROWS[row]
    assert njit(function)(arg) == function(arg)


def test_objects_come_back():
    p = Point(1, 2.0)
    assert njit(lambda p: p)(p) is p
    got = njit(lambda p, n: (p, n + p.x))(p, 1)
    assert got[0] is p and got[1] == 2
    p.x = 10
    f = njit(lambda p: p.x)
    assert f(p) == 10
    p.x = 2.5
    assert f(p) == 2.5


def test_refusals():
    for function in (lambda p: p.tag, lambda p: p.missing, lambda p: len(p), lambda p: p[0]):
        with pytest.raises(looplift.errors.NumbaError):
            njit(function)(Point(1, 2.0, tag=object()))


EVERY_HALF = np.arange(2**16, dtype=np.uint16).view(np.float16)


def test_half_precision_loads_and_stores():
    def copy(a, out):
        for k in range(len(a)):
            out[k] = a[k]

    singles = np.zeros(2**16, np.float32)
    njit(copy)(EVERY_HALF, singles)
    assert np.array_equal(singles, EVERY_HALF.astype(np.float32), equal_nan=True)
    rng = np.random.default_rng(1)
    values = rng.integers(0, 2**32, 200_000, dtype=np.uint64).astype(np.uint32).view(np.float32)
    edges = np.array([65504, 65519.996, 65520, 1e-8, 2.98e-8, 2.9802322e-8, 5.96e-8, 6.1e-5, -0.0, np.inf, -np.inf, np.nan, 2049, 2051], np.float32)
    with np.errstate(all="ignore"):
        for a in (values, edges, (EVERY_HALF.astype(np.float32) * np.float32(1.0004883))):
            out = np.zeros(len(a), np.float16)
            njit(copy)(a, out)
            want = a.astype(np.float16)
            assert np.array_equal(out, want, equal_nan=True) and np.array_equal(np.signbit(out), np.signbit(want))


@pytest.mark.parametrize("function", [lambda a: a + a, lambda a: a * 2.5, lambda a: -a, lambda a: np.sqrt(a), lambda a: a > 1, lambda a: a / 3])
def test_half_precision_arrays(function):
    a = np.array([0.0, 1.0, 2.5, 1000.0, 6e-8], np.float16)
    got, want = njit(function)(a), function(a)
    assert got.dtype == want.dtype and np.array_equal(got, want)


def test_half_precision_scalars():
    assert njit(lambda x: x)(np.float16(0.1)) == float(np.float16(0.1))
    assert njit(lambda x: np.float16(x))(0.1) == float(np.float16(0.1))
    assert njit(lambda a: a)(EVERY_HALF).dtype == np.float16
    assert njit(lambda n: np.ones(n, np.float16))(3).dtype == np.float16


def test_sequences_to_scalar_classes():
    assert njit(lambda: np.float32((1, 2)))().dtype == np.float32
    assert njit(lambda a: np.int8(a))(np.array([1.5, 2.5])).tolist() == [1, 2]


def test_negative_of_unsigned_wraps_in_its_width():
    for t in (np.uint8, np.uint16, np.uint32, np.uint64):
        assert njit(lambda x: -x)(t(5)) == 2 ** (8 * t().itemsize) - 5
