"""Records: comparison field by field, alone and in arrays; truth, order, sorting and fields chosen by several names."""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import is_absent, is_array, is_tuple, kind, text
from looplift.library.broadcasting import common_shape


@cache
def _all_equal(names):
    """The comparison of two records whose fields have these names, written out."""
    terms = [f"a[{name!r}] == b[{name!r}]" for name in names]
    namespace = {"__name__": __name__}
    exec(f"def implementation(a, b):\n    return {' and '.join(terms) or True}\n", namespace)
    return namespace["implementation"]


def _comparable(a, b):
    """The names of the fields, if both records have the same and none is an array."""
    if kind(a) != "record" or kind(b) != "record":
        return None
    dtype = a.numpy_dtype
    if dtype.names != b.numpy_dtype.names or any(dtype[name].subdtype for name in dtype.names):
        return None
    return dtype.names


@overload("record.__eq__")
def equal(a, b):
    names = _comparable(a, b)
    return None if names is None else _all_equal(names)


@overload("record.__ne__")
def not_equal(a, b):
    names = _comparable(a, b)
    if names is None:
        return None
    same = _all_equal(names)

    def implementation(a, b):
        return not same(a, b)

    return implementation


@overload("record.__len__")
def length(a):
    count = len(a.numpy_dtype.names)

    def implementation(a):
        return count

    return implementation


@cache
def _any_field(names):
    terms = [f"bool(a[{name!r}])" for name in names]
    namespace = {"__name__": __name__}
    exec(f"def implementation(a):\n    return {' or '.join(terms) or False}\n", namespace)  # names of fields
    return namespace["implementation"]


@overload("record.__bool__")
def truth(a):
    dtype = a.numpy_dtype
    if not any(dtype[name].subdtype for name in dtype.names):
        return _any_field(dtype.names)


@cache
def _as_tuple(names):
    terms = "".join(f"a[{name!r}], " for name in names)
    namespace = {"__name__": __name__}
    exec(f"def implementation(a):\n    return ({terms})\n", namespace)  # names of fields
    return namespace["implementation"]


@overload("record.__astuple__")
def as_tuple(a):
    # What unpacking a record asks for.
    return _as_tuple(a.numpy_dtype.names)


@overload("record.item")
def item(a):
    dtype = a.numpy_dtype
    return _as_tuple(dtype.names) if all(dtype[n].kind in "biufcUS" for n in dtype.names) else None


# Arrays


def _record_of(t):
    """The record type of an array of records or of a record."""
    inner = t.dtype if is_array(t) else t
    return inner if kind(inner) == "record" else None


@cache
def _compared(same, negated):
    def compare(a, b):
        shape = common_shape(np.shape(a), np.shape(b))
        first = np.broadcast_to(a, shape)
        second = np.broadcast_to(b, shape)
        made = np.empty(shape, np.bool_)
        for position in np.ndindex(shape):
            made[position] = same(first[position], second[position]) != negated
        return made

    return compare


@cache
def _compared_to_one(same, negated, second):
    if second:

        def compare(a, b):
            made = np.empty(a.shape, np.bool_)
            for position in np.ndindex(a.shape):
                made[position] = same(a[position], b) != negated
            return made

    else:

        def compare(a, b):
            made = np.empty(b.shape, np.bool_)
            for position in np.ndindex(b.shape):
                made[position] = same(a, b[position]) != negated
            return made

    return compare


def _comparison(a, b, negated):
    left, right = _record_of(a), _record_of(b)
    if left is None or right is None or not (is_array(a) or is_array(b)):
        return None
    names = _comparable(left, right)
    if names is None:
        return None
    same = _all_equal(names)
    return _compared(same, negated) if is_array(a) and is_array(b) else _compared_to_one(same, negated, is_array(a))


@overload("array.__eq__")
def array_equal(a, b):
    return _comparison(a, b, False)


@overload("array.__ne__")
def array_not_equal(a, b):
    return _comparison(a, b, True)


