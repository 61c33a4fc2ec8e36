"""`with objmode(...)` inside compiled code."""

import os
import subprocess
import sys
import warnings

import looplift
import numpy as np
import pytest
from looplift import errors, njit, objmode, types

LOG = []
OUTPUT = types.float64


class Thing:
    def double(self, a):
        LOG.append(a)
        return np.asarray(a) * 2


THING = Thing()


def one_array(a):
    b = a + 1
    with objmode(y="float64[:]"):
        y = THING.double(b)
    return y.sum() + b[0]


def several(n):
    s = 0
    for i in range(n):
        with objmode(p="int64", q=OUTPUT):
            t = [i, i * i]
            p = sum(t)
            q = 0.5 if len(t) > 1 else 1.5
        s += p * q
    return s


def nothing_out(a):
    with looplift.objmode():
        LOG.append(("seen", float(a[0])))
    return a[0]


def handles(x):
    with objmode(r="int64"):
        try:
            r = int({"1": 10}[str(x)])
        except KeyError:
            r = -1
    return r


def loops_inside(n):
    with objmode(total="int64"):
        total = 0
        for k in {"a": 1, "b": n}.values():
            if k > 100:
                continue
            total += k
    return total


def raises(x):
    with objmode(r="int64"):
        r = {}[x]
    return r


def wrong_type(x):
    with objmode(r="int64"):
        r = "text" + str(x)
    return r


def readonly_result(n):
    with objmode(a="float64[::1]"):
        a = np.arange(float(n))
    a[0] = 7.0
    return a


