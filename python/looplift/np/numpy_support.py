"""Types of NumPy's dtypes, and the other way round."""

import re

import numpy as np

from looplift import _core, types
from looplift.errors import NumbaNotImplementedError

numpy_version = tuple(map(int, re.findall(r"\d+", np.__version__)[:2]))


def from_dtype(dtype):
    """The type of elements of `dtype`.

    Raises NumbaNotImplementedError for dtypes without one, byte-swapped ones among them.
    """
    dtype = np.dtype(dtype)
    if not dtype.isnative and dtype.kind != "V":
        raise NumbaNotImplementedError(f"{dtype}: the bytes are in the other order")
    known = _core.dtype_type(dtype)
    if known is not None:
        return known
    if dtype.kind == "O":
        return types.pyobject
    if dtype.kind in "biufc":
        try:
            return _core.parse_type(dtype.name)
        except ValueError:
            raise NumbaNotImplementedError(f"{dtype}") from None
    if dtype.kind == "S" and dtype.itemsize:
        return types.CharSeq(dtype.itemsize)
    if dtype.kind == "U" and dtype.itemsize:
        return types.UnicodeCharSeq(dtype.itemsize // 4)
    if dtype.kind in "mM":
        unit = np.datetime_data(dtype)
        if unit[1] != 1:
            raise NumbaNotImplementedError(f"{dtype}: units of more than one")
        return (types.NPTimedelta if dtype.kind == "m" else types.NPDatetime)("" if unit[0] == "generic" else unit[0])
    if dtype.subdtype is not None:
        element, shape = dtype.subdtype
        return types.NestedArray(from_dtype(element), shape)
    if dtype.names is not None:
        return from_struct_dtype(dtype)
    raise NumbaNotImplementedError(f"{dtype}")


def from_struct_dtype(dtype):
    """The record type of a structured dtype."""
    if dtype.hasobject:
        raise NumbaNotImplementedError("dtypes that contain Python objects are not supported")
    fields = []
    for name in dtype.names:
        field = dtype.fields[name]
        info = {"type": from_dtype(field[0]), "offset": field[1], "title": field[2] if len(field) > 2 else None}
        if dtype.isalignedstruct:
            info["alignment"] = field[0].alignment
        fields.append((name, info))
    return types.Record(fields, dtype.itemsize, dtype.isalignedstruct)


def as_dtype(nbtype):
    """The dtype of arrays whose elements are of a type.

    Raises NumbaNotImplementedError for types that elements cannot have.
    """
    if isinstance(nbtype, types.CharSeq):
        return np.dtype(f"S{nbtype.count}")
    if isinstance(nbtype, types.UnicodeCharSeq):
        return np.dtype(f"U{nbtype.count}")
    nbtype = types.unliteral(nbtype)
    if nbtype == types.pyobject:
        return np.dtype(object)
    if isinstance(nbtype, (types.Number, types.Boolean)):
        return np.dtype(str(nbtype))
    if isinstance(nbtype, (types.NPDatetime, types.NPTimedelta)):
        letter = "M8" if isinstance(nbtype, types.NPDatetime) else "m8"
        return np.dtype(f"{letter}[{nbtype.unit}]" if nbtype.unit else letter)
    if isinstance(nbtype, types.Record):
        return as_struct_dtype(nbtype)
    if isinstance(nbtype, types.NestedArray):
        return np.dtype((as_dtype(nbtype.dtype), tuple(nbtype.shape)))
    if isinstance(nbtype, types.EnumMember) and hasattr(nbtype, "dtype"):
        return as_dtype(nbtype.dtype)
    if isinstance(nbtype, (types.DType, types.NumberClass, types.Array)):
        return as_dtype(nbtype.dtype)
    raise NumbaNotImplementedError(f"type {nbtype} cannot be converted to a NumPy dtype")


def as_struct_dtype(rec):
    """The structured dtype of a record type."""
    if isinstance(rec, _core.Type):
        return rec.numpy_dtype
    names, formats, offsets, titles = [], [], [], []
    for name, field in rec.fields.items():
        names.append(name)
        formats.append(as_dtype(field.type))
        offsets.append(field.offset)
        titles.append(field.title)
    fields = {"names": names, "formats": formats, "offsets": offsets, "itemsize": rec.size, "titles": titles}
    return np.dtype(fields, align=rec.aligned)


def map_arrayscalar_type(value):
    """The type of a NumPy scalar."""
    if isinstance(value, np.generic):
        return from_dtype(value.dtype)
    raise NotImplementedError(f"{value!r} is no NumPy scalar")


def is_array(value):
    return isinstance(value, np.ndarray)


def map_layout(value):
    """'C', 'F' or 'A'."""
    return "C" if value.flags["C_CONTIGUOUS"] else "F" if value.flags["F_CONTIGUOUS"] else "A"


def is_contiguous(dims, strides, itemsize):
    """Whether elements lie in C order without gaps."""
    expected = itemsize
    for dim, stride in zip(reversed(dims), reversed(strides), strict=True):
        if dim != 1 and stride != expected:
            return False
        expected *= dim
    return True


def is_fortran(dims, strides, itemsize):
    """Whether elements lie in Fortran order without gaps."""
    return is_contiguous(dims[::-1], strides[::-1], itemsize)


def is_nonelike(ty):
    """Whether an argument is None, or left out with None as its default."""
    return ty is None or isinstance(ty, types.NoneType) or (isinstance(ty, types.Omitted) and ty.value is None)


def type_is_scalar(typ):
    return isinstance(typ, (types.Number, types.Boolean, types.NPDatetime, types.NPTimedelta))


def strides_from_shape(shape, itemsize, order):
    """Strides in bytes of an array without gaps."""
    dims = shape if order == "F" else shape[::-1]
    strides, step = [], itemsize
    for dim in dims:
        strides.append(step)
        step *= dim
    return tuple(strides if order == "F" else strides[::-1])


def resolve_output_type(context, inputs, formal_output):
    return formal_output
