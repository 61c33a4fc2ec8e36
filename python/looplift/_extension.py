"""Types of users: a class, its type, and what its values are in compiled code.

A type is a subclass of `types.Type` with a model, which lists fields; in compiled code a value is a named tuple of them. `unbox`
says how an object becomes fields, `box` how fields become an object. Both are Python functions of (type, object or value,
context), called when a value crosses the border: an unboxer may simply give ``NativeValue((obj.lo, obj.hi))``, a boxer
``Interval(value.lo, value.hi)``; code written for Numba, with the context's `pyapi` and `builder`, runs as it is, on objects.

Constructors and attributes are functions registered with `lower_builtin` and `lower_getattr`, whose code generators are
recorded as Python (`looplift._recording`), or plain overloads.
"""

import builtins
import inspect

from looplift import _core, _overloads, types
from looplift._recording import Variables
from looplift.errors import TypingError, UnsupportedError

_models = {}
_boxers = {}
_unboxers = {}
_casts = []
# Typing rules and code generators by the object they are of: (object, [...]).
_typers = {}
_lowerings = {}
_attributes = {}
_carriers = {}
# What makes the carriers of a class of types that are no plain structures of fields.
_carrier_makers = {}


class NativeValue:
    """What an unboxer gives: a value (a tuple of fields), whether there was an error, what to do when the call is over."""

    def __init__(self, value, is_error=None, cleanup=None):
        self.value = value
        self.is_error = is_error
        self.cleanup = cleanup


class DataModel:
    """How values of a type are kept: `get_members` are (name, type) pairs."""

    fields = ()

    def __init__(self, dmm=None, fe_type=None):
        self._dmm = dmm
        self._fe_type = fe_type


class StructModel(DataModel):
    """A structure of fields."""

    def __init__(self, dmm, fe_type, members):
        super().__init__(dmm, fe_type)
        self.fields = tuple(members)


class OpaqueModel(DataModel):
    """Nothing is known of values but their type."""


class PrimitiveModel(DataModel):
    """One value of another type."""

    def __init__(self, dmm, fe_type, be_type):
        super().__init__(dmm, fe_type)
        if not isinstance(be_type, types.Type):
            raise TypeError(f"a primitive model takes a type of looplift, such as types.int64, not {be_type!r}")
        self.fields = (("value", be_type),)


class BooleanModel(PrimitiveModel):
    def __init__(self, dmm, fe_type, be_type=types.boolean):
        super().__init__(dmm, fe_type, be_type)


class IntegerModel(PrimitiveModel):
    def __init__(self, dmm, fe_type, be_type=types.int64):
        super().__init__(dmm, fe_type, be_type)


class FloatModel(PrimitiveModel):
    def __init__(self, dmm, fe_type, be_type=types.float64):
        super().__init__(dmm, fe_type, be_type)


class ComplexModel(PrimitiveModel):
    def __init__(self, dmm, fe_type, be_type=types.complex128):
        super().__init__(dmm, fe_type, be_type)


class TupleModel(StructModel):
    """A structure of `f0`, `f1`, ..."""

    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, [(f"f{k}", t) for k, t in enumerate(fe_type.types)])


class ArrayModel(PrimitiveModel):
    """An array."""

    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, types.Array(fe_type.dtype, fe_type.ndim, fe_type.layout))


def register_model(type_class):
    """Registers the model of a class of types; `register_default` is the same."""

    def register(model):
        _models[type_class] = model
        _overloads.extended()
        return model

    return register


def _nearest(table, t):
    return next((table[cls] for cls in type(t).__mro__ if cls in table), None)


def fields_of(t):
    """The fields of a user's type: (name, type) pairs.

    Raises TypingError if it has no model.
    """
    model = _nearest(_models, t)
    if model is None:
        raise TypingError(f"[LL0100] values of type {t} cannot be passed to compiled code: it has no model")
    return model(None, t).fields


