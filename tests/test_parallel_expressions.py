"""Whole-array expressions of functions compiled with `parallel=True`: the interpreter's answers, pieces on threads, the same bits
for every number of threads."""

import looplift
import numpy as np
import pytest
from looplift import njit

N = 200_000
A = np.random.default_rng(1).random(N)
B = np.random.default_rng(2).random(N) + 0.5
M = np.random.default_rng(3).random((400, 600))
I = np.arange(N) % 1000 - 300


def operators(a, b):
    return np.sqrt(a * a + b * b) - a / b


def under_reductions(a, b):
    return np.sum(a * b), np.mean(a - b), (a + b).std(), np.var(a), np.prod(a * 1e-9 + 1.0)


def extremes(a, b):
    return a.min(), np.max(a * b), np.argmin(a), np.argmax(a - b), (a < b).all(), np.any(a > b)


def slices(a):
    return (a[1:] - a[:-1]) * 0.5


def made(n):
    return np.ones(n) * 3, np.full(n, 7)


def in_a_loop(a, k):
    for _ in range(3):
        a = a + a * k
    return a


def statements(a):
    b = a + 1
    c = b * 2
    return c


def summed_statements(a):
    b = a * a
    c = b - 1.0
    return np.sum(c)


def in_place(a, b):
    a = a.copy()
    a += b
    a *= 2.0
    a[1:] -= b[1:]
    view = a[1:]
    view += a[:-1]
    return a


def rows(m, v):
    return m * v + 1.0


def along_rows(m):
    return np.sum(m, axis=0), m.mean(axis=0), m.max(0), np.min(m, axis=0), m.std(axis=-2), np.argmax(m, axis=0)


def along_columns(m):
    return np.sum(m, axis=1), m.mean(axis=-1), m.prod(1), np.argmin(m, axis=1), (m * 2 - 1).sum(axis=1), (m > 0.5).all(axis=1)


def products(m, v):
    w = m[0]
    return np.dot(m, w), m @ w, np.dot(m, m.T), np.dot(v, v)


def spaced(n):
    return np.arange(n), np.arange(3, n), np.arange(0, n, 2), np.linspace(-1.0, 2.5, n)


def assigned(v, w):
    b = v.copy()
    b[1:] = w[1:] * 2
    b[1:] = b[:-1] + 1
    b[:5] = 0
    c = np.zeros((600, 500))
    c[:] = 7.0
    c[:, 1:3] = c[:, :2] * 2
    c[:, 3] = 1.5
    c.fill(2.5)
    m = b > 0.5
    b[m] = -1.0
    b[3] = 9.0
    return b, c


def numbers(x, y):
    total = 0
    for i in range(5):
        total += x * y + i
    return total


CASES = [
    (operators, (A, B), 1),
    (operators, (A.astype(np.float32), B), 1),
    (operators, (M, M + 1), 1),
    (operators, (M.T[::2], M.T[1::2]), None),
    (operators, (A[:10], B[:10]), 1),
    (operators, (A, B[:1]), 1),
    (under_reductions, (A, B), 5),
    (under_reductions, (M, M + 1), 5),
    (under_reductions, (I, I + 1), 5),
    (extremes, (A, B), 6),
    (extremes, (M, 1 - M), 6),
    (extremes, (I, -I), 6),
    (slices, (A,), 1),
    (slices, (M,), 1),
    (made, (N,), None),
    (made, ((500, 400),), None),
    (in_a_loop, (A, 0.25), 1),
    (statements, (A,), 1),
    (summed_statements, (M,), 1),
    (in_place, (A, B), 4),
    (in_place, (M, M + 1), 4),
    (in_place, (np.asfortranarray(M), M), None),
    (rows, (M, M[0]), 1),
    (numbers, (3, 4), 0),
    (along_rows, (M,), 6),
    (along_rows, (M.T,), 6),
    (along_rows, (A.reshape(-1, 2),), 6),
    (along_rows, (M.reshape(20, 30, 400),), 6),
    (along_rows, (M[:10, :10],), 6),
    (along_columns, (M,), 6),
    (along_columns, (M[::2, ::3],), 6),
    (along_columns, (I.reshape(400, 500),), 6),
    (products, (M, A), 4),
    (spaced, (N,), 4),
    (spaced, (7,), 4),
    (assigned, (A, B), None),
]


