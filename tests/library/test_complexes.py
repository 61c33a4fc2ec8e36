"""The cmath module's functions, against CPython."""

import cmath
import itertools
import math

import pytest

from answers import agree
from support import compiled

POINTS = [0.3 + 0.4j, -1.5 + 2j, 2.5 - 0.75j, -0.5 - 3j, 1 + 0j, 2j, 1e-3 + 1e3j, 12.0 + 0.1j]
UNARY = "acos acosh asin asinh atan atanh cos cosh exp log log10 sin sinh sqrt tan tanh".split()


@pytest.mark.parametrize("name", UNARY)
def test_finite(name):
    for z in POINTS:
        try:
            expected = getattr(cmath, name)(z)
        except (ValueError, OverflowError):
            continue
        assert cmath.isfinite(expected)
        agree("cmath." + name, z, ulps=64)
    agree("cmath." + name, 0.5, ulps=64)


@pytest.mark.parametrize("name", ["log", "log10"])
def test_logarithm_of_zero(name):
    agree("cmath." + name, 0j)


def test_poles():
    agree("cmath.atanh", 1 + 0j)
    agree("cmath.atan", 1j)
    agree("cmath.cos", complex("inf+1j"))
    agree("cmath.exp", complex(1.0, float("inf")))


def test_base():
    for z in POINTS:
        agree("cmath.log", z, 2.0, ulps=64)


@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite", "phase"])
def test_parts(name):
    for z in [*POINTS, complex("nan"), complex("inf"), complex(0, float("inf")), 3.0, -2]:
        agree("cmath." + name, z, ulps=1)


def test_polar_and_rect():
    for z in POINTS:
        agree("cmath.polar", z, ulps=1)
        agree("cmath.rect", z.real, z.imag, ulps=2)
    agree("cmath.rect", 2.0, 0.0)
    agree("cmath.rect", 1.0, float("inf"))


def test_isclose():
    for a, b in [(1 + 1j, 1 + 1j), (1 + 1j, 1 + 1.0000000001j), (1, 2), (complex("inf"), complex("inf")), (complex("inf"), 1)]:
        agree("cmath.isclose", a, b)
    agree("cmath.isclose", 1.0, 1.1, rel_tol=0.2)
    agree("cmath.isclose", 1.0, 1.1, rel_tol=-0.2)


SPECIAL = (0.0, -0.0, 1.0, -1.5, math.inf, -math.inf, math.nan)


@pytest.mark.parametrize("name", ["cosh", "sinh", "cos", "sin", "exp", "sqrt", "tan", "tanh", "atanh", "atan"])
def test_special_values(name):
    # Signs of zeros beside NaN are left to the platform in C99.
    function = eval(f"lambda z: cmath.{name}(z)", {"cmath": cmath})
    compiled_function = compiled(function)
    for x, y in itertools.product(SPECIAL, SPECIAL):
        try:
            want = function(complex(x, y))
        except ValueError:
            with pytest.raises(ValueError):
                compiled_function(complex(x, y))
            continue
        got = compiled_function(complex(x, y))
        for w, g in zip((want.real, want.imag), (got.real, got.imag), strict=True):
            assert math.isclose(w, g, rel_tol=1e-14) or (math.isnan(w) and math.isnan(g)), (x, y, want, got)


def test_polar_coordinates_of_special_values():
    function = compiled(lambda r, phi: cmath.rect(r, phi))
    for r, phi in itertools.product(SPECIAL, SPECIAL):
        if math.isinf(phi) and r != 0.0:
            continue
        want, got = cmath.rect(r, phi), function(r, phi)
        for w, g in zip((want.real, want.imag), (got.real, got.imag), strict=True):
            assert math.isclose(w, g, rel_tol=1e-14) or (math.isnan(w) and math.isnan(g)), (r, phi, want, got)
