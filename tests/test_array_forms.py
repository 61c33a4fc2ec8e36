"""Slices as values, positions of several arrays, flags, records by position and title, global records, signatures of callees."""

import itertools
import math
import operator
import sys

import numpy as np
import pytest
from support import check

import looplift
from looplift import njit, typeof, types

MOST, LEAST = sys.maxsize, -sys.maxsize - 1


@pytest.mark.parametrize(
    "given, members",
    [
        (slice(None), (0, MOST, 1)),
        (slice(2, None), (2, MOST, 1)),
        (slice(None, 5, 2), (0, 5, 2)),
        (slice(None, None, -1), (MOST, LEAST, -1)),
        (slice(None, 3, -2), (MOST, 3, -2)),
        (slice(9, None, -1), (9, LEAST, -1)),
    ],
)
def test_members_of_slices(given, members):
    # As Numba: what is left out is a number.
    assert njit(lambda s: (s.start, s.stop, s.step))(given) == members


@njit
def njit_indices(s, n):
    return s.indices(n)


def test_indices_of_slices():
    choices = (None, -7, -2, 0, 1, 4)
    for members in itertools.product(choices, choices, (None, -2, 0, 1, 3)):
        given = slice(*members)
        for n in (-1, 0, 5):
            if n < 0 or given.step == 0:
                with pytest.raises(ValueError, match="should not be negative|cannot be zero"):
                    njit_indices(given, n)
            else:
                assert njit_indices(given, n) == given.indices(n)
    with pytest.raises(looplift.errors.TypingError, match=r"indices\(\) takes exactly one argument \(2 given\)"):
        njit(lambda s: s.indices(1, 2))(slice(3))


def test_slices_that_are_constants():
    part, back = slice(1, 4), slice(None, None, -1)
    values = (1, 2, 3, 4, 5)

    def parts(a):
        return a[part], a[back], values[part]

    check(parts, np.arange(6))
    for bad, error in ((slice(1.5), TypeError), (slice(2**70), ValueError)):
        with pytest.raises(error):
            njit(lambda s: s.start)(bad)


def test_several_arrays_at_once():
    def pairs(a, b):
        out = []
        for x, y in np.nditer((a, b)):
            out.append((x.item(), y.item()))
        return out

    table = np.arange(12).reshape(3, 4)
    inputs = (2.5, np.array(7), np.arange(4), np.arange(8)[::2], table, np.asfortranarray(table), np.arange(3).reshape(3, 1))
    for a, b in itertools.product(inputs, inputs):
        assert sorted(njit(pairs)(a, b)) == sorted(pairs(a, b))
    with pytest.raises(ValueError, match="operands could not be broadcast together"):
        njit(pairs)(table, np.arange(3))


def test_flags_of_all_layouts():
    def flags(a):
        return a.flags.c_contiguous, a.flags.f_contiguous

    table = np.arange(12).reshape(3, 4)
    for a in (table, table.T, table[::2], table[:1], table[:, :1], np.zeros((0, 3)), np.arange(3)[::2], np.array(1)):
        check(flags, a)
    retyped = njit((typeof(table).copy(layout="A"),))(flags)
    assert retyped(table) == (True, False)


TITLED = np.dtype([(("x", "s0"), "i4"), (("y", "s1"), "f8")])


def test_fields_by_title_and_position():
    def fill(a):
        for i in range(a.size):
            a[i]["s0"] = i
            a[i]["x"] += 1
            a[i][1] = a[i]["x"] * 2
        return a

    np.testing.assert_array_equal(njit(fill)(np.zeros(3, TITLED)), fill(np.zeros(3, TITLED)))
    t = typeof(np.zeros(1, TITLED)).dtype
    assert len(t) == 2 and t.has_titles() and t.is_title("x") and not t.is_title("s0") and t.offset("y") == t.offset("s1") == 4


RECORDS = np.rec.array([(1, 2.5), (3, 4.5)], dtype=[("a", "i4"), ("b", "f8")])


