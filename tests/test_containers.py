"""Lists, sets and dicts: what the interpreter does, compiled code does, to results, arguments and exceptions; and it leaks nothing."""

import bisect
import collections
import copy
import gc
import heapq
import pickle

import numpy as np
import pytest

from looplift import errors, njit, typed, typeof, types
from looplift._core import allocation_stats

pytestmark = pytest.mark.filterwarnings("ignore::looplift.errors.NumbaPendingDeprecationWarning")


def plain(value):
    """A value with Python's own containers throughout."""
    if isinstance(value, (list, typed.List)):
        return [plain(v) for v in value]
    if isinstance(value, tuple):
        return tuple(plain(v) for v in value)
    if isinstance(value, (dict, typed.Dict)):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (set, typed.Set)):
        return {plain(v) for v in value}
    return value


def outcome(func, args):
    try:
        return plain(func(*args)), None
    except Exception as e:
        return None, (type(e), e.args)


def balance():
    gc.collect()
    stats = allocation_stats()
    return stats["alloc"] - stats["free"], stats["live_bytes"]


def agree(func, *args, text=True):
    """Interpreter and compiled code agree on value, exception and what became of the arguments; nothing is left behind."""
    ours, theirs = copy.deepcopy(args), copy.deepcopy(args)
    compiled = njit(func)
    want, failure = outcome(func, theirs)
    got, found = outcome(compiled, ours)
    if failure and not text:
        failure, found = failure[0], found and found[0]
    assert (got, found) == (want, failure)
    assert type(got) is type(want)
    assert plain(ours) == plain(theirs)
    before = balance()
    for _ in range(3):
        outcome(compiled, copy.deepcopy(args))
    assert balance() == before


def source(text):
    """The function of a body; parameters are `x`, `y`."""
    namespace = {"np": np, "heapq": heapq, "bisect": bisect, "collections": collections}
    lines = "".join(f"    {line}\n" for line in text.split("\n"))
    exec(f"def f(x, y=None):\n{lines}", namespace)
    return namespace["f"]


L = [5, 3, 8, 3]
LISTS = r"""
return x
return [1, 2.5, y * 1.0]|2
return [i * i for i in x if i > 3]
return [[j for j in range(i)] for i in x]
x.append(7)\nreturn len(x)
x.extend((1, 2))\nx.extend(range(3))\nx.extend([9])\nx.extend(x)
x += [4, 5]\nreturn x
x.insert(1, 9)\nx.insert(-100, 1)\nx.insert(100, 2)\nx.insert(-1, 3)
return x.pop(), x.pop(0), x.pop(-1)
x.remove(3)\nreturn x
x.remove(77)
return x.index(3), x.index(3, 2), x.index(3, -3, 99), x.count(3), x.count(4)
x.reverse()
x.sort()
x.sort(reverse=True)
x.sort(key=lambda v: -v % 7)
x.clear()\nreturn x
y = x.copy()\ny[0] = 1\nreturn y
return x[0], x[-1], x[1]
return x[4]
return x[-5]
x[4] = 1
x[-1] = 7\nx[0] += 2
return x[:], x[1:], x[:-1], x[::2], x[::-1], x[3:1], x[-2:], x[1:100:3], x[100:0:-2]
return x[::0]
x[1:3] = [7, 7, 7]
x[1:1] = (1, 2)
x[:] = x[::-1]
x[::2] = [0, 0]
x[3:1] = [1]
del x[0]\ndel x[-1]
del x[9]
del x[1:3]
del x[::2]
del x[::-2]
del x[:]
return x + [1] + x * 2 + 2 * x + x * 0 + x * -1
x *= 3
x *= 0
return 3 in x, 4 in x, 3 not in x
return x == [5, 3, 8, 3], x != [5], x < [5, 4], x <= x, x > [5, 3], x >= [9]
return len(x), sum(x), min(x), max(x), any(x), all(x), sum(x, 1.5)
return sorted(x), sorted(x, reverse=True), sorted(x, key=lambda v: -v)
return list(enumerate(x)), list(zip(x, x[1:])), list(reversed(x)), list((1, 2)), list({4})
return max([v % 5 for v in x]), min(zip(x, x))
a, b, c, d = x\nreturn d, a
a, b = x
return not x, bool(x), bool(x[:0])
for v in x:\n    if v == 8: x.append(1)\nreturn x
for i, v in enumerate(x):\n    x[i] = v + i
return [v for v in reversed(x)]
y = []\nfor v in x:\n    y.append([v, v])\ny[0].append(1)\nreturn y
y = []\nif x[0] > 9:\n    y = [2.5]\nreturn y
y = [[]]\ny[0].append(x[0])\nreturn y
return [(v, 0.5 * v) for v in x]
y = [None, 1]\nreturn y[0] is None, y[1]
return np.array(x), np.array([[1, 2], [3, 4]]), np.array([[v, 1.5] for v in x])|array
y = x\ny.append(1)\nreturn x is y, x is x[:]
return [], [[]], len([])
t = 0\nfor i in range(len(x)):\n    for v in x[i:]:\n        t += v\nreturn t
y = ["a", 1, 2j]\nreturn y[1], len(y)
y = list("abc")\ny.sort(reverse=True)\nreturn y
return [str(v) for v in x]
try:\n    x[9] = 1\nexcept IndexError:\n    x.append(-1)\nreturn x
x.append(1)\nraise ValueError("later")
heapq.heapify(x)\nheapq.heappush(x, 4)\na = heapq.heappop(x)\nb = heapq.heapreplace(x, 6)\nc = heapq.heappushpop(x, 2)\nreturn a, b, c
return heapq.nsmallest(2, x), heapq.nlargest(9, x)
x.sort()\ny = [bisect.bisect(x, 3), bisect.bisect_left(x, 3), bisect.bisect_right(x, 9, 1, 3)]\nbisect.insort(x, 4)\nreturn y
"""


