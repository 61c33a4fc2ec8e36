"""Finding, taking and placing elements: take, compress, put, place, copyto, along-axis forms, nonzero, item."""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library._adapting import array_type_of
from looplift.library._axes import normal_axis, with_length, without
from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_element,
    is_index,
    is_int_tuple,
    is_number,
    is_text,
    is_tuple,
    kind,
    kind_of,
    storage,
    text,
)
from looplift.library._views import product, strided
from looplift.library.joining import part_of
from looplift.library.shaping import in_c_order
from looplift.library.broadcasting import common_shape, stretch

# Positions


def _checked(i, n):
    """A position counted from the front."""
    if i < -n or i >= n:
        raise IndexError(f"index {i} is out of bounds for axis 0 with size {n}")
    return i + n if i < 0 else i


def _wrapped(i, n):
    if n == 0:
        raise IndexError("cannot do a non-empty take from an empty axes.")
    return i % n


def _clipped(i, n):
    return min(max(i, 0), n - 1)


_MODES = {"raise": _checked, "wrap": _wrapped, "clip": _clipped}


def _is_positions(t):
    return is_array(t) and kind_of(element_class(t)) in "iu"


# take, compress, extract


@cache
def _take_flat(position, number):
    if number:

        def take(a, indices, axis=None, out=None, mode="raise"):
            flat = in_c_order(a).ravel()
            return flat[position(int(indices), len(flat))]

    else:

        def take(a, indices, axis=None, out=None, mode="raise"):
            flat = in_c_order(a).ravel()
            made = np.empty(indices.shape, a.dtype)
            to = made.ravel()
            where = in_c_order(indices).ravel()
            n = len(flat)
            for i in range(len(to)):
                to[i] = flat[position(int(where[i]), n)]
            return made

    return take


def _spliced_static(shape, k, inner):
    rest = without(shape, k)
    return _insert_all(rest, k, inner)


def _insert_all(rest, k, inner):
    if len(inner) == 0:
        return rest
    return _insert_all(_inserted(rest, k, inner[-1]), k, inner[:-1])


def _inserted(t, k, value):
    if k == 0 or len(t) == 0:
        return (value,) + t
    return (t[0],) + _inserted(t[1:], k - 1, value)


@cache
def _take_along(position, number):
    if number:

        def take(a, indices, axis=None, out=None, mode="raise"):
            k = normal_axis(axis, a.ndim)
            i = position(int(indices), a.shape[k])
            return strided(a, i * a.strides[k], without(a.shape, k), without(a.strides, k)).copy()

        def take_number(a, indices, axis=None, out=None, mode="raise"):
            normal_axis(axis, 1)
            return a[position(int(indices), len(a))]

        return take, take_number

    def take_all(a, indices, axis=None, out=None, mode="raise"):
        k = normal_axis(axis, a.ndim)
        where = in_c_order(indices).ravel()
        n = a.shape[k]
        made = np.empty(with_length(a.shape, k, len(where)), a.dtype)
        for i in range(len(where)):
            p = position(int(where[i]), n)
            part_of(made, k, i, i + 1)[...] = part_of(a, k, p, p + 1)
        return made.reshape(_spliced_static(a.shape, k, indices.shape))

    return take_all, take_all


@cache
def _take_into(found):
    def take(a, indices, axis=None, out=None, mode="raise"):
        out[...] = found(a, indices, axis)
        return out

    return take


@cache
def _take_sequence(found):
    def take(a, indices, axis=None, out=None, mode="raise"):
        return found(a, np.asarray(indices), axis)

    return take


@overload("numpy.take", "array.take")
def take(a, indices, axis=None, out=None, mode="raise"):
    position = _MODES.get(text(mode))
    if not is_array(a) or position is None:
        return None
    number = is_index(indices)
    made = array_type_of(indices)
    sequence = made is not None and _is_positions(made) and not number
    if not (number or _is_positions(indices) or sequence):
        return None
    if is_absent(axis):
        found = _take_flat(position, number)
    elif is_index(axis) and a.ndim:
        found = _take_along(position, number)[a.ndim == 1]
    else:
        return None
    if sequence:
        found = _take_sequence(found)
    if is_absent(out):
        return found
    return _take_into(found) if is_array(out) and not number else None


def _is_condition(t):
    return is_array(t, 1)


@cache
def _compress(flat):
    def compress_flat(condition, a, axis=None, out=None):
        return compress_along(condition, in_c_order(a).ravel(), 0)

    def compress_along(condition, a, axis=None, out=None):
        k = normal_axis(axis, a.ndim)
        count = 0
        for c in condition:
            if c:
                count += 1
        n = a.shape[k]
        made = np.empty(with_length(a.shape, k, count), a.dtype)
        at = 0
        for i in range(len(condition)):
            if condition[i]:
                if i >= n:
                    raise IndexError("index is out of bounds for the axis")
                part_of(made, k, at, at + 1)[...] = part_of(a, k, i, i + 1)
                at += 1
        return made

    return compress_flat if flat else compress_along


