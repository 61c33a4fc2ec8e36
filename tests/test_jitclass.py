"""`jitclass`: fields, methods and operators, from Python and from compiled code."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Optional

import numpy as np
import pytest

from looplift import errors, float64, int64, njit, types
from looplift.experimental import jitclass


@jitclass([("count", int64), ("values", float64[:]), ("scale", float64)])
class Bag:
    limit = 3

    def __init__(self, n, scale=1.0):
        self.count = 0
        self.values = np.zeros(n)
        self.scale = scale

    def add(self, x):
        self.values[self.count] = x * self.scale
        self.count += 1
        return self

    @property
    def total(self):
        return self.values.sum()

    @property
    def doubled(self):
        return 2 * self.count

    @doubled.setter
    def doubled(self, value):
        self.count = value // 2

    @staticmethod
    def area(x, y=2):
        return x * y

    def __len__(self):
        return self.count

    def __getitem__(self, i):
        return self.values[i]

    def __setitem__(self, i, x):
        self.values[i] = x

    def __contains__(self, x):
        return x == self.values[0]

    def __add__(self, other):
        return self.count + other

    def __radd__(self, other):
        return self.count - other

    def __iadd__(self, other):
        self.count += other
        return self

    def __eq__(self, other):
        return self.count == other.count

    def __lt__(self, other):
        return self.count < other.count

    def __neg__(self):
        return -self.count

    def __abs__(self):
        return 77

    def __hash__(self):
        return 5

    def steps(self):
        yield from range(self.count)


def test_from_python():
    b = Bag(4, scale=2.0)
    assert isinstance(b, Bag)
    assert not isinstance((1,), Bag)
    assert b.add(1.5).add(2.0).count == 2
    assert (b.values.tolist(), b.total, b.doubled, b.limit) == ([3.0, 4.0, 0.0, 0.0], 7.0, 4, 3)
    b.doubled = 6
    b.scale = 3
    assert (b.count, b.scale) == (3, 3.0)
    assert (Bag.area(3), b.area(3, 4), list(b.steps())) == (6, 12, [0, 1, 2])
    with pytest.raises(AttributeError):
        b.unknown = 1
    with pytest.raises((TypeError, ValueError)):
        b.count = "x"


def behaviour(b, c):
    b[0] = 8.0
    b += 1
    return (
        len(b), b[0], 8.0 in b, 9.0 in b, 9.0 not in b, b + 10, 10 + b, b == c, b != c, b < c, c > b, -b, abs(b), hash(b), bool(b), not b,
        b.total, b.limit, b.area(2), b.doubled,
    )  # fmt: skip


def test_python_and_compiled_code_agree():
    want = behaviour(Bag(2), Bag(2).add(1.0))
    assert njit(behaviour)(Bag(2), Bag(2).add(1.0)) == want
    assert want[:7] == (1, 8.0, True, False, True, 11, -9)


def test_instances_are_references():
    @njit
    def fill(b, n):
        for i in range(n):
            b.add(i + 1.0)
        other = b
        other.scale = 9.0
        return b, Bag(1)

    b = Bag(3)
    same, fresh = fill(b, 3)
    assert b.values.tolist() == [1.0, 2.0, 3.0]
    assert (same.scale, b.scale, fresh.count) == (9.0, 9.0, 0)
    same.count = 1
    assert b.count == 1


def test_classes_as_fields_and_in_containers():
    @jitclass([("left", Bag.class_type.instance_type), ("name", types.unicode_type)])
    class Pair:
        def __init__(self, bag, name):
            self.left = bag
            self.name = name

        def size(self):
            return self.left.count + len(self.name)

    b = Bag(2).add(5.0)
    p = Pair(b, "xyz")
    assert (p.size(), p.name, p.left.count) == (4, "xyz", 1)
    b.count = 2
    assert p.size() == 5

    @njit
    def total(n):
        bags = [Bag(1).add(float(i)) for i in range(n)]
        s = 0.0
        for b in bags:
            s += b.total
        return s

    assert total(5) == 10.0


def test_specifications():
    @jitclass
    class Annotated:
        x: int
        y: float

        def __init__(self, x):
            self.x = x
            self.y = x / 2

    assert (Annotated(3).x, Annotated(3).y) == (3, 1.5)

    @jitclass
    class Outer:
        inner: Annotated

        def __init__(self, x):
            """Doc."""
            self.inner = Annotated(x)

    assert Outer(5).inner.y == 2.5

    class Base:
        def twice(self):
            return self.x * 2

    class Derived(Base):
        def __init__(self, x=4):
            self.x = x

    made = jitclass(Derived, {"x": int64})
    assert made().twice() == 8
    assert made(x=2).twice() == 4


@pytest.mark.parametrize(
    "make, error",
    [
        (lambda: jitclass([("x", int)])(type("C", (), {})), TypeError),
        (lambda: jitclass([(1, int64)])(type("C", (), {})), TypeError),
        (lambda: jitclass([("x", int64)], nonsense=1), KeyError),
        (lambda: jitclass(Bag, []), TypeError),
        (lambda: jitclass([])(3), TypeError),
        (lambda: jitclass([("f", int64)])(type("C", (), {"f": lambda self: 1})), NameError),
        (lambda: jitclass([("f", int64)])(type("C", (), {"f": property(lambda self: 1)})), NameError),
        (lambda: jitclass([("x", int64)])(type("C", (), {"__init__": lambda self: setattr(self, "y", 1)}))(), errors.NumbaError),
    ],
)
def test_refusals(make, error):
    with pytest.raises(error):
        make()


def test_fields_without_a_value():
    @jitclass([("a", float64[:])])
    class Late:
        def __init__(self):
            pass

        def first(self):
            return self.a[0]

    late = Late()
    for read in (lambda: late.a, late.first):
        with pytest.raises(AttributeError, match="no value"):
            read()
    late.a = np.ones(2)
    assert late.first() == 1.0


def test_classes_without_fields_and_with_keyword_only_parameters():
    empty = jitclass([])(type("Empty", (), {"one": lambda self: 1}))
    a, b = empty(), empty()
    assert (a.one(), a == a, a == b, bool(a)) == (1, True, False, True)

    @jitclass([("x", int64)])
    class Keyword:
        def __init__(self, a, *, b=2):
            """Doc."""
            self.x = a * b

    assert (Keyword(3).x, Keyword(3, b=5).x, Keyword.__init__.__doc__) == (6, 15, "Doc.")
    with pytest.raises(TypeError, match="subclass"):
        type("Sub", (Keyword,), {})


def test_copies():
    b = Bag(2).add(4.0)
    for c in (pickle.loads(pickle.dumps(b)), copy.deepcopy(b)):
        c.count = 9
        assert (b.count, c.values.tolist()) == (1, [4.0, 0.0])


def test_operators_that_are_missing():
    b = Bag(1)
    for use in (lambda a, b: a * b, lambda a, b: a - b, lambda a, b: a @ b):
        with pytest.raises(TypeError):
            use(b, 2)
        with pytest.raises(errors.NumbaError):
            njit(use)(b, 2)


@jitclass
@dataclass(order=True)
class Point:
    x: float
    y: float = 2.0

    def norm(self):
        return (self.x**2 + self.y**2) ** 0.5


@jitclass
@dataclass(frozen=True)
class Frozen:
    x: int
    label: str = "none"

    def doubled(self):
        return 2 * self.x


@jitclass
@dataclass
class Shifted:
    x: int

    def __post_init__(self):
        self.x += 10

    def __repr__(self):
        return "shifted"


def test_dataclasses():
    assert Point(3.0, 4.0).norm() == 5.0 and Point(1.0).y == 2.0 and Point(y=1.0, x=2.0).x == 2.0
    assert Point(1.0) == Point(1.0, 2.0) != Point(1.0, 3.0) and Point(1.0) < Point(1.0, 2.5) <= Point(2.0)
    assert repr(Point(1.0)) == "Point(x=1.0, y=2.0)"
    assert njit(lambda a, b: (a == b, a < b, Point(a.x, b.y).norm()))(Point(3.0), Point(0.0, 4.0)) == (False, False, 5.0)
    assert Shifted(1).x == 11 and repr(Shifted(1)) == "shifted"
    f = Frozen(3, "three")
    assert f.doubled() == 6 and f.label == "three" and f == Frozen(3, "three")
    with pytest.raises(FrozenInstanceError):
        f.x = 4
    with pytest.raises(errors.TypingError, match="frozen"):

        @njit
        def change(f):
            f.x = 4

        change(f)
    with pytest.raises(TypeError, match="default_factory"):

        @jitclass
        @dataclass
        class Listed:
            x: int = field(default_factory=int)


class Shape:
    def area(self):
        return self.w * self.h

    def double(self):
        return 2 * self.area()


@jitclass([("w", int64), ("h", int64)])
class Square(Shape):
    def __init__(self, w):
        self.w = self.h = w

    def area(self):
        return Shape.area(self) + 1


def test_bases():
    assert (Square(3).area(), Square(3).double()) == (10, 20)
    assert njit(lambda s: s.double())(Square(3)) == 20
    assert Square.mro()[1].__name__ == "Square" and issubclass(Square, Shape)
    with pytest.raises(TypeError, match="cannot subclass"):

        @jitclass([("x", int64)])
        class Below(Square):
            pass


@jitclass
class Link:
    value: "int"
    next: Optional["Link"]

    def __init__(self, value):
        self.value = value
        self.next = None


def test_annotations_as_texts():
    a = Link(1)
    a.next = Link(2)
    assert a.next.value == 2 and a.next.next is None and "next" in Link.class_type.instance_type.struct


def test_instances_are_made_by_their_class():
    inside = type(Bag(1))
    for given in ((), (np.zeros(0, np.int64),), (1, 2, 3)):
        with pytest.raises(TypeError, match="made by calling"):
            inside(*given)
    assert njit(lambda b: (isinstance(b, Bag), isinstance(b, tuple), isinstance(b, Square), isinstance(b, (int, Bag))))(Bag(1)) == (True, False, False, True)
    for use in (lambda b: getattr(b, "0"), lambda b: [v for v in b], lambda b: 1 in b, lambda b: b[0], lambda b: len(b), lambda b: b + b):
        with pytest.raises((errors.TypingError, TypeError)):
            njit(use)(Square(1))


def test_init_returns_none():
    @jitclass([])
    class Returns:
        def __init__(self):
            return 7

    with pytest.raises(errors.TypingError, match="should return None"):
        Returns()


def test_conversions_through_others():
    @jitclass([])
    class Number:
        def __init__(self):
            pass

        def __float__(self):
            return 3.25

    assert njit(lambda n: (complex(n), float(n)))(Number()) == (3.25 + 0j, 3.25)
    with pytest.raises(errors.TypingError, match="int"):
        njit(lambda n: int(n))(Number())


def test_an_instance_made_by_hand_reads_nothing_foreign():
    @jitclass([("x", types.float64), ("n", types.int64)])
    class Pair:
        def __init__(self, x):
            self.x = x
            self.n = 1

    real = Pair(2.5)
    parts = [tuple.__getitem__(real, k) for k in range(tuple.__len__(real))]
    forged = tuple.__new__(type(real), tuple(part[:0] for part in parts))

    @njit
    def read(p):
        return p.x, p.n

    @njit
    def write(p):
        p.x = 1.0

    assert read(real) == (2.5, 1)
    for f in (read, write):
        with pytest.raises(IndexError):
            f(forged)
