"""What the compiler's record types tell: fields by name, with Numba's attributes."""

from collections import namedtuple

RecordField = namedtuple("RecordField", "type,offset,alignment,title")


def fields(record):
    """Name, and title where a field has one, to (type, offset, alignment, title)."""
    from looplift.np.numpy_support import from_dtype

    dtype = record.numpy_dtype
    found = {}
    for name in dtype.names:
        field, offset, *rest = dtype.fields[name]
        found[name] = RecordField(from_dtype(field), offset, None, rest[0] if rest else None)
        if rest:
            found[rest[0]] = found[name]
    return found


def size(record):
    """Bytes."""
    return record.numpy_dtype.itemsize


def members(record):
    """(name, type) of each field."""
    found = fields(record)
    return [(name, found[name].type) for name in record.numpy_dtype.names]


def from_layout(named):
    """The compiler's type of a layout that was written down, or None."""
    from looplift import _core
    from looplift.errors import NumbaNotImplementedError
    from looplift.np.numpy_support import as_struct_dtype

    try:
        return _core.dtype_type(as_struct_dtype(named))
    except (NumbaNotImplementedError, ValueError):
        return None
