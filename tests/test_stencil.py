"""`stencil`, against the kernel run in the interpreter on views around each element."""

import itertools
import pickle

import numpy as np
import pytest

from looplift import errors, njit, stencil

A = np.arange(12, dtype=np.float64) ** 1.5
M = np.arange(42, dtype=np.float64).reshape(6, 7) ** 1.1
INTS = np.arange(42).reshape(6, 7)
C = np.arange(60.0).reshape(3, 4, 5)


class Around:
    """An array as a kernel sees it in the interpreter."""

    def __init__(self, array, at):
        self.array, self.at = array, at

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        place = tuple(slice(p + i.start, p + i.stop) if isinstance(i, slice) else p + i for p, i in zip(self.at, index))
        return self.array[place]


def expected(kernel, low, high, *args, cval=0, standard=(), out=None):
    first = args[0]
    inner = [range(lo, n - hi) for n, lo, hi in zip(first.shape, low, high)]
    values = {}
    for at in itertools.product(*inner):
        values[at] = kernel(*(Around(a, at) if isinstance(a, np.ndarray) and k not in standard else a for k, a in enumerate(args)))
    if out is None:
        dtype = np.result_type(*(type(v) for v in values.values())) if values else float
        out = np.full(first.shape, cval, dtype)
    for at, v in values.items():
        out[at] = v
    return out


def cross(a):
    return 0.25 * (a[0, 1] + a[1, 0] + a[0, -1] + a[-1, 0])


def window(a):
    s = a[-5]
    for i in range(-4, 1):
        s += a[i]
    return 0.3 * s


def weighted(a, b, w):
    return w * (a[0, 1] - b[-1, 0])


def with_weights(a, b):
    return a[-1] * b[0] + a[0] * b[1]


@stencil
def named(a):
    return a[-1] + a[1]


CASES = {
    "line": (lambda a: a[-1] + a[0] + a[1], {}, (1,), (1,), (A,)),
    "one side": (lambda a: a[2], {}, (0,), (2,), (A,)),
    "far side": (lambda a: a[-3] * 2, {}, (3,), (0,), (A,)),
    "cross": (cross, {}, (1, 1), (1, 1), (M,)),
    "integers": (lambda a: a[0, 1] + a[-2, 0], {}, (2, 0), (0, 1), (INTS,)),
    "transposed": (cross, {}, (1, 1), (1, 1), (M.T,)),
    "strided": (cross, {}, (1, 1), (1, 1), (M[::2, ::-1],)),
    "cube": (lambda a: a[0, 0, 1] + a[-1, 1, 0], {}, (1, 0, 0), (0, 1, 1), (C,)),
    "cval": (cross, {"cval": 1.5}, (1, 1), (1, 1), (M,)),
    "cval with integers": (lambda a: a[-2, 2], {"cval": 1.0}, (2, 0), (0, 2), (INTS,)),
    "declared wider": (lambda a: a[-1], {"neighborhood": ((-3, 2),)}, (3,), (2,), (A,)),
    "variable index": (window, {"neighborhood": ((-5, 0),)}, (5,), (0,), (A,)),
    "several arrays": (weighted, {}, (1, 0), (0, 1), (M, INTS, 2.5)),
    "conditions": (lambda a: a[1] if a[0] > 5 else a[-1], {}, (1,), (1,), (A,)),
    "standard": (with_weights, {"standard_indexing": ("b",)}, (1,), (0,), (A, np.array([3.0, 7.0]))),
    "slices": (lambda a: a[-1:2].sum(), {}, (1,), (1,), (A,)),
    "too small": (cross, {}, (1, 1), (1, 1), (M[:2, :2],)),
    "empty": (cross, {}, (1, 1), (1, 1), (M[:0],)),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_results(case):
    kernel, options, low, high, args = CASES[case]
    k = stencil(**options)(kernel)
    standard = [n for n, name in enumerate(kernel.__code__.co_varnames[: kernel.__code__.co_argcount]) if name in options.get("standard_indexing", ())]
    want = expected(kernel, low, high, *args, cval=options.get("cval", 0), standard=standard)
    got = k(*args)
    assert got.shape == want.shape
    assert not want.size or (want == options.get("cval", 0)).all() or got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)
    names = ", ".join(f"a{n}" for n in range(len(args)))
    jitted = njit(eval(f"lambda {names}: k({names})", {"k": k}))
    np.testing.assert_array_equal(jitted(*args), want)
    # Into a given array: its border stays, unless there is a value for it.
    out = np.full(args[0].shape, 7.0)
    inside = expected(kernel, low, high, *args, standard=standard, out=np.full(args[0].shape, options.get("cval", 7.0)))
    assert k(*args, out=out) is out
    np.testing.assert_array_equal(out, inside)
    into = njit(eval(f"lambda {names}, out: k({names}, out=out)", {"k": k}))
    out = np.full(args[0].shape, 7.0)
    into(*args, out)
    np.testing.assert_array_equal(out, inside)


