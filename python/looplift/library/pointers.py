"""Pointers of C in compiled code: `carray`, `farray`, addresses."""

import numpy as np

from looplift.errors import TypingError
from looplift.library._native import address_of as data_address
from looplift.library._registry import overload
from looplift.library._types import CLASSES, dtype_class, is_absent, is_array, is_index, is_int, is_shape
from looplift.library._views import strided
from looplift.library.attributes import Ctypes


def _in_memory(t):
    """The class or dtype of elements of this type; None of those that memory has none of."""
    return t.numpy_dtype if t.kind == "record" else CLASSES.get(str(t))


def _memory(name, ptr, shape, dtype, order):
    if getattr(ptr, "kind", None) != "pointer" and not (is_int(ptr) and str(ptr.unliteral) in ("int64", "uint64")):
        raise TypingError(f"{name} takes a pointer, not {ptr}")
    if not is_shape(shape):
        raise TypingError(f"{name}: the shape is an integer or a tuple of integers, not {shape}")
    inner = _in_memory(ptr.dtype) if ptr.kind == "pointer" else None
    of_records = getattr(dtype, "kind", None) == "dtype" and dtype.dtype.kind == "record"
    wanted = _in_memory(dtype.dtype) if of_records else dtype_class(dtype) if not is_absent(dtype) else None
    if inner is None and wanted is None:
        raise TypingError("explicit dtype required for void* argument")
    if inner is not None and wanted is not None and np.dtype(inner) != np.dtype(wanted):
        raise TypingError(f"mismatching dtype '{np.dtype(wanted)}' for pointer type '{ptr}'")
    element = inner or wanted
    size = np.dtype(element).itemsize
    if is_index(shape):

        def implementation(ptr, shape, dtype=None):
            if shape < 0:
                raise ValueError("negative dimensions are not allowed")
            return strided(ptr, 0, (shape,), (size,), "C", element)

        return implementation
    return _shaped(shape.count, size, element, order)


_made = {}


def _shaped(ndim, size, element, order):
    """For a shape of `ndim` axes."""
    key = ndim, size, element, order
    if key not in _made:
        axes = range(ndim)
        lines = ["if " + " or ".join(f"shape[{k}] < 0" for k in axes) + ":", "    raise ValueError('negative dimensions are not allowed')"] if ndim else []
        previous = None
        for k in axes if order == "F" else reversed(axes):
            lines.append(f"s{k} = {size if previous is None else f's{previous} * shape[{previous}]'}")
            previous = k
        strides = "".join(f"s{k}, " for k in axes)
        lines.append(f"return strided(ptr, 0, shape, ({strides}), '{order}', element)")
        scope = {"strided": strided, "element": element, "__name__": __name__}
        text = "def implementation(ptr, shape, dtype=None):\n" + "".join(f"    {line}\n" for line in lines)
        exec(compile(text, "<array of a pointer>", "exec"), scope)
        _made[key] = scope["implementation"]
    return _made[key]


@overload("looplift._cfunc.carray")
def carray(ptr, shape, dtype=None):
    return _memory("carray", ptr, shape, dtype, "C")


@overload("looplift._cfunc.farray")
def farray(ptr, shape, dtype=None):
    return _memory("farray", ptr, shape, dtype, "F")


@overload("looplift._foreign.address_of")
def address_of(value):
    if is_array(value):
        return lambda value: data_address(value)
    if getattr(value, "kind", None) == "pointer":
        return lambda value: data_address(value)
    if is_index(value):
        return lambda value: np.int64(value)
    if getattr(value, "kind", None) == "none":
        return lambda value: 0
    if getattr(value, "kind", None) == "namedtuple" and tuple(value.fields) == Ctypes._fields:
        return lambda value: value.data
    raise TypingError(f"{value} is no address: a pointer, an integer, an array or its `ctypes` is expected")


def _element(ptr, index):
    """Class and size of what a pointer points to, if it can be indexed so."""
    element = CLASSES.get(str(ptr.dtype))
    return (element, np.dtype(element).itemsize) if element is not None and is_index(index) else None


@overload("pointer.__getitem__")
def getitem(ptr, index):
    found = _element(ptr, index)
    if found is None:
        return None
    element, size = found
    return lambda ptr, index: strided(ptr, index * size, (1,), (size,), "C", element)[0]


@overload("pointer.__setitem__")
def setitem(ptr, index, value):
    found = _element(ptr, index)
    if found is None:
        return None
    element, size = found

    def implementation(ptr, index, value):
        strided(ptr, index * size, (1,), (size,), "C", element)[0] = value

    return implementation
