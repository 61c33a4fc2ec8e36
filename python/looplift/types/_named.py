"""Families of types that are rarely written by hand, and names of types that only signatures and users' tools need.

A family says how a type is spelled; where the compiler can read the spelling, the type is the compiler's, otherwise it is an
object with Numba's attributes that no compiled value has (using it as an argument type is a TypingError).
"""

import itertools
from collections import namedtuple

from looplift import types as _t
from looplift._core import function_type, parse_type
from looplift.types import Type, _Base, _by_parts

_NOT_EXPORTED = {"itertools", "namedtuple", "function_type", "parse_type", "array_of"}


def _parsed(text, otherwise):
    """The compiler's type of this spelling, or `otherwise()`."""
    try:
        return parse_type(text)
    except ValueError:
        return otherwise()


class Dummy(Type):
    """A type that has a name and nothing else."""


class Opaque(Dummy):
    """A value nobody looks into."""


class Phantom(Dummy):
    """A type without values."""


class PyObject(Dummy):
    """Any Python object."""

    def is_precise(self):
        return False


class RawPointer(_Base):
    """A pointer to who knows what."""


class Undefined(Dummy):
    def is_precise(self):
        return False


class UndefVar(Dummy):
    pass


class Poison(Type):
    """What makes inference fail when it is used."""

    def __init__(self, ty):
        self.ty = ty
        super().__init__(f"Poison<{ty}>")


class Hashable(_Base):
    pass


class Sized(_Base):
    pass


class ConstSized(Sized):
    pass


class Iterable(_Base):
    pass


class Container(Sized):
    pass


class Sequence(Container):
    _kinds = ("list", "tuple", "namedtuple", "str", "bytes")


class MutableSequence(Sequence):
    _kinds = ("list",)


class IteratorType(_Base):
    _kinds = ("iterator", "generator")


class RangeIteratorType(_Base):
    _kinds = ("iterator",)

    @staticmethod
    def _accepts(obj):
        return str(obj).startswith("range_iter_")


class Generator(_Base):
    """Generators: `yield_type`, and what they are made of."""

    _kinds = ("generator",)

    def __init__(self, gen_func, yield_type, arg_types, state_types, has_finalizer):
        self.gen_func = gen_func
        self.yield_type = yield_type
        self.arg_types = tuple(arg_types)
        self.state_types = tuple(state_types)
        self.has_finalizer = has_finalizer
        super().__init__(f"{yield_type} generator(func={gen_func}, args={self.arg_types}, has_finalizer={has_finalizer})")


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


_RecordField = namedtuple("_RecordField", "type offset alignment title")


class Record(_Base):
    """A record of fields: `fields` maps names to (type, offset, alignment, title); `size` in bytes."""

    _kinds = ("record",)
    mutable = True

    @staticmethod
    def _make(fields, size, aligned):
        """The compiler's type of this layout, where it knows the fields' types."""
        from looplift.types._records import from_layout

        made = type.__call__(Record, fields, size, aligned)
        return from_layout(made) or made

    def __init__(self, fields, size, aligned):
        rows = fields if isinstance(fields, list) else list(fields.items())
        self.fields = {}
        for name, info in rows:
            info = info if isinstance(info, dict) else dict(zip(("type", "offset", "alignment", "title"), info, strict=False))
            self.fields[name] = _RecordField(info["type"], info["offset"], info.get("alignment"), info.get("title"))
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


class List(_Base):
    """Python lists."""

    _kinds = ("list",)
    _text = staticmethod(
        lambda dtype, reflected=False, initial_value=None: f"{'reflected ' if reflected else ''}list({dtype})<iv=None>"
    )
    mutable = True

    def __init__(self, dtype, reflected=False, initial_value=None):
        self.dtype = dtype
        self.reflected = reflected
        self.initial_value = initial_value
        super().__init__(f"{'reflected ' if reflected else ''}list({dtype})<iv={initial_value}>")

    def __getitem__(self, index):
        return self.dtype if isinstance(index, int) else super().__getitem__(index)

    def copy(self, dtype=None, reflected=None):
        return List(self.dtype if dtype is None else dtype, self.reflected if reflected is None else reflected)