@pytest.mark.parametrize("body", [b for b in LISTS.strip().split("\n") if b])
def test_lists(body):
    body, _, flag = body.replace("\\n", "\n").partition("|")
    if flag == "array":
        want, got = source(body)(list(L)), njit(source(body))(list(L))
        assert all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(want, got, strict=True))
    elif flag:
        agree(source(body), list(L), int(flag))
    else:
        agree(source(body), list(L))


@pytest.mark.parametrize(
    "value",
    [[1.5, -0.0], [True, False], [1 + 2j], [(1, 2.5), (3, 4.5)], [[1], [2, 3]], [[1], []], ["a", "bé"], [b"ab", b""]],
)
def test_elements_of_any_type(value):
    agree(source("return x, x[0], x[-1], len(x), x[::-1], x + x, [v for v in x]"), value)
    agree(source("x.append(x[0])\nx[0] = x[1]\nx.insert(0, x[2])\ndel x[1]\nreturn x.pop()"), value * 2)
    agree(source("return x == x[:], x[0] in x, x.count(x[0]), x.index(x[-1])"), value)


@pytest.mark.parametrize("value", [[2.5, 1.5, 9.0], [(2, 1), (1, 5), (1, 2)], ["b", "a", "c"], [True, False], [[2], [1, 3], [1]]])
def test_sorting(value):
    agree(source("x.sort()\nreturn sorted(x, reverse=True), min(x), max(x)"), value)


def test_arrays_in_lists():
    @njit
    def rows(a):
        out = []
        for row in a:
            out.append(row * 2)
        return out

    before = balance()
    got = rows(np.arange(6.0).reshape(2, 3))
    assert [r.tolist() for r in got] == [[0, 2, 4], [6, 8, 10]]
    del got
    assert balance() == before


S = {5, 3, 8}
SETS = r"""
return x
return {1, 2, 3}, set(), set([1, 1]), {v % 2 for v in x}, set((1, 2)), set(range(3))
x.add(9)\nx.discard(3)\nx.discard(77)\nx.remove(5)\nreturn len(x)
x.remove(77)
x.clear()\nreturn len(x), bool(x), not x
return 3 in x, 4 in x, 4 not in x, sum(x), min(x), max(x), len(x), sorted(x)
return x | y, x & y, x - y, x ^ y
x |= y\nreturn x
x &= y
x -= y
x ^= y
return x.union(y), x.intersection(y), x.difference(y), x.symmetric_difference(y), x.union([1, 2]), x.intersection((3,)), x.union()
x.update(y)\nx.difference_update({8})\nx.symmetric_difference_update({1, 5})\nx.intersection_update(y)
return x <= y, x < y, x >= y, x > y, x == y, x != y, x == x, {5} <= x, x.issubset(y), x.issuperset({3}), x.isdisjoint(y), x.isdisjoint([1])
y = x.copy()\ny.add(1)\nreturn y, x
while len(x) > 0:\n    y.add(x.pop())
x.clear()\nx.pop()
for v in x:\n    x.add(v + 100)
return {1.5, 0.0, -0.0}, {(1, 2), (1, 2)}, {"a", "b", "a"}
z = set()\nfor v in x:\n    z.add(v * 0.5)\nreturn z
"""


@pytest.mark.parametrize("body", SETS.strip().split("\n"))
def test_sets(body):
    agree(source(body.replace("\\n", "\n")), set(S), {3, 4})


