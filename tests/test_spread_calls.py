"""`f(*items)` where `items` is no tuple: how many there are is known when the call is made."""

from collections import deque, namedtuple

import numpy as np
import pytest

from looplift import errors, int64, jit, njit
from looplift.experimental import jitclass
from looplift.extending import register_jitable

Point = namedtuple("Point", "x y")


@register_jitable
def nothing():
    return 7


@register_jitable
def one(a):
    return a


@register_jitable
def three(a, b, c):
    return a * 100 + b * 10 + c


@register_jitable
def some(a, b=5, c=7):
    return a, b, c


@register_jitable
def by_name(a, *, b=3):
    return a + b


@register_jitable
def any_number(*args):
    return len(args)


@jitclass([("x", int64), ("y", int64)])
class Pair:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def call_nothing(items):
    return nothing(*items)


def call_one(items):
    return one(*items)


def call_three(items):
    return three(*items)


def call_some(items):
    return some(*items)


def call_by_name(items):
    return by_name(*items)


def call_inner(items):
    def inner(x, y):
        return x - y

    return inner(*items)


def call_lambda(items):
    k = len(items)
    return (lambda x, y: x - y + k)(*items)


def make_point(items):
    p = Point(*items)
    return p.x, p.y


def make_pair(items):
    p = Pair(*items)
    return p.x, p.y


def of_comprehension(items):
    return three(*[v + 1 for v in items])


def of_display(items):
    return three(*[items[0], items[1], 3])


def caught(items):
    try:
        return three(*items)
    except TypeError as e:
        return len(str(e))


CALLS = [call_nothing, call_one, call_three, call_some, call_by_name, call_inner, call_lambda, make_point, make_pair, of_comprehension, caught]


@pytest.mark.parametrize("f", CALLS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("count", range(5))
def test_lists(f, count):
    items = [3, 1, 4, 1, 5, 9][: count + 1]
    try:
        expected = f(list(items))
    except TypeError as e:
        with pytest.raises(TypeError) as raised:
            njit(f)(items)
        if f is not make_pair and f is not make_point:
            assert str(raised.value) == str(e)
    else:
        assert njit(f)(items) == expected


def test_messages():
    call = njit(lambda n: three(*[1 for _ in range(n)]))
    for n in (0, 1, 2, 4, 9):
        with pytest.raises(TypeError) as expected:
            three(*[1] * n)
        with pytest.raises(TypeError) as found:
            call(n)
        assert str(found.value) == str(expected.value)
    assert call(3) == 111
    call = njit(lambda n: some(*[1 for _ in range(n)]))
    for n in (0, 4):
        with pytest.raises(TypeError) as expected:
            some(*[1] * n)
        with pytest.raises(TypeError) as found:
            call(n)
        assert str(found.value) == str(expected.value)
    call = njit(lambda n: nothing(*[1 for _ in range(n)]))
    for n in (1, 2):
        with pytest.raises(TypeError) as expected:
            nothing(*[1] * n)
        with pytest.raises(TypeError) as found:
            call(n)
        assert str(found.value) == str(expected.value)


@pytest.mark.parametrize(
    "items",
    [np.array([1.5, 2.5, 3.5]), np.arange(3, dtype=np.int8), range(4, 7), [1.5, 2.0, 3.0], {1: 2, 3: 4, 5: 6}, {7}, deque([1, 2, 3]), [True, False, True]],
    ids=lambda items: type(items).__name__,
)
def test_other_iterables(items):
    if len(items) == 3:
        assert njit(call_three)(items) == call_three(items)
    else:
        assert njit(call_one)(items) == call_one(items)


def test_texts_and_generators():
    def use(text):
        def numbers():
            for k in range(3):
                yield k + len(text)

        return (lambda a, b: b + a)(*text), three(*numbers())

    assert njit(use)("xy") == use("xy")


def test_print(capfd):
    f = njit(lambda items: print(*items))
    for items in ([1, 2, 3], [1.5, -0.0], ["a", "b"], range(4)):
        f(items)
        compiled = capfd.readouterr().out
        print(*items)
        assert compiled == capfd.readouterr().out


def test_what_is_refused():
    for f, text in (
        (lambda items: any_number(*items), r"only a tuple can follow \* in a call of any_number\(\), which takes any number of arguments"),
        (lambda items: max(*items), r"call max\(items\)"),
        (lambda items: list(zip(*items, strict=False)), r"only a tuple can follow \* in a call, not"),
        (lambda items: "{}{}".format(*items), r"unpack the items into variables first"),
        (lambda items: three(1, *items), r"unpack them into variables first"),
    ):
        with pytest.raises(errors.TypingError, match=text) as e:
            njit(f)([1, 2])
        assert "*items" in str(e.value) and "test_spread_calls.py" in str(e.value)


def test_object_mode():
    @jit(nopython=False)
    def use(items):
        return any_number(*items)

    with pytest.warns(errors.NumbaWarning):
        assert use([1, 2, 3]) == 3
