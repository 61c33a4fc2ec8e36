"""Functions as values of a type: `types.FunctionType` in signatures, containers, fields; what they keep alive."""

import ctypes
import gc
import pickle
import traceback
import weakref

import numpy as np
import pytest

from looplift import boolean, cfunc, errors, float64, int64, njit, prange, typed, types
from looplift.core.runtime import rtsys
from looplift.experimental import jitclass
from looplift.types import unicode_type

FT = types.FunctionType(int64(int64))


@njit
def inc(x):
    return x + 1


@njit
def dbl(x):
    return x * 2


@njit
def positive(x):
    if x < 0:
        raise ValueError("negative", x)
    return x


@njit(int64(FT, int64))
def call(f, x):
    return f(x)


@jitclass([("f", FT), ("k", int64)])
class Shifted:
    def __init__(self, f, k):
        self.f = f
        self.k = k

    def at(self, x):
        return self.f(x) + self.k


class Address(types.WrapperAddressProtocol):
    def __init__(self, address, sig):
        self.address, self.sig = address, sig

    def __wrapper_address__(self):
        return self.address

    def signature(self):
        return self.sig


LABS = ctypes.CDLL(None).labs
LABS.argtypes, LABS.restype = [ctypes.c_long], ctypes.c_long


def test_the_type():
    assert str(FT) == "FunctionType[int64(int64)]"
    assert types.FunctionType(int64(int64)) == FT == int64(int64).as_type()
    assert pickle.loads(pickle.dumps(FT)) == FT
    assert FT.signature == int64(int64)
    assert isinstance(FT, types.FunctionType)
    point = types.NamedUniTuple(int64, 2, __import__("collections").namedtuple("Point", "x y"))
    assert types.FunctionType(point(point)).signature.return_type == point


@pytest.mark.parametrize(
    ("f", "want"),
    [(inc, 4), (dbl, 6), (lambda x: x - 1, 2), (LABS, 3), (cfunc(int64(int64))(lambda x: x + 100), 103), (njit(lambda x: x * 1.5), 4)],
    ids=["jit", "other", "python", "ctypes", "cfunc", "converts"],
)
def test_arguments(f, want):
    assert call(f, 3) == want
    assert call(f, 3) == want


def test_addresses():
    wrapped = cfunc(int64(int64))(lambda x: x + 7)
    assert call(Address(wrapped.address, int64(int64)), 1) == 8
    with pytest.raises(ValueError, match="wrapper address of .* instance must be a positive"):
        call(Address(0, int64(int64)), 1)
    null = Address(0, int64())
    with pytest.raises(RuntimeError, match="function address is null"):
        njit(int64())(lambda: null())()


def test_what_does_not_fit():
    for args in [(3, 3), (njit(lambda: 1), 3), ("f", 3)]:
        with pytest.raises((TypeError, errors.TypingError)):
            call(*args)
    for wrong in [lambda f: f(x=1), lambda f: f(1, 2), lambda f: f("a")]:
        with pytest.raises(errors.TypingError):
            njit(int64(FT))(wrong)


@pytest.mark.parametrize(
    ("sig", "f", "caller", "want"),
    [
        (float64(float64[:], unicode_type, types.UniTuple(int64, 2)), lambda a, s, t: a.sum() + len(s) + t[0], lambda f: f(np.ones(3), "abc", (5, 2)), 11.0),
        (types.Tuple((float64[::1], unicode_type))(int64), lambda n: (np.ones(n), "x" * n), lambda f: f(4)[0].sum() + len(f(3)[1]), 7.0),
        (types.none(int64[:]), lambda a: a.fill(7), lambda f: f(np.zeros(2, np.int64)), None),
        (boolean(), lambda: True, lambda f: f() and not f(), False),
    ],
    ids=["arguments", "results", "nothing", "bool"],
)
def test_types_of_arguments_and_results(sig, f, caller, want):
    assert njit((types.FunctionType(sig),))(caller)(njit(f)) == want


