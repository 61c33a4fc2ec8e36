"""Typical numerical loops and array expressions, one small function each, side by side with Numba.

    python benchmarks/loops.py --theirs /path/to/python-with-numba [NAME ...]

Each engine has a process of its own; they take turns, and the least time of many short repetitions counts, so that the
table can be made on a machine that does other things. The last column says whether looplift made vector loops of it.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

N = 20_000
TURNS = 4
SECONDS = 0.02


@dataclass(frozen=True)
class Case:
    """The function, and what makes its arguments."""

    function: Callable
    arguments: Callable[[], tuple]


CASES: dict[str, Case] = {}


def case(arguments):
    def register(function):
        CASES[function.__name__] = Case(function, arguments)
        return function

    return register


def floats(n=N, seed=0, dtype=np.float64):
    return (np.random.default_rng(seed).random(n) - 0.25).astype(dtype)


def grid(n=200, seed=0):
    return np.random.default_rng(seed).random((n, n))


def two():
    return floats(), floats(seed=1)


# --- One loop over arrays ----------------------------------------------------------------------------------------


@case(lambda: (2.5, *two()))
def axpy(alpha, x, y):
    for i in range(len(x)):
        y[i] = alpha * x[i] + y[i] * 0.5


@case(lambda: two())
def dot(a, b):
    s = 0.0
    for i in range(len(a)):
        s += a[i] * b[i]
    return s


@case(lambda: (floats(),))
def largest(a):
    best = a[0]
    for i in range(1, len(a)):
        if a[i] > best:
            best = a[i]
    return best


@case(lambda: (floats(),))
def largest_builtin(a):
    best = -np.inf
    for v in a:
        best = max(best, v)
    return best


@case(lambda: (floats(),))
def smallest_and_largest(a):
    low = a[0]
    high = a[0]
    for v in a:
        if v < low:
            low = v
        elif v > high:
            high = v
    return low, high


@case(lambda: (floats(),))
def place_of_largest(a):
    best = a[0]
    where = 0
    for i in range(1, len(a)):
        if a[i] > best:
            best = a[i]
            where = i
    return where


@case(lambda: (floats(),))
def sum_of_squares(a):
    s = 0.0
    for v in a:
        s += v * v
    return s


@case(lambda: (floats(),))
def every_second(a):
    s = 0.0
    for i in range(0, len(a), 2):
        s += a[i]
    return s


@case(lambda: (floats(), np.empty(N // 2)))
def every_second_to(a, out):
    for i in range(len(out)):
        out[i] = a[2 * i] + a[2 * i + 1]


@case(lambda: (floats(2 * N)[::2], np.empty(N)))
def strided_copy(a, out):
    for i in range(len(out)):
        out[i] = a[i] * 2.0


@case(lambda: (np.arange(N),))
def backward_sum(a):
    s = 0
    for i in range(len(a) - 1, -1, -1):
        s += a[i]
    return s


@case(lambda: (floats(), np.empty(N)))
def reverse(a, out):
    n = len(a)
    for i in range(n):
        out[i] = a[n - 1 - i]


@case(lambda: (floats(), np.empty(N)))
def both_branches(a, out):
    for i in range(len(a)):
        if a[i] > 0.0:
            out[i] = a[i] * 2.0
        else:
            out[i] = -a[i]


@case(lambda: (floats(), np.empty(N)))
def one_branch(a, out):
    for i in range(len(a)):
        if a[i] > 0.0:
            out[i] = a[i] * 2.0


@case(lambda: (floats(), 0.25))
def conditional_sum(a, t):
    s = 0.0
    for v in a:
        if v > t:
            s += v
    return s


@case(lambda: (floats(), 0.25))
def count(a, t):
    n = 0
    for i in range(len(a)):
        if a[i] > t:
            n += 1
    return n


@case(lambda: (floats(), 0.0, 0.5))
def count_between(a, low, high):
    n = 0
    for v in a:
        if v > low and v < high:
            n += 1
    return n


@case(lambda: (floats(), np.empty(N)))
def clip(a, out):
    for i in range(len(a)):
        v = a[i]
        if v < 0.0:
            v = 0.0
        elif v > 0.5:
            v = 0.5
        out[i] = v


@case(lambda: (floats(), np.empty(N)))
def clip_builtin(a, out):
    for i in range(len(a)):
        out[i] = min(max(a[i], 0.0), 0.5)


@case(lambda: (floats() + 1.0, floats(seed=1) + 1.0, np.empty(N)))
def divide(a, b, out):
    for i in range(len(a)):
        out[i] = a[i] / b[i]


@case(lambda: (floats() + 1.0,))
def harmonic(a):
    s = 0.0
    for v in a:
        s += 1.0 / v
    return s


@case(lambda: (floats() + 1.0, np.empty(N)))
def math_sqrt(a, out):
    for i in range(len(a)):
        out[i] = math.sqrt(a[i])


@case(lambda: (floats() + 1.0, np.empty(N)))
def numpy_sqrt(a, out):
    for i in range(len(a)):
        out[i] = np.sqrt(a[i])


@case(lambda: (*two(), np.empty(N)))
def distance(x, y, out):
    for i in range(len(x)):
        out[i] = math.sqrt(x[i] * x[i] + y[i] * y[i])


@case(lambda: two())
def zipped(a, b):
    s = 0.0
    for x, y in zip(a, b):  # noqa: B905 (compiled)
        s += abs(x - y)
    return s


@case(lambda: (floats(), np.empty(N)))
def enumerated(a, out):
    for i, v in enumerate(a):
        out[i] = v * 3.0 + 1.0


@case(lambda: (floats(),))
def prefix(a):
    out = np.empty_like(a)
    s = 0.0
    for i in range(len(a)):
        s += a[i]
        out[i] = s
    return out


@case(lambda: (np.arange(N, dtype=np.int32),))
def int_sum(a):
    s = 0
    for v in a:
        s += v
    return s


@case(lambda: (np.arange(N) % 256,))
def parity(a):
    n = 0
    for v in a:
        if v % 2 == 0:
            n += 1
    return n


@case(lambda: (floats(2_000),))
def sines(a):
    s = 0.0
    for v in a:
        s += math.sin(v) * math.cos(v)
    return s


@case(lambda: (floats(2_000) + 1.0, np.empty(2_000)))
def exponentials(a, out):
    for i in range(len(a)):
        out[i] = math.exp(-a[i])


@case(lambda: (floats(2_000) + 1.0, np.empty(2_000)))
def logarithms(a, out):
    for i in range(len(a)):
        out[i] = math.log(a[i])


@case(lambda: (np.arange(N), 17))
def contains(a, wanted):
    found = False
    for v in a:
        if v == wanted + N:
            found = True
    return found


# --- Loops in loops ----------------------------------------------------------------------------------------------


@case(lambda: (grid(), np.empty((200, 200))))
def stencil(a, out):
    for i in range(1, a.shape[0] - 1):
        for j in range(1, a.shape[1] - 1):
            out[i, j] = 0.25 * (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1])


@case(lambda: (np.zeros(1_000), 20))
def heat(u, steps):
    new = u.copy()
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            new[i] = u[i] + 0.1 * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u, new = new, u
    return u


@case(lambda: ((grid(100) > 0.5).astype(np.int64), np.zeros((100, 100), np.int64)))
def life(a, out):
    n, m = a.shape
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            k = 0
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    if di != 0 or dj != 0:
                        k += a[i + di, j + dj]
            if k == 3 or (k == 2 and a[i, j] == 1):
                out[i, j] = 1
            else:
                out[i, j] = 0


@case(lambda: (40, 40, 50))
def mandelbrot(width, height, limit):
    total = 0
    for y in range(height):
        for x in range(width):
            c = complex(x * 3.0 / width - 2.0, y * 2.0 / height - 1.0)
            z = 0j
            for _ in range(limit):
                z = z * z + c
                if z.real * z.real + z.imag * z.imag > 4.0:
                    break
                total += 1
    return total


@case(lambda: (grid(64), grid(64, 1), np.zeros((64, 64))))
def matrix_product(a, b, c):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            s = 0.0
            for k in range(a.shape[1]):
                s += a[i, k] * b[k, j]
            c[i, j] = s


@case(lambda: (grid(200),))
def row_sums(a):
    out = np.zeros(a.shape[0])
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i] += a[i, j]
    return out


@case(lambda: (grid(200),))
def sum_2d(a):
    s = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s += a[i, j]
    return s


# --- Small fixed sizes ---------------------------------------------------------------------------------------------


@case(lambda: (np.random.default_rng(0).random((2_000, 3)),))
def norms_of_3(points):
    total = 0.0
    for i in range(points.shape[0]):
        s = 0.0
        for k in range(3):
            s += points[i, k] * points[i, k]
        total += math.sqrt(s)
    return total


@case(lambda: (np.random.default_rng(0).random((2_000, 3)),))
def cross_products(points):
    total = np.zeros(3)
    for i in range(points.shape[0] - 1):
        c = np.zeros(3)
        a = points[i]
        b = points[i + 1]
        c[0] = a[1] * b[2] - a[2] * b[1]
        c[1] = a[2] * b[0] - a[0] * b[2]
        c[2] = a[0] * b[1] - a[1] * b[0]
        for k in range(3):
            total[k] += c[k]
    return total


@case(lambda: (np.random.default_rng(0).random((500, 3, 3)),))
def small_products(ms):
    p = np.eye(3)
    for n in range(ms.shape[0]):
        q = np.zeros((3, 3))
        for i in range(3):
            for j in range(3):
                for k in range(3):
                    q[i, j] += p[i, k] * ms[n, k, j]
        p = q * 0.5
    return p


@case(lambda: (np.random.default_rng(0).random((60, 3)), np.zeros((60, 3))))
def forces(pos, acc):
    n = pos.shape[0]
    for i in range(n):
        for j in range(n):
            if i != j:
                r2 = 0.0
                for k in range(3):
                    d = pos[j, k] - pos[i, k]
                    r2 += d * d
                f = 1.0 / (r2 * math.sqrt(r2) + 1e-9)
                for k in range(3):
                    acc[i, k] += f * (pos[j, k] - pos[i, k])


@case(lambda: (20_000,))
def tuples_around(n):
    state = (0.0, 1.0, 0.5)
    for i in range(n):
        a, b, c = state
        state = (b, c, 0.3 * a + 0.2 * b + 0.1 * c + i)
    return state


# --- Array expressions ---------------------------------------------------------------------------------------------


@case(lambda: (*two(), floats(seed=2)))
def sum_of_expression(a, b, c):
    return np.sum(a * b + c)


@case(lambda: two())
def largest_difference(a, b):
    return (a - b).max()


@case(lambda: two())
def mean_square(a, b):
    return np.mean((a - b) ** 2)


@case(lambda: two())
def largest_error(a, b):
    return np.max(np.abs(a - b))


@case(lambda: two())
def numpy_dot(a, b):
    return np.dot(a, b)


@case(lambda: two())
def any_greater(a, b):
    return np.any(a > b + 2.0)


@case(lambda: two())
def all_close(a, b):
    return np.all(np.abs(a - b) < 5.0)


@case(lambda: two())
def count_greater(a, b):
    return np.sum(a > b)


@case(lambda: (floats(),))
def norm(a):
    return np.sqrt(np.sum(a * a))


@case(lambda: (floats(),))
def deviation(a):
    m = a.mean()
    return np.sqrt(((a - m) ** 2).sum() / len(a))


@case(lambda: (floats(2_000),))
def array_sines(a):
    return np.sin(a) * np.cos(a)


@case(lambda: (grid(), np.empty((200, 200))))
def stencil_by_slices(a, out):
    out[1:-1, 1:-1] = 0.25 * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:])


# --- Measuring -----------------------------------------------------------------------------------------------------


def worker(module_name):
    """Answers names, a line each, with the least time of a call in nanoseconds."""
    module = __import__(module_name)
    ready = {}
    clock = time.perf_counter_ns
    for line in sys.stdin:
        name = line.strip()
        try:
            if name not in ready:
                of = CASES[name]
                function, arguments = module.njit(of.function), of.arguments()
                function(*arguments)
                start = clock()
                function(*arguments)
                once = max(clock() - start, 100)
                ready[name] = function, arguments, max(1, min(2_000, 300_000 // once))
            function, arguments, calls = ready[name]
            best = None
            until = clock() + int(SECONDS * 1e9)
            while best is None or clock() < until:
                start = clock()
                for _ in range(calls):
                    function(*arguments)
                spent = (clock() - start) / calls
                best = spent if best is None else min(best, spent)
            answer = {"time": best, "remark": remarks(function)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {str(error).strip().splitlines()[0][:90]}"}
        print(json.dumps(answer), flush=True)


def remarks(function):
    """How many of its loops became vector loops, where the engine can say."""
    if not hasattr(function, "explain"):
        return ""
    found = function.explain().data["vector_loops"]
    return f"{sum(r['vectorised'] for r in found)}/{len(found)} " + "; ".join(sorted({r["reason"] for r in found if r["reason"]}))


def ask(process, name):
    process.stdin.write(name + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--theirs", default=sys.executable, help="an interpreter that has Numba")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return worker(options.worker)
    here = str(Path(__file__).resolve())
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    ours, theirs = (
        subprocess.Popen([python, here, "--worker", module], **pipes)
        for python, module in ((sys.executable, "looplift"), (options.theirs, "numba"))
    )
    ratios = []
    print(f"{'':22} {'looplift':>10} {'numba':>10} {'ratio':>6}  vector loops")
    for name in options.names or CASES:
        best = [math.inf, math.inf]
        for _ in range(TURNS):
            answers = [ask(engine, name) for engine in (ours, theirs)]
            failed = [a["error"] for a in answers if "error" in a]
            if failed:
                print(f"{name:22} {failed[0]}")
                break
            best = [min(b, a["time"]) for b, a in zip(best, answers, strict=False)]
        else:
            ratio = best[0] / best[1]
            ratios.append(ratio)
            print(f"{name:22} {best[0] / 1e3:8.2f}us {best[1] / 1e3:8.2f}us {ratio:6.2f}  {answers[0]['remark']}", flush=True)
    if ratios:
        print(f"{'geometric mean':22} {'':21} {math.exp(sum(map(math.log, ratios)) / len(ratios)):6.2f}")
    for engine in (ours, theirs):
        engine.stdin.close()
        engine.wait()


if __name__ == "__main__":
    main()
