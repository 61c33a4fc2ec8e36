"""looplift: a just-in-time compiler for numerical Python, with Numba's API.

``njit`` compiles a function to machine code for each combination of argument types it is called with::

    from looplift import njit

    @njit
    def total(a):
        s = 0.0
        for x in a:
            s += x
        return s
"""

from looplift import _core, config, errors, types
from looplift._core import __version__
from looplift._literals import literal_unroll, literally
from looplift.decorators import jit, jit_module, njit

_core.require_main_interpreter()


class prange:
    """As `range`; a loop over it runs on several threads in functions compiled with `parallel=True`."""

    def __new__(cls, *args):
        return range(*args)


class pndindex:
    """As `numpy.ndindex`; a loop over it runs on several threads in functions compiled with `parallel=True`."""

    def __new__(cls, *args):
        import numpy

        return numpy.ndindex(*args)


# The types that are public names of the package, by Numba's spellings.
_TYPES = (
    "b1 bool_ boolean byte c8 c16 char complex64 complex128 double f4 f8 float32 float64 float_ i1 i2 i4 i8 int8 int16 int32 "
    "int64 int_ intc intp long_ longlong none optional short size_t ssize_t u1 u2 u4 u8 uchar uint uint8 uint16 uint32 uint64 uintc "
    "uintp ulong ulonglong ushort void"
).split()
globals().update({name: getattr(types, name) for name in _TYPES})


# Names that load when they are first used: where each comes from.
_LAZY = {
    "core": "looplift.core:",
    "experimental": "looplift.experimental:",
    "extending": "looplift.extending:",
    "typed": "looplift.typed:",
    "np": "looplift.np:",
    **{
        name: f"looplift._threads:{name}"
        for name in (
            "get_num_threads set_num_threads get_thread_id threading_layer set_parallel_chunksize get_parallel_chunksize "
            "parallel_chunksize atomic_add"
        ).split()
    },
    "objmode": "looplift._objectmode.blocks:objmode",
    "guvectorize": "looplift._guvectorize:guvectorize",
    "carray": "looplift._cfunc:carray",
    "cfunc": "looplift._cfunc:cfunc",
    "farray": "looplift._cfunc:farray",
    "stencil": "looplift._stencil:stencil",
    "vectorize": "looplift._vectorize:vectorize",
    "from_dtype": "looplift.np.numpy_support:from_dtype",
    "as_numba_type": "looplift._annotations:as_numba_type",
    "gdb": "looplift._debugger:gdb",
    "gdb_breakpoint": "looplift._debugger:gdb_breakpoint",
    "gdb_init": "looplift._debugger:gdb_init",
    "deferred_type": "looplift.types:deferred_type",
    "ffi": "looplift.types:ffi",
    "ffi_forced_object": "looplift.types:ffi_forced_object",
    "optional": "looplift.types:optional",
    "pyobject": "looplift.types:pyobject",
    "voidptr": "looplift.types:voidptr",
    "signature": "looplift._signature:signature",
    "version_info": "looplift._version:version_info",
}


def typeof(value):
    """The type that `value` has as an argument of compiled code.

    Raises ValueError when it has none.
    """
    from looplift import _core, errors

    try:
        return _core.typeof_value(value)
    except errors.TypingError as e:
        from looplift import _overloads

        found = _overloads.typeof_registered(value)
        if found is None and type(value).__module__.startswith("numpy.random") and hasattr(value, "capsule"):
            found = types.npy_bitgen
        if found is None and (stands := _overloads.carried(value)) is not None:
            found = _core.typeof_value(stands)
        if found is None:
            raise _no_type(value, str(e)) from None
        return found


def _no_type(value, why):
    """The error for a value without a type: a ValueError; what arrays are not supported is Numba's own errors, as there."""
    before, unsupported, dtype = why.partition("Unsupported array dtype: ")
    if unsupported:
        return errors.NumbaValueError(unsupported + dtype)
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    if any(f"{c.__module__}.{c.__qualname__}" == "numpy.ndarray" for c in type(value).__mro__[1:]):
        return errors.NumbaTypeError(f"Unsupported array type: {name}.")
    return ValueError(f"Cannot determine Numba type of {type(value)}: {why.rpartition(': ')[2]}")


def __getattr__(name):
    place = _LAZY.get(name)
    if place is None:
        if name in _ERRORS:
            return getattr(errors, name)
        raise AttributeError(f"module 'looplift' has no attribute {name!r}")
    from importlib import import_module

    module, _, attribute = place.partition(":")
    value = import_module(module)
    if attribute:
        value = getattr(value, attribute)
    globals()[name] = value
    return value


# The classes of errors are names of the package as well.
_ERRORS = frozenset(name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception))

# Packages are not for `import *`: `np` is NumPy's name everywhere.
_PACKAGES = {"core", "np"}
__all__ = ["__version__", "config", "errors", "jit", "jit_module", "literal_unroll", "literally", "njit", "pndindex", "prange", "typeof", "types"]
__all__ += [*(name for name in _LAZY if name not in _PACKAGES), *_TYPES, *_ERRORS]
