"""What every ufunc takes besides its operands (`out`, `where`, `dtype`), and its methods: reduce, accumulate, outer, at, reduceat.

The registry asks here under `ufunc.name` when the plain form does not fit.
"""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library import times
from looplift.library._axes import normal_axis, three
from looplift.library._registry import overload
from looplift.library._types import (
    dtype_class,
    element_class,
    is_absent,
    is_array,
    is_false,
    is_float,
    is_index,
    is_int,
    is_number,
    is_time,
    is_true,
    is_tuple,
    kind,
    kind_of,
    scalar_class,
    text,
)
from looplift.library._views import strided
from looplift.library.shaping import in_c_order

UNARY = (
    "absolute arccos arccosh arcsin arcsinh arctan arctanh bitwise_count cbrt ceil conjugate cos cosh deg2rad degrees exp exp2 "
    "expm1 fabs floor invert isfinite isinf isnan isnat log log10 log1p log2 logical_not negative positive rad2deg radians reciprocal "
    "rint sign signbit sin sinh spacing sqrt square tan tanh trunc"
).split()
BINARY = (
    "add arctan2 bitwise_and bitwise_or bitwise_xor copysign divide equal float_power floor_divide fmax fmin fmod gcd greater "
    "greater_equal heaviside hypot lcm ldexp left_shift less less_equal logaddexp logaddexp2 logical_and logical_or logical_xor "
    "maximum minimum multiply nextafter not_equal power remainder right_shift subtract"
).split()
# Names that NumPy's older versions do not have.
UNARY = [name for name in UNARY if hasattr(np, name)]


def _is_operand(t):
    return is_number(t) or _dtype_of(t) is not None


def _dtype_of(t):
    """The dtype of an array's elements, or of a time; None of others."""
    if is_array(t) and element_class(t):
        return np.dtype(element_class(t))
    return times.dtype_of(t) if is_time(t.dtype if is_array(t) else t) else None


def _weak(t):
    """An operand for NumPy's promotion: a dtype, or the class of a Python number."""
    if is_array(t) or is_time(t):
        return _dtype_of(t)
    plain = scalar_class(t)
    if plain is np.int64 and is_int(t):
        return int
    if plain is np.float64 and is_float(t):
        return float
    return complex if plain is np.complex128 else np.dtype(plain)


def _result_dtype(function, operands):
    """The dtype of the ufunc's results for these operand types, or None."""
    try:
        return function.resolve_dtypes((*map(_weak, operands), None))[-1]
    except TypeError:
        return None


@cache
def _converter(t, array):
    if t is None:

        def convert(x):
            return x

    elif array:

        def convert(x):
            return x.astype(t)

    else:

        def convert(x):
            return t(x)

    return convert


def _first(out):
    return out[0]


def _given(out):
    return out


@cache
def _unary(fn, convert, of, masked):
    if of is None:

        def ufunc(x, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True):
            return fn(convert(x))

    elif masked:

        def ufunc(x, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True):
            to = of(out)
            to[...] = np.where(where, fn(convert(x)), to)
            return to

    else:

        def ufunc(x, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True):
            to = of(out)
            to[...] = fn(convert(x))
            return to

    return ufunc


@cache
def _binary(fn, first, second, of, masked):
    if of is None:

        def ufunc(x1, x2, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True):
            return fn(first(x1), second(x2))

    elif masked:

        def ufunc(x1, x2, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True):
            to = of(out)
            to[...] = np.where(where, fn(first(x1), second(x2)), to)
            return to

    else:

        def ufunc(x1, x2, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True):
            to = of(out)
            to[...] = fn(first(x1), second(x2))
            return to

    return ufunc


@cache
def _in_unit(function, unit):
    """The ufunc with its times converted to another unit."""

    def ufunc(*args):
        return function(*args).astype(unit)

    return ufunc


def _is_asked(*options):
    """Whether one of these options is given, not a default."""
    return any(hasattr(t, "kind") for t in options)


def _options(function, operands, out, where, casting, dtype, asked=False):
    """(the function, converters of the operands, how to get at `out`, masked?), or None."""
    rule = text(casting)
    t = dtype_class(dtype)
    if not all(map(_is_operand, operands)) or rule is None or not (is_absent(dtype) or t is not None):
        return None
    if t is not None and not all(np.can_cast(element_class(x), t, rule) for x in operands):
        return None
    if is_absent(out) and is_absent(dtype) and is_true(where):
        # The plain form: the compiler's own.
        return _plainly(function, operands, rule) if asked else None
    masked = is_array(where) and kind_of(element_class(where)) == "b"
    if not masked and not is_true(where):
        return None
    if is_tuple(out) and out.count == 1:
        of, target = _first, out.types[0]
    else:
        of, target = _given, out
    if is_absent(out):
        of = None
    else:
        made = t or _result_dtype(function, operands)
        if is_array(target) and not target.mutable:
            raise TypingError(f"ufunc '{function.__name__}' called with an explicit output that is read-only")
        if not is_array(target) or made is None or _dtype_of(target) is None:
            return None
        if not np.can_cast(made, _dtype_of(target), rule):
            return None
        if made != _dtype_of(target) and getattr(made, "kind", None) in ("m", "M"):
            function = _in_unit(function, _dtype_of(target))
    return function, [_converter(t, is_array(x)) for x in operands], of, masked


