"""Attributes and classes known while compiling, imports in functions, contexts, methods of tuples and named tuples."""

import collections
import typing

import numpy as np
import pytest

from support import check, errors, njit

Point = collections.namedtuple("Point", "x y")


class Segment(typing.NamedTuple):
    a: float
    b: float

    def length(self, scale):
        return (self.b - self.a) * scale


def attributes(x):
    return getattr(x, "real"), getattr(x, "missing", 7), hasattr(x, "real"), hasattr(x, "missing")  # noqa: B009


def converts(x, y):
    return type(x)(y), type(y)(x)


def classes():
    return issubclass(int, object), issubclass(bool, int), issubclass(float, int), callable(abs)


def imports(x):
    import math
    from math import sqrt

    return math.floor(x) + sqrt(x)


def context(x):
    with np.errstate(all="ignore"):
        y = x * 2
    return y


def tuples(t):
    return t.count(2), t.index(3)


def fields(p):
    q = p._replace(y=5)
    return q.x, q.y, q.count(5), p.index(1)


def methods(s):
    return s.length(1), s.length(scale=3)


@pytest.mark.parametrize("func, args", [
    (attributes, (2.5,)), (attributes, (3,)), (converts, (2.0, 3)), (classes, ()), (imports, (4.0,)), (context, (1.5,)), (tuples, ((1, 2, 3, 2),)),
    (fields, (Point(1, 2),)), (methods, (Segment(1.0, 3.5),)),
])  # fmt: skip
def test_language(func, args):
    check(func, *args)


def missing_item(t):
    return t.index(9)


def test_errors():
    with pytest.raises(ValueError, match="not in tuple"):
        njit(missing_item)((1, 2))


def never(n):
    return compiled_never(n - 1)


compiled_never = njit(never)


def test_a_function_that_never_returns_has_no_type():
    with pytest.raises(errors.TypingError, match="every path"):
        compiled_never(3)


def equal(a, b):
    return a == b, a != b, b == a


UNLIKE = [1, 2.5, 1j, True, "a", b"a", (1,), ("a",), Point(1, 2), range(1), {1: 2}]


@pytest.mark.parametrize("a", UNLIKE, ids=repr)
def test_values_of_unlike_classes_are_unequal(a):
    for b in UNLIKE:
        if type(a) is not type(b) and not (isinstance(a, tuple) and isinstance(b, tuple)):
            check(equal, a, b)


def displays(n):
    a, b = [1, "a"], {"x": 1, "y": np.zeros(n)}
    return isinstance(a, list), isinstance(a, tuple), isinstance(b, dict), isinstance(b, list)


def containers(n):
    f, d, c, s = frozenset((n,)), collections.deque([n]), collections.Counter([n]), {n}
    return (
        isinstance(f, frozenset), isinstance(f, set), isinstance(d, collections.deque), isinstance(d, list), isinstance(c, dict),
        isinstance(c, collections.Counter), isinstance(s, set), isinstance(s, frozenset), isinstance(s, collections.Counter),
    )  # fmt: skip


def test_classes_of_containers():
    check(displays, 2)
    check(containers, 2)


def dunders(x):
    return hasattr(x, "__hash__"), hasattr(x, "__no_such__"), hasattr(x, "__len__")


def unknown(x):
    return getattr(x, "no_such")  # noqa: B009


def test_attributes_that_every_object_has():
    for x in (1, 2.5, (1,), "a", b"a", np.ones(2), None, slice(1, 2), range(2), Point(1, 2)):
        check(dunders, x)
    for x, name in ((2.5, "float"), ("a", "str"), ((1,), "tuple")):
        with pytest.raises(AttributeError, match=f"'{name}' object has no attribute 'no_such'"):
            njit(unknown)(x)


def scalar(x):
    return x.dtype.type(x)


@pytest.mark.parametrize("x", [True, 1.5, 2j, np.timedelta64(3, "h"), np.datetime64("2020-01-02"), "abc"], ids=repr)
def test_classes_convert_arrays_without_axes(x):
    given = np.array(x)
    assert njit(scalar)(given) == given[()]
    assert np.ndim(njit(scalar)(given)) == 0 and not isinstance(njit(scalar)(given), np.ndarray)
