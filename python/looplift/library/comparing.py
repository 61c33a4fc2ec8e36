"""Whether numbers and arrays are equal or close."""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import is_array, is_bool, is_false, is_number, is_real, is_true
from looplift.library.broadcasting import common_shape, stretch


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


def _isclose_of_arrays(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    x = np.asarray(a)
    y = np.asarray(b)
    shape = common_shape(x.shape, y.shape)
    u = stretch(x, shape).copy().ravel()
    v = stretch(y, shape).copy().ravel()
    out = np.empty(shape, np.bool_)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = _close(u[i], v[i], rtol, atol, equal_nan)
    return out


def _is_tolerance(t):
    return isinstance(t, float) or (is_real(t) and not is_bool(t))


def _comparable(a, b, rtol, atol, equal_nan):
    if not (_is_tolerance(rtol) and _is_tolerance(atol) and (is_true(equal_nan) or is_false(equal_nan))):
        return False
    return all(is_number(t) or is_array(t) for t in (a, b))


@overload("numpy.isclose")
def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    if _comparable(a, b, rtol, atol, equal_nan):
        if is_number(a) and is_number(b):
            return _isclose_of_numbers
        return _isclose_of_arrays


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
        return _allclose(is_number(a) and is_number(b))


@cache
def _array_equal(nan):
    def array_equal(a1, a2, equal_nan=False):
        if a1.shape != a2.shape:
            return False
        x = a1.copy().ravel()
        y = a2.copy().ravel()
        for i in range(len(x)):
            if x[i] != y[i] and not (nan and x[i] != x[i] and y[i] != y[i]):
                return False
        return True

    return array_equal


def _never_equal(a1, a2, equal_nan=False):
    return False


@overload("numpy.array_equal")
def array_equal(a1, a2, equal_nan=False):
    if is_array(a1) and is_array(a2) and (is_true(equal_nan) or is_false(equal_nan)):
        return _array_equal(is_true(equal_nan)) if a1.ndim == a2.ndim else _never_equal
