"""Differential test kit: a function is run by the interpreter and compiled, and every observable must agree."""

from .check import check, check_error, compiled, outcome
from .clone import clone
from .compare import assert_same, boxed
from .module import IS_PEER, MODULE, beyond_peer, errors, jit, njit, types
from .scalars import ALL, COMPLEX, FLOATS, INTS, NUMBERS, REALS, SIGNED, UNSIGNED, scalar, values_of

__all__ = [
    "ALL",
    "COMPLEX",
    "FLOATS",
    "INTS",
    "IS_PEER",
    "MODULE",
    "NUMBERS",
    "REALS",
    "SIGNED",
    "UNSIGNED",
    "assert_same",
    "beyond_peer",
    "boxed",
    "check",
    "check_error",
    "clone",
    "compiled",
    "errors",
    "jit",
    "njit",
    "outcome",
    "scalar",
    "types",
    "values_of",
]