def test_global_records():
    check(lambda i: RECORDS[i].a + RECORDS.b[i], 1)
    with pytest.raises(looplift.errors.TypingError, match="cannot access .real of array of Record"):
        njit(lambda a: a.real)(RECORDS)


def test_dimensions_of_nested_arrays():
    nested = types.NestedArray(types.float64, (4, 2))
    assert types.Array(nested, 1, "C") == types.Array(types.float64, 3, "C")


def test_lists_stored_in_slices():
    def store(a, values):
        a[1:3] = values
        return a

    check(store, np.arange(5), [7, 8])
    with pytest.raises(ValueError, match=r"cannot assign slice of shape \(2,\) from input of shape \(3,\)"):
        njit(store)(np.arange(5), [7, 8, 9])


@pytest.mark.parametrize("function", [operator.contains, operator.is_, operator.is_not])
def test_functions_of_operators(function):
    if function is operator.contains:
        check(lambda x: operator.contains((1, 2, 3), x), 2)
    else:
        check(lambda x: function(x, None), 2)


@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "u8"])
def test_inverted_in_its_own_width(kind):
    value = np.dtype(kind).type(5)
    assert njit(lambda x: ~x)(value) == ~value


def test_times_as_numbers():
    moment, span = np.datetime64("2020-01-01T00:00", "ns"), np.timedelta64(-4, "ns")
    assert njit(lambda t: int(t))(moment) == int(moment)
    assert njit(lambda t: int(t))(span) == -4
    assert njit(lambda t: hash(t))(span) == -4
    with pytest.raises(looplift.errors.TypingError, match=r"Only datetime64\[ns\] can be converted"):
        njit(lambda t: int(t))(np.datetime64("2020"))
    with pytest.raises(looplift.errors.TypingError, match="ufunc 'add' is not supported between"):
        njit(lambda a, b: a + b)(np.array([moment]), np.timedelta64(1, "M"))


@pytest.mark.parametrize("side", ["left", "right"])
def test_searching_times(side):
    a = np.sort(np.array(["2020", "NaT", "2018", "2019", "2019"], "M8[D]"))
    function = (lambda a, v: np.searchsorted(a, v, "left")) if side == "left" else (lambda a, v: np.searchsorted(a, v, "right"))
    check(function, a, a)
    check(function, a, a[1])


def test_signatures_of_what_is_called():
    @njit
    def inner(x, y):
        return x + y

    @njit
    def outer(x):
        # A short rest of the function would be written out for both cases by CPython 3.12.
        y = x if x > 0 else None
        result = inner(x, y)
        return result

    outer(2.0)
    (args,) = inner.signatures
    assert args[0] == types.float64 and isinstance(args[1], types.Optional)
    inner(1, 2)
    assert inner.signatures[1] == (types.int64, types.int64)


def test_arrays_in_both_orders():
    t = types.Array(types.int32, 2, "F")
    total = njit((t,))(lambda a: a.sum())
    both = np.zeros((0, 2), np.int32)
    assert total(both) == 0
    assert total(np.arange(3, dtype=np.int32).reshape(3, 1)) == 3
    with pytest.raises(TypeError):
        total(np.zeros((2, 2), np.int32))


def test_negative_numbers_are_not_unsigned():
    unsigned = njit((types.uint32,))(lambda x: x)
    assert unsigned(7) == 7
    with pytest.raises(OverflowError):
        unsigned(-5)


def test_large_integers_as_floats():
    root = njit((types.complex128,))(lambda x: x * 1.0)
    assert root(-(10**36)) == complex(-1e36)


@pytest.mark.parametrize("function", [abs, len, math.floor])
def test_builtin_functions_stay_inside(function):
    with pytest.raises(looplift.errors.NumbaTypeError, match="cannot convert native Function"):
        njit(lambda: function)()


def test_ldexp_saturates():
    scale = njit(lambda x, n: math.ldexp(x, n))
    assert scale(1.0, 2000) == math.inf and scale(-1.0, 2000) == -math.inf
    assert scale(5e-324, 2100) == math.inf and scale(1.0, -5000) == 0.0
