"""Arguments, defaults, globals, closures, calls between compiled functions, recursion."""

import math

import numpy as np
import pytest

from looplift import jit
from support import beyond_peer, check, check_error, compiled, errors, njit, outcome

# Arguments


def defaults(a, b=2, c=3.5):
    return a * 100 + b * 10 + c


def keyword_only(a, *, scale=2, offset=0.5):
    return a * scale + offset


def none_default(a, b=None):
    if b is None:
        return a
    return a + b


def bool_default(a, negate=False):
    return -a if negate else a


def tuple_default(a, t=(1, 2)):
    return a + t[0] * t[1]


@pytest.mark.parametrize("args, kwargs", [
    ((1,), {}), ((1, 5), {}), ((1, 5, 7.5), {}), ((1,), {"b": 4}), ((1,), {"c": 1}), ((), {"a": 1}), ((), {"c": 1, "b": 2, "a": 3}),
    ((1, 2), {"c": 9}),
])  # fmt: skip
def test_defaults_and_keywords(args, kwargs):
    check(defaults, *args, kwargs=kwargs)


@pytest.mark.parametrize("args, kwargs", [
    ((), {}), ((1, 2, 3, 4), {}), ((1,), {"d": 4}), ((1,), {"a": 1}), ((), {"b": 1}), ((1, 2), {"b": 3}), ((), {"d": 1}),
])  # fmt: skip
@beyond_peer("Python's messages")
def test_wrong_calls_are_pythons_type_errors(args, kwargs):
    same_refusal(defaults, args, kwargs)


def same_refusal(func, args, kwargs):
    """Python's message comes first; what follows says it in the words of compiled functions."""
    wanted, found = outcome(func, args, kwargs).error, outcome(compiled(func), args, kwargs).error
    assert type(wanted) is type(found) is TypeError
    assert str(found).startswith(f"{wanted}; "), found


@pytest.mark.parametrize("args, kwargs, text", [
    ((1, 2, 3, 4), {}, "too many arguments: expected 3, got 4"), ((), {}, "not enough arguments: expected at least 1, got 0"),
    ((), {"b": 1}, "missing argument 'a'"), ((1,), {"d": 4}, "some keyword arguments unexpected"),
])  # fmt: skip
@beyond_peer("Python's messages")
def test_words_of_refusals(args, kwargs, text):
    for refusing in (compiled(defaults), jit(forceobj=True)(defaults)):
        with pytest.raises(TypeError, match=text):
            refusing(*args, **kwargs)


@pytest.mark.parametrize("args, kwargs", [((1,), {}), ((1,), {"scale": 5}), ((1,), {"offset": 1, "scale": 2}), ((), {"a": 3})])
@beyond_peer("keyword-only parameters")
def test_keyword_only(args, kwargs):
    check(keyword_only, *args, kwargs=kwargs)


@pytest.mark.parametrize("args, kwargs", [((1, 2), {}), ((), {"scale": 1}), ((1,), {"other": 2})])
@beyond_peer("keyword-only parameters")
def test_wrong_keyword_only(args, kwargs):
    same_refusal(keyword_only, args, kwargs)


def test_other_defaults():
    check(none_default, 3)
    check(none_default, 3, 4.5)
    check(none_default, 3, None)
    check(bool_default, 3)
    check(bool_default, 3, True)
    check(tuple_default, 3)
    check(tuple_default, 3, (5, 6))


def test_no_arguments():
    check(lambda: 42)


def test_many_arguments():
    names = ", ".join(f"a{i}" for i in range(60))
    check(eval(f"lambda {names}: " + " + ".join(f"a{i} * {i}" for i in range(60))), *range(60))
    mixed = [i if i % 2 else i * 0.5 for i in range(30)]
    names = ", ".join(f"a{i}" for i in range(30))
    check(eval(f"lambda {names}: ({names})"), *mixed)


def test_many_arrays():
    names = [f"a{i}" for i in range(12)]
    check(eval(f"lambda {', '.join(names)}: " + " + ".join(f"{n}[{i}, 1]" for i, n in enumerate(names))),
          *(np.arange(40.0).reshape(20, 2) * (i + 1) for i in range(12)))  # fmt: skip


