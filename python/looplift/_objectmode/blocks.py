"""`with objmode(...)` inside compiled code: the block becomes a function that the interpreter runs.

`rewrite` gives a function in which each such block is a call of a `Block`: it takes the values that the block reads, and gives
those that the annotations of `objmode` name, as the types that they name. The compiler asks a `Block` for its result type
(`__looplift_result__`) and calls it with Python objects, under the GIL; exceptions pass through.

As in Numba, a block must not be left by `return`, `break` or `continue`, every variable that it sets and that is used
afterwards must be annotated, and lists, whose copies it would change, and functions cannot go in. An annotation is an
expression of names that are known while compiling (`annotations`): a type, or its text.
"""

import types

from looplift import _core
from looplift._objectmode import annotations, assembly, cells
from looplift._objectmode.assembly import Instruction
from looplift._objectmode.flow import SAVED, Flow
from looplift.errors import CompilerError, TypingError, UnsupportedBytecodeError, UnsupportedError


class _ObjMode:
    """A block of a compiled function that the interpreter runs: ``with objmode(y="float64[:]"): y = anything(x)``.

    Keyword arguments name the variables that the block sets for the compiled code after it, with their types. In the
    interpreter it does nothing."""

    def __init__(self, types_of):
        self.annotations = types_of

    def __call__(self, *args, **types_of):
        if args:
            raise TypeError("objectmode context doesn't take any positional arguments: give the types of variables as keyword arguments")
        return _ObjMode(types_of)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None

    def __repr__(self):
        return f"objmode({', '.join(f'{k}={v!r}' for k, v in self.annotations.items())})" if self.annotations else "objmode"


objmode = _ObjMode({})


# Instructions with which a `with` is left: the call of `__exit__` with three None, and the pop of its result.
_EXIT = 6 if "PRECALL" in assembly._NUMBERS else 5


class Block:
    """A block as a callable: `names` of the variables that it gives and their `types`; `line` where it starts."""

    def __init__(self, function, names, kinds, line):
        self.function, self.names, self.line = function, names, line
        self._result = _core.tuple_type(list(kinds))

    def __looplift_result__(self, *args):
        from looplift import types as kinds

        for n, kind in enumerate(args):
            if isinstance(kind, kinds.List):
                self._refuse("list", n, "pass a looplift.typed.List or an array")
            elif isinstance(kind, kinds.Dispatcher):
                self._refuse("function", n, "call it by its global name")
        return self._result

    def _refuse(self, what, n, advice):
        name = self.function.__code__.co_varnames[n]
        raise TypingError(f"Does not support {what} type inputs into with-context for arg {n + 1} (`{name}`, objmode block at line {self.line}); {advice}")

    def __call__(self, *args):
        return self.function(*args)


def may_have_blocks(func):
    """Whether a function has a `with` at all."""
    return assembly._NUMBERS["BEFORE_WITH"] in func.__code__.co_code[::2]


def _returns_after(ks):
    """`return v` of a variable within a `with` as one after it: nothing that the context manager does changes the variable.

    The variable waits on the stack while the block is left; here it is read afterwards.
    """
    ks = list(ks)
    ahead = ["LOAD_FAST", "SWAP", "LOAD_CONST", "LOAD_CONST", "LOAD_CONST"]
    for n in range(len(ks) - len(ahead) - 2):
        if [k.name for k in ks[n : n + len(ahead)]] != ahead or ks[n + 1].arg != 2:
            continue
        end = next((m for m in range(n + len(ahead), min(n + len(ahead) + 4, len(ks))) if ks[m].name == "POP_TOP"), None)
        if end is None or end + 1 >= len(ks) or ks[end + 1].name != "RETURN_VALUE" or any(k.target in ks[n + 1 : end + 2] for k in ks if k.target):
            continue
        load, swap, first = ks[n : n + 3]
        for k in ks:
            if k.target is load:
                k.target = first
        load.handler, load.position = ks[end].handler, swap.position
        ks[n : end + 1] = [*ks[n + 2 : end + 1], load]
    return ks


