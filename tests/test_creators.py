"""Functions that make arrays."""

import numpy as np
import pytest

from support import ALL, beyond_peer, check, check_error



def make(arguments, expression):
    return eval(f"lambda {arguments}: {expression}", {"np": np})


@pytest.mark.parametrize("name", ["zeros", "ones"])
@pytest.mark.parametrize("dtype", ALL)
def test_dtype(name, dtype):
    dtype = "bool_" if dtype == "bool" else dtype
    check(make("n", f"np.{name}(n, np.{dtype})"), 4)
    check(make("n", f"np.{name}(n, dtype=np.{dtype})"), 4)


@pytest.mark.parametrize("name", ["zeros", "ones"])
@pytest.mark.parametrize("shape", ["n", "(n,)", "(n, 2)", "(2, n, 3)", "(1, 2, n, 2)", "0", "(n, 0)", "(0,)", "()"])
def test_shape(name, shape):
    check(make("n", f"np.{name}({shape})"), 3)


def test_shape_argument():
    check(make("s", "np.zeros(s)"), (2, 3))
    check(make("a", "np.zeros(a.shape)"), np.ones((2, 3)))
    check(make("a", "np.ones((a.shape[1], a.shape[0]))"), np.ones((2, 3)))


@pytest.mark.parametrize("kind", ["int8", "uint32", "int64"])
def test_shape_of_narrow_types(kind):
    check(make("n", "np.zeros(n)"), np.dtype(kind).type(3))


@pytest.mark.parametrize("n", [-1, -(2**40)])
@beyond_peer("NumPy's message")
def test_negative_shape(n):
    check_error(make("n", "np.zeros(n)"), n)
    check_error(make("n", "np.ones((2, n))"), n)


@beyond_peer("a size beyond memory is an error with NumPy's class")
def test_size_overflow():
    from support import compiled, outcome

    result = outcome(compiled(make("n", "np.zeros((n, n, n))")), (2**40,))
    assert isinstance(result.error, (ValueError, MemoryError))
    result = outcome(compiled(make("n", "np.zeros(n)")), (2**60,))
    assert isinstance(result.error, (ValueError, MemoryError))


@pytest.mark.parametrize("expression", [
    "np.full(n, 7)", "np.full(n, 2.5)", "np.full(n, True)", "np.full(n, 1j)", "np.full((n, 2), 7)", "np.full(n, 7, np.float32)",
    "np.full(n, 2.75, np.int32)", "np.full(n, np.int8(3))", "np.full((2, n), np.float32(0.5))", "np.full(n, n)",
    "np.full(n, fill_value=3.5)", "np.full(n, 300, np.uint16)",
])  # fmt: skip
def test_full(expression):
    check(make("n", expression), 3)


@pytest.mark.parametrize("expression", ["np.empty(n)", "np.empty((n, 2), np.int32)", "np.empty(n, dtype=np.complex64)", "np.empty(0)"])
def test_empty(expression):
    def shape_of(a):
        return a.shape, a.strides, a.itemsize

    namespace = {"np": np}
    exec(f"def func(n):\n    a = {expression}\n    a[:] = n\n    return a", namespace)
    check(namespace["func"], 3)
    assert shape_of(namespace["func"](3))


@pytest.mark.parametrize("bounds", [
    (5,), (0,), (-3,), (2, 7), (7, 2), (0, 10, 3), (10, 0, -3), (0, 10, -1), (5.0,), (0.5, 3.0), (0.0, 1.0, 0.1), (1.0, 0.0, -0.25),
    (0, 1, 0.3), (-2**40, -2**40 + 3),
])  # fmt: skip
def test_arange(bounds):
    arguments = ", ".join("abc"[: len(bounds)])
    check(make(arguments, f"np.arange({arguments})"), *bounds)


