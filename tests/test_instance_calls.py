"""Instances of jitted classes that are called, asked for attributes that they do not have, rounded; methods that no jitted class can have."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from looplift import errors, float64, int64, njit
from looplift.experimental import jitclass


class Line:
    def __init__(self, slope):
        self.slope = slope

    def __call__(self, x, *more, offset=1):
        if x < 0:
            raise ValueError("negative", x)
        return self.slope * x + offset + len(more)

    def of_two(self):
        return self(2)


class Bent(Line):
    def __init__(self, slope):
        self.slope = slope

    def __call__(self, x):
        return super().__call__(x) * 10


class Silent:
    def __init__(self, slope):
        self.slope = slope


FIELDS = [("slope", float64)]
JittedLine, JittedBent, JittedSilent = (jitclass(FIELDS)(cls) for cls in (Line, Bent, Silent))


def test_calls():
    def use(f):
        return f(2), f(2, 3, 4), f(2, offset=5), f(x=1), f.of_two(), f.__call__(3), callable(f)

    expected = use(Line(1.5))
    assert use(JittedLine(1.5)) == njit(use)(JittedLine(1.5)) == expected
    compiled = njit(use)
    assert njit(lambda: compiled(JittedLine(1.5)))() == expected

    def bent(f):
        return f(2), callable(f)

    assert bent(JittedBent(1.5)) == njit(bent)(JittedBent(1.5)) == bent(Bent(1.5))
    assert not callable(JittedSilent(1.0)) and not njit(lambda f: callable(f))(JittedSilent(1.0))
    assert njit(lambda: callable(JittedLine))()


def test_instances_as_functions():
    def use(f, values):
        return list(map(f, values)), sorted(values, key=f), max(values, key=f), [v for v in filter(f, values)]

    values = np.array([3.0, 1.0, 2.0])
    for slope in (1.0, -2.0):
        assert njit(use)(JittedLine(slope), values) == use(Line(slope), values)

    def sort(f, values):
        values = list(values)
        values.sort(key=f, reverse=True)
        return values

    assert njit(sort)(JittedLine(-1.0), values) == sort(Line(-1.0), values)

    @njit
    def applied(f, x):
        return f(x)

    assert applied(JittedLine(2.0), 3) == 7 and applied(njit(lambda x: -x), 3) == -3


def test_errors_of_calls():
    call = njit(lambda f, x: f(x))
    with pytest.raises(ValueError) as e:
        call(JittedLine(1.0), -2)
    assert e.value.args == ("negative", -2)
    with pytest.raises(errors.TypingError, match="missing 1 required positional argument: 'x'"):
        njit(lambda f: f())(JittedLine(1.0))
    with pytest.raises(errors.TypingError, match=r"Silent\(.*\) cannot be called"):
        call(JittedSilent(1.0), 1)
    with pytest.raises(TypeError, match="not callable"):
        JittedSilent(1.0)(1)
    with pytest.raises(errors.TypingError, match="Key must be None"):
        njit(lambda f: sorted([2, 1], key=f))(JittedSilent(1.0))


class Rounded:
    def __init__(self, n):
        self.n = n

    def __floor__(self):
        return self.n

    def __ceil__(self):
        return self.n + 1

    def __trunc__(self):
        return self.n + 0.5

    def __round__(self, digits=7):
        return self.n + digits


def test_rounding():
    def use(r):
        return math.floor(r), math.ceil(r), math.trunc(r), round(r), round(r, 2)

    made = jitclass([("n", int64)])(Rounded)
    assert use(made(4)) == njit(use)(made(4)) == use(Rounded(4))


class Open:
    shared = 5

    def __init__(self, n):
        self.n = n

    def method(self):
        return self.n

    @property
    def double(self):
        return 2 * self.n

    def __getattr__(self, name):
        if name == "forbidden":
            raise AttributeError("forbidden: " + name)
        return len(name) + self.n


def test_attributes_that_are_not_there():
    def use(x):
        return x.n, x.shared, x.double, x.method(), x.other, x.longer_name, getattr(x, "more"), hasattr(x, "thing")

    made = jitclass([("n", int64)])(Open)
    assert use(made(4)) == njit(use)(made(4)) == use(Open(4))
    for function, value in ((njit(lambda x: x.forbidden), made(4)), (lambda x: x.forbidden, made(4)), (lambda x: x.forbidden, Open(4))):
        with pytest.raises(AttributeError, match="forbidden: forbidden"):
            function(value)


@pytest.mark.parametrize("name", ["__del__", "__setattr__", "__getattribute__", "__delattr__"])
def test_methods_that_no_jitted_class_has(name):
    class Base:
        pass

    setattr(Base, name, lambda self, *args: None)

    class Derived(Base):
        pass

    for cls in (Base, Derived):
        with pytest.raises(TypeError, match=f"Method '{name}' is not supported. .* use|Method '{name}' is not supported. .* give"):
            jitclass([("n", int64)])(cls)


def test_frozen_dataclasses_have_their_own():
    @jitclass
    @dataclass(frozen=True)
    class Point:
        x: int

    assert njit(lambda p: p.x)(Point(3)) == 3
    with pytest.raises(AttributeError, match="cannot assign"):
        Point(3).x = 4
