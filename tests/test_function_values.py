"""Functions that are chosen at run time; `locals=`; large displays and calls; what a function calls while it is being decorated."""

import math

import numpy as np
import pytest

from looplift import float32, int8, types
from support import check, errors, njit


@njit
def plus(x):
    return x + 1


@njit
def times(x):
    return x * 2.5


@njit
def refuses(x):
    raise ValueError("no")


BOTH = (plus, times, plus)


def by_branch(c, x):
    f = plus if c else times
    return float(f(x))


def by_index(n, x):
    s = 0.0
    for i in range(n):
        s += BOTH[i % 3](x)
    return s


def in_containers(n, x):
    functions = [plus, times]
    named = {1: plus, 2: times}
    s = 0.0
    for f in functions:
        s += f(x)
    return s + functions[n - 1](x) + named[n](x)


def of_arguments(functions, x):
    s = 0.0
    for i in range(len(functions)):
        s += functions[i](x)
    for f in functions:
        s -= 2 * f(x)
    return s


def of_modules(c, x):
    return (math.sin if c else math.cos)(x) + (np.exp if c else np.log)(x)


def inner(c, x):
    def up(v):
        return v + 1

    def down(v):
        return v - 1

    return (up if c else down)(x)


def identity(c):
    f = plus if c else times
    return f is plus, f is times, f is not plus, f is refuses


def caught(c):
    f = refuses if c else plus
    try:
        return f(1)
    except ValueError:
        return -1


@pytest.mark.parametrize(
    ("func", "args"),
    [
        (by_branch, (True, 3)),
        (by_branch, (False, 3)),
        (by_index, (5, 2)),
        (in_containers, (1, 3)),
        (in_containers, (2, 3)),
        (of_arguments, ((plus, times), 4)),
        (of_modules, (True, 0.5)),
        (of_modules, (False, 0.5)),
        (inner, (True, 1)),
        (inner, (False, 1)),
        (identity, (True,)),
        (identity, (False,)),
        (caught, (True,)),
        (caught, (False,)),
    ],
)
def test_functions_chosen_at_run_time(func, args):
    check(func, *args)


def test_functions_are_returned_and_passed():
    chosen = njit(lambda c: plus if c else times)
    assert chosen(True) is plus
    assert chosen(False) is times
    with pytest.warns(errors.NumbaPendingDeprecationWarning):
        assert njit(of_arguments)([plus, times, times], 4) == of_arguments([plus, times, times], 4)
    assert njit(lambda f, g, c, x: (f if c else g)(x))(math.floor, math.ceil, False, 1.5) == 2


def test_results_of_the_functions_must_join():
    text = njit(lambda x: "a")
    with pytest.raises(errors.TypingError):
        njit(lambda c, x: (plus if c else text)(x))(True, 1)


def test_locals_declare_types():
    def constant():
        x = 123
        return x

    f = njit((), locals={"x": float32})(constant)
    assert f.nopython_signatures[0].return_type == float32
    assert f() == 123.0

    @njit(locals={"s": float32, "n": int8})
    def summed(n):
        s = 0
        for _ in range(n):
            s += 0.1
        return s, n

    s, n = summed(300)
    assert n == np.int8(300 - 256)
    assert s == pytest.approx(4.4, rel=1e-5)
    assert str(summed.nopython_signatures[0].return_type) == "Tuple(float32, int8)"
    with pytest.raises(errors.TypingError, match="No conversion from"):
        njit(locals={"x": types.unicode_type})(constant)()


def _wide(n, kind):
    names = [f"k{i}" for i in range(n)]
    texts = {
        "keywords": f"def f(a): return g({', '.join(f'{k}=a * {i}' for i, k in enumerate(names))})",
        "positions": f"def f(a): return g({', '.join(f'a * {i}' for i in range(n))})",
        "both": f"def f(a): return g({', '.join(f'a * {i}' for i in range(n // 2))}, {', '.join(f'{k}=a' for k in names[n // 2 :])})",
        "dict": "def f(a): return {" + ", ".join(f"'{k}': a * {i}" for i, k in enumerate(names)) + "}",
    }
    scope = {}
    exec(f"def g({', '.join(names)}): return {' + 2 * '.join(names)}", scope)
    exec(texts[kind], scope)
    return scope


@pytest.mark.parametrize("kind", ["keywords", "positions", "both", "dict"])
def test_calls_and_displays_of_many_parts(kind):
    scope = _wide(40, kind)
    expected = scope["f"](3)
    scope["g"] = njit(scope["g"])
    result = njit(scope["f"])(3)
    assert result == expected
    assert list(result) == list(expected) if kind == "dict" else True


def test_control_flow_within_a_large_call_is_refused():
    scope = _wide(40, "keywords")
    text = "def f(a, c): return g(" + ", ".join(f"k{i}=(a if c else {i})" for i in range(40)) + ")"
    exec(text, scope)
    scope["g"] = njit(scope["g"])
    with pytest.raises(errors.UnsupportedBytecodeError, match="moving the control flow out"):
        njit(scope["f"])(1, True)


def test_a_function_calls_itself_while_it_is_decorated():
    @njit("int64(int64)")
    def fib(n):
        if n < 2:
            return n
        return fib(n - 1) + fib(n - 2)

    assert fib(10) == 55


def test_numbers_are_what_their_values_are():
    same = njit(lambda a, b: a is b)
    assert (same(3, 3), same(3, 4), same(3, 3.0)) == (True, False, False)


def test_generators_keep_what_they_give_next():
    @njit
    def pairs(a, b):
        for x, y in zip(a, b):
            yield x
            yield y + 0.5

    assert list(pairs(np.arange(3), np.arange(3))) == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]


def test_types_are_indexed_in_compiled_code():
    from looplift import typed

    step, whole = slice(None, None, 1), slice(None)

    @njit
    def f():
        return typed.List.empty_list(types.float32[whole, step]), typed.List.empty_list(types.uint8[:])

    a, b = f()
    assert a._dtype == types.float32[:, ::1]
    assert b._dtype == types.uint8[:]


def test_an_index_into_the_empty_tuple_raises():
    with pytest.raises(IndexError, match="tuple index out of range"):
        njit(lambda t, i: t[i])((), 0)


def within(r, x):
    return x in r, x not in r


@pytest.mark.parametrize("x", [2.0, 2.5, -0.0, float("nan"), float("inf"), 1e300, 4 + 0j, 4 + 1j, np.float32(4)])
def test_numbers_in_ranges(x):
    check(within, range(0, 10, 2), x)
