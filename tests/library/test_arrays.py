"""Products, sorting, searching, counting, interpolation and comparison of arrays, against NumPy."""

import numpy as np
import pytest
from looplift import njit

from answers import agree
from support import ALL, INTS
from test_reductions import some

REAL = ["bool", *INTS, "float32", "float64"]


@pytest.mark.parametrize("name", [n for n in ALL if n != "bool"])
def test_products(name):
    options = {"rtol": 0.0 if name in INTS else 1e-5 if name in ("float32", "complex64") else 1e-12}
    u, v = some(9, name), some(9, name, 1)
    m, n = some((9, 4), name, 2), some((4, 9), name, 3)
    small = np.array([1, 2, 3]).astype(name)
    for function in ("dot", "matmul"):
        agree("numpy." + function, u, v, **options)
        agree("numpy." + function, m.T.copy(), m, **options)
        agree("numpy." + function, np.asfortranarray(n), m[::-1], **options)
        agree("numpy." + function, n, u, **options)
        agree("numpy." + function, u, m, **options)
        agree("numpy." + function, m, n, **options)
        agree("numpy." + function, m[:, :0], n[:0], **options)
    agree("numpy.vdot", u, v, **options)
    agree("numpy.vdot", m, m[::-1], **options)
    agree("numpy.inner", u, v[::-1], **options)
    agree("numpy.outer", u, v[::2], **options)
    agree("numpy.outer", m, small, **options)
    agree("numpy.trace", m, **options)
    agree("numpy.trace", n, 2, **options)
    agree("array.trace", m, -3, **options)
    if not name.startswith("u"):
        agree("numpy.cross", small, small[::-1] * small)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("n", [0, 1, 2, 15, 16, 17, 40, 200])
def test_sorting(name, n):
    a = some(n, name, n)
    agree("numpy.sort", a)
    agree("numpy.sort", a[::-2])
    agree("numpy.argsort", a, kind="stable")
    agree("array.argsort", a[::-1].copy(), kind="stable")
    agree("numpy.unique", a)
    if n:
        agree("numpy.median", a)
        v = some(12, name, 5)
        for side in ("left", "right"):
            agree("numpy.searchsorted", np.sort(a), v, side)
            agree("array.searchsorted", np.sort(a), v[0], side=side)
    if name not in ("bool", "float32", "float64") or name == "float64":
        agree("numpy.digitize", a.astype(float), np.array([-3.0, 0.0, 2.0]))
        agree("numpy.digitize", a.astype(float), np.array([2.0, 0.0, -3.0]), right=True)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_sorting_along_axes(axis):
    a = some((6, 40), "float64")
    a[2, 3:5] = np.nan
    agree("numpy.sort", a, axis)
    agree("numpy.argsort", a, axis, kind="stable")
    agree("numpy.sort", some((3, 4, 5), "int64"), axis)


def test_sorting_in_place():
    import looplift

    def f(a, b):
        a.sort()
        b.sort(0)
        return a, b

    for a, b in [(some(50, "float64"), some((20, 3), "int64")), (some(50, "int8")[::3], some((2, 3), "float32"))]:
        expected = f(a.copy(), b.copy())
        got = looplift.njit(f)(a.copy(), b.copy())
        assert (expected[0] == got[0]).all() and (expected[1] == got[1]).all()


def test_nan_comes_last():
    a = np.array([3.0, np.nan, 1.0, np.nan, np.inf, -np.inf] * 5)
    agree("numpy.sort", a)
    agree("numpy.argsort", a, kind="stable")
    agree("numpy.unique", a)
    agree("numpy.median", a)
    agree("numpy.searchsorted", np.sort(a), np.array([np.nan, 1.0, np.inf]))
    agree("numpy.median", np.zeros(0))
    agree("numpy.unique", some((4, 5), "int8"))


def test_counting():
    x = np.array([0, 3, 1, 3, 7, 0])
    agree("numpy.bincount", x)
    agree("numpy.bincount", x.astype(np.uint8), minlength=12)
    agree("numpy.bincount", x, np.arange(6) * 0.5)
    agree("numpy.bincount", x, np.arange(5) * 0.5)
    agree("numpy.bincount", x[:0])
    agree("numpy.bincount", -x)
    agree("numpy.bincount", x, minlength=-1)


@pytest.mark.parametrize("name", ["float64", "float32", "int64"])
def test_histogram(name):
    a = some((50, 4), name)
    agree("numpy.histogram", a)
    agree("numpy.histogram", a, 7)
    agree("numpy.histogram", a, bins=5, range=(-1.0, 2.0))
    agree("numpy.histogram", a, 5, (0, 0))
    agree("numpy.histogram", a, np.array([-2.0, -1.0, 0.5, 1.0]))
    agree("numpy.histogram", a, np.array([-2, 0, 1]))
    agree("numpy.histogram", a, np.array([2, 0, 1]))
    agree("numpy.histogram", a[:0])
    agree("numpy.histogram", a, 0)


CROWDS = {
    "anywhere": lambda r: r.random(1500),
    "on edges": lambda r: r.integers(0, 11, 1300) * 1.0,
    "edges later": lambda r: np.concatenate([r.random(700) * 10.0, r.integers(0, 11, 900)]),
    "beside edges": lambda r: np.nextafter(r.integers(0, 11, 1100) / 10.0, r.choice([-9.0, 9.0], 1100)),
    "far from zero": lambda r: 1e12 + r.random(600),
    "too far": lambda r: 1e16 + r.integers(0, 4000, 600) * 2.0,
    "single": lambda r: r.random(900).astype(np.float32),
    "single on edges": lambda r: (r.integers(0, 11, 900) / 10).astype(np.float32),
    "bytes": lambda r: r.integers(0, 256, 2000).astype(np.uint8),
    "integers": lambda r: r.integers(-(2**40), 2**40, 700),
    "every second": lambda r: r.random(1400)[::2],
    "two dimensions": lambda r: r.random((30, 40)).T,
    "one": lambda r: np.array([3.0]),
}