def carrier(t):
    """The class of tuples that stand for values of a user's type; a call of it from compiled code's border makes the object."""
    made = _carriers.get(t)
    if made is None and (make := _nearest(_carrier_makers, t)) is not None:
        made = _carriers[t] = make(t)
    if made is None:
        fields = fields_of(t)

        def to_object(cls, *values):
            return box(t, tuple.__new__(cls, values))

        names = tuple(name for name, _ in fields)
        attributes = {"_fields": names, "__slots__": (), "__new__": to_object, "__looplift_type__": t, "__module__": "looplift"}
        for k, name in enumerate(names):
            attributes[name] = property(lambda self, k=k: self[k])
        made = _carriers[t] = type(str(t), (tuple,), attributes)
    return made


def add_carriers(type_class, make):
    """Registers what makes the carriers of a class of types: a function of a type. They have a `_layout`, whose `types()` are the members'."""
    _carrier_makers[type_class] = make
    _overloads.extended()


def forget_carriers(type_class):
    """Lets the carriers of a class of types be made anew."""
    for t in [t for t in _carriers if isinstance(t, type_class)]:
        del _carriers[t]
    _overloads.extended()


def core_type(t):
    """The compiler's type for a type: named tuples for users' ones, what was said for deferred ones."""
    if isinstance(t, _core.Type):
        return t
    if isinstance(t, types.DeferredType):
        return core_type(t.get())
    if isinstance(t, types.Optional):
        return types.Optional(core_type(t.type))
    if isinstance(t, types.ListType):
        return types.ListType(core_type(t.item_type))
    if isinstance(t, types.SetType):
        return types.SetType(core_type(t.dtype))
    if isinstance(t, types.DictType):
        return types.DictType(core_type(t.key_type), core_type(t.value_type))
    made = carrier(t)
    layout = getattr(made, "_layout", None)
    return _core.namedtuple_type([core_type(f) for _, f in fields_of(t)] if layout is None else layout.types(), made)


def users_type(t):
    """The user's type that a type of the compiler stands for, or the type itself."""
    if getattr(t, "kind", None) == "namedtuple":
        return getattr(t.value, "__looplift_type__", t)
    return t


def carried(obj):
    """What stands for an object of a registered class, or None for other objects."""
    t = _overloads.typeof_registered(obj)
    if t is None or isinstance(t, _core.Type) or _nearest(_models, t) is None:
        return None
    return tuple.__new__(carrier(t), _fields_from(t, obj))


def _fields_from(t, obj):
    fields = fields_of(t)
    unboxer = _nearest(_unboxers, t)
    if unboxer is None:
        values = [getattr(obj, name) for name, _ in fields]
    else:
        native = unboxer(t, obj, BoxContext())
        values = native.value if isinstance(native, NativeValue) else native
        if getattr(native, "is_error", None):
            raise TypeError(f"can't unbox {t} type")
        if hasattr(values, "_getvalue"):
            values = values._getvalue()
        if not isinstance(values, tuple):
            values = (values,)
    out = []
    for value, (_, f) in zip(values, fields, strict=True):
        if isinstance(f, _core.Type):
            value = _number_from(f, value)
            out.append(value.item() if isinstance(f, (types.Float, types.Boolean)) and hasattr(value, "item") and f in (types.float64, types.boolean) else value)
        else:
            out.append(value if isinstance(value, carrier(f)) else tuple.__new__(carrier(f), value if isinstance(value, tuple) else _fields_from(f, value)))
    return tuple(out)


def _number_from(t, value):
    """A number for a field of a type of numbers; other values as they are."""
    if not isinstance(t, (types.Number, types.Boolean)):
        return value
    try:
        if value is None:
            # Of which NumPy makes NaN.
            raise TypeError("None is no number")
        return t.cast_python_value(value)
    except Exception as e:
        raise TypeError(f"can't unbox {type(value).__name__} as {t}") from e


def box(t, value):
    """The object that a value stands for."""
    boxer = _nearest(_boxers, t)
    if boxer is None:
        raise TypeError(f"cannot convert native {t} to Python object")
    return boxer(t, value, BoxContext())


