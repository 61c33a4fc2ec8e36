"""Compile-time errors: class, the Python line with a caret, types, advice."""

import math

import numpy as np
import pytest

from support import beyond_peer, errors, njit, outcome


def attribute(x):
    y = x + 1
    return y.nope


def method(x):
    return x.nope(3)


def operand_types(x):
    label = "text"
    return x + label


def wrong_argument(x):
    return len(x)


def undefined_name(x):
    return x + missing_thing  # noqa: F821


def growing_tuple(n):
    t = ()
    for i in range(n):
        t = t + (i,)
    return t


def no_common_type(x):
    if x > 1:
        y = 3
    else:
        y = (1, 2)
    return y


def too_many_indices(x):
    a = np.zeros(3)
    return a[x, 0]


def constant_index_out_of_range(x):
    t = (x, x)
    return t[5]


def store_complex(x):
    a = np.zeros(3)
    a[0] = 1j
    return a


def unpack_wrong(x):
    a, b = (x, x, x)
    return a


def call_of_number(x):
    return x(3)


def unknown_function(x):
    return np.no_such_function(x)


CASES = [
    (attribute, 1, "return y.nope", ["nope", "int64"]),
    (method, 1, "return x.nope(3)", ["nope", "int64"]),
    (operand_types, 1, "return x + label", ["int64"]),
    (wrong_argument, 1, "return len(x)", ["len", "int64"]),
    (undefined_name, 1, None, ["missing_thing"]),
    (growing_tuple, 3, None, ["t"]),
    (no_common_type, 3, None, ["y"]),
    (too_many_indices, 1, "return a[x, 0]", []),
    (constant_index_out_of_range, 1, "return t[5]", []),
    (store_complex, 1, "a[0] = 1j", []),
    (unpack_wrong, 1, None, []),
    (call_of_number, 1, "return x(3)", []),
    pytest.param(
        unknown_function, 1, "return np.no_such_function(x)", ["no_such_function"], marks=beyond_peer("AttributeError there")
    ),
]


# Errors about an expression, which have its line and a caret.
LOCATED = [case for case in CASES if not isinstance(case, tuple) or case[2]]


def message(func, *args):
    error = outcome(njit(func), args).error
    assert isinstance(error, errors.TypingError)
    return str(error)


@pytest.mark.parametrize("func, arg, line, words", CASES, ids=lambda x: getattr(x, "__name__", ""))
def test_message(func, arg, line, words):
    text = message(func, arg)
    for word in words:
        assert word in text
    if line:
        assert line in text
    if func is not undefined_name:
        assert "test_diagnostics.py" in text


@pytest.mark.parametrize("func, arg, line, words", LOCATED, ids=lambda x: getattr(x, "__name__", ""))
def test_caret_is_under_the_line(func, arg, line, words):
    lines = message(func, arg).splitlines()
    at = next(i for i, text in enumerate(lines) if line in text)
    assert "^" in lines[at + 1]


@beyond_peer("line numbers and short messages")
@pytest.mark.parametrize("func, arg, line, words", LOCATED, ids=lambda x: getattr(x, "__name__", ""))
def test_line_number_and_length(func, arg, line, words):
    import inspect

    text = message(func, arg)
    source, first = inspect.getsourcelines(func)
    number = first + next(i for i, s in enumerate(source) if line in s)
    assert str(number) in text
    assert len(text.splitlines()) < 25


def test_error_in_a_callee_names_both_lines():
    inner = njit(attribute)

    def outer(x):
        return inner(x) + 1

    text = message(outer, 1)
    assert "y.nope" in text
    assert "inner(x) + 1" in text


def two_results(x):
    if x > 1:
        return "yes"
    return 1.0


def two_types(x):
    value = 0
    for _ in range(x):
        value = "a"
    return value


@beyond_peer("one of the places is told there, or the wrong one")
@pytest.mark.parametrize(
    "func, lines",
    [(two_results, ["return \"yes\"", "return 1.0"]), (two_types, ["value = 0", "value = \"a\"", "return value"])],
    ids=["results", "variable"],
)
def test_types_that_do_not_go_together_have_their_places(func, lines):
    text = message(func, 1).splitlines()
    for line in lines:
        at = next(i for i, shown in enumerate(text) if line in shown)
        assert "^" in text[at + 1]


class Plain:
    pass


