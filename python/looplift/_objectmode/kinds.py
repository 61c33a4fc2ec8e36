"""What the interpreter would make of a loop's values: which are Python's numbers and which NumPy's.

Compiled code has one int64 and one float64; the interpreter has `int` and `numpy.int64`, and adds 255 and `numpy.uint8(1)` to
0. `Kinds` runs a loop function over kinds of values instead of values, from the kinds of its arguments, until nothing changes.
It tells the kinds of the loop's results, so that `entries` can make them what they would have been, or refuses the
loop: where the interpreter would compute otherwise, where a result may be of one class or another, and where the
analysis does not know.

A kind is a frozenset of atoms, of which the value is one: the name of a Python class; `("np", dtype)` for a NumPy scalar;
`("array", dtype or None, dimensions or None, number of the argument whose memory
it may be, or None)`; `("tuple", kinds)`; `("iter", kind of the items)`; `("object", Known)` for a function, class or module;
`ANY`, a Python value of whatever class compiled code gives it; `UNKNOWN`.
"""

import builtins
import dis
import types

import numpy as np

from looplift import _core
from looplift._objectmode import assembly
from looplift._objectmode.annotations import attribute
from looplift._objectmode.flow import Flow

ANY, UNKNOWN, NULL, NONE = "any", "?", "null", "none"
_NUMBERS = frozenset(("bool", "int", "float", "complex"))
_RANK = ("bool", "int", "float", "complex")
# NumPy scalars with which compiled code computes as NumPy does.
_PLAIN = frozenset(("bool", "int64", "float64", "complex128"))
_PLAIN_RANK = ("bool", "int64", "float64", "complex128")
_DTYPE = {"bool": "bool", "int": "int64", "float": "float64", "complex": "complex128"}
_CLASSES = {bool: "bool", int: "int", float: "float", complex: "complex", str: "str", bytes: "bytes", type(None): NONE}
_INTEGERS = frozenset(("int", "bool", ("np", "int64")))


class Differs(Exception):
    """Compiled code would not do what the interpreter does, or that cannot be told; the text says why."""


