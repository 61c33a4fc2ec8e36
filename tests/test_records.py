"""Structured dtypes: fields, columns, storing, nested records, array fields, scalars, layouts, lifetimes."""

import ctypes
import gc
import sys

import numpy as np
import pytest

import looplift
from looplift import float64, from_dtype, njit, types, typeof
from looplift._core import parse_type
from support.module import allocation_stats

REC = np.dtype([("a", "i4"), ("b", "f8")])
PACKED = np.dtype([("c", "i1"), ("d", "f8"), ("e", "c8"), ("t", "M8[D]"), ("f", "?")])
NESTED = np.dtype([("x", "f8", (2, 2)), ("n", [("p", "i1"), ("q", "f4")]), ("v", "i2", 3)], align=True)
RECORD = np.dtype([("a", "i4"), ("b", "f8")], align=True)
GLOBAL = np.array([(1, 2.5), (3, 4.5)], REC)


def array(dtype=REC, n=3):
    raw = np.arange(n * dtype.itemsize, dtype=np.uint8) % 50
    if dtype is PACKED:
        a = np.zeros(n, dtype)
        for k in range(n):
            a[k] = (k, k * 1.5, 2j + k, k * 100, k % 2)
        return a
    if dtype is NESTED:
        a = np.zeros(n, dtype)
        a["x"] = np.arange(n * 4).reshape(n, 2, 2)
        a["n"]["q"] = 3
        a["v"] = np.arange(3 * n).reshape(n, 3)
        return a
    return np.array([(k + 1, raw[k] + 0.5) for k in range(n)], dtype)


def same(got, want):
    if isinstance(want, tuple) and not isinstance(want, np.void):
        return len(got) == len(want) and all(map(same, got, want))
    if isinstance(want, (np.ndarray, np.void)):
        return got.dtype == want.dtype and got.shape == want.shape and repr(got.tolist()) == repr(want.tolist())
    return bool(got == want)


def swap(a):
    a[0] = a[1]
    a["a"][1] = 9
    a[1]["b"] = 7.5
    return a


def totals(a):
    s = 0.0
    for r in a:
        s += r["a"] * r["b"]
    for k in range(len(a)):
        s += a[k]["b"]
    return s


def made(n):
    a = np.zeros(n, REC)
    for k in range(n):
        a[k]["a"] = k
        a[k]["b"] = k * 0.5
    return a


def from_tuples(a):
    a[0] = (7, 8)
    a[1:] = (1, 2.5)
    return a


def columns(a):
    a["b"] = 3.0
    a["a"] = a["b"] * 2
    a["b"][1:] += a["a"][1:]
    return a


def nested(a):
    a[0]["x"][0, 1] = 5.0
    a[1]["x"] = 1
    a[0]["n"]["p"] = 3
    a[1]["n"] = a[0]["n"]
    a[2]["n"] = (1, 2.0)
    a["v"] = a["v"][0]
    return a


def chosen(a, k):
    r = a[0]
    if k > 0:
        r = a[k]
    return r


def unpacked(a):
    x, y, z = a
    return x["a"] + y["a"] * z["a"]


def returned(n):
    a = np.zeros(n, REC)
    a[1]["a"] = 5
    return a[1], a["a"][1:], a


