"""Triangles and diagonals of matrices: tri, tril, triu, their positions, diagflat, fill_diagonal."""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import (
    dtype_class,
    element_class,
    is_element,
    storage,
    is_absent,
    is_array,
    is_bool,
    is_index,
    is_int,
    is_number,
    kind_of,
)
from looplift.library._views import strided
from looplift.library.shaping import in_c_order


@cache
def _tri(t):
    def tri(N, M=None, k=0, dtype=None):
        if M is None:
            columns = N
        else:
            columns = M
        out = np.zeros((max(N, 0), max(columns, 0)), t)
        for i in range(N):
            for j in range(min(max(i + k + 1, 0), columns)):
                out[i, j] = 1
        return out

    return tri


def _is_offset(k):
    return (isinstance(k, int) and k == 0) or is_int(k)


@overload("numpy.tri")
def tri(N, M=None, k=0, dtype=None):
    t = dtype_class(dtype, np.float64)
    if is_index(N) and (is_absent(M) or is_index(M)) and _is_offset(k) and t is not None:
        return _tri(t)


def _lower(n, m, k):
    """Rows and columns of the lower triangle, up to diagonal `k`."""
    count = 0
    for i in range(n):
        count += min(max(i + k + 1, 0), m)
    rows = np.empty(count, np.int64)
    columns = np.empty(count, np.int64)
    at = 0
    for i in range(n):
        for j in range(min(max(i + k + 1, 0), m)):
            rows[at] = i
            columns[at] = j
            at += 1
    return rows, columns


def _upper(n, m, k):
    count = 0
    for i in range(n):
        count += m - min(max(i + k, 0), m)
    rows = np.empty(count, np.int64)
    columns = np.empty(count, np.int64)
    at = 0
    for i in range(n):
        for j in range(min(max(i + k, 0), m), m):
            rows[at] = i
            columns[at] = j
            at += 1
    return rows, columns


@cache
def _triangle(find):
    def triangle(n, k=0, m=None):
        if m is None:
            columns = n
        else:
            columns = m
        return find(max(n, 0), max(columns, 0), k)

    return triangle


@cache
def _triangle_from(find):
    def triangle(arr, k=0):
        return find(arr.shape[0], arr.shape[1], k)

    return triangle


def _triangle_of(n, k, m, find):
    if is_index(n) and _is_offset(k) and (is_absent(m) or is_index(m)):
        return _triangle(find)


@overload("numpy.tril_indices")
def tril_indices(n, k=0, m=None):
    return _triangle_of(n, k, m, _lower)


@overload("numpy.triu_indices")
def triu_indices(n, k=0, m=None):
    return _triangle_of(n, k, m, _upper)


def _triangle_of_array(arr, k, find):
    if is_array(arr, 2) and _is_offset(k):
        return _triangle_from(find)


@overload("numpy.tril_indices_from")
def tril_indices_from(arr, k=0):
    return _triangle_of_array(arr, k, _lower)


@overload("numpy.triu_indices_from")
def triu_indices_from(arr, k=0):
    return _triangle_of_array(arr, k, _upper)


@cache
def _tril(t, ndim, lower):
    def masked(m, k=0):
        out = np.zeros(m.shape, t)
        rows = m.shape[-2]
        columns = m.shape[-1]
        to = out.reshape(-1, rows, columns) if columns * rows > 0 else np.zeros((0, rows, columns), t)
        source = in_c_order(m).reshape(-1, rows, columns) if columns * rows > 0 else np.zeros((0, rows, columns), t)
        for h in range(to.shape[0]):
            for i in range(rows):
                edge = min(max(i + k + 1 if lower else i + k, 0), columns)
                first = 0 if lower else edge
                last = edge if lower else columns
                for j in range(first, last):
                    to[h, i, j] = source[h, i, j]
        return out

    def of_line(m, k=0):
        n = len(m)
        out = np.zeros((n, n), t)
        for i in range(n):
            edge = min(max(i + k + 1 if lower else i + k, 0), n)
            first = 0 if lower else edge
            last = edge if lower else n
            for j in range(first, last):
                out[i, j] = m[j]
        return out

    return of_line if ndim == 1 else masked


@overload("numpy.tril")
def tril(m, k=0):
    return _tril(storage(m), m.ndim, True) if is_array(m) and m.ndim and _is_offset(k) else None


