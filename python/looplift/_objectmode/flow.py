"""What a code object does, as far as lifting loops needs to know it: blocks, operand stack, dominators, loops, live locals.

Works on the instructions of `assembly`. Phases: blocks and their edges (normal ones, and edges to exception handlers); the
operand stack at each block, each slot tagged as holding an iterator or any other value; dominators; natural loops; locals
live at the start of each block; locals certainly bound there.
"""

import dis

# (A variable that a comprehension borrows stands on the stack as (SAVED, its number) until it is restored.)
ITERATOR, VALUE, SAVED = "iterator", "value", "saved"
_END = frozenset(("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE", "JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"))
_NO_PUSH = ("STORE_", "POP_", "RETURN", "DELETE_", "JUMP_", "LIST_APPEND", "SET_ADD", "MAP_ADD", "END_FOR", "PRECALL", "KW_NAMES", "NOP", "RESUME", "CACHE")
# Results of `dis.stack_effect` differ for these between the two ways out.
_TWO_WAY = frozenset(("FOR_ITER", "SEND", "JUMP_IF_TRUE_OR_POP", "JUMP_IF_FALSE_OR_POP"))


class Block:
    """`first` and `end` are instruction numbers; `next` and `jump` the blocks that follow, `handlers` those that catch."""

    __slots__ = ("number", "first", "end", "next", "jump", "handlers", "stack", "dominator", "order", "live", "bound", "preds")

    def __init__(self, number, first, end):
        self.number, self.first, self.end = number, first, end
        self.next = self.jump = self.stack = self.dominator = self.order = None
        self.handlers, self.preds = [], []
        self.live = self.bound = frozenset()

    def successors(self):
        """Blocks that run after this one, without an exception."""
        return [b for b in (self.next, self.jump) if b is not None]

    def __repr__(self):
        return f"block{self.number}"


class Loop:
    """A natural loop: its `header` and all its `blocks`."""

    def __init__(self, header, blocks):
        self.header, self.blocks = header, blocks


