"""Teaching the compiler new functions, with Numba's decorators.

::

    @overload(np.clip)
    def clip(a, lo, hi):
        if isinstance(a, types.Float):
            def impl(a, lo, hi):
                return min(max(a, lo), hi)
            return impl
"""

import inspect

from looplift import _core, _overloads

__all__ = [
    "as_numba_type",
    "get_cython_function_address",
    "infer",
    "infer_getattr",
    "is_jitted",
    "overload",
    "overload_attribute",
    "overload_classmethod",
    "overload_method",
    "register_jitable",
    "sentry_literal_args",
    "typeof_impl",
]


def _with_options(typing_function, options):
    """`typing_function`, whose implementations carry compile options."""
    if not options:
        return typing_function

    def wrapped(*args, **kwargs):
        found = typing_function(*args, **kwargs)
        if found is not None and not isinstance(found, _core.CPUDispatcher):
            found.__looplift_options__ = options
        return found

    wrapped.__wrapped__ = typing_function
    return wrapped


def _options(jit_options, inline):
    options = dict(jit_options)
    if callable(inline):
        # A function that decides at each call. What it would save is known to the compiler better: it inlines by cost.
        return options
    if inline not in ("never", "always"):
        raise ValueError(f"inline is 'never' or 'always', not {inline!r}")
    if inline == "always":
        options["inline"] = inline
    return options


def _checked(typing_function, strict):
    """`typing_function`, whose implementations must have its own parameters."""

    def ask(*args, **kwargs):
        found = typing_function(*args, **kwargs)
        if found is None:
            return None
        implementation = getattr(found, "py_func", found)
        if not callable(implementation):
            raise TypeError(f"an overload gives a function or None, not {found!r}")
        if strict and hasattr(implementation, "__code__"):
            wanted, has = inspect.signature(typing_function), inspect.signature(implementation)
            names = list(wanted.parameters)
            if names != list(has.parameters) and not any(p.kind == p.VAR_POSITIONAL for p in wanted.parameters.values()):
                from looplift.errors import TypingError

                raise TypingError(
                    f"the implementation of {typing_function.__qualname__} must have its parameters: "
                    f"{wanted} is not {has}; strict=False allows it"
                )
        return found

    ask.__wrapped__ = typing_function
    return ask


def _prepared(typing_function, options, strict, prefer_literal):
    ask = _with_options(_checked(typing_function, strict), options)
    ask.__looplift_prefer_literal__ = prefer_literal
    return ask


def overload(func, jit_options={}, strict=True, inline="never", prefer_literal=False, **kwargs):
    """Registers what `func` means in compiled code.

    The decorated function is called with the arguments' types and gives an implementation, a Python function with the
    same parameters, or None to leave the case to others. With `prefer_literal` it sees what is known of arguments' values
    at once, and not only where it has no implementation without. `strict` wants the implementation to have the same
    parameters; `jit_options` are those of `jit`.
    """
    options = _options(jit_options, inline)

    def decorate(typing_function):
        _overloads.add_function(func, _prepared(typing_function, options, strict, prefer_literal))
        return typing_function

    return decorate


def overload_method(typ, attr, inline="never", jit_options={}, strict=True, prefer_literal=False, **kwargs):
    """Registers method `attr` for values of a type, or of a family such as `types.Array`."""
    options = _options(jit_options, inline)

    def decorate(typing_function):
        _overloads.add_method(typ, attr, _prepared(typing_function, options, strict, prefer_literal))
        return typing_function

    return decorate


def overload_classmethod(typ, attr, inline="never", jit_options={}, strict=True, prefer_literal=False, **kwargs):
    """Registers class method `attr` of a family of types, called as ``Family.attr(...)`` in compiled code.

    The implementation's first parameter is the family.
    """
    options = _options(jit_options, inline)

    def decorate(typing_function):
        _overloads.add_classmethod(typ, attr, _prepared(typing_function, options, strict, prefer_literal))
        return typing_function

    return decorate


