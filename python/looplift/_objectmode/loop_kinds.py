"""The kinds of a loop's variables: its function run over kinds, from those of its arguments, until nothing changes.

It tells the kinds of the loop's results, so that `entries` can make them what they would have been, or refuses the loop: where
the interpreter would compute otherwise, where a result may be of one class or another, and where the analysis does not know.
"""

import builtins
import dis

from looplift._objectmode import assembly
from looplift._objectmode.annotations import attribute
from looplift._objectmode.flow import Flow
from looplift._objectmode.kinds import (
    BOOL,
    INT,
    INTEGERS,
    NONE,
    NULL,
    PLAIN,
    STR,
    UNKNOWN,
    Differs,
    is_,
    join,
    kind_of,
    mixed,
    one,
)
from looplift._objectmode.rules import Rules

_NO_CHANGE = frozenset((
    "RESUME", "NOP", "PRECALL", "CACHE", "COPY_FREE_VARS", "JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "DELETE_FAST",
))  # fmt: skip
_POPS = frozenset(("POP_TOP", "END_FOR", "POP_EXCEPT", "RERAISE", "RAISE_VARARGS", "POP_ITER"))
_REFUSED = frozenset(("CALL_FUNCTION_EX", "BUILD_MAP", "BUILD_SET", "BUILD_CONST_KEY_MAP"))


