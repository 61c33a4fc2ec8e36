"""`collections`, `frozenset`, `itertools` and displays of several types; what overloads see of displays; what is refused."""

import collections
import itertools
import operator

import numpy as np
import pytest
from test_containers import agree, balance

from looplift import errors, njit, typed, typeof, types
from looplift.extending import overload

pytestmark = pytest.mark.filterwarnings("ignore::looplift.errors.NumbaPendingDeprecationWarning")


def source(body):
    lines = "\n    ".join(body.replace("\\n", "\n").split("\n"))
    scope = {"collections": collections, "itertools": itertools, "operator": operator, "np": np}
    exec(f"def f():\n    {lines}", scope)
    return scope["f"]


COLLECTIONS = r"""
d = collections.defaultdict(int)\nfor i in range(10):\n    d[i % 3] += i\nreturn d[0], d[1], d[7], len(d), d
d = collections.defaultdict(float)\nd["a"] += 1.5\nreturn d["a"], d["b"], "b" in d, d.get("c", 2.0)
d = collections.defaultdict(list)\nfor i in range(10):\n    d[i % 3].append(i)\nreturn d
d = collections.defaultdict(set)\nfor i in range(10):\n    d[str(i % 3)].add(i * 0.5)\nreturn len(d["0"]), len(d["9"])
d = collections.defaultdict(dict)\nfor i in range(10):\n    d[i % 3][i] = i * 2.0\nreturn d[1][4], len(d[0])
c = collections.Counter("hello")\nc["q"] += 2\nreturn c, c["zz"], len(c), c.most_common(2), c.total(), c.most_common()
c = collections.Counter()\nfor w in ["a", "b", "a"]:\n    c[w] += 1\nc.update(["b", "b", "c"])\nc.subtract(["a"])\nreturn c
c = collections.Counter([3, 1, 3, 2, 2, 3])\nc.update(collections.Counter([1, 9]))\nreturn c, list(c.elements()), 5 in c, c.pop(3)
q = collections.deque([1, 2, 3])\nq.append(4)\nq.appendleft(0)\na = q.popleft()\nq.extendleft([7, 8])\nq.rotate(1)\nreturn q, a, q.pop(), q[0]
q = collections.deque()\nfor i in range(100):\n    q.appendleft(i)\nfor i in range(50):\n    q.pop()\nfor i in range(5):\n    q.rotate(-3)\nreturn q
q = collections.deque()\nq.append("a")\nq.popleft()\nq.popleft()
q = collections.deque(range(5))\nfor _ in range(1000):\n    q.append(q.popleft() + 1)\nreturn q
x = [0]\nfor i in range(500):\n    x.insert(0, i)\nfor i in range(300):\n    x.pop(0)\n    x.append(i)\ndel x[0:3]\nx[0:0] = [9, 8, 7]\nreturn x
x = ["a"]\nfor i in range(50):\n    x.insert(0, str(i))\nfor i in range(40):\n    x.pop(0)\nreturn x
d = collections.OrderedDict()\nd["a"] = 1\nd["b"] = 2\nd.move_to_end("a")\nreturn d
d = collections.OrderedDict()\nfor i in range(6):\n    d[i] = i * i\nd.move_to_end(4, last=False)\na = d.popitem(last=False)\nreturn a, d.popitem(True), d.popitem(last=a[0] > 3), d
d = collections.OrderedDict()\nd["a"] = 1\nd.popitem(last=False)\nd.popitem(last=False)
return list(itertools.permutations((1, 2, 3))), list(itertools.permutations([1, 2, 3], 2))
return max((0, 0), (1, 2)), min((1, "a"), (1, "b"), (0, "z")), max([1, 2], [1], [0, 9]), max((1, 2), (1, 2))
return frozenset([1, 2, 3]), 2 in frozenset((1, 2)), len(frozenset([1, 1])), frozenset([1]) == {1}
return frozenset([1, 2]) | {3}, {1, 5} & frozenset([5]), frozenset([1, 2]) - {2}, frozenset("ab").copy()
return list(itertools.product([1, 2], "ab")), list(itertools.product((0, 1), repeat=3)), list(itertools.product([1], [2.5], [3]))
return list(itertools.chain([1, 2], (3,), range(2))), list(itertools.chain.from_iterable([[1], [2, 3]]))
return list(itertools.islice(itertools.count(5, 2), 4)), list(itertools.repeat(7, 3)), list(itertools.islice(itertools.cycle([1, 2]), 5))
return list(itertools.accumulate([1, 2, 3])), list(itertools.accumulate([1, 2, 3], operator.mul)), list(itertools.pairwise([1, 2, 3]))
return list(itertools.combinations([1, 2, 3, 4], 2)), list(itertools.permutations("abc", 3))
return list(itertools.combinations_with_replacement([1, 2], 2)), list(itertools.combinations([1], 2))
return list(itertools.takewhile(lambda v: v < 3, [1, 2, 3, 1])), list(itertools.dropwhile(lambda v: v < 3, [1, 2, 3, 1]))
return list(itertools.filterfalse(lambda v: v > 1, [1, 2])), list(itertools.compress([1, 2, 3], [1, 0, 1])), list(itertools.starmap(pow, [(2, 3)]))
return list(itertools.islice([1, 2, 3, 4, 5], 1, None)), list(itertools.islice(range(10), 2, 8, 3)), list(itertools.islice([1, 2], 0))
"""