def rewrite(func):
    """A function like `func` with its `objmode` blocks as calls; `func` itself if it has none."""
    code = func.__code__
    if not may_have_blocks(func):
        return func
    flow = Flow(code, _returns_after(cells.named(code, assembly.decode(code))))
    heads = [m for m, k in enumerate(flow.instructions) if k.name == "BEFORE_WITH"] if flow.supported else ()
    heads = [found for m in heads if (found := _head(func, flow, m))]
    if not heads:
        return func
    # Variables that only inner functions in blocks share become plain variables, and the blocks make cells of their own.
    inside = set()
    for start, n, _ in heads:
        inside |= _body(func, flow, n, len(flow.before[start]))[0]
    instructions, made = cells.plain(func, flow.instructions, inside)
    while True:
        flow = Flow(made.__code__, instructions)
        found = next(filter(None, (_head(made, flow, m) for m, k in enumerate(instructions) if k.name == "BEFORE_WITH")), None)
        if found is None:
            code = made.__code__
            return _like(func, assembly.assemble(instructions, code, code.co_stacksize))
        instructions, made = _without(made, flow, *found)


def _like(func, code):
    made = types.FunctionType(code, func.__globals__, func.__name__, func.__defaults__, func.__closure__)
    made.__kwdefaults__, made.__qualname__, made.__module__ = func.__kwdefaults__, func.__qualname__, func.__module__
    return made


def _fail(kind, func, line, text):
    raise kind(f"{annotations.place(func, line)}: {text}")


def _head(func, flow, n):
    """(start of the context expression, number of BEFORE_WITH, what it says) if it is `objmode` or a call of it."""
    start = annotations.head(flow, n)
    said = None if start is None else annotations.manager(func, flow, start, n, _ObjMode)
    return None if said is None else (start, n, said)


def _without(func, flow, start, n, said):
    """The instructions with one block as a call, and a function whose code has all else that belongs to them."""
    ks, code = flow.instructions, func.__code__
    line = ks[n].position[0]
    value, keywords, expressions = said
    if keywords is None:
        kinds = {k: annotations.as_type(func, line, k, v) for k, v in value.annotations.items()}
    else:
        kinds = annotations.types_of(func, flow, keywords, expressions)
    base = len(flow.before[start])
    if ks[n + 1].name != "POP_TOP":
        _fail(UnsupportedBytecodeError, func, line, "The 'with (context manager) as (variable):' construct is not supported: objmode(...) gives nothing to name")
    body, after = _body(func, flow, n, base)
    inner = next((m for m in sorted(body) if ks[m].name == "BEFORE_WITH" and _head(func, flow, m)), None)
    if inner is not None:
        text = f"an objmode block cannot contain another one\nDuring: resolving callee type: type(ObjModeLiftedWith(<block at line {line}>))"
        _fail(TypingError, func, ks[inner].position[0], text)
    stored = {k.arg for m in body if (k := ks[m]).name == "STORE_FAST" and not flow.borrowed(m)}
    live = flow.live()
    block_of = {m: b for b in flow.reached for m in range(b.first, b.end)}
    names = code.co_varnames
    later = _live_at(flow, live, block_of, after)
    missing = [names[v] for v in sorted(stored & later) if names[v] not in kinds]
    if missing:
        text = f"Missing type annotation on outgoing variable(s): {sorted(missing)}\n\nExample code: with objmode({min(missing)}='<add_type_as_string_here>')"
        _fail(TypingError, func, line, text)
    extra = [name for name in kinds if name not in names or names.index(name) not in stored]
    if extra:
        text = f"Invalid type annotation on non-outgoing variables: {extra}: the block does not set them. Suggestion: remove annotation of the listed variables"
        _fail(TypingError, func, line, text)
    outs = [names.index(name) for name in kinds]
    certain = flow.bound_at(start)
    needed = sorted(_reads(flow, body, after, certain, certain.intersection(outs), n + 2))
    # Variables that inner functions elsewhere share are read before the block, which must not set them.
    own_cells = cells.numbers(code)
    shared = sorted({k.arg for m in body if (k := ks[m]).name in cells.SHARED and k.arg in own_cells})
    if any(ks[m].name in ("STORE_DEREF", "DELETE_DEREF", "MAKE_CELL") and ks[m].arg in own_cells for m in body):
        _fail(UnsupportedError, func, line, "an objmode block must not set variables that inner functions outside of it use")
    function = _function(func, flow, body, after, needed + shared, outs, base)
    block = Block(function, tuple(kinds), kinds.values(), line)
    consts = (*code.co_consts, block)
    given = [Instruction("LOAD_FAST", v) for v in needed] + [Instruction("LOAD_DEREF", c) for c in shared]
    call = assembly.call(len(consts) - 1, given)
    call += [Instruction("UNPACK_SEQUENCE", len(outs)) if outs else Instruction("POP_TOP")]
    call += [Instruction("STORE_FAST", v) for v in outs]
    call.append(assembly.jump(ks[after]))
    for k in call:
        k.handler, k.position = ks[start].handler, ks[start].position
    first = call[0]
    out = []
    for m, k in enumerate(ks):
        if m == start:
            out += call
        if not start <= m <= n + 1 and m not in body:
            out.append(k)
            if k.target is ks[start]:
                k.target = first
    gone = {id(ks[m]) for m in (*range(start, n + 2), *body)}
    reached = {id(ks[m]) for b in flow.reached for m in range(b.first, b.end)}
    out = [k for k in _reachable(out) if id(k) not in gone and (id(k) in reached or k in call)]
    return out, _like(func, code.replace(co_consts=consts, co_stacksize=code.co_stacksize + len(given) + len(outs) + 4))


