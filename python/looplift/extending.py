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

__all__ = [  # noqa: F822 (some names are imported when they are asked for: `__getattr__`)
    "NativeValue",
    "as_numba_type",
    "box",
    "get_cython_function_address",
    "infer",
    "infer_getattr",
    "intrinsic",
    "is_jitted",
    "lower_builtin",
    "lower_cast",
    "lower_getattr",
    "lower_getattr_generic",
    "lower_setattr",
    "lower_setattr_generic",
    "make_attribute_wrapper",
    "models",
    "overload",
    "overload_attribute",
    "overload_classmethod",
    "overload_method",
    "reflect",
    "register_jitable",
    "register_model",
    "sentry_literal_args",
    "type_callable",
    "typeof_impl",
    "unbox",
    "value_class",
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
    """The options of implementations, checked as `jit` checks them."""
    from looplift.decorators import _check

    options = dict(jit_options or {})
    if inline != "never":
        options["inline"] = inline
    _check(options)
    return options


def _refuse(what, ours, theirs):
    """The error for parameters of an overload and its implementation that are not the same."""
    from looplift.errors import TypingError

    difference = {*map(repr, ours)} ^ {*map(repr, theirs)}
    names = [p.name for p in theirs if p.name not in {q.name for q in ours}]
    first = f" First difference: {names[0]!r}" if names else ""
    raise TypingError(f"Typing and implementation arguments differ in {what}.\nDifference: {{{', '.join(sorted(difference))}}}{first}")


def _compare(typing_function, implementation):
    """Raises TypingError unless an implementation has the parameters of its overload."""
    from looplift.errors import TypingError

    ours = list(inspect.signature(typing_function).parameters.values())
    theirs = list(inspect.signature(implementation).parameters.values())
    star = [p for p in ours if p.kind == p.VAR_POSITIONAL]
    for p in (*ours, *theirs):
        if p.kind == p.VAR_KEYWORD:
            raise TypingError(
                f"use of VAR_KEYWORD (e.g. **kwargs) is unsupported in an overload that is strict. (offending argument name is '{p}')"
            )
    if star and not any(p.kind == p.VAR_POSITIONAL for p in theirs):
        raise TypingError(
            "Typing and implementation arguments differ in VAR_POSITIONAL (e.g. *args) argument kind "
            f"(offending argument name is '{star[0]}')"
        )

    def split(params):
        named = [p for p in params if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        return [p for p in named if p.default is p.empty], [p for p in named if p.default is not p.empty]

    (plain, keyword), (their_plain, their_keyword) = split(ours), split(theirs)
    count = len(their_plain) if any(p.kind == p.VAR_POSITIONAL for p in theirs) and not star else max(len(plain), len(their_plain))
    if [p.name for p in plain[:count]] != [p.name for p in their_plain[:count]]:
        _refuse("argument names", plain, their_plain)
    if [p.name for p in keyword] != [p.name for p in their_keyword]:
        _refuse("keyword argument names", keyword, their_keyword)
    if [p.default for p in keyword] != [p.default for p in their_keyword]:
        _refuse("keyword argument default values", keyword, their_keyword)


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
            _compare(typing_function, implementation)
        return found

    ask.__wrapped__ = typing_function
    return ask


def _prepared(typing_function, options, strict, prefer_literal):
    ask = _with_options(_checked(typing_function, strict), options)
    ask.__looplift_prefer_literal__ = prefer_literal
    return ask


def overload(func, jit_options=None, strict=True, inline="never", prefer_literal=False, **kwargs):
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


def overload_method(typ, attr, inline="never", jit_options=None, strict=True, prefer_literal=False, **kwargs):
    """Registers method `attr` for values of a type, or of a family such as `types.Array`."""
    options = _options(jit_options, inline)

    def decorate(typing_function):
        _overloads.add_method(typ, attr, _prepared(typing_function, options, strict, prefer_literal))
        return typing_function

    return decorate


def overload_classmethod(typ, attr, inline="never", jit_options=None, strict=True, prefer_literal=False, **kwargs):
    """Registers class method `attr` of a family of types, called as ``Family.attr(...)`` in compiled code.

    The implementation's first parameter is the family.
    """
    options = _options(jit_options, inline)

    def decorate(typing_function):
        _overloads.add_classmethod(typ, attr, _prepared(typing_function, options, strict, prefer_literal))
        return typing_function

    return decorate


def overload_attribute(typ, attr, inline="never", jit_options=None, strict=True, prefer_literal=False, **kwargs):
    """Registers attribute `attr` for values of a type, or of a family: an implementation takes the value."""
    options = _options(jit_options, inline)

    def decorate(typing_function):
        _overloads.add_attribute(typ, attr, _prepared(typing_function, options, strict, prefer_literal))
        return typing_function

    return decorate


def register_jitable(*args, **options):
    """Lets compiled code call a plain Python function, which itself stays as it is. Options are those of `jit`."""
    from looplift.decorators import _check

    _check(options)

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
        """Raises ForceLiteralArg, which asks for the values, unless the named arguments' types are literal."""
        from looplift import types
        from looplift.errors import ForceLiteralArg

        bound = self.pysig.bind(*args, **kwargs)
        missing = [name for name in self.literal_args if name in bound.arguments and not isinstance(bound.arguments[name], types.Literal)]
        if missing:
            positions = list(self.pysig.parameters)
            raise ForceLiteralArg(positions.index(name) for name in missing)


def sentry_literal_args(pysig, literal_args, args, kwargs):
    """Raises ForceLiteralArg unless the named arguments' types are literal."""
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


# Names of `looplift._extension`, which loads when one of them is used.
_EXTENSION = {
    "NativeValue": "NativeValue",
    "box": "box_for",
    "infer": "infer",
    "infer_getattr": "infer_getattr",
    "infer_global": "infer_global",
    "intrinsic": "intrinsic",
    "lower_builtin": "lower_builtin",
    "lower_cast": "lower_cast",
    "lower_getattr": "lower_getattr",
    "lower_getattr_generic": "lower_getattr_generic",
    "lower_setattr": "lower_setattr",
    "lower_setattr_generic": "lower_setattr",
    "make_attribute_wrapper": "make_attribute_wrapper",
    "reflect": "reflect",
    "register_model": "register_model",
    "type_callable": "type_callable",
    "unbox": "unbox_for",
    "value_class": "carrier",
}


def __getattr__(name):
    if name in _EXTENSION:
        from looplift import _extension

        return getattr(_extension, _EXTENSION[name])
    if name == "models":
        from looplift.core import datamodel

        return datamodel
    if name == "as_numba_type":
        from looplift._annotations import as_numba_type

        return as_numba_type
    raise AttributeError(f"module 'looplift.extending' has no attribute {name!r}")
