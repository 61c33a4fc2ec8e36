"""Functions applied to parts of arrays, and arrays built by functions or by blocks: apply_along_axis, apply_over_axes, fromfunction,
fromiter, piecewise, block, packbits, unpackbits, array_equiv."""

from functools import cache

import numpy as np

from looplift.library._axes import normal_axis, with_length
from looplift.library._registry import overload
from looplift.library._types import (
    dtype_class,
    element_class,
    is_absent,
    is_array,
    is_index,
    is_int_tuple,
    is_iterator,
    is_number,
    is_range,
    is_tuple,
    kind,
    kind_of,
    text,
)
from looplift.library.joining import members
from looplift.library.shaping import in_c_order
from looplift.library.broadcasting import common_shape, stretch

_FUNCTIONS = ("function", "dispatcher", "closure")


def _is_function(t):
    return kind(t) in _FUNCTIONS


# Along axes


def _rows(a, k):
    moved = np.moveaxis(a, k, -1).copy()
    return moved.reshape(a.size // max(a.shape[k], 1), a.shape[k])


def _along_line(func1d, axis, arr):
    normal_axis(axis, 1)
    return np.asarray(func1d(arr))


def _along(func1d, axis, arr):
    k = normal_axis(axis, arr.ndim)
    if arr.size == 0:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    rows = _rows(arr, k)
    first = np.asarray(func1d(rows[0]))
    if first.ndim == 0:
        made = np.empty(len(rows), first.dtype)
        made[0] = first.reshape(1)[0]
        for i in range(1, len(rows)):
            made[i] = np.asarray(func1d(rows[i])).reshape(1)[0]
        return made.reshape(_without(arr.shape, k))
    wide = np.empty((len(rows),) + first.shape, first.dtype)
    wide[0] = first
    for i in range(1, len(rows)):
        wide[i] = func1d(rows[i])
    # What each line became takes the place of the axis: first the others come last.
    made = wide.reshape(_without(arr.shape, k) + first.shape)
    return _moved_in(made, first.shape, arr.ndim - 1, k)


def _moved_in(a, shape, place, k):
    """Axes from `place` on, as many as `shape` has, are moved to `k` one by one."""
    if len(shape) == 0:
        return a
    return _moved_in(np.moveaxis(a, place, k), shape[1:], place + 1, k + 1)


def _without(shape, axis):
    if len(shape) == 1:
        return ()
    if axis == 0:
        return shape[1:]
    return (shape[0],) + _without(shape[1:], axis - 1)


@overload("numpy.apply_along_axis")
def apply_along_axis(func1d, axis, arr):
    if _is_function(func1d) and is_index(axis) and is_array(arr) and arr.ndim:
        return _along_line if arr.ndim == 1 else _along


def _over(func, a, axes):
    if len(axes) == 0:
        return a
    k = normal_axis(axes[0], a.ndim)
    made = np.asarray(func(a, k))
    return _over(func, made.reshape(with_length(a.shape, k, 1)), axes[1:])


def _over_one(func, a, axes):
    return _over(func, a, (axes,))


def _over_list(func, a, axes):
    made = a
    for axis in axes:
        k = normal_axis(axis, a.ndim)
        made = np.asarray(func(made, k)).reshape(with_length(made.shape, k, 1))
    return made


@overload("numpy.apply_over_axes")
def apply_over_axes(func, a, axes):
    if _is_function(func) and is_array(a) and a.ndim > 1:
        if is_index(axes):
            return _over_one
        if is_int_tuple(axes):
            return _over
        if kind(axes) == "list":
            return _over_list


# Built by functions


def _split_axes(grid, shape):
    if len(shape) == 0:
        return ()
    return (grid[0],) + _split_axes(grid[1:], shape[1:])


@cache
def _fromfunction(t, one):
    if one:

        def fromfunction(function, shape, dtype=float):
            return function(np.arange(shape[0]).astype(t))

    else:

        def fromfunction(function, shape, dtype=float):
            grid = np.indices(shape, t)
            return function(*_split_axes(grid, shape))

    return fromfunction


@overload("numpy.fromfunction")
def fromfunction(function, shape, dtype=float):
    t = np.float64 if dtype is float else dtype_class(dtype)
    if _is_function(function) and is_int_tuple(shape) and shape.count and t is not None:
        return _fromfunction(t, shape.count == 1)


@cache
def _fromiter(t):
    def fromiter(iter, dtype, count=-1):
        n = len(iter)
        if count >= 0:
            if n < count:
                raise ValueError(f"iterator too short: Expected {count} but iterator had only {n} items.")
            n = count
        made = np.empty(n, t)
        i = 0
        for x in iter:
            if i >= n:
                break
            made[i] = x
            i += 1
        return made

    return fromiter


@cache
def _fromiter_unsized(t):
    """Of an iterator, which does not say how much it has."""

    def fromiter(iter, dtype, count=-1):
        room = np.empty(count if count > 0 else 16, t)
        n = 0
        if count != 0:
            for x in iter:
                if n == len(room):
                    larger = np.empty(2 * n, t)
                    larger[:n] = room
                    room = larger
                room[n] = x
                n += 1
                if n == count:
                    break
        if n < count:
            raise ValueError(f"iterator too short: Expected {count} but iterator had only {n} items.")
        return room[:n].copy()

    return fromiter


@overload("numpy.fromiter")
def fromiter(iter, dtype, count=-1):
    t = dtype_class(dtype)
    if is_iterator(iter) and t is not None and (count == -1 or is_index(count)):
        return _fromiter_unsized(t)
    sized = is_range(iter) or is_array(iter, 1) or (is_tuple(iter) and all(map(is_number, iter.types))) or kind(iter) == "list"
    if sized and t is not None and (count == -1 or is_index(count)):
        return _fromiter(t)


def _pieces(made, x, conditions, functions):
    """Later conditions win."""
    if len(conditions) > 0:
        flags = conditions[0]
        f = functions[0]
        for i in range(len(made)):
            if flags[i]:
                made[i] = _value_of(f, x[i])
        _pieces(made, x, conditions[1:], functions[1:])


def _flat_all(arrays):
    if len(arrays) == 0:
        return ()
    return (np.ravel(arrays[0]),) + _flat_all(arrays[1:])


@cache
def _piecewise(t, default):
    if default:

        def piecewise(x, condlist, funclist):
            made = np.empty(x.shape, t)
            flat = np.ravel(x)
            to = made.ravel()
            other = funclist[len(condlist)]
            for i in range(len(to)):
                to[i] = _value_of(other, flat[i])
            _pieces(to, flat, _flat_all(condlist), funclist)
            return made

    else:

        def piecewise(x, condlist, funclist):
            made = np.zeros(x.shape, t)
            _pieces(made.ravel(), np.ravel(x), _flat_all(condlist), funclist)
            return made

    return piecewise


def _value_of(f, x):
    if isinstance(f, (int, float, complex)):
        return f
    return f(x)


@overload("numpy.piecewise")
def piecewise(x, condlist, funclist):
    if not (is_array(x) and is_tuple(condlist) and is_tuple(funclist)):
        return None
    if not all(is_array(c) and kind_of(element_class(c)) == "b" and c.ndim == x.ndim for c in condlist.types):
        return None
    if not all(is_number(f) or _is_function(f) for f in funclist.types) or funclist.count - condlist.count not in (0, 1):
        return None
    return _piecewise(element_class(x), funclist.count > condlist.count)


# Blocks


def _row_of(arrays):
    return np.concatenate(arrays, -1)


def _rows_of(rows):
    if len(rows) == 0:
        return ()
    return (_row_of(_at_least_2(rows[0])),) + _rows_of(rows[1:])


def _at_least_2(arrays):
    if len(arrays) == 0:
        return ()
    return (np.atleast_2d(arrays[0]),) + _at_least_2(arrays[1:])


def _block_of_rows(arrays):
    return np.concatenate(_rows_of(arrays), 0)


def _block_line(arrays):
    return np.concatenate(arrays, -1)


def _block_of_array(arrays):
    return arrays.copy()


@overload("numpy.block")
def block(arrays):
    if is_array(arrays):
        return _block_of_array
    types = members(arrays)
    if types:
        return _block_line if len({t.ndim for t in types}) == 1 and types[0].ndim else None
    if is_tuple(arrays) and arrays.count and all(is_tuple(e) and members(e) for e in arrays.types):
        return _block_of_rows


# Bits


def _pack_line(flat, little):
    made = np.zeros((len(flat) + 7) // 8, np.uint8)
    for i in range(len(flat)):
        if flat[i]:
            bit = i % 8 if little else 7 - i % 8
            made[i // 8] |= np.uint8(1 << bit)
    return made


@cache
def _packbits(little, along):
    if along:

        def packbits(a, axis=None, bitorder="big"):
            k = normal_axis(axis, a.ndim)
            moved = np.moveaxis(a, k, -1).copy()
            rows = moved.reshape(moved.size // max(a.shape[k], 1), a.shape[k])
            wide = np.empty((len(rows), (a.shape[k] + 7) // 8), np.uint8)
            for i in range(len(rows)):
                wide[i] = _pack_line(rows[i], little)
            return np.moveaxis(wide.reshape(with_length(moved.shape, a.ndim - 1, wide.shape[1])), -1, k)

    else:

        def packbits(a, axis=None, bitorder="big"):
            return _pack_line(in_c_order(a).ravel(), little)

    return packbits


def _order_of_bits(bitorder):
    return {"big": False, "little": True}.get(text(bitorder))


@overload("numpy.packbits")
def packbits(a, axis=None, bitorder="big"):
    little = _order_of_bits(bitorder)
    if is_array(a) and kind_of(element_class(a)) in "biu" and little is not None:
        if is_absent(axis):
            return _packbits(little, False)
        return _packbits(little, True) if is_index(axis) and a.ndim else None


def _unpack_line(flat, little):
    made = np.empty(len(flat) * 8, np.uint8)
    for i in range(len(flat)):
        for j in range(8):
            bit = j if little else 7 - j
            made[8 * i + j] = np.uint8((flat[i] >> bit) & 1)
    return made


@cache
def _unpackbits(little, along, counted):
    def cut(n, count):
        if not counted:
            return n
        return count if count >= 0 else n + count

    if along:

        def unpackbits(a, axis=None, count=None, bitorder="big"):
            k = normal_axis(axis, a.ndim)
            moved = np.moveaxis(a, k, -1).copy()
            rows = moved.reshape(moved.size // max(a.shape[k], 1), a.shape[k])
            n = cut(a.shape[k] * 8, count)
            wide = np.zeros((len(rows), n), np.uint8)
            for i in range(len(rows)):
                line = _unpack_line(rows[i], little)
                m = min(n, len(line))
                wide[i, :m] = line[:m]
            return np.moveaxis(wide.reshape(with_length(moved.shape, a.ndim - 1, n)), -1, k)

    else:

        def unpackbits(a, axis=None, count=None, bitorder="big"):
            line = _unpack_line(in_c_order(a).ravel(), little)
            n = cut(len(line), count)
            made = np.zeros(n, np.uint8)
            m = min(n, len(line))
            made[:m] = line[:m]
            return made

    return unpackbits


@overload("numpy.unpackbits")
def unpackbits(a, axis=None, count=None, bitorder="big"):
    little = _order_of_bits(bitorder)
    if is_array(a) and element_class(a) is np.uint8 and little is not None and (is_absent(count) or is_index(count)):
        if is_absent(axis):
            return _unpackbits(little, False, not is_absent(count))
        return _unpackbits(little, True, not is_absent(count)) if is_index(axis) and a.ndim else None


# Equality with broadcasting


def _fits(a, b):
    """Whether two shapes broadcast."""
    if len(a) == 0 or len(b) == 0:
        return True
    if len(a) > len(b):
        return _fits(a[1:], b)
    if len(b) > len(a):
        return _fits(a, b[1:])
    if a[0] != b[0] and a[0] != 1 and b[0] != 1:
        return False
    return _fits(a[1:], b[1:])


def _array_equiv(a1, a2):
    a = np.asarray(a1)
    b = np.asarray(a2)
    if not _fits(a.shape, b.shape):
        return False
    shape = common_shape(a.shape, b.shape)
    x = stretch(a, shape).copy().ravel()
    y = stretch(b, shape).copy().ravel()
    for i in range(len(x)):
        if x[i] != y[i]:
            return False
    return True


@overload("numpy.array_equiv")
def array_equiv(a1, a2):
    if all(is_array(t) or is_number(t) for t in (a1, a2)):
        return _array_equiv



# Functions made of functions


def _vectorize(pyfunc):
    def vectorized(*args):
        arrays = np.broadcast_arrays(*_arrays_of(args))
        shape = arrays[0].shape
        flat = _lines_of(arrays)
        n = len(flat[0])
        if n == 0:
            raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
        first = np.asarray(pyfunc(*_items_of(flat, 0)))
        made = np.empty(n, first.dtype)
        for i in range(n):
            made[i] = pyfunc(*_items_of(flat, i))
        return made.reshape(shape)

    return vectorized


def _arrays_of(args):
    if len(args) == 0:
        return ()
    return (np.asarray(args[0]),) + _arrays_of(args[1:])


def _lines_of(arrays):
    if len(arrays) == 0:
        return ()
    return (arrays[0].copy().ravel(),) + _lines_of(arrays[1:])


def _items_of(flat, i):
    if len(flat) == 0:
        return ()
    return (flat[0][i],) + _items_of(flat[1:], i)


@overload("numpy.vectorize")
def vectorize(pyfunc):
    if _is_function(pyfunc):
        return _vectorize


def _poly1d(c_or_r):
    def polynomial(x):
        return np.polyval(c_or_r, x)

    return polynomial


@overload("numpy.poly1d")
def poly1d(c_or_r):
    # In compiled code it is only called.
    if is_array(c_or_r, 1) or (is_tuple(c_or_r) and c_or_r.count):
        return _poly1d
