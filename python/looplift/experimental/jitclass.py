"""`jitclass`: classes with typed fields whose methods are compiled.

How instances are kept is told in `_instances`; here is what their classes mean to the compiler and to Python.
"""

import copyreg
import dataclasses
import inspect
import pickle
import sys
import typing
import uuid
import weakref
from functools import update_wrapper

from looplift import _core, config, types
from looplift._annotations import as_numba_type
from looplift.decorators import _check
from looplift.errors import TypingError, UnsupportedError
from looplift.experimental import _instances
from looplift.experimental._instances import Layout, function as _function

# Methods that Python looks for and that are compiled as any other.
_NOT_METHODS = {"__init__", "__new__", "__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__"}
# Methods that would have to run where none does, with the reason.
_FIELDS = "Fields of jitted classes are memory, which compiled code reads and writes without asking: use a property, or __getattr__ for other names"
_REFUSED = {
    "__del__": "Memory of compiled instances is freed where no Python code can run: give the class a method that ends its use, or __enter__ and __exit__",
    "__getattribute__": _FIELDS,
    "__setattr__": _FIELDS,
    "__delattr__": _FIELDS,
}
_GENERATOR = 0x20
# What Python asks for a conversion where a class does not have its own method.
_CONVERSIONS = {"__complex__": ("__float__", "__index__"), "__float__": ("__index__",), "__int__": ("__index__",)}


def _parameters(function, skip=0):
    """Parameters of a function as text with defaults, their names, and the defaults' scope."""
    text, names, scope = [], [], {}
    starred = False
    for k, p in enumerate(list(inspect.signature(function).parameters.values())[skip:]):
        if p.kind is p.VAR_KEYWORD:
            raise UnsupportedError(f"{function.__qualname__}: **kwargs is not supported here (VAR_KEYWORD argument type unsupported)")
        if p.kind is p.VAR_POSITIONAL:
            starred = True
            text.append(f"*{p.name}")
            names.append(f"*{p.name}")
            continue
        if p.kind is p.KEYWORD_ONLY and not starred:
            starred = True
            text.append("*")
        names.append(f"{p.name}={p.name}" if p.kind is p.KEYWORD_ONLY else p.name)
        if p.default is p.empty:
            text.append(p.name)
        else:
            scope[f"default_{k}"] = p.default
            text.append(f"{p.name}=default_{k}")
    return ", ".join(text), ", ".join(names), scope


# Methods that `dataclass` writes.
_OF_DATACLASSES = "__eq__ __lt__ __le__ __gt__ __ge__ __repr__ __hash__ __setattr__ __delattr__ __replace__ __match_args__".split()


def _frozen(self, name, *value):
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


class _ClassType:
    """`C.class_type`: `instance_type` is the type of the instances."""

    def __init__(self, instance_type, struct, methods):
        self.instance_type = instance_type
        self.struct = struct
        self.methods = methods

    @property
    def class_name(self):
        return str(self.instance_type).partition("(")[0]


class _ClassMethod:
    """A class method: from Python it runs in the interpreter, in compiled code as a function that knows the jitted class."""

    owner = None

    def __init__(self, function, jitted):
        update_wrapper(self, function)
        self.function, self.jitted, self.known = function, jitted, {}

    def __call__(self, *args, **kwargs):
        return self.function(self.owner, *args, **kwargs)

    def __looplift_implementation__(self, args, kwargs):
        return self._made("")

    def of_instances(self):
        """The function that a call through an instance runs."""
        return self._made("self, ")

    def _made(self, first):
        if first not in self.known:
            text, names, scope = _parameters(self.function, 1)
            scope.update(method=self.jitted(self.function), owner=self.owner)
            self.known[first] = self.jitted(_function(self.function.__name__, first + text, [f"return method(owner, {names})"], **scope))
        return self.known[first]


def _no_base():
    """The error of a class that inherits from a jitted one."""
    error = TypeError("cannot subclass from a jitclass")
    error.add_note("let the class inherit from the undecorated one, and decorate each of them (`Base = jitclass(spec)(Plain)`)")
    return error