class _Objects:
    """Numba's `pyapi` on objects: every operation is done at once; errors are exceptions."""

    pyobj = None

    def __init__(self, builder):
        self._builder = builder

    def get_null_object(self):
        """No object, which a function gives that failed: it raised."""

    def incref(self, obj):
        """Objects are counted by the interpreter."""

    decref = incref

    def err_occurred(self):
        """There is no error, or this would not run."""

    def err_set_string(self, exc_type, msg):
        if self._builder.passing:
            return
        if isinstance(exc_type, str):
            exc_type = getattr(builtins, exc_type.removeprefix("PyExc_"), RuntimeError)
        raise exc_type(msg)

    err_format = err_set_string

    def object_getattr_string(self, obj, name):
        return getattr(obj, name)

    def object_setattr_string(self, obj, name, value):
        setattr(obj, name, value)

    def float_as_double(self, obj):
        return float(obj)

    def long_as_longlong(self, obj):
        return int(obj)

    long_as_ulonglong = long_as_long = number_as_ssize_t = number_long = long_as_longlong
    number_float = float_as_double

    def float_from_double(self, value):
        return float(value)

    def long_from_longlong(self, value):
        return int(value)

    long_from_ulonglong = long_from_ssize_t = long_from_long = long_from_signed_int = long_from_unsigned_int = long_from_longlong

    def bool_from_bool(self, value):
        return bool(value)

    bool_from_long = object_istrue = bool_from_bool

    def make_none(self):
        return None

    def serialize_object(self, obj):
        return obj

    unserialize = get_module_dict_symbol = serialize_object

    def call_function_objargs(self, function, args):
        return function(*args)

    def call_method(self, obj, method, args=()):
        return getattr(obj, method)(*args)

    def call(self, function, args=(), kws=None):
        return function(*args, **(kws or {}))

    def tuple_pack(self, items):
        return tuple(items)

    def tuple_getitem(self, obj, index):
        return obj[index]

    def import_module(self, name):
        from importlib import import_module

        return import_module(name)

    import_module_noblock = import_module

    def to_native_value(self, t, obj):
        return BoxContext().unbox(t, obj)

    def from_native_value(self, t, value, env_manager=None):
        return BoxContext().box(t, value)


class _NoBuilder(Variables):
    """Boxers and unboxers run on objects: there is nothing to build but values of variables."""

    def extract_value(self, value, index):
        for k in index if isinstance(index, (tuple, list)) else (index,):
            value = value[k]
        return value

    def or_(self, a, b):
        return bool(a) or bool(b)

    def and_(self, a, b):
        return bool(a) and bool(b)

    def not_(self, a):
        return not a

    def __getattr__(self, name):
        raise NotImplementedError(f"boxers and unboxers run in the interpreter: write Python instead of builder.{name}")


class BoxContext:
    """The third argument of boxers and unboxers: `box`, `unbox`, and Numba's `context`, `builder`, `pyapi`."""

    def __init__(self):
        self.builder = _NoBuilder()
        self.pyapi = _Objects(self.builder)
        self.context = self
        self.env_manager = None

    def box(self, t, value):
        """The object of a value of a type."""
        return value if isinstance(t, _core.Type) else box(t, value)

    def unbox(self, t, obj):
        """The value of an object of a type."""
        if not isinstance(t, _core.Type):
            return NativeValue(_fields_from(t, obj), is_error=False)
        return NativeValue(_number_from(t, obj), is_error=False)

    def get_dummy_value(self):
        """The value of types without one."""
        return ()

    def get_constant(self, t, value):
        return value

    def get_constant_generic(self, builder, t, value):
        return value

    def make_helper(self, builder, t, value=None, ref=None):
        from looplift._recording import struct_proxy

        return struct_proxy(t)(self, builder, value=value)


def _register(table, key):
    def register(function):
        table[key] = function
        _overloads.extended()
        return function

    return register