class Known:
    """An object that is known while compiling, equal to itself only."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Known) and self.value is other.value

    def __hash__(self):
        return id(self.value)


def _one(atom):
    return frozenset((atom,))


_BOOL, _INT, _FLOAT, _STR = _one("bool"), _one("int"), _one("float"), _one("str")


def kind_of(value, number=None):
    """The kind of an argument, of which arrays know the number, or of a constant."""
    cls = type(value)
    if cls in _CLASSES:
        return _one(_CLASSES[cls])
    if cls is np.ndarray:
        dtype = value.dtype.name if value.dtype.kind in "biufc" else None
        return _one(("array", dtype, value.ndim, number))
    if isinstance(value, np.generic):
        return _one(("np", value.dtype.name))
    if cls is tuple:
        return _one(("tuple", tuple(map(kind_of, value))))
    if cls is range:
        return _one(("iter", _INT))
    if cls is list:
        return _one("list")
    if isinstance(value, (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type, np.ufunc, _core.CPUDispatcher)):
        return _one(("object", Known(value)))
    if callable(value) and (getattr(value, "__module__", None) or "").partition(".")[0] == "numpy" and hasattr(value, "__name__"):
        return _one(("object", Known(value)))
    return _one(UNKNOWN)


def _join(a, b):
    if a == b:
        return a
    both = a | b
    tuples = [x for x in both if isinstance(x, tuple) and x[0] == "tuple"]
    if len(tuples) > 1 and len({len(t[1]) for t in tuples}) == 1:
        merged = tuples[0][1]
        for t in tuples[1:]:
            merged = tuple(map(_join, merged, t[1]))
        both = both.difference(tuples) | {("tuple", merged)}
    iters = [x for x in both if isinstance(x, tuple) and x[0] == "iter"]
    if len(iters) > 1:
        items = iters[0][1]
        for t in iters[1:]:
            items = _join(items, t[1])
        both = both.difference(iters) | {("iter", items)}
    return both


def _is(atom, what):
    return isinstance(atom, tuple) and atom[0] == what


_WIDTHS = (frozenset(("int", "bool", ("np", "int64"), ("np", "bool"))), frozenset(("float", ("np", "float64"))), frozenset(("complex", ("np", "complex128"))))


def mixed(kind):
    """Whether a number may be an integer or a float, which compiled code holds as a float, or one of these or a complex number."""
    return sum(not kind.isdisjoint(width) for width in _WIDTHS) > 1


class Kinds:
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
                        new = (tuple(map(_join, old[0], stack)), tuple(map(_join, old[1], there)))
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
                caught[k.arg] = _join(caught[k.arg], locals_[k.arg])
            if k.target is not None:
                out.append((block.jump, tuple(stack if jump is None else jump), tuple(locals_)))
        if handler is not None:
            target = self.flow.at[self.flow.index[id(handler[0])]]
            start = self.states[block][0]
            out.append((target, start[: handler[1]] + (_one(UNKNOWN),) * (1 + handler[2]), tuple(caught)))
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
        stack.append(_one(NULL))

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
        self.stored[k.arg] = _join(self.stored.get(k.arg, frozenset()), value)

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
            stack.extend((kind, _one(NULL)) if "CALL_KW" in dis.opmap else (_one(NULL), kind))
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
            self.returned[n] = _join(self.returned.get(n, frozenset()), kind)

    def _op_PUSH_EXC_INFO(self, k, stack, locals_):
        stack.insert(len(stack) - 1, _one(UNKNOWN))

    def _op_CHECK_EXC_MATCH(self, k, stack, locals_):
        stack[-1] = _BOOL

    # ---- parts of values ------------------------------------------------------------------------------------------

    def _op_BUILD_TUPLE(self, k, stack, locals_):
        at = len(stack) - k.arg
        stack[at:] = [_one(("tuple", tuple(stack[at:])))]

    def _op_BUILD_SLICE(self, k, stack, locals_):
        del stack[len(stack) - k.arg :]
        stack.append(_one("slice"))

    def _put(self, kind):
        self.items = _join(self.items, kind)
        if mixed(self.items) or (len(self.items) > 1 and any(_is(a, "np") for a in self.items)):
            raise Differs("it puts values of several classes into a list")

    def _op_BUILD_LIST(self, k, stack, locals_):
        at = len(stack) - k.arg
        for kind in stack[at:]:
            self._put(kind)
        stack[at:] = [_one("list")]

    def _op_LIST_APPEND(self, k, stack, locals_):
        self._put(stack.pop())

    def _op_UNPACK_SEQUENCE(self, k, stack, locals_):
        value = stack.pop()
        parts = [frozenset()] * k.arg
        for a in value:
            if _is(a, "tuple") and len(a[1]) == k.arg:
                parts = list(map(_join, parts, a[1]))
            else:
                item = self._items(_one(a))
                parts = [_join(p, item) for p in parts]
        stack.extend(reversed(parts))

    def _items(self, kind):
        """What iterating over a value gives."""
        out = frozenset()
        for a in kind:
            if _is(a, "iter"):
                item = a[1]
            elif _is(a, "array"):
                item = self._element(a, 1)
            elif _is(a, "tuple"):
                item = frozenset()
                for t in a[1]:
                    item = _join(item, t)
            elif a == "list":
                item = self.items
            elif a == "str":
                item = _STR
            elif a == "bytes":
                item = _INT
            elif a in (ANY, UNKNOWN):
                item = _one(a)
            else:
                raise Differs("what it iterates over is not known")
            out = _join(out, item)
        return out

    def _element(self, array, count):
        """What `count` integers index out of an array."""
        self.numpy = True
        _, dtype, ndim, number = array
        if ndim is None:
            return _one(UNKNOWN)
        if count > ndim:
            raise Differs("it uses more indices than an array has")
        if count < ndim:
            return _one(("array", dtype, ndim - count, number))
        if dtype is None or np.dtype(dtype).kind not in "biufc":
            raise Differs(f"elements of type {dtype} have other classes in compiled code")
        return _one(("np", dtype))

    def _op_GET_ITER(self, k, stack, locals_):
        stack[-1] = _one(("iter", self._items(stack[-1])))

    def _op_FOR_ITER(self, k, stack, locals_):
        jump = [*stack, _one(NONE)] if "END_FOR" in dis.opmap else stack[:-1]
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
            if _is(a, "tuple") and type(number) is int and -len(a[1]) <= number < len(a[1]):
                out = _join(out, a[1][number])
            else:
                out = _join(out, self._subscript(a, index))
        stack.append(out)

    def _subscript(self, a, index):
        if mixed(index):
            raise Differs("an index may be an integer or a float")
        if _is(a, "array"):
            if index <= _INTEGERS - {"bool"}:
                return self._element(a, 1)
            if len(index) == 1:
                (only,) = index
                if only == "slice":
                    return _one(a)
                if _is(only, "tuple") and all(t <= _INTEGERS - {"bool"} for t in only[1]):
                    return self._element(a, len(only[1]))
                if _is(only, "tuple") and all(t <= _INTEGERS - {"bool"} or t == {"slice"} for t in only[1]):
                    gone = sum(t != {"slice"} for t in only[1])
                    return _one(("array", a[1], None if a[2] is None else a[2] - gone, a[3]))
            self.numpy = True
            return _one(UNKNOWN)
        if _is(a, "tuple"):
            out = frozenset()
            for t in a[1]:
                out = _join(out, t)
            return out if index <= _INTEGERS else _one(UNKNOWN)
        if a == "str":
            return _STR
        if a == "list":
            return self.items if index <= _INTEGERS else _one("list")
        if _is(a, "iter") or a == "bytes":
            return _INT if index <= _INTEGERS else _one(UNKNOWN)
        if a in (ANY, UNKNOWN):
            return _one(a)
        raise Differs("what it indexes is not known")

    def _op_BINARY_SLICE(self, k, stack, locals_):
        del stack[-2:]
        stack[-1] = frozenset().union(*(self._subscript(a, _one("slice")) for a in stack[-1]))

    def _op_STORE_SUBSCR(self, k, stack, locals_):
        index, base, value = stack.pop(), stack.pop(), stack.pop()
        if mixed(index):
            raise Differs("an index may be an integer or a float")
        self._store(base, value)

    def _op_STORE_SLICE(self, k, stack, locals_):
        del stack[-2:]
        base, value = stack.pop(), stack.pop()
        self._store(base, value)

    def _store(self, base, value):
        for a in base:
            if a == "list":
                self._put(value)
            elif _is(a, "array"):
                self._writes(a)
                if a[1] is None:
                    continue
                dtype = np.dtype(a[1])
                # NumPy checks what it makes an integer of.
                fits = {("np", a[1]), "int", "bool", ("np", "bool")} if a[1] == "int64" else {("np", a[1])}
                if dtype.kind in "iu" and any(v not in fits and not (_is(v, "array") and v[1] == a[1]) for v in value):
                    raise Differs(f"it writes numbers of other types into an array of {a[1]}")
                if dtype.kind not in "biufc" or (dtype.kind != "c" and value & {"complex", ("np", "complex128"), ("np", "complex64")}):
                    raise Differs(f"it writes into an array of {a[1]}")
            elif a == UNKNOWN:
                self.written = None
            else:
                raise Differs("what it writes into is not known")

    def _writes(self, array):
        self.numpy = True
        if array[3] is not None and self.written is not None:
            self.written.add(array[3])

    # ---- operators ------------------------------------------------------------------------------------------------

    def _op_BINARY_OP(self, k, stack, locals_):
        b, a = stack.pop(), stack.pop()
        op = dis._nb_ops[k.arg][1].rstrip("=")
        out = frozenset()
        for x in a:
            if _is(x, "array") and dis._nb_ops[k.arg][1].endswith("="):
                self._writes(x)
            for y in b:
                out = _join(out, self._binary(op, x, y))
        if op == "**":
            self._check_power(a, b)
        if (mixed(a) or mixed(b)) and out & _INTEGERS:
            raise Differs("a number may be an integer or a float")
        stack.append(out)

    def _check_power(self, base, exponent):
        """NumPy's integers have no negative powers; compiled code gives floats where it knows that the exponent is negative."""
        number = self._constant()
        if any(_is(x, "np") for x in base | exponent) and base & _INTEGERS and exponent & _INTEGERS and not (type(number) is int and number >= 0):
            raise Differs("a power of NumPy's integers")

    def _binary(self, op, x, y):
        if _is(x, "array") or _is(y, "array"):
            self.numpy = True
            for a in (x, y):
                if a not in ("int", "float", "complex") and not (isinstance(a, tuple) and a[0] in ("array", "np") and a[1] in _PLAIN - {"bool"}):
                    raise Differs("it computes with arrays of other types than int64, float64 and complex128")
            dtypes = [_DTYPE[a] if a in _NUMBERS else a[1] for a in (x, y)]
            dtype = max(dtypes, key=_PLAIN_RANK.index)
            if op in ("**", "<<", ">>", "&", "|", "^", "@"):
                return _one(("array", None, None, None))
            sizes = [a[2] if _is(a, "array") else 0 for a in (x, y)]
            return _one(("array", "float64" if op == "/" and dtype == "int64" else dtype, None if None in sizes else max(sizes), None))
        if x in _NUMBERS and y in _NUMBERS:
            return self._python(op, x, y)
        if _is(x, "np") or _is(y, "np"):
            self.numpy = True
            return self._numpy(op, x, y)
        if x == y == "str" and op == "+" or {x, y} == {"str", "int"} and op == "*" or x == "str" and op == "%":
            return _STR
        if x == "list" and y in ("list", "int"):
            return _one("list")
        if _is(x, "tuple") and _is(y, "tuple") and op == "+":
            return _one(("tuple", x[1] + y[1]))
        if ANY in (x, y) and {x, y} <= _NUMBERS | {ANY, "str"}:
            return _one(ANY)
        raise Differs(f"the classes of the operands of {op} are not known")

    def _python(self, op, x, y):
        if "complex" in (x, y) and op not in ("+", "-", "*", "/"):
            raise Differs(f"complex numbers with {op}")
        if x == y == "bool" and op in ("&", "|", "^"):
            return _BOOL
        wide = _RANK[max(_RANK.index(x), _RANK.index(y), 1)]
        return _FLOAT if op == "/" and wide == "int" else _one(wide)

    def _numpy(self, op, x, y):
        kinds = []
        for a in (x, y):
            dtype = _DTYPE.get(a) if not isinstance(a, tuple) else a[1] if a[0] == "np" else None
            if dtype not in _PLAIN:
                raise Differs("it computes with NumPy's numbers of other types than int64, float64 and complex128")
            kinds.append(dtype)
        if self.has_handlers and op in ("/", "//", "%", "<<", ">>", "**"):
            raise Differs("NumPy's numbers do not raise what a handler may catch")
        if "complex128" in kinds and op not in ("+", "-", "*"):
            raise Differs(f"NumPy's complex numbers with {op}")
        if kinds == ["bool", "bool"]:
            if op in ("&", "|", "^"):
                return _one(("np", "bool"))
            raise Differs(f"NumPy's truth values with {op}")
        if "complex128" in kinds or "float64" in kinds:
            return _one(("np", "complex128" if "complex128" in kinds else "float64"))
        return _one(("np", "float64" if op == "/" else "int64"))

    def _op_UNARY_NEGATIVE(self, k, stack, locals_):
        out = frozenset()
        for a in stack[-1]:
            if a == ("np", "bool") or (_is(a, "np") and a[1] not in _PLAIN):
                raise Differs("it negates a NumPy number of a small type")
            out |= _INT if a == "bool" else _one(a)
        stack[-1] = out

    def _op_UNARY_INVERT(self, k, stack, locals_):
        if not stack[-1] <= {"int", ("np", "int64")}:
            raise Differs("~ of what may be no integer")

    def _op_UNARY_NOT(self, k, stack, locals_):
        stack[-1] = _BOOL

    def _op_TO_BOOL(self, k, stack, locals_):
        stack[-1] = _BOOL

    def _op_COMPARE_OP(self, k, stack, locals_):
        b, a = stack.pop(), stack.pop()
        out = frozenset()
        for x in a:
            for y in b:
                out |= self._compare(x, y)
        stack.append(out)

    def _compare(self, x, y):
        if _is(x, "array") or _is(y, "array") or UNKNOWN in (x, y):
            return _one(UNKNOWN)
        if _is(x, "np") or _is(y, "np"):
            self.numpy = True
            for a, b in ((x, y), (y, x)):
                if _is(a, "np") and a[1] not in _PLAIN and (np.dtype(a[1]).kind not in "iu" or b in ("float", "complex")):
                    raise Differs(f"it compares a NumPy number of type {a[1]}")
            return _one(("np", "bool"))
        return _BOOL

    def _op_IS_OP(self, k, stack, locals_):
        b, a = stack.pop(), stack.pop()
        if NONE not in (*a, *b) or min(len(a), len(b)) > 1:
            raise Differs("it compares identities")
        stack.append(_BOOL)

    def _op_CONTAINS_OP(self, k, stack, locals_):
        del stack[-2:]
        stack.append(_BOOL)

    def _text(self, kind, how=0):
        for a in kind:
            if _is(a, "np") and (how & 3 > 1 or a[1] not in _PLAIN) or isinstance(a, tuple) and a[0] != "np" or a == UNKNOWN:
                raise Differs("it makes a text of a value whose class is another in compiled code")
        if sum(a in _NUMBERS or _is(a, "np") for a in kind) > 1:
            raise Differs("it makes a text of a number that may be of one class or another")
        return _STR

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
        stack.append(_STR)

    # ---- attributes and calls -------------------------------------------------------------------------------------

    def _op_LOAD_ATTR(self, k, stack, locals_):
        name, base = self.code.co_names[attribute(k)], stack.pop()
        pushes_two = k.name == "LOAD_METHOD" or ("END_FOR" in dis.opmap and k.arg & 1)
        (only,) = base if len(base) == 1 else (None,)
        if _is(only, "object"):
            try:
                value = kind_of(getattr(only[1].value, name))
            except AttributeError:
                raise Differs(f"there is no attribute {name}") from None
            if pushes_two:
                stack.extend((value, _one(NULL)) if "CALL_KW" in dis.opmap else (_one(NULL), value))
            else:
                stack.append(value)
        elif pushes_two:
            stack.extend((_one(("method", name)), base))
        else:
            out = frozenset()
            for a in base:
                out = _join(out, self._attribute(a, name))
            stack.append(out)

    _op_LOAD_METHOD = _op_LOAD_ATTR

    def _attribute(self, a, name):
        if _is(a, "array"):
            if name == "shape" and a[2] is not None:
                return _one(("tuple", (_INT,) * a[2]))
            if name in ("size", "ndim", "itemsize", "nbytes"):
                return _INT
            if name == "T":
                return _one(a)
        if a in ("int", "float", "complex", "bool") and name in ("real", "imag"):
            return _FLOAT if a == "complex" else _one("int" if a == "bool" else a)
        self.numpy = True
        return _one(UNKNOWN)

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
            if len(callee) != 1 or not _is(next(iter(callee)), "object"):
                raise Differs("what it calls is not known")
            stack.append(self._call(next(iter(callee))[1].value, args, named))
        else:
            stack.append(self._method(next(iter(first))[1], second, args))

    def _method(self, name, base, args):
        out = frozenset()
        for a in base:
            if a == "list":
                if name in ("append", "insert"):
                    self._put(args[-1])
                    out |= {NONE}
                elif name == "pop":
                    out = _join(out, self.items)
                elif name in ("index", "count"):
                    out |= _INT
                elif name in ("clear", "reverse", "sort"):
                    out |= {NONE}
                else:
                    raise Differs(f"the method {name} of a list")
            elif a in ("str", "bytes", ANY):
                if any(mixed(x) or any(isinstance(t, tuple) for t in x) for x in args):
                    raise Differs(f"what it passes to the method {name} has another class in compiled code")
                out |= {ANY}
            elif _is(a, "np") and name == "item" and a[1] in _PLAIN:
                out |= {next(p for p, d in _DTYPE.items() if d == a[1])}
            elif _is(a, "array") or a == UNKNOWN:
                self.numpy = True
                if name not in _READING:
                    self.written = None
                out |= {("array", a[1], a[2], None)} if name == "copy" and a != UNKNOWN else {UNKNOWN}
            else:
                raise Differs(f"the method {name} of what is not known")
        return out

    def _call(self, f, args, named):
        """The kind of a call's result."""
        if isinstance(f, _core.CPUDispatcher):
            if any(map(mixed, args)):
                raise Differs("it passes on a number that may be an integer or a float")
            self.written, self.calls = None, True
            self.numpy = self.numpy or any(_is(a, "array") for kind in args for a in kind)
            return _one(ANY)
        if isinstance(f, np.ufunc):
            return self._ufunc(f, args, named)
        rule = _RULES.get(f) if getattr(f, "__hash__", None) is not None else None
        if rule is not None and not named:
            return rule(self, args)
        if getattr(f, "__module__", "") == "math":
            name = f.__name__
            self._plain(args)
            if name in _MATH_INT:
                return _INT
            if name in _MATH_BOOL:
                return _BOOL
            if name in _MATH:
                return _FLOAT
        if isinstance(f, type) and issubclass(f, np.generic):
            self.numpy = True
            dtype = np.dtype(f).name
            if dtype not in _PLAIN:
                raise Differs(f"it makes NumPy numbers of type {dtype}")
            return _one(("np", dtype))
        self.numpy = True
        if f in (np.zeros, np.ones, np.empty) and not named and len(args) == 1:
            (only,) = args[0] if len(args[0]) == 1 else (None,)
            return _one(("array", "float64", len(only[1]) if _is(only, "tuple") else 1 if args[0] <= _INTEGERS else None, None))
        if (getattr(f, "__module__", None) or "").partition(".")[0] == "numpy" and f.__name__ in _MAKERS:
            return _one(("array", None, None, None))
        if (getattr(f, "__module__", None) or "").partition(".")[0] == "numpy" and f.__name__ in _ELEMENTWISE and not named:
            if any(_is(a, "array") and a[1] in _PLAIN for kind in args for a in kind):
                return _one(("array", None, None, None))
        raise Differs(f"what {getattr(f, '__name__', f)} gives is not known")

    def _plain(self, args):
        """Refuses arguments that are NumPy scalars of small types, with which compiled code computes in these types."""
        if any(_is(a, "np") and a[1] not in _PLAIN for kind in args for a in kind):
            raise Differs("it computes with NumPy's numbers of other types than int64, float64 and complex128")

    def _ufunc(self, f, args, named):
        self.numpy = True
        if any(_is(a, "array") or a == UNKNOWN for kind in args for a in kind):
            if named or len(args) > f.nin:
                self.written = None
            return _one(("array", None, None, None))
        dtypes = []
        for kind in args:
            names = {_DTYPE.get(a) if not isinstance(a, tuple) else a[1] if a[0] == "np" else None for a in kind}
            if len(names) != 1 or not names <= _PLAIN:
                raise Differs(f"the types that numpy.{f.__name__} gets are not known")
            dtypes.append(np.dtype(names.pop()))
        if named or f.nout != 1 or len(dtypes) != f.nin:
            raise Differs(f"a call of numpy.{f.__name__}")
        try:
            result = f.resolve_dtypes((*dtypes, None))[-1].name
        except TypeError:
            raise Differs(f"numpy.{f.__name__} does not take this") from None
        if result not in _PLAIN:
            raise Differs(f"numpy.{f.__name__} gives a number of type {result}")
        return _one(("np", result))


