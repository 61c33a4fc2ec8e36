"""Rounding to digits and keeping within bounds, of numbers and of arrays."""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_complex,
    is_index,
    is_int,
    is_number,
    is_real,
    kind_of,
    promote,
    scalar_class,
)
from looplift.library.broadcasting import common_shape


@overload("numpy.fix")
def fix(x):
    if is_real(x):
        return _trunc


def _trunc(x):
    return np.trunc(x)


@cache
def _round_real(t):
    if kind_of(t) != "f":

        def around(a, decimals=0):
            return t(a)

        return around

    def around(a, decimals=0):
        x = t(a)
        if decimals == 0:
            return np.rint(x)
        if decimals > 0:
            scale = t(10.0**decimals)
            return np.rint(x * scale) / scale
        scale = t(10.0**-decimals)
        return np.rint(x / scale) * scale

    return around


@overload("numpy.round", "numpy.around", "numpy.round_")
def around_real(a, decimals=0):
    t = scalar_class(a)
    if t is None or kind_of(t) == "c" or not (decimals == 0 or is_index(decimals)):
        return None
    if kind_of(t) == "f" or decimals == 0:
        return _round_real(t)


@cache
def _round_array(t):
    if kind_of(t) == "c":

        def around(a, decimals=0, out=None):
            made = np.empty(a.shape, t)
            flat = a.copy().ravel()
            to = made.ravel()
            for i in range(len(to)):
                z = flat[i]
                to[i] = complex(np.round(z.real, decimals), np.round(z.imag, decimals))
            return made

    else:

        def around(a, decimals=0, out=None):
            made = np.empty(a.shape, t)
            flat = a.copy().ravel()
            to = made.ravel()
            for i in range(len(to)):
                to[i] = np.round(flat[i], decimals)
            return made

    return around


@cache
def _round_into(t):
    found = _round_array(t)

    def around(a, decimals=0, out=None):
        if out.shape != a.shape:
            raise ValueError("invalid output shape")
        out[...] = found(a, decimals)
        return out

    return around


def _round_cell(a, decimals=0, out=None):
    return np.round(a[()], decimals)


@overload("numpy.round", "numpy.around", "array.round", "numpy.round_")
def around(a, decimals=0, out=None):
    if is_array(a) and (decimals == 0 or is_index(decimals)):
        t = element_class(a)
        if kind_of(t) == "b":
            return None
        if is_absent(out):
            return _round_array(t) if a.ndim else _round_cell
        if is_array(out) and out.ndim != a.ndim:
            return None
        return _round_into(t) if is_array(out) and np.can_cast(t, element_class(out), "same_kind") else None


@cache
def _round_whole(t):
    scale_limit = 19

    def around(a, decimals=0, out=None):
        if decimals >= 0:
            return t(a)
        if -decimals > scale_limit:
            return t(0)
        # As NumPy: through a float.
        scale = 10.0**-decimals
        return t(np.rint(float(a) / scale) * scale)

    return around


@cache
def _round_complex(t):
    def around(a, decimals=0, out=None):
        return t(complex(np.round(a.real, decimals), np.round(a.imag, decimals)))

    return around


@overload("numpy.round", "numpy.around", "numpy.round_")
def around_number(a, decimals=0, out=None):
    _check_output(out)
    if is_absent(out) and (decimals == 0 or is_index(decimals)):
        if is_int(a):
            return _round_whole(scalar_class(a))
        if is_complex(a):
            return _round_complex(scalar_class(a))


# Bounds


@cache
def _clip_number(t):
    def clip(a, a_min, a_max):
        low = np.maximum(t(a), t(a_min))
        return np.minimum(low, t(a_max))

    return clip


@cache
def _clip_below(t):
    def clip(a, a_min, a_max=None):
        return np.maximum(t(a), t(a_min))

    return clip


@cache
def _clip_above(t):
    def clip(a, a_min, a_max):
        return np.minimum(t(a), t(a_max))

    return clip


