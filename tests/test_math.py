"""The `math` module and NumPy's functions of one number."""

import math

import numpy as np
import pytest

from support import IS_PEER, beyond_peer, check, check_error, compiled, outcome

INF, NAN = float("inf"), float("nan")
ORDINARY = [0.0, -0.0, 0.1, -0.1, 0.5, -0.5, 1.0, -1.0, 1.5, -2.75, 3.0, 10.0, -100.25, 1e-10, 1e10, -1e15]
EXTREME = [5e-324, -5e-324, 2.2250738585072014e-308, 1e-300, 1e300, -1e300, 1.7976931348623157e308, INF, -INF, NAN]

# function -> units in the last place allowed against CPython's
UNARY = {
    "sin": 1, "cos": 1, "tan": 1, "asin": 1, "acos": 1, "atan": 1, "sinh": 2, "cosh": 2, "tanh": 2, "asinh": 2, "acosh": 2,
    "atanh": 2, "exp": 1, "expm1": 1, "log": 1, "log2": 1, "log10": 1, "log1p": 1, "sqrt": 0, "fabs": 0, "degrees": 0, "radians": 0,
    "erf": 2, "erfc": 4, "gamma": 20, "lgamma": 400,
}  # fmt: skip
BEYOND_UNARY = {"cbrt": 2, "exp2": 1}
PREDICATES = ["isnan", "isinf", "isfinite"]
TO_INT = ["floor", "ceil", "trunc"]
BINARY = {"atan2": 1, "pow": 1, "hypot": 1, "copysign": 0}
BEYOND_BINARY = {"fmod": 0, "remainder": 0}
CONSTANTS = ["pi", "e", "tau", "inf", "nan"]


def function(name, count=1):
    arguments = ", ".join("xyz"[:count])
    return eval(f"lambda {arguments}: math.{name}({arguments})", {"math": math})




@pytest.mark.parametrize("x", ORDINARY + EXTREME)
@pytest.mark.parametrize("name", UNARY)
def test_unary(name, x):
    func = function(name)
    if outcome(func, (x,)).error is None:
        check(func, x, ulps=UNARY[name], calls=1)
    else:
        check_outside_domain(func, x)


def check_outside_domain(func, *args):
    """CPython's domain and range errors are compiled code's too; the peer gives NaN or an infinity."""
    if not IS_PEER:
        check_error(func, *args)


@pytest.mark.parametrize("x", ORDINARY)
@pytest.mark.parametrize("name", [name for name in BEYOND_UNARY if hasattr(math, name)])
@beyond_peer("missing there")
def test_newer_unary(name, x):
    func = function(name)
    if outcome(func, (x,)).error is None:
        check(func, x, ulps=BEYOND_UNARY[name], calls=1)
    else:
        check_outside_domain(func, x)


@pytest.mark.parametrize("x", ORDINARY + EXTREME)
@pytest.mark.parametrize("name", PREDICATES)
def test_predicates(name, x):
    check(function(name), x, calls=1)


@pytest.mark.parametrize("name", PREDICATES)
def test_predicates_of_integers(name):
    check(function(name), 3)


@pytest.mark.parametrize("x", [x for x in ORDINARY if abs(x) < 2**62] + [2.0**52 + 0.5, -(2.0**53), 2.5, -2.5])
@pytest.mark.parametrize("name", TO_INT)
def test_to_int(name, x):
    check(function(name), x, calls=1)


@pytest.mark.parametrize("name", TO_INT)
def test_to_int_of_integers(name):
    check(function(name), 7)
    check(function(name), -7)


PAIRS = [(x, y) for x in [0.0, -0.0, 1.0, -1.5, 3.0, 1e300, INF, -INF, NAN] for y in [0.0, -0.0, 2.0, -0.5, 1e-300, INF, -INF, NAN]]


@pytest.mark.parametrize("name", BINARY)
def test_binary(name):
    func = function(name, 2)
    for x, y in PAIRS:
        if outcome(func, (x, y)).error is None:
            check(func, x, y, ulps=BINARY[name], calls=1)
        else:
            check_outside_domain(func, x, y)


