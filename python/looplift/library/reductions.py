"""Reductions of arrays: sum, prod, min, max, argmin, argmax, any, all, mean, var, std, ptp, count_nonzero.

Without an axis the elements are taken in memory order (argmin and argmax: in C order) and the result is a number.
With one the array is seen in three dimensions (`_axes`). Float sums are NumPy's to the last bit (`_sums`), but for
arrays of three and more dimensions whose strides are in mixed order.
"""

from functools import cache

import numpy as np

from looplift.library._axes import normal_axis, three, with_length, without
from looplift.library._registry import overload
from looplift.library._sums import PIECE, adder, in_pieces, piece_of
from looplift.library._types import (
    dtype_class,
    element_class,
    is_absent,
    is_array,
    is_false,
    is_index,
    is_number,
    is_true,
    kind_of,
)

# The elements as a 1-d array


def _flat_c(a):
    return a.ravel()


def _flat_f(a):
    return a.T.ravel()


def _flat_copy(a):
    return a.copy().ravel()


def _itself(a):
    return a


def _flat(t):
    """How to see all elements of an array of type `t` in memory order."""
    if t.ndim == 1:
        return _itself
    if t.is_c_contig:
        return _flat_c
    return _flat_f if t.is_f_contig else _flat_copy


def _flat_in_order(t):
    """Likewise in C order."""
    if t.ndim == 1:
        return _itself
    return _flat_c if t.is_c_contig else _flat_copy


def _c_order(t):
    """How to get a C-contiguous array."""
    return _itself if t.is_c_contig else _copied


def _copied(a):
    return a.copy()


# Kernels: the reduction of a 1-d array to one number


def _sum_class(t):
    """The class NumPy sums in: 64 bits at least for integers."""
    kind = kind_of(t)
    return np.int64 if kind in "bi" else np.uint64 if kind == "u" else t


@cache
def _sum_of_run(element, t):
    """Of one strided run of elements, in class `t`."""
    zero = t(0)
    if kind_of(t) in "fc":
        add = adder(t)
        if element is t:

            def total(a):
                return zero + add(a, 0, len(a), zero)

        else:
            # NumPy converts pieces into a buffer.
            def total(a):
                n = len(a)
                s = zero
                buffer = np.empty(min(n, PIECE), t)
                for low in range(0, n, PIECE):
                    count = min(PIECE, n - low)
                    for i in range(count):
                        buffer[i] = a[low + i]
                    s = s + add(buffer, 0, count, zero)
                return s

    else:

        def total(a):
            s = zero
            for x in a:
                s = t(s + t(x))
            return s

    return total


@cache
def _prod_of_run(element, t):
    one = t(1)

    def product(a):
        p = one
        for x in a:
            p = t(p * t(x))
        return p

    return product


def _is_nan(z):
    return z.real != z.real or z.imag != z.imag


def _is_below(x, y):
    """The order of complex numbers: by real parts, then by imaginary ones."""
    return x.real < y.real or (x.real == y.real and x.imag < y.imag)


def _first_nan(a):
    """Of floats, some of which are NaN; the last one if none is."""
    x = a[0]
    for x in a:
        if x != x:
            return x
    return x


@cache
def _extreme_of_run(element, is_max):
    name = "maximum" if is_max else "minimum"
    empty = f"zero-size array to reduction operation {name} which has no identity (zero-size array reduction not possible)"
    floats = kind_of(element) == "f"

    if kind_of(element) == "c":

        def extreme(a):
            if len(a) == 0:
                raise ValueError(empty)
            best = a[0]
            for x in a:
                if _is_nan(best):
                    return best
                if _is_nan(x) or (_is_below(best, x) if is_max else _is_below(x, best)):
                    best = x
            return best

    elif is_max and floats:

        def extreme(a):
            if len(a) == 0:
                raise ValueError(empty)
            best = a[0]
            nans = 0
            for x in a:
                if x > best:
                    best = x
                if x != x:
                    nans += 1
            return best if nans == 0 else _first_nan(a)

    elif is_max:

        def extreme(a):
            if len(a) == 0:
                raise ValueError(empty)
            best = a[0]
            for x in a:
                if x > best:
                    best = x
            return best

    elif floats:

        def extreme(a):
            if len(a) == 0:
                raise ValueError(empty)
            best = a[0]
            nans = 0
            for x in a:
                if x < best:
                    best = x
                if x != x:
                    nans += 1
            return best if nans == 0 else _first_nan(a)

    else:

        def extreme(a):
            if len(a) == 0:
                raise ValueError(empty)
            best = a[0]
            for x in a:
                if x < best:
                    best = x
            return best

    return extreme


