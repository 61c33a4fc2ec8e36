"""Generates programs whose every value has a known type, so that the oracle and the compiler must agree on all of it.

A scope maps variables to types: a scalar type name, ("array", dtype, ndim) or ("tuple", types). Expressions are made for a
wanted type; operators are drawn from the table of operator × operand types, so that all pairs come up. What compiled
code leaves undefined is kept out by construction (floats are clipped before they become integers).
"""

import random
import re

import numpy as np

from support import IS_PEER
from support import rules
from support.scalars import ALL

from .program import Block, Function, Group, Line, Program

WANTED = {}
for _op in rules.BINARY:
    for _a in ALL:
        for _b in ALL:
            if rules.supports(_op, _a, _b):
                if IS_PEER and _op in rules.COMPARISONS and "uint64" in (_a, _b) and _a != _b:
                    continue  # compared as floats there
                WANTED.setdefault(rules.binary(_op, _a, _b)[1], []).append((_op, _a, _b))
UNARY_WANTED = {}
for _op in rules.UNARY:
    for _a in ALL:
        if rules.unary(_op, _a):
            UNARY_WANTED.setdefault(rules.unary(_op, _a), []).append((_op, _a))

EVERY_PAIR = {(op, a, b) for rows in WANTED.values() for op, a, b in rows}
EVERY_UNARY = {(op, a) for rows in UNARY_WANTED.values() for op, a in rows}

EXACT_MATH = ["sqrt({})", "fabs({})"]
LIBRARY_MATH = ["sin", "cos", "atan", "tanh", "exp", "log1p", "asinh", "expm1"]



