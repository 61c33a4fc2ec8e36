"""`guvectorize`: gufuncs of compiled loops, against NumPy and the kernel run in the interpreter."""

import pickle

import numpy as np
import pytest

from looplift import errors, guvectorize, njit, vectorize

A = np.arange(12, dtype=np.float64).reshape(3, 4)


def plus(x, y, out):
    for i in range(x.shape[0]):
        out[i] = x[i] + y


def total(x, out):
    s = 0.0
    for v in x:
        s += v
    out[0] = s


def matmul(a, b, c):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            c[i, j] = 0
            for k in range(a.shape[1]):
                c[i, j] += a[i, k] * b[k, j]


@guvectorize(["void(float64[:], float64[:])"], "(n)->(n)")
def running(x, out):
    s = 0.0
    for i in range(x.shape[0]):
        s += x[i]
        out[i] = s


@guvectorize("(n)->()")
def dynamic_total(x, out):
    out[0] = x.sum()


def test_layouts_and_broadcasting():
    add = guvectorize(["void(int64[:], int64, int64[:])", "void(float64[:], float64, float64[:])"], "(n),()->(n)")(plus)
    np.testing.assert_array_equal(add(A, 1.0), A + 1)
    np.testing.assert_array_equal(add(A, np.arange(3.0)), A + np.arange(3.0)[:, None])
    assert add(np.arange(3), 2).dtype == np.int64
    assert (add.signature, add.nin, add.nout, add.types) == ("(n),()->(n)", 2, 1, ["ll->l", "dd->d"])
    mm = guvectorize(["void(float32[:, :], float32[:, :], float32[:, :])"], "(m,n),(n,p)->(m,p)")(matmul)
    x, y = np.random.rand(7, 2, 4).astype("f4"), np.random.rand(4, 5).astype("f4")
    np.testing.assert_allclose(mm(x, y), x @ y, rtol=1e-5)
    with pytest.raises(ValueError, match="core dimension"):
        mm(x, x)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_numpys_own_keywords(axis):
    np.testing.assert_array_equal(running(A, axis=axis), np.cumsum(A, axis=axis))
    out = np.zeros_like(A)
    assert running(A, out=out, axis=axis) is out
    np.testing.assert_array_equal(out, np.cumsum(A, axis=axis))
    sums = guvectorize(["void(float64[:], float64[:])"], "(n)->()")(total)
    np.testing.assert_array_equal(sums(A, axis=axis, keepdims=True), A.sum(axis=axis, keepdims=True))
    np.testing.assert_array_equal(sums(A, axes=[axis]), A.sum(axis=axis))
    assert sums(A[0]) == 6.0


def test_several_outputs_and_none():
    both = guvectorize(["void(float64[:], float64[:], float64[:])"], "(n)->(),()")(lambda x, lo, hi: bounds(x, lo, hi))
    lo, hi = both(A)
    np.testing.assert_array_equal(lo, A.min(1))
    np.testing.assert_array_equal(hi, A.max(1))
    copy = guvectorize(["void(float64[:], float64[:])"], "(n),(n)")(lambda x, y: copy_to(x, y))
    out = np.zeros_like(A)
    copy(A, out)
    np.testing.assert_array_equal(out, A)


@njit
def bounds(x, lo, hi):
    lo[0] = x.min()
    hi[0] = x.max()


@njit
def copy_to(x, y):
    y[:] = x


def test_fixed_and_optional_dimensions():
    def cross(a, b, r):
        r[0] = a[1] * b[2] - a[2] * b[1]
        r[1] = a[2] * b[0] - a[0] * b[2]
        r[2] = a[0] * b[1] - a[1] * b[0]

    g = guvectorize(["void(float64[:], float64[:], float64[:])"], "(3),(3)->(3)")(cross)
    a, b = np.random.rand(5, 3), np.random.rand(3)
    np.testing.assert_allclose(g(a, b), np.cross(a, b))
    with pytest.raises(ValueError):
        g(np.ones(4), np.ones(4))
    mv = guvectorize(["void(float64[:, :], float64[:, :], float64[:, :])"], "(m?,n),(n,p?)->(m?,p?)")(matmul)
    np.testing.assert_allclose(mv(A, np.ones(4)), A @ np.ones(4))
    np.testing.assert_allclose(mv(A, A.T), A @ A.T)


