"""Whole-array expressions of functions compiled with `parallel=True`: which run on threads, and how.

`rewrite` finds the expressions of a function that consist of operators and ufuncs on variables, alone or under a reduction
(`np.sum(a * b)`, `a.max()`), and calls that fill a new array. Before each it puts a call of an `Expression` with what the
expression reads. When the function is compiled, the `Expression` sees types: where they are arrays for which threads pay, its
implementation is a loop over pieces of the arrays, a `prange` loop like any other; else it is a function that gives None, and the
expression itself, which still stands behind, is what is compiled.

An expression is one loop, so that what is inside it needs no array of its own. Pieces depend on lengths alone, and results of
pieces combine in their order: the number of threads does not show. Below a size that depends on how much there is to do for an
element, and where operands have to be stretched to a common shape, the expression runs as if there were no threads.
"""

import types as python_types
from functools import cache, cached_property

import numpy as np

from looplift import _core, _shared_calls, _sharing, _threaded, prange
from looplift._objectmode import assembly
from looplift._objectmode.assembly import Instruction
from looplift._objectmode.flow import Flow
from looplift.errors import NumbaError
from looplift.library._types import CLASSES, is_array, is_number

# Pieces of an array, and the elements that pay for threads where an element costs one operation.
PIECES, WORK = _threaded.PIECES, _threaded.WORK
LEAST = 4_096
# What a ufunc costs, in operations.
_COSTLY = 8

# How pieces of a reduction become one number: the type of a piece's part (None: that of the result), what a piece gives, the end.
_REDUCTIONS = {
    "sum": (None, "np.sum({piece})", "np.sum(parts)"),
    "prod": (None, "np.prod({piece})", "np.prod(parts)"),
    "min": (None, "np.min({piece})", "np.min(parts)"),
    "max": (None, "np.max({piece})", "np.max(parts)"),
    "any": (np.bool_, "np.any({piece})", "np.any(parts)"),
    "all": (np.bool_, "np.all({piece})", "np.all(parts)"),
    "mean": (np.float64, "np.sum({piece})", "np.sum(parts) / size"),
    "var": (np.float64, "np.sum(({piece} - mean) ** 2)", "np.sum(parts) / size"),
    "std": (np.float64, "np.sum(({piece} - mean) ** 2)", "np.sqrt(np.sum(parts) / size)"),
    "argmin": (np.int64, "", ""),
    "argmax": (np.int64, "", ""),
}
_SYNONYMS = {"amin": "min", "amax": "max"}
# Functions of numbers that are no ufuncs, and how many arguments they have.
_ELEMENTWISE = {"where": 3, "clip": 3}
# Calls that make a new array, and how many arguments they have.
_CREATORS = {"ones": (1,), "full": (2,), "arange": (1, 2, 3), "linspace": (3,)}
_BINARY = range(13)
# What may stand between a variable and an operator without cost: slices and views.
_VIEWS = frozenset(("T", "real", "imag"))


class Tree:
    """A part of an expression: instructions from `start` to `end`, its `leaves` (parts that are evaluated before), the `work` for an
    element, the number of `operations`, and its `role` if it is a reduction or creation, of `inner`. Statements before it that are
    `fused` with it start at `start`, itself at `first`. An assignment has its `value`, and what it assigns to among its `operands`, which
    are leaves; a leaf may have instructions `extra` to those of its part."""

    value, operands, extra, axis, name = None, (), (), None, None
    # Parameter -> argument, of calls of `_shared_calls`.
    further = python_types.MappingProxyType({})

    def __init__(self, start, end, parts=(), work=0, role=None, inner=None, is_leaf=False, constant=False):
        self.start = self.first = start
        self.callee = None
        # Number of a load -> the tree whose value the variable has.
        self.end, self.fused = end, {}
        # Constants stay in the expression, whose type they decide by their values.
        self.leaves = () if constant else (self,) if is_leaf else tuple(leaf for p in parts for leaf in p.leaves)
        if role in (*_CREATORS, "stencil", "fill"):
            self.leaves = tuple(parts)
        self.work = work + sum(p.work for p in parts)
        self.operations = 0 if is_leaf else 1 + sum(p.operations for p in parts)
        self.role, self.inner, self.is_leaf = role, inner, is_leaf


    def fuse(self, leaf, made):
        """Has the expression `made` evaluated in place of a leaf, the variable that it was stored to."""
        self.fused |= made.fused
        self.fused[leaf.start] = made
        n = self.leaves.index(leaf)
        self.leaves = self.leaves[:n] + made.leaves + self.leaves[n + 1 :]
        self.work += made.work
        self.operations += made.operations
        self.start = made.start
        if self.inner is leaf:
            self.inner = made


