"""Arguments that are converted, constants that are known at run time only, and what NumPy's functions do besides in compiled code."""

import numpy as np
import pytest
from support import compiled

from answers import agree

A = np.array([1.0, 4.0, 2.0, 8.0])
SAMPLES = np.array([0.0, 1.0, 3.0, 2.0, 5.0])
HEIGHTS = np.array([1.0, np.nan, 0.5, 2.0, np.inf])
COMPLEX = np.array([1 + 2j, 0.5 - 1j, 0j, 3 + 0j, -1 + 0.25j])
TIMES = np.array([5, -3, 12], "m8[s]")

CALLS = [
    (lambda a, w: np.bincount(a, weights=w), [1, 2, 2], [0.5, 1.0, 2.0]),
    (lambda a, v: np.cov(a, y=v), (1.0, 2.0, 4.0), [3, 1, 2]),
    (lambda a, r: np.cov(a, None, r), np.arange(6.0).reshape(2, 3), True),
    (lambda a, r: np.cov(a, None, r), np.arange(6.0).reshape(2, 3), False),
    (lambda a, u: np.intersect1d(a, [1, 2, 5], assume_unique=u), [5, 1, 3], True),
    (lambda a, i: np.isin(a, (1, 2), invert=i), [[1, 3], [2, 4]], True),
    (lambda a, d: np.angle(a, d), COMPLEX, True),
    (lambda a, d: np.angle(a, d), A, False),
    (lambda x, xp: np.interp(x, xp, HEIGHTS), np.linspace(-1, 6, 20), SAMPLES),
    (lambda x, xp: np.interp(x, xp, COMPLEX), np.linspace(-1, 6, 20), SAMPLES),
    (lambda x, xp: np.interp(x, xp, (4, 3, 2, 1, 0)), 2.5, SAMPLES),
    (lambda a, v: np.searchsorted(a, v), np.array([3, 1, 2, 0]), np.array([2, 0, 3, 1, 5])),
    (lambda a, v: np.searchsorted(a, v, "right"), np.sort(COMPLEX), COMPLEX),
    (lambda a, v: np.searchsorted(a, v), np.array(["b", "c", "e"]), np.array(["a", "c", "f"])),
    (lambda a, b: np.digitize(a, b), np.array([0.5, np.nan, 3.0]), np.array([4.0, 2.0, 1.0])),
    (lambda a, t: np.trim_zeros(a, t), np.array([0, 1, 0, 2, 0]), "b"),
    (lambda a, t: np.trim_zeros(a, t), np.array(["", "x", ""]), "fB"),
    (lambda c, d: np.select(c, d, 9), [A > 3, A > 1], (A, -A)),
    (lambda a, n: np.vander(a, n), (1, 2, 3), 2),
    (lambda a, k: np.partition(a, k), np.array([], np.float64), 0),
    (lambda a, b: np.geomspace(a, b, 7), 1 + 1j, 100j),
    (lambda a, o: np.isneginf(a, o), np.array([-np.inf, 1.0]), np.zeros(2)),
    (lambda a, o: np.isnan(a, o), np.array([1, 2]), np.zeros(2, np.bool_)),
    (lambda a, b: np.divmod(a, b, np.zeros(4), np.zeros(4)), A, 3.0),
    (lambda a, b: np.add(a, b, np.zeros(3, "m8[ms]")), TIMES, TIMES),
    (lambda a, b: np.maximum(a, b, np.zeros(3, "m8[s]")), TIMES, TIMES[::-1]),
    (lambda a, b: np.floor_divide(a, b), TIMES, 2),
    (lambda a, b: np.greater(a, b), COMPLEX, COMPLEX[::-1]),
    (lambda a, b: np.percentile(a, b), A, np.array(30.0)),
    (lambda a, b: np.asarray((a, b)), ((1, 2.5), (3, 4)), ((5, 6), (7.5, 8))),
    (lambda a, b: np.polynomial.polynomial.polyint(a, b), np.arange(6.0).reshape(3, 2), 2),
    (lambda a, b: np.polynomial.polynomial.polyval(a, b), np.array(2.0), (1, 2)),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("function, first, second", CALLS)
def test_call(function, first, second):
    want, got = function(first, second), compiled(function)(first, second)
    for w, g in zip(want, got, strict=True) if isinstance(want, tuple) else [(want, got)]:
        w, g = np.asarray(w), np.asarray(g)
        assert (g.dtype, g.shape) == (w.dtype, w.shape)
        if w.dtype.kind in "fc":
            np.testing.assert_allclose(g, w, 1e-13, 1e-13)
        else:
            np.testing.assert_array_equal(g, w)


COMPLEX_FUNCTIONS = "arcsin arccos arctan arcsinh arccosh arctanh exp2 expm1 log1p rint log2 log10".split()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", COMPLEX_FUNCTIONS)
@pytest.mark.parametrize("t", [np.complex64, np.complex128])
def test_complex_function(name, t):
    # Near the singular points both round.
    rtol = 1e-6 if t is np.complex64 else 1e-13
    ufunc = getattr(np, name)
    a = COMPLEX[:2].astype(t)
    want, got = ufunc(a), compiled(lambda a: ufunc(a))(a)
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol, rtol)
    into = np.empty_like(a)
    compiled(lambda a, out: ufunc(a, out))(a, into)
    np.testing.assert_array_equal(into, got)
    x = t(0.25 - 3j)
    np.testing.assert_allclose(compiled(lambda x: ufunc(x))(x), ufunc(x), rtol, rtol)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["max", "min", "all", "any", "amax", "isfinite", "isnan"])
@pytest.mark.parametrize("x", [np.timedelta64(5, "D"), np.timedelta64("NaT"), np.datetime64("2020-01-01")])
def test_single_time(name, x):
    agree("numpy." + name, x)


@pytest.mark.parametrize("name", ["cumsum", "median", "isfinite", "isinf"])
def test_times(name):
    agree("numpy." + name, TIMES)


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda a: np.partition(a, 9), ValueError, "kth out of bounds"),
        (lambda a: np.partition(a, np.zeros((2, 2), np.int64)), ValueError, "kth must be scalar or 1-D"),
        (lambda a: np.cov(a, ddof=1.5), ValueError, "ddof must be integral value"),
        (lambda a: np.cov(a.reshape(1, 4)), RuntimeError, "single row"),
        (lambda a: np.swapaxes(a, 1, 0), ValueError, "np.swapaxes: Argument axis1 out of bounds"),
        (lambda a: np.extract(np.ones(6), a), ValueError, "condition shape inconsistent"),
        (lambda a: np.digitize(a, a), ValueError, "bins must be monotonically"),
        (lambda a: np.roots(a.reshape(2, 2)), ValueError, "Input must be a 1d array."),
    ],
)
def test_error(call, error, text):
    with pytest.raises(error, match=text):
        compiled(call)(A)


def test_products_of_numbers_and_arrays():
    into = np.zeros((1, 4))
    assert compiled(lambda a, out: np.outer(2.0, a, out))(A, into) is into
    np.testing.assert_array_equal(into, np.outer(2.0, A))
    agree("numpy.kron", 2.0, 3.5)
    agree("numpy.outer", A, 3.0)
