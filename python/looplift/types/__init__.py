"""Types, with the names and spellings Numba's users know.

A type is an instance of `Type`: immutable, hashable, one object a type as far as ``==`` can tell. The families
(`Integer`, `Array`, `UniTuple`, ...) are classes to ask with ``isinstance``; those that can be written down make a
type when called. ``float64[:, ::1]`` is an array type, ``int64(float64, int64)`` a signature.
"""

from looplift._core import (
    Type,
    array_type,
    basic_type,
    enum_type,
    literal_type,
    namedtuple_type,
    optional_type,
    tuple_type,
)

none = void = basic_type("none")
boolean = bool_ = bool = b1 = basic_type("bool")
int8 = i1 = char = byte = basic_type("int8")
int16 = i2 = short = basic_type("int16")
int32 = i4 = intc = basic_type("int32")
int64 = i8 = int_ = intp = long_ = longlong = ssize_t = basic_type("int64")
uint8 = u1 = uchar = basic_type("uint8")
uint16 = u2 = ushort = basic_type("uint16")
uint32 = u4 = uintc = basic_type("uint32")
uint64 = u8 = uint = uintp = ulong = ulonglong = size_t = basic_type("uint64")
float16 = f2 = basic_type("float16")
float32 = f4 = single = basic_type("float32")
float64 = f8 = double = float_ = basic_type("float64")
complex64 = c8 = basic_type("complex64")
complex128 = c16 = basic_type("complex128")
unicode_type = string = basic_type("unicode_type")
ellipsis = basic_type("ellipsis")
undefined = basic_type("undefined")
slice2_type = basic_type("slice2_type")
slice3_type = basic_type("slice3_type")
range_state_type = range_state64_type = basic_type("range_state_int64")
range_state32_type = basic_type("range_state_int32")
unsigned_range_state64_type = basic_type("range_state_uint64")

signed_domain = frozenset([int8, int16, int32, int64])
unsigned_domain = frozenset([uint8, uint16, uint32, uint64])
integer_domain = signed_domain | unsigned_domain
real_domain = frozenset([float32, float64])
complex_domain = frozenset([complex64, complex128])
number_domain = real_domain | integer_domain | complex_domain


class _Family(type):
    """A class of types, told by their `kind`; a call of one makes a type where that is possible."""

    def __instancecheck__(cls, obj):
        return isinstance(obj, Type) and obj.kind in cls._kinds and cls._accepts(obj)

    def __call__(cls, *args, **kwargs):
        make = cls._make
        if make is None:
            raise TypeError(f"types of family {cls.__name__} cannot be made by name")
        return make(*args, **kwargs)


class _Base(metaclass=_Family):
    _kinds = ()
    _make = None

    @staticmethod
    def _accepts(obj):
        return True


def _array(dtype, ndim, layout, readonly=False, name=None, aligned=True):
    """`Array(dtype, ndim, layout)`: layout is 'C', 'F' or 'A'."""
    return array_type(dtype, ndim, layout, readonly, name, aligned)


def _uni_tuple(dtype, count):
    """`UniTuple(dtype, count)`."""
    return tuple_type([dtype] * count)


def _tuple(elements):
    """`Tuple([types])`."""
    return tuple_type(list(elements))


def _homogeneous(t):
    return len(t) > 0 and len(set(t.types)) == 1


class Array(_Base):
    """Arrays: `dtype`, `ndim`, `layout`, `mutable`, `aligned`."""

    _kinds = ("array",)
    _make = staticmethod(_array)


Buffer = ArrayCompatible = Array


class Boolean(_Base):
    _kinds = ("boolean", "literal_bool")


class Integer(_Base):
    """Integers of all widths; literal ones as well."""

    _kinds = ("integer", "literal_int")


class Float(_Base):
    _kinds = ("float",)


class Complex(_Base):
    _kinds = ("complex",)


class Number(_Base):
    _kinds = ("integer", "float", "complex", "literal_int")


