"""Random programs of generators: `yield` in loops, `try`, `except`, `finally`, handlers; `yield from`; steps by `next`, `send`, `throw`,
`close`, loops that are left. What the interpreter does, compiled code must do in the same order, and leave no memory behind.

`python -m fuzz.generators COUNT [SEED]`, in `tests`, runs so many programs; `check(seed)` runs one.
"""

import gc
import random
import sys

import numpy as np

from looplift import njit
from looplift._core import allocation_stats

PRELUDE = """
@jit
def add(log, v):
    if log[0] < 190:
        log[0] += 1
        log[log[0]] = v
"""
ERRORS = ["ValueError", "KeyError", "IndexError"]


class Writer:
    def __init__(self, rng):
        self.rng = rng
        self.lines = []
        self.mark = 0

    def note(self, indent):
        self.mark += 1
        self.lines.append(f"{indent}add(log, {self.mark})")

    def value(self):
        return self.rng.choice(["n", "k", "k * 3 + n", "len(t)", "int(a[k % 3])", "7"])

    def statements(self, indent, depth, earlier, sends):
        for _ in range(self.rng.randint(1, 3)):
            self.statement(indent, depth, earlier, sends)

    def statement(self, indent, depth, earlier, sends):
        rng = self.rng
        kinds = ["yield"] * 4 + ["note"] * 2 + ["text", "array"]
        if depth > 0:
            kinds += ["loop", "if", "try", "try", "finally", "finally", "raise"]
            if earlier:
                kinds += ["from", "for"]
            kinds += ["return"]
        kind = rng.choice(kinds)
        inner = indent + "    "
        if kind == "yield":
            if sends and rng.random() < 0.6:
                self.lines += [f"{indent}x = yield {self.value()}", f"{indent}if x is not None:", f"{inner}k += x"]
            else:
                self.lines.append(f"{indent}yield {self.value()}")
        elif kind == "note":
            self.note(indent)
        elif kind == "text":
            self.lines.append(f"{indent}t = t + str(k)")
        elif kind == "array":
            self.lines.append(f"{indent}a = a + k")
        elif kind == "loop":
            self.lines.append(f"{indent}for i{depth} in range({rng.randint(1, 3)}):")
            self.lines.append(f"{inner}k += i{depth}")
            self.statements(inner, depth - 1, earlier, sends)
            if rng.random() < 0.3:
                self.lines.append(f"{inner}if k % 3 == {rng.randint(0, 2)}:")
                self.lines.append(f"{inner}    {rng.choice(['break', 'continue'])}")
        elif kind == "if":
            self.lines.append(f"{indent}if k % 2 == {rng.randint(0, 1)}:")
            self.statements(inner, depth - 1, earlier, sends)
        elif kind == "try":
            self.lines.append(f"{indent}try:")
            self.statements(inner, depth - 1, earlier, sends)
            if rng.random() < 0.4:
                self.lines += [f"{inner}if k > {rng.randint(0, 4)}:", f"{inner}    raise {rng.choice(ERRORS)}({self.mark})"]
            self.lines.append(f"{indent}except {rng.choice([*ERRORS, '(ValueError, KeyError)', 'Exception'])}:")
            self.note(inner)
            self.statements(inner, depth - 1, earlier, sends)
            if rng.random() < 0.25:
                self.lines.append(f"{inner}raise")
            if rng.random() < 0.4:
                self.lines.append(f"{indent}finally:")
                self.note(inner)
        elif kind == "finally":
            self.lines.append(f"{indent}try:")
            self.statements(inner, depth - 1, earlier, sends)
            self.lines.append(f"{indent}finally:")
            self.note(inner)
        elif kind == "raise":
            self.lines += [f"{indent}if k > {rng.randint(1, 6)}:", f"{inner}raise {rng.choice(ERRORS)}({self.mark})"]
        elif kind == "return":
            self.lines += [f"{indent}if k > {rng.randint(2, 9)}:", f"{inner}return k"]
        elif kind == "from":
            self.lines.append(f"{indent}k += yield from {rng.choice(earlier)}(log, n + 1)")
        elif kind == "for":
            self.lines.append(f"{indent}for v{depth} in {rng.choice(earlier)}(log, k % 3):")
            self.lines += [f"{inner}yield v{depth} + 1", f"{inner}if v{depth} > {rng.randint(0, 5)}:", f"{inner}    break"]

    def generator(self, name, earlier, sends):
        self.lines += ["@jit", f"def {name}(log, n):", "    k = n", "    t = 'ab'", "    a = np.arange(3)"]
        self.statements("    ", 3, earlier, sends)
        self.lines += [f"    yield {self.value()}", "    return k + 1"]

    def main(self, names, sends, top):
        rng = self.rng
        self.lines += ["def main(log):", "    r = 0"]
        if rng.random() < 0.35:
            self.lines += [f"    for x in {top}(log, {rng.randint(0, 3)}):", "        r = r * 3 + x"]
            self.lines += [f"        if r > {rng.randint(0, 30)}:", "            break", "    add(log, 99)", "    return r"]
            return
        self.lines.append(f"    g = {top}(log, {rng.randint(0, 3)})")
        if rng.random() < 0.9:
            self.lines.append("    r += next(g)")
        for _ in range(rng.randint(0, 5)):
            step = rng.choice(["next", "next", "throw", "close"] + ["send"] * 3 * sends)
            indent = "    "
            guarded = rng.random() < 0.6
            if guarded:
                self.lines.append("    try:")
                indent = "        "
            text = {"next": "r += next(g)", "throw": f"r += g.throw({rng.choice(ERRORS)}({rng.randint(0, 9)}))", "close": "g.close()",
                    "send": f"r += g.send({rng.randint(0, 5)})"}[step]  # fmt: skip
            self.lines.append(indent + text)
            if guarded:
                self.lines += [f"    except {rng.choice(['StopIteration', 'Exception', 'ValueError'])}:", "        add(log, 77)"]
        self.lines += ["    add(log, 98)", "    return r"]


def program(seed):
    rng = random.Random(seed)
    w = Writer(rng)
    names = []
    sends = rng.random() < 0.5
    for k in range(rng.randint(1, 3)):
        w.generator(f"g{k}", names[:], sends)
        names.append(f"g{k}")
    w.main(names, sends, names[-1])
    return PRELUDE + "\n".join(w.lines) + "\n"


def _run(main):
    log = np.zeros(200, np.int64)
    try:
        result = main(log)
    except RuntimeError as error:
        result = "RuntimeError" if "generator" in str(error) else repr(error)
    except Exception as error:
        result = (type(error).__name__, "" if isinstance(error, StopIteration) else str(error))
    gc.collect()
    return result, log[1 : log[0] + 1].tolist()


def _alive():
    gc.collect()
    stats = allocation_stats()
    return stats["alloc"] - stats["free"]


def check(seed):
    """AssertionError with the program where the two differ."""
    source = program(seed)
    plain = {"jit": lambda f: f, "np": np}
    exec(source, plain)
    expected = _run(plain["main"])
    compiled = {"jit": njit, "np": np}
    exec(source, compiled)
    for main in (njit(compiled["main"]), compiled["main"]):
        assert _run(main) == expected, f"{source}\nseed {seed}: {_run(main)} instead of {expected}"
        before = _alive()
        _run(main)
        assert _alive() == before, f"{source}\nseed {seed}: {_alive() - before} blocks are left"


if __name__ == "__main__":
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for number in range(first, first + int(sys.argv[1])):
        check(number)
