"""Instances of dataclasses and other plain classes in compiled code: their fields, what operations on them mean, how they are made.

An instance is a block of fields (`crates/capi/src/instances.rs`). The class answers here for everything else: the compiler asks
for the function that a method, an operator, an assignment or a call of the class stands for.
"""

import dataclasses
import inspect
import types as python_types
import typing
import weakref

import numpy as np

from looplift import _core
from looplift.errors import TypingError
from looplift.library._primitives import new_instance

# Methods that `dataclass` writes.
_WRITTEN = frozenset("__init__ __eq__ __lt__ __le__ __gt__ __ge__ __repr__ __hash__ __setattr__ __delattr__ __replace__".split())
_ORDER = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}
_PLAIN = {int: "int64", float: "float64", bool: "bool", complex: "complex128", str: "unicode_type", bytes: "bytes", type(None): "none"}
_ZERO = {"int64": "0", "float64": "0.0", "bool": "False", "complex128": "0j", "unicode_type": "''", "bytes": "b''"}
_CONTAINERS = {list: "list", set: "set", dict: "dict"}
# class -> what is known of it, by question.
_known = weakref.WeakKeyDictionary()


def _once(cls, key, make):
    table = _known.setdefault(cls, {})
    if key not in table:
        table[key] = make()
    return table[key]


def _function(name, parameters, body, **scope):
    text = f"def {name}({parameters}):\n" + "".join(f"    {line}\n" for line in body)
    scope["__name__"] = __name__
    exec(compile(text, f"<dataclass {name}>", "exec"), scope)  # written here, of names that are identifiers
    return scope[name]


# Fields.


def fields(cls):
    """`(name, type, optional)` of the fields of a dataclass: the type that the annotation says, or None, and whether it allows None."""
    return _once(cls, "fields", lambda: _fields(cls))


def _fields(cls):
    try:
        annotations = typing.get_type_hints(cls)
    except Exception:
        # Names that are not known here, such as those of a function around the class.
        annotations = {f.name: f.type for f in dataclasses.fields(cls)}
    return [(f.name, *declared(annotations.get(f.name))) for f in dataclasses.fields(cls)]


def declared(annotation):
    """`(type, optional)` of an annotation; the type is None where it says none that compiled code has."""
    parts = [annotation]
    if typing.get_origin(annotation) in (typing.Union, python_types.UnionType):
        parts = list(typing.get_args(annotation))
    some = [p for p in parts if p not in (None, type(None))]
    optional = len(some) < len(parts) and annotation is not None
    return (_type(some[0]) if len(some) == 1 else None), optional


def _type(annotation):
    if isinstance(annotation, str):
        annotation = {c.__name__: c for c in _PLAIN}.get(annotation, annotation)
    if isinstance(annotation, _core.Type):
        return annotation
    if isinstance(annotation, type) and annotation in _PLAIN:
        return _core.parse_type(_PLAIN[annotation])
    if isinstance(annotation, type) and issubclass(annotation, np.generic):
        try:
            return _core.typeof_value(annotation(0))
        except (TypeError, ValueError, _core_errors()):
            return None
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in _CONTAINERS or (origin is tuple and Ellipsis not in args):
        inner = [_type(a) for a in args]
        if inner and all(t is not None and t.kind != "none" for t in inner):
            return _core.tuple_type(inner) if origin is tuple else _core.container_type(_CONTAINERS[origin], "plain", inner)
    return None


def _core_errors():
    from looplift.errors import NumbaError

    return NumbaError


# Operations.


def method(cls, name, t, args):
    """The function that a method of an instance stands for, `self` first; None if there is none.

    Beside Python's names there are `set NAME` for an assignment and `not NAME` for the negation of an answer.
    """
    if name.startswith("set "):
        return _once(cls, name, lambda: _setter(cls, name[4:]))
    if name.startswith("not "):
        positive = method(cls, name[4:], t, args)
        if positive is None:
            return None
        names = ", ".join(f"a{k}" for k in range(len(args)))
        return _once(cls, (name, positive), lambda: _function("negated", names, [f"return not positive({names})"], positive=_jitable(positive)))
    found = _written(cls, name)
    if found is not None:
        return found
    if name == "iterate":
        return _once(cls, name, lambda: _iterate(cls))
    if name == "__bool__":
        length = _written(cls, "__len__")
        body = ["return True"] if length is None else ["return length(self) != 0"]
        return _once(cls, name, lambda: _function("truth", "self", body, length=_jitable(length)))
    if name == "__ne__" and _written(cls, "__eq__") is not None:
        equal = _jitable(_written(cls, "__eq__"))
        return _once(cls, name, lambda: _function("differs", "self, other", ["return not equal(self, other)"], equal=equal))
    if name in ("__eq__", "__ne__"):
        return _comparison(cls, name, args)
    params = getattr(cls, "__dataclass_params__", None)
    if name in _ORDER and params is not None and params.order and _is_of(args[1], cls):
        return _once(cls, name, lambda: _by_fields(cls, name, _ORDER[name]))
    if name == "__hash__" and params is not None and params.eq:
        return _once(cls, name, lambda: _hash(cls))
    return None


