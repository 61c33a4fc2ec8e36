"""One engine in one process, driven over a pipe: a JSON request a line in, a JSON answer a line out.

    python worker.py MODULE

Requests are `{"do": name, ...}`; the answer is `{"ok": value}` or `{"error": text}`. Both engines run this same file,
so that whatever the measuring itself costs is the same on both sides. Times are CPU seconds of this process.
"""

import gc
import importlib
import json
import os
import pickle
import sys
import time
from itertools import repeat
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "examples")]

import micro  # noqa: E402
import programs  # noqa: E402

clock = time.process_time


def load(name, jit=None):
    kind, _, rest = name.rpartition(":")
    return (micro.load if kind == "micro" else programs.load)(rest, jit)


class Worker:
    def __init__(self, module: str):
        self.module = importlib.import_module(module)
        self.loaded = {}
        self.arguments = {}
        self.timers = {}
        # What the first compilation of a process sets up belongs to `cold`, not to a program's `compile`.
        self.module.njit(lambda x: x + 1)(1)

    def fresh(self, name):
        """A new, uncompiled copy of a program (`mandelbrot`) or of a micro-benchmark (`micro:axpy`)."""
        return load(name, self.module.njit)

    def versions(self):
        import numpy

        return {
            "module": self.module.__name__,
            "version": getattr(self.module, "__version__", "unknown"),
            "numpy": numpy.__version__,
            "python": sys.version.split()[0],
        }

    def prepare(self, name, small, large, result):
        """Compile; write the result for the large arguments to the file `result`."""
        self.arguments[name] = (pickle.loads(Path(small).read_bytes()), pickle.loads(Path(large).read_bytes()))
        self.loaded[name] = self.fresh(name).entry
        value = self.loaded[name](*self.arguments[name][1])
        Path(result).write_bytes(pickle.dumps(value))

    def compile(self, name):
        """The first call of a fresh copy on small arguments, less a second call of it."""
        entry, small = self.fresh(name).entry, self.arguments[name][0]
        gc.collect()
        start = clock()
        entry(*small)
        middle = clock()
        entry(*small)
        return max(middle - start - (clock() - middle), 0.0)

    def warm(self, name, calls):
        """Seconds a call."""
        entry, large = self.loaded[name], self.arguments[name][1]
        start = clock()
        for _ in repeat(None, calls):
            entry(*large)
        return (clock() - start) / calls

    def dispatch(self, name, calls, plain=False):
        """Seconds a call from a Python loop, the loop itself subtracted; `plain` for the function as written."""
        key = name, plain
        if key not in self.timers:
            arguments = self.arguments[name][1]
            function = load(name).entry if plain else self.loaded[name]
            self.timers[key] = call_timer(len(arguments)), empty_timer(), function, arguments
        timer, empty, function, arguments = self.timers[key]
        return (timer(function, arguments, calls) - empty(calls)) / calls


def call_timer(arity):
    """A timing loop of its own for each callee, because the interpreter specialises a call site for what it calls."""
    names = ", ".join(f"a{i}" for i in range(arity))
    namespace = {"repeat": repeat, "clock": clock}
    exec(
        f"def timer(function, arguments, calls):\n"
        f"    {names}, = arguments\n"
        f"    start = clock()\n"
        f"    for _ in repeat(None, calls):\n"
        f"        function({names})\n"
        f"    return clock() - start\n",
        namespace,
    )
    return namespace["timer"]


def empty_timer():
    def timer(calls):
        start = clock()
        for _ in repeat(None, calls):
            pass
        return clock() - start

    return timer


def main():
    # Kernels may print; the pipe is ours alone.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    worker = Worker(sys.argv[1])
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": getattr(worker, request.pop("do"))(**request)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