class JitClassType(type):
    """The class of jitted classes: calling one constructs an instance by compiled code."""

    def __new__(meta, name, bases, namespace):
        if any(isinstance(base, JitClassType) for base in bases):
            raise _no_base()
        return super().__new__(meta, name, bases, namespace)

    def __call__(cls, *args, **kwargs):
        return cls._constructor(*args, **kwargs)

    def __instancecheck__(cls, obj):
        return isinstance(obj, cls._instance_class)

    def __subclasscheck__(cls, other):
        return other is cls._instance_class or type.__subclasscheck__(cls, other)

    def __looplift_implementation__(cls, args, kwargs):
        return cls._constructor

    def __repr__(cls):
        return f"<class {cls.__module__}.{cls.__qualname__}>"


class _InstanceClass(type):
    """The class of classes of instances, which are pickled (within types) through the jitted class that they belong to."""


def _reduced_class(cls):
    public = cls._public_class
    found = sys.modules.get(public.__module__)
    for name in public.__qualname__.split("."):
        found = getattr(found, name, None)
    if found is public:
        return _instance_class_of, (public,)
    # One that only this process knows, such as a class in a function.
    number = next((n for n, known in _local.items() if known is cls), None)
    if number is None:
        number = uuid.uuid4().hex
        _local[number] = cls
    return _local_class, (number, public.__qualname__)


def _instance_class_of(public):
    return public._instance_class


def _local_class(number, name):
    found = _local.get(number)
    if found is None:
        raise pickle.UnpicklingError(f"the jitted class {name} was made inside a function of another process")
    return found


# Classes of instances by the numbers they were pickled with.
_local = weakref.WeakValueDictionary()
copyreg.pickle(_InstanceClass, _reduced_class)


