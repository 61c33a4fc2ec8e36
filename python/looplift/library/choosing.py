"""Elements of one of several arrays: choose, select, where."""

from functools import cache

import numpy as np

from looplift.library._memory import in_memory_order, is_plain, memory_order
from looplift.library._registry import overload
from looplift.library._types import (
    common_storage,
    element_class,
    is_absent,
    is_array,
    is_element,
    is_number,
    is_tuple,
    kind,
    kind_of,
    promote,
    scalar_class,
    storage,
    text,
)
from looplift.library._views import product, strided
from looplift.library.broadcasting import common_shape, stretched
from looplift.library.selecting import _MODES, _check_depth, _checked, _nonzero_of

# choose, select


def _choice_shape(choices):
    if len(choices) == 0:
        return ()
    return common_shape(np.shape(choices[0]), _choice_shape(choices[1:]))


def _put_choice(made, where, choices, number):
    """Writes the choice of this number wherever it is asked for."""
    if len(choices) > 0:
        wide = np.empty(made.shape, made.dtype)
        wide[...] = choices[0]
        from_ = wide.ravel()
        to = made.ravel()
        for i in range(len(to)):
            if where[i] == number:
                to[i] = from_[i]
        _put_choice(made, where, choices[1:], number + 1)


@cache
def _choose(t, position):
    def choose(a, choices, out=None, mode="raise"):
        shape = common_shape(a.shape, _choice_shape(choices))
        wide = np.empty(shape, np.int64)
        wide[...] = a
        where = wide.ravel()
        n = len(choices)
        for i in range(len(where)):
            if strict and (where[i] < 0 or where[i] >= n):
                raise ValueError("invalid entry in choice array")
            where[i] = position(where[i], n)
        made = np.empty(shape, t)
        _put_choice(made, where, choices, 0)
        return made

    strict = position is _checked
    return choose


@cache
def _choose_row(t, position):
    def choose(a, choices, out=None, mode="raise"):
        shape = common_shape(a.shape, choices.shape[1:])
        wide = np.empty(shape, np.int64)
        wide[...] = a
        where = wide.ravel()
        made = np.empty(shape, t)
        to = made.ravel()
        n = len(choices)
        rows = np.empty((n,) + shape, t)
        rows[...] = choices.reshape(_behind(choices.shape, wide.shape))
        flat = rows.reshape(n, made.size)
        for i in range(len(to)):
            if strict and (where[i] < 0 or where[i] >= n):
                raise ValueError("invalid entry in choice array")
            to[i] = flat[position(where[i], n), i]
        return made

    strict = position is _checked
    return choose


def _behind(shape, like):
    """The shape with ones after its first dimension, so that the others align with those of `like`."""
    if len(shape) > len(like):
        return shape
    return _behind((shape[0], 1) + shape[1:], like)


@overload("numpy.choose", "array.choose")
def choose(a, choices, out=None, mode="raise"):
    position = _MODES.get(text(mode))
    if not is_array(a) or kind_of(element_class(a)) not in "biu" or position is None or not is_absent(out):
        return None
    if is_tuple(choices) and choices.count and all(is_array(e) or is_element(e) for e in choices.types):
        t = common_storage(choices.types)
        return None if t is None else _choose(t, position)
    if is_array(choices) and choices.ndim:
        return _choose_row(storage(choices), position)


def _select_shape(conditions, choices):
    return common_shape(_choice_shape(conditions), _choice_shape(choices))


def _select_into(made, done, conditions, choices):
    """The choice of the first condition that holds."""
    if len(conditions) > 0:
        flags = np.empty(made.shape, np.bool_)
        flags[...] = conditions[0]
        wide = np.empty(made.shape, made.dtype)
        wide[...] = choices[0]
        f = flags.ravel()
        from_ = wide.ravel()
        to = made.ravel()
        for i in range(len(to)):
            if f[i] and not done[i]:
                to[i] = from_[i]
                done[i] = True
        _select_into(made, done, conditions[1:], choices[1:])


@cache
def _select(t):
    def select(condlist, choicelist, default=0):
        shape = _select_shape(condlist, choicelist)
        made = np.empty(shape, t)
        made[...] = default
        _select_into(made, np.zeros(product(shape), np.bool_), condlist, choicelist)
        return made

    return select


@cache
def _select_lists(t):
    def select(condlist, choicelist, default=0):
        if len(condlist) != len(choicelist):
            raise ValueError("list of cases must be same length as list of conditions")
        if len(condlist) == 0:
            raise ValueError("select with an empty condition list is not possible")
        made = np.empty(condlist[0].shape, t)
        made[...] = default
        # From the last to the first, so that the first one that holds stays.
        for k in range(len(condlist) - 1, -1, -1):
            flags = np.ravel(condlist[k])
            values = np.empty(made.shape, t)
            values[...] = choicelist[k]
            from_ = values.ravel()
            to = made.ravel()
            for i in range(len(to)):
                if flags[i]:
                    to[i] = from_[i]
        return made

    return select


def _is_bools(t):
    return is_array(t) and kind_of(element_class(t)) == "b"


def _item_of(t):
    """The type of the items of a list, or of a tuple if it is one."""
    if kind(t) == "list":
        return t.dtype
    return t.types[0] if is_tuple(t) and t.count and len({str(e) for e in t.types}) == 1 else None


def _unequal_lists(condlist, choicelist, default=0):
    raise ValueError("list of cases must be same length as list of conditions")


