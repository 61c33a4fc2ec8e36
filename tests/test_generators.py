"""Generator functions, generator expressions, and what consumes them, in compiled code and from Python."""

import gc
from functools import reduce

import numpy as np
import pytest

from looplift._core import allocation_stats
from support import errors, njit, outcome


@njit
def squares(n):
    for i in range(n):
        yield i * i


@njit
def fibonacci(limit):
    a, b = 0, 1
    while a < limit:
        yield a
        a, b = b, a + b


@njit
def mixed(n):
    if n:
        yield n
    yield 0.5


@njit
def nothing(n):
    if n > 100:
        yield n


@njit
def delegates(n):
    yield from range(n)
    yield from squares(n)


@njit
def failing(n):
    for i in range(n):
        if i == 2:
            raise ValueError("two")
        yield i


@njit
def rows(a):
    for i in range(a.shape[0]):
        row = a[i] * 2
        yield row
        yield row.sum() * np.ones(2)


@njit
def nested(n):
    for i in range(n):
        for j in range(i):
            if (i + j) % 2:
                continue
            yield i, j
        else:
            yield -i, 0


@pytest.mark.parametrize("generator, args", [
    (squares, (5,)), (squares, (0,)), (fibonacci, (60,)), (mixed, (3,)), (mixed, (0,)), (nothing, (1,)), (delegates, (3,)), (nested, (5,)),
])  # fmt: skip
def test_iterators_in_python(generator, args):
    assert list(generator(*args)) == list(generator.py_func(*args))


def test_arrays_live_while_the_generator_stands():
    a = np.arange(6.0).reshape(2, 3)
    assert [x.tolist() for x in rows(a)] == [x.tolist() for x in rows.py_func(a)]
    made = rows(np.arange(6.0).reshape(2, 3))
    first = next(made)
    gc.collect()
    assert first.tolist() == [0.0, 2.0, 4.0]
    assert next(made).tolist() == [6.0, 6.0]


def test_nothing_leaks():
    def alive():
        gc.collect()
        stats = allocation_stats()
        return stats["alloc"] - stats["free"]

    before = alive()
    for n in range(50):
        made = rows(np.arange(6.0).reshape(2, 3))
        for _ in range(n % 6):
            next(made, None)
    del made
    assert alive() == before


# Consumed in compiled code


def loop(n):
    total = 0
    for x in squares(n):
        total += x
    return total


def nexts(n):
    g = squares(n)
    next(g)
    return next(g) + next(g)


def with_default(n):
    g = squares(n)
    return next(g, -1), next(g, -1), next(g, -1)


def zipped(a, n):
    total = 0.0
    for i, (x, y) in enumerate(zip((q * 2 for q in a), squares(n))):
        total += i * x + y
    return total


def two_at_once(n):
    g = squares(n)
    total = 0
    for x in g:
        for y in g:
            total += x * y
            break
    return total


def catches(n):
    total = 0
    try:
        for x in failing(n):
            total += x
    except ValueError:
        total += 1000
    return total


def expression(a, s):
    total = 0.0
    for v in (x * s for x in a if x > 1):
        total += v
    return total


def reductions(a, s):
    return (
        sum(x * s for x in a), any(x > 2 for x in a), all(x > 2 for x in a), max(x * s for x in a), min((x - s for x in a), key=abs),
        max((x for x in a if x > 100), default=-1.0), sum((x for x in a), 5.0),
    )  # fmt: skip


def maps(a, s):
    total = 0.0
    for v in map(lambda x: x * s, a):
        total += v
    for v in filter(lambda x: x > 1, map(lambda x, y: x + y, a, range(3))):
        total = total * 3 + v
    for v in filter(None, a):
        total += v
    return total, reduce(lambda x, y: x * 2 + y, (x + 1 for x in a)), sum(map(abs, a))


def pairs(n):
    total = 0
    for p, q in ((i * x, i) for i, x in enumerate(range(n))):
        total += p + q
    return total


@pytest.mark.parametrize("func, args", [
    (loop, (6,)), (nexts, (4,)), (nexts, (2,)), (with_default, (2,)), (zipped, (np.arange(4.0), 3)), (two_at_once, (5,)), (catches, (2,)),
    (catches, (5,)), (expression, (np.arange(5.0), 3)), (reductions, (np.arange(5.0), 2)), (maps, (np.arange(5.0), 2.5)), (pairs, (6,)),
])  # fmt: skip
def test_consumed_in_compiled_code(func, args):
    expected, got = outcome(func, args), outcome(njit(func), args)
    assert type(expected.error) is type(got.error)
    assert got.value == expected.value


def returns_expression(a):
    return (x + 1 for x in a)


def test_expressions_cross_the_border():
    assert list(njit(returns_expression)(np.arange(3))) == [1, 2, 3]


# close, throw, finally


def test_close_and_throw():
    log = np.zeros(1)

    @njit
    def closing(n, log):
        try:
            for i in range(n):
                yield i
        finally:
            log[0] += 1

    made = closing(3, log)
    assert next(made) == 0
    made.close()
    assert list(made) == [] and log[0] == 1
    assert list(closing(2, log)) == [0, 1] and log[0] == 2
    made = closing(3, log)
    next(made)
    with pytest.raises(KeyError):
        made.throw(KeyError("k"))
    assert log[0] == 3
    made = closing(3, log)
    next(made)
    del made
    gc.collect()
    assert log[0] == 4
    made = closing(3, log)
    assert made.send(None) == 0
    with pytest.raises(ValueError, match="two"):
        list(failing(4))


def unlike(n):
    yield n
    yield (n, n)


def test_refusals():
    with pytest.raises(errors.NumbaError):
        list(njit(unlike)(1))