@cache
def _position_of_run(element, is_max):
    empty = f"attempt to get {'argmax' if is_max else 'argmin'} of an empty sequence"
    floats = kind_of(element) == "f"

    if kind_of(element) == "c":

        def position(a):
            if len(a) == 0:
                raise ValueError(empty)
            where = 0
            for i in range(len(a)):
                if _is_nan(a[where]):
                    return where
                if _is_nan(a[i]) or (_is_below(a[where], a[i]) if is_max else _is_below(a[i], a[where])):
                    where = i
            return where

    else:
        # What it is, then where: both are vector loops, which the two at once would not be.
        extreme = _extreme_of_run(element, is_max)

        def position(a):
            if len(a) == 0:
                raise ValueError(empty)
            best = extreme(a)
            for i in range(len(a)):
                if a[i] == best or (floats and a[i] != a[i]):
                    return i
            return 0

    return position


def _all_of_run(a):
    for x in a:
        if not x:
            return False
    return True


def _any_of_run(a):
    for x in a:
        if x:
            return True
    return False


def _count_of_run(a):
    n = 0
    for x in a:
        if x:
            n += 1
    return n


def _mean_class(t):
    return t if kind_of(t) in "fc" else np.float64


@cache
def _mean_of_run(element):
    t = _mean_class(element)
    total = _sum_of_run(element, t)

    def mean(a):
        return np.divide(total(a), t(len(a)))

    return mean


@cache
def _var_of_run(element, root):
    """The variance, or its root: the mean square distance from the mean."""
    t = _mean_class(element)
    mean = _mean_of_run(element)
    part = np.dtype(t).type(0).real.dtype.type
    total = _sum_of_run(part, part)
    is_complex = kind_of(t) == "c"

    def var(a, ddof):
        n = len(a)
        m = mean(a)
        squares = np.empty(n, part)
        for i in range(n):
            d = t(a[i]) - m
            if is_complex:
                squares[i] = d.real * d.real + d.imag * d.imag
            else:
                squares[i] = d * d
        v = np.divide(total(squares), part(max(n - ddof, 0)))
        if root:
            return np.sqrt(v)
        return v

    return var


# Whole arrays


@cache
def _whole(flat, kernel):
    def whole(a):
        return kernel(flat(a))

    return whole


@cache
def _scattered_sum(add, t):
    """The float sum of an array that is not contiguous."""
    zero = t(0)

    def total(a):
        if a.ndim >= 2 and abs(a.strides[0]) < abs(a.strides[-1]):
            b = a.T
        else:
            b = a
        return in_pieces(add, b.copy().ravel(), piece_of(b.shape, b.strides), zero)

    return total


def _sum_whole(a, element, t):
    if kind_of(t) in "fc" and element is t and a.ndim > 1 and not a.is_contig:
        return _scattered_sum(adder(t), t)
    return _whole(_flat(a), _sum_of_run(element, t))


# Along an axis


@cache
def _along(contiguous, kernel, t, keepdims):
    """`kernel` of each run along the axis."""

    def along(a, axis):
        k = normal_axis(axis, a.ndim)
        b = three(contiguous(a), k)
        out = np.empty((b.shape[0], b.shape[2]), t)
        for i in range(b.shape[0]):
            for j in range(b.shape[2]):
                out[i, j] = kernel(b[i, :, j])
        if keepdims:
            return out.reshape(with_length(a.shape, k, 1))
        return out.reshape(without(a.shape, k))

    return along


