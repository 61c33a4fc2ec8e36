"""Loops on threads and arrays of random numbers, against Numba, in one process and alternating calls.

    LOOPLIFT_NUM_THREADS=2 NUMBA_NUM_THREADS=2 python benchmarks/threads.py

prints a line for each program: looplift's time, Numba's, their ratio, on both threads and, after it, on one; the last figure is how much
processor time looplift takes, of all threads together, against Numba. What threads can give is said by a control: the same work in two
processes of plain Python against one, before and after. Below 1.8 the machine has no second processor to spare, and ratios of elapsed time say
little; processor times still do.
"""

import argparse
import importlib
import multiprocessing
import random
import time

import numpy as np

PARALLEL = {"parallel": True}
SERIAL: dict[str, bool] = {}
# name -> (options of njit, the function's source, arguments); `np`, `random` and `prange` are what each engine takes them for.
PROGRAMS = {}


def program(arguments, **options):
    def register(make):
        PROGRAMS[make.__name__] = options, make, arguments
        return make

    return register


@program(lambda: (np.random.default_rng(1).random((2000, 1000)),), **PARALLEL)
def row_sums(prange):
    def f(a):
        out = np.empty(a.shape[0])
        for i in prange(a.shape[0]):
            s = 0.0
            for j in range(a.shape[1]):
                s += a[i, j]
            out[i] = s
        return out

    return f


@program(lambda: (2_000_000,), **PARALLEL)
def monte_carlo_pi(prange):
    def f(n):
        inside = 0
        for _ in prange(n):
            x = random.random()
            y = random.random()
            if x * x + y * y < 1.0:
                inside += 1
        return 4.0 * inside / n

    return f


def bodies():
    rng = np.random.default_rng(2)
    return rng.random((2000, 3)), rng.random(2000), np.zeros((2000, 3))


@program(bodies, **PARALLEL)
def n_body_forces(prange):
    def f(place, mass, force):
        for i in prange(len(place)):
            fx = fy = fz = 0.0
            for j in range(len(place)):
                dx, dy, dz = place[j, 0] - place[i, 0], place[j, 1] - place[i, 1], place[j, 2] - place[i, 2]
                square = dx * dx + dy * dy + dz * dz + 1e-9
                pull = mass[j] / (square * np.sqrt(square))
                fx += pull * dx
                fy += pull * dy
                fz += pull * dz
            force[i, 0], force[i, 1], force[i, 2] = fx, fy, fz

    return f


@program(lambda: (np.random.default_rng(3).random(4_000_000), np.random.default_rng(4).random(4_000_000)), **PARALLEL)
def array_expression(prange):
    def f(a, b):
        return np.sqrt(a * a + b * b) + np.exp(-a)

    return f


@program(lambda: (np.random.default_rng(3).random(4_000_000),), **PARALLEL)
def array_sum(prange):
    def f(a):
        return np.sum(a)

    return f


@program(lambda: (2000,), **PARALLEL)
def triangle(prange):
    """Iterations that take longer and longer."""

    def f(n):
        out = np.empty(n)
        for i in prange(n):
            s = 0.0
            for j in range(i):
                s += np.sqrt(i * 1.0 + j)
            out[i] = s
        return out

    return f


@program(lambda: (np.zeros(1000),), **PARALLEL)
def start(prange):
    """As good as no work: what a loop costs at least."""

    def f(a):
        for i in prange(len(a)):
            a[i] += 1.0

    return f


@program(lambda: (np.random.default_rng(6).random(1_000_000),), **PARALLEL)
def sort(prange):
    def f(a):
        return np.sort(a)

    return f


@program(lambda: (np.random.default_rng(6).random(1_000_000),), **PARALLEL)
def argsort(prange):
    def f(a):
        return np.argsort(a)

    return f


@program(lambda: (np.random.default_rng(6).random(4_000_000),), **PARALLEL)
def cumsum(prange):
    def f(a):
        return np.cumsum(a)

    return f


@program(lambda: (np.random.default_rng(6).random(4_000_000),), **PARALLEL)
def histogram(prange):
    def f(a):
        return np.histogram(a, 100)

    return f


@program(lambda: (np.random.default_rng(6).random(4_000_000),), **PARALLEL)
def nonzero(prange):
    def f(a):
        return np.nonzero(a > 0.5)

    return f


@program(lambda: (np.random.default_rng(6).integers(0, 100_000, 1_000_000),), **PARALLEL)
def unique(prange):
    def f(a):
        return np.unique(a)

    return f


@program(lambda: (1_000_000,))
def uniform(prange):
    def f(n):
        return np.random.uniform(0.0, 1.0, n)

    return f


@program(lambda: (1_000_000,))
def normal(prange):
    def f(n):
        return np.random.normal(0.0, 1.0, n)

    return f


@program(lambda: (1_000_000,))
def integers(prange):
    def f(n):
        return np.random.randint(0, 1000, n)

    return f


@program(lambda: (np.random.default_rng(5), 1_000_000))
def generator_normal(prange):
    def f(g, n):
        return g.standard_normal(n)

    return f


@program(lambda: (np.random.default_rng(5), 1_000_000))
def generator_integers(prange):
    def f(g, n):
        return g.integers(0, 1000, n)

    return f


def seconds(f, arguments):
    """Elapsed time, and processor time of all threads."""
    used, start = time.process_time(), time.perf_counter()
    f(*arguments)
    return time.perf_counter() - start, time.process_time() - used


def measured(engines, compiled, given, threads, rounds):
    """(least elapsed times, least processor times) of the functions with so many threads."""
    for e in engines:
        e.set_num_threads(threads)
    for f in compiled:
        f(*given)
    best = [[float("inf")] * 2, [float("inf")] * 2]
    for _ in range(rounds):
        for k, f in enumerate(compiled):
            for kind, t in enumerate(seconds(f, given)):
                best[kind][k] = min(best[kind][k], t)
    return best


def spin(n=3_000_000):
    x = 0
    for i in range(n):
        x ^= i
    return x


def control():
    """How much more two processes of plain Python do than one."""
    best = [float("inf")] * 2
    for _ in range(5):
        for count in (1, 2):
            processes = [multiprocessing.Process(target=spin) for _ in range(count)]
            start = time.perf_counter()
            for p in processes:
                p.start()
            for p in processes:
                p.join()
            best[count - 1] = min(best[count - 1], time.perf_counter() - start)
    return 2 * best[0] / best[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--peer", default="numba")
    parser.add_argument("names", nargs="*", default=list(PROGRAMS))
    options = parser.parse_args()
    engines = [importlib.import_module(name) for name in ("looplift", options.peer)]
    print(f"control: two processes do {control():.2f} times as much as one")
    print(f"{'':20} {'looplift':>12} {options.peer:>12} {'ratio':>6}   one thread   processor time")
    for name in options.names:
        settings, make, arguments = PROGRAMS[name]
        compiled = [e.njit(**settings)(make(e.prange)) for e in engines]
        given = arguments()
        both, used = measured(engines, compiled, given, 2, options.rounds)
        one, _ = measured(engines, compiled, given, 1, options.rounds)
        row = f"{name:20} {both[0] * 1e3:9.3f} ms {both[1] * 1e3:9.3f} ms {both[0] / both[1]:6.2f}"
        print(f"{row}   {one[0] / one[1]:10.2f}   {used[0] / max(used[1], 1e-9):14.2f}", flush=True)
    print(f"control: two processes do {control():.2f} times as much as one")


if __name__ == "__main__":
    main()