def _reachable(ks):
    """The instructions that some way from the first one reaches."""
    index = {id(k): n for n, k in enumerate(ks)}
    seen, work = set(), [0]
    ends = ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE", "JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT")
    while work:
        n = work.pop()
        if n in seen or n >= len(ks):
            continue
        seen.add(n)
        k = ks[n]
        if k.target is not None and id(k.target) in index:
            work.append(index[id(k.target)])
        if k.handler is not None and id(k.handler[0]) in index:
            work.append(index[id(k.handler[0])])
        if k.name not in ends:
            work.append(n + 1)
    return [k for n, k in enumerate(ks) if n in seen]


def _body(func, flow, n, base):
    """Numbers of the block's instructions, and of the first one after the `with`."""
    ks = flow.instructions
    # The handler of the `with` itself is no part of the block.
    own = ks[n + 1].handler[0]
    body, after, work = set(), None, [n + 2]
    while work:
        m = work.pop()
        if m in body:
            continue
        k, stack = ks[m], flow.before[m]
        if stack is None:
            continue
        if len(stack) == base + 1 and k.name == "LOAD_CONST" and [x.name for x in ks[m : m + 3]] == ["LOAD_CONST"] * 3 and ks[m + _EXIT - 2].name == "CALL":
            if after not in (None, m + _EXIT):
                # A second way out: what follows it is a return, or a jump out of a loop.
                _fail(UnsupportedError, func, ks[n].position[0], "an objmode block must not be left by return, break or continue")
            after = m + _EXIT
            body.update(range(m, m + _EXIT))
            continue
        if len(stack) <= base or k.name.startswith(("RETURN", "YIELD")):
            _fail(UnsupportedError, func, k.position[0], "an objmode block must not be left by return, break or continue")
        body.add(m)
        if k.target is not None:
            work.append(flow.index[id(k.target)])
        if k.handler is not None and k.handler[0] is not own:
            work.append(flow.index[id(k.handler[0])])
        if k.name not in ("RAISE_VARARGS", "RERAISE", "JUMP_FORWARD", "JUMP_BACKWARD"):
            work.append(m + 1)
    if after is None and any(ks[m].name == "RAISE_VARARGS" for m in body):
        _fail(CompilerError, func, ks[n].position[0], "unsupported control flow due to raise statements inside with block: it has no end")
    if after is None or ks[after - 1].name != "POP_TOP":
        _fail(UnsupportedError, func, ks[n].position[0], "an objmode block must end where it is written")
    if ks[after].name in ("RETURN_VALUE", "RETURN_CONST") and flow.before[after] is not None and len(flow.before[after]) > base:
        _fail(UnsupportedError, func, ks[n].position[0], "an objmode block must not be left by return, break or continue")
    return body, after