class Set(_Base):
    """Python sets."""

    _kinds = ("set",)
    _text = staticmethod(lambda dtype, reflected=False: f"{'reflected ' if reflected else ''}set({dtype})")
    mutable = True

    def __init__(self, dtype, reflected=False):
        self.dtype = dtype
        self.reflected = reflected
        super().__init__(f"{'reflected ' if reflected else ''}set({dtype})")

    def copy(self, dtype=None, reflected=None):
        return Set(self.dtype if dtype is None else dtype, self.reflected if reflected is None else reflected)


class NamedOptional(_t.Optional):
    """A value of `type` or None; here of named types."""

    _make = _text = None

    def __init__(self, typ):
        if not isinstance(typ, Type):
            raise TypeError(f"a type is expected, not {typ!r}")
        self.type = typ
        super().__init__(f"OptionalType({typ})")


class ListType(_t.ListType):
    """`typed.List` of `item_type`; here of named types."""

    _make = _text = None
    mutable = True

    def __init__(self, itemty):
        self.item_type = self.dtype = itemty
        super().__init__(f"ListType[{itemty}]")


class DictType(_t.DictType):
    """`typed.Dict` from `key_type` to `value_type`; here of named types."""

    _make = _text = None
    mutable = True

    def __init__(self, keyty, valty, initial_value=None):
        self.key_type = keyty
        self.value_type = valty
        self.initial_value = initial_value
        super().__init__(f"DictType[{keyty},{valty}]<iv={initial_value}>")


class SetType(_t.SetType):
    """`typed.Set` of `item_type`; here of named types."""

    _make = _text = None
    mutable = True

    def __init__(self, itemty):
        self.item_type = self.dtype = itemty
        super().__init__(f"SetType[{itemty}]")


class SliceLiteral(_Base):
    """A slice known while compiling."""

    def __init__(self, value):
        self.literal_value = value
        self.has_step = value.step is not None
        super().__init__(f"Literal[slice]({value})")

    key = property(lambda self: (self.literal_value.start, self.literal_value.stop, self.literal_value.step))

    @property
    def unliteral(self):
        return _t.slice3_type if self.has_step else _t.slice2_type

    literal_type = unliteral


class Omitted(_Base):
    """A parameter that is left to its default value."""

    def __init__(self, default):
        self.value = default
        super().__init__(f"omitted(default={default!r})")

    @property
    def value_type(self):
        from looplift import typeof

        return typeof(self.value)

    # Defaults need not be hashable, and 1 is not True.
    key = property(lambda self: (type(self.value), repr(self.value)))


class DeferredType(_Base):
    """A type that is said later, by `define`."""

    _kinds = ("deferred",)
    _numbers = itertools.count()

    def __init__(self):
        self._define = None
        super().__init__(f"DeferredType#{next(DeferredType._numbers)}")

    # Each is a type of its own.
    key = property(lambda self: self.name)

    def get(self):
        """The type that was defined."""
        if self._define is None:
            raise RuntimeError("deferred type not defined")
        return self._define

    def define(self, typ):
        """Says what the type is, once."""
        if self._define is not None:
            raise TypeError("deferred type already defined")
        if not isinstance(typ, Type):
            raise TypeError(f"a type is expected, not {typ!r}")
        self._define = typ

    def __eq__(self, other):
        return self is other

    __hash__ = object.__hash__


deferred_type = DeferredType


class FunctionPrototype(_Base):
    """A function's types: `rtype`, `atypes`; spelled as a call, ``int64(float64)``."""

    def __init__(self, rtype, atypes):
        self.rtype = rtype
        self.atypes = tuple(atypes)
        super().__init__(f"{rtype}({', '.join(map(str, self.atypes))})")


class FunctionType(_Base):
    """First-class functions of one signature."""

    _kinds = ("function_type", "funcref")

    @classmethod
    def _make(cls, signature):
        try:
            return function_type(signature.return_type, list(signature.args))
        except TypeError:
            # Of types that compiled code has no values of.
            return _by_parts(cls, (signature,), {})

    def __init__(self, signature):
        self.signature = signature
        self.ftype = FunctionPrototype(signature.return_type, signature.args)
        self.nargs = len(signature.args)
        super().__init__(f"FunctionType[{self.ftype.name}]")

    def get_call_signatures(self):
        return [self.signature], False

    def check_signature(self, other):
        return self.signature == other


class UndefinedFunctionType(_Base):
    def __init__(self, nargs, dispatchers):
        self.nargs = nargs
        self.dispatchers = set(dispatchers)
        super().__init__(f"UndefinedFunctionType[{nargs}]")