@pytest.mark.parametrize("name", BEYOND_BINARY)
@beyond_peer("missing there")
def test_newer_binary(name):
    func = function(name, 2)
    for x, y in PAIRS:
        if outcome(func, (x, y)).error is None:
            check(func, x, y, ulps=BEYOND_BINARY[name], calls=1)
        else:
            check_outside_domain(func, x, y)


@pytest.mark.parametrize("name", [*UNARY])
def test_integer_argument(name):
    x = 1 if name in ("acos", "asin", "acosh") else 0 if name == "atanh" else 5
    check(function(name), x, ulps=UNARY[name])


@pytest.mark.parametrize("name", ["sqrt", "sin", "exp", "fabs", "log"])
def test_bool_argument(name):
    check(function(name), True, ulps=1)


@pytest.mark.parametrize("name", sorted(set(UNARY) - {"gamma", "lgamma", "erf", "erfc"}))
def test_float32_argument(name):
    """float32 in, float32 out: the result is within a few units of the exact one."""
    x = np.float32(1.0) if name in ("acos", "asin", "acosh") else np.float32(0.625)
    expect = float(np.float32(getattr(math, name)(float(x))))
    check(function(name), x, expect=expect, ulps=4, single=True)


@pytest.mark.parametrize("a, b", [(12, 18), (0, 5), (-12, 18), (7, 0), (0, 0), (2**40, 2**20 * 3), (17, 13)])
def test_gcd(a, b):
    check(function("gcd", 2), a, b)


@pytest.mark.parametrize("x", [0.0, 1.0, -3.5, 1e300, 5e-324, INF, NAN])
def test_frexp(x):
    func = function("frexp")
    if math.isfinite(x):
        check(func, x)
    else:
        mantissa, _ = compiled(func)(x)
        assert mantissa == x or math.isnan(mantissa)


@pytest.mark.parametrize("x, n", [(0.5, 3), (1.0, -1074), (1.5, 1000), (-0.0, 5), (3.0, 0)])
def test_ldexp(x, n):
    check(function("ldexp", 2), x, n)


@pytest.mark.parametrize("x", [1.5, -2.25, 0.0, 1e300])
@beyond_peer("missing there")
def test_modf(x):
    check(function("modf"), x)


@pytest.mark.parametrize("x, y", [(1.0, 2.0), (0.0, -1.0), (1e308, INF), (5e-324, 0.0)])
def test_nextafter(x, y):
    check(function("nextafter", 2), x, y)


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants(name):
    check(eval(f"lambda: math.{name}", {"math": math}))
    check(eval(f"lambda: {name}", {name: getattr(math, name)}))


@beyond_peer("missing there")
def test_log_with_base():
    check(function("log", 2), 8.0, 2.0, ulps=1)


def test_imported_names():
    from math import cos, sin

    namespace = {"sin": sin, "cos": cos}
    check(eval("lambda x: sin(x) * sin(x) + cos(x) * cos(x)", namespace), 0.7, ulps=2)


# NumPy's elementwise functions on numbers

NUMPY_UNARY = {
    "sqrt": 0, "sin": 1, "cos": 1, "tan": 1, "arcsin": 1, "arccos": 1, "arctan": 1, "sinh": 2, "cosh": 2, "tanh": 2, "exp": 1,
    "expm1": 1, "log": 1, "log2": 1, "log10": 1, "log1p": 1, "floor": 0, "ceil": 0, "trunc": 0, "rint": 0, "absolute": 0, "fabs": 0,
    "sign": 0, "square": 0, "negative": 0, "reciprocal": 0, "cbrt": 1, "exp2": 1, "deg2rad": 1, "rad2deg": 1, "abs": 0,
    "isnan": 0, "isinf": 0, "isfinite": 0, "signbit": 0, "arcsinh": 2, "arctanh": 2, "arccosh": 2,
}  # fmt: skip
NUMPY_BINARY = {
    "add": 0, "subtract": 0, "multiply": 0, "divide": 0, "floor_divide": 0, "remainder": 0, "power": 1, "maximum": 0, "minimum": 0,
    "fmax": 0, "fmin": 0, "arctan2": 1, "hypot": 1, "copysign": 0, "fmod": 0, "greater": 0, "less_equal": 0, "not_equal": 0,
    "logical_and": 0, "logaddexp": 4,
}  # fmt: skip


