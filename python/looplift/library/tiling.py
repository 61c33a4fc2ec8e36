"""Elements again and elsewhere: repeat, tile, resize, roll, pad, trim_zeros."""

from functools import cache

import numpy as np

from looplift.library._axes import normal_axis, with_length
from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_index,
    is_int,
    is_int_tuple,
    is_number,
    is_shape,
    is_tuple,
    kind,
    kind_of,
    storage,
    text,
)
from looplift.library._views import strided
from looplift.library.joining import part_of
from looplift.library.shaping import in_c_order
from looplift.library.sorting import is_texts


@cache
def _repeat_along(t, counts, flat):
    def expand(a, k, repeats):
        n = a.shape[k]
        total = 0
        if counts:
            if len(repeats) != n and len(repeats) != 1:
                raise ValueError("operands could not be broadcast together: repeats do not fit the axis")
            for i in range(n):
                c = repeats[i if len(repeats) > 1 else 0]
                if c < 0:
                    raise ValueError("repeats may not contain negative values. (negative dimensions are not allowed)")
                total += c
        else:
            if repeats < 0:
                raise ValueError("negative dimensions are not allowed")
            total = n * repeats
        out = np.empty(with_length(a.shape, k, total), t)
        at = 0
        for i in range(n):
            if counts:
                c = repeats[i if len(repeats) > 1 else 0]
            else:
                c = repeats
            if c > 0:
                part_of(out, k, at, at + c)[...] = part_of(a, k, i, i + 1)
                at += c
        return out

    def expand_flat(a, repeats):
        n = len(a)
        if counts:
            if len(repeats) != n and len(repeats) != 1:
                raise ValueError("operands could not be broadcast together: repeats do not fit the axis")
            total = 0
            for i in range(n):
                c = repeats[i if len(repeats) > 1 else 0]
                if c < 0:
                    raise ValueError("repeats may not contain negative values. (negative dimensions are not allowed)")
                total += c
        else:
            if repeats < 0:
                raise ValueError("negative dimensions are not allowed")
            total = n * repeats
        out = np.empty(total, t)
        at = 0
        for i in range(n):
            if counts:
                c = repeats[i if len(repeats) > 1 else 0]
            else:
                c = repeats
            x = a[i]
            for _ in range(c):
                out[at] = x
                at += 1
        return out

    if flat:

        def repeat(a, repeats, axis=None):
            return expand_flat(np.ravel(np.asarray(a)), repeats)

    else:

        def repeat(a, repeats, axis=None):
            return expand(a, normal_axis(axis, a.ndim), repeats)

    return repeat


@overload("numpy.repeat", "array.repeat")
def repeat(a, repeats, axis=None):
    if not (is_array(a) or is_number(a) or is_tuple(a)) or storage(a) is None:
        return None
    counts = (is_array(repeats, 1) and kind_of(element_class(repeats)) in "biu") or (is_int_tuple(repeats) and repeats.count > 0)
    counts = counts or (kind(repeats) == "list" and is_index(repeats.dtype))
    if not (counts or is_int(repeats)):
        return None
    if is_absent(axis):
        return _repeat_along(storage(a), counts, True)
    if is_array(a) and a.ndim and is_index(axis):
        return _repeat_along(storage(a), counts, False)


def _tiled(a, reps):
    """`a` with as many dimensions as there are repetitions."""
    for n in reps:
        if n < 0:
            raise ValueError("negative dimensions are not allowed")
    out = np.empty(_times(a.shape, reps), a.dtype)
    if out.size > 0:
        # Blocks side by side, seen as further axes.
        inner = _blocks_shape(a.shape, reps)
        blocks = strided(out, 0, inner, _blocks_strides(out.strides, a.shape))
        blocks[...] = _spread(a)
    return out


def _times(shape, reps):
    if len(shape) == 0:
        return ()
    return (shape[0] * max(reps[0], 0),) + _times(shape[1:], reps[1:])


def _blocks_shape(shape, reps):
    if len(shape) == 0:
        return ()
    return (reps[0], shape[0]) + _blocks_shape(shape[1:], reps[1:])


def _blocks_strides(strides, shape):
    if len(shape) == 0:
        return ()
    return (strides[0] * shape[0], strides[0]) + _blocks_strides(strides[1:], shape[1:])