class _Class:
    """What is compiled of a Python class: fields, methods, properties, and what they are to the compiler."""

    def __init__(self, cls, fields, options, cache):
        self.cls, self.options, self.cache = cls, options, cache
        self.layout = Layout(cls.__name__, fields)
        self.methods, self.properties, self.statics, self.constants, self.plain = {}, {}, {}, {}, {}
        self.generators, self.of_class = {}, {}
        for base in reversed(cls.__mro__):
            if base in (object,) or base.__module__ == "typing":
                continue
            for name, value in vars(base).items():
                if name in _REFUSED and not (base is cls and name in _OF_DATACLASSES and dataclasses.is_dataclass(cls)):
                    raise TypeError(f"Method {name!r} is not supported. {_REFUSED[name]}")
                if name not in _NOT_METHODS:
                    self._member(name, value)
                if base is not cls and inspect.isfunction(value):
                    # So that methods can call `Base.method(self)`.
                    value.__looplift_jitable__ = True
        init = cls.__init__ if "__init__" in {n for b in cls.__mro__[:-1] for n in vars(b)} else None
        if dataclasses.is_dataclass(cls):
            init = self._dataclass(init)
        self.init = None if init is None else self._jitted(init)
        self.known = {}

    def _dataclass(self, init):
        """Puts what `dataclass` writes in words that are compiled; gives `__init__`."""
        cls, params = self.cls, self.cls.__dataclass_params__
        for name in _OF_DATACLASSES:
            self._forget(name)
        fields = dataclasses.fields(cls)
        compared = [f.name for f in fields if f.compare]
        mine, theirs = ("(" + "".join(f"{of}.{name}, " for name in compared) + ")" for of in ("self", "other"))
        order = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="} if params.order else {}
        for name, operator in {**({"__eq__": "=="} if params.eq else {}), **order}.items():
            self.methods[name] = self._jitted(_function(name, "self, other", [f"return {mine} {operator} {theirs}"]))
        shown = [f.name for f in fields if f.repr]
        if params.repr:
            self.plain["__repr__"] = lambda self: f"{cls.__qualname__}({', '.join(f'{n}={getattr(self, n)!r}' for n in shown)})"
        if params.frozen:
            self.plain["__setattr__"] = self.plain["__delattr__"] = _frozen
        for name, value in vars(cls).items():
            # What the class writes itself stays.
            if name in _OF_DATACLASSES and inspect.isfunction(value) and inspect.unwrap(value).__code__.co_filename != "<string>":
                self._member(name, value)
        if not params.init or init is None or init.__code__.co_filename != "<string>":
            return init
        if any(f.default_factory is not dataclasses.MISSING for f in fields):
            raise TypeError(f"fields of {cls.__qualname__} with a default_factory are not supported: write an __init__")
        parameters, _, scope = _parameters(init, 1)
        body = []
        for f in fields:
            if f.init:
                scope[f"set_{f.name}"] = setter = self.layout.setter(f.name)
                setter.__looplift_jitable__ = True
                body.append(f"set_{f.name}(self, {f.name})")
        if "__post_init__" in self.methods:
            body.append("self.__post_init__()")
        return _function("__init__", f"self, {parameters}", body or ["pass"], **scope)

    def _forget(self, name):
        for table in (self.methods, self.properties, self.statics, self.constants, self.plain, self.generators, self.of_class):
            table.pop(name, None)

    def _jitted(self, function):
        if isinstance(function, _core.CPUDispatcher):
            function = function.py_func
        made = update_wrapper(_core.make_dispatcher(function, {"nopython": True, **self.options}), function)
        if self.cache:
            made.enable_caching()
        return made

    def _member(self, name, value):
        self._forget(name)
        if isinstance(value, property):
            if value.fdel is not None:
                raise TypeError(f"deleter is not supported: {name}")
            self.properties[name] = tuple(f and self._jitted(f) for f in (value.fget, value.fset))
        elif isinstance(value, staticmethod):
            self.statics[name] = self._jitted(value.__func__)
        elif isinstance(value, classmethod):
            self.of_class[name] = _ClassMethod(value.__func__, self._jitted)
        elif inspect.isfunction(value) or isinstance(value, _core.CPUDispatcher):
            code = getattr(value, "py_func", value).__code__
            if code.co_flags & _GENERATOR:
                # Called from Python, generators run in the interpreter, on the compiled instance.
                self.plain[name] = value
                self.generators[name] = self._jitted(value)
            else:
                self.methods[name] = self._jitted(value)
        elif not (name.startswith("__") and name.endswith("__")) and not name.startswith("_abc_") and name not in self.layout.places:
            self.constants[name] = value

    # What the compiler asks.

    def attribute(self, name, t):
        if name in self.layout.places:
            return self.layout.getter(name)
        if name in self.properties:
            return self.properties[name][0]
        if name in self.constants:
            return self._once(("const", name), lambda: _function("constant", "self", ["return value"], value=self.constants[name]))
        if "__getattr__" in self.methods and not name.startswith("__") and not self._has(name):
            return self._once(("other", name), lambda: _function("other", "self", [f"return find(self, {name!r})"], find=self.methods["__getattr__"]))
        return None

    def _has(self, name):
        """Whether there is a method of this name."""
        return any(name in of for of in (self.methods, self.generators, self.statics, self.of_class, self.plain))

    def method(self, name, t, args, kwargs):
        if name.startswith("set "):
            return self._setter(name[4:])
        if name in ("is", "is not"):
            return self.layout.same(name == "is not")
        if name.startswith("not "):
            positive = self.method(name[4:], t, args, kwargs)
            if positive is None:
                return None
            names = ", ".join(f"a{k}" for k in range(len(args)))
            return self._once(name, lambda: _function("negated", names, [f"return not positive({names})"], positive=self._callable(positive)))
        if name in self.methods:
            return self.methods[name]
        if name in self.generators:
            return self.generators[name]
        if name == "iterate":
            return self._once(name, self._iterate)
        if name in self.of_class:
            return self._once(name, self.of_class[name].of_instances)
        if name in self.statics:
            text, names, scope = _parameters(self.statics[name].py_func)
            return self._once(name, lambda: _function("static", f"self, {text}", [f"return called({names})"], called=self.statics[name], **scope))
        if name == "__bool__":
            if "__len__" in self.methods:
                return self._once(name, lambda: _function("truth", "self", ["return length(self) != 0"], length=self.methods["__len__"]))
            return self._once(name, lambda: _function("truth", "self", ["return True"]))
        through = next((other for other in _CONVERSIONS.get(name, ()) if other in self.methods), None)
        if through is not None:
            body = [f"return {name.strip('_')}(convert(self))"]
            return self._once(name, lambda: _function("converted", "self", body, convert=self.methods[through]))
        if name == "__ne__" and "__eq__" in self.methods:
            return self._once(name, lambda: _function("differs", "self, other", ["return not equal(self, other)"], equal=self.methods["__eq__"]))
        if name in ("__eq__", "__ne__"):
            # As any object: instances that are one are equal.
            other = types.unliteral(args[1])
            other = other.type if isinstance(other, types.Optional) else other
            return self.layout.same(name == "__ne__") if other == t else _function("differs", "self, other", [f"return {name == '__ne__'}"])
        if name == "__hash__":
            return self._once(name, lambda: _function("identity", "self", ["return hash(member(self, 0).ctypes.data)"]))
        return None

    def _callable(self, function):
        return function if isinstance(function, _core.CPUDispatcher) else self._jitted(function)

    def _once(self, key, make):
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]

    def _iterate(self):
        """The generator of the items that a loop over an instance sees."""
        if "__iter__" in self.generators:
            return self.generators["__iter__"]
        if "__iter__" not in self.methods:
            return None
        if "__next__" in self.methods:
            body = ["step = of(self)", "while True:", "    try:", "        item = step.__next__()", "    except StopIteration:", "        return"]
            return self._jitted(_function("iterate", "self", [*body, "    yield item"], of=self.methods["__iter__"]))
        return self._jitted(_function("iterate", "self", ["for item in of(self):", "    yield item"], of=self.methods["__iter__"]))

    def _setter(self, name):
        if name in self.properties:
            setter = self.properties[name][1]
            if setter is None:
                raise TypingError(f"property '{name}' of {self.cls.__name__} has no setter")
            return setter
        if dataclasses.is_dataclass(self.cls) and self.cls.__dataclass_params__.frozen:
            raise TypingError(f"cannot assign to field {name!r}: instances of {self.cls.__name__} are frozen")
        return self.layout.setter(name)

    # What Python sees.

    def instance_class(self):
        """The class of the named tuples."""
        layout, cls = self.layout, self.cls
        given = {*self.methods, *self.plain, *self.of_class}
        namespace = {
            **layout.namespace(given),
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__doc__": cls.__doc__,
            "_python_class": cls,
            "__looplift_method__": staticmethod(self.method),
            "__looplift_attribute__": staticmethod(self.attribute),
            "__eq__": _instances.equal,
            "__ne__": lambda self, other: not self == other,
            "__hash__": lambda self: hash(_instances.identity(self)),
            "__repr__": lambda self: f"<{cls.__module__}.{cls.__qualname__} object at {_instances.identity(self):#x}>",
            "__bool__": (lambda self: len(self) != 0) if "__len__" in self.methods else (lambda self: True),
            "__reduce__": lambda self: (_restore, (self._public_class, _values(self))),
            "__copy__": lambda self: _restore(self._public_class, _values(self)),
        }
        namespace.update({name: layout.property(name) for name in layout.fields})
        namespace.update(self.constants)
        namespace.update(self.plain)
        namespace.update(self.of_class)
        namespace.update(self.methods)
        if "__exit__" in self.methods:
            namespace["__exit__"] = _leaving(self.methods["__exit__"])
        if "__eq__" in self.methods and "__ne__" not in self.methods:
            namespace["__ne__"] = lambda self, other: not self == other
        if "__repr__" in self.methods and "__str__" not in self.methods:
            namespace["__str__"] = self.methods["__repr__"]
        namespace.update({name: staticmethod(f) for name, f in self.statics.items()})
        namespace.update({name: property(*functions) for name, functions in self.properties.items()})
        made = _InstanceClass(cls.__name__, (tuple,), namespace)
        _core.conceal_tuple(made)
        return made