def numpy_function(name, count=1):
    arguments = ", ".join("xy"[:count])
    return eval(f"lambda {arguments}: np.{name}({arguments})", {"np": np})


PEER_DIFFERS = beyond_peer("NumPy's zeros and infinities")


@pytest.mark.parametrize("name", [pytest.param(n, marks=PEER_DIFFERS) if n == "sign" else n for n in NUMPY_UNARY])
def test_numpy_unary(name):
    func = numpy_function(name)
    for x in [0.0, -0.0, 0.5, -0.5, 1.0, 2.5, -2.5, 1e10, INF, -INF, NAN]:
        check(func, x, ulps=NUMPY_UNARY[name], calls=1)


@pytest.mark.parametrize("name", ["sqrt", "sin", "exp", "floor", "absolute", "sign", "square", "negative"])
@pytest.mark.parametrize("dtype", ["float32", "int64", "int16", "uint16"])
def test_numpy_unary_types(name, dtype):
    check(numpy_function(name), np.dtype(dtype).type(3), ulps=4, single=dtype != "int64")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=PEER_DIFFERS) if n in ("floor_divide", "remainder") else n for n in NUMPY_BINARY]
)
def test_numpy_binary(name):
    func = numpy_function(name, 2)
    for x, y in PAIRS[::3]:
        check(func, x, y, ulps=NUMPY_BINARY[name], calls=1)


@pytest.mark.parametrize("name", ["add", "multiply", "maximum", "minimum", "remainder", "floor_divide", "bitwise_and", "bitwise_xor"])
def test_numpy_binary_of_integers(name):
    check(numpy_function(name, 2), 29, -7)


def test_numpy_constants():
    check(eval("lambda: (np.pi, np.e, np.inf, np.nan)", {"np": np}))


@pytest.mark.parametrize("z", [1 + 2j, -0.5 - 3j, 2j])
@pytest.mark.parametrize("name", ["sqrt", "exp", "sin", "cos", "log", "conjugate", "absolute"])
def test_numpy_of_complex(name, z):
    check(numpy_function(name), z, ulps=8)


@pytest.mark.parametrize("name", ["real", "imag", "angle"])
def test_numpy_parts(name):
    check(numpy_function(name), 1.5 - 2j, ulps=1)


def test_products_and_sums_of_containers():
    def f(n):
        return math.prod([2, 3, n]), math.prod(x for x in range(1, n)), math.prod({1.5, 2.0}), math.fsum([0.1] * n), math.fsum(0.1 for _ in range(n))

    assert compiled(f)(10) == f(10)


WHOLE_POWERS = [0, 1, 2, 3, 5, 7.0, 99.0, -1, -3]


@pytest.mark.parametrize("of", [complex, np.complex64, np.complex128])
def test_whole_powers_of_complex_numbers(of):
    def f(a, b):
        return a**b

    for a in (0, 1, -1j, 1 + 2j, complex(-0.0, 1.0), complex(-0.0, -0.0), 0.5 - 0.25j, complex(math.nan, 0.0)):
        for b in WHOLE_POWERS:
            x, y = of(a), of(b)
            if b < 0 and x == 0:
                continue
            got, want = compiled(f)(x, y), f(x, y)
            np.testing.assert_array_equal(of(got), want)
            # Of one as the exponent, CPython makes a product with one, NumPy the base itself.
            if abs(b) < 4 and of is not complex and x != 0:
                assert str(of(got)) == str(want)
