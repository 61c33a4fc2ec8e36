"""Everything that reductions take besides one axis: several axes, `keepdims`, `out`, `initial`, `where`, numbers and tuples.

The registry asks here under `general.name` when the plain form of `reductions` does not fit; the plain form does the work.
"""

from functools import cache

import numpy as np

from looplift.library import reductions
from looplift.library._axes import lowered, normal_axis, without
from looplift.library._registry import overload
from looplift.library._types import (dtype_class,
    element_class,
    is_absent,
    is_array,
    is_false,
    is_index,
    is_int_tuple,
    is_number,
    is_real,
    is_true,
    is_tuple,
    kind,
    kind_of, is_flag)
from looplift.library._views import iota, product, replaced
from looplift.library.shaping import normal_axes, permuted, transposed

# Several axes as one


def left(t, axes):
    """The tuple without the items at these places."""
    if len(axes) == 0:
        return t
    return left(without(t, axes[0]), lowered(axes[1:], axes[0]))


def gathered(a, axes):
    """A copy whose last axis has the elements of all of `axes`."""
    given = normal_axes(axes, a.ndim)
    rest = left(iota(0, a.shape), given)
    shape = left(a.shape, given) + (product(permuted(a.shape, given)),)
    return transposed(a, rest + given).copy().reshape(shape)


def _all_of(a, axes):
    """The array, once its axes are known to be different."""
    left(a.shape, normal_axes(axes, a.ndim))
    return a


# The steps of a reduction, each a function of the values that it needs


def _itself(a, where, initial):
    return a


@cache
def _prepare(convert, identity, masked):
    if masked and identity is None:

        def prepare(a, where, initial):
            return np.where(where, a, initial)

    elif masked:

        def prepare(a, where, initial):
            return np.where(where, a, identity)

    elif convert is not None:

        def prepare(a, where, initial):
            return convert(a)

    else:
        return _itself
    return prepare


@cache
def _converted(t):
    if t is None:

        def convert(a):
            return np.asarray(a)

    else:

        def convert(a):
            return np.asarray(a).astype(t)

    return convert


@cache
def _call(base, form, t, with_ddof):
    if form == "whole":
        if with_ddof:

            def call(x, axis, ddof):
                return base(x, None, None, None, ddof)

        elif t is None:

            def call(x, axis, ddof):
                return base(x)

        else:

            def call(x, axis, ddof):
                return base(x, None, t)

    elif form == "axis":
        if with_ddof:

            def call(x, axis, ddof):
                return base(x, axis, None, None, ddof)

        elif t is None:

            def call(x, axis, ddof):
                return base(x, axis)

        else:

            def call(x, axis, ddof):
                return base(x, axis, t)

    else:
        along = _call(base, "axis", t, with_ddof)
        whole = _call(base, "whole", t, with_ddof)
        if form == "axes":

            def call(x, axis, ddof):
                return along(gathered(x, axis), -1, ddof)

        else:

            def call(x, axis, ddof):
                return whole(_all_of(x, axis), None, ddof)

    return call


def _plain(r, initial):
    return r


# The initial value takes the class of the result.


@cache
def _plus(t):
    def combine(r, initial):
        if isinstance(r, np.ndarray):
            return (r + initial).astype(t)
        return t(r + initial)

    return combine


@cache
def _times(t):
    def combine(r, initial):
        if isinstance(r, np.ndarray):
            return (r * initial).astype(t)
        return t(r * initial)

    return combine


@cache
def _greater(t):
    def combine(r, initial):
        if isinstance(r, np.ndarray):
            return np.maximum(r, initial).astype(t)
        return t(np.maximum(r, initial))

    return combine


@cache
def _less(t):
    def combine(r, initial):
        if isinstance(r, np.ndarray):
            return np.minimum(r, initial).astype(t)
        return t(np.minimum(r, initial))

    return combine


def _result_class(name, element, t):
    """What sums, products and extremes of elements are."""
    if t is not None or element is None:
        return t or np.float64
    if name in ("sum", "prod") and kind_of(element) in "biu":
        return np.uint64 if kind_of(element) == "u" else np.int64
    return element


@cache
def _never_empty(prepare, form):
    """Of nothing, the extreme is the initial value: it stands for what is reduced."""

    def shape_of(a, axis):
        if form == "axis":
            return replaced(a.shape, normal_axis(axis, a.ndim), 1)
        if form == "axes":
            return _replaced_all(a.shape, normal_axes(axis, a.ndim))
        return _ones(a.shape)

    def prepared(a, axis, where, initial):
        x = prepare(a, where, initial)
        if x.size == 0:
            filled = np.empty(shape_of(x, axis), x.dtype)
            filled[...] = initial
            x = filled
        return x

    return prepared


