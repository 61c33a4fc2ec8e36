"""Differences, interpolation, integrals of sampled functions."""

from functools import cache

import numpy as np

from looplift.library._registry import overload, without_errors
from looplift.library._sums import pairwise
from looplift.library._types import element_class, is_absent, is_array, is_index, is_number, is_real, kind_of, promote


@cache
def _diff(t):
    if kind_of(t) == "b":

        def differences(a):
            m = max(len(a) - 1, 0)
            out = np.empty(m, t)
            for i in range(m):
                out[i] = a[i + 1] != a[i]
            return out

    else:

        def differences(a):
            m = max(len(a) - 1, 0)
            out = np.empty(m, t)
            for i in range(m):
                out[i] = t(a[i + 1] - a[i])
            return out

    def diff(a, n=1):
        if n < 0:
            raise ValueError("order must be non-negative")
        b = a.copy()
        for _ in range(n):
            b = differences(b)
        return b

    return diff


@cache
def _diff_rows(t):
    def diff(a, n=1):
        if n < 0:
            raise ValueError("order must be non-negative")
        b = a.copy()
        for _ in range(n):
            rows, columns = b.shape
            m = max(columns - 1, 0)
            c = np.empty((rows, m), t)
            for i in range(rows):
                for j in range(m):
                    c[i, j] = t(b[i, j + 1] - b[i, j])
            b = c
        return b

    return diff


@overload("numpy.diff")
def diff(a, n=1):
    if n == 1 or is_index(n):
        if is_array(a, 1):
            return _diff(element_class(a))
        if is_array(a, 2) and kind_of(element_class(a)) != "b":
            return _diff_rows(element_class(a))


# interp


@without_errors
def _interpolate(x, xp, fp, left, right):
    """One number between samples at increasing places `xp`."""
    n = len(xp)
    if x != x:
        # A single sample is the answer to everything that is not beside it.
        if n == 1:
            return float(fp[0])
        return x
    if x < xp[0]:
        return left
    if x > xp[n - 1]:
        return right
    low = 0
    high = n
    while high - low > 1:
        middle = (low + high) >> 1
        if x < xp[middle]:
            high = middle
        else:
            low = middle
    if low == n - 1 or xp[low] == x:
        return float(fp[low])
    x0 = float(xp[low])
    x1 = float(xp[low + 1])
    y0 = float(fp[low])
    y1 = float(fp[low + 1])
    slope = (y1 - y0) / (x1 - x0)
    y = slope * (x - x0) + y0
    # Infinite samples: try from the other side.
    if y != y:
        y = slope * (x - x1) + y1
        if y != y and y0 == y1:
            y = y0
    return y


def _check_samples(xp, fp):
    if len(xp) == 0:
        raise ValueError("array of sample points is empty")
    if len(xp) != len(fp):
        raise ValueError("fp and xp are not of the same length.")


@cache
def _interp(ndim, has_left, has_right):
    def edges(fp, left, right):
        low = float(fp[0])
        high = float(fp[len(fp) - 1])
        if has_left:
            low = float(left)
        if has_right:
            high = float(right)
        return low, high

    if ndim == 0:

        def interp(x, xp, fp, left=None, right=None):
            _check_samples(xp, fp)
            low, high = edges(fp, left, right)
            return _interpolate(float(x), xp, fp, low, high)

    else:

        def interp(x, xp, fp, left=None, right=None):
            _check_samples(xp, fp)
            low, high = edges(fp, left, right)
            out = np.empty(x.shape)
            flat = out.ravel()
            values = x.copy().ravel()
            for i in range(len(flat)):
                flat[i] = _interpolate(float(values[i]), xp, fp, low, high)
            return out

    return interp


def _is_reals(t, ndim):
    return is_array(t, ndim) and kind_of(element_class(t)) != "c"


@overload("numpy.interp")
def interp(x, xp, fp, left=None, right=None):
    if not (_is_reals(xp, 1) and _is_reals(fp, 1) and all(is_absent(t) or is_real(t) for t in (left, right))):
        return None
    if is_real(x):
        return _interp(0, not is_absent(left), not is_absent(right))
    if _is_reals(x, None) and x.ndim:
        return _interp(x.ndim, not is_absent(left), not is_absent(right))


# trapezoid


@cache
def _trapezoid(t, has_x):
    zero = t(0)

    if has_x:

        def trapezoid(y, x=None, dx=1.0):
            n = max(len(y) - 1, 0)
            parts = np.empty(n, t)
            for i in range(n):
                parts[i] = t(x[i + 1] - x[i]) * t(t(y[i + 1]) + t(y[i])) / t(2)
            return zero + pairwise(parts, 0, n, zero)

    else:

        def trapezoid(y, x=None, dx=1.0):
            n = max(len(y) - 1, 0)
            parts = np.empty(n, t)
            for i in range(n):
                parts[i] = t(dx) * t(t(y[i + 1]) + t(y[i])) / t(2)
            return zero + pairwise(parts, 0, n, zero)

    return trapezoid


@overload("numpy.trapezoid", "numpy.trapz")
def trapezoid(y, x=None, dx=1.0):
    if not _is_reals(y, 1) or not (isinstance(dx, float) or is_number(dx)):
        return None
    if is_absent(x):
        return _trapezoid(np.float64, False)
    if _is_reals(x, 1):
        t = promote(element_class(x), element_class(y))
        return _trapezoid(t if kind_of(t) == "f" else np.float64, True)
