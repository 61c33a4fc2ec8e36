"""numpy.fft: transforms of real and complex arrays of any size, along any axes; frequencies and shifts.

The runtime transforms rows of complex doubles; single precision is computed in double precision and rounded. The axis in
question is brought last, and back.
"""

from functools import cache

import numpy as np

from looplift.library import _native as native
from looplift.library._axes import normal_axis
from looplift.library._registry import overload
from looplift.library._types import element_class, is_absent, is_array, is_index, is_int_tuple, is_real, kind_of, text
from looplift.library.tensors import other_axes, with_axes

_SINGLE = (np.float32, np.complex64, np.float16)


def _complex_of(t):
    """The class of the result for elements of a class."""
    return np.complex64 if t in _SINGLE and np.fft.fft(np.ones(1, np.float32)).dtype == np.complex64 else np.complex128


def _real_of(t):
    return np.float32 if _complex_of(t) is np.complex64 else np.float64


def _scale(norm, inverse):
    """What a result is divided by: 0 nothing, 1 the length, 2 its root; None if the word is unknown."""
    word = "backward" if is_absent(norm) else text(norm)
    return {"backward": 1 if inverse else 0, "forward": 0 if inverse else 1, "ortho": 2}.get(word)


def _check_length(n):
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")


@cache
def _rows(ndim):
    """The array as rows of its axis, and the shape they came from, that axis last."""
    others = other_axes(ndim - 1)

    def rows(a, axis):
        last = (normal_axis(axis, ndim),)
        moved = with_axes(a, others(last, ndim) + last)
        n = moved.shape[-1]
        count = 1
        for k in moved.shape[:-1]:
            count *= k
        return np.ascontiguousarray(moved).reshape((count, n)), moved.shape[:-1]

    return rows


def _rows_of_one(a, axis):
    normal_axis(axis, 1)
    return np.ascontiguousarray(a).reshape((1, len(a))), ()


@cache
def _back(ndim):
    """Rows as an array with that axis in its place."""

    def back(rows, lead, axis):
        k = normal_axis(axis, ndim)
        shaped = rows.reshape(lead + (rows.shape[1],))
        order = _order(k, ndim)
        return np.ascontiguousarray(with_axes(shaped, order))

    places = tuple(range(ndim))

    def _order(k, n):
        # The last axis goes to place k.
        out = places
        for i in range(n):
            out = _put(out, i, n - 1 if i == k else i if i < k else i - 1)
        return out

    return back


def _put(values, k, value):
    if len(values) == 0:
        return ()
    return (value if k == 0 else values[0],) + _put(values[1:], k - 1, value)


def _back_of_one(rows, lead, axis):
    return rows.reshape(rows.shape[1])


def _transformed(data, n, inverse, scale):
    """Transforms the rows of complex doubles in place."""
    if native.fft(inverse, n, data.shape[0], data) != 0:
        raise MemoryError("the transform failed")
    if scale:
        factor = 1.0 / n if scale == 1 else 1.0 / np.sqrt(n)
        for i in range(data.shape[0]):
            for j in range(n):
                data[i, j] = data[i, j] * factor
    return data


@cache
def _converted(t):
    if t is np.complex128:

        def convert(a):
            return a

    else:

        def convert(a):
            return a.astype(t)

    return convert


@cache
def _forms(t, ndim):
    split, join = (_rows_of_one, _back_of_one) if ndim == 1 else (_rows(ndim), _back(ndim))
    return split, join


@cache
def _full(t, ndim, inverse, scale):
    """fft and ifft: (a, n, axis)."""
    split, join = _forms(t, ndim)
    convert = _converted(_complex_of(t))

    def transform(a, n, axis):
        rows, lead = split(a, axis)
        m = rows.shape[1] if n is None else n
        _check_length(m)
        data = np.zeros((rows.shape[0], m), np.complex128)
        k = min(m, rows.shape[1])
        data[:, :k] = rows[:, :k]
        return join(convert(_transformed(data, m, inverse, scale)), lead, axis)

    return transform