@cache
def _axis_apart(prepare):
    def prepared(a, axis, where, initial):
        return prepare(a, where, initial)

    return prepared


def _dropped(r, a, axis):
    return r


def _ones(t):
    if len(t) == 0:
        return ()
    return (1,) + _ones(t[1:])


def _kept_all(r, a, axis):
    out = np.empty(_ones(a.shape), np.asarray(r).dtype)
    out[...] = r
    return out


def _kept_axis(r, a, axis):
    return np.asarray(r).reshape(replaced(a.shape, normal_axis(axis, a.ndim), 1))


def _replaced_all(shape, axes):
    if len(axes) == 0:
        return shape
    return _replaced_all(replaced(shape, axes[0], 1), axes[1:])


def _kept_axes(r, a, axis):
    return np.asarray(r).reshape(_replaced_all(a.shape, normal_axes(axis, a.ndim)))


@cache
def _core(prepare, call, combine, keep, into):
    if into:

        def core(a, axis, initial, where, ddof, out):
            x = prepare(a, axis, where, initial)
            made = keep(combine(call(x, axis, ddof), initial), x, axis)
            if np.shape(made) != out.shape:
                raise ValueError("output parameter for reduction operation has the wrong shape")
            out[...] = made
            return out

    else:

        def core(a, axis, initial, where, ddof, out):
            x = prepare(a, axis, where, initial)
            return keep(combine(call(x, axis, ddof), initial), x, axis)

    return core


# What is known of a reduction: its function, how an initial value is taken in, what does not count in it


_COMBINE = {"sum": _plus, "prod": _times, "max": _greater, "min": _less, "amax": _greater, "amin": _less}
_IDENTITY = {"sum": 0, "prod": 1, "all": True, "any": False, "max": None, "min": None, "amax": None, "amin": None}


_PLAIN = {
    "sum": reductions.sum_,
    "prod": reductions.prod,
    "max": reductions.max_,
    "amax": reductions.max_,
    "min": reductions.min_,
    "amin": reductions.min_,
    "all": reductions.all_,
    "any": reductions.any_,
    "argmax": reductions.argmax,
    "argmin": reductions.argmin,
    "ptp": reductions.ptp,
    "count_nonzero": reductions.count_nonzero,
    "mean": reductions.mean,
    "var": reductions.var,
    "std": reductions.std,
}


def _is_plain_known(name, a, form, axis, dtype):
    """Whether the plain form does the work for these types: it is what all others are made of."""
    from looplift import types

    along = axis if form == "axis" else types.int64 if form == "axes" else None
    if name in ("sum", "prod", "mean"):
        return _PLAIN[name](a, along, dtype) is not None
    return _PLAIN[name](a, along) is not None


def _too_many_axes(a, axis, initial, where, ddof, out):
    normal_axes(axis, a.ndim)
    raise ValueError("duplicate value in 'axis'")


def build(name, a, axis, dtype=None, out=None, keepdims=False, initial=None, where=True, ddof=None):
    """The composed reduction for these types as a function of (a, axis, initial, where, ddof, out), or None."""
    if is_array(a):
        ndim = a.ndim
        convert = None
    elif is_number(a) or is_tuple(a) or kind(a) == "list":
        ndim = 0 if is_number(a) else 1
        convert = _converted(None)
        if is_tuple(a) and not all(is_number(e) for e in a.types):
            return None
    else:
        return None
    element = element_class(a) if kind(a) != "list" else None
    if element is None and kind(a) != "list":
        return None
    keep = True if is_true(keepdims) else False if is_false(keepdims) else None
    if keep is None:
        return None
    cell = False
    if is_absent(axis):
        form = "whole"
    elif is_index(axis) and ndim:
        form = "axis"
    elif is_index(axis) and is_array(a) and name not in ("mean", "var", "std"):
        form, cell = "whole", True
    elif is_int_tuple(axis) and axis.count > ndim and is_array(a):
        return _too_many_axes
    elif is_int_tuple(axis):
        form = "all" if axis.count == ndim else "axes"
    else:
        return None
    t = dtype_class(dtype)
    if t is None and not is_absent(dtype):
        return None
    if is_array(a) and not _is_plain_known(name, a, form, axis, dtype):
        return None
    with_ddof = name in ("var", "std")
    if with_ddof and t is not None:
        convert, t = _converted(t), None
    masked = is_array(where)
    if masked:
        if name not in _IDENTITY or kind_of(element_class(where)) != "b" or convert is not None:
            return None
        if _IDENTITY[name] is None and is_absent(initial):
            return None
    elif not is_true(where):
        return None
    if is_absent(initial):
        combine = _plain
    elif name in _COMBINE and is_number(initial):
        # A number, a list or a tuple has no class that could be kept.
        combine = _COMBINE[name](_result_class(name, element, t))
    else:
        return None
    into = not is_absent(out)
    if into and not (is_array(out) and out.mutable):
        return None
    kept = _dropped if not keep else {"whole": _kept_all, "all": _kept_all, "axis": _kept_axis, "axes": _kept_axes}[form]
    prepare = _prepare(convert, _IDENTITY.get(name), masked)
    extreme = name in ("max", "min", "amax", "amin") and not is_absent(initial) and is_array(a)
    prepare = _never_empty(prepare, form) if extreme else _axis_apart(prepare)
    core = _core(prepare, _call(getattr(np, name), form, t, with_ddof), combine, kept, into)
    return _of_cell(core) if cell else core


