"""Values that may be None: arguments, results, branches that join, arithmetic and comparison."""

import copy

import numpy as np
import pytest

import looplift
from looplift import float64, int64, njit, optional, types
from support import check


def test_signatures():
    f = njit((optional(float64),))(lambda x: 0.0 if x is None else x)
    assert (f(None), f(2.0), f(3)) == (0.0, 2.0, 3.0)
    assert str(optional(int64)) == "OptionalType(int64)" and types.Optional(int64) is not None
    assert isinstance(optional(int64), types.Optional) and optional(int64).type == int64
    g = njit([int64(int64, types.Omitted(5))])(lambda x, y=5: x + y)
    assert (g(1), g(1, 2)) == (6, 3)


def test_none_in_arithmetic_raises():
    for f in (lambda x: x + 1, lambda x: -x, lambda x: x < 2, lambda x: abs(x)):
        g = njit((optional(int64),))(f)
        assert g(1) == f(1)
        with pytest.raises(TypeError):
            g(None)


def pick(n):
    return n if n > 0 else None


def joined(n):
    x = None
    if n > 1:
        x = n * 0.5
    if x is None:
        return -1.0
    return x + 1


def chain(n):
    x = None
    for i in range(n):
        if x is None:
            x = i * 2
        else:
            x = x + i
    return x


def compare(n):
    x = n if n > 0 else None
    return x == None, x != None, x == 3, 3 != x, x is None  # noqa: E711


def in_tuple(n):
    return (n if n > 2 else None, n)


def caught(n):
    x = n if n > 0 else None
    try:
        return x + 1
    except TypeError:
        return -7


@pytest.mark.parametrize("function", [pick, joined, chain, compare, in_tuple, caught])
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_functions(function, n):
    check(function, n)


def array_or_none(a, n):
    b = a if n > 0 else None
    if b is None:
        return 0.0, 0
    b[0] = 5.0
    s = 0.0
    for x in b:
        s += x
    return s + b.sum() + (b + b)[0] + b[1:].shape[0], len(b)


@pytest.mark.parametrize("n", [0, 1])
def test_optional_arrays(n):
    check(array_or_none, np.arange(3.0), n)


def test_optional_array_that_is_none_raises():
    def first(a, n):
        b = a if n > 0 else None
        return b[0]

    assert njit(first)(np.ones(2), 1) == 1.0
    with pytest.raises(TypeError):
        njit(first)(np.ones(2), 0)


def test_names():
    assert looplift.optional(looplift.float32) == types.Optional(types.float32)


def test_an_overload_that_raises_is_asked_again_without_none():
    from looplift import njit, types
    from looplift.errors import TypingError
    from looplift.extending import overload

    def scale(x, k):
        return x * k

    @overload(scale)
    def scale_of(x, k):
        if not isinstance(x, types.Integer):
            raise TypingError("x must be an integer")
        return lambda x, k: x * k

    @njit
    def twice(flag):
        x = 3 if flag else None
        return scale(x, 2) + scale(4, 2)

    assert twice(True) == 14

    @njit
    def wrong(flag):
        x = 1.5 if flag else None
        return scale(x, 2)

    with pytest.raises(TypingError, match="x must be an integer"):
        wrong(True)


def list_or_none(n):
    if n > 0:
        return [1, 2, n]
    return None


def dict_or_none(n):
    x = None
    if n > 0:
        x = {1: 2.5}
    if x is None:
        return 0.0
    return x[1]


def list_in_a_loop(n):
    x = None
    for i in range(n):
        if x is None:
            x = [i]
        else:
            x.append(i * 2)
    return x


@pytest.mark.parametrize("func", [list_or_none, dict_or_none, list_in_a_loop])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_containers_or_none(func, n):
    check(func, n)


def sum_of_present(xs):
    s = 0
    for x in xs:
        if x is None:
            s += 100
        else:
            s += x
    return s


@pytest.mark.parametrize(
    "function, arg",
    [
        (sum_of_present, [1, None, 3]),
        (sum_of_present, [None, 1]),
        (sum_of_present, [1, 2]),
        (lambda x: x, [[1], None, [2]]),
        (lambda x: (x, x[0], x[1] is None), ["a", None]),
        (lambda d: (d["a"], d["b"] is None, d), {"a": 1, "b": None}),
        (lambda d: d, {"b": None, "a": 1.5}),
    ],
)
def test_none_inside_containers(function, arg):
    mine, theirs = copy.deepcopy(arg), copy.deepcopy(arg)
    assert njit(function)(theirs) == function(mine) and theirs == mine


@pytest.mark.parametrize("arg", [[1, None, "a"], [1, 2.5], {"a": 1, "b": "c"}])
def test_mixed_elements_are_refused(arg):
    with pytest.raises(TypeError, match="heterogeneous"):
        njit(lambda x: len(x))(arg)
