"""Kinds: what the interpreter would make of a loop's values, which are Python's numbers and which NumPy's.

Compiled code has one int64 and one float64; the interpreter has `int` and `numpy.int64`, and adds 255 and `numpy.uint8(1)` to
0. `loop_kinds` runs a loop function over kinds of values instead of values.

A kind is a frozenset of atoms, of which the value is one: the name of a Python class; `("np", dtype)` for a NumPy scalar;
`("array", dtype or None, dimensions or None, number of the argument whose memory
it may be, or None)`; `("tuple", kinds)`; `("iter", kind of the items)`; `("object", Known)` for a function, class or module;
`ANY`, a Python value of whatever class compiled code gives it; `UNKNOWN`.
"""

import builtins
import types

import numpy as np

from looplift import _core

ANY, UNKNOWN, NULL, NONE = "any", "?", "null", "none"
NUMBERS = frozenset(("bool", "int", "float", "complex"))
RANK = ("bool", "int", "float", "complex")
# NumPy scalars with which compiled code computes as NumPy does.
PLAIN = frozenset(("bool", "int64", "float64", "complex128"))
PLAIN_RANK = ("bool", "int64", "float64", "complex128")
DTYPE = {"bool": "bool", "int": "int64", "float": "float64", "complex": "complex128"}
_CLASSES = {bool: "bool", int: "int", float: "float", complex: "complex", str: "str", bytes: "bytes", type(None): NONE}
INTEGERS = frozenset(("int", "bool", ("np", "int64")))


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


def one(atom):
    return frozenset((atom,))


BOOL, INT, FLOAT, STR = one("bool"), one("int"), one("float"), one("str")


def kind_of(value, number=None):
    """The kind of an argument, of which arrays know the number, or of a constant."""
    cls = type(value)
    if cls in _CLASSES:
        return one(_CLASSES[cls])
    if cls is np.ndarray:
        dtype = value.dtype.name if value.dtype.kind in "biufc" else None
        return one(("array", dtype, value.ndim, number))
    if isinstance(value, np.generic):
        return one(("np", value.dtype.name))
    if cls is tuple:
        return one(("tuple", tuple(map(kind_of, value))))
    if cls is range:
        return one(("iter", INT))
    if cls is list:
        return one("list")
    if isinstance(value, (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type, np.ufunc, _core.CPUDispatcher)):
        return one(("object", Known(value)))
    if callable(value) and (getattr(value, "__module__", None) or "").partition(".")[0] == "numpy" and hasattr(value, "__name__"):
        return one(("object", Known(value)))
    return one(UNKNOWN)


def join(a, b):
    if a == b:
        return a
    both = a | b
    tuples = [x for x in both if isinstance(x, tuple) and x[0] == "tuple"]
    if len(tuples) > 1 and len({len(t[1]) for t in tuples}) == 1:
        merged = tuples[0][1]
        for t in tuples[1:]:
            merged = tuple(map(join, merged, t[1]))
        both = both.difference(tuples) | {("tuple", merged)}
    iters = [x for x in both if isinstance(x, tuple) and x[0] == "iter"]
    if len(iters) > 1:
        items = iters[0][1]
        for t in iters[1:]:
            items = join(items, t[1])
        both = both.difference(iters) | {("iter", items)}
    return both


def is_(atom, what):
    return isinstance(atom, tuple) and atom[0] == what


_WIDTHS = (frozenset(("int", "bool", ("np", "int64"), ("np", "bool"))), frozenset(("float", ("np", "float64"))), frozenset(("complex", ("np", "complex128"))))


def mixed(kind):
    """Whether a number may be an integer or a float, which compiled code holds as a float, or one of these or a complex number."""
    return sum(not kind.isdisjoint(width) for width in _WIDTHS) > 1


_KINDS = {"integer": "int", "float": "float", "complex": "complex", "boolean": "bool"}


def conversion(kind, compiled, name):
    """What makes a value of this kind, which compiled code has with the type `compiled`, the interpreter's: a function, or None if
    it is that already.

    Raises Differs where the class is one or another; UNKNOWN is the caller's business."""
    compiled = getattr(compiled, "type", None) or compiled
    kind = kind - {NONE}
    scalars = {a for a in kind if is_(a, "np")}
    tuples = [a for a in kind if is_(a, "tuple")]
    numbers = kind & NUMBERS
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
