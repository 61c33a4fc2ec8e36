"""Dataclasses and other plain instances as arguments and results: read, assigned to, made, nested; one object stays one."""

import copy
import dataclasses
import gc
import sys
import typing
from dataclasses import dataclass, field

import numpy as np
import pytest

from looplift import errors, njit, types

from support.module import allocation_stats


@dataclass
class Point:
    x: int
    y: float
    tag: str = "t"

    def norm(self):
        return (self.x**2 + self.y**2) ** 0.5

    def move(self, d):
        self.x += d
        return self

    @property
    def double(self):
        return self.x * 2

    @double.setter
    def double(self, v):
        self.x = v // 2

    @staticmethod
    def unit(k):
        return k + 1

    @classmethod
    def origin(cls):
        return cls(0, 0.0)


@dataclass(slots=True)
class Shape:
    ids: list[int]
    at: Point
    limit: typing.Optional[int] = None
    weights: dict = field(default_factory=dict)


@dataclass(frozen=True, order=True)
class Key:
    a: int
    b: str = "z"


@dataclass
class Total:
    total: float = 0
    items: list[int] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    names: dict[str, int] = field(default_factory=dict)


@dataclass
class Derived:
    a: float
    area: float = field(init=False)

    def __post_init__(self):
        self.area = self.a * self.a


@dataclass
class Holder:
    arr: np.ndarray
    other: object = None

    def __eq__(self, other):
        return bool(self.arr[0] == other.arr[0])


@dataclass(eq=False)
class Bare:
    x: int


class Plain:
    def __init__(self, n):
        self.n = n
        self.items = [1.0]

    def add(self, v):
        self.items.append(v)
        self.n += 1

    def __len__(self):
        return len(self.items)

    def __add__(self, other):
        return self.n + other.n

    def __getitem__(self, k):
        return self.items[k]

    def __iter__(self):
        for item in self.items:
            yield item * 2

    def __eq__(self, other):
        return self.__dict__ == other.__dict__

    def __repr__(self):
        return f"Plain{vars(self)}"


class Named(typing.NamedTuple):
    a: int
    b: list


def point():
    return Point(1, 2.5)


def shape():
    return Shape([1, 2], Point(1, 2.0), None, {1: 2.0})


def assigned(p):
    p.x = 7
    p.tag = p.tag + "q"
    return p.x, p.tag


def augmented(p):
    for k in range(10):
        p.x += k
        p.y *= 0.5
    return p


def methods(p):
    p.double = 10
    return p.norm(), p.move(3).x, p.double, p.unit(4), p.origin(), p


def containers(s):
    s.ids.append(5)
    s.at.x += 1
    s.limit = 3
    s.weights[9] = 1.5
    return s.ids, s.at, s.limit


def replaced_fields(s):
    s.ids = [9, 8]
    s.at = Point(5, 6.5)
    s.ids.append(7)
    s.limit = None
    return s


def made(n):
    return [Point(k, k * 1.0, "q") for k in range(n)], (Point(n, 0.5), n)


def in_list(ps):
    s = 0.0
    for p in ps:
        p.x += 1
        s += p.y
    ps.append(Point(9, 9.0))
    return s, ps[0] is ps[1], ps[0] == ps[1], ps[0] != ps[2], ps


def in_dict(d):
    d["a"].x = 5
    d["b"] = Point(1, 1.0)
    return d["a"].y


def in_tuple(t):
    _, (p, c) = t
    p.x = c
    return t


def comparisons(k):
    return k == Key(1), k < Key(2), k >= Key(0), hash(k) == hash(Key(1)), k != Key(3), repr(k), str(k), f"{k}", k == 3


def frozen(k):
    k.a = 3


def late(k):
    if k.a > 5:
        k.a = 3
    return k.a


def by_identity(b):
    c = Bare(b.x)
    return b == b, b == c, b != c, b is b, b is c


def plain(x):
    x.add(2.0)
    return len(x), x.n, x + x, bool(x), x[1], [v for v in x]


def replaced(p):
    return dataclasses.replace(p, x=10), p


def maybe(p):
    if p.x > 100:
        return None
    return p


def optional_field(s):
    if s.limit is None:
        s.limit = 4
        return 0
    return s.limit


def matched(p):
    match p:
        case Point(x=1, y=yy):
            return yy
        case Point(x, y):
            return x + y


def questions(p):
    return isinstance(p, Point), isinstance(p, (int, Key)), type(p) is Point, hasattr(p, "x"), hasattr(p, "zz"), getattr(p, "y")


def set_by_name(p):
    setattr(p, "x", 44)
    return p.x


def raising(p):
    p.x = 5
    raise ValueError(p.x)


def arrays(h):
    h.arr[0] = 9
    h.arr = h.arr * 2
    return float(h.arr[1]), h == h


def defaults():
    t = Total(1.5)
    t.items.append(2)
    t.seen.add("a")
    t.names["k"] = 1
    return t, Total(0.5, [1])


