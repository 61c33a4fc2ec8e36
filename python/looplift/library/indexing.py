"""Indexing with arrays: boolean masks of the array's own shape, and integer arrays along the first axis; `fancy` has all else.

What an index selects is a copy, as in NumPy. Each integer is checked; a negative one counts from the end.
"""

import numpy as np

from looplift.library import fancy
from looplift.library._adapting import depth_of
from looplift.library._registry import overload
from looplift.library._types import element_class, is_array, is_element, is_int, is_tuple, kind, kind_of
from looplift.library._views import product

_ASSIGN = "cannot assign the values to what the index selects: their numbers differ"


def _mismatch(axis, size, flags):
    raise IndexError(
        f"boolean index did not match indexed array along axis {axis}; size of axis is {size} but size of corresponding boolean axis is {flags}"
    )


def _count(mask):
    n = 0
    for selected in mask:
        if selected:
            n += 1
    return n


def _masked_1(a, mask):
    if mask.size != a.size:
        _mismatch(0, a.size, mask.size)
    out = np.empty(_count(mask), a.dtype)
    n = 0
    for i in range(a.size):
        if mask[i]:
            out[n] = a[i]
            n += 1
    return out


def _masked_rows(a, mask):
    rows, columns = a.shape
    if mask.size != rows:
        _mismatch(0, rows, mask.size)
    out = np.empty((_count(mask), columns), a.dtype)
    n = 0
    for i in range(rows):
        if mask[i]:
            out[n] = a[i]
            n += 1
    return out


def _masked_2(a, mask):
    rows, columns = a.shape
    if mask.shape[0] != rows:
        _mismatch(0, rows, mask.shape[0])
    if mask.shape[1] != columns:
        _mismatch(1, columns, mask.shape[1])
    size = 0
    for i in range(rows):
        size += _count(mask[i])
    out = np.empty(size, a.dtype)
    n = 0
    for i in range(rows):
        for j in range(columns):
            if mask[i, j]:
                out[n] = a[i, j]
                n += 1
    return out


def _taken_1(a, index):
    out = np.empty(index.size, a.dtype)
    for n in range(index.size):
        out[n] = a[index[n]]
    return out


def _taken_2(a, index):
    rows, columns = index.shape
    out = np.empty((rows, columns), a.dtype)
    for i in range(rows):
        for j in range(columns):
            out[i, j] = a[index[i, j]]
    return out


def _taken_rows(a, index):
    out = np.empty((index.size, a.shape[1]), a.dtype)
    for n in range(index.size):
        out[n] = a[index[n]]
    return out


def _kinds(a, index):
    """(kind of the index's elements, its dimensions, dimensions of the array), or None."""
    if is_array(a) and is_array(index):
        kind = kind_of(element_class(index))
        if kind in "biu":
            return kind.replace("u", "i"), index.ndim, a.ndim
    return None


_GET = {
    ("b", 1, 1): _masked_1,
    ("b", 1, 2): _masked_rows,
    ("b", 2, 2): _masked_2,
    ("i", 1, 1): _taken_1,
    ("i", 2, 1): _taken_2,
    ("i", 1, 2): _taken_rows,
}


@overload("array.__getitem__")
def getitem(a, index):
    found = _GET.get(_kinds(a, index))
    if found is None:
        plan = fancy.plan_of(a, index)
        found = plan and fancy.getter(plan)
    return found


# Nothing is written if one of the positions is out of bounds.


def _check_positions(index, n):
    for p in index.flat:
        if p < -n or p >= n:
            raise IndexError(f"index {p} is out of bounds for axis 0 with size {n}")


# Assignment of a number. Integers are read as they were before (they may share memory with what is written), masks as the
# assignment goes on: both are NumPy's ways.


def _fill_masked_1(a, mask, value):
    if mask.size != a.size:
        _mismatch(0, a.size, mask.size)
    for i in range(a.size):
        if mask[i]:
            a[i] = value


def _fill_masked_rows(a, mask, value):
    if mask.size != a.shape[0]:
        _mismatch(0, a.shape[0], mask.size)
    for i in range(mask.size):
        if mask[i]:
            a[i] = value


