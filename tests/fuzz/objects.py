"""Programs for object mode: functions over Python's own objects, run by plain `jit` and by the interpreter.

A program is the text of a function of a holder (which has no compiled form), an integer, a float, a list, a dict, a text and
two arrays. It has loops of numbers, which are lifted, among everything that stays in the interpreter: containers, texts,
closures, generators, exceptions with handlers in and around loops. What must agree: the result or the exception, with the classes of
all values, and what became of the arguments.

`python -m tests.fuzz.objects COUNT [SEED]` runs programs and prints those that differ.
"""

import random
import signal
import sys
import warnings

import numpy as np

HEADER = "def f(holder, n, x, values, table, text, a, b):"


class Holder(dict):
    """Something that has no compiled form."""

    def __init__(self):
        self.log = []


class Generator:
    """Writes one program."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.numbers = ["n", "x"]
        self.lines = []
        self.depth = 1
        self.in_loop = 0
        self.made = 0

    def put(self, line):
        self.lines.append("    " * self.depth + line)

    def new(self, prefix):
        self.made += 1
        return f"{prefix}{self.made}"

    # ---- expressions ----------------------------------------------------------------------------------------------

    def small(self):
        return str(self.r.choice((0, 1, 2, 3, 5, 7, -1, -3)))

    def number(self, depth=2):
        r = self.r
        if depth == 0 or r.random() < 0.3:
            return r.choice((*self.numbers, self.small(), "0.5", "1.5", "True"))
        n = lambda: self.number(depth - 1)  # noqa: E731
        return r.choice((
            lambda: f"({n()} {r.choice('+-*')} {n()})",
            lambda: f"({n()} {r.choice('+-*')} {n()})",
            lambda: f"({n()} {r.choice(('/', '//', '%'))} {n()})",
            lambda: f"({n()} ** {r.choice((0, 1, 2, 3, -1, 0.5))})",
            lambda: f"({r.choice(self.numbers)} << {r.choice((1, 3, 40))})",
            lambda: f"(int({n()}) {r.choice('&|^')} {self.small()})",
            lambda: f"abs({n()})",
            lambda: f"-{n()}",
            lambda: f"min({n()}, {n()})",
            lambda: f"max({n()}, {n()})",
            lambda: f"int({n()})",
            lambda: f"float({n()})",
            lambda: f"round({n()})",
            lambda: f"({n()} if {self.test(depth - 1)} else {n()})",
            lambda: f"a[{self.index()}]",
            lambda: f"b[{self.index()}]",
            lambda: f"values[{self.index()}]",
            lambda: f"len({r.choice(('values', 'text', 'a', 'table'))})",
            lambda: f"table.get({n()}, {n()})",
            lambda: f"math.{r.choice(('sqrt', 'floor', 'exp', 'sin'))}({n()})",
            lambda: f"np.{r.choice(('sqrt', 'abs', 'floor', 'sign'))}({n()})",
            lambda: f"a.{r.choice(('size', 'shape[0]', 'ndim'))}",
            lambda: f"divmod({n()}, {self.small()})[{r.choice((0, 1))}]",
        ))()  # fmt: skip

    def index(self):
        r = self.r
        return r.choice((self.small(), "-1", f"{r.choice(self.numbers)} % 4", f"int({r.choice(self.numbers)}) % 5", r.choice(self.numbers)))

    def test(self, depth=1):
        r = self.r
        n = lambda: self.number(max(depth - 1, 0))  # noqa: E731
        return r.choice((
            lambda: f"{n()} {r.choice(('<', '<=', '==', '!=', '>'))} {n()}",
            lambda: f"{n()} < {n()} < {n()}",
            lambda: f"{n()} in values",
            lambda: f"not {n()}",
            lambda: f"{n()} and {n()}",
            lambda: f"isinstance({n()}, int)",
            lambda: f"{n()} % 2 == 0",
        ))()  # fmt: skip

    def object(self):
        r, n = self.r, self.number
        return r.choice((
            lambda: f"({n()}, {n()})", lambda: f"[{n()}, {n()}]", lambda: f"{{{n()}: {n()}}}", lambda: f"f'{{{n(1)}}}-{{{n(1)}!r}}'",
            lambda: f"str({n()})", lambda: f"[{n(1)} + k for k in range(3)]", lambda: f"{{k: k * {n(1)} for k in values}}",
            lambda: f"sum(k * {n(1)} for k in values)", lambda: f"sorted([{n()}, {n()}], key=str)", lambda: "values[1:]", lambda: "list(table.items())",
            lambda: f"text * {self.small()}", lambda: f"(lambda q: q + {n(1)})({n(1)})", lambda: "a[1:]", lambda: "(a + b).sum()",
            lambda: f"text.upper()[{self.index()}:]", n, n, n,
        ))()  # fmt: skip

    # ---- statements -----------------------------------------------------------------------------------------------

    def block(self, count=None):
        known = list(self.numbers)
        self.depth += 1
        for _ in range(count or self.r.randint(1, 3)):
            self.statement()
        self.depth -= 1
        # What a block sets may be unbound after it; mostly it is left alone.
        if self.r.random() < 0.8:
            self.numbers = known

    def statement(self):
        r = self.r
        deep = self.depth > 4 or len(self.lines) > 45
        kinds = [self.assign] * 5 + [self.change] * 6 + [self.log] * 2 + [self.store] * 3
        if self.in_loop:
            kinds += [self.leave]
        if not deep:
            kinds += [self.condition] * 2 + [self.numeric_loop] * 5 + [self.loop] * 2 + [self.while_loop] * 2 + [self.attempt] * 2
            kinds += [self.closure, self.generator, self.context, self.raising]
        r.choice(kinds)()

    def assign(self):
        name = self.new("v")
        self.put(f"{name} = {self.number()}")
        self.numbers.append(name)

    def change(self):
        name = self.r.choice([v for v in self.numbers if v not in ("n",)])
        self.put(f"{name} {self.r.choice(('+=', '-=', '*=', '+=', '//=', '%=', '='))} {self.number()}")

    def log(self):
        self.put(f"holder.log.append({self.object()})")

    def store(self):
        r = self.r
        self.put(r.choice((
            f"a[{self.index()}] = {self.number()}", f"a[{self.index()}] += {self.number(1)}", f"b[{self.index()}] = {self.number()}",
            f"values.append({self.number()})", f"values[{self.index()}] = {self.number()}", f"table[{self.number(1)}] = {self.object()}",
            f"text += str({self.number(1)})", f"a[{r.randint(0, 2)}:] = {self.number(1)}",
        )))  # fmt: skip

    def leave(self):
        self.put(f"if {self.test()}:")
        self.depth += 1
        self.put(self.r.choice(("break", "continue", f"return {self.object()}")))
        self.depth -= 1

    def condition(self):
        self.put(f"if {self.test()}:")
        self.block()
        if self.r.random() < 0.5:
            self.put("else:")
            self.block()

    def numeric_loop(self):
        """A loop that is likely to be compiled."""
        r = self.r
        i, s = self.new("i"), self.new("s")
        self.put(f"{s} = {r.choice(('0', '0.0', '1', 'x', 'n', '1.5'))}")
        self.put(r.choice((
            f"for {i} in range({r.choice(('3', '7', '60', 'n', 'len(a)'))}):", f"for {i} in range(1, 9, 2):", f"for {i} in a:", f"for {i} in b:",
            f"for {i} in values:", f"for {i}, u{i} in enumerate(a):", f"for {i}, u{i} in zip(a, b):", f"for {i} in reversed(range(4)):",
        )))  # fmt: skip
        outer = list(self.numbers)
        self.numbers = [s, s, i, i, *self.numbers[-3:]]
        self.depth += 1
        for _ in range(r.randint(1, 3)):
            r.choice((
                lambda: self.put(f"{s} {r.choice(('+=', '*=', '-=', '+=', '='))} {self.number(1)}"),
                lambda: self.put(f"{s} = {self.number()}"),
                lambda: self.put(f"a[{self.index()}] = {self.number(1)}"),
                lambda: self.put(f"b[{self.index()}] += {self.number(1)}"),
                lambda: (self.put(f"if {self.test()}:"), self.put(f"    {r.choice(('break', 'continue', f'{s} = {self.number(1)}'))}")),
                lambda: (self.put("try:"), self.put(f"    {s} = {self.number()}"), self.put(f"except {r.choice(('ZeroDivisionError', 'Exception', 'IndexError', '(ValueError, OverflowError)'))}:"), self.put(f"    {s} = {self.number(0)}")),
            ))()  # fmt: skip
        self.depth -= 1
        if r.random() < 0.2:
            self.put("else:")
            self.put(f"    {s} = {self.number(0)}")
        self.numbers = [*outer, s]
        if r.random() < 0.5:
            self.put(f"holder.log.append({s})")

    def loop(self):
        i = self.new("k")
        self.put(f"for {i} in {self.r.choice(('list(values)', 'range(3)', 'sorted(map(str, table))', 'text[:4]', '(1, 2.5)'))}:")
        self.in_loop += 1
        if self.lines[-1].endswith("range(3):"):
            self.numbers.append(i)
        self.block()
        self.in_loop -= 1

    def while_loop(self):
        i = self.new("w")
        self.put(f"{i} = 0")
        self.put(f"while {i} < {self.r.choice((3, 10, 40))}:")
        self.put(f"    {i} += {self.r.choice((1, 2, 3))}")
        self.in_loop += 1
        self.numbers.append(i)
        known = [v for v in self.numbers]
        # The counter is changed by nothing else.
        self.numbers.remove(i)
        self.block()
        self.numbers = known
        self.in_loop -= 1

    def attempt(self):
        r = self.r
        self.put("try:")
        self.block()
        if r.random() < 0.85:
            self.put(r.choice(("except Exception as e:", "except ZeroDivisionError as e:", "except (TypeError, IndexError, OverflowError) as e:")))
            self.put("    holder.log.append((type(e).__name__, str(e)))")
            if r.random() < 0.3:
                self.put("    raise")
            if r.random() < 0.3:
                self.put("else:")
                self.block(1)
            if r.random() < 0.3:
                self.put("finally:")
                self.put(f"    holder.log.append({self.number(0)})")
        else:
            self.put("finally:")
            self.put(f"    holder.log.append({self.number(1)})")

    def closure(self):
        g = self.new("g")
        name = self.r.choice([v for v in self.numbers if v not in ("n", "x")] or ["x"])
        self.put(f"def {g}(q, w=1):")
        if self.r.random() < 0.4:
            self.put(f"    nonlocal {name}")
            self.put(f"    {name} = {name} + q")
        self.put(f"    for j in range(4): q += {name} * j")
        self.put("    return q * w")
        self.put(f"holder.log.append({g}({self.number(1)}, w={self.number(1)}))")

    def generator(self):
        g = self.new("g")
        self.put(f"def {g}(q):")
        self.put("    t = 0")
        self.put("    for j in range(5):")
        self.put(f"        for m in range(j): t += m * {self.number(0)}")
        self.put("        yield t + q")
        self.put(f"holder.log.append(list({g}({self.number(0)})))")

    def context(self):
        self.put(f"with contextlib.suppress({self.r.choice(('ZeroDivisionError', 'Exception', 'KeyError'))}):")
        self.block()

    def raising(self):
        self.put(f"if {self.test()}:")
        self.put(f"    raise {self.r.choice(('ValueError', 'KeyError', 'IndexError'))}({self.number(1)})")

    def program(self):
        for _ in range(self.r.randint(2, 6)):
            self.statement()
        self.put(f"return ({', '.join(dict.fromkeys(self.numbers[-4:]))}, values, text)")
        return "\n".join([HEADER, *self.lines]) + "\n"


def arguments(seed):
    r = random.Random(seed)
    floats = r.random() < 0.6
    dtype = r.choice((float, float, int, int, np.float32, np.uint8, bool, complex))
    a = np.array([r.choice((0, 1, 2, -3, 7)) for _ in range(6)]).astype(dtype)
    b = np.array([r.choice((0, 1, 2.5, -3)) for _ in range(6)]).astype(float if floats else int)
    n = r.choice((0, 1, 3, 8, 2**40, 2**62))
    x = r.choice((0.0, 0.5, -2.25, 1e200, 3, float("inf")))
    return Holder(), n if n < 100 or r.random() < 0.4 else 4, x, [r.choice((1, 2, 0.5, -1)) for _ in range(4)], {1: 2, 2: "b", "c": 0.5}, "looplift", a, b


def show(value, depth=8):
    """A text that tells values and classes apart. (Programs make lists that are in themselves.)"""
    if depth == 0:
        return "..."
    if isinstance(value, np.ndarray):
        return f"array({value.dtype}, {value.tolist()!r})"
    if type(value) in (list, tuple, set):
        return f"{type(value).__name__}({', '.join(show(v, depth - 1) for v in value)})"
    if type(value) is dict:
        return f"dict({', '.join(f'{show(k)}: {show(v, depth - 1)}' for k, v in value.items())})"
    if type(value).__module__ == "builtins" and type(value).__name__ in ("generator", "function"):
        return type(value).__name__
    return f"{type(value).__name__}:{value!r}"


class TooLong(BaseException):
    """A program's numbers grow without end."""