@cache
def _of_cell(core):
    """An array without dimensions is reduced along its only axis, as NumPy has it."""

    def reduction(a, axis, initial, where, ddof, out):
        normal_axis(axis, 1)
        return core(a, axis, initial, where, ddof, out)

    return reduction


@cache
def _as_class(t):
    """Counts as numbers or arrays of class `t`."""

    def convert(n):
        if isinstance(n, np.ndarray):
            return n.astype(t)
        return t(n)

    return convert


# Signatures


@cache
def _sum_form(core):
    def reduction(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
        return core(a, axis, initial, where, 0, out)

    return reduction


@cache
def _max_form(core):
    def reduction(a, axis=None, out=None, keepdims=False, initial=None, where=True):
        return core(a, axis, initial, where, 0, out)

    return reduction


@cache
def _all_form(core):
    def reduction(a, axis=None, out=None, keepdims=False, where=True):
        return core(a, axis, None, where, 0, out)

    return reduction


@cache
def _count_form(core):
    def reduction(a, axis=None, keepdims=False):
        return core(a, axis, None, True, 0, None)

    return reduction


@cache
def _var_form(core):
    def reduction(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=True, correction=0):
        return core(a, axis, None, where, ddof, out)

    return reduction


@cache
def _corrected_form(core):
    def reduction(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=True, correction=0):
        return core(a, axis, None, where, correction, out)

    return reduction


def _register_sum(name):
    def reduction(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
        core = build(name, a, axis, dtype, out, keepdims, initial, where)
        return core and _sum_form(core)

    overload("general." + name)(reduction)


def _register_max(name):
    def reduction(a, axis=None, out=None, keepdims=False, initial=None, where=True):
        core = build(name, a, axis, None, out, keepdims, initial, where)
        return core and _max_form(core)

    overload("general." + name)(reduction)


def _register_all(name):
    def reduction(a, axis=None, out=None, keepdims=False, where=True):
        core = build(name, a, axis, None, out, keepdims, None, where)
        return core and _all_form(core)

    overload("general." + name)(reduction)


for _name in ("sum", "prod"):
    _register_sum(_name)
for _name in ("max", "min", "amax", "amin"):
    _register_max(_name)
for _name in ("all", "any", "argmax", "argmin", "ptp"):
    _register_all(_name)


@overload("general.count_nonzero")
def count_nonzero(a, axis=None, keepdims=False):
    core = build("count_nonzero", a, axis, None, None, keepdims)
    return core and _count_form(core)


@cache
def _ptp_method(core):
    def ptp(a, axis=None, out=None, keepdims=False):
        return core(a, axis, None, True, 0, out)

    return ptp


@overload("array.ptp")
def ptp(a, axis=None, out=None, keepdims=False):
    core = build("ptp", a, axis, None, out, keepdims)
    return core and _ptp_method(core)


@cache
def _mean_form(core):
    def mean(a, axis=None, dtype=None, out=None, keepdims=False, where=True):
        return core(a, axis, None, where, 0, out)

    return mean


@cache
def _masked_mean(keep, t):
    """The sum of what counts over its number."""

    def mean(a, axis=None, dtype=None, out=None, keepdims=False, where=True):
        x = np.where(where, a, zero)
        total = np.sum(x, axis, t, keepdims=keep)
        counted = np.empty(a.shape, np.bool_)
        counted[...] = where
        return np.divide(total, count(np.sum(counted, axis, keepdims=keep)))

    zero = t(0)
    count = _as_class(t)
    return mean


@cache
def _masked_var(t, root, with_axis, keep):
    """Of what the mask says."""
    part = np.dtype(t).type(0).real.dtype.type
    is_complex = kind_of(t) == "c"
    zero = t(0)
    as_part = _as_class(part)

    def squares(d):
        if is_complex:
            return d.real * d.real + d.imag * d.imag
        return d * d

    def total_of(a, axis, ddof, where):
        counted = np.empty(a.shape, np.bool_)
        counted[...] = where
        x = np.where(counted, a.astype(t), zero)
        if with_axis:
            numbers = np.sum(counted, axis=axis, keepdims=True)
            middles = np.divide(np.sum(x, axis=axis, keepdims=True), numbers.astype(t))
            offs = np.where(counted, a - middles, zero)
            left_over = np.maximum(np.sum(counted, axis=axis, keepdims=keep) - ddof, 0)
            return np.divide(np.sum(squares(offs), axis=axis, keepdims=keep), as_part(left_over))
        middle = np.divide(np.sum(x), t(np.sum(counted)))
        offs = np.where(counted, a - middle, zero)
        left_over = np.maximum(np.sum(counted, keepdims=keep) - ddof, 0)
        return np.divide(np.sum(squares(offs), keepdims=keep), as_part(left_over))

    def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=True):
        found = total_of(a, axis, ddof, where)
        if root:
            return np.sqrt(found)
        return found

    return var


@overload("general.mean")
def mean(a, axis=None, dtype=None, out=None, keepdims=False, where=True):
    if is_array(where) and is_array(a) and is_absent(out) and (is_true(keepdims) or is_false(keepdims)):
        element = element_class(a)
        t = dtype_class(dtype, element if kind_of(element) in "fc" else np.float64)
        return _masked_mean(is_true(keepdims), t)
    core = build("mean", a, axis, dtype, out, keepdims, None, where)
    return core and _mean_form(core)


def _register_var(name):
    def reduction(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=True, correction=None):
        if not (ddof == 0 or is_real(ddof)) or not (correction is None or is_real(correction)):
            return None
        if is_array(where) and is_array(a) and a.ndim and correction is None and is_absent(dtype) and is_absent(out) and is_flag(keepdims):
            element = element_class(a)
            if (is_absent(axis) or is_index(axis)) and kind_of(element_class(where)) == "b" and element is not None:
                t = element if kind_of(element) in "fc" else np.float64
                return _masked_var(t, name == "std", not is_absent(axis) and a.ndim > 1, is_true(keepdims))
        core = build(name, a, axis, dtype, out, keepdims, None, where)
        return core and (_var_form(core) if correction is None else _corrected_form(core))

    overload("general." + name)(reduction)


for _name in ("var", "std"):
    _register_var(_name)


# Running sums


@cache
def _cumulative_sum(initial, flat):
    def cumulative_sum(x, axis=None, dtype=None, out=None, include_initial=False):
        made = np.cumsum(x, axis=axis, dtype=dtype)
        if initial:
            k = normal_axis(-1 if flat else axis, x.ndim)
            return np.concatenate((np.zeros(replaced(made.shape, k, 1), made.dtype), made), k)
        return made

    return cumulative_sum


@cache
def _cumulative_prod(initial, flat):
    def cumulative_prod(x, axis=None, dtype=None, out=None, include_initial=False):
        made = np.cumprod(x, axis=axis, dtype=dtype)
        if initial:
            k = normal_axis(-1 if flat else axis, x.ndim)
            return np.concatenate((np.ones(replaced(made.shape, k, 1), made.dtype), made), k)
        return made

    return cumulative_prod


def _is_running(x, axis, out, flag):
    return is_array(x) and is_absent(out) and is_flag(flag) and ((is_absent(axis) and x.ndim == 1) or is_index(axis))


@overload("numpy.cumulative_sum")
def cumulative_sum(x, axis=None, dtype=None, out=None, include_initial=False):
    if _is_running(x, axis, out, include_initial):
        return _cumulative_sum(is_true(include_initial), is_absent(axis))


@overload("numpy.cumulative_prod")
def cumulative_prod(x, axis=None, dtype=None, out=None, include_initial=False):
    if _is_running(x, axis, out, include_initial):
        return _cumulative_prod(is_true(include_initial), is_absent(axis))


@cache
def _running_into(base):
    def running(a, axis=None, dtype=None, out=None):
        made = base(a, axis, dtype)
        out[...] = made
        return out

    return running


@overload("general.cumsum")
def cumsum(a, axis=None, dtype=None, out=None):
    if is_array(a) and is_array(out):
        return _running_into(np.cumsum)


@overload("general.cumprod")
def cumprod(a, axis=None, dtype=None, out=None):
    if is_array(a) and is_array(out):
        return _running_into(np.cumprod)
