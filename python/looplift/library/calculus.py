"""Linear interpolation between samples, as NumPy has it: also of complex samples, and in places that do not increase."""

from functools import cache

import numpy as np

from looplift.library._registry import overload, without_errors
from looplift.library._types import element_class, is_absent, is_array, is_number, is_real, kind_of

# A search looks at places this near to the one before it.
_NEAR = 8


def _place_of(x, xp, guess):
    """The last sample not after `x`, found from the place of the one before; -1 before all samples, their number behind them."""
    n = len(xp)
    if x > xp[n - 1]:
        return n
    if x < xp[0]:
        return -1
    low = 0
    high = n
    if n <= 4:
        low = 1
        while low < n and x >= xp[low]:
            low += 1
        return low - 1
    g = max(min(guess, n - 3), 1)
    if x < xp[g]:
        if not x < xp[g - 1]:
            return g - 1
        high = g - 1
        if g > _NEAR and x >= xp[g - _NEAR]:
            low = g - _NEAR
    else:
        if x < xp[g + 1]:
            return g
        if x < xp[g + 2]:
            return g + 1
        low = g + 2
        if g < n - _NEAR - 1 and x < xp[g + _NEAR]:
            high = g + _NEAR
    while low < high:
        middle = low + ((high - low) >> 1)
        if x >= xp[middle]:
            low = middle + 1
        else:
            high = middle
    return low - 1


@without_errors
def _between(x, x0, x1, y0, y1, slope):
    y = slope * (x - x0) + y0
    # Infinite samples: try from the other side.
    if y != y:
        y = slope * (x - x1) + y1
        if y != y and y0 == y1:
            y = y0
    return y


@without_errors
def _real_part(x, xp, fp, k):
    x0 = xp[k]
    x1 = xp[k + 1]
    y0 = fp[k]
    y1 = fp[k + 1]
    return _between(x, x0, x1, y0, y1, (y1 - y0) / (x1 - x0))


@without_errors
def _complex_part(x, xp, fp, k):
    x0 = xp[k]
    x1 = xp[k + 1]
    y0 = fp[k]
    y1 = fp[k + 1]
    inverse = 1.0 / (x1 - x0)
    real = _between(x, x0, x1, y0.real, y1.real, (y1.real - y0.real) * inverse)
    imag = _between(x, x0, x1, y0.imag, y1.imag, (y1.imag - y0.imag) * inverse)
    return complex(real, imag)


@cache
def _interpolate(t):
    """Writes the values at `x` into `out`, which has the class `t`; places and samples are floats, or complex."""
    between = _complex_part if kind_of(t) == "c" else _real_part

    def interpolate(x, xp, fp, low, high, out):
        n = len(xp)
        k = 0
        for i in range(len(x)):
            at = float(x[i])
            if n == 1:
                # A single sample is the answer to everything that is not beside it.
                out[i] = low if at < xp[0] else high if at > xp[0] else fp[0]
            elif at != at:
                out[i] = t(at)
            else:
                k = _place_of(at, xp, k)
                if k == -1:
                    out[i] = low
                elif k == n:
                    out[i] = high
                elif k == n - 1 or xp[k] == at:
                    out[i] = fp[k]
                else:
                    out[i] = between(at, xp, fp, k)

    return interpolate


@cache
def _interp(t, number, has_left, has_right):
    interpolate = _interpolate(t)

    def samples(x, xp, fp, left, right):
        if len(xp) == 0:
            raise ValueError("array of sample points is empty")
        if len(xp) != len(fp):
            raise ValueError("fp and xp are not of the same length. (fp and xp are not of the same size.)")
        values = np.asarray(x).copy().ravel()
        places = xp.astype(np.float64)
        heights = fp.astype(t)
        low = heights[0]
        if has_left:
            low = t(left)
        high = heights[len(heights) - 1]
        if has_right:
            high = t(right)
        out = np.empty(len(values), t)
        interpolate(values, places, heights, low, high, out)
        return out

    def interp(x, xp, fp, left=None, right=None):
        return samples(x, xp, fp, left, right).reshape(x.shape)

    def interp_number(x, xp, fp, left=None, right=None):
        return samples(x, xp, fp, left, right)[0]

    return interp_number if number else interp


def _is_reals(t):
    return is_real(t) or (is_array(t) and element_class(t) is not None and kind_of(element_class(t)) != "c")


@overload("numpy.interp")
def interp(x, xp, fp, left=None, right=None):
    if not (_is_reals(x) and is_array(xp, 1) and _is_reals(xp) and is_array(fp, 1) and element_class(fp)):
        return None
    is_complex = kind_of(element_class(fp)) == "c"
    if all(is_absent(t) or is_real(t) or (is_complex and is_number(t)) for t in (left, right)):
        number = is_real(x) or x.ndim == 0
        return _interp(np.complex128 if is_complex else np.float64, number, not is_absent(left), not is_absent(right))