_NO_CHANGE = frozenset((
    "RESUME", "NOP", "PRECALL", "CACHE", "COPY_FREE_VARS", "JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "DELETE_FAST",
))  # fmt: skip
_POPS = frozenset(("POP_TOP", "END_FOR", "POP_EXCEPT", "RERAISE", "RAISE_VARARGS", "POP_ITER"))
_REFUSED = frozenset(("CALL_FUNCTION_EX", "BUILD_MAP", "BUILD_SET", "BUILD_CONST_KEY_MAP"))
_MATH_INT = frozenset(("floor", "ceil", "trunc", "gcd"))
_MATH_BOOL = frozenset(("isnan", "isinf", "isfinite"))
_MATH = frozenset(
    "sin cos tan asin acos atan atan2 sinh cosh tanh exp expm1 log log2 log10 log1p sqrt fabs copysign degrees radians".split()
)
_MAKERS = frozenset("zeros ones empty full arange linspace zeros_like ones_like empty_like full_like array asarray copy dot outer cross concatenate".split())


_READING = frozenset("sum min max mean all any argmin argmax copy astype reshape ravel flatten std var prod cumsum cumprod dot transpose item tolist".split())


_ELEMENTWISE = frozenset("where clip sort cumsum cumprod diff roll flip reshape ravel transpose argsort".split())


