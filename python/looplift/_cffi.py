"""Functions and types of `cffi` for compiled code. Imports cffi only where its objects are at hand."""

import sys

from looplift import _core
from looplift.errors import TypingError

_PRIMITIVES = {
    "_Bool": "bool",
    "bool": "bool",
    "char": "uint8",
    "signed char": "int8",
    "unsigned char": "uint8",
    "short": "int16",
    "unsigned short": "uint16",
    "int": "int32",
    "unsigned int": "uint32",
    "long": "int64",
    "unsigned long": "uint64",
    "long long": "int64",
    "unsigned long long": "uint64",
    "float": "float32",
    "double": "float64",
    **{f"{sign}int{bits}_t": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "size_t": "uint64",
    "ssize_t": "int64",
    "intptr_t": "int64",
    "uintptr_t": "uint64",
    "ptrdiff_t": "int64",
}

# Types that users registered, by C name; functions of compiled modules, by their identity.
_types = {}
_functions = {}


def register_type(cffi_type, looplift_type):
    """Says which type values of a C type have in compiled code."""
    _types[cffi_type.cname] = looplift_type


def register_module(module):
    """Makes the functions of a compiled cffi module callable from compiled code."""
    for name in dir(module.lib):
        value = getattr(module.lib, name)
        if callable(value):
            try:
                pointer = module.ffi.addressof(module.lib, name)
            except (AttributeError, TypeError):
                continue
            _functions[id(value)] = value, pointer, module.ffi


def map_type(ctype):
    """The type of values of a cffi type."""
    found = _types.get(ctype.cname)
    if found is not None:
        return found
    if ctype.kind == "void":
        return _core.parse_type("none")
    if ctype.kind == "primitive" and ctype.cname in _PRIMITIVES:
        return _core.parse_type(_PRIMITIVES[ctype.cname])
    if ctype.kind == "enum":
        return _core.parse_type("int32")
    if ctype.kind in ("pointer", "array"):
        try:
            inner = map_type(ctype.item)
        except TypingError:
            inner = _core.parse_type("none")
        return _core.parse_type("void*" if inner.kind == "none" else f"{inner}*")
    if ctype.kind == "function":
        return _core.parse_type("void*")
    raise TypingError(f"values of C type {ctype.cname} cannot be passed between compiled code and C")


def is_from_buffer(target):
    """Whether an object is the method `from_buffer` of an `FFI`."""
    owner = getattr(target, "__self__", None)
    return getattr(target, "__name__", "") == "from_buffer" and type(owner).__module__.partition(".")[0] in ("cffi", "_cffi_backend")


def function(target):
    """`(address, result type, argument types, name)` of a C function of cffi; None if the object is none."""
    known = _functions.get(id(target))
    ffi = None
    if known is not None:
        _, target, ffi = known
    elif "cffi" in sys.modules and type(target).__module__ == "_cffi_backend":
        import cffi

        ffi = cffi.FFI()
    if ffi is None:
        return None
    try:
        ctype = ffi.typeof(target)
    except TypeError:
        return None
    if ctype.kind == "pointer" and ctype.item.kind == "function":
        ctype = ctype.item
    if ctype.kind != "function":
        return None
    if ctype.ellipsis:
        raise TypingError("C functions with a variable number of arguments cannot be called from compiled code")
    return int(ffi.cast("uintptr_t", target)), map_type(ctype.result), tuple(map(map_type, ctype.args)), "function of cffi"
