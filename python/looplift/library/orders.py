"""Arrays in another memory order or of another dtype: reshape, ravel, flatten, copy, astype, view, byteswap."""

from functools import cache

import numpy as np

from looplift.library._objects import ordered_bytes, to_bytes
from looplift.library._registry import overload
from looplift.library._types import (
    dtype_class,
    element_class,
    is_absent,
    is_array,
    is_false,
    is_index,
    is_number,
    is_shape,
    is_true,
    kind,
    kind_of,
    structured_dtype,
    text,
)
from looplift.library._views import replaced, reversed_tuple, strided
from looplift.library.shaping import in_c_order


def _is_fortran(a, order):
    """Whether an order means Fortran's for an array of type `a`; None for no order at all."""
    name = text(order)
    if name is None or name not in "CFAK" or len(name) != 1:
        return None
    return name == "F" or (name in "AK" and a.is_f_contig and not a.is_c_contig)


def _flat_c(a):
    return in_c_order(a).ravel()


def _reshape_c(a, shape):
    return in_c_order(a).reshape(shape)


def _reshape_f(a, shape):
    return in_c_order(a.T).reshape(reversed_tuple(shape)).T


def _reshape_f_line(a, shape):
    return in_c_order(a.T).reshape(shape)


@overload("numpy.reshape")
def reshape(a, shape, order="C"):
    if is_array(a) and is_shape(shape):
        fortran = _is_fortran(a, order)
        if fortran is not None:
            return _reshape_form(fortran, is_index(shape))


@cache
def _reshape_form(fortran, line):
    found = (_reshape_f_line if line else _reshape_f) if fortran else _reshape_c

    def reshape(a, shape, order="C"):
        return found(a, shape)

    return reshape


@cache
def _reshape_method(fortran, line, spread):
    found = (_reshape_f_line if line else _reshape_f) if fortran else _reshape_c

    def reshape(a, *shape, order="C"):
        return found(a, shape[0])

    def reshape_spread(a, *shape, order="C"):
        return found(a, shape)

    return reshape_spread if spread else reshape


@overload("array.reshape")
def reshape_method(a, *shape, order="C", copy=None):
    if not is_array(a) or not shape or not is_absent(copy):
        return None
    fortran = _is_fortran(a, order)
    if fortran is None:
        return None
    if len(shape) == 1 and is_shape(shape[0]):
        return _reshape_method(fortran, is_index(shape[0]), False)
    if all(map(is_index, shape)):
        return _reshape_method(fortran, False, True)


@cache
def _ravel(fortran):
    if fortran:

        def ravel(a, order="C"):
            return _flat_c(a.T)

    else:

        def ravel(a, order="C"):
            return _flat_c(a)

    return ravel


@overload("numpy.ravel", "array.ravel")
def ravel(a, order="C"):
    # Of contiguous arrays in C order it is a primitive.
    if is_array(a):
        fortran = _is_fortran(a, order)
        if fortran is None:
            return None
        # What may be a copy has the type of one: it can be written to.
        view = a.mutable or (a.is_f_contig if fortran else a.is_c_contig)
        return (_ravel if view else _flatten)(fortran)


@cache
def _flatten(fortran):
    if fortran:

        def flatten(a, order="C"):
            return a.T.copy().ravel()

    else:

        def flatten(a, order="C"):
            return a.copy().ravel()

    return flatten


@overload("array.flatten")
def flatten(a, order="C"):
    if is_array(a):
        fortran = _is_fortran(a, order)
        return None if fortran is None else _flatten(fortran)


@cache
def _copy(fortran):
    if fortran:

        def copy(a, order="C"):
            return a.T.copy().T

    else:

        def copy(a, order="C"):
            return a.copy()

    return copy


@overload("numpy.copy", "array.copy")
def copy(a, order="C"):
    if is_array(a):
        fortran = _is_fortran(a, order)
        return None if fortran is None else _copy(fortran)


def _as_fortran(a, dtype=None):
    return a


def _to_fortran(a, dtype=None):
    return a.T.copy().T


def _as_line(a, dtype=None):
    return np.asarray(a).reshape(1)


@cache
def _fortran_as(t):
    def asfortranarray(a, dtype=None):
        return np.asfortranarray(np.asarray(a, t))

    return asfortranarray


@overload("numpy.asfortranarray")
def asfortranarray(a, dtype=None):
    t = dtype_class(dtype)
    if t is not None and is_array(a):
        return _fortran_as(t)
    if not is_absent(dtype):
        return None
    if is_number(a) or is_array(a, 0):
        return _as_line
    if is_array(a):
        return _as_fortran if a.is_f_contig else _to_fortran


@cache
def _astype(t, fortran, same):
    if same:

        def astype(a, dtype, order="K", casting="unsafe", subok=True, copy=True):
            return a

    elif fortran:

        def astype(a, dtype, order="K", casting="unsafe", subok=True, copy=True):
            return a.T.copy().T.astype(t)

    else:

        def astype(a, dtype, order="K", casting="unsafe", subok=True, copy=True):
            return a.astype(t)

    return astype


