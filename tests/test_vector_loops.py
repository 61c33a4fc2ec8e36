"""Loops that become vector loops: every length around the vector's, every element type, what may overlap, what may not."""

import mmap
import signal
import time

import numpy as np
import pytest
from looplift import _core, config, njit

LENGTHS = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 130, 1003]
DTYPES = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64]


@pytest.fixture(autouse=True, params=["avx512", "avx2"])
def level(request, monkeypatch):
    """The instructions that loops are compiled to."""
    monkeypatch.setattr(config, "VECTOR_ISA", request.param)
    if _core.vector_isa() != request.param:
        pytest.skip(f"this processor has no {request.param}")
    return request.param


def values(dtype, n, seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        a = rng.normal(0, 10, n).astype(dtype)
        a[::7] = [np.nan, np.inf, -np.inf, -0.0, 0.0][seed % 5]
        return a
    info = np.iinfo(dtype)
    a = rng.integers(info.min, info.max, n, dtype, endpoint=True)
    a[::5] = info.min
    a[1::9] = info.max
    return a


def same(got, want):
    got, want = np.asarray(got), np.asarray(want)
    assert got.dtype == want.dtype and got.shape == want.shape
    assert got.tobytes() == want.tobytes() or np.array_equal(got, want, equal_nan=got.dtype.kind == "f"), (got, want)


def is_vector(f, *args):
    """Whether the machine code of `f` for these arguments has a vector loop."""
    f(*args)
    return any("vector loop" in text for text in f.inspect_asm().values())


def loop(body, **more):
    """A function of arrays a, b, out of one loop."""
    space = {"np": np, **more}
    exec(f"def f(a, b, out):\n    for i in range(len(out)):\n        {body}\n", space)
    return njit(space["f"]), space["f"]


BODIES = [
    "out[i] = a[i] + b[i]",
    "out[i] = a[i] - b[i]",
    "out[i] = a[i] * b[i]",
    "out[i] = -a[i]",
    "out[i] = abs(a[i])",
    "out[i] = a[i] if a[i] > b[i] else b[i]",
    "out[i] = (a[i] <= b[i]) + (a[i] == b[i])",
    "out[i] = (a[i] > 1 and b[i] < 5) or a[i] != a[i]",
    "out[i] = a[i] * 3 + i",
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
def test_elements(body, dtype):
    f, plain = loop(body)
    out_type = np.float64 if np.dtype(dtype).kind == "f" else dtype
    for n in LENGTHS:
        a, b = values(dtype, n, 1), values(dtype, n, 2)
        got, want = np.zeros(n, out_type), np.zeros(n, out_type)
        f(a, b, got)
        # Python's integers do not wrap: NumPy's arrays of the widest type, cut to the result's.
        if out_type is np.float64:
            with np.errstate(all="ignore"):
                # A counter beside single precision is double precision to the compiler, single to NumPy.
                mixed = body.endswith("+ i")
                plain(a.astype(float) if mixed else a, b, want)
        else:
            plain(a.astype(object), b.astype(object), exact := np.zeros(n, object))
            size = np.iinfo(dtype).bits
            signed = np.dtype(dtype).kind == "i"
            bits = [int(x) % 2**size for x in exact]
            want = np.array([x - 2**size if signed and x >= 2 ** (size - 1) else x for x in bits], dtype)
        same(got, want)


@pytest.mark.parametrize("dtype", DTYPES[:8], ids=lambda t: t.__name__)
def test_integer_reductions(dtype):
    @njit
    def sums(a):
        total, odd, every, some, both, count = 0, 0, -1, 0, 0, 0
        for i in range(len(a)):
            x = np.int64(a[i])
            total += x
            every &= x
            some |= x
            both ^= x
            if x > 3:
                count += 1
            if x & 1:
                odd += x
        return total, odd, every, some, both, count

    for n in LENGTHS:
        a = values(dtype, n, n)
        exact = a.astype(np.int64)
        want = (
            exact.sum(),
            exact[exact & 1 == 1].sum(),
            np.bitwise_and.reduce(exact),
            np.bitwise_or.reduce(exact),
            np.bitwise_xor.reduce(exact),
            (exact > 3).sum(),
        )
        assert sums(a) == tuple(int(x) for x in want), n


def test_float_sums_keep_their_order():
    def total(a):
        s = 0.0
        for i in range(len(a)):
            s += a[i]
        return s

    a = np.random.default_rng(0).normal(0, 1e6, 1003)
    assert njit(total)(a) == total(a)
    fast = njit(fastmath=True)(total)
    assert abs(fast(a) - total(a)) <= 1e-12 * np.abs(a).sum()


@pytest.mark.parametrize("shift", [-9, -8, -1, 0, 1, 3, 8, 9, 40])
def test_overlapping_views(shift):
    def move(a, b):
        for i in range(len(a)):
            a[i] = b[i] * 2 + 1

    f = njit(move)
    for n in (1, 8, 9, 40, 100):
        base = np.arange(n + 100.0)
        got, want = base.copy(), base.copy()
        f(got[50 : 50 + n], got[50 + shift : 50 + shift + n])
        move(want[50 : 50 + n], want[50 + shift : 50 + shift + n])
        same(got, want)


@pytest.mark.parametrize("ahead", [-9, -2, -1, 1, 2, 9])
def test_one_array_at_a_distance(ahead):
    def along(a, k):
        for i in range(max(0, -k), len(a) - max(0, k)):
            a[i] = a[i + k] + 1

    space = {}
    exec(
        f"def fixed(a):\n    for i in range({max(0, -ahead)}, len(a) - {max(0, ahead)}):\n        a[i] = a[i {'+' if ahead > 0 else '-'} {abs(ahead)}] + 1\n",
        space,
    )
    f, g = njit(along), njit(space["fixed"])
    for n in (1, 10, 33, 100):
        want = np.arange(float(n))
        along(want, ahead)
        got, fixed = np.arange(float(n)), np.arange(float(n))
        f(got, ahead)
        g(fixed)
        same(got, want)
        same(fixed, want)


def test_views_inside_one_element():
    # Addresses that differ by less than an element.
    def copy(a, b):
        for i in range(len(a)):
            a[i] = b[i]

    f = njit(copy)
    for k in (1, 3, 4, 7):
        raw = np.arange(400, dtype=np.uint8)
        got, want = raw.copy(), raw.copy()
        f(got[:320].view(np.float64), got[k : k + 320].view(np.float64))
        copy(want[:320].view(np.float64), want[k : k + 320].view(np.float64))
        same(got, want)


def test_large_integers_of_counters():
    @njit
    def fill(start, n, out):
        for i in range(start, start + n):
            out[i - start] = i * 0.5
        return i

    for start in (0, -7, 2**40):
        out = np.zeros(37)
        assert fill(start, 37, out) == start + 36
        same(out, np.arange(start, start + 37) * 0.5)


@pytest.mark.parametrize("name, low, high", [("exp", -760, 720), ("log", 0, 1e300), ("tanh", -30, 30)])
def test_functions(name, low, high):
    function = getattr(np, name)
    f = njit(lambda a: function(a))
    rng = np.random.default_rng(1)
    for n in LENGTHS:
        a = rng.uniform(low, high, n)
        special = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 5e-324, 1e-310, np.finfo(float).max]
        a[: len(special)] = special[:n]
        with np.errstate(all="ignore"):
            want = function(a)
        np.testing.assert_array_max_ulp(f(a), want, 4)
        # Where an element stands does not matter, nor whether vectors are used.
        for k in range(0, n, 13):
            same(f(a[k : k + 1]), f(a)[k : k + 1])
            same(f(a[::-1])[::-1], f(a))
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(f(a.astype(np.float32)), function(a.astype(np.float32)), rtol=3e-7)


def test_expressions_in_place():
    @njit
    def mix(a, b, k):
        a += k * b
        a[1:-1] = 0.25 * (a[:-2] + a[2:]) + np.where(b[1:-1] > 0, a[1:-1], -1.0)
        return a

    for n in (2, 3, 9, 100):
        for pick in (lambda x: x, lambda x: x[::-1], lambda x: np.ones(n)):
            a, b = np.arange(float(n)), np.arange(float(n))
            same(mix(a, pick(a), 0.5), mix.py_func(b, pick(b), 0.5))


def test_where_in_expressions():
    cases = [(np.float64, 1), (np.float32, 0.5), (np.int32, 2), (np.bool_, True)]
    for dtype, other in cases:
        for n in (0, 5, 40):
            a = values(np.int32, n, 3).astype(dtype)
            c = values(np.int8, n, 4)
            for f in (
                lambda c, a: np.where(c > 0, a, other),
                lambda c, a: np.where(c, other, a),
                lambda c, a: np.where(c < 3, a, a[::-1]),
            ):
                same(njit(f)(c, a), f(c, a))


def test_it_is_vector_code():
    """The tests above mean something only where there are vector loops."""
    f, _ = loop("out[i] = a[i] + b[i]")
    a = np.ones(100)
    assert is_vector(f, a, a, np.zeros(100))
    g, _ = loop("out[i] = a[i] / (b[i] + 1)")
    assert is_vector(njit(error_model="numpy")(g.py_func), a, a, np.zeros(100))


def test_what_is_loaded_once_may_be_stored_to():
    def scale(a, b, k):
        for i in range(len(a)):
            a[i] = b[i] * k[3]

    f = njit(scale)
    for n in (4, 9, 40):
        got, want = np.arange(1.0, n + 1), np.arange(1.0, n + 1)
        # The factor is an element of the array that is written.
        f(got, got, got)
        scale(want, want, want)
        same(got, want)
        f(got, want, np.full(4, 0.5))
        same(got, want * 0.5)


def test_several_numbers_that_grow():
    @njit
    def walk(a, b, out, start):
        k, skipped = start, 0
        for i, x in enumerate(a):
            out[k] = x + b[i + 2]
            k += 1
            skipped += 3
        return k, skipped, i

    for n in (1, 8, 9, 50):
        a, b = np.arange(float(n)), np.arange(float(n + 2))
        got, want = np.zeros(n + 5), np.zeros(n + 5)
        assert walk(a, b, got, 5) == walk.py_func(a, b, want, 5) == (n + 5, 3 * n, n - 1)
        same(got, want)


def test_products_row_by_row():
    @njit
    def product(a, b, out):
        for i in range(a.shape[0]):
            for k in range(a.shape[1]):
                for j in range(b.shape[1]):
                    out[i, j] += a[i, k] * b[k, j]

    rng = np.random.default_rng(0)
    for n in (1, 5, 9, 33):
        a, b = rng.random((n, n)), rng.random((n, n))
        got, want = np.zeros((n, n)), np.zeros((n, n))
        product(a, b, got)
        product.py_func(a, b, want)
        same(got, want)
        # Everything is one array.
        got, want = a.copy(), a.copy()
        product(got, got, got)
        product.py_func(want, want, want)
        same(got, want)


def test_a_long_loop_can_be_interrupted():
    """Alone, with sums, backward; the answer of one that is not interrupted is right across the pieces."""

    def total(a):
        s = 0
        for i in range(len(a)):
            s += a[i]
        return s

    def backward(a, out):
        for i in range(len(a) - 1, -1, -1):
            out[i] = a[i] + 1

    n = 3 * 262_144 + 77
    a = np.zeros(n, np.uint8)
    a[[0, 262_143, 262_144, 262_145, n - 1]] = [1, 2, 3, 4, 5]
    t, b = njit(total), njit(backward)
    assert is_vector(t, a[:100]) and is_vector(b, a[:100], a[:100].copy())
    assert t(a) == 15
    out = np.empty_like(a)
    b(a, out)
    same(out, a + 1)

    class Stop(Exception):
        pass

    def stop(*_):
        raise Stop

    # Zeros that take no memory, and whole seconds to add.
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
    zeros = np.frombuffer(mmap.mmap(-1, 1 << 35, flags=flags, prot=mmap.PROT_READ), np.uint8)
    t(zeros[:100])
    was = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        start = time.perf_counter()
        with pytest.raises(Stop):
            t(zeros)
        assert time.perf_counter() - start < 0.5
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, was)