@cache
def _half(t, ndim, inverse, scale):
    """rfft, and ihfft with `inverse`."""
    split, join = _forms(t, ndim)
    convert = _converted(_complex_of(t))

    def transform(a, n, axis):
        rows, lead = split(a, axis)
        m = rows.shape[1] if n is None else n
        _check_length(m)
        data = np.zeros((rows.shape[0], m), np.complex128)
        k = min(m, rows.shape[1])
        data[:, :k] = rows[:, :k]
        found = _transformed(data, m, inverse, scale)[:, : m // 2 + 1].copy()
        return join(convert(found), lead, axis)

    return transform


@cache
def _from_half(t, ndim, inverse, scale):
    """irfft, and hfft without `inverse`: a real result."""
    split, join = _forms(t, ndim)
    real = _real_of(t)

    def transform(a, n, axis):
        rows, lead = split(a, axis)
        m = 2 * (rows.shape[1] - 1) if n is None else n
        _check_length(m)
        data = np.zeros((rows.shape[0], m), np.complex128)
        k = min(m // 2 + 1, rows.shape[1])
        for i in range(rows.shape[0]):
            for j in range(k):
                value = np.complex128(rows[i, j])
                if j == 0 or 2 * j == m:
                    value = complex(value.real, 0.0)
                data[i, j] = value if inverse else value.conjugate()
                if j > 0:
                    data[i, m - j] = value.conjugate() if inverse else value
        # The transform of a Hermitian sequence with the sign exchanged is that of its conjugate.
        found = _transformed(data, m, True, scale)
        out = np.empty((rows.shape[0], m), real)
        for i in range(rows.shape[0]):
            for j in range(m):
                out[i, j] = found[i, j].real
        return join(out, lead, axis)

    return transform


def _checked(a, n, axis, norm, inverse):
    """(element class, dimensions, scaling) of a call with one axis; None if it is none."""
    if not is_array(a) or a.ndim == 0 or element_class(a) is None:
        return None
    if not (is_absent(n) or is_index(n)) or not (isinstance(axis, int) or is_index(axis)):
        return None
    scale = _scale(norm, inverse)
    return None if scale is None else (element_class(a), a.ndim, scale)


@cache
def _call(transform):
    def implementation(a, n=None, axis=-1, norm=None):
        return transform(a, n, axis)

    return implementation


def _one_axis(name, make, inverse_sign, inverse_scale, real_only=False):
    def typing(a, n=None, axis=-1, norm=None):
        found = _checked(a, n, axis, norm, inverse_scale)
        if found is None or (real_only and kind_of(found[0]) == "c"):
            return None
        t, ndim, scale = found
        return _call(make(t, ndim, inverse_sign, scale))

    typing.__module__ = __name__
    overload("numpy.fft." + name)(typing)


_one_axis("fft", _full, 0, False)
_one_axis("ifft", _full, 1, True)
_one_axis("rfft", _half, 0, False, real_only=True)
_one_axis("irfft", _from_half, True, True)
_one_axis("hfft", _from_half, False, False)
_one_axis("ihfft", _half, 1, True, real_only=True)


# Several axes


def _recursive(name, default_axes, inverse):
    def typing(a, s=None, axes=default_axes, norm=None):
        if not is_array(a) or a.ndim == 0 or element_class(a) is None:
            return None
        scale = _scale(norm, inverse)
        known = axes is default_axes or is_absent(axes) or is_int_tuple(axes)
        if scale is None or not known or not (is_absent(s) or is_int_tuple(s)):
            return None
        if default_axes is not None and a.ndim < 2:
            return None
        count = a.ndim if default_axes is None else 2
        if not (axes is default_axes or is_absent(axes)):
            count = axes.count
        elif not is_absent(s):
            count = s.count
        if count == 0:
            return None
        default = tuple(range(-count, 0))
        return _several(element_class(a), a.ndim, int(inverse), scale, default)

    typing.__module__ = __name__
    overload("numpy.fft." + name)(typing)


@cache
def _several(t, ndim, inverse, scale, default):
    first = _full(t, ndim, inverse, scale)
    more = _full(_complex_of(t), ndim, inverse, scale)

    def transform(a, s=None, axes=None, norm=None):
        places = default if axes is None else axes
        if s is None:
            return _over_axes(more, first(a, None, places[-1]), places[:-1])
        if len(s) != len(places):
            raise ValueError("Shape and axes have different lengths.")
        return _over_lengths(more, first(a, s[-1], places[-1]), s[:-1], places[:-1])

    return transform


def _over_axes(transform, a, axes):
    if len(axes) == 0:
        return a
    return _over_axes(transform, transform(a, None, axes[-1]), axes[:-1])


def _over_lengths(transform, a, s, axes):
    if len(axes) == 0:
        return a
    return _over_lengths(transform, transform(a, s[-1], axes[-1]), s[:-1], axes[:-1])


_recursive("fft2", (-2, -1), False)
_recursive("ifft2", (-2, -1), True)
_recursive("fftn", None, False)
_recursive("ifftn", None, True)


@cache
def _real_several(t, ndim, scale, default):
    first = _half(t, ndim, 0, scale)
    more = _full(_complex_of(t), ndim, 0, scale)

    def transform(a, s=None, axes=None, norm=None):
        places = default if axes is None else axes
        return _over_axes(more, first(a, None, places[-1]), places[:-1])

    return transform


@cache
def _real_inverse(t, ndim, scale, default):
    more = _full(t, ndim, 1, scale)
    last = _from_half(_complex_of(t), ndim, True, scale)

    def transform(a, s=None, axes=None, norm=None):
        places = default if axes is None else axes
        return last(_over_axes(more, a, places[:-1]), None, places[-1])

    return transform


def _real_recursive(name, default_axes, inverse):
    def typing(a, s=None, axes=default_axes, norm=None):
        scale = _scale(norm, inverse)
        if not is_array(a) or a.ndim == 0 or element_class(a) is None or scale is None or not is_absent(s):
            return None
        if axes is not default_axes and not is_int_tuple(axes):
            return None
        if not inverse and kind_of(element_class(a)) == "c":
            return None
        count = axes.count if axes is not default_axes else a.ndim if default_axes is None else 2
        if count == 0 or count > a.ndim:
            return None
        make = _real_inverse if inverse else _real_several
        return make(element_class(a), a.ndim, scale, tuple(range(-count, 0)))

    typing.__module__ = __name__
    overload("numpy.fft." + name)(typing)


_real_recursive("rfft2", (-2, -1), False)
_real_recursive("irfft2", (-2, -1), True)
_real_recursive("rfftn", None, False)
_real_recursive("irfftn", None, True)


# Frequencies and shifts


def _fftfreq(n, d=1.0):
    if n < 1:
        raise ValueError("n should be an integer")
    factor = 1.0 / (n * d)
    out = np.empty(n)
    half = (n - 1) // 2 + 1
    for i in range(half):
        out[i] = i * factor
    for i in range(half, n):
        out[i] = (i - n) * factor
    return out


def _rfftfreq(n, d=1.0):
    if n < 1:
        raise ValueError("n should be an integer")
    factor = 1.0 / (n * d)
    out = np.empty(n // 2 + 1)
    for i in range(len(out)):
        out[i] = i * factor
    return out


@overload("numpy.fft.fftfreq")
def fftfreq(n, d=1.0):
    if is_index(n) and (isinstance(d, float) or is_real(d)):
        return _fftfreq


@overload("numpy.fft.rfftfreq")
def rfftfreq(n, d=1.0):
    if is_index(n) and (isinstance(d, float) or is_real(d)):
        return _rfftfreq


@cache
def _shift(ndim, backward):
    """Rolls along one axis by half its length."""
    split, join = (_rows_of_one, _back_of_one) if ndim == 1 else (_rows(ndim), _back(ndim))

    def shift(x, axis):
        rows, lead = split(x, axis)
        n = rows.shape[1]
        by = n - n // 2 if backward else n // 2
        out = np.empty_like(rows)
        for i in range(rows.shape[0]):
            for j in range(n):
                k = j + by
                out[i, k - n if k >= n else k] = rows[i, j]
        return join(out, lead, axis)

    return shift


def _shift_over(shift, x, axes):
    if len(axes) == 0:
        return x
    return _shift_over(shift, shift(x, axes[-1]), axes[:-1])


@cache
def _shifts(ndim, backward, form):
    shift = _shift(ndim, backward)
    every = tuple(range(ndim))

    if form == "all":

        def implementation(x, axes=None):
            return _shift_over(shift, x, every)

    elif form == "one":

        def implementation(x, axes=None):
            return shift(x, axes)

    else:

        def implementation(x, axes=None):
            return _shift_over(shift, x, axes)

    return implementation


def _shift_typing(x, axes, backward):
    if not is_array(x) or x.ndim == 0:
        return None
    if is_absent(axes):
        return _shifts(x.ndim, backward, "all")
    if is_index(axes):
        return _shifts(x.ndim, backward, "one")
    return _shifts(x.ndim, backward, "several") if is_int_tuple(axes) else None


@overload("numpy.fft.fftshift")
def fftshift(x, axes=None):
    return _shift_typing(x, axes, False)


@overload("numpy.fft.ifftshift")
def ifftshift(x, axes=None):
    return _shift_typing(x, axes, True)
