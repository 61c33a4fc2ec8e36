"""What instances of jitted classes are to `isinstance`, `issubclass` and `match`: instances of their class, and no tuples."""

import collections.abc

import pytest

from looplift import int64, njit
from looplift.experimental import jitclass


class Plain:
    def __init__(self, w):
        self.w = w


class Sized:
    def __init__(self, w):
        self.w = w

    def __len__(self):
        return self.w


class Wide(Sized):
    def __contains__(self, x):
        return x == self.w

    def __iter__(self):
        for k in range(self.w):
            yield k


CLASSES = [(cls, jitclass([("w", int64)])(cls)) for cls in (Plain, Sized, Wide)]


@pytest.mark.parametrize("cls,jitted", CLASSES, ids=[cls.__name__ for cls, _ in CLASSES])
def test_instances_are_no_tuples(cls, jitted):
    def asked(x):
        return (
            isinstance(x, tuple),
            isinstance(x, (list, tuple)),
            isinstance(x, collections.abc.Sequence),
            isinstance(x, collections.abc.Iterable),
            isinstance(x, collections.abc.Sized),
            isinstance(x, collections.abc.Collection),
            isinstance(x, collections.abc.Hashable),
            isinstance(x, object),
            issubclass(type(x), tuple),
            issubclass(type(x), collections.abc.Sequence),
            issubclass(type(x), collections.abc.Sized),
            type(x) is tuple,
        )

    compiled = njit(asked)
    assert compiled(jitted(2)) == asked(cls(2))
    assert compiled((1, 2))[:2] == asked((1, 2))[:2] == (True, True)


@pytest.mark.parametrize("cls,jitted", CLASSES, ids=[cls.__name__ for cls, _ in CLASSES])
def test_instances_match_no_sequences(cls, jitted):
    def matched(x):
        match x:
            case []:
                return 0
            case [_]:
                return 1
            case [_, _]:
                return 2
            case tuple():
                return 3
            case _:
                return 4

    compiled = njit(matched)
    assert compiled(jitted(2)) == matched(cls(2)) == 4
    for value in ((), (1,), (1, 2), (1, 2, 3)):
        assert compiled(value) == matched(value)


def test_instances_inside_of_tuples_and_made_in_compiled_code():
    made = CLASSES[0][1]

    def asked(t):
        own = made(3)
        return isinstance(t[0], tuple), isinstance(t[1], tuple), isinstance(own, tuple), isinstance(own, made)

    assert njit(asked)((made(1), (1, 2))) == (False, True, False, True)