def accumulated(t):
    t.total += 1.5
    t.items.append(2)
    t.seen.add("x")
    t.names["n"] = 2
    return t.total


def derived(a):
    d = Derived(a)
    return d.area, d


def named(t):
    t.b.append(3)
    return t._replace(a=5), t.a, t.b, t


def in_containers(ps):
    q = Point(2, 2.0)
    return q in ps, ps.index(q), ps.count(q), ps == [q], [p.x for p in sorted(ps, key=lambda p: -p.x)]


def printed(p):
    p.x = 2
    return f"{p}", repr(p)


ROWS = [
    (assigned, point),
    (augmented, point),
    (methods, point),
    (containers, shape),
    (replaced_fields, shape),
    (optional_field, shape),
    (optional_field, lambda: Shape([1], Point(1, 2.0), 3)),
    (made, lambda: 3),
    (in_list, lambda: [Point(1, 2.0), Point(1, 2.0)]),
    (in_dict, lambda: {"a": Point(1, 2.0)}),
    (in_tuple, lambda: (1, (Point(1, 2.0), 3))),
    (comparisons, lambda: Key(1)),
    (frozen, lambda: Key(1)),
    (late, lambda: Key(1)),
    (late, lambda: Key(7)),
    (by_identity, lambda: Bare(3)),
    (plain, lambda: Plain(4)),
    (replaced, point),
    (maybe, point),
    (maybe, lambda: Point(1000, 2.0)),
    (matched, point),
    (matched, lambda: Point(5, 1.0)),
    (questions, point),
    (set_by_name, point),
    (raising, point),
    (arrays, lambda: Holder(np.arange(1.0, 4.0))),
    (accumulated, lambda: Total(0.5)),
    (derived, lambda: 3.0),
    (named, lambda: Named(1, [1, 2])),
    (printed, point),
    (in_containers, lambda: [Point(k, float(k)) for k in range(4)]),
]


def outcome(function, arg):
    try:
        return function(arg), None
    except Exception as e:
        return None, e


@pytest.mark.parametrize("row", range(len(ROWS)), ids=lambda k: ROWS[k][0].__name__)
def test_as_in_the_interpreter(row):
    function, make = ROWS[row]
    mine, theirs = make(), make()
    want, raised = outcome(function, mine)
    got, error = outcome(njit(function), theirs)
    assert repr(got) == repr(want)
    assert repr(theirs) == repr(mine)
    assert type(error) is type(raised) and str(error) == str(raised)


def test_results_without_arguments():
    assert njit(defaults)() == defaults()


def test_one_object_stays_one():
    p = Point(1, 2.0)

    def same(p, q, ps):
        p.x = 5
        ps[0].y = 7.0
        q.tag = "z"
        return p is q, ps[0] is p, p, ps

    got = njit(same)(p, p, [p])
    assert got[:2] == (True, True) and got[2] is p and got[3][0] is p
    assert p == Point(5, 7.0, "z")

    s, ids = shape(), [1]
    s.ids = ids

    def shared(s, ids):
        ids.append(2)
        s.ids.append(3)
        return s.ids is ids

    assert njit(shared)(s, ids) and ids == [1, 2, 3] and s.ids is ids

    def twice(n):
        p = Point(n, 1.0)
        return [p, p], p

    got = njit(twice)(1)
    assert got[0][0] is got[0][1] is got[1]


def test_only_what_changes_is_written():
    class Watched:
        def __init__(self):
            self.a, self.b = 10**9, "b" * 50

    w = Watched()
    a, b = w.a, w.b

    def change(w):
        w.a += 0
        return w.b

    assert njit(change)(w) is b and w.b is b and w.a == a


def test_types_follow_annotations():
    def grow(t):
        t.total += 0.5

    t = Total()
    njit(grow)(t)
    assert t.total == 0.5
    f = njit(lambda p: p.x)
    assert f(Point(1, 2.0)) == 1 and f(Point(2.5, 2.0)) == 2.5
    text = str(f.signatures)
    assert "x: int64, y: float64" in text and "x: float64, y: float64" in text


@dataclass
class Node:
    value: int
    next: typing.Optional["Node"] = None
    me: object = None


def test_what_refers_to_itself():
    n = Node(1, Node(2))
    n.me = n
    assert njit(lambda n: n.value)(n) == 1
    with pytest.raises(errors.TypingError, match="own class"):
        njit(lambda n: n.next)(n)
    many = [n]
    n.me = many
    assert njit(lambda n: n.value)(n) == 1


def refused_new(p):
    p.nope = 3


def refused_float(p):
    p.x = 2.5


def refused_missing(p):
    return p.zz


def refused_length(p):
    return len(p)


def refused_item(p):
    return p[0]


def refused_call(p):
    return p(1)


def refused_arguments(p):
    return Point(1)


@pytest.mark.parametrize("function", [f for name, f in list(globals().items()) if name.startswith("refused_")], ids=lambda f: f.__name__)
def test_refusals(function):
    with pytest.raises(errors.NumbaError):
        njit(function)(Point(1, 2.0))