@overload("numpy.clip")
def clip_number(a, a_min=None, a_max=None):
    given = [x for x in (a_min, a_max) if not is_absent(x)]
    t = promote(*map(scalar_class, (a, *given))) if all(map(is_real, (a, *given))) else None
    if t is None or not given:
        return None
    if len(given) == 2:
        return _clip_number(t)
    return _clip_above(t) if is_absent(a_min) else _clip_below(t)


def _clip_both(a, a_min=None, a_max=None, out=None):
    return np.minimum(np.maximum(a, a_min), a_max)


def _clip_low(a, a_min=None, a_max=None, out=None):
    return np.maximum(a, a_min)


def _clip_high(a, a_min=None, a_max=None, out=None):
    return np.minimum(a, a_max)


def _clip_neither(a, a_min=None, a_max=None, out=None):
    raise ValueError("array_clip: must set either max or min")


@cache
def _clip_checked(found):
    """With bounds that are arrays: the shapes are compared first."""

    def clip(a, a_min=None, a_max=None, out=None):
        common_shape(a.shape, common_shape(np.shape(a_min), np.shape(a_max)))
        return found(a, a_min, a_max)

    def clip_one(a, a_min=None, a_max=None, out=None):
        common_shape(a.shape, np.shape(a_max if a_min is None else a_min))
        return found(a, a_min, a_max)

    return clip if found is _clip_both else clip_one


@cache
def _clip_into(found):
    def clip(a, a_min=None, a_max=None, out=None):
        made = found(a, a_min, a_max)
        if out.shape != made.shape:
            raise ValueError("clip: the shape of the 'out' array does not match the shape of the result")
        out[...] = made
        return out

    return clip


@cache
def _clip_method(found):
    def clip(a, min=None, max=None, out=None):
        return found(a, min, max, out)

    return clip


def _is_bound(t):
    return is_absent(t) or is_real(t) or (is_array(t) and kind_of(element_class(t)) != "c")


def _clip_form(a, a_min, a_max, out):
    bounds = [t for t in (a_min, a_max) if not is_absent(t)]
    if not is_array(a) or kind_of(element_class(a)) == "c" or not all(map(_is_bound, bounds)):
        return None
    if len(bounds) == 2:
        found = _clip_both
    elif bounds:
        found = _clip_high if is_absent(a_min) else _clip_low
    else:
        return _clip_neither
    if any(map(is_array, bounds)):
        found = _clip_checked(found)
    if is_array(out) and out.ndim != max(t.ndim for t in (a, *bounds) if is_array(t)):
        raise TypingError('The argument "out" must have the same number of dimensions as the result')
    if is_absent(out):
        return found
    return _clip_into(found) if is_array(out) and np.can_cast(element_class(a), element_class(out), "same_kind") else None


def _check_output(out):
    """A number would otherwise be converted to an array that nobody sees."""
    if is_number(out):
        raise TypingError('The argument "out" must be an array if it is provided')


@overload("numpy.clip")
def clip(a, a_min=None, a_max=None, out=None):
    _check_output(out)
    if is_array(a):
        return _clip_form(a, a_min, a_max, out)


@cache
def _clip_named(found):
    def clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None):
        return found(a, min, max, out)

    return clip


@overload("numpy.clip")
def clip_by_names(a, a_min=None, a_max=None, out=None, *, min=None, max=None):
    if is_array(a) and is_absent(a_min) and is_absent(a_max) and not (is_absent(min) and is_absent(max)):
        found = _clip_form(a, min, max, out)
        return found and _clip_named(found)


def _clip_where(a, a_min=None, a_max=None, out=None, *, where=True):
    made = np.clip(a, a_min, a_max)
    np.copyto(out, made, where=where)
    return out


@overload("numpy.clip")
def clip_where(a, a_min=None, a_max=None, out=None, *, where=True):
    if is_array(a) and is_array(out) and is_array(where) and element_class(where) is np.bool_ and out.mutable:
        return _clip_where if element_class(out) is element_class(a) else None


@overload("array.clip")
def clip_method(a, min=None, max=None, out=None):
    found = _clip_form(a, min, max, out)
    return found and _clip_method(found)


# sinc, i0
