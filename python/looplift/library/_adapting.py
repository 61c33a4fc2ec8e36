"""Calls for which an implementation exists once arguments are converted.

Where NumPy takes arrays, sequences of numbers become arrays. Flags that are known at run time only become constants: the call stands
once for each of their values, in branches. What is made is a plain function of the given arguments that calls the function anew.
"""

from functools import cache
from itertools import combinations, product

import numpy as np

from looplift.library._types import element_class, is_array, is_number, is_tuple, kind

# Primitives and ufuncs, of which the library knows the forms with arrays only in part.
_PRIMITIVES = frozenset(
    "transpose zeros_like empty_like ones_like reshape ravel copy shape size ndim real imag conjugate conj".split()
    + [name for name, value in vars(np).items() if isinstance(value, np.ufunc)]
)
# Functions whose sequences are no arrays.
_OTHERS = frozenset(
    "array asarray asanyarray zeros empty ones full eye concatenate stack hstack vstack dstack column_stack block select ix_ "
    "broadcast_shapes ndindex nditer unravel_index ravel_multi_index meshgrid dtype isdtype fromfunction piecewise polynomial.polyutils.as_series".split()
)
# Functions that take no numbers for arrays.
_NO_NUMBERS = frozenset("delete insert split array_split hsplit vsplit dsplit".split())
# Functions that give back a sequence of the same kind, which tuples are too many types for.
_NO_TUPLES = frozenset(["polynomial.polyutils.trimseq"])
_MOST_PLACES = 4
_MOST_FLAGS = 3


def depth_of(t):
    """How deep a sequence of numbers is nested; 0 for anything else."""
    if kind(t) == "list":
        return 1 if is_number(t.dtype) else _deeper([t.dtype])
    if is_tuple(t) and t.count:
        return 1 if all(map(is_number, t.types)) else _deeper(t.types)
    return 0


def _deeper(types):
    depths = {depth_of(t) for t in types}
    return depths.pop() + 1 if len(depths) == 1 and 0 not in depths else 0


@cache
def _array_type(t, ndim):
    from looplift import typeof

    return typeof(np.empty((0,) * ndim, t))


def array_type_of(t):
    """The type of array that a number or a sequence converts to, or None."""
    if is_number(t):
        return _array_type(element_class(t), 0)
    if is_tuple(t) and not t.count:
        return _array_type(np.float64, 1)
    depth = depth_of(t)
    if depth == 0 or depth > 3 or element_class(t) is None:
        return None
    return _array_type(element_class(t), depth)


def _function(name):
    found = np
    for part in name.split(".")[1:]:
        found = getattr(found, part, None)
    return found


def _subsets(places):
    """The empty set, then sets of places; those of the first ones first, larger ones before smaller ones."""
    found = [c for size in range(1, len(places) + 1) for c in combinations(places, size)]
    return [(), *sorted(found, key=lambda c: (max(c), -len(c)))]


@cache
def _calling(target, count, names, converted, flags):
    """A function of `count` positional arguments and `names` that calls `target`; `converted` and `flags` are places among both."""
    parameters = [*(f"p{k}" for k in range(count)), *names]

    def call(values):
        given = [f"asarray({p})" if k in converted else values.get(k, p) for k, p in enumerate(parameters)]
        return "return target(" + ", ".join(given[:count] + [f"{n}={g}" for n, g in zip(names, given[count:], strict=True)]) + ")"

    def branches(left, values, indent):
        if not left:
            return [indent + call(values)]
        k = left[0]
        then = branches(left[1:], {**values, k: "True"}, indent + "    ")
        return [f"{indent}if {parameters[k]}:", *then, *branches(left[1:], {**values, k: "False"}, indent)]

    head = ", ".join(parameters[:count] + [f"{n}=None" for n in names])
    text = "\n".join([f"def call({head}):", *branches(flags, {}, "    ")])
    scope = {"__name__": __name__, "target": target, "asarray": np.asarray}
    exec(text, scope)  # made of the names of parameters
    return scope["call"]


def adapted(name, args, kwargs, find):
    """A function that converts arguments and calls the function `name` again, or None; `find` gives implementations for types."""
    from looplift import types

    short = name.removeprefix("numpy.")
    target = _function(name)
    if target is None:
        return None
    given, is_ufunc = [*args, *kwargs.values()], isinstance(target, np.ufunc)
    # A number beside an array keeps its type: it takes the array's dtype.
    numbers = not is_ufunc and short not in _NO_NUMBERS and not any(map(is_array, given))
    possible = [*range(min(len(args), _MOST_PLACES)), *range(len(args), len(given))]
    places = [k for k in possible if (numbers or not is_number(given[k])) and array_type_of(given[k]) is not None]
    if short in _OTHERS or len(places) > _MOST_PLACES:
        places = []
    if short in _NO_TUPLES:
        places = [k for k in places if not is_tuple(given[k])]
    flags = tuple(k for k, t in enumerate(given) if kind(t) == "boolean")
    ways = [()] if is_ufunc or not 0 < len(flags) <= _MOST_FLAGS else [(), flags]
    for chosen, constant in ((c, f) for f in ways for c in _subsets(places)):
        if not chosen and not constant:
            continue
        asked = [array_type_of(t) if k in chosen else t for k, t in enumerate(given)]

        def answered(values, asked=asked, constant=constant):
            for k, value in zip(constant, values, strict=True):
                asked[k] = types.literal(value)
            return find(name, asked[: len(args)], dict(zip(kwargs, asked[len(args) :], strict=True))) is not None

        if short in _PRIMITIVES or all(map(answered, product((True, False), repeat=len(constant)))):
            return _calling(target, len(args), tuple(kwargs), frozenset(chosen) - frozenset(constant), constant)
    return None