@beyond_peer("advice")
@pytest.mark.parametrize(
    "func, advice",
    [
        (lambda x: Plain(), "@jitclass"),
        (lambda x: open("a"), "objmode"),
        (lambda x: np.no_such_thing(x), "objmode"),
        (attribute, "call it"),
    ],
    ids=["class", "builtin", "numpy", "attribute"],
)
def test_advice(func, advice):
    assert advice in message(func, 1)


NAMES = [
    "NumbaError", "TypingError", "UnsupportedError", "LoweringError", "CompilerError", "NumbaTypeError", "NumbaValueError",
    "UnsupportedBytecodeError", "NumbaWarning", "NumbaPerformanceWarning", "ForceLiteralArg", "RequireLiteralValue", "InternalError",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_public_names(name):
    assert isinstance(getattr(errors, name), type)


def test_hierarchy():
    assert issubclass(errors.TypingError, errors.NumbaError)
    assert issubclass(errors.UnsupportedError, errors.NumbaError)
    assert issubclass(errors.NumbaTypeError, errors.TypingError)
    assert issubclass(errors.NumbaWarning, Warning)
    assert issubclass(errors.NumbaError, Exception)


UNSUPPORTED = {
    "yield from": "def f(x):\n    yield from range(x)",
    "async": "async def f(x):\n    return x",
    "class": "def f(x):\n    class A:\n        pass\n    return x",
    "global store": "def f(x):\n    global q\n    q = x\n    return x",
    "import": "def f(x):\n    import os\n    return x",
    "dict of functions": "def f(x):\n    return {1: f}[1]",
    "matmul of numbers": "def f(x):\n    return x @ x",
    "exec": "def f(x):\n    exec('y = 1')\n    return x",
    "del of item": "def f(x):\n    t = (1, 2)\n    del t[0]\n    return x",
    "match on class": "def f(x):\n    match x:\n        case int(real=1):\n            return 1\n    return 0",
}


@pytest.mark.parametrize("source", UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
@beyond_peer("whatever cannot be compiled is refused by an error of the errors module")
def test_what_is_not_supported_is_refused_properly(source):
    namespace = {}
    exec(source, namespace)
    result = outcome(njit(namespace["f"]), (1,))
    if result.error is not None:
        assert isinstance(result.error, errors.NumbaError), repr(result.error)
        assert not isinstance(result.error, errors.InternalError)
    else:
        assert not isinstance(result.value, (int, float)) or result.value == outcome(namespace["f"], (1,)).value


def test_functions_without_source():
    namespace = {}
    exec("def f(x):\n    return x.nope", namespace)
    text = message(namespace["f"], 1)
    assert "nope" in text


def test_not_a_function():
    for value in (3, "text", None, object()):
        assert isinstance(outcome(lambda v: njit()(v), (value,)).error, (TypeError, errors.NumbaError))


@beyond_peer("the causes there are of another kind")
def test_what_the_library_refuses_has_no_inner_traceback():
    from looplift import config

    f = njit(lambda: sum(["a"], "b"))
    with pytest.raises(errors.TypingError, match="join") as raised:
        f()
    assert raised.value.__cause__ is None
    config.FULL_TRACEBACKS = 1
    try:
        with pytest.raises(errors.TypingError, match="join") as raised:
            njit(lambda: sum(["a"], "b"))()
        assert isinstance(raised.value.__cause__, errors.TypingError)
    finally:
        config.FULL_TRACEBACKS = 0


@beyond_peer("the line is shown otherwise")
def test_of_a_long_line_the_part_in_question_is_shown(tmp_path):
    values = " + ".join(["x"] * 100)
    path = tmp_path / "long_line.py"
    path.write_text(f"def f(x):\n    return {values} + math.missing(x) + {values}\n")
    scope = {"math": math}
    exec(compile(path.read_text(), path, "exec"), scope)
    with pytest.raises(errors.TypingError) as raised:
        njit(scope["f"])(1.5)
    lines = str(raised.value).splitlines()
    shown = next(k for k, line in enumerate(lines) if line.startswith("2 | "))
    carets = lines[shown + 1]
    assert len(lines[shown]) < 180 and lines[shown].startswith("2 | …") and lines[shown].endswith("…")
    assert lines[shown][carets.index("^") : carets.rindex("^") + 1] == "math.missing"