ROWS = [
    (lambda a: a[1]["a"] + a[1]["b"], array()),
    (lambda a: (a["b"], a["a"].sum(), a[-1]["a"], a[0][1]), array()),
    (lambda a: a[0], array()),
    (lambda r: (r["a"] + r["b"], r), array()[1]),
    (lambda r: ((r, 1), len(r)), array()[1]),
    (swap, array()),
    (totals, array()),
    (made, 3),
    (from_tuples, array()),
    (columns, array()),
    (chosen, array(), 0),
    (chosen, array(), 2),
    (unpacked, array()),
    (returned, 3),
    (lambda a: (a[1]["c"], a[1]["d"], a[1]["e"], a[1]["t"], a[1]["f"]), array(PACKED)),
    (lambda a: (a["d"] * 2, a["t"], a["f"]), array(PACKED)),
    (lambda a: (a[1]["x"], a[1]["x"][0, 1], a["x"], a[1]["v"].sum(), a["v"][1:, 0]), array(NESTED)),
    (lambda a: (a[0]["n"]["q"], a["n"]["q"], a[0]["n"]), array(NESTED)),
    (nested, array(NESTED)),
    (lambda a: a[::2]["b"], array()),
    (lambda a: a.reshape(3, 1)["b"], array()),
    (lambda a: (a[0] == a[1], a[0] == a[0], a[0] != a[2]), array()),
    (lambda a: a.copy(), array()),
    (lambda a: (a.dtype == REC, a.itemsize, a.shape), array()),
    (lambda i: (GLOBAL[i]["b"], GLOBAL["a"].sum()), 1),
    (lambda i: GLOBAL[i], 1),
]


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_rows(row):
    function, *args = ROWS[row]
    copies = [[a.copy() if isinstance(a, np.ndarray) else a for a in args] for _ in range(2)]
    want = function(*copies[0])
    assert same(njit(function)(*copies[1]), want)
    for a, b in zip(*copies):
        assert same(b, a)


def test_attributes():
    assert njit(lambda a: a[1].b + a.a[0])(array()) == array()[1]["b"] + 1
    assert njit(lambda a: a.b.sum() + a[0].a)(array().view(np.recarray)) == array()["b"].sum() + 1

    def write(a):
        a[0].x[0, 1] = 5.0
        a[1].n.p = 3
        a[1].v = 4
        a.n.q[0] = 8
        return a[0].x.sum() + a[1].n.p

    a = array(NESTED)
    assert njit(write)(a) == 13.0
    assert a[0]["x"][0, 1] == 5 and a[1]["n"]["p"] == 3 and a[1]["v"].tolist() == [4, 4, 4] and a[0]["n"]["q"] == 8


def test_scalar_arguments_share_memory():
    def write(r):
        r["b"] = 9.5
        return r

    a = array()
    r = a[1]
    got = njit(write)(r)
    assert a[1]["b"] == 9.5 and got["b"] == 9.5
    a[1]["b"] = 1.0
    assert got["b"] == 1.0
    a.flags.writeable = False
    with pytest.raises(looplift.errors.TypingError, match="read-only"):
        njit(write)(a[1])
    with pytest.raises(looplift.errors.TypingError, match="read-only"):
        njit(lambda a: write_first(a))(a)


@looplift.njit
def write_first(a):
    a[0]["b"] = 1.0


def test_lifetimes():
    before = allocation_stats()["live_bytes"]

    def keep(n):
        a = np.zeros(n, REC)
        a[1]["b"] = 2.5
        return a[1]

    f = njit(keep)
    held = [f(100) for _ in range(50)]
    gc.collect()
    assert all(r["b"] == 2.5 for r in held)
    del held
    gc.collect()
    assert allocation_stats()["live_bytes"] == before
    r = array()[1]
    count = sys.getrefcount(r)
    g = njit(lambda r: (r, r["a"]))
    for _ in range(10):
        g(r)
    assert sys.getrefcount(r) == count


def constant_column():
    return njit(lambda: (GLOBAL["b"], GLOBAL[1:], GLOBAL[0]))()


def test_constants_outlive_the_code():
    b, rest, first = constant_column()
    gc.collect()
    assert b.tolist() == [2.5, 4.5] and rest.tolist() == [(3, 4.5)] and first.tolist() == (1, 2.5)