def _longest(self, args):
    kinds = [self._items(args[0])] if len(args) == 1 else args
    out = frozenset()
    for kind in kinds:
        out = _join(out, kind)
    if not out <= {"int", "float", "bool", "str", ANY, ("np", "int64"), ("np", "float64")}:
        raise Differs("which of several values it chooses is not known")
    return out


def _absolute(self, args):
    out = frozenset()
    for a in args[0]:
        if a in _NUMBERS:
            out |= _FLOAT if a == "complex" else _one("int" if a == "bool" else a)
        elif a in (("np", "int64"), ("np", "float64")):
            out |= _one(a)
        else:
            raise Differs("the absolute value of what is not known")
    return out


def _rounded(self, args):
    if len(args) == 1 and args[0] <= {"int", "float", ("np", "float64")}:
        return _INT
    if len(args) == 2 and args[0] == {"float"}:
        return _FLOAT
    raise Differs("round() of what is not known")


def _divmod(self, args):
    quotient = rest = frozenset()
    for x in args[0]:
        for y in args[1]:
            quotient, rest = _join(quotient, self._binary("//", x, y)), _join(rest, self._binary("%", x, y))
    if mixed(args[0]) or mixed(args[1]):
        raise Differs("a number may be an integer or a float")
    return _one(("tuple", (quotient, rest)))