def overload_attribute(typ, attr, inline="never", jit_options={}, strict=True, prefer_literal=False, **kwargs):
    """Registers attribute `attr` for values of a type, or of a family: an implementation takes the value."""
    options = _options(jit_options, inline)

    def decorate(typing_function):
        _overloads.add_attribute(typ, attr, _prepared(typing_function, options, strict, prefer_literal))
        return typing_function

    return decorate


def register_jitable(*args, **options):
    """Lets compiled code call a plain Python function, which itself stays as it is."""

    def mark(func):
        func.__looplift_jitable__ = True
        if options:
            func.__looplift_options__ = options
        return func

    if args:
        return mark(*args)
    return mark


def is_jitted(function):
    """Whether `function` is a dispatcher."""
    return isinstance(function, _core.CPUDispatcher)


class _TypeofImpl:
    """`typeof_impl.register(Class)` registers what gives the type of instances: a function of the value and a context."""

    def register(self, cls, function=None):
        """Registers `function` for a class; without it, a decorator."""
        if function is None:
            return lambda f: self.register(cls, f)
        _overloads.add_typeof(cls, function)
        return function

    def __call__(self, value, context=None):
        from looplift import typeof

        try:
            return typeof(value)
        except ValueError:
            return None


typeof_impl = _TypeofImpl()


class SentryLiteralArgs:
    """Names of parameters whose arguments must be known while compiling: ``SentryLiteralArgs(["mode"])``."""

    def __init__(self, literal_args):
        self.literal_args = list(literal_args)

    def for_function(self, func):
        """Bound to the parameters of a function."""
        return self.for_pysig(inspect.signature(func))

    def for_pysig(self, pysig):
        """Bound to a Python signature."""
        return BoundLiteralArgs(pysig, self.literal_args)


class BoundLiteralArgs:
    """`SentryLiteralArgs` with a signature."""

    def __init__(self, pysig, literal_args):
        self.pysig = pysig
        self.literal_args = literal_args

    def bind(self, *args, **kwargs):
        """Raises RequireLiteralValue unless the named arguments' types are literal."""
        from looplift import types
        from looplift.errors import RequireLiteralValue

        bound = self.pysig.bind(*args, **kwargs)
        missing = [name for name in self.literal_args if name in bound.arguments and not isinstance(bound.arguments[name], types.Literal)]
        if missing:
            raise RequireLiteralValue(f"arguments {', '.join(missing)} must be known while compiling")


def sentry_literal_args(pysig, literal_args, args, kwargs):
    """Raises RequireLiteralValue unless the named arguments' types are literal."""
    BoundLiteralArgs(pysig, literal_args).bind(*args, **dict(kwargs))


def get_cython_function_address(module_name, function_name):
    """The address of a C function that a Cython module exports.

    Raises ImportError or ValueError if there is none of this name.
    """
    import ctypes
    from importlib import import_module

    exported = import_module(module_name).__pyx_capi__
    if function_name not in exported:
        raise ValueError(f"No function '{function_name}' found in __pyx_capi__ of '{module_name}'")
    capsule = exported[function_name]
    name = ctypes.pythonapi.PyCapsule_GetName
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    address = ctypes.pythonapi.PyCapsule_GetPointer
    address.restype, address.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return address(capsule, name(capsule))


def include_path():
    """Numba's C headers for its own extensions; here the package's directory, which has none."""
    import os

    return os.path.dirname(os.path.abspath(__file__))


def infer(template):
    """Registers the signatures that a typing template lists in `cases` (or gives by `generic`) for its `key`.

    A template says what types fit and nothing about values: for a key that is a Python function which can be compiled, it
    makes compiled code call that function.
    """
    key = getattr(template, "key", None)
    if callable(key) and hasattr(key, "__code__"):
        key.__looplift_jitable__ = True
    return template


def infer_getattr(template):
    """Registers attributes that a typing template resolves: methods `resolve_name(type)` give a constant's type.

    Types alone make no code: use `overload_attribute` to say what the attribute's value is.
    """
    return template


def __getattr__(name):
    if name == "as_numba_type":
        from looplift._annotations import as_numba_type

        return as_numba_type
    raise AttributeError(f"module 'looplift.extending' has no attribute {name!r}")