def test_the_neighborhood_is_known_after_the_first_call():
    k = stencil(lambda a: a[-1, 0] + a[2, 1])
    assert k.neighborhood is None
    k(M)
    assert k.neighborhood == [[-1, 2], [0, 1]]


def test_dimensions_and_dtypes_of_later_calls():
    k = stencil(lambda a: a[1])
    assert k(A).dtype == np.float64
    assert k(np.arange(5, dtype=np.int8)).tolist() == [1, 2, 3, 4, 0]
    assert k(np.array([True, False])).dtype == np.bool_
    assert k(A + 1j)[0] == A[1] + 1j


@pytest.mark.parametrize(
    "make, args, error, text",
    [
        (lambda: stencil("sideways")(cross), None, ValueError, "mode"),
        (lambda: stencil(foo=1), None, ValueError, "Unknown stencil option"),
        (lambda: stencil(standard_indexing=("q",))(cross), (M,), errors.NumbaValueError, "not present"),
        (lambda: stencil(standard_indexing=("a",))(cross), (M,), errors.NumbaValueError, "first argument"),
        (lambda: stencil(lambda a: a[int(a[0])]), (A,), errors.TypingError, "not constant"),
        (lambda: stencil(neighborhood=((-1, 0),))(lambda a: a[-1] + a[2]), (A,), errors.TypingError, "outside of its neighborhood"),
        (lambda: stencil(neighborhood=((-1, 0), (0, 0)))(lambda a: a[-1]), (A,), errors.TypingError, "neighborhood"),
        (lambda: stencil(lambda a: a[0, 0]), (A,), errors.TypingError, "dimensionality"),
        (lambda: stencil(lambda a: a["x"]), (A,), errors.TypingError, "index"),
        (lambda: stencil(lambda a: 1.0), (A,), errors.TypingError, "no accesses"),
        (lambda: stencil(lambda a, b: a[0] + b[0]), (A, M), errors.TypingError, "same number of dimensions"),
        (lambda: stencil(lambda a, b: a[0] + b[0]), (A, A[:3]), ValueError, "smaller"),
        (lambda: stencil(lambda a: a[0]), (1.0,), errors.TypingError, "primary input"),
        (lambda: stencil(lambda a: a[0]), (A, A), TypeError, "arguments"),
        (lambda: stencil(cval=1j)(lambda a: a[0]), (A,), errors.TypingError, "cval"),
        (lambda: stencil(cval="x")(lambda a: a[0]), (A,), errors.TypingError, "cval"),
        (lambda: stencil(lambda a: (a[0], 1)), (A,), errors.TypingError, "number"),
    ],
)
def test_refusals(make, args, error, text):
    with pytest.raises(error, match=text):
        make()(*args)


def test_a_variable_index_outside_of_the_neighborhood():
    def kernel(a, n):
        return a[n]

    k = stencil(neighborhood=((-1, 1),))(kernel)
    assert k(A, 1)[1] == A[2]
    with pytest.raises(IndexError, match="neighborhood"):
        k(A, 2)


def test_out_shapes():
    k = stencil(lambda a: a[1])
    with pytest.raises(ValueError, match="another shape"):
        k(A, out=np.zeros(3))
    with pytest.raises(errors.TypingError):
        k(A, out=np.zeros((3, 3)))


