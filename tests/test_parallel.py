"""`prange` loops on several threads: the interpreter's answers, the same bits for every number of threads."""

import os
import subprocess
import sys
import threading
import warnings

import looplift
import numpy as np
import pytest
from looplift import errors, njit, prange, set_num_threads

A = np.linspace(-3, 5, 997)
M = np.arange(24.0).reshape(6, 4)


def fills(n):
    a = np.zeros(n)
    for i in prange(n):
        a[i] = i * 2
    return a


def steps(n):
    s = 0
    for i in prange(3, n, 4):
        s += i
    return s


def backwards(n):
    s = 0
    for i in prange(n, -n, -3):
        s += i * i
    return s


def product(a):
    p = 1.0
    for i in prange(a.shape[0]):
        p *= 1.0 + a[i] * 1e-6
    return p


def divided(n):
    p = 1e9
    for i in prange(1, n):
        p /= i
    return p


def smallest(a):
    m = a[0]
    for i in prange(a.size):
        m = min(m, a[i])
    return m


def largest(a):
    m = a[0]
    for i in prange(a.size):
        m = max(a[i], m)
    return m


def mixed_types(n):
    s = 0
    for i in prange(n):
        s += 0.5
    return s


def single_precision(a):
    s = np.float32(0)
    for i in prange(a.size):
        s += np.float32(a[i])
    return s


def complex_sum(a):
    s = 0j
    for i in prange(a.size):
        s += a[i] * 1j
    return s


def bits(n):
    x = 0
    y = -1
    for i in prange(n):
        x |= 1 << (i % 7)
        y &= ~(1 << (i % 3))
    return x, y


def wraps(n):
    s = 1
    for i in prange(1, n):
        s *= i
    return s


def array_sum(m):
    total = np.zeros(m.shape[1])
    for i in prange(m.shape[0]):
        total += m[i]
    return total


def array_argument(m, total):
    for i in prange(m.shape[0]):
        total += m[i] * 2
    return total


def row_sums(m):
    out = np.empty(m.shape[0])
    for i in prange(m.shape[0]):
        s = 0.0
        for j in range(m.shape[1]):
            s += m[i, j]
        out[i] = s
    return out


def nested(n):
    s = 0
    for i in prange(n):
        for j in prange(n):
            s += i * j
    return s


def private_and_last(n):
    last = -1
    for i in prange(n):
        t = np.zeros(3)
        t[0] = i
        last = int(t.sum())
    return last, i


def depends(n):
    x = 1
    for i in prange(n):
        x = x * 3 % 1009 + i
    return x


def floor_divides(n):
    s = 1000000
    for i in prange(1, n):
        s //= 2
    return s


def stops(n):
    for i in prange(n):
        if i == 3:
            break
    return i


def several(n):
    s = 0
    for i in prange(n):
        s += i
    t = 0.0
    for i in prange(s % 50):
        t += i * s
    return s, t


def conditional(a):
    n = 0
    for i in prange(a.size):
        if a[i] > 0:
            n += 1
    return n


CASES = [
    (fills, (1000,), True),
    (fills, (0,), True),
    (fills, (1,), True),
    (steps, (1001,), True),
    (backwards, (77,), True),
    (product, (A,), True),
    (divided, (9,), True),
    (smallest, (A,), True),
    (largest, (A,), True),
    (mixed_types, (0,), True),
    (mixed_types, (501,), True),
    (single_precision, (A,), True),
    (complex_sum, (A,), True),
    (bits, (50,), True),
    (wraps, (80,), True),
    (array_sum, (M,), True),
    (array_argument, (M, np.ones(4)), True),
    (row_sums, (M,), True),
    (nested, (20,), True),
    (private_and_last, (100,), True),
    (depends, (40,), False),
    (floor_divides, (4,), False),
    (stops, (10,), True),
    (several, (30,), True),
    (conditional, (A,), True),
]


@pytest.mark.parametrize("func, args, parallel", CASES, ids=lambda x: getattr(x, "__name__", None))
def test_answers_and_threads(func, args, parallel):
    compiled = njit(parallel=True)(func)

    def run(f):
        return f(*(a.copy() if isinstance(a, np.ndarray) else a for a in args))

    want = run(njit(func))
    results = []
    for n in (1, 2, looplift.config.NUMBA_NUM_THREADS):
        set_num_threads(min(n, looplift.config.NUMBA_NUM_THREADS))
        results.append(run(compiled))
    for r in results:
        np.testing.assert_allclose(r, want, rtol=1e-6 if func is single_precision else 1e-12)
        np.testing.assert_array_equal(r, results[0])
    loops = compiled.get_metadata(compiled.signatures[0])["parfor_diagnostics"].count_parfors()
    assert (loops > 0) == parallel


