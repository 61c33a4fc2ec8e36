"""Types, with the names and spellings Numba's users know.

A type is an instance of `Type`: immutable, hashable, one object a type as far as ``==`` can tell. The families
(`Integer`, `Array`, `UniTuple`, ...) are classes to ask with ``isinstance``; those that can be written down make a
type when called. ``float64[:, ::1]`` is an array type, ``int64(float64, int64)`` a signature.
"""

from itertools import count
from weakref import WeakValueDictionary

from looplift._core import (
    Type as _CoreType,
    array_type,
    basic_type,
    enum_type,
    container_type,
    initial_type,
    literal_dict_type,
    literal_list_type,
    literal_type,
    namedtuple_type,
    optional_type,
    parse_type,
    tuple_type,
)

none = void = basic_type("none")
boolean = bool_ = bool = b1 = basic_type("bool")
int8 = i1 = char = basic_type("int8")
int16 = i2 = short = basic_type("int16")
int32 = i4 = intc = basic_type("int32")
int64 = i8 = int_ = intp = long_ = longlong = ssize_t = basic_type("int64")
uint8 = u1 = uchar = byte = basic_type("uint8")
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

c_bool, c_float16, c_float32, c_float64 = boolean, float16, float32, float64
c_int8, c_int16, c_int32, c_int64, c_intp = int8, int16, int32, int64, intp
c_uint8, c_uint16, c_uint32, c_uint64, c_uintp = uint8, uint16, uint32, uint64, uintp
py_bool, py_int, py_float, py_complex = boolean, int64, float64, complex128

signed_domain = frozenset([int8, int16, int32, int64])
unsigned_domain = frozenset([uint8, uint16, uint32, uint64])
integer_domain = signed_domain | unsigned_domain
real_domain = frozenset([float32, float64])
complex_domain = frozenset([complex64, complex128])
number_domain = real_domain | integer_domain | complex_domain


class _Family(type):
    """A class of types. Types the compiler knows belong to the families of their `kind`; a call of a family makes a type.

    `_make` makes it; a family with `_text` instead is written down and given to the compiler to read, and a type that the
    compiler does not know is an instance of the family itself: it has a name, but no values in compiled code.
    """

    def __instancecheck__(cls, obj):
        if isinstance(obj, _CoreType):
            return cls is Type or (cls._is_family and obj.kind in cls._kinds and cls._accepts(obj))
        return type.__instancecheck__(cls, obj)

    @property
    def _is_family(cls):
        return cls.__module__.startswith("looplift.types")

    def __call__(cls, *args, **kwargs):
        if cls._is_family:
            if cls._make is not None:
                return cls._make(*args, **kwargs)
            if cls._text is not None:
                return _written(cls, cls._text(*args, **kwargs), args, kwargs)
            if cls._kinds and cls.__init__ is Type.__init__:
                raise TypeError(f"types of family {cls.__name__} cannot be made by name")
            return _by_parts(cls, args, kwargs)
        return _interned(type.__call__(cls, *args, **kwargs))


# Named types by class and key: there is one object for each.
_objects = WeakValueDictionary()


_codes = count(1 << 32)


def _interned(obj):
    kept = _objects.setdefault((type(obj), obj.key), obj)
    kept.__dict__.setdefault("_code", next(_codes))
    return kept


def _by_parts(family, args, kwargs):
    """The named type of a family: what it is made of tells it from others."""
    made = type.__call__(family, *args, **kwargs)
    try:
        parts = (args, tuple(sorted(kwargs.items())))
        hash(parts)
    except TypeError:
        pass
    else:
        made.__dict__["_parts"] = parts
    return _interned(made)


def _written(family, text, args, kwargs):
    """The compiler's type of this text, else the named type of the family."""
    try:
        return parse_type(text)
    except ValueError:
        return _by_parts(family, args, kwargs)


def _restored(cls, state):
    made = cls.__new__(cls)
    made.__dict__.update(state)
    return _interned(made)


class Type(metaclass=_Family):
    """Base of all types, and of types of one's own: ``super().__init__(name="interval")``."""

    _kinds = ()
    _make = None
    _text = None
    _accepts = staticmethod(lambda obj: True)
    mutable = False
    reflected = False
    kind = "named"

    def __init__(self, name):
        self.name = name

    @property
    def key(self):
        """What tells equal types of one class from others."""
        return self.__dict__.get("_parts", self.name)

    def __reduce__(self):
        return _restored, (type(self), {name: v for name, v in self.__dict__.items() if name != "_code"})

    mangling_args = property(lambda self: (self.name, ()))

    @property
    def unliteral(self):
        return self

    def is_precise(self):
        return True

    def cast_python_value(self, value):
        raise NotImplementedError(f"type {self} does not convert values")

    def unify(self, typingctx, other):
        return None

    def can_convert_to(self, typingctx, other):
        return None

    def can_convert_from(self, typingctx, other):
        return None

    def dump(self, tab=""):
        print(f"{tab}DUMP {type(self).__name__}[type={self}]")

    def __str__(self):
        return self.name

    __repr__ = __str__

    def __eq__(self, other):
        return type(self) is type(other) and self.key == other.key

    def __hash__(self):
        return hash((type(self), self.key))

    def __call__(self, *args):
        from looplift._signature import signature

        if len(args) == 1 and not isinstance(args[0], Type):
            return self.cast_python_value(args[0])
        return signature(self, *args)

    def __getitem__(self, index):
        return _rare().array_of(self, index)


