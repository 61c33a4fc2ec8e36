"""Writes of parallel loops that several iterations may make to one element: what they look like in bytecode, and the warning about them.

An index *tells iterations apart* if each iteration has another one, as far as can be seen: if it is made of the loop's variable by `+ - * <<`,
or a part of it is. It does not if the variable takes no part, or goes through `%`, `//` and the like, a call or another array. The variable of
an inner loop over `range(start, stop)` does if the start is one of places that lie apart: a multiple or a share of the loop's variable, or what an
array or a function gives for it (`indptr[i]`), as opposed to the variable itself.
"""

import warnings

from looplift import _positions
from looplift.errors import NumbaParallelSafetyWarning

_LOADS = ("LOAD_FAST", "LOAD_FAST_CHECK")
_ADD, _FLOORDIV, _LSHIFT, _MULTIPLY, _REMAINDER, _RSHIFT, _SUBTRACT, _AND = 0, 2, 3, 5, 6, 9, 10, 1
_PLAIN = (_ADD, _LSHIFT, _MULTIPLY, _SUBTRACT)
_JOINING = (_FLOORDIV, _REMAINDER, _RSHIFT, _AND)
_DEPTH = 8


class _Part:
    """What a part of an index is made of: the loop's variables among it, whether others that the loop sets are, operators, whether
    everything about it is understood."""

    def __init__(self):
        self.loaded, self.varies, self.operators, self.plain = set(), False, set(), True

    def tells(self):
        scaled = {_MULTIPLY, _LSHIFT} & self.operators
        return self.plain and not (self.varies and not scaled)

    def lies_apart(self):
        """Whether, as the start of an inner range, it may be well away from the starts of other iterations."""
        return not {_REMAINDER, _AND} & self.operators and bool(not self.plain or {_MULTIPLY, _LSHIFT} & self.operators)


class _Loop:
    def __init__(self, plan):
        self.plan, self.ks, self.before = plan, plan.flow.instructions, plan.flow.before
        self.numbers = [n for n, _ in plan._instructions()]
        self.inductions = inductions(plan)
        self.stores = {}
        for n in self.numbers:
            if self.ks[n].name == "STORE_FAST":
                self.stores.setdefault(self.ks[n].arg, []).append(n)

    def start(self, end, depth):
        """The first of the instructions before `end` that put on the stack what lies above `depth`."""
        return next(
            (m for m in range(end - 1, -1, -1) if self.before[m] is not None and len(self.before[m]) == depth), None
        )

    def part(self, first, end, depth=0):
        out = _Part()
        for k in self.ks[first:end]:
            if k.name in _LOADS:
                self._variable(k.arg, out, depth)
            elif k.name == "BINARY_OP":
                out.operators.add(k.arg)
                out.plain = out.plain and k.arg in _PLAIN
            elif k.name not in ("LOAD_CONST", "BUILD_SLICE", "UNARY_NEGATIVE", "NOP"):
                out.plain = False
        return out

    def _variable(self, v, out, depth):
        if any(v in together for together in self.inductions):
            out.loaded.add(v)
            return
        stores = self.stores.get(v, ())
        start = self._start_of(stores[0], depth) if len(stores) == 1 and depth < _DEPTH else None
        if start is not None and start.loaded and start.lies_apart():
            out.loaded |= start.loaded
            return
        if len(stores) == 1 and depth < _DEPTH and self.ks[stores[0] - 1].name not in ("FOR_ITER", "UNPACK_SEQUENCE"):
            n = end = stores[0]
            first = self.start(n, len(self.before[n]) - 1)
            if self.ks[n - 1].name == "STORE_FAST":
                # Of several values assigned at once, those that follow are stored first.
                end = self.start(n - 1, len(self.before[n - 1]) - 1)
            if first is not None and end is not None:
                made = self.part(first, end, depth + 1)
                out.loaded |= made.loaded
                out.varies |= made.varies
                out.operators |= made.operators
                out.plain = out.plain and made.plain
                return
        out.varies = out.varies or bool(stores)

    def _start_of(self, n, depth):
        """What the start of a range with two ends is made of, if instruction `n` stores the variable of a loop over one."""
        if n < 4 or [k.name for k in self.ks[n - 2 : n]] != ["GET_ITER", "FOR_ITER"]:
            return None
        call = next((m for m in range(n - 3, n - 5, -1) if self.ks[m].name == "CALL"), None)
        if call is None or self.ks[call].arg < 2 or self.before[call] is None:
            return None
        stop = call - 1 if self.ks[call - 1].name == "PRECALL" else call
        first = stop
        for _ in range(self.ks[call].arg):
            stop, first = first, self.start(first, len(self.before[first]) - 1)
            if first is None:
                return None
        return self.part(first, stop, depth + 1)

    def parts(self, first, end):
        """The parts of an index: of a tuple, each."""
        last = self.ks[end - 1]
        if last.name != "BUILD_TUPLE":
            return [self.part(first, end)]
        out, stop = [], end - 1
        for _ in range(last.arg):
            start = self.start(stop, len(self.before[stop]) - 1)
            if start is None or start < first:
                return [self.part(first, end)]
            out.append(self.part(start, stop))
            stop = start
        return out

    def tells_apart(self, parts):
        loaded = set().union(*(p.loaded for p in parts if p.tells()))
        # (Quotient and remainder together are a position.)
        quotients = [p.loaded for p in parts if p.operators & {_FLOORDIV, _RSHIFT}]
        remainders = [p.loaded for p in parts if p.operators & {_REMAINDER, _AND}]
        for q in quotients:
            loaded |= set().union(*(q & r for r in remainders))
        return any(together <= loaded for together in self.inductions)

    def array(self, at):
        """The number of the variable that instruction `at` loads, None for a global; False if the array is the iteration's own."""
        k = self.ks[at]
        if k.name in _LOADS:
            return False if k.arg in self.stores else k.arg
        return None if k.name in ("LOAD_GLOBAL", "LOAD_DEREF") else False