def box_for(type_class):
    """Registers the boxer of a class of types."""
    return _register(_boxers, type_class)


def unbox_for(type_class):
    """Registers the unboxer of a class of types."""
    return _register(_unboxers, type_class)


def make_attribute_wrapper(type_class, struct_attr, python_attr):
    """Lets compiled code read a field as an attribute."""
    if struct_attr == python_attr:
        return

    def attribute(value):
        scope = {}
        exec(f"def impl(value):\n    return value.{struct_attr}\n", scope)  # a field's name, which is an identifier
        return scope["impl"]

    if not struct_attr.isidentifier():
        raise ValueError(f"{struct_attr!r} is no name of a field")
    _overloads.add_attribute(type_class, python_attr, attribute)


def _append(table, target, item):
    table.setdefault(id(target), (target, []))[1].insert(0, item)
    _overloads.extended()


def type_callable(target):
    """Registers a typing rule of calls: the decorated function gets a context and gives a function of types to a type."""

    def register(make):
        typer = make(_typing_context())
        _append(_typers, target, lambda args: typer(*args))
        return make

    return register


def _typing_context():
    from looplift.core.typing import Context

    return Context()


def infer(template):
    """Registers a template's typing rule for its `key`: `generic(args, kws)` gives a signature, `cases` lists them."""

    def typer(args):
        made = template(_typing_context())
        generic = getattr(made, "generic", None)
        if generic is not None:
            sig = generic(args, {}) if not _is_typer(generic) else None
            if sig is None and _is_typer(generic):
                return generic()(*args)
            return None if sig is None else sig.return_type
        return next((sig.return_type for sig in template.cases if tuple(sig.args) == tuple(args)), None)

    if getattr(template, "key", None) is not None:
        _append(_typers, template.key, typer)
    return template


def _is_typer(generic):
    import inspect

    return not inspect.signature(generic).parameters


def infer_global(target, typing_key=None, **kwargs):
    """As `infer`, for a function or class."""

    def register(template):
        template.key = target
        return infer(template)

    return register


def infer_getattr(template):
    """Registers attributes: `resolve_name(type)` of the template gives an attribute's type."""
    if hasattr(template, "generic_resolve"):
        rule = template(_typing_context()).generic_resolve
        _attributes.setdefault((template.key, None), [None, None])[0] = rule
        _generic_attribute(template.key)
    for name in dir(template):
        if name.startswith("resolve_"):
            attr = name.removeprefix("resolve_")
            _attributes.setdefault((template.key, attr), [None, None])[0] = getattr(template(_typing_context()), name)
            _attribute(template.key, attr)
    return template


def lower_builtin(target, *signature, **kwargs):
    """Registers the code generator of calls with arguments of these types or families."""

    def register(codegen):
        _append(_lowerings, target, (signature, codegen))
        return codegen

    return register


def lower_getattr(type_class, attr):
    """Registers the code generator of an attribute, whose type `infer_getattr` tells."""

    def register(codegen):
        _attributes.setdefault((type_class, attr), [None, None])[1] = codegen
        _attribute(type_class, attr)
        return codegen

    return register


def _attribute(type_class, attr):
    """Makes an attribute of typing rule and code generator, once both are there."""
    rule, codegen = _attributes[type_class, attr]
    if rule is None or codegen is None:
        return

    def overload(value):
        from looplift._recording import record
        from looplift._signature import Signature

        sig = Signature(rule(value), (value,))
        return record(lambda context, builder, sig, args: codegen(context, builder, sig.args[0], args[0]), sig, attr)

    _overloads.add_attribute(type_class, attr, overload)


def lower_getattr_generic(type_class):
    """Registers a code generator of all attributes, whose types `generic_resolve` of the template tells: it gets the name too."""

    def register(codegen):
        _attributes.setdefault((type_class, None), [None, None])[1] = codegen
        _generic_attribute(type_class)
        return codegen

    return register