@overload("numpy.compress")
def compress(condition, a, axis=None, out=None):
    if is_array(a) and _is_condition(condition) and is_absent(out) and (is_absent(axis) or (is_index(axis) and a.ndim)):
        return _compress(is_absent(axis))


@cache
def _compress_method(found):
    def compress(a, condition, axis=None, out=None):
        return found(condition, a, axis)

    return compress


@overload("array.compress")
def compress_method(a, condition, axis=None, out=None):
    if is_array(a) and _is_condition(condition) and is_absent(out) and (is_absent(axis) or (is_index(axis) and a.ndim)):
        return _compress_method(_compress(is_absent(axis)))


def _extract(condition, arr):
    flags = np.ravel(np.asarray(condition))
    values = np.ravel(np.asarray(arr))
    count = 0
    for c in flags:
        if c:
            count += 1
    if len(values) == 0 and count > 0:
        raise ValueError("Cannot extract from an empty array")
    made = np.empty(count, values.dtype)
    at = 0
    for i in range(len(flags)):
        if flags[i]:
            if i >= len(values):
                raise ValueError("condition shape inconsistent with arr shape")
            made[at] = values[i]
            at += 1
    return made


@overload("numpy.extract")
def extract(condition, arr):
    if all(is_array(t) or is_number(t) for t in (condition, arr)):
        return _extract


# nonzero


def _nonzero_columns(flat, shape, n):
    """For each dimension the positions of what is not zero."""
    if len(shape) == 0:
        return ()
    size = product(shape[1:])
    column = np.empty(n, np.int64)
    at = 0
    for i in range(len(flat)):
        if flat[i]:
            column[at] = i // size % shape[0]
            at += 1
    return (column,) + _nonzero_columns(flat, shape[1:], n)


def _nonzero(a):
    flat = in_c_order(a).ravel()
    n = 0
    for x in flat:
        if x:
            n += 1
    return _nonzero_columns(flat, a.shape, n)


def _nonzero_line(a):
    """Of numbers in one dimension."""
    n = 0
    for x in a:
        n += x != 0
    column = np.empty(n, np.int64)
    at = 0
    i = 0
    # Every position is written, and the next one over it unless it counts: no branch depends on an element.
    while at < n and i < len(a):
        column[at] = i
        at += a[i] != 0
        i += 1
    return (column,)


def _nonzero_of(condition, x=None, y=None):
    return _nonzero(condition)


def _check_depth(a):
    if a.ndim == 0:
        raise TypingError("Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() instead.")


@overload("numpy.nonzero", "array.nonzero")
def nonzero(a):
    if is_array(a):
        _check_depth(a)
        return _nonzero_line if a.ndim == 1 and element_class(a) is not None else _nonzero


def _flatnonzero(a):
    flat = np.ravel(np.asarray(a))
    return _nonzero(flat)[0]


def _flatnonzero_of_one(a):
    return np.zeros(1 if a else 0, np.int64)


@overload("numpy.flatnonzero")
def flatnonzero(a):
    if is_text(a) or is_absent(a):
        return _flatnonzero_of_one
    return _flatnonzero if is_array(a) or is_number(a) else None


def _argwhere(a):
    flat = in_c_order(a).ravel()
    n = 0
    for x in flat:
        if x:
            n += 1
    # Columns lie in memory one after the other, as in NumPy.
    made = np.empty((a.ndim, n), np.int64)
    at = 0
    for i in range(len(flat)):
        if flat[i]:
            rest = i
            k = a.ndim - 1
            while k >= 0:
                made[k, at] = rest % a.shape[k]
                rest = rest // a.shape[k]
                k -= 1
            at += 1
    return made.T


def _argwhere_of_number(a):
    return np.zeros((1 if a else 0, 0), np.int64)


@overload("numpy.argwhere")
def argwhere(a):
    if is_array(a):
        return _argwhere if a.ndim else None
    return _argwhere_of_number if is_number(a) or is_text(a) or is_absent(a) else None


# Placing


@cache
def _put(position, number):
    def flat_offset(a, i):
        """Byte offset of the element at a flat position in C order."""
        rest = i
        offset = 0
        k = a.ndim - 1
        while k >= 0:
            offset += rest % a.shape[k] * a.strides[k]
            rest = rest // a.shape[k]
            k -= 1
        return offset

    def put_at(a, i, v):
        strided(a, flat_offset(a, i), (1,), (a.itemsize,))[0] = v

    if number:

        def put(a, ind, v, mode="raise"):
            i = position(int(ind), a.size)
            put_at(a, i, _value(v, 0))

    else:

        def put(a, ind, v, mode="raise"):
            n = a.size
            k = 0
            for p in np.ravel(np.asarray(ind)):
                put_at(a, position(int(p), n), _value(v, k))
                k += 1

    return put


