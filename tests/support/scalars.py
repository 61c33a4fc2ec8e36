"""The numeric types, and for each the values where arithmetic goes wrong."""

import numpy as np

SIGNED = ["int8", "int16", "int32", "int64"]
UNSIGNED = ["uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float32", "float64"]
COMPLEX = ["complex64", "complex128"]
INTS = SIGNED + UNSIGNED
REALS = INTS + FLOATS
NUMBERS = REALS + COMPLEX
ALL = ["bool", *NUMBERS]


def scalar(name, value):
    """`value` as a NumPy scalar, which selects the compiled specialisation; int64, float64, complex128 and bool work too."""
    return np.dtype(name).type(value)


def values_of(name):
    """Edge and ordinary values of a type, few enough for all pairs."""
    dtype = np.dtype(name)
    if dtype.kind == "b":
        numbers = [False, True]
    elif dtype.kind in "iu":
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        numbers = sorted({low, low + 1, 0, 1, 2, 3, 7, 100, high - 1, high, *((-1, -2, -7) if low else ())})
    elif dtype.kind == "f":
        tiny, huge = np.finfo(dtype).tiny, np.finfo(dtype).max
        numbers = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 7.25, tiny, huge, -huge, np.inf, -np.inf, np.nan]
    else:
        numbers = [0j, complex(-0.0, 0.0), 1 + 0j, 1j, -1.5 + 2j, 3 - 4j, 0.25 - 0.5j]
    with np.errstate(all="ignore"):
        return [dtype.type(number) for number in numbers]