def test_exceptions_of_kernels():
    def kernel(a):
        if a[1] > 20:
            raise ValueError("too large")
        return a[0]

    with pytest.raises(ValueError, match="too large"):
        stencil(kernel)(A)


def test_kernels_call_functions_and_use_globals():
    helper = njit(lambda x: x * 2)
    weights = np.array([1.0, 2.0])
    k = stencil(lambda a: helper(a[-1]) * weights[0] + weights[1])
    np.testing.assert_array_equal(k(A)[1:], A[:-1] * 2 + 2)
    with pytest.raises(IndexError):
        stencil(lambda a: a[0] + weights[int(a[0]) + 5])(A)


def test_pickling():
    assert pickle.loads(pickle.dumps(named)) is named
    k = pickle.loads(pickle.dumps(stencil(cval=2.0)(lambda a: a[1])))
    assert k(A)[0] == A[1]
    assert k(A)[-1] == 2.0


def neighbours(a):
    return 2 * a[-2, 0] + 3 * a[0, 1] - a[1, -3]


def outside(mode, j, n):
    """Where `scipy.ndimage` finds index `j` of `n`."""
    if mode == "wrap":
        return j % n
    if mode == "nearest":
        return min(max(j, 0), n - 1)
    if mode == "reflect":
        j %= 2 * n
        return j if j < n else 2 * n - 1 - j
    period = max(2 * n - 2, 1)
    j %= period
    return j if j < n else period - j


@pytest.mark.parametrize("mode", ["wrap", "nearest", "reflect", "mirror"])
@pytest.mark.parametrize("shape", [(5, 6), (1, 1), (2, 7), (7, 2), (0, 3)], ids=str)
def test_modes(mode, shape):
    a = np.arange(float(np.prod(shape))).reshape(shape)
    made = stencil(mode=mode)(neighbours)

    def at(i, j):
        return a[outside(mode, i, shape[0]), outside(mode, j, shape[1])]

    expected = np.array([[2 * at(i - 2, j) + 3 * at(i, j + 1) - at(i + 1, j - 3) for j in range(shape[1])] for i in range(shape[0])]).reshape(shape)
    np.testing.assert_array_equal(made(a), expected)
    np.testing.assert_array_equal(njit(lambda x: made(x))(a), expected)
    out = np.full(shape, -1.0)
    made(a, out=out)
    np.testing.assert_array_equal(out, expected)


def test_modes_are_known():
    for refused in (lambda: stencil("wrap"), lambda: stencil(mode="bounce")):
        with pytest.raises(ValueError, match="Unsupported mode"):
            refused()
    with pytest.raises(ValueError, match="cval"):
        stencil(mode="wrap", cval=1)
    a = np.arange(5.0)
    assert list(stencil(mode="wrap")(lambda a: a[-1])(a)) == [4, 0, 1, 2, 3]
    assert list(stencil(mode="nearest", neighborhood=((0, 2),))(lambda a: a[1 + 1])(a)) == [2, 3, 4, 4, 4]


def test_made_in_compiled_code():
    @njit
    def closures(a, w, c):
        def kernel(x, w):
            total = x[-w] * c
            for i in range(-w + 1, w + 1):
                total += x[i]
            return total

        return stencil(kernel, neighborhood=((-w, w),), cval=-1.0)(a, w)

    a = np.arange(9.0)
    for w in (1, 2, 4):
        expected = np.full(9, -1.0)
        for i in range(w, 9 - w):
            expected[i] = a[i - w] * 2.5 + sum(a[i - w + 1 : i + w + 1])
        np.testing.assert_array_equal(closures(a, w, 2.5), expected)

    @njit
    def written(a, b):
        stencil(lambda x: x[0, 1] - x[-1, 0])(a, out=b)
        return b

    a = np.arange(12.0).reshape(3, 4) ** 2
    out = written(a, np.zeros((3, 4)))
    np.testing.assert_array_equal(out[1:, :3], a[1:, 1:] - a[:2, :3])
    assert not out[0].any() and not out[:, 3].any()

    @njit
    def decorated(a):
        @stencil
        def kernel(x):
            k = 2
            return x[-k + 1] + 1

        return kernel(a)

    assert list(decorated(np.arange(4))) == [0, 1, 2, 3]


