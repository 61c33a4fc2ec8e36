"""Families of types that say how memory is laid out: pointers, buffers, elements of fixed width, nested arrays, records."""

from looplift import types as _t
from looplift._core import parse_type
from looplift.types import _Base, _by_parts
from looplift.types._records import RecordField, from_layout


class _Pointer(_Base):
    def __init__(self, dtype, addrspace=None):
        self.dtype = dtype
        self.addrspace = addrspace
        super().__init__(self._spelled(dtype))


class CPointer(_Pointer):
    """A C pointer to values of `dtype`."""

    _kinds = ("pointer",)
    _spelled = staticmethod(lambda dtype: f"{dtype}*")
    _text = staticmethod(lambda dtype, addrspace=None: f"{dtype}*" if addrspace is None else f"{dtype}*{addrspace}")
    mutable = True


class EphemeralPointer(CPointer):
    """A pointer that lives as long as a call."""

    _text = None


class MemInfoPointer(_Pointer):
    _spelled = staticmethod(lambda dtype: f"memory-managed *{dtype}")
    mutable = True


class EphemeralArray(_Base):
    def __init__(self, dtype, count):
        self.dtype = dtype
        self.count = count
        super().__init__(f"*{dtype}[{count}]")


class _NPTime(_Base):
    _word = ""

    def __init__(self, unit):
        self.unit = unit
        super().__init__(f"{self._word}[{unit}]")

    @property
    def unit_code(self):
        """NumPy's number of the unit (NPY_DATETIMEUNIT)."""
        units = ("Y", "M", "W", "", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as")
        return 14 if self.unit == "" else units.index(self.unit)


class NPDatetime(_NPTime):
    """`numpy.datetime64` of a unit: "D", "us", ...; "" is the generic one."""

    _kinds = ("datetime",)
    _word = "datetime64"
    _text = staticmethod(lambda unit: f"datetime64[{unit}]")


class NPTimedelta(_NPTime):
    """`numpy.timedelta64` of a unit."""

    _kinds = ("timedelta",)
    _word = "timedelta64"
    _text = staticmethod(lambda unit: f"timedelta64[{unit}]")


class CharSeq(_Base):
    """Elements of NumPy's bytes arrays ("S")."""

    _kinds = ("charseq",)
    _accepts = staticmethod(lambda t: str(t).startswith("[char"))
    _text = staticmethod(lambda count: f"[char x {count}]")
    mutable = True

    def __init__(self, count):
        self.count = count
        super().__init__(f"[char x {count}]")


class UnicodeCharSeq(_Base):
    """Elements of NumPy's string arrays ("U")."""

    _kinds = ("charseq",)
    _accepts = staticmethod(lambda t: str(t).startswith("[unichr"))
    _text = staticmethod(lambda count: f"[unichr x {count}]")
    mutable = True

    def __init__(self, count):
        self.count = count
        super().__init__(f"[unichr x {count}]")


class Buffer(_Base):
    """Objects with memory to look into; arrays among them."""

    _kinds = ("array", "bytes", "bytearray", "memoryview", "buffer")
    _word = "buffer"

    def __init__(self, dtype, ndim, layout, readonly=False, name=None):
        self.dtype = dtype
        self.ndim = ndim
        self.layout = layout
        self.mutable = not readonly
        self.is_c_contig = layout == "C" or (ndim <= 1 and layout in "CF")
        self.is_f_contig = layout == "F" or (ndim <= 1 and layout in "CF")
        self.is_contig = layout in "CF"
        super().__init__(name or ("readonly " if readonly else "") + f"{self._word}({dtype}, {ndim}d, {layout})")


def _buffer_array(family):
    """How a family of buffers makes a type: their memory is what compiled code sees of them, an array."""

    def make(dtype, ndim, layout, readonly=False, name=None):
        if isinstance(dtype, _t._CoreType) and name is None:
            return _t.array_type(dtype, ndim, layout, readonly)
        return _by_parts(globals()[family], (dtype, ndim, layout, readonly, name), {})

    return staticmethod(make)


def _bytes(dtype, ndim, layout, readonly=True, name=None):
    if (dtype, ndim, layout, readonly) == (_t.uint8, 1, "C", True):
        return parse_type("bytes")
    return _by_parts(Bytes, (dtype, ndim, layout, readonly, name), {})


class Bytes(Buffer):
    _kinds = ("bytes",)
    _word = "bytes"
    _make = staticmethod(_bytes)
    mutable = False

    def __init__(self, dtype, ndim, layout, readonly=True, name=None):
        super().__init__(dtype, ndim, layout, readonly, name)


class ByteArray(Buffer):
    _kinds = ("bytearray",)
    _word = "bytearray"
    _make = _buffer_array("ByteArray")


class PyArray(Buffer):
    _kinds = ("pyarray",)
    _word = "pyarray"
    _make = _buffer_array("PyArray")


class MemoryView(Buffer):
    _kinds = ("memoryview",)
    _word = "memoryview"
    _make = _buffer_array("MemoryView")


class NamedArray(Buffer):
    """An array whose elements only have a name, such as one of a record type; made by `t[:, ::1]`."""

    _word = "array"


def array_of(dtype, index):
    """`dtype[index]` for element types without compiled form."""
    dims = index if isinstance(index, tuple) else (index,)
    if not all(isinstance(d, slice) and d.start is None and d.stop is None and d.step in (None, 1) for d in dims):
        raise KeyError(f"{index!r}: only ':' and '::1' are known in array types")
    ones = [d.step == 1 for d in dims]
    if sum(ones) > 1 or (any(ones) and not (ones[0] or ones[-1])):
        raise KeyError("'::1' stands in the first or the last dimension")
    layout = "A" if not any(ones) else "C" if ones[-1] else "F"
    return NamedArray(dtype, len(dims), layout)


class NestedArray(_Base):
    """An array field of a record: `dtype`, `shape`."""

    _kinds = ("nestedarray",)

    def __init__(self, dtype, shape):
        self.dtype = dtype
        self.shape = tuple(shape)
        self.ndim = len(self.shape)
        self.layout = "C"
        super().__init__(f"nestedarray({dtype}, {self.shape})")

    @property
    def nitems(self):
        """Number of elements."""
        n = 1
        for s in self.shape:
            n *= s
        return n

    @property
    def size(self):
        """Bytes."""
        from looplift.np.numpy_support import as_dtype

        return self.nitems * as_dtype(self.dtype).itemsize


class Record(_Base):
    """A record of fields: `fields` maps names to (type, offset, alignment, title); `size` in bytes."""

    _kinds = ("record",)
    mutable = True

    @staticmethod
    def _make(fields, size, aligned):
        """The compiler's type of this layout, where it knows the fields' types."""
        made = type.__call__(Record, fields, size, aligned)
        return from_layout(made) or made

    def __init__(self, fields, size, aligned):
        rows = fields if isinstance(fields, list) else list(fields.items())
        self.fields = {}
        for name, info in rows:
            info = (
                info
                if isinstance(info, dict)
                else dict(zip(("type", "offset", "alignment", "title"), info, strict=False))
            )
            self.fields[name] = RecordField(info["type"], info["offset"], info.get("alignment"), info.get("title"))
        self.size = size
        self.aligned = aligned
        texts = [f"{name}[type={f.type};offset={f.offset}]" for name, f in self.fields.items()]
        super().__init__(f"Record({','.join(texts)};{size};{aligned})")

    @classmethod
    def make_c_struct(cls, name_types):
        """A record laid out as a C compiler would: `name_types` are (name, type) pairs."""
        import numpy as np

        from looplift.np.numpy_support import as_dtype, from_dtype

        return from_dtype(np.dtype([(name, as_dtype(t)) for name, t in name_types], align=True))

    members = property(lambda self: [(name, f.type) for name, f in self.fields.items()])

    @property
    def dtype(self):
        """The NumPy dtype."""
        from looplift.np.numpy_support import as_dtype

        return as_dtype(self)

    def __len__(self):
        return len(self.fields)

    def __bool__(self):
        return True

    def offset(self, name):
        return self.fields[name].offset

    def typeof(self, name):
        return self.fields[name].type

    def alignof(self, name):
        return self.fields[name].alignment

    def has_titles(self):
        return any(f.title is not None for f in self.fields.values())

    def is_title(self, name):
        f = self.fields.get(name)
        return f is not None and f.title == name


__all__ = [
    name
    for name, member in list(globals().items())
    if isinstance(member, type) and member.__module__ == __name__ and not name.startswith("_")
]
