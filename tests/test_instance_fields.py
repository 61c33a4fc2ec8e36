"""Fields of instances of jitted classes: read and written from Python, in loops of compiled code, and what a hand-made instance may not do."""

import numpy as np
import pytest

from looplift import boolean, complex128, deferred_type, errors, float32, float64, int8, int64, njit, types, typeof
from looplift.experimental import jitclass
from looplift.typed import List


@jitclass(
    [
        ("n", int64),
        ("v", float64),
        ("small", int8),
        ("single", float32),
        ("z", complex128),
        ("flag", boolean),
        ("x", float64[:]),
        ("y", float64[:]),
        ("m", int64[:, :]),
        ("name", types.unicode_type),
    ]
)
class Holder:
    def __init__(self, n):
        self.n = n
        self.v = 0.5
        self.x = np.arange(n) * 1.0
        self.y = self.x

    def total(self):
        s = 0.0
        for i in range(self.n):
            s += self.x[i]
        return s

    def shift(self):
        # x and y are one array.
        for i in range(1, self.n):
            self.x[i] = self.y[i - 1] + self.v
        return self.x[self.n - 1]

    def grow(self):
        # The field is another array in each iteration.
        s = 0.0
        for i in range(4):
            self.x = np.ones(i + 1)
            s += self.x[i] + len(self.x)
        return s

    def both(self, other):
        for i in range(10):
            self.v += other.v
            other.n += self.n
        return self.v, self.n

    def mix(self):
        for i in range(100):
            self.n += 1
            self.v += self.n
            self.small += 1
            self.single += 0.5
            self.z += 1j
        return self.n, self.v, self.small, self.single, self.z

    def missing(self, k):
        s = 0
        for i in range(k):
            s += self.m[i, 0]
        return s

    def from_end(self):
        s = 0.0
        for i in range(self.n):
            s += self.x[-i - 1] * i
        return s


def test_numbers_from_python():
    h = Holder(3)
    assert type(h.n) is int and type(h.v) is float and type(h.flag) is bool and type(h.z) is complex and type(h.single) is float
    rows = [
        ("n", np.int64, (5, -(2**63), True, np.int64(3), 2.75)),
        ("v", np.float64, (1.5, 7, np.float32(0.5), 2**70)),
        ("flag", np.bool_, (True, 0, 2)),
        ("small", np.int8, (3, 2.5)),
        ("z", np.complex128, (2, 1.5, 1j)),
        ("single", np.float32, (0.1, 3)),
    ]
    for name, dtype, values in rows:
        for value in values:
            setattr(h, name, value)
            stored = np.zeros(1, dtype)
            stored[0] = value
            assert getattr(h, name) == stored[0].item() and type(getattr(h, name)) is type(stored[0].item())
    wrong = [("n", 2**63, OverflowError), ("n", "1", TypeError), ("v", 1j, TypeError), ("v", b"1", TypeError), ("n", None, TypeError)]
    for name, value, error in (*wrong, ("small", 300, OverflowError)):
        with pytest.raises(error):
            setattr(h, name, value)
    with pytest.raises(AttributeError):
        del h.n
    assert vars(type(h))["n"].__get__(None, type(h)) is vars(type(h))["n"]
    with pytest.raises(TypeError):
        vars(type(h))["n"].__get__(3)


def test_other_fields_from_python():
    h = Holder(3)
    with pytest.raises(AttributeError, match="no value for field 'name' yet"):
        h.name
    h.name = "a"
    assert h.name == "a"
    h.name = "b"
    assert h.name == "b"
    x = np.zeros(7)[::2]
    h.x = x
    assert h.x is x
    with pytest.raises((TypeError, errors.TypingError)):
        h.x = 3
    with pytest.raises((TypeError, errors.TypingError)):
        h.x = np.zeros((2, 2))
    assert h.x is x


def test_arrays_of_fields_in_loops():
    h = Holder(1000)
    assert h.total() == 499500.0
    assert h.from_end() == sum((999 - i) * i for i in range(1000))
    assert h.shift() == 0.0 + 999 * 0.5
    assert h.grow() == 14.0
    assert Holder(1).total() == 0.0 and Holder(0).total() == 0.0
    with pytest.raises(AttributeError):
        h.missing(1)
    assert h.missing(0) == 0
    h.m = np.arange(6).reshape(3, 2)
    assert h.missing(3) == 6
    with pytest.raises(IndexError):
        h.missing(4)
    h = Holder(3)
    h.n = 4
    with pytest.raises(IndexError):
        h.total()


def test_numbers_of_fields_in_loops():
    a, b = Holder(2), Holder(3)

    class Plain:
        def __init__(self, n):
            self.n, self.v, self.small, self.single, self.z = n, 0.5, 0, 0.0, 0j

    def both(x, y):
        for _ in range(10):
            x.v += y.v
            y.n += x.n
        return x.v, x.n

    p, q = Plain(2), Plain(3)
    assert a.both(b) == both(p, q) and (b.n, b.v) == (q.n, q.v)
    assert a.both(a) == both(p, p)
    h = Holder(1)
    assert h.mix() == (101, 0.5 + sum(range(2, 102)), 100, 50.0, 100j)


def test_a_global_array_and_a_field_are_told_apart():
    @njit
    def copy(h, x):
        for i in range(h.n):
            x[i] = h.v * i
            h.v += 1.0
        return x

    assert list(copy(Holder(4), np.zeros(4))) == [0.0, 1.5, 5.0, 10.5]


def tree(kind):
    node = deferred_type()

    @jitclass([("value", kind), ("next", types.optional(node))])
    class Node:
        def __init__(self, value):
            self.value = value
            self.next = None

    node.define(Node.class_type.instance_type)
    return Node


def test_boxes_without_type_belong_to_their_class():
    Numbers, Arrays = tree(float64), tree(float64[:])
    number, array = Numbers(1.5), Arrays(np.arange(3.0))
    number.next = Numbers(2.5)
    assert number.next.value == 2.5

    @njit
    def following(n):
        return n.next.value

    assert following(number) == 2.5
    kind = type(number)
    parts, others = (tuple(tuple.__getitem__(o, k) for k in range(tuple.__len__(o))) for o in (number, array))
    own = next(p for p in parts if not isinstance(p, np.ndarray))
    foreign = [p for p in others if not isinstance(p, np.ndarray)]
    # What is put together of one's own members is an instance again.
    assert following(kind.__looplift_box__(parts)) == 2.5
    for box in (*foreign, List([None]), List([1.5]), List.empty_list(types.none)):
        if typeof(box) == typeof(own):
            forged = kind.__looplift_box__(tuple(box if p is own else p for p in parts))
            with pytest.raises(TypeError):
                following(forged)
    for use in (lambda: own[0], lambda: own._splice(0, 0, own, 0, 1, 1), lambda: own._become(typeof(List([1.5])), 0), lambda: own._push(None)):
        with pytest.raises((TypeError, AttributeError)):
            use()

    @njit
    def length(box):
        return len(box)

    with pytest.raises((TypeError, errors.TypingError)):
        length(own)
