"""Jitted classes: bases and `super()`, class methods, iteration, contexts, questions about attributes."""

import copy
import ctypes
import json
import numbers
import pickle

import numpy as np
import pytest

from looplift import errors, float64, int64, njit, typeof
from looplift.experimental import jitclass


class Shape:
    unit = 10

    def __init__(self, w):
        self.w = w

    def size(self, scale=1):
        return self.w * scale

    @property
    def double(self):
        return 2 * self.w

    @double.setter
    def double(self, value):
        self.w = value // 2

    @staticmethod
    def grown(x):
        return x + 1


class Named(Shape):
    def size(self, scale=1):
        return super().size(scale) + 100


class Marked(Shape):
    def size(self, scale=1):
        return super().size(scale) + 1000


@jitclass([("w", int64), ("h", int64)])
class Box(Named, Marked):
    unit = 20

    def __init__(self, w, h):
        super().__init__(w)
        self.h = h

    def size(self, scale=1):
        return super().size(scale=scale) * self.h

    def above(self):
        super(Box, self).double = 12
        return super().double, super().unit, super().grown(self.h), super(Named, self).size()

    @classmethod
    def square(cls, w, more=0):
        return cls(w, w + more)


def test_super():
    def use(b):
        return b.size(), b.size(2), b.above(), b.double

    assert use(Box(3, 4)) == njit(use)(Box(3, 4)) == (4412, 4424, (12, 10, 5, 1006), 12)
    with pytest.raises(errors.TypingError, match="Unknown attribute 'nothing'"):

        @jitclass([("w", int64)])
        class Bad(Shape):
            def missing(self):
                return super().nothing()

        Bad(1).missing()


def test_class_methods():
    def use(b):
        s, t = Box.square(3), b.square(2, more=5)
        return s.w, s.h, t.w, t.h

    assert use(Box(1, 1)) == njit(use)(Box(1, 1)) == (3, 3, 2, 7)


@jitclass([("n", int64)])
class Steps:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        for i in range(self.n):
            yield i * i

    def down(self, by):
        k = self.n
        while k > 0:
            yield k
            k -= by


@jitclass([("n", int64)])
class Counter:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n


@jitclass([("n", int64)])
class Row:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(np.arange(self.n))


def items(c):
    found = 0
    for x in c:
        if x == 1:
            continue
        found = 10 * found + x
        if x == 25:
            break
    return found


@pytest.mark.parametrize("make", [lambda: Steps(7), lambda: Counter(5), lambda: Steps(0)])
def test_iteration(make):
    assert items(make()) == njit(items)(make())


@jitclass([("values", float64[:]), ("n", int64)])
class Bag:
    def __init__(self, n):
        self.values = np.arange(float(n))
        self.n = n

    def __iter__(self):
        for x in self.values:
            yield x


def test_instances_are_no_tuples():
    @njit
    def total(n):
        found = 0.0
        for bag in [Bag(n), Bag(n + 1)]:
            for x in bag:
                found += x
        return found

    assert total(4) == 16.0
    with pytest.raises(errors.TypingError, match="cannot be iterated"):
        njit(lambda b: [x for x in b])(Box(1, 2))


def test_generator_methods_and_next():
    def use(s, c):
        total = 0
        for k in s.down(2):
            total += k
        return total, next(c), c.__next__()

    assert use(Steps(7), Counter(5)) == njit(use)(Steps(7), Counter(5)) == (16, 4, 3)
    with pytest.raises(StopIteration):
        njit(lambda c: next(c))(Counter(0))


@jitclass([("swallows", int64), ("seen", int64)])
class Guard:
    def __init__(self, swallows):
        self.swallows = swallows
        self.seen = 0

    def __enter__(self):
        self.seen += 1
        return self

    def __exit__(self, kind, value, traceback):
        self.seen += 10 if kind is None else 100
        return self.swallows == 1


def divided(c, x):
    out = -1
    with c as d:
        out = 10 // x + d.seen
    return out, c.seen


def looped(c, n):
    total = 0
    for v in range(n):
        with c:
            if v == 2:
                continue
            if v == 4:
                return total, c.seen
            total += v
    return total, c.seen


@pytest.mark.parametrize("swallows", [0, 1])
@pytest.mark.parametrize("func, arg", [(divided, 5), (divided, 0), (looped, 3), (looped, 6)])
def test_contexts(func, arg, swallows):
    outcomes = []
    for f in (func, njit(func)):
        guard = Guard(swallows)
        try:
            result = f(guard, arg)
        except ZeroDivisionError:
            result = "raised"
        outcomes.append((result, guard.seen))
    assert outcomes[0] == outcomes[1]


def test_attributes_by_name():
    @njit
    def asked(b):
        setattr(b, "h", 7)
        return hasattr(b, "w"), hasattr(b, "size"), hasattr(b, "unit"), hasattr(b, "depth"), getattr(b, "h"), getattr(b, "depth", 5)

    assert asked(Box(1, 2)) == (True, True, True, False, 7, 5)
    with pytest.raises(errors.TypingError, match="has no field 'depth'"):
        njit(lambda b: setattr(b, "depth", 1))(Box(1, 2))


