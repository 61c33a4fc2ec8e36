"""Vector loops over elements that do not lie side by side: every second one, columns, complex numbers, records, backward; what overlaps."""

import numpy as np
import pytest
from looplift import _core, config, njit
from numpy.lib.stride_tricks import as_strided
from tests.test_vector_levels import Guarded

LENGTHS = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65, 131, 519]
DTYPES = [np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64]


@pytest.fixture(autouse=True, params=["avx512", "avx2"])
def level(request, monkeypatch):
    """The instructions that loops are compiled to."""
    monkeypatch.setattr(config, "VECTOR_ISA", request.param)
    if _core.vector_isa() != request.param:
        pytest.skip(f"this processor has no {request.param}")
    return request.param


def values(n, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "c":
        return (rng.normal(0, 2, n) + 1j * rng.normal(0, 2, n)).astype(dtype)
    if np.dtype(dtype).kind == "f":
        return rng.normal(0, 3, n).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, n, dtype, endpoint=True)


def scalar(f, **options):
    """The function compiled without vector loops."""
    was, config.VECTOR_ISA = config.VECTOR_ISA, "none"
    try:
        g = njit(**options)(f)

        def run(*args):
            was, config.VECTOR_ISA = config.VECTOR_ISA, "none"
            try:
                return g(*args)
            finally:
                config.VECTOR_ISA = was

        return run
    finally:
        config.VECTOR_ISA = was


def copied(args):
    """Copies that are views of common memory as the arguments are, and that memory."""
    bases, out = {}, []
    for a in args:
        if not isinstance(a, np.ndarray):
            out.append(a)
            continue
        base = a
        while isinstance(base.base, np.ndarray):
            base = base.base
        new = bases.setdefault(id(base), base.copy(order="K"))
        shift = a.__array_interface__["data"][0] - base.__array_interface__["data"][0]
        out.append(np.ndarray(a.shape, a.dtype, new, shift, a.strides))
    return out, bases