D = {1: 2.5, 7: 0.5}
DICTS = r"""
return x
x[3] = 4.5\nx[1] += 1\nreturn x[7], len(x), 7 in x, 8 in x, 8 not in x
return x[5]
del x[1]\ndel x[9]
return x.get(1), x.get(2), x.get(1, 9.0), x.get(2, 9.0)
return x.setdefault(1, 3.0), x.setdefault(2, 3.0)
return x.pop(1), x.pop(9, 0.5)
return x.pop(9)
return x.popitem()
x.clear()\nreturn len(x), not x
x.clear()\nx.popitem()
return list(x), list(x.keys()), list(x.values()), list(x.items()), sum(x.values()), max(x), sorted(x.items())
return [k for k in x], {k: v * 2 for k, v in x.items()}, {v: k for k, v in x.items()}
x.update({1: 9.5, 2: 1.0})\nreturn x | {4: 1.0}
x |= {1: 9.5}
y = x.copy()\ny[1] = 0.0\nreturn x == y, x != y, x == x.copy()
for k in x:\n    x[k + 100] = 1.0
for k in list(x):\n    x[k + 100] = 1.0\n    del x[k]
return {}, {1: 2, 3: 4}, dict([(1, 2.5), (2, 3.5)]), dict(x), {**x, 3: 1.0}, dict(zip([1, 2], [3, 4]))
y = {}\nfor k, v in x.items():\n    y[v] = [k]\ny[2.5].append(4)\nreturn y
y = {}\nfor k in range(100):\n    y[k % 7] = y.get(k % 7, 0) + k\nreturn y
y = {}\ny["a"] = 1\ny["b" + str(len(y))] = 2\nreturn y, "a" in y, y["b1"]
y = {(1, 2): "x"}\ny[(3, 4)] = "y"\nreturn y[(1, 2)], (3, 4) in y, (1, 3) in y
y = {1: {2: 3}}\ny[5] = {6: 7}\nreturn y[5][6], y
return {"a": 1}["b"]
return (1, 2.5) in x.items(), 2.5 in x.values(), 9 in x.keys()
y = {k: 0 for k in range(1000)}\nfor k in range(0, 1000, 3):\n    del y[k]\nfor k in range(0, 1000, 2):\n    y[k] = 1\nreturn y
"""


@pytest.mark.parametrize("body", DICTS.strip().split("\n"))
def test_dicts(body):
    agree(source(body.replace("\\n", "\n")), dict(D))


def test_reflection_keeps_identity():
    @njit
    def change(a, b, nested):
        a.append(1)
        b.append(2)
        nested[0].append(3)
        return a, nested[1]

    one, rows = [0], [[5], [6]]
    a, row = change(one, one, rows)
    assert a is one and one == [0, 1, 2] and row is rows[1] and rows == [[5, 3], [6]]


def test_numbers_of_numpy_in_lists():
    last = njit(lambda x: x[-1])
    assert [last(list(np.arange(n))) for n in (3, 3.0)] == [2, 2.0] and last([1.5, np.float64(2.5)]) == 2.5
    assert last([[], [1]]) == [1]


def test_what_does_not_fit():
    first = njit(lambda x: x[0])
    with pytest.raises(TypeError, match="can't unbox heterogeneous list"):
        first([1, 2.5])
    with pytest.raises(errors.TypingError):
        first([])
    with pytest.raises(errors.TypingError, match="cannot safely cast float64 to int64"):
        njit(lambda x: x.append(2.5))([1])
    with pytest.raises(errors.TypingError, match="unhashable"):
        njit(lambda: {(1, np.ones(2)): 1})()
    with pytest.raises(errors.TypingError):
        njit(source("x.append(x)"))([1])
    with pytest.raises(errors.TypingError):
        njit(source("y = []\ny.append(y)\nreturn y"))(1)
    with pytest.raises(errors.NumbaPendingDeprecationWarning):
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            njit(lambda x: x[0])([1])


# Typed containers


def test_typed_list():
    a = typed.List([3, 1, 2])
    assert str(typeof(a)) == "ListType[int64]" == str(a._numba_type_) and a._dtype == types.int64
    assert repr(a) == "ListType[int64]([3, 1, 2])" and str(a) == "[3, 1, 2]"
    grow = njit(source("x.append(5)\nx[0] = 9\nreturn x"))
    b = grow(a)
    assert type(b) is typed.List and list(a) == [9, 1, 2, 5] == list(b) and a == b
    b.append(6)
    assert list(a) == [9, 1, 2, 5, 6]
    model = list(a)
    for step in (
        lambda x: x.insert(1, 4),
        lambda x: x.sort(),
        lambda x: x.reverse(),
        lambda x: x.extend(range(3)),
        lambda x: x.pop(),
        lambda x: x.remove(2),
        lambda x: x.__setitem__(slice(1, 3), [7, 7, 7]),
        lambda x: x.__delitem__(slice(None, None, 2)),
        lambda x: x[::-1],
        lambda x: x.index(7),
        lambda x: x.count(7),
        lambda x: 7 in x,
        lambda x: x[-1],
        lambda x: x + [1],
        lambda x: x.pop(99),
        lambda x: x.index(1000),
    ):
        results = []
        for x in (a, model):
            try:
                results.append(plain(step(x)))
            except Exception as e:
                results.append(type(e))
        assert results[0] == results[1] and list(a) == model
    with pytest.raises(errors.TypingError):
        a.append(2.5)
    late = typed.List()
    assert not late._typed and len(late) == 0
    late.append(1.5)
    assert str(typeof(late)) == "ListType[float64]" and pickle.loads(pickle.dumps(late)) == late
    assert len(typed.List.empty_list(types.float64[:, ::1], allocated=4)) == 0
    assert np.array(late).dtype == np.float64
    rows = typed.List([typed.List([1, 2]), typed.List([3])])
    assert njit(source("x[0].append(9)\nreturn x[0][2], len(x[1])"))(rows) == (9, 1) and list(rows[0]) == [1, 2, 9]


