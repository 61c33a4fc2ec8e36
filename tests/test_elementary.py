"""Elementary functions of arrays: how far from the exact value, special values, and the same bits wherever an element stands."""

import math

import numpy as np
import pytest
from looplift import njit
from tests.test_vector_levels import LEVELS, at_level

#: The largest error in units in the last place.
ONE = {
    "exp": 1.0,
    "exp2": 1.0,
    "expm1": 1.5,
    "log": 1.0,
    "log1p": 1.0,
    "log2": 1.5,
    "log10": 1.0,
    "sin": 1.0,
    "cos": 1.0,
    "tan": 1.0,
    "arctan": 1.0,
    "sinh": 2.5,
    "cosh": 2.0,
    "tanh": 3.0,
}
TWO = {"arctan2": 2.0, "power": 1.0}
N = 6_000
SPECIAL = [
    0.0,
    -0.0,
    np.inf,
    -np.inf,
    np.nan,
    5e-324,
    -5e-324,
    1e-310,
    1.7e308,
    -1.7e308,
    1.0,
    -1.0,
    0.5,
    2.0,
    3.0,
    8.0,
    1000.0,
    np.pi,
    -np.pi / 2,
]
SPECIAL += [1e22, 709.5, -745.0, -746.0, 1e-8, 2.0**30, -(2.0**31), 1e10]


def samples(seed):
    rng = np.random.default_rng(seed)
    parts = [
        rng.uniform(-4, 4, N),
        rng.uniform(-750, 750, N),
        rng.uniform(-1e9, 1.2e9, N),
        rng.uniform(0.5, 1.6, N),
        10.0 ** rng.uniform(-300, 300, N),
        1 + rng.uniform(-1, 1, N) * 2.0 ** -rng.integers(0, 53, N),
        rng.integers(-1000, 1000, N) * (np.pi / 2),
    ]
    return np.concatenate(parts)


def function_of(name, arguments):
    space = {"np": np}
    exec(f"def f({arguments}): return np.{name}({arguments})", space)
    return space["f"]


def errors(got, args, name):
    """In units in the last place, by extended precision; where the result is finite."""
    with np.errstate(all="ignore"):
        want = getattr(np, name)(*(a.astype(np.longdouble) for a in args))
        near = want.astype(np.float64)
        off = np.abs(got.astype(np.longdouble) - want) / np.spacing(np.abs(near)).astype(np.longdouble)
    return np.where(np.isfinite(near), off, 0).astype(np.float64)


def same_bits(a, b):
    return bool(np.all((a.view(np.uint64) == b.view(np.uint64)) | (np.isnan(a) & np.isnan(b))))


@pytest.fixture(params=LEVELS)
def level(request):
    return request.param


def compiled(level, name, arguments):
    def make():
        f = njit(function_of(name, arguments))
        f(*[np.ones(3)] * len(arguments.split(",")))
        return f

    return at_level(level, make)


@pytest.mark.parametrize("name", ONE)
def test_of_one_number(level, name):
    f = compiled(level, name, "a")
    a = samples(1)
    got = f(a)
    worst = int(np.argmax(off := errors(got, (a,), name)))
    assert off[worst] <= ONE[name], (a[worst], got[worst])
    special = np.array(SPECIAL)
    with np.errstate(all="ignore"):
        want = getattr(np, name)(special)
    np.testing.assert_allclose(f(special), want, rtol=1e-15, atol=0)
    both = ~np.isnan(want)
    np.testing.assert_array_equal(np.signbit(f(special))[both], np.signbit(want)[both])
    # One at a time, and at each place of a vector.
    some = np.concatenate([special, a[::997]])
    whole = f(some)
    assert same_bits(np.array([f(some[k : k + 1])[0] for k in range(len(some))]), whole)
    assert same_bits(np.concatenate([f(some[:13]), f(some[13:])]), whole)


