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

from looplift import config, errors, types
from looplift._core import __version__
from looplift.decorators import jit, njit

# In compiled code `prange` is `range` until loops run in parallel; the interpreter runs it as `range` in any case.
prange = range

# The types that are public names of the package, by Numba's spellings.
_TYPES = (
    "b1 bool_ boolean byte c8 c16 char complex64 complex128 double f4 f8 float32 float64 float_ i1 i2 i4 i8 int8 int16 int32 "
    "int64 int_ intc intp long_ longlong none optional short size_t ssize_t u1 u2 u4 u8 uchar uint uint8 uint16 uint32 uint64 uintc "
    "uintp ulong ulonglong ushort void"
).split()
globals().update({name: getattr(types, name) for name in _TYPES})


def typeof(value):
    """The type that `value` has as an argument of compiled code.

    Raises TypingError when it has none.
    """
    from looplift._core import typeof_value

    return typeof_value(value)


__all__ = ["__version__", "config", "errors", "guvectorize", "jit", "njit", "prange", "typeof", "types", "vectorize", *_TYPES]


# Decorators in modules that load when they are first used.
_DECORATORS = {
    "guvectorize": "_guvectorize",
    "vectorize": "_vectorize",
}


def __getattr__(name):
    # Submodules load when they are first used.
    if name == "extending":
        import importlib

        return importlib.import_module("looplift." + name)
    if name in _DECORATORS:
        import importlib

        found = globals()[name] = getattr(importlib.import_module("looplift." + _DECORATORS[name]), name)
        return found
    raise AttributeError(f"module 'looplift' has no attribute {name!r}")