def _is_of(t, cls):
    return t.kind == "instance" and t.value is cls


def _jitable(function):
    if function is not None and not isinstance(function, _core.CPUDispatcher):
        function.__looplift_jitable__ = True
    return function


def _written(cls, name):
    """A method that the class or a base of it writes, as a function whose first parameter is the instance."""
    value = inspect.getattr_static(cls, name, None)
    if isinstance(value, staticmethod | classmethod):
        return _once(cls, ("bound", name), lambda: _without_self(cls, value))
    if isinstance(value, _core.CPUDispatcher):
        return value
    if not inspect.isfunction(value):
        return None
    if name in _WRITTEN and inspect.unwrap(value).__code__.co_filename == "<string>":
        return None
    return value


def _without_self(cls, value):
    """A static or class method as a function of an instance and the further arguments."""
    target = value.__func__
    if not inspect.isfunction(target) and not isinstance(target, _core.CPUDispatcher):
        return None
    parameters = list(inspect.signature(getattr(target, "py_func", target)).parameters.values())
    first = []
    if isinstance(value, classmethod):
        first, parameters = ["of"], parameters[1:]
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        return None
    scope = {f"d_{p.name}": p.default for p in parameters if p.default is not p.empty}
    named = ", ".join(["self_", *(p.name if p.default is p.empty else f"{p.name}=d_{p.name}" for p in parameters)])
    passed = ", ".join([*first, *(p.name for p in parameters)])
    return _function("bound", named, [f"return target({passed})"], target=_jitable(target), of=cls, **scope)


def _compared(cls):
    return [f.name for f in dataclasses.fields(cls) if f.compare]


def _by_fields(cls, name, operator):
    mine, theirs = ("(" + "".join(f"{of}.{field}, " for field in _compared(cls)) + ")" for of in ("self", "other"))
    return _function(name.strip("_"), "self, other", [f"return {mine} {operator} {theirs}"])


def _comparison(cls, name, args):
    """`==` and `!=`: by the fields, by identity, or of what is never equal."""
    params = getattr(cls, "__dataclass_params__", None)
    if not _is_of(args[1], cls):
        reflected = _written(args[1].value, "__eq__") if args[1].kind == "instance" else None
        return None if reflected else _once(cls, ("never", name), lambda: _function("never", "self, other", [f"return {name == '__ne__'}"]))
    if params is not None and params.eq:
        return _once(cls, name, lambda: _by_fields(cls, name, "==" if name == "__eq__" else "!="))
    same = args[0] == args[1]
    body = f"self {'is' if name == '__eq__' else 'is not'} other" if same else str(name == "__ne__")
    return _once(cls, (name, same), lambda: _function("same", "self, other", [f"return {body}"]))


def _hash(cls):
    params = cls.__dataclass_params__
    if not (params.frozen or params.unsafe_hash):
        text = f"unhashable type: {cls.__name__!r}"
        return _function("unhashable", "self", [f"raise TypeError({text!r})", "return 0"])
    hashed = [f.name for f in dataclasses.fields(cls) if (f.compare if f.hash is None else f.hash)]
    return _function("hashed", "self", ["return hash((" + "".join(f"self.{name}, " for name in hashed) + "))"])


def _iterate(cls):
    """The generator of the items that a loop over an instance sees."""
    iterates = _written(cls, "__iter__")
    if iterates is None:
        return None
    code = getattr(iterates, "py_func", iterates).__code__
    if code.co_flags & inspect.CO_GENERATOR:
        return iterates
    scope = {"of": _jitable(iterates)}
    if _written(cls, "__next__") is None:
        return _function("iterate", "self", ["for item in of(self):", "    yield item"], **scope)
    body = ["step = of(self)", "while True:", "    try:", "        item = step.__next__()", "    except StopIteration:", "        return"]
    return _function("iterate", "self", [*body, "    yield item"], **scope)