def test_typed_dict_and_set():
    d = typed.Dict.empty(types.unicode_type, types.int64)
    count = njit(source("for w in y:\n    if w in x:\n        x[w] += 1\n    else:\n        x[w] = 1\nreturn x"))
    assert count(d, ["a", "b", "a"]) == {"a": 2, "b": 1} and repr(d) == "DictType[unicode_type,int64]({'a': 2, 'b': 1})"
    d["c"] = 5
    assert dict(d) == {"a": 2, "b": 1, "c": 5} and d.popitem() == ("c", 5) and pickle.loads(pickle.dumps(d)) == d
    with pytest.raises(KeyError):
        d["zz"]
    with pytest.raises(RuntimeError):
        for key in d:
            d[key + "x"] = 1
    s = typed.Set([1, 2])
    assert njit(source("x.add(3)\nreturn sum([v for v in x])"))(s) == 6 and s == {1, 2, 3}
    assert set(s | typed.Set([9])) == {1, 2, 3, 9} and len(typed.Set.empty(types.int64)) == 0
    assert str(typeof(s)) == "SetType[int64]" and isinstance(typeof(d), types.DictType) and isinstance(typeof(s), types.SetType)


def test_typed_in_compiled_code():
    @njit
    def make(n):
        d = typed.Dict.empty(types.int64, types.float64)
        a = typed.List.empty_list(types.float64)
        s = typed.Set.empty(types.int64)
        late = typed.List()
        for i in range(n):
            d[i] = i
            a.append(i)
            s.add(i % 2)
            late.append(i * 0.5)
        return d, a, s, late

    before = balance()
    d, a, s, late = make(3)
    assert (d, list(a), set(s), list(late)) == ({0: 0.0, 1: 1.0, 2: 2.0}, [0, 1, 2], {0, 1}, [0, 0.5, 1])
    assert [str(typeof(v)) for v in (d, a, s, late)] == ["DictType[int64,float64]", "ListType[float64]", "SetType[int64]", "ListType[float64]"]
    del d, a, s, late
    assert balance() == before


def test_threads_do_not_tear_containers():
    import threading

    numbers = typed.List.empty_list(types.int64)
    table = typed.Dict.empty(types.int64, types.int64)

    @njit(nogil=True)
    def grow(numbers, table, start):
        for i in range(20000):
            numbers.append(i)
            table[i * 4 + start] = i

    threads = [threading.Thread(target=grow, args=(numbers, table, k)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(numbers) == len(table) == 80000


def test_typed_lists_sort_compiled():
    values = [3.5, -1.0, 2.0, float("inf"), -1.0]
    key = njit(lambda x: -x)
    for reverse in (False, True):
        for k in (None, key, abs):
            got = typed.List(values)
            got.sort(key=k, reverse=reverse)
            assert list(got) == sorted(values, key=getattr(k, "py_func", k), reverse=reverse)
    assert key.signatures
    texts = typed.List(["b", "a", "ab"])
    texts.sort()
    assert list(texts) == ["a", "ab", "b"]
    with pytest.raises(ValueError, match="truth value"):
        typed.List([np.arange(3), np.arange(3)]).sort()


def test_tables_of_many_nans():
    n = 20_000
    assert njit(lambda a: len(set(a)))(np.full(n, np.nan)) == n
    assert njit(lambda a: len({x: 1 for x in a}))(np.full(n, np.nan, np.float32)) == n


def test_index_of_typed_lists():
    assert njit(lambda x: (x.index(3, end=4), x.index(item=3, start=2), x.index(3, 1, 5)))(typed.List([1, 3, 3, 5])) == (1, 2, 1)
    with pytest.raises(errors.TypingError, match="end argument for index must be an integer"):
        njit(lambda x: x.index(3, end="a"))(typed.List([1]))
    with pytest.raises(ValueError, match="heterogeneous set"):
        njit(lambda x: len(x))({(1,), (2, 3)})
