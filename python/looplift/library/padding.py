"""numpy.pad in all its modes: each axis is filled line by line, what is filled already serving the next axis."""

import math
from functools import cache

import numpy as np

from looplift.library._axes import three
from looplift.library._registry import overload
from looplift.library._types import element_class, is_array, is_index, is_int_tuple, is_number, is_tuple, kind_of, text
from looplift.library.tiling import check_widths, inner_part, padded_shape, widths_for

_STATISTICS = ("maximum", "minimum", "mean", "median")
_MODES = ("constant", "linear_ramp", "reflect", "symmetric", *_STATISTICS)


# Pairs of values for each axis, from what the caller gives


def _pair_of_number(given, k):
    return given, given


def _pair_of_single(given, k):
    return given[0], given[0]


def _pair_of_two(given, k):
    return given[0], given[1]


def _pair_of_nested(given, k):
    return given[0][0], given[0][1]


def _pair_of_axes(given, k):
    table = np.array(given)
    return table[k, 0], table[k, 1]


def _pairs(t, ndim, is_value):
    """How to get at the pair of an axis in an argument of this type, or None."""
    if is_value(t):
        return _pair_of_number
    if not is_tuple(t) or not t.count:
        return None
    if all(map(is_value, t.types)):
        return {1: _pair_of_single, 2: _pair_of_two}.get(t.count)
    if all(is_tuple(e) and e.count == 2 and all(map(is_value, e.types)) for e in t.types):
        if t.count == ndim:
            return _pair_of_axes
        return _pair_of_nested if t.count == 1 else None
    return None


# Lines: `low` places, `n` elements, `high` places


@cache
def _constant(t):
    def fill(line, low, n, high, first, last):
        for i in range(low):
            line[i] = t(first)
        for i in range(low + n, low + n + high):
            line[i] = t(last)

    return fill


@cache
def _ramp(t):
    floored = kind_of(t) in "iu"

    def side(line, start, step, edge, end, width):
        """From the edge outwards to `end`."""
        for i in range(width):
            # As linspace from the end to the edge, without the edge.
            x = end + (edge - end) / width * (width - 1 - i)
            if floored:
                line[start + step * i] = t(math.floor(x))
            else:
                line[start + step * i] = t(x)

    def fill(line, low, n, high, first, last):
        if n > 0:
            side(line, low - 1, -1, float(line[low]), float(first), low)
            side(line, low + n, 1, float(line[low + n - 1]), float(last), high)

    return fill


@cache
def _statistic(t, name):
    whole = kind_of(t) in "iu"

    def value(part):
        if name == "maximum":
            return np.max(part)
        if name == "minimum":
            return np.min(part)
        if name == "mean":
            found = np.mean(part)
        else:
            found = np.median(part)
        if whole:
            return np.rint(found)
        return found

    def fill(line, low, n, high, first, last):
        count = n if first is None else min(int(first), n)
        if low > 0:
            line[:low] = t(value(line[low : low + count].copy()))
        count = n if last is None else min(int(last), n)
        if high > 0:
            line[low + n :] = t(value(line[low + n - count : low + n].copy()))

    return fill


@cache
def _odd(t, edges):
    """Turned around the edges: what is reflected is subtracted from twice the edge."""

    def at(line, low, n, j):
        total = t(0)
        plus = True
        while j < 0 or j >= n:
            edge = line[low] if j < 0 else line[low + n - 1]
            twice = t(edge + edge)
            total = t(total + twice) if plus else t(total - twice)
            plus = not plus
            if j < 0:
                j = -1 - j if edges else -j
            else:
                j = 2 * n - 1 - j if edges else 2 * (n - 1) - j
        return t(total + line[low + j]) if plus else t(total - line[low + j])

    def fill(line, low, n, high, first, last):
        for i in range(-low, n + high):
            if i < 0 or i >= n:
                line[low + i] = line[low] if n == 1 else at(line, low, n, i)

    return fill


@cache
def _pad(widths_of, pairs, fill, needs):
    def padded(array, pad_width, given):
        widths = widths_of(array, pad_width)
        check_widths(widths)
        out = np.empty(padded_shape(array.shape, widths), array.dtype)
        out[...] = array.dtype.type(0)
        inner_part(out, array.shape, widths)[...] = array
        for k in range(array.ndim):
            n = array.shape[k]
            low = widths[k][0]
            high = widths[k][1]
            if needs and n == 0 and low + high > 0:
                raise ValueError("can't extend an empty axis using modes other than 'constant' or 'empty'")
            first, last = pairs(given, k)
            b = three(out, k)
            if low + high > 0:
                for i in range(b.shape[0]):
                    for j in range(b.shape[2]):
                        fill(b[i, :, j], low, n, high, first, last)
        return out

    return padded


@cache
def _form(padded, parameter):
    scope = {"__name__": __name__, "padded": padded}
    head = "array, pad_width, mode='constant', *, constant_values=0, end_values=0, stat_length=None, reflect_type='even'"
    exec(f"def pad({head}):\n    return padded(array, pad_width, {parameter})\n", scope)  # a name of this module
    return scope["pad"]


def _is_length(t):
    return t is None or is_index(t)


def _no_length(given, k):
    return None, None


def _is_value(t):
    return t == 0 if isinstance(t, int) else is_number(t)


@overload("general.pad")
def pad(array, pad_width, mode="constant", *, constant_values=0, end_values=0, stat_length=None, reflect_type="even"):
    name = text(mode)
    if not is_array(array) or not array.ndim or element_class(array) is None or name not in _MODES:
        return None
    widths, t = widths_for(array, pad_width), element_class(array)
    if widths is None:
        return None
    if name == "constant":
        pairs = _pairs(constant_values, array.ndim, _is_value)
        return pairs and _form(_pad(widths, pairs, _constant(t), False), "constant_values")
    if name == "linear_ramp":
        pairs = _pairs(end_values, array.ndim, _is_value)
        return pairs and kind_of(t) != "c" and _form(_pad(widths, pairs, _ramp(t), True), "end_values") or None
    if name in _STATISTICS:
        pairs = _no_length if stat_length is None or str(stat_length) == "none" else _pairs(stat_length, array.ndim, _is_length)
        return pairs and kind_of(t) != "c" and _form(_pad(widths, pairs, _statistic(t, name), True), "stat_length") or None
    if text(reflect_type) == "odd":
        return _form(_pad(widths, _no_length, _odd(t, name == "symmetric"), True), "0")


@cache
def _even(name):
    def padded(array, pad_width, given):
        return np.pad(array, pad_width, name)

    return padded


@overload("general.pad")
def pad_plainly(array, pad_width, mode="constant", *, constant_values=0, end_values=0, stat_length=None, reflect_type="even"):
    # What says nothing new.
    if text(mode) in ("reflect", "symmetric") and text(reflect_type) == "even" and hasattr(reflect_type, "kind"):
        if is_index(pad_width) or is_int_tuple(pad_width) or is_tuple(pad_width):
            return _form(_even(text(mode)), "0")