@pytest.mark.parametrize("body", COLLECTIONS.strip().split("\n"))
def test_collections(body):
    agree(source(body))


def test_nested_loops_of_generators():
    def pairs(a, b):
        for x in a:
            for _ in b:
                yield x

    def f(n):
        return list(pairs(range(n), [1, 2])), sum(pairs([n, 2], range(n)))

    pairs = njit(pairs)
    assert njit(f)(3) == ([0, 0, 1, 1, 2, 2], 15)


REFUSED = {
    r"n = len('a')\nd = collections.defaultdict(lambda: n)\nreturn d[1]": "that capture nothing",
    r"d = collections.defaultdict(lambda: 5, {1: 2})\nreturn d[1]": "does not begin empty",
    r"f = frozenset([1])\nf.add(2)": "add",
    r"return {1} | (2,)": "All arguments must be Sets",
    r"return {1} == 1": "All arguments must be Sets",
    r"return {1} & {'a'}": "All Sets must be of the same type",
    r"return {1: 2}.get(1.5)": "cannot safely cast float64 to int64",
    r"return {1: 2}.get(1, 1j)": "cannot safely cast complex128 to int64",
    r"return 1j in {1: 2}": "cannot safely cast complex128 to int64",
    r"return [1, 2]['a']": "list indices must be integers or slices",
    r"x = [1]\nx.insert('a', 1)": "list insert indices must be integers",
    r"x = [1]\nx.pop('a')": "argument for pop must be an integer",
    r"x = [1]\nx.sort(key='a')": "Key must be None or a Numba JIT compiled function",
    r"x = [1]\nx.sort(reverse='a')": "an integer is required for 'reverse'",
    r"x = ['a', 1]\nx.append(2)": "Cannot mutate a literal list",
    r"x = ['a', 1]\nx[0] = 2": "Cannot mutate a literal list",
    r"x = ['a', 1]\ndel x[0]": "Cannot mutate a literal list",
    r"x = ['a', 1]\nreturn x[:1]": "Cannot __getitem__ on a literal list",
    r"d = {'a': 1, 'b': 'x'}\nd['a'] = 2": "Cannot mutate a literal dictionary",
    r"d = {'a': 1, 'b': 'x'}\nreturn d['c']": "Key 'c' is not in dict.",
    r"d = {'a': 1, 'b': 'x'}\nd.update(d)": "Cannot mutate a literal dictionary",
}


@pytest.mark.parametrize("body", REFUSED)
def test_what_is_refused(body):
    with pytest.raises((errors.TypingError, errors.UnsupportedError)) as e:
        njit(source(body))()
    assert REFUSED[body] in str(e.value)


LITERALS = r"""
x = ["a", 1, 2.5]\nreturn x[0], x[-1], len(x), x.count(1), "a" in x, "b" in x
x = ["a", 1].copy()\na, b = x\nreturn a, b, x == ["a", 1]
x = ["a", 1]\nreturn x
d = {"a": 1, "b": "x", "a": 2}\nreturn d["a"], len(d), "a" in d, "z" in d, d == d.copy(), d.get("b")
d = {"a": 1, "b": "x"}\nreturn [k for k in d.keys()]
"""


@pytest.mark.parametrize("body", LITERALS.strip().split("\n"))
def test_displays_of_several_types(body):
    f = source(body)
    assert njit(f)() == f()


def _seen():
    pass


@overload(_seen)
def _see(x):
    SEEN.append(x)
    return lambda x: 0


SEEN = []


def seen(body):
    SEEN.clear()
    scope = {"_seen": _seen, "np": np}
    exec(f"def f(n):\n    x = {body}\n    return _seen(x)", scope)
    njit(scope["f"])(3)
    return SEEN


def test_what_overloads_see_of_displays():
    found = seen("[1, 2, 3]")
    assert found[0].initial_value is None and isinstance(found[0], types.List) and not hasattr(found[0], "literal_value")
    assert seen("[n, 2]")[-1].initial_value is None
    assert str(types.List(types.int64, initial_value=[1, 2])) == "list(int64)<iv=[1, 2]>"
    assert types.List(types.int64, initial_value=[1]) != types.List(types.int64)
    assert types.List(types.int64, initial_value=[1]).unliteral == types.List(types.int64)
    assert types.DictType(types.unicode_type, types.int64, initial_value={"a": 1}).initial_value == {"a": 1}
    mixed = seen("['a', n, np.ones(2), [1, 2]]")[0]
    assert isinstance(mixed, types.LiteralList) and not isinstance(mixed, types.BaseTuple)
    assert mixed.literal_value[:2] == [types.literal("a"), types.int64] and mixed.literal_value[3].initial_value == [1, 2]
    named = seen("{'a': 1, 'b': 2j, 'c': 'd'}")[0]
    assert isinstance(named, types.LiteralStrKeyDict) and named.literal_value[types.literal("c")] == types.literal("d")
    assert types.LiteralStrKeyDict(named.literal_value) == named
    assert types.LiteralList([types.int64]).literal_value == [types.int64]