@pytest.mark.parametrize(
    "func, args",
    [
        (one_array, (np.arange(4.0),)),
        (several, (5,)),
        (nothing_out, (np.arange(3.0),)),
        (handles, (1,)),
        (handles, (2,)),
        (loops_inside, (7,)),
        (loops_inside, (700,)),
        (readonly_result, (4,)),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_like_the_interpreter(func, args):
    want = func(*args)
    got = njit(func)(*args)
    assert np.array_equal(got, want)


def test_exceptions_pass_through():
    with pytest.raises(KeyError):
        njit(raises)(3)
    with pytest.raises(TypeError):
        njit(wrong_type)(3)

    @njit
    def caught(x):
        try:
            return raises_compiled(x)
        except KeyError:
            return -5

    raises_compiled = njit(raises)
    assert caught(4) == -5


def test_types_from_a_closure():
    kind = types.int64

    @njit
    def f(x):
        with objmode(y=kind):
            y = int(x) + 1
        return y

    assert f(2) == 3


def test_misuse():
    def not_annotated(x):
        with objmode():
            y = x
        return y

    def left(x):
        with objmode(y="int64"):
            y = 1
            if x:
                return y
        return y

    def not_set(x):
        with objmode(z="int64"):
            x + 1
        return x

    for f in (not_annotated, left, not_set):
        with pytest.raises(errors.NumbaError, match="objmode"):
            njit(f)(1)


another_name = objmode


def test_goes_by_what_a_name_means():
    captured, kind = objmode, types.float64

    @njit
    def by_alias(x):
        with another_name(y="float64"):
            y = x / 2
        return y

    @njit
    def by_closure(x):
        with captured(y=kind):
            y = x / 2
        return y

    @njit
    def by_module(x):
        with looplift.objmode(y=looplift.types.float64):
            y = x / 2
        return y

    @njit
    def by_local(x):
        context = objmode
        with context(y="float64"):
            y = x / 2
        return y

    @njit
    def not_called(x):
        with looplift.objmode:
            LOG.append(x)
        return x / 2

    @njit
    def generator(n):
        for i in range(n):
            with another_name(y="float64"):
                y = float(str(i))
            yield y

    @njit
    def calls(n):
        total = 0.0
        for v in generator(n):
            total += v + by_alias(v)
        return total

    def target():
        pass

    @looplift.extending.overload(target)
    def _target(x):
        def impl(x):
            with captured(out="float64"):
                out = x / 2
            return out

        return impl

    @njit
    def by_overload(x):
        return target(x)

    for f in (by_alias, by_closure, by_module, by_local, not_called, by_overload):
        assert f(5) == 2.5, f
    LOG.clear()
    assert list(generator(3)) == [0.0, 1.0, 2.0]
    assert calls(4) == 9.0


def test_values_that_a_block_may_leave_as_they_were():
    @njit
    def f(c):
        y = 7
        with objmode(y="int64"):
            if c:
                y = 1
        return y

    assert f(1) == 1
    assert f(0) == 7


def with_a_lambda(x):
    k = x * 2
    with objmode(y="int64"):
        y = max([1, 2, 3], key=lambda v: -((v - k) ** 2))
    return y + x + k


def with_a_comprehension(x):
    with objmode(y="int64"):
        y = sum([v * x for v in range(3)])
    with objmode(z="int64"):
        z = sum(v * x + y for v in range(3))
    return y + z + x


def with_a_function(x):
    total = 1
    with objmode(total="int64"):

        def add(v):
            nonlocal total
            total += v * x
            return total

        add(1)
        total = add(2)
    return total + x


def with_a_recursive_function(x):
    with objmode(y="int64"):

        def fact(n):
            return n * fact(n - 1) if n else 1

        y = fact(x)
    return y


def with_another_context(x):
    with objmode(y="int64"):
        with warnings.catch_warnings():
            y = x + 1
    return y


def deletes(x):
    with objmode(y="int64"):
        t = x
        y = t
        del t
    return y + x


@pytest.mark.parametrize(
    "func",
    [with_a_lambda, with_a_comprehension, with_a_function, with_a_recursive_function, with_another_context, deletes],
    ids=lambda f: f.__name__,
)
def test_functions_in_blocks(func):
    assert njit(func)(4) == func(4)


def scaled(x):
    return x / 10


def test_blocks_are_kept_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(looplift.config, "CACHE_DIR", str(tmp_path))

    def make(log):
        def f(x):
            with objmode(y="float64"):
                y = scaled(x)
                log.append(y)
            return y

        return f

    first, second = [], []
    assert njit(cache=True)(make(first))(123) == 12.3
    again = njit(cache=True)(make(second))
    assert not again._cache_hits
    assert again(123) == 12.3
    assert sum(again._cache_hits.values()) == 1
    # The block of the function that was loaded runs, not that of the one that was kept.
    assert (first, second) == ([12.3], [12.3])


def test_blocks_of_callees_are_found_in_another_process(tmp_path):
    module = tmp_path / "kept_blocks.py"
    module.write_text(
        "from looplift import njit, objmode\n"
        "SEEN = []\n"
        "@njit\n"
        "def inner(x):\n"
        "    with objmode(y='float64'):\n"
        "        y = len(str(x)) / 2\n"
        "    return y\n"
        "@njit(cache=True)\n"
        "def outer(x):\n"
        "    with objmode():\n"
        "        print('seen', x)\n"
        "    return inner(x) + inner(x * 10)\n"
        "print(outer(7), sum(outer._cache_hits.values()))\n"
    )
    env = {**os.environ, "LOOPLIFT_CACHE_DIR": str(tmp_path)}
    texts = [
        subprocess.run([sys.executable, str(module)], capture_output=True, text=True, env=env, check=True).stdout.split()
        for _ in range(2)
    ]
    assert texts[0] == ["seen", "7", "1.5", "0"]
    assert texts[1] == ["seen", "7", "1.5", "1"]


def undefined_global(x):
    with objmode(val=no_such_type):  # noqa: F821
        val = x
    return val


def no_attribute(x):
    with objmode(v=types.int64, val=types.no_such_type):
        v = val = x
    return v + val


def computed(x):
    with objmode(val=1 + 1):
        val = x
    return val


def local_type(x):
    kind = "int64" if x else "float64"
    with objmode(val=kind):
        val = x
    return val


def reflected(x):
    with objmode(val=LIST):
        val = [x]
    return val


def positional(x):
    with objmode("int64"):
        x + 1
    return x


def named(x):
    with objmode() as y:
        x + 1
    return y


def nested(x):
    with objmode():
        with objmode():
            LOG.append(x)
    return x


def only_raises(x):
    with objmode():
        raise ValueError(x)
    return x


def list_in(x):
    a = [x]
    with objmode():
        a.append(1)
    return a


def unknown_outputs(x):
    with objmode():
        t = {"a": x}
        u = 3
    return x, t, u


LIST = looplift.typeof([1])


@pytest.mark.parametrize(
    "func, error, text",
    [
        (undefined_global, errors.CompilerError, "Error handling objmode argument 'val'. Global 'no_such_type' is not defined."),
        (no_attribute, errors.CompilerError, "Error handling objmode argument 'val'. Getattr cannot be resolved at compile-time."),
        (computed, errors.CompilerError, "Error handling objmode argument 'val'. The value must be a compile-time constant"),
        (local_type, errors.CompilerError, "The value must be a compile-time constant"),
        (reflected, errors.CompilerError, "Argument 'val' is declared as an unsupported type: reflected list(int64)<iv=None>."),
        (positional, errors.CompilerError, "objectmode context doesn't take any positional arguments"),
        (named, errors.UnsupportedBytecodeError, "The 'with (context manager) as (variable):' construct is not supported"),
        (nested, errors.TypingError, "cannot contain another one"),
        (only_raises, errors.CompilerError, "unsupported control flow due to raise statements inside with block"),
        (list_in, errors.TypingError, "Does not support list type inputs into with-context for arg 1"),
        (unknown_outputs, errors.TypingError, "Missing type annotation on outgoing variable(s): ['t', 'u']"),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_refused_with_a_reason(func, error, text):
    with pytest.raises(error) as raised:
        njit(func)(3)
    assert text in str(raised.value)


def test_closure_type_that_is_gone():
    kind = types.int64

    @njit
    def f(x):
        with objmode(y=kind):
            y = x
        return y

    del kind
    with pytest.raises(errors.TypingError, match="Freevar 'kind' is not defined"):
        f(1)


def test_no_references_are_lost():
    f = njit(one_array)
    a = np.arange(3.0)
    f(a)
    LOG.clear()
    before = sys.getrefcount(a)
    for _ in range(50):
        f(a)
    LOG.clear()
    assert sys.getrefcount(a) == before


def test_more_types_than_a_plain_call_takes():
    names = "abcdefghijklmnopqr"
    types_of = ", ".join(f"{n}='int64'" for n in names)
    space = {"objmode": objmode}
    exec(f"def f(x):\n    with objmode({types_of}):\n        {' = '.join(names)} = x\n    return a + r\n", space)
    assert njit(space["f"])(3) == 6


def test_entry_points():
    f = njit(lambda x: x + 1)
    f(1)
    (result,) = f.overloads.values()
    assert result.entry_point(2) == 3
    assert result.entry_point.__name__ == "<lambda>"


def borrowed_by_comprehensions(n):
    v = 7
    with objmode(y="int64"):
        y = sum([v * 2 for v in range(3)])
    with objmode(z="int64"):
        w = [v for v in range(n)]
        z = sum([v * 2 for v in range(4)]) + v + len(w)
    return y + z + v


def test_variables_that_comprehensions_borrow():
    assert njit(borrowed_by_comprehensions)(5) == borrowed_by_comprehensions(5)


def returned(x):
    with objmode(y="int64"):
        y = int(str(x) + "1")
        return y


def returned_by_some(x):
    if x > 3:
        with objmode(y="int64"):
            y = int(str(x) + "1")
            if y > 100:
                y = 100
            return y
    return x


@pytest.mark.parametrize("function", [returned, returned_by_some])
@pytest.mark.parametrize("x", [1, 5, 77])
def test_return_of_a_variable_ends_a_block(function, x):
    assert njit(function)(x) == function(x)
