"""`match`, and unpacking of whatever can be iterated."""

import collections

import numpy as np
import pytest

from looplift.experimental import jitclass
from looplift import int64
from support import check, check_error, errors, njit

Point = collections.namedtuple("Point", "x y")


def values(x):
    match x:
        case 1:
            return 10
        case 2 | 3:
            return 20
        case n if n > 100:
            return n
        case -1:
            return 30
        case _:
            return -1


def texts(s):
    match s:
        case "go" | "run":
            return 1
        case "stop":
            return 2
        case None:
            return 3
        case True:
            return 4
    return 0


def sequences(x):
    match x:
        case (a, b):
            return a + b
        case [a, *rest, 9]:
            return a - len(rest)
        case (a, *rest):
            return a * 100 + len(rest)
        case ():
            return -2
        case _:
            return -1


def nested(x):
    match x:
        case [1, [a, b], *_]:
            return a + b
        case [a, b, c] as whole:
            return len(whole) + a
        case [[a, _], [_, b]]:
            return a * b
    return 0


def classes(x):
    match x:
        case bool():
            return 0
        case int():
            return 1
        case float(y):
            return y * 2
        case str():
            return 3
        case tuple():
            return 4
        case np.ndarray(shape=(n,)):
            return n
        case np.ndarray(shape=(n, m)):
            return n * m
    return 5


def points(p):
    match p:
        case Point(x=0, y=0):
            return 0
        case Point(x=0, y=y):
            return y
        case Point(x, y) if x == y:
            return 100
        case Point(x=x):
            return x
    return -5


def mappings(d):
    match d:
        case {"a": v, "c": w}:
            return v + w
        case {"a": v, **rest}:
            return v * 10 + len(rest)
        case {}:
            return -1
    return -5


def maybe(x, take):
    y = x if take else None
    match y:
        case int(n):
            return n + 1
        case None:
            return -1


def in_loop(n):
    total = 0
    for i in range(n):
        match (i % 3, i % 2):
            case (0, 0):
                total += 1
            case (0, k) | (1, k):
                total += 10 * k
            case (a, b):
                total += 100 * (a + b)
    return total


CASES = [
    *[(values, (v,)) for v in (1, 3, 200, 7, -1)],
    *[(texts, (v,)) for v in ("go", "stop", "x", None, True, False)],
    *[(sequences, (v,)) for v in ((1, 2), (1, 2, 9), (1, 2, 3), (), 3, [1, 2], [5, 6, 9], [1, 2, 3], np.arange(2), "ab", range(2), (1, 2.5))],
    *[(nested, (v,)) for v in ((1, (2, 3), 4), (7, 8, 9), ((1, 2), (3, 4)), (5,))],
    *[(classes, (v,)) for v in (3, 2.5, True, "a", (1,), np.zeros(4), np.zeros((2, 3)), None)],
    *[(points, (v,)) for v in (Point(0, 0), Point(0, 3), Point(4, 4), Point(5, 6), (1, 2), 3)],
    *[(maybe, (3, take)) for take in (True, False)],
    (in_loop, (20,)),
]


@pytest.mark.parametrize(("func", "args"), CASES, ids=[f"{f.__name__}-{a[0]}" for f, a in CASES])
def test_match(func, args):
    check(func, *args)


@pytest.mark.parametrize("d", [{"a": 1, "c": 2}, {"a": 1, "b": 2}, {"b": 1}], ids=str)
def test_mappings(d):
    assert njit(mappings)(d) == mappings(d)


def test_literal_dicts():
    def f(x):
        match {"a": x, "b": (1, 2.5)}:
            case {"c": v}:
                return v
            case {"a": v, "b": (k, w)}:
                return v + k + w
        return 0.0

    check(f, 3)


@jitclass([("x", int64), ("y", int64)])
class Pair:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


def test_instances():
    def f(p):
        match p:
            case Pair(1, y):
                return y
            case Pair(x=x):
                return -x

    for p in (Pair(1, 5), Pair(2, 5)):
        assert njit(f)(p) == (p.y if p.x == 1 else -p.x)


def test_too_many_parts():
    def f(p):
        match p:
            case Point(a, b, c):
                return a + b + c

    with pytest.raises(errors.TypingError, match=r"Point\(\) accepts 2 positional sub-patterns \(3 given\)"):
        njit(f)(Point(1, 2))


# Unpacking


def two(x):
    a, b = x
    return a, b


def starred(x):
    a, *b = x
    return a, b


def starred_middle(x):
    a, *b, c = x
    return a, len(b), c


def starred_first(x):
    *a, b = x
    return a, b


@pytest.mark.parametrize("x", [(1, 2), [1, 2], "ab", b"ab", range(2), np.arange(2.0), (1, "a")], ids=str)
@pytest.mark.parametrize("func", [two, starred, starred_first])
def test_unpacking(func, x):
    got, want = njit(func)(x), func(x)
    assert got == want
    assert [type(v) for v in got if isinstance(v, list)] == [type(v) for v in want if isinstance(v, list)]


@pytest.mark.parametrize("x", [[1], [1, 2, 3], "abc", range(3), range(1)], ids=str)
def test_wrong_numbers(x):
    check_error(two, x)


@pytest.mark.parametrize("func", [starred_middle])
@pytest.mark.parametrize("x", [[1], "a", range(1)], ids=str)
def test_too_few(func, x):
    check_error(func, x)
    check(func, x * 3 if not isinstance(x, range) else range(4))


def test_other_iterables():
    def items(n):
        d = {1: 2.5, 3: 4.5}
        (a, b), (c, e) = d.items()
        k, m = d
        s, t = (i * n for i in range(2))
        u, *v = {7}
        return a, b, c, e, k, m, s, t, u, len(v)

    check(items, 5)