@cache
def _along_rows(contiguous, kernel, combine, start, t, keepdims):
    """Likewise for what combines two numbers to one: rows are combined, unless the axis is the innermost."""

    def along(a, axis):
        k = normal_axis(axis, a.ndim)
        b = three(contiguous(a), k)
        out = np.empty((b.shape[0], b.shape[2]), t)
        if b.shape[2] == 1:
            for i in range(b.shape[0]):
                out[i, 0] = kernel(b[i, :, 0])
        else:
            for i in range(b.shape[0]):
                for j in range(b.shape[2]):
                    out[i, j] = start
                for m in range(b.shape[1]):
                    for j in range(b.shape[2]):
                        out[i, j] = combine(out[i, j], t(b[i, m, j]))
        if keepdims:
            return out.reshape(with_length(a.shape, k, 1))
        return out.reshape(without(a.shape, k))

    return along


def _plus(x, y):
    return x + y


def _times(x, y):
    return x * y


@cache
def _single_axis(kernel):
    """A 1-d array along its only axis."""

    def along(a, axis):
        normal_axis(axis, 1)
        return kernel(a)

    return along


@cache
def _kept(whole, ndim, t):
    """A reduction of the whole array, the result having as many dimensions."""
    ones = (1,) * ndim

    def kept(a):
        out = np.empty(ones, t)
        out[...] = whole(a)
        return out

    return kept


@cache
def _kept_single(kernel, t):
    def kept(a, axis):
        normal_axis(axis, 1)
        out = np.empty(1, t)
        out[0] = kernel(a)
        return out

    return kept


@cache
def _mirrored(along):
    """For arrays in Fortran order: the transpose is in C order, and so is the transpose of the result."""

    def mirrored(a, axis):
        return along(a.T, a.ndim - 1 - normal_axis(axis, a.ndim)).T

    return mirrored


# Signatures: an implementation has the parameters of the function it stands for


@cache
def _plain_form(found, with_axis):
    if with_axis:

        def reduction(a, axis, keepdims=False):
            return found(a, axis)

    else:

        def reduction(a, axis=None, keepdims=False):
            return found(a)

    return reduction


@cache
def _dtype_form(found, with_axis):
    if with_axis:

        def reduction(a, axis, dtype=None, keepdims=False):
            return found(a, axis)

    else:

        def reduction(a, axis=None, dtype=None, keepdims=False):
            return found(a)

    return reduction


def _in_pieces(function, how):
    """An array expression that is reduced by `function` is computed piece by piece: `how` is a `Reduction` of the compiler.

    The mark says what `function` gives where the result has the dtype of an array in C order: its float sum (`sum`), that
    divided by its size (`mean`), or what it gives for the array of what it gives for any pieces (`pieces`).
    """
    if function:
        function.__looplift_options__ = {"reduction": how}
    return function


def _is_whole(axis, keepdims):
    return is_absent(axis) and is_false(keepdims)


def _flag(keepdims):
    """Whether the flag is known: its value, else None."""
    return True if is_true(keepdims) else False if is_false(keepdims) else None


def _reduce(a, axis, keepdims, kernel, t, whole=None, rows=None, order=_flat, finish=None):
    """The reduction of an array of type `a`, as a function of (a) or (a, axis); None where there is none."""
    keep = _flag(keepdims)
    if keep is None:
        return None
    if is_absent(axis):
        found = whole or _whole(order(a), kernel)
        return _kept(found, a.ndim, t) if keep and a.ndim else found
    if not is_index(axis) or a.ndim == 0:
        return None
    if a.ndim == 1:
        return _kept_single(kernel, t) if keep else _single_axis(kernel)
    mirror = a.is_f_contig and not a.is_c_contig
    contiguous = _itself if mirror else _c_order(a)
    if rows is not None:
        found = _along_rows(contiguous, kernel, *rows, t, keep)
    else:
        found = _along(contiguous, kernel, t, keep)
    if finish is not None:
        found = finish(found, t)
    return _mirrored(found) if mirror else found


@overload("numpy.sum", "array.sum")
def sum_(a, axis=None, dtype=None, keepdims=False):
    if is_array(a):
        element = element_class(a)
        t = dtype_class(dtype, _sum_class(element))
        if t is None or (kind_of(element) == "c" and kind_of(t) != "c"):
            return None
        rows = (_plus, t(0))
        found = _reduce(a, axis, keepdims, _sum_of_run(element, t), t, _sum_whole(a, element, t), rows)
        found = found and _dtype_form(found, not is_absent(axis))
        if element is t and kind_of(t) in "fiu" and _is_whole(axis, keepdims):
            return _in_pieces(found, "sum" if kind_of(t) == "f" else "pieces")
        return found


