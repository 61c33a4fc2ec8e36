"""C functions called from compiled code: `ctypes` and `cffi` functions, addresses with a signature.

A function of C becomes a Python function that compiled code inlines: it converts the arguments to the C types and calls the
address through one of the runtime's calls, of which there is one for each kind of result and of floats.
"""

import ctypes

import numpy as np

from looplift import _core
from looplift.errors import TypingError, UntypedSignatureError
from looplift.library import _native
from looplift.library._types import CLASSES

_BY_CTYPE = {
    ctypes.c_bool: "bool",
    ctypes.c_byte: "int8",
    ctypes.c_char: "uint8",
    ctypes.c_ubyte: "uint8",
    ctypes.c_short: "int16",
    ctypes.c_ushort: "uint16",
    ctypes.c_int: "int32",
    ctypes.c_uint: "uint32",
    ctypes.c_long: f"int{8 * ctypes.sizeof(ctypes.c_long)}",
    ctypes.c_ulong: f"uint{8 * ctypes.sizeof(ctypes.c_long)}",
    ctypes.c_longlong: "int64",
    ctypes.c_ulonglong: "uint64",
    ctypes.c_float: "float32",
    ctypes.c_double: "float64",
    ctypes.c_void_p: "void*",
    ctypes.c_char_p: "void*",
    ctypes.py_object: None,
}

# The flag of ctypes for functions that need the GIL.
_PYTHON_API = 4
# Functions of Python's own library that take or give up the GIL themselves, or do without it.
_WITHOUT_GIL = frozenset("PyEval_SaveThread PyEval_RestoreThread PyGILState_Check PyThread_get_thread_ident PyThread_get_thread_native_id".split())
# Integer and float parameters that a call takes.
_INTEGERS, _FLOATS = 6, 8


def type_of_ctype(c):
    """The type of values of a ctypes class; TypingError for those that no compiled value has."""
    if c is None:
        return _core.parse_type("none")
    found = _BY_CTYPE.get(c)
    if found is not None:
        return _core.parse_type(found)
    if isinstance(c, type) and issubclass(c, ctypes._Pointer):
        try:
            return _core.parse_type(f"{type_of_ctype(c._type_)}*")
        except TypingError:
            return _core.parse_type("void*")
    if isinstance(c, type) and issubclass(c, ctypes._CFuncPtr):
        return _core.parse_type("void*")
    if isinstance(c, type) and issubclass(c, np.ctypeslib._ndptr):
        return _core.parse_type("void*")
    raise TypingError(f"values of C type {getattr(c, '__name__', c)} cannot be passed between compiled code and C")


def is_ctypes_function(obj):
    return isinstance(obj, ctypes._CFuncPtr)


def ctypes_signature(function):
    """`(result type, argument types)` of a ctypes function with `argtypes` and `restype`."""
    if function.argtypes is None:
        name = getattr(function, "__name__", function)
        raise UntypedSignatureError(f"ctypes function {name!r} doesn't define its argument types; consider setting the `argtypes` attribute")
    if _needs_gil(function):
        raise TypingError("functions of ctypes.PyDLL need the GIL: compiled code calls them by name, and not through their address")
    return type_of_ctype(function.restype), tuple(map(type_of_ctype, function.argtypes))


def ctypes_address(function):
    return ctypes.cast(function, ctypes.c_void_p).value