_ENDS = ("BINARY_OP", "UNARY_NEGATIVE", "UNARY_INVERT", "COMPARE_OP", "CALL", "CALL_KW", "STORE_SUBSCR", "STORE_SLICE")


class _Reader:
    """Finds expressions among the instructions of a function."""

    def __init__(self, func, flow):
        self.func, self.flow = func, flow
        self.ks, self.code = flow.instructions, func.__code__

    def expressions(self, block):
        """The largest expressions of a block that do something."""
        out, n = [], block.end - 1
        while n >= block.first:
            tree = self._read(n, block.first, 0) if self._may_end(n) else None
            if tree is not None and tree.leaves and not tree.is_leaf:
                out.append(tree)
                n = tree.start
            n -= 1
        return out

    def fused(self, trees):
        """The trees of a block, those that one other uses as its only user, in the statement before, within that."""
        loads, stores = {}, {}
        for k in self.ks:
            if k.name.startswith("LOAD_FAST"):
                loads[k.arg] = loads.get(k.arg, 0) + 1
            elif k.name.startswith(("STORE_FAST", "DELETE_FAST")):
                stores[k.arg] = stores.get(k.arg, 0) + 1
        out = []
        for tree in sorted(trees, key=lambda t: t.start):
            while tree.role not in _CREATORS and out:
                made, store = out[-1], self.ks[out[-1].end]
                if made.role is not None or made.end + 1 != tree.start or store.name != "STORE_FAST":
                    break
                v = store.arg
                leaf = next((x for x in tree.leaves if x.end == x.start + 1 and self._loads(x.start, v)), None)
                if leaf is None or leaf in tree.operands or loads.get(v) != 1 or stores.get(v) != 1 or v < self.code.co_argcount:
                    break
                if len(self.flow.before[made.start]) != len(self.flow.before[tree.first]):
                    break
                tree.fuse(leaf, made)
                out.pop()
            out.append(tree)
        return out

    def _loads(self, n, v):
        return self.ks[n].name in ("LOAD_FAST", "LOAD_FAST_CHECK") and self.ks[n].arg == v

    def _may_end(self, n):
        return self.ks[n].name in _ENDS

    def _leaf(self, start, end):
        return Tree(start, end, is_leaf=True, constant=self.ks[start].name == "LOAD_CONST")

    def _read(self, n, first, depth):
        """The part that leaves its value on the stack with instruction `n`, or None."""
        if n < first or depth > 40:
            return None
        k = self.ks[n]
        if k.name in ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_CONST", "LOAD_DEREF"):
            if k.name == "LOAD_CONST" and not isinstance(self.code.co_consts[k.arg], int | float | complex | tuple):
                return None
            return self._leaf(n, n + 1)
        if k.name == "BUILD_TUPLE" and k.arg:
            parts = self._operands(n - 1, first, depth, k.arg)
            fits = parts is not None and all(p.is_leaf for p in parts)
            return Tree(parts[0].start, n + 1, is_leaf=True) if fits else None
        if k.name == "LOAD_GLOBAL" and not k.arg & 1:
            value = self.func.__globals__.get(self.code.co_names[k.arg >> 1])
            return self._leaf(n, n + 1) if isinstance(value, int | float | complex | np.ndarray | np.generic) else None
        if k.name == "BINARY_OP" and k.arg % 13 != 4:
            return self._joined(n, first, depth, 2, 1) if k.arg in _BINARY else self._in_place(n, first, depth)
        if k.name == "COMPARE_OP":
            return self._joined(n, first, depth, 2, 1)
        if k.name in ("UNARY_NEGATIVE", "UNARY_INVERT"):
            return self._joined(n, first, depth, 1, 1)
        if k.name in ("BINARY_SUBSCR", "BINARY_SLICE"):
            return self._view(n, first, depth)
        if k.name == "LOAD_ATTR" and self._attribute(k) in _VIEWS and not ("END_FOR" in assembly._NUMBERS and k.arg & 1):
            inner = self._read(n - 1, first, depth + 1)
            return self._leaf(inner.start, n + 1) if inner is not None and inner.is_leaf else None
        if k.name == "BINARY_OP" and k.arg == 4:
            return self._product(n - 1, n + 1, first, depth)
        if k.name in ("STORE_SUBSCR", "STORE_SLICE"):
            return self._store(n, first) if depth == 0 else None
        return self._call(n, first, depth) if k.name in ("CALL", "CALL_KW") else None

    def _attribute(self, k):
        return self.code.co_names[k.arg >> 1 if k.name == "LOAD_ATTR" and "END_FOR" in assembly._NUMBERS else k.arg]

    def _operands(self, n, first, depth, count):
        """The parts that `count` operands above instruction `n` are, in order, or None."""
        parts = []
        for _ in range(count):
            part = self._read(n, first, depth + 1)
            if part is None or part.role is not None:
                return None
            parts.insert(0, part)
            n = part.start - 1
        return parts

    def _joined(self, n, first, depth, count, work):
        parts = self._operands(n - 1, first, depth, count)
        if parts is None:
            return None
        return Tree(parts[0].start, n + 1, parts, work)

    def _in_place(self, n, first, depth):
        """`x += …` of a variable, which may be an array."""
        tree = self._joined(n, first, depth, 2, 1) if depth == 0 else None
        if tree is None or self.ks[tree.start].name != "LOAD_FAST" or self.ks[n + 1].name != "STORE_FAST":
            return None
        if self.ks[n + 1].arg != self.ks[tree.start].arg:
            return None
        tree.role = "in place"
        return tree

    def _view(self, n, first, depth):
        """`x[a:b, c:d]` of a variable: never a number of an array."""
        base = len(self.flow.before[n]) - (3 if self.ks[n].name == "BINARY_SLICE" else 2)
        start = self._subscripted(n, first, base)
        return None if start is None else self._leaf(start, n + 1)

    def _subscripted(self, n, first, base):
        """Where a variable and slices of it begin that lie on the stack above `base` before instruction `n`; None if it is something else."""
        start, slices = n, self.ks[n].name in ("BINARY_SLICE", "STORE_SLICE")
        while start > first and len(self.flow.before[start]) > base:
            start -= 1
            k = self.ks[start]
            slices += k.name == "BUILD_SLICE"
            if k.name not in ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_CONST", "BUILD_SLICE", "BUILD_TUPLE", "BINARY_OP", "UNARY_NEGATIVE"):
                return None
        return start if slices and self.ks[start].name in ("LOAD_FAST", "LOAD_FAST_CHECK") else None

    def _product(self, n, end, first, depth):
        """A product of two variables or views, which end with instruction `n`."""
        parts = self._operands(n, first, depth, 2)
        if parts is None or not all(p.is_leaf and p.leaves for p in parts):
            return None
        tree = Tree(parts[0].start, end, parts, 1, "dot")
        tree.operands = tuple(parts)
        return tree

    def _store(self, n, first):
        """`x[a:b] = …`, and `x[y] = z` of variables, where `y` may be a mask."""
        k, depth = self.ks[n], len(self.flow.before[n])
        start = self._subscripted(n, first, depth - (3 if k.name == "STORE_SLICE" else 2))
        if start is not None:
            target = self._leaf(start, n)
            target.extra = (Instruction("BINARY_SLICE" if k.name == "STORE_SLICE" else "BINARY_SUBSCR"),)
            role, operands = "store", (target,)
        elif k.name == "STORE_SUBSCR" and n - 2 > first and all(self.ks[q].name == "LOAD_FAST" for q in (n - 2, n - 1)):
            start = n - 2
            role, operands = "mask", (self._leaf(n - 2, n - 1), self._leaf(n - 1, n))
        else:
            return None
        value = self._read(start - 1, first, 1)
        if value is None or value.role is not None or (role == "mask" and not value.is_leaf):
            return None
        tree = Tree(value.start, n + 1, [value, *operands], 1, role)
        tree.value, tree.operands = value, operands
        return tree

    def _call(self, n, first, depth):
        """A call of a ufunc, or of a reduction or creation that has an expression as its operand."""
        count, end, names = self.ks[n].arg, n, ()
        n -= 1
        if self.ks[end].name == "CALL_KW":
            if self.ks[n].name != "LOAD_CONST":
                return None
            names, n = self.code.co_consts[self.ks[n].arg], n - 1
        if self.ks[n].name == "PRECALL":
            n -= 1
        if self.ks[n].name == "KW_NAMES":
            names, n = self.code.co_consts[self.ks[n].arg], n - 1
        if not {"axis", "bins", "range"}.issuperset(names):
            return None
        parts = []
        for _ in range(count):
            part = self._read(n, first, depth + 1)
            if part is None or part.role is not None:
                return None
            parts.insert(0, part)
            n = part.start - 1
        start, value = self._callee(n, first)
        if start is None:
            return self._method(n, end, first, depth, parts, names)
        if isinstance(value, np.ufunc) and count == value.nin and value.nout == 1 and not names:
            return Tree(start, end + 1, parts, _COSTLY)
        if hasattr(value, "__looplift_threads__") and all(p.is_leaf for p in parts) and not names:
            tree = Tree(start, end + 1, parts, _COSTLY, "stencil")
            tree.callee = value
            return tree
        if not callable(value) or getattr(np, getattr(value, "__name__", ""), None) is not value:
            return None
        name = _SYNONYMS.get(value.__name__, value.__name__)
        if name in _REDUCTIONS and count == 1 and not names:
            return Tree(start, end + 1, parts, 1, name, parts[0])
        if name in _REDUCTIONS and count == 2 and names in ((), ("axis",)):
            return self._along(name, start, end, parts)
        if _ELEMENTWISE.get(name) == count and not names:
            return Tree(start, end + 1, parts, 2)
        if name in _shared_calls.CALLS:
            return self._shared(name, start, end, parts, names)
        if names:
            return None
        if count in _CREATORS.get(name, ()) and all(p.is_leaf for p in parts):
            return Tree(start, end + 1, parts, 1, name, parts[0])
        if value is np.dot and count == 2 and all(p.is_leaf and p.leaves for p in parts):
            tree = Tree(start, end + 1, parts, 1, "dot")
            tree.operands = tuple(parts)
            return tree
        return None

    def _shared(self, name, start, end, parts, names):
        """A call that `_shared_calls` knows, of an expression; its further arguments are variables or constants."""
        given = _shared_calls.given(name, len(parts), names)
        if given is None or "a" not in given:
            return None
        operand = parts[given["a"]]
        further = {p: parts[n] for p, n in given.items() if p != "a"}
        if not operand.leaves or not all(p.is_leaf for p in further.values()) or (name in ("copy", "concatenate") and not operand.is_leaf):
            return None
        axis = further.pop("axis", None)
        tree = Tree(start, end + 1, parts, 1, name, operand)
        if axis is not None:
            k = self.ks[axis.start]
            tree.axis = self.code.co_consts[k.arg] if k.name == "LOAD_CONST" and not axis.leaves else None
            if type(tree.axis) is not int:
                return None
        tree.further, tree.operands = further, tuple(p for p in further.values() if p.leaves)
        return tree

    def _along(self, name, start, end, parts):
        """A reduction along an axis, which is a constant."""
        axis = self.ks[parts[1].start]
        value = self.code.co_consts[axis.arg] if axis.name == "LOAD_CONST" and parts[1].is_leaf else None
        if type(value) is not int:
            return None
        tree = Tree(start, end + 1, parts, 1, "along", parts[0])
        tree.axis, tree.name = value, name
        return tree

    def _callee(self, n, first):
        """Where the instructions that load a callable up to `n` start, and what it is; None where they are something else."""
        ks = self.ks
        if n >= first and ks[n].name == "PUSH_NULL" and "CALL_KW" in assembly._NUMBERS:
            n -= 1
        null = False
        if n < first:
            return None, None
        if ks[n].name in ("LOAD_ATTR", "LOAD_METHOD"):
            name, load = self._attribute(ks[n]), n - 1
            null = ks[n].name == "LOAD_METHOD" or ("END_FOR" in assembly._NUMBERS and ks[n].arg & 1)
        else:
            name, load = None, n
        if load < first or ks[load].name not in ("LOAD_GLOBAL", "LOAD_DEREF"):
            return None, None
        value = assembly.loaded(self.func, ks[load])
        if name is not None:
            value = getattr(value, name, None) if isinstance(value, python_types.ModuleType) else None
        if value is None:
            return None, None
        null = null or (ks[load].name == "LOAD_GLOBAL" and ks[load].arg & 1) or "CALL_KW" in assembly._NUMBERS
        return (load if null else load - 1), value

    def _method(self, n, end, first, depth, parts, names):
        """`x.sum()` and the like."""
        if n >= first and self.ks[n].name == "PUSH_NULL":
            n -= 1
        if n < first or self.ks[n].name not in ("LOAD_METHOD", "LOAD_ATTR"):
            return None
        name = self._attribute(self.ks[n])
        fills = name == "fill" and len(parts) == 1 and not names and depth == 0 and self.ks[end + 1].name == "POP_TOP"
        sorts = name == "sort" and not parts and depth == 0 and self.ks[end + 1].name == "POP_TOP"
        shared = name in _shared_calls.METHODS
        if not fills and not sorts and not shared and (name not in _REDUCTIONS or len(parts) > 1):
            return None
        inner = self._read(n - 1, first, depth + 1)
        if inner is None or inner.role is not None:
            return None
        if fills:
            if not inner.is_leaf or not parts[0].is_leaf or not inner.leaves:
                return None
            tree = Tree(inner.start, end + 1, [inner, *parts], 1, "fill")
            tree.operands = (inner, *parts)
            return tree
        if sorts:
            if not inner.is_leaf or not inner.leaves:
                return None
            tree = Tree(inner.start, end + 1, [inner], 1, "sort in place", inner)
            tree.operands = (inner,)
            return tree
        if shared:
            return self._shared(name, inner.start, end, [inner, *parts], names)
        if not {"axis"}.issuperset(names):
            return None
        if parts:
            return self._along(name, inner.start, end, [inner, *parts])
        return Tree(inner.start, end + 1, [inner], 1, name, inner)


