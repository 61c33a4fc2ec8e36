"""Any index that has arrays: integers, masks, slices, new axes and `...` in every mixture, read and assigned.

Phases, as NumPy has them: slices and new axes make a view; the axes that arrays index move to the front of it; the arrays,
masks as the positions of what is true in them, are broadcast; each of their positions selects an element or a part. Where
the arrays stand side by side their dimensions take the place of the axes, else they come first.

The plan of an index is made of types. `indexing` has the frequent forms.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from looplift.library._types import element_class, is_array, is_bool, is_element, is_index, is_int_tuple, kind, kind_of
from looplift.library._views import product
from looplift.library.shaping import transposed
from looplift.library.broadcasting import common_shape, stretch


class Plan(NamedTuple):
    """How an index is taken apart: each component by its place in the index (None: the index is no tuple)."""

    view: tuple  # (what, place) for each axis of the view: "slice", "all", "new", "fancy"
    arrays: tuple  # (what, place, axis) of the components that select: "number", "array", "sequence", "mask", "choice" (a sequence of flags), "flag"
    front: tuple  # the order of the view's axes with the indexed ones in front
    back: tuple  # the order that moves the arrays' dimensions from the front to their place
    count: int  # how many axes are indexed by arrays


def _what(t):
    if kind(t) == "none":
        return "new"
    if kind(t) in ("ellipsis", "slice"):
        return kind(t)
    if is_bool(t) or (is_array(t, 0) and kind_of(element_class(t)) == "b"):
        return "flag"
    if is_index(t):
        return "number"
    if is_array(t) and element_class(t) is not None:
        return "mask" if kind_of(element_class(t)) == "b" else "array" if kind_of(element_class(t)) in "iu" else None
    if is_int_tuple(t) or kind(t) == "list":
        items = [t.dtype] if kind(t) == "list" else t.types
        return "choice" if items and all(map(is_bool, items)) else "sequence"
    return None


def _width(what, t):
    """How many axes a component consumes."""
    return t.ndim if what == "mask" else 0 if what in ("new", "flag", "ellipsis") else 1


def plan_of(a, index):
    """The plan of an index type for an array type; None if it is no such index."""
    is_tuple = kind(index) == "tuple"
    items = list(index.types) if is_tuple else [index]
    whats = [_what(t) for t in items]
    if None in whats or whats.count("ellipsis") > 1 or not any(w in ("array", "mask", "sequence", "choice", "flag") for w in whats):
        return None
    free = a.ndim - sum(map(_width, whats, items))
    if free < 0:
        return None
    view, arrays = [], []
    axis = 0
    places = []
    for place, (what, t) in enumerate(zip(whats, items, strict=True)):
        at = place if is_tuple else None
        if what == "ellipsis":
            view += [("all", None)] * free
            axis += free
            free = 0
        elif what in ("slice", "new"):
            view.append((what, at))
            axis += what == "slice"
        else:
            width = _width(what, t)
            arrays.append((what, at, axis))
            places.append((place, len(view)))
            view += [("fancy", None)] * width
            axis += width
    view += [("all", None)] * free
    fancy = [k for k, v in enumerate(view) if v[0] == "fancy"]
    rest = [k for k, v in enumerate(view) if v[0] != "fancy"]
    numbers = [p for p, _ in places]
    together = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    before = sum(k < places[0][1] for k in rest) if together else 0
    dims = max(_dimensions(w, items[p or 0]) for w, p, _ in arrays)
    moved = list(range(dims, dims + len(rest)))
    back = moved[:before] + list(range(dims)) + moved[before:]
    return Plan(tuple(view), tuple(arrays), tuple(fancy + rest), tuple(back), len(fancy))


def _dimensions(what, t):
    """Dimensions of the positions that a component gives."""
    return 0 if what == "number" else t.ndim if what == "array" else 1


# Components of the index


@cache
def _component(place):
    if place is None:

        def component(index):
            return index

    else:

        def component(index):
            return index[place]

    return component


@cache
def _view_parts(view):
    """The index that makes the view: a tuple."""
    if not view:

        def parts(index):
            return ()

        return parts
    (what, place), rest = view[0], _view_parts(view[1:])
    if what == "slice":
        get = _component(place)

        def parts(index):
            return (get(index),) + rest(index)

    elif what == "new":

        def parts(index):
            return (None,) + rest(index)

    else:

        def parts(index):
            return (slice(None),) + rest(index)

    return parts


def _check_mask(mask, shape, axis):
    for k in range(mask.ndim):
        if mask.shape[k] != shape[axis + k]:
            raise IndexError(
                f"boolean index did not match indexed array along axis {axis + k}; size of axis is {shape[axis + k]} but size of "
                f"corresponding boolean axis is {mask.shape[k]}"
            )


@cache
def _arrays(arrays):
    """(index, shape of the array) -> the arrays of positions, one for each indexed axis."""
    if not arrays:

        def none(index, shape):
            return ()

        return none
    (what, place, axis), rest = arrays[0], _arrays(arrays[1:])
    get = _component(place)
    if what == "number":

        def positions(index, shape):
            return (np.asarray(np.int64(get(index))),) + rest(index, shape)

    elif what == "array":

        def positions(index, shape):
            return (get(index),) + rest(index, shape)

    elif what == "sequence":

        def positions(index, shape):
            return (np.array(get(index)),) + rest(index, shape)

    elif what == "mask":

        def positions(index, shape):
            mask = get(index)
            _check_mask(mask, shape, axis)
            return np.nonzero(mask) + rest(index, shape)

    elif what == "choice":

        def positions(index, shape):
            mask = np.array(get(index))
            _check_mask(mask, shape, axis)
            return np.nonzero(mask) + rest(index, shape)

    else:
        return rest
    return positions


@cache
def _flag_shapes(arrays):
    """The shape that flags give the positions: one if all are true, none else; () without flags."""
    flags = [_component(place) for what, place, _ in arrays if what == "flag"]
    if not flags:

        def shape(index):
            return ()

    elif len(flags) == 1:
        get = flags[0]

        def shape(index):
            return (1 if get(index) else 0,)

    else:
        get, other = flags[0], flags[1]

        def shape(index):
            return (1 if get(index) and other(index) else 0,)

    return shape


def _shape_of(arrays):
    if len(arrays) == 0:
        return ()
    return common_shape(arrays[0].shape, _shape_of(arrays[1:]))


def _normal(arrays, shape, lengths, axis):
    """Positions from the front, flat, for each array broadcast to `shape`."""
    if len(arrays) == 0:
        return ()
    flat = stretch(arrays[0], shape).copy().ravel()
    made = np.empty(len(flat), np.int64)
    n = lengths[0]
    for i in range(len(flat)):
        p = int(flat[i])
        if p < -n or p >= n:
            raise IndexError(f"index {p} is out of bounds for axis {axis} with size {n}")
        made[i] = p + n if p < 0 else p
    return (made,) + _normal(arrays[1:], shape, lengths[1:], axis + 1)


def _at(positions, i):
    if len(positions) == 0:
        return ()
    return (positions[0][i],) + _at(positions[1:], i)


def _dropped(t, like):
    """The tuple without as many first items as `like` has."""
    if len(like) == 0:
        return t
    return _dropped(t[1:], like[1:])


@cache
def getter(plan):
    """The function that reads with this plan."""
    parts, arrays, flags = _view_parts(plan.view), _arrays(plan.arrays), _flag_shapes(plan.arrays)
    front, back = plan.front, plan.back
    in_place = plan.back == tuple(range(len(plan.back)))
    axis = next((a for w, _, a in plan.arrays if w != "flag"), 0)

    def getitem(a, index):
        view = transposed(a[parts(index)], front)
        found = arrays(index, a.shape)
        shape = common_shape(flags(index), _shape_of(found))
        positions = _normal(found, shape, view.shape, axis)
        rest = _dropped(view.shape, found)
        n = product(shape)
        out = np.empty((n,) + rest, a.dtype)
        for i in range(n):
            out[i] = view[_at(positions, i)]
        made = out.reshape(shape + rest)
        if in_place:
            return made
        return transposed(made, back).copy()

    def getitem_flags(a, index):
        view = a[parts(index)]
        shape = flags(index)
        out = np.empty(shape + view.shape, a.dtype)
        out[...] = view
        if in_place:
            return out
        return transposed(out, back).copy()

    return getitem if plan.count else getitem_flags


@cache
def setter(plan, of_array):
    """The function that assigns with this plan."""
    parts, arrays, flags = _view_parts(plan.view), _arrays(plan.arrays), _flag_shapes(plan.arrays)
    front, back = plan.front, plan.back
    # Where each axis of the result comes from, turned around.
    forth = tuple(sorted(range(len(back)), key=back.__getitem__))
    axis = next((a for w, _, a in plan.arrays if w != "flag"), 0)

    def setitem_number(a, index, value):
        view = transposed(a[parts(index)], front)
        found = arrays(index, a.shape)
        shape = common_shape(flags(index), _shape_of(found))
        positions = _normal(found, shape, view.shape, axis)
        for i in range(product(shape)):
            view[_at(positions, i)] = value

    def setitem_array(a, index, value):
        view = transposed(a[parts(index)], front)
        found = arrays(index, a.shape)
        shape = common_shape(flags(index), _shape_of(found))
        positions = _normal(found, shape, view.shape, axis)
        rest = _dropped(view.shape, found)
        n = product(shape)
        wide = transposed(stretch(value, _permuted(shape + rest, back)), forth).copy().reshape((n,) + rest)
        for i in range(n):
            view[_at(positions, i)] = wide[i]

    def set_flags(a, index, value):
        view = a[parts(index)]
        if product(flags(index)) > 0:
            view[...] = value

    if not plan.count:
        return set_flags
    return setitem_array if of_array else setitem_number


def _permuted(t, order):
    if len(order) == 0:
        return ()
    return (t[order[0]],) + _permuted(t, order[1:])


def is_value(t):
    return is_element(t) or is_array(t)