def test_frozen_typed_lists():
    @njit
    def change(x, what):
        if what == 0:
            x.append(1)
        elif what == 1:
            x[0] = 1
        elif what == 2:
            x.pop()
        elif what == 3:
            x.reverse()
        elif what == 4:
            x.sort()
        return x._is_mutable()

    x = typed.List([3, 1, 2])
    x._make_immutable()
    assert not x._is_mutable() and len(x) == 3 and x[0] == 3
    for what in range(5):
        with pytest.raises(ValueError, match="list is immutable"):
            change(x, what)
    for action in (lambda: x.append(1), lambda: x.pop(), lambda: x.__setitem__(0, 1), lambda: x.extend([1])):
        with pytest.raises(ValueError, match="list is immutable"):
            action()
    x._make_mutable()
    assert change(x, 0) and list(x) == [3, 1, 2, 1]

    @njit
    def room(n):
        return typed.List.empty_list(types.int64, allocated=n)._allocated()

    assert room(7) == 7
    with pytest.raises(RuntimeError, match="allocated"):
        room(-1)


def test_typed_lists_keep_their_length_while_iterated():
    @njit
    def f(x):
        for v in x:
            x.append(v)

    with pytest.raises(RuntimeError, match="mutated during iteration"):
        f(typed.List([1, 2]))


def test_typed_containers_from_python():
    before = balance()
    x = typed.List(["a", "b"])
    x[0] = "c"
    x.append("d")
    assert (list(x), x[-1], x[np.int64(1)], "d" in x, len(x)) == (["c", "b", "d"], "d", "b", True, 3)
    for i in (3, -4, 2**70):
        with pytest.raises(IndexError):
            x[i]
    with pytest.raises(TypeError):
        x["a"]
    d = typed.Dict.empty(types.unicode_type, types.float64)
    d["a"] = 1.5
    d["a"] = 2
    d["b"] = 0.5
    assert (d["a"], d.get("z"), d.get("z", 3), "b" in d, "c" in d) == (2.0, None, 3, True, False)
    for missing in ("q", "r"):
        with pytest.raises(KeyError, match=missing):
            d[missing]
    with pytest.raises(errors.TypingError, match="cannot safely cast"):
        d[1] = 2.0
    t = typed.Dict.empty(types.Tuple([types.int64, types.int64]), types.unicode_type)
    t[1, 2] = "x"
    with pytest.raises(KeyError) as e:
        t[3, 4]
    assert e.value.args == ((3, 4),) and t[1, 2] == "x"
    s = typed.Set([1, 2])
    s.add(3)
    assert 3 in s and 4 not in s and str(typeof(s)) == "SetType[int64]"
    nested = typed.List([typed.List([1])])
    nested[0] = typed.List([5, 6])
    assert nested[0][1] == 6
    with pytest.raises(errors.TypingError, match="forbidden"):
        typed.Dict.empty(types.int64, types.List(types.int64))
    del x, d, t, s, nested
    assert balance()[0] <= before[0]


def test_typed_lists_of_arrays_without_dimensions():
    @njit
    def f(a):
        return typed.List(a)

    assert list(f(np.array(3))) == list(typed.List(np.array(3))) == [3]
    with pytest.raises(errors.TypingError, match="must be iterable"):
        njit(lambda: typed.List(5))()
    with pytest.raises(TypeError, match="no keyword arguments"):
        typed.List(items=[1])


def test_dicts_iterate_over_what_is_alive():
    def f(n):
        d = {}
        for i in range(n):
            d[i] = i * 0.5
        for i in range(0, n, 3):
            del d[i]
        s = {1, 2, 3}
        s.discard(2)
        return [k for k in d], list(d.values()), sum(d), list(d.items())[:2], [v for v in s], len(d)

    for n in (1, 2, 10, 100):
        assert njit(f)(n) == f(n)


def default_of_lambdas(n):
    counts = collections.defaultdict(lambda: 0)
    lists = collections.defaultdict(lambda: [])
    texts = collections.defaultdict(lambda: "")
    sets = collections.defaultdict(lambda: set())
    for k in range(n):
        counts[k % 2] += 1
        lists[k % 3].append(k)
        texts["a"] += str(k)
        sets[0].add(k % 2)
    return counts[1], len(lists), lists[0], texts["a"], len(sets[0]), counts[9]


def test_factories_that_give_the_empty_value():
    assert njit(default_of_lambdas)(7) == default_of_lambdas(7)
    mine, theirs = (collections.defaultdict(lambda: 0, {"a": 1}) for _ in range(2))

    def count(d):
        d["b"] += 2
        return d["c"], len(d)

    assert njit(count)(theirs) == count(mine) and theirs == mine
