"""`literally`, loops that are written out by `literal_unroll`, and loops over tuples of several types."""

from collections import namedtuple

import numpy as np
import pytest

import looplift
from looplift import literal_unroll, literally, types
from looplift.extending import SentryLiteralArgs, overload
from support import check, errors, njit

Point = namedtuple("Point", "x y z")
GLOBAL = (1, 2.5, "abc")


@njit
def itself(x):
    return literally(x)


@njit
def scaled(x, k):
    return x * literally(k)


@njit
def passed_on(a, b, c):
    def inner(d):
        return literally(d) + 10 * scaled(a, b)

    return inner(c)


@pytest.mark.parametrize("value", [123, -5, True, "abc", ""])
def test_literally_gives_the_value(value):
    assert itself(value) == value
    assert type(itself(value)) is type(value)
    assert types.literal(value) in [s[0] for s in itself.signatures]


def test_each_value_has_a_signature():
    f = njit(itself.py_func)
    for v in (7, 8, 7, 9, 8):
        assert f(v) == v
    assert [s[0].literal_value for s in f.signatures] == [7, 8, 9]


def test_requests_reach_the_outermost_caller():
    assert passed_on(1, 2, 3) == 23
    [(a, b, c)] = passed_on.signatures
    assert not isinstance(a, types.Literal)
    assert (b.literal_value, c.literal_value) == (2, 3)


def test_recursion_keeps_the_literal():
    @njit
    def outer(n, value):
        return value if n < 1 else n * inner(n - 1, value)

    @njit
    def inner(n, value):
        return literally(value) if n < 1 else n * outer(n - 1, value)

    assert outer(4, 12) == 288
    assert inner(3, 5) == 30


def test_literally_refuses_what_is_computed():
    with pytest.raises(errors.TypingError, match="Invalid use of non-Literal type"):
        njit(lambda a: literally(1 + a))(1)
    with pytest.raises(errors.TypingError, match="Cannot request literal type"):
        njit(lambda a: itself(a + 1))(1)
    with pytest.raises(errors.LiteralTypingError, match="ndarray"):
        itself(np.ones(2))


def test_literally_is_the_identity_in_python():
    x = object()
    assert literally(x) is x
    assert literal_unroll((1, x)) == (1, x)


def test_overloads_ask_for_values():
    def power(x, n):
        raise NotImplementedError

    @overload(power)
    def _(x, n):
        if isinstance(n, types.Literal):
            return (lambda x, n: x * x) if n.literal_value == 2 else (lambda x, n: x**n + 0.5)
        return lambda x, n: literally(n)

    f = njit(lambda x, n: power(x, n))
    assert (f(3, 2), f(3, 3), f(4, 2)) == (9, 27.5, 16)

    def chosen(a, mode):
        raise NotImplementedError

    @overload(chosen)
    def ov(a, mode):
        SentryLiteralArgs(["mode"]).for_function(ov).bind(a, mode)
        text = mode.literal_value
        return (lambda a, mode: a + 1) if text == "up" else (lambda a, mode: a - 1)

    g = njit(lambda a, mode: chosen(a, mode))
    assert (g(1, "up"), g(1, "down")) == (2, 0)


def total(t):
    s = 0
    for x in literal_unroll(t):
        s += x
    return s


def kinds(t):
    out = ""
    for x in literal_unroll(t):
        if isinstance(x, str):
            out += x
        elif isinstance(x, int):
            out += "i"
        else:
            out += "?"
    return out


def left_early(t, stop):
    last = -1
    for x in literal_unroll(t):
        if x.size > stop:
            break
        last = x.size
    else:
        last = 1000
    return last


def nested(t, u):
    n = 0
    for a in literal_unroll(t):
        for b in literal_unroll(u):
            if a == b:
                continue
            n += 1
    return n


def caught(t, k):
    s = 0.0
    for x in literal_unroll(t):
        try:
            s += x // k
        except ZeroDivisionError:
            s -= 1
        finally:
            s += 0.5
    return s