def _generic_attribute(type_class):
    rule, codegen = _attributes[type_class, None]
    if rule is None or codegen is None:
        return

    def of_name(attr):
        def overload(value):
            from looplift._recording import record
            from looplift._signature import Signature

            ret = rule(value, attr)
            if ret is None:
                return None
            return record(lambda context, builder, sig, args: codegen(context, builder, sig.args[0], args[0], attr), Signature(ret, (value,)), attr)

        return overload

    _overloads.add_generic_attribute(type_class, of_name)


def lower_setattr(type_class, attr=None):
    """Refused: values of types with fields do not change; `structref` has structures that do."""
    raise UnsupportedError(f"attributes of {type_class.__name__} cannot be assigned: values do not change; looplift.experimental.structref has structures that do")


def reflect(type_class):
    """Refused: objects get no changes back after a call; `structref` and typed containers share their memory."""
    raise UnsupportedError(f"changes of {type_class.__name__} cannot be reflected; structures (structref) and typed containers share their memory with Python")


def lower_cast(fromty, toty):
    """Registers how code generators convert between types (`context.cast`)."""

    def register(codegen):
        _casts.insert(0, (fromty, toty, codegen))
        return codegen

    return register


def fits(pattern, t):
    """Whether a type is one, or of the family, that a registration names."""
    if isinstance(pattern, types.VarArg):
        return fits(pattern.dtype, t)
    return isinstance(t, pattern) if isinstance(pattern, type) else pattern == t


def cast(context, builder, value, fromty, toty):
    """A value as another type."""
    if fromty == toty:
        return value
    for a, b, codegen in _casts:
        if fits(a, fromty) and fits(b, toty):
            return codegen(context, builder, fromty, toty, value)
    return context.recorder.cast(value, toty)


def call(target, args):
    """The implementation of a call that typing rules and code generators are registered for; None if there is none."""
    lowerings = _lowerings.get(id(target))
    if lowerings is None:
        return None
    from looplift._recording import record
    from looplift._signature import Signature

    ret = None
    for typer in _typers.get(id(target), (None, ()))[1]:
        ret = typer(args)
        if ret is not None:
            break
    if ret is None:
        return None
    for signature, codegen in lowerings[1]:
        if len(signature) == len(args) and all(map(fits, signature, args)):
            return record(codegen, Signature(ret, args), getattr(target, "__name__", str(target)))
    return None


class Intrinsic:
    """A function that is a code generator: called with a typing context and types, the decorated function gives a signature and it."""

    def __init__(self, definition, prefer_literal):
        import functools

        functools.update_wrapper(self, definition)
        self._definition = definition
        self._prefer_literal = prefer_literal
        _overloads.add_function(self, self._overload())

    def _overload(self):
        def overload(*args, **kwargs):
            from looplift._recording import record

            found = self._definition(_typing_context(), *args, **kwargs)
            if found is None:
                return None
            if not (isinstance(found, tuple) and len(found) == 2 and callable(found[1])):
                raise TypingError(f"intrinsic {self._definition.__name__} gives a signature and a code generator, or None, not {found!r}")
            sig, codegen = found
            return record(codegen, sig, self._definition.__name__)

        overload.__looplift_prefer_literal__ = self._prefer_literal
        overload.__wrapped__ = self._definition
        # Without the typing context, which calls do not pass.
        signature = inspect.signature(self._definition)
        overload.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])
        return overload

    def __repr__(self):
        return f"<intrinsic {self._definition.__name__}>"

    def __call__(self, *args, **kwargs):
        raise NotImplementedError(f"{self._definition.__name__} is an intrinsic: it can be called from compiled code only")


def intrinsic(*args, prefer_literal=False, **kwargs):
    """A function of compiled code that is written with a builder.

    The decorated function takes a typing context and the types of arguments and gives a signature and a code generator, a
    function of (context, builder, signature, arguments); or None where it does not know the types.
    """

    def make(definition):
        return Intrinsic(definition, prefer_literal)

    return make(*args) if args else make
