"""Rearranging arrays: flatten, ravel, concatenate, flip, roll, repeat, diag, tril, triu, clip of arrays."""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_index,
    is_number,
    is_real,
    is_tuple,
    kind_of,
    promote,
    scalar_class,
    text,
)


def _flat_copy(a):
    return a.copy().ravel()


@overload("array.flatten")
def flatten(a):
    return _flat_copy if is_array(a) else None


@overload("numpy.ravel", "array.ravel")
def ravel(a, order="C"):
    # Of contiguous arrays it is a primitive.
    if is_array(a) and text(order) == "C":
        return _ravel


def _ravel(a, order="C"):
    return a.copy().ravel()


# Joining


@cache
def _concatenate_vectors(t):
    def concatenate(arrays, axis=0):
        n = 0
        for a in arrays:
            n += len(a)
        out = np.empty(n, t)
        k = 0
        for a in arrays:
            out[k : k + len(a)] = a
            k += len(a)
        return out

    return concatenate


@cache
def _concatenate_rows(t):
    def concatenate(arrays, axis=0):
        rows = 0
        columns = arrays[0].shape[1]
        for a in arrays:
            if a.shape[1] != columns:
                raise ValueError("all the input array dimensions except for the concatenation axis must match exactly")
            rows += a.shape[0]
        out = np.empty((rows, columns), t)
        k = 0
        for a in arrays:
            out[k : k + a.shape[0]] = a
            k += a.shape[0]
        return out

    return concatenate


@cache
def _concatenate_columns(t):
    def concatenate(arrays, axis):
        rows = arrays[0].shape[0]
        columns = 0
        for a in arrays:
            if a.shape[0] != rows:
                raise ValueError("all the input array dimensions except for the concatenation axis must match exactly")
            columns += a.shape[1]
        out = np.empty((rows, columns), t)
        k = 0
        for a in arrays:
            out[:, k : k + a.shape[1]] = a
            k += a.shape[1]
        return out

    return concatenate


def _arrays_of(t, ndim):
    """Whether `t` is a tuple of arrays of one element type and this many dimensions."""
    if not (is_tuple(t) and t.count > 0 and all(is_array(e, ndim) for e in t.types)):
        return False
    return len(set(map(element_class, t.types))) == 1


def _axis_of(axis, ndim):
    """The axis as a number, when it is known."""
    value = axis if isinstance(axis, int) else getattr(axis, "literal_value", None) if is_index(axis) else None
    return None if value is None or not -ndim <= value < ndim else value % ndim


@overload("numpy.concatenate")
def concatenate(arrays, axis=0):
    if _arrays_of(arrays, 1) and _axis_of(axis, 1) == 0:
        return _concatenate_vectors(element_class(arrays.types[0]))
    if _arrays_of(arrays, 2):
        form = {0: _concatenate_rows, 1: _concatenate_columns}.get(_axis_of(axis, 2))
        return form and form(element_class(arrays.types[0]))


@cache
def _hstack(t, ndim):
    found = _concatenate_vectors(t) if ndim == 1 else _concatenate_columns(t)

    def hstack(tup):
        return found(tup, 1)

    return hstack


@overload("numpy.hstack")
def hstack(tup):
    for ndim in (1, 2):
        if _arrays_of(tup, ndim):
            return _hstack(element_class(tup.types[0]), ndim)


@cache
def _vstack(t, ndim):
    found = _concatenate_rows(t)

    def vstack(tup):
        return found(tup, 0)

    def vstack_vectors(tup):
        columns = len(tup[0])
        out = np.empty((len(tup), columns), t)
        k = 0
        for a in tup:
            if len(a) != columns:
                raise ValueError("all the input array dimensions except for the concatenation axis must match exactly")
            out[k] = a
            k += 1
        return out

    return vstack_vectors if ndim == 1 else vstack


@overload("numpy.vstack")
def vstack(tup):
    for ndim in (1, 2):
        if _arrays_of(tup, ndim):
            return _vstack(element_class(tup.types[0]), ndim)


@cache
def _append(t, number):
    def append(arr, values, axis=None):
        n = len(arr)
        out = np.empty(n + len(values), t)
        out[:n] = arr
        out[n:] = values
        return out

    def append_number(arr, values, axis=None):
        n = len(arr)
        out = np.empty(n + 1, t)
        out[:n] = arr
        out[n] = values
        return out

    return append_number if number else append