@overload("numpy.select")
def select(condlist, choicelist, default=0):
    if not (default == 0 or is_number(default)):
        return None
    filler = np.int64 if isinstance(default, int) else scalar_class(default)
    if kind(condlist) == "list" or kind(choicelist) == "list":
        flags, choices = _item_of(condlist), _item_of(choicelist)
        if _is_bools(flags) and is_array(choices) and element_class(choices):
            return _select_lists(_with_default([choices], filler, default))
        return None
    if not (is_tuple(condlist) and is_tuple(choicelist) and condlist.count):
        return None
    if condlist.count != choicelist.count:
        return _unequal_lists
    if all(map(_is_bools, condlist.types)) and all(is_array(e) or is_number(e) for e in choicelist.types):
        return _select(_with_default(choicelist.types, filler, default))


def _with_default(types, filler, default):
    """The common class; a Python number takes that of the arrays unless its kind is higher."""
    common = promote(*map(element_class, types))
    order = "biufc"
    if filler in (np.int64, np.float64, np.complex128) and order.index(kind_of(filler)) <= order.index(kind_of(common)):
        return common
    return promote(common, filler)


# where: every operand may be a single value or an array


def _shape(x):
    if isinstance(x, np.ndarray):
        return x.shape
    return ()


@cache
def _where(t):
    def where(condition, x, y):
        shape = common_shape(np.shape(condition), common_shape(_shape(x), _shape(y)))
        made = np.empty(shape, t)
        made[...] = y
        yes = np.empty(shape, t)
        yes[...] = x
        flags = np.empty(shape, np.bool_)
        flags[...] = condition != 0
        to = made.ravel()
        from_ = yes.ravel()
        chosen = flags.ravel()
        for i in range(len(to)):
            if chosen[i]:
                to[i] = from_[i]
        return made

    return where


@cache
def _where_same(t):
    """Of contiguous arrays and numbers: one pass when the shapes are equal."""
    general = _where(t)

    def where(condition, x, y):
        if _fits(x, condition.shape) and _fits(y, condition.shape):
            made = np.empty(condition.shape, t)
            to = made.ravel()
            flags = condition.ravel()
            yes = _line(x)
            no = _line(y)
            for i in range(len(to)):
                a = t(_at(yes, i))
                b = t(_at(no, i))
                to[i] = a if flags[i] else b
            return made
        return general(condition, x, y)

    return where


def _turned(x):
    return x.T


def _given(x):
    return x


@cache
def _where_turned(arrays):
    """Where all arrays are in Fortran order: so is the result."""
    first, second, third = (_turned if is_one else _given for is_one in arrays)

    def where(condition, x, y):
        return np.where(first(condition), second(x), third(y)).T

    return where


def _strides_of(x, shape):
    return stretched(x.shape, x.strides, shape)


def _no_strides(x, shape):
    return stretched((), (), shape)


@cache
def _where_in_order(t, arrays):
    """The result lies in memory as its operands do, as far as they agree."""
    general = _where(t)
    first, second, third = (_strides_of if is_one else _no_strides for is_one in arrays)

    def where(condition, x, y):
        made = general(condition, x, y)
        shape = made.shape
        order = memory_order((first(condition, shape), second(x, shape), third(y, shape)), shape)
        # One type for both: a view without a known layout.
        if is_plain(order):
            return strided(made, 0, shape, made.strides)
        return in_memory_order(made, order)

    return where


def _fits(x, shape):
    if isinstance(x, np.ndarray):
        if x.ndim == len(shape):
            return x.shape == shape
        return False
    return True


def _line(x):
    if isinstance(x, np.ndarray):
        return x.ravel()
    return x


def _at(x, i):
    if isinstance(x, np.ndarray):
        return x[i]
    return x


def _where_class(x, y):
    """The common class; a Python number beside an array takes the array's unless its kind is higher."""
    order = "biufc"
    weak = (np.int64, np.float64, np.complex128)
    if is_array(x) and is_number(y):
        a, b = element_class(x), scalar_class(y)
    elif is_number(x) and is_array(y):
        a, b = element_class(y), scalar_class(x)
    else:
        return promote(element_class(x), element_class(y))
    if b in weak and order.index(kind_of(b)) <= order.index(kind_of(a)):
        return a
    if b in weak and kind_of(b) == "c" and a is np.float32:
        return np.complex64
    return promote(a, b)


@overload("numpy.where")
def where(condition, x=None, y=None):
    if x is None and y is None:
        if not is_array(condition):
            return None
        _check_depth(condition)
        return _nonzero_of
    if is_absent(x) or is_absent(y) or not (is_array(condition) or is_number(condition)):
        return None
    if not all(is_array(t) or is_element(t) for t in (x, y)):
        return None
    numbers = element_class(x) is not None and element_class(y) is not None
    t = _where_class(x, y) if numbers else common_storage((x, y))
    if t is None:
        return None
    arrays = [e for e in (condition, x, y) if is_array(e)]
    depth = max((e.ndim for e in arrays), default=0)
    if depth > 1 and not all(e.is_c_contig or e.ndim < 2 for e in arrays):
        if all(e.is_f_contig and e.ndim == depth for e in arrays):
            return _where_turned(tuple(map(is_array, (condition, x, y))))
        return _where_in_order(t, tuple(map(is_array, (condition, x, y))))
    plain = numbers and is_array(condition) and condition.is_c_contig and condition.ndim
    if plain and all(is_number(e) or (e.is_c_contig and e.ndim == condition.ndim) for e in (x, y)):
        return _where_same(t)
    return _where(t)
