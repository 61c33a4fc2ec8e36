"""Families of types that are rarely written by hand, and names of types that only signatures and users' tools need.

A family says how a type is spelled; where the compiler can read the spelling, the type is the compiler's, otherwise it is an
object with Numba's attributes that no compiled value has (using it as an argument type is a TypingError).
"""

import itertools

from looplift import types as _t
from looplift._core import parse_type
from looplift.types import Type, _Base
from looplift.types._named_functions import *  # noqa: F403
from looplift.types._named_memory import *  # noqa: F403
from looplift.types._named_memory import array_of  # noqa: F401

_NOT_EXPORTED = {"itertools", "parse_type", "array_of"}


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
        super().__init__(
            f"{yield_type} generator(func={gen_func}, args={self.arg_types}, has_finalizer={has_finalizer})"
        )


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
    if isinstance(_member := globals()[_name], type) and _member.__module__.startswith(__name__):
        _member.__module__ = "looplift.types"