def test_many_threads_give_the_same_bits():
    code = (
        "import numpy as np\nfrom looplift import njit, prange\n"
        "@njit(parallel=True)\ndef f(a):\n s = 0.0\n for i in prange(a.size):\n  s += np.sin(a[i]) / 3\n return s\n"
        "print(f(np.linspace(0, 9, 10007)).hex())"
    )
    answers = {
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "LOOPLIFT_NUM_THREADS": str(n)}, capture_output=True, text=True, check=True).stdout
        for n in (1, 2, 3, 8)
    }
    assert len(answers) == 1


def test_the_first_exception_reaches_the_caller():
    @njit(parallel=True)
    def f(n, a):
        s = 0
        for i in prange(n):
            if i >= 30:
                raise ValueError("iteration", i)
            s += a[i]
        return s

    a = np.arange(100)
    for _ in range(20):
        with pytest.raises(ValueError) as e:
            f(100, a)
        assert e.value.args[0] == "iteration"
    with pytest.raises(IndexError):
        f(29, np.arange(3))
    assert f(10, a) == 45


def test_python_exceptions_in_workers():
    @njit(parallel=True)
    def f(n):
        out = np.zeros(n)
        for i in prange(n):
            with looplift.objmode(y="float64"):
                y = {0: 1.0, 1: 2.0}[int(i)]
            out[i] = y
        return out

    assert list(f(2)) == [1.0, 2.0]
    with pytest.raises(KeyError):
        f(50)


