"""Views in another shape: transposing, broadcasting, new axes, flips, diagonals, windows."""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library._axes import AxisError, lowered, normal_axis, without
from looplift.library._registry import overload
from looplift.library._types import (
    is_absent,
    is_array,
    is_false,
    is_index,
    is_int_tuple,
    is_number,
    is_true,
)
from looplift.library._views import inserted, iota, product, replaced, strided

# Axes


def _itself(a):
    return a


def permuted(t, order):
    """The items of a tuple in this order."""
    if len(order) == 0:
        return ()
    return (t[order[0]],) + permuted(t, order[1:])


def normal_axes(axes, ndim, what=None):
    """Axes counted from the front."""
    if len(axes) == 0:
        return ()
    return (normal_axis(axes[0], ndim, what),) + normal_axes(axes[1:], ndim, what)


def has_repeats(t):
    for i in range(len(t)):
        for j in range(i + 1, len(t)):
            if t[i] == t[j]:
                return True
    return False


def transposed(a, axes):
    """The array with its axes in this order, given from the front: a view."""
    return strided(a, 0, permuted(a.shape, axes), permuted(a.strides, axes))


def _transpose_by(a, axes):
    for k in axes:
        if k < -a.ndim or k >= a.ndim:
            raise AxisError("axis is out of bounds for array of given dimension")
    order = normal_axes(axes, a.ndim)
    if has_repeats(order):
        raise ValueError("repeated axis in transpose")
    return transposed(a, order)


def _wrong_axes(a, axes=None):
    raise ValueError("axes don't match array")


def _transpose_method(a, *axes):
    return _transpose_by(a, axes)


def _wrong_axes_method(a, *axes):
    raise ValueError("axes don't match array")


def _transpose_method_by_tuple(a, *axes):
    return _transpose_by(a, axes[0])


def _reversed_method(a, *axes):
    return a.T


def _reversed(a, axes=None):
    return a.T


@overload("numpy.transpose", "numpy.permute_dims")
def transpose(a, axes=None):
    if is_array(a):
        if is_absent(axes):
            return _reversed
        if is_int_tuple(axes):
            return _transpose_by if axes.count == a.ndim else _wrong_axes


@overload("array.transpose")
def transpose_method(a, *axes):
    if is_array(a):
        if not axes or (len(axes) == 1 and is_absent(axes[0])):
            return _reversed_method
        if len(axes) == 1 and is_int_tuple(axes[0]):
            return _transpose_method_by_tuple if axes[0].count == a.ndim else _wrong_axes_method
        if all(map(is_index, axes)):
            return _transpose_method if len(axes) == a.ndim else _wrong_axes_method


def _swapaxes(a, axis1, axis2):
    i = normal_axis(axis1, a.ndim, "np.swapaxes: Argument axis1 out of bounds")
    j = normal_axis(axis2, a.ndim, "np.swapaxes: Argument axis2 out of bounds")
    shape = replaced(replaced(a.shape, i, a.shape[j]), j, a.shape[i])
    strides = replaced(replaced(a.strides, i, a.strides[j]), j, a.strides[i])
    return strided(a, 0, shape, strides)


@overload("numpy.swapaxes", "array.swapaxes")
def swapaxes(a, axis1, axis2):
    if is_array(a) and a.ndim and is_index(axis1) and is_index(axis2):
        return _swapaxes


def _matrix_transpose(x):
    return _swapaxes(x, -1, -2)


@overload("array@mT", "numpy.matrix_transpose", "numpy.linalg.matrix_transpose")
def matrix_transpose(x):
    return _matrix_transpose if is_array(x) and x.ndim >= 2 else None


_SOURCE = "np.moveaxis: Argument source out of bounds"
_DESTINATION = "np.moveaxis: Argument destination out of bounds"


def moved(t, source, destination):
    """The tuple with one item moved."""
    return inserted(without(t, source), destination, t[source])


def _moveaxis(a, source, destination):
    i = normal_axis(source, a.ndim, _SOURCE)
    j = normal_axis(destination, a.ndim, _DESTINATION)
    return strided(a, 0, moved(a.shape, i, j), moved(a.strides, i, j))