def test_types():
    t = from_dtype(REC)
    assert isinstance(t, types.Record) and t == typeof(array()).dtype
    assert t.fields["b"].type == float64 and t.offset("b") == 4 and t.typeof("a") == types.int32 and t.size == 12
    assert isinstance(from_dtype(NESTED).typeof("x"), types.NestedArray) or from_dtype(NESTED).typeof("x") is not None
    short, long = np.ones(1, [("a", "f8")])[0], np.ones(1, [("a", "f8"), ("b", "f8")])[0]
    f = njit(float64(typeof(short)))(lambda r: r["a"])
    assert f(short) == f(long) == 1.0
    with pytest.raises(TypeError):
        f(np.ones(1, [("b", "f8")])[0])


def test_refusals():
    for dtype in ([("a", ">i4")], [("a", "O")], "V8"):
        with pytest.raises(looplift.errors.TypingError):
            njit(lambda a: a.shape)(np.zeros(2, dtype))
    with pytest.raises(looplift.errors.TypingError, match="Field .z. was not found in record"):
        njit(lambda a: a[0]["z"])(array())
    with pytest.raises(looplift.errors.TypingError):
        njit(lambda a: a[0] + 1)(array())
    with pytest.raises(looplift.errors.TypingError):
        njit(lambda a: a + a)(array())
    with pytest.raises(IndexError):
        njit(lambda a: a[5])(array())


def test_subclasses_of_arrays():
    for view in (np.recarray, np.memmap):
        a = np.arange(4.0).view(view) if view is np.recarray else np.arange(4.0)
        assert njit(lambda a: a.sum())(a) == 6.0
    with pytest.raises(looplift.errors.TypingError):
        njit(lambda a: a.sum())(np.ma.array([1.0, 2.0], mask=[0, 1]))


def test_returned_records_have_attributes():
    a = array()
    r = njit(lambda a: a[1])(a)
    assert isinstance(r, np.record) and (r.a, r["b"]) == (a[1]["a"], a[1]["b"]) and r.dtype.names == REC.names
    r.b = 99
    assert a[1]["b"] == 99
    assert njit(lambda r: r.a + r.b)(r) == a[1]["a"] + 99
    made = njit(lambda: np.zeros(2, NESTED)[0])()
    assert made.n.q == 0 and made.x.shape == (2, 2)


THREE_ROWS = array()


def test_returned_records_keep_their_memory():
    made = njit(lambda n: np.zeros(n, REC))
    rows = njit(lambda a: [a[i] for i in range(len(a))])(made(3))
    for i, row in enumerate(rows):
        row.a = i
    assert [row.a for row in rows] == [0, 1, 2] and all(type(row) is np.record for row in rows)
    # A constant's place has no owner: what comes out is a copy, which may be written to.
    f = njit(lambda i: THREE_ROWS[i])
    before = THREE_ROWS[1]["a"]
    r = f(1)
    r["a"] = before + 5
    assert THREE_ROWS[1]["a"] == before and f(1).a == before
    locked = array()
    locked.flags.writeable = False
    with pytest.raises(ValueError):
        njit(lambda a: a[0])(locked)["a"] = 1


def test_types_of_records_are_written():
    for dtype in (REC, PACKED, NESTED):
        t = from_dtype(dtype)
        assert parse_type(str(t)) == t
        assert parse_type(f"{t}[:]").dtype == t


def test_pointers_to_records():
    record = types.Record.make_c_struct([("a", types.int32), ("b", types.float64)])

    @looplift.cfunc(float64(types.CPointer(record), types.intc))
    def total(rows, n):
        s = 0.0
        for row in looplift.carray(rows, n):
            s += row.a * row.b
        return s

    rows = np.array([(2, 3.0), (4, 5.0)], record.numpy_dtype)
    untyped = looplift.cfunc(float64(types.voidptr))(lambda p: looplift.carray(p, 2, RECORD)[1].b)
    assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p)(untyped.address)(rows.ctypes.data) == 5
    call = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p, ctypes.c_int)(total.address)
    assert call(rows.ctypes.data, 2) == 26
