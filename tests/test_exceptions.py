"""assert and raise: class, arguments, traceback; and what a program sees afterwards.

PYTEST_DONT_REWRITE: the assert statements of compiled functions must be Python's own.
"""

import linecache
import sys
import traceback

import numpy as np
import pytest

from support import beyond_peer, check, check_error, clone, compiled, njit, outcome


class Plain(Exception):
    pass


class WithArguments(ValueError):
    def __init__(self, code, text):
        super().__init__(code, text)
        self.code = code
        self.text = text


def raise_class(n):
    if n > 0:
        raise ValueError
    return n


def raise_message(n):
    if n > 0:
        raise ValueError("too large")
    return n


def raise_several(n):
    if n > 0:
        raise KeyError("key", 3, 2.5, None)
    return n


def raise_values(n):
    if n > 0:
        raise IndexError("at", n, n * 0.5, (n, n + 1))
    return n


def raise_user_class(n):
    if n > 0:
        raise Plain("own")
    return n


def raise_user_class_with_arguments(n):
    if n > 0:
        raise WithArguments(7, "seven")
    return n


def assert_bare(n):
    assert n <= 0
    return n


def assert_message(n):
    assert n <= 0, "must not be positive"
    return n


def assert_in_loop(n):
    total = 0
    for i in range(n + 5):
        assert i < 4, "four"
        total += i
    return total


def raise_in_nested_loops(n):
    for i in range(10):
        for j in range(10):
            if i * j == n * 7 and n > 0:
                raise RuntimeError("found", 1)
    return n


RAISING = [
    raise_class, raise_message, raise_several, raise_values, raise_user_class, raise_user_class_with_arguments, assert_bare,
    assert_message, raise_in_nested_loops,
]  # fmt: skip


@pytest.mark.parametrize("func", RAISING, ids=lambda f: f.__name__)
def test_raise(func):
    check(func, 0)
    check_error(func, 3)
    check(func, -1)


def test_assert_in_loop():
    check_error(assert_in_loop, 3)
    check(assert_in_loop, -2)


BUILTIN = [
    "ArithmeticError", "AssertionError", "AttributeError", "EOFError", "FloatingPointError", "ImportError", "IndexError", "KeyError",
    "LookupError", "MemoryError", "NameError", "NotImplementedError", "OSError", "OverflowError", "RecursionError", "RuntimeError",
    "StopIteration", "TypeError", "ValueError", "ZeroDivisionError", "Exception", "UserWarning",
    *(pytest.param(name, marks=beyond_peer("classes outside Exception")) for name in ("KeyboardInterrupt", "SystemExit")),
]  # fmt: skip


@pytest.mark.parametrize("name", BUILTIN)
def test_builtin_classes(name):
    namespace = {}
    exec(f"def func(n):\n    if n:\n        raise {name}('text', 5)\n    return n", namespace)
    func = njit(namespace["func"])
    with pytest.raises(BaseException) as caught:
        func(1)
    assert type(caught.value).__name__ == name
    assert caught.value.args == ("text", 5)
    assert func(0) == 0


def test_raise_of_an_argument_value_computed():
    def f(a):
        s = 0.0
        for x in a:
            s += x
        raise ValueError("sum", s)

    check_error(f, np.arange(4.0))


def test_user_attributes():
    error = check_error(raise_user_class_with_arguments, 1)
    assert (error.code, error.text) == (7, "seven")


def test_mutation_before_the_error_stays():
    def f(a):
        a[0] = 1.0
        if a[1] == 0.0:
            raise ValueError("after")
        a[2] = 1.0

    check_error(f, np.zeros(3))


def frames_of(error):
    """(file, line, function) of every traceback entry."""
    return [(f.filename, f.lineno, f.name) for f in traceback.extract_tb(error.__traceback__)]


def line_of(func, text):
    """The number of the line of `func` that contains the text."""
    lines = linecache.getlines(func.__code__.co_filename)
    first = func.__code__.co_firstlineno
    return next(n for n in range(first, first + 40) if text in lines[n - 1])


def tb_divide(x, y):
    z = x + 1
    return z // y


def tb_index(a, i):
    s = a[0]
    s += a[i]
    return s


def tb_raise(n):
    if n > 1:
        raise ValueError("here")
    return n


def tb_assert(n):
    total = n
    assert total < 3
    return total


@pytest.mark.parametrize("func, args, text", [
    (tb_divide, (1, 0), "return z // y"),
    (tb_index, (np.zeros(2), 5), "s += a[i]"),
    (tb_raise, (5,), "raise ValueError"),
    (tb_assert, (5,), "assert total"),
], ids=lambda x: getattr(x, "__name__", ""))  # fmt: skip
@beyond_peer("compiled lines have traceback entries")
def test_traceback_entry(func, args, text):
    error = check_error(func, *args)
    assert frames_of(error)[-1] == (__file__, line_of(func, text), func.__name__)


@njit
def innermost(x, y):
    return x // y


@njit
def middle(x, y):
    r = 1
    r += innermost(x, y)
    return r


def outermost(x, y):
    total = 0
    for i in range(3):
        total += middle(x + i, y)
    return total


@beyond_peer("compiled lines have traceback entries")
def test_traceback_of_nested_calls():
    check(outermost, 10, 3)
    error = outcome(compiled(outermost), (10, 0)).error
    expected = [
        (__file__, line_of(outermost, "total += middle"), "outermost"),
        (__file__, line_of(middle.py_func, "r += innermost"), "middle"),
        (__file__, line_of(innermost.py_func, "return x // y"), "innermost"),
    ]
    assert frames_of(error)[-3:] == expected


@beyond_peer("compiled lines have traceback entries")
def test_traceback_text_shows_the_source_line():
    error = check_error(tb_divide, 1, 0)
    text = "".join(traceback.format_exception(error))
    assert "return z // y" in text
    assert "tb_divide" in text


def test_exceptions_are_fresh_objects():
    func = compiled(raise_message)
    first, second = (outcome(func, (1,)).error for _ in range(2))
    assert first is not second


def test_exceptions_keep_no_arrays_alive():
    def fail(a):
        if a[0] == 0:
            raise ValueError("x")
        return a

    a = np.zeros(3)
    func = compiled(fail)
    outcome(func, (a,))
    before = sys.getrefcount(a)
    for _ in range(10):
        outcome(func, (a,))
    assert sys.getrefcount(a) == before


def test_many_raises_do_not_leak():
    import gc

    func = compiled(raise_values)
    for _ in range(50):
        outcome(func, (1,))
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(500):
        outcome(func, (1,))
    gc.collect()
    assert len(gc.get_objects()) - before < 50


def test_interpreter_state_is_clean_after_an_error():
    outcome(compiled(raise_message), (1,))
    assert sys.exc_info() == (None, None, None)
    assert compiled(raise_message)(0) == 0


@beyond_peer("context is chained")
def test_error_inside_an_except_block_has_its_context():
    try:
        raise KeyError("first")
    except KeyError:
        error = outcome(compiled(raise_message), (1,)).error
    assert isinstance(error.__context__, KeyError)


def test_clone_of_no_arguments():
    assert clone(()) == ()
