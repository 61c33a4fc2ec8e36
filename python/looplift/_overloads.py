"""What a call of a function, a method or an attribute means in compiled code: the registry the compiler asks.

Users' overloads come first, the newest first; then functions that are their own implementation (`register_jitable`, the
library's own functions); then the library, by qualified name. An overload is a function of types that gives an
implementation or None. Types are offered without literal knowledge first, then with it.
"""

import functools
import sys

import numpy as np

from looplift import _core
from looplift.errors import ForceLiteralArg, RequireLiteralValue, TypingError

# id of the function object -> (the object, [overloads])
_functions = {}
_methods = {}
_attributes = {}
_classmethods = {}
# class -> function of (value, context) that gives a type or None
_typeofs = {}
_extensions_ready = False
# Whether something is registered with `looplift._extension`.
_extended = False


def add_function(target, overload):
    """Registers an overload of the function object `target`."""
    _functions.setdefault(id(target), (target, []))[1].insert(0, overload)
    _forget()


def add_method(of_type, name, overload):
    """Registers an overload of method `name` for a type, or a family of types."""
    _methods.setdefault(name, []).insert(0, (of_type, overload))
    _forget()


def add_attribute(of_type, name, overload):
    """Registers an overload of attribute `name` for a type, or a family of types."""
    _attributes.setdefault(name, []).insert(0, (of_type, overload))
    _forget()


def add_generic_attribute(of_type, of_name):
    """Registers attributes of any name for a type, or a family of types: `of_name` gives the overload of a name."""
    _attributes.setdefault(None, []).insert(0, (of_type, of_name))
    _forget()


def add_classmethod(of_type, name, overload):
    """Registers an overload of class method `name` of a family of types: it takes the family first.

    In compiled code ``Family.name(...)`` is a call of a function, which the family gets as an attribute.
    """
    known = _classmethods.get((of_type, name))
    if known is None:

        def method(*args, **kwargs):
            raise NotImplementedError(f"{of_type.__name__}.{name} exists in compiled code only")

        method.__qualname__ = f"{of_type.__qualname__}.{name}"
        method.__module__ = of_type.__module__
        known = _classmethods[of_type, name] = method
        setattr(of_type, name, staticmethod(method))

    def ask(*args, **kwargs):
        from looplift import types

        implementation = overload(types.TypeRef(of_type), *args, **kwargs)
        if implementation is None:
            return None
        return _without_first(implementation, of_type)

    add_function(known, ask)


def _without_first(implementation, first):
    """A function of the further parameters of `implementation`, whose first is the constant `first`."""
    import inspect

    further = list(inspect.signature(implementation).parameters.values())[1:]
    named = ", ".join(str(p.replace(annotation=p.empty, default=p.empty)) for p in further)
    passed = ", ".join(("*" + p.name) if p.kind == p.VAR_POSITIONAL else p.name for p in further)
    target = getattr(implementation, "py_func", implementation)
    target.__looplift_jitable__ = True
    scope = {"_implementation": implementation, "_first": first}
    exec(f"def bound({named}):\n    return _implementation(_first, {passed})\n", scope)  # parameters of a function that exists
    bound = scope["bound"]
    defaults = tuple(p.default for p in further if p.default is not p.empty)
    bound.__defaults__ = defaults or None
    return bound


def extended():
    """Something was registered with `looplift._extension`."""
    global _extended
    _extended = True
    _forget()


def _as_array(obj):
    """The array that an object is by one of the protocols for arrays, if its class has one and is no dataclass; else None.

    Memory is shared where the protocol shares it.
    """
    cls = type(obj)
    if issubclass(cls, (np.ndarray, np.generic)) or "__dataclass_fields__" in vars(cls):
        return None
    ways = [(name, hasattr(cls, name)) for name in ("__array_interface__", "__array_struct__", "__array__", "__dlpack__")]
    own = "__array_interface__" in getattr(obj, "__dict__", ())
    if not own and not any(has for _, has in ways):
        return None
    try:
        array = np.asarray(obj) if own or any(has for _, has in ways[:3]) else np.from_dlpack(obj)
    except (TypeError, ValueError, RuntimeError, BufferError, AttributeError):
        return None
    # What NumPy takes for an opaque object is none.
    return None if array.dtype == object else array


def carried(obj):
    """What stands in compiled code for an object of a class that was registered, or None.

    For a structure of C (`ctypes.Structure`) that is a record over its memory, for what follows a protocol for arrays (tensors, series
    and columns of other packages) its array.
    """
    init_extensions()
    ctypes = sys.modules.get("ctypes")
    if ctypes is not None and isinstance(obj, ctypes.Structure):
        try:
            return np.frombuffer(obj, np.dtype(type(obj)))[0]
        except (TypeError, ValueError, NotImplementedError):
            # Fields that NumPy has no dtype for: pointers, bits.
            return None
    if _extended:
        from looplift import _extension

        if (stands := _extension.carried(obj)) is not None:
            return stands
    return _as_array(obj)