def inductions(plan):
    """Sets of variables that together tell iterations apart: the loop's variable, or the indices of its position."""
    ks, n = plan.flow.instructions, plan.loop.header.first + 1
    if ks[n].name != "STORE_FAST":
        return ()
    found, n = [{ks[n].arg}], n + 1
    consts = plan.func.__code__.co_consts
    head = ks[n : n + 2]
    if any(k.name == "LOAD_CONST" and consts[k.arg] is _positions.position for k in head):
        while ks[n].name != "CALL":
            n += 1
        n += 1
        count, n = (ks[n].arg, n + 1) if ks[n].name == "UNPACK_SEQUENCE" else (1, n)
        if all(k.name == "STORE_FAST" for k in ks[n : n + count]):
            found.append({k.arg for k in ks[n : n + count]})
    return found


def _changes(loop):
    """(instruction, array) of each `y[k] += …` whose index does not tell iterations apart."""
    ks, before = loop.ks, loop.before
    for n in loop.numbers:
        # The array and its index, or the two ends of a slice, are copied to be stored to.
        width = {"BINARY_SUBSCR": 2, "BINARY_SLICE": 3}.get(ks[n].name)
        if width is None or n < width or any(k.name != "COPY" or k.arg != width for k in ks[n - width : n]):
            continue
        depth = len(before[n - width]) - width
        start = loop.start(n - width, depth + 1)
        if start is None or len(before[start - 1]) != depth:
            continue
        array = loop.array(start - 1)
        parts = loop.parts(start, n - width) if width == 2 else [loop.part(start, n - width)]
        if array is not False and not loop.tells_apart(parts):
            yield n, array


def _writes(loop):
    """The same of each `y[k] = …` whose index the loop's variable reaches only through operators that join iterations."""
    for n in loop.numbers:
        # (Slices, whose ends are computed, may be the iteration's own.)
        if loop.ks[n].name != "STORE_SUBSCR" or loop.ks[n - 1].name in ("SWAP", "BUILD_SLICE"):
            continue
        depth = len(loop.before[n]) - 1
        start = loop.start(n, depth)
        if start is None or len(loop.before[start - 1]) != depth - 1:
            continue
        array, parts = loop.array(start - 1), loop.parts(start, n)
        joins = any(p.loaded and p.operators & set(_JOINING) for p in parts)
        if array is not False and joins and not loop.tells_apart(parts):
            yield n, array


def _reads(loop):
    """The same of each `y[i] = …` in a loop that also reads `y[i - 1]` or the like, which another iteration writes."""
    ks, (variable, *_) = loop.ks, (*loop.inductions, set())
    if len(loop.inductions) != 1:
        return
    (i,) = variable
    # (With a step, the other elements may be no iteration's.)
    before_loop = loop.plan.loop.header.first
    steps = any(k.name == "CALL" and k.arg > 2 for k in ks[max(0, before_loop - 2) : before_loop])
    written = {}
    for n in loop.numbers:
        if (
            ks[n].name == "STORE_SUBSCR"
            and ks[n - 1].name in _LOADS
            and ks[n - 1].arg == i
            and ks[n - 2].name in _LOADS
        ):
            written.setdefault(loop.array(n - 2), n)
    for n in loop.numbers:
        shape = [k.name for k in ks[n - 4 : n]]
        if (
            steps
            or ks[n].name != "BINARY_SUBSCR"
            or len(shape) < 4
            or shape[0] not in _LOADS
            or shape[1] not in _LOADS
            or shape[2:] != ["LOAD_CONST", "BINARY_OP"]
        ):
            continue
        constant = loop.plan.func.__code__.co_consts[ks[n - 2].arg]
        array = loop.array(n - 4)
        if (
            ks[n - 3].arg == i
            and ks[n - 1].arg in (_ADD, _SUBTRACT)
            and constant
            and array is not False
            and array in written
        ):
            yield written[array], array


def warn(func, plan, site):
    """Warns of what iterations of a parallel loop do to each other, once for a line and array."""
    loop = _Loop(plan)
    if not loop.inductions:
        return
    code, seen = func.__code__, set()
    for n, array in (*_changes(loop), *_writes(loop), *_reads(loop)):
        line, name = loop.ks[n].position[0], "`an array`" if array is None else f"`{code.co_varnames[array]}`"
        if (line, name) in seen:
            continue
        seen.add((line, name))
        warnings.warn(
            f"{code.co_filename}:{line}: iterations of the parallel loop at line {site.line} may change the same element of "
            f"{name} at the same time, and lose changes: index it with the loop's variable, or sum into a variable",
            NumbaParallelSafetyWarning,
            stacklevel=2,
        )
