"""`for position in pndindex(shape)` as a loop over numbers, so that threads can share it: the number of a position stands for it.

`rewrite` makes of such a loop one over `range_of(shape)`, in which each number becomes a position again.
"""

import types

from looplift import pndindex
from looplift._objectmode import assembly
from looplift._objectmode.assembly import Instruction
from looplift._objectmode.flow import Flow


def shape_of(*lengths):
    """The shape that `pndindex` was given: a tuple, or its lengths."""
    return lengths[0] if len(lengths) == 1 and isinstance(lengths[0], tuple) else lengths


def range_of(shape):
    """The numbers of a shape's positions."""
    count = 1
    for n in shape:
        count *= n
    return range(count)


def position(shape, number):
    """The position with a number, the last index running fastest."""
    out = []
    for n in reversed(shape):
        number, index = divmod(number, n)
        out.append(index)
    return tuple(reversed(out))


def _is_pndindex(func, ks, n):
    """How many instructions from `n` on load `pndindex` to be called: 0 if they do not."""
    code, k = func.__code__, ks[n]
    if k.name not in ("LOAD_GLOBAL", "LOAD_DEREF"):
        return 0
    value = assembly.loaded(func, k)
    if value is pndindex:
        return 1
    follower = ks[n + 1]
    if isinstance(value, types.ModuleType) and follower.name in ("LOAD_ATTR", "LOAD_METHOD"):
        name = code.co_names[follower.arg >> 1 if "END_FOR" in assembly._NUMBERS else follower.arg]
        if getattr(value, name, None) is pndindex:
            # `module.attribute` as an object, then called, has an instruction for the empty slot of its own.
            return 2
    return 0


def _loops(func, flow):
    """(first instruction of the callee, how many they are, GET_ITER, FOR_ITER) of each loop over `pndindex(...)`."""
    ks, before = flow.instructions, flow.before
    for n, k in enumerate(ks):
        if k.name != "GET_ITER" or before[n] is None or n + 1 == len(ks) or ks[n - 1].name != "CALL" or ks[n + 1].name != "FOR_ITER":
            continue
        depth, start = len(before[n]) - 1, n
        while start == n or before[start] is None or len(before[start]) != depth:
            start -= 1
        if ks[start].name == "PUSH_NULL":
            start += 1
        count = _is_pndindex(func, ks, start)
        if count:
            yield start, count, n, n + 1


# Instructions whose number is that of a variable, which variables of cells follow.
_OF_CELLS = frozenset(
    "LOAD_DEREF STORE_DEREF DELETE_DEREF MAKE_CELL LOAD_CLOSURE LOAD_CLASSDEREF LOAD_FROM_DICT_OR_DEREF LOAD_FAST STORE_FAST "
    "LOAD_FAST_CHECK LOAD_FAST_AND_CLEAR DELETE_FAST".split()
)


def rewrite(func):
    """A function like `func` with loops over positions as loops over numbers; `func` itself if it has none."""
    code = func.__code__
    if "pndindex" not in code.co_names and not code.co_freevars and not any(func.__globals__.get(n) is pndindex for n in code.co_names):
        return func
    flow = Flow(code, assembly.decode(code))
    found = list(_loops(func, flow)) if flow.supported else []
    if not found:
        return func
    old = len(code.co_varnames)
    names, consts = list(code.co_varnames), list(code.co_consts)
    consts += [shape_of, range_of, position]
    shape_const, range_const, position_const = range(len(consts) - 3, len(consts))
    heads, before, after = {}, {}, {}
    for k, (start, count, get_iter, for_iter) in enumerate(found):
        shape, number = len(names), len(names) + 1
        names += [f"$shape{k}", f"$number{k}"]
        heads[start] = count
        before[get_iter] = [
            Instruction("STORE_FAST", shape),
            *assembly.call(range_const, [Instruction("LOAD_FAST", shape)]),
        ]
        after[for_iter] = [
            Instruction("STORE_FAST", number),
            *assembly.call(position_const, [Instruction("LOAD_FAST", shape), Instruction("LOAD_FAST", number)]),
        ]
    added, out, skip = len(names) - old, [], 0
    moved = {}
    for n, k in enumerate(flow.instructions):
        if k.name in _OF_CELLS and k.arg >= old:
            k.arg += added
        place = len(out)
        if n in heads:
            skip = heads[n]
            # What the call finds below its arguments stays as it is: an empty slot beside the callable.
            out += _callee(flow.instructions[n : n + skip], shape_const)
        for extra in before.get(n, ()):
            out.append(extra)
        if skip:
            skip -= 1
        else:
            out.append(k)
        for extra in after.get(n, ()):
            out.append(extra)
        for extra in out[place:]:
            extra.position, extra.handler = k.position, k.handler
        if out[place:] and out[place] is not k:
            moved[id(k)] = out[place]
    for k in out:
        if k.target is not None and id(k.target) in moved:
            k.target = moved[id(k.target)]
    made = assembly.assemble(
        out, code, code.co_stacksize + 4, co_consts=tuple(consts), co_varnames=tuple(names), co_nlocals=len(names)
    )
    new = types.FunctionType(made, func.__globals__, func.__name__, func.__defaults__, func.__closure__)
    new.__kwdefaults__, new.__qualname__, new.__module__ = func.__kwdefaults__, func.__qualname__, func.__module__
    return new


def _callee(replaced, const):
    """A constant in the place of instructions that load a callable, with the empty slot if they push it."""
    first, last = replaced[0], replaced[-1]
    load, null = Instruction("LOAD_CONST", const), Instruction("PUSH_NULL")
    pushes = (first.name == "LOAD_GLOBAL" and first.arg & 1) or last.name == "LOAD_METHOD"
    if last is not first and "END_FOR" in assembly._NUMBERS:
        pushes = pushes or last.arg & 1
    if not pushes:
        return [load]
    return [load, null] if "CALL_KW" in assembly._NUMBERS else [null, load]
