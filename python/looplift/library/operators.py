"""Functions of the `operator` module that are no primitives: truth, `@`, items, searching, and the in-place operators.

An in-place operator on an array writes the array, as the statement does; on anything else it gives the new value. `itemgetter` and `attrgetter`
of constants are functions made for their items or names.
"""

from functools import cache

from looplift.library._registry import overload
from looplift.library._types import is_array, is_container, is_int, is_range, is_text, is_tuple, kind, text


def _iadd(a, b):
    a += b
    return a


def _isub(a, b):
    a -= b
    return a


def _imul(a, b):
    a *= b
    return a


def _itruediv(a, b):
    a /= b
    return a


def _ifloordiv(a, b):
    a //= b
    return a


def _imod(a, b):
    a %= b
    return a


def _ipow(a, b):
    a **= b
    return a


def _ilshift(a, b):
    a <<= b
    return a


def _irshift(a, b):
    a >>= b
    return a


def _iand(a, b):
    a &= b
    return a


def _ior(a, b):
    a |= b
    return a


def _ixor(a, b):
    a ^= b
    return a


def _matmul(a, b):
    return a @ b


def _not(a):
    return not a


def _truth(a):
    return bool(a)


def _abs(a):
    return abs(a)


def _index(a):
    return int(a)


_BINARY = {
    "iadd": _iadd,
    "isub": _isub,
    "imul": _imul,
    "itruediv": _itruediv,
    "ifloordiv": _ifloordiv,
    "imod": _imod,
    "ipow": _ipow,
    "ilshift": _ilshift,
    "irshift": _irshift,
    "iand": _iand,
    "ior": _ior,
    "ixor": _ixor,
    "matmul": _matmul,
    # Python has no in-place product of two-dimensional arrays either: the result is a new array.
    "imatmul": _matmul,
}
_UNARY = {"not_": _not, "truth": _truth, "abs": _abs}


def _contains(a, b):
    return b in a


def _is(a, b):
    return a is b


def _is_not(a, b):
    return a is not b


def _invert(a):
    return ~a


def _getitem(a, b):
    return a[b]


def _setitem(a, b, c):
    a[b] = c


def _delitem(a, b):
    del a[b]


def _concat(a, b):
    return a + b


def _iconcat(a, b):
    a += b
    return a


def _count_of(a, b):
    n = 0
    for x in a:
        if x == b:
            n += 1
    return n


def _index_of(a, b):
    i = 0
    for x in a:
        if x == b:
            return i
        i += 1
    raise ValueError("sequence.index(x): x not in sequence")


def _length_hint(obj, default=0):
    return len(obj)


_BINARY |= {
    "contains": _contains,
    "is_": _is,
    "is_not": _is_not,
    "getitem": _getitem,
    "delitem": _delitem,
    "countOf": _count_of,
    "indexOf": _index_of,
}
_UNARY |= {"inv": _invert}


def _register(name, implementation, arity):
    # Any operand types: the body is checked when it is compiled.
    if arity == 2:
        overload("operator." + name)(lambda a, b: implementation)
    else:
        overload("operator." + name)(lambda a: implementation)


for _name, _implementation in _BINARY.items():
    _register(_name, _implementation, 2)
for _name, _implementation in _UNARY.items():
    _register(_name, _implementation, 1)


@overload("operator.setitem")
def setitem(a, b, c):
    return _setitem


def _is_sequence(t):
    return is_tuple(t) or kind(t) == "list" or is_text(t)


@overload("operator.concat")
def concat(a, b):
    return _concat if _is_sequence(a) and _is_sequence(b) else None


@overload("operator.iconcat")
def iconcat(a, b):
    return _iconcat if _is_sequence(a) and _is_sequence(b) else None


@overload("operator.length_hint")
def length_hint(obj, default=0):
    return _length_hint if _is_sequence(obj) or is_array(obj) or is_container(obj) or is_range(obj) else None


@overload("operator.index")
def index(a):
    from looplift.library._types import is_index

    if is_index(a):
        return _index


# Getters


@cache
def _written(terms):
    """A function that gives a function of `obj`: the value of one term, or the tuple of several."""
    names = ", ".join(f"_{k}" for k in range(len(terms)))
    value = terms[0] if len(terms) == 1 else "(" + ", ".join(terms) + ")"
    scope = {"__name__": __name__}
    exec(f"def implementation({names}):\n    def getter(obj):\n        return {value}\n\n    return getter\n", scope)  # constants and names
    return scope["implementation"]


@overload("operator.itemgetter")
def itemgetter(*items):
    keys = [repr(t.literal_value) for t in items if is_int(t) and kind(t) == "literal_int" or text(t) is not None]
    if items and len(keys) == len(items):
        return _written(tuple(f"obj[{key}]" for key in keys))


@overload("operator.attrgetter")
def attrgetter(*attrs):
    names = [text(t) for t in attrs]
    if names and all(n is not None and all(map(str.isidentifier, n.split("."))) for n in names):
        return _written(tuple(f"obj.{n}" for n in names))