def _spread_shape(shape):
    if len(shape) == 0:
        return ()
    return (1, shape[0]) + _spread_shape(shape[1:])


def _spread_strides(strides):
    if len(strides) == 0:
        return ()
    return (0, strides[0]) + _spread_strides(strides[1:])


def _spread(a):
    return strided(a, 0, _spread_shape(a.shape), _spread_strides(a.strides))


def _filled_before(t, like, item):
    """The tuple with items put before it, as long as the tuple `like` at least."""
    if len(t) >= len(like):
        return t
    return (item,) + _filled_before(t, like[1:], item)


@cache
def _tile(ndim, line):
    like = (0,) * ndim

    def tiled(a, reps):
        b = strided(a, 0, _filled_before(a.shape, like, 1), _filled_before(a.strides, like, 0))
        return _tiled(b, _filled_before(reps, like, 1))

    def tile(A, reps):
        return tiled(np.asarray(A), reps)

    def tile_line(A, reps):
        return tiled(np.asarray(A), (reps,))

    return tile_line if line else tile


@overload("numpy.tile")
def tile(A, reps):
    if (is_array(A) or is_number(A)) and is_shape(reps):
        ndim = A.ndim if is_array(A) else 0
        return _tile(max(ndim, 1 if is_index(reps) else reps.count), is_index(reps))


@cache
def _resize(t, line):
    def fill(a, shape):
        for n in shape:
            if n < 0:
                raise ValueError("All elements of `new_shape` must be non-negative")
        source = np.ravel(np.asarray(a))
        n = len(source)
        if n == 0:
            return np.zeros(shape, t)
        out = np.empty(shape, t)
        to = out.ravel()
        k = 0
        for i in range(len(to)):
            to[i] = source[k]
            k += 1
            if k == n:
                k = 0
        return out

    def resize(a, new_shape):
        return fill(a, new_shape)

    def resize_line(a, new_shape):
        return fill(a, (new_shape,))

    return resize_line if line else resize


@overload("numpy.resize")
def resize(a, new_shape):
    if (is_array(a) or is_number(a)) and is_shape(new_shape):
        return _resize(storage(a), is_index(new_shape))


def _roll_flat(a, shift, axis=None):
    source = in_c_order(a).ravel()
    rolled = np.empty(len(source), a.dtype)
    _roll_line(source, rolled, shift)
    return rolled.reshape(a.shape)


def _roll_line(source, to, shift):
    n = len(source)
    if n > 0:
        k = shift % n
        to[k:] = source[: n - k]
        to[:k] = source[n - k :]


def _roll_axis(a, shift, axis=None):
    out = np.empty_like(a)
    k = normal_axis(axis, a.ndim)
    n = a.shape[k]
    if n > 0:
        s = shift % n
        part_of(out, k, s, n)[...] = part_of(a, k, 0, n - s)
        part_of(out, k, 0, s)[...] = part_of(a, k, n - s, n)
    return out


def _roll_axes_copied(a, shift, axis=None):
    b = a.copy()
    for i in range(len(axis)):
        b[...] = _roll_axis(b, shift[i], axis[i])
    return b


def _roll_axes_by_one(a, shift, axis=None):
    b = a.copy()
    for i in range(len(axis)):
        b[...] = _roll_axis(b, shift, axis[i])
    return b


def _roll_tuple_flat(a, shift, axis=None):
    total = 0
    for s in shift:
        total += s
    return _roll_flat(a, total)


@overload("numpy.roll")
def roll(a, shift, axis=None):
    if not is_array(a):
        return None
    if is_absent(axis):
        return _roll_flat if is_index(shift) else _roll_tuple_flat if is_int_tuple(shift) else None
    if is_index(axis) and a.ndim and is_index(shift):
        return _roll_axis
    if is_int_tuple(axis):
        return _roll_axes_by_one if is_index(shift) else _roll_axes_copied if is_int_tuple(shift, axis.count) else None


# pad


def padded_shape(shape, widths):
    if len(shape) == 0:
        return ()
    return (shape[0] + widths[0][0] + widths[0][1],) + padded_shape(shape[1:], widths[1:])


def inner_part(out, shape, widths):
    """The part of the padded array that has the old elements."""
    offset = 0
    for k in range(len(shape)):
        offset += widths[k][0] * out.strides[k]
    return strided(out, offset, shape, out.strides)