class WrapperAddressProtocol:
    """Objects that give the address of a C function: `__wrapper_address__()` and `signature()`."""

    def __wrapper_address__(self):
        raise NotImplementedError

    def signature(self):
        raise NotImplementedError


class CompileResultWAP(WrapperAddressProtocol):
    """One compiled signature of a jitted function (`overloads`) as a first-class function."""

    def __init__(self, cres):
        self.cres = cres
        self._signature = cres.signature
        self.__name__ = cres.entry_point.__name__

    def dump(self, tab=""):
        print(f"{tab}DUMP {type(self).__name__} [signature={self._signature}]")

    def __wrapper_address__(self):
        from looplift._cfunc import CFunc

        if "_callback" not in self.__dict__:
            self._callback = CFunc(self.cres.entry_point.__self__.function.py_func, self._signature)
        return self._callback.address

    def signature(self):
        return self._signature

    def __call__(self, *args):
        return self.cres.entry_point(*args)

    def __looplift_implementation__(self, args, kwargs):
        return self.cres.entry_point.__self__.function


class _Enum(_Base):
    _word = "Enum"

    def __init__(self, cls, dtype):
        self.instance_class = cls
        self.dtype = dtype
        super().__init__(f"{self._word}<{dtype}>({cls.__name__})")

    key = property(lambda self: (self.instance_class, self.dtype))


class EnumClass(_Enum):
    _kinds = ("enum_class", "intenum_class")
    _word = "Enum class"

    @property
    def member_type(self):
        return _t.EnumMember(self.instance_class, self.dtype)


class IntEnumClass(EnumClass):
    _kinds = ("intenum_class",)
    _word = "IntEnum class"

    @property
    def member_type(self):
        return _t.IntEnumMember(self.instance_class, self.dtype)


class ExceptionInstance(_Base):
    _kinds = ("exception_instance", "exception")

    def __init__(self, exc_class):
        self.exc_class = exc_class
        super().__init__(f"{exc_class.__name__}(...)")


class TypeRef(_Base):
    """A type as a value: `instance_type`."""

    _kinds = ("typeref", "numberclass")

    def __init__(self, instance_type):
        self.instance_type = instance_type
        super().__init__(f"typeref[{instance_type}]")


class Pair(_Base):
    def __init__(self, first_type, second_type):
        self.first_type = first_type
        self.second_type = second_type
        super().__init__(f"pair<{first_type}, {second_type}>")


class VarArg(_Base):
    """Any number of further arguments of `dtype`."""

    def __init__(self, dtype):
        self.dtype = dtype
        super().__init__(f"*{dtype}")


class UnionType(_Base):
    def __init__(self, types):
        self.types = tuple(sorted(set(types), key=str))
        super().__init__(f"Union[{','.join(map(str, self.types))}]")


class ContextManager(_Base):
    _kinds = ("context_manager",)


class ClassType(_Base):
    """A jitclass: its constructor as a value."""

    _kinds = ("jitclass_type", "class_type")


class ClassInstanceType(_Base):
    """An instance of a jitclass."""

    _kinds = ("namedtuple",)
    _accepts = staticmethod(lambda t: hasattr(t.value, "_public_class"))


class ClassDataType(_Base):
    pass


class StructRef(Type):
    """Base of mutable structures: a subclass is registered with `structref.register`."""

    mutable = True

    def __init__(self, fields):
        fields = tuple(fields)
        for name, t in fields:
            if not isinstance(name, str):
                raise ValueError(f"expecting a str for field name, not {name!r}")
            if not isinstance(t, Type):
                raise ValueError(f"expecting a Numba Type for field type, not {t!r}")
        self._fields = fields
        # The name while fields may be given the structure's own type.
        super().__init__(f"numba.{type(self).__name__}")
        self._fields = tuple(self.preprocess_fields(fields))
        texts = ", ".join(f"('{name}', {t})" for name, t in self._fields)
        super().__init__(f"numba.{type(self).__name__}({texts})")

    def preprocess_fields(self, fields):
        """May change the field types; called once, with (name, type) pairs."""
        return fields

    field_dict = property(lambda self: dict(self._fields))