def answer(f, args):
    result = f(*args)
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("f, args, parallel", CASES, ids=lambda x: getattr(x, "__name__", None))
def test_answers(f, args, parallel):
    compiled = njit(parallel=True)(f)
    got = answer(compiled, args)
    for x, y, z in zip(got, answer(f, args), answer(njit(f), args), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6 if np.asarray(x).dtype == np.float32 else 1e-11)
        assert np.asarray(x).dtype == np.asarray(z).dtype and np.shape(x) == np.shape(y)
        if isinstance(y, np.ndarray) and f is not along_rows:
            # No reduction: threads change no bit. (Along the first axis, how sums are grouped depends on the piece's shape.)
            np.testing.assert_array_equal(x, z)
    if parallel is not None:
        counted = compiled.get_metadata(compiled.signatures[0])["parfor_diagnostics"].count_parfors()
        assert counted == parallel


def test_the_number_of_threads_does_not_show():
    compiled = njit(parallel=True)(under_reductions)
    before = looplift.get_num_threads()
    results = []
    for n in {1, 2, before}:
        if n <= before:
            looplift.set_num_threads(n)
            results.append(compiled(A, B))
    looplift.set_num_threads(before)
    assert len(set(results)) == 1


def test_shapes_that_do_not_fit():
    compiled = njit(parallel=True)(operators)
    with pytest.raises(ValueError, match="could not be broadcast"):
        compiled(A, B[:-1])
    with pytest.raises(ValueError):
        njit(parallel=True)(lambda a: np.max(a * 2))(A[:0])


def test_assignments_that_do_not_fit():
    def assign(a, b):
        a[1:] = b * 2

    compiled = njit(parallel=True)(assign)
    with pytest.raises(ValueError):
        compiled(A.copy(), B)
    with pytest.raises(ValueError):
        compiled(A[:10].copy(), B)
    locked = A.copy()
    locked.flags.writeable = False
    with pytest.raises((ValueError, looplift.errors.TypingError)):
        compiled(locked, B[1:])


def test_expressions_can_be_left_alone():
    compiled = njit(parallel={"numpy": False})(operators)
    with pytest.warns(looplift.errors.NumbaPerformanceWarning):
        compiled(A, B)
    np.testing.assert_array_equal(compiled(A, B), operators(A, B))


def test_values_of_arrays_with_nan():
    a = A.copy()
    a[[5000, 150_000]] = np.nan
    for f in (lambda a: np.min(a), lambda a: a.max(), lambda a: np.argmin(a), lambda a: np.argmax(a), lambda a: np.sum(a)):
        np.testing.assert_equal(njit(parallel=True)(f)(a), f(a))


def test_report(capsys):
    compiled = njit(parallel=True)(in_a_loop)
    compiled(A, 0.5)
    compiled.parallel_diagnostics(level=4)
    text = capsys.readouterr().out
    assert "expression at line" in text and "runs in parallel" in text and "2 operations are fused" in text


@looplift.stencil
def five_points(a, k):
    return k * (a[0, 1] + a[1, 0] + a[0, -1] + a[-1, 0]) - a[0, 0]


def test_stencils():
    def smoothed(a, times):
        for _ in range(times):
            a = five_points(a, 0.25)
        return a

    compiled = njit(parallel=True)(smoothed)
    np.testing.assert_array_equal(compiled(M, 3), njit(smoothed)(M, 3))
    np.testing.assert_array_equal(compiled(M[:9, :9], 2), njit(smoothed)(M[:9, :9], 2))
    assert compiled.get_metadata(compiled.signatures[0])["parfor_diagnostics"].count_parfors() == 1
    wide = looplift.stencil(lambda a: a[-1] + 2 * a[0] + a[2])
    np.testing.assert_array_equal(njit(parallel=True)(lambda a: wide(a))(A), njit(lambda a: wide(a))(A))