# Sorting: by keys of which the first counts most, as `lexsort` takes them last


def _names_of(order):
    """The names that an `order` argument gives, or None."""
    if text(order) is not None:
        return (text(order),)
    if is_tuple(order) and order.count and all(text(t) is not None for t in order.types):
        return tuple(map(text, order.types))
    return None


def _keys_for(a, order):
    """All fields of an array of records in the order of their weight, or None."""
    record = _record_of(a)
    if not is_array(a) or record is None:
        return None
    names = record.numpy_dtype.names
    first = () if is_absent(order) else _names_of(order)
    if first is None or any(n not in names for n in first) or any(record.numpy_dtype[n].shape for n in names):
        return None
    return (*first, *(n for n in names if n not in first))


@cache
def _places_by(keys):
    """A function that gives the stable order of a line of records."""
    given = ", ".join(f"a[{name!r}]" for name in reversed(keys))
    namespace = {"__name__": __name__, "np": np}
    exec(f"def places(a):\n    return np.lexsort(({given},))\n", namespace)  # names of fields
    return namespace["places"]


@cache
def _sorted(keys):
    places = _places_by(keys)

    def sort(a, axis=-1, kind=None, order=None, stable=None):
        return a[places(a)]

    return sort


@cache
def _sorted_in_place(keys):
    places = _places_by(keys)

    def sort(a, axis=-1, kind=None, order=None, stable=None):
        a[...] = a[places(a)]

    return sort


@cache
def _argsorted(keys):
    places = _places_by(keys)

    def argsort(a, axis=-1, kind=None, order=None, stable=None):
        return places(a)

    return argsort


def _along_line(a, axis):
    return is_array(a, 1) and (is_absent(axis) or axis == -1 or getattr(axis, "literal_value", None) in (0, -1))


@overload("record.numpy.sort")
def sort(a, axis=-1, kind=None, order=None, stable=None):
    keys = _keys_for(a, order)
    return None if keys is None or not _along_line(a, axis) else _sorted(keys)


@overload("record.array.sort")
def sort_in_place(a, axis=-1, kind=None, order=None, stable=None):
    keys = _keys_for(a, order)
    return None if keys is None or not a.mutable or not _along_line(a, axis) else _sorted_in_place(keys)


@overload("record.numpy.argsort", "record.array.argsort")
def argsort(a, axis=-1, kind=None, order=None, stable=None):
    keys = _keys_for(a, order)
    return None if keys is None or not _along_line(a, axis) else _argsorted(keys)


@cache
def _unique(keys, same):
    places = _places_by(keys)

    def unique(ar):
        flat = np.ravel(ar)
        order = places(flat)
        made = np.empty(len(flat), flat.dtype)
        n = 0
        for i in range(len(flat)):
            x = flat[order[i]]
            if n == 0 or not same(made[n - 1], x):
                made[n] = x
                n += 1
        return made[:n].copy()

    return unique


@overload("record.numpy.unique")
def unique(ar):
    keys = _keys_for(ar, None)
    return None if keys is None else _unique(keys, _all_equal(_record_of(ar).numpy_dtype.names))


# Fields chosen by several names: a view with a dtype of these fields


def _view_dtype(dtype, names):
    return np.dtype(
        {
            "names": list(names),
            "formats": [dtype.fields[n][0] for n in names],
            "offsets": [dtype.fields[n][1] for n in names],
            "itemsize": dtype.itemsize,
        }
    )


@cache
def _chosen(dtype):
    def chosen(a, index):
        return a.view(dtype)

    return chosen


@overload("record.array.__getitem__")
def fields(a, index):
    names = _names_of(index) if is_tuple(index) else None
    record = _record_of(a)
    if is_array(a) and names and all(n in record.numpy_dtype.names for n in names) and len(set(names)) == len(names):
        return _chosen(_view_dtype(record.numpy_dtype, names))
