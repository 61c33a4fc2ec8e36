"""`cfunc`: compiled functions as C function pointers; `carray` and `farray`: C's memory as arrays."""

import ctypes
from functools import update_wrapper

import numpy as np

from looplift import _core, _foreign, _loops
from looplift.errors import TypingError


_IN_C = frozenset({"boolean", "integer", "float", "pointer"})


class CFunc:
    """A compiled function that C code can call by its `address`; called from Python it runs the original function.

    The address is valid as long as the object (or its `ctypes`) lives. An exception in a call from C is printed as unraisable,
    and C gets 0.
    """

    def __init__(self, pyfunc, sig, options=None):
        args, ret = _core.normalize_signature(sig)
        self._pyfunc = pyfunc
        self._options = {k: v for k, v in (options or {}).items() if v is not None}
        options = dict(self._options)
        cache = options.pop("cache", None)
        options["nopython"] = True
        self._dispatcher = _core.make_dispatcher(pyfunc, options)
        update_wrapper(self._dispatcher, pyfunc)
        if cache:
            self._dispatcher.enable_caching()
        _core.compile_signature(self._dispatcher, args)
        found = next(r for known, r in _core.overload_types(self._dispatcher) if known == args).unliteral
        called = self._dispatcher
        if ret is None:
            ret = found
        elif ret != found:
            called = self._converting(args, found, ret)
        self._args, self._ret = args, ret
        self.__name__ = pyfunc.__name__
        update_wrapper(self, pyfunc)
        self.native_name = f"cfunc.{pyfunc.__module__}.{pyfunc.__qualname__}"
        self._called = called
        # A function that C cannot call is one that compiled code can.
        self._callback = _core.make_callback(called, list(args), self.native_name) if self.is_c_function else None

    def _converting(self, args, found, ret):
        """A jitted function that converts the result to the declared type."""
        names = ", ".join(f"a{k}" for k in range(len(args)))
        scope = {"kernel": self._dispatcher, "__name__": "looplift._cfunc"}
        if ret.kind == "none":
            body = f"kernel({names})"
        else:
            if found.kind not in _loops.NUMBER_KINDS or ret.kind not in _loops.NUMBER_KINDS or (found.kind == "complex") != (ret.kind == "complex"):
                raise TypingError(f"the function returns {found}, which does not convert to the declared {ret}")
            scope["R"] = _loops.element_class(ret)
            body = f"return R(kernel({names}))"
        exec(compile(f"def entry({names}):\n    {body}\n", "<cfunc>", "exec"), scope)
        dispatcher = _core.make_dispatcher(scope["entry"], {"nopython": True})
        _core.compile_signature(dispatcher, args)
        return dispatcher

    @property
    def is_c_function(self):
        """Whether arguments and result are numbers and pointers."""
        return all(t.kind in _IN_C for t in self._args) and (self._ret.kind in _IN_C or self._ret.kind == "none")

    @property
    def _wrapper_address(self):
        return self.address

    @property
    def _sig(self):
        from looplift._signature import Signature

        return Signature(self._ret, self._args)

    @property
    def address(self):
        """The address of the C function."""
        if self._callback is None:
            bad = next(t for t in (*self._args, self._ret) if t.kind not in _IN_C)
            raise TypeError(f"a C callback takes and returns numbers and pointers, not {bad}")
        return self._callback.address

    @property
    def ctypes(self):
        """The C function for `ctypes`, `scipy.LowLevelCallable` and the like."""
        made = _foreign.ctype_of_signature(self._ret, self._args)(self.address)
        made._looplift_owner = self
        return made

    @property
    def cffi(self):
        """The C function as a `cffi` pointer to void."""
        import cffi

        return cffi.FFI().cast("void *", self.address)

    @property
    def cache_hits(self):
        """How many times the compiled code came from the cache on disk."""
        return sum(self._dispatcher.stats.cache_hits.values())

    def inspect_llvm(self):
        """What the code generator was given: its form under the native name."""
        return f"; {self.native_name}\n" + _core.stage_text(self._dispatcher, list(self._args), "clif")

    def __call__(self, *args, **kwargs):
        return self._pyfunc(*args, **kwargs)

    def __repr__(self):
        return f"<looplift.CFunc {self.__qualname__}>"

    def __looplift_implementation__(self, args, kwargs):
        return self._dispatcher

    def __reduce__(self):
        from looplift import _dispatcher
        from looplift._signature import Signature

        if _dispatcher.is_at_name(self, self.__module__, self.__qualname__):
            return _dispatcher._rebuild_by_name, (self.__module__, self.__qualname__)
        return _rebuild, (_dispatcher.portable_function(self._pyfunc), Signature(self._ret, self._args), self._options)