def _plainly(function, operands, rule):
    """With options that change nothing; None if the rule forbids what the plain form converts."""
    try:
        function.resolve_dtypes((*map(_weak, operands), None), casting=rule)
    except TypeError:
        return None
    return function, [_converter(None, False) for _ in operands], None, False


def _register_unary(name):
    function = getattr(np, name)

    def ufunc(x, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True):
        found = _options(function, [x], out, where, casting, dtype, _is_asked(casting, order, subok))
        return found and _unary(found[0], *found[1], *found[2:])

    overload("ufunc." + name)(ufunc)


def _register_binary(name):
    function = getattr(np, name)

    def ufunc(x1, x2, out=None, where=True, casting="same_kind", order="K", dtype=None, subok=True):
        found = _options(function, [x1, x2], out, where, casting, dtype, _is_asked(casting, order, subok))
        return found and _binary(found[0], *found[1], *found[2:])

    overload("ufunc." + name)(ufunc)


for _name in UNARY:
    _register_unary(_name)
for _name in BINARY:
    _register_binary(_name)


# Methods

# Reductions that the library has as functions.
REDUCTIONS = {
    "add": np.sum,
    "multiply": np.prod,
    "maximum": np.max,
    "minimum": np.min,
    "logical_and": np.all,
    "logical_or": np.any,
}


@cache
def _reduce_by(function, with_dtype, of_all, keep):
    if with_dtype and of_all:

        def reduce(array, axis=0, dtype=None, out=None, keepdims=False):
            return function(array, axis=None, dtype=dtype, keepdims=keep)

    elif with_dtype:

        def reduce(array, axis=0, dtype=None, out=None, keepdims=False):
            return function(array, axis=axis, dtype=dtype, keepdims=keep)

    elif of_all:

        def reduce(array, axis=0, dtype=None, out=None, keepdims=False):
            return function(array, axis=None, keepdims=keep)

    else:

        def reduce(array, axis=0, dtype=None, out=None, keepdims=False):
            return function(array, axis=axis, keepdims=keep)

    return reduce


@cache
def _reduce_line(fn, t):
    def reduce(array, axis=0, dtype=None, out=None, keepdims=False):
        normal_axis(axis, 1)
        if len(array) == 0:
            raise ValueError("zero-size array to reduction operation which has no identity")
        s = t(array[0])
        for i in range(1, len(array)):
            s = t(fn(s, array[i]))
        return s

    return reduce


@cache
def _reduce_along(fn, t):
    def reduce(array, axis=0, dtype=None, out=None, keepdims=False):
        k = normal_axis(axis, array.ndim)
        b = three(in_c_order(array), k)
        if b.shape[1] == 0:
            raise ValueError("zero-size array to reduction operation which has no identity")
        made = np.empty((b.shape[0], b.shape[2]), t)
        for i in range(b.shape[0]):
            for j in range(b.shape[2]):
                s = t(b[i, 0, j])
                for m in range(1, b.shape[1]):
                    s = t(fn(s, b[i, m, j]))
                made[i, j] = s
        return made.reshape(_without(array.shape, k))

    return reduce


def _without(shape, axis):
    if len(shape) == 1:
        return ()
    if axis == 0:
        return shape[1:]
    return (shape[0],) + _without(shape[1:], axis - 1)


@cache
def _accumulate(fn, t):
    def accumulate(array, axis=0, dtype=None, out=None):
        k = normal_axis(axis, array.ndim)
        b = three(in_c_order(array), k)
        made = np.empty(array.shape, t)
        c = three(made, k)
        for i in range(b.shape[0]):
            for j in range(b.shape[2]):
                if b.shape[1] > 0:
                    s = t(b[i, 0, j])
                    c[i, 0, j] = s
                    for m in range(1, b.shape[1]):
                        s = t(fn(s, b[i, m, j]))
                        c[i, m, j] = s
        return made

    return accumulate