def _value(v, k):
    if isinstance(v, np.ndarray):
        flat = np.ravel(v)
        return flat[k % len(flat)]
    return v


@cache
def _put_tuple(found):
    def put(a, ind, v, mode="raise"):
        found(a, ind, np.array(v))

    return put


@cache
def _put_method(found):
    def put(a, indices, values, mode="raise"):
        found(a, indices, values)

    return put


def _put_form(a, ind, v, mode):
    position = _MODES.get(text(mode))
    if not is_array(a) or not a.mutable or position is None:
        return None
    if not (is_index(ind) or _is_positions(ind) or is_int_tuple(ind)):
        return None
    found = _put(position, is_index(ind))
    if is_tuple(v):
        return _put_tuple(found)
    if is_number(v) or is_array(v) or kind(v) == "record":
        return found
    return None


@overload("numpy.put")
def put(a, ind, v, mode="raise"):
    return _put_form(a, ind, v, mode)


@overload("array.put")
def put_method(a, indices, values, mode="raise"):
    found = _put_form(a, indices, values, mode)
    return found and _put_method(found)


def _placed(arr, mask, vals, each):
    """Assigns where the mask holds; `each`: a value for each position, else one after the other."""
    if mask.size != arr.size:
        raise ValueError("place: mask and data must be the same size")
    flat = np.array(arr).ravel()
    flags = in_c_order(mask).ravel()
    source = np.ravel(vals)
    n = len(source)
    at = 0
    for i in range(len(flat)):
        if flags[i]:
            if n == 0:
                raise ValueError("Cannot insert from an empty array!")
            flat[i] = source[(i if each else at) % n]
            at += 1
    arr[...] = flat.reshape(arr.shape)


@cache
def _place(each):
    def place(arr, mask, vals):
        _placed(arr, mask, np.asarray(vals), each)

    def putmask(a, mask, values):
        _placed(a, mask, np.asarray(values), each)

    return putmask if each else place


def _is_values(t):
    return is_array(t) or is_number(t) or (is_tuple(t) and t.count > 0 and all(is_number(e) for e in t.types))


@cache
def _place_record(each):
    def place(arr, mask, vals):
        _placed(arr, mask, np.full(1, vals), each)

    def putmask(a, mask, values):
        _placed(a, mask, np.full(1, values), each)

    return putmask if each else place


@overload("numpy.place")
def place(arr, mask, vals):
    if is_array(arr) and arr.mutable and is_array(mask) and _is_values(vals):
        return _place(False)
    if is_array(arr) and arr.mutable and is_array(mask) and kind(vals) == "record":
        return _place_record(False)


@overload("numpy.putmask")
def putmask(a, mask, values):
    if is_array(a) and a.mutable and is_array(mask) and _is_values(values):
        return _place(True)
    if is_array(a) and a.mutable and is_array(mask) and kind(values) == "record":
        return _place_record(True)


def _copyto(dst, src, casting="same_kind", where=True):
    dst[...] = src


def _copyto_where(dst, src, casting="same_kind", where=True):
    wide = np.empty(dst.shape, dst.dtype)
    wide[...] = src
    dst[...] = np.where(where, wide, dst)


@overload("numpy.copyto")
def copyto(dst, src, casting="same_kind", where=True):
    rule = text(casting)
    if not (is_array(dst) and dst.mutable and (is_array(src) or is_element(src)) and rule is not None):
        return None
    if is_array(src) and not (storage(src) and storage(dst) and np.can_cast(storage(src), storage(dst), rule)):
        return None
    if is_array(where):
        return _copyto_where if kind_of(element_class(where)) == "b" else None
    return _copyto if where is True or getattr(where, "literal_value", None) is True else None


# Along an axis


def _take_along_flat(arr, indices, axis):
    flat = in_c_order(arr).ravel()
    made = np.empty(len(indices), arr.dtype)
    for i in range(len(indices)):
        made[i] = flat[_checked(int(indices[i]), len(flat))]
    return made


def _aligned(a, like, k):
    """The array broadcast to the shape of `like`, but for axis `k`."""
    return stretch(a, with_length(like, k, a.shape[k]))


