"""Rarer keywords and namesakes: linear algebra of stacks, padding, methods of ufuncs, dates, texts, weights, axes given as tuples."""

import numpy as np
import pytest

from looplift import njit

M = np.arange(12.0).reshape(3, 4)
Q = np.array([[4.0, 1, 0], [1, 3, 1], [0, 1, 2]])
STACK = np.array([Q, Q * 2])
NANS = np.array([1.0, np.nan, 3, 2])
DAYS = np.arange("2020-01", "2020-02", dtype="M8[D]")
TEXTS = np.array(["ab", "cde", ""])


def assert_close(got, want):
    if isinstance(want, (tuple, list)):
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            assert_close(g, w)
    elif np.asarray(want).dtype.kind in "fc":
        np.testing.assert_allclose(got, want, 1e-11, 1e-12)
        assert np.ndim(want) == 0 or got.dtype == want.dtype
    else:
        np.testing.assert_array_equal(got, want)
        assert np.ndim(want) == 0 or got.dtype == want.dtype


def agree(function, *args):
    assert_close(njit(function)(*args), function(*args))


@pytest.mark.parametrize("function", [
    lambda a: (np.linalg.matrix_power(a, 2), np.linalg.slogdet(a), np.linalg.pinv(a), np.linalg.matrix_power(a, -1)),
    lambda a: (np.linalg.cholesky(a), np.linalg.cholesky(a, upper=True), np.linalg.eigvalsh(a), np.linalg.svd(a, compute_uv=False)),
    lambda a: (np.linalg.cond(a), np.linalg.cond(a, 1), np.linalg.matrix_rank(a), np.linalg.svdvals(a), np.linalg.qr(a, mode="r")),
    lambda a: (np.linalg.norm(a, axis=(1, 2)), np.linalg.norm(a, 1, (0, 1), keepdims=True), np.linalg.matrix_norm(a)),
    lambda a: (np.linalg.solve(a, a[0]), np.linalg.solve(a[0], a), np.trace(a, 0, 1, 2), np.linalg.trace(a)),
    lambda a: (np.linalg.vector_norm(a), np.linalg.vector_norm(a, axis=1, keepdims=True), np.linalg.norm(a[0], axis=0, keepdims=True)),
    lambda a: (np.linalg.tensorinv(a[0], ind=1), np.linalg.tensorsolve(a[0], a[1, 0]), np.linalg.outer(a[0, 0], a[0, 1])),
    lambda a: (np.linalg.vecdot(a, a), np.linalg.matmul(a, a), np.linalg.tensordot(a[0], a[1]), np.linalg.cross(a[0, 0], a[0, 1])),
    lambda a: (np.vecdot(a, a), np.matvec(a, a[0, 0]), np.vecmat(a[0, 0], a), np.vecdot(a, a, axis=0)),
])
def test_linear_algebra(function):
    agree(function, STACK)


def test_factors_of_stacks():
    def back(a):
        u, s, v = np.linalg.svd(a, full_matrices=False)
        q, r = np.linalg.qr(a)
        w, x = np.linalg.eigh(a)
        whole, upper = np.linalg.qr(a[0, :, :2].copy(), mode="complete")
        return u * s[:, None, :] @ v, q @ r, x * w[:, None, :] @ np.swapaxes(x, 1, 2), whole @ upper

    for got, want in zip(njit(back)(STACK), (STACK, STACK, STACK, Q[:, :2]), strict=True):
        np.testing.assert_allclose(got, want, 1e-10, 1e-12)


PADDINGS = [
    "1, 'linear_ramp'", "(3, 2), 'linear_ramp', end_values=3", "2, 'maximum'", "1, 'minimum'", "2, 'mean', stat_length=2", "1, 'median'",
    "1, constant_values=((1, 2), (3, 4))", "1, constant_values=(1, 2)", "2, 'reflect', reflect_type='odd'",
    "7, 'symmetric', reflect_type='odd'", "2, 'median', stat_length=((1, 2), (2, 3))",
]


@pytest.mark.parametrize("arguments", PADDINGS)
def test_padding(arguments):
    function = eval(f"lambda a: np.pad(a, {arguments})", {"np": np})
    agree(function, M)
    agree(function, M.astype(np.int64))


@pytest.mark.parametrize("function", [
    lambda a: (np.add(a, a, casting="same_kind"), np.sqrt(a, order="F"), np.multiply(a, 2, subok=True)),
    lambda a: (np.add.reduce(a, initial=3.0), np.add.reduce(a, where=a > 2), np.add.reduce(a, axis=(0, 1)), np.multiply.reduce(a, keepdims=True)),
    lambda a: (np.hypot.reduce(a, axis=(0, 1)), np.hypot.reduce(a, axis=None, initial=1.0), np.logaddexp.reduce(a, axis=1, keepdims=True)),
    lambda a: (np.maximum.reduce(a, axis=1, initial=5.0, where=a > 4), np.bitwise_xor.reduce(a.astype(np.int64), axis=None)),
])
def test_ufuncs(function):
    agree(function, M)