def _destined(order, source, destination, taken):
    """The order of axes for `moveaxis`: at each place what is destined there, else the next of those left."""
    result = order
    left = 0
    for place in range(len(order)):
        found = -1
        for k in range(len(source)):
            if destination[k] == place:
                found = source[k]
        if found < 0:
            while taken[left]:
                left += 1
            found = left
            left += 1
        result = replaced(result, place, found)
    return result


def _moveaxes(a, source, destination):
    given = normal_axes(source, a.ndim, _SOURCE)
    places = normal_axes(destination, a.ndim, _DESTINATION)
    if has_repeats(given):
        raise ValueError("repeated axis in `source` argument (np.moveaxis: repeated axis in source argument)")
    if has_repeats(places):
        raise ValueError("repeated axis in `destination` argument (np.moveaxis: repeated axis in destination argument)")
    taken = np.zeros(a.ndim, np.bool_)
    for k in given:
        taken[k] = True
    return transposed(a, _destined(iota(0, a.shape), given, places, taken))


def _moveaxis_mismatch(a, source, destination):
    raise ValueError("`source` and `destination` arguments must have the same number of elements")


@overload("numpy.moveaxis")
def moveaxis(a, source, destination):
    if is_array(a) and a.ndim:
        if is_index(source) and is_index(destination):
            return _moveaxis
        if is_int_tuple(source) and is_int_tuple(destination):
            return _moveaxes if source.count == destination.count else _moveaxis_mismatch


def _rollaxis(a, axis, start=0):
    n = a.ndim
    i = normal_axis(axis, n)
    j = start + n if start < 0 else start
    if j < 0 or j > n:
        normal_axis(start, n)
    if i < j:
        j -= 1
    return strided(a, 0, moved(a.shape, i, j), moved(a.strides, i, j))


@overload("numpy.rollaxis")
def rollaxis(a, axis, start=0):
    if is_array(a) and a.ndim and is_index(axis) and (start == 0 or is_index(start)):
        return _rollaxis


# Axes of length one


def _expand_dims(a, axis):
    k = normal_axis(axis, a.ndim + 1)
    return strided(a, 0, inserted(a.shape, k, 1), inserted(a.strides, k, a.itemsize))


@overload("numpy.expand_dims")
def expand_dims(a, axis):
    if is_array(a):
        if is_index(axis):
            return _expand_dims
        if is_int_tuple(axis, 1):
            return _expand_single
        if is_int_tuple(axis):
            return _expand_several


def _expand_single(a, axis):
    return _expand_dims(a, axis[0])


def _in_order(t):
    """The numbers ascending."""
    if len(t) == 0:
        return ()
    least = t[0]
    place = 0
    for k in range(len(t)):
        if t[k] < least:
            least = t[k]
            place = k
    return (least,) + _in_order(without(t, place))


def _expand_several(a, axis):
    places = normal_axes(axis, a.ndim + len(axis))
    if has_repeats(places):
        raise ValueError("repeated axis")
    return _expand_one_by_one(a, _in_order(places))


def _expand_one_by_one(a, places):
    if len(places) == 0:
        return a
    k = places[0]
    made = strided(a, 0, inserted(a.shape, k, 1), inserted(a.strides, k, a.itemsize))
    return _expand_one_by_one(made, places[1:])


def _squeeze(a, axis=None):
    k = normal_axis(axis, a.ndim)
    if a.shape[k] != 1:
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return strided(a, 0, without(a.shape, k), without(a.strides, k))


def _squeeze_tuple(a, axis=None):
    if len(axis) == 0:
        return a
    return _squeeze_sorted(a, normal_axes(axis, a.ndim))


def _squeeze_sorted(a, axes):
    """One axis after the other, those behind it moving up."""
    if len(axes) == 0:
        return a
    k = axes[0]
    rest = lowered(axes[1:], k)
    return _squeeze_sorted(_squeeze(a, k), rest)


