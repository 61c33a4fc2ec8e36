"""Whether numbers and arrays are equal or close."""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_false,
    is_number,
    is_real,
    is_true,
    promote,
    scalar_class,
)


def _close(a, b, rtol, atol, equal_nan):
    if a == b:
        return True
    if a != a or b != b:
        return equal_nan and a != a and b != b
    if np.isinf(a) or np.isinf(b):
        return False
    return abs(a - b) <= atol + rtol * abs(b)


def _isclose_of_numbers(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return _close(a, b, rtol, atol, equal_nan)


@cache
def _isclose(scalar_a, scalar_b):
    if scalar_b:

        def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
            out = np.empty(a.shape, np.bool_)
            flat = out.ravel()
            x = a.copy().ravel()
            for i in range(len(flat)):
                flat[i] = _close(x[i], b, rtol, atol, equal_nan)
            return out

    elif scalar_a:

        def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
            out = np.empty(b.shape, np.bool_)
            flat = out.ravel()
            y = b.copy().ravel()
            for i in range(len(flat)):
                flat[i] = _close(a, y[i], rtol, atol, equal_nan)
            return out

    else:

        def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
            if a.shape != b.shape:
                raise ValueError("operands could not be broadcast together: their shapes differ")
            out = np.empty(a.shape, np.bool_)
            flat = out.ravel()
            x = a.copy().ravel()
            y = b.copy().ravel()
            for i in range(len(flat)):
                flat[i] = _close(x[i], y[i], rtol, atol, equal_nan)
            return out

    return isclose


def _is_tolerance(t):
    return isinstance(t, float) or is_real(t)


def _comparable(a, b, rtol, atol, equal_nan):
    if not (_is_tolerance(rtol) and _is_tolerance(atol) and (is_true(equal_nan) or is_false(equal_nan))):
        return False
    return all(is_number(t) or (is_array(t) and t.ndim) for t in (a, b))


@overload("numpy.isclose")
def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    if _comparable(a, b, rtol, atol, equal_nan):
        if is_number(a) and is_number(b):
            return _isclose_of_numbers
        if is_number(a) or is_number(b) or a.ndim == b.ndim:
            return _isclose(is_number(a), is_number(b))


@cache
def _allclose(number):
    if number:

        def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
            return _close(a, b, rtol, atol, equal_nan)

    else:

        def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
            return np.all(np.isclose(a, b, rtol, atol, equal_nan))

    return allclose


@overload("numpy.allclose")
def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    if _comparable(a, b, rtol, atol, equal_nan):
        if is_number(a) or is_number(b) or a.ndim == b.ndim:
            return _allclose(is_number(a) and is_number(b))


def _array_equal(a1, a2):
    if a1.shape != a2.shape:
        return False
    x = a1.copy().ravel()
    y = a2.copy().ravel()
    for i in range(len(x)):
        if x[i] != y[i]:
            return False
    return True


def _never_equal(a1, a2):
    return False


@overload("numpy.array_equal")
def array_equal(a1, a2):
    if is_array(a1) and is_array(a2):
        return _array_equal if a1.ndim == a2.ndim else _never_equal
