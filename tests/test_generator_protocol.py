"""`send`, `throw`, `close`, returned values, and what runs when a generator is dropped: programs in which all functions are compiled, or
all but the outermost, do in the same order what the interpreter does, and leave nothing behind."""

import gc
import textwrap

import numpy as np
import pytest

from fuzz import generators
from looplift._core import allocation_stats
from support import njit

PRELUDE = """
@jit
def add(log, v):
    log[0] += 1
    log[log[0]] = v

@jit
def steps(log, n):
    add(log, 100)
    try:
        for i in range(n):
            yield i
            add(log, 200 + i)
    finally:
        add(log, 300)
    add(log, 400)

@jit
def catching(log, n):
    for i in range(n):
        try:
            yield i
        except ValueError:
            add(log, 50 + i)
            yield 1000 + i
        except KeyError as e:
            add(log, 70)
        finally:
            add(log, 300 + i)

@jit
def sums(log, n):
    total = 0
    while total < n:
        x = yield total
        if x is None:
            add(log, 1)
        else:
            add(log, x)
            total += x
    return total * 2

@jit
def echo(s):
    while True:
        x = yield s
        if x is not None:
            s = s + x

@jit
def kept(s):
    x = yield s
    y = yield x
    z = yield y
    yield s

@jit
def inner(log, n):
    try:
        for i in range(n):
            yield i
    finally:
        add(log, 10)
    return n * 1.5

@jit
def outer(log, n):
    try:
        r = yield from inner(log, n)
        yield int(r * 100)
        s = yield from range(2)
        if s is None:
            add(log, 6)
        t = yield from inner(log, n + 1)
    finally:
        add(log, 20)
    return t + r

@jit
def handling(log, n):
    try:
        if n:
            raise ValueError("first")
        yield 0
    except ValueError as e:
        yield 1
        try:
            raise KeyError("second")
        except KeyError:
            yield 2
            add(log, 3)
        yield 4
        raise
    yield 5

@jit
def stubborn(log):
    while True:
        try:
            yield 1
        except GeneratorExit:
            add(log, 1)
            yield 2
            return

@jit
def holding(log, s, a):
    for i in range(3):
        t = s + str(i)
        b = a * i
        m = [i, i]
        try:
            yield t, b
        finally:
            add(log, len(t) + len(m) + int(b.sum()))

"""

PROGRAMS = [
    "for x in steps(log, 3):\n    if x == 1:\n        break\nadd(log, 1)\nreturn 5",
    "a = steps(log, 3)\nnext(a)\nadd(log, 1)\nreturn 5",
    "a = steps(log, 3)\nadd(log, 1)\nreturn 5",
    "a = steps(log, 3)\nnext(a)\na.close()\nadd(log, 1)\na.close()\nreturn next(a, -1)",
    "a = steps(log, 1)\nnext(a)\nreturn next(a)",
    "s = 0\nfor x in steps(log, 3):\n    for y in steps(log, 2):\n        if y == 1:\n            break\n        s += x * y\nadd(log, 7)\nreturn s",
    "for x in steps(log, 5):\n    if x == 2:\n        return x\nreturn -1",
    "try:\n    for x in steps(log, 5):\n        if x == 2:\n            raise ValueError('q')\nexcept ValueError:\n    add(log, 9)\nreturn -1",
    "for x in steps(log, 5):\n    if x == 2:\n        raise ValueError('q')\nreturn -1",
    "a = steps(log, 3)\nnext(a)\na = steps(log, 2)\nnext(a)\nadd(log, 2)\nreturn 1",
    "return sum(steps(log, 4)), list(steps(log, 3)), max(steps(log, 3)), any(steps(log, 3)), all(steps(log, 3)), sorted(steps(log, 3))",
    "return {v for v in steps(log, 3)}, [p for p in zip(steps(log, 3), steps(log, 2))], 2 in steps(log, 5)",
    "a, b, *c = steps(log, 4)\nreturn a, b, c",
    "a = steps(log, 4)\ns = 0\nfor x in a:\n    s += x\n    if x == 1:\n        break\nfor x in a:\n    s += x * 10\nreturn s",
    "a = catching(log, 3)\nr = next(a)\ns = a.throw(ValueError)\nt = next(a)\nreturn r, s, t",
    "a = catching(log, 3)\nnext(a)\nreturn a.throw(KeyError('x'))",
    "a = catching(log, 3)\nnext(a)\na.throw(TypeError('z'))\nreturn 1",
    "a = catching(log, 3)\na.throw(ValueError('z'))\nreturn 1",
    "a = catching(log, 1)\nnext(a)\na.throw(KeyError)\nreturn 1",
    "a = catching(log, 3)\nfor x in a:\n    pass\na.throw(ValueError('late'))\nreturn 1",
    "a = catching(log, 3)\nnext(a)\ntry:\n    a.throw(TypeError('z'))\nexcept TypeError:\n    add(log, 11)\nreturn next(a, -5)",
    "a = sums(log, 10)\nr = next(a)\ns = a.send(3)\nt = a.send(4)\nnext(a)\nreturn r, s, t",
    "a = sums(log, 10)\nnext(a)\nreturn a.send(20)",
    "a = sums(log, 10)\nnext(a)\ntry:\n    a.send(50)\nexcept StopIteration:\n    add(log, 77)\nreturn a.close()",
    "a = echo('a')\nnext(a)\nreturn a.send('b'), a.send('c' * 3), next(a)",
    "a = kept('a')\nnext(a)\nreturn a.send('b' * 5), a.send('c' * 3), a.send('q')",
    "return list(outer(log, 3))",
    "a = outer(log, 2)\nnext(a)\na.close()\nreturn 1",
    "a = outer(log, 2)\nnext(a)\na.throw(ValueError)\nreturn 1",
    "for x in outer(log, 2):\n    break\nadd(log, 1)\nreturn 1",
    "s = 0\ntry:\n    for x in handling(log, 1):\n        s = s * 10 + x\nexcept ValueError:\n    add(log, 9)\nreturn s",
    "for x in handling(log, 1):\n    if x == 2:\n        break\nreturn list(handling(log, 0))",
    "a = handling(log, 1)\nnext(a)\nb = handling(log, 1)\nnext(b)\nnext(a)\nnext(b)\nreturn next(a)",
    "a = handling(log, 1)\nnext(a)\ntry:\n    raise TypeError('q')\nexcept TypeError:\n    next(a)\n    b = next(a)\nreturn b",
    "a = handling(log, 1)\nnext(a)\nnext(a)\nreturn a.throw(IndexError('i'))",
    "return list(handling(log, 1))",
    "a = stubborn(log)\nnext(a)\na.close()\nreturn 1",
    "r = 0\nfor t, b in holding(log, 'xyz', np.arange(4)):\n    r += len(t)\n    if r > 6:\n        break\nadd(log, 1)\nreturn r",
]


