"""Object mode: plain `jit` gives Python's answer for any function, with its loops compiled."""

import asyncio
import warnings

import numpy as np
import pytest
from looplift import errors, jit, njit, typeof, types

pytestmark = pytest.mark.filterwarnings("ignore::looplift.errors.NumbaWarning")


class Opaque:
    """Something that has no type in compiled code."""

    __slots__ = ()

    def get(self, x):
        return x


def forced(func, **options):
    return jit(forceobj=True, **options)(func)


def lifted(f):
    """How many loops of the only signature are compiled."""
    (result,) = f.overloads.values()
    return len(result.lifted)


def simple_for(o, n):
    s = 0
    for i in range(n):
        s += i * i
    return o.get(s)


def simple_while(o, n):
    s = 0.5
    while n > 0:
        s += n
        n -= 1
    return o.get(s), n


def two_loops(o, n):
    s = t = 0
    for i in range(n):
        s += i
    o.get(s)
    for j in range(1, n, 2):
        t += s * j
    return s, t, o.get(j)


def nested(o, a):
    s = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if a[i, j] < 0:
                continue
            s += a[i, j]
    return o.get(float(s)), i, j


def stops(o, n):
    for i in range(n):
        if i * i > 50:
            break
    else:
        i = -1
    return o.get(i)


def returns(o, n):
    o.get(0)
    for i in range(n):
        for j in range(n):
            if i * j == 42:
                return i, j
    return o.get(None)


def maybe_unbound(o, n):
    o.get(0)
    for i in range(n):
        if i == 2:
            found = i * 10
    try:
        return found
    except UnboundLocalError:
        return "unbound"


def zero_times(o, n):
    o.get(0)
    for i in range(n):
        x = i
    return x


def over_array(o, a):
    s = 0.0
    for x in a:
        s += x
    return o.get(float(s))


def enumerated(o, a):
    best, at = -1e9, -1
    for k, x in enumerate(a):
        if x > best:
            best, at = x, k
    return o.get(at), float(best)


def inner_only(o, n):
    total = []
    for i in range(n):
        s = 0
        for j in range(i):
            s += j
        total.append(o.get(s))
    return total


def in_try(o, n):
    try:
        s = 0
        for i in range(n):
            s += 10 // (5 - i)
    except ZeroDivisionError as e:
        return o.get(str(e)), s, i
    finally:
        o.get(1)
    return s


def try_inside(o, n):
    s = 0
    for i in range(n):
        try:
            s += 10 // (5 - i)
        except ZeroDivisionError:
            s += 1000
    return o.get(s)


def overflows(o, n):
    s = 1
    for i in range(1, n):
        s *= i
    return o.get(s)


def shared_cell(o, n):
    k = 3

    def inner():
        return k

    s = 0
    for i in range(n):
        s += i * k
    return s, inner(), o.get(k)


def stores(o, a):
    for i in range(len(a)):
        a[i] = a[i] * 2 + i
    return o.get(float(a.sum()))


def generator(o, n):
    s = 0
    for i in range(n):
        s += i
    yield o.get(s)
    for j in range(n):
        yield j


def deletes(o, n):
    for i in range(n):
        x = i
    del x
    return o.get(n)


def strings(o, text):
    out = ""
    for c in text:
        out = c + out
    return o.get(out)


def nested_break(o, n):
    o.get(0)
    while True:
        for i in range(n):
            if i == 7:
                break
        else:
            n += 1
            continue
        break
    return n, i


def with_block(o, n):
    import contextlib

    with contextlib.nullcontext(n) as m:
        s = 0
        for i in range(m):
            s += i
    return o.get(s)


def comprehension(o, n):
    return o.get([i * i for i in range(n)]), {i: -i for i in range(n)}


def matched(o, x):
    match x:
        case {"a": n}:
            s = 0
            for i in range(n):
                s += i
            return o.get(s)
        case [a, *rest]:
            return a, rest
        case _:
            return None


CASES = [
    (simple_for, (10,), 1),
    (simple_for, (0,), 1),
    (simple_while, (10,), 1),
    (simple_while, (-1,), 0),
    (two_loops, (9,), 2),
    (nested, (np.arange(-3.0, 9.0).reshape(3, 4),), 1),
    (stops, (5,), 1),
    (stops, (50,), 1),
    (returns, (3,), 1),
    (returns, (30,), 1),
    (maybe_unbound, (2,), 1),
    (maybe_unbound, (5,), 1),
    (zero_times, (3,), 1),
    (zero_times, (0,), 1),
    (over_array, (np.arange(5.0),), 1),
    (over_array, (np.arange(5.0)[::-2],), 1),
    (over_array, (np.zeros(0),), 1),
    (enumerated, (np.array([1.0, 5.0, 2.0]),), 1),
    (inner_only, (6,), 1),
    (in_try, (4,), 1),
    (in_try, (8,), None),
    (try_inside, (9,), 1),
    (overflows, (10,), 1),
    (overflows, (40,), None),
    (shared_cell, (5,), 1),
    (stores, (np.arange(4.0),), 1),
    (deletes, (3,), 1),
    (strings, ("abc",), None),
    (nested_break, (3,), 1),
    (nested_break, (30,), 1),
    (with_block, (6,), 1),
    (comprehension, (4,), None),
    (matched, ({"a": 5},), None),
    (matched, ([1, 2],), None),
    (matched, (1,), None),
]


