"""The same bits for any number of threads, over many shapes of parallel programs."""

import pytest

from support.process import python

PROGRAM = r"""
import hashlib, warnings, numpy as np, random
import looplift
from looplift import njit, prange, pndindex, stencil
warnings.simplefilter("ignore")
A = np.random.default_rng(1).random(200_000)
B = np.random.default_rng(2).random(200_000) - 0.5
M = np.random.default_rng(3).random((700, 300))
I = (A * 1000).astype(np.int64)
C = A[:1000] + 1j * B[:1000]

def sums(a, b):
    s, p, m, n = 0.0, 1.0, 10.0, -10.0
    for i in prange(a.size):
        s += a[i] * b[i]
        p *= 1.0 + b[i] * 1e-6
        m = min(m, b[i])
        n = max(n, a[i])
    return s, p, m, n

def integers(x):
    a, b, c = -1, 0, 0
    for i in prange(x.size):
        a &= x[i] | 7
        b |= x[i]
        c ^= x[i] * i
    return a, b, c

def arrays(m):
    out = np.zeros(m.shape[1])
    for i in prange(m.shape[0]):
        out += m[i] * 0.1
    return out

def complexes(c):
    s, p = 0j, 1 + 0j
    for i in prange(c.size):
        s += c[i]
        p *= 1 + c[i] * 1e-3
    return s, p

def last_values(a):
    k, x = -1, 0.0
    for i in prange(a.size):
        if a[i] > 0.9:
            k, x = i, a[i]
    return k, x

def steps(a):
    s = 0.0
    for i in prange(a.size - 1, -1, -3):
        s += a[i]
    for i in prange(5, a.size, 7):
        s -= a[i]
    return s

def nested(m):
    s = 0.0
    for i in prange(m.shape[0]):
        t = 0.0
        for j in prange(m.shape[1]):
            t += m[i, j]
        s += np.sqrt(t)
    return s

def positions(m):
    s = 0.0
    for i, j in pndindex(m.shape):
        s += m[i, j] * (i - j)
    return s

def expressions(a, b):
    c = np.sqrt(a * a + b * b)
    return (c - b).sum(), np.mean(c), c.std(), np.var(b), np.prod(b * 1e-6 + 1.0), c.argmax(), np.dot(a, b), a @ c

def along(m):
    return m.sum(axis=0), m.mean(axis=1), (m * 2).max(axis=0), m.T.sum(axis=0), m[:, :3].sum(axis=0), m.std(axis=1), np.dot(m, m[0])

def made(n):
    a = np.linspace(0.0, 1.0, n)
    a[1:] = a[:-1] * 3 + np.arange(n - 1)
    a[a > 50.0] = 0.5
    return a, a.sum()

def legacy(n):
    np.random.seed(7)
    x = np.random.random()
    s, t = 0.0, 0.0
    for i in prange(n):
        s += np.random.random() + np.random.normal()
        t += np.random.randint(0, 100)
    for i in prange(n):
        s += np.random.exponential()
    return x, s, t, np.random.random()

def python_random(n):
    random.seed(7)
    out = np.empty(n)
    for i in prange(n):
        out[i] = random.random() + random.gauss(0.0, 1.0)
    return out, random.random()

def draws_inside(n):
    np.random.seed(1)
    out = np.empty((n, 3))
    for i in prange(n):
        out[i] = np.random.normal(0.0, 1.0, 3)
    return out

def seeds_inside(n):
    out = np.empty(n)
    for i in prange(n):
        np.random.seed(i)
        out[i] = np.random.random()
    return out

def histogram(x):
    h = np.zeros(1000, np.int64)
    for i in prange(x.size):
        looplift.atomic_add(h, x[i], 1)
    return h

@stencil
def kernel(m):
    return m[0, 1] + m[1, 0] * 0.5

def stencils(m):
    return kernel(m)

def chunked(a):
    looplift.set_parallel_chunksize(1000)
    s = 0.0
    for i in prange(a.size):
        s += a[i]
    looplift.set_parallel_chunksize(0)
    return s

def empty(a):
    s, k = 1.5, 3
    for i in prange(5, 5):
        s += a[i]
        k = i
    for i in prange(10, 3):
        s += a[i]
    for i in prange(-3):
        s += a[i]
    return s, k

def far(n):
    s = 0
    for i in prange(2**62, 2**62 + n):
        s += i & 15
    for i in prange(-(2**63), -(2**63) + n):
        s ^= i
    for i in prange(2**63 - 5, 2**63 - 1, 4):
        s += i
    return s

CASES = [
    (sums, (A, B)), (integers, (I,)), (arrays, (M,)), (complexes, (C,)), (last_values, (A,)), (steps, (A,)), (nested, (M,)), (positions, (M,)),
    (expressions, (A, B)), (along, (M,)), (made, (300_000,)), (legacy, (3000,)), (python_random, (3000,)), (draws_inside, (500,)),
    (seeds_inside, (500,)), (histogram, (I,)), (stencils, (M,)), (chunked, (A,)), (empty, (A,)), (far, (1000,)),
]
SAME = {"integers", "last_values", "empty", "far", "seeds_inside", "histogram", "stencils", "made"}

def bits(result):
    parts = result if isinstance(result, tuple) else (result,)
    return hashlib.sha1(b"|".join(np.asarray(p).tobytes() + str(np.asarray(p).dtype).encode() for p in parts)).hexdigest()[:10]

for f, arguments in CASES:
    compiled = njit(parallel=True)(f)
    seen = set()
    for n in (1, 2, 3, 8):
        looplift.set_num_threads(n)
        for _ in range(3):
            seen.add(bits(compiled(*arguments)))
            assert looplift.get_num_threads() == n and looplift.get_thread_id() == 0
    if f.__name__ in SAME:
        seen.add(bits(njit(f)(*arguments)))
    print(f.__name__, len(seen))
"""