@overload("numpy.squeeze", "array.squeeze")
def squeeze(a, axis=None):
    if is_array(a):
        if a.ndim == 0 and is_absent(axis):
            return _itself_squeezed
        if is_absent(axis):
            raise TypingError(
                "squeeze() without an axis gives an array whose number of dimensions depends on the lengths that there are at run time; "
                "name the axes, as in a.squeeze(0) or a.squeeze((0, 2)), or use a.reshape"
            )
        if is_index(axis) and a.ndim:
            return _squeeze
        if is_int_tuple(axis) and axis.count <= a.ndim:
            return _squeeze_tuple


def _itself_squeezed(a, axis=None):
    return a


# More dimensions


def _at_least_1(a):
    if a.ndim == 0:
        return a.reshape(1)
    return a


def _at_least_2(a):
    if a.ndim == 0:
        return a.reshape(1, 1)
    if a.ndim == 1:
        return a[None, :]
    return a


def _at_least_3(a):
    if a.ndim == 0:
        return a.reshape(1, 1, 1)
    if a.ndim == 1:
        return a[None, :, None]
    if a.ndim == 2:
        return a[:, :, None]
    return a


@cache
def _at_least(form, several):
    def each(arrays):
        if len(arrays) == 0:
            return ()
        return (form(np.asarray(arrays[0])),) + each(arrays[1:])

    def atleast(*arys):
        return form(np.asarray(arys[0]))

    def atleast_all(*arys):
        return each(arys)

    return atleast_all if several else atleast


def _is_array_like(t):
    return is_array(t) or is_number(t)


@overload("numpy.atleast_1d")
def atleast_1d(*arys):
    if arys and all(map(_is_array_like, arys)):
        return _at_least(_at_least_1, len(arys) > 1)


@overload("numpy.atleast_2d")
def atleast_2d(*arys):
    if arys and all(map(_is_array_like, arys)):
        return _at_least(_at_least_2, len(arys) > 1)


@overload("numpy.atleast_3d")
def atleast_3d(*arys):
    if arys and all(map(_is_array_like, arys)):
        return _at_least(_at_least_3, len(arys) > 1)


# Other orders


def _flip_all(m, axis=None):
    return _flipped(m, iota(0, m.shape))


def _flip_nothing(m, axis=None):
    return m[()]


def _flip_axis(m, axis=None):
    return _flipped(m, (normal_axis(axis, m.ndim),))


def _flip_axes(m, axis=None):
    return _flipped(m, normal_axes(axis, m.ndim))


def _flipped(m, axes):
    """The view with the order of these axes reversed."""
    offset = 0
    strides = m.strides
    for k in axes:
        offset += max(m.shape[k] - 1, 0) * strides[k]
        strides = replaced(strides, k, -strides[k])
    return strided(m, offset, m.shape, strides)


@overload("numpy.flip")
def flip(m, axis=None):
    if is_array(m):
        if is_absent(axis):
            return _flip_all if m.ndim else _flip_nothing
        if is_index(axis) and m.ndim:
            return _flip_axis
        if is_int_tuple(axis):
            return _flip_axes


def _rot90(m, k=1, axes=(0, 1)):
    n0 = m.shape[0]
    n1 = m.shape[1]
    s0 = m.strides[0]
    s1 = m.strides[1]
    turns = k % 4
    offset = 0
    shape = m.shape
    strides = m.strides
    if turns == 1 or turns == 3:
        shape = replaced(replaced(shape, 0, n1), 1, n0)
    if turns == 1:
        offset = max(n1 - 1, 0) * s1
        strides = replaced(replaced(strides, 0, -s1), 1, s0)
    elif turns == 2:
        offset = max(n0 - 1, 0) * s0 + max(n1 - 1, 0) * s1
        strides = replaced(replaced(strides, 0, -s0), 1, -s1)
    elif turns == 3:
        offset = max(n0 - 1, 0) * s0
        strides = replaced(replaced(strides, 0, s1), 1, -s0)
    return strided(m, offset, shape, strides)


