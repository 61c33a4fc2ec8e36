"""Every operator on every pair of numeric types, at the values where arithmetic goes wrong."""

import itertools
import operator

import numpy as np
import pytest

from support import ALL, COMPLEX, FLOATS, INTS, IS_PEER, beyond_peer, check, compiled, outcome, scalar, values_of
from support import rules, typed


def function(source):
    """A function of the operands from its expression."""
    return eval(f"lambda {'x, y' if 'y' in source else 'x'}: {source}")


BINARY = {op: function(f"x {op} y") for op in rules.BINARY}
UNARY = {op: function(f"{op}x") for op in rules.UNARY}
PAIRS = [(op, a, b) for op in rules.BINARY for a in ALL for b in ALL if rules.supports(op, a, b)]
REFUSED = [("//", "complex128", "float64"), ("%", "complex64", "complex64"), ("<", "complex128", "complex128"),
           ("&", "float64", "int64"), ("<<", "int64", "float32"), ("|", "bool", "float64"), (">>", "complex64", "int8")]  # fmt: skip


def tolerance(op, operand, result, y):
    """Powers by an integer are products, whose error grows with it; complex quotients have freedom in their order."""
    single = result in ("float32", "complex64")
    if op == "**" and not rules.is_integral(result):
        return {"rel": (1e-6 if single else 1e-15) * (8 + abs(complex(y)))}
    return {"ulps": 4 if op == "/" and operand and rules.is_complex(operand) else 0, "single": single}