@pytest.mark.parametrize("expression", [
    "np.arange(5)", "np.arange(2, 9, 2)", "np.arange(5, dtype=np.float64)", "np.arange(0, 5, dtype=np.int32)",
    "np.arange(3.0)", "np.arange(0, 4, 1, np.float32)", "np.arange(5, dtype=np.uint8)",
])  # fmt: skip
def test_arange_of_constants(expression):
    check(make("", expression))


@beyond_peer("Python's message")
def test_arange_step_zero():
    check_error(make("n", "np.arange(0, 5, n)"), 0)


@pytest.mark.parametrize("bounds", [(0, 1), (0.0, 1.0), (1, -1), (-3.5, 7.25), (2, 2), (0.1, 0.7)])
@pytest.mark.parametrize("n", [0, 1, 2, 5, 50])
def test_linspace(bounds, n):
    check(make("a, b, n", "np.linspace(a, b, n)"), *bounds, n)


def test_linspace_default_count():
    check(make("a, b", "np.linspace(a, b)"), 0.0, 3.0)


LIKE = ["zeros_like", "ones_like"]


@pytest.mark.parametrize("name", LIKE)
@pytest.mark.parametrize("dtype", ALL)
def test_like(name, dtype):
    check(make("a", f"np.{name}(a)"), np.ones((2, 3), dtype))


@pytest.mark.parametrize("name", LIKE)
@pytest.mark.parametrize("layout", ["C", "F", "1d strided"])
def test_like_of_layouts(name, layout):
    a = {"C": np.ones((2, 3)), "F": np.ones((2, 3), order="F"), "1d strided": np.ones(8)[::2]}[layout]
    check(make("a", f"np.{name}(a)"), a)


def test_like_with_dtype():
    check(make("a", "np.zeros_like(a, np.int8)"), np.ones((2, 3)))
    check(make("a", "np.ones_like(a, dtype=np.float32)"), np.ones(4, np.int64))
    check(make("a", "np.full_like(a, 7)"), np.ones((2, 3)))
    check(make("a", "np.full_like(a, 2.5, np.float32)"), np.ones((2, 3), np.int32))
    check(make("a, x", "np.full_like(a, x)"), np.ones(3, np.int16), 5)


def test_empty_like():
    def fill(a):
        b = np.empty_like(a)
        c = np.empty_like(a, dtype=np.int16)
        for i in range(len(a)):
            b[i] = a[i] * 2
            c[i] = i
        return b, c

    check(fill, np.arange(4.0))


def test_scalar_like():
    check(make("x", "np.zeros_like(x)"), np.array(2.5))


# What becomes of them


def test_fill_and_return():
    def squares(n):
        out = np.zeros(n)
        for i in range(n):
            out[i] = i * i
        return out

    check(squares, 10)
    check(squares, 0)


def test_many_temporaries():
    def churn(n):
        total = 0.0
        for i in range(n):
            a = np.full(16, i * 1.0)
            b = a[4:]
            total += b[3]
        return total

    check(churn, 1000)


def test_kept_across_iterations():
    def ping_pong(n):
        a, b = np.zeros(5), np.ones(5)
        for i in range(n):
            for j in range(5):
                b[j] = a[j] + i
            a, b = b, a
        return a

    check(ping_pong, 7)


def test_conditionally_replaced():
    def maybe(a, c):
        b = a
        if c:
            b = np.zeros(3)
        b[0] = 9.0
        return b

    check(maybe, np.arange(3.0), True)
    check(maybe, np.arange(3.0), False)


def test_freed_on_an_error():
    def fail(n):
        a = np.ones(n)
        b = a[1:]
        if b[0] > 0:
            raise ValueError("no")
        return b

    check_error(fail, 100)


def test_several_results():
    def split(n):
        a = np.arange(n)
        return a, a[: n // 2], a[::-1], (a, n)

    check(split, 6)


def test_result_is_writable_and_owns_memory():
    from support import compiled

    a = compiled(make("n", "np.zeros(n)"))(3)
    a[0] = 5
    b = a[1:]
    del a
    b[0] = 6
    assert b.tolist() == [6, 0]