def _setter(cls, name):
    """The function of an assignment; None where it just stores the value."""
    of_class = inspect.getattr_static(cls, name, None)
    if isinstance(of_class, property):
        if of_class.fset is None:
            raise TypingError(f"property '{name}' of {cls.__name__} has no setter")
        return of_class.fset
    if cls.__setattr__ is not object.__setattr__:
        params = getattr(cls, "__dataclass_params__", None)
        if params is None or not params.frozen or _written(cls, "__setattr__") is not None:
            raise TypingError(f"{cls.__name__} has a __setattr__ of its own: its fields cannot be assigned to in compiled code")
        text = f"cannot assign to field {name!r}"
        return _function("refuse", "self, value", [f"raise Error({text!r})"], Error=dataclasses.FrozenInstanceError)
    if hasattr(type(of_class), "__set__") and not inspect.ismemberdescriptor(of_class):
        raise TypingError(f"'{name}' of {cls.__name__} is a descriptor: it cannot be assigned to in compiled code")
    return None


# Making instances.


def constructor(cls, args, kwargs):
    """The function that a call of a dataclass stands for; None if it is no dataclass whose `__init__` was written for it."""
    if not dataclasses.is_dataclass(cls) or type(cls) is not type or cls.__new__ is not object.__new__:
        return None
    if inspect.unwrap(cls.__init__).__code__.co_filename != "<string>":
        return None
    taken = [f for f in dataclasses.fields(cls) if f.init]
    positional = [f.name for f in taken if not f.kw_only]
    if len(args) > len(positional) or any(name not in {f.name for f in taken} for name in kwargs):
        raise TypingError(f"{cls.__name__}() takes ({', '.join(f.name for f in taken)}), not these arguments")
    given = (*positional[: len(args)], *kwargs)
    if len(set(given)) < len(given):
        raise TypingError(f"{cls.__name__}() got multiple values for an argument")
    return _once(cls, ("make", given), lambda: _maker(cls, given))


def _maker(cls, given):
    known = {name: (t, optional) for name, t, optional in fields(cls)}
    lines, values, body, scope = [], [], [], {"new": new_instance, "Class": cls}
    for k, f in enumerate(dataclasses.fields(cls)):
        t, optional = known[f.name]
        lines.append(f"{f.name}\t{'' if t is None else _core.optional_type(t) if optional else t}")
        if f.name in given:
            values.append(f.name)
        elif f.default is not dataclasses.MISSING:
            scope[f"default_{k}"] = f.default
            values.append(f"default_{k}")
        elif f.default_factory is not dataclasses.MISSING:
            values.append(_made(f.default_factory, k, body, scope))
        elif f.init:
            raise TypingError(f"{cls.__name__}() missing argument {f.name!r}")
        elif t is not None and (optional or str(t) in _ZERO):
            # What `__post_init__` will set.
            values.append("None" if optional else _ZERO[str(t)])
        else:
            raise TypingError(f"field {f.name!r} of {cls.__name__} has no value at first: give it a default")
    if any(f._field_type is dataclasses._FIELD_INITVAR for f in cls.__dataclass_fields__.values()):
        raise TypingError(f"{cls.__name__} has an InitVar, which compiled code does not pass on")
    text = "\n".join(lines)
    body.append(f"self = new(Class, {text!r}, {', '.join(values)})")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    return _function("make", ", ".join(given), [*body, "return self"], **scope)


def _made(factory, k, body, scope):
    """What a factory makes, as an expression."""
    empty = {list: "[]", dict: "{}", set: "set()"}.get(factory)
    if empty is None:
        scope[f"factory_{k}"] = factory
        empty = f"factory_{k}()"
    body.append(f"made_{k} = {empty}")
    return f"made_{k}"


def replacer(t, kwargs):
    """The function that `dataclasses.replace` of an instance with these names stands for."""
    cls = t.value
    names = [f.name for f in dataclasses.fields(cls) if f.init]
    for name in kwargs:
        if name not in names:
            raise TypingError(f"{cls.__name__}() got an unexpected keyword argument {name!r}")
    passed = ", ".join(f"{name}={name if name in kwargs else f'instance.{name}'}" for name in names)
    parameters = ", ".join(["instance", *kwargs])
    return _once(cls, ("replace", *kwargs), lambda: _function("replace", parameters, [f"return Class({passed})"], Class=cls))
