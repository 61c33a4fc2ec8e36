"""Joining and splitting arrays: concatenate, stack and theirs, append, insert, delete, split."""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library._axes import normal_axis, with_length, without
from looplift.library._registry import overload
from looplift.library._types import (
    common_storage,
    element_class,
    is_absent,
    is_array,
    is_bool,
    is_element,
    is_index,
    is_int_tuple,
    is_number,
    is_tuple,
    kind,
    kind_of,
    named_storage,
    storage,
    text,
)
from looplift.library._views import inserted, strided
from looplift.library.shaping import in_c_order

# Pieces along an axis


def part_of(a, axis, start, stop):
    """Elements `start` up to `stop`, which are in range, along an axis: a view."""
    return strided(a, start * a.strides[axis], with_length(a.shape, axis, stop - start), a.strides)


_MISFIT = "input sizes over dimension "


def _total(arrays, axis, shape):
    """The length of the joined arrays along the axis."""
    n = 0
    for a in arrays:
        for k in range(len(shape)):
            if k != axis and a.shape[k] != shape[k]:
                raise ValueError(_MISFIT + str(k) + " do not match")
        n += a.shape[axis]
    return n


def _put_parts(out, arrays, axis, at):
    """Writes the arrays one after the other, from position `at` on."""
    if len(arrays) > 0:
        a = arrays[0]
        n = a.shape[axis]
        part_of(out, axis, at, at + n)[...] = a
        _put_parts(out, arrays[1:], axis, at + n)


def _total_of(arrays, axis, shape):
    if len(arrays) == 0:
        return 0
    a = arrays[0]
    for k in range(len(shape)):
        if k != axis and a.shape[k] != shape[k]:
            raise ValueError(_MISFIT + str(k) + " do not match")
    return a.shape[axis] + _total_of(arrays[1:], axis, shape)


@cache
def joined(t):
    """Joins a tuple of arrays of equal dimensions in class `t`."""

    def join(arrays, axis):
        k = normal_axis(axis, arrays[0].ndim)
        shape = arrays[0].shape
        out = np.empty(with_length(shape, k, _total_of(arrays, k, shape)), t)
        _put_parts(out, arrays, k, 0)
        return out

    return join


@cache
def joined_list(t):
    """Likewise for a list of arrays."""

    def join(arrays, axis):
        k = normal_axis(axis, arrays[0].ndim)
        shape = arrays[0].shape
        out = np.empty(with_length(shape, k, _total(arrays, k, shape)), t)
        at = 0
        for a in arrays:
            n = a.shape[k]
            part_of(out, k, at, at + n)[...] = a
            at += n
        return out

    return join


def _flat_all(arrays):
    if len(arrays) == 0:
        return ()
    return (in_c_order(arrays[0]).ravel(),) + _flat_all(arrays[1:])


def members(t):
    """The types of a tuple or a list of arrays; None for anything else."""
    if is_tuple(t) and t.count > 0 and all(is_array(e) for e in t.types):
        return list(t.types)
    if kind(t) == "list" and is_array(t.dtype):
        return [t.dtype]
    return None


def _common_class(types, dtype=None, casting="same_kind"):
    found, rule = named_storage(dtype, common_storage(types)), text(casting)
    if found is None or rule is None:
        return None
    if not is_absent(dtype):
        for t in map(storage, types):
            if t is None:
                return None
            if not np.can_cast(t, found, rule):
                raise TypingError(f"Cannot cast array data from {np.dtype(t)!r} to {np.dtype(found)!r} according to the rule {rule!r}")
    return found


def _join(seq, t):
    return joined(t) if is_tuple(seq) else joined_list(t)