def test_containers():
    functions = typed.List.empty_list(FT)
    for f in (inc, dbl, cfunc(int64(int64))(lambda x: x + 100)):
        functions.append(f)

    @njit
    def total(functions, x):
        s = 0
        for f in functions:
            s += f(x)
        return s

    assert functions[0] is inc
    assert total(functions, 5) == 6 + 10 + 105
    functions[2] = inc
    assert total(functions, 5) == 6 + 10 + 6
    named = typed.Dict.empty(unicode_type, FT)
    named["a"], named["b"] = inc, dbl
    assert njit(lambda d, k, x: d[k](x))(named, "b", 21) == 42

    @njit
    def made(n):
        functions = typed.List.empty_list(FT)
        for i in range(n):
            if i % 2:
                functions.append(inc)
            else:
                functions.append(dbl)
        return functions

    assert [f.py_func(10) for f in made(3)] == [20, 11, 20]
    assert njit(int64(types.Tuple((FT, int64))))(lambda t: t[0](t[1]))((inc, 5)) == 6
    assert njit(int64(types.UniTuple(FT, 2), int64))(lambda fs, k: fs[k](5))((inc, dbl), 1) == 10


def test_fields():
    s = Shifted(inc, 10)
    assert s.at(5) == 16
    s.f = dbl
    assert s.f is dbl
    assert s.at(5) == 20
    assert njit(lambda x: Shifted(dbl, x).at(x))(3) == 9


def test_variables():
    @njit(int64(FT, boolean))
    def chosen(f, c):
        g = f if c else inc
        return g(10)

    assert (chosen(dbl, True), chosen(dbl, False)) == (20, 11)
    assert njit(FT(FT))(lambda f: f)(inc) is inc
    maybe = njit(int64(types.optional(FT)))(lambda f: 0 if f is None else f(1))
    assert (maybe(None), maybe(inc)) == (0, 2)
    same = njit(boolean(FT, FT))(lambda f, g: f is g)
    assert (same(inc, inc), same(inc, dbl)) == (True, False)


def test_exceptions_pass():
    with pytest.raises(ValueError) as caught:
        call(positive, -3)
    assert caught.value.args == ("negative", -3)
    assert [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)][-2:] == ["call", "positive"]

    @njit(int64(FT))
    def handled(f):
        try:
            return f(-1)
        except ValueError:
            return 5

    assert handled(positive) == 5


def test_threads():
    @njit(int64(FT, int64[:]), parallel=True)
    def apply(f, a):
        for i in prange(len(a)):
            a[i] = f(a[i])
        return a.sum()

    n = 1000
    assert apply(inc, np.arange(n)) == n * (n - 1) // 2 + n
    with pytest.raises(ValueError, match="negative"):
        apply(positive, np.arange(n) - n // 2)


def test_nothing_leaks():
    def several():
        call(inc, 3)
        njit_list = typed.List.empty_list(FT)
        njit_list.append(inc)
        njit_list[0] = dbl
        Shifted(inc, 1).f = dbl
        with pytest.raises(ValueError):
            call(positive, -1)

    several()
    before = rtsys.get_allocation_stats()
    for _ in range(50):
        several()
    gc.collect()
    after = rtsys.get_allocation_stats()
    assert after.alloc - before.alloc == after.free - before.free


def test_values_keep_their_function():
    def made(k):
        return njit(lambda x: x + k)

    f = made(3)
    alive = weakref.ref(f)
    functions = typed.List.empty_list(FT)
    functions.append(f)
    del f
    gc.collect()
    assert alive() is not None
    assert njit(lambda fs: fs[0](1))(functions) == 4
    del functions
    gc.collect()
    assert alive() is None


def test_callable_objects_are_let_go():
    import functools
    import gc
    import weakref

    class Adder:
        def __call__(self, x):
            return x + 1

    ignore = njit(lambda f: 1)
    for make in (Adder, lambda: functools.partial(max, 1), lambda: Adder().__call__, lambda: (lambda big: lambda: big)(np.ones(3))):
        f = make()
        assert ignore(f) == 1
        gone = weakref.ref(f)
        del f
        gc.collect()
        assert gone() is None
