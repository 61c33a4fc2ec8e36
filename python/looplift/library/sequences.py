"""Sequences where NumPy takes arrays: tuples and lists are converted, and the function is asked again with arrays.

Also arrays of arrays, `ndmin`, `copy` and `order` of `numpy.array`, `tolist`, and the objects that are indexed to make arrays
(`numpy.r_`, `c_`, `mgrid`, `ogrid`, `s_`).
"""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import (
    dtype_class,
    element_class,
    is_absent,
    is_array,
    is_false,
    is_index,
    is_number,
    is_true,
    is_tuple,
    kind,
    promote,
    text,
)
from looplift.library.joining import members

# Asking again with arrays

# Primitives and ufuncs, of which the library knows the forms with arrays only in part.
_PRIMITIVES = frozenset(
    "transpose zeros_like empty_like ones_like reshape ravel copy shape size ndim real imag conjugate conj".split()
    + [name for name in dir(np) if isinstance(getattr(np, name), np.ufunc)]
)
# Functions whose sequences are no arrays.
_OTHERS = frozenset(
    "array asarray asanyarray zeros empty ones full eye concatenate stack hstack vstack dstack column_stack block select ix_ "
    "broadcast_shapes ndindex nditer unravel_index ravel_multi_index meshgrid dtype isdtype fromfunction piecewise".split()
)


def _depth(t):
    """How deep a sequence of numbers is nested; 0 for anything else."""
    if kind(t) == "list":
        return 1 if is_number(t.dtype) else _deeper([t.dtype])
    if is_tuple(t) and t.count:
        return 1 if all(map(is_number, t.types)) else _deeper(t.types)
    return 0


def _deeper(types):
    depths = {_depth(t) for t in types}
    return depths.pop() + 1 if len(depths) == 1 and 0 not in depths else 0


@cache
def _array_type(t, ndim):
    from looplift import typeof

    return typeof(np.empty((0,) * ndim, t))


def array_type_of(t):
    """The type of array that a number or a sequence converts to, or None."""
    if is_number(t):
        return _array_type(element_class(t), 0)
    if is_tuple(t) and t.count == 0:
        return _array_type(np.float64, 1)
    depth = _depth(t)
    if depth == 0 or depth > 3 or element_class(t) is None:
        return None
    return _array_type(element_class(t), depth)


def _given(x):
    return x


@cache
def _conversion(flags):
    if not flags:

        def none(args):
            return ()

        return none
    first, rest = (np.asarray if flags[0] else _given), _conversion(flags[1:])

    def convert(args):
        return (first(args[0]),) + rest(args[1:])

    return convert


@cache
def _converting(target, flags, named):
    convert = _conversion(flags)
    if named:

        def call(*args, **kwargs):
            return target(*convert(args), **kwargs)

    else:

        def call(*args):
            return target(*convert(args))

    return call


def _function(name):
    found = np
    for part in name.split(".")[1:]:
        found = getattr(found, part, None)
    return found


def with_arrays(name, args, kwargs, find):
    """The function `name` with sequences among its first arguments converted to arrays, or None."""
    short = name.removeprefix("numpy.")
    if short in _OTHERS:
        return None
    target = _function(name)
    # A number beside an array keeps its type: it takes the array's dtype.
    numbers = not isinstance(target, np.ufunc) and not any(map(is_array, args))
    places = [k for k, t in enumerate(args[:3]) if (numbers or not is_number(t)) and array_type_of(t) is not None]
    for chosen in ([0], [0, 1], [1], [0, 1, 2], [1, 2], [2]):
        if target is None or not set(chosen) <= set(places):
            continue
        types = [array_type_of(t) if k in chosen else t for k, t in enumerate(args)]
        if short in _PRIMITIVES or find(name, types, kwargs):
            return _converting(target, tuple(k in chosen for k in range(len(args))), bool(kwargs))
    return None


# Flags that are known at run time only: both ways are compiled


@cache
def _branching(target, place):
    after = place + 1

    def call(*args):
        if args[place]:
            return target(*(args[:place] + (True,) + args[after:]))
        return target(*(args[:place] + (False,) + args[after:]))

    return call


@cache
def _branching_twice(target, place, second):
    after, behind = place + 1, second + 1

    def call(*args):
        if args[place]:
            if args[second]:
                return target(*(args[:place] + (True,) + args[after:second] + (True,) + args[behind:]))
            return target(*(args[:place] + (True,) + args[after:second] + (False,) + args[behind:]))
        if args[second]:
            return target(*(args[:place] + (False,) + args[after:second] + (True,) + args[behind:]))
        return target(*(args[:place] + (False,) + args[after:second] + (False,) + args[behind:]))

    return call


def with_flags(name, args, kwargs, find):
    """The function `name` called with constants for its flags that are none (one or two), in branches; or None."""
    target = _function(name)
    places = [k for k, t in enumerate(args) if kind(t) == "boolean"]
    if len(places) not in (1, 2) or kwargs or target is None or isinstance(target, np.ufunc):
        return None
    from looplift import types

    for value in (True, False):
        known = [types.literal(value) if k in places else t for k, t in enumerate(args)]
        if find(name, known, kwargs) is None:
            return None
    return _branching(target, places[0]) if len(places) == 1 else _branching_twice(target, *places)


# numpy.array of arrays, and its rarer arguments


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
        t = dtype_class(dtype, promote(*map(element_class, members(object))))
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


@overload("general.array")
def array_form(object, dtype=None, copy=True, order="K", subok=False, ndmin=0, like=None):
    if not (is_array(object) or is_number(object) or _depth(object) or _is_of_arrays(object)):
        return None
    least = ndmin if isinstance(ndmin, int) else getattr(ndmin, "literal_value", None)
    name = text(order)
    t = dtype_class(dtype)
    if least is None or name not in ("K", "A", "C", "F") or (t is None and not is_absent(dtype)) or not is_false(subok):
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
    if (is_array(a) or is_number(a) or _depth(a) or _is_of_arrays(a)) and name in ("K", "A", "C", "F"):
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
    if (is_array(a) or is_number(a) or _depth(a)) and is_absent(order):
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
    if _depth(fill_value) and text(order) == "C":
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


@overload("array.tolist")
def tolist(a):
    if is_array(a) and element_class(a) is not None:
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
    return _given


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

