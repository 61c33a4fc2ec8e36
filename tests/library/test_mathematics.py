"""The math module's functions that the library has, against CPython."""

import math
import random
import sys

import numpy as np
import pytest

from answers import agree, interpret

INTEGERS = [0, 1, 2, 3, 4, 6, 7, 12, 15, 16, 17, 60, 97, 1024, 10**9 + 7, 2**31, 2**40 - 87, 2**61 - 1]


def test_gcd_lcm():
    agree("math.gcd")
    agree("math.lcm")
    for a in INTEGERS:
        agree("math.gcd", -a)
        agree("math.lcm", -a)
        for b in INTEGERS[:12]:
            agree("math.gcd", a, -b)
            agree("math.gcd", a, b, 12)
            if abs(math.lcm(a, b, 6)) < 2**63:
                agree("math.lcm", -a, b, 6)
    with pytest.raises(OverflowError):
        interpret("math.lcm", 2**61 - 1, 2**40 - 87)


def test_isqrt():
    for x in [*INTEGERS, 2**63 - 1, *(r * r + d for r in (2**26, 2**30, 2**31 - 1, 3_037_000_499, 94906267) for d in (-1, 0, 1)), -1, -5]:
        agree("math.isqrt", x)
    agree("math.isqrt", True)


def test_factorial():
    for x in [*range(21), -1]:
        agree("math.factorial", x)
    with pytest.raises(OverflowError):
        interpret("math.factorial", 21)


@pytest.mark.parametrize("n", [-1, 0, 1, 2, 5, 10, 20, 40, 61, 66, 67, 68, 100, 2**62])
@pytest.mark.parametrize("k", [-1, 0, 1, 2, 3, 5, 10, 20, 33, 40])
def test_combinations(n, k):
    for name in ("comb", "perm"):
        try:
            fits = getattr(math, name)(n, k) < 2**63
        except ValueError:
            fits = True
        if fits:
            agree("math." + name, n, k)
        else:
            with pytest.raises(OverflowError):
                interpret("math." + name, n, k)
    if n <= 20:
        agree("math.perm", n)


def test_prod():
    agree("math.prod", ())
    agree("math.prod", (2, 3, 4))
    agree("math.prod", (2, 3.5))
    agree("math.prod", range(1, 10))
    agree("math.prod", np.arange(1.0, 8.0))
    agree("math.prod", (2, 3), start=5)
    agree("math.prod", (), start=0.5)


def test_fsum():
    values = random.Random(1)
    agree("math.fsum", ())
    agree("math.fsum", (0.1,) * 10)
    agree("math.fsum", (1, 2, True))
    agree("math.fsum", range(7))
    for special in [(math.inf, 1.0), (math.inf, -math.inf), (math.nan, 1.0), (1e308, 1e308, -1e308), (1e308, 1e308), (-0.0,), (math.inf, math.nan), (5e-324, -5e-324)]:
        agree("math.fsum", special)
    for size in (1, 2, 10, 100, 300):
        for spread in (1, 30, 300):
            a = np.array([values.gauss(0, 1) * 10.0 ** values.randint(-spread, spread) for _ in range(size)])
            agree("math.fsum", a)
            agree("math.fsum", np.concatenate([a, -a[::-1], a[:3]]))
    # Halves that the next part decides.
    agree("math.fsum", (2.0**53, 1.0, 2.0**-60))
    agree("math.fsum", (2.0**53, 1.0, -(2.0**-60)))
    agree("math.fsum", (-(2.0**53), -1.0, 2.0**-60))


def test_norms():
    values = random.Random(2)
    agree("math.hypot")
    agree("math.dist", (), ())
    agree("math.dist", (1.0, 2.0), (1, 5))
    agree("math.dist", (1.0, 2.0), (1, 5, 3))
    agree("math.dist", np.array([1.0, 2.0]), np.array([1.0, 2.0, 3.0]))
    for special in [(math.inf, math.nan), (math.nan, 1.0, 2.0), (-math.inf, 1.0, 1.0), (0.0, -0.0, 0.0), (5e-324, 5e-324, 5e-324), (1e308, 1e308, 1e308), (3,), (-2.5,), (1, 2, 3), (1e-320, 2e-320, 2e-320), (3.0, 1e-200, 4.0)]:
        agree("math.hypot", *special)
    for scale in (1e-310, 1e-160, 1e-5, 1.0, 1e100, 1e305):
        for size in (2, 3, 4, 7):
            for _ in range(50):
                p = tuple(values.uniform(-1, 1) * scale for _ in range(size))
                q = tuple(values.uniform(-1, 1) * scale for _ in range(size))
                # Subnormal numbers lose some digits before 3.12.
                ulps = 32 if scale < 1e-300 and sys.version_info < (3, 12) else 0
                agree("math.hypot", *p, ulps=ulps)
                agree("math.dist", p, q, ulps=ulps)
                agree("math.dist", np.array(p), np.array(q), ulps=ulps)


@pytest.mark.parametrize("a", [0.0, 1.0, 1.0 + 1e-10, 1.0 + 1e-8, -1.0, math.inf, -math.inf, math.nan, 5, 5e-324])
@pytest.mark.parametrize("b", [0.0, 1.0, 1.0 + 1e-10, math.inf, math.nan, 5])
def test_isclose(a, b):
    agree("math.isclose", a, b)
    agree("math.isclose", a, b, rel_tol=1e-9)
    agree("math.isclose", a, b, rel_tol=0.0, abs_tol=1e-9)
    agree("math.isclose", a, b, abs_tol=10)
    agree("math.isclose", a, b, rel_tol=-1.0)


def test_ulp_and_log():
    for x in (0.0, -0.0, 1.0, -1.0, 5e-324, 1e308, sys.float_info.max, math.inf, math.nan, 3):
        agree("math.ulp", x)
    for x in (2.0, 10, 0.5, 1e300):
        for base in (2, 10.0, 0.3):
            agree("math.log", x, base)
    agree("math.log", 2.0, 1.0)
    agree("math.log", -2.0, 2.0)


@pytest.mark.skipif(not hasattr(math, "sumprod"), reason="new in 3.12")
def test_sumprod():
    values = random.Random(3)
    agree("math.sumprod", (1, 2, 3), (4, 5, 6))
    agree("math.sumprod", (1, 2, 3), (4, 5))
    for size in (1, 3, 20):
        for _ in range(50):
            p = tuple(values.gauss(0, 1) for _ in range(size))
            q = tuple(values.gauss(0, 1) for _ in range(size))
            agree("math.sumprod", p, q)
            agree("math.sumprod", p, tuple(range(size)))
