"""Conversions between numeric types: `int`, `float`, `complex`, `bool`, `round`, and NumPy's scalar types as functions."""

import math

import numpy as np
import pytest

from support import ALL, COMPLEX, FLOATS, INTS, IS_PEER, REALS, beyond_peer, check, outcome, scalar, values_of
from support import rules, typed

CONSTRUCTORS = ["bool_", *INTS, *FLOATS, *COMPLEX]


def constructor(name):
    return eval(f"lambda x: np.{name}(x)", {"np": np})


# Complex numbers become complex ones and bools.
CONVERSIONS = [(t, s) for t in CONSTRUCTORS for s in ALL if not rules.is_complex(s) or t == "bool_" or rules.is_complex(t)]


@pytest.mark.parametrize("target, source", CONVERSIONS)
def test_numpy_scalar_types(target, source):
    name = "bool" if target == "bool_" else target
    func = constructor(target)
    for x in values_of(source):
        try:
            expect = typed.cast(name, x).value
        except typed.Undefined:
            continue
        check(func, x, expect=expect, calls=1)


@pytest.mark.parametrize("name", REALS + ["bool"])
@pytest.mark.parametrize("function", ["int", "float", "bool", "complex"])
def test_python_types(function, name):
    if name == "bool" and function in ("float", "complex") and IS_PEER:
        pytest.skip("the peer has no float(bool)")
    func = eval(f"lambda x: {function}(x)")
    for x in values_of(name):
        error = outcome(lambda: typed.interpret(func, (x,)), ()).error
        if isinstance(error, typed.Undefined) or (error and IS_PEER):
            continue
        check(func, x, typed=True, raises=type(error) if error else None, calls=1)


@pytest.mark.parametrize("x", [0.0, 0.5, -0.5, 1.999999, -1.999999, 2.0**52 + 0.5, 2.0**53, -(2.0**63), 1e18])
def test_int_truncates(x):
    check(lambda x: int(x), x)
    check(lambda x: math.trunc(x), x)


@pytest.mark.parametrize("x", [0.5, 1.5, 2.5, -0.5, -1.5, 2.4999999999999996, 1e15 + 0.5, 0.49999999999999994, 7.0])
def test_round_is_half_to_even(x):
    check(lambda x: round(x), x)


@pytest.mark.parametrize("x, digits", [
    (2.675, 2), (1.005, 2), (0.5, 0), (1234.5678, -2), (-1.25, 1), (1e300, 5), (2.5, 0), (0.1 + 0.2, 15), (float("inf"), 2),
    (float("nan"), 1), (5e-324, 3),
])  # fmt: skip
@beyond_peer("rounding to digits is exact, as in Python")
def test_round_to_digits(x, digits):
    check(lambda x, digits: round(x, digits), x, digits)


@pytest.mark.parametrize("x", [0, 5, -5, 2**62])
def test_round_of_integers(x):
    check(lambda x: round(x), x)


@pytest.mark.parametrize("x, y", [(1, 2), (1.5, -0.0), (float("inf"), 0)])
def test_complex_of_two(x, y):
    check(lambda x, y: complex(x, y), x, y)


@pytest.mark.parametrize("name", ALL)
def test_abs(name):
    for x in values_of(name):
        check(lambda x: abs(x), x, typed=True, ulps=1 if name in COMPLEX else 0, single=name == "complex64", calls=1)


def test_literals_of_every_kind():
    check(lambda: (0, -1, 9223372036854775807, 1.5, -0.0, 1e309, 2j, True, None))
    check(lambda: 0xFF + 0o17 + 0b11 + 1_000_000)


def test_unsigned_literal():
    check(lambda: 18446744073709551615)


@pytest.mark.parametrize("chain", [
    "np.int8(np.uint8(x))", "np.uint8(np.int8(x))", "np.int32(np.float32(x))", "np.float32(np.int16(x))",
    "np.uint64(np.int8(x))", "int(np.float32(x))", "np.int16(x) + np.int16(x)", "np.uint8(x) * np.uint8(x)",
    "np.float32(x) * np.float32(0.1)", "np.float32(x) / np.float32(3.0)", "np.int8(x) << 3", "~np.uint8(x)", "-np.uint8(x)",
])  # fmt: skip
@pytest.mark.parametrize("x", [0, 1, 100, 127, 128, 200, 255])
def test_chains(chain, x):
    check(eval(f"lambda x: {chain}", {"np": np}), x, typed=True)


@pytest.mark.parametrize("x", [2**24 + 1, 2**53 + 1, 2**60 + 2**36 + 1, -(2**62) - 3])
def test_int_to_float_rounds_once(x):
    check(lambda x: float(x), x)
    check(constructor("float32"), x, typed=True)


@pytest.mark.parametrize("name", INTS)
def test_bool_of_narrow_integers(name):
    check(lambda x: bool(x), scalar(name, 0))
    check(lambda x: bool(x), scalar(name, 3))