@pytest.mark.parametrize("crowd", CROWDS)
@pytest.mark.parametrize("bins", [1, 10, 100, 1237])
def test_histogram_of_many(crowd, bins):
    a = CROWDS[crowd](np.random.default_rng(bins))
    agree("numpy.histogram", a, bins)
    low, high = float(a.min()), float(a.max())
    agree("numpy.histogram", a, bins, (low, low + 0.7 * (high - low) + 1.0))
    agree("numpy.histogram", a, bins, (low - 3.0, high + 2.5))


def test_histogram_of_what_is_no_number():
    a = np.random.default_rng(3).random(1200)
    a[[3, 600, 700, 1199]] = np.nan, np.inf, -np.inf, np.nan
    agree("numpy.histogram", a, 20, (0.1, 0.9))
    for bad in (np.nan, np.inf):
        b = np.ones(5000)
        b[2500] = bad
        with pytest.raises(ValueError):
            njit(histogram_of)(b)
        with pytest.raises(ValueError):
            njit(histogram_of)(b[2500:])


def histogram_of(a):
    return np.histogram(a, 10)


@pytest.mark.parametrize("name", ["int64", "uint8", "float32", "float64", "bool", "complex128"])
def test_diff(name):
    for n in (0, 1, 2, 3, 9):
        a = some(n, name)
        agree("numpy.diff", a)
        for order in (0, 1, 2, 4):
            agree("numpy.diff", a, order)
    if name != "bool":
        agree("numpy.diff", some((3, 6), name), 2)


def test_interp():
    xp, fp = np.array([1.0, 2.0, 4.0, 4.5]), np.array([3.0, -1.0, 10.0, 0.1])
    x = np.array([0.0, 1.0, 1.3, 2.0, 3.9, 4.0, 4.4, 4.5, 5.0, np.nan])
    agree("numpy.interp", x, xp, fp)
    agree("numpy.interp", x.reshape(2, 5), xp, fp, -1.0, right=7)
    agree("numpy.interp", 3, xp, fp)
    agree("numpy.interp", x, xp.astype(np.int64), fp.astype(np.float32))
    agree("numpy.interp", x, xp[:1], fp[:1])
    agree("numpy.interp", x, xp, fp[:2])
    agree("numpy.interp", x, xp[:0], fp[:0])
    agree("numpy.interp", x, xp, np.array([np.inf, 1.0, -np.inf, -np.inf]))
    rng = np.random.default_rng(0)
    agree("numpy.interp", rng.uniform(-1, 11, 200), np.sort(rng.uniform(0, 10, 50)), rng.standard_normal(50))


TRAPEZOID = "numpy.trapezoid" if hasattr(np, "trapezoid") else "numpy.trapz"


def test_trapezoid():
    y = some(300, "float64")
    agree(TRAPEZOID, y)
    agree(TRAPEZOID, y, dx=0.25)
    agree(TRAPEZOID, y, np.cumsum(np.abs(y)))
    agree(TRAPEZOID, y[:1])
    agree(TRAPEZOID, np.arange(7))
    agree(TRAPEZOID, some(20, "float32"), some(20, "float32", 1))


def test_closeness():
    a = np.array([1.0, np.nan, np.inf, -np.inf, 1e-9, 100.0, 0.0])
    b = np.array([1.0 + 1e-6, np.nan, np.inf, np.inf, 0.0, 101.0, -0.0])
    for options in ({}, {"equal_nan": True}, {"rtol": 0.1}, {"rtol": 0.0, "atol": 1.0}):
        agree("numpy.isclose", a, b, **options)
        agree("numpy.isclose", a, 1.0, **options)
        agree("numpy.isclose", 1, b, **options)
        agree("numpy.allclose", a, b, **options)
        agree("numpy.allclose", a[:1], b[:1], **options)
        agree("numpy.isclose", 1.0, 1.0 + 1e-6, **options)
    agree("numpy.array_equal", a, b)
    agree("numpy.array_equal", a[2:], a[2:].copy())
    agree("numpy.array_equal", a, a[:2])
    agree("numpy.array_equal", a.reshape(1, 7), a)
    agree("numpy.array_equal", np.arange(4).reshape(2, 2), np.asfortranarray(np.arange(4.0).reshape(2, 2)))


def test_where():
    c = some((4, 5), "bool")
    a, b = some((4, 5), "float64"), some((4, 5), "int32")
    agree("numpy.where", c, a, b)
    agree("numpy.where", c, a, 2)
    agree("numpy.where", c.T, a.T, b.T[::-1], values_only=True)
    agree("numpy.where", c, 1, 0)
    agree("numpy.where", c, b[0], a)
    agree("numpy.where", b, 1.5, 2)


def test_nonzero():
    for a in (
        some(20, "int8"),
        some((4, 5), "bool"),
        some((2, 3, 4), "bool"),
        some((4, 6), "int64")[:, ::2],
        some(0, "float64"),
    ):
        agree("numpy.nonzero", a, values_only=True)
        agree("numpy.where", a, values_only=True)
        agree("array.nonzero", a, values_only=True)
        agree("numpy.flatnonzero", a, values_only=True)