class NoneType(_Base):
    _kinds = ("none",)


class UnicodeType(_Base):
    _kinds = ("str", "literal_str")


class BaseTuple(_Base):
    """Tuples: `types`, `count`."""

    _kinds = ("tuple", "namedtuple")


class BaseAnonymousTuple(_Base):
    _kinds = ("tuple",)


class Tuple(_Base):
    """Tuples of elements of several types."""

    _kinds = ("tuple",)
    _make = staticmethod(_tuple)

    @staticmethod
    def _accepts(obj):
        return not _homogeneous(obj)


class UniTuple(_Base):
    """Tuples of elements of one type: `dtype`, `count`."""

    _kinds = ("tuple",)
    _make = staticmethod(_uni_tuple)
    _accepts = staticmethod(_homogeneous)


class BaseNamedTuple(_Base):
    _kinds = ("namedtuple",)


class NamedTuple(_Base):
    _kinds = ("namedtuple",)
    _make = staticmethod(namedtuple_type)

    @staticmethod
    def _accepts(obj):
        return not _homogeneous(obj)


class NamedUniTuple(_Base):
    _kinds = ("namedtuple",)

    @staticmethod
    def _accepts(obj):
        return _homogeneous(obj)


class EnumMember(_Base):
    """Members of a class of `enum`: `instance_class`."""

    _kinds = ("enum", "int_enum")
    _make = staticmethod(lambda cls, dtype=None: enum_type(cls))


class IntEnumMember(_Base):
    """Members of a class of `enum` that are integers."""

    _kinds = ("int_enum",)
    _make = staticmethod(lambda cls, dtype=None: enum_type(cls))


class Optional(_Base):
    """`Optional(T)`: T or None; the inner type is `type`."""

    _kinds = ("optional",)
    _make = staticmethod(optional_type)


class Literal(_Base):
    """Values known while compiling: `literal_value`."""

    _kinds = ("literal_int", "literal_bool", "literal_str")
    _make = staticmethod(literal_type)


class IntegerLiteral(_Base):
    _kinds = ("literal_int",)
    _make = staticmethod(literal_type)


class BooleanLiteral(_Base):
    _kinds = ("literal_bool",)
    _make = staticmethod(literal_type)


class StringLiteral(_Base):
    _kinds = ("literal_str",)
    _make = staticmethod(literal_type)


class SliceType(_Base):
    _kinds = ("slice",)


class RangeType(_Base):
    """Ranges: `dtype` is the integer type."""

    _kinds = ("range",)


class DType(_Base):
    """`numpy.dtype` objects: `dtype` is the element type."""

    _kinds = ("dtype",)


class NumberClass(_Base):
    """Classes that convert to a number type: `instance_type`."""

    _kinds = ("numberclass",)


class Function(_Base):
    _kinds = ("function",)


class Dispatcher(_Base):
    _kinds = ("dispatcher",)


class Callable(_Base):
    _kinds = ("function", "dispatcher", "numberclass", "exception_class", "bound_method")


class Module(_Base):
    _kinds = ("module",)


class ExceptionClass(_Base):
    _kinds = ("exception_class",)


class IterableType(_Base):
    _kinds = ("array", "tuple", "namedtuple", "range", "iterator")


class SimpleIteratorType(_Base):
    _kinds = ("iterator",)


class EllipsisType(_Base):
    _kinds = ("ellipsis",)


class Omitted(_Base):
    """Arguments left to their default: in a signature, the default's own type. Nothing is of this family."""

    @staticmethod
    def _make(value):
        from looplift import typeof

        return typeof(value)


literal = literal_type
optional = optional_type


def unliteral(t):
    """The type without what is known of its value: `Literal[int](3)` gives `int64`."""
    return t.unliteral


def maybe_literal(value):
    """The literal type of `value`, or None if it has none."""
    try:
        return literal_type(value)
    except TypeError:
        return None