def interesting(op, a, b):
    """Pairs of values: all for narrow choices, thinned by a fixed stride for the rest; never undefined ones."""
    pairs = list(itertools.product(values_of(a), values_of(b)))
    if rules.is_complex(a) or rules.is_complex(b):
        pairs = [pair for pair in pairs if all(np.isfinite(pair))]
    return pairs if len(pairs) <= 30 else pairs[:: len(pairs) // 24]


@pytest.mark.parametrize("op, a, b", PAIRS, ids=lambda x: x)
def test_binary(op, a, b):
    func = BINARY[op]
    operand, result = rules.binary(op, a, b)
    dispatcher = compiled(func)
    for x, y in interesting(op, a, b):
        reference = outcome(lambda: typed.binary(op, x, y), ())
        if isinstance(reference.error, typed.Undefined):
            continue
        if op == "**" and (isinstance(reference.error, ZeroDivisionError) or awkward_power(a, b, x, y)):
            continue
        if IS_PEER and isinstance(reference.error, ValueError):
            continue  # a negative shift count
        check(func, x, y, typed=True, raises=type(reference.error) if reference.error else None,
              **tolerance(op, operand, result, y), calls=1)  # fmt: skip
    assert dispatcher is compiled(func)


def awkward_power(a, b, x, y):
    """Powers of zero, of infinities and far out of range are tested one by one below."""
    if rules.is_complex(a) or rules.is_complex(b):
        return not 1e-3 < abs(complex(x)) < 1e3 or abs(complex(y)) > 10
    if rules.is_float(a) or rules.is_float(b):
        return not (np.isfinite(x) and np.isfinite(y)) or x == 0 or abs(float(y)) > 2**31 or 0 < abs(float(x)) < 1e-30
    return int(y) > 2**31 or (int(y) < 0 and abs(int(x)) != 1)


@pytest.mark.parametrize("op, a", [(op, a) for op in rules.UNARY for a in ALL if rules.unary(op, a)], ids=lambda x: x)
def test_unary(op, a):
    for x in values_of(a):
        check(UNARY[op], x, typed=True, expect=typed.plain(typed.unary(op, x)), calls=1)


@pytest.mark.parametrize("op, a, b", REFUSED, ids=lambda x: x)
def test_refused_pairs(op, a, b):
    from support import errors

    with pytest.raises(errors.TypingError):
        compiled(function(f"x {op} y"))(scalar(a, 1), scalar(b, 1))


INPLACE = ["+", "-", "*", "//", "%", "**", "&", "|", "^", "<<", ">>", "/"]


@pytest.mark.parametrize("op", INPLACE)
def test_augmented_assignment(op):
    namespace = {}
    exec(f"def func(x, y):\n    x {op}= y\n    return x", namespace)
    check(namespace["func"], 29, 3)
    if op not in ("&", "|", "^", "<<", ">>"):
        check(namespace["func"], -7.5, 2.0)


# Floor division and remainder


WIDEST = pytest.param(-(2**63), marks=beyond_peer("the peer overflows inside"))


@pytest.mark.parametrize("x", [-7, -6, -1, 0, 1, 6, 7, 2**63 - 1, WIDEST])
@pytest.mark.parametrize("y", [-7, -3, -1, 1, 3, 7, 8, 2**62, 2**63 - 1, WIDEST])
def test_floor_division_by_variable(x, y):
    check(BINARY["//"], x, y, typed=True)
    check(BINARY["%"], x, y, typed=True)


@pytest.mark.parametrize("divisor", [-(2**63), -1000, -8, -7, -2, pytest.param(-1, marks=beyond_peer("the peer gives 0 for the least integer")), 1, 2, 3, 5, 7, 8, 10, 64, 1000, 2**31, 2**62])
@pytest.mark.parametrize("form", ["//", "%"])
def test_division_by_constant(form, divisor):
    func = eval(f"lambda x: x {form} ({divisor})")
    for x in [-(2**63), -(2**63) + 1, -1001, -8, -7, -1, 0, 1, 7, 8, 63, 64, 65, 999, 2**31, 2**62, 2**63 - 1]:
        check(func, x, typed=True, calls=1)


@pytest.mark.parametrize("x", [-7.5, -0.0, 0.0, 5.0, 1e308, float("inf"), float("nan"), 5e-324])
@pytest.mark.parametrize("y", [-2.0, -0.3, 0.1, 2.0, 1e-308, float("inf"), float("-inf"), float("nan")])
def test_float_floor_division(x, y):
    check(BINARY["//"], x, y)
    check(BINARY["%"], x, y)


@pytest.mark.parametrize("form", ["x // y", "x % y", "x / y", "divmod(x, y)"])
@pytest.mark.parametrize("zero", [(1, 0), (0, 0), (True, False), (1.5, 0.0), (1, 0.0), (1.0, 0), (0.0, -0.0)])
@beyond_peer("messages are those of the running Python")
def test_division_by_zero(form, zero):
    check(function(form), *zero, raises=ZeroDivisionError)


@beyond_peer("messages are those of the running Python")
def test_complex_division_by_zero():
    check(BINARY["/"], 1 + 2j, 0j, raises=ZeroDivisionError)


@pytest.mark.parametrize("name", INTS)
def test_division_by_zero_of_narrow_types(name):
    for form in ("x // y", "x % y", "x / y"):
        result = outcome(compiled(function(form)), (scalar(name, 3), scalar(name, 0)))
        assert isinstance(result.error, ZeroDivisionError)


@pytest.mark.parametrize("x, y", [(7, 2), (-7, 2), (7, -2), (-7.5, 2.0), (7, 2.5), (True, 2)])
def test_divmod(x, y):
    check(function("divmod(x, y)"), x, y)


# Powers


@pytest.mark.parametrize("x, y", [(2, 10), (-3, 3), (0, 0), (1, 1000), (-1, 1001), (3, 40), (10, 0), (True, 3)])
def test_integer_power(x, y):
    check(BINARY["**"], x, y, typed=True)


POWERS = [0, 1, 2, 3, 4, 7, 10, 0.5, 2.0, -1.0, -2]
BASES = [2, -3, 2.5, -0.75, 1e200, 1.5 - 2j]
# Python turns to floats, to complex numbers, or overflows where compiled code keeps the type: tested apart.
CHANGING = [(2, -2), (-3, -2), (-3, 0.5), (-0.75, 0.5), *((1e200, n) for n in POWERS if abs(n) > 1)]


@pytest.mark.parametrize("x, exponent", [p for p in itertools.product(BASES, POWERS) if p not in CHANGING])
def test_power_by_constant(x, exponent):
    check(eval(f"lambda x: x ** ({exponent!r})"), x, rel=1e-14)


@pytest.mark.parametrize("x, y, expect", [
    (-8.0, 1 / 3, float("nan")),
    (1e200, 2.0, float("inf")),
    (1e-200, 2.0, 0.0),
    (float("nan"), 0.0, 1.0),
    (1.0, float("nan"), 1.0),
    (2.0, -1, 0.5),
    (-2.0, 3, -8.0),
    (0.0, 2.0, 0.0),
    (-0.0, 3.0, -0.0),
    (float("inf"), -1.0, 0.0),
    (float("-inf"), 3.0, float("-inf")),
])  # fmt: skip
def test_float_power(x, y, expect):
    check(BINARY["**"], x, y, expect=expect)


def test_power_of_zero_to_a_negative_exponent():
    assert isinstance(outcome(compiled(BINARY["**"]), (0, -1)).error, ZeroDivisionError)


# Shifts


@pytest.mark.parametrize("name", INTS)
@pytest.mark.parametrize("count", [0, 1, 7, 31, 32, 63])
def test_shift_counts(name, count):
    for x in values_of(name):
        check(BINARY["<<"], x, scalar("int64", count), typed=True, calls=1)
        check(BINARY[">>"], x, scalar("int64", count), typed=True, calls=1)


# Comparisons


WIDE_SIGNED = [-(2**63), -1, 0, 1, 2**53 + 1, 2**63 - 1]
WIDE_UNSIGNED = [0, 1, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1]


@pytest.mark.parametrize("op", rules.COMPARISONS)
@beyond_peer("mixed 64-bit integers compare exactly")
def test_mixed_sign_comparison_is_exact(op):
    for signed, unsigned in itertools.product(WIDE_SIGNED, WIDE_UNSIGNED):
        for x, y in (("int64", signed), ("uint64", unsigned)), (("uint64", unsigned), ("int64", signed)):
            exact = typed.COMPARE[op](x[1], y[1])
            check(BINARY[op], scalar(*x), scalar(*y), expect=exact, calls=1)


@pytest.mark.parametrize("source", [
    "x < y < 10", "0 <= x != y", "x == y == 3", "x < 5 > y", "not x < y", "x and y", "x or y", "not x and not y",
    "x if y else -x", "(x and y) or x",
])  # fmt: skip
@pytest.mark.parametrize("x, y", [(1, 2), (0, 3), (3, 3), (0, 0), (7, -1)])
def test_comparison_chains_and_boolean_operators(source, x, y):
    check(function(source), x, y)


@pytest.mark.parametrize("x", [0.0, -0.0, float("nan"), 1.5, 0j, 1j, 0, 5, False, True])
def test_truth(x):
    check(lambda x: bool(x), x)
    check(lambda x: 1 if x else 2, x)
    check(lambda x: not x, x)


@pytest.mark.parametrize("a", FLOATS + COMPLEX)
def test_identity_keeps_every_bit(a):
    for x in values_of(a):
        check(lambda x: x, x, calls=1)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "floordiv", "mod", "lt", "eq", "and_", "xor", "neg", "invert"])
