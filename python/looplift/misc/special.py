"""Functions with a meaning of their own in compiled code."""

import looplift as _looplift

__all__ = ["gdb", "gdb_breakpoint", "gdb_init", "literal_unroll", "literally", "pndindex", "prange", "typeof"]


def __getattr__(name):
    if name in __all__:
        return getattr(_looplift, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