def test_unsupported_argument_is_an_error():
    for value in ("text", object(), {1: 2}, b"x", [1, 2], 1 + 0j):
        result = outcome(compiled(lambda x: x @ 3), (value,))
        assert result.error is not None
        assert not isinstance(result.error, (SystemError, AssertionError))


# Globals and closures

COUNT = 7
FACTOR = 2.5
FLAG = True
NOTHING = None
Z = 1 - 2j
TABLE = np.array([1.0, 10.0, 100.0])
GRID = np.arange(6).reshape(2, 3)
FROZEN_COUNT = 5


def uses_globals(x):
    r = x * COUNT + FACTOR
    if FLAG:
        r += 1
    if NOTHING is None:
        r += math.pi
    return r


def uses_global_arrays(i):
    return TABLE[i] + GRID[1, i]


def test_globals():
    check(uses_globals, 3)
    check(lambda x: Z * x, 2)


def test_global_arrays():
    for i in range(3):
        check(uses_global_arrays, i)


def test_module_attributes():
    check(lambda x: math.tau * x + np.pi, 2.0)


def read_frozen(x):
    return x + FROZEN_COUNT


def test_globals_are_frozen_when_compiled():
    func = compiled(read_frozen)
    assert func(1) == 6
    globals()["FROZEN_COUNT"] = 100
    try:
        assert func(1) == 6
    finally:
        globals()["FROZEN_COUNT"] = 5


def test_closure_constants():
    def make(k, t, a):
        @njit
        def inner(x):
            return x * k + t[1] + a[0]

        return inner

    assert make(3, (1, 2), np.array([0.5]))(10) == 32.5
    assert make(4, (1, 5), np.array([1.5]))(10) == 46.5


def test_each_closure_has_its_own_constant():
    functions = [closure_over(c) for c in range(5)]
    assert [f(10) for f in functions] == [10, 11, 12, 13, 14]


def closure_over(c):
    @njit
    def inner(x):
        return x + c

    return inner


def test_closure_calls_a_compiled_function():
    def make(f):
        @njit
        def inner(x):
            return f(x) + f(x + 1)

        return inner

    assert make(square)(3) == 25


def test_missing_global():
    result = outcome(compiled(lambda x: x + nowhere_defined), (1,))  # noqa: F821
    assert result.error is not None
    assert "nowhere_defined" in str(result.error)


# Calls between compiled functions


@njit
def square(x):
    return x * x


@njit
def scale(x, factor=3):
    return x * factor + 1


@njit
def scale_and_shift(x, factor=3, *, shift=1):
    return x * factor + shift


@njit
def swap(a, b):
    return b, a


@njit
def fill(a, x):
    for i in range(len(a)):
        a[i] = x


@njit
def make_array(n):
    a = np.zeros(n)
    fill(a, 2.0)
    return a


@njit
def checked(x):
    if x < 0:
        raise ValueError("negative", x)
    return x


@njit
def nothing():
    pass


def test_call():
    check(lambda x: square(x) + square(x + 1), 3)
    check(lambda x: square(square(square(x))), 1.5)
    check(lambda x: square(x) + square(0.5), 3)


def test_call_with_defaults_and_keywords():
    check(lambda x: scale(x), 3)
    check(lambda x: scale(x, 4), 3)
    check(lambda x: scale(factor=5, x=x), 3)


@beyond_peer("keyword-only parameters")
def test_call_with_keyword_only():
    check(lambda x: scale_and_shift(x, shift=7), 3)


def test_call_returning_tuple():
    def use(a, b):
        x, y = swap(a, b)
        return swap(x, y), x

    check(use, 1, 2.5)


def test_call_on_arrays():
    def use(n):
        a = make_array(n)
        fill(a[1:], 7.0)
        return a

    check(use, 5)


def test_call_in_a_loop():
    def use(n):
        s = 0.0
        for i in range(n):
            s += square(i) * make_array(3)[1]
        return s

    check(use, 10)


def test_call_of_nothing():
    check(lambda: nothing())


def test_error_from_a_callee():
    check(lambda x: checked(x) + 1, 4)
    check_error(lambda x: checked(x) + 1, -4)


