"""`vectorize`: ufuncs of compiled loops, against NumPy's own ufuncs and against the kernel in the interpreter."""

import gc
import math
import pickle

import numpy as np
import pytest

from looplift import _core, errors, njit, vectorize

A = np.arange(6, dtype=np.float64) + 0.5
M = np.arange(12, dtype=np.float64).reshape(3, 4)


def add(x, y):
    return x + y


@vectorize(["float64(float64)"])
def named(x):
    return -x


@vectorize
def named_lazy(x):
    return -x


def root(x):
    if x < 0:
        raise ValueError("negative")
    return x**0.5


eager = vectorize(["int64(int64, int64)", "float32(float32, float32)", "float64(float64, float64)"], identity=0)(add)
lazy = vectorize(identity=0)(add)


@pytest.fixture(params=[eager, lazy], ids=["eager", "lazy"])
def plus(request):
    return request.param


def same(got, want):
    assert type(got) is type(want) or isinstance(want, (np.ndarray, np.generic))
    assert np.asarray(got).dtype == np.asarray(want).dtype
    np.testing.assert_array_equal(got, want)


def test_an_eager_one_is_a_ufunc():
    assert isinstance(eager, np.ufunc)
    assert (eager.nin, eager.nout, eager.nargs, eager.ntypes) == (2, 1, 3, 3)
    assert eager.types == ["ll->l", "ff->f", "dd->d"]
    assert (eager.identity, eager.signature, eager.__name__) == (0, None, "add")


@pytest.mark.parametrize(
    "args",
    [
        (A, A),
        (A, 2.0),
        (1, 2),
        (1.5, 2),
        (np.float32(1), np.float32(2)),
        (M, M[0]),
        (M[::2, ::3], M[:2, 1:3]),
        (M.T, M.T),
        (M[:, None, :], M[None, :, :1]),
        (np.arange(5), np.arange(5)),
        (np.zeros((0, 3)), 1.0),
        (np.array(2.0), np.array(3.0)),
        ([1.0, 2.0], [3.0, 4.0]),
        (np.arange(3, dtype=np.float32), np.arange(3, dtype=np.float32)),
        (np.arange(40, dtype=">f8"), np.arange(40.0)),
        (np.frombuffer(b"\0" * 81, dtype=np.uint8)[1:].view(np.float64), 1.0),
    ],
    ids=lambda a: None,
)
def test_calls_are_like_numpys(plus, args):
    same(plus(*args), np.add(*args))


@pytest.mark.parametrize(
    "use",
    [
        lambda f: f.reduce(M),
        lambda f: f.reduce(M, axis=1, keepdims=True),
        lambda f: f.reduce(M, axis=(0, 1)),
        lambda f: f.reduce(M, axis=None, initial=3.0),
        lambda f: f.reduce(M, where=M > 3),
        lambda f: f.reduce(np.zeros((0, 3))),
        lambda f: f.accumulate(M, axis=1),
        lambda f: f.accumulate(A),
        lambda f: f.reduceat(A, [0, 3, 1]),
        lambda f: f.outer(A, M),
        lambda f: f(M, M, where=M > 4, out=np.full_like(M, -1)),
        lambda f: f(M, M, np.empty_like(M)),
        lambda f: f(np.arange(3), np.arange(3), dtype=np.float64),
        lambda f: f(M, M, order="F").flags.f_contiguous,
        lambda f: f(np.arange(3.0), 1.0, out=np.zeros(3, np.float32), casting="same_kind"),
    ],
)
def test_methods_and_keywords_are_like_numpys(plus, use):
    same(use(plus), use(np.add))


def test_at(plus):
    a, b = A.copy(), A.copy()
    plus.at(a, [0, 2, 2], 1.5)
    np.add.at(b, [0, 2, 2], 1.5)
    same(a, b)


def test_in_place_and_overlapping_operands(plus):
    a = np.arange(10.0)
    plus(a[1:], a[:-1], out=a[1:])
    b = np.arange(10.0)
    np.add(b[1:], b[:-1], out=b[1:])
    same(a, b)


@pytest.mark.parametrize("args", [(A + 1j, A), ("x", "y"), (A,), (A, A, A, A), (np.array(["a"]), 1.0)])
def test_numpys_errors(args):
    with pytest.raises(TypeError) as ours:
        eager(*args)
    assert type(ours.value) in (TypeError, np._core._exceptions._UFuncNoLoopError, np._core._exceptions._UFuncInputCastingError)


def test_casting_to_the_first_loop_that_fits():
    f = vectorize(["float64(float64)", "complex128(complex128)"])(lambda x: x * x)
    same(f(np.arange(3, dtype=np.int16)), np.arange(3.0) ** 2)
    same(f(np.array([1j])), np.array([-1 + 0j]))
    same(f(True), np.float64(1))