class Scope(dict):
    """Variables surely assigned here; `fixed` ones must not be assigned (loop counters)."""

    def __init__(self, outer=(), fixed=()):
        super().__init__(outer)
        self.fixed = set(fixed)

    def inner(self):
        return Scope(self, self.fixed)

    def of(self, type):
        return [name for name, other in self.items() if other == type]

    def assignable(self):
        return [name for name, type in self.items() if isinstance(type, str) and name not in self.fixed]

    def arrays(self, dtype=None):
        found = [name for name, type in self.items() if type[0] == "array"]
        return [name for name in found if dtype is None or self[name][1] == dtype]

    def tuples(self, element):
        return [(name, i) for name, type in self.items() if type[0] == "tuple" for i, t in enumerate(type[1]) if t == element]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.program = Program(seed)
        self.names = 0
        self.helpers = []  # callable from what is generated later: (name, parameter types, result type)
        self.loops = 0
        self.returns = None  # result types of the function being made; None: to be chosen at its end
        self.pending = []  # return statements to be filled in then: (line, scope there)
        self.rare_errors = self.random.random() < 0.3
        self.program.inexact = self.random.random() < 0.35

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, items):
        return self.random.choice(items)

    def fresh(self, prefix="v"):
        self.names += 1
        return f"{prefix}{self.names}"

    # Values

    def number(self, type):
        """A Python number representable in the type, often an edge."""
        if type == "bool":
            return self.chance(0.5)
        if type in rules.BITS:
            info = np.iinfo(type)
            edges = [0, 1, 2, 3, 5, 7, 10, info.max, info.max - 1, info.min]
            if rules.is_signed(type):
                edges += [-1, -2, -3, -7]
            return self.pick(edges) if self.chance(0.7) else self.random.randint(int(info.min), int(info.max))
        if rules.is_float(type):
            edges = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e3, 0.1]
            value = self.pick(edges) if self.chance(0.7) else self.random.uniform(-100, 100)
            return float(np.dtype(type).type(value))
        part = "float32" if type == "complex64" else "float64"
        return complex(self.number(part), self.number(part))

    def constant(self, type):
        """A literal of exactly this type."""
        value = self.number(type)
        if type in ("bool", "float64", "complex128"):
            return f"({value!r})"
        if type == "int64":
            # Python computes with literals itself, without bounds: big ones are no literals.
            return f"({value!r})" if abs(value) < 1000 else f"np.int64({value!r})"
        return f"np.{type}({value!r})"

    def small(self, type, low, high):
        """A constant of an integer type between two small bounds."""
        value = self.random.randint(low, high)
        return f"({value})" if type == "int64" else f"np.{type}({value})"

    # Expressions

    def expression(self, scope, type, depth):
        """Text of an expression of exactly `type`."""
        ways = ["variable", "variable", "constant"]
        if depth > 0:
            ways += ["binary"] * 6 + ["unary", "cast", "element", "element", "conditional", "call", "minmax", "abs", "tuple", "math"]
        for _ in range(8):
            text = getattr(self, "make_" + self.pick(ways))(scope, type, depth - 1)
            if text is not None:
                return text
        return self.constant(type)

    def make_variable(self, scope, type, depth):
        names = scope.of(type)
        return self.pick(names) if names else None

    def make_constant(self, scope, type, depth):
        return self.constant(type)

    def make_binary(self, scope, type, depth):
        if type not in WANTED:
            return self.make_cast(scope, type, depth)
        op, a, b = self.pick(WANTED[type])
        if not self.allowed(op, a, b):
            return None
        if type == "bool" and self.chance(0.3):  # operands of one type are the usual case
            op, a, b = self.pick([row for row in WANTED[type] if row[1] == row[2]])
        self.program.coverage.add((op, a, b))
        left, right = self.expression(scope, a, depth), self.right_operand(scope, op, a, b, depth)
        if {a, b} == {"int64", "uint64"}:
            # A literal beside an unsigned number is unsigned, and so is what Python makes of literals alone.
            left, right = (f"np.int64({text})" if re.fullmatch(r"[\d\s()|&^*+~-]+", text) else text for text in (left, right))
        return f"({left} {op} {right})"

    def allowed(self, op, a, b):
        """Whether results of this operator may be in the program: rounding of powers and complex quotients is free."""
        if self.program.inexact:
            return True
        if op == "**":
            return rules.is_integral(a) and rules.is_integral(b)
        return op != "/" or not (rules.is_complex(a) or rules.is_complex(b))

    def right_operand(self, scope, op, a, b, depth):
        """The right operand, kept away from errors most of the time."""
        raw = self.rare_errors and not IS_PEER and self.chance(0.2)
        if op in ("/", "//", "%") and not raw:
            if b in rules.BITS:
                return f"({self.expression(scope, b, depth)} | {self.odd(b)})" if rules.bits(b) == 64 else self.small(b, 1, 9)
            if b == "bool":
                return "True"
            return {"float64": "(2.5)", "float32": "np.float32(-1.75)"}.get(b, f"np.{b}(1.5 - 2.0j)")
        if op == "**":
            if b == "bool":
                return self.expression(scope, b, depth)
            if b == "int64" and (a.startswith("uint") or a == "complex64"):
                return f"np.int64({self.random.randint(0, 5)})"  # a literal exponent leaves the base what it is
            if b in rules.BITS:
                return self.small(b, 0, 5)
            return {"float64": "(2.0)", "float32": "np.float32(3.0)"}.get(b, f"np.{b}(2.0 + 0.0j)")
        if op in ("<<", ">>") and not raw:
            return self.small(b, 0, 40) if b != "bool" else self.expression(scope, b, depth)
        return self.expression(scope, b, depth)

    @staticmethod
    def odd(type):
        return "1" if type == "int64" else f"np.{type}(1)"

    def make_unary(self, scope, type, depth):
        rows = UNARY_WANTED.get(type)
        if not rows:
            return None
        op, a = self.pick(rows)
        self.program.coverage.add((op, a))
        operand = self.expression(scope, a, depth)
        # Python folds ~True to -2 itself, before anybody compiles it.
        return f"({op}bool({operand}))" if op == "~" and a == "bool" else f"({op}{operand})"

    def make_cast(self, scope, type, depth):
        """An explicit conversion from another type."""
        source = self.pick(ALL)
        text = self.expression(scope, source, depth)
        if source == type:
            return text
        if type == "bool":
            return f"({text} != {self.constant(source)})" if not IS_PEER or source != "uint64" else f"bool({text})"
        if rules.is_complex(source) and not rules.is_complex(type):
            text, source = f"({text}).real", "float32" if source == "complex64" else "float64"
        if type in rules.BITS and rules.is_float(source):
            text = f"clip({text})"
            if type == "int64":
                return text
            if not rules.is_signed(type) or type == "int8":
                return f"np.{type}({text})"
        if type == "int64" and source == "bool":
            return f"int({text})"
        if type == "float64" and source in rules.BITS:
            return f"float({text})"
        return f"np.{type}({text})"

    def make_conditional(self, scope, type, depth):
        condition = self.expression(scope, "bool", depth)
        return f"({self.expression(scope, type, depth)} if {condition} else {self.expression(scope, type, depth)})"

    def make_call(self, scope, type, depth):
        fitting = [helper for helper in self.helpers if helper[2] == type]
        if not fitting:
            return None
        name, params, _ = self.pick(fitting)
        args = [self.argument(scope, param, depth) for param in params]
        return None if None in args else f"{name}({', '.join(args)})"

    def argument(self, scope, type, depth):
        if isinstance(type, str):
            return self.expression(scope, type, depth)
        names = scope.of(type)
        return self.pick(names) if names else None

    def make_minmax(self, scope, type, depth):
        if rules.is_complex(type) or type == "bool":
            return None
        pairs = [(a, b) for a in ALL for b in ALL if rules.unified(a, b) == type and not rules.is_complex(a) and not rules.is_complex(b)]
        pairs = [p for p in pairs if "bool" not in p and ("uint64" not in p or p[0] == p[1])]
        if IS_PEER:
            pairs = [(type, type)]
        a, b = self.pick(pairs)
        name = self.pick(["min", "max"])
        self.program.coverage.add((name, a, b))
        return f"{name}({self.expression(scope, a, depth)}, {self.expression(scope, b, depth)})"

    def make_abs(self, scope, type, depth):
        if type == "bool" or rules.is_complex(type):
            return None
        return f"abs({self.expression(scope, type, depth)})"

    def make_math(self, scope, type, depth):
        if type != "float64":
            return None
        x = f"bounded({self.expression(scope, 'float64', depth)})"
        if self.chance(0.5) or not self.program.inexact:
            return "math." + self.pick(EXACT_MATH).format(f"abs({x})")
        return f"math.{self.pick(LIBRARY_MATH)}(abs({x}))"

    def make_tuple(self, scope, type, depth):
        found = scope.tuples(type)
        if not found:
            return None
        name, index = self.pick(found)
        return f"{name}[{index}]"

    def make_element(self, scope, type, depth):
        names = scope.arrays(type)
        if not names:
            return f"len({self.pick(scope.arrays())})" if type == "int64" and scope.arrays() else None
        name = self.pick(names)
        return f"{name}[{self.index(scope, name, depth)}]"

    def index(self, scope, name, depth):
        """Indices in bounds for arrays that are not empty, now and then any at all."""
        parts = []
        for axis in range(scope[name][2]):
            if self.rare_errors and not IS_PEER and self.chance(0.08):
                parts.append(self.expression(scope, "int64", 0))
            elif self.chance(0.3):
                parts.append(self.pick(["0", "-1"]))
            else:
                parts.append(f"{self.expression(scope, 'int64', min(depth, 1))} % {name}.shape[{axis}]")
        return ", ".join(parts)

    # Statements

    def block(self, scope, level, count=None):
        """Statements in a scope of their own."""
        inner, body = scope.inner(), []
        for _ in range(count or self.random.randint(1, 3)):
            self.statement(inner, body, level)
        return body

    def statement(self, scope, body, level):
        ways = ["assign"] * 5 + ["update"] * 4 + ["store"] * 3 + ["tuple_value", "view", "swap", "fill", "copy_into", "new_array"]
        if level < 3:
            ways += ["sweep"] * 3 + ["sweep_2d", "maybe_unbound"]
            ways += ["if"] * 3 + ["for"] * 3 + ["while"] * 2 + ["changing"] * 2 + ["over_array", "return_early", "check"]
        if self.loops:
            ways += ["leave"]
        getattr(self, "do_" + self.pick(ways))(scope, body, level)

    def do_assign(self, scope, body, level):
        names = scope.assignable()
        if names and self.chance(0.5):
            name = self.pick(names)
            body.append(Line(f"{name} = {self.expression(scope, scope[name], 3)}"))
            return
        type, name = self.pick(ALL), self.fresh()
        body.append(Line(f"{name} = {self.expression(scope, type, 3)}"))
        scope[name] = type

    def do_update(self, scope, body, level):
        """Augmented assignment that keeps the variable's type."""
        names = [n for n in scope.assignable() if scope[n] in WANTED and scope[n] != "bool"]
        if not names:
            return self.do_assign(scope, body, level)
        name = self.pick(names)
        rows = [row for row in WANTED[scope[name]] if row[1] == scope[name] and self.allowed(*row)]
        op, a, b = self.pick(rows)
        self.program.coverage.add((op, a, b))
        body.append(Line(f"{name} {op}= {self.right_operand(scope, op, a, b, 2)}"))

    def do_store(self, scope, body, level):
        names = scope.arrays()
        if not names:
            return self.do_assign(scope, body, level)
        name = self.pick(names)
        dtype = scope[name][1]
        place = f"{name}[{self.index(scope, name, 1)}]"
        if dtype in WANTED and dtype != "bool" and self.chance(0.4):
            op, a, b = self.pick([row for row in WANTED[dtype] if row[1] == dtype and self.allowed(*row)])
            self.program.coverage.add((op, a, b))
            body.append(Line(f"{place} {op}= {self.right_operand(scope, op, a, b, 2)}"))
        else:
            source = self.pick([dtype, "int64" if dtype in rules.BITS else dtype])
            body.append(Line(f"{place} = {self.expression(scope, source, 2)}"))

    def do_fill(self, scope, body, level):
        """A scalar into a slice."""
        names = [n for n in scope.arrays() if scope[n][2] == 1]
        if names:
            name = self.pick(names)
            body.append(Line(f"{name}[{self.slice()}] = {self.expression(scope, scope[name][1], 1)}"))

    def do_copy_into(self, scope, body, level):
        """An array into a slice of the same length, overlapping itself at times."""
        names = [n for n in scope.arrays() if scope[n][2] == 1]
        if names:
            name = self.pick(names)
            source, target = self.pick([("1:", ":-1"), (":-1", "1:"), ("::-1", ":"), (":", "::-1"), (":2", "-2:")])
            body.append(Line(f"{name}[{target}] = {name}[{source}]"))

    def slice(self):
        bounds = [self.pick(["", "", "0", "1", "2", "-1", "-2", "5"]) for _ in range(2)]
        return ":".join(bounds) + self.pick(["", "", ":2", ":-1", ":1", ":-2"])

    def do_view(self, scope, body, level):
        names = scope.arrays()
        if not names:
            return
        name, view = self.pick(names), self.fresh("w")
        _, dtype, ndim = scope[name]
        if ndim == 1:
            body.append(Line(f"{view} = {name}[{self.slice()}]"))
            scope[view] = ("array", dtype, 1)
        elif self.chance(0.5):
            body.append(Line(f"{view} = {name}.T"))
            scope[view] = ("array", dtype, 2)
        else:
            row = self.pick(["0", "-1", ":, 0", ":, -1", "0, ::-1"])
            body.append(Line(f"{view} = {name}[{row}]"))
            scope[view] = ("array", dtype, 1)
        other = name if scope[view][2] == ndim else f"{name}[0]"
        # Indices are taken modulo lengths: no array is empty.
        body.append(Block((f"if {view}.size == 0:", [Line(f"{view} = {other}")])))

    def do_new_array(self, scope, body, level):
        name, dtype = self.fresh("n"), self.pick(ALL)
        size = self.pick(["1", "3", "4", f"({self.expression(scope, 'int64', 1)} & 7) + 1"])
        kind = f"np.{'bool_' if dtype == 'bool' else dtype}"
        made = self.pick([f"np.zeros({size}, {kind})", f"np.ones({size}, dtype={kind})", f"np.full({size}, {self.expression(scope, dtype, 1)})"])
        if dtype == "int64" and self.chance(0.5):
            made = f"np.arange({size})"
        body.append(Line(f"{name} = {made}"))
        scope[name] = ("array", dtype, 1)

    def do_sweep(self, scope, body, level):
        """A loop over an array by index: what range analysis and checks hoisted out of loops live on. Now and then it leaves the array."""
        names = [n for n in scope.arrays() if scope[n][2] == 1]
        if not names:
            return self.do_new_array(scope, body, level)
        a, b, i = self.pick(names), self.pick(names), self.fresh("i")
        dtype, other = scope[a][1], scope[b][1]
        stray = not IS_PEER and self.chance(0.15)
        if stray:
            low, high, shift = self.pick(["0", "1", "-3"]), f"len({a}) + {self.random.randint(-1, 2)}", self.pick(["", " - 1", " + 1", " * 2"])
        else:
            low, shift = self.pick([("0", ""), ("1", " - 1"), ("1", ""), (f"-len({a})", "")])
            high = self.pick([f"len({a})", f"{a}.shape[0]", f"{a}.size"])
        header = self.pick([f"for {i} in range({low}, {high}):", f"for {i} in range({high} - 1, {low} - 1, -1):", f"for {i} in range({low}, {high}, 2):"])
        inner = scope.inner()
        inner[i] = "int64"
        inner.fixed.add(i)
        read = f"{b}[{i} % len({b})]" if not stray else self.pick([f"{b}[{i}]", f"{b}[{i}{shift}]"])
        item, statements = self.fresh("e"), []
        statements.append(Line(f"{item} = {read}"))
        inner[item] = other
        if self.chance(0.3):
            self.statement(inner, statements, level + 2)
        statements.append(Line(f"{a}[{i}{shift}] = {self.expression(inner, dtype, 2)}"))
        accumulators = [n for n in inner.assignable() if inner[n] in WANTED and inner[n] != "bool" and n != item]
        if accumulators and self.chance(0.6):
            name = self.pick(accumulators)
            op, _, right = self.pick([row for row in WANTED[inner[name]] if row[1] == inner[name] and self.allowed(*row)])
            statements.append(Line(f"{name} {op}= {self.right_operand(inner, op, inner[name], right, 1)}"))
        body.append(Block((header, statements)))

    def do_sweep_2d(self, scope, body, level):
        names = [n for n in scope.arrays() if scope[n][2] == 2]
        if not names:
            return self.do_sweep(scope, body, level)
        a, i, j = self.pick(names), self.fresh("i"), self.fresh("j")
        inner = scope.inner()
        inner.update({i: "int64", j: "int64"})
        inner.fixed |= {i, j}
        extra = " + 1" if not IS_PEER and self.chance(0.1) else ""
        place = self.pick([f"{a}[{i}, {j}]", f"{a}[{i}][{j}]", f"{a}[{i}, -1 - {j}]", f"{a}[{i} - 1, {j}]"])
        store = Line(f"{place} = {self.expression(inner, scope[a][1], 2)}")
        columns = Block((f"for {j} in range({a}.shape[1]{extra}):", [store]))
        body.append(Block((f"for {i} in range({a}.shape[0]):", [columns])))

    def do_maybe_unbound(self, scope, body, level):
        """A variable that may not be set where it is read."""
        if IS_PEER or not self.rare_errors:
            return self.do_assign(scope, body, level)
        name, count, copy, type = self.fresh("u"), self.fresh("i"), self.fresh(), self.pick(ALL)
        setting = Line(f"{name} = {self.expression(scope, type, 2)}")
        body.append(Line(f"{count} = {self.expression(scope, 'int64', 2)} & 3"))
        body.append(Group(Block((f"for {count} in range({count}):", [setting])), Line(f"{copy} = {name}")))
        scope[copy] = type

    def guard_empty(self, name, body):
        """Leave when an argument is empty."""
        body.append(Block((f"if {name}.size == 0:", [Line("raise ValueError('empty')")])))

    def do_tuple_value(self, scope, body, level):
        types = tuple(self.pick(ALL) for _ in range(self.random.randint(1, 3)))
        name = self.fresh("t")
        parts = "".join(self.expression(scope, type, 2) + ", " for type in types)
        body.append(Line(f"{name} = ({parts})"))
        scope[name] = ("tuple", types)
        if self.chance(0.4):
            names = [self.fresh() for _ in types]
            body.append(Line(f"{', '.join(names)}, = {name}"))
            scope.update(zip(names, types))

    def do_swap(self, scope, body, level):
        names = scope.assignable()
        pairs = [(a, b) for a in names for b in names if a < b and scope[a] == scope[b]]
        if pairs:
            a, b = self.pick(pairs)
            body.append(Line(f"{a}, {b} = {b}, {a}"))

    def do_if(self, scope, body, level):
        parts = [(f"if {self.expression(scope, 'bool', 2)}:", self.block(scope, level + 1))]
        if self.chance(0.3):
            parts.append((f"elif {self.expression(scope, 'bool', 2)}:", self.block(scope, level + 1)))
        if self.chance(0.5):
            parts.append(("else:", self.block(scope, level + 1)))
        body.append(Block(*parts))

    def do_for(self, scope, body, level):
        counter = self.fresh("i")
        bounds = self.pick(["4", "3", "-2, 3", "5, 0, -2", "0, 7, 3", "2, 2", "1"])
        if self.chance(0.3):
            bounds = f"{self.expression(scope, 'int64', 1)} & 3"
        body.append(self.loop(f"for {counter} in range({bounds}):", scope, {counter: "int64"}, level))

    def loop(self, header, scope, variables, level, prefix=(), otherwise=True):
        inner = scope.inner()
        inner.update(variables)
        inner.fixed |= set(variables)
        self.loops += 1
        parts = [(header, [*prefix, *self.block(inner, level + 1)])]
        self.loops -= 1
        if otherwise and self.chance(0.2):
            parts.append(("else:", self.block(scope, level + 1)))
        return Block(*parts)

    def do_while(self, scope, body, level):
        counter = self.fresh("k")
        body.append(Line(f"{counter} = 0"))
        condition = f"{counter} < {self.random.randint(1, 5)}"
        if self.chance(0.5):
            condition += f" and {self.expression(scope, 'bool', 2)}"
        step = Line(f"{counter} += 1")
        body.append(self.loop(f"while {condition}:", scope, {counter: "int64"}, level, [step]))

    def do_over_array(self, scope, body, level):
        names = [n for n in scope.arrays() if scope[n][2] == 1]
        if not names:
            return
        name, item = self.pick(names), self.fresh("e")
        dtype = scope[name][1]
        form = self.pick(["plain", "enumerate", "zip"])
        if form == "plain":
            body.append(self.loop(f"for {item} in {name}:", scope, {item: dtype}, level))
        elif form == "enumerate":
            counter = self.fresh("i")
            header = f"for {counter}, {item} in enumerate({name}):"
            body.append(self.loop(header, scope, {counter: "int64", item: dtype}, level))
        else:
            other, second = self.pick(names), self.fresh("e")
            header = f"for {item}, {second} in zip({name}, {other}):"
            body.append(self.loop(header, scope, {item: dtype, second: scope[other][1]}, level))

    def do_leave(self, scope, body, level):
        word = self.pick(["break", "continue"])
        body.append(Block((f"if {self.expression(scope, 'bool', 2)}:", [Line(word)])))

    def do_changing(self, scope, body, level):
        """A variable that is an integer before a loop or branch and a float after it."""
        name = self.fresh("c")
        first, second = self.pick([("int64", "float64"), ("bool", "int64"), ("float64", "complex128"), ("int64", "complex128"), ("float32", "float64")])
        join = Line("", f"{name} = np.{second}({name})")
        start = Line(f"{name} = {self.expression(scope, first, 1)}")
        inner = scope.inner()
        inner[name] = second
        counter = self.fresh("i")
        if self.chance(0.5):
            update = Line(f"{name} = np.{second}({self.expression(inner, second, 2)})")
            block = Block((f"for {counter} in range({self.random.randint(0, 3)}):", [join, update]))
        else:
            update = Line(f"{name} = {self.expression(scope, second, 2)}")
            # Not a condition that is known while compiling: the branch would be dropped, and the type with it.
            chosen = Line(f"{counter} = {self.expression(scope, 'int64', 1)} & 1")
            test = Block((f"for {counter} in range({counter}):", [update]))
            block = Group(chosen, test)
        body.append(Group(start, block, join))
        scope[name] = second

    def do_return_early(self, scope, body, level):
        condition = f"{self.expression(scope, 'bool', 1)} and {self.expression(scope, 'bool', 1)}"
        body.append(Block((f"if {condition}:", [self.return_line(scope)])))

    def do_check(self, scope, body, level):
        if not self.rare_errors:
            return self.do_assign(scope, body, level)
        condition = self.expression(scope, "bool", 2)
        if self.chance(0.5):
            body.append(Line(f"assert {condition} or {self.expression(scope, 'bool', 1)}, 'claim'"))
        else:
            error = self.pick(["ValueError", "RuntimeError", "IndexError", "KeyError"])
            raising = Line(f"raise {error}('text', {self.expression(scope, 'int64', 1)})")
            body.append(Block((f"if {condition} and {self.expression(scope, 'bool', 1)}:", [raising])))

    def return_line(self, scope):
        """A return statement with values made there."""
        if self.returns is None:
            self.pending.append((Line(""), Scope(scope, scope)))
            return self.pending[-1][0]
        return Line(f"return {self.result(scope)}")

    def result(self, scope):
        parts = [self.expression(scope, type, 1) if isinstance(type, str) else self.some_array(scope, type) for type in self.returns]
        return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"

    def some_array(self, scope, type):
        names = scope.of(type)
        _, dtype, ndim = type
        shape = "1" if ndim == 1 else "(1, 1)"
        return self.pick(names) if names else f"np.zeros({shape}, np.{'bool_' if dtype == 'bool' else dtype})"

    # Functions

    def function(self, name, params, returns, statements):
        """A function; one without result types returns what is live at its end."""
        function = Function(name, params, returns)
        self.returns, self.pending = returns, []
        scope = Scope(dict(params))
        for param, type in params:
            if not isinstance(type, str) and type[0] == "array":
                self.guard_empty(param, function.body)
        for _ in range(statements):
            self.statement(scope, function.body, 0)
        if returns is None:
            self.return_what_is_live(scope, function)
        else:
            function.body.append(self.return_line(scope))
        self.program.functions.append(function)

    def return_what_is_live(self, scope, function):
        live = [name for name, type in scope.items() if isinstance(type, str)][-8:]
        for name, type in scope.items():
            if type[0] == "tuple":
                live.append(f"{name}[{self.random.randrange(len(type[1]))}]")
        live += [name for name in scope.arrays() if self.chance(0.3)][:2]
        self.returns = [self.type_of(name, scope) for name in live] or ["int64"]
        values = live or ["0"]
        for line, place in self.pending:
            line.text = f"return {self.result(place)}"
        function.body.append(Line(f"return {values[0] if len(values) == 1 else '(' + ', '.join(values) + ')'}"))

    @staticmethod
    def type_of(text, scope):
        """Type of a variable or of an element of a tuple variable."""
        name, _, index = text.partition("[")
        return scope[name][1][int(index[:-1])] if index else scope[name]

    def some_type(self):
        if self.chance(0.3):
            return ("array", self.pick(ALL), 1 if self.chance(0.75) else 2)
        return self.pick(ALL)

    def value(self, type):
        """An argument of main."""
        if isinstance(type, str):
            return np.dtype(type).type(self.number(type))
        _, dtype, ndim = type
        shape = tuple(self.random.choice([0, *[1, 2, 2, 3, 3, 4, 5, 5, 6, 8, 8] * 4]) if ndim == 1 else self.random.randint(1, 4) for _ in range(ndim))
        size = int(np.prod(shape))
        array = np.array([self.number(dtype) for _ in range(size)], dtype).reshape(shape)
        layout = self.pick(["C", "C", "F", "strided", "reversed"])
        if layout == "F":
            return np.asfortranarray(array)
        if layout == "strided":
            wide = np.zeros(tuple(2 * n for n in shape), dtype)
            view = wide[tuple(slice(None, None, 2) for _ in shape)]
            view[...] = array
            return view
        return np.ascontiguousarray(array[::-1])[::-1] if layout == "reversed" else array

    def recursive(self, name):
        """A helper that calls itself a few times."""
        type = self.pick([t for t in ALL if t in WANTED])
        function = Function(name, [("n", "int64"), ("x", type)], [type])
        self.returns = [type]
        scope = Scope({"n": "int64", "x": type})
        function.body = [
            Block(("if n <= 0:", [Line(f"return {self.expression(scope, type, 1)}")])),
            Line(f"return {name}((n & 7) - 1, {self.expression(scope, type, 2)})"),
        ]
        self.program.functions.append(function)
        self.helpers.append((name, ["int64", type], type))

    def generate(self):
        for number in range(self.random.randint(0, 2)):
            params = [(f"p{i}", self.some_type()) for i in range(self.random.randint(1, 3))]
            returns = [self.pick(ALL)]
            self.function(f"helper{number}", params, returns, self.random.randint(1, 3))
            self.helpers.append((f"helper{number}", [type for _, type in params], returns[0]))
        if self.chance(0.2):
            self.recursive("again")
        types = [self.some_type() for _ in range(self.random.randint(1, 5))]
        if self.chance(0.6):
            types.append(("array", self.pick(ALL), 1))
        params = [(f"a{i}", type) for i, type in enumerate(types)]
        self.function("main", params, None, self.random.randint(3, 9))
        self.program.args = tuple(self.value(type) for type in types)
        return self.program


def generate(seed):
    """The program of a seed."""
    return Generator(seed).generate()
