"""Tuples: arguments, results, indexing, iteration, unpacking, comparison."""

from collections import namedtuple

import numpy as np
import pytest

from support import beyond_peer, check, check_error, njit

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize("value", [
    (), (1,), (1, 2), (1, 2.5), (True, 1, 1.5, 1j), ((1, 2), (3.5, (4,))), (None, 1), tuple(range(20)), ((), ((),)),
])  # fmt: skip
def test_round_trip(value):
    check(lambda t: t, value)


def test_arrays_inside_tuples():
    check(lambda t: (t[1], t[0][0]), (np.arange(3.0), np.arange(4)))


def test_same_array_twice():
    a = np.arange(3.0)
    check(lambda t: (t[0], t[1], t), (a, a))


@pytest.mark.parametrize("index", [0, 1, 2, -1, -3])
def test_constant_index(index):
    check(eval(f"lambda t: t[{index}]"), (1, 2.5, True))


@pytest.mark.parametrize("index", [0, 2, -1, -3])
def test_variable_index_of_homogeneous(index):
    check(lambda t, i: t[i], (10, 20, 30), index)


@pytest.mark.parametrize("index", [3, -4, 100, -(2**63)])
def test_variable_index_out_of_range(index):
    error = check_error(lambda t, i: t[i], (10, 20, 30), index)
    assert isinstance(error, IndexError)


@pytest.mark.parametrize("part", ["1:", ":2", ":", "::2", "::-1", "-2:", "1:1", "5:", "-1:-3:-1"])
def test_constant_slice(part):
    check(eval(f"lambda t: t[{part}]"), (1, 2.5, True, 4))


def test_iteration():
    def total(t):
        s = 0
        for x in t:
            s += x
        return s

    check(total, (1, 2, 3))
    check(total, (1.5, 2.5))


def test_iteration_over_literal():
    def total():
        s = 0
        for x in (3, 1, 4, 1, 5):
            s = s * 10 + x
        return s

    check(total)


def test_iteration_with_index():
    def weighted(t):
        s = 0
        for i in range(len(t)):
            s += i * t[i]
        return s

    check(weighted, (5, 6, 7))


def test_unpacking():
    def unpack(t):
        a, (b, c), d = t
        return d, c, b, a

    check(unpack, (1, (2.5, True), 4))


def test_swap_and_build():
    def build(a, b):
        t = (a, b)
        a, b = b, a
        return t, (a, b), (t, a)

    check(build, 1, 2.5)


def test_tuple_in_a_loop():
    def fibonacci(n):
        state = (0, 1)
        for _ in range(n):
            state = (state[1], state[0] + state[1])
        return state

    check(fibonacci, 30)


def test_tuple_join():
    def pick(c):
        if c:
            t = (1, 2.5)
        else:
            t = (3, 4.5)
        return t

    check(pick, True)
    check(pick, False)


FLAT_PAIRS = [
    ((1, 2), (1, 2)), ((1, 2), (1, 3)), ((2, 1), (1, 3)), ((1, 2.0), (1, 2)), ((1.5,), (1.5,)), ((1, 2, 3), (1, 2)), ((), ()),
    ((float("nan"),), (float("nan"),)), ((True, 0), (1, False)),
]  # fmt: skip


@pytest.mark.parametrize("op", ["==", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("a, b", FLAT_PAIRS)
def test_comparison(op, a, b):
    check(eval(f"lambda a, b: a {op} b"), a, b)


@pytest.mark.parametrize("op", ["==", "!="])
def test_equality_of_nested(op):
    check(eval(f"lambda a, b: a {op} b"), (1, (2, 3)), (1, (2, 4)))
    check(eval(f"lambda a, b: a {op} b"), (1, (2, 3)), (1, (2, 3)))


@beyond_peer("nested tuples are ordered")
def test_order_of_nested():
    check(lambda a, b: a < b, (1, (2, 3)), (1, (2, 4)))


@pytest.mark.parametrize("a, b", [((1,), (2.5,)), ((), (1, 2)), ((1, (2,)), ((3,), 4)), ((), ())])
def test_concatenation(a, b):
    check(lambda a, b: a + b, a, b)


@pytest.mark.parametrize("t", [(), (1,), (1, 2.5, (3, 4))])
def test_len(t):
    check(lambda t: len(t), t)


@pytest.mark.parametrize("x", [1, 2, 5, 2.0])
def test_contains(x):
    check(lambda t, x: (x in t, x not in t), (1, 2, 3), x)


@pytest.mark.parametrize("t", [(3, 1, 2), (2.5, -1.0), (7,)])
def test_min_max_sum(t):
    check(lambda t: (min(t), max(t), sum(t)), t)


def test_empty_test():
    check(lambda t: 1 if t else 2, (1,))
    check(lambda t: 1 if t else 2, ())


def test_named_tuple_argument():
    check(lambda p: p.x * 2 + p.y, Point(1, 2.5))
    check(lambda p: p[1], Point(1, 2.5))


def test_named_tuple_result():
    check(lambda p: p, Point(1, 2.5))
    check(lambda a, b: Point(a, b), 1, 2.5)
    check(lambda a, b: Point(y=a, x=b), 1, 2.5)


def test_many_results():
    source = "lambda x: (" + ", ".join(f"x + {i}" for i in range(40)) + ")"
    check(eval(source), 3)


def test_wide_tuple_argument():
    check(lambda t: t[0] + t[39] + t[17], tuple(float(i) for i in range(40)))


def test_global_tuple():
    check(lambda i: WEIGHTS[i] + MIXED[1], 2)


WEIGHTS = (1, 10, 100)
MIXED = (1, 2.5, True)


def test_divmod_tuple_unpack():
    def digits(n):
        count = 0
        while n:
            n, d = divmod(n, 10)
            count += d
        return count

    check(digits, 98765)


def test_starred_call():
    def add3(a, b, c):
        return a + b * c

    add3 = njit(add3)
    check(lambda t: add3(*t), (1, 2, 3))


def test_variadic_parameters():
    def total(first, *rest):
        s = first
        for x in rest:
            s += x
        return s, len(rest)

    check(total, 1, 2)
    check(total, 1, 2, 3)


def _pairs(a):
    return a in ((1, 2), (3, 4.5)), a not in ((1, 2), (3, 4.5)), a in [(1, 2), (5, 6)], a in ((1, "x"), 7)


def _times(a, b):
    return a in (b, a), a in (b, b), a not in (b,), (a, 1) == (a, 1), (a, b) == (b, a), (a, b) != (a, b)


def _arrays(a, b):
    return a in (a, b), (a, 1) == (a, 1), (a, 2) != (a, 3), None in (1, b), None in (1, 2)


def _lists(n):
    a, b = [n], [n + 1]
    return a in (b, a), a in (b, [n]), a not in (b, b), (a, b) == ([n], [n + 1]), (a, b) != (a, a), (a, b) == (a,), (a, 1) == ([n], 1.0)


@pytest.mark.parametrize(
    "function, args",
    [
        (_pairs, ((1, 2),)),
        (_pairs, ((3, 4),)),
        (_pairs, ((3, 4.5),)),
        (_times, (np.datetime64("2020-01"), np.datetime64("2021-01"))),
        (_times, (np.timedelta64(3, "s"), np.timedelta64(4, "s"))),
        (_arrays, (np.ones(3), None)),
        (_lists, (2,)),
    ],
)
def test_membership_and_equality_element_by_element(function, args):
    assert njit(function)(*args) == function(*args)
