"""Functions of the `operator` module that are no primitives: truth, `@`, and the in-place operators.

An in-place operator on an array writes the array, as the statement does; on anything else it gives the new value.
"""

from looplift.library._registry import overload


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


_BINARY |= {"contains": _contains, "is_": _is, "is_not": _is_not}


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


@overload("operator.index")
def index(a):
    from looplift.library._types import is_index

    if is_index(a):
        return _index
