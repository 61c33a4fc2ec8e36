"""Arrays of arrays, `ndmin`, `copy` and `order` of `numpy.array`, `tolist`, and the objects that are indexed to make arrays
(`numpy.r_`, `c_`, `mgrid`, `ogrid`, `s_`).
"""

from functools import cache

import numpy as np

from looplift.library._adapting import depth_of
from looplift.library._registry import overload
from looplift.library._types import (
    CLASSES,
    common_storage,
    dtype_class,
    element_class,
    is_absent,
    is_array,
    is_element,
    is_false,
    is_index,
    is_number,
    is_time,
    is_true,
    is_tuple,
    kind,
    named_storage,
    text,
)
from looplift.library.joining import members

# numpy.array of arrays, and its rarer arguments


def _stacked(object, dtype=None):
    return np.stack(object)


@cache
def _array_of_arrays(t):
    def array(object, dtype=None):
        return np.stack(object).astype(t)

    return array


def _is_of_arrays(t):
    types = members(t)
    return bool(types) and len({e.ndim for e in types}) == 1


@overload("general.array", "general.asarray")
def array_of_arrays(object, dtype=None):
    if _is_of_arrays(object):
        common = common_storage(members(object))
        if common is not None and common not in CLASSES.values():
            return _stacked if is_absent(dtype) else None
        t = dtype_class(dtype, common)
        return t and _array_of_arrays(t)


@cache
def _array_form(t, fortran, same, ndmin):
    def made(object):
        if same:
            return np.asarray(object)
        if t is None:
            return np.array(object)
        return np.array(object, t)

    def lifted(a):
        return _at_least(a, shape)

    def array(object, dtype=None, copy=True, order="K", subok=False, ndmin=0, like=None):
        return lifted(made(object))

    def array_fortran(object, dtype=None, copy=True, order="K", subok=False, ndmin=0, like=None):
        return lifted(np.asfortranarray(made(object)))

    shape = (1,) * ndmin
    return array_fortran if fortran else array


def _at_least(a, like):
    """With axes of length one in front until there are as many as in `like`."""
    if a.ndim >= len(like):
        return a
    return _at_least(a[None], like)


_CLASSES = frozenset(CLASSES.values())


@overload("general.array")
def array_form(object, dtype=None, copy=True, order="K", subok=False, ndmin=0, like=None):
    if not (is_array(object) or is_number(object) or depth_of(object) or _is_of_arrays(object)):
        return None
    least = ndmin if isinstance(ndmin, int) else getattr(ndmin, "literal_value", None)
    name = text(order)
    t = dtype_class(dtype)
    if least is None or name not in ("K", "A", "C", "F") or (t not in _CLASSES and not is_absent(dtype)) or not is_false(subok):
        return None
    if not (is_true(copy) or is_false(copy) or is_absent(copy)):
        return None
    same = not is_true(copy) and is_array(object) and t in (None, element_class(object)) and name in "KA"
    return _array_form(t, name == "F" and is_array(object), same, least)


@cache
def _asarray_form(t, order):
    def asarray(a, dtype=None, order=None):
        made = np.asarray(a) if t is None else np.asarray(a, t)
        if name == "F":
            return np.asfortranarray(made)
        if name == "C":
            return np.ascontiguousarray(made)
        return made

    name = order
    return asarray


@overload("general.asarray")
def asarray_ordered(a, dtype=None, order=None):
    return None if is_absent(order) else asanyarray(a, dtype, order)


@overload("numpy.asanyarray")
def asanyarray(a, dtype=None, order=None):
    name = "K" if is_absent(order) else text(order)
    t = dtype_class(dtype)
    if (is_array(a) or is_number(a) or depth_of(a) or _is_of_arrays(a)) and name in ("K", "A", "C", "F"):
        if t is not None or is_absent(dtype):
            return _asarray_form(t, name if is_array(a) and a.ndim else "K")


@cache
def _check_finite(t):
    def asarray_chkfinite(a, dtype=None, order=None):
        made = np.asarray(a) if t is None else np.asarray(a, t)
        for x in np.ravel(made):
            if not np.isfinite(x):
                raise ValueError("array must not contain infs or NaNs")
        return made

    return asarray_chkfinite


