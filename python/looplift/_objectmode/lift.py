"""Takes loops out of a function that runs in the interpreter, so that they can be compiled.

For each loop that qualifies two things are made. First a *loop function*: a Python function whose code is the loop alone,
whose arguments are the values that the loop reads from outside, and which returns the variables that the loop leaves behind,
with the number of the way on which it was left. Then, in a copy of the whole function, a call before the loop: it offers the
same values to an `Entry` (`entries.py`). An answer of None means that the loop was not run, and the original loop, which
is still there, runs in the interpreter; otherwise the variables are stored and control goes where the loop would have gone.
So every loop keeps its interpreted twin, inner loops of a loop that cannot be compiled are tried on their own, and the
exception table needs no change: the call stands where the loop stands.

A variable that the loop may or may not bind travels as None with a flag beside it. Loops that are left out have a reason,
with the line.
"""

import types
import weakref

from looplift._objectmode import assembly
from looplift._objectmode.assembly import Instruction
from looplift._objectmode.flow import ITERATOR, Flow

# Instructions that a lifted loop must not have, with what to call them.
_REFUSED = {
    "YIELD_VALUE": "a `yield`",
    "SEND": "an `await` or `yield from`",
    "GET_AWAITABLE": "an `await`",
    "GET_AITER": "an `async for`",
    "IMPORT_NAME": "an import",
    "STORE_GLOBAL": "a global variable that it changes",
    "DELETE_GLOBAL": "a global variable that it deletes",
    "STORE_NAME": "a name of a class body or module",
    "LOAD_NAME": "a name of a class body or module",
    "DELETE_FAST": "a `del`",
    "DELETE_DEREF": "a `del`",
    "DELETE_NAME": "a `del`",
    "DELETE_ATTR": "a `del`",
    "DELETE_SUBSCR": "a `del`",
    "STORE_ATTR": "an attribute that it sets",
    "STORE_DEREF": "a variable shared with an inner function that it sets",
    "LOAD_CLOSURE": "an inner function",
    "MAKE_FUNCTION": "an inner function",
    "BEFORE_WITH": "a `with`",
    "BEFORE_ASYNC_WITH": "an `async with`",
    "LOAD_BUILD_CLASS": "a class",
    "LOAD_FAST_AND_CLEAR": "a comprehension",
    "LOAD_SUPER_ATTR": "a `super()`",
    "SETUP_ANNOTATIONS": "an annotation",
    "LOAD_LOCALS": "a class body",
    "LOAD_FROM_DICT_OR_DEREF": "a class body",
    "LOAD_FROM_DICT_OR_GLOBALS": "a class body",
}
# What the expression after `in` may consist of to become part of the loop function.
_EXPRESSION = frozenset((
    "LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_CONST", "LOAD_GLOBAL", "LOAD_DEREF", "PUSH_NULL", "PRECALL", "CALL", "CALL_KW",
    "KW_NAMES", "BINARY_OP", "UNARY_NEGATIVE", "COPY_FREE_VARS", "NOP", "COMPARE_OP", "BINARY_SUBSCR",
))  # fmt: skip
_ITERABLES = frozenset(("range", "enumerate", "zip", "reversed", "len", "min", "max", "abs", "int"))
# Calls that read a function's variables behind its back.
_FRAME_READERS = frozenset(("locals", "vars", "eval", "exec", "dir", "super", "breakpoint"))
# Instructions and calls without which a loop changes nothing but its own variables.
_PURE_CALLS = frozenset(("range", "enumerate", "zip", "reversed", "len", "min", "max", "abs", "int", "float", "bool", "round", "sum", "divmod", "complex"))
_IMPURE = frozenset(("STORE_SUBSCR", "STORE_SLICE", "LIST_APPEND", "SET_ADD", "MAP_ADD", "CALL_FUNCTION_EX"))


class Refused(Exception):
    """A loop stays in the interpreter; the text says why."""


