"""Containers at the border with Python: what goes in and out is right, and a conversion that fails in the middle leaves nothing behind."""

import gc
from collections import namedtuple

import numpy as np
import pytest

import looplift
from looplift import njit, typed, types, vectorize
from support.check import objects_left
from support.leaks import Watch

pytestmark = [
    pytest.mark.filterwarnings("ignore::looplift.errors.NumbaPendingDeprecationWarning"),
    pytest.mark.skipif(looplift.__name__ != "looplift", reason="looks into looplift"),
]

Pair = namedtuple("Pair", "first second")


@njit
def same(x):
    return x


@njit
def both(x, y):
    return x, y


def texts(n):
    return [f"text {i}" for i in range(n)]


GOOD = {
    "floats": lambda: [i * 0.5 for i in range(100)],
    "ints": lambda: list(range(-50, 50)),
    "numpy numbers among floats": lambda: [1.5, np.float64(2.5), 3.5],
    "texts": lambda: texts(50),
    "set of ints": lambda: set(range(50)),
    "set of texts": lambda: set(texts(50)),
    "dict of floats": lambda: {i: i * 0.5 for i in range(50)},
    "dict of texts": lambda: dict(zip(texts(50), texts(50), strict=True)),
    "dict of lists": lambda: {text: [text] for text in texts(20)},
    "dict of dicts": lambda: {text: {1: text} for text in texts(20)},
    "lists of lists": lambda: [[1.0], [2.0, 3.0]],
    "list of tuples": lambda: [(text, 1) for text in texts(20)],
    "tuple": lambda: (texts(3), {1: 2.0}, "a"),
    "named tuple": lambda: Pair([1, 2], "text"),
}


@pytest.mark.parametrize("make", GOOD.values(), ids=GOOD)
def test_round_trip(make):
    found = same(make())
    assert found == make() and type(found) is type(make())