class Flow:
    """The analysis of one code object. `supported` is false where its shape is not understood; nothing else is set then."""

    def __init__(self, code, instructions):
        self.code, self.instructions = code, instructions
        self.index = {id(k): n for n, k in enumerate(instructions)}
        self.supported = False
        self._blocks()
        if not self._stacks():
            return
        self._dominators()
        self._loops()
        self._bound()
        self.supported = True

    def _blocks(self):
        ks, index = self.instructions, self.index
        leaders = {0}
        for n, k in enumerate(ks):
            if k.target is not None:
                leaders.update((index[id(k.target)], n + 1))
            elif k.name in _END:
                leaders.add(n + 1)
            if k.handler is not None:
                leaders.add(index[id(k.handler[0])])
            if n and k.handler != ks[n - 1].handler:
                leaders.add(n)
        starts = sorted(n for n in leaders if n < len(ks))
        self.blocks = [Block(b, first, end) for b, (first, end) in enumerate(zip(starts, [*starts[1:], len(ks)], strict=True))]
        self.at = {b.first: b for b in self.blocks}
        for b in self.blocks:
            last = ks[b.end - 1]
            if last.target is not None:
                b.jump = self.at[index[id(last.target)]]
            if last.name not in _END and b.end < len(ks):
                b.next = self.at[b.end]
            if ks[b.first].handler is not None:
                b.handlers.append(self.at[index[id(ks[b.first].handler[0])]])

    def _stacks(self):
        """The operand stack at the start of each block that is reached; False where paths disagree."""
        entry = self.blocks[0]
        entry.stack, work = (), [entry]
        self.reached = {entry}
        self.before = [None] * len(self.instructions)

        def arrive(block, stack):
            if block.stack is None:
                block.stack = stack
                self.reached.add(block)
                work.append(block)
            elif len(block.stack) != len(stack):
                return False
            elif block.stack != stack:
                merged = tuple(a if a == b else VALUE for a, b in zip(block.stack, stack, strict=True))
                if merged != block.stack:
                    block.stack = merged
                    work.append(block)
            return True

        while work:
            b = work.pop()
            stack = b.stack
            handler = self.instructions[b.first].handler
            if handler is not None:
                target = self.at[self.index[id(handler[0])]]
                if handler[1] > len(stack) or not arrive(target, stack[: handler[1]] + (VALUE,) * (1 + handler[2])):
                    return False
            for n in range(b.first, b.end):
                k = self.instructions[n]
                self.before[n] = stack
                if k.target is not None and not arrive(b.jump, _after(k, stack, True)):
                    return False
                stack = _after(k, stack, False)
                if stack is None:
                    return False
            if b.next is not None and not arrive(b.next, stack):
                return False
        for b in self.reached:
            for s in [*b.successors(), *b.handlers]:
                s.preds.append(b)
        return True

    def _dominators(self):
        entry = self.blocks[0]
        order, seen, work = [], {entry}, [(entry, iter([*entry.successors(), *entry.handlers]))]
        while work:
            b, rest = work[-1]
            for s in rest:
                if s not in seen:
                    seen.add(s)
                    work.append((s, iter([*s.successors(), *s.handlers])))
                    break
            else:
                order.append(b)
                work.pop()
        for n, b in enumerate(order):
            b.order = n
        entry.dominator = entry
        changed = True
        while changed:
            changed = False
            for b in reversed(order[:-1]):
                new = None
                for p in b.preds:
                    if p.dominator is not None:
                        new = p if new is None else _common(p, new)
                if new is not b.dominator:
                    b.dominator, changed = new, True

    def dominates(self, a, b):
        """Whether every way to `b` passes `a`."""
        while b.order < a.order:
            b = b.dominator
        return a is b

    def _loops(self):
        found = {}
        for b in self.reached:
            for s in b.successors():
                if self.dominates(s, b):
                    body = found.setdefault(s, {s})
                    work = [b]
                    while work:
                        x = work.pop()
                        if x not in body:
                            body.add(x)
                            work.extend(x.preds)
        self.loops = [Loop(h, body) for h, body in sorted(found.items(), key=lambda kv: kv[0].first)]

    def _bound(self):
        """Locals and cells certainly bound at the start of each block; free variables count as bound."""
        code = self.code
        own = len(code.co_varnames) + sum(c not in code.co_varnames for c in code.co_cellvars)
        count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
        free = range(own, own + len(code.co_freevars))
        every = frozenset(range(own + len(code.co_freevars)))
        for b in self.reached:
            b.bound = every
        self.blocks[0].bound = frozenset((*range(count), *free))
        work = [self.blocks[0]]
        while work:
            b = work.pop()
            bound, low = set(b.bound), set(b.bound)
            for n in range(b.first, b.end):
                k = self.instructions[n]
                self._binds(n, bound)
                if k.name in ("DELETE_FAST", "LOAD_FAST_AND_CLEAR", "DELETE_DEREF"):
                    low.discard(k.arg)
            for targets, names in ((b.successors(), bound), (b.handlers, low)):
                for s in targets:
                    new = s.bound & names
                    if new != s.bound:
                        s.bound = new
                        work.append(s)

    def _binds(self, n, bound):
        k = self.instructions[n]
        if k.name in ("STORE_FAST", "STORE_DEREF"):
            # What is restored may be unbound.
            if not self.restores(n):
                bound.add(k.arg)
        elif k.name in ("DELETE_FAST", "LOAD_FAST_AND_CLEAR", "DELETE_DEREF"):
            bound.discard(k.arg)

    def bound_at(self, n):
        """Locals and cells certainly bound before instruction `n`."""
        block = max((b for b in self.reached if b.first <= n), key=lambda b: b.first)
        bound = set(block.bound)
        for m in range(block.first, n):
            self._binds(m, bound)
        return bound

    def restores(self, n):
        """Whether instruction `n` gives a variable back that a comprehension has borrowed."""
        k, stack = self.instructions[n], self.before[n]
        return k.name == "STORE_FAST" and bool(stack) and stack[-1] == (SAVED, k.arg)

    def borrowed(self, n):
        """Whether instruction `n` stores a variable that is a comprehension's own there, or gives it back."""
        k, stack = self.instructions[n], self.before[n]
        return k.name == "STORE_FAST" and stack is not None and (SAVED, k.arg) in stack

    def live(self, within=None, outs=frozenset()):
        """Locals read before they are written, at the start of each block. `within`: only on ways inside these blocks,
        with `outs` read where they are left."""
        blocks = [b for b in self.reached if within is None or b in within]
        live = dict.fromkeys(blocks, frozenset())
        work = sorted(blocks, key=lambda b: b.first)
        while work:
            b = work.pop()
            after = set()
            for s in b.successors():
                after |= live[s] if s in live else outs
            caught = set()
            for h in b.handlers:
                caught |= live[h] if h in live else frozenset()
            after |= caught
            for n in range(b.end - 1, b.first - 1, -1):
                k = self.instructions[n]
                if k.name in ("STORE_FAST", "DELETE_FAST"):
                    if k.arg not in caught and not self.restores(n):
                        after.discard(k.arg)
                if k.name in ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_CLOSURE", "DELETE_FAST"):
                    after.add(k.arg)
            after = frozenset(after)
            if after != live[b]:
                live[b] = after
                work.extend(p for p in b.preds if p in live)
        return live


def _common(a, b):
    while a is not b:
        while a.order < b.order:
            a = a.dominator
        while b.order < a.order:
            b = b.dominator
    return a


def _after(k, stack, jump):
    """The operand stack after an instruction, or None where it would be negative."""
    name = k.name
    if name == "COPY":
        return (*stack, stack[-k.arg]) if k.arg <= len(stack) else None
    if name == "SWAP":
        if k.arg > len(stack):
            return None
        items = list(stack)
        items[-1], items[-k.arg] = items[-k.arg], items[-1]
        return tuple(items)
    if name == "LOAD_FAST_AND_CLEAR":
        return (*stack, (SAVED, k.arg))
    if name == "GET_ITER":
        return (*stack[:-1], ITERATOR)
    if name == "FOR_ITER" and jump:
        # From CPython 3.12 on END_FOR is entered with one value more.
        return (*stack, VALUE) if "END_FOR" in dis.opmap else stack[:-1]
    if name == "RETURN_GENERATOR":
        return (*stack, VALUE)
    op = dis.opmap[name]
    argument = k.arg if op >= dis.HAVE_ARGUMENT else None
    effect = dis.stack_effect(op, argument, jump=jump if name in _TWO_WAY else None)
    if effect > 0:
        return (*stack, *(VALUE,) * effect)
    if effect < 0:
        if -effect > len(stack):
            return None
        stack = stack[:effect]
    if not name.startswith(_NO_PUSH) and stack and name != "NOP":
        stack = (*stack[:-1], VALUE)
    return stack
