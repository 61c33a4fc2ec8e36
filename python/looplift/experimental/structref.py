"""Mutable structures: types of one's own with fields, passed by reference, extended by overloads.

::

    @structref.register
    class PointType(types.StructRef):
        pass

    class Point(structref.StructRefProxy):
        def __new__(cls, x, y):
            return structref.StructRefProxy.__new__(cls, x, y)

        @property
        def x(self):
            return point_x(self)        # a jitted function that reads the field

    structref.define_proxy(Point, PointType, ["x", "y"])

The types of the fields are those of the constructor's arguments, so that one class of types serves many; `overload_method` and
`overload_attribute` for `PointType` say what structures can do in compiled code. How they are kept is told in `_instances`.
"""

from looplift import _core, _extension, types
from looplift.errors import TypingError
from looplift.experimental import _instances
from looplift.extending import overload

__all__ = ["StructRefProxy", "define_attributes", "define_boxing", "define_constructor", "define_proxy", "new", "register", "structref_is"]

# Class of types -> class of the objects that stand for structures in Python.
_proxies = {}
# The types whose classes of instances are being made.
_making = []


class StructRefProxy(tuple):
    """Base of the Python classes whose objects are structures: creating one runs compiled code.

    Fields are no attributes of the object: a class adds properties and methods, which call jitted functions.
    """

    __slots__ = ()

    def __new__(cls, *args):
        constructor = _constructors.get(cls)
        if constructor is None:
            names = ", ".join(f"a{k}" for k in range(len(args)))
            made = _instances.function("construct", names, [f"return kind({names})"], kind=cls)
            constructor = _constructors[cls] = _core.make_dispatcher(made, {"nopython": True})
        return constructor(*args)

    def __init__(self, *args, **kwargs):
        """Nothing is left to do: the constructor ran."""

    @property
    def _numba_type_(self):
        """The structure's type."""
        return type(self).__looplift_type__

    __eq__ = _instances.equal

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(_instances.identity(self))

    def __repr__(self):
        kind = next(c for c in type(self).__mro__ if "__looplift_type__" not in vars(c))
        return f"<{kind.__module__}.{kind.__qualname__} object at {_instances.identity(self):#x}>"

    def __bool__(self):
        return True

    def __copy__(self):
        return self

    def __reduce__(self):
        values = {name: self._layout.property(name).__get__(self) for name in self._layout.fields}
        return _restore, (self._numba_type_, values)


for _name in _instances.TUPLE_METHODS:
    setattr(StructRefProxy, _name, _instances.absent(_name, "StructRefProxy"))
_constructors = {}


def _restore(t, values):
    """A structure of a type with these values of the fields."""
    cls = _extension.carrier(t)
    instance = _maker(t)()
    for name, value in values.items():
        cls._layout.property(name).__set__(instance, value)
    return instance


def _instance_class(t):
    """The class of the named tuples that are structures of a type."""
    base = next((_proxies[c] for c in type(t).__mro__ if c in _proxies), None)
    if base is None:
        raise TypingError(f"[LL0100] values of type {t} have no class: register it with structref.define_boxing")
    _making.append(t)
    try:
        layout = _instances.Layout(str(t), t.field_dict, _making)
    finally:
        _making.pop()
    given = {name for c in base.__mro__[:-2] if c is not StructRefProxy for name in vars(c)}

    def attribute(name, _type):
        return layout.getter(name) if name in layout.places else None

    def method(name, _type, args, kwargs):
        if name.startswith("set "):
            return layout.setter(name[4:])
        if name in ("is", "is not"):
            return layout.same(name == "is not")
        if name == "__bool__":
            return layout.once(name, lambda: _instances.function("truth", "self", ["return True"]))
        return None

    namespace = {
        **layout.namespace(given | set(_instances.TUPLE_METHODS)),
        "__module__": base.__module__,
        "__looplift_type__": t,
        "__looplift_method__": staticmethod(method),
        "__looplift_attribute__": staticmethod(attribute),
    }
    del namespace["__slots__"]
    made = type(str(t), (base,), namespace)
    _core.conceal_tuple(made)
    return made


_extension.add_carriers(types.StructRef, _instance_class)


def _maker(t):
    """What makes a structure of a type."""
    cls = _extension.carrier(t)
    return _instances.Maker(cls._layout, cls)


def register(struct_type):
    """Registers a class of types, a subclass of `types.StructRef`; its structures have their fields as attributes."""
    if struct_type is types.StructRef:
        raise ValueError(f"cannot register {types.StructRef}")
    if not (isinstance(struct_type, type) and issubclass(struct_type, types.StructRef)):
        raise TypeError(f"a subclass of types.StructRef is expected, not {struct_type!r}")
    define_attributes(struct_type)
    return struct_type


def define_attributes(struct_typeclass):
    """Lets compiled code read and write fields as attributes. Every structure has them."""


def define_boxing(struct_type, obj_class):
    """Says which class, a subclass of `StructRefProxy`, the objects have that stand for structures in Python."""
    if struct_type is types.StructRef:
        raise ValueError(f"cannot register {types.StructRef}")
    if not (isinstance(obj_class, type) and issubclass(obj_class, StructRefProxy)):
        raise TypeError(f"a subclass of StructRefProxy is expected, not {obj_class!r}")
    _proxies[struct_type] = obj_class
    _extension.forget_carriers(struct_type)


def define_constructor(py_class, struct_typeclass, fields):
    """Lets compiled code call `py_class` with the values of the fields, in order or by name."""
    names = list(fields)
    for name in names:
        if not (isinstance(name, str) and name.isidentifier()):
            raise ValueError(f"expecting a str for field name, which is an identifier, not {name!r}")

    def construct(*args):
        t = struct_typeclass([(name, types.unliteral(_extension.users_type(a))) for name, a in zip(names, args, strict=True)])
        body = ["made = make()", *(f"made.{name} = {name}" for name in names), "return made"]
        return _instances.function("construct", ", ".join(names), body, make=_maker(t))

    parameters = ", ".join(names)
    overload(py_class)(_instances.function(f"construct_{py_class.__name__}", parameters, [f"return construct({parameters})"], construct=construct))


def define_proxy(py_class, struct_typeclass, fields):
    """Binds a Python class to a class of types: `define_constructor` and `define_boxing` in one."""
    define_constructor(py_class, struct_typeclass, fields)
    define_boxing(struct_typeclass, py_class)


def new(struct_type):
    """A new structure of a type, in compiled code: numbers are zero, other fields have no value until they get one."""
    raise NotImplementedError("structref.new can be called from compiled code only")


@overload(new)
def _new(struct_type):
    t = getattr(struct_type, "value", None)
    if not isinstance(t, types.StructRef):
        raise TypingError(f"structref.new takes a type of structures, known while compiling, not {struct_type}")
    made = _maker(t)
    return lambda struct_type: made()


def structref_is(a, b):
    """Whether two structures are one."""
    return isinstance(a, StructRefProxy) and a == b