def _stop(*_):
    raise TooLong


def outcome(func, seed, seconds=3):
    args = arguments(seed)
    before = signal.signal(signal.SIGALRM, _stop)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            result = show(func(*args))
        except Exception as e:
            result = f"raises {type(e).__name__}: {e}"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    return result + " | " + show(args[0].log) + " | " + ", ".join(map(show, args[3:]))


def source(seed):
    return Generator(seed).program()


def compare(text, seed, runs=2):
    """None, or how the compiled function differs; and the number of its loops that were compiled."""
    import contextlib
    import math

    from looplift import jit

    space = {"np": np, "math": math, "contextlib": contextlib}
    exec(compile(text, f"<program {seed}>", "exec"), space)
    func = space["f"]
    try:
        want = outcome(func, seed)
    except TooLong:
        return None, 0
    compiled = jit(func)
    for _ in range(runs):
        got = outcome(compiled, seed, 60)
        if got != want:
            return f"the interpreter: {want}\nobject mode:     {got}", 0
    return None, sum(row["lifted"] for row in compiled.explain().data["loops"])


def is_valid(text):
    try:
        compile(text, "<program>", "exec")
    except SyntaxError:
        return False
    return True


def main(count, seed=0):
    bad = lifted = ran = 0
    for s in range(seed, seed + count):
        text = source(s)
        if not is_valid(text):
            continue
        ran += 1
        why, loops = compare(text, s)
        lifted += loops
        if why is not None:
            bad += 1
            print(f"--- program {s}\n{text}{why}", flush=True)
            if bad >= 20:
                break
    print(f"{ran} programs, {lifted} loops compiled, {bad} differ")
    return bad


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