def test_fields_that_are_not_read():
    h = Holder(np.ones(2), object())
    assert njit(lambda h: h.arr.sum())(h) == 2
    assert njit(lambda h: h)(h) is h
    with pytest.raises(errors.TypingError, match="does not read"):
        njit(lambda h: h.other)(h)


class Odd:
    """Raises where its field is read for the second time, or written."""

    reads = 0

    def __init__(self):
        self.first = [1, 2]

    def __getattribute__(self, name):
        if name == "last":
            Odd.reads += 1
            if Odd.reads > 1:
                raise OverflowError("no more")
            return 1
        return object.__getattribute__(self, name)


def test_exceptions_on_the_way_in_and_out():
    f = njit(lambda o: o.first[0])
    o = Odd()
    o.__dict__["last"] = 5
    gc.collect()
    before = allocation_stats()
    for _ in range(5):
        Odd.reads = 0
        with pytest.raises(OverflowError, match="no more"):
            f(o)
    gc.collect()
    after = allocation_stats()
    if before is not None:
        assert after["alloc"] - before["alloc"] == after["free"] - before["free"]

    class Refuses:
        __slots__ = ("__dict__",)

        def __setattr__(self, name, value):
            raise OverflowError(name)

    r = Refuses()
    r.__dict__["x"] = 1
    assert njit(lambda r: r.x)(r) == 1
    with pytest.raises(errors.TypingError, match="__setattr__"):
        njit(assigned)(r)


def test_nothing_is_kept():
    f = njit(containers)
    s = shape()
    f(s)
    counts = [sys.getrefcount(o) for o in (s, s.ids, s.at, s.weights)]
    for _ in range(10):
        f(s)
        f(copy.deepcopy(s))
    assert [sys.getrefcount(o) for o in (s, s.ids, s.at, s.weights)] == counts

    def failing(s):
        s.at = Point(1, 1.0)
        s.ids = [1, 2]
        raise ValueError

    g = njit(failing)
    for _ in range(5):
        with pytest.raises(ValueError):
            g(s)
    assert s.ids == [1, 2] and s.at == Point(1, 1.0)


def test_many():
    ps = [Point(k, 1.0) for k in range(20_000)]

    def total(ps):
        s = 0.0
        for p in ps:
            p.tag = "u"
            s += p.x * p.y
        return s

    assert njit(total)(ps) == sum(range(20_000)) and {p.tag for p in ps} == {"u"}


def test_across_functions_and_generators():
    @njit
    def inner(p):
        p.x += 1
        return p

    @njit
    def outer(p):
        return inner(inner(p)) is p, p.x

    p = Point(0, 1.0)
    assert outer(p) == (True, 2) and p.x == 2

    @njit
    def points(n):
        for k in range(n):
            yield Point(k, 0.5)

    assert list(points(3)) == [Point(k, 0.5) for k in range(3)]

    @njit
    def consumed(n):
        s = 0
        for p in points(n):
            s += p.x
        return s

    assert consumed(4) == 6


def test_declared_numpy_and_core_types():
    @dataclass
    class Small:
        a: np.float32
        b: types.int32 = 0

    def f(s):
        s.a = 0.1
        return s.a

    assert njit(f)(Small(np.float32(1.0))) == np.float32(0.1)


class Odd2:
    """Equal by a rule of its own."""

    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return self.n % 2 == other.n % 2

    def __hash__(self):
        return self.n % 2


@pytest.mark.parametrize("keyed", [{Odd2(1): 1}, {Odd2(1)}, {(Odd2(1), 2): 1}, {Key(1): 2}, frozenset({Odd2(3)})], ids=["dict", "set", "in a tuple", "by fields", "frozenset"])
def test_objects_are_no_keys(keyed):
    with pytest.raises(errors.TypingError, match="cannot be keys|[Cc]annot determine"):
        njit(lambda d: len(d))(keyed)


def test_shown_again_and_again():
    def shown(p, n):
        text = ""
        for _ in range(n):
            p.x += 1
            text += f"{p}" + repr(p) + str(p)
        return text

    p, q = Point(1, 2.0), Point(1, 2.0)
    assert njit(shown)(p, 50) == shown(q, 50) and p == q
    assert sys.getrefcount(p) == sys.getrefcount(q)


def test_in_keyword_arguments_and_defaults():
    @njit
    def named(**more):
        return more["p"].x

    assert named(p=Point(3, 1.0)) == 3
    assert njit(lambda p=Point(4, 1.0): p.x)() == 4
    assert njit(lambda *p: p[1].x)(1, Point(5, 1.0)) == 5


def test_different_classes_and_types_do_not_mix():
    f = njit(lambda ps: [p.x for p in ps])
    for other in (Point(2.5, 1.0), 3, type("Sub", (Point,), {})(1, 2.0)):
        with pytest.raises(TypeError, match="heterogeneous"):
            f([Point(1, 1.0), other])