def test_writable_inputs():
    def clobber(x, r):
        r[0] = x[0]
        x[0] = 9

    for which in ("x", 0):
        g = guvectorize(["void(float64[:], float64[:])"], "(n)->()", writable_args=(which,))(clobber)
        a = np.arange(1, 4, dtype=np.float32)
        assert g(a) == 1.0
        assert a[0] == 9
    for which, error in (("y", RuntimeError), (5, ValueError), (-1, ValueError)):
        with pytest.raises(error):
            guvectorize(["void(float64[:], float64[:])"], "(n)->()", writable_args=(which,))(clobber)


class Unknown:
    pass


def in_object_mode(x, f, r):
    Unknown()
    for i in range(len(x)):
        r[i] = x[i] * f


def test_object_mode():
    g = guvectorize(["void(float64[:], int64, float64[:])"], "(n),()->(n)", forceobj=True)(in_object_mode)
    a = np.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(g(a, 3), a * 3)
    np.testing.assert_array_equal(g(a.T, [[1], [2]])[1], a.T * 2)
    with pytest.raises(TypeError, match="NoneType"):
        guvectorize(["void(float64[:], float64[:])"], "(n)->(n)", forceobj=True)(lambda x, r: None + x)(a)
    with pytest.raises(errors.TypingError, match="object mode"):
        njit(lambda a, r: g(a, 3, r))(a, a.copy())


def test_dynamic():
    out = np.zeros(3)
    assert dynamic_total.is_dynamic
    dynamic_total(A, out)
    np.testing.assert_array_equal(out, A.sum(1))
    ints = np.zeros(3, np.int64)
    dynamic_total(np.ones((3, 4), np.int32), out=ints)
    assert list(ints) == [4, 4, 4]
    same_input = np.zeros(3, np.float32)
    dynamic_total(A, same_input)
    np.testing.assert_array_equal(same_input, A.sum(1).astype("f4"))
    assert dynamic_total.types == ["d->d", "i->l", "d->f"]
    with pytest.raises(TypeError, match="Too few arguments"):
        dynamic_total(A)


def test_exceptions_stop_the_loop():
    def checked(x, n, out):
        for i in range(x.shape[0]):
            if x[i] < 0:
                raise ValueError("negative")
            out[i] = x[i] * n[0]

    g = guvectorize(["int32[:], int32[:], int32[:]"], "(n),()->(n)")(checked)
    out = np.zeros(4, np.int32)
    with pytest.raises(ValueError, match="negative"):
        g(np.array([1, 2, -3, 4], np.int32), 2, out)
    assert list(out) == [2, 4, 0, 0]
    with pytest.raises(IndexError):
        guvectorize(["void(float64[:], float64[:])"], "(n)->()")(lambda x, r: outside(x, r))(A)


@njit
def outside(x, r):
    r[0] = x[len(x)]


