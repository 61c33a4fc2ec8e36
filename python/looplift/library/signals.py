"""Neighbours in a sequence: convolve, correlate, diff, ediff1d, gradient, trapezoid, unwrap."""

import math
from functools import cache

import numpy as np

from looplift.library._axes import normal_axis, three, with_length
from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_float,
    is_index,
    is_number,
    is_real,
    kind_of,
    promote,
    scalar_class,
    text,
)
from looplift.library.joining import part_of
from looplift.library.shaping import in_c_order

# convolve, correlate


def _dot_class(a, v):
    return promote(element_class(a), element_class(v))


@cache
def _correlate(t, conjugate, mode, zero):
    """Sums of products of `a` with `v` at every shift; `v` is no longer than `a`."""

    def inner(a, v, first, count, made, at, step):
        n = len(a)
        m = len(v)
        for k in range(count):
            shift = first + k
            s = zero
            for j in range(max(0, -shift), min(m, n - shift)):
                if conjugate:
                    s = t(s + t(a[shift + j]) * t(np.conj(v[j])))
                else:
                    s = t(s + t(a[shift + j]) * t(v[j]))
            made[at] = s
            at += step

    def correlate(a, v):
        n = len(a)
        m = len(v)
        if form == "valid":
            made = np.empty(n - m + 1, t)
            inner(a, v, 0, n - m + 1, made, 0, 1)
        elif form == "same":
            made = np.empty(n, t)
            inner(a, v, -(m // 2), n, made, 0, 1)
        else:
            made = np.empty(n + m - 1, t)
            inner(a, v, 1 - m, n + m - 1, made, 0, 1)
        return made

    form = mode
    return correlate


@cache
def _correlate_form(t, mode, is_complex):
    found = _correlate(t, is_complex, mode, t(0))
    # With the arguments exchanged the first is the conjugate, and all is in reverse.
    swapped = _correlate_swapped(t, mode, is_complex)

    def correlate(a, v, mode="valid"):
        if len(a) == 0:
            raise ValueError("first array argument cannot be empty: 'a' cannot be empty")
        if len(v) == 0:
            raise ValueError("second array argument cannot be empty: 'v' cannot be empty")
        if len(a) >= len(v):
            return found(a, v)
        return swapped(a, v)

    return correlate


@cache
def _correlate_swapped(t, mode, is_complex):
    found = _correlate(t, False, mode, t(0))

    def swapped(a, v):
        if is_complex:
            return found(np.conj(v), a)[::-1].copy()
        return found(v, a)[::-1].copy()

    return swapped


@cache
def _convolve_form(t, mode):
    found = _correlate(t, False, mode, t(0))

    def convolve(a, v, mode="full"):
        if len(a) == 0:
            raise ValueError("'a' cannot be empty")
        if len(v) == 0:
            raise ValueError("'v' cannot be empty")
        if len(v) > len(a):
            return found(v, a[::-1])
        return found(a, v[::-1])

    return convolve


def _is_line(t):
    return is_array(t, 1)


def _mode(mode):
    name = text(mode)
    return {"f": "full", "s": "same", "v": "valid"}.get(name[:1]) if name else None


@cache
def _by_mode(function, default):
    if default == "full":

        def choose(a, v, mode="full"):
            if mode == "full":
                return function(a, v, "full")
            if mode == "same":
                return function(a, v, "same")
            if mode == "valid":
                return function(a, v, "valid")
            raise ValueError("mode must be one of 'valid', 'same', or 'full'")

    else:

        def choose(a, v, mode="valid"):
            if mode == "full":
                return function(a, v, "full")
            if mode == "same":
                return function(a, v, "same")
            if mode == "valid":
                return function(a, v, "valid")
            raise ValueError("mode must be one of 'valid', 'same', or 'full'")

    return choose


@overload("numpy.convolve")
def convolve_by_mode(a, v, mode="full"):
    if _is_line(a) and _is_line(v) and str(mode) == "unicode_type":
        return _by_mode(np.convolve, "full")


@overload("numpy.correlate")
def correlate_by_mode(a, v, mode="valid"):
    if _is_line(a) and _is_line(v) and str(mode) == "unicode_type":
        return _by_mode(np.correlate, "valid")


@overload("numpy.convolve")
def convolve(a, v, mode="full"):
    name = _mode(mode)
    if _is_line(a) and _is_line(v) and name:
        return _convolve_form(_dot_class(a, v), name)


@overload("numpy.correlate")
def correlate(a, v, mode="valid"):
    name = _mode(mode)
    if _is_line(a) and _is_line(v) and name:
        t = _dot_class(a, v)
        return _correlate_form(t, name, kind_of(t) == "c")


# Differences


@cache
def _diff(t):
    def step(a, k):
        n = a.shape[k]
        made = np.empty(with_length(a.shape, k, max(n - 1, 0)), t)
        b = three(in_c_order(a), k)
        c = three(made, k)
        for i in range(c.shape[0]):
            for m in range(c.shape[1]):
                for j in range(c.shape[2]):
                    if flags:
                        c[i, m, j] = b[i, m + 1, j] != b[i, m, j]
                    else:
                        c[i, m, j] = t(b[i, m + 1, j] - b[i, m, j])
        return made

    def diff(a, n=1, axis=-1, prepend=None, append=None):
        k = normal_axis(axis, a.ndim)
        if n < 0:
            raise ValueError(f"order must be non-negative but got {n}")
        b = in_c_order(a)
        for _ in range(n):
            b = step(b, k)
        return b

    flags = kind_of(t) == "b"
    return diff


@cache
def _diff_extended(found, before, after):
    def diff(a, n=1, axis=-1, prepend=None, append=None):
        k = normal_axis(axis, a.ndim)
        if before and after:
            b = np.concatenate((_edge(prepend, a, k), a, _edge(append, a, k)), k)
        elif before:
            b = np.concatenate((_edge(prepend, a, k), a), k)
        else:
            b = np.concatenate((a, _edge(append, a, k)), k)
        return found(b, n, k)

    return diff


def _edge(x, a, k):
    """What is put before or after the array, as an array: a number fills one place."""
    if isinstance(x, np.ndarray):
        if x.ndim == a.ndim:
            return x
        return np.full(with_length(a.shape, k, 1), x)
    return np.full(with_length(a.shape, k, 1), x)


@overload("numpy.diff")
def diff(a, n=1, axis=-1, prepend=None, append=None):
    if not (is_array(a) and a.ndim and (n == 1 or is_index(n)) and (axis == -1 or is_index(axis))):
        return None
    ends = [t for t in (prepend, append) if not is_absent(t)]
    if not all(is_number(t) or (is_array(t) and t.ndim == a.ndim) for t in ends):
        return None
    t = element_class(a)
    for e in ends:
        t = promote(t, element_class(e))
    found = _diff(t)
    return _diff_extended(found, not is_absent(prepend), not is_absent(append)) if ends else found


@cache
def _ediff1d(t, before, after):
    def ediff1d(ary, to_end=None, to_begin=None):
        flat = np.ravel(np.asarray(ary))
        n = max(len(flat) - 1, 0)
        low = 0
        if before:
            first = np.ravel(np.asarray(to_begin))
            low = len(first)
        high = 0
        if after:
            last = np.ravel(np.asarray(to_end))
            high = len(last)
        made = np.empty(low + n + high, t)
        if before:
            made[:low] = first
        for i in range(n):
            made[low + i] = flat[i + 1] - flat[i]
        if after:
            made[low + n :] = last
        return made

    return ediff1d


def _is_end(t, of):
    if is_absent(t):
        return True
    return (is_number(t) or is_array(t)) and np.can_cast(element_class(t), of, "same_kind")


@overload("numpy.ediff1d")
def ediff1d(ary, to_end=None, to_begin=None):
    if is_array(ary) or is_number(ary):
        t = element_class(ary)
        if kind_of(t) == "b":
            return None
        if _is_end(to_end, t) and _is_end(to_begin, t):
            return _ediff1d(t, not is_absent(to_begin), not is_absent(to_end))


# gradient


@cache
def _gradient_run(t, edge_order, spaced):
    """The derivative of runs along the middle axis; distances between all neighbours, or one for all."""

    def gradient(f, made, h):
        n = f.shape[1]
        if n < order + 1:
            raise ValueError(
                "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are required."
            )
        for i in range(f.shape[0]):
            for j in range(f.shape[2]):
                for k in range(1, n - 1):
                    if spaced:
                        a = h[k - 1]
                        b = h[k]
                        low = -b / (a * (a + b))
                        middle = (b - a) / (a * b)
                        high = a / (b * (a + b))
                        made[i, k, j] = low * t(f[i, k - 1, j]) + middle * t(f[i, k, j]) + high * t(f[i, k + 1, j])
                    else:
                        made[i, k, j] = (t(f[i, k + 1, j]) - t(f[i, k - 1, j])) / (t(2.0) * h[0])
                first = h[0]
                last = h[len(h) - 1]
                if order == 1:
                    made[i, 0, j] = (t(f[i, 1, j]) - t(f[i, 0, j])) / first
                    made[i, n - 1, j] = (t(f[i, n - 1, j]) - t(f[i, n - 2, j])) / last
                elif spaced:
                    a = h[0]
                    b = h[1]
                    made[i, 0, j] = (
                        -(t(2.0) * a + b) / (a * (a + b)) * t(f[i, 0, j])
                        + (a + b) / (a * b) * t(f[i, 1, j])
                        - a / (b * (a + b)) * t(f[i, 2, j])
                    )
                    a = h[n - 3]
                    b = h[n - 2]
                    made[i, n - 1, j] = (
                        b / (a * (a + b)) * t(f[i, n - 3, j])
                        - (b + a) / (a * b) * t(f[i, n - 2, j])
                        + (t(2.0) * b + a) / (b * (a + b)) * t(f[i, n - 1, j])
                    )
                else:
                    made[i, 0, j] = t(-1.5) / first * t(f[i, 0, j]) + t(2.0) / first * t(f[i, 1, j]) + t(-0.5) / first * t(f[i, 2, j])
                    made[i, n - 1, j] = (
                        t(0.5) / last * t(f[i, n - 3, j]) + t(-2.0) / last * t(f[i, n - 2, j]) + t(1.5) / last * t(f[i, n - 1, j])
                    )

    order = edge_order
    return gradient


@cache
def _gradient_axis(t, edge_order, spacing):
    """(f, axis, distance) -> the derivative along one axis."""
    spaced = _gradient_run(t, edge_order, True)
    even = _gradient_run(t, edge_order, False)
    part = np.dtype(t).type(0).real.dtype.type

    if spacing == "array":

        def gradient(f, k, x):
            n = f.shape[k]
            if len(x) != n:
                raise ValueError("when 1d, distances must match the length of the corresponding dimension")
            h = np.empty(max(n - 1, 0), part)
            same = True
            for i in range(n - 1):
                h[i] = x[i + 1] - x[i]
                if h[i] != h[0]:
                    same = False
            made = np.empty(f.shape, t)
            if same:
                even(three(in_c_order(f), k), three(made, k), h)
            else:
                spaced(three(in_c_order(f), k), three(made, k), h)
            return made

    else:

        def gradient(f, k, x):
            h = np.empty(1, part)
            h[0] = x
            made = np.empty(f.shape, t)
            even(three(in_c_order(f), k), three(made, k), h)
            return made

    return gradient


def _constant(t):
    value = t if isinstance(t, int) else getattr(t, "literal_value", None)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


@cache
def _gradient_form(one, many):
    """`gradient(f, *varargs)`: along all axes, or along a given one."""
    if many == "line":

        def gradient(f, *varargs, axis=None, edge_order=1):
            return one(f, 0, _distance(varargs, 0))

    elif many == "axis":

        def gradient(f, *varargs, axis=None, edge_order=1):
            return one(f, normal_axis(axis, f.ndim), _distance(varargs, 0))

    else:

        def gradient(f, *varargs, axis=None, edge_order=1):
            return _all_axes(f, f.shape, 0, varargs)

        def _all_axes(f, rest, k, varargs):
            if len(rest) == 0:
                return ()
            return (one(f, k, _distance(varargs, k)),) + _all_axes(f, rest[1:], k + 1, varargs)

    return gradient


def _distance(varargs, k):
    if len(varargs) == 0:
        return 1.0
    if len(varargs) == 1:
        return varargs[0]
    return varargs[k]


@overload("numpy.gradient")
def gradient(f, *varargs, axis=None, edge_order=1):
    order = _constant(edge_order)
    if not is_array(f) or not f.ndim or order not in (1, 2):
        return None
    arrays = [is_array(v, 1) for v in varargs]
    if not all(is_array(v, 1) or is_real(v) for v in varargs) or len(set(arrays)) > 1:
        return None
    element = element_class(f)
    t = element if kind_of(element) in "fc" else np.float64
    one = _gradient_axis(t, order, "array" if arrays and arrays[0] else "number")
    if is_absent(axis):
        if len(varargs) not in (0, 1, f.ndim) or (arrays and arrays[0] and len(varargs) != f.ndim):
            return None
        return _gradient_form(one, "line" if f.ndim == 1 else "all")
    if is_index(axis) and len(varargs) <= 1:
        return _gradient_form(one, "axis")


# trapezoid along an axis


@cache
def _trapezoid_along(t, form):
    def trapezoid(y, x=None, dx=1.0, axis=-1):
        k = normal_axis(axis, y.ndim)
        n = y.shape[k]
        upper = part_of(y, k, 1, max(n, 1)).astype(t)
        lower = part_of(y, k, 0, max(n - 1, 0)).astype(t)
        if form == "none":
            return np.sum(t(dx) * (upper + lower) / t(2), k)
        if form == "line":
            made = np.empty(upper.shape, t)
            made[...] = (upper + lower) / t(2)
            c = three(made, k)
            for m in range(n - 1):
                c[:, m, :] *= t(x[m + 1]) - t(x[m])
            return np.sum(made, k)
        steps = part_of(x, k, 1, max(n, 1)) - part_of(x, k, 0, max(n - 1, 0))
        return np.sum(steps * (upper + lower) / t(2), k)

    return trapezoid


@overload("numpy.trapezoid", "numpy.trapz")
def trapezoid(y, x=None, dx=1.0, axis=-1):
    if not is_array(y) or not y.ndim or not (axis == -1 or is_index(axis)) or not (dx == 1.0 or is_real(dx)):
        return None
    t = element_class(y)
    if is_absent(x):
        return _trapezoid_along(t if kind_of(t) in "fc" else np.float64, "none")
    if is_array(x):
        t = promote(t, element_class(x))
        t = t if kind_of(t) in "fc" else np.float64
        return _trapezoid_along(t, "line") if x.ndim == 1 else _trapezoid_along(t, "full") if x.ndim == y.ndim else None


# unwrap


@cache
def _unwrap(t, whole):
    def unwrap(p, discont=None, axis=-1, period=6.283185307179586):
        k = normal_axis(axis, p.ndim, 'Value for argument "axis" is not supported')
        made = np.empty(p.shape, t)
        b = three(in_c_order(p), k)
        c = three(made, k)
        turn = t(period)
        half = turn / 2 if not whole else turn // 2
        if discont is None:
            limit = half
        else:
            limit = max(t(discont), half)
        n = b.shape[1]
        for i in range(b.shape[0]):
            for j in range(b.shape[2]):
                shift = t(0)
                if n > 0:
                    c[i, 0, j] = b[i, 0, j]
                for m in range(1, n):
                    d = t(b[i, m, j]) - t(b[i, m - 1, j])
                    r = (d + half) % turn - half
                    # Half a turn up stays half a turn up.
                    if (not whole or turn % 2 == 0) and r == -half and d > 0:
                        r = half
                    correction = r - d
                    if abs(d) < limit:
                        correction = t(0)
                    shift = shift + correction
                    c[i, m, j] = t(b[i, m, j]) + shift
        return made

    return unwrap


@overload("numpy.unwrap")
def unwrap(p, discont=None, axis=-1, period=math.tau):
    if not is_array(p) or not p.ndim or not (axis == -1 or is_index(axis)):
        return None
    if not (is_absent(discont) or is_real(discont)) or not (isinstance(period, float) or is_real(period)):
        return None
    t = element_class(p)
    if kind_of(t) == "c":
        return None
    whole = kind_of(t) in "iu" and not isinstance(period, float) and not is_float(period)
    t = promote(t, np.float64 if isinstance(period, float) or is_float(period) else scalar_class(period)) if kind_of(t) != "f" else t
    return _unwrap(t, whole)
