"""Containers that a global or captured variable, or an attribute, names: no constants, which the error says whatever is done with them."""

import array
import collections

import numpy as np
import pytest

from looplift import errors, int64, jit, njit
from looplift.typed import Dict, List

LIST = [1, 2, 3]
EMPTY = []
PAIRS = {1: 2.5, 2: 3.5}
MEMBERS = {1, 2}
QUEUE = collections.deque([1])
BYTES = bytearray(b"ab")
NUMBERS = array.array("i", [1, 2])
TYPED = List([1, 2])
TYPED_PAIRS = Dict.empty(int64, int64)
TUPLE = (1, 2, 3)


class Settings:
    limits = [1, 2]


@njit
def first(x):
    return x[0]


def unpack():
    a, _b, _c = LIST
    return a


def store():
    PAIRS[3] = 1.0


def delete():
    del PAIRS[1]


def loop():
    total = 0
    for x in LIST:
        total += x
    return total


def items():
    return [k for k, v in PAIRS.items()]


USES = [
    (lambda: LIST[0], "LIST", "list"),
    (lambda: len(LIST), "LIST", "list"),
    (lambda: sum(LIST), "LIST", "list"),
    (lambda: max(LIST), "LIST", "list"),
    (lambda: [x for x in LIST], "LIST", "list"),
    (lambda: LIST + [1], "LIST", "list"),
    (lambda: LIST == [1], "LIST", "list"),
    (lambda: LIST.append(1), "LIST", "list"),
    (lambda: LIST.sort(), "LIST", "list"),
    (lambda: np.array(LIST), "LIST", "list"),
    (lambda: (5, 6, 7)[LIST[0]], "LIST", "list"),
    (lambda: 1 if EMPTY else 2, "EMPTY", "list"),
    (lambda: not EMPTY, "EMPTY", "list"),
    (lambda: bool(PAIRS), "PAIRS", "dict"),
    (unpack, "LIST", "list"),
    (loop, "LIST", "list"),
    (lambda: PAIRS[1], "PAIRS", "dict"),
    (lambda: PAIRS.get(1), "PAIRS", "dict"),
    (lambda: 1 in PAIRS, "PAIRS", "dict"),
    (store, "PAIRS", "dict"),
    (delete, "PAIRS", "dict"),
    (items, "PAIRS", "dict"),
    (lambda: 1 in MEMBERS, "MEMBERS", "set"),
    (lambda: MEMBERS.add(3), "MEMBERS", "set"),
    (lambda: MEMBERS | {3}, "MEMBERS", "set"),
    (lambda: QUEUE[0], "QUEUE", "deque"),
    (lambda: BYTES[0], "BYTES", "bytearray"),
    (lambda: NUMBERS[0], "NUMBERS", "array"),
    (lambda: TYPED[0], "TYPED", r"ListType\[int64\]"),
    (lambda: TYPED_PAIRS[0], "TYPED_PAIRS", r"DictType\[int64,int64\]"),
]


@pytest.mark.parametrize("k", range(len(USES)))
def test_globals(k):
    use, name, kind = USES[k]
    with pytest.raises(errors.TypingError, match=f"The use of a {kind} type, assigned to variable '{name}' in globals, is not supported") as e:
        njit(use)()
    assert "pass it as an argument" in str(e.value) and "test_outer_containers.py" in str(e.value)


def test_captured_variables_and_attributes():
    mine = [1, 2]
    with pytest.raises(errors.TypingError, match="'mine' is a list of an enclosing function.*"):
        njit(lambda i: mine[i])(0)
    with pytest.raises(errors.TypingError, match="'.limits' is a list of an object that is a constant"):
        njit(lambda i: Settings.limits[i])(0)


def test_what_can_be_done():
    assert njit(lambda: LIST)() is LIST
    assert njit(lambda: LIST is None)() is False
    assert njit(lambda i: TUPLE[i] + len(TUPLE))(1) == 5
    assert first(LIST) == 1
    # What fails for another reason says that one.
    with pytest.raises(errors.TypingError, match="NameError: name 'nothing' is not defined"):
        njit(lambda: nothing(LIST))()  # noqa: F821


def test_object_mode_sees_changes():
    seen = [1]

    @jit(nopython=False)
    def use(i):
        return seen[i] + (10 if seen else 0)

    with pytest.warns(errors.NumbaWarning):
        assert use(0) == 11
    seen[0] = 5
    assert use(0) == 15
