"""Calls of NumPy's functions that run on threads under `parallel=True`: the interpreter's answers, and the same bits for every number
of threads."""

import os

import looplift
import numpy as np
import pytest
from looplift import njit

from support.process import python

N = 500_000
R = np.random.default_rng(4)
A = R.standard_normal(N)
I = R.integers(-1000, 1000, N)
M = R.random((600, 900))
B = A > 0.5
NANS = A.copy()
NANS[::1000] = np.nan
NANS[::777] = -0.0


def sorted_and_order(a):
    return np.sort(a), np.argsort(a, 0), a.argsort()


def sorts(a):
    a = a.copy()
    a.sort()
    return a


def along(m):
    return np.sort(m), np.sort(m, axis=0), np.argsort(m, axis=1), np.cumsum(m, axis=0), np.cumprod(m, 1), m.cumsum(-1)


def running(a):
    return np.cumsum(a), a.cumsum(), np.cumprod(a * 1e-7 + 1.0), np.cumsum(a > 0)


def found(a):
    return np.unique(a), np.flatnonzero(a > 0.7), np.nonzero(a)[0], np.where(a < 0)[0]


def places(m):
    return np.nonzero(m > 0.5), np.where(m), (m * 2 < 0.1).nonzero()


def chosen(a, b):
    return np.where(a > b, a, b * 2), np.clip(a, -0.5, 0.5), np.where(a < 0, 0.0, 1.0)


def counted(a, k):
    return np.histogram(a), np.histogram(a, k), np.histogram(a, 20, (-1.0, 1.0)), np.histogram(a * 2, bins=k, range=(-2, 2))


def joined(a, b):
    return np.concatenate((a, b)), np.concatenate((b, a, b[:5])), np.copy(a), b.copy()


def shapes(n, m):
    return np.full((n, m), 2.5), np.ones((m, n))


CASES = [
    (sorted_and_order, (A,), 3),
    (sorted_and_order, (NANS,), 3),
    (sorted_and_order, (I,), 3),
    (sorted_and_order, (I.astype(np.int8),), 3),
    (sorted_and_order, (A[::2].astype(np.float32),), 3),
    (sorted_and_order, (A[:100],), 3),
    (sorted_and_order, (B,), 3),
    (sorts, (A,), 2),
    (sorts, (M,), 2),
    (sorts, (NANS[::-1],), 2),
    (along, (M,), 6),
    (along, (M[::2, ::2],), 6),
    (running, (A,), 4),
    (running, (A.astype(np.float32),), 4),
    (running, (I,), 4),
    (found, (A,), 4),
    (found, (NANS,), 4),
    (found, (I,), 4),
    (places, (M,), 3),
    (places, (M.reshape(60, 10, 900),), 3),
    (chosen, (A, -A), 3),
    (chosen, (I, I[::-1]), 3),
    (counted, (A, 30), 4),
    (counted, (I, 7), 4),
    (counted, (M, 100), 4),
    (joined, (A, A + 1), 4),
    (joined, (I, A), 4),
    (joined, (M, M[:300]), 4),
    (shapes, (700, 800), 2),
]


def flat(result):
    for x in result:
        if isinstance(x, tuple):
            yield from flat(x)
        else:
            yield x


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("f, args, parallel", CASES, ids=lambda x: getattr(x, "__name__", None))
def test_answers(f, args, parallel):
    compiled = njit(parallel=True)(f)
    got, wanted = compiled(*args), f(*args)
    got, wanted = (r if isinstance(r, tuple) else (r,) for r in (got, wanted))
    rounds = f in (running, along)
    for x, y in zip(flat(got), flat(wanted), strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype and np.shape(x) == np.shape(y)
        if rounds and x.dtype.kind == "f":
            np.testing.assert_allclose(x, y, rtol=2e-3 if x.dtype == np.float32 else 1e-9, atol=1e-2 if x.dtype == np.float32 else 1e-9)
        elif f is sorted_and_order and x.dtype.kind == "i" and y.dtype == np.int64 and x.size == args[0].size and x.max() == x.size - 1:
            np.testing.assert_array_equal(x, np.argsort(args[0], kind="stable"))
        else:
            np.testing.assert_array_equal(x, y)
    assert compiled.get_metadata(compiled.signatures[0])["parfor_diagnostics"].count_parfors() == parallel


def test_what_fails_fails_as_before():
    for f, args in [
        (lambda a: np.histogram(a, 10, (2.0, 1.0)), (A,)),
        (lambda a: np.histogram(a, 0), (A,)),
        (lambda a: np.histogram(a), (NANS,)),
        (lambda a, b: np.concatenate((a, b)), (M, M[:, :-1])),
    ]:
        with pytest.raises(ValueError):
            njit(parallel=True)(f)(*args)
    locked = A.copy()
    locked.flags.writeable = False
    with pytest.raises((ValueError, looplift.errors.TypingError)):
        njit(parallel=True)(sorts.__wrapped__ if hasattr(sorts, "__wrapped__") else _sorts_given)(locked)


def _sorts_given(a):
    a.sort()
    return a


def test_others_are_left_alone():
    """Lists, dicts and sets have methods of these names."""

    def f(n):
        x = [3, 1, 2]
        x.sort()
        y = x.copy()
        d = {1: n}
        return y, len(d.copy()), np.copy(3.5), np.unique(np.array([1j, 2j]))

    assert njit(parallel=True)(f)(4)[:2] == f(4)[:2]


PROGRAM = """
import hashlib, numpy as np, looplift, test_parallel_calls as t
for f, args, _ in t.CASES:
    compiled, seen = looplift.njit(parallel=True)(f), set()
    for n in (1, 2, 3, 8):
        looplift.set_num_threads(n)
        result = compiled(*args)
        parts = list(t.flat(result if isinstance(result, tuple) else (result,)))
        seen.add(hashlib.sha1(b"|".join(p.tobytes() for p in parts)).hexdigest())
    assert len(seen) == 1, f
print("ok")
"""


def test_bits_do_not_depend_on_threads(tmp_path, request):
    (tmp_path / "program.py").write_text(PROGRAM)
    path = os.pathsep.join(p for p in (os.environ.get("PYTHONPATH"), str(request.path.parent)) if p)
    out = python(str(tmp_path / "program.py"), LOOPLIFT_NUM_THREADS="8", PYTHONWARNINGS="ignore", PYTHONPATH=path)
    assert out[0].strip() == "ok"