@overload("numpy.prod", "array.prod")
def prod(a, axis=None, dtype=None, keepdims=False):
    if is_array(a):
        element = element_class(a)
        t = dtype_class(dtype, _sum_class(element))
        if t is None or (kind_of(element) == "c" and kind_of(t) != "c"):
            return None
        found = _reduce(a, axis, keepdims, _prod_of_run(element, t), t, rows=(_times, t(1)))
        return found and _dtype_form(found, not is_absent(axis))


def _ordered(a):
    """An array of numbers: complex ones have an order in NumPy as well."""
    return is_array(a) and element_class(a) is not None


def _reduction(a, axis, keepdims, kernel, t, order=_flat):
    found = _reduce(a, axis, keepdims, kernel, t, order=order)
    return found and _plain_form(found, not is_absent(axis))


def _reduction_in_pieces(a, axis, keepdims, kernel, t):
    """The same, where the reduction of reductions of pieces is the reduction."""
    found = _reduction(a, axis, keepdims, kernel, t)
    if kind_of(t) in "biuf" and _is_whole(axis, keepdims):
        return _in_pieces(found, "pieces")
    return found


@overload("numpy.min", "numpy.amin", "array.min")
def min_(a, axis=None, keepdims=False):
    if _ordered(a):
        t = element_class(a)
        return _reduction_in_pieces(a, axis, keepdims, _extreme_of_run(t, False), t)


@overload("numpy.max", "numpy.amax", "array.max")
def max_(a, axis=None, keepdims=False):
    if _ordered(a):
        t = element_class(a)
        return _reduction_in_pieces(a, axis, keepdims, _extreme_of_run(t, True), t)


@overload("numpy.argmin", "array.argmin")
def argmin(a, axis=None, keepdims=False):
    if _ordered(a):
        return _reduction(a, axis, keepdims, _position_of_run(element_class(a), False), np.int64, _flat_in_order)


@overload("numpy.argmax", "array.argmax")
def argmax(a, axis=None, keepdims=False):
    if _ordered(a):
        return _reduction(a, axis, keepdims, _position_of_run(element_class(a), True), np.int64, _flat_in_order)


@overload("numpy.all", "array.all")
def all_(a, axis=None, keepdims=False):
    if is_array(a):
        return _reduction_in_pieces(a, axis, keepdims, _all_of_run, np.bool_)


@overload("numpy.any", "array.any")
def any_(a, axis=None, keepdims=False):
    if is_array(a):
        return _reduction_in_pieces(a, axis, keepdims, _any_of_run, np.bool_)


@overload("numpy.count_nonzero")
def count_nonzero(a, axis=None, keepdims=False):
    if is_array(a):
        return _reduction(a, axis, keepdims, _count_of_run, np.int64)


@overload("numpy.ptp")
def ptp(a, axis=None, keepdims=False):
    if _ordered(a) and kind_of(element_class(a)) != "b":
        t = element_class(a)
        low, high = _extreme_of_run(t, False), _extreme_of_run(t, True)
        return _reduction(a, axis, keepdims, _range_of_run(t, low, high), t)


@cache
def _range_of_run(t, low, high):
    def width(a):
        return t(high(a) - low(a))

    return width


# Means


@cache
def _mean_whole(total, t):
    def mean(a):
        return np.divide(total(a), t(a.size))

    return mean


@cache
def _mean_along(total, t):
    """From sums along an axis."""

    def mean(a, axis):
        sums = total(a, axis)
        n = t(a.shape[axis])
        flat = sums.ravel()
        for i in range(len(flat)):
            flat[i] = np.divide(flat[i], n)
        return sums

    return mean


