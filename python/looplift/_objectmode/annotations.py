"""What `with objmode(...)` says in the bytecode of a function: whether a context expression is `objmode`, and its types.

Both are read while compiling. An expression is followed through global, closure and module names, attributes, and local
names that are assigned once; what it consists of otherwise is evaluated, unless it depends on local variables.
"""

import types

from looplift import _core
from looplift._objectmode import assembly
from looplift._objectmode.assembly import Instruction
from looplift.errors import CompilerError, ObjModeAnnotationError, TypingError

_NOT_CONSTANT = (
    "The value must be a compile-time constant either as a non-local variable or a getattr expression that refers to a Numba type."
)


class _Unresolved(Exception):
    """An expression has no value while compiling; the text says why."""


def head(flow, n):
    """The start of the context expression that ends before instruction `n` (a BEFORE_WITH), or None."""
    if flow.before[n] is None:
        return None
    depth, start = len(flow.before[n]) - 1, n
    while len(flow.before[start]) != depth or start == n:
        start -= 1
        if start < 0 or flow.before[start] is None:
            return None
    return start


def manager(func, flow, start, n, kind):
    """(value, keyword names, their expressions) if the context expression is a `kind` (a class) or a call of one, else None.

    Expressions are ranges of instruction numbers. The names are None for a value that is not called."""
    ks = flow.instructions
    base, last = len(flow.before[start]), ks[n - 1].name
    if last in ("CALL", "CALL_KW", "CALL_FUNCTION_EX"):
        end, names = n - 1, ()
        if last == "CALL_KW":
            end -= 1
            names = func.__code__.co_consts[ks[end].arg]
        elif ks[end - 1].name == "PRECALL":
            end -= 1
        if ks[end - 1].name == "KW_NAMES":
            end -= 1
            names = func.__code__.co_consts[ks[end].arg]
        count = 1 if last == "CALL_FUNCTION_EX" else ks[n - 1].arg
        starts = [_last_at(flow, start, end, base + 2 + i) for i in range(count)]
        value = _quietly(func, flow, range(start, starts[0] if starts else end))
        if not isinstance(value, kind):
            return None
        if last == "CALL_FUNCTION_EX":
            # So are calls with more than fifteen keywords, too.
            try:
                return _value(func, flow, range(start, n)), None, ()
            except _Unresolved as why:
                raise ObjModeAnnotationError(f"{place(func, ks[n].position[0])}: the types of objmode(...) are not known. {why}") from None
        if len(names) != len(starts):
            what = "objectmode context doesn't take any positional arguments"
            raise CompilerError(f"{place(func, ks[n].position[0])}: {what}: write the types of variables as keyword arguments")
        return value, names, [range(a, b) for a, b in zip(starts, [*starts[1:], end][: len(starts)], strict=True)]
    value = _quietly(func, flow, range(start, n))
    return (value, None, ()) if isinstance(value, kind) else None


def place(func, line):
    """Where an error is, as the start of its text."""
    return f"{func.__code__.co_filename}:{line}, in {func.__qualname__}"


def types_of(func, flow, names, expressions):
    """The annotated variables with their types."""
    line = flow.instructions[expressions[0].start].position[0] if expressions else 0
    found = {}
    for name, expression in zip(names, expressions, strict=True):
        try:
            found[name] = _value(func, flow, expression)
        except _Unresolved as why:
            raise ObjModeAnnotationError(f"{place(func, line)}: Error handling objmode argument {name!r}. {why}") from None
    return {name: as_type(func, line, name, value) for name, value in found.items()}


def as_type(func, line, name, value):
    """The type that an annotation means: a type, its text, or a class."""
    try:
        if isinstance(value, str):
            kind = _core.parse_type(value)
        elif isinstance(value, _core.Type):
            kind = value
        else:
            from looplift.extending import as_numba_type

            kind = as_numba_type(value)
    except (TypeError, ValueError, TypingError) as e:
        why = e if isinstance(value, str) else f"{_NOT_CONSTANT} (It is {value!r}.)"
        raise ObjModeAnnotationError(f"{place(func, line)}: Error handling objmode argument {name!r}. {why}") from None
    if getattr(kind, "flavour", None) == "reflected" and kind.kind in ("list", "set"):
        raise CompilerError(
            f"{place(func, line)}: Objmode context failed. Argument {name!r} is declared as an unsupported type: {kind}. "
            "Reflected types are not supported."
        )
    return kind


def _last_at(flow, start, n, depth):
    return next(m for m in range(n - 1, start - 1, -1) if len(flow.before[m]) == depth)