def test_operator_module(name):
    func = getattr(operator, name)
    if name in ("neg", "invert"):
        check(eval(f"lambda x: operator.{name}(x)", {"operator": operator}), 12)
    else:
        check(eval(f"lambda x, y: operator.{name}(x, y)", {"operator": operator}), 12, 5)
    assert callable(func)


# Arguments and results


@pytest.mark.parametrize("value", [
    0, -1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 0.0, -0.0, 1e308, float("inf"), 1 - 2j, True, False, None,
])  # fmt: skip
def test_python_scalars_round_trip(value):
    check(lambda x: x, value)


@pytest.mark.parametrize("name", ALL)
def test_numpy_scalars_return_as_python_objects(name):
    for x in values_of(name):
        check(lambda x: x, x, expect=x.item(), calls=1)


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 10**30])
def test_integers_beyond_64_bits_are_refused(value):
    result = outcome(compiled(lambda x: x), (value,))
    assert result.error is not None
    assert not isinstance(result.error, SystemError)


@pytest.mark.parametrize("func, args", [
    (lambda x, y: x + y, (2**63 - 1, 1)),
    (lambda x, y: x - y, (-(2**63), 1)),
    (lambda x, y: x * y, (2**62, 6)),
    (lambda x: -x, (-(2**63),)),
    (lambda x: abs(x), (-(2**63),)),
    (lambda x: x * x * x, (3_000_000_019,)),
    (lambda x, y: (x + y) // 2, (2**63 - 1, 2**63 - 1)),
])  # fmt: skip
def test_overflow_wraps(func, args):
    check(func, *args, typed=True)


@pytest.mark.parametrize("x", [1.5 - 2.5j, complex(0.0, -0.0), complex("inf"), 1e308 + 1e308j])
def test_complex_parts(x):
    check(lambda x: (x.real, x.imag, x.conjugate()), x)


@pytest.mark.parametrize("x", [3, -4, 2.5, pytest.param(True, marks=beyond_peer("an int, as in Python"))])
def test_real_parts(x):
    check(lambda x: (x.real, x.imag), x, typed=True)


@pytest.mark.parametrize("x, y", [(3 + 4j, 1 - 2j), (1e200 + 0j, 2.0), (0.1 + 0.2j, 3)])
def test_complex_arithmetic(x, y):
    for op in "+-*":
        check(BINARY[op], x, y)
    check(BINARY["/"], x, y, ulps=2)
    check(lambda x: abs(x), x, ulps=1)