def _leaving(method):
    """`__exit__` as Python calls it: what it is told of an exception are objects that compiled code has no form for."""

    def leave(self, kind, value, traceback):
        return (method if kind is None else method.py_func)(self, kind, value, traceback)

    return update_wrapper(leave, method.py_func)


def _values(instance):
    """The fields that have a value."""
    found = {}
    for name in instance._layout.fields:
        try:
            found[name] = getattr(instance, name)
        except AttributeError:
            continue
    return found


def _restore(cls, values):
    """An instance of a jitted class with these fields."""
    instance = cls._make()
    for name, value in values.items():
        setattr(instance, name, value)
    return instance


def _annotations(cls, own):
    """Annotations of a class and its bases; texts are evaluated, with the class's name for the type `own`."""
    try:
        return typing.get_type_hints(cls, localns={cls.__name__: own}, include_extras=True)
    except Exception:  # a text that means nothing here: the annotation is refused as it stands
        return {name: a for base in reversed(cls.__mro__) for name, a in vars(base).get("__annotations__", {}).items()}


def _fields_of(cls, spec, own):
    """Names and types of the fields: the spec's, then those that annotations name."""
    if spec is None:
        spec = []
    items = list(spec.items()) if hasattr(spec, "items") else list(spec)
    fields = {}
    for item in items:
        if not isinstance(item, tuple) or len(item) != 2:
            raise TypeError("spec is a dict, or a sequence of pairs of a name and a type")
        name, t = item
        if not isinstance(name, str):
            raise TypeError(f"spec keys should be strings, got {name!r}")
        if not isinstance(t, types.Type):
            raise TypeError(f"spec values should be Numba type instances, got {t!r}")
        fields[name] = t
    for name, annotation in _annotations(cls, own).items():
        if name not in fields:
            fields[name] = as_numba_type(annotation)
    return {_mangled(cls, name): t for name, t in fields.items()}