@cache
def _reduceat(fn, t):
    def reduceat(array, indices, axis=0, dtype=None, out=None):
        k = normal_axis(axis, array.ndim)
        b = three(in_c_order(array), k)
        n = b.shape[1]
        for p in indices:
            if p < 0 or p >= n:
                raise IndexError("index out-of-bounds in reduceat")
        count = len(indices)
        made = np.empty(_replaced(array.shape, k, count), t)
        c = three(made, k)
        for i in range(b.shape[0]):
            for j in range(b.shape[2]):
                for m in range(count):
                    first = indices[m]
                    last = indices[m + 1] if m + 1 < count else n
                    s = t(b[i, first, j])
                    for q in range(first + 1, last):
                        s = t(fn(s, b[i, q, j]))
                    c[i, m, j] = s
        return made

    return reduceat


def _replaced(t, k, value):
    if len(t) == 0:
        return ()
    if k == 0:
        return (value,) + t[1:]
    return (t[0],) + _replaced(t[1:], k - 1, value)


def _ones(t):
    if len(t) == 0:
        return ()
    return (1,) + _ones(t[1:])


def _zeros(t):
    if len(t) == 0:
        return ()
    return (0,) + _zeros(t[1:])


@cache
def _outer(fn):
    def outer(A, B):
        a = np.asarray(A)
        b = np.asarray(B)
        wide = strided(a, 0, a.shape + _ones(b.shape), a.strides + _zeros(b.shape))
        return fn(wide, b)

    return outer


@cache
def _at(fn, unary, indices, operand):
    if unary:

        def at(a, indices):
            for i in indices:
                a[i] = fn(a[i])

        def at_one(a, indices):
            a[indices] = fn(a[indices])

        return at if indices else at_one
    if not indices:

        def at_number(a, indices, b):
            a[indices] = fn(a[indices], b)

        return at_number
    if operand:

        def at_arrays(a, indices, b):
            if len(b) != len(indices) and len(b) != 1:
                raise ValueError("array is not broadcastable to correct shape")
            for k in range(len(indices)):
                i = indices[k]
                a[i] = fn(a[i], b[k if len(b) > 1 else 0])

        return at_arrays

    def at_array(a, indices, b):
        for i in indices:
            a[i] = fn(a[i], b)

    return at_array


def loop_class(function, a, dtype):
    """The class that values are combined in."""
    t = dtype_class(dtype)
    if t is not None or not is_absent(dtype):
        return t
    if function in (np.add, np.multiply):
        name = kind_of(element_class(a))
        return np.int64 if name in "bi" else np.uint64 if name == "u" else element_class(a)
    found = _result_dtype(function, [a, a])
    return found and found.type


def _register_methods(name):
    function = getattr(np, name)
    whole = REDUCTIONS.get(name)

    def reduce(array, axis=0, dtype=None, out=None, keepdims=False):
        if not is_array(array) or not is_absent(out) or not (is_true(keepdims) or is_false(keepdims)):
            return None
        of_all = is_absent(axis)
        if whole is not None:
            with_dtype = name in ("add", "multiply")
            if not with_dtype and not is_absent(dtype):
                return None
            return _reduce_by(whole, with_dtype, of_all, is_true(keepdims))
        t = loop_class(function, array, dtype)
        if t is None or is_true(keepdims) or (of_all and array.ndim != 1) or not array.ndim or is_tuple(axis):
            return None
        return _reduce_line(function, t) if array.ndim == 1 else _reduce_along(function, t)

    def accumulate(array, axis=0, dtype=None, out=None):
        if is_array(array) and array.ndim and is_absent(out) and (axis == 0 or is_index(axis)):
            t = loop_class(function, array, dtype)
            return t and _accumulate(function, t)

    def reduceat(array, indices, axis=0, dtype=None, out=None):
        positions = is_array(indices, 1) and kind_of(element_class(indices)) in "iu"
        if is_array(array) and array.ndim and positions and is_absent(out) and (axis == 0 or is_index(axis)):
            t = loop_class(function, array, dtype)
            return t and _reduceat(function, t)

    def outer(A, B):
        if _is_operand(A) and _is_operand(B):
            return _outer(function)

    def at(a, indices, b):
        if not is_array(a, 1) or not a.mutable or not (is_number(b) or is_array(b, 1)):
            return None
        if is_index(indices):
            return _at(function, False, False, False) if is_number(b) else None
        if is_array(indices, 1) and kind_of(element_class(indices)) in "iu" or kind(indices) == "list":
            return _at(function, False, True, is_array(b))

    for method in (reduce, accumulate, reduceat, outer, at):
        overload(f"numpy.{name}.{method.__name__}")(method)


def _register_unary_at(name):
    function = getattr(np, name)

    def at(a, indices):
        if is_array(a, 1) and a.mutable:
            if is_index(indices):
                return _at(function, True, False, False)
            if is_array(indices, 1) and kind_of(element_class(indices)) in "iu":
                return _at(function, True, True, False)

    overload(f"numpy.{name}.at")(at)


for _name in UNARY:
    _register_unary_at(_name)
for _name in BINARY:
    _register_methods(_name)