def test_declared_results_convert():
    f = vectorize(["int8(float64)"])(lambda x: x)
    same(f(np.array([1.7, -2.2])), np.array([1, -2], np.int8))
    with pytest.raises(errors.TypingError, match="does not convert"):
        vectorize(["float64(complex128)"])(lambda x: x)
    with pytest.raises(errors.TypingError):
        vectorize(["float64[:](float64[:])"])(lambda x: x)


def test_lazy_loops():
    f = vectorize(add)
    assert (f.ntypes, f.types, f.identity, f.nin) == (0, [], None, 2)
    for x in (1, 2.5, 1j, np.int8(3), np.float32(2), True):
        f(x, x)
    assert f.types == ["ll->l", "dd->d", "DD->D", "bb->l", "ff->f", "??->l"]
    # A Python number has the dtype that NumPy gives it beside an array.
    same(f(np.arange(3, dtype=np.float32), 1), np.arange(3, dtype=np.float32) + np.float32(1))
    same(f.reduce(np.arange(100, dtype=np.int8)), np.int64(4950))
    f.disable_compile()
    with pytest.raises(TypeError):
        vectorize("float64(float64)")(lambda x: x)(1j)
    with pytest.raises(RuntimeError, match="compilation disabled"):
        f.add("uint8(uint8, uint8)")


def test_several_outputs():
    f = vectorize(lambda x: (x + 1, x * 2.0))
    a, b = f(np.arange(3))
    same(a, np.arange(3) + 1)
    same(b, np.arange(3) * 2.0)
    assert (f.nout, f.types) == (2, ["l->ld"])


def test_exceptions_propagate():
    for f in (vectorize(["float64(float64)"])(root), vectorize(root)):
        out = np.zeros(6)
        with pytest.raises(ValueError, match="negative"):
            f(np.array([1.0, 4, -2, 9, -1, 16]), out)
        # The elements that do not fail have their results.
        assert list(out) == [1, 2, 0, 3, 0, 4]
        with pytest.raises(ValueError, match="negative"):
            f(-np.ones(10_000))
        assert f(4.0) == 2.0


def test_division_by_zero_is_numpys():
    f = vectorize(lambda a, b: a / b)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert f(1.0, 0.0) == math.inf
    with pytest.raises(ZeroDivisionError):
        vectorize(["float64(float64, float64)"], error_model="python")(lambda a, b: a / b)(1.0, 0.0)


@pytest.mark.parametrize(
    "make, error",
    [
        (lambda: vectorize(["f8(f8)"], target="gpu")(root), ValueError),
        (lambda: vectorize(["f8(f8)"], identity=2)(root), ValueError),
        (lambda: vectorize(["f8(f8)"], nonsense=1)(root), KeyError),
        (lambda: vectorize(nonsense=1)(root), KeyError),
        (lambda: vectorize(["f8(f8, f8)"])(root), TypeError),
        (lambda: vectorize(lambda *a: 1), TypeError),
        (lambda: vectorize(["f8(f8)"])(lambda x: unknown_name), errors.NumbaError),  # noqa: F821
    ],
)
def test_refusals(make, error):
    with pytest.raises(error):
        make()


def test_array_ufunc_overrides(plus):
    class Quantity:
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            return ufunc is plus, method, len(inputs)

    class Refusing:
        __array_ufunc__ = None

    assert plus(Quantity(), 1.0) == (True, "__call__", 2)
    assert plus(1.0, Quantity()) == (True, "__call__", 2)
    assert plus.reduce(Quantity()) == (True, "reduce", 1)
    with pytest.raises(TypeError):
        plus(Refusing(), 1.0)


def test_pickling():
    assert pickle.loads(pickle.dumps(named)) is named
    assert pickle.loads(pickle.dumps(named_lazy)) is named_lazy
    bound = 3.0
    for f in (vectorize(["float64(float64)"], identity=1)(lambda x: x + bound), vectorize(lambda x: x + bound)):
        assert f(1.0) == 4.0
        g = pickle.loads(pickle.dumps(f))
        assert g(1.0) == 4.0
        assert (g.types, g.identity, type(g)) == (f.types, f.identity, type(f))
    assert pickle.loads(pickle.dumps(np.add)) is np.add


def test_from_compiled_code():
    for f in (eager, lazy):

        @njit
        def both(a, b):
            return f(a, b) * 2

        same(both(A, A), (A + A) * 2)
        same(both(M, M[0]), (M + M[0]) * 2)
        assert both(1.5, 2) == 7.0

        @njit
        def into(a, b, out):
            f(a, b, out)
            return f(a, b, out=out) is out

        out = np.zeros((3, 4))
        into(M, 1.0, out)
        same(out, M + 1)
        with pytest.raises(ValueError, match="broadcast"):
            both(A, M)

    @njit
    def facts():
        return eager.nin, eager.nout, eager.nargs, eager.identity, lazy.nin

    assert facts() == (2, 1, 3, 0, 2)
    narrow = vectorize(["float32(float32)"])(lambda x: x + 1)
    same(njit(lambda a: narrow(a))(np.arange(3, dtype=np.int8)), np.arange(3, dtype=np.float32) + 1)
    with pytest.raises(errors.TypingError):
        njit(lambda a: narrow(a))(A)