def test_callee_that_never_returns():
    @njit
    def refuse(x):
        raise ValueError("never")

    check(lambda x: x if x > 0 else refuse(x), 1)
    check_error(lambda x: x if x > 0 else refuse(x), 0)


@beyond_peer("the peer recurses on callees")
def test_chain_of_many_functions():
    namespace = {"njit": njit}
    source = "@njit\ndef f0(x):\n    return x + 1\n"
    for i in range(1, 60):
        source += f"@njit\ndef f{i}(x):\n    return f{i - 1}(x) + {i}\n"
    exec(source, namespace)
    assert namespace["f59"](0) == 1 + sum(range(60))


def test_wrong_call_inside_is_an_error():
    for func in (lambda x: square(x, x), lambda x: square(), lambda x: square(y=x)):
        assert isinstance(outcome(compiled(func), (1,)).error, Exception)


def test_plain_python_function_is_not_callable_or_is_inlined():
    def helper(x):
        return x + 1

    def use(x):
        return helper(x)

    result = outcome(compiled(use), (1,))
    assert result.error is not None or result.value == 2


def with_inner_function(x):
    def inner(y):
        return y * 2 + x

    return inner(x) + inner(1)


def with_inner_lambda(x):
    double = lambda y: y * 2  # noqa: E731
    return double(x) + double(0.5)


@pytest.mark.parametrize("func", [with_inner_function, with_inner_lambda], ids=lambda f: f.__name__)
def test_inner_functions_are_compiled_or_refused(func):
    result = outcome(compiled(func), (5,))
    assert isinstance(result.error, errors.UnsupportedError) or result.value == func(5)


# Recursion


@njit
def factorial(n):
    if n <= 1:
        return 1
    return n * factorial(n - 1)


@njit
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@njit
def is_even(n):
    if n == 0:
        return True
    return is_odd(n - 1)


@njit
def is_odd(n):
    if n == 0:
        return False
    return is_even(n - 1)


@njit
def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


@njit
def depth_first(a, i):
    if i >= len(a):
        return 0.0
    return a[i] + depth_first(a, 2 * i + 1) + depth_first(a, 2 * i + 2)


@njit
def hanoi(n, a, b, c):
    if n == 0:
        return 0, 0
    x, y = hanoi(n - 1, a, c, b)
    z, w = hanoi(n - 1, c, b, a)
    return x + z + 1, y + w + a * b


@njit
def forever(n):
    if n < 0:
        return 0
    return forever(n + 1) + 1


@njit
def quicksort(a, lo, hi):
    if lo < hi:
        p = a[hi]
        i = lo
        for j in range(lo, hi):
            if a[j] < p:
                a[i], a[j] = a[j], a[i]
                i += 1
        a[i], a[hi] = a[hi], a[i]
        quicksort(a, lo, i - 1)
        quicksort(a, i + 1, hi)


def test_recursion():
    check(factorial, 20)
    check(fibonacci, 15)
    check(ackermann, 2, 3)
    check(hanoi, 6, 1, 2, 3)
    check(depth_first, np.arange(20.0), 0)


def test_mutual_recursion():
    for n in (0, 1, 10, 33):
        assert is_even(n) is (n % 2 == 0)
        assert is_odd(n) is (n % 2 == 1)


def test_recursion_on_arrays():
    check(quicksort, np.array([5.0, 1, 4, 1, 9, 2, 6]), 0, 6)


def test_recursion_with_floats():
    @njit
    def power(x, n):
        if n == 0:
            return 1.0
        half = power(x, n // 2)
        return half * half * (x if n % 2 else 1.0)

    assert power(1.5, 7) == 1.5**7


@beyond_peer("a stack overflow is a RecursionError, not a crash")
def test_recursion_error():
    for _ in range(3):
        with pytest.raises(RecursionError):
            forever(0)
    assert factorial(5) == 120


@beyond_peer("a stack overflow is a RecursionError, not a crash")
def test_recursion_error_in_a_thread():
    import threading

    errors = []

    def run():
        try:
            forever(0)
        except RecursionError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(errors) == 1


def test_deep_but_finite_recursion():
    assert depth_of(5000) == 5000


@njit
def depth_of(n):
    if n == 0:
        return 0
    return 1 + depth_of(n - 1)
