"""Programs with `objmode` blocks: compiled, they must do what the interpreter does.

A program is a function of an integer, a float and an array, over variables of fixed types. Anywhere among its loops, branches and
handlers stand blocks, which set some variables in ways that compiled code has no form for.

`python -m tests.fuzz.blocks COUNT [SEED]` runs programs and prints those that differ.
"""

import random
import sys

import numpy as np

INTEGERS, FLOATS = ("i0", "i1", "i2", "n"), ("f0", "f1", "x")


class Generator:
    """Writes one program."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.lines, self.depth, self.made = [], 1, 0
        # What the block that is being written sets, or None outside of blocks.
        self.set = None
        self.loops = 0

    def put(self, line):
        self.lines.append("    " * self.depth + line)

    def integer(self):
        r = self.r
        a, b = r.choice(INTEGERS), r.choice(INTEGERS)
        return r.choice((
            f"({a} + {b}) % 11", f"{a} * 3 % 7", f"{a} - {r.randint(0, 3)}", f"int({r.choice(FLOATS)}) % 5", f"abs({a} - {b}) % 9", f"len(a) + {a} % 3",
            f"({a} if {a} > {b} else {b})", str(r.randint(-3, 9)),
        ))  # fmt: skip

    def float(self):
        r = self.r
        f, g, i = r.choice(FLOATS), r.choice(FLOATS), r.choice(INTEGERS)
        return r.choice((f"{f} * 0.5 + {i}", f"({f} + {g}) / 3.0", f"a[{i} % 5]", f"float({i}) - {f} * 0.25", f"{r.randint(-3, 3)}.5"))

    def only_python(self):
        """(variable, expression) that the interpreter alone can compute."""
        r = self.r
        i, f = r.choice(INTEGERS), r.choice(FLOATS)
        return r.choice((
            ("i0", f"len(str({i}))"), ("i1", f"sum([v * {i} for v in range(3)]) % 13"), ("i2", f"sorted({{{i}, 2, 5}}, reverse=True)[0] % 17"),
            ("i0", f"{{k: v * {i} for k, v in ((1, 2), (3, 4))}}[3] % 19"), ("f0", f"float(max([{f}, 0.25, 1.0], key=lambda v: -v + {i}))"),
            ("f1", f"float(np.round(a, 2)[{i} % 5])"), ("i1", f"sum(v + {i} for v in range(4)) % 23"), ("i2", f"(lambda q, w={i}: (q + w + {r.choice(INTEGERS)}) % 7)({i})"),
            ("i0", f"int(f'{{{i} % 10}}7')"),
        ))  # fmt: skip

    def assign(self, name, expression):
        self.put(f"{name} = {expression}")
        if self.set is not None:
            self.set.add(name)

    def body(self, count=None):
        self.depth += 1
        for _ in range(count or self.r.randint(1, 3)):
            self.statement()
        self.depth -= 1

    def statement(self):
        r = self.r
        deep = self.depth > 4 or len(self.lines) > 50
        kinds = [lambda: self.assign(r.choice(("i0", "i1", "i2")), self.integer()), lambda: self.assign(r.choice(("f0", "f1")), self.float())]
        kinds += [lambda: self.put(f"a[{r.choice(INTEGERS)} % 5] = {self.float()}")]
        if self.set is not None:
            kinds += [lambda: self.assign(*self.only_python())] * 3 + [self.function]
        if self.loops:
            kinds += [self.leave]
        if not deep:
            kinds += [self.branch, self.loop, self.attempt]
            kinds += [self.block] * 3 if self.set is None else []
        r.choice(kinds)()

    def branch(self):
        self.put(f"if {self.r.choice(INTEGERS)} % {self.r.randint(2, 3)} == {self.r.randint(0, 1)}:")
        self.body()
        if self.r.random() < 0.5:
            self.put("else:")
            self.body()

    def loop(self):
        self.made += 1
        self.put(f"for k{self.made} in range({self.r.choice(('3', 'n', 'i0 % 4', '2'))}):")
        if self.set is not None:
            self.set.add(f"k{self.made}")
        self.loops += 1
        self.body()
        self.loops -= 1
        if self.r.random() < 0.2:
            self.put("else:")
            self.body(1)

    def leave(self):
        self.put(f"if {self.r.choice(INTEGERS)} % 4 == 1: {self.r.choice(('break', 'continue'))}")

    def attempt(self):
        r = self.r
        self.put("try:")
        self.depth += 1
        self.assign(r.choice(("i0", "i1")), f"20 // ({r.choice(INTEGERS)} % 3)")
        self.depth -= 1
        self.body(1)
        self.put("except ZeroDivisionError:")
        self.body(1)

    def function(self):
        self.made += 1
        g, name = f"g{self.made}", self.r.choice(("i0", "i1", "i2"))
        self.put(f"def {g}(q):")
        if self.r.random() < 0.5:
            self.put(f"    nonlocal {name}")
            self.put(f"    {name} = ({name} + q) % 29")
        self.put(f"    return ({name} + q * {self.r.choice(INTEGERS)}) % 31")
        self.assign(name, f"{g}({self.r.choice(INTEGERS)})")

    def block(self):
        at, self.set = len(self.lines), set()
        loops, self.loops = self.loops, 0
        self.put("")
        self.body()
        names = sorted(self.set - {k for k in self.set if k[0] == "k"})
        types_of = ", ".join(f"{v}='{'int64' if v[0] == 'i' else 'float64'}'" for v in names)
        self.lines[at] = "    " * self.depth + f"with objmode({types_of}):"
        self.set, self.loops = None, loops

    def program(self):
        for line in ("i0 = n", "i1 = 2", "i2 = n + 1", "f0 = 0.5", "f1 = x"):
            self.put(line)
        for _ in range(self.r.randint(2, 5)):
            self.statement()
        self.put("return i0, i1, i2, f0, f1")
        return "\n".join(["def f(n, x, a):", *self.lines]) + "\n"


def outcome(func, seed):
    r = random.Random(seed)
    a = np.array([r.uniform(-3, 3) for _ in range(5)])
    try:
        result = [v.item() if isinstance(v, np.generic) else v for v in func(r.randint(0, 6), r.uniform(-2, 4), a)]
    except Exception as e:
        result = f"{type(e).__name__}: {e}"
    return f"{result!r} {a.tolist()!r}"


def compare(text, seed):
    """None, or how the compiled function differs."""
    from looplift import njit, objmode

    space = {"np": np, "objmode": objmode}
    exec(compile(text, f"<program {seed}>", "exec"), space)
    want, got = outcome(space["f"], seed), outcome(njit(space["f"]), seed)
    return None if want == got else f"the interpreter: {want}\ncompiled:        {got}"


def run(count, seed, judge):
    """Judges programs by number until ten have failed; how many have. `judge(number)` gives a program's text, and None or how it differs."""
    bad = 0
    for s in range(seed, seed + count):
        text, why = judge(s)
        if why is not None:
            bad += 1
            print(f"--- program {s}\n{text}{why}", flush=True)
            if bad >= 10:
                break
    print(f"{count} programs, {bad} differ")
    return bad


def main(count, seed=0):
    def judge(s):
        text = Generator(s).program()
        return text, compare(text, s)

    return run(count, seed, judge)


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