CUBE = np.arange(24).reshape(2, 3, 4)


@njit
def reduced(a, axis):
    return lazy.reduce(a, axis=axis)


@njit
def accumulated(a, axis):
    return eager.accumulate(a, axis)


@njit
def reduced_at(a, indices, axis):
    return lazy.reduceat(a, indices, axis)


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 1), (0, -1), (-1, -2), None, ()])
def test_reduce_from_compiled_code(axis):
    for a in (CUBE, CUBE * 1.5, np.asfortranarray(CUBE), CUBE[:, ::2, ::-1]):
        same(reduced(a, axis), lazy.reduce(a, axis=axis))
    same(reduced(CUBE.astype(np.int8), axis), lazy.reduce(CUBE.astype(np.int8), axis=axis))


@pytest.mark.parametrize("axis", [0, 1, 2, -3])
def test_methods_from_compiled_code(axis):
    indices = np.array([0, 1, 0])
    same(accumulated(CUBE, axis), eager.accumulate(CUBE, axis))
    same(reduced_at(CUBE, indices, axis), lazy.reduceat(CUBE, indices, axis))
    outer = njit(lambda a, b: lazy.outer(a, b))
    same(outer(CUBE, indices), lazy.outer(CUBE, indices))


def test_what_methods_refuse_in_compiled_code():
    for axis in (3, -4):
        with pytest.raises(ValueError, match="Invalid axis"):
            reduced(CUBE, axis)
    with pytest.raises(ValueError, match="duplicate value"):
        reduced(CUBE, (1, -2))
    with pytest.raises(IndexError):
        reduced_at(CUBE, np.array([3]), 0)
    with pytest.raises(ValueError, match="axis 3 is out of bounds for array of dimension 3"):
        reduced_at(CUBE, np.array([0]), 3)
    sub = vectorize(["int64(int64, int64)"])(lambda x, y: x - y)
    with pytest.raises(ValueError, match="zero-size array"):
        njit(lambda a: sub.reduce(a))(np.zeros(0, np.int64))
    with pytest.raises(errors.TypingError, match="not reorderable"):
        njit(lambda a: sub.reduce(a, axis=(0, 1)))(CUBE)
    with pytest.raises(errors.TypingError, match="array-like"):
        njit(lambda a: sub.reduce(a))(1)
    with pytest.raises(errors.TypingError, match="second operand"):
        njit(lambda a: sub.at(a, 0))(np.arange(3))


@pytest.mark.parametrize(
    "a, indices, b",
    [
        (np.arange(5.0), np.array([1, 1, -1]), np.array([1.0, 2.0, 3.0])),
        (np.arange(5.0), np.array([0, 4]), 2.0),
        (np.arange(5.0), 2, 1.0),
        (CUBE * 1.0, np.array([0, 1, 0]), 2.5),
        (CUBE * 1.0, (slice(None), np.array([0, 2, 0])), CUBE * 1.0),
        (CUBE * 1.0, slice(None), np.arange(4.0)),
        (np.arange(5.0), np.array([True, False, True, False, True]), 1.0),
    ],
)
def test_at_from_compiled_code(a, indices, b):
    x, y = a.copy(), a.copy()
    njit(lambda a, i, b: eager.at(a, i, b))(x, indices, b)
    eager.at(y, indices, b)
    same(x, y)


def test_at_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="could not be broadcast together with remapped shapes"):
        njit(lambda a, i, b: eager.at(a, i, b))(np.arange(5.0), np.array([0, 1]), np.arange(3.0))


def test_a_kernel_may_call_jitted_functions_and_ufuncs():
    helper = njit(lambda x: x + 1)
    f = vectorize(["float64(float64)"])(lambda x: helper(x) * 2)
    g = vectorize(lambda x: f(x) + 1)
    same(g(A), (A + 1) * 2 + 1)


def test_ufuncs_are_collected():
    def once():
        f = vectorize(["float64(float64)"])(lambda x: x * 3)
        g = vectorize(lambda x: x * 3)
        return f(2.0) + g(2)

    once()
    gc.collect()
    before = sum(isinstance(o, (np.ufunc, _core.CPUDispatcher)) for o in gc.get_objects())
    for _ in range(3):
        once()
    gc.collect()
    assert sum(isinstance(o, (np.ufunc, _core.CPUDispatcher)) for o in gc.get_objects()) <= before