def _same_widths(shape, before, after):
    if len(shape) == 0:
        return ()
    return ((before, after),) + _same_widths(shape[1:], before, after)


def check_widths(widths):
    for w in widths:
        if w[0] < 0 or w[1] < 0:
            raise ValueError("index can't contain negative values")


def _source_position(i, n, mode):
    """The old position that a padded position takes its element from."""
    if mode == "edge":
        return min(max(i, 0), n - 1)
    if mode == "wrap":
        return i % n
    if mode == "reflect":
        if n == 1:
            return 0
        period = 2 * (n - 1)
        j = i % period
        return period - j if j >= n else j
    period = 2 * n
    j = i % period
    return period - 1 - j if j >= n else j


@cache
def _pad(mode, widths_of, t):
    if mode in ("constant", "empty"):

        def pad(array, pad_width, mode="constant", constant_values=0):
            widths = widths_of(array, pad_width)
            check_widths(widths)
            out = np.empty(padded_shape(array.shape, widths), array.dtype)
            out[...] = t(constant_values)
            inner_part(out, array.shape, widths)[...] = array
            return out

    else:

        def pad(array, pad_width, mode="constant", constant_values=0):
            widths = widths_of(array, pad_width)
            check_widths(widths)
            # Texts are read before they are all written: nothing may be undefined.
            out = np.zeros(padded_shape(array.shape, widths), array.dtype)
            inner_part(out, array.shape, widths)[...] = array
            # Axis by axis: what is filled already serves the next.
            for k in range(array.ndim):
                n = array.shape[k]
                low = widths[k][0]
                if n == 0 and low + widths[k][1] > 0:
                    raise ValueError("can't extend an empty axis using modes other than 'constant' or 'empty'")
                for i in range(out.shape[k]):
                    j = i - low
                    if j < 0 or j >= n:
                        source = _source_position(j, n, name) + low
                        part_of(out, k, i, i + 1)[...] = part_of(out, k, source, source + 1)
            return out

    name = mode
    return pad


def _widths_of_number(array, pad_width):
    return _same_widths(array.shape, pad_width, pad_width)


def _widths_of_single(array, pad_width):
    return _same_widths(array.shape, pad_width[0], pad_width[0])


def _widths_of_pair(array, pad_width):
    return _same_widths(array.shape, pad_width[0], pad_width[1])


def _widths_of_nested(array, pad_width):
    return _same_widths(array.shape, pad_width[0][0], pad_width[0][1])


def _widths_of_all(array, pad_width):
    return pad_width


def widths_for(array, pad_width):
    """A function that gives the widths of all axes, or None."""
    if is_index(pad_width):
        return _widths_of_number
    if is_int_tuple(pad_width, 1):
        return _widths_of_single
    if is_int_tuple(pad_width, 2):
        return _widths_of_pair
    if is_tuple(pad_width) and pad_width.count and all(is_int_tuple(e, 2) for e in pad_width.types):
        return _widths_of_all if pad_width.count == array.ndim else _widths_of_nested if pad_width.count == 1 else None
    return None


@overload("numpy.pad")
def pad(array, pad_width, mode="constant", constant_values=0):
    name = text(mode)
    if not (is_array(array) and array.ndim and name in ("constant", "edge", "wrap", "reflect", "symmetric", "empty")):
        return None
    if not (constant_values == 0 or is_number(constant_values)):
        return None
    if name == "constant" and element_class(array) is None:
        return None
    widths = widths_for(array, pad_width)
    return widths and _pad(name, widths, element_class(array))


def _holds(x):
    """Whether an element counts: a number that is not 0, a text that is not empty."""
    if isinstance(x, str):
        return len(x) > 0
    return x != 0


def _trim_zeros(filt, trim="fb"):
    ends = trim.lower()
    low = 0
    high = len(filt)
    if "f" in ends:
        while low < high and not _holds(filt[low]):
            low += 1
    if "b" in ends:
        while high > low and not _holds(filt[high - 1]):
            high -= 1
    return filt[low:high]


@overload("numpy.trim_zeros")
def trim_zeros(filt, trim="fb"):
    if is_array(filt, 1) and (element_class(filt) or is_texts(filt)) and (text(trim) is not None or str(trim) == "unicode_type"):
        return _trim_zeros
