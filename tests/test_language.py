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