def call_of(ret, args, address, name, keep=None):
    """The Python function that calls the C function at `address`."""
    integers, floats, body = [], [], []
    single = any(str(t) == "float32" for t in args)
    if single and any(str(t) == "float64" for t in args):
        raise TypingError(f"C function {name}: parameters of float and of double together are not supported")
    scope = {"__name__": "looplift._foreign", "ADDRESS": address, "keep": keep}
    for k, t in enumerate(args):
        if t.kind == "float":
            scope[f"C{k}"] = CLASSES[str(t)]
            floats.append(f"C{k}(a{k})")
        elif t.kind in ("integer", "boolean"):
            scope[f"C{k}"] = CLASSES[str(t)]
            integers.append(f"np.int64(C{k}(a{k}))")
        elif t.kind == "pointer":
            integers.append(f"address(a{k})")
        else:
            raise TypingError(f"C function {name}: parameters of type {t} are not supported")
    if len(integers) > _INTEGERS or len(floats) > _FLOATS:
        raise TypingError(f"C function {name}: more than {_INTEGERS} integer or {_FLOATS} float parameters are not supported")
    integers += ["0"] * (_INTEGERS - len(integers))
    floats += ["0.0"] * (_FLOATS - len(floats))
    kind = {"float64": "double", "float32": "float"}.get(str(ret), "int")
    scope["call"] = getattr(_native, f"call_{kind}{'_f32' if single else ''}")
    scope.update(np=np, address=address_of)
    called = f"call(ADDRESS, {', '.join(integers + floats)})"
    if ret.kind == "none":
        body.append(called)
    elif ret.kind == "pointer":
        # An address is an integer in compiled code.
        body.append(f"return {called}")
    elif ret.kind == "boolean":
        body.append(f"return np.uint8({called}) != 0")
    elif ret.kind in ("integer", "float"):
        scope["R"] = CLASSES[str(ret)]
        body.append(f"return R({called})")
    else:
        raise TypingError(f"C function {name}: results of type {ret} are not supported")
    text = f"def foreign({', '.join(f'a{k}' for k in range(len(args)))}):\n" + "".join(f"    {line}\n" for line in body)
    exec(compile(text, f"<C function {name}>", "exec"), scope)
    return scope["foreign"]


def _needs_gil(function):
    """Whether it is a function of Python's own library (`ctypes.PyDLL`) that is called under the GIL."""
    return bool(getattr(function, "_flags_", 0) & _PYTHON_API) and getattr(function, "__name__", None) not in _WITHOUT_GIL


class PythonCallback:
    """A ctypes function that needs the GIL or takes Python objects: it is called as Python calls it."""

    def __init__(self, function):
        self._function = function
        self.__name__ = getattr(function, "__name__", "function")

    def __looplift_result__(self, *args):
        function = self._function
        if len(args) != len(function.argtypes):
            raise TypingError(f"C function {self.__name__} takes {len(function.argtypes)} arguments, by position")
        ret = type_of_ctype(function.restype)
        return _core.tuple_type([]) if ret.kind == "none" else ret

    def __call__(self, *args):
        found = self._function(*args)
        return () if self._function.restype is None else found


def _is_python_call(function):
    return function.argtypes is not None and (_needs_gil(function) or ctypes.py_object in function.argtypes)


def _python_call(function):
    names = ", ".join(f"a{k}" for k in range(len(function.argtypes)))
    scope = {"called": PythonCallback(function), "__name__": "looplift._foreign"}
    body = f"called({names})" if function.restype is None else f"return called({names})"
    exec(compile(f"def foreign({names}):\n    {body}\n", "<callback>", "exec"), scope)
    return scope["foreign"]


def address_of(value):
    """In compiled code: the address that a pointer, an integer, an array or its `ctypes` is."""
    return getattr(value, "data", value)


class ForeignFunction:
    """A C function of known signature at an address, for compiled code and, through ctypes, for Python."""

    def __init__(self, ret, args, address, name):
        self.ret, self.args, self.address, self.name = ret, tuple(args), address, name
        self.__name__ = name
        self._implementation = None

    def __looplift_implementation__(self, args, kwargs):
        if kwargs or len(args) != len(self.args):
            raise TypingError(f"C function {self.name} takes {len(self.args)} arguments, by position")
        if self._implementation is None:
            self._implementation = call_of(self.ret, self.args, self.address, self.name, self)
        return self._implementation

    def __call__(self, *args):
        return ctype_of_signature(self.ret, self.args)(self.address)(*args)


_TO_CTYPE = {
    "bool": ctypes.c_bool,
    "int8": ctypes.c_int8,
    "uint8": ctypes.c_uint8,
    "int16": ctypes.c_int16,
    "uint16": ctypes.c_uint16,
    "int32": ctypes.c_int32,
    "uint32": ctypes.c_uint32,
    "int64": ctypes.c_int64,
    "uint64": ctypes.c_uint64,
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
}


