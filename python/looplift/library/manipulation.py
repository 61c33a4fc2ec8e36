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


# Order


def _flipud(m):
    return m[::-1]


def _fliplr(m):
    return m[:, ::-1]


@overload("numpy.flipud")
def flipud(m):
    return _flipud if is_array(m) and m.ndim else None


@overload("numpy.fliplr")
def fliplr(m):
    return _fliplr if is_array(m) and m.ndim >= 2 else None


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