class Both:
    """A function with vector loops and without, which agree."""

    def __init__(self, f, **options):
        self.mine, self.theirs, self.options = njit(**options)(f), scalar(f, **options), options

    def __call__(self, *args):
        mine, theirs = copied(args), copied(args)
        got, want = self.mine(*mine[0]), self.theirs(*theirs[0])
        for key, base in mine[1].items():
            if self.options:
                np.testing.assert_allclose(base, theirs[1][key], rtol=1e-12)
            else:
                assert base.tobytes() == theirs[1][key].tobytes()
        assert got == want

    def is_vector(self):
        return "a vector loop" in str(self.mine.explain())


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_second(dtype):
    def two_to_one(a, out):
        for i in range(len(out)):
            x = a[2 * i]
            y = a[2 * i + 1]
            out[i] = x * 3 + y * x - y

    def one_to_two(a, out):
        for i in range(len(a)):
            out[2 * i] = a[i] * 3
            out[2 * i + 1] = a[i] + a[i] * a[i]

    def swap(a):
        for i in range(len(a) // 2):
            x = a[2 * i] * 2 + 1
            a[2 * i] = a[2 * i + 1] * 3 + x
            a[2 * i + 1] = x

    f, g, h = Both(two_to_one), Both(one_to_two), Both(swap)
    for n in LENGTHS:
        a = values(2 * n, dtype)
        f(a, np.zeros(n, dtype))
        g(a[:n].copy(), np.zeros(2 * n, dtype))
        h(a)
    if np.dtype(dtype).itemsize >= 4:
        assert f.is_vector() and g.is_vector() and h.is_vector()
    got = np.zeros(LENGTHS[-1], np.float64)
    a = values(2 * len(got))
    f.mine(a, got)
    np.testing.assert_allclose(got, a[::2] * 3 + a[1::2] * a[::2] - a[1::2], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_complex_numbers(dtype):
    def product(a, b, out):
        for i in range(len(a)):
            out[i] = a[i] * b[i] + a[i]

    def in_place(a, b):
        for i in range(len(a)):
            a[i] = a[i] * b[i] - b[i]

    def size(a, out):
        for i in range(len(a)):
            out[i] = a[i].real * a[i].real + a[i].imag * a[i].imag

    def one_later(a):
        for i in range(len(a) - 1):
            a[i + 1] = a[i] * a[i + 1]

    all_of = [Both(f) for f in (product, in_place, size, one_later)]
    for n in LENGTHS:
        a, b = values(n, dtype, 1), values(n, dtype, 2)
        for f, args in zip(
            all_of, ((a, b, np.zeros(n, dtype)), (a, b), (a, np.zeros(n, a.real.dtype)), (a / 4,)), strict=True
        ):
            f(*args)
    assert [f.is_vector() for f in all_of] == [True, True, True, False]


def test_columns():
    def scaled(a, out):
        for j in range(a.shape[1]):
            for i in range(a.shape[0]):
                x = a[i, j]
                out[i, j] = (x * 2.0 + 1.0) * x - x / 3.0

    def sums(a, out):
        for j in range(a.shape[1]):
            s = 0.0
            for i in range(a.shape[0]):
                s += a[i, j] * a[i, j] + 1.0
            out[j] = s

    def distances(p, q, out):
        for i in range(p.shape[0]):
            x, y, z = p[i, 0] - q[i, 0], p[i, 1] - q[i, 1], p[i, 2] - q[i, 2]
            out[i] = np.sqrt(x * x + y * y + z * z)

    scaled, sums, distances = Both(scaled), Both(sums, fastmath=True), Both(distances)
    for n in LENGTHS[1:]:
        a = values(3 * n).reshape(n, 3)
        scaled(a, np.zeros((n, 3)))
        scaled(a[::-1], np.zeros((n, 3))[::-1, ::-1])
        scaled(np.asfortranarray(a), np.zeros((n, 3)))
        sums(a, np.zeros(3))
        distances(a, values(3 * n, seed=1).reshape(n, 3), np.zeros(n))
        distances(a[::-1, ::-1], values(6 * n, seed=1).reshape(n, 6)[:, ::2], np.zeros(n))
    assert distances.is_vector()


def test_backward_and_forward():
    def reverse(a, out):
        n = len(a)
        for i in range(n):
            out[i] = a[n - 1 - i] * 2 + 1

    def to_reverse(a, out):
        n = len(a)
        for i in range(n):
            out[n - 1 - i] = a[i] * 2 + 1

    def fold(a):
        n = len(a)
        for i in range(n // 2):
            a[i] = a[i] + a[n - 1 - i]

    def fold_all(a):
        n = len(a)
        for i in range(n):
            a[i] = a[i] + a[n - 1 - i]

    reverse, to_reverse, fold, fold_all = Both(reverse), Both(to_reverse), Both(fold), Both(fold_all)
    for dtype in (np.int32, np.int64, np.float32, np.float64, np.int16):
        for n in LENGTHS:
            a = values(n, dtype)
            for f in (reverse, to_reverse):
                f(a, np.zeros(n, dtype))
            fold(a)
            fold_all(a)
    assert reverse.is_vector() and to_reverse.is_vector()


POINT = np.dtype([("x", np.float64), ("k", np.int32), ("y", np.float32), ("z", np.float64)])


def test_records():
    def step(p, t):
        for i in range(len(p)):
            p[i].x += p[i].z * t + p[i].y * p[i].z
            p[i].k = p[i].k * 3 + 1

    both = Both(step)
    for n in LENGTHS:
        p = np.zeros(n, POINT)
        p["x"], p["z"], p["y"], p["k"] = values(n), values(n, seed=2), values(n, np.float32), values(n, np.int16)
        both(p, 0.5)


def test_what_overlaps():
    def copy(a, b):
        for i in range(len(a)):
            b[i] = a[i] * 2.0 + 1.0 - a[i] * a[i] / 8.0

    copy, base = Both(copy), values(600) / 100
    for shift in range(-6, 7):
        for step in (1, 2, 3, -1, -2):
            a = base[100:400:step] if step > 0 else base[400:100:step]
            b = base[100 + shift : 400 + shift : step] if step > 0 else base[400 + shift : 100 + shift : step]
            copy(a, b)
            copy(a[:50], base[100 + shift : 150 + shift])
    # All iterations write to, or read from, one element.
    one = np.zeros(1)
    copy(base[:100], as_strided(one, (100,), (0,)))
    copy(as_strided(base[5:], (100,), (0,)), base[:100])

    def own(a, d):
        for i in range(a.shape[0] - d):
            a[i + d, 0] = a[i, 0] * 0.5 + a[i, 1] * a[i, 1] - a[i, 1] / 3.0

    def ahead(a, d):
        for i in range(a.shape[0] - d):
            a[i, 0] = a[i + d, 0] * 0.5 + a[i, 1] * a[i, 1] - a[i, 1] / 3.0

    own, ahead = Both(own), Both(ahead)
    for d in (0, 1, 2, 9):
        for n in (3, 20, 133):
            if d < n:
                for a in (
                    values(2 * n).reshape(n, 2),
                    values(6 * n).reshape(n, 6)[:, 1:5:3],
                    as_strided(values(2 * n), (n, 2), (8, 8)),
                ):
                    own(a, d), ahead(a, d)


def test_under_conditions():
    def f(a, out):
        for i in range(a.shape[0]):
            if a[i, 0] > 0.0:
                out[2 * i] = a[i, 1] * a[i, 0] + a[i, 1] / 3.0 - a[i, 0] * 2.0
            elif a[i, 1] > 1.0:
                out[2 * i + 1] = a[i, 1] * 3.0

    f = Both(f)
    for n in LENGTHS[1:]:
        f(values(2 * n).reshape(n, 2), np.zeros(2 * n))


def test_images():
    def gray(im, out):
        for i in range(im.shape[0]):
            for j in range(im.shape[1]):
                out[i, j] = (im[i, j, 0] * 77 + im[i, j, 1] * 150 + im[i, j, 2] * 29) >> 8

    im = values(7 * 83 * 3, np.uint8).reshape(7, 83, 3)
    f = njit(gray)
    for view in (im, im[:, ::-1], im[::2, ::3]):
        out = np.zeros(view.shape[:2], np.uint8)
        f(view, out)
        wide = view.astype(int)
        np.testing.assert_array_equal(out, (wide @ np.array([77, 150, 29])) >> 8)


@pytest.mark.parametrize("step", [2, -2, -1, 3, 5])
def test_nothing_beyond_the_elements_is_touched(step):
    """The first or the last element lies at a page that cannot be touched."""

    def f(a, out):
        for i in range(len(a)):
            out[i] = a[i] * 3 - a[i] * a[i] + 1

    both = Both(f)
    for dtype in (np.int16, np.int32, np.float32, np.float64):
        size = np.dtype(dtype).itemsize
        for n in (1, 2, 5, 8, 16, 17, 33, 64, 100):
            for at_end in (True, False):
                fenced = [Guarded(), Guarded()]
                views = []
                for k, memory in enumerate(fenced):
                    whole = memory.array(dtype, (n - 1) * abs(step) + 1, at_end)
                    whole[:] = values(len(whole), np.int8, k).astype(dtype)
                    views.append(whole[:: abs(step)] if step > 0 else whole[::-1][:: abs(step)])
                assert len(views[0]) == n and abs(views[0].strides[0]) == abs(step) * size
                out, want = np.zeros(n, dtype), np.zeros(n, dtype)
                both.mine(views[0], out)
                both.theirs(views[0], want)
                np.testing.assert_array_equal(out, want)
                both.mine(out, views[1])
                both.theirs(out, want)
                np.testing.assert_array_equal(views[1], want)


def test_pairs_to_the_last_element():
    def f(a, out):
        for i in range(len(out) // 2):
            x, y = a[2 * i], a[2 * i + 1]
            out[2 * i] = x * y + x
            out[2 * i + 1] = x - y * y

    both = Both(f)
    for dtype in (np.int32, np.float32, np.float64):
        for n in (2, 6, 16, 32, 34, 66, 130):
            for at_end in (True, False):
                memory = [Guarded(), Guarded()]
                a, out = (m.array(dtype, n, at_end) for m in memory)
                a[:] = values(n, np.int8).astype(dtype)
                want = np.zeros(n, dtype)
                both.mine(a, out)
                both.theirs(a, want)
                np.testing.assert_array_equal(out, want)
