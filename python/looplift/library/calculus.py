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
def _value_at(t):
    """The value at a place that `_place_of` found as `k`; places and samples are floats, or complex."""
    between = _complex_part if kind_of(t) == "c" else _real_part

    def value_at(at, xp, fp, low, high, k):
        n = len(xp)
        if n == 1:
            # A single sample is the answer to everything that is not beside it.
            return low if at < xp[0] else high if at > xp[0] else fp[0]
        if at != at:
            return t(at)
        if k == -1:
            return low
        if k == n:
            return high
        if k == n - 1 or xp[k] == at:
            return fp[k]
        return between(at, xp, fp, k)

    return value_at


@cache
def _as_class(given, t):
    """A function that gives an array of the class `given` as one of the class `t`: itself, if it is one."""

    def itself(a):
        return a

    def converted(a):
        return a.astype(t)

    return itself if given is t else converted


@cache
def _interp(t, form, given, has_left, has_right):
    """`form` says what is asked about: a number, an array without dimensions, or an array; `given` are the classes of places and samples."""
    value_at = _value_at(t)
    as_places = _as_class(given[0], np.float64)
    as_heights = _as_class(given[1], t)

    def ends(xp, fp, left, right):
        if len(xp) == 0:
            raise ValueError("array of sample points is empty")
        if len(xp) != len(fp):
            raise ValueError("fp and xp are not of the same length. (fp and xp are not of the same size.)")
        low = t(fp[0])
        if has_left:
            low = t(left)
        high = t(fp[len(fp) - 1])
        if has_right:
            high = t(right)
        return low, high

    def interp(x, xp, fp, left=None, right=None):
        low, high = ends(xp, fp, left, right)
        values = x.ravel()
        places = as_places(xp)
        heights = as_heights(fp)
        out = np.empty(len(values), t)
        single = len(places) == 1
        k = 0
        for i in range(len(values)):
            at = float(values[i])
            if at == at and not single:
                k = _place_of(at, places, k)
            out[i] = value_at(at, places, heights, low, high, k)
        return out.reshape(x.shape)

    def interp_number(x, xp, fp, left=None, right=None):
        low, high = ends(xp, fp, left, right)
        places = as_places(xp)
        at = float(x)
        k = 0
        if at == at and len(places) > 1:
            k = _place_of(at, places, 0)
        return value_at(at, places, as_heights(fp), low, high, k)

    def interp_item(x, xp, fp, left=None, right=None):
        return interp_number(x[()], xp, fp, left, right)

    return {"number": interp_number, "item": interp_item}.get(form, interp)


def _is_reals(t):
    return is_real(t) or (is_array(t) and element_class(t) is not None and kind_of(element_class(t)) != "c")


@overload("numpy.interp")
def interp(x, xp, fp, left=None, right=None):
    if not (_is_reals(x) and is_array(xp, 1) and _is_reals(xp) and is_array(fp, 1) and element_class(fp)):
        return None
    is_complex = kind_of(element_class(fp)) == "c"
    if all(is_absent(t) or is_real(t) or (is_complex and is_number(t)) for t in (left, right)):
        form = "number" if is_real(x) else "item" if x.ndim == 0 else "array"
        given = element_class(xp), element_class(fp)
        return _interp(
            np.complex128 if is_complex else np.float64, form, given, not is_absent(left), not is_absent(right)
        )