@overload("numpy.triu")
def triu(m, k=0):
    return _tril(storage(m), m.ndim, False) if is_array(m) and m.ndim and _is_offset(k) else None


@cache
def _diagflat(t):
    def diagflat(v, k=0):
        line = np.ravel(np.asarray(v))
        n = len(line) + abs(k)
        out = np.zeros((n, n), t)
        for i in range(len(line)):
            out[i + max(0, -k), i + max(0, k)] = line[i]
        return out

    return diagflat


@overload("numpy.diagflat")
def diagflat(v, k=0):
    if (is_array(v) or is_number(v)) and _is_offset(k):
        return _diagflat(storage(v))


@cache
def _diag_indices(ndim):
    if ndim == 1:

        def diag_indices(n, ndim=2):
            return (np.arange(n),)

    elif ndim == 2:

        def diag_indices(n, ndim=2):
            line = np.arange(n)
            return line, line

    else:

        def diag_indices(n, ndim=2):
            line = np.arange(n)
            return line, line, line

    return diag_indices


def _constant(t):
    """An integer that is known while compiling, or None."""
    value = t if isinstance(t, int) else getattr(t, "literal_value", None)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


@overload("numpy.diag_indices")
def diag_indices(n, ndim=2):
    if is_index(n) and _constant(ndim) in (1, 2, 3):
        return _diag_indices(_constant(ndim))


def _diag_indices_from_2(arr):
    if arr.shape[0] != arr.shape[1]:
        raise ValueError("All dimensions of input must be of equal length")
    line = np.arange(arr.shape[0])
    return line, line


def _diag_indices_from_3(arr):
    if arr.shape[0] != arr.shape[1] or arr.shape[1] != arr.shape[2]:
        raise ValueError("All dimensions of input must be of equal length")
    line = np.arange(arr.shape[0])
    return line, line, line


@overload("numpy.diag_indices_from")
def diag_indices_from(arr):
    if is_array(arr):
        return {2: _diag_indices_from_2, 3: _diag_indices_from_3}.get(arr.ndim)


def _fill_diagonal_2(a, val, wrap):
    rows, columns = a.shape
    at = 0
    i = 0
    j = 0
    while i < rows:
        if not wrap and i >= columns:
            break
        if j < columns:
            a[i, j] = _cyclic(val, at)
            at += 1
        # Wrapped, the diagonal starts again one row below where it left the matrix.
        i += 1
        j += 1
        if wrap and j > columns:
            j = 0


def _cyclic(val, i):
    if isinstance(val, np.ndarray):
        flat = np.ravel(val)
        return flat[i % len(flat)]
    return val


def _fill_diagonal_n(a, val, wrap):
    n = a.shape[0]
    step = 0
    for k in range(a.ndim):
        if a.shape[k] != n:
            raise ValueError("All dimensions of input must be of equal length")
        step += a.strides[k]
    diagonal = strided(a, 0, (n,), (step,))
    for i in range(n):
        diagonal[i] = _cyclic(val, i)


_UNFIT = "Unable to safely conform val to a.dtype"


@cache
def _conforming(t):
    """The check that numbers fit class `t` without a loss of magnitude."""
    if kind_of(t) in "iu":
        low, high = float(np.iinfo(t).min), float(np.iinfo(t).max)

        def check(val):
            for x in np.ravel(np.asarray(val)):
                if not np.isfinite(x) or x < low or x > high:
                    raise ValueError(_UNFIT)

    else:
        high = float(np.finfo(t).max)

        def check(val):
            for x in np.ravel(np.asarray(val)):
                if np.isfinite(x) and abs(x) > high:
                    raise ValueError(_UNFIT)

    return check


def _any(val):
    pass


@cache
def _fill_diagonal(form, check):
    def fill_diagonal(a, val, wrap=False):
        check(val)
        form(a, val, wrap)

    return fill_diagonal


@overload("numpy.fill_diagonal")
def fill_diagonal(a, val, wrap=False):
    if (
        not is_array(a)
        or a.ndim < 2
        or not (is_element(val) or is_array(val))
        or not (isinstance(wrap, bool) or is_bool(wrap))
    ):
        return None
    t, given = element_class(a), element_class(val)
    safe = given is None or t is None or np.can_cast(given, t) or kind_of(t) not in "iuf" or kind_of(given) not in "iuf"
    return _fill_diagonal(_fill_diagonal_2 if a.ndim == 2 else _fill_diagonal_n, _any if safe else _conforming(t))