BAD = {
    "float list": lambda: [float(i) for i in range(99)] + ["x"],
    "int list": lambda: [*range(99), 2**70],
    "text list": lambda: [*texts(99), 3],
    "lists of lists": lambda: [[text] for text in texts(9)] + [[1]],
    "list of tuples": lambda: [(text, 1) for text in texts(9)] + [("a", "b")],
    "list of arrays": lambda: [np.arange(5.0), np.arange(5)],
    "set": lambda: set(texts(9)) | {3},
    "dict value": lambda: {text: 1.0 for text in texts(9)} | {"last": "x"},
    "dict key": lambda: {text: 1.0 for text in texts(9)} | {3: 1.0},
    "dict of dicts": lambda: {1: {1: "a"}, 2: {1: 2}},
    "tuple": lambda: (texts(3), ["a", 2]),
    "named tuple": lambda: Pair(texts(3), [1, "x"]),
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_what_fails_in_the_middle_leaves_nothing(make):
    def run():
        with pytest.raises(TypeError):
            both(texts(3), make())

    run()
    watch = Watch()
    assert not objects_left(run)
    assert watch.counts()["left"] == 0


def test_objects_without_types_leave_nothing():
    """Errors on the way to a signature are given up at once, also where the signature is found."""
    other = njit(lambda x: x)
    for value in (np.dtype("f8"), same, types.float64):
        other(value)
        assert not objects_left(lambda value=value: other(value))


def test_reflected_lists_keep_the_objects_that_did_not_change():
    @njit
    def f(x):
        x[1] += 1.0
        x.append(7.0)

    value = [float(i) + 1000.0 for i in range(5)]
    before = list(value)
    f(value)
    assert value == [1000.0, 1002.0, 1002.0, 1003.0, 1004.0, 7.0]
    assert all(value[k] is before[k] for k in (0, 2, 3, 4))


def test_negative_zero_and_nan_come_back():
    @njit
    def f(x):
        for i in range(len(x)):
            x[i] = -x[i]

    value = [0.0, float("nan")]
    f(value)
    assert str(value) == "[-0.0, nan]" and str(same([-0.0])) == "[-0.0]"


class TestTypedFromPython:
    def test_append(self):
        x = typed.List()
        for v in (1.5, 2.5):
            x.append(v)
        x.append(np.float64(3.5))
        assert list(x) == [1.5, 2.5, 3.5]
        with pytest.raises(looplift.errors.TypingError):
            x.append("a")
        x._make_immutable()
        with pytest.raises(ValueError, match="immutable"):
            x.append(1.5)
        with pytest.raises(TypeError):
            x.append()

    def test_texts_are_owned(self):
        import sys

        text = "".join(["a", "b"])
        before = sys.getrefcount(text)
        x = typed.List.empty_list(types.unicode_type)
        for _ in range(20):
            x.append(text)
        assert sys.getrefcount(text) == before + 20
        x[0] = x[1]
        x[1] = "other"
        assert sys.getrefcount(text) == before + 19
        d = typed.Dict.empty(types.unicode_type, types.unicode_type)
        d[text] = text
        d[text] = text
        assert sys.getrefcount(text) == before + 21
        del x, d
        gc.collect()
        assert sys.getrefcount(text) == before

    def test_room_for_more_than_there_is_memory(self):
        d = typed.Dict.empty(types.int64, types.float64, n_keys=10**15)
        d[1] = 2.0
        assert dict(d) == {1: 2.0}


class TestUfuncsOnNumbers:
    @pytest.mark.parametrize("args", [(3, 4), (3.0, 4.0), (3, 4.0), (np.float32(3), np.float32(4)), (np.int8(3), np.int8(4)), (True, 2), (2.0, np.float32(3))])
    def test_as_with_arrays(self, args):
        f = vectorize(lambda x, y: x * y + 1)
        g = np.frompyfunc(lambda x, y: x * y + 1, 2, 1)
        for _ in range(3):
            found = f(*args)
            assert found == g(*args)
            inputs = [np.asarray(a)[None] if isinstance(a, np.generic) or len({type(b) for b in args}) == 1 else a for a in args]
            assert isinstance(found, np.generic) and found.dtype == f(*inputs).dtype

    def test_several_results(self):
        f = vectorize(lambda x, y: (x + y, x > y))
        for _ in range(2):
            assert f(1.0, 2.0) == (3.0, False) and [type(v) for v in f(1.0, 2.0)] == [np.float64, np.bool_]

    def test_errors_of_arithmetic_are_numpys(self):
        f = vectorize(lambda x, y: x / y)
        calls = []
        for _ in range(3):
            with np.errstate(all="raise"):
                assert f(1.0, 2.0) == 0.5
                with pytest.raises(FloatingPointError, match="divide by zero"):
                    f(1.0, 0.0)
                with pytest.raises(FloatingPointError, match="invalid"):
                    f(0.0, 0.0)
                with pytest.raises(FloatingPointError, match="overflow"):
                    f(1e300, 1e-300)
            with np.errstate(divide="call", call=lambda *a: calls.append(a)):
                assert f(np.float64(1.0), np.float64(0.0)) == np.inf
            with np.errstate(all="ignore"):
                assert np.isnan(f(0.0, 0.0))
        assert len(calls) == 3

    def test_exceptions(self):
        @vectorize
        def f(x):
            if x > 2:
                raise ValueError("too large")
            return x

        for _ in range(3):
            assert f(1) == 1
            with pytest.raises(ValueError, match="too large"):
                f(3)
        assert not objects_left(lambda: f(1.5))


def grown(n, start, kind):
    s = start
    for i in range(n):
        if kind == 0:
            s += i * i % 7
        elif kind == 1:
            s -= i // 3
        else:
            s = s + i * 1000 - (i * i) // 5
    return s


def down(n, start):
    s = start
    for i in range(n, -n, -3):
        s += i * i - (i % -5)
    return s


def powers(n, start):
    s = start
    for _ in range(n):
        s = s * 3
    return s


class TestOverflowsOfLiftedLoops:
    """A copy of the loop without tests runs where nothing can overflow; numbers still grow where something does."""

    @pytest.mark.parametrize("kind", [0, 1, 2])
    @pytest.mark.parametrize("start", [0, 5, -(2**61), 2**61, 2**61 - 1, 2**62, 2**63 - 2, -(2**63) + 1, 2**63, 10**30])
    def test_sums(self, kind, start):
        f = looplift.jit(forceobj=True)(grown)
        for n in (0, 1, 100, 1000):
            assert f(n, start, kind) == grown(n, start, kind)

    @pytest.mark.parametrize("start", [0, 2**63 - 1000, -(2**63)])
    def test_downwards(self, start):
        f = looplift.jit(forceobj=True)(down)
        for n in (0, 1, 100):
            assert f(n, start) == down(n, start)

    def test_products(self):
        f = looplift.jit(forceobj=True)(powers)
        for n in (0, 10, 39, 40, 41, 100):
            assert f(n, 1) == 3**n

    def test_large_ends(self):
        def f(a, b):
            s = 0
            for i in range(a, b):
                s += i * i
            return s

        g = looplift.jit(forceobj=True)(f)
        for a in (2**31 - 5, 2**32, 2**40, 3037000498, 2**62, 2**63 - 20, -(2**63), -(2**31) - 5):
            assert g(a, a + 10) == f(a, a + 10)


def test_buffers_in_tuples():
    for buffer in (bytearray(b"ab"), memoryview(b"ab")):
        assert njit(lambda t: t[0][1] + t[1][0][0])((buffer, (buffer, 1))) == 98 + 97