def ctype_of(t):
    """The ctypes class for values of a type."""
    if t.kind == "none":
        return None
    if t.kind == "pointer":
        inner = t.dtype
        if inner.kind == "none" or str(inner) not in _TO_CTYPE:
            return ctypes.c_void_p
        return ctypes.POINTER(_TO_CTYPE[str(inner)])
    found = _TO_CTYPE.get(str(t))
    if found is None:
        raise TypeError(f"values of type {t} have no C type here")
    return found


def ctype_of_signature(ret, args):
    """The ctypes prototype of a signature."""
    return ctypes.CFUNCTYPE(ctype_of(ret), *map(ctype_of, args))


def external_address(symbol):
    """The address of a C function by its symbol's name, among the libraries that are loaded and the C library's mathematics."""
    import ctypes.util

    for library in (None, ctypes.util.find_library("m")):
        try:
            return ctypes.cast(getattr(ctypes.CDLL(library), symbol), ctypes.c_void_p).value
        except (AttributeError, OSError):
            continue
    raise TypingError(f"no library that is loaded has the symbol {symbol}")


def _known(target):
    """`(address, result type, argument types, name)` of a C function; None if the object is none."""
    from looplift import _cffi

    if is_ctypes_function(target):
        return ctypes_address(target), *ctypes_signature(target), getattr(target, "__name__", "function")
    if hasattr(target, "__wrapper_address__"):
        args, ret = _core.normalize_signature(target.signature())
        # An address may come to be known when it is asked for.
        return target.__wrapper_address__() or target.__wrapper_address__(), ret, args, type(target).__name__
    if type(target).__name__ == "ExternalFunction":
        args, ret = _core.normalize_signature(target.sig)
        return external_address(target.symbol), ret, args, target.symbol
    return _cffi.function(target)


_implementations = {}
_callbacks = {}


def _points_elsewhere(param, arg):
    """Whether an argument is a pointer to values of another type than the parameter's."""
    if param.kind != "pointer" or param.dtype.kind == "none":
        return False
    if arg.kind == "namedtuple" and arg.types and arg.types[-1].kind == "array":
        # `array.ctypes`
        arg = arg.types[-1]
    return arg.kind in ("pointer", "array") and arg.dtype.kind != "none" and arg.dtype != param.dtype


def _is_text(arg):
    return arg.kind in ("str", "literal_str")


def implementation(target, args, kwargs):
    """The implementation of a call of `target` if it is a C function; else None."""
    from looplift import _cffi

    if _cffi.is_from_buffer(target):
        if kwargs or len(args) != 1 or args[0].kind != "array":
            raise TypingError("ffi.from_buffer takes an array in compiled code")
        return _buffer_address
    if is_ctypes_function(target) and _is_python_call(target):
        key = id(target)
        if key not in _callbacks:
            # Kept with the target, so that its number is not another's.
            _callbacks[key] = target, _python_call(target)
        return _callbacks[key][1]
    known = _known(target)
    if known is None:
        return None
    address, ret, params, name = known
    if kwargs or len(args) != len(params):
        raise TypingError(f"C function {name} takes {len(params)} arguments, by position")
    if any(map(_points_elsewhere, params, args)) or any(map(_is_text, args)):
        given = ", ".join(map(str, args))
        listed = ", ".join(map(str, params))
        raise TypingError(
            f"No implementation of function ExternalFunctionPointer(({listed}) -> {ret}) found for signature:\n\n >>> {name}({given})\n"
            f"Type Restricted Function in function 'unknown': File: unknown: Line unknown.\n  With argument(s): '({given})':\n  No match."
        )
    if not address:
        return _null_call(name)
    key = address, ret, params
    if key not in _implementations:
        _implementations[key] = call_of(ret, tuple(params), address, name, target)
    return _implementations[key]


def _null_call(name):
    """What a call of a function whose address is not known does."""
    message = f"{name} function address is null"

    def foreign(*args):
        raise RuntimeError(message)

    return foreign


def _buffer_address(array):
    return address_of(array)