def _quietly(func, flow, expression):
    """The value of a chain of names, or None."""
    try:
        return _chain(func, flow, expression, (types.ModuleType, type))
    except _Unresolved:
        return None


def _chain(func, flow, expression, bases=object):
    """The value of a name and attributes of it. Attributes are read of objects of the classes `bases`."""
    code, value, first = func.__code__, None, True
    for m in expression:
        k = flow.instructions[m]
        if k.name in ("PUSH_NULL", "COPY_FREE_VARS", "RESUME", "NOP"):
            continue
        if not first:
            if k.name not in ("LOAD_ATTR", "LOAD_METHOD") or not isinstance(value, bases):
                raise _Unresolved
            try:
                value = getattr(value, code.co_names[attribute(k)])
            except AttributeError:
                raise _Unresolved("Getattr cannot be resolved at compile-time.") from None
            continue
        first = False
        if k.name == "LOAD_CONST":
            value = code.co_consts[k.arg]
        elif k.name == "LOAD_GLOBAL":
            value = _global(func, code.co_names[k.arg >> 1])
        elif k.name == "LOAD_DEREF" and (n := k.arg - first_free(code)) >= 0:
            try:
                value = func.__closure__[n].cell_contents
            except ValueError:
                raise _Unresolved(f"Freevar {code.co_freevars[n]!r} is not defined.") from None
        elif k.name in ("LOAD_FAST", "LOAD_FAST_CHECK"):
            value = _chain(func, flow, _only_value(func, flow, k.arg), bases)
        else:
            raise _Unresolved
    return value


def attribute(k):
    """The number of the name that an instruction LOAD_ATTR or LOAD_METHOD reads."""
    return k.arg >> 1 if k.name == "LOAD_ATTR" and "END_FOR" in assembly._NUMBERS else k.arg


def first_free(code):
    """The number of the first free variable in LOAD_DEREF."""
    return len(code.co_varnames) + sum(c not in code.co_varnames for c in code.co_cellvars)


def _global(func, name):
    space, builtins = func.__globals__, func.__builtins__
    if name in space:
        return space[name]
    if isinstance(builtins, dict) and name in builtins:
        return builtins[name]
    raise _Unresolved(f"Global {name!r} is not defined.")


def _only_value(func, flow, local):
    """The instructions of what a local variable is, if it is assigned once, a name with attributes."""
    code, ks = func.__code__, flow.instructions
    stores = [m for m, k in enumerate(ks) if k.name in ("STORE_FAST", "DELETE_FAST", "LOAD_FAST_AND_CLEAR") and k.arg == local]
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
    if len(stores) != 1 or local < count or ks[stores[0]].name != "STORE_FAST":
        raise _Unresolved
    start = stores[0] - 1
    while start > 0 and ks[start].name == "LOAD_ATTR":
        start -= 1
    joined = any(m in flow.at for m in range(start + 1, stores[0] + 1))
    if joined or not ks[start].name.startswith(("LOAD_GLOBAL", "LOAD_DEREF", "LOAD_CONST")):
        raise _Unresolved
    return range(start, stores[0])


def _value(func, flow, expression):
    """The value of an annotation."""
    try:
        return _chain(func, flow, expression)
    except _Unresolved as why:
        if str(why):
            raise
    ks, code = [flow.instructions[m] for m in expression], func.__code__
    if any(k.name.startswith(("LOAD_FAST", "STORE_FAST")) or (k.name == "LOAD_DEREF" and k.arg < first_free(code)) for k in ks):
        raise _Unresolved(_NOT_CONSTANT)
    out = [Instruction("COPY_FREE_VARS", len(code.co_freevars), caches=0)] if code.co_freevars else []
    out.append(Instruction("RESUME"))
    index = {}
    for k in ks:
        c = k.copy()
        c.handler = None
        if k.name == "LOAD_DEREF":
            c.arg -= first_free(code)
        index[id(k)] = c
        out.append(c)
    if any(c.target is not None and id(c.target) not in index for c in out):
        raise _Unresolved(_NOT_CONSTANT)
    for c in out:
        if c.target is not None:
            c.target = index[id(c.target)]
    out.append(Instruction("RETURN_VALUE"))
    made = assembly.assemble(
        out, code, code.co_stacksize + 2, co_argcount=0, co_posonlyargcount=0, co_kwonlyargcount=0, co_nlocals=0, co_varnames=(),
        co_cellvars=(), co_flags=code.co_flags & ~0x2C,
    )  # fmt: skip
    try:
        return types.FunctionType(made, func.__globals__, closure=func.__closure__)()
    except Exception as e:
        raise _Unresolved(f"{_NOT_CONSTANT} ({type(e).__name__}: {e})") from None
