"""Small questions and conversions of NumPy: of types, of memory, of numbers as texts."""

from functools import cache
from typing import NamedTuple

import numpy as np

from looplift.library._axes import normal_axis
from looplift.library._registry import overload
from looplift.library._types import (
    dtype_class,
    element_class,
    is_absent,
    is_array,
    is_container,
    is_index,
    is_int,
    is_iterator,
    is_range,
    is_text,
    is_tuple,
    kind,
    kind_of,
    text,
)


@cache
def _constant(value):
    def constant(*args):
        return value

    return constant


# Types


@overload("numpy.iterable")
def iterable(y):
    return _constant(bool((is_array(y) and y.ndim) or is_tuple(y) or is_container(y) or is_range(y) or is_iterator(y) or is_text(y)))


@overload("numpy.common_type")
def common_type(*arrays):
    classes = [element_class(a) if is_array(a) else None for a in arrays]
    if classes and None not in classes and all(kind_of(c) in "iufc" for c in classes):
        return _constant(np.common_type(*(np.empty(0, c) for c in classes)))


@overload("numpy.typename")
def typename(char):
    try:
        return None if text(char) is None else _constant(np.typename(text(char)))
    except KeyError:
        return None


@overload("numpy.mintypecode")
def mintypecode(typechars, typeset="GDFgdf", default="d"):
    given = (text(typechars), text(typeset), text(default))
    return None if None in given else _constant(np.mintypecode(*given))


# Memory


def _isfortran(a):
    f = a.flags
    return f.f_contiguous and not f.c_contiguous


@overload("numpy.isfortran")
def isfortran(a):
    return _isfortran if is_array(a) else None


@cache
def _require(t, order):
    if order is None:

        def require(a, dtype=None, requirements=None):
            return np.asarray(a, t)

    else:

        def require(a, dtype=None, requirements=None):
            return np.asarray(a, t, order=order)

    return require


# Letters and names of a requirement: what order of memory it means; "" for those that every array here meets or that a copy meets.
_REQUIREMENTS = {"C": "C", "C_CONTIGUOUS": "C", "CONTIGUOUS": "C", "F": "F", "F_CONTIGUOUS": "F", "FORTRAN": "F", "A": "", "ALIGNED": "", "E": "", "ENSUREARRAY": ""}


@overload("numpy.require")
def require(a, dtype=None, requirements=None):
    names = [text(requirements)] if text(requirements) is not None else [text(t) for t in requirements.types] if is_tuple(requirements) else []
    if not is_array(a) or element_class(a) is None or not a.aligned or (not names and not is_absent(requirements)):
        return None
    orders = [_REQUIREMENTS.get((n or "").upper()) for n in names]
    t = dtype_class(dtype, element_class(a))
    wanted = {o for o in orders if o}
    if None in orders or t is None or len(wanted) > 1:
        return None
    return _require(t, wanted.pop() if wanted else None)


@cache
def _getfield(dtype):
    def getfield(a, dtype, offset=0):
        return a.view(field)["field"]

    field = dtype
    return getfield


@overload("array.getfield")
def getfield(a, dtype, offset=0):
    t, at = dtype_class(dtype), getattr(offset, "literal_value", offset)
    size = a.dtype.numpy_dtype.itemsize if kind(a.dtype) == "record" else np.dtype(element_class(a)).itemsize if element_class(a) else 0
    if t is not None and isinstance(at, int) and 0 <= at <= size - np.dtype(t).itemsize:
        return _getfield(np.dtype({"names": ["field"], "formats": [t], "offsets": [at], "itemsize": size}))


@overload("numpy.lib.array_utils.normalize_axis_index")
def normalize_axis_index(axis, ndim, msg_prefix=None):
    if is_index(axis) and is_index(ndim) and is_absent(msg_prefix):
        return _normalize_axis_index


def _normalize_axis_index(axis, ndim, msg_prefix=None):
    return normal_axis(axis, ndim)


# The shape that arrays broadcast to


class Broadcast(NamedTuple):
    """What `numpy.broadcast` says of arrays."""

    shape: tuple
    ndim: int
    nd: int
    size: int


def _count(shape):
    n = 1
    for k in shape:
        n *= k
    return n


def _broadcast(*args):
    shape = np.broadcast_shapes(*_shapes(args))
    return Broadcast(shape, len(shape), len(shape), _count(shape))


def _shapes(args):
    if len(args) == 0:
        return ()
    return (np.shape(args[0]),) + _shapes(args[1:])


@overload("numpy.broadcast")
def broadcast(*args):
    return _broadcast if args and all(is_array(t) or element_class(t) is not None for t in args) else None


# Numbers as texts and back


def _binary_repr(num, width=None):
    if num == 0:
        return "0" * (1 if width is None else max(width, 1))
    if num > 0:
        digits = bin(num)[2:]
        if width is not None:
            if width < len(digits):
                raise ValueError(f"Insufficient bit width={width} provided for binwidth={len(digits)}")
            digits = "0" * (width - len(digits)) + digits
        return digits
    if width is None:
        return "-" + bin(-num)[2:]
    n = len(bin(-num)[2:])
    if 1 << (n - 1) == -num:
        n -= 1
    digits = bin((1 << (n + 1)) + num)[2:]
    if width < len(digits):
        raise ValueError(f"Insufficient bit width={width} provided for binwidth={len(digits)}")
    return "1" * (width - len(digits)) + digits


@overload("numpy.binary_repr")
def binary_repr(num, width=None):
    return _binary_repr if is_int(num) and (is_absent(width) or is_int(width)) else None


def _base_repr(number, base=2, padding=0):
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    if base > 36:
        raise ValueError("Bases greater than 36 not handled in base_repr.")
    if base < 2:
        raise ValueError("Bases less than 2 not handled in base_repr.")
    n = abs(number)
    made = ""
    while n:
        made = digits[n % base] + made
        n //= base
    if padding:
        made = "0" * padding + made
    if number < 0:
        made = "-" + made
    return made or "0"


@overload("numpy.base_repr")
def base_repr(number, base=2, padding=0):
    return _base_repr if is_int(number) and all(isinstance(t, int) or is_int(t) for t in (base, padding)) else None


@cache
def _fromstring(t, limited):
    convert = int if kind_of(t) in "iu" else float

    def fromstring(string, dtype=float, count=-1, *, sep):
        parts = string.split(sep) if sep.strip() else string.split()
        n = len(parts)
        if limited and count >= 0:
            if count > n:
                raise ValueError("string is smaller than requested size")
            n = count
        made = np.empty(n, t)
        for i in range(n):
            made[i] = convert(parts[i])
        return made

    return fromstring


@overload("numpy.fromstring")
def fromstring(string, dtype=float, count=-1, *, sep):
    t = np.float64 if dtype is float else dtype_class(dtype)
    if kind(string) in ("str", "literal_str") and t is not None and kind_of(t) in "iuf" and text(sep) and (count == -1 or is_index(count)):
        return _fromstring(t, hasattr(count, "kind"))


# Complex numbers in order


@cache
def _sort_complex(t):
    def sort_complex(a):
        return np.sort(a).astype(t)

    return sort_complex


@overload("numpy.sort_complex")
def sort_complex(a):
    if is_array(a) and a.ndim and element_class(a) is not None and kind_of(element_class(a)) in "iufc":
        t = element_class(a)
        small = t in (np.int8, np.int16, np.uint8, np.uint16)
        return _sort_complex(t if kind_of(t) == "c" else np.complex64 if small else np.complex128)