def _power(self, args):
    if len(args) != 2 or mixed(args[0]) or mixed(args[1]):
        raise Differs("pow() of what is not known")
    out = frozenset()
    if any(_is(x, "np") for x in args[0] | args[1]):
        raise Differs("pow() of what is not known")
    for x in args[0]:
        for y in args[1]:
            out = _join(out, self._binary("**", x, y))
    return out


def _sum(self, args):
    if len(args) == 1 and self._items(args[0]) <= {"int", "bool"}:
        return _INT
    raise Differs("sum() of what may be floats")


def _integer(self, args):
    if any(a in (UNKNOWN, ANY) or _is(a, "array") for a in args[0]):
        raise Differs("a number of what is not known")
    return _INT


def _float(self, args):
    _integer(self, args)
    return _FLOAT


def _complex(self, args):
    self._plain(args)
    return _one("complex")


_RULES = {
    len: lambda self, args: _INT,
    range: lambda self, args: _one(("iter", _INT)),
    enumerate: lambda self, args: _one(("iter", _one(("tuple", (_INT, self._items(args[0])))))),
    zip: lambda self, args: _one(("iter", _one(("tuple", tuple(map(self._items, args)))))),
    reversed: lambda self, args: _one(("iter", self._items(args[0]))),
    min: _longest,
    max: _longest,
    abs: _absolute,
    round: _rounded,
    divmod: _divmod,
    pow: _power,
    sum: _sum,
    int: _integer,
    float: _float,
    bool: lambda self, args: _BOOL,
    complex: _complex,
    ord: lambda self, args: _INT,
    chr: lambda self, args: _STR,
    str: lambda self, args: self._text(args[0]) if len(args) == 1 else _STR,
}


