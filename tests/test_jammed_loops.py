"""Several iterations of a loop around others run side by side: nothing of it is seen from outside, whatever the counts, wherever arrays
overlap and wherever an iteration raises or leaves.
"""

import ctypes
import mmap
import sys

import numpy as np
import pytest
from looplift import njit
from support import check


def rng():
    return np.random.default_rng(5)


def row_sums(a, out):
    for i in range(a.shape[0]):
        total = 0.0
        for j in range(a.shape[1]):
            total += a[i, j]
        out[i] = total


def column_sums(a):
    out = np.zeros(a.shape[1])
    for j in range(a.shape[1]):
        total = 0.0
        for i in range(a.shape[0]):
            total += a[i, j]
        out[j] = total
    return out


def product(a, b):
    out = np.empty((a.shape[0], b.shape[1]), a.dtype)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = a.dtype.type(0)
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            out[i, j] = total
    return out


def convolve(image, weights, out):
    height, width = weights.shape
    for i in range(image.shape[0] - height + 1):
        for j in range(image.shape[1] - width + 1):
            total = 0.0
            for u in range(height):
                for v in range(width):
                    total += image[i + u, j + v] * weights[u, v]
            out[i, j] = total


def clamped(image, weights):
    rows, columns = image.shape
    size = len(weights)
    out = np.empty_like(image)
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            for v in range(size):
                total += weights[v] * image[i, min(max(j + v - size // 2, 0), columns - 1)]
            out[i, j] = total
    return out


def nearest(points, centres):
    labels = np.empty(len(points), np.int64)
    for p in range(len(points)):
        best, label = np.inf, -1
        for c in range(len(centres)):
            distance = 0.0
            for k in range(points.shape[1]):
                distance += (points[p, k] - centres[c, k]) ** 2
            if distance < best:
                best, label = distance, c
        labels[p] = label
    return labels


def running(a, out):
    """Each row's sum is scaled by the one before it."""
    last = 1.0
    for i in range(len(a)):
        total = 0.0
        for j in range(a.shape[1]):
            total += a[i, j]
        last = total / (1.0 + abs(last))
        out[i] = last
    return last


def until(a, limit, out):
    """Leaves at the first row that is too large, and says where."""
    for i in range(len(a)):
        total = 0.0
        for j in range(a.shape[1]):
            total += a[i, j]
        if total > limit:
            return i
        out[i] = total
    return -1


def gathered(a, index, out):
    for i in range(len(index)):
        total = 0.0
        for j in range(a.shape[1]):
            total += a[index[i], j]
        out[i] = total


def conditional(a):
    out = np.zeros(len(a), np.float32)
    for i in range(len(a)):
        total = np.float32(0)
        for j in range(a.shape[1]):
            if a[i, j] > 0.5:
                total += np.float32(a[i, j])
        out[i] = total
    return out


def triangle(n):
    out = np.empty(n)
    for i in range(n):
        total = 0.0
        for j in range(i):
            total += j * 0.5
        out[i] = total
    return out


def strided(a, step):
    out = np.zeros(len(a))
    for i in range(1, len(a), step):
        total = 0.0
        for j in range(a.shape[1] - 1, -1, -1):
            total = total * 0.5 + a[i, j]
        out[i - 1] = total
    return out


def complex_rows(a):
    out = np.empty(len(a), np.complex128)
    for i in range(len(a)):
        total = 0j
        for j in range(a.shape[1]):
            total += a[i, j]
        out[i] = total
    return out


@pytest.mark.parametrize("rows", [*range(10), 33])
@pytest.mark.parametrize("columns", [0, 1, 7])
def test_counts(rows, columns):
    a = rng().random((rows, columns))
    check(row_sums, a, np.zeros(rows))
    check(column_sums, a)
    check(product, a, a.T.copy())
    check(product, a.astype(np.float32), a.T.astype(np.float32))
    check(running, a, np.zeros(rows))
    check(conditional, a)
    check(complex_rows, a + 1j)
    check(nearest, a, rng().random((rows + 1, columns)))


@pytest.mark.parametrize("n", [0, 1, 2, 5, 18])
def test_windows(n):
    image = rng().random((n + 2, n + 3))
    for size in range(1, 4):
        weights = rng().random((size, size))
        check(convolve, image, weights, np.zeros_like(image))
        check(clamped, image, weights[0])
    check(triangle, n)
    check(strided, image, 1)
    check(strided, image, 3)


@pytest.mark.parametrize("layout", ["C", "F", "A"])
def test_layouts(layout):
    a = rng().random((22, 18))
    a = {"C": a, "F": np.asfortranarray(a), "A": a[::-2, ::-1]}[layout]
    check(row_sums, a, np.zeros(22)[::-1])
    check(product, a, a.T)


def overlapping(function, *make):
    """Compiled and interpreted on arrays of one buffer each, which `check` would copy apart."""
    buffers = [np.arange(400.0) % 7 for _ in range(2)]
    results = [f(*(m(b) for m in make)) for f, b in zip((function, njit(function)), buffers, strict=True)]
    assert results[0] == results[1]
    np.testing.assert_array_equal(*buffers)


@pytest.mark.parametrize("start", [0, 1, 15, 16, 17, 100, 300])
def test_overlap(start):
    overlapping(row_sums, lambda b: b[:320].reshape(20, 16), lambda b: b[start : start + 20])
    overlapping(row_sums, lambda b: b[:320].reshape(20, 16)[::-1], lambda b: b[start : start + 80 : 4])
    overlapping(row_sums, lambda b: b[:320].reshape(20, 16), lambda b: b[start : start + 20][::-1])
    overlapping(
        convolve,
        lambda b: b[:100].reshape(10, 10),
        lambda b: b[200:209].reshape(3, 3),
        lambda b: b[start : start + 100].reshape(10, 10),
    )
    overlapping(running, lambda b: b[:320].reshape(20, 16), lambda b: b[start : start + 20])


def test_what_raises_leaves_what_was_written():
    a = rng().random((13, 4))
    for length in (0, 1, 5, 9, 12):
        check(row_sums, a, np.zeros(length), raises=IndexError)
    for place in range(13):
        index = np.arange(13)
        index[place] = 99
        check(gathered, a, index, np.zeros(13), raises=IndexError)
        index[place] = -3
        check(gathered, a, index, np.zeros(13))


def test_leaving():
    a = rng().random((14, 4))
    for limit in (-1.0, 2.0, 2.5, 3.0, 9.0):
        check(until, a, limit, np.zeros(14))


def test_rows_run_side_by_side():
    f = njit(row_sums)
    f(np.ones((9, 9)), np.zeros(9))
    (text,) = f.inspect_mir().values()
    assert text.count("fadd") >= 5


def between_guards(n, last, libc=ctypes.CDLL(None)):
    """`n` numbers that end right before memory that cannot be read (`last`), or begin right after such memory."""
    page = mmap.PAGESIZE
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    start = libc.mmap(None, 2 * page, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    nothing = 0
    assert libc.mprotect(start + page * last, page, nothing) == 0
    at = start + page - 8 * n if last else start + page
    numbers = np.frombuffer((ctypes.c_double * n).from_address(at))
    numbers[:] = np.arange(n)
    return numbers


def up_to_a_break(a, w, out):
    j = 0
    for i in range(len(out)):
        s = 0.0
        for k in range(len(w)):
            s += a[j] * w[k]
        out[i] = s
        j += 1
        if j >= len(a):
            break
    return j


def up_to_a_return(a, w, out):
    for i in range(len(out)):
        s = 0.0
        for k in range(len(w)):
            s += a[i] * w[k]
        if i + 1 >= len(a):
            return i
        out[i] = s
    return -1


def down_to_a_break(a, w, out):
    j = len(a) - 1
    for i in range(len(out)):
        s = 0.0
        for k in range(len(w)):
            s += a[j] * w[k]
        out[i] = s
        j -= 1
        if j < 0:
            break
    return j


def down_without_stores(a, w, out):
    j = len(a) - 1
    t = 0.0
    for _ in range(len(out)):
        s = 0.0
        for k in range(len(w)):
            s += a[j] * w[k]
        if j - 1 < 0:
            break
        t = max(t, s)
        j -= 1
    return j, t


@pytest.mark.skipif(sys.platform != "linux", reason="functions of the C library that Linux has")
@pytest.mark.parametrize("function", [up_to_a_break, up_to_a_return, down_to_a_break, down_without_stores])
def test_nothing_is_read_beyond_arrays(function):
    compiled = njit(function)
    w = np.ones(9)
    for n in range(1, 12):
        for last in (False, True):
            a = between_guards(n, last)
            for more in (0, 1, 2, 5):
                out, expected = np.zeros(n + more), np.zeros(n + more)
                assert compiled(a, w, out) == function(a, w, expected)
                assert (out == expected).all()
