"""Loops over `prange` that are left before their end, by `break` or `return`.

Threads may have begun iterations that the loop, run in order, would not have come to. What those compute is dropped: the first piece
that leaves the loop decides, as the first iteration does in order. That is right only if iterations change nothing but variables of their
own, which is what `refusal` finds out, of the loop and of the functions that it calls.
"""

import builtins
import math
import types

import numpy as np

from looplift import _core
from looplift._objectmode import assembly, lift

_CALLS = frozenset(getattr(builtins, name) for name in (*lift._PURE_CALLS, "pow", "any", "all", "len", "isinstance", "tuple", "sorted"))
# Attributes of modules and values that only compute, besides those of object mode.
_ATTRIBUTES = lift._PURE_ATTRIBUTES | frozenset(
    "sum mean min max any all dot prod argmin argmax std var count_nonzero array_equal where round sign cumsum median sort_complex "
    "isqrt comb perm float64 float32 int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool_ complex128 linalg norm "
    "random rand randn randint uniform normal standard_normal".split()
)
_CHANGES = {
    "STORE_SUBSCR": "changes elements",
    "STORE_SLICE": "changes elements",
    "STORE_ATTR": "sets attributes",
    "STORE_GLOBAL": "sets a global variable",
    "STORE_DEREF": "sets a variable of another function",
    "DELETE_SUBSCR": "deletes elements",
    "LIST_APPEND": "makes a list",
    "SET_ADD": "makes a set",
    "MAP_ADD": "makes a dict",
    "CALL_FUNCTION_EX": "calls a function with unpacked arguments",
    "YIELD_VALUE": "has a `yield`",
    "MAKE_FUNCTION": "makes a function",
    "BEFORE_WITH": "has a `with`",
    "IMPORT_NAME": "imports",
}
_FRESH = ("BINARY_OP", "LOAD_CONST", "UNARY_NEGATIVE")


class Early:
    """What must hold of the types of a loop's arguments: none of the numbers in `scalars` is an array; none at all if `no_arrays`."""

    def __init__(self, scalars, no_arrays):
        self.scalars, self.no_arrays = scalars, no_arrays

    def refusal(self, kinds):
        """Why a loop with arguments of these types stays on one thread, or None; `kinds` has whether each holds elements."""
        if any(holds for n, holds in enumerate(kinds) if self.no_arrays or n in self.scalars):
            return "it is left before its end, and may change an array in place"
        return None


def of(plan):
    """(the `Early` of a loop that is left early, None), or (None, why it stays on one thread)."""
    found = _Search()
    why = found.change(plan.func, [k for _, k in plan._instructions()])
    if why is None and plan.in_place is None:
        why = "changes an object in place"
    if why is not None:
        return None, f"it is left before its end, and {why}, which iterations after that must not have done"
    return Early({1 + n for n, v in enumerate(plan.arguments) if v in plan.in_place}, found.no_arrays), None


class _Search:
    """Looks for what a loop changes besides its own variables."""

    def __init__(self):
        self.seen = set()
        self.no_arrays = False

    def change(self, func, instructions):
        """What the instructions of a function may change, in words; None if nothing."""
        code = func.__code__
        for k in instructions:
            if k.name in _CHANGES:
                return _CHANGES[k.name]
            if k.name in ("LOAD_ATTR", "LOAD_METHOD"):
                name = code.co_names[k.arg >> 1 if k.name == "LOAD_ATTR" and "END_FOR" in assembly._NUMBERS else k.arg]
                if name not in _ATTRIBUTES:
                    return f"uses `{name}`"
            why = None
            if k.name == "LOAD_GLOBAL":
                name = code.co_names[k.arg >> 1]
                why = self._value(name, func.__globals__.get(name, getattr(builtins, name, None)))
            elif k.name == "LOAD_DEREF":
                why = self._cell(func, k.arg)
            if why is not None:
                return why
        return None

    def _cell(self, func, number):
        code = func.__code__
        both = (*code.co_varnames, *(c for c in code.co_cellvars if c not in code.co_varnames), *code.co_freevars)
        name = both[number] if number < len(both) else "?"
        if name in code.co_freevars:
            try:
                return self._value(name, func.__closure__[code.co_freevars.index(name)].cell_contents)
            except (ValueError, TypeError):
                pass
        return f"uses `{name}`"

    def _value(self, name, value):
        if isinstance(value, types.ModuleType | np.ufunc | np.ndarray | np.generic | int | float | complex | str | bytes | tuple | None):
            return None
        if isinstance(value, type):
            harmless = issubclass(value, int | float | complex | np.generic | tuple | range | enumerate | zip | reversed | BaseException)
            return None if harmless else f"makes a {name}"
        if isinstance(value, _core.CPUDispatcher):
            return self._function(value.py_func)
        try:
            harmless = value in _CALLS or getattr(math, name, None) is value
        except TypeError:
            harmless = False
        harmless = harmless or (name in _ATTRIBUTES and getattr(np, name, None) is value)
        return None if harmless or name == "prange" else f"uses `{name}`"

    def _function(self, func):
        code = func.__code__
        if code in self.seen:
            return None
        self.seen.add(code)
        try:
            instructions = assembly.decode(code)
        except (ValueError, NotImplementedError, KeyError):
            return f"calls {func.__name__}()"
        last, stores, changed = None, {}, set()
        for k in instructions:
            if last is not None and last.name == "BINARY_OP" and last.arg >= 13:
                if k.name != "STORE_FAST":
                    return f"calls {func.__name__}(), which changes an object in place"
                changed.add(k.arg)
            if k.name == "STORE_FAST":
                stores.setdefault(k.arg, []).append(last)
            last = k
        # What is no array cannot be changed in place: where there are none, all is well.
        if any(v < code.co_argcount or any(s is None or s.name not in _FRESH for s in stores[v]) for v in changed):
            self.no_arrays = True
        why = self.change(func, instructions)
        return None if why is None else f"calls {func.__name__}(), which {why}"