class Site:
    """A loop of a function.

    `line` where it starts; `reason` why it is not offered to the compiler, or None; `function` the loop function; `pure`
    whether running it twice is running it once, provided that no argument of `scalars` is an array; `names` of global
    variables that are passed as arguments; `results` of (name, number of the argument with its value before or None,
    whether a flag says that it is bound). `make(kept)` gives a loop function in which a flag stands before each result in
    `kept`, too: whether the loop has set it."""

    def __init__(self, line):
        self.line, self.reason = line, None
        self.function = None
        self.pure = False
        # Arguments that must not be arrays for the loop to be pure: it changes them in place.
        self.scalars = ()
        self.names = ()
        self.results, self.make = (), None
        # A function of the arguments that gives the number of iterations, where that can be told before.
        self.length = None
        # Whether there are loops inside.
        self.nested = False


def sites(func, parallel=None):
    """The loops of a function (a list of `Site`), and what `patch` needs to offer them. `parallel(func, instruction)`: only
    loops over a call of what such an instruction loads, with all variables that they hand on among their results."""
    code = func.__code__
    instructions = assembly.decode(code)
    flow = Flow(code, instructions)
    if not flow.supported:
        return [], None
    live = flow.live()
    out, plans = [], []
    for loop in flow.loops:
        if parallel is not None and not _iterates(func, flow, loop, parallel):
            continue
        line = next((k.position[0] for n in range(loop.header.first, loop.header.end) if (k := instructions[n]).position[0]), code.co_firstlineno)
        site = Site(line)
        out.append(site)
        try:
            plans.append((site, _Plan(func, flow, loop, live, site, parallel is not None)))
        except Refused as why:
            site.reason = str(why)
    return out, (flow, plans)


def _iterates(func, flow, loop, wanted):
    """Whether a loop iterates over a call of what an instruction in `wanted` loads."""
    first = loop.header.first
    outside = [p for p in loop.header.preds if p not in loop.blocks]
    if flow.instructions[first].name != "FOR_ITER" or len(outside) != 1 or flow.instructions[outside[0].end - 1].name != "GET_ITER":
        return False
    get_iter = outside[0].end - 1
    depth, n = len(flow.before[get_iter]) - 1, get_iter - 1
    while n > 0 and (flow.before[n] is None or len(flow.before[n]) > depth):
        n -= 1
    return flow.instructions[get_iter - 1].name in ("CALL", "CALL_KW") and any(wanted(func, k) for k in flow.instructions[n : n + 3])


def patch(func, made, entries):
    """A function like `func` that offers loops to `entries` (by site; a site without one is not offered)."""
    flow, plans = made
    code = func.__code__
    consts = list(code.co_consts)
    before, redirect = {}, {}
    for site, plan in plans:
        if site in entries:
            consts.append(entries[site])
            block = plan.offer(len(consts) - 1, consts)
            before.setdefault(plan.place, []).append(block)
            if plan.iterable is None:
                redirect[plan.place] = (block[0], plan.region)
    if not before:
        return func
    # The same instructions with the offers in their places. A jump to a loop from outside goes to its offer; one from
    # inside goes to the loop itself.
    out = []
    for n, k in enumerate(flow.instructions):
        for block in before.get(n, ()):
            out.extend(block)
        out.append(k)
    first_of = {place: blocks[0][0] for place, blocks in before.items()}
    undo = []
    for b in flow.reached:
        last = flow.instructions[b.end - 1]
        if last.target is None:
            continue
        place = flow.index[id(last.target)]
        if place in first_of:
            inner = redirect.get(place)
            if inner is None or b not in inner[1]:
                undo.append((last, last.target))
                last.target = first_of[place]
    for site, plan in plans:
        for block in before.get(plan.place, ()) if site in entries else ():
            for k in block:
                place = None if k.target is None else flow.index.get(id(k.target))
                if place in first_of and k.target is not first_of[place] and (place not in redirect or plan.loop.header not in redirect[place][1]):
                    k.target = first_of[place]
    extra = max((len(p.arguments) + len(p.results) + 6 for s, p in plans if s in entries), default=0)
    try:
        new = assembly.assemble(out, code, code.co_stacksize + extra, co_consts=tuple(consts))
    finally:
        for k, target in undo:
            k.target = target
    return _function(func, new)