def _take_along_axis(arr, indices, axis=-1):
    k = normal_axis(axis, arr.ndim)
    shape = with_length(common_shape(with_length(arr.shape, k, 1), with_length(indices.shape, k, 1)), k, indices.shape[k])
    source = _aligned(arr, shape, k).copy()
    where = _aligned(indices, shape, k).copy()
    made = np.empty(shape, arr.dtype)
    outer = product_before(shape, k)
    inner = product_after(shape, k)
    n = arr.shape[k]
    m = indices.shape[k]
    s = source.reshape(outer, n, inner)
    w = where.reshape(outer, m, inner)
    t = made.reshape(outer, m, inner)
    for i in range(outer):
        for j in range(m):
            for h in range(inner):
                t[i, j, h] = s[i, _checked(int(w[i, j, h]), n), h]
    return made


def product_before(shape, k):
    n = 1
    for i in range(k):
        n *= shape[i]
    return n


def product_after(shape, k):
    n = 1
    for i in range(k + 1, len(shape)):
        n *= shape[i]
    return n


@overload("numpy.take_along_axis")
def take_along_axis(arr, indices, axis=-1):
    if is_array(arr) and _is_positions(indices):
        if is_absent(axis):
            return _take_along_flat if indices.ndim == 1 else None
        if (axis == -1 or is_index(axis)) and arr.ndim and arr.ndim == indices.ndim:
            return _take_along_axis


def _put_along_axis(arr, indices, values, axis):
    k = normal_axis(axis, arr.ndim)
    shape = with_length(arr.shape, k, indices.shape[k])
    where = _aligned(indices, shape, k).copy()
    wide = np.empty(shape, arr.dtype)
    wide[...] = values
    changed = arr.copy()
    outer = product_before(shape, k)
    inner = product_after(shape, k)
    n = arr.shape[k]
    m = indices.shape[k]
    to = changed.reshape(outer, n, inner)
    w = where.reshape(outer, m, inner)
    v = wide.reshape(outer, m, inner)
    for i in range(outer):
        for j in range(m):
            for h in range(inner):
                to[i, _checked(int(w[i, j, h]), n), h] = v[i, j, h]
    arr[...] = changed


@overload("numpy.put_along_axis")
def put_along_axis(arr, indices, values, axis):
    if is_array(arr) and arr.mutable and arr.ndim and _is_positions(indices) and arr.ndim == indices.ndim and is_index(axis):
        if is_element(values) or is_array(values):
            return _put_along_axis


# One element, membership


def _item_only(a):
    if a.size != 1:
        raise ValueError("item(): can only convert an array of size 1 to a Python scalar")
    return in_c_order(a).ravel()[0]


def _item_flat(a, i):
    n = a.size
    if i < -n or i >= n:
        raise IndexError(f"index {i} is out of bounds for axis 0 with size {n}")
    return in_c_order(a).ravel()[i]


def _item_at(a, *args):
    return a[args]


def _item_tuple(a, position):
    return a[position]


@cache
def _item_of_record(found):
    def item(a, *args):
        return found(a, *args).item()

    return item


@overload("array.item")
def item_of_records(a, *args):
    if is_array(a) and kind(a.dtype) == "record":
        found = _item_form(a, args)
        return found and _item_of_record(found)


@overload("array.item")
def item(a, *args):
    return _item_form(a, args) if is_array(a) else None


def _item_form(a, args):
    if not args:
        return _item_only
    if len(args) == 1:
        if is_index(args[0]):
            return _item_flat
        return _item_tuple if is_int_tuple(args[0], a.ndim) else None
    if len(args) == a.ndim and all(map(is_index, args)):
        return _item_at


def _item_of_number(x):
    return x


@overload("boolean.item", "integer.item", "float.item", "complex.item")
def item_of_number(x):
    return _item_of_number


def _itemset_only(a, value):
    if a.size != 1:
        raise ValueError("can only convert an array of size 1 to a Python scalar")
    a[...] = value


def _itemset_flat(a, i, value):
    np.put(a, i, value)


def _itemset_tuple(a, position, value):
    a[position] = value


@overload("array.itemset")
def itemset(a, *args):
    if is_array(a) and a.mutable and args and is_number(args[-1]):
        if len(args) == 1:
            return _itemset_only
        if len(args) == 2:
            if is_index(args[0]):
                return _itemset_flat
            return _itemset_tuple if is_int_tuple(args[0], a.ndim) else None


def _contains(a, x):
    for v in in_c_order(a).ravel():
        if v == x:
            return True
    return False


def _contains_not(a, x):
    for v in in_c_order(a).ravel():
        if v == x:
            return False
    return True


def _contains_array(a, x):
    return bool(np.any(a == x))


@overload("array.__contains__")
def contains(a, x):
    if is_number(x):
        return _contains
    return _contains_array if is_array(x) else None


@overload("array.__not_contains__")
def contains_not(a, x):
    return _contains_not if is_number(x) else None