def _seen(t):
    """A type as overloads see it."""
    if not _extended:
        return t
    from looplift import _extension

    return _extension.users_type(t)


def add_typeof(cls, function):
    """Registers what gives the type of instances of a class."""
    _typeofs[cls] = function
    _forget()


def typeof_registered(value, context=None):
    """The type that a registered function gives, by the value's class or the nearest base; None if there is none."""
    init_extensions()
    for cls in type(value).__mro__:
        function = _typeofs.get(cls)
        if function is not None:
            found = function(value, context)
            if found is not None:
                return found
    found = getattr(value, "_numba_type_", None)
    from looplift.types import Type

    return found if isinstance(found, Type) else None


def init_extensions():
    """Loads the extensions that installed packages announce: entry points `init` of group `looplift_extensions`.

    `numba_extensions` is not loaded: what such packages register is for Numba. A failing one is a warning.
    """
    global _extensions_ready
    if _extensions_ready:
        return
    _extensions_ready = True
    if not _some_extension():
        return
    from importlib.metadata import entry_points

    for entry in entry_points(group="looplift_extensions", name="init"):
        try:
            entry.load()()
        except Exception as e:
            import warnings

            warnings.warn(f"extension {entry.value!r} failed to load: {e!r}", RuntimeWarning, stacklevel=2)


def _some_extension():
    """Whether an installed package announces one: a look at files, which is quicker than reading what all announce."""
    import os
    import sys

    for directory in sys.path:
        try:
            names = os.listdir(directory or ".")
        except OSError:
            continue
        for name in names:
            if not name.endswith((".dist-info", ".egg-info")):
                continue
            try:
                with open(os.path.join(directory, name, "entry_points.txt"), "rb") as f:
                    if b"looplift_extensions" in f.read():
                        return True
            except OSError:
                continue
    return False


def _forget():
    _core.forget_overloads()


def _ask(overload, args, kwargs, values_first=False):
    """The overload's answer for types without and then with their literal values, or the other way round.

    A refusal of the first question (TypingError) leaves the second; the last refusal counts.
    """
    literal = (tuple(map(_seen, args)), {name: _seen(t) for name, t in kwargs.items()})
    plain = (tuple(unliteral(t) for t in literal[0]), {name: unliteral(t) for name, t in literal[1].items()})
    questions = [plain] if plain == literal else [plain, literal]
    if values_first or getattr(overload, "__looplift_prefer_literal__", False):
        questions.reverse()
    for k, (types, named) in enumerate(questions):
        try:
            found = overload(*types, **named)
        except ForceLiteralArg:
            # The compiler asks for the values, where it can.
            if k + 1 == len(questions):
                raise
            continue
        except RequireLiteralValue:
            # The last answer stands: without the value there is none.
            if k + 1 == len(questions) and plain == literal:
                found = None
            elif k + 1 == len(questions):
                raise
            else:
                continue
        except TypingError:
            if k + 1 == len(questions):
                raise
            continue
        except TypeError as e:
            why = _unbound(overload, types, named)
            if why is None:
                raise
            listed = ", ".join([*map(str, types), *(f"{name}={t}" for name, t in named.items())])
            raise TypingError(f"Cannot bind '{overload.__name__}({listed})': TypeError: {why}") from e
        if found is not None:
            return found
    return None


def _unbound(overload, args, kwargs):
    """Why arguments do not fit the parameters of an overload; None if they do."""
    import inspect

    try:
        inspect.signature(overload).bind(*args, **kwargs)
    except TypeError as e:
        return str(e)
    except ValueError:
        return None
    return None


def unliteral(t):
    return getattr(t, "unliteral", t)


def _matches(of_type, t):
    t = _seen(t)
    return isinstance(t, of_type) if isinstance(of_type, type) else of_type == t


def _may_be_foreign(target):
    """Whether an object could be a C function, by its class: what asks for sure is expensive to import."""
    of = type(target)
    return (
        of.__module__ in ("ctypes", "_ctypes", "_cffi_backend")
        or "CFuncPtr" in {c.__name__ for c in of.__mro__}
        or hasattr(target, "__wrapper_address__")
        or of.__name__ == "ExternalFunction"
        or id(target) in _registered_foreign()
        or type(getattr(target, "__self__", None)).__module__.partition(".")[0] in ("cffi", "_cffi_backend")
    )


def _registered_foreign():
    """Functions of cffi's compiled modules that were registered."""
    module = sys.modules.get("looplift._cffi")
    return module._functions if module is not None else ()


_LRU_CACHED = type(functools.lru_cache(len))


