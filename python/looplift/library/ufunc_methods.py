"""Methods of ufuncs in their rarer forms: reduce over several axes, from an initial value and where a mask says; outputs; `at` anywhere.

Asked when the forms of `ufuncs` do not take the arguments.
"""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import (
    dtype_class,
    element_class,
    is_absent,
    is_array,
    is_index,
    is_number,
    is_true,
    is_false,
    is_int_tuple,
)
from looplift.library.broadcasting import stretch
from looplift.library.statistics import plan_of
from looplift.library.ufuncs import BINARY, REDUCTIONS, UNARY, loop_class

_HEAD = "array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True"


@cache
def _reduce_whole(function, with_dtype, keywords, of_all, into):
    """By the function that reduces as this ufunc does."""
    given = ["axis=None" if of_all else "axis=axis", *(f"{name}={name}" for name in keywords)]
    call = f"function(array, {', '.join(given)})"
    lines = [f"    out[...] = {call}", "    return out"] if into else [f"    return {call}"]
    scope = {"__name__": __name__, "function": function}
    exec("\n".join([f"def reduce({_HEAD}):", *lines]) + "\n", scope)  # names of parameters
    return scope["reduce"]


@cache
def _reduce_rows(fn, t, identity, plan, has_initial, masked, into):
    rows, shape, number = plan

    def of_row(line, allowed, initial):
        found = False
        s = start(initial)
        if has_start:
            found = True
        for i in range(len(line)):
            if not masked or allowed[i]:
                x = t(line[i])
                if found:
                    s = t(fn(s, x))
                else:
                    s = x
                    found = True
        if not found:
            raise ValueError("zero-size array to reduction operation which has no identity")
        return s

    def given_start(initial):
        return t(initial)

    def identity_start(initial):
        return t(identity)

    def no_start(initial):
        return t(0)

    has_start = has_initial or identity is not None
    start = given_start if has_initial else identity_start if identity is not None else no_start

    def masks(array, axis, where):
        if masked:
            return rows(stretch(where, array.shape), axis)
        return np.ones((1, 1), np.bool_)

    if number and not into:

        def reduce(array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
            return of_row(rows(array, axis)[0], masks(array, axis, where)[0], initial)

        return reduce

    def reduced(array, axis, initial, where):
        b = rows(array, axis)
        m = masks(array, axis, where)
        made = np.empty(shape(array, axis), t)
        to = made.ravel()
        for i in range(len(to)):
            to[i] = of_row(b[i], m[i if masked else 0], initial)
        return made

    if into:

        def reduce(array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
            out[...] = reduced(array, axis, initial, where)
            return out

    else:

        def reduce(array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
            return reduced(array, axis, initial, where)

    return reduce


@cache
def _into(function):
    def accumulate(array, axis=0, dtype=None, out=None):
        out[...] = function(array, axis)
        return out

    return accumulate


@cache
def _accumulating(name):
    scope = {"__name__": __name__, "np": np}
    exec(f"def accumulate(array, axis):\n    return np.{name}.accumulate(array, axis)\n", scope)  # a name of a ufunc
    return scope["accumulate"]


# at


@cache
def _at(fn, unary):
    def places_of(a, indices):
        return np.asarray(np.arange(a.size).reshape(a.shape)[indices])

    def at_one(a, indices):
        work = a.copy().ravel()
        for p in places_of(a, indices).flat:
            work[p] = fn(work[p])
        a[...] = work.reshape(a.shape)

    def at(a, indices, b):
        places = places_of(a, indices)
        work = a.copy().ravel()
        values = stretch(np.asarray(b), places.shape).copy().ravel()
        flat = places.ravel()
        for k in range(len(flat)):
            work[flat[k]] = fn(work[flat[k]], values[k])
        a[...] = work.reshape(a.shape)

    return at_one if unary else at


def _is_target(a):
    return is_array(a) and a.ndim and a.mutable and element_class(a) is not None


def _register(name):
    function = getattr(np, name)
    whole = REDUCTIONS.get(name)

    def reduce(array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
        masked = is_array(where) and element_class(where) is np.bool_
        if not is_array(array) or element_class(array) is None or not array.ndim or not (masked or is_true(where)):
            return None
        if not (is_absent(initial) or is_number(initial)) or not (is_absent(out) or is_array(out)):
            return None
        if not (is_true(keepdims) or is_false(keepdims)) or not (is_absent(axis) or isinstance(axis, int) or is_index(axis) or is_int_tuple(axis)):
            return None
        if whole is not None:
            with_dtype = name in ("add", "multiply")
            if not with_dtype and not is_absent(dtype):
                return None
            keywords = [("dtype", dtype), ("keepdims", keepdims), ("initial", initial), ("where", where)]
            asked = tuple(n for n, t in keywords if hasattr(t, "kind") and not is_absent(t))
            return _reduce_whole(whole, with_dtype, asked, is_absent(axis), is_array(out))
        t = loop_class(function, array, dtype)
        if t is None or isinstance(axis, int):
            return None
        plan = plan_of(array, axis, keepdims)
        if plan is None:
            return None
        identity = function.identity
        return _reduce_rows(function, t, identity, plan, not is_absent(initial), masked, is_array(out))

    def accumulate(array, axis=0, dtype=None, out=None):
        if is_array(array) and array.ndim and is_array(out) and (axis == 0 or is_index(axis)) and dtype_class(dtype, np.int64):
            return _into(_accumulating(name))

    def at(a, indices, b):
        if _is_target(a) and (is_number(b) or is_array(b)):
            return _at(function, False)

    for method in (reduce, accumulate, at):
        overload(f"general.{name}.{method.__name__}")(method)


def _register_unary(name):
    function = getattr(np, name)

    def at(a, indices):
        return _at(function, True) if _is_target(a) else None

    overload(f"general.{name}.at")(at)


for _name in UNARY:
    _register_unary(_name)
for _name in BINARY:
    _register(_name)