def test_bits_do_not_depend_on_threads(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    lines = python(str(tmp_path / "program.py"), LOOPLIFT_NUM_THREADS="8")[0].splitlines()
    assert len(lines) == 20 and not [line for line in lines if not line.endswith(" 1")]


FAILING = r"""
import warnings, numpy as np, looplift, threading, os, signal, time
from looplift import njit, prange
warnings.simplefilter("ignore")

@njit(parallel=True)
def failing(a, out):
    s = 0.0
    for i in prange(a.size):
        if a[i] > 0.5:
            raise ValueError("at", i)
        out[i] = 1.0
        s += a[i]
    return s

a = np.zeros(6400)
a[[130, 131, 900, 5000, 6399]] = 1.0
seen = set()
for n in (1, 2, 3, 8):
    looplift.set_num_threads(n)
    for _ in range(100):
        out = np.zeros(6400)
        try:
            failing(a, out)
        except ValueError as e:
            seen.add((e.args, int(out[:130].sum())))
print(seen)

@njit(parallel=True)
def long(n):
    s = 0
    for i in prange(64):
        for j in range(n):
            s += j ^ i
    return s

long(10)
# (Whoever began this process in the background may have it ignored.)
signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
start = time.perf_counter()
try:
    long(10**10)
except KeyboardInterrupt:
    print("interrupted", time.perf_counter() - start < 5)
print(long(1000) == sum(j ^ i for i in range(64) for j in range(1000)))

@njit(parallel=True)
def inner(a):
    s = 0.0
    for i in prange(a.size):
        s += a[i]
    return s

@njit(parallel=True)
def outer(m):
    s = 0.0
    for i in prange(m.shape[0]):
        s += inner(m[i])
    return s

m = np.ones((50, 400))
results, errors = [], []

def work():
    try:
        for k in range(40):
            results.append(outer(m))
            try:
                failing(a, np.zeros(6400))
            except ValueError as e:
                results.append(20000.0 if e.args == ("at", 130) else -1.0)
    except BaseException as e:
        errors.append(e)

looplift.set_num_threads(8)
threads = [threading.Thread(target=work) for _ in range(6)]
[t.start() for t in threads]
pids = []
for k in range(4):
    pid = os.fork()
    if pid == 0:
        ok = outer(m) == 20000.0 and long(100) > 0
        os._exit(0 if ok else 1)
    pids.append(pid)
codes = [os.waitpid(p, 0)[1] for p in pids]
[t.join() for t in threads]
print(set(results), errors, codes)

@njit(parallel=True)
def owners(n, bad):
    x = np.zeros(3)
    t = ""
    for i in prange(n):
        x = np.full(3, i * 1.0)
        t = str(i)
        if i == bad:
            raise KeyError(i)
    return x, t

for k in range(200):
    try:
        owners(500, 499)
    except KeyError:
        pass
print(owners(500, -1))
"""


@pytest.mark.skipif("not hasattr(__import__('os'), 'fork')")
def test_failures_interrupts_threads_and_forks(tmp_path):
    (tmp_path / "program.py").write_text(FAILING)
    lines = python(str(tmp_path / "program.py"), LOOPLIFT_NUM_THREADS="8")[0].splitlines()
    assert lines == [
        "{(('at', 130), 130)}",
        "interrupted True",
        "True",
        "{20000.0} [] [0, 0, 0, 0]",
        "(array([499., 499., 499.]), '499')",
    ]


LEAVING = r"""
import threading, time, looplift
from looplift import njit, prange

@njit(parallel=True, nogil=True)
def long(n):
    s = 0
    for i in prange(64):
        for j in range(n):
            s += j ^ i
    return s

long(1)
threading.Thread(target=long, args=(10**9,), daemon=True).start()
time.sleep(0.2)
print("left")
"""


def test_the_process_ends_while_threads_work(tmp_path):
    (tmp_path / "program.py").write_text(LEAVING)
    assert python(str(tmp_path / "program.py"), LOOPLIFT_NUM_THREADS="4")[0].split() == ["left"]


@pytest.mark.parametrize("count, error", [(0, ValueError), (-1, ValueError), (10**9, ValueError), (2.5, TypeError), ("x", TypeError), (None, TypeError)])
def test_numbers_of_threads_that_are_none(count, error):
    import looplift

    before = looplift.get_num_threads()
    with pytest.raises(error):
        looplift.set_num_threads(count)
    assert looplift.get_num_threads() == before


def test_loops_of_functions_in_object_mode():
    from looplift import jit, prange

    def f(n, o):
        t = 0.0
        for i in prange(n):
            t += i
        return t, [o], str(o)

    assert jit(forceobj=True, parallel=True)(f)(1000, {1: object}) == f(1000, {1: object})


DRAWING = r"""
import numpy as np
from looplift import njit, prange

shared = np.random.default_rng(5)

@njit
def draw():
    return shared.random()

@njit(parallel=True)
def total(g, n):
    s = 0.0
    for _ in prange(n):
        s += draw()
    return s, g.random()

@njit(parallel=True)
def inner(n):
    s = 0.0
    for _ in prange(n):
        s += draw()
    return s

@njit(parallel=True)
def nested(g, n):
    s = 0.0
    for _ in prange(n):
        s += inner(20)
    return s, g.random()

for _ in range(3):
    s, last = total(shared, 200)
    assert 0 < s < 200 and 0 <= last < 1
    s, last = nested(shared, 20)
    assert 0 < s < 400 and 0 <= last < 1
assert not shared.bit_generator.lock._is_owned()
print("drawn")
"""


def test_a_generator_is_passed_and_drawn_from_by_threads():
    """The call holds the lock of the generator that it is passed, and gives it back while its threads draw from the same one."""
    assert python("-c", DRAWING, LOOPLIFT_NUM_THREADS="2")[0].strip() == "drawn"