def _reads(flow, body, after, certain, outs, start):
    """Locals that the block reads before it sets them, on some way, or that it may leave as they are and gives (`outs`).
    `certain` are bound where it starts: of those, what an inner function shares counts as read."""
    ks, index = flow.instructions, flow.index
    seen, reads, work = {}, set(), [(start, frozenset())]
    while work:
        m, bound = work.pop()
        if m not in body:
            continue
        if m in seen:
            if seen[m] <= bound:
                continue
            bound = bound & seen[m]
        seen[m] = bound
        k = ks[m]
        if m == after - _EXIT:
            reads |= outs - bound
        if k.handler is not None:
            work.append((index[id(k.handler[0])], bound))
        if k.name in ("LOAD_FAST", "LOAD_FAST_CHECK") and k.arg not in bound:
            reads.add(k.arg)
        elif k.name == "LOAD_CLOSURE":
            if k.arg in certain and k.arg not in bound:
                reads.add(k.arg)
        elif k.name == "LOAD_FAST_AND_CLEAR":
            # Inside of a comprehension the variable is its own; it is bound after it if it was before.
            bound = bound | {k.arg} | ({(SAVED, k.arg)} if k.arg in bound else set())
        elif flow.restores(m):
            bound = bound if (SAVED, k.arg) in bound else bound - {k.arg}
        elif k.name == "STORE_FAST":
            bound = bound | {k.arg}
        elif k.name == "DELETE_FAST":
            if k.arg not in bound:
                reads.add(k.arg)
            bound = bound - {k.arg}
        if k.target is not None:
            work.append((index[id(k.target)], bound))
        if k.name not in ("RAISE_VARARGS", "RERAISE", "JUMP_FORWARD", "JUMP_BACKWARD"):
            work.append((m + 1, bound))
    return reads


def _live_at(flow, live, block_of, m):
    """Locals live before instruction `m`."""
    b = block_of[m]
    after = set()
    for s in [*b.successors(), *b.handlers]:
        after |= live[s]
    for n in range(b.end - 1, m - 1, -1):
        k = flow.instructions[n]
        if k.name == "STORE_FAST":
            if not flow.restores(n):
                after.discard(k.arg)
        elif k.name in ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_CLOSURE"):
            after.add(k.arg)
    return after


def _function(func, flow, body, after, needed, outs, base):
    """The block as a Python function of the values it reads, which returns what it sets."""
    ks, code = flow.instructions, func.__code__
    exit_at = after - _EXIT
    first_free = annotations.first_free(code)
    used = {k.arg for m in body if (k := ks[m]).name in cells.LOCAL}
    # What inner functions of the block share are cells of the new function.
    shared = {k.arg for m in body if (k := ks[m]).name == "LOAD_CLOSURE" and k.arg < first_free}
    order = [*needed, *sorted(used - set(needed) - shared)]
    own = sorted(shared - set(needed))
    slot = {v: n for n, v in enumerate([*order, *own])}
    names = (*code.co_varnames, *(c for c in code.co_cellvars if c not in code.co_varnames))
    out = [Instruction("COPY_FREE_VARS", len(code.co_freevars), caches=0)] if code.co_freevars else []
    out += [Instruction("MAKE_CELL", slot[v], caches=0) for v in sorted(shared)]
    out.append(Instruction("RESUME"))
    # What stands below the block on the operand stack of the whole function is not there.
    dropped = base + 1
    new = {}
    for m in sorted(body):
        if m == exit_at:
            tail = [Instruction("LOAD_DEREF" if v in shared else "LOAD_FAST", slot[v]) for v in outs]
            tail += [Instruction("BUILD_TUPLE", len(outs)), Instruction("RETURN_VALUE")]
            for k in tail:
                k.position = ks[m].position
            new[m] = tail[0]
            out += tail
        elif exit_at < m < after:
            continue
        else:
            c = ks[m].copy()
            if c.name in cells.LOCAL:
                if c.arg in shared:
                    c.name = cells.shared_name(c.name)
                c.arg = slot[c.arg]
            elif c.name in cells.SHARED and c.arg >= first_free:
                c.arg += len(slot) - first_free
            elif c.name in cells.SHARED:
                if c.arg not in shared:
                    c.name = "LOAD_FAST"
                c.arg = slot[c.arg]
            new[m] = c
            out.append(c)
    for m in sorted(body):
        c = new.get(m)
        if c is None:
            continue
        if c.target is not None:
            c.target = new[flow.index[id(c.target)]]
        if c.handler is not None:
            at = flow.index[id(c.handler[0])]
            c.handler = (new[at], c.handler[1] - dropped, c.handler[2]) if at in new and at in body else None
    made = assembly.assemble(
        out, code, code.co_stacksize + len(outs) + 2, co_argcount=len(needed), co_posonlyargcount=0, co_kwonlyargcount=0,
        co_nlocals=len(order), co_varnames=tuple(names[v] for v in order), co_flags=code.co_flags & ~0x2C,
        co_cellvars=tuple(names[v] for v in (*(v for v in needed if v in shared), *own)),
    )  # fmt: skip
    function = types.FunctionType(made, func.__globals__, code.co_name, closure=func.__closure__)
    function.__qualname__, function.__module__ = func.__qualname__, func.__module__
    return function