def test_classes_of_other_values():
    def use(x):
        return isinstance(x, Box), isinstance(x, numbers.Real), isinstance(x, (Box, numbers.Number))

    for x in (1, 2.5, "a", (1, 2), 3j):
        assert use(x) == njit(use)(x)
    assert njit(lambda b: isinstance(b, Box))(Box(1, 2)) is True


def test_private_names_and_texts_for_numbers():
    @jitclass([("__a", int64), ("__b", int64)])
    class Hidden:
        def __init__(self):
            self.__a = 1
            self.__b = 2

        def both(self):
            return self.__a, self.__b

    assert Hidden().both() == (1, 2)
    b = Box(1, 2)
    with pytest.raises(TypeError, match="is a number"):
        b.w = "12"


def test_rounding():
    @jitclass([("n", int64)])
    class R:
        def __init__(self, n):
            self.n = n

        def __round__(self, digits=0):
            return self.n + digits

    def use(r):
        return round(r), round(r, 2)

    assert use(R(5)) == njit(use)(R(5)) == (5, 7)


def test_what_is_refused():
    with pytest.raises(TypeError, match="__del__"):

        @jitclass([("n", int64)])
        class Finalised:
            def __del__(self):
                pass

    with pytest.raises(errors.UnsupportedError, match="VAR_KEYWORD"):

        @jitclass([("n", int64)])
        class Named(object):  # noqa: UP004
            def __init__(self, **fields):
                self.n = 0


def test_structures_of_c():
    class Pair(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double), ("a", ctypes.c_float * 3)]

    @njit
    def use(s):
        s.x += 2
        s.a[1] = 7
        return s.x + s.y

    s = Pair(3, 4.5)
    assert (use(s), s.x, s.a[1]) == (9.5, 5, 7.0)
    assert str(typeof(s)).startswith("Record(x[type=int32;offset=0]")


def test_types_are_pickled():
    @jitclass([("n", int64)])
    class Local:
        def __init__(self):
            self.n = 1

    for instance in (Box(1, 2), Local()):
        t = typeof(instance)
        assert pickle.loads(pickle.dumps(t)) is t
        assert t.class_type.instance_type == t
    assert copy.deepcopy(Local()).n == 1
    with pytest.raises(pickle.UnpicklingError, match="another process"):
        jitclass.__globals__["_local_class"]("no such number", "Local")


def test_instances_do_not_pass_for_tuples():
    @jitclass([("x", int64), ("count", int64)])
    class Counted:
        def __init__(self, x):
            self.x = x
            self.count = 2

    @jitclass([("x", int64)])
    class Plain:
        def __init__(self, x):
            self.x = x

    def matched(value):
        match value:
            case [_] | [_, _]:
                return "sequence"
            case Plain(x=1):
                return "instance"
        return "other"

    one, counted = Plain(1), Counted(1)
    assert "%s" % one == str(one) == repr(one)
    assert matched(one) == "instance" and matched(counted) == "other"
    assert np.array([one, one]).shape == (2,) and np.array(one).dtype == object
    for act, text in (
        (lambda: (1,) + one, "can only concatenate tuple"),
        (lambda: one + (1,), "unsupported operand"),
        (lambda: len(one), "object of type 'Plain' has no len()"),
        (lambda: list(one), "'Plain' object is not iterable"),
        (lambda: one[0], "'Plain' object is not subscriptable"),
        (lambda: 1 in one, "argument of type 'Plain' is not iterable"),
        (lambda: "a".startswith(one), "must be str or a tuple of str, not Plain"),
        (lambda: json.dumps(one), "not JSON serializable"),
    ):
        with pytest.raises(TypeError) as e:
            act()
        assert text in str(e.value)
    with pytest.raises(AttributeError, match="'Plain' object has no attribute 'index'"):
        one.index(1)
    assert not hasattr(Plain, "count") and counted.count == 2
    assert "count" in dir(counted) and "index" not in dir(counted) and "x" in dir(one)
    # To the compiler they are what they were.
    assert njit(lambda p: p.x)(one) == 1 and njit(lambda p: (p, [p]))((one))[0] == one
    assert njit(lambda t: t[0].x + t[1].count)((one, counted)) == 3


def test_instances_in_tuples():
    @jitclass([("x", int64)])
    class Plain:
        def __init__(self, x):
            self.x = x

    @jitclass([("x", int64)])
    class Equal:
        def __init__(self, x):
            self.x = x

        def __eq__(self, other):
            return self.x == other.x

    def ask(a, b, c):
        return a in (a, b), a in (b, c), a in [c, b], a not in (b, b), (a, 1) == (a, 1), (a, 1) == (c, 1), (a, b) != (c, b)

    for kind in (Plain, Equal):
        args = kind(1), kind(2), kind(1)
        assert njit(ask)(*args) == ask(*args)