def outcome(f, args):
    args = tuple(a.copy() if isinstance(a, np.ndarray) else a for a in args)
    try:
        return f(Opaque(), *args), args[0]
    except Exception as e:
        return type(e), str(e)


def same(a, b):
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return a == b and (isinstance(a, np.generic) or isinstance(b, np.generic) or type(a) is type(b))


@pytest.mark.parametrize("func, args, loops", CASES, ids=lambda x: getattr(x, "__name__", None))
@pytest.mark.parametrize("options", [{}, {"looplift": False}], ids=["lifted", "plain"])
def test_python_answer(func, args, loops, options):
    f = forced(func, **options)
    want = outcome(func, args)
    for _ in range(6):
        assert same(outcome(f, args), want)
    if loops is not None:
        assert lifted(f) == (loops if not options else 0)
    fallen = jit(func)
    assert same(outcome(fallen, args), want)


def test_generator_and_coroutine():
    assert list(forced(generator)(Opaque(), 4)) == list(generator(Opaque(), 4))

    @jit(forceobj=True)
    async def answer(n):
        s = 0
        for i in range(n):
            s += i
        return s

    assert asyncio.run(answer(5)) == 10


def test_py_func_is_untouched():
    code = simple_for.__code__
    forced(simple_for)(Opaque(), 3)
    assert simple_for.__code__ is code


def test_method_closure_defaults():
    scale = 2

    class Thing:
        __slots__ = ()

        @jit
        def run(self, n, *rest, start=1, **kw):
            s = start
            for i in range(n):
                s += i * scale
            return s, rest, kw

    assert Thing().run(4, 9, start=3, z=1) == (15, (9,), {"z": 1})
    scale = 3
    assert Thing().run(4) == (19, (), {})


FACTOR = 2
TABLE = np.arange(3.0)


def reads_globals(o, n):
    s = 0.0
    for i in range(n):
        s += FACTOR * TABLE[i % 3]
    return o.get(float(s))


def test_globals_count_at_each_run():
    global FACTOR
    f = forced(reads_globals)
    assert f(Opaque(), 6) == reads_globals(Opaque(), 6)
    FACTOR = 5
    TABLE[1] = 7.5
    assert f(Opaque(), 6) == reads_globals(Opaque(), 6)
    FACTOR = 0.5
    assert f(Opaque(), 6) == reads_globals(Opaque(), 6)
    assert lifted(f) == 1


def test_values_of_other_types():
    f = forced(simple_while)
    for n in (3, 2.5, np.int32(4), True, 10**30):
        if n == 10**30:
            continue
        assert f(Opaque(), n) == simple_while(Opaque(), n)
    assert f(Opaque(), -(10**30)) == simple_while(Opaque(), -(10**30))


def test_strict_modes():
    with pytest.raises(errors.TypingError):
        njit(simple_for)(Opaque(), 3)
    with pytest.raises(errors.TypingError):
        jit(nopython=True)(simple_for)(Opaque(), 3)


def test_numbers_compile_whole():
    @jit
    def f(n):
        s = 0
        for i in range(n):
            s += i
        return s

    assert f(4) == 6
    assert f.nopython_signatures and not f.overloads[(typeof(4),)].objectmode


@pytest.mark.filterwarnings("default::looplift.errors.NumbaWarning")
def test_one_warning_tells_all():
    f = jit(inner_only)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        f(Opaque(), 4)
        f(Opaque(), 4)
    (warning,) = [w for w in seen if issubclass(w.category, errors.NumbaWarning)]
    text = str(warning.message)
    line = inner_only.__code__.co_firstlineno
    assert f"line {line + 2} stays" in text and f"line {line + 4} is compiled" in text
    data = f.explain().data
    assert data["mode"] == "object" and [r["lifted"] for r in data["loops"]] == [False, True]
    assert f"loop at line {line + 4}: compiled" in str(f.explain())


def test_explicit_signature_that_cannot_be_compiled():
    f = jit("int64(int64)")(lambda n: [Opaque().get(n)])
    assert f(3) == [3]


def test_exception_leaves_with_a_traceback():
    import traceback

    def bad(o, a, n):
        for i in range(n):
            a[i] = i
        return o.get(0)

    f = forced(bad)
    with pytest.raises(IndexError) as caught:
        f(Opaque(), np.zeros(3), 5)
    assert any(frame.name == "bad" for frame in traceback.extract_tb(caught.value.__traceback__))


@pytest.mark.parametrize("signature", ["pyobject(pyobject)", (types.pyobject,), [(types.Dummy("list"),)]], ids=str)
def test_signatures_of_any_types(signature):
    f = jit(signature, forceobj=True)(lambda x: [x])
    o = Opaque()
    assert f(o)[0] is o and f(3) == [3]
    assert len(f.overloads) == len(f.signatures) == 1


def test_nogil_has_no_effect():
    with pytest.warns(errors.NumbaWarning, match="won't allow parallel execution"):
        jit(forceobj=True, nogil=True)(lambda x: x)