def test_ufuncs_into_arrays():
    def change(a, sums, running):
        np.add.reduce(a, axis=0, out=sums)
        np.add.accumulate(a, 0, None, running)
        np.add.at(a, (np.array([0, 0, 2]), np.array([1, 1, 0])), 2)
        np.add.at(a, np.array([1, 1]), np.arange(4.0))
        np.negative.at(a, (slice(0, 1), 1))
        np.subtract.at(a, a > 8, 1)
        return a, sums, running

    results = [f(M.copy(), np.zeros(4), np.zeros((3, 4))) for f in (change, njit(change))]
    assert_close(results[1], results[0])


@pytest.mark.parametrize("function", [
    lambda a: (np.linspace(a[0], a[1], 4), np.linspace(a[0], 1, 3, axis=-1), np.linspace(a[0], a[1], 3, endpoint=False, retstep=True)),
    lambda a: (np.rot90(a, 3, (1, 0)), np.expand_dims(a, (0, 2)), np.expand_dims(a, (-1, 0)), np.trace(a, dtype=np.float32)),
    lambda a: (np.cov(a, fweights=np.array([1, 2, 1, 1])), np.cov(a, aweights=np.array([1.0, 2, 1, 1])), np.cov(a[0], ddof=0, dtype=np.float64)),
    lambda a: (np.interp(a[0] + 7, a[0], a[1], period=9), np.interp(25.5, a[0], a[1], period=9)),
    lambda a: (np.nanmin(a, initial=-1.0), np.nanmax(a, axis=0, keepdims=True, initial=3.0), np.nansum(a, where=a > 2), np.nanprod(a, axis=(0, 1))),
    lambda a: (np.quantile(a, 0.3, weights=a, method="inverted_cdf"), np.percentile(a, [10, 60], weights=a, method="inverted_cdf")),
    lambda a: (np.insert(a, [1, 2], 9, axis=1), np.insert(a, slice(0, 2), a[:2], axis=0), np.insert(a, np.array([True, False, True]), 5, axis=0)),
    lambda a: (np.hstack((a[0], 1.0)), np.vstack((1, 2)), np.isin(a, [1, 2], kind="sort"), np.argsort(a, stable=True)),
    lambda a: (np.einsum("ij,kj", a, a, optimize=True), np.mask_indices(3, np.triu), np.tensordot(a, a, axes=([0], [0]))),
    lambda a: (np.apply_along_axis(lambda r: np.outer(r, r), 1, a), np.meshgrid(a, a[0], copy=False), np.lexsort((a, a[::-1]), axis=0)),
    lambda a: (a.compress([True, False, True], axis=0), a.tobytes("F"), np.array2string(a, precision=2), np.array_repr(a)),
])
def test_keywords(function):
    agree(function, M)


def test_unique_rows():
    rows = np.array([[1, 2, 1], [0, 1, 0], [1, 2, 1]])
    agree(lambda a: np.unique(a, axis=0), rows)
    agree(lambda a: np.unique(a, return_index=True, return_inverse=True, return_counts=True, axis=1), rows)
    agree(lambda a: (np.unique_counts(a), np.unique_inverse(a), np.unique_all(a)), rows)


def test_without_nan():
    agree(lambda a: (np.nanstd(a, axis=0, ddof=1), np.nanmean(a, axis=0), np.nanmin(a, initial=-1.0), np.nanvar(a, axis=0)), NANS)


def test_dates():
    agree(lambda a: (np.busday_count(a, a[::-1]), np.is_busday(a), np.busday_count(a[0], a, weekmask="1111110")), DAYS)
    agree(lambda a: (np.busday_offset(a, 2, roll="forward"), np.busday_offset(a, -3, roll="backward")), DAYS)
    agree(lambda a: (np.datetime_as_string(a), np.datetime_as_string(a, unit="h"), np.datetime_as_string(a[0])), DAYS)
    agree(lambda a: (np.arange(a[0], a[4]), np.arange(a[0], a[4], np.timedelta64(6, "h")), np.arange(a[0], 5), np.clip(a, a[3], a[9])), DAYS)
    agree(lambda s: np.datetime64(s, "D"), "2020-01-01")


def test_texts():
    agree(lambda a: (np.strings.upper(a), np.strings.str_len(a), np.strings.find(a, "b"), np.strings.isalpha(a), np.strings.strip(a, "a")), TEXTS)
    agree(lambda a: (a + a, np.strings.add(a, a), np.strings.count(a, a[:1]), np.strings.rfind(a, "c", 1)), TEXTS)


def test_files(tmp_path):
    @njit
    def write(a, raw, words, whole):
        a.tofile(raw)
        np.savetxt(words, a)
        np.save(whole, a)

    paths = [str(tmp_path / name) for name in ("raw", "words", "whole.npy")]
    write(M, *paths)
    assert_close((np.fromfile(paths[0]), np.loadtxt(paths[1]), np.load(paths[2])), (M.ravel(), M, M))