@overload("array.astype")
def astype(a, dtype, order="K", casting="unsafe", subok=True, copy=True):
    if not is_array(a):
        return None
    if kind(a.dtype) == "charseq":
        from looplift.library.dates import of_texts

        return of_texts(a, dtype)
    t = dtype_class(dtype)
    rule = text(casting)
    if t is None or rule is None or element_class(a) is None or kind_of(t) not in "biufc" or not np.can_cast(element_class(a), t, rule):
        return None
    fortran = _is_fortran(a, order)
    if fortran is None or not (is_true(copy) or is_false(copy)):
        return None
    return _astype(t, fortran and a.ndim > 1, is_false(copy) and t is element_class(a))


@cache
def _astype_function(t, same):
    if same:

        def astype(x, dtype, /, *, copy=True):
            return x

    else:

        def astype(x, dtype, /, *, copy=True):
            return x.astype(t)

    return astype


@overload("numpy.astype")
def astype_function(x, dtype, copy=True):
    t = dtype_class(dtype)
    if is_array(x) and t is not None:
        return _astype_function(t, is_false(copy) and t is element_class(x))


_NOT_CONTIGUOUS = "To change to a dtype of a different size, the last axis must be contiguous"


@cache
def _view(t, layout, old, new):
    if old == new:

        def view(a, dtype=None):
            return strided(a, 0, a.shape, a.strides, layout, t)

    elif old > new:

        def view(a, dtype=None):
            if a.strides[-1] != old and a.shape[-1] != 1:
                raise ValueError(_NOT_CONTIGUOUS)
            if old % new != 0:
                raise ValueError("When changing to a smaller dtype, its size must be a divisor of the size of original dtype")
            last = len(a.shape) - 1
            shape = replaced(a.shape, last, a.shape[last] * (old // new))
            return strided(a, 0, shape, replaced(a.strides, last, new), layout, t)

    else:

        def view(a, dtype=None):
            if a.strides[-1] != old and a.shape[-1] != 1:
                raise ValueError(_NOT_CONTIGUOUS)
            last = len(a.shape) - 1
            if a.shape[last] * old % new != 0:
                raise ValueError(
                    "When changing to a larger dtype, its size must be a divisor of the total size in bytes of the last axis of the array."
                )
            shape = replaced(a.shape, last, a.shape[last] * old // new)
            return strided(a, 0, shape, replaced(a.strides, last, new), layout, t)

    return view


def _view_of_itself(a, dtype=None):
    return a


def _view_of_scalar(a, dtype=None):
    raise ValueError("Changing the dtype of a 0d array is only supported if the itemsize is unchanged")


@overload("array.view")
def view(a, dtype=None):
    if not is_array(a):
        return None
    if is_absent(dtype):
        return _view_of_itself
    t = structured_dtype(dtype) or dtype_class(dtype)
    if t is None:
        return None
    old = a.dtype.numpy_dtype.itemsize
    new = np.dtype(t).itemsize
    if old != new and a.ndim == 0:
        return _view_of_scalar
    layout = "C" if a.is_c_contig else "F" if a.is_f_contig and old == new else "A"
    return _view(t, layout, old, new)


# Bytes


def _tobytes(a, order="C"):
    return to_bytes(a)


def _bytes_of_records(a, order="C"):
    return to_bytes(in_c_order(a).ravel().view(np.uint8))


def _ordered_bytes(a, order="C"):
    return ordered_bytes(a, order)


@overload("array.tobytes")
def tobytes(a, order="C"):
    if is_array(a) and kind(a.dtype) == "record":
        return _bytes_of_records if text(order) == "C" and a.ndim else None
    if is_array(a):
        return _tobytes if text(order) == "C" else _ordered_bytes if text(order) in ("F", "A", "K") else None


@cache
def _from_buffer(t, size):
    def frombuffer(buffer, dtype=None, count=-1, offset=0):
        whole = np.frombuffer(buffer, np.uint8)
        if offset < 0 or offset > len(whole):
            raise ValueError("offset must be non-negative and no greater than buffer length")
        rest = len(whole) - offset
        if count < 0:
            if rest % size != 0:
                raise ValueError("buffer size must be a multiple of element size")
            n = rest // size
        else:
            n = count
            if n > rest // size:
                raise ValueError("buffer is smaller than requested size")
        return strided(whole, offset, (n,), (size,), "C", t)

    return frombuffer


@overload("numpy.frombuffer")
def frombuffer(buffer, dtype=None, count=-1, offset=0):
    # Without count and offset it is a primitive.
    t = structured_dtype(dtype) or dtype_class(dtype, np.float64)
    if t is not None and (kind(buffer) == "bytes" or (is_array(buffer) and buffer.is_c_contig)):
        if all(isinstance(x, int) or is_index(x) for x in (count, offset)):
            return _from_buffer(t, np.dtype(t).itemsize)


@cache
def _byteswap(t, size):
    def byteswap(a, inplace=False):
        out = np.empty(a.shape, t)
        source = a.copy().ravel().view(np.uint8)
        to = out.ravel().view(np.uint8)
        for i in range(0, len(source), size):
            for k in range(size):
                to[i + k] = source[i + size - 1 - k]
        return out

    def byteswap_in_place(a, inplace=False):
        a[...] = byteswap(a)
        return a

    return byteswap, byteswap_in_place


@overload("array.byteswap")
def byteswap(a, inplace=False):
    if is_array(a) and kind_of(element_class(a)) != "c" and (is_true(inplace) or is_false(inplace)):
        t = element_class(a)
        return _byteswap(t, np.dtype(t).itemsize)[is_true(inplace)]
