"""Generators of random numbers that threads of Python share: compiled code holds the generator's lock for the time of a call."""

import sys
import threading

import looplift
import numpy as np
import pytest
from looplift import njit

COUNT = 40_000


def draws(g, n):
    total = 0
    for _ in range(n):
        total += g.integers(0, 1 << 60) & 0xFFFF
    return total


def pair(gs, n):
    total = 0
    for _ in range(n):
        total += (gs[0].integers(0, 1 << 60) ^ gs[1].integers(0, 1 << 60)) & 0xFFFF
    return total


def after(count, kind=np.random.PCG64):
    """The state of a generator after so many draws."""
    g = np.random.Generator(kind(7))
    for _ in range(count):
        g.integers(0, 1 << 60)
    return g.bit_generator.state


def in_threads(calls):
    """Runs functions on threads that take turns often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=c) for c in calls]
        for t in threads:
            t.start()
        for t in threads:
            t.join(60)
        assert not any(t.is_alive() for t in threads)
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.Philox, np.random.MT19937])
def test_no_draw_is_lost(kind):
    g = np.random.Generator(kind(7))
    with_gil, without = njit(draws), njit(nogil=True)(draws)
    without(np.random.default_rng(1), 1)

    def python():
        for _ in range(COUNT // 100):
            g.integers(0, 1 << 60)

    def many():
        for _ in range(10):
            without(g, COUNT // 10)

    in_threads([lambda: without(g, COUNT), many, lambda: with_gil(g, COUNT), python])
    found, wanted = g.bit_generator.state, after(3 * COUNT + COUNT // 100, kind)
    assert str(found) == str(wanted)


def test_several_generators_in_any_order():
    a, b = np.random.default_rng(7), np.random.default_rng(7)
    f = njit(nogil=True)(pair)
    f((np.random.default_rng(1), np.random.default_rng(2)), 1)
    in_threads([lambda: [f((a, b), 200) for _ in range(50)], lambda: [f((b, a), 200) for _ in range(50)], lambda: f((a, a), 5)])
    assert str(a.bit_generator.state) == str(after(20_010)) and str(b.bit_generator.state) == str(after(20_000))


def test_locks_are_given_back():
    g = np.random.default_rng(7)

    @njit(nogil=True)
    def fails(g, n):
        if g.random() < 2.0:
            raise ValueError(n)
        return n

    for f in (fails, njit(fails.py_func)):
        with pytest.raises(ValueError):
            f(g, 1)
    free = []
    threading.Thread(target=lambda: free.append(g.bit_generator.lock.acquire(timeout=10))).start()
    for _ in range(100):
        if free:
            break
        threading.Event().wait(0.05)
    assert free == [True]


def test_calls_of_python_may_draw():
    g = np.random.default_rng(7)

    @njit(nogil=True)
    def f(g):
        x = g.random()
        with looplift.objmode(y="float64"):
            y = g.random()
        return x, y, g.standard_normal(3)

    x, y, z = f(g)
    wanted = np.random.default_rng(7)
    assert (x, y) == (wanted.random(), wanted.random()) and (z == wanted.standard_normal(3)).all()
