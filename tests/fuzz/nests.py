"""Programs of nested loops with sums: compiled, on one thread and on several, they must give the interpreter's bits.

A program is a function of two arrays, a matrix, an integer, a float and an array for results. An outer loop starts some floats, an inner
one changes them, and the end of the outer one stores what came of it, may hand something to the next iteration or leave. Numbers
are of all kinds, zeros to divide by among them.

`PYTHONPATH=tests python -m fuzz.nests COUNT [SEED]` runs programs and prints those that differ.
"""

import math
import random
import sys

import numpy as np

from fuzz.blocks import run

SPECIAL = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, 1e308, -1e308, 0.1, 3.0)


class Generator:
    """Writes one program; `hands_on` says whether iterations depend on each other."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.lines, self.hands_on = [], False

    def put(self, depth, line):
        self.lines.append("    " * depth + line)

    def leaf(self, names):
        r = self.r
        if names and r.random() < 0.45:
            return r.choice(names)
        return r.choice(self.loads + [f"{r.choice((0.5, 2.0, 1e-9, -3.0, 0.0))!r}", "x", "float(k)"])

    def expression(self, names, depth=2):
        r = self.r
        if depth == 0 or r.random() < 0.2:
            return self.leaf(names)
        if r.random() < 0.2:
            inner = self.expression(names, depth - 1)
            return r.choice((f"-({inner})", f"abs({inner})", f"math.sqrt(abs({inner}))"))
        a, b = self.expression(names, depth - 1), self.expression(names, depth - 1)
        if r.random() < 0.12:
            return f"({b} if k > 2 else {a})"
        divisor = b if r.random() < 0.4 else f"({b} * {b} + 1.0)"
        return r.choice((f"({a} + {b})", f"({a} - {b})", f"({a} * {b})", f"({a} / {divisor})"))

    def program(self, numbers="range"):
        """The text; the outer loop runs over `numbers`."""
        r = self.r
        outer = r.choice(("len(a)", "len(out)", "1, len(a)", "len(a) - 1", "0, len(a), 2"))
        inner = r.choice(("len(b)", "m.shape[1]", "k", "1, len(b)", "len(b) - 1, -1, -1", "i"))
        rows = ["float(a[i])", "float(m[i, 0])", "float(i)"]
        sums = [f"s{n}" for n in range(r.randint(1, 4))]
        self.put(0, "def f(a, b, m, k, x, out):")
        self.put(1, "last = 1.0")
        self.put(1, f"for i in {numbers}({outer}):")
        self.loads = rows
        names = []
        for n in range(r.randint(0, 2)):
            self.put(2, f"t{n} = {self.expression(names)}")
            names.append(f"t{n}")
        for s in sums:
            self.put(2, f"{s} = {r.choice(('0.0', '1.0', self.leaf(names)))}")
        self.put(2, f"for j in range({inner}):")
        self.loads = rows + ["float(b[j])", "float(m[i, j])", "float(b[j])", "float(j)"]
        if r.random() < 0.3:
            self.loads += ["float(m[j, i])", "float(a[i + 1])"]
        inside = list(names)
        for n in range(r.randint(0, 3)):
            self.put(3, f"d{n} = {self.expression(inside)}")
            inside.append(f"d{n}")
        for s in sums:
            e = self.expression(inside)
            way = r.random()
            self.put(3, f"{s} += {e}" if way < 0.6 else f"{s} = {s} * 0.5 - {e}" if way < 0.8 else f"{s} = {r.choice(('max', 'min'))}({s}, {e})")
        self.loads = rows
        if r.random() < 0.15:
            self.put(2, f"if {r.choice(sums)} > 7.5:")
            self.put(3, r.choice(("break", "return float(i)")))
            self.hands_on = True
        if r.random() < 0.3:
            self.put(2, f"last = {self.expression([*sums, 'last'])}")
            self.hands_on = True
            sums.append("last")
        self.put(2, f"out[i] = {self.expression(names + sums)}")
        self.put(1, "return last")
        return "\n".join(self.lines) + "\n"


def arguments(seed):
    r = random.Random(seed)

    def numbers(n):
        usual = r.random() < 0.5
        return [r.uniform(-2, 2) if usual or r.random() < 0.7 else r.choice(SPECIAL) for _ in range(n)]

    n, w = r.choice((0, 1, 2, 3, 4, 5, 7, 8, 9, 13)), r.choice((0, 1, 2, 5, 9))
    matrix = np.array(numbers(n * w)).reshape(n, w)
    matrix = r.choice((matrix, np.asfortranarray(matrix), matrix[::-1], matrix[:, ::-1]))
    out = np.full(n + r.choice((0, 0, -1 if n else 0)), 9.0)
    return np.array(numbers(n)), np.array(numbers(w)), matrix, r.randint(0, 5), r.choice((0.25, -1.5, r.choice(SPECIAL))), out


def outcome(func, seed):
    *given, out = arguments(seed)
    try:
        result = func(*given, out)
    except Exception as e:
        result = f"{type(e).__name__}: {e}"
    return f"{result!r} {out.tolist()!r}"


def compare(text, seed, runs=6, parallel=None):
    """None, or how the compiled function differs; `parallel` is the same program with an outer loop over `prange`."""
    from looplift import njit, prange

    space = {"math": math, "np": np, "prange": prange}
    exec(compile(text, f"<program {seed}>", "exec"), space)
    forms = [njit(space["f"])]
    if parallel is not None:
        threaded = dict(space)
        exec(compile(parallel, f"<program {seed}, parallel>", "exec"), threaded)
        forms.append(njit(parallel=True)(threaded["f"]))
    for n in range(runs):
        want = outcome(space["f"], f"{seed}:{n}")
        for form in forms:
            got = outcome(form, f"{seed}:{n}")
            # (Which pieces have run when one raises is left open.)
            if form is not forms[0] and "Error" in want:
                want, got = want.partition(" [")[0], got.partition(" [")[0]
            if want != got:
                return f"run {n}\nthe interpreter: {want}\ncompiled:        {got}"
    return None


def main(count, seed=0):
    def judge(s):
        generator = Generator(s)
        text = generator.program()
        parallel = None if generator.hands_on else Generator(s).program("prange")
        return text, compare(text, s, parallel=parallel)

    return run(count, seed, judge)


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