def _length(iterable, *_):
    return len(iterable)


def _function(func, code):
    new = types.FunctionType(code, func.__globals__, func.__name__, func.__defaults__, func.__closure__)
    new.__kwdefaults__ = func.__kwdefaults__
    new.__qualname__ = func.__qualname__
    new.__module__ = func.__module__
    new.__doc__ = func.__doc__
    new.__dict__.update(func.__dict__)
    return new


def _raising(flow):
    """The blocks from which every way raises an exception."""
    found = set()
    while True:
        more = {
            b
            for b in flow.reached
            if b not in found
            and (flow.instructions[b.end - 1].name == "RAISE_VARARGS" or (b.successors() and all(s in found for s in b.successors())))
        }
        if not more:
            return found
        found |= more


class _Plan:
    """How one loop is taken out: made once a function, refused with a reason."""

    def __init__(self, func, flow, loop, live, site, parallel=False):
        self.func, self.flow, self.loop, self.parallel = func, flow, loop, parallel
        self.region = self._region()
        self._check()
        self._entry()
        self._variables(live)
        self._exits_checked()
        self._build(site)

    def _instructions(self):
        for b in sorted(self.region, key=lambda b: b.first):
            for n in range(b.first, b.end):
                yield n, self.flow.instructions[n]

    def _region(self):
        """The loop's blocks, and the handlers that belong to it: those reached from inside only, unless they return."""
        flow, region = self.flow, set(self.loop.blocks)
        grown = True
        if self.parallel:
            # A way that ends in an exception is no way out: the exception is the loop's.
            raising = _raising(flow)
            while more := {s for b in region for s in b.successors() if s in raising and s not in region and all(p in region for p in s.preds)}:
                region |= more
        while grown:
            grown = False
            for b in list(region):
                for h in b.handlers:
                    if not all(p in region for p in h.preds):
                        continue
                    for x in flow.reached:
                        if x not in region and x.order is not None and flow.dominates(h, x):
                            if not flow.instructions[x.end - 1].name.startswith("RETURN"):
                                region.add(x)
                                grown = True
        return region

    def _check(self):
        flow, code = self.flow, self.func.__code__
        for _, k in self._instructions():
            if k.name in _REFUSED:
                raise Refused(f"it has {_REFUSED[k.name]}")
            if k.name == "LOAD_GLOBAL" and code.co_names[k.arg >> 1] in _FRAME_READERS:
                raise Refused(f"it calls {code.co_names[k.arg >> 1]}()")
        for b in self.region:
            if flow.instructions[b.end - 1].name.startswith("RETURN"):
                raise Refused("it returns from a handler")
            for h in b.handlers:
                if h not in self.region and all(p in self.region for p in h.preds):
                    raise Refused("a handler of it does not come back")

    def _entry(self):
        """Where the offer goes, what the operand stack has there, and what the loop function evaluates first."""
        flow, header = self.flow, self.loop.header
        ks = flow.instructions
        first = ks[header.first]
        self.iterable, self.expression = None, ()
        if first.name == "FOR_ITER":
            outside = [p for p in header.preds if p not in self.region]
            if len(outside) != 1 or outside[0].next is not header or ks[outside[0].end - 1].name != "GET_ITER":
                raise Refused("it does not start with `for`")
            get_iter = outside[0].end - 1
            self.base = flow.before[get_iter][:-1]
            self.place, self.iterable = get_iter, "value"
            start = self._expression_start(get_iter, outside[0])
            if start is not None and not self.parallel:
                self.place, self.iterable = start, "expression"
                self.expression = [ks[n] for n in range(start, get_iter)]
        else:
            self.base = header.stack
            self.place = header.first
            if any(p.next is header and p in self.region for p in header.preds):
                raise Refused("it starts in the middle of itself")
        self.handler = ks[self.place].handler
        self.position = ks[self.place].position

    def _expression_start(self, get_iter, block):
        """The first instruction of the expression that is iterated, if it is a call of `range`, `zip` and the like."""
        flow, ks, code = self.flow, self.flow.instructions, self.func.__code__
        depth, n = len(self.base), get_iter
        while True:
            n -= 1
            if n < block.first or ks[n].name not in _EXPRESSION or flow.before[n] is None or len(flow.before[n]) < depth:
                return None
            if ks[n].name == "LOAD_GLOBAL" and code.co_names[ks[n].arg >> 1] not in _ITERABLES and ks[n].arg & 1:
                return None
            if len(flow.before[n]) == depth:
                break
        calls = any(ks[m].name == "CALL" for m in range(n, get_iter))
        # 3.11 and 3.12 push an empty slot first; it is the deepest instruction of the expression.
        return n if calls else None

    def _variables(self, live):
        flow, code = self.flow, self.func.__code__
        stored = {k.arg for _, k in self._instructions() if k.name == "STORE_FAST"}
        if _FRAME_READERS & set(code.co_names):
            after = stored
        else:
            after = set()
            for b in self.region:
                for s in b.successors():
                    if s not in self.region:
                        after |= live[s]
                # What a handler outside reads must be what the loop had left behind when it failed.
                for h in b.handlers:
                    if h not in self.region and live[h] & stored:
                        self.needs_purity = True
                        after |= live[h]
        reads = flow.live(self.region)[self.loop.header]
        expression_reads = {k.arg for k in self.expression if k.name in ("LOAD_FAST", "LOAD_FAST_CHECK")}
        bound = self._bound_here()
        needed = set(reads) | expression_reads
        if not needed <= bound:
            name = code.co_varnames[min(needed - bound)]
            raise Refused(f"`{name}` may be unbound where it starts")
        self.arguments = sorted(needed)
        self.results = sorted(stored & (after | needed if self.parallel else after))
        # Results that the loop does not read first and may leave unbound.
        through = flow.live(self.region, frozenset(self.results))[self.loop.header]
        self.flagged = [v for v in self.results if v in through and v not in needed]
        # Cells that are read, and global variables that hold data, become arguments.
        self.in_place = self._in_place()
        # (In compiled code closure variables are constants, and stay what they are.)
        free = len(code.co_varnames) + sum(c not in code.co_varnames for c in code.co_cellvars)
        self.first_free = free if self.parallel else 1 << 30
        self.cells = sorted({k.arg for k in self._all() if k.name == "LOAD_DEREF" and k.arg < self.first_free})
        if not bound.issuperset(self.cells):
            raise Refused("a variable shared with an inner function may be unbound where it starts")
        self.globals = []
        space, builtins = self.func.__globals__, self.func.__builtins__
        for k in self._all():
            if k.name == "LOAD_GLOBAL":
                name = code.co_names[k.arg >> 1]
                if name in self.globals:
                    continue
                value = space.get(name, builtins.get(name) if isinstance(builtins, dict) else None)
                if not k.arg & 1 and is_data(value) and not self.parallel:
                    self.globals.append(name)

    def _in_place(self):
        """Variables that operators such as `+=` change, or None where they may change an object that is not the loop's own."""
        last, changed, stores = None, set(), {}
        for _, k in self._instructions():
            if last is not None and last.name == "BINARY_OP" and last.arg >= 13:
                if k.name != "STORE_FAST":
                    return None
                changed.add(k.arg)
            if k.name == "STORE_FAST":
                stores.setdefault(k.arg, []).append(last)
            last = k
        fresh = ("BINARY_OP", "LOAD_CONST", "UNARY_NEGATIVE")
        if any(s is None or s.name not in fresh for v in changed for s in stores[v]):
            return None
        return changed

    def _all(self):
        yield from self.expression
        for _, k in self._instructions():
            yield k

    def _bound_here(self):
        return self.flow.bound_at(self.place)

    def _exits_checked(self):
        """The ways out: (block, its target, through a jump), each with the iterators left on the operand stack."""
        self.exits, self.targets = [], []
        base = len(self.base)
        for b in sorted(self.region, key=lambda b: b.first):
            for jump, s in ((False, b.next), (True, b.jump)):
                if s is None or s in self.region:
                    continue
                k = self.flow.instructions[b.end - 1]
                exhausted = jump and k.name == "FOR_ITER"
                own = s.stack[base:]
                real = own[:-1] if exhausted and "END_FOR" in assembly._NUMBERS else own
                if len(s.stack) < base or any(tag != ITERATOR for tag in real):
                    raise Refused("it is left in the middle of an expression or a handler")
                if s not in self.targets:
                    self.targets.append(s)
                self.exits.append((b, s, jump))
        if not self.targets:
            raise Refused("it has no end")
        if self.parallel:
            # Way 0 is the end of the range, and only that.
            header, others = self.loop.header, self.targets
            end = next((s for b, s, jump in self.exits if b is header and jump), None)
            if end is None or any(s is end and not (b is header and jump) for b, s, jump in self.exits):
                raise Refused("it is left before its end, on the way on which it ends")
            self.targets = [end, *(s for s in others if s is not end)]

    def _build(self, site):
        """What the site says of the loop, and the loop function."""
        site.function = self._loop_function(site)
        site.nested = any(other is not self.loop and other.header in self.region for other in self.flow.loops)
        shift = self.iterable == "value"
        place = {v: shift + n for n, v in enumerate(self.arguments)}
        names = self.func.__code__.co_varnames
        site.results = tuple((names[v], place.get(v), v in self.flagged) for v in self.results)
        if self.iterable == "expression":
            site.length = self._loop_function(site, length=True)
        elif self.iterable == "value":
            site.length = _length
        # Entries are constants of code, which the garbage collector does not look into: they must not hold the function.
        this, results = weakref.ref(self), self.results
        site.make = lambda kept: this()._loop_function(site, frozenset(results[n] for n in kept))

    def _loop_function(self, site, kept=frozenset(), length=False):
        """The loop function, with flags before the results in `kept`; or one of the same arguments that gives the number of iterations."""
        flow, code = self.flow, self.func.__code__
        names, slots = [], {}

        def local(key, name):
            if key not in slots:
                slots[key] = len(names)
                taken = set(names)
                while name in taken:
                    name += "_"
                names.append(name)
            return slots[key]

        if self.iterable == "value":
            local("iterable", "iterable")
        for v in self.arguments:
            local(v, code.co_varnames[v])
        both = (*code.co_varnames, *(c for c in code.co_cellvars if c not in code.co_varnames), *code.co_freevars)
        for c in self.cells:
            local(("cell", c), both[c])
        for g in self.globals:
            local(("global", g), g)
        count = len(names)
        told = {*self.flagged, *kept}
        for v in sorted(told):
            local(("set", v), code.co_varnames[v] + "_is_bound")
        consts = list(code.co_consts)

        def const(value):
            for n, c in enumerate(consts):
                if type(c) is type(value) and c == value:
                    return n
            consts.append(value)
            return len(consts) - 1

        position = self.position

        def new(name, arg=0, target=None):
            return Instruction(name, arg, target, position)

        out, where, pure, free = [new("RESUME")], {}, True, []
        for v in sorted(told):
            if v not in kept:
                out += [new("LOAD_CONST", const(None)), new("STORE_FAST", local(v, code.co_varnames[v]))]
            out += [new("LOAD_CONST", const(False)), new("STORE_FAST", slots["set", v])]

        def translated(k):
            c = k.copy()
            c.handler = None
            if k.name in ("LOAD_FAST", "LOAD_FAST_CHECK", "STORE_FAST"):
                c.arg = local(k.arg, code.co_varnames[k.arg])
            elif k.name == "LOAD_DEREF" and k.arg >= self.first_free:
                free.append((c, k.arg - self.first_free))
            elif k.name == "LOAD_DEREF":
                c.name, c.arg, c.caches = "LOAD_FAST", slots["cell", k.arg], 0
            elif k.name == "LOAD_GLOBAL" and code.co_names[k.arg >> 1] in self.globals:
                c.name, c.arg, c.caches = "LOAD_FAST", slots["global", code.co_names[k.arg >> 1]], 0
            where[id(k)] = c
            return c

        if self.iterable == "value":
            out += [new("LOAD_FAST", slots["iterable"]), new("GET_ITER")]
        elif self.iterable == "expression":
            out += [translated(k) for k in self.expression] + [new("GET_ITER")]
        if length:
            out[-1:] = [Instruction("GET_LEN", position=position, caches=0), new("RETURN_VALUE")]
            return self._assembled(out, names, count, consts, ())
        ordered = sorted(self.region, key=lambda b: b.first)
        if ordered[0] is not self.loop.header:
            enter = assembly.jump(None)
            enter.position = position
            enter.target = flow.instructions[self.loop.header.first]
            out.append(enter)
        leaving = {}
        for n, b in enumerate(ordered):
            for m in range(b.first, b.end):
                k = flow.instructions[m]
                out.append(translated(k))
                if k.name == "STORE_FAST" and k.arg in told:
                    out += [new("LOAD_CONST", const(True)), new("STORE_FAST", slots["set", k.arg])]
                pure = pure and self._is_pure(k)
            if b.next is not None and (n + 1 == len(ordered) or ordered[n + 1] is not b.next):
                go = assembly.jump(None)
                go.position = position
                go.target = flow.instructions[b.next.first]
                out.append(go)
                leaving[id(go)] = (b, b.next, False)
        ends = {}
        for b, s, jump in self.exits:
            k = flow.instructions[b.end - 1]
            exhausted = jump and k.name == "FOR_ITER"
            if (s, exhausted) in ends:
                continue
            left = len(s.stack) - len(self.base)
            tail = []
            if exhausted and "END_FOR" in assembly._NUMBERS:
                tail.append(new("END_FOR"))
                left -= 1 if "CALL_KW" in assembly._NUMBERS else 2
            tail += [new("POP_TOP") for _ in range(left)]
            for v in self.results:
                if v in told:
                    tail.append(new("LOAD_FAST", slots["set", v]))
                tail.append(new("LOAD_FAST", local(v, code.co_varnames[v])))
            tail.append(new("LOAD_CONST", const(self.targets.index(s))))
            width = len(self.results) + len(told) + 1
            tail += [new("BUILD_TUPLE", width), new("RETURN_VALUE")]
            ends[s, exhausted] = tail[0]
            out += tail
        outside = {id(flow.instructions[s.first]): s for s in self.targets}
        for k in out:
            if k.target is None:
                continue
            if id(k.target) in where:
                k.target = where[id(k.target)]
            elif id(k.target) in outside:
                s = outside[id(k.target)]
                k.target = ends[s, k.name == "FOR_ITER"]
        for _, k in self._instructions():
            if k.handler is not None and id(k.handler[0]) in where:
                depth = k.handler[1] - len(self.base)
                where[id(k)].handler = (where[id(k.handler[0])], depth, k.handler[2])
        pure = pure and self.in_place is not None
        for c, n in free:
            c.arg = len(names) + n
        if free:
            out.insert(0, Instruction("COPY_FREE_VARS", len(code.co_freevars), position=position, caches=0))
        site.pure = pure
        if pure:
            shift = self.iterable == "value"
            site.scalars = tuple(shift + n for n, v in enumerate(self.arguments) if v in self.in_place)
        site.names = tuple(self.globals)
        if getattr(self, "needs_purity", False) and not pure:
            raise Refused("a handler around it reads what it computes")
        return self._assembled(out, names, count, consts, free)

    def _assembled(self, out, names, count, consts, free):
        code = self.func.__code__
        loop_code = assembly.assemble(
            out,
            code,
            code.co_stacksize + len(self.results) * 2 + 4,
            co_argcount=count,
            co_posonlyargcount=0,
            co_kwonlyargcount=0,
            co_nlocals=len(names),
            co_varnames=tuple(names),
            co_cellvars=(),
            co_freevars=code.co_freevars if free else (),
            co_consts=tuple(consts),
            co_flags=3 | (code.co_flags & 16 if free else 0),
        )
        function = types.FunctionType(loop_code, self.func.__globals__, code.co_name, None, self.func.__closure__ if free else None)
        function.__qualname__ = self.func.__qualname__
        function.__module__ = self.func.__module__
        return function

    def _is_pure(self, k):
        code = self.func.__code__
        if k.name in _IMPURE or k.name == "PUSH_NULL":
            return False
        if k.name == "LOAD_GLOBAL" and k.arg & 1:
            name = code.co_names[k.arg >> 1]
            return name in _PURE_CALLS and name not in self.func.__globals__
        if k.name in ("LOAD_ATTR", "LOAD_METHOD"):
            # `math.sin` and `np.sqrt`: functions of modules that only compute.
            return code.co_names[k.arg >> 1 if k.name == "LOAD_ATTR" and "END_FOR" in assembly._NUMBERS else k.arg] in _PURE_ATTRIBUTES
        return True

    def offer(self, entry, consts):
        """The instructions that offer the loop, to stand before it."""
        flow = self.flow

        def new(name, arg=0, target=None):
            return Instruction(name, arg, target)

        def const(value):
            consts.append(value)
            return len(consts) - 1

        given = [new("LOAD_FAST", v) for v in self.arguments] + [new("LOAD_DEREF", c) for c in self.cells]
        names = self.func.__code__.co_names
        given += [new("LOAD_GLOBAL", names.index(g) << 1) for g in self.globals]
        if self.iterable == "value":
            # Below the arguments stand the callable, its empty slot, and the iterable.
            given.insert(0, new("COPY", 3))
        out = assembly.call(entry, given)
        declined = new("POP_TOP")
        out += [new("COPY", 1), assembly.jump_if_none(declined)]
        width = len(self.results) + len(self.flagged) + 1
        out.append(new("UNPACK_SEQUENCE", width))
        for v in self.results:
            if v in self.flagged:
                unbound, done = new("POP_TOP"), new("NOP")
                out += [assembly.jump_if_false(unbound), new("STORE_FAST", v), assembly.jump(done), unbound, done]
            else:
                out.append(new("STORE_FAST", v))
        for n, target in enumerate(self.targets):
            following = new("NOP")
            if n + 1 < len(self.targets):
                out += [new("COPY", 1), new("LOAD_CONST", const(n)), assembly.equals(), assembly.jump_if_false(following)]
            out.append(new("POP_TOP"))
            if self.iterable == "value":
                out.append(new("POP_TOP"))
            out += [new("LOAD_CONST", const(None)) for _ in range(len(target.stack) - len(self.base))]
            out.append(assembly.jump(flow.instructions[target.first]))
            if n + 1 < len(self.targets):
                out.append(following)
        out.append(declined)
        for k in out:
            k.handler, k.position = self.handler, self.position
        return out


_PURE_ATTRIBUTES = frozenset(
    "sin cos tan asin acos atan atan2 sinh cosh tanh exp log log2 log10 log1p expm1 sqrt pow floor ceil trunc fabs hypot pi e inf nan "
    "isnan isinf isfinite gcd factorial degrees radians copysign abs absolute shape size ndim real imag T dtype minimum maximum".split()
)


def is_data(value):
    """Whether a global variable holds data, whose value counts at each run, rather than a function, class or module."""
    import numpy as np

    return isinstance(value, (int, float, complex, bool, str, bytes, tuple, list, dict, set, np.ndarray, np.generic))
