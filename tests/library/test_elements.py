"""What moves elements moves those of any kind: times, records, texts of fixed width; and Python's classes are dtypes."""

import operator
from collections import namedtuple

import numpy as np
import pytest

from looplift import njit

RECORD = np.dtype([("a", np.int32), ("b", np.float64)], align=True)
NUMBERS = np.array([3, 1, 2, 3, 0, 1])


def elements(kind):
    if kind == "record":
        made = np.zeros(6, RECORD)
        made["a"], made["b"] = NUMBERS, NUMBERS[::-1]
        return made
    if kind[0] in "US":
        return np.array(["abcdefg"[k] * (k % 3 + 1) for k in NUMBERS], kind)
    made = NUMBERS.astype(kind)
    made[4] = np.array("NaT", kind)
    return made


KINDS = ("M8[D]", "m8[s]", "U3", "S3", "record")


def assert_equal(got, want):
    if isinstance(want, (tuple, list)):
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            assert_equal(g, w)
    else:
        np.testing.assert_array_equal(np.asarray(got), np.asarray(want))
        if isinstance(want, np.ndarray):
            assert got.dtype == want.dtype


MOVERS = [
    lambda a: (np.concatenate((a, a)), np.concatenate((a.reshape(2, 3), a.reshape(2, 3)), axis=None), np.concatenate([a, a])),
    lambda a: (np.stack((a, a)), np.hstack((a, a)), np.vstack((a, a)), np.dstack((a, a)), np.column_stack((a, a))),
    lambda a: (np.append(a, a), np.repeat(a, 2), np.repeat(a.reshape(2, 3), 2, axis=0), np.resize(a, (2, 2)), np.tile(a, 2)),
    lambda a: (np.insert(a, 1, a[0]), np.delete(a, 1), np.roll(a, 2), np.flip(a), np.diag(a), np.triu(a.reshape(2, 3))),
    lambda a: (np.where(NUMBERS > 1, a, a[::-1]), np.choose(np.array([0, 1, 0]), (a[:3], a[3:])), np.full_like(a, a[0])),
    lambda a: (np.pad(a.reshape(2, 3), 1, "edge"), np.pad(a, 2, "wrap")),
    lambda a: (np.take(a, np.array([2, 0])), a[NUMBERS > 1], np.compress([True, False, True], a), np.split(a, 3), a == a, a != a),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("function", MOVERS)
def test_moving(function, kind):
    a = elements(kind)
    assert_equal(njit(function)(a), function(a))


@pytest.mark.parametrize("kind", KINDS[:4])
def test_sets(kind):
    a, b = elements(kind), elements(kind)[1:3]
    for function in (
        lambda a, b: (np.isin(a, b), np.union1d(a, b), np.intersect1d(a, b), np.setdiff1d(a, b), np.setxor1d(a, b)),
        lambda a, b: np.unique(a, return_index=True, return_inverse=True, return_counts=True),
        lambda a, b: (np.unique(a), np.sort(a), np.argsort(a, kind="stable"), np.sort(a.reshape(2, 3), axis=0)),
    ):
        assert_equal(njit(function)(a, b), function(a, b))


def test_records_in_order():
    a = elements("record")
    for function in (
        lambda a: (np.sort(a), np.argsort(a, kind="stable"), np.unique(a)),
        lambda a: (np.sort(a, order="b"), np.argsort(a, order=("b", "a"), kind="stable")),
        lambda a: (a[["b"]], a[["b", "a"]]["a"], np.nonzero(a), np.count_nonzero(a)),
    ):
        assert_equal(njit(function)(a), function(a))

    def in_place(a):
        a.sort(order="b")
        return a

    assert_equal(njit(in_place)(a.copy()), in_place(a.copy()))


def test_fields_chosen_by_names_are_a_view():
    def double(a):
        part = a[["b"]]
        part["b"][:] = part["b"] * 2

    a, b = elements("record"), elements("record")
    double(a)
    njit(double)(b)
    assert_equal(b, a)


def test_arrays_of_elements():
    day = np.datetime64("2020-01-05")
    for function, args in (
        (lambda d: (np.array([d, d + 1]), np.full(2, d), np.where(np.array([True, False]), d, d + 1), np.array(d)), (day,)),
        (lambda: (np.array(["a", "bcd"]), np.full((2, 2), "ab"), np.array("abc")), ()),
        (lambda a, b: np.array([a, b]), (elements("U3"), elements("U3"))),
    ):
        assert_equal(njit(function)(*args), function(*args))


PLAIN = [
    lambda: (np.ones((2, 2), dtype=int), np.full(2, 1, float), np.eye(2, dtype=int), np.tri(2, dtype=bool), np.identity(2, complex)),
    lambda: (np.linspace(0, 10, 4, dtype=int), np.arange(3, dtype=float), np.array([1.5, 2], dtype=int), np.sum(np.ones(3), dtype=int)),
    lambda: (np.ones(3).astype(int), np.zeros_like(np.ones(2), dtype=int), np.asarray(np.ones(2), dtype=bool)),
]


@pytest.mark.parametrize("function", PLAIN)
def test_classes_of_python_as_dtypes(function):
    assert_equal(njit(function)(), function())


# What `operator` has besides operators.

Point = namedtuple("Point", "x y")


def test_items_and_searching():
    a, t, s = np.array([1.5, 2.0, 2.0]), (1, 2, 2), [4, 5, 5]
    for function, args in (
        (lambda a: (operator.getitem(a, 1), operator.countOf(a, 2), operator.indexOf(a, 2), operator.length_hint(a)), (a,)),
        (lambda t: (operator.concat(t, (1,)), operator.countOf(t, 2), operator.indexOf(t, 2)), (t,)),
        (lambda s: (operator.concat(s, [3]), operator.countOf(s, 5), operator.length_hint(s)), (s,)),
        (lambda n: operator.iconcat([n, 2], [7]), (1,)),
        (lambda n: (operator.inv(n), operator.itemgetter(1)((n, 2)), operator.itemgetter(2, 0)((n, 2, 3.5))), (6,)),
        (lambda p: (operator.attrgetter("x")(p), operator.attrgetter("y", "x")(p)), (Point(1, 2.5),)),
        (lambda t: max(t, key=operator.itemgetter(1)), ([(1, 2), (2, 1)],)),
        (lambda p: sorted(p, key=operator.attrgetter("y")), ([Point(1, 2), Point(2, 1)],)),
    ):
        assert njit(function)(*args) == function(*args)


def test_changing_items():
    def change(n):
        s = [n, 2, 3]
        operator.setitem(s, 0, 9)
        operator.delitem(s, 1)
        return s

    assert njit(change)(1) == change(1)
    with pytest.raises(ValueError, match="not in sequence"):
        njit(lambda t: operator.indexOf(t, 7))((1, 2))


def test_kinds_of_what_may_be_none():
    def kinds(x, given):
        y = x if given else None
        return np.iscomplexobj(y), np.isrealobj(y)

    for x in (1, 1j, np.array([1j]), "text"):
        for given in (True, False):
            assert njit(kinds)(x, given) == kinds(x, given)


def test_side_known_when_it_runs():
    def find(a, v, side):
        return np.searchsorted(a, v, side), a.searchsorted(v, side=side)

    a = np.array([1, 2, 2, 5])
    for side in ("left", "right"):
        for v in (2, np.array([0, 2, 9])):
            np.testing.assert_array_equal(njit(find)(a, v, side), find(a, v, side))
    with pytest.raises(ValueError, match="must be 'left' or 'right'"):
        njit(find)(a, 2, "middle")