_KINDS = {"integer": "int", "float": "float", "complex": "complex", "boolean": "bool"}


def conversion(kind, compiled, name):
    """What makes a value of this kind, which compiled code has with the type `compiled`, the interpreter's: a function, or None if
    it is that already.

    Raises Differs where the class is one or another; UNKNOWN is the caller's business."""
    compiled = getattr(compiled, "type", None) or compiled
    kind = kind - {NONE}
    scalars = {a for a in kind if _is(a, "np")}
    tuples = [a for a in kind if _is(a, "tuple")]
    numbers = kind & _NUMBERS
    if len(numbers) > 1 or (numbers and (tuples or scalars)) or len(scalars) > 1:
        raise Differs(f"`{name}` may be of one class or another")
    if len(tuples) > 1:
        raise Differs(f"`{name}` may be one tuple or another")
    if numbers or scalars:
        if len(kind) > 1:
            raise Differs(f"`{name}` may be of one class or another")
        (only,) = kind
        cls = np.dtype(only[1]).type if scalars else getattr(builtins, only)
        own = "bool" if only == ("np", "bool") else _OF_DTYPE[np.dtype(only[1]).kind] if scalars else only
        found = _KINDS.get(compiled.kind)
        # What was widened where it may be another number too.
        if found != own and (own, found) != ("bool", "int"):
            raise Differs(f"`{name}` may be of one class or another")
        if scalars or found != own:
            return lambda value: None if value is None else cls(value)
        return None
    if tuples:
        if compiled.kind != "tuple":
            raise Differs(f"`{name}` may be one tuple or another")
        parts = [conversion(t, c, name) for t, c in zip(tuples[0][1], compiled.types, strict=True)]
        if any(p is not None for p in parts):
            return lambda value: None if value is None else tuple(v if p is None else p(v) for p, v in zip(parts, value, strict=True))
    return None


_OF_DTYPE = {"i": "int", "u": "int", "f": "float", "c": "complex", "b": "bool"}