class BoundFunction(_Base):
    """A method of values of a type."""

    _kinds = ("bound_method",)

    def __init__(self, template, this):
        self.template = template
        self.this = this
        super().__init__(f"BoundFunction({template.key} for {this})")


class BaseFunction(_Base):
    _kinds = ("function", "dispatcher")


class NamedTupleClass(_Base):
    _kinds = ("namedtuple_class",)


class EnumerateType(_Base):
    _kinds = ("iterator",)

    @staticmethod
    def _accepts(obj):
        return str(obj).startswith("enumerate(")


class ZipType(_Base):
    _kinds = ("iterator",)

    @staticmethod
    def _accepts(obj):
        return str(obj).startswith("zip(")


class ArrayIterator(_Base):
    _kinds = ("iterator",)

    @staticmethod
    def _accepts(obj):
        return str(obj).startswith("iter(array(")


class UniTupleIter(_Base):
    _kinds = ("iterator",)

    @staticmethod
    def _accepts(obj):
        return str(obj).startswith("iter(UniTuple(")


class UnicodeIteratorType(_Base):
    _kinds = ("unicode_iterator",)


class NumPyRandomGeneratorType(_Base):
    _kinds = ("random_generator",)


class NumPyRandomBitGeneratorType(_Base):
    """Bit generators of `numpy.random`: they have a type, and no values in compiled code."""

    _kinds = ("random_bit_generator",)

    def __init__(self, name="NumPyRandomBitGeneratorType"):
        super().__init__(name)


class NumpyFlatType(_Base):
    _kinds = ("flat_iterator",)


class NumpyNdIndexType(_Base):
    _kinds = ("ndindex",)


class NumpyNdEnumerateType(_Base):
    _kinds = ("ndenumerate",)


class NumpyNdIterType(_Base):
    _kinds = ("nditer",)


class ObjModeDispatcher(_Base):
    _kinds = ("objmode_dispatcher",)


class ExternalFunction(_Base):
    """A C function known by its symbol's name: `symbol`, `sig`."""

    _kinds = ("external_function",)

    def __init__(self, symbol, sig):
        self.symbol = symbol
        self.sig = sig
        super().__init__(f"ExternalFunction({symbol}: {sig})")


class ExternalFunctionPointer(_Base):
    """A C function known by its address."""

    _kinds = ("external_function_pointer",)

    def __init__(self, sig, get_pointer, cconv=None):
        self.sig = sig
        self.get_pointer = get_pointer
        self.cconv = cconv
        super().__init__(f"(ExternalFunctionPointer {sig})")


voidptr = _parsed("void*", lambda: RawPointer("void*"))
pyobject = _parsed("pyobject", lambda: PyObject("pyobject"))
ffi_forced_object = Opaque("ffi_forced_object")
ffi = Opaque("ffi")
unknown = Dummy("unknown")
code_type = Opaque("code")
pyfunc_type = Opaque("pyfunc")
py2_string_type = Opaque("str")
npy_rng = _parsed("NumPyRandomGeneratorType", lambda: NumPyRandomGeneratorType("NumPyRandomGeneratorType"))
npy_bitgen = NumPyRandomBitGeneratorType()
range_iter32_type = parse_type("range_iter_int32")
range_iter64_type = parse_type("range_iter_int64")
unsigned_range_iter64_type = parse_type("range_iter_uint64")

# Numba's names for the numbers of NumPy and of Python, which are no other types here.
np_bool_, np_double, np_float_ = _t.boolean, _t.float64, _t.float32
for _name in (
    "char short intc int_ intp longlong uchar ushort uintc uint uintp ulong ulonglong int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
    "float16 float32 float64 complex64 complex128"
).split():
    globals()[f"np_{_name}"] = getattr(_t, _name)
np_long = _t.long_
for _name in ("signed", "integer", "real", "complex", "number"):
    globals()[f"np_{_name}_domain"] = globals()[f"py_{_name}_domain"] = getattr(_t, f"{_name}_domain")
np_unsigned_domain = _t.unsigned_domain

# What stands for a type that `preprocess_fields` of a structure says.
Any = Phantom("any")

__all__ = [name for name in dir() if not name.startswith("_") and name not in _NOT_EXPORTED]

# Users know them as members of `looplift.types`.
for _name in __all__:
    if isinstance(_member := globals()[_name], type) and _member.__module__ == __name__:
        _member.__module__ = "looplift.types"