@cache
def _declined(count):
    """What an expression of so many arguments is for types with which threads do not serve."""
    scope = {"__name__": __name__}
    exec(f"def declined({', '.join(f'x{n}' for n in range(count))}):\n    return None\n", scope)
    found = scope["declined"]
    found.__looplift_options__ = {"inline": "always"}
    found.__looplift_jitable__ = True
    return found


_OTHERS = {"dot": _threaded.dot, "fill": _threaded.fill, "store": _threaded.store, "mask": _threaded.masked}


class Given:
    """An argument of a call, as text: the parameter with a number, or a constant with a value."""

    def __init__(self, number, value):
        self.number, self.value = number, value

    def __str__(self):
        return f"x{self.number}" if self.value is None else repr(self.value)


class Expression:
    """One expression: its `line`, its `leaves` as arguments, what it does as functions of them."""

    def __init__(self, reader, tree, options):
        self.line = reader.ks[tree.end - 1].position[0] or reader.code.co_firstlineno
        self.role, self.work = tree.role, max(1, tree.work)
        self.operations = tree.operations
        # The same part twice is one argument.
        self.arguments, numbers = [], {}
        for leaf in tree.leaves:
            key = tuple((k.name, k.arg) for k in (*reader.ks[leaf.start : leaf.end], *leaf.extra))
            if key not in numbers:
                numbers[key] = len(self.arguments)
                self.arguments.append(leaf)
            numbers[leaf.start] = numbers[key]
        self.count, self.numbers = len(self.arguments), numbers
        self.options = {**options, "nopython": True}
        self.callee = tree.callee
        self._reader, self._tree = reader, tree
        self.inner_is_leaf = tree.inner is not None and tree.inner.is_leaf
        self.reason, self.made, self.reductions = "it has not been compiled", [], []
        if tree.role in _REDUCTIONS:
            self.reductions = [(tree.role, 0)]
        # Of those arguments that are not alike: their numbers.
        self.operands = tuple(numbers[leaf.start] for leaf in tree.operands)
        self.name = tree.name or tree.role
        self.axis = tree.axis
        # What the expression under a call reads, and the call's further arguments.
        others = {leaf.start for part in tree.further.values() for leaf in part.leaves}
        self.inner_numbers = sorted({numbers[leaf.start] for leaf in tree.leaves if leaf.start not in others})
        self.further = {p: None for p in _shared_calls.CALLS.get(tree.role, ())}
        for p, part in tree.further.items():
            k = reader.ks[part.start]
            self.further[p] = Given(numbers[part.start], None) if part.leaves else Given(None, reader.code.co_consts[k.arg])
        kinds = {None: "expression", "in place": "expression in place", "stencil": "stencil", "store": "assignment", "mask": "assignment"}
        self.kind = kinds.get(tree.role, f"np.{self.name}()")

    @cached_property
    def whole(self):
        """The expression as a jitted function of its arguments."""
        return self._function(self._reader, self._tree, self._tree.value or self._tree)

    @cached_property
    def inner(self):
        """What it reduces, likewise."""
        return self.whole if self._tree.inner is None else self._function(self._reader, self._tree, self._tree.inner)

    @property
    def compiled(self):
        """Whether it runs on threads for some types. (What `_shared_calls` gives has its loops in functions that others use, too.)"""
        return (bool(self.made) and self.role in _shared_calls.ROLES) or any(loop.compiled for f in self.made for loop in f.__dict__.get("_parallel_loops", ()) if hasattr(loop, "compiled"))

    def _function(self, reader, tree, part):
        """A jitted function of the leaves of `tree` that gives what `part` gives."""
        func, code = reader.func, reader.code
        at = {leaf.start: (self.numbers[leaf.start], leaf.end) for leaf in tree.leaves}
        out, consts = [Instruction("RESUME")], list(code.co_consts)

        def emit(n, end):
            while n < end:
                if n in at:
                    number, n = at[n]
                    out.append(Instruction("LOAD_FAST", number))
                elif n in tree.fused:
                    emit(tree.fused[n].first, tree.fused[n].end)
                    n += 1
                else:
                    c = reader.ks[n].copy()
                    c.handler = None
                    if c.name == "LOAD_DEREF":
                        # What is called: a module or function of the function around.
                        consts.append(assembly.loaded(func, c))
                        c = Instruction("LOAD_CONST", len(consts) - 1, position=c.position)
                    out.append(c)
                    n += 1

        emit(part.first, part.end)
        out.append(Instruction("RETURN_VALUE"))
        names = tuple(f"x{n}" for n in range(self.count))
        made = assembly.assemble(
            out, code, code.co_stacksize + 2, co_argcount=len(names), co_posonlyargcount=0, co_kwonlyargcount=0,
            co_nlocals=len(names), co_varnames=names, co_cellvars=(), co_freevars=(), co_flags=3, co_consts=tuple(consts),
        )  # fmt: skip
        function = python_types.FunctionType(made, func.__globals__, code.co_name)
        function.__qualname__, function.__module__ = func.__qualname__, func.__module__
        return _core.make_dispatcher(function, self.options)

    def __call__(self, *args):
        raise TypeError("an expression for threads runs in compiled code only")

    def __looplift_implementation__(self, args, kwargs):
        if self.callee is not None:
            return self._stencil(args)
        types = tuple(t.unliteral for t in args)
        if self.role in _shared_calls.ROLES:
            return _shared_calls.implementation(self, types) or _declined(self.count)
        text = self._text(types)
        return _declined(self.count) if text is None else self.made_of(text, {})

    def made_of(self, text, further):
        """The function of the arguments with a body and, besides the usual names, `further` ones."""
        names = ", ".join(f"x{n}" for n in range(self.count))
        scope = {"np": np, "prange": prange, "whole": self.whole, "inner": self.inner, "apart": _sharing.apart}
        scope |= {**further, "__name__": __name__}
        exec(compile(f"def implementation({names}):\n{text}", f"<looplift: {self.kind} at line {self.line}>", "exec"), scope)
        found = scope["implementation"]
        found.__looplift_options__ = {**self.options, "parallel": {"numpy": False}}
        found.__looplift_jitable__ = True
        self.made.append(found)
        return found

    def _stencil(self, args):
        found = self.callee.__looplift_threads__(args)
        self.made.append(found)
        return found

    def result(self, dispatcher, types):
        """The type of what a function gives for arguments of these types, or None."""
        try:
            _core.compile_signature(dispatcher, types)
        except NumbaError:
            return None
        return next((ret for args, ret in _core.overload_types(dispatcher) if args == types), None)

    def _text(self, types):
        """The body of the implementation, or None where threads do not serve."""
        if self.role in ("arange", "linspace"):
            return _threaded.spaced(self, types)
        if self.role in _CREATORS:
            return self._creation(types)
        if self.role in _OTHERS:
            return _OTHERS[self.role](self, types)
        if self.role == "along":
            return _threaded.along(self, types, self._tree.axis)
        if not any(is_array(t) and t.ndim for t in types):
            self.reason = "it has no arrays"
            return None
        ret = self.result(self.whole, types)
        if self.role == "in place" and not (is_array(types[0]) and types[0].ndim):
            self.reason = "what it changes is no array"
            return None
        if self.role in (None, "in place"):
            base = ret
        elif self.inner_is_leaf:
            base = next(t for t in types)
        else:
            base = self.result(self.inner, types)
        if ret is None or base is None or not is_array(base) or base.ndim == 0 or base.dtype.name not in CLASSES:
            self.reason = "its result is no array of numbers"
            return None
        full = [n for n, t in enumerate(types) if is_array(t) and t.ndim == base.ndim]
        if not full:
            self.reason = "its operands are stretched"
            return None
        if self.role is None and base.layout != "C":
            self.reason = "its result is not in C order"
            return None
        if any(is_array(t) and t.dtype.name not in CLASSES for t in types):
            self.reason = "its operands are not numbers"
            return None
        flat = base.ndim > 1 and all(not is_array(t) or not t.ndim or (n in full and t.layout == "C") for n, t in enumerate(types))
        if self.role in ("argmin", "argmax") and base.ndim > 1 and not flat:
            self.reason = "its operand is not in C order"
            return None
        if self.role == "in place":
            return self._changed(types, full, flat)
        return self._elementwise(types, base, full, flat) if self.role is None else self._reduction(types, ret, base, full, flat)

    def least(self):
        return max(LEAST, WORK // self.work)

    def head(self, full, flat, least=None):
        """Lines up to the pieces; a name for each argument, and for the first that is cut into pieces."""
        names = [f"x{n}" for n in range(self.count)]
        first = f"x{full[0]}"
        conditions = [f"{first}.size < {least or self.least()}"]
        conditions += [f"x{n}.shape != {first}.shape" for n in full[1:]]
        lines = [f"    if {' or '.join(conditions)}:", f"        return whole({', '.join(names)})"]
        if flat:
            for n in full:
                lines.append(f"    f{n} = x{n}.reshape(x{n}.size)")
                names[n] = f"f{n}"
        lines.append(f"    n = len({names[full[0]]})")
        lines.append(f"    m = min(n, {PIECES})")
        pieces = [f"{name}[lo:hi]" if k in full else name for k, name in enumerate(names)]
        return lines, pieces, first

    def _elementwise(self, types, base, full, flat):
        lines, pieces, first = self.head(full, flat)
        lines.append(f"    out = np.empty({first}.shape, np.{CLASSES[base.dtype.name].__name__})")
        lines.append(f"    to = {'out.reshape(out.size)' if flat else 'out'}")
        lines += [
            "    for k in prange(m):",
            "        lo = k * n // m",
            "        hi = (k + 1) * n // m",
            f"        to[lo:hi] = whole({', '.join(pieces)})",
            "    return out",
        ]
        return "\n".join(lines) + "\n"

    def _changed(self, types, full, flat):
        """An array changed in place, where nothing else that is read lies in its memory."""
        if 0 not in full:
            self.reason = "its operands are stretched"
            return None
        lines, pieces, first = self.head([0, *(n for n in full if n)], flat)
        others = [n for n, t in enumerate(types) if n and is_array(t)]
        if others:
            lines.insert(2, f"    if not ({' and '.join(f'apart(x{n}, x0)' for n in others)}):")
            lines.insert(3, lines[1])
        lines += [
            "    for k in prange(m):",
            "        lo = k * n // m",
            "        hi = (k + 1) * n // m",
            f"        whole({', '.join(pieces)})",
            "    return x0",
        ]
        return "\n".join(lines) + "\n"

    def _reduction(self, types, ret, base, full, flat):
        kind, part, end = _REDUCTIONS[self.role]
        numbers = ("int", "uint", "float64", "bool")
        if self.role in ("mean", "var", "std") and not base.dtype.name.startswith(numbers):
            self.reason = f"{self.role} of {base.dtype} keeps its order of additions"
            return None
        if not is_number(ret) or ret.unliteral.name not in CLASSES:
            self.reason = "its result is no number"
            return None
        lines, pieces, first = self.head(full, flat)
        piece = pieces[0] if self.inner_is_leaf else f"inner({', '.join(pieces)})"
        # Sums of many integers, as floats, do not wrap around.
        total = f"np.sum({piece})" if base.dtype.name.startswith("float") else f"np.mean({piece}) * (hi - lo)"
        part = total if self.role == "mean" else part.format(piece=piece)
        kind = kind or CLASSES[ret.unliteral.name]
        lines.append(f"    parts = np.empty(m, np.{np.dtype(kind).name if kind is not np.bool_ else 'bool_'})")
        lines.append(f"    size = {first}.size")
        split = ["    for k in prange(m):", "        lo = k * n // m", "        hi = (k + 1) * n // m"]
        if self.role in ("argmin", "argmax"):
            lines.append(f"    values = np.empty(m, np.{CLASSES[base.dtype.name].__name__})")
            lines += split
            lines += [
                f"        piece = {piece}",
                f"        i = np.{self.role}(piece)",
                "        parts[k] = lo + i",
                "        values[k] = piece[i]",
                f"    return parts[np.{self.role}(values)]",
            ]
            return "\n".join(lines) + "\n"
        if self.role in ("var", "std"):
            lines += [*split, f"        parts[k] = {total}", "    mean = np.sum(parts) / size"]
        lines += [*split, f"        parts[k] = {part}", f"    return {end}"]
        return "\n".join(lines) + "\n"

    def _creation(self, types):
        ret = self.result(self.whole, types)
        if ret is None or not is_array(ret) or ret.ndim == 0 or ret.dtype.name not in CLASSES:
            self.reason = "its result is no array of numbers"
            return None
        names = ", ".join(f"x{n}" for n in range(self.count))
        return (
            f"    out = np.empty(x0, np.{CLASSES[ret.dtype.name].__name__})\n"
            f"    n = out.size\n"
            f"    if n < {WORK}:\n"
            f"        return whole({names})\n"
            f"    to = out.reshape(n)\n"
            f"    for k in prange({PIECES}):\n"
            f"        to[k * n // {PIECES} : (k + 1) * n // {PIECES}] = {'1' if self.role == 'ones' else 'x1'}\n"
            f"    return out\n"
        )


def rewrite(func, options, outside):
    """A function like `func` with its expressions offered to threads, and the `Expression`s; `func` itself if it has none.
    `outside(flow)` gives the blocks in which expressions stay as they are."""
    code = func.__code__
    if code.co_flags & 0x2A0:
        return func, []
    flow = Flow(code, assembly.decode(code))
    if not flow.supported:
        return func, []
    reader, left = _Reader(func, flow), outside(flow)
    found = {}
    for block in flow.reached:
        if block not in left:
            for tree in reader.fused(reader.expressions(block)):
                found[tree.start] = tree
    if not found:
        return func, []
    consts, made, before, after, first_of = list(code.co_consts), [], {}, {}, {}
    for start, tree in found.items():
        # Closure variables stay where they are: a leaf is evaluated in the function itself.
        expression = Expression(reader, tree, options)
        made.append(expression)
        consts.append(expression)
        place, declined, done = flow.instructions[start], Instruction("POP_TOP"), Instruction("NOP")
        given = [k.copy() for leaf in expression.arguments for k in (*flow.instructions[leaf.start : leaf.end], *leaf.extra)]
        offer = _call(len(consts) - 1, given, expression.count)
        # (A statement leaves no value.)
        drop = [Instruction("POP_TOP")] if tree.value is not None else []
        offer += [Instruction("COPY", 1), assembly.jump_if_none(declined), *drop, assembly.jump(done), declined]
        for k in [*offer, done]:
            k.position, k.handler = place.position, place.handler
        before[start], first_of[id(place)] = offer, offer[0]
        after[tree.end - 1] = done
    out = []
    for n, k in enumerate(flow.instructions):
        out += before.get(n, ())
        out.append(k)
        if n in after:
            out.append(after[n])
    for k in flow.instructions:
        if k.target is not None and id(k.target) in first_of:
            k.target = first_of[id(k.target)]
    extra = 3 + max(len(t.leaves) for t in found.values()) + 4
    assembled = assembly.assemble(out, code, code.co_stacksize + extra, co_consts=tuple(consts))
    new = python_types.FunctionType(assembled, func.__globals__, func.__name__, func.__defaults__, func.__closure__)
    new.__kwdefaults__, new.__qualname__, new.__module__ = func.__kwdefaults__, func.__qualname__, func.__module__
    return new, made


def _call(const, arguments, count):
    """As `assembly.call`, of `count` arguments that take several instructions."""
    out = assembly.call(const, arguments)
    for k in out[-2:]:
        if k.name in ("PRECALL", "CALL"):
            k.arg = count
    return out
