"""NumPy's functions of numbers, against NumPy."""

import itertools

import numpy as np
import pytest

from answers import agree
from support import ALL, FLOATS, INTS, scalar, values_of

REAL = ["bool", *INTS, *FLOATS]
BINARY = ["maximum", "minimum", "fmax", "fmin", "logical_and", "logical_or", "logical_xor", "heaviside", "logaddexp", "logaddexp2", "divide", "floor_divide", "remainder"]


def values(name):
    found = [scalar(name, v) for v in values_of(name)]
    return found[:: max(1, len(found) // 12)]


def defined(name, a, b):
    """Whether NumPy has the function for these types, in one of the types that looplift has."""
    with np.errstate(all="ignore"):
        try:
            return getattr(np, name)(a, b).dtype != np.float16
        except TypeError:
            return False


def zeros_of_two_signs(*numbers):
    """Which zero is the larger one differs between NumPy's builds."""
    zeros = {bool(np.signbit(np.float64(x))) for x in numbers if x == 0}
    return len(zeros) == 2


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("kinds", [*((k, k) for k in REAL), ("int8", "int64"), ("int64", "float64"), ("float32", "float64"), ("int32", "float32"), ("uint64", "int64"), ("bool", "int16")])
def test_binary(name, kinds):
    ulps = 2 if name.startswith("logadd") else 0
    for a, b in itertools.product(values(kinds[0]), values(kinds[1])):
        if not defined(name, a, b) or (name in ("floor_divide", "remainder", "divide") and "bool" in kinds):
            continue
        if name in ("maximum", "minimum", "fmax", "fmin") and zeros_of_two_signs(a, b):
            continue
        agree("numpy." + name, a, b, ulps=ulps, single=getattr(np, name)(a, b).dtype == np.float32)


UNARY = ["sign", "square", "reciprocal", "logical_not"]


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("kind", ALL)
def test_unary(name, kind):
    if (kind == "bool" and name in ("sign", "reciprocal")) or (kind.startswith("complex") and name in ("sign", "reciprocal")):
        return
    for x in values(kind):
        if name == "reciprocal" and kind not in FLOATS and x == 0:
            continue  # undefined
        agree("numpy." + name, x)


@pytest.mark.parametrize("kind", INTS + FLOATS)
def test_clip(kind):
    few = values(kind)[::2]
    for x, low, high in itertools.product(few, few, few):
        if zeros_of_two_signs(x, low, high):
            continue
        agree("numpy.clip", x, low, high)
    for x, low in itertools.product(few, few):
        if zeros_of_two_signs(x, low):
            continue
        agree("numpy.clip", x, low, None)
        agree("numpy.clip", x, None, low)


@pytest.mark.parametrize("kind", INTS)
def test_integer_functions(kind):
    t = np.dtype(kind).type
    for a, b in itertools.product((0, 1, 6, 15, 100), (0, 1, 4, 10, 7)):
        agree("numpy.gcd", t(a), t(b))
        if np.lcm(a, b) <= np.iinfo(t).max:
            agree("numpy.lcm", t(a), t(b))
        if float(a) ** b <= np.iinfo(t).max:
            agree("numpy.power", t(a), t(b))
    if kind.startswith("i"):
        agree("numpy.power", t(2), t(-1))


@pytest.mark.parametrize("kind", FLOATS)
def test_power(kind):
    for a, b in itertools.product(values(kind), values(kind)):
        if b != 0.5:  # NumPy takes the square root, which knows a negative zero and no negative infinity
            agree("numpy.power", a, b)
    agree("numpy.power", scalar(kind, -0.0), scalar(kind, -3))
    agree("numpy.power", scalar(kind, -0.0), scalar(kind, -2))
    agree("numpy.float_power", 2, 3)
