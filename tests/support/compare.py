"""Equality as the border defines it: exact types, every bit of a float, every NaN equal to every other."""

import math
import struct

import numpy as np


def boxed(value):
    """The Python object that compiled code returns for `value`: NumPy scalars become Python's, tuples item by item."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple) and type(value) is not tuple:
        return type(value)(*(boxed(item) for item in value))
    if isinstance(value, tuple):
        return tuple(boxed(item) for item in value)
    return value


def ordinal(value, single):
    """Floats in order as integers, so that neighbours differ by one; both zeros are 0."""
    pattern = struct.unpack("<i" if single else "<q", struct.pack("<f" if single else "<d", value))[0]
    return pattern if pattern >= 0 else -(pattern & (0x7FFFFFFF if single else 0x7FFFFFFFFFFFFFFF))


def floats_agree(expected, actual, ulps=0, single=False, rel=0.0):
    """Bit equality (any NaN equals any NaN), or distance within `ulps` units in the last place or the part `rel`."""
    if math.isnan(expected) or math.isnan(actual):
        return math.isnan(expected) and math.isnan(actual)
    if ulps == 0 and rel == 0.0:
        return expected == actual and math.copysign(1.0, expected) == math.copysign(1.0, actual)
    if rel and math.isfinite(expected) and math.isfinite(actual):
        return abs(expected - actual) <= rel * abs(expected)
    return abs(ordinal(expected, single) - ordinal(actual, single)) <= ulps


def assert_same(expected, actual, ulps=0, single=False, where="result", rel=0.0):
    """Fail, naming the place, unless `actual` equals `expected` in type and every bit."""
    if isinstance(expected, np.ndarray):
        assert_same_array(expected, actual, ulps, where, rel)
        return
    assert type(actual) is type(expected), (
        f"{where}: expected {expected!r} ({type(expected).__name__}), got {actual!r} ({type(actual).__name__})"
    )
    if isinstance(expected, float):
        agree = floats_agree(expected, actual, ulps, single, rel)
    elif isinstance(expected, complex) and rel and np.isfinite(expected) and np.isfinite(actual):
        agree = abs(expected - actual) <= rel * abs(expected)
    elif isinstance(expected, complex):
        agree = floats_agree(expected.real, actual.real, ulps, single) and floats_agree(
            expected.imag, actual.imag, ulps, single
        )
    elif isinstance(expected, tuple):
        assert len(actual) == len(expected), f"{where}: expected {expected!r}, got {actual!r}"
        for index, pair in enumerate(zip(expected, actual)):
            assert_same(*pair, ulps, single, f"{where}[{index}]", rel)
        return
    else:
        agree = expected == actual
    assert agree, f"{where}: expected {expected!r}, got {actual!r}"


def assert_same_array(expected, actual, ulps, where, rel=0.0):
    assert isinstance(actual, np.ndarray), f"{where}: expected an array, got {actual!r}"
    assert actual.dtype == expected.dtype, f"{where}: expected dtype {expected.dtype}, got {actual.dtype}"
    assert actual.shape == expected.shape, f"{where}: expected shape {expected.shape}, got {actual.shape}"
    for flag in ("C_CONTIGUOUS", "F_CONTIGUOUS", "WRITEABLE", "ALIGNED"):
        assert actual.flags[flag] == expected.flags[flag], f"{where}: {flag} should be {expected.flags[flag]}"
    if expected.size > 1 and expected.ndim:
        strides = [(e, a) for e, a, n in zip(expected.strides, actual.strides, expected.shape) if n > 1]
        assert all(e == a for e, a in strides), f"{where}: expected strides {expected.strides}, got {actual.strides}"
    if ulps == 0 and expected.tobytes() == actual.tobytes():
        return
    single = expected.dtype in (np.float32, np.complex64)
    for index in np.ndindex(expected.shape):
        place = f"{where}[{', '.join(map(str, index))}]"
        assert_same(expected[index].item(), actual[index].item(), ulps, single, place, rel)
