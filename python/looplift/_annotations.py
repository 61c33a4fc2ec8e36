"""Python's annotations as types: `as_numba_type`, and functions whose annotations are their signature."""

import typing

from looplift import _core, types

# Class or annotation -> type, or a function of it that gives a type or None.
_registered = {}
_askers = []

_BASIC = {
    int: types.int64,
    float: types.float64,
    complex: types.complex128,
    bool: types.boolean,
    str: types.unicode_type,
    type(None): types.none,
    None: types.none,
}


class AsNumbaType:
    """`as_numba_type(annotation)` is the type that values of an annotation have.

    Raises TypingError for annotations that have none. `register` teaches it further ones.
    """

    def __call__(self, annotation):
        found = self.lookup(annotation)
        if found is None:
            from looplift.errors import TypingError

            raise TypingError(f"Cannot infer Numba type of Python type {annotation}")
        return found

    def lookup(self, annotation):
        """The type, or None."""
        if isinstance(annotation, types.Type):
            return annotation
        for asker in _askers:
            found = asker(annotation)
            if found is not None:
                return found
        try:
            found = _registered.get(annotation) or _BASIC.get(annotation)
        except TypeError:  # not hashable
            found = None
        return found if found is not None else _generic(self.lookup, annotation)

    def register(self, func_or_py_type, numba_type=None):
        """Registers the type of a class, or (as a decorator) a function from annotations to types or None."""
        if numba_type is not None:
            _registered[func_or_py_type] = numba_type
            return None
        if isinstance(func_or_py_type, type):
            raise TypeError("as_numba_type.register takes a class and its type, or a function")
        _askers.insert(0, func_or_py_type)
        return func_or_py_type


as_numba_type = AsNumbaType()


def _all(lookup, annotations):
    found = [lookup(a) for a in annotations]
    return None if None in found else found


def _generic(lookup, annotation):
    """Types of `list[int]`, `Optional[float]`, `tuple[int, ...]` and the like."""
    import types as python_types

    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Union or origin is python_types.UnionType:
        inner = [a for a in args if a is not type(None)]
        if len(inner) != 1 or len(inner) == len(args):
            from looplift.errors import TypingError

            raise TypingError("Cannot type Union that is not an Optional (i.e., exactly two elements, one of them None)")
        found = lookup(inner[0])
        return found and types.Optional(found)
    if origin is typing.Annotated:
        return next((a for a in args[1:] if isinstance(a, types.Type)), None) or lookup(args[0])
    if origin in (list, dict, set) and args:
        found = _all(lookup, args)
        family = {list: types.ListType, dict: types.DictType, set: types.SetType}[origin]
        return found and family(*found)
    if origin is tuple:
        if args == ((),):
            return types.Tuple([])
        if Ellipsis in args:
            return None
        found = _all(lookup, args)
        return None if found is None else types.Tuple(found)
    if origin is not None and getattr(origin, "__module__", "") == "numpy" and origin.__name__ == "ndarray":
        return _array(annotation)
    if getattr(origin, "__name__", "") == "NDArray" and len(args) == 1:
        # A type alias of its own from NumPy 2.5 on.
        element = lookup(args[0])
        return element and types.Array(element, 1, "C")
    if isinstance(annotation, type) and annotation.__module__ == "numpy":
        try:
            return _core.basic_type(annotation.__name__.rstrip("_"))
        except (ValueError, TypeError):
            return None
    if isinstance(annotation, type) and issubclass(annotation, tuple) and hasattr(annotation, "_fields"):
        hints = typing.get_type_hints(annotation)
        found = _all(lookup, [hints.get(f) for f in annotation._fields])
        return found and types.NamedTuple(found, annotation)
    return None


def _array(annotation):
    """`npt.NDArray[np.float64]` is a C array of one dimension; `np.ndarray[tuple[int, int], np.dtype[T]]` one of two."""
    args = typing.get_args(annotation)
    if len(args) != 2:
        return None
    shape, dtype = args
    element = typing.get_args(dtype)
    element = as_numba_type.lookup(element[0]) if element else None
    dims = typing.get_args(shape)
    fixed = typing.get_origin(shape) is tuple and Ellipsis not in dims
    return None if element is None else types.Array(element, len(dims) if fixed else 1, "C")


# inspect.CO_VARARGS | inspect.CO_VARKEYWORDS | inspect.CO_GENERATOR
_REFUSED = 0x4 | 0x8 | 0x20


def signature_of(func):
    """(result type, argument types) that a function's annotations say, or None if they do not say all."""
    code = func.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    hints = func.__annotations__
    if code.co_flags & _REFUSED or not names or any(name not in hints for name in (*names, "return")):
        return None
    try:
        hints = typing.get_type_hints(func)
        found = _all(as_numba_type.lookup, [hints[name] for name in (*names, "return")])
    except Exception:  # annotations are users' text: a name may not exist yet, or mean anything
        return None
    return None if found is None else (found[-1], tuple(found[:-1]))


def _settled(func):
    """Whether the function uses nothing that may change before its first call."""
    import builtins
    from types import ModuleType

    if func.__closure__:
        return False
    for name in func.__code__.co_names:
        value = func.__globals__.get(name, getattr(builtins, name, None))
        if value is not None and name in func.__globals__ and not isinstance(value, (ModuleType, _core.CPUDispatcher, type)):
            return False
    return True


def compile_annotated(dispatcher):
    """Compiles what fully annotated parameters and result say, so that the first call finds it.

    Other argument types are compiled when they come, as ever; a function that cannot be compiled yet says so when called.
    """
    from looplift.errors import NumbaError

    func = dispatcher.py_func
    declared = signature_of(func)
    if declared is None or not _settled(func):
        return
    ret, args = declared
    if not all(isinstance(t, _core.Type) for t in (ret, *args)):
        return
    try:
        _core.compile_signature(dispatcher, args)
    except (NumbaError, TypeError, ValueError):
        pass