def test_made_in_compiled_code_refuses():
    @njit
    def outside_of_it(a, w):
        return stencil(lambda x, w: x[-w - 1], neighborhood=((-w, 0),))(a, w)

    with pytest.raises(IndexError, match="neighborhood"):
        outside_of_it(np.arange(5), 1)
    for bad in (
        lambda a: stencil(lambda x: x[0], neighborhood=((0, 1), (0, 1)))(a),
        lambda a: stencil(lambda x: x[0], neighborhood=3)(a),
        lambda a: stencil(lambda x: x[0], border=3)(a),
        lambda a: stencil(lambda x, i: x[i])(a, len(a)),
        lambda a: stencil(lambda x: x[0])(a, a),
        lambda a: stencil("constant")(a),
    ):
        with pytest.raises(errors.NumbaError):
            njit(bad)(np.arange(5))


def test_offsets_are_added_to_indices():
    a = np.arange(12.0) ** 1.5

    @njit
    def shifted(a, w, by):
        def kernel(x, w):
            total = x[-w + 1]
            for i in range(-w + 1, w + 1):
                total += x[i + 1]
            return total

        return stencil(kernel, neighborhood=((-w, w),), index_offsets=(-by,))(a, w)

    @njit
    def sliced(a, w, by):
        return stencil(lambda x, w: np.sum(x[-w + 1 : w + 2]), neighborhood=((-w, w),), index_offsets=(-by,))(a, w)

    expected = np.zeros(12)
    for i in range(3, 9):
        expected[i] = a[i - 3 : i + 4].sum()
    np.testing.assert_allclose(shifted(a, 3, 1), expected)
    np.testing.assert_allclose(sliced(a, 3, 1), expected)
    np.testing.assert_array_equal(stencil(lambda x: x[1], index_offsets=(-2,))(a), [0, *a[:-1]])
    with pytest.raises(errors.NumbaValueError, match="index offsets"):
        stencil(lambda x: x[1], index_offsets=(1, 2))(a)


def test_indices_computed_from_constants():
    a = np.arange(12.0) ** 1.5

    @stencil
    def around(x, c, d):
        return x[-c + d] + x[d - c * 2] + x[0]

    @njit
    def outside(a):
        return around(a, 2, 1), around(a, 3, 1), around(a, 1, 2)

    for got, (c, d) in zip(outside(a), [(2, 1), (3, 1), (1, 2)]):
        low = max(0, c - d, 2 * c - d)
        high = max(0, d - c, d - 2 * c)
        expected = np.zeros(12)
        for i in range(low, 12 - high):
            expected[i] = a[i - c + d] + a[i + d - c * 2] + a[i]
        np.testing.assert_array_equal(got, expected)
        np.testing.assert_array_equal(around(a, c, d), expected)

    @njit
    def inside(a):
        c = 2
        return stencil(lambda x, c: x[-c] + x[c - 1])(a, c)

    np.testing.assert_array_equal(inside(a)[2:-1], a[:-3] + a[3:])

    @njit
    def variable(a):
        return stencil(lambda x, c: x[c])(a, len(a))

    with pytest.raises(errors.NumbaValueError, match="not constant"):
        variable(a)


def test_unusable_kernels_and_options():
    a = np.arange(5.0)
    for kernel in (len, int, stencil(lambda a: a[0])):
        with pytest.raises(TypeError, match="a stencil kernel is a function of Python"):
            stencil(kernel)
    for given in ("x", ((0,),), ((-1.5, 1),), (0,), 3):
        with pytest.raises(errors.NumbaValueError, match="a neighborhood is a pair of integers for each dimension"):
            stencil(neighborhood=given)(lambda a: a[0])(a)
    with pytest.raises(errors.NumbaValueError, match="the lowest and the highest offset"):
        stencil(neighborhood=((1, -1),))(lambda a: a[0])(a)
    for cval, dtype in ((np.nan, np.int64), (300, np.int8)):
        with pytest.raises(errors.NumbaValueError, match="cval"):
            stencil(cval=cval)(lambda a: a[1])(a.astype(dtype))
    with pytest.raises(TypeError, match="by position"):
        stencil(lambda a: a[1])(a=a)
