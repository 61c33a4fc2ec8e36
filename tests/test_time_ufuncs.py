"""`vectorize` of functions of times, and of those that give members of an `IntEnum`."""

import enum

import numpy as np
import pytest

from looplift import njit, types, vectorize
from looplift.errors import TypingError

DAYS = np.array(["2020-01-01", "2021-01-01", "NaT"], "M8[D]")


class Status(enum.IntEnum):
    LOW = 3
    HIGH = 4


def same(got, want):
    assert got.dtype == want.dtype and np.array_equal(got.view("i8"), want.view("i8"))


def test_explicit_signatures():
    for sig in (types.NPTimedelta("s")(types.NPTimedelta("s"), types.int64), "NPTimedelta('s')(NPTimedelta('s'), int64)", "m8[s](m8[s], i8)"):
        f = vectorize([sig])(lambda a, b: a * b)
        same(f(np.array([1, 2, "NaT"], "m8[s]"), 3), np.array([3, 6, "NaT"], "m8[s]"))
        # Units that convert without loss, and none at all.
        same(f(np.array([1, 2], "m8[m]"), np.array([1, 2])), np.array([60, 240], "m8[s]"))
        same(f(np.timedelta64(2), 3), np.timedelta64(6))
        with pytest.raises(TypingError, match="no loop"):
            f(np.array([1], "m8[ms]"), 3)


def test_units_as_they_come():
    f = vectorize(lambda a, b: a - b)
    same(f(DAYS, DAYS[0]), DAYS - DAYS[0])
    same(f(DAYS[:, None], DAYS), DAYS[:, None] - DAYS)
    same(f(DAYS.astype("M8[s]"), DAYS[1]), DAYS.astype("M8[s]") - DAYS[1])
    same(f(DAYS, np.timedelta64(1, "D")), DAYS - np.timedelta64(1, "D"))
    assert f(5, 3) == 2
    out = np.zeros(3, "m8[D]")
    assert f(DAYS, DAYS[0], out=out) is out
    same(out, DAYS - DAYS[0])
    with pytest.raises(TypeError):
        f(DAYS, DAYS[0], out=np.zeros(3, "m8[s]"))


def test_in_compiled_code():
    late = vectorize(lambda a: a > np.datetime64("2020-06-01"))
    assert late(DAYS).tolist() == [False, True, False]
    assert njit(lambda a: late(a))(DAYS).tolist() == [False, True, False]
    assert njit(lambda a: late(a[1]))(DAYS) is True


def test_several_outputs():
    first, second = vectorize(lambda a: (a, a - a))(DAYS)
    same(first, DAYS)
    same(second, DAYS - DAYS)


def test_members_are_integers():
    f = vectorize(lambda x: Status.HIGH if x > 1 else Status.LOW)
    got = f(np.arange(4))
    assert got.tolist() == [3, 3, 4, 4] and got.dtype == np.int64