def _mangled(cls, name):
    """The name that `name` has in the body of a class."""
    private = name.startswith("__") and not name.endswith("__") and cls.__name__.strip("_")
    return f"_{cls.__name__.lstrip('_')}{name}" if private else name


def _make_class(cls, spec, options, cache):
    if not isinstance(cls, type):
        raise TypeError("class to be compiled is not a class")
    if isinstance(cls, JitClassType):
        raise TypeError(f"cannot subclass or compile a jitted class: {cls!r}")
    if any(isinstance(base, JitClassType) for base in cls.__mro__):
        raise _no_base()
    own = types.DeferredType()
    fields = _fields_of(cls, spec, own)
    clash = [n for n in fields if isinstance(vars(cls).get(n), (property, staticmethod, classmethod)) or inspect.isfunction(vars(cls).get(n))]
    if clash:
        raise NameError(f"name shadowing: {', '.join(clash)}")
    if config.DISABLE_JIT:
        return cls
    inside = _Class(cls, fields, options, cache)
    instances = inside.instance_class()
    make = _instances.Maker(inside.layout, instances)
    text, names, scope = _parameters(inside.init.py_func, 1) if inside.init else ("", "", {})
    body = ["self = make_it()", f"check(init_it(self{', ' + names if names else ''}))" if inside.init else "pass", "return self"]
    scope.update(make_it=make, init_it=inside.init, check=_returns_none)
    constructor = _core.make_dispatcher(_function(cls.__name__, text, body, **scope), {"nopython": True})
    namespace = {
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "_instance_class": instances,
        "_constructor": staticmethod(constructor),
        "_make": make,
        **({"__init__": cls.__init__} if inside.init else {}),
        "_python_class": cls,
        **inside.constants,
        **inside.plain,
        **inside.of_class,
        **{name: f for name, f in inside.methods.items() if not (name.startswith("__") and name.endswith("__"))},
        **{name: staticmethod(f) for name, f in inside.statics.items()},
    }
    # The plain class is the base, unless a metaclass of its own has to be asked.
    made = JitClassType(cls.__name__, (cls,) if type(cls) is type else (), namespace)
    instances._public_class = made
    for method in inside.of_class.values():
        method.owner = made
    made.class_type = _ClassType(_core.namedtuple_type(inside.layout.types(), instances), fields, dict(inside.methods))
    own.define(made.class_type.instance_type)
    return made


def _returns_none(result):
    """Compiled code's check of what `__init__` returns."""


def _checked_result(args, kwargs):
    if args[0].kind != "none":
        raise TypingError(f"__init__() should return None, not {args[0]}")
    return lambda result: None


_returns_none.__looplift_implementation__ = _checked_result


def _annotated(annotation):
    """The type that a jitted class stands for in an annotation."""
    return annotation.class_type.instance_type if isinstance(annotation, JitClassType) else None


as_numba_type.register(_annotated)


def jitclass(cls_or_spec=None, spec=None, **options):
    """Compiles a class: its fields have declared types, its methods run as compiled code, from Python and from jitted functions.

    ::

        @jitclass([("count", int64), ("values", float64[:])])
        class Bag:
            def __init__(self, n):
                self.count = 0
                self.values = np.zeros(n)

            def add(self, x):
                self.values[self.count] = x
                self.count += 1

    Types of fields come from `spec`, a dict or a list of pairs, and from the annotations of the class. Methods, properties, static
    methods, operators and the other special methods are compiled for the types they are called with; from Python, generators and class
    methods run in the interpreter. `options` are those of `jit`, for the methods; with `cache=True` these are kept on disk.
    """
    if not (cls_or_spec is None or isinstance(cls_or_spec, type)) and spec is None:
        spec, cls_or_spec = cls_or_spec, None
    cache = bool(options.pop("cache", False))
    _check(options)

    def wrap(cls):
        return _make_class(cls, spec, options, cache)

    return wrap if cls_or_spec is None else wrap(cls_or_spec)
