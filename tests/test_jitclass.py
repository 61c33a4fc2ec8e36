"""`jitclass`: fields, methods and operators, from Python and from compiled code."""

import copy
import pickle

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