@cache
def _concatenate(join, flat):
    if flat:

        def concatenate(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
            return join(_flat_all(arrays), 0)

    else:

        def concatenate(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
            return join(arrays, axis)

    return concatenate


@cache
def _concatenate_into(join):
    def concatenate(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
        made = join(arrays, axis)
        if made.shape != out.shape:
            raise ValueError("Output array is the wrong shape")
        out[...] = made
        return out

    return concatenate


def _transposed_all(arrays):
    if len(arrays) == 0:
        return ()
    return (arrays[0].T,) + _transposed_all(arrays[1:])


@cache
def _concatenate_fortran(join):
    """Arrays in Fortran order give one in Fortran order: the transposes are joined."""

    def concatenate(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
        ndim = arrays[0].ndim
        return join(_transposed_all(arrays), ndim - 1 - normal_axis(axis, ndim)).T

    return concatenate


@overload("numpy.concatenate")
def concatenate(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    types = members(arrays)
    if types is None:
        return None
    t = _common_class(types, dtype, casting)
    if t is None:
        return None
    if is_absent(axis):
        return _concatenate(joined(t), True) if is_tuple(arrays) and is_absent(out) else None
    if len({e.ndim for e in types}) > 1 or not (axis == 0 or is_index(axis)):
        return None
    if types[0].ndim == 0:
        return None
    if is_array(out):
        return _concatenate_into(_join(arrays, t))
    if not is_absent(out):
        return None
    if is_tuple(arrays) and all(e.is_f_contig and not e.is_c_contig for e in types):
        return _concatenate_fortran(joined(t))
    return _concatenate(_join(arrays, t), False)


def _each_1(arrays):
    if len(arrays) == 0:
        return ()
    return (np.atleast_1d(arrays[0]),) + _each_1(arrays[1:])


def _each_2(arrays):
    if len(arrays) == 0:
        return ()
    return (np.atleast_2d(arrays[0]),) + _each_2(arrays[1:])


def _each_3(arrays):
    if len(arrays) == 0:
        return ()
    return (np.atleast_3d(arrays[0]),) + _each_3(arrays[1:])


def _columns(arrays):
    """Lines as columns of a matrix."""
    if len(arrays) == 0:
        return ()
    return (_column(arrays[0]),) + _columns(arrays[1:])


def _column(a):
    if a.ndim == 1:
        return a[:, None]
    return a


@cache
def _stacked(join, lift, axis):
    def stacked(tup):
        return join(lift(tup), axis)

    return stacked


@cache
def _stacked_list(t, lift, axis):
    """Of a list: its arrays are lifted one by one."""

    def stacked(tup):
        first = lift(tup[0])
        n = 0
        for a in tup:
            b = lift(a)
            for k in range(first.ndim):
                if k != axis and b.shape[k] != first.shape[k]:
                    raise ValueError(_MISFIT)
            n += b.shape[axis]
        out = np.empty(with_length(first.shape, axis, n), t)
        at = 0
        for a in tup:
            b = lift(a)
            m = b.shape[axis]
            part_of(out, axis, at, at + m)[...] = b
            at += m
        return out

    return stacked


def _rows_of(a):
    return np.atleast_2d(a)


def _depths_of(a):
    return np.atleast_3d(a)


def _line_of(a):
    return np.atleast_1d(a)


def _stack_form(tup, lift, lift_one, axis, ndim):
    types = members(tup)
    if types is None:
        return None
    if len({max(e.ndim, ndim) for e in types}) > 1:
        return None
    t = _common_class(types)
    if is_tuple(tup):
        return _stacked(joined(t), lift, axis)
    return _stacked_list(t, lift_one, axis)


@overload("numpy.hstack")
def hstack(tup):
    types = members(tup)
    axis = 1 if types and max(e.ndim for e in types) > 1 else 0
    return _stack_form(tup, _each_1, _line_of, axis, 1)


@overload("numpy.vstack", "numpy.row_stack")
def vstack(tup):
    return _stack_form(tup, _each_2, _rows_of, 0, 2)


@overload("numpy.dstack")
def dstack(tup):
    return _stack_form(tup, _each_3, _depths_of, 2, 3)


@overload("numpy.column_stack")
def column_stack(tup):
    types = members(tup)
    if types and all(1 <= e.ndim <= 2 for e in types):
        t = _common_class(types)
        return _stacked(joined(t), _columns, 1) if is_tuple(tup) else _stacked_list(t, _column, 1)


def _with_axis(arrays, axis):
    if len(arrays) == 0:
        return ()
    return (np.expand_dims(arrays[0], axis),) + _with_axis(arrays[1:], axis)


def _same_shapes(arrays, shape):
    for a in arrays:
        if a.shape != shape:
            raise ValueError("all input arrays must have the same shape")


def _same_shapes_of(arrays, shape):
    if len(arrays) > 0:
        if arrays[0].shape != shape:
            raise ValueError("all input arrays must have the same shape")
        _same_shapes_of(arrays[1:], shape)


@cache
def _stack(t, is_list):
    join = joined(t)

    def stack(arrays, axis=0):
        _same_shapes_of(arrays, arrays[0].shape)
        return join(_with_axis(arrays, axis), axis)

    def stack_list(arrays, axis=0):
        shape = arrays[0].shape
        _same_shapes(arrays, shape)
        k = normal_axis(axis, len(shape) + 1)
        out = np.empty(inserted(shape, k, len(arrays)), t)
        at = 0
        for a in arrays:
            strided(out, at * out.strides[k], without(out.shape, k), without(out.strides, k))[...] = a
            at += 1
        return out

    return stack_list if is_list else stack


@overload("numpy.stack")
def stack(arrays, axis=0):
    types = members(arrays)
    if types and len({e.ndim for e in types}) == 1 and (axis == 0 or is_index(axis)):
        return _stack(_common_class(types), not is_tuple(arrays))


# append, insert, delete


def _append_flat(arr, values, axis=None):
    return np.concatenate((np.ravel(np.asarray(arr)), np.ravel(np.asarray(values))))


def _append_along(arr, values, axis=None):
    return np.concatenate((arr, values), axis)


@overload("numpy.append")
def append(arr, values, axis=None):
    like = all(is_array(t) or is_number(t) or is_tuple(t) for t in (arr, values))
    if not like:
        return None
    if is_absent(axis):
        return _append_flat
    if is_array(arr) and is_array(values) and arr.ndim == values.ndim and is_index(axis):
        return _append_along


def _flat_input(arr):
    return in_c_order(arr).ravel()


def _delete_one(a, index, k):
    n = a.shape[k]
    if index < -n or index >= n:
        raise IndexError(f"index {index} is out of bounds for axis {k} with size {n}: obj must be less than the len(arr)")
    i = index + n if index < 0 else index
    out = np.empty(with_length(a.shape, k, n - 1), a.dtype)
    part_of(out, k, 0, i)[...] = part_of(a, k, 0, i)
    part_of(out, k, i, n - 1)[...] = part_of(a, k, i + 1, n)
    return out


def _is_positions(t):
    return is_int_tuple(t) or (is_array(t, 1) and kind_of(element_class(t)) in "iu") or (kind(t) == "list" and is_index(t.dtype))


def _delete_marked(a, gone, k):
    """Without the positions that are marked."""
    n = a.shape[k]
    left = 0
    for i in range(n):
        if not gone[i]:
            left += 1
    out = np.empty(with_length(a.shape, k, left), a.dtype)
    at = 0
    for i in range(n):
        if not gone[i]:
            part_of(out, k, at, at + 1)[...] = part_of(a, k, i, i + 1)
            at += 1
    return out


def _marks(index, n):
    gone = np.zeros(n, np.bool_)
    for x in index:
        i = int(x)
        if i < -n or i >= n:
            raise IndexError("index is out of bounds for the axis")
        gone[i] = True
    return gone


def _mask_marks(index, n):
    if len(index) != n:
        raise ValueError("boolean array argument `obj` to delete must be one-dimensional and match the axis length")
    return index


def _slice_marks(index, n):
    gone = np.zeros(n, np.bool_)
    gone[index] = True
    return gone


@cache
def _delete(marks, flat):
    if marks is None:

        def delete(arr, obj, axis=None):
            if flat:
                return _delete_one(_flat_input(arr), obj, 0)
            return _delete_one(arr, obj, normal_axis(axis, arr.ndim))

    elif flat:

        def delete(arr, obj, axis=None):
            a = _flat_input(arr)
            return _delete_marked(a, marks(obj, len(a)), 0)

    else:

        def delete(arr, obj, axis=None):
            k = normal_axis(axis, arr.ndim)
            return _delete_marked(arr, marks(obj, arr.shape[k]), k)

    return delete


@overload("numpy.delete")
def delete(arr, obj, axis=None):
    if not is_array(arr) or not (is_absent(axis) or (is_index(axis) and arr.ndim)):
        return None
    flat = is_absent(axis)
    if is_index(obj) and not is_bool(obj):
        return _delete(None, flat)
    if kind(obj) == "slice":
        return _delete(_slice_marks, flat)
    if is_array(obj, 1) and kind_of(element_class(obj)) == "b":
        return _delete(_mask_marks, flat)
    if _is_positions(obj):
        return _delete(_marks, flat)


def _insert_one(a, position, value, k):
    n = a.shape[k]
    if position < -n or position > n:
        raise IndexError(f"index {position} is out of bounds for axis {k} with size {n}: index is out of bounds for the given array size")
    i = position + n if position < 0 else position
    # Values that fill several places: those of a whole array of values along the axis.
    count = _count_of(value, a, k)
    out = np.empty(with_length(a.shape, k, n + count), a.dtype)
    part_of(out, k, 0, i)[...] = part_of(a, k, 0, i)
    part_of(out, k, i, i + count)[...] = value
    part_of(out, k, i + count, n + count)[...] = part_of(a, k, i, n)
    return out


def _count_of(value, a, k):
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return 1
        if a.ndim == 1:
            return value.shape[-1]
        if value.ndim < a.ndim:
            return 1
        return value.shape[k]
    return 1


def _insert_flat(arr, obj, values, axis=None):
    return _insert_one(_flat_input(arr), obj, values, 0)


def _insert_along(arr, obj, values, axis):
    return _insert_one(arr, obj, values, normal_axis(axis, arr.ndim))


def _insert_rows(arr, obj, values, axis):
    """Values of fewer dimensions fill one place, as NumPy moves their first axis there."""
    k = normal_axis(axis, arr.ndim)
    n = arr.shape[k]
    if obj < -n or obj > n:
        raise IndexError("index is out of bounds for the axis")
    i = obj + n if obj < 0 else obj
    out = np.empty(with_length(arr.shape, k, n + 1), arr.dtype)
    part_of(out, k, 0, i)[...] = part_of(arr, k, 0, i)
    strided(out, i * out.strides[k], without(out.shape, k), without(out.strides, k))[...] = values
    part_of(out, k, i + 1, n + 1)[...] = part_of(arr, k, i, n)
    return out


def _insert_many(a, positions, values):
    """One-dimensional: each value goes before the element at its position, in the order of positions."""
    n = len(a)
    count = len(positions)
    where = _places(positions, n)
    order = np.argsort(where, kind="mergesort")
    out = np.empty(n + count, a.dtype)
    at = 0
    done = 0
    for i in range(count):
        stop = where[order[i]]
        while done < stop:
            out[at] = a[done]
            at += 1
            done += 1
        out[at] = _value_at(values, order[i], count)
        at += 1
    while done < n:
        out[at] = a[done]
        at += 1
        done += 1
    return out


def _value_at(values, i, count):
    if isinstance(values, np.ndarray):
        if len(values) == 1:
            return values[0]
        return values[i]
    return values


def _check_counts(values, count):
    if isinstance(values, np.ndarray):
        if len(values) != count and len(values) != 1:
            raise ValueError("shape mismatch: value array could not be broadcast to indexing result")


def _insert_many_flat(arr, obj, values, axis=None):
    a = _flat_input(arr)
    if len(obj) == 1:
        return _insert_one(a, int(obj[0]), values, 0)
    _check_counts(values, len(obj))
    return _insert_many(a, obj, values)


def _insert_mask_flat(arr, obj, values, axis=None):
    a = _flat_input(arr)
    return np.insert(a, np.flatnonzero(obj), values)


def _insert_many_along(arr, obj, values, axis):
    """Whole slices go before positions; where one is given, the values fill it as if it were a number."""
    k = normal_axis(axis, arr.ndim)
    if len(obj) == 1:
        return np.insert(arr, int(obj[0]), values, k)
    n = arr.shape[k]
    count = len(obj)
    where = _places(obj, n)
    order = np.argsort(where, kind="mergesort")
    out = np.empty(with_length(arr.shape, k, n + count), arr.dtype)
    wide = np.empty(with_length(arr.shape, k, count), arr.dtype)
    wide[...] = values
    at = 0
    done = 0
    for i in range(count):
        stop = where[order[i]]
        part_of(out, k, at, at + stop - done)[...] = part_of(arr, k, done, stop)
        at += stop - done
        done = stop
        part_of(out, k, at, at + 1)[...] = part_of(wide, k, order[i], order[i] + 1)
        at += 1
    part_of(out, k, at, n + count)[...] = part_of(arr, k, done, n)
    return out


def _places(obj, n):
    """Positions counted from the front."""
    where = np.empty(len(obj), np.int64)
    for i in range(len(obj)):
        p = int(obj[i])
        if p < -n or p > n:
            raise IndexError("index is out of bounds for the axis")
        where[i] = p + n if p < 0 else p
    return where


def _insert_mask_along(arr, obj, values, axis):
    return np.insert(arr, np.flatnonzero(obj), values, axis)


def _insert_slice_flat(arr, obj, values, axis=None):
    return np.insert(arr, np.arange(arr.size)[obj], values)


def _insert_slice_along(arr, obj, values, axis):
    return np.insert(arr, np.arange(arr.shape[normal_axis(axis, arr.ndim)])[obj], values, axis)


@overload("numpy.insert")
def insert(arr, obj, values, axis=None):
    if not is_array(arr) or not (is_element(values) or is_array(values)):
        return None
    flat = is_absent(axis) or arr.ndim == 1
    if is_index(obj) and not is_bool(obj):
        if flat:
            return _insert_flat if not is_array(values) or values.ndim <= 1 else None
        if is_index(axis) and arr.ndim:
            if is_array(values) and 1 <= values.ndim < arr.ndim:
                return _insert_rows
            return _insert_along if not is_array(values) or values.ndim <= arr.ndim else None
    along = not flat and is_index(axis) and (not is_array(values) or values.ndim <= arr.ndim)
    if kind(obj) == "slice":
        return _insert_slice_flat if flat else _insert_slice_along if along else None
    if is_array(obj, 1) and kind_of(element_class(obj)) in "biu":
        mask = kind_of(element_class(obj)) == "b"
        if flat and (not is_array(values) or values.ndim == 1):
            return _insert_mask_flat if mask else _insert_many_flat
        if along:
            return _insert_mask_along if mask else _insert_many_along


# split

_SPLIT_AXIS = "np.split: Argument axis out of bounds"


def _split_at(ary, indices, axis):
    """Parts as a list; positions as slices take them."""
    n = ary.shape[axis]
    out = []
    start = 0
    for x in indices:
        stop = int(x)
        out.append(_sliced(ary, axis, start, stop, n))
        start = stop
    out.append(_sliced(ary, axis, start, n, n))
    return out


def _sliced(a, axis, start, stop, n):
    low = max(start + n, 0) if start < 0 else min(start, n)
    high = max(stop + n, 0) if stop < 0 else min(stop, n)
    return part_of(a, axis, low, max(low, high))


def _split_even(ary, sections, axis, exact):
    if sections <= 0:
        raise ValueError("number sections must be larger than 0.")
    n = ary.shape[axis]
    if exact and n % sections != 0:
        raise ValueError("array split does not result in an equal division")
    each = n // sections
    more = n % sections
    out = []
    at = 0
    for i in range(sections):
        size = each + 1 if i < more else each
        out.append(part_of(ary, axis, at, at + size))
        at += size
    return out


def _array_split(ary, indices_or_sections, axis=0):
    return _split_even(ary, indices_or_sections, normal_axis(axis, ary.ndim, _SPLIT_AXIS), False)


def _split(ary, indices_or_sections, axis=0):
    return _split_even(ary, indices_or_sections, normal_axis(axis, ary.ndim, _SPLIT_AXIS), True)


def _split_by(ary, indices_or_sections, axis=0):
    return _split_at(ary, indices_or_sections, normal_axis(axis, ary.ndim, _SPLIT_AXIS))


def _split_form(ary, by, even):
    if is_index(by):
        return even
    return _split_by if _is_positions(by) else None


@overload("numpy.split")
def split(ary, indices_or_sections, axis=0):
    if is_array(ary) and ary.ndim and (axis == 0 or is_index(axis)):
        return _split_form(ary, indices_or_sections, _split)


@overload("numpy.array_split")
def array_split(ary, indices_or_sections, axis=0):
    if is_array(ary) and ary.ndim and (axis == 0 or is_index(axis)):
        return _split_form(ary, indices_or_sections, _array_split)


@cache
def _split_fixed(even, axis):
    def split(ary, indices_or_sections):
        return even(ary, indices_or_sections, axis)

    return split


@cache
def _split_narrow(message):
    def split(ary, indices_or_sections):
        raise ValueError(message)

    return split


@overload("numpy.hsplit")
def hsplit(ary, indices_or_sections):
    if is_array(ary):
        form = _split_form(ary, indices_or_sections, _split)
        if form and ary.ndim < 1:
            return _split_narrow("hsplit only works on arrays of 1 or more dimensions")
        return form and _split_fixed(form, 1 if ary.ndim > 1 else 0)


@overload("numpy.vsplit")
def vsplit(ary, indices_or_sections):
    if is_array(ary):
        form = _split_form(ary, indices_or_sections, _split)
        if form and ary.ndim < 2:
            return _split_narrow("vsplit only works on arrays of 2 or more dimensions")
        return form and _split_fixed(form, 0)


@overload("numpy.dsplit")
def dsplit(ary, indices_or_sections):
    if is_array(ary):
        form = _split_form(ary, indices_or_sections, _split)
        if form and ary.ndim < 3:
            return _split_narrow("dsplit only works on arrays of 3 or more dimensions")
        return form and _split_fixed(form, 2)