def test_threads_of_python_and_nested_calls():
    @njit(parallel=True)
    def inner(n):
        s = 0
        for i in prange(n):
            s += i
        return s

    @njit(parallel=True)
    def outer(n):
        s = 0
        for i in prange(n):
            s += inner(i)
        return s

    want = sum(sum(range(i)) for i in range(200))
    assert outer(200) == want
    seen = []
    threads = [threading.Thread(target=lambda: seen.extend(outer(200) for _ in range(20))) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert seen == [want] * 80


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_after_fork():
    f = njit(parallel=True)(fills)
    f(1000)
    with warnings.catch_warnings():
        # CPython warns of forking with threads, which is the point here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os._exit(0 if f(1000)[999] == 1998 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_thread_numbers_and_limits():
    @njit(parallel=True)
    def ids(n):
        out = np.zeros(n, np.int64)
        for i in prange(n):
            out[i] = looplift.get_thread_id()
        return out

    assert set(ids(200)) <= set(range(looplift.config.NUMBA_NUM_THREADS))
    with pytest.raises(ValueError):
        set_num_threads(10**6)
    with pytest.raises(ValueError):
        set_num_threads(0)

    @njit
    def limits():
        looplift.set_num_threads(1)
        return looplift.get_num_threads()

    assert limits() == 1 == looplift.get_num_threads()
    set_num_threads(looplift.config.NUMBA_NUM_THREADS)
    with looplift.parallel_chunksize(3):
        assert looplift.get_parallel_chunksize() == 3
        assert steps(99) == njit(parallel=True)(steps)(99)
    assert looplift.get_parallel_chunksize() == 0
    assert looplift.threading_layer() == "tbb"


def test_racing_write_is_named():
    def racing(x):
        y = np.zeros(4)
        for i in prange(x.size):
            y[i % 4] += x[i]
        return y

    line = racing.__code__.co_firstlineno + 3
    with pytest.warns(errors.NumbaParallelSafetyWarning, match=f":{line}: .*`y`"):
        njit(parallel=True)(racing)(np.ones(8))

    def right(x):
        y = np.zeros(x.size)
        for i in prange(x.size):
            y[i] += x[i]
        return y

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        njit(parallel=True)(right)(np.ones(8))


def test_diagnostics(capsys):
    f = njit(parallel=True)(depends)
    f(3)
    f.parallel_diagnostics()
    assert "needs `x` from the one before" in capsys.readouterr().out
    g = njit(parallel=True)(steps)
    g(3)
    g.parallel_diagnostics(level=4)
    assert "runs in parallel (combines by sum)" in capsys.readouterr().out


def test_nothing_leaks():
    f = njit(parallel=True)(array_argument)
    total = np.zeros(4)
    f(M, total)
    counts = sys.getrefcount(M), sys.getrefcount(total)
    before = looplift._core.allocation_stats()["live_bytes"]
    for _ in range(30):
        f(M, total)
    assert (sys.getrefcount(M), sys.getrefcount(total)) == counts
    assert looplift._core.allocation_stats()["live_bytes"] == before


def test_parallel_without_effect_is_said():
    with pytest.warns(errors.NumbaPerformanceWarning, match="has no effect"):
        njit(parallel=True)(lambda x: x + 1)(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        njit(parallel=True)(lambda a: a + 1)(A)
        njit(parallel=True)(steps)(10)


@pytest.mark.parametrize("threads", [1, 2])
def test_random_numbers_do_not_depend_on_threads(threads):
    @looplift.njit(parallel=True)
    def draws(seed, n):
        np.random.seed(seed)
        out = np.empty(n)
        for i in prange(n):
            out[i] = np.random.random()
        return out, np.random.random()

    @looplift.njit
    def alone(seed):
        np.random.seed(seed)
        return np.random.random()

    before = looplift.get_num_threads()
    first, after = draws(3, 1000)
    looplift.set_num_threads(min(threads, before))
    try:
        again, _ = draws(3, 1000)
    finally:
        looplift.set_num_threads(before)
    np.testing.assert_array_equal(first, again)
    assert len(set(first)) == 1000 and not np.array_equal(first, draws(4, 1000)[0])
    # The loop leaves the stream of the function around it where it was.
    assert after == alone(3)


def test_positions_of_a_shape():
    def doubled(a):
        out, total = np.zeros(a.shape), 0.0
        for i, j in looplift.pndindex(a.shape):
            out[i, j] = 2 * a[i, j]
            total += a[i, j]
        for p in looplift.pndindex(a.shape[0], a.shape[1]):
            out[p] += 1
        for i in looplift.pndindex(2):
            out[i] = 0
        return out, total

    compiled = njit(parallel=True)(doubled)
    for shape in ((4, 5), (3, 1), (40, 50)):
        a = np.arange(float(np.prod(shape))).reshape(shape)
        for f in (compiled, njit(doubled)):
            got, expected = f(a), doubled(a)
            np.testing.assert_array_equal(got[0], expected[0])
            assert got[1] == expected[1]
    assert compiled.get_metadata(compiled.signatures[0])["parfor_diagnostics"].count_parfors() == 3


def test_chunk_size_of_a_block():
    @njit(parallel=True)
    def sizes(n):
        before, inside = looplift.get_parallel_chunksize(), np.full(n, -1)
        with looplift.parallel_chunksize(7):
            within = looplift.get_parallel_chunksize()
            for i in prange(n):
                inside[i] = looplift.get_parallel_chunksize()
        return before, within, inside, looplift.get_parallel_chunksize()

    before, within, inside, after = sizes(30)
    assert (before, within, after) == (0, 7, 0) and not inside.any()

    @njit
    def fails(n):
        with looplift.parallel_chunksize(3):
            return 1 // n

    with pytest.raises(ZeroDivisionError):
        fails(0)
    assert fails(1) == 1 and looplift.get_parallel_chunksize() == 0
    with pytest.raises(errors.TypingError, match="must be an integer"):
        njit(lambda: looplift.set_parallel_chunksize("a"))()


def test_containers_that_are_only_read():
    @njit(parallel=True)
    def reads(numbers, rows, table, out):
        for i in prange(len(out)):
            out[i] = numbers[i % len(numbers)] + rows[i % 2].sum() + (table[i] if i in table else 0)
        return out

    from looplift.typed import Dict, List

    table = Dict()
    table[3] = 100.0
    numbers, rows = List([1.0, 2.0, 3.0]), List([np.ones(3), np.ones(5)])
    got = reads(numbers, rows, table, np.zeros(50))
    np.testing.assert_array_equal(got, reads.py_func(numbers, rows, table, np.zeros(50)))
    assert reads.get_metadata(reads.signatures[0])["parfor_diagnostics"].count_parfors() == 1


def test_values_that_have_no_text():
    from collections import namedtuple

    Pair = namedtuple("Pair", "a b")
    kind = np.dtype([("x", np.int64), ("y", np.float64)])

    def f(rows):
        pair = Pair(3, 4.0)
        for i in prange(len(rows)):
            rows[i]["x"] = i + pair.a
            rows[i]["y"] = pair.b
        return rows

    def plain(rows):
        rows["x"], rows["y"] = np.arange(len(rows)) + 3, 4.0
        return rows

    compiled = njit(parallel=True)(f)

    np.testing.assert_array_equal(compiled(np.zeros(70, kind)), plain(np.zeros(70, kind)))
    assert compiled.get_metadata(compiled.signatures[0])["parfor_diagnostics"].count_parfors() == 1


def test_a_loop_that_raises_runs_on_threads():
    @njit(parallel=True)
    def checked(n, limit):
        a = np.zeros(n)
        for i in prange(n):
            if i >= limit:
                raise AssertionError
            if i == 77:
                raise KeyError("seventy-seven")
            a[i] = i
        return a.sum()

    assert checked(70, 100) == sum(range(70))
    with pytest.raises(KeyError, match="seventy-seven"):
        checked(90, 100)
    with pytest.raises(AssertionError):
        checked(100, 5)
    assert checked.get_metadata(checked.signatures[0])["parfor_diagnostics"].count_parfors() >= 1


def test_ufuncs_on_threads():
    from looplift import guvectorize, vectorize

    x = np.random.default_rng(4).random(100_000)
    add = vectorize(["float64(float64, float64)"], target="parallel")(lambda a, b: a + b)
    np.testing.assert_array_equal(add(x, x), x + x)
    np.testing.assert_allclose([add.reduce(x), add.accumulate(x)[-1]], x.sum())
    np.testing.assert_allclose(add.reduce(x.reshape(100, 1000), axis=0), x.reshape(100, 1000).sum(0))
    # Operands that overlap: each sum is of what was there before.
    shifted, same = x.copy(), x.copy()
    add(shifted[:-1], shifted[1:], shifted[:-1])
    np.testing.assert_array_equal(shifted[:-1], x[:-1] + x[1:])
    add(same, same, same)
    np.testing.assert_array_equal(same, 2 * x)
    twice = vectorize(target="parallel")(lambda a: a * 2)
    np.testing.assert_array_equal(twice(x), x * 2)

    @vectorize(["int64(int64)"], target="parallel")
    def refuses(a):
        if a == 70_000:
            raise ValueError("refused")
        return a

    with pytest.raises(ValueError, match="refused"):
        refuses(np.arange(100_000))

    @guvectorize(["void(float64[:], float64, float64[:], float64[:])"], "(n),()->(n),()", target="parallel")
    def shifted_and_summed(row, by, out, total):
        total[0] = 0
        for i in range(row.shape[0]):
            out[i] = row[i] + by
            total[0] += out[i]

    rows, by = x.reshape(1000, 100), np.arange(1000.0)
    out, total = shifted_and_summed(rows, by)
    np.testing.assert_array_equal(out, rows + by[:, None])
    np.testing.assert_allclose(total, out.sum(1))


def test_a_loop_that_calls_its_function():
    @njit(parallel=True)
    def tree(n):
        if n == 0:
            return 0
        total = 0
        for _ in prange(3):
            total += tree(n - 1) + 1
        return total

    assert tree(3) == 39
    assert tree.get_metadata(tree.signatures[0])["parfor_diagnostics"].count_parfors() == 1


def test_chunks_of_one_iteration():
    before = looplift.set_parallel_chunksize(1)
    try:
        assert njit(parallel=True)(steps)(2_000_000) == sum(range(3, 2_000_000, 4))
    finally:
        looplift.set_parallel_chunksize(before)


@pytest.mark.parametrize("kind", ["int8", "uint16", "int32", "uint64", "int64", "float32", "float64"])
def test_additions_in_one_step(kind):
    @njit(parallel=True)
    def counted(n, y, m):
        for i in prange(n):
            looplift.atomic_add(y, i % 5, 1)
            looplift.atomic_add(m, (i % 2, -1), 2)
        return looplift.atomic_add(y, -1, 3)

    y, m = np.zeros(10, kind)[::2], np.zeros((2, 3), kind)
    before = counted(100, y, m)
    assert before == 20 and y.tolist() == [20, 20, 20, 20, 23] and m[:, 2].tolist() == [100, 100]
    assert counted.get_metadata(counted.signatures[0])["parfor_diagnostics"].count_parfors() == 1
    with pytest.raises(IndexError):
        njit(lambda a: looplift.atomic_add(a, 7, 1))(y)


def test_names_of_the_function_around():
    """`prange`, `pndindex` and NumPy may be variables of an outer function."""

    def make(prange, np, positions, module):
        def loop(a):
            s = 0.0
            for i in prange(a.size):
                s += a[i]
            return s

        def expressions(a):
            return np.sqrt(a), np.sum(a * 2), np.sort(a)[0]

        def others(a):
            s = 0.0
            for i in positions(a.shape):
                s += a[i]
            for i in module.prange(3):
                s += i
            return s

        return loop, expressions, others

    a = np.random.default_rng(1).random(200_000)
    for f, count in zip(make(prange, np, looplift.pndindex, looplift), (1, 3, 2), strict=True):
        compiled = njit(parallel=True)(f)
        for x, y in zip(np.atleast_1d(compiled(a)) if count != 3 else compiled(a), np.atleast_1d(f(a)) if count != 3 else f(a), strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-12)
        assert compiled.get_metadata(compiled.signatures[0])["parfor_diagnostics"].count_parfors() == count


def test_unusable_options():
    with pytest.raises(NameError, match="Unrecognized parallel options"):
        njit(parallel={"threads": 2})(lambda x: x)
    with pytest.raises(ValueError, match="either a bool or a dict"):
        njit(parallel="yes")(lambda x: x)
    for level in (0, 5):
        with pytest.raises(ValueError, match="Report level unknown"):
            njit(lambda x: x).parallel_diagnostics(level=level)