def last_of(a, x, start):
    i = start
    while i >= 0 and a[i] != x:
        i -= 1
    return i


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.float64, np.float32])
def test_search_backward(dtype):
    """What is loaded backward is loaded again for the second vector of an iteration, and for the last ones."""
    f = njit(last_of)
    x = dtype(1)
    for n in (1, 2, 3, 7, 8, 20, 67, 130):
        for place in range(n):
            a = np.zeros(n, dtype)
            a[place] = 1
            assert f(a, x, n - 1) == place
        assert f(np.zeros(n, dtype), x, n - 1) == -1


def neighbours_around_the_edge(start, generations):
    rows, columns = start.shape
    board, fresh = start.copy(), np.zeros_like(start)
    for _ in range(generations):
        for i in range(rows):
            up = i - 1 if i > 0 else rows - 1
            down = i + 1 if i < rows - 1 else 0
            for j in range(columns):
                left = j - 1 if j > 0 else columns - 1
                right = j + 1 if j < columns - 1 else 0
                n = board[up, left] + board[up, right] + board[i, left] + board[i, right] + board[down, left] + board[down, j]
                fresh[i, j] = 1 if n == 3 or (n == 2 and board[i, j] == 1) else 0
        board, fresh = fresh, board
    return board


def test_what_is_said_to_be_a_vector_loop_is_one(level):
    """Passes that run later leave such loops as they were when it was decided."""
    f = njit(neighbours_around_the_edge)
    start = (np.random.default_rng(1).random((70, 75)) < 0.4).astype(np.uint8)
    same(f(start, 3), neighbours_around_the_edge(start, 3))
    said = [row["line"] for row in f.explain().data["vector_loops"] if row["vectorised"]]
    (text,) = f.inspect_asm().values()
    assert len(said) == 1 and text.count("vector loop") == 1