def run(main):
    log = np.zeros(60, np.int64)
    try:
        result = repr(main(log))
    except BaseException as error:
        result = type(error), type(error) is StopIteration or str(error)
    gc.collect()
    return result, log[1 : log[0] + 1].tolist()


def alive():
    gc.collect()
    stats = allocation_stats()
    return stats["alloc"] - stats["free"]


@pytest.fixture(scope="module")
def functions():
    made = {}
    for name, jit in (("plain", lambda f: f), ("compiled", njit)):
        made[name] = {"jit": jit, "np": np}
        exec(PRELUDE, made[name])
    return made


@pytest.mark.parametrize("program", PROGRAMS)
def test_as_the_interpreter_does(functions, program):
    source = "def main(log):\n" + textwrap.indent(program, "    ")

    def main(of, jit):
        scope = dict(functions[of])
        exec(source, scope)
        return jit(scope["main"])

    expected = run(main("plain", lambda f: f))
    for all_compiled in (True, False):
        compiled = main("compiled", njit if all_compiled else lambda f: f)
        assert run(compiled) == expected
        before = alive()
        for _ in range(3):
            run(compiled)
        assert alive() == before


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed):
    generators.check(seed)


def test_a_text_assigned_before_a_handler():
    def function(k):
        t = "ab"
        try:
            t = t + str(k)
            if k > 3:
                raise ValueError
        except ValueError:
            t = t + "!"
        return t

    for k in (1, 5):
        assert njit(function)(k) == function(k)


def test_values_of_stop_iteration(functions):
    def values(of):
        sums, inner = functions[of]["sums"], functions[of]["inner"]
        out = []
        for made, sent in ((sums(np.zeros(9, np.int64), 5), 7), (inner(np.zeros(9, np.int64), 1), None)):
            next(made)
            with pytest.raises(StopIteration) as caught:
                made.send(sent)
            out.append(caught.value.value)
        return out

    assert values("compiled") == values("plain") == [14, 1.5]


def test_what_cannot_be_sent(functions):
    made = functions["compiled"]["sums"](np.zeros(9, np.int64), 5)
    with pytest.raises(TypeError, match="just-started"):
        made.send(1)
    next(made)
    for value in (2.5, "x", [1]):
        with pytest.raises(TypeError, match="cannot be sent"):
            made.send(value)
    assert made.send(True) == 1
    with pytest.raises(TypeError, match="deriving from BaseException"):
        made.throw(int)
    made.close()


def test_stop_iteration_does_not_leave_a_generator():
    @njit
    def stops(n):
        yield n
        raise StopIteration

    with pytest.raises(RuntimeError, match="generator raised StopIteration"):
        list(stops(1))
