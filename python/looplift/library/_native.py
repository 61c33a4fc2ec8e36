"""Runtime symbols as functions: `from looplift.library._native import gemm`.

Any row of the compiler's symbol table that takes numbers and addresses and gives at most one number can be imported. In
compiled code a call of such a function is a call of the symbol; an array stands for the address of its data. In the
interpreter it goes through ctypes. The caller answers for sizes: nothing is checked.
"""

import ctypes

import numpy as np

from looplift import _core

_CTYPES = {"i64": ctypes.c_int64, "f32": ctypes.c_float, "f64": ctypes.c_double}


def _word(value):
    if isinstance(value, np.ndarray):
        return value.ctypes.data
    if isinstance(value, np.random.Generator):
        return value.bit_generator.ctypes.bit_generator.value
    return value


def _function(name, address, params, rets):
    result = _CTYPES[rets[0]] if rets else None
    symbol = ctypes.CFUNCTYPE(result, *(_CTYPES[p] for p in params))(address)

    def call(*args):
        return symbol(*map(_word, args))

    call.__module__ = __name__
    call.__name__ = call.__qualname__ = name
    return call


def __getattr__(name):
    found = _core.native_symbol(name)
    if found is None:
        raise AttributeError(f"the runtime has no symbol {name}")
    function = globals()[name] = _function(name, *found)
    return function
