"""Loops over `prange` that are left by `break` or `return`: what the loop in order gives, for every number of threads."""

import looplift
import numpy as np
import pytest
from looplift import njit, prange

N = 20_000
A = np.random.default_rng(5).random(N)


def first(a, x):
    for i in prange(a.size):
        if a[i] > x:
            return i
    return -1


def breaks(a, x):
    s, n, last = 0.0, 0, -1.0
    for i in prange(a.size):
        if a[i] > x:
            break
        s += a[i]
        n += 1
        last = a[i]
    return s, n, last


def index_after(n, stop):
    i = -1
    for i in prange(n):
        if i == stop:
            break
    return i


def with_else(a, x):
    k = 0
    for i in prange(a.size):
        if a[i] > x:
            k = i
            break
    else:
        k = -7
    return k


def several_ways(a, x, y):
    for i in prange(a.size):
        if a[i] > x:
            return i, 1.5
        if a[i] < y:
            return -i, a[i]
        if i == 15_000:
            break
    return 0, 0.0


@njit
def is_prime(n):
    if n < 2:
        return False
    i = 2
    while i * i <= n:
        if n % i == 0:
            return False
        i += 1
    return True


@njit
def steps(n):
    count = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        count += 1
    return count


def calls(n):
    for i in prange(n, n + 5000):
        if is_prime(i) and steps(i) > 100:
            return i
    return -1


def raises_later(n, stop, bad):
    for i in prange(n):
        if i == bad:
            raise ValueError("bad")
        if i == stop:
            break
    return i


def downwards(a, x):
    for i in prange(a.size - 1, -1, -3):
        if a[i] > x:
            return i
    return -1


def least(a, x):
    m, p = 2.0, 1.0
    for i in prange(a.size):
        m = min(m, a[i])
        p *= 1.0 + a[i] * 1e-6
        if a[i] < x:
            return m, p, i
    return m, p, -1


CASES = [
    *[(f, (A, x)) for f in (first, with_else, downwards) for x in (0.0, 0.99, 0.9999, 2.0)],
    *[(breaks, (A, x)) for x in (0.0, 0.99, 0.9999, 2.0)],
    *[(index_after, (n, stop)) for n, stop in ((10, 3), (0, 0), (5000, 4999), (5000, 5000), (1, 0))],
    *[(several_ways, (A, x, y)) for x, y in ((0.9999, 0.0001), (2.0, -1.0), (2.0, 1e-4), (0.999, -1.0))],
    (calls, (20,)),
    (calls, (1_000_000,)),
    (raises_later, (1000, 10, 900)),
    (raises_later, (1000, 900, 10)),
    (raises_later, (1000, 10, 10)),
    (least, (A, 1e-4)),
    (least, (A, -1.0)),
]


def outcome(f, args):
    try:
        return f(*args)
    except ValueError as e:
        return str(e)


_compiled = {}


@pytest.mark.parametrize("f, args", CASES, ids=lambda x: getattr(x, "__name__", None))
def test_answers(f, args):
    compiled = _compiled.setdefault(f, njit(parallel=True)(f))
    wanted, before = outcome(f, args), looplift.get_num_threads()
    seen = set()
    for n in range(1, before + 1):
        looplift.set_num_threads(n)
        for _ in range(5):
            seen.add(outcome(compiled, args))
    looplift.set_num_threads(before)
    assert len(seen) == 1
    got = seen.pop()
    assert got == wanted or np.allclose(got, wanted, rtol=1e-12)
    assert compiled.get_metadata(compiled.signatures[0])["parfor_diagnostics"].count_parfors() == 1


def writes(a, out):
    for i in prange(a.size):
        out[i] = a[i]
        if a[i] > 0.999:
            break
    return i


@njit
def put(out, i):
    out[i] = 1.0
    return out[i]


def writes_in_a_call(a, out):
    for i in prange(a.size):
        if put(out, i) * a[i] > 0.999:
            return i
    return -1


@njit
def doubled(x):
    x *= 2
    return x


def in_place(a, out):
    for i in prange(a.size):
        if doubled(out[i : i + 1])[0] + a[i] > 2.999:
            return i
    return -1


def appends(a, out):
    seen = [0]
    for i in prange(a.size):
        seen.append(i)
        if a[i] > 0.999:
            break
    return len(seen)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("f", [writes, writes_in_a_call, in_place, appends], ids=lambda f: f.__name__)
def test_what_changes_something_stays_in_order(f):
    compiled = njit(parallel=True)(f)
    given, wanted = np.ones(N), np.ones(N)
    assert compiled(A, given) == f(A, wanted)
    np.testing.assert_array_equal(given, wanted)
    row = compiled.get_metadata(compiled.signatures[0])["parfor_diagnostics"]
    assert row.count_parfors() == 0