_Base = Type


def _fields_of_instances(t):
    layout = getattr(t.value, "_layout", None) if t.kind == "namedtuple" else None
    if layout is None:
        raise AttributeError(f"type {t} has no attribute 'struct'")
    return dict(layout.fields)


def _attach():
    """What the compiler's types share with named ones."""
    from looplift import _signature

    _CoreType.cast_python_value = _signature.cast_value
    # A number that tells types apart, as Numba's dispatcher has it.
    _CoreType._code = property(hash)
    counts = _CoreType.count
    _CoreType.count = property(lambda t: int(t.name[:-1].rpartition(" ")[2]) if t.kind == "charseq" else counts.__get__(t))
    _CoreType.minval = property(lambda t: -(1 << (t.bitwidth - 1)) if t.signed else 0)
    _CoreType.maxval = property(lambda t: (1 << (t.bitwidth - t.signed)) - 1)
    # Of instances of jitted classes: the types of their fields.
    _CoreType.struct = property(_fields_of_instances)
    for name in ("is_precise", "unify", "can_convert_to", "can_convert_from", "dump", "mangling_args"):
        setattr(_CoreType, name, Type.__dict__[name])


_attach()

def _array(dtype, ndim, layout, readonly=False, name=None, aligned=True):
    """`Array(dtype, ndim, layout)`: layout is 'C', 'F' or 'A'."""
    if not isinstance(dtype, _CoreType):
        if type(dtype) is _rare().NestedArray:
            # Its dimensions are more dimensions of the array.
            return _array(dtype.dtype, ndim + dtype.ndim, layout, readonly, name, aligned)
        return _rare().NamedArray(dtype, ndim, layout, readonly, name)
    return array_type(dtype, ndim, layout, readonly, name, aligned)


# Most elements of a tuple that is made by its count.
_MAX_ELEMENTS = 1024


def _uni_tuple(dtype, count):
    """`UniTuple(dtype, count)`."""
    if not 0 <= count <= _MAX_ELEMENTS:
        raise ValueError(f"a tuple of {count} elements")
    return tuple_type([dtype] * count)


def _elements(types):
    """Types as a list; TypingError if they are none."""
    try:
        return list(types)
    except TypeError:
        from looplift.errors import TypingError

        raise TypingError("Argument 'types' is not iterable") from None


def _tuple(elements):
    """`Tuple([types])`."""
    return tuple_type(_elements(elements))


def array_type_of(dtype, index):
    """`dtype[index]` of a type that arrays of compiled code do not hold."""
    return _rare().array_of(dtype, index)


def _homogeneous(t):
    return len(t) > 0 and len(set(t.types)) == 1


class Array(_Base):
    """Arrays: `dtype`, `ndim`, `layout`, `mutable`, `aligned`."""

    _kinds = ("array",)
    _make = staticmethod(_array)


ArrayCompatible = Array


class Boolean(_Base):
    _kinds = ("boolean", "literal_bool")


class Integer(_Base):
    """Integers of all widths; literal ones as well."""

    _kinds = ("integer", "literal_int")

    @staticmethod
    def from_bitwidth(bitwidth, signed=True):
        """The integer type of this width."""
        return basic_type(f"{'int' if signed else 'uint'}{bitwidth}")


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


def _star_tuple(elements):
    """`StarArgTuple([types])`: what `*args` is, an ordinary tuple."""
    return tuple_type(list(elements))


class StarArgTuple(Tuple):
    _make = staticmethod(_star_tuple)


class StarArgUniTuple(UniTuple):
    """What `*args` of one type is, an ordinary tuple."""


class BaseNamedTuple(_Base):
    _kinds = ("namedtuple",)


class NamedTuple(_Base):
    _kinds = ("namedtuple",)
    _make = staticmethod(lambda types, cls: namedtuple_type(_elements(types), cls))

    @staticmethod
    def _accepts(obj):
        return not _homogeneous(obj)


def _named_uni_tuple(dtype, count, cls):
    """`NamedUniTuple(dtype, count, cls)`."""
    return namedtuple_type([dtype] * count, cls)


class NamedUniTuple(_Base):
    _kinds = ("namedtuple",)
    _make = staticmethod(_named_uni_tuple)

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


