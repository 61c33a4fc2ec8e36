"""`with objmode(...)` inside compiled code."""

import looplift
import numpy as np
import pytest
from looplift import errors, njit, objmode, types

LOG = []
OUTPUT = types.float64


class Thing:
    def double(self, a):
        LOG.append(a)
        return np.asarray(a) * 2


THING = Thing()


def one_array(a):
    b = a + 1
    with objmode(y="float64[:]"):
        y = THING.double(b)
    return y.sum() + b[0]


def several(n):
    s = 0
    for i in range(n):
        with objmode(p="int64", q=OUTPUT):
            t = [i, i * i]
            p = sum(t)
            q = 0.5 if len(t) > 1 else 1.5
        s += p * q
    return s


def nothing_out(a):
    with looplift.objmode():
        LOG.append(("seen", float(a[0])))
    return a[0]


def handles(x):
    with objmode(r="int64"):
        try:
            r = int({"1": 10}[str(x)])
        except KeyError:
            r = -1
    return r


def loops_inside(n):
    with objmode(total="int64"):
        total = 0
        for k in {"a": 1, "b": n}.values():
            if k > 100:
                continue
            total += k
    return total


def raises(x):
    with objmode(r="int64"):
        r = {}[x]
    return r


def wrong_type(x):
    with objmode(r="int64"):
        r = "text" + str(x)
    return r


def readonly_result(n):
    with objmode(a="float64[::1]"):
        a = np.arange(float(n))
    a[0] = 7.0
    return a


@pytest.mark.parametrize(
    "func, args",
    [
        (one_array, (np.arange(4.0),)),
        (several, (5,)),
        (nothing_out, (np.arange(3.0),)),
        (handles, (1,)),
        (handles, (2,)),
        (loops_inside, (7,)),
        (loops_inside, (700,)),
        (readonly_result, (4,)),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_like_the_interpreter(func, args):
    want = func(*args)
    got = njit(func)(*args)
    assert np.array_equal(got, want)


def test_exceptions_pass_through():
    with pytest.raises(KeyError):
        njit(raises)(3)
    with pytest.raises(TypeError):
        njit(wrong_type)(3)

    @njit
    def caught(x):
        try:
            return raises_compiled(x)
        except KeyError:
            return -5

    raises_compiled = njit(raises)
    assert caught(4) == -5


def test_types_from_a_closure():
    kind = types.int64

    @njit
    def f(x):
        with objmode(y=kind):
            y = int(x) + 1
        return y

    assert f(2) == 3


def test_misuse():
    def not_annotated(x):
        with objmode():
            y = x
        return y

    def left(x):
        with objmode(y="int64"):
            y = 1
            if x:
                return y
        return y

    def not_set(x):
        with objmode(z="int64"):
            x + 1
        return x

    for f in (not_annotated, left, not_set):
        with pytest.raises(errors.NumbaError, match="objmode"):
            njit(f)(1)


def test_no_references_are_lost():
    import sys

    f = njit(one_array)
    a = np.arange(3.0)
    f(a)
    LOG.clear()
    before = sys.getrefcount(a)
    for _ in range(50):
        f(a)
    LOG.clear()
    assert sys.getrefcount(a) == before
