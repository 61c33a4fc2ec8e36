"""Linear interpolation between samples."""

from functools import cache

import numpy as np

from looplift.library._registry import overload, without_errors
from looplift.library._types import element_class, is_absent, is_array, is_real, kind_of


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


def _interp_of_cell(x, xp, fp, left=None, right=None):
    return np.interp(x.item(), xp, fp)


@overload("numpy.interp")
def interp(x, xp, fp, left=None, right=None):
    if not (_is_reals(xp, 1) and _is_reals(fp, 1) and all(is_absent(t) or is_real(t) for t in (left, right))):
        return None
    if is_array(x, 0) and kind_of(element_class(x)) != "c" and is_absent(left) and is_absent(right):
        return _interp_of_cell
    if is_real(x):
        return _interp(0, not is_absent(left), not is_absent(right))
    if _is_reals(x, None) and x.ndim:
        return _interp(x.ndim, not is_absent(left), not is_absent(right))