def _optional(typ):
    """`Optional(T)`."""
    return optional_type(typ) if isinstance(typ, _CoreType) else _rare().NamedOptional(typ)


class Optional(_Base):
    """`Optional(T)`: T or None; the inner type is `type`."""

    _kinds = ("optional",)
    _make = staticmethod(_optional)


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
    _make = staticmethod(lambda dtype: parse_type(f"dtype({dtype})"))


class NumberClass(_Base):
    """Classes that convert to a number type: `instance_type`."""

    _kinds = ("numberclass",)
    _make = staticmethod(lambda instance_type: parse_type(f"class({instance_type})"))


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
    _kinds = ("array", "tuple", "namedtuple", "range", "iterator", "list", "set", "dict", "dictview")


class SimpleIteratorType(_Base):
    _kinds = ("iterator",)


def _list(dtype, reflected=False, initial_value=None):
    """`List(dtype)`: lists that compiled code makes, or reflected ones."""
    return _initialised(container_type("list", "reflected" if reflected else "plain", [dtype]), initial_value)


def _initialised(of, value):
    """The type of a list or dict whose display put these constants in."""
    if value is None:
        return of
    items = [part for pair in value.items() for part in pair] if isinstance(value, dict) else value
    return initial_type(of, [literal_type(item) for item in items])


def _set(dtype, reflected=False):
    return container_type("set", "reflected" if reflected else "plain", [dtype])


def _typed(kind):
    def make(*parts, **further):
        if not all(isinstance(p, _CoreType) for p in parts):
            family = {"list": "ListType", "set": "SetType", "dict": "DictType"}[kind]
            return _by_parts(getattr(_rare(), family), parts, further)
        return _initialised(container_type(kind, "typed", list(parts)), further.get("initial_value"))

    return staticmethod(make)


class List(_Base):
    """Python lists and those that compiled code makes: `dtype`, `reflected`."""

    _kinds = ("list",)
    _make = staticmethod(_list)

    @staticmethod
    def _accepts(obj):
        return obj.flavour != "typed"


class Set(_Base):
    """Python sets and those that compiled code makes: `dtype`, `reflected`."""

    _kinds = ("set",)
    _make = staticmethod(_set)

    @staticmethod
    def _accepts(obj):
        return obj.flavour != "typed"


class ListType(_Base):
    """`ListType(item_type)`: `looplift.typed.List`."""

    _kinds = ("list",)
    _make = _typed("list")

    @staticmethod
    def _accepts(obj):
        return obj.flavour == "typed"


class SetType(_Base):
    """`SetType(item_type)`: `looplift.typed.Set`."""

    _kinds = ("set",)
    _make = _typed("set")

    @staticmethod
    def _accepts(obj):
        return obj.flavour == "typed"


class DictType(_Base):
    """`DictType(key_type, value_type)`: `looplift.typed.Dict`, and dicts that compiled code makes."""

    _kinds = ("dict",)
    _make = _typed("dict")


class LiteralList(_Base):
    """List displays of values of several types: `literal_value` are their types, `types` as well."""

    _kinds = ("literal_list",)
    _make = staticmethod(lambda literal_value: literal_list_type(list(literal_value)))


class LiteralStrKeyDict(_Base):
    """Dict displays of names and values of several types: `literal_value` has the types of values by the literal types of names."""

    _kinds = ("literal_dict",)
    _make = staticmethod(lambda literal_value, value_index=None: literal_dict_type(dict(literal_value)))


class EllipsisType(_Base):
    _kinds = ("ellipsis",)


def literal(value):
    """The type of a value known while compiling: an int, a bool, a str or a slice.

    Raises LiteralTypingError for other values.
    """
    if isinstance(value, slice):
        return __getattr__("SliceLiteral")(value)
    try:
        return literal_type(value)
    except TypeError:
        from looplift.errors import LiteralTypingError

        raise LiteralTypingError(f"{type(value)} cannot be used as a literal type") from None


def unliteral(t):
    """The type without what is known of its value: `Literal[int](3)` gives `int64`."""
    return getattr(t, "unliteral", t)


def maybe_literal(value):
    """The literal type of `value`, or None if it has none."""
    from looplift.errors import LiteralTypingError

    try:
        return literal(value)
    except LiteralTypingError:
        return None


optional = Optional


def is_homogeneous(*types):
    """Whether there are types, and all are the same."""
    return len(types) > 0 and len(set(types)) == 1


def _rare():
    from importlib import import_module

    return import_module("looplift.types._named")


def __getattr__(name):
    # Types that are less used load when they are asked for.
    if not name.startswith("_") and name in _rare().__all__:
        value = globals()[name] = getattr(_rare(), name)
        return value
    raise AttributeError(f"module 'looplift.types' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_rare().__all__})