def resolve_function(target, name, _type, args, kwargs):
    """The implementation of a call of the object `target`, known as `name`; None if there is none."""
    init_extensions()
    entry = _functions.get(id(target))
    if entry is not None:
        for overload in entry[1]:
            found = _ask(overload, args, kwargs)
            if found is not None:
                return found
    if _extended:
        from looplift import _extension

        found = _extension.call(target, tuple(unliteral(_seen(t)) for t in args))
        if found is not None:
            return found
    if getattr(target, "__looplift_jitable__", False):
        return target
    implement = getattr(target, "__looplift_implementation__", None)
    if implement is not None:
        return implement(args, dict(kwargs))
    if isinstance(target, type) and hasattr(target, "__dataclass_fields__"):
        from looplift import _dataclasses

        return _dataclasses.constructor(target, args, kwargs)
    if name == "dataclasses.replace" and len(args) == 1 and args[0].kind == "instance":
        from looplift import _dataclasses

        return _dataclasses.replacer(args[0], kwargs)
    if isinstance(target, np.ufunc) or hasattr(target, "__looplift_ufunc__"):
        owner = _core.ufunc_owner(target)
        if owner is not None:
            return owner.implementation(args, kwargs)
    # A bound method, such as `ffi.from_buffer`, shows the code of its function.
    if (not hasattr(target, "__code__") or hasattr(target, "__self__")) and _may_be_foreign(target):
        from looplift import _foreign

        found = _foreign.implementation(target, args, kwargs)
        if found is not None:
            return found
    if type(target) is _LRU_CACHED:
        # The function itself: what compiled code calls again gives the same.
        wrapped = target.__wrapped__
        return wrapped if isinstance(wrapped, _core.CPUDispatcher) else resolve_function(wrapped, name, _type, args, kwargs)
    if type(target) is functools.partial:
        from looplift.library import functional

        return functional.of_partial(target)
    of_ufunc = getattr(target, "__self__", None)
    if isinstance(of_ufunc, np.ufunc) or hasattr(of_ufunc, "__looplift_ufunc__"):
        owner = _core.ufunc_owner(of_ufunc)
        if owner is not None:
            from looplift import _ufunc_methods

            return _ufunc_methods.resolve(of_ufunc, owner, target.__name__, args, kwargs)
    from looplift import library

    if callable(target) and hasattr(target, "__code__") and library.is_internal(name):
        return target
    return library.resolve(name, args, kwargs)


def resolve_function_of_values(target, _name, _type, args, kwargs):
    """As `resolve_function`, of users' overloads only, which see the values of literals first."""
    for overload in _functions.get(id(target), (None, ()))[1]:
        found = _ask(overload, args, kwargs, values_first=True)
        if found is not None:
            return found
    return None


def _resolve_member(table, name, t, args, kwargs):
    for of_type, overload in table.get(name, ()):
        if _matches(of_type, t):
            found = _ask(overload, args, kwargs)
            if found is not None:
                return found
    return None


# Methods that are called as their name without underscores in module `operator`.
_OPERATORS = frozenset(
    "abs add and contains eq floordiv ge getitem gt invert le lshift lt matmul mod mul ne neg or pos pow rshift setitem sub truediv "
    "xor iadd iand ifloordiv ilshift imatmul imod imul ior ipow irshift isub itruediv ixor".split()
)


def _operator(method):
    """The function of module `operator` that a method serves, if overloads may be registered for it."""
    import operator

    return getattr(operator, method, None) if method[2:-2] in _OPERATORS else None


def resolve_method(_target, name, t, args, kwargs):
    """The implementation of method `name` of values of type `t`, which is the first of `args`."""
    init_extensions()
    found = _resolve_member(_methods, name, t, args, kwargs)
    if found is not None:
        return found
    if t.kind == "list" and t.flavour == "deque":
        from looplift.library import collecting

        found = collecting.of_deque(name, *args[1:])
        if found is not None:
            return found
    if t.kind == "instance":
        from looplift import _dataclasses

        return _dataclasses.method(_target, name, t, args)
    of_class = getattr(_target, "__looplift_method__", None)
    if of_class is not None:
        return of_class(name, t, args, kwargs)
    function = _operator(name)
    if function is not None:
        for overload in _functions.get(id(function), (None, ()))[1]:
            found = _ask(overload, args, kwargs)
            if found is not None:
                return found
    from looplift import library

    return library.resolve(f"{t.kind}.{name}", args, kwargs)


def resolve_attribute(_target, name, t, args, kwargs):
    """The implementation of attribute `name` of values of type `t`: a function of the value."""
    init_extensions()
    found = _resolve_member(_attributes, name, t, args, kwargs)
    if found is not None:
        return found
    for of_type, of_name in _attributes.get(None, ()):
        found = _ask(of_name(name), args, kwargs) if _matches(of_type, t) else None
        if found is not None:
            return found
    of_class = getattr(_target, "__looplift_attribute__", None)
    if of_class is not None:
        return of_class(name, t)
    from looplift import library

    return library.resolve(f"{t.kind}@{name}", args, kwargs)