@overload("numpy.asarray_chkfinite")
def asarray_chkfinite(a, dtype=None, order=None):
    if (is_array(a) or is_number(a) or depth_of(a)) and is_absent(order):
        t = dtype_class(dtype)
        return _check_finite(t) if t is not None or is_absent(dtype) else None


# Shapes of what is no array


def _size_along(a, axis=None):
    return a.shape[axis]


@overload("general.size")
def size(a, axis=None):
    if is_array(a) and a.ndim and is_index(axis):
        return _size_along


def _filled(shape, fill_value, dtype=None, order="C"):
    value = np.asarray(fill_value)
    made = np.empty(shape, value.dtype)
    made[...] = value
    return made


@cache
def _filled_as(t):
    def full(shape, fill_value, dtype=None, order="C"):
        made = np.empty(shape, t)
        made[...] = np.asarray(fill_value)
        return made

    return full


@overload("general.full")
def full(shape, fill_value, dtype=None, order="C"):
    if depth_of(fill_value) and text(order) == "C":
        t = dtype_class(dtype)
        return _filled if t is None else _filled_as(t)


# Lists of arrays


def _tolist_0(a):
    return a.item()


def _tolist_1(a):
    made = []
    for x in a:
        made.append(x)
    return made


def _tolist_n(a):
    made = [a[0].tolist()]
    for i in range(1, len(a)):
        made.append(a[i].tolist())
    return made


def _tolist_checked(a):
    if len(a) == 0:
        raise ValueError("tolist() of an array without rows has no type in compiled code")
    return _tolist_n(a)


def _tolist_records(a):
    made = []
    for x in a:
        made.append(x.item())
    return made


def is_flat_record(t):
    """A record of numbers and texts."""
    return kind(t) == "record" and all(t.numpy_dtype[n].kind in "biufcUS" for n in t.numpy_dtype.names)


@overload("array.tolist")
def tolist(a):
    if is_array(a) and is_flat_record(a.dtype):
        return _tolist_0 if a.ndim == 0 else _tolist_records if a.ndim == 1 else _tolist_checked
    if is_array(a) and (element_class(a) is not None or kind(a.dtype) == "charseq"):
        return _tolist_0 if a.ndim == 0 else _tolist_1 if a.ndim == 1 else _tolist_checked


# Objects that are indexed


def _first(s):
    if s.start is None:
        return 0
    return s.start


def _step(s):
    if s.step is None:
        return 1
    return s.step


def _range_of(s):
    return np.arange(_first(s), s.stop, _step(s))


@cache
def _part(what):
    if what == "slice":
        return _range_of
    if what == "number":

        def line(x):
            return np.atleast_1d(np.asarray(x))

        return line
    return _itself


def _itself(x):
    return x


def _what(t):
    if kind(t) == "slice":
        return "slice"
    if is_number(t):
        return "number"
    return "array" if is_array(t) else None


@cache
def _parts(whats):
    if not whats:

        def none(index):
            return ()

        return none
    first, rest = _part(whats[0]), _parts(whats[1:])

    def parts(index):
        return (first(index[0]),) + rest(index[1:])

    return parts


@cache
def _rows(whats, single):
    parts = _parts(whats)

    def of_one(obj, index):
        return np.concatenate(parts((index,)))

    def of_all(obj, index):
        return np.concatenate(parts(index))

    return of_one if single else of_all


def _columns_of(arrays):
    if len(arrays) == 0:
        return ()
    a = arrays[0]
    if a.ndim == 1:
        return (a[:, None],) + _columns_of(arrays[1:])
    return (a,) + _columns_of(arrays[1:])


@cache
def _columns(whats, single):
    parts = _parts(whats)

    def of_one(obj, index):
        return np.concatenate(_columns_of(parts((index,))), -1)

    def of_all(obj, index):
        return np.concatenate(_columns_of(parts(index)), -1)

    return of_one if single else of_all


def _ones(t):
    if len(t) == 0:
        return ()
    return (1,) + _ones(t[1:])


def _open(lines, before):
    if len(lines) == 0:
        return ()
    a = lines[0]
    return (a.reshape(before + (len(a),) + _ones(lines[1:])),) + _open(lines[1:], before + (1,))