def _rot90_in(m, k=1, axes=(0, 1)):
    i = axes[0] + m.ndim if axes[0] < 0 else axes[0]
    j = axes[1] + m.ndim if axes[1] < 0 else axes[1]
    if i == j:
        raise ValueError("Axes must be different.")
    if i < 0 or i >= m.ndim or j < 0 or j >= m.ndim:
        raise ValueError(f"Axes={axes} out of range for array of ndim={m.ndim}.")
    return np.moveaxis(_rot90(np.moveaxis(m, (i, j), (0, 1)), k), (0, 1), (i, j))


@overload("numpy.rot90")
def rot90(m, k=1, axes=(0, 1)):
    if is_array(m) and m.ndim >= 2 and (k == 1 or is_index(k)):
        return _rot90 if isinstance(axes, tuple) else _rot90_in if is_int_tuple(axes, 2) else None


# Diagonals, windows


def _diagonal(a, offset=0, axis1=0, axis2=1):
    i = normal_axis(axis1, a.ndim)
    j = normal_axis(axis2, a.ndim)
    if i == j:
        raise ValueError("axis1 and axis2 cannot be the same")
    n = a.shape[i]
    m = a.shape[j]
    start = 0
    if offset >= 0:
        m -= offset
        start = offset * a.strides[j]
    else:
        n += offset
        start = -offset * a.strides[i]
    count = max(min(n, m), 0)
    if count == 0:
        start = 0
    high = max(i, j)
    low = min(i, j)
    shape = without(without(a.shape, high), low) + (count,)
    strides = without(without(a.strides, high), low) + (a.strides[i] + a.strides[j],)
    return strided(a, start, shape, strides, "A", None, False)


def _diagonal_of_matrix(a, offset=0, axis1=0, axis2=1):
    i = normal_axis(axis1, 2)
    j = normal_axis(axis2, 2)
    if i == j:
        raise ValueError("axis1 and axis2 cannot be the same")
    n = a.shape[i]
    m = a.shape[j]
    start = 0
    if offset >= 0:
        m -= offset
        start = offset * a.strides[j]
    else:
        n += offset
        start = -offset * a.strides[i]
    count = max(min(n, m), 0)
    if count == 0:
        start = 0
    return strided(a, start, (count,), (a.strides[i] + a.strides[j],), "A", None, False)


def _diagonal_of_line(a, offset=0, axis1=0, axis2=1):
    raise ValueError("diag requires an array of at least two dimensions")


def _linalg_diagonal(x, /, *, offset=0):
    return np.diagonal(x, offset, -2, -1)


def _linalg_main_diagonal(x, /, *, offset=0):
    return np.diagonal(x, 0, -2, -1)


@overload("numpy.linalg.diagonal")
def linalg_diagonal(x, /, *, offset=0):
    if is_array(x) and x.ndim >= 2 and (offset == 0 or is_index(offset)):
        return _linalg_diagonal if hasattr(offset, "kind") else _linalg_main_diagonal


@overload("numpy.diagonal", "array.diagonal")
def diagonal(a, offset=0, axis1=0, axis2=1):
    if is_array(a) and all(isinstance(x, int) or is_index(x) for x in (offset, axis1, axis2)):
        return _diagonal_of_line if a.ndim < 2 else _diagonal_of_matrix if a.ndim == 2 else _diagonal


def _window(x, window_shape, axis=None):
    return _windows(x, (window_shape,), _checked_axes((axis,), x.ndim))


def _window_of_line(x, window_shape, axis=None):
    return _windows(x, (window_shape,), (0,))


def _window_of_all(x, window_shape, axis=None):
    return _windows(x, window_shape, iota(0, x.shape))


def _window_misfit(x, window_shape, axis=None):
    raise ValueError("Must provide matching length window_shape and axis")


def _checked_axes(axes, ndim):
    for k in axes:
        if k < -ndim or k >= ndim:
            raise AxisError("Argument axis out of bounds")
    return normal_axes(axes, ndim)


def _window_along_axes(x, window_shape, axis=None):
    return _windows(x, (window_shape,), _checked_axes(axis, x.ndim))