class Kinds(Rules):
    """The analysis of one loop function for arguments of some kinds.

    `results`: the kind of each variable that the function returns, by its number; `stored`: the kinds of what is assigned to
    each. `numpy`: whether NumPy's values play a part. `written`: the numbers of arguments that are arrays and may be written
    to; None for all. `calls`: whether it calls jitted functions."""

    def __init__(self, function, arguments, items=frozenset()):
        self.function, self.code = function, function.__code__
        self.instructions = assembly.decode(self.code)
        self.flow = Flow(self.code, self.instructions)
        if not self.flow.supported:
            raise Differs("its shape is not understood")
        self.has_handlers = any(k.handler is not None for k in self.instructions)
        self.items = items
        self.stored, self.numpy, self.written, self.calls = {}, False, set(), False
        self.returned = {}
        locals_ = [frozenset()] * self.code.co_nlocals
        locals_[: len(arguments)] = arguments
        self._run(tuple(locals_))

    def _run(self, locals_):
        while True:
            before = (self.items, dict(self.stored))
            self.states = {self.flow.blocks[0]: ((), locals_)}
            work = [self.flow.blocks[0]]
            while work:
                block = work.pop()
                for target, stack, there in self._block(block, *self.states[block]):
                    old = self.states.get(target)
                    if old is None:
                        new = (stack, there)
                    elif len(old[0]) != len(stack):
                        raise Differs("its shape is not understood")
                    else:
                        new = (tuple(map(join, old[0], stack)), tuple(map(join, old[1], there)))
                    if new != old:
                        self.states[target] = new
                        work.append(target)
            if before == (self.items, self.stored):
                return

    def _block(self, block, stack, locals_):
        """Runs a block; gives the states of the blocks that follow."""
        stack, locals_ = list(stack), list(locals_)
        out = []
        handler = self.instructions[block.first].handler
        caught = list(locals_)
        for n in range(block.first, block.end):
            k = self.instructions[n]
            self._at = n
            jump = self._step(k, stack, locals_)
            if k.name == "STORE_FAST":
                caught[k.arg] = join(caught[k.arg], locals_[k.arg])
            if k.target is not None:
                out.append((block.jump, tuple(stack if jump is None else jump), tuple(locals_)))
        if handler is not None:
            target = self.flow.at[self.flow.index[id(handler[0])]]
            start = self.states[block][0]
            out.append((target, start[: handler[1]] + (one(UNKNOWN),) * (1 + handler[2]), tuple(caught)))
        if block.next is not None:
            out.append((block.next, tuple(stack), tuple(locals_)))
        return out

    def _step(self, k, stack, locals_):
        """One instruction. Gives the operand stack where it jumps, if that is another one than where it goes on."""
        name = k.name
        method = getattr(self, "_op_" + name, None)
        if method is not None:
            return method(k, stack, locals_)
        if name.startswith("POP_JUMP"):
            stack.pop()
            return None
        if name in _NO_CHANGE:
            return None
        if name in _REFUSED:
            raise Differs(f"it has an instruction {name}")
        effect = dis.stack_effect(dis.opmap[name], k.arg if dis.opmap[name] >= dis.HAVE_ARGUMENT else None)
        if effect <= 0 and name in _POPS:
            del stack[len(stack) + effect :]
            return None
        raise Differs(f"it has an instruction {name}")

    def catches(self, error):
        """Whether a handler may catch an exception of a class."""
        for k in self.instructions:
            if k.handler is not None and self._handler_catches(self.flow.index[id(k.handler[0])], error):
                return True
        return False

    def _handler_catches(self, n, error):
        ks = self.instructions
        if ks[n].name != "PUSH_EXC_INFO":
            # It restores what was handled before, and raises again.
            return False
        n += 1
        while ks[n].name != "RERAISE":
            classes = []
            while ks[n].name in ("LOAD_GLOBAL", "BUILD_TUPLE"):
                if ks[n].name == "LOAD_GLOBAL":
                    name = self.code.co_names[ks[n].arg >> 1]
                    classes.append(self.function.__globals__.get(name) or getattr(builtins, name, None))
                n += 1
            known = classes and all(isinstance(c, type) for c in classes)
            if ks[n].name != "CHECK_EXC_MATCH" or not known or any(issubclass(error, c) for c in classes):
                return True
            n += 1
            if not (ks[n].name.startswith("POP_JUMP") and ks[n].name.endswith("IF_FALSE")):
                return True
            n = self.flow.index[id(ks[n].target)]
        return False

    # ---- the stack and variables ----------------------------------------------------------------------------------

    def _op_PUSH_NULL(self, k, stack, locals_):
        stack.append(one(NULL))

    def _op_LOAD_CONST(self, k, stack, locals_):
        stack.append(kind_of(self.code.co_consts[k.arg]))

    def _op_RETURN_CONST(self, k, stack, locals_):
        raise Differs("its shape is not understood")

    def _op_LOAD_FAST(self, k, stack, locals_):
        stack.append(locals_[k.arg])

    _op_LOAD_FAST_CHECK = _op_LOAD_FAST

    def _op_STORE_FAST(self, k, stack, locals_):
        value = stack.pop()
        locals_[k.arg] = value
        self.stored[k.arg] = join(self.stored.get(k.arg, frozenset()), value)

    def _op_LOAD_GLOBAL(self, k, stack, locals_):
        name = self.code.co_names[k.arg >> 1]
        space, builtins = self.function.__globals__, self.function.__builtins__
        if name in space:
            value = space[name]
        elif isinstance(builtins, dict) and name in builtins:
            value = builtins[name]
        else:
            raise Differs(f"the name {name} is not defined")
        kind = kind_of(value)
        if k.arg & 1:
            stack.extend((kind, one(NULL)) if "CALL_KW" in dis.opmap else (one(NULL), kind))
        else:
            stack.append(kind)

    def _op_COPY(self, k, stack, locals_):
        stack.append(stack[-k.arg])

    def _op_SWAP(self, k, stack, locals_):
        stack[-1], stack[-k.arg] = stack[-k.arg], stack[-1]

    def _op_JUMP_IF_TRUE_OR_POP(self, k, stack, locals_):
        jump = list(stack)
        stack.pop()
        return jump

    _op_JUMP_IF_FALSE_OR_POP = _op_JUMP_IF_TRUE_OR_POP

    def _op_RETURN_VALUE(self, k, stack, locals_):
        for n, kind in enumerate(next(iter(stack[-1]))[1]):
            self.returned[n] = join(self.returned.get(n, frozenset()), kind)

    def _op_PUSH_EXC_INFO(self, k, stack, locals_):
        stack.insert(len(stack) - 1, one(UNKNOWN))

    def _op_CHECK_EXC_MATCH(self, k, stack, locals_):
        stack[-1] = BOOL

    # ---- parts of values ------------------------------------------------------------------------------------------

    def _op_BUILD_TUPLE(self, k, stack, locals_):
        at = len(stack) - k.arg
        stack[at:] = [one(("tuple", tuple(stack[at:])))]

    def _op_BUILD_SLICE(self, k, stack, locals_):
        del stack[len(stack) - k.arg :]
        stack.append(one("slice"))

    def _op_BUILD_LIST(self, k, stack, locals_):
        at = len(stack) - k.arg
        for kind in stack[at:]:
            self._put(kind)
        stack[at:] = [one("list")]

    def _op_LIST_APPEND(self, k, stack, locals_):
        self._put(stack.pop())

    def _op_UNPACK_SEQUENCE(self, k, stack, locals_):
        value = stack.pop()
        parts = [frozenset()] * k.arg
        for a in value:
            if is_(a, "tuple") and len(a[1]) == k.arg:
                parts = list(map(join, parts, a[1]))
            else:
                item = self._items(one(a))
                parts = [join(p, item) for p in parts]
        stack.extend(reversed(parts))

    def _op_GET_ITER(self, k, stack, locals_):
        stack[-1] = one(("iter", self._items(stack[-1])))

    def _op_FOR_ITER(self, k, stack, locals_):
        jump = [*stack, one(NONE)] if "END_FOR" in dis.opmap else stack[:-1]
        stack.append(self._items(stack[-1]))
        return jump

    def _constant(self):
        """What the instruction before this one loads, if it is a constant."""
        before = self.instructions[self._at - 1]
        return self.code.co_consts[before.arg] if before.name == "LOAD_CONST" and self._at not in self.flow.at else None

    def _op_BINARY_SUBSCR(self, k, stack, locals_):
        index, base = stack.pop(), stack.pop()
        number = self._constant()
        out = frozenset()
        for a in base:
            if is_(a, "tuple") and type(number) is int and -len(a[1]) <= number < len(a[1]):
                out = join(out, a[1][number])
            else:
                out = join(out, self._subscript(a, index))
        stack.append(out)

    def _op_BINARY_SLICE(self, k, stack, locals_):
        del stack[-2:]
        stack[-1] = frozenset().union(*(self._subscript(a, one("slice")) for a in stack[-1]))

    def _op_STORE_SUBSCR(self, k, stack, locals_):
        index, base, value = stack.pop(), stack.pop(), stack.pop()
        if mixed(index):
            raise Differs("an index may be an integer or a float")
        self._store(base, value)

    def _op_STORE_SLICE(self, k, stack, locals_):
        del stack[-2:]
        base, value = stack.pop(), stack.pop()
        self._store(base, value)

    # ---- operators ------------------------------------------------------------------------------------------------

    def _op_BINARY_OP(self, k, stack, locals_):
        b, a = stack.pop(), stack.pop()
        op = dis._nb_ops[k.arg][1].rstrip("=")
        out = frozenset()
        for x in a:
            if is_(x, "array") and dis._nb_ops[k.arg][1].endswith("="):
                self._writes(x)
            for y in b:
                out = join(out, self._binary(op, x, y))
        if op == "**":
            self._check_power(a, b)
        if (mixed(a) or mixed(b)) and out & INTEGERS:
            raise Differs("a number may be an integer or a float")
        stack.append(out)

    def _check_power(self, base, exponent):
        """NumPy's integers have no negative powers; compiled code gives floats where it knows that the exponent is negative."""
        number = self._constant()
        if any(is_(x, "np") for x in base | exponent) and base & INTEGERS and exponent & INTEGERS and not (type(number) is int and number >= 0):
            raise Differs("a power of NumPy's integers")

    def _op_UNARY_NEGATIVE(self, k, stack, locals_):
        out = frozenset()
        for a in stack[-1]:
            if a == ("np", "bool") or (is_(a, "np") and a[1] not in PLAIN):
                raise Differs("it negates a NumPy number of a small type")
            out |= INT if a == "bool" else one(a)
        stack[-1] = out

    def _op_UNARY_INVERT(self, k, stack, locals_):
        if not stack[-1] <= {"int", ("np", "int64")}:
            raise Differs("~ of what may be no integer")

    def _op_UNARY_NOT(self, k, stack, locals_):
        stack[-1] = BOOL

    def _op_TO_BOOL(self, k, stack, locals_):
        stack[-1] = BOOL

    def _op_COMPARE_OP(self, k, stack, locals_):
        b, a = stack.pop(), stack.pop()
        out = frozenset()
        for x in a:
            for y in b:
                out |= self._compare(x, y)
        stack.append(out)

    def _op_IS_OP(self, k, stack, locals_):
        b, a = stack.pop(), stack.pop()
        if NONE not in (*a, *b) or min(len(a), len(b)) > 1:
            raise Differs("it compares identities")
        stack.append(BOOL)

    def _op_CONTAINS_OP(self, k, stack, locals_):
        del stack[-2:]
        stack.append(BOOL)

    def _op_FORMAT_VALUE(self, k, stack, locals_):
        if k.arg & 4:
            stack.pop()
        stack[-1] = self._text(stack[-1], k.arg)

    def _op_CONVERT_VALUE(self, k, stack, locals_):
        stack[-1] = self._text(stack[-1], k.arg)

    def _op_FORMAT_SIMPLE(self, k, stack, locals_):
        stack[-1] = self._text(stack[-1])

    def _op_FORMAT_WITH_SPEC(self, k, stack, locals_):
        stack.pop()
        stack[-1] = self._text(stack[-1])

    def _op_BUILD_STRING(self, k, stack, locals_):
        del stack[len(stack) - k.arg :]
        stack.append(STR)

    # ---- attributes and calls -------------------------------------------------------------------------------------

    def _op_LOAD_ATTR(self, k, stack, locals_):
        name, base = self.code.co_names[attribute(k)], stack.pop()
        pushes_two = k.name == "LOAD_METHOD" or ("END_FOR" in dis.opmap and k.arg & 1)
        (only,) = base if len(base) == 1 else (None,)
        if is_(only, "object"):
            try:
                value = kind_of(getattr(only[1].value, name))
            except AttributeError:
                raise Differs(f"there is no attribute {name}") from None
            if pushes_two:
                stack.extend((value, one(NULL)) if "CALL_KW" in dis.opmap else (one(NULL), value))
            else:
                stack.append(value)
        elif pushes_two:
            stack.extend((one(("method", name)), base))
        else:
            out = frozenset()
            for a in base:
                out = join(out, self._attribute(a, name))
            stack.append(out)

    _op_LOAD_METHOD = _op_LOAD_ATTR

    def _op_CALL(self, k, stack, locals_):
        at = len(stack) - k.arg
        args = stack[at:]
        del stack[at:]
        second, first = stack.pop(), stack.pop()
        self._called(stack, first, second, args)

    def _op_CALL_KW(self, k, stack, locals_):
        stack.pop()
        self._named = True
        self._op_CALL(k, stack, locals_)

    def _op_KW_NAMES(self, k, stack, locals_):
        self._named = True

    _named = False

    def _called(self, stack, first, second, args):
        named, self._named = self._named, False
        if NULL in first or NULL in second:
            callee = second if NULL in first else first
            if len(callee) != 1 or not is_(next(iter(callee)), "object"):
                raise Differs("what it calls is not known")
            stack.append(self._call(next(iter(callee))[1].value, args, named))
        else:
            stack.append(self._method(next(iter(first))[1], second, args))
