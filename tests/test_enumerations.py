"""Members of enumerations: arguments, constants, comparison, results, classes."""

import enum

import numpy as np
import pytest

import looplift
from looplift import njit, types, vectorize
from support import check


class Color(enum.Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1
    BLUE = 10


class Shape(enum.IntEnum):
    CIRCLE = 2
    SQUARE = 5


class Perm(enum.Flag):
    R = 4
    W = 2
    X = 1


class Bits(enum.IntFlag):
    A = 1
    B = 2
    C = 4


class Mixed(enum.Enum):
    ONE = 1
    TEXT = "x"


ROWS = [
    (lambda c: c, Color.BLUE),
    (lambda c: (c, Color.GREEN), Color.CRIMSON),
    (lambda c: c == Color.RED, Color.CRIMSON),
    (lambda c: (c != Color.RED, c is Color.RED, c is not Color.BLUE), Color.BLUE),
    (lambda c: (c == 1, c == None, c == Mixed.ONE), Color.RED),  # noqa: E711
    (lambda c: (c.value, Color.BLUE.value, Color["GREEN"].value), Color.BLUE),
    (lambda c: c in (Color.RED, Color.BLUE), Color.BLUE),
    (lambda c: (c in Color, bool(c), isinstance(c, Color), isinstance(c, Shape)), Color.RED),
    (lambda n: Color(n), 10),
    (lambda n: Color(n), 3),
    (lambda n: Color.RED if n > 0 else Color.BLUE, 1),
    (lambda n: None if n > 0 else Color.BLUE, 0),
    (lambda n: (len(Color), len(Mixed)), 1),
    (lambda m: (m, m == Mixed.ONE, m is Mixed.TEXT), Mixed.TEXT),
    (lambda s: s, Shape.SQUARE),
    (lambda s: (s + 1, s * 2.5, s == 5, s < Shape.SQUARE, s is Shape.CIRCLE, -s), Shape.CIRCLE),
    (lambda s: (s == Color.RED, s.value, int(s), float(s)), Shape.CIRCLE),
    (lambda s: int(np.arange(9)[s]), Shape.SQUARE),
    (lambda s: Shape(s), 5),
    (lambda p: (p | Perm.X, p & Perm.R, p ^ Perm.W, ~p), Perm.R | Perm.W),
    (lambda p: (bool(p & Perm.X), Perm.R in p, Perm.X in p, p == Perm.R | Perm.W, p.value), Perm.R | Perm.W),
    (lambda b: (b | Bits.C, b & 2, b + 1, ~b, Bits.A in b), Bits.A | Bits.B),
]


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_rows(row):
    function, arg = ROWS[row]
    if function.__code__.co_consts and isinstance(arg, int) and not isinstance(arg, enum.Enum) and arg == 3:
        with pytest.raises(ValueError):
            njit(function)(arg)
        return
    got, want = njit(function)(arg), function(arg)
    assert got == want
    assert [type(x) for x in (got if isinstance(got, tuple) else (got,))] == [type(x) for x in (want if isinstance(want, tuple) else (want,))]


def total():
    s = 0
    for c in Color:
        s = s * 100 + c.value
    return s


def test_iteration_over_a_class():
    check(total)


def test_types():
    t = looplift.typeof(Color.RED)
    assert isinstance(t, types.EnumMember) and not isinstance(t, types.IntEnumMember) and t.instance_class is Color
    assert isinstance(looplift.typeof(Shape.CIRCLE), types.IntEnumMember)
    assert types.EnumMember(Color) == t


def test_values_of_several_types_are_refused():
    with pytest.raises(looplift.errors.TypingError, match="several types"):
        njit(lambda m: m.value)(Mixed.ONE)
    with pytest.raises(looplift.errors.TypingError):
        njit(lambda c: c < Color.RED)(Color.RED)


def test_integer_members_meet_integers():
    class Level(enum.IntEnum):
        LOW = 1
        HIGH = 2

    @vectorize
    def clipped(x):
        return Level.HIGH if x > 2 else Level.LOW

    assert clipped(np.arange(5)).tolist() == [1, 1, 1, 2, 2]
    assert njit(lambda x: Level.HIGH if x > 2 else x)(7) == 2
    assert njit(lambda x: Level.HIGH if x > 2 else x)(1) == 1