@overload("numpy.append")
def append(arr, values, axis=None):
    if is_array(arr, 1) and is_absent(axis):
        if is_number(values):
            return _append(promote(element_class(arr), scalar_class(values)), True)
        if is_array(values, 1):
            return _append(promote(element_class(arr), element_class(values)), False)


# Order


def _flip_1(m):
    return m[::-1]


def _flip_2(m):
    return m[::-1, ::-1]


def _fliplr(m):
    return m[:, ::-1]


@overload("numpy.flip")
def flip(m):
    return {1: _flip_1, 2: _flip_2}.get(m.ndim) if is_array(m) else None


@overload("numpy.flipud")
def flipud(m):
    return _flip_1 if is_array(m) and m.ndim else None


@overload("numpy.fliplr")
def fliplr(m):
    return _fliplr if is_array(m) and m.ndim >= 2 else None


def _roll(a, shift):
    n = len(a)
    out = np.empty_like(a)
    if n > 0:
        k = shift % n
        out[k:] = a[: n - k]
        out[:k] = a[n - k :]
    return out


@overload("numpy.roll")
def roll(a, shift):
    return _roll if is_array(a, 1) and is_index(shift) else None


@cache
def _repeat(t):
    def repeat(a, repeats):
        x = a.copy().ravel()
        out = np.empty(len(x) * repeats, t)
        k = 0
        for v in x:
            for _ in range(repeats):
                out[k] = v
                k += 1
        return out

    return repeat


@overload("numpy.repeat", "array.repeat")
def repeat(a, repeats):
    return _repeat(element_class(a)) if is_array(a) and is_index(repeats) else None


@cache
def _tile(t):
    def tile(A, reps):
        n = len(A)
        count = max(reps, 0)
        out = np.empty(n * count, t)
        for i in range(count):
            out[i * n : (i + 1) * n] = A
        return out

    return tile


@overload("numpy.tile")
def tile(A, reps):
    return _tile(element_class(A)) if is_array(A, 1) and is_index(reps) else None


# Diagonals


@cache
def _diag_of_vector(t):
    def diag(v, k=0):
        n = len(v) + abs(k)
        out = np.zeros((n, n), t)
        for i in range(len(v)):
            out[i + max(0, -k), i + max(0, k)] = v[i]
        return out

    return diag


@cache
def _diag_of_matrix(t):
    def diag(v, k=0):
        rows, columns = v.shape
        low = max(0, -k)
        n = max(min(rows, columns - k) - low, 0)
        out = np.empty(n, t)
        for i in range(n):
            out[i] = v[low + i, low + i + k]
        return out

    return diag


@overload("numpy.diag")
def diag(v, k=0):
    if is_array(v) and (k == 0 or is_index(k)):
        form = {1: _diag_of_vector, 2: _diag_of_matrix}.get(v.ndim)
        return form and form(element_class(v))


@cache
def _triangle(t, lower):
    if lower:

        def tril(m, k=0):
            rows, columns = m.shape
            out = np.zeros((rows, columns), t)
            for i in range(rows):
                for j in range(min(max(i + k + 1, 0), columns)):
                    out[i, j] = m[i, j]
            return out

        return tril

    def triu(m, k=0):
        rows, columns = m.shape
        out = np.zeros((rows, columns), t)
        for i in range(rows):
            for j in range(min(max(i + k, 0), columns), columns):
                out[i, j] = m[i, j]
        return out

    return triu


@overload("numpy.tril")
def tril(m, k=0):
    return _triangle(element_class(m), True) if is_array(m, 2) and (k == 0 or is_index(k)) else None


@overload("numpy.triu")
def triu(m, k=0):
    return _triangle(element_class(m), False) if is_array(m, 2) and (k == 0 or is_index(k)) else None


# Elements


@cache
def _clip(t, low, high):
    def clip(a, a_min, a_max=None):
        out = np.empty(a.shape, t)
        to = out.ravel()
        x = a.copy().ravel()
        for i in range(len(to)):
            v = t(x[i])
            if low:
                v = np.maximum(v, t(a_min))
            if high:
                v = np.minimum(v, t(a_max))
            to[i] = v
        return out

    return clip


@overload("array.clip")
def clip(a, min=None, max=None):
    if is_array(a) and a.ndim and (a.is_c_contig or a.ndim == 1):
        given = [x for x in (min, max) if not is_absent(x)]
        t = element_class(a)
        # Numbers of the array's kind take its type.
        kinds = "biu" + kind_of(t)
        if given and all(is_real(x) and kind_of(scalar_class(x)) in kinds for x in given) and kind_of(t) in "iuf":
            return _clip(t, not is_absent(min), not is_absent(max))
