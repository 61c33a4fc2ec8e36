"""Parallel functions in the cache on disk: loaded by other processes with their loops, whatever the number of threads, and never wrong."""

import pytest

from support.process import python

MODULE = """
import looplift, numpy as np, os, warnings
from looplift import njit, prange, objmode, stencil, vectorize
warnings.simplefilter("error", looplift.errors.NumbaWarning)
K = int(os.environ.get("K", 1))

@njit
def helper(x):
    return x + K

@njit(parallel=True, cache=True)
def loops(a):
    s, n = 0.0, 0
    out = np.empty_like(a)
    for i in prange(a.size):
        out[i] = helper(a[i])
        s += out[i]
        n = max(n, i)
    return s, n, out

@njit(parallel=True, cache=True)
def expressions(a, b):
    c = np.sqrt(a * a + b) + 1.0
    c[1:] = c[:-1] * K
    return c.sum(), (c - a).std(), a.reshape(100, a.size // 100).max(axis=0).sum()

@njit(cache=True)
def callers(a):
    return loops(a)[0] + expressions(a, a)[0], looplift.get_num_threads()

@njit(parallel=True)
def uncached(a):
    s = 0.0
    for i in prange(a.size):
        s += a[i] * K
    return s

@njit(cache=True)
def outer(a):
    return uncached(a) + 1.0

@njit(parallel=True, cache=True)
def blocks(n):
    total = 0
    for i in prange(n):
        total += i
    with objmode(text="unicode_type"):
        text = f"<{total}>"
    return text

@stencil
def smooth(a):
    return (a[-1] + a[1]) * K

@njit(parallel=True, cache=True)
def smoothed(a):
    return smooth(a).sum()

@vectorize(["float64(float64, float64)"], target="parallel", cache=True)
def ufunc(x, y):
    return x * y + K

@njit(parallel=True, cache=True)
def seeded(n):
    np.random.seed(3)
    s = 0.0
    for i in prange(n):
        s += np.random.random()
    return s

@njit(parallel=True, cache=True)
def failing(a):
    for i in prange(a.size):
        if a[i] == 5:
            raise ValueError("five", i)

a = np.arange(200_000.0)
F = [loops, expressions, callers, outer, blocks, smoothed, seeded, failing]

def run():
    try:
        failing(a)
    except ValueError as e:
        print(*e.args)
    print(loops(a)[0], loops(a)[1], *expressions(a, a), callers(a)[0], outer(a), blocks(10), smoothed(a), seeded(1000), ufunc(a, a).sum())
    print(*["r" if "runs in parallel" in str(t) else "-" for t in map(text, F)])
    print(callers(a)[1])
    print(sum(sum(f.stats.cache_hits.values()) for f in F), sum(sum(f.stats.cache_misses.values()) for f in F))

def text(f):
    from looplift import _parallel
    return _parallel.report(f, 2)

run()
"""


@pytest.fixture
def place(tmp_path):
    """Runs the module with a cache of its own; the lines that it prints."""

    def go(**environment):
        (tmp_path / "program.py").write_text(MODULE)
        environment = {"LOOPLIFT_CACHE_DIR": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1", **environment}
        return python(str(tmp_path / "program.py"), **environment)[0].splitlines()

    return go


def test_loops_come_with_the_function(place):
    *first, threads, counts = place(LOOPLIFT_NUM_THREADS="2")
    assert (threads, counts) == ("2", "0 8")
    assert first[0] == "five 5" and first[2] == "r r - - r r r r"
    # Loaded, by processes with more threads and fewer.
    for n in ("1", "2", "7"):
        *again, threads, counts = place(LOOPLIFT_NUM_THREADS=n)
        assert (again, threads, counts) == (first, n, "8 0")


def test_what_loops_depend_on_counts(place):
    first = place()
    changed = place(K="4")
    assert changed[0] == first[0] and changed[1] != first[1] and changed[2] == first[2]
    # All but what has nothing to do with it.
    assert changed[-1] == "3 5"
    assert place(K="4")[:-1] == changed[:-1]
    assert place()[:-1] == first[:-1]
