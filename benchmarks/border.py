"""Instances of jitted classes and results that go to Python: looplift and Numba in turns.

    python benchmarks/border.py --peer-python .venv-numba-3.11/bin/python
    python benchmarks/border.py --only read_ out

One process an engine. A case first tells its result in both engines: only equal ones are timed, warm, and each figure is the median of
the rounds' ratios of times. `interpreted` cases are loops of the interpreter over an operation on one instance, whose empty loop is taken
off; `compiled` cases are one call.
"""

import argparse
import json
import statistics
import sys
import time
import zlib

from serving import Worker

N = 20_000
CASES = {}


def case(kind):
    """Registers what makes a case: a function without arguments, whose result tells what it did."""

    def register(make):
        CASES[make.__name__] = (kind, make)
        return make

    return register


class Engine:
    """What the cases need of an engine."""

    def __init__(self, module):
        import importlib

        import numpy as np

        numba = importlib.import_module(module)
        jitclass = importlib.import_module(f"{module}.experimental").jitclass
        self.njit, self.np = numba.njit, np
        fields = [("n", numba.int64), ("v", numba.float64), ("x", numba.float64[:]), ("m", numba.float64[:, :])]

        class Body:
            def __init__(self, n):
                self.n = n
                self.v = 0.5
                self.x = np.zeros(n)
                self.m = np.zeros((n // 100 + 1, 100))

            def get(self):
                return self.v

            def total(self):
                s = 0.0
                for i in range(self.n):
                    s += self.x[i]
                return s

            def fill(self, v):
                for i in range(self.n):
                    self.x[i] = v * i

            def smooth(self):
                for i in range(1, self.n - 1):
                    self.x[i] = 0.5 * self.x[i] + 0.25 * (self.x[i - 1] + self.x[i + 1])

            def rows(self):
                s = 0.0
                for i in range(self.m.shape[0]):
                    for j in range(self.m.shape[1]):
                        s += self.m[i, j]
                return s

            def walk(self, n):
                for i in range(n):
                    self.v += 0.5 * i
                    self.n += 1
                self.n -= n
                return self.v

        self.Body = jitclass(fields)(Body)
        self.body = self.Body(1_000_000)

        class Point:
            def __init__(self, x, y):
                self.x = x
                self.y = y

        self.Point = jitclass([("x", numba.float64), ("y", numba.float64)])(Point)


@case("interpreted")
def read_float(e):
    body = e.body

    def run():
        for _ in range(N):
            found = body.v
        return found

    return run


@case("interpreted")
def read_int(e):
    body = e.body

    def run():
        for _ in range(N):
            found = body.n
        return found

    return run


@case("interpreted")
def read_array(e):
    body = e.body

    def run():
        for _ in range(N):
            found = body.x
        return found

    return run


@case("interpreted")
def write_float(e):
    body = e.body

    def run():
        for _ in range(N):
            body.v = 1.5
        return body.v

    return run


@case("interpreted")
def write_array(e):
    body, x = e.Body(10), e.np.zeros(10)

    def run():
        for _ in range(N):
            body.x = x
        return body.x

    return run


@case("interpreted")
def method(e):
    body = e.body

    def run():
        for _ in range(N):
            found = body.get()
        return found

    return run


@case("interpreted")
def construct(e):
    Point = e.Point

    def run():
        for _ in range(N):
            found = Point(1.0, 2.0)
        return found.x, found.y

    return run


@case("interpreted")
def construct_with_arrays(e):
    Body = e.Body

    def run():
        for _ in range(N // 10):
            found = Body(10)
        return found.n, found.v, found.x, found.m

    return run


@case("compiled")
def array_total(e):
    body = e.body
    return lambda: body.total()


@case("compiled")
def array_fill(e):
    body = e.body

    def run():
        body.fill(0.5)
        return body.x

    return run


@case("compiled")
def array_smooth(e):
    body = e.body

    def run():
        body.smooth()
        return body.x

    return run


@case("compiled")
def array_rows(e):
    body = e.body
    return lambda: body.rows()


@case("compiled")
def numbers(e):
    body = e.Body(10)
    return lambda: body.walk(100_000)


@case("compiled")
def field_of_argument(e):
    body = e.body

    @e.njit
    def total(b):
        s = 0.0
        for i in range(b.n):
            s += b.x[i] * b.v
        return s

    return lambda: total(body)


@case("compiled")
def list_out(e):
    @e.njit
    def squares(n):
        return [i * 0.5 for i in range(n)]

    return lambda: squares(1_000_000)


@case("compiled")
def list_out_ints(e):
    @e.njit
    def squares(n):
        return [i * i for i in range(n)]

    return lambda: squares(1_000_000)


@case("compiled")
def tuples_out(e):
    @e.njit
    def pairs(n):
        return [(i, i * 0.5) for i in range(n)]

    return lambda: pairs(100_000)


def told(result):
    """A result as text that both engines give if they agree: every element of arrays and lists counts."""
    if isinstance(result, tuple):
        return f"({', '.join(map(told, result))})"
    if hasattr(result, "dtype") and hasattr(result, "tobytes"):
        return f"array({result.dtype}, {result.shape}, {zlib.crc32(result.tobytes())})"
    if isinstance(result, list):
        return f"list({len(result)}, {zlib.crc32(repr(result).encode())})"
    return repr(result)


def serve(module):
    """Answers requests on standard input: `[case, "check"]` or `[case, repetitions]`."""
    import warnings

    warnings.simplefilter("ignore")
    engine = Engine(module)
    ready = {}
    for line in sys.stdin:
        name, what = json.loads(line)
        try:
            if name not in ready:
                ready[name] = CASES[name][1](engine)
            function = ready[name]
            if what == "check":
                print(json.dumps({"answer": told(function())}), flush=True)
                continue
            times = []
            for _ in range(what):
                start = time.perf_counter()
                function()
                times.append(time.perf_counter() - start)
            answer = min(times)
            if CASES[name][0] == "interpreted":
                start = time.perf_counter()
                for _ in range(N):
                    pass
                answer = max(answer - (time.perf_counter() - start), 0.0) / N
            print(json.dumps({"answer": answer}), flush=True)
        except Exception as e:
            print(json.dumps({"error": f"{type(e).__name__}: {str(e).splitlines()[0][:80]}"}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has Numba")
    parser.add_argument("--ours-python", default=sys.executable, help="interpreter that has looplift")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--serve", metavar="MODULE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    workers = [Worker(__file__, options.ours_python, "looplift"), Worker(__file__, options.peer_python, "numba")]
    print(f"{'case':24} {'ours':>12} {'Numba':>12} {'ratio':>8}")
    wrong = 0
    for name in CASES:
        if options.only and not any(part in name for part in options.only):
            continue
        results = [w.ask(name, "check") for w in workers]
        if results[0] != results[1]:
            wrong += 1
            print(f"{name:24} results differ: {results[0]} and {results[1]}")
            continue
        rows = []
        for r in range(options.rounds):
            order = (0, 1) if r % 2 == 0 else (1, 0)
            found = {k: workers[k].ask(name, 5) for k in order}
            rows.append([found[0], found[1]])
        failed = [a["error"] for row in rows for a in row if "error" in a]
        if failed:
            print(f"{name:24} {failed[0]}")
            continue
        ours, theirs = (statistics.median(row[k]["answer"] for row in rows) for k in (0, 1))
        ratio = statistics.median(a["answer"] / max(b["answer"], 1e-12) for a, b in rows)
        print(f"{name:24} {ours * 1e9:10.0f}ns {theirs * 1e9:10.0f}ns {ratio:8.2f}", flush=True)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