def test_one_value_for_many_places():
    def assign(a, i, m, v):
        a[i] = v
        a[m] = v
        return a

    agree(assign, np.arange(6.0), np.array([0, 2]), np.arange(6) > 3, np.array([9.0]))


def test_nothing_is_written_beside_positions_out_of_bounds():
    a = np.arange(4.0)

    @njit
    def assign(a, i):
        a[i] = 9.0

    with pytest.raises(IndexError):
        assign(a, np.array([0, 9]))
    assert_close(a, np.arange(4.0))


@pytest.mark.parametrize("kind", ["?", "u1", "f4", "c16"])
def test_initial_values_and_masks_keep_the_class(kind):
    a = np.arange(12).reshape(3, 4).astype(kind)
    agree(lambda a: (np.sum(a, axis=(0,), keepdims=True, initial=1), np.prod(a, axis=0, initial=1), np.max(a, axis=(0, 1), keepdims=True, initial=1)), a)
    agree(lambda a: (np.max(a[:0], initial=1), np.min(a[:0], axis=0, initial=1), np.mean(a, axis=0, where=a == a)), a)
    agree(lambda a: (np.var(a, where=a == a), np.std(a, axis=0, where=a != 3, ddof=1), np.nanmax(a[0], axis=-1), np.sum(a[0, 0:1].reshape(()), axis=0)), a)


def test_the_class_of_several_quantiles():
    agree(lambda a: (np.percentile(a, [20, 50]), np.quantile(a, np.array([0.2], np.float32)), np.quantile(a, 0.5)), np.arange(5, dtype=np.float32))


def test_flat_of_any_layout():
    def items(a):
        a.T.flat[1] = 77
        a[::2].flat[1] = 5
        a[:, ::-1].flat[-1] = 3
        a.T.flat[[0, 2]] = [8, 9]
        a[:, 1:].flat[1:3] = 4
        return a

    def whole(a):
        a.flat = np.arange(3.0)
        a[:, ::2].flat = 7
        a.T.flat = np.arange(9.0)
        return a

    for function in (items, whole):
        assert_close(njit(function)(np.arange(9.0).reshape(3, 3)), function(np.arange(9.0).reshape(3, 3)))
    with pytest.raises(IndexError):
        njit(items)(np.arange(1.0).reshape(1, 1))


def test_exponents_without_sign():
    agree(lambda a, b: a**b, np.array([0, 1, 3], np.uint64), np.full(3, 2**63, np.uint64))


def test_numbers_without_sign_beside_constants():
    def mixed(h, n):
        for _ in range(n):
            h = 31 * h + 7
        return h // 3 % 1000003 & 0xFFFF | 1

    # Wraps as NumPy's numbers do.
    expected = 2**63
    for _ in range(5):
        expected = (31 * expected + 7) % 2**64
    assert njit(mixed)(np.uint64(2**63), 5) == expected // 3 % 1000003 & 0xFFFF | 1
    assert njit(lambda a: a + 1)(np.uint64(2**63)) == 2**63 + 1


def test_seeds_of_all_kinds():
    import random

    def draw(seed):
        random.seed(seed)
        return random.random()

    for seed in ("abc", b"xy", 2.5, "hällo"):
        assert njit(draw)(seed) == draw(seed)


def test_classes_of_named_tuples_made_while_compiling():
    import collections

    @njit
    def make(a):
        Pair = collections.namedtuple("Pair", "x y")
        return Pair(a, y=2.5)

    pair = make(3)
    assert (pair.x, pair.y, type(pair).__name__) == (3, 2.5, "Pair")
    agree(lambda n: tuple([n, 2.5, 3]), 1)


def test_bools_divided():
    a, b = np.array([True, False, True]), np.array([True, True, False])
    agree(lambda a, b: (a // b, a % b, a**b, np.power(a, b), np.bitwise_count(a)), a, b[:3] | True)


def test_masks_without_dimensions():
    for value in (1.0, 5.0):
        agree(lambda a: (a[a > 2], a[a == a]), np.array(value))
    agree(lambda a, m: a[m], np.arange(3.0), np.array(False))


def test_scipy_special():
    special = pytest.importorskip("scipy.special")
    pytest.importorskip("scipy.special.cython_special")
    a = np.array([0.5, 1.5, 2.5])
    agree(lambda a: (special.gamma(a), special.erf(a), special.jv(1.0, a), special.beta(a[:, None], a), special.expit(a)), a)
    agree(lambda x: special.gammaln(x), 4.5)
    agree(lambda a: special.j0(a).dtype.itemsize, a.astype(np.float32))


def test_parts_and_iterators():
    agree(lambda a: (np.unstack(a), np.unstack(a, axis=1)), M) if hasattr(np, "unstack") else None
    agree(lambda: (np.fromiter((i * i for i in range(100)), np.int32, 40), np.fromiter((i for i in range(50)), float)))
    with pytest.raises(ValueError, match="too short"):
        njit(lambda: np.fromiter((i for i in range(3)), np.int64, 5))()