def by_position(k):
    a = [12, 12.7, 3j, 4]
    s = 0
    for i in range(len(literal_unroll(a))):
        if i != k:
            s += a[i]
    return s


def of_constants():
    s = 0
    for x in literal_unroll([10, 20, 30]):
        s += x
    return s


def over_global():
    out = ""
    for x in literal_unroll(GLOBAL):
        out += str(x)
    return out


def without_unroll(t):
    n = 0
    for x in t:
        n += len(x)
    return n


def shapes(t):
    return [x.ndim for x in t]


ARRAYS = (np.ones(3), np.ones((2, 2)), np.ones((1, 5, 1), dtype=np.int32))


@pytest.mark.parametrize(
    ("func", "args"),
    [
        (total, ((1, 2.5, 3j),)),
        (total, ((1, 2, 3),)),
        (total, (Point(1, 2.5, 3j),)),
        (total, (Point(1, 2, 3),)),
        (total, ((),)),
        (kinds, (("a", 1, 2.5, "b"),)),
        (left_early, (ARRAYS, 3)),
        (left_early, (ARRAYS, 0)),
        (left_early, (ARRAYS, 99)),
        (nested, ((1, 2.5, 3), (2.5, 1))),
        (caught, ((7, 2.5, np.float32(3)), 2)),
        (caught, ((7, 2.5), 0)),
        (by_position, (1,)),
        (by_position, (9,)),
        (of_constants, ()),
        (over_global, ()),
        (without_unroll, (("abc", (1, 2), np.ones(4)),)),
        (shapes, (ARRAYS,)),
    ],
)
def test_unrolled_loops(func, args):
    check(func, *args)


def test_items_are_literals():
    fields = np.array([(1.0, 2), (3.0, 4)], dtype=[("a1[0]", "f8"), ("b", "i8")])
    names = tuple(fields.dtype.names)

    @njit
    def summed(r):
        s = 0.0
        for name in literal_unroll(names):
            s += r[name].sum()
        return s

    assert summed(fields) == 10.0


def test_functions_and_containers_are_items():
    two = (njit(lambda: 1), njit(lambda: 2.5))

    @njit
    def called():
        s = 0
        for f in literal_unroll(two):
            s += f()
        return s

    @njit
    def counted():
        n = 0
        for d in literal_unroll(({"a": 1}, {3: "c", 4: "d"})):
            for key in d:
                n += len(str(key))
        return n

    assert (called(), counted()) == (3.5, 3)


def test_generators_of_unrolled_loops():
    @njit
    def each(t):
        for x in literal_unroll(t):
            yield x

    assert njit(lambda: [x for x in each((1, 2.5, 3j))])() == [1, 2.5, 3j]


def test_refusals_say_what_is_wrong():
    def two(x):
        for _ in literal_unroll(x, x):
            pass

    def of_argument(x):
        for _ in literal_unroll(x):
            pass

    def computed(y):
        for _ in literal_unroll([10, y]):
            pass

    with pytest.raises(errors.UnsupportedError, match="takes one argument, found 2"):
        njit(two)((1, 2))
    with pytest.raises(errors.UnsupportedError, match="Invalid use of literal_unroll with a function argument"):
        njit(of_argument)([1, 2])
    with pytest.raises(errors.UnsupportedError, match="Found non-constant value at position 1 in a list argument"):
        njit(computed)(5)
    with pytest.raises(errors.LimitError, match="too large"):
        njit(lambda t: [str(x) + str(x) + str(x) + str(x) + str(x) + str(x) for x in literal_unroll(t)])((1, 2.5) * 400)


def test_types_differ_in_each_step_without_names_in_common():
    def last(t):
        x = None
        for x in literal_unroll(t):
            y = x
        return y

    check(last, (1, 2.5, "text"))
    assert looplift.literal_unroll is literal_unroll