@pytest.mark.parametrize(
    "make, error, text",
    [
        (lambda: guvectorize(["int32[:], int32, int32[:]"], "(n),(n)->(n)")(lambda a, b, c: None), TypeError, "scalar type int32 given for non scalar argument #2"),
        (lambda: guvectorize(["int32[:], int32[:]"], "(m,n)->(n)")(lambda a, b: None), TypeError, "type and shape signature mismatch for arg #1"),
        (lambda: guvectorize(["int32[:], int32"], "(n)->()")(lambda a, b: None), TypeError, "output"),
        (lambda: guvectorize(["int32(int32[:], int32[:])"], "(n)->()")(lambda a, b: None), TypeError, "void"),
        (lambda: guvectorize(["int32[:], int32[:]"], "(n)->()")(lambda a: None), TypeError, "operands"),
        (lambda: guvectorize(["int32[:], int32[:]"], "(n->()")(lambda a, b: None), ValueError, "layout"),
        (lambda: guvectorize(["int32[:], int32[:]"], "(n)->(q)")(lambda a, b: None), NameError, "undefined output symbols: q"),
        (lambda: guvectorize(["int32[:], int32[:]"], "(n),(n)->")(lambda a, b: None), ValueError, "no outputs"),
        (lambda: guvectorize(["int32[:], int32[:]"], "(n)->()", target="gpu")(lambda a, b: None), ValueError, "target"),
        (lambda: guvectorize(1, 2, 3), TypeError, "."),
    ],
)
def test_refusals(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_pickling():
    assert pickle.loads(pickle.dumps(running)) is running
    for g in (guvectorize(["void(float64[:], float64[:])"], "(n)->()")(total), guvectorize("(n)->()")(total)):
        h = pickle.loads(pickle.dumps(g))
        assert (h._frozen, h.is_dynamic, h.gufunc_builder._sigs) == (g._frozen, g.is_dynamic, g.gufunc_builder._sigs)
        out = np.zeros(3)
        h(A, out)
        np.testing.assert_array_equal(out, A.sum(1))


def test_without_core_dimensions_it_is_a_ufunc():
    @guvectorize("(),()->()")
    def add(x, y, r):
        r[0] = x + y

    out = np.zeros(4, np.int64)
    add(np.arange(4), 1, out)
    assert add.signature is None
    assert add.reduce(np.arange(5)) == 10


def test_from_compiled_code():
    static = guvectorize("int64[:], int64, int64[:]", "(n),()->(n)")(plus)
    dynamic = guvectorize("(n),()->(n)")(plus)
    x = np.arange(40).reshape(4, 2, 5)
    for g in (static, dynamic):

        @njit
        def call(x, y, out):
            g(x, y, out)

        for y in (np.int32(100), np.arange(8).reshape(4, 2), np.arange(2)):
            out = np.zeros_like(x)
            call(x, y, out)
            want = np.zeros_like(x)
            g(x, y, want)
            np.testing.assert_array_equal(out, want)
        with pytest.raises(ValueError, match="incompatible"):
            call(x, np.arange(3), np.zeros_like(x))
        with pytest.raises(ValueError, match="core dimension"):
            call(x, 1, np.zeros((4, 2, 6), np.int64))

    @njit
    def sums(x, out):
        dynamic_total(x, out)
        dynamic_total(x * 2, out[1:4])

    out = np.zeros(4)
    with pytest.raises(ValueError, match="incompatible"):
        sums(A, out)
    with pytest.raises(errors.TypingError, match="does not have enough dimensions"):
        njit(lambda x, r: running(x, r))(1.0, np.ones(1))


def test_ufuncs_in_kernels():
    twice = vectorize(["float64(float64)"])(lambda x: x * 2)

    @guvectorize(["void(float64[:], float64[:])"], "(n)->(n)")
    def g(x, r):
        r[:] = twice(x)

    np.testing.assert_array_equal(g(A), A * 2)


def test_the_ufunc_inside_is_pickled():
    made = guvectorize(["void(float64[:], float64[:])"], "(n)->(n)")(lambda x, r: None)
    inner = pickle.loads(pickle.dumps(made.ufunc))
    assert isinstance(inner, np.ufunc) and inner.signature == "(n)->(n)" and inner.types == made.ufunc.types


@guvectorize(["void(float64[:], float64[:], float64[:, :], float64[:])"], "(n),(m)->(n,m),()")
def products(a, b, out, sum_of_all):
    sum_of_all[0] = 0.0
    for i in range(a.shape[0]):
        for j in range(b.shape[0]):
            out[i, j] = a[i] * b[j]
            sum_of_all[0] += out[i, j]


@njit
def products_made(a, b):
    return products(a, b)


@pytest.mark.parametrize(
    "shapes",
    [((3,), (4,)), ((2, 3), (4,)), ((1, 3), (5, 4)), ((2, 1, 3), (5, 4)), ((0, 3), (4,)), ((0, 3), (1, 4)), ((2, 0), (4,)), ((2, 3), (3, 4))],
)
def test_outputs_made_by_compiled_code(shapes):
    a, b = (np.random.default_rng(1).random(shape) for shape in shapes)
    try:
        wanted = products(a, b)
    except ValueError:
        with pytest.raises(ValueError, match="incompatible"):
            products_made(a, b)
        return
    for x, y in zip(products_made(a, b), wanted):
        np.testing.assert_array_equal(np.asarray(x), y)


def test_outputs_of_numbers_are_numbers():
    more = guvectorize(["void(int64, int64[:])"], "()->()")(lambda a, out: out.fill(a + 1))
    f = njit(lambda a: more(a))
    assert f(3) == 4 and type(f(3)) is int
    np.testing.assert_array_equal(f(np.arange(3)), [1, 2, 3])
    without = guvectorize("(n)->(n)")(total)
    with pytest.raises(errors.TypingError, match="outputs are given too"):
        njit(lambda a: without(a))(A)


def test_what_is_not_written_of_an_output_stays():
    @guvectorize(["void(float64[:], uint8[:])"], "(n)->(n)")
    def every_other(x, out):
        for i in range(0, x.size, 2):
            out[i] = 1

    for dtype in (np.uint8, np.int8, np.int64):
        out = np.full((50, 5), 7).astype(dtype)
        every_other(np.ones((50, 5)), out)
        assert (out == [1, 7, 1, 7, 1]).all()


def test_floating_point_errors_are_those_of_elements():
    @guvectorize(["void(float64[:], float64[:], float64[:])"], "(n),(n)->(n)")
    def ratio(a, b, out):
        for i in range(len(a)):
            out[i] = a[i] / b[i]

    @guvectorize(["void(float64[:], float64[:])"], "(n)->(n)")
    def guarded(a, out):
        out[:] = np.where(a > 0, np.log(np.where(a > 0, a, 1.0)), 0.0) + np.arctan2(a, a) + np.exp(a)

    @guvectorize(["void(float64[:], int64[:])"], "(n)->()")
    def small(a, out):
        out[0] = 0
        for x in a:
            out[0] += x < 0.5

    @guvectorize(["void(float64[:, :], float32[:])"], "(m,n)->(m)")
    def means(a, out):
        for i in range(a.shape[0]):
            out[i] = a[i].sum() / a.shape[1]

    @guvectorize(["void(float64[:], float64)"], "(n),()", writable_args=("a",))
    def divide(a, by):
        a /= by

    for n in (1, 3, 8, 11):
        a, zero = np.arange(n + 0.0), np.zeros(n)
        with np.errstate(all="raise", under="ignore"):
            np.testing.assert_array_equal(ratio(a, a + 1), a / (a + 1))
            np.testing.assert_array_equal(ratio(np.full(n, np.nan), a + 1), np.full(n, np.nan))
            assert np.isfinite(guarded(a)).all()
            assert np.isnan(guarded(np.full((2, n), np.nan))).all()
            assert small(np.full((2, n), np.nan)).tolist() == [0, 0]
            assert means(np.full((2, n, 3), np.inf)).tolist() == [[np.inf] * n] * 2
            with pytest.raises(FloatingPointError, match="divide by zero"):
                ratio(a + 1, zero)
            with pytest.raises(FloatingPointError, match="invalid"):
                ratio(zero[::-1], zero)
            with pytest.raises(FloatingPointError, match="invalid"):
                ratio(zero, zero, out=zero)
            with pytest.raises(FloatingPointError, match="overflow"):
                guarded(a + 800)
            with pytest.raises(FloatingPointError, match="overflow"):
                means(np.full((n, 3), 1e300))
            with pytest.raises(FloatingPointError, match="divide by zero"):
                divide(a + 1, 0.0)
        with np.errstate(under="raise"), pytest.raises(FloatingPointError, match="underflow"):
            ratio(np.full(n, 1e-300), np.full(n, 1e300))