@pytest.mark.parametrize("name", TWO)
def test_of_two_numbers(level, name):
    f = compiled(level, name, "a, b")
    rng = np.random.default_rng(3)
    a = np.concatenate(
        [rng.uniform(-3, 3, N), rng.uniform(0, 20, N), 10.0 ** rng.uniform(-5, 5, N), rng.uniform(0.9, 1.1, N)]
    )
    b = np.concatenate(
        [rng.uniform(-3, 3, N), rng.uniform(0, 20, N), 10.0 ** rng.uniform(-5, 5, N), rng.uniform(-7000, 7000, N)]
    )
    got = f(a, b)
    off = errors(got, (a, b), name)
    worst = int(np.argmax(off))
    assert off[worst] <= TWO[name], (a[worst], b[worst], got[worst])
    x, y = (v.ravel() for v in np.meshgrid(SPECIAL, SPECIAL))
    with np.errstate(all="ignore"):
        want = getattr(np, name)(x, y)
    got = f(x, y)
    np.testing.assert_allclose(got, want, rtol=1e-15, atol=0)
    both = ~np.isnan(want)
    np.testing.assert_array_equal(np.signbit(got)[both], np.signbit(want)[both])
    assert same_bits(np.array([f(x[k : k + 1], y[k : k + 1])[0] for k in range(0, len(x), 7)]), got[::7])


def test_many_in_one_loop(level):
    """Operands that are out of the ordinary in several functions of one vector."""

    def f(a, b):
        return np.sin(a) * np.cos(b) + np.power(np.abs(a), b) - np.arctan2(a, b)

    rng = np.random.default_rng(5)
    a, b = rng.uniform(-3, 3, 1003), rng.uniform(-3, 3, 1003)
    for v in (a, b):
        at = rng.integers(0, 4, len(v)) == 0
        v[at] = rng.choice([np.inf, np.nan, 1e300, 1e10, 0.0, -0.0, 5e-324], int(at.sum()))
    g = at_level(level, lambda: (h := njit(f), h(a[:3], b[:3]))[0])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(g(a, b), f(a, b), rtol=1e-13, atol=1e-14)
    assert same_bits(np.array([g(a[k : k + 1], b[k : k + 1])[0] for k in range(len(a))]), g(a, b))


def test_loops_with_fastmath(level):
    def f(a, out):
        for i in range(len(a)):
            out[i] = math.sin(a[i]) + math.exp(-a[i]) * a[i] ** 1.7

    a = np.random.default_rng(6).uniform(0, 9, 1000)
    a[500] = 1e12
    out, want = np.empty(1000), np.empty(1000)

    def make():
        g = njit(fastmath=True)(f)
        g(a, out)
        assert level == "avx2" or "a vector loop" in str(g.explain())
        return g

    at_level(level, make)(a, out)
    f(a, want)
    np.testing.assert_allclose(out, want, rtol=1e-14)


def test_sine_and_cosine_of_one_number():
    """One call computes both, with the bits of two."""

    @njit
    def both(x):
        return math.sin(x), math.cos(x)

    @njit
    def chain(x):
        c = math.cos(x)
        s = math.sin(x)
        return math.cos(s) + math.sin(s), c

    @njit
    def under(x, much):
        s = math.sin(x)
        if much:
            return s * math.cos(x)
        return s

    for x in [*samples(8)[::97], 0.0, -0.0, 1e300, 5e-324, math.nan]:
        x = float(x)
        for got, want in zip(both(x), (math.sin(x), math.cos(x)), strict=True):
            assert math.isnan(want) or (got == want and math.copysign(1, got) == math.copysign(1, want)), x
        if x == x:
            s = math.sin(x)
            assert chain(x) == (math.cos(s) + math.sin(s), math.cos(x))
            assert (under(x, True), under(x, False)) == (s * math.cos(x), s)
    for f in (both, chain):
        with pytest.raises(ValueError, match="domain"):
            f(math.inf)