def _fill_masked_2(a, mask, value):
    rows, columns = a.shape
    if mask.shape[0] != rows:
        _mismatch(0, rows, mask.shape[0])
    if mask.shape[1] != columns:
        _mismatch(1, columns, mask.shape[1])
    for i in range(rows):
        for j in range(columns):
            if mask[i, j]:
                a[i, j] = value


def _fill_taken(a, index, value):
    index = index.copy()
    _check_positions(index, a.shape[0])
    for n in range(index.size):
        a[index[n]] = value


_FILL = {
    ("b", 1, 1): _fill_masked_1,
    ("b", 1, 2): _fill_masked_rows,
    ("b", 2, 2): _fill_masked_2,
    ("i", 1, 1): _fill_taken,
    ("i", 1, 2): _fill_taken,
}

# Assignment of a one-dimensional array, value by value; a single value goes everywhere


def _step(given, wanted):
    """How far to go in the values for each place."""
    if given == wanted:
        return 1
    if given != 1:
        raise ValueError(_ASSIGN)
    return 0


def _store_masked_1(a, mask, values):
    if mask.size != a.size:
        _mismatch(0, a.size, mask.size)
    step = _step(values.size, _count(mask))
    source = values.copy()
    n = 0
    for i in range(a.size):
        if mask[i]:
            a[i] = source[n]
            n += step


def _store_masked_2(a, mask, values):
    rows, columns = a.shape
    if mask.shape[0] != rows:
        _mismatch(0, rows, mask.shape[0])
    if mask.shape[1] != columns:
        _mismatch(1, columns, mask.shape[1])
    size = 0
    for i in range(rows):
        size += _count(mask[i])
    step = _step(values.size, size)
    source = values.copy()
    n = 0
    for i in range(rows):
        for j in range(columns):
            if mask[i, j]:
                a[i, j] = source[n]
                n += step


def _store_taken(a, index, values):
    index = index.copy()
    step = _step(values.size, index.size)
    _check_positions(index, a.shape[0])
    source = values.copy()
    for n in range(index.size):
        a[index[n]] = source[n * step]


_STORE = {
    ("b", 1, 1): _store_masked_1,
    ("b", 2, 2): _store_masked_2,
    ("i", 1, 1): _store_taken,
}


@overload("array.__setitem__")
def setitem(a, index, value):
    kinds = _kinds(a, index)
    found = None
    if is_element(value):
        found = _FILL.get(kinds)
    elif is_array(value, 1):
        found = _STORE.get(kinds)
    elif is_tuple(value) or (kind(value) == "list" and depth_of(value)):
        return _store_tuple
    if found is None and fancy.is_value(value):
        plan = fancy.plan_of(a, index)
        found = plan and fancy.setter(plan, is_array(value))
    return found


def _store_tuple(a, index, value):
    a[index] = np.array(value)


# `a.flat = v`, and `a.flat[i] = v` where the elements do not lie one after the other


def _set_flat(a, value):
    source = np.ravel(np.asarray(value))
    n = len(source)
    if n == 0 and a.size > 0:
        raise ValueError("cannot assign an empty sequence to the elements of an array")
    made = np.empty(a.shape, a.dtype)
    to = made.ravel()
    k = 0
    for i in range(len(to)):
        to[i] = source[k]
        k += 1
        if k == n:
            k = 0
    a[...] = made


@overload("array.__set_flat__")
def set_flat(a, value):
    if a.mutable and (is_element(value) or is_array(value) or is_tuple(value)):
        return _set_flat


def _place_in(shape, i):
    """The position of element `i` in C order."""
    if len(shape) == 0:
        return ()
    rest = product(shape[1:])
    return (i // rest,) + _place_in(shape[1:], i % rest)


def _set_flat_one(a, index, value):
    n = a.size
    if index < -n or index >= n:
        raise IndexError(f"index {index} is out of bounds for size {n}")
    i = index + n if index < 0 else index
    a[_place_in(a.shape, i)] = value


def _set_flat_many(a, index, value):
    work = a.copy().ravel()
    work[index] = value
    a[...] = work.reshape(a.shape)


@overload("array.__set_flat_item__")
def set_flat_item(a, index, value):
    if is_int(index):
        return _set_flat_one
    return _set_flat_many