def _lengths(lines):
    if len(lines) == 0:
        return ()
    return (len(lines[0]),) + _lengths(lines[1:])


def _fill(grid, parts, k):
    if len(parts) > 0:
        grid[k] = parts[0]
        _fill(grid, parts[1:], k + 1)


def _mgrid_line(obj, index):
    return _range_of(index)


@cache
def _mgrid(count):
    parts = _parts(("slice",) * count)

    def mgrid(obj, index):
        lines = parts(index)
        grid = np.empty((len(lines),) + _lengths(lines), lines[0].dtype)
        _fill(grid, _open(lines, ()), 0)
        return grid

    return mgrid


@cache
def _ogrid(count):
    parts = _parts(("slice",) * count)

    def ogrid(obj, index):
        return _open(parts(index), ())

    return ogrid


def _index_itself(obj, index):
    return index


@overload("object.__getitem__")
def getitem(obj, index):
    name = str(obj)
    single = kind(index) != "tuple"
    items = (index,) if single else tuple(index.types)
    if name == "Object(IndexExpression)":
        return _index_itself
    whats = tuple(map(_what, items))
    if None in whats or not whats:
        return None
    if name == "Object(RClass)":
        return _rows(whats, single)
    if name == "Object(CClass)":
        return _columns(whats, single)
    if set(whats) != {"slice"}:
        return None
    if name == "Object(MGridClass)":
        return _mgrid_line if single else _mgrid(len(items))
    if name == "Object(OGridClass)":
        return _mgrid_line if single else _ogrid(len(items))



# Nested sequences of any kinds


def _shape_of(x, depth):
    if len(depth) == 1:
        return (len(x),)
    return (len(x),) + _shape_of(x[0], depth[1:])


def _fill_parts(out, x, i):
    if len(x) > 0:
        _fill_nested(out[i], x[0])
        _fill_parts(out, x[1:], i + 1)


def _fill_nested(out, x):
    if len(x) != len(out):
        raise ValueError("setting an array element with a sequence. The requested array has an inhomogeneous shape.")
    if out.ndim > 1 and isinstance(x, tuple):
        _fill_parts(out, x, 0)
    else:
        for i in range(len(x)):
            if out.ndim > 1:
                _fill_nested(out[i], x[i])
            else:
                out[i] = x[i]


@cache
def _array_of_nested(t, depth):
    places = (0,) * depth

    def array(object, dtype=None):
        made = np.empty(_shape_of(object, places), t)
        _fill_nested(made, object)
        return made

    return array


# Texts, times and records


@cache
def _array_of_elements(t):
    def array(object, dtype=None):
        made = np.empty(len(object), t)
        _put_all(made, object, 0)
        return made

    return array


def _put_all(made, object, i):
    if len(object) > 0:
        made[i] = object[0]
        _put_all(made, object[1:], i + 1)


@cache
def _array_of_element_list(t):
    def array(object, dtype=None):
        made = np.empty(len(object), t)
        for i in range(len(object)):
            made[i] = object[i]
        return made

    return array


@cache
def _array_of_element(t):
    def array(object, dtype=None):
        made = np.empty((), t)
        made[...] = object
        return made

    return array


@overload("general.array", "general.asarray")
def array_of_elements(object, dtype=None):
    """The width of an array of texts is known of constants, or given by the dtype."""
    if is_tuple(object) and object.count and all(map(is_element, object.types)):
        t = named_storage(dtype, common_storage(object.types))
        if getattr(t, "kind", "") in ("m", "M") and not all(map(is_time, object.types)):
            return None
        return None if t is None else _array_of_elements(t)
    if kind(object) == "list" and is_element(object.dtype):
        t = named_storage(dtype, common_storage([object.dtype]))
        if getattr(t, "kind", "") in ("m", "M") and not is_time(object.dtype):
            return None
        return None if t is None else _array_of_element_list(t)
    if is_element(object):
        t = named_storage(dtype, common_storage([object]))
        return None if t is None else _array_of_element(t)


@overload("general.array", "general.asarray")
def array_of_nested(object, dtype=None):
    depth = depth_of(object)
    if depth > 1 and element_class(object):
        t = dtype_class(dtype, element_class(object))
        return t and _array_of_nested(t, depth)