@overload("numpy.mean", "array.mean")
def mean(a, axis=None, dtype=None, keepdims=False):
    if not is_array(a):
        return None
    element = element_class(a)
    t = dtype_class(dtype, _mean_class(element))
    if t is None or kind_of(t) not in "fc" or (kind_of(element) == "c" and kind_of(t) != "c"):
        return None
    if is_absent(axis):
        whole = _mean_whole(_sum_whole(a, element, t), t)
        found = _reduce(a, axis, keepdims, None, t, whole)
    elif a.ndim == 1:
        found = _reduce(a, axis, keepdims, _mean_of_run(element), t) if t is _mean_class(element) else None
    else:
        found = _reduce(a, axis, keepdims, _sum_of_run(element, t), t, rows=(_plus, t(0)), finish=_mean_along)
    found = found and _dtype_form(found, not is_absent(axis))
    if element is t and kind_of(t) == "f" and _is_whole(axis, keepdims):
        return _in_pieces(found, "mean")
    return found


@cache
def _var_form(contiguous, flat, t, root, with_axis):
    of_run = _var_of_run(t, root)

    if not with_axis:

        def var(a, axis=None, dtype=None, out=None, ddof=0):
            return of_run(flat(a), ddof)

        return var
    part = np.dtype(_mean_class(t)).type(0).real.dtype.type

    def var_along(a, axis, dtype=None, out=None, ddof=0):
        k = normal_axis(axis, a.ndim)
        b = three(contiguous(a), k)
        result = np.empty((b.shape[0], b.shape[2]), part)
        for i in range(b.shape[0]):
            for j in range(b.shape[2]):
                result[i, j] = of_run(b[i, :, j], ddof)
        return result.reshape(without(a.shape, k))

    def var_of_run(a, axis, dtype=None, out=None, ddof=0):
        normal_axis(axis, 1)
        return of_run(a, ddof)

    return var_of_run if with_axis == 1 else var_along


def _var(a, axis, dtype, out, ddof, root):
    if not is_array(a) or not is_absent(dtype) or not is_absent(out) or not (ddof == 0 or is_number(ddof)):
        return None
    if not (is_absent(axis) or (is_index(axis) and a.ndim)):
        return None
    return _var_form(_c_order(a), _flat(a), element_class(a), root, 0 if is_absent(axis) else a.ndim)


@overload("numpy.var", "array.var")
def var(a, axis=None, dtype=None, out=None, ddof=0):
    return _var(a, axis, dtype, out, ddof, False)


@overload("numpy.std", "array.std")
def std(a, axis=None, dtype=None, out=None, ddof=0):
    return _var(a, axis, dtype, out, ddof, True)


# Running sums and products


@cache
def _running(flat, t, combine):
    def running(a, axis=None, dtype=None):
        b = flat(a)
        out = np.empty(len(b), t)
        if len(b) > 0:
            s = t(b[0])
            out[0] = s
            for i in range(1, len(b)):
                s = t(combine(s, t(b[i])))
                out[i] = s
        return out

    return running


@cache
def _running_along(contiguous, t, combine):
    def running(a, axis):
        k = normal_axis(axis, a.ndim)
        b = three(contiguous(a), k)
        out = np.empty(a.shape, t)
        c = three(out, k)
        for i in range(b.shape[0]):
            for j in range(b.shape[2]):
                if b.shape[1] > 0:
                    s = t(b[i, 0, j])
                    c[i, 0, j] = s
                    for m in range(1, b.shape[1]):
                        s = t(combine(s, t(b[i, m, j])))
                        c[i, m, j] = s
        return out

    return running


@cache
def _running_form(found):
    def running(a, axis, dtype=None):
        return found(a, axis)

    return running


def _cumulative(a, axis, dtype, combine):
    if not is_array(a):
        return None
    t = dtype_class(dtype, _sum_class(element_class(a)))
    if t is None or (kind_of(element_class(a)) == "c" and kind_of(t) != "c"):
        return None
    if is_absent(axis):
        return _running(_flat_in_order(a), t, combine)
    if is_index(axis) and a.ndim:
        if a.is_f_contig and not a.is_c_contig:
            return _running_form(_mirrored(_running_along(_itself, t, combine)))
        return _running_form(_running_along(_c_order(a), t, combine))


@overload("numpy.cumsum", "array.cumsum")
def cumsum(a, axis=None, dtype=None):
    return _cumulative(a, axis, dtype, _plus)


@overload("numpy.cumprod", "array.cumprod")
def cumprod(a, axis=None, dtype=None):
    return _cumulative(a, axis, dtype, _times)
