"""Code objects as lists of instructions, and back.

Reads `co_code` of any supported CPython into instructions that know their jump target, their place in the source and the
handler that covers them, and writes such a list as a new code object: extended arguments, inline caches, jump directions,
exception table and line table are made anew. What an opcode is called and how many cache units follow it is asked of the
running interpreter (`dis`, and a sample function), so that no table of a version is kept here.

Assumes the forms of CPython 3.11 and later. It knows nothing about loops.
"""

import dis
import types

_NAMES = dis.opname
_NUMBERS = dis.opmap
_JUMPS = frozenset(dis.hasjrel)
_EXTENDED = _NUMBERS["EXTENDED_ARG"]
# Two loads or stores in one, with two variable numbers of four bits in the argument.
_PAIRS = {
    "LOAD_FAST_LOAD_FAST": ("LOAD_FAST", "LOAD_FAST"),
    "STORE_FAST_LOAD_FAST": ("STORE_FAST", "LOAD_FAST"),
    "STORE_FAST_STORE_FAST": ("STORE_FAST", "STORE_FAST"),
}


class Instruction:
    """One instruction: `name`, `arg`, `target` (an Instruction, for jumps), `position` (line, end line, column, end column),
    `handler` (target Instruction, stack depth, whether the last offset is pushed) or None, `caches` (code units)."""

    __slots__ = ("name", "arg", "target", "position", "handler", "caches")

    def __init__(self, name, arg=0, target=None, position=(None,) * 4, handler=None, caches=None):
        self.name = name
        self.arg = arg
        self.target = target
        self.position = position
        self.handler = handler
        self.caches = _caches(name) if caches is None else caches

    def __repr__(self):
        return f"{self.name} {self.arg}"

    def copy(self):
        return Instruction(self.name, self.arg, self.target, self.position, self.handler, self.caches)


def loaded(func, k):
    """The object that an instruction of a function loads: a global variable, one of the function around it, or a constant; else None."""
    code = func.__code__
    if k.name == "LOAD_GLOBAL":
        return func.__globals__.get(code.co_names[k.arg >> 1])
    if k.name == "LOAD_CONST":
        return code.co_consts[k.arg]
    if k.name == "LOAD_DEREF":
        cell = k.arg - len(code.co_varnames) - sum(c not in code.co_varnames for c in code.co_cellvars)
        try:
            return func.__closure__[cell].cell_contents if cell >= 0 else None
        except (IndexError, TypeError, ValueError):
            return None
    return None


