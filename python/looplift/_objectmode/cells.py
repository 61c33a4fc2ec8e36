"""Variables that inner functions share: how instructions name them, and how a function gets rid of them.

CPython numbers local variables, then cells that are no arguments, then free variables in one row. From 3.13 on what
goes into a closure is loaded by LOAD_FAST of a cell's number; here it is LOAD_CLOSURE, as in the versions before.
"""

import dis
import types

LOCAL = frozenset(("LOAD_FAST", "LOAD_FAST_CHECK", "STORE_FAST", "LOAD_FAST_AND_CLEAR", "DELETE_FAST"))
SHARED = frozenset(("LOAD_DEREF", "STORE_DEREF", "DELETE_DEREF", "LOAD_CLOSURE", "MAKE_CELL", "LOAD_FROM_DICT_OR_DEREF", "LOAD_CLASSDEREF"))
_AS_LOCAL = {"LOAD_DEREF": "LOAD_FAST_CHECK" if "LOAD_FAST_CHECK" in dis.opmap else "LOAD_FAST", "STORE_DEREF": "STORE_FAST", "DELETE_DEREF": "DELETE_FAST"}


def shared_name(name):
    """What an instruction on a local variable is called for a cell."""
    return {"STORE_FAST": "STORE_DEREF", "DELETE_FAST": "DELETE_DEREF"}.get(name, "LOAD_DEREF")


def _row(code):
    """Names of locals and cells by their numbers."""
    return (*code.co_varnames, *(c for c in code.co_cellvars if c not in code.co_varnames))


def numbers(code):
    """The numbers of a function's own cells."""
    return {n for n, name in enumerate(_row(code)) if name in code.co_cellvars}


def named(code, instructions):
    """The instructions, with LOAD_CLOSURE where a cell itself is loaded."""
    row = _row(code)
    shared = numbers(code) | set(range(len(row), len(row) + len(code.co_freevars)))
    for k in instructions:
        if k.name == "LOAD_FAST" and k.arg in shared:
            k.name = "LOAD_CLOSURE"
    return instructions


def plain(func, instructions, inside):
    """(instructions, function) in which the cells that are closed over only at the places `inside` (numbers) are local variables,
    of which LOAD_CLOSURE is a use. The function is there for the names: its code is not that of the instructions."""
    code = func.__code__
    row = _row(code)
    elsewhere = {k.arg for n, k in enumerate(instructions) if k.name == "LOAD_CLOSURE" and n not in inside}
    # A comprehension that CPython 3.12 wrote out may make a cell in the middle.
    made = numbers(code) - elsewhere
    for n, k in enumerate(instructions):
        if (k.name == "MAKE_CELL" and n in inside) or (k.name in LOCAL and k.name != "LOAD_FAST_CHECK" and k.arg in made and row[k.arg] not in code.co_varnames):
            made.discard(k.arg)
    if not made:
        return instructions, func
    moved = [n for n in range(len(code.co_varnames), len(row)) if n in made]
    order = [*range(len(code.co_varnames)), *moved, *(n for n in range(len(code.co_varnames), len(row)) if n not in made)]
    number = {old: new for new, old in enumerate(order)}
    out, replaced = [], {}
    for n, k in enumerate(instructions):
        if k.name in SHARED and k.arg in made:
            if k.name == "MAKE_CELL":
                replaced[id(k)] = instructions[n + 1]
                continue
            k.name = _AS_LOCAL.get(k.name, k.name)
        if k.name in LOCAL or k.name in SHARED:
            k.arg = number.get(k.arg, k.arg)
        out.append(k)
    for k in out:
        if k.target is not None:
            k.target = replaced.get(id(k.target), k.target)
    names = tuple(row[n] for n in order[: len(code.co_varnames) + len(moved)])
    kept = tuple(c for c in code.co_cellvars if row.index(c) not in made)
    code = code.replace(co_varnames=names, co_nlocals=len(names), co_cellvars=kept)
    new = types.FunctionType(code, func.__globals__, func.__name__, func.__defaults__, func.__closure__)
    new.__kwdefaults__, new.__qualname__, new.__module__ = func.__kwdefaults__, func.__qualname__, func.__module__
    return out, new