def _window_shape_along(x, window_shape, axis=None):
    return _windows(x, window_shape, _checked_axes((axis,), x.ndim))


def _window_along(x, window_shape, axis=None):
    return _windows(x, window_shape, _checked_axes(axis, x.ndim))


def _windows(x, window, axes):
    shape = x.shape
    for k in range(len(window)):
        if window[k] < 0:
            raise ValueError("`window_shape` cannot contain negative values")
    for k in range(len(window)):
        left = shape[axes[k]] - window[k] + 1
        if left <= 0:
            raise ValueError("window_shape cannot be larger than input array shape")
        shape = replaced(shape, axes[k], left)
    strides = x.strides + permuted(x.strides, axes)
    # As Numba: the view can be written to if the array can.
    return strided(x, 0, shape + window, strides)


@overload("numpy.lib.stride_tricks.sliding_window_view", "numpy.lib._stride_tricks_impl.sliding_window_view")
def sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    if not (is_array(x) and is_false(subok) and is_false(writeable)):
        return None
    if is_index(window_shape):
        if is_absent(axis):
            return _window_of_line if x.ndim == 1 else _window_misfit
        if is_int_tuple(axis):
            return _window_along_axes if axis.count == 1 else _window_misfit
        return _window if is_index(axis) else None
    if is_int_tuple(window_shape):
        if is_absent(axis):
            return _window_of_all if window_shape.count == x.ndim else _window_misfit
        if is_index(axis):
            return _window_shape_along if window_shape.count == 1 else _window_misfit
        if is_int_tuple(axis):
            return _window_along if axis.count == window_shape.count else _window_misfit


def _reach(shape, strides, itemsize):
    """The lowest and highest byte of elements, from the first element on."""
    low = 0
    high = itemsize
    for k in range(len(shape)):
        if shape[k] == 0:
            return 0, 0
        step = (shape[k] - 1) * strides[k]
        if step < 0:
            low += step
        else:
            high += step
    return low, high


def _as_strided(x, shape=None, strides=None, subok=False, writeable=True):
    return _within(x, shape, strides)


def _as_strided_shape(x, shape=None, strides=None, subok=False, writeable=True):
    return _within(x, shape, x.strides)


def _as_strided_strides(x, shape=None, strides=None, subok=False, writeable=True):
    return _within(x, x.shape, strides)


def _within(x, shape, strides):
    """The strided view if it stays within the memory that the array's own elements span."""
    for n in shape:
        if n < 0:
            raise ValueError("negative dimensions are not allowed")
    low, high = _reach(x.shape, x.strides, x.itemsize)
    first, last = _reach(shape, strides, x.itemsize)
    if first < low or last > high:
        raise ValueError("the strides reach beyond the array's memory")
    return strided(x, 0, shape, strides)


@overload("numpy.lib.stride_tricks.as_strided", "numpy.lib._stride_tricks_impl.as_strided")
def as_strided(x, shape=None, strides=None, subok=False, writeable=True):
    if not (is_array(x) and is_true(writeable)):
        return None
    if is_absent(strides):
        return _as_strided_shape if is_int_tuple(shape, x.ndim) else None
    if is_absent(shape):
        return _as_strided_strides if is_int_tuple(strides, x.ndim) else None
    if is_int_tuple(shape) and is_int_tuple(strides, shape.count):
        return _as_strided


# C order


def _is_c_contiguous(shape, strides, itemsize):
    step = itemsize
    k = len(shape) - 1
    while k >= 0:
        if shape[k] != 1 and strides[k] != step:
            return False
        step *= shape[k]
        k -= 1
    return True


def in_c_order(a):
    """The array itself, if it is in C order, else a copy that is."""
    if _is_c_contiguous(a.shape, a.strides, a.itemsize):
        return strided(a, 0, a.shape, c_strides(a.shape, a.itemsize), "C")
    return a.copy()


def c_strides(shape, itemsize):
    if len(shape) == 0:
        return ()
    return (product(shape[1:]) * itemsize,) + c_strides(shape[1:], itemsize)