def decode(code):
    """The instructions of a code object, with pairs of loads and stores taken apart."""
    raw = code.co_code
    positions = list(code.co_positions())
    instructions, at, jumps = [], {}, []
    offset, extended, start = 0, 0, 0
    while offset < len(raw):
        op, arg = raw[offset], raw[offset + 1]
        offset += 2
        if op == _EXTENDED:
            extended = (extended | arg) << 8
            continue
        arg |= extended
        name, position = _NAMES[op], positions[offset // 2 - 1]
        caches = 0
        while offset < len(raw) and raw[offset] == 0:
            caches += 1
            offset += 2
        at[start] = len(instructions)
        if name in _PAIRS:
            for part, local in zip(_PAIRS[name], (arg >> 4, arg & 15), strict=True):
                instructions.append(Instruction(part, local, position=position, caches=0))
        else:
            instructions.append(Instruction(name, arg, position=position, caches=caches))
            if op in _JUMPS:
                jumps.append((instructions[-1], offset - 2 * arg if "BACKWARD" in name else offset + 2 * arg))
        extended, start = 0, offset
    at[offset] = len(instructions)
    for jump, target in jumps:
        jump.target = instructions[at[target]]
    for first, end, target, depth, lasti in _exception_table(code.co_exceptiontable):
        handler = (instructions[at[target]], depth, lasti)
        for k in range(at[first], at[end]):
            instructions[k].handler = handler
    return instructions


def _exception_table(table):
    """Entries (first offset, end offset, target offset, depth, lasti) of `co_exceptiontable`."""
    data = iter(table)

    def number():
        byte = next(data)
        value = byte & 63
        while byte & 64:
            byte = next(data)
            value = value << 6 | byte & 63
        return value

    entries = []
    while True:
        try:
            first = number() * 2
        except StopIteration:
            return entries
        end = first + number() * 2
        target = number() * 2
        flags = number()
        entries.append((first, end, target, flags >> 1, bool(flags & 1)))


def assemble(instructions, code, stacksize, **changes):
    """A code object like `code` with these instructions; `changes` as for `code.replace`."""
    sizes = [1 + (k.arg > 255) for k in instructions]
    index = {id(k): n for n, k in enumerate(instructions)}
    while True:
        offsets = [0]
        for size, k in zip(sizes, instructions, strict=True):
            offsets.append(offsets[-1] + size + k.caches)
        args, grown = [], False
        for n, k in enumerate(instructions):
            arg = k.arg
            if k.target is not None:
                t = index[id(k.target)]
                # A jump backwards is measured to the first unit of its target, its own caches included.
                if t > n:
                    arg = offsets[t] - offsets[n + 1]
                else:
                    arg = offsets[n + 1] - offsets[t]
                backward = t <= n
                name = _directed(k.name, backward)
                if name != k.name:
                    caches = _caches(name)
                    grown |= caches != k.caches
                    k.name, k.caches = name, caches
            need = max(1, (arg.bit_length() + 7) // 8)
            if need > sizes[n]:
                sizes[n], grown = need, True
            args.append(arg)
        if not grown:
            break
    out, lines, covered = bytearray(), bytearray(), []
    line = code.co_firstlineno
    for n, k in enumerate(instructions):
        arg = args[n]
        for shift in range(sizes[n] - 1, 0, -1):
            out += bytes((_EXTENDED, arg >> 8 * shift & 255))
        # (LOAD_CLOSURE is a name for LOAD_FAST from CPython 3.13 on.)
        number = _NUMBERS[k.name] if _NUMBERS[k.name] < 256 else _NUMBERS["LOAD_FAST"]
        out += bytes((number, arg & 255)) + bytes(2 * k.caches)
        line = _location(lines, sizes[n] + k.caches, k.position, line)
        handler = None if k.handler is None else (offsets[index[id(k.handler[0])]], k.handler[1], k.handler[2])
        if covered and covered[-1][2] == handler:
            covered[-1][1] = offsets[n + 1]
        else:
            covered.append([offsets[n], offsets[n + 1], handler])
    table = bytearray()
    for first, end, handler in covered:
        if handler is not None:
            target, depth, lasti = handler
            for k, value in enumerate((first, end - first, target, depth << 1 | lasti)):
                _varint(table, value, 128 if k == 0 else 0)
    return code.replace(
        co_code=bytes(out), co_linetable=bytes(lines), co_exceptiontable=bytes(table), co_stacksize=stacksize, **changes
    )


def _directed(name, backward):
    """The name of a jump for its direction."""
    if name in ("JUMP_FORWARD", "JUMP_BACKWARD"):
        return "JUMP_BACKWARD" if backward else "JUMP_FORWARD"
    # CPython 3.11 has conditional jumps of both directions.
    if "JUMP_FORWARD_IF" in name and backward:
        return name.replace("FORWARD", "BACKWARD")
    if "JUMP_BACKWARD_IF" in name and not backward:
        return name.replace("BACKWARD", "FORWARD")
    if backward and "BACKWARD" not in name:
        raise ValueError(f"{name} cannot jump backwards")
    return name


def _varint(out, value, first):
    """Big-endian groups of six bits; `first` is or-ed to the first byte."""
    groups = [value & 63]
    while value := value >> 6:
        groups.append(value & 63)
    for k, group in enumerate(reversed(groups)):
        out.append(group | (64 if k + 1 < len(groups) else 0) | (first if k == 0 else 0))


def _location(out, units, position, line):
    """Appends entries of the line table for `units` code units; the line reached."""
    first, last, column, end_column = position
    while units > 0:
        part = min(units, 8)
        units -= part
        if first is None:
            out.append(0x80 | 15 << 3 | part - 1)
            continue
        whole = column is not None and end_column is not None and last is not None
        out.append(0x80 | (14 if whole else 13) << 3 | part - 1)
        delta = first - line
        _little(out, -delta << 1 | 1 if delta < 0 else delta << 1)
        line = first
        if whole:
            for value in (last - first, column + 1, end_column + 1):
                _little(out, value)
    return line


def _little(out, value):
    """Little-endian groups of six bits, as the line table has them."""
    while value > 63:
        out.append(value & 63 | 64)
        value >>= 6
    out.append(value)


def _sample(f, a):
    x, y = f(a, len)
    while a == 1:
        if a is None:
            x = y[a]
    return x


def _learn():
    known = {}
    raw, offset = _sample.__code__.co_code, 0
    while offset < len(raw):
        name, caches = _NAMES[raw[offset]], 0
        argument = raw[offset + 1]
        offset += 2
        while offset < len(raw) and raw[offset] == 0:
            caches += 1
            offset += 2
        known.setdefault(name, (caches, argument))
    return known


_KNOWN = _learn()


def _caches(name):
    """Cache units of an instruction that is made here."""
    if name in _KNOWN:
        return _KNOWN[name][0]
    if name in ("JUMP_FORWARD", "COPY", "SWAP", "POP_TOP", "PUSH_NULL", "BUILD_TUPLE", "IS_OP", "NOP", "GET_ITER", "END_FOR", "BINARY_SLICE"):
        return 0
    if name.startswith(("LOAD_CONST", "LOAD_FAST", "STORE_FAST", "LOAD_DEREF", "STORE_DEREF", "RETURN", "PRECALL", "RESUME")):
        return _KNOWN.get(name, (0,))[0]
    if name.startswith("POP_JUMP"):
        return next((v[0] for k, v in _KNOWN.items() if k.startswith("POP_JUMP")), 0)
    if name == "JUMP_BACKWARD":
        return 0
    raise ValueError(f"instructions {name} are not made here")


def call(callable_const, arguments):
    """Instructions that call a constant with what `arguments` (instructions) push."""
    load, null = Instruction("LOAD_CONST", callable_const), Instruction("PUSH_NULL")
    # The empty slot beside the callable stands above it from CPython 3.13 on.
    head = [load, null] if "CALL_KW" in _NUMBERS else [null, load]
    n = len(arguments)
    tail = [Instruction("PRECALL", n)] if "PRECALL" in _NUMBERS else []
    return [*head, *arguments, *tail, Instruction("CALL", n)]


def jump_if_none(target):
    """A jump taken, and forwards, if None is popped."""
    name = "POP_JUMP_IF_NONE" if "POP_JUMP_IF_NONE" in _NUMBERS else "POP_JUMP_FORWARD_IF_NONE"
    return Instruction(name, 0, target)


def jump_if_false(target):
    """A jump taken, and forwards, if False is popped."""
    name = "POP_JUMP_IF_FALSE" if "POP_JUMP_IF_FALSE" in _NUMBERS else "POP_JUMP_FORWARD_IF_FALSE"
    return Instruction(name, 0, target)


def equals():
    """The comparison `==`, with a bool as its result."""
    return Instruction("COMPARE_OP", _KNOWN["COMPARE_OP"][1])


def jump(target):
    return Instruction("JUMP_FORWARD", 0, target, caches=0)


assert isinstance(_sample, types.FunctionType)