def _rebuild(func, sig, options):
    from looplift import _dispatcher

    return CFunc(_dispatcher.restored_function(func), sig, options)


def cfunc(sig, locals=None, cache=False, pipeline_class=None, **options):
    """Compiles a function as a C callback with this signature.

    ::

        @cfunc("float64(float64, float64)")
        def add(x, y):
            return x + y

        add.address, add.ctypes(4.0, 5.0)

    Parameters and result are numbers, bools and pointers (``types.CPointer(dtype)``, ``types.voidptr``); in the function,
    `carray` makes an array of a pointer. Options are those of `jit`.
    """
    if not (isinstance(sig, (str, tuple)) or hasattr(sig, "return_type")):
        raise TypeError("cfunc needs a signature, such as 'float64(float64)'")
    from looplift.decorators import _check

    if options.get("forceobj"):
        raise NotImplementedError("C callbacks have no object mode")
    _check(options)
    if locals:
        options["locals"] = dict(locals)

    def wrap(func):
        if isinstance(func, _core.CPUDispatcher):
            func = func.py_func
        return CFunc(func, sig, {**options, "cache": cache} if cache else options)

    return wrap


def _address(ptr):
    """The address of a pointer: of ctypes, of cffi, or an int."""
    if isinstance(ptr, int):
        return ptr
    if type(ptr).__module__ == "_cffi_backend" or "CData" in type(ptr).__name__ and not isinstance(ptr, (ctypes._SimpleCData, ctypes._Pointer)):
        import cffi

        return int(cffi.FFI().cast("uintptr_t", ptr))
    if isinstance(ptr, (str, bytes)):
        raise TypeError(f"expected a ctypes pointer, got {ptr!r}")
    try:
        return ctypes.cast(ptr, ctypes.c_void_p).value or 0
    except (TypeError, ctypes.ArgumentError):
        raise TypeError(f"expected a ctypes pointer, got {ptr!r}") from None


def _from_memory(ptr, shape, dtype, order):
    if dtype is not None:
        dtype = np.dtype(getattr(dtype, "name", dtype) if isinstance(dtype, _core.Type) else dtype)
    element = None
    if isinstance(ptr, ctypes._Pointer):
        element = np.dtype(ptr._type_)
    if element is None and dtype is None:
        raise TypeError("explicit dtype required for void* argument")
    if element is not None and dtype is not None and element != dtype:
        raise TypeError(f"mismatching dtype '{dtype}' for pointer type '{element}'")
    dtype = dtype if dtype is not None else element
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    count = int(np.prod(shape, dtype=np.int64))
    if any(n < 0 for n in shape):
        raise ValueError("negative dimensions are not allowed")
    address = _address(ptr)
    if not address and count:
        raise ValueError("a null pointer has no elements")
    memory = (ctypes.c_byte * (count * dtype.itemsize)).from_address(address) if count else b""
    return np.frombuffer(memory, dtype, count).reshape(shape, order=order) if count else np.empty(shape, dtype, order=order)


def carray(ptr, shape, dtype=None):
    """An array over the memory that `ptr` points to, in C order; nothing is copied, and nothing is kept alive.

    `ptr` is a ctypes or cffi pointer or, with `dtype`, any address. In compiled code it is a pointer argument.
    """
    return _from_memory(ptr, shape, dtype, "C")


def farray(ptr, shape, dtype=None):
    """As `carray`, in Fortran order."""
    return _from_memory(ptr, shape, dtype, "F")