def test_kernels_of_the_interpreter():
    @vectorize(["int64(int64, int64)", "float64(float64, float64)"], forceobj=True)
    def longer(a, b):
        if a < 0:
            raise KeyError("negative")
        return int({"text": str(a)}["text"].partition(".")[0]) + b

    same(longer(np.arange(4), 2), np.arange(4) + 2)
    same(longer(np.array([1.5, 2.5]), 2), np.array([3.0, 4.0]))
    same(njit(lambda a: longer(a, a))(np.arange(3)), np.arange(3) * 2)
    assert longer.reduce(np.arange(4)) == 6
    out = np.zeros(3, int)
    with pytest.raises(KeyError, match="negative"):
        longer(np.array([1, -1, 5]), 1, out=out)
    assert out.tolist() == [2, 0, 6]
    with pytest.raises(TypeError, match="what it returns"):
        vectorize(forceobj=True)(lambda x: x)(3)
    with pytest.raises(ValueError):
        vectorize(["float64(float64)"], forceobj=True)(lambda x: "text")(1.0)


def test_floating_point_errors_are_those_of_elements():
    ratio = vectorize(lambda x, y: x / y)
    guarded = vectorize(lambda x, y: x / y if y != 0 else 0.0)
    for n in (1, 3, 8, 9, 17):
        a, b = np.arange(1.0, n + 1), np.full(2 * n, 2.0)
        with np.errstate(all="raise"):
            for y in (b[:n], b[::2]):
                np.testing.assert_array_equal(ratio(a, y), a / 2)
            assert ratio(1.0, 2.0) == 0.5
            b[0] = 0
            np.testing.assert_array_equal(guarded(a, b[:n])[1:], a[1:] / 2)
            with pytest.raises(FloatingPointError, match="divide by zero"):
                ratio(a, b[:n])
            a[0] = 0
            with pytest.raises(FloatingPointError, match="invalid"):
                ratio(a, b[:n])


FUNCTIONS = ["exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh", "sqrt"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_floating_point_errors_of_functions_are_those_of_numpy(name):
    function = getattr(np, name)
    compiled = vectorize(["float64(float64)"])(njit(lambda x: function(x)).py_func)

    def errors_of(f, a):
        seen = []
        with np.errstate(all="call", under="ignore", call=lambda kind, flag: seen.append(kind)):
            f(a)
        return seen

    for x in (0.0, -0.0, -1.0, 1e-320, 1e300, -1e300, -1e200, np.inf, -np.inf, np.nan, 800.0, -800.0, 1e20, -1e40, 1e100):
        for n in (1, 11):
            a = np.ones(n)
            a[n // 2] = x
            assert errors_of(compiled, a) == errors_of(function, a), (x, n)


@pytest.mark.parametrize("name", ["exp", "exp2", "log", "sin", "cos"])
def test_floating_point_errors_of_singles_and_underflows(name):
    function = getattr(np, name)
    compiled = vectorize(["float64(float64)", "float32(float32)"])(njit(lambda x: function(x)).py_func)
    for t, values in ((np.float32, (1e38, -1e38, -np.inf)), (np.float64, (-np.inf, -1000.0, 1e200))):
        for x in values:
            found = []
            for f in (function, compiled):
                seen = set()
                with np.errstate(all="call", call=lambda kind, flag, seen=seen: seen.add(kind)):
                    f(np.full(9, x, t))
                found.append(seen)
            assert found[0] == found[1], (t, x)


def test_floating_point_errors_of_intermediate_results():
    logistic = vectorize(["float64(float64)"])(lambda x: 1 / (1 + np.exp(-x)))
    with np.errstate(all="raise", under="ignore"):
        with pytest.raises(FloatingPointError, match="overflow"):
            logistic(np.array([0.0, -1000.0]))
        np.testing.assert_array_equal(logistic(np.array([0.0, np.inf, -np.inf, np.nan])), [0.5, 1.0, 0.0, np.nan])
        # Results that are written over operands.
        a = np.array([0.0, np.nan])
        with pytest.raises(FloatingPointError, match="invalid"):
            vectorize(["float64(float64)"])(lambda x: x / x)(a, out=a)


def test_floating_point_errors_on_threads():
    inverse = vectorize(["float64(float64)"], target="parallel")(lambda x: 1 / x)
    a = np.arange(1.0, 300_001.0)
    with np.errstate(divide="raise"):
        for k in (0, 150_000, a.size - 1):
            b = a.copy()
            b[k] = 0
            for _ in range(5):
                with pytest.raises(FloatingPointError, match="divide by zero"):
                    inverse(b)
            # What threads of the pool met before is no error of what they do next.
            np.testing.assert_array_equal(inverse(a), 1 / a)
