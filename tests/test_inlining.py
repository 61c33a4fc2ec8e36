"""The option `inline`: what it takes, and functions that decide."""

import re

import pytest

from looplift import errors, float64, int64, njit, types
from looplift.extending import overload, overload_attribute, overload_method, register_jitable


def calls(function):
    """How many calls are left in the compiled code of a function."""
    (text,) = function.inspect_mir().values()
    return len(re.findall(r"= call(?:_try)? ", text))


def large(x):
    # More than what is inlined for being small.
    total = x
    for k in range(3, 40):
        if total % k == 1:
            total += k * x
        elif total % (k + 1) == 2:
            total -= (k + 3) ^ x
        else:
            total = (total << 1) ^ k
        if total > 1000 * k:
            total %= 997
        elif total < -1000 * k:
            total = -total % 991
        if total % 7 == 3 and total % 11 != 5:
            total += k // 2
        elif total % 13 == 4:
            total -= k // 3 + x % 17
        if total % 19 == 3:
            total ^= x * 5
        elif total % 23 == 5:
            total += (x ^ k) % 29
        elif total % 31 == 7 and x % 3 == 1:
            total -= (x & k) % 37
        if (total + x) % 41 < 9:
            total += (total ^ k) % 43
        elif (total - x) % 47 < 11:
            total -= (total ^ x) % 53
        elif (total ^ x) % 59 < 13:
            total = total * 3 % 1009 + k
    return total


@pytest.mark.parametrize("answer", [True, False, 1, None, []])
def test_the_answer_counts(answer):
    asked = []

    def decide(expr, caller, callee):
        asked.append((expr, caller, callee))
        return answer

    inner = njit(inline=decide)(large)

    def outer(x):
        return inner(x) + 1

    compiled = njit(outer)
    assert [compiled(x) for x in range(50)] == [large(x) + 1 for x in range(50)]
    ((expr, caller, callee),) = asked
    assert calls(compiled) == (0 if answer else 1)
    assert expr.op == "call" and expr.args == (int64,) and expr.kws == () and expr.func is large
    assert expr.loc.line == outer.__code__.co_firstlineno + 1 and expr.loc.filename == __file__
    assert caller.func is outer and caller.arg_types == (int64,) and caller.arg_names == ("x",)
    assert callee.func is large and callee.arg_types == (int64,) and callee.arg_count == 1
    assert callee.size > 50 > caller.size and 997 in callee.consts and callee.loc.line == large.__code__.co_firstlineno
    assert "large(int64)" in repr(expr) and "outer(int64)" in repr(caller)


def test_each_call_is_asked_about():
    lines = []

    def decide(expr, caller, callee):
        lines.append(expr.loc.line)
        return expr.loc.line == start + 1

    inner = njit(inline=decide)(large)

    def outer(x):
        y = inner(x)
        z = inner(x + 1) + inner(x + 2)
        return y + z

    start = outer.__code__.co_firstlineno
    compiled = njit(outer)
    assert compiled(5) == large(5) + large(6) + large(7)
    compiled(6)
    assert lines == [start + 1, start + 2, start + 2]
    assert calls(compiled) == 2


def test_types_are_seen():
    seen, types_of_callee = [], []

    def decide(expr, caller, callee):
        seen.append((expr.args, expr.kws, caller.arg_types))
        types_of_callee.append(callee.arg_types)
        return True

    @njit(inline=decide)
    def inner(x, by=2):
        return x * by

    outer = njit(lambda x: inner(x, by=3))
    assert outer(2.5) == 7.5 and outer(2) == 6
    assert seen == [((float64,), (("by", int64),), (float64,)), ((int64,), (("by", int64),), (int64,))]
    assert types_of_callee == [(float64, int64), (int64, int64)]


def test_overloads_are_asked():
    asked = []

    def decide(expr, caller, callee):
        asked.append(callee.func.__name__)
        return True

    def twice(x):
        raise NotImplementedError

    @overload(twice, inline=decide)
    def _twice(x):
        def twice_impl(x):
            return large(x) * 2

        return twice_impl

    large_jitable = register_jitable(large)
    assert large_jitable is large

    @overload_method(types.UniTuple, "scaled", inline=decide)
    def _scaled(t, by):
        def scaled_impl(t, by):
            return t[0] * by

        return scaled_impl

    @overload_attribute(types.UniTuple, "head", inline=decide)
    def _head(t):
        def head_impl(t):
            return t[0]

        return head_impl

    def outer(x):
        return twice(x), (x, x).scaled(3), (x, x).head

    assert njit(outer)(4) == (large(4) * 2, 12, 4)
    assert asked == ["twice_impl", "scaled_impl", "head_impl"]


def test_errors_of_the_decision_are_errors_of_the_compilation():
    def fails(expr, caller, callee):
        raise ZeroDivisionError("no decision")

    def outdated(expr, caller, callee):
        return len(callee.blocks) < 3

    for decide, text in ((fails, "no decision"), (outdated, "there is no Numba IR"), (lambda: True, "positional argument")):
        inner = njit(inline=decide)(large)
        with pytest.raises(errors.TypingError, match=text) as e:
            njit(lambda x: inner(x))(1)  # noqa: B023
        assert "inner(x)" in str(e.value)
        # Without a call there is nothing to ask.
        assert inner(3) == large(3)


@pytest.mark.parametrize("decorate", [njit, lambda **options: overload(len, **options)])
def test_other_values_are_refused(decorate):
    with pytest.raises(ValueError, match="inline is 'never', 'always', or a function that decides, not 'sometimes'"):
        decorate(inline="sometimes")


def test_unknown_options_of_overloads_are_refused():
    def double(x):
        raise NotImplementedError

    for decorate in (
        lambda **options: overload(double, jit_options=options),
        lambda **options: overload_method(types.UniTuple, "double", jit_options=options),
        lambda **options: overload_attribute(types.UniTuple, "double", jit_options=options),
        lambda **options: register_jitable(**options),
    ):
        with pytest.raises(KeyError, match="unknown option 'nogli'"):
            decorate(nogli=True)
        with pytest.raises(ValueError, match="error_model is 'python' or 'numpy'"):
            decorate(error_model="c")


def test_options_of_overloads_count():
    def ratio(x, y):
        raise NotImplementedError

    overload(ratio, jit_options={"error_model": "numpy"})(lambda x, y: lambda x, y: x / y)
    assert njit(lambda x, y: ratio(x, y))(1.0, 0.0) == float("inf")
