"""Rearranging arrays: flipud, fliplr, diag."""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import is_array, is_index, storage


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
        return form and form(storage(v))
