"""Arrays without dimensions as Python numbers; records as tuples."""

from looplift.library._registry import overload
from looplift.library._types import element_class, is_array, kind, kind_of


def _is_cell(t):
    return is_array(t, 0) and element_class(t) is not None


def _float(x):
    return float(x[()])


@overload("builtins.float")
def float_of(x):
    return _float if _is_cell(x) and kind_of(element_class(x)) != "c" else None


def _int(x):
    return int(x[()])


@overload("builtins.int")
def int_of(x):
    return _int if _is_cell(x) and kind_of(element_class(x)) != "c" else None


def _complex(real):
    return complex(real[()])


@overload("builtins.complex")
def complex_of(real):
    return _complex if _is_cell(real) else None


def _tuple(iterable):
    return iterable.item()


@overload("builtins.tuple")
def tuple_of(iterable):
    if kind(iterable) == "record" and all(iterable.numpy_dtype[n].kind in "biufcUS" for n in iterable.numpy_dtype.names):
        return _tuple
