"""Arrays from rules: tri, vander, indices, spaced numbers on a logarithm, positions of triangles and diagonals, meshes."""

import math
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
    is_false,
    is_index,
    is_int,
    is_int_tuple,
    is_number,
    is_real,
    is_true,
    kind_of,
    promote,
    scalar_class,
    text,
)
from looplift.library._views import product, strided
from looplift.library.shaping import in_c_order
from looplift.library.broadcasting import common_shape, stretch

# Spaced on a logarithm


@cache
def _logspace(t, closed):
    def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None):
        a = np.power(base, np.linspace(start, stop, num, closed))
        return a.astype(t)

    return logspace


@overload("numpy.logspace")
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None):
    numbers = all(is_number(x) for x in (start, stop)) and (num == 50 or is_index(num))
    if not numbers or not (is_true(endpoint) or is_false(endpoint)) or not (base == 10.0 or is_real(base)):
        return None
    common = promote(scalar_class(start), scalar_class(stop))
    t = dtype_class(dtype, common if kind_of(common) in "fc" else np.float64)
    return None if t is None else _logspace(t, is_true(endpoint))


_LOG10E = 0.43429448190325182765
_LN10 = 2.30258509299404568402


def _log10(z):
    w = np.log(z)
    return complex(w.real * _LOG10E, w.imag * _LOG10E)


def _power_of_ten(z):
    """As the C library has it, but for whole numbers, which are exact."""
    if z.imag == 0 and z.real == math.floor(z.real) and abs(z.real) < 100:
        return complex(10.0**z.real, 0.0)
    size = math.exp(z.real * _LN10)
    turn = z.imag * _LN10
    return complex(size * math.cos(turn), size * math.sin(turn))


@cache
def _geomspace_complex(t, closed):
    def geomspace(start, stop, num=50, endpoint=True, dtype=None):
        first = np.complex128(start)
        last = np.complex128(stop)
        if first == 0 or last == 0:
            raise ValueError("Geometric sequence cannot include zero")
        n = int(num)
        if n < 0:
            raise ValueError("Number of samples must be non-negative.")
        turn = np.sign(first)
        low = first / turn
        high = last / turn
        made = np.linspace(_log10(low), _log10(high), n, closed)
        for i in range(n):
            made[i] = _power_of_ten(made[i])
        if n > 0:
            made[0] = low
            if n > 1 and closed:
                made[n - 1] = high
        return (made * turn).astype(t)

    return geomspace


@cache
def _geomspace(t, compute, closed):
    def geomspace(start, stop, num=50, endpoint=True, dtype=None):
        first = compute(start)
        last = compute(stop)
        if first == 0 or last == 0:
            raise ValueError("Geometric sequence cannot include zero")
        n = int(num)
        if n < 0:
            raise ValueError("Number of samples must be non-negative.")
        # Turned so that the first is positive: the powers are of positive numbers.
        turn = np.sign(first)
        low = first / turn
        high = last / turn
        made = np.power(compute(10.0), np.linspace(np.log10(low), np.log10(high), n, closed))
        if n > 0:
            made[0] = low
            if n > 1 and closed:
                made[n - 1] = high
        return (made * turn).astype(t)

    return geomspace


@overload("numpy.geomspace")
def geomspace(start, stop, num=50, endpoint=True, dtype=None):
    numbers = all(is_number(x) for x in (start, stop)) and (num == 50 or is_index(num))
    if not numbers or not (is_true(endpoint) or is_false(endpoint)):
        return None
    compute = promote(scalar_class(start), scalar_class(stop), np.float64)
    t = dtype_class(dtype, compute)
    if t is not None and compute is np.complex128:
        return _geomspace_complex(t, is_true(endpoint))
    return None if t is None else _geomspace(t, compute, is_true(endpoint))


# Triangles, diagonals


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
    if not is_array(a) or a.ndim < 2 or not (is_element(val) or is_array(val)) or not (isinstance(wrap, bool) or is_bool(wrap)):
        return None
    t, given = element_class(a), element_class(val)
    safe = given is None or t is None or np.can_cast(given, t) or kind_of(t) not in "iuf" or kind_of(given) not in "iuf"
    return _fill_diagonal(_fill_diagonal_2 if a.ndim == 2 else _fill_diagonal_n, _any if safe else _conforming(t))


# vander, indices, meshes


@cache
def _vander(t, increasing, given):
    def vander(x, N=None, increasing=False):
        if given:
            columns = N
        else:
            columns = len(x)
        if columns < 0:
            raise ValueError("negative dimensions are not allowed (Negative dimensions are not allowed)")
        out = np.empty((len(x), columns), t)
        for i in range(len(x)):
            p = t(1)
            v = t(x[i])
            for j in range(columns):
                out[i, j if rising else columns - 1 - j] = p
                p = t(p * v)
        return out

    rising = increasing
    return vander


def _vander_of_no_line(x, N=None, increasing=False):
    raise ValueError("x must be a one-dimensional array or sequence.")


@overload("numpy.vander")
def vander(x, N=None, increasing=False):
    if is_array(x) and x.ndim != 1:
        return _vander_of_no_line
    if is_array(x, 1) and (is_absent(N) or is_int(N)) and (is_true(increasing) or is_false(increasing)):
        t = promote(element_class(x), np.int64)
        return _vander(t, is_true(increasing), not is_absent(N))


@cache
def _indices(t, sparse):
    def dense(dimensions):
        n = len(dimensions)
        out = np.empty((n,) + dimensions, t)
        flat = out.reshape(n, -1) if out.size > 0 else np.empty((n, 0), t)
        inner = flat.shape[1]
        for k in range(n):
            inner = inner // dimensions[k] if dimensions[k] > 0 else 0
            at = 0
            size = flat.shape[1]
            while at < size:
                for i in range(dimensions[k]):
                    for _ in range(inner):
                        flat[k, at] = i
                        at += 1
        return out

    def indices(dimensions, dtype=None, sparse=False):
        return dense(dimensions)

    def indices_sparse(dimensions, dtype=None, sparse=False):
        return _open_mesh_of(_ranges(dimensions, t))

    return indices_sparse if sparse else indices


def _ranges(dimensions, t):
    if len(dimensions) == 0:
        return ()
    return (np.arange(dimensions[0]).astype(t),) + _ranges(dimensions[1:], t)


@overload("numpy.indices")
def indices(dimensions, dtype=None, sparse=False):
    t = dtype_class(dtype, np.int64)
    if is_int_tuple(dimensions) and dimensions.count and t is not None and (is_true(sparse) or is_false(sparse)):
        return _indices(t, is_true(sparse))


def _ones(t):
    if len(t) == 0:
        return ()
    return (1,) + _ones(t[1:])


def _open(arrays, before):
    """Each array along an axis of its own."""
    if len(arrays) == 0:
        return ()
    a = arrays[0]
    shape = before + (a.size,) + _ones(arrays[1:])
    return (np.ravel(a).reshape(shape),) + _open(arrays[1:], before + (1,))


def _open_mesh_of(arrays):
    return _open(arrays, ())


def _mesh_shape(arrays):
    if len(arrays) == 0:
        return ()
    return common_shape(arrays[0].shape, _mesh_shape(arrays[1:]))


def _mesh_full(arrays, shape, xy):
    if len(arrays) == 0:
        return ()
    a = arrays[0]
    out = np.empty(shape, a.dtype)
    out[...] = a
    if xy:
        return (out.swapaxes(0, 1).copy(),) + _mesh_full(arrays[1:], shape, xy)
    return (out,) + _mesh_full(arrays[1:], shape, xy)


def _mesh_sparse(arrays, xy):
    if len(arrays) == 0:
        return ()
    if xy:
        return (arrays[0].swapaxes(0, 1).copy(),) + _mesh_sparse(arrays[1:], xy)
    return (arrays[0].copy(),) + _mesh_sparse(arrays[1:], xy)


@cache
def _meshgrid(xy, sparse):
    if sparse:

        def meshgrid(*xi):
            return _mesh_sparse(_open(xi, ()), xy)

    else:

        def meshgrid(*xi):
            parts = _open(xi, ())
            return _mesh_full(parts, _mesh_shape(parts), xy)

    return meshgrid


def _swapped(arrays):
    if len(arrays) == 0:
        return ()
    return (arrays[0].swapaxes(0, 1),) + _swapped(arrays[1:])


def _stretched(arrays, shape):
    if len(arrays) == 0:
        return ()
    return (stretch(arrays[0], shape),) + _stretched(arrays[1:], shape)


@cache
def _meshgrid_views(xy, sparse):
    """Without copies: views of the given lines."""

    def parts_of(xi):
        parts = _open(xi, ())
        if xy:
            return _swapped(parts)
        return parts

    def meshgrid_sparse(*xi):
        return parts_of(xi)

    def meshgrid(*xi):
        parts = parts_of(xi)
        return _stretched(parts, _mesh_shape(parts))

    return meshgrid_sparse if sparse else meshgrid


@overload("numpy.meshgrid")
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    order = text(indexing)
    if not xi or not all(map(is_array, xi)) or order not in ("xy", "ij") or not (is_true(copy) or is_false(copy)):
        return None
    if not (is_true(sparse) or is_false(sparse)):
        return None
    found = _meshgrid_views if is_false(copy) else _meshgrid
    return _meshgrid_options(found(order == "xy" and len(xi) > 1, is_true(sparse)))


@cache
def _meshgrid_options(found):
    def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
        return found(*xi)

    return meshgrid


def _ix(*args):
    return _open(_positions(args), ())


def _positions(args):
    if len(args) == 0:
        return ()
    return (_as_positions(args[0]),) + _positions(args[1:])


def _as_positions(a):
    if a.dtype == np.dtype(np.bool_):
        return np.flatnonzero(a)
    return a


@overload("numpy.ix_")
def ix_(*args):
    if args and all(is_array(t, 1) for t in args):
        return _ix


# Flat positions


def _unravel_one(index, shape):
    size = product(shape)
    if index < 0 or index >= size:
        raise ValueError(f"index {index} is out of bounds for array with size {size}")
    return _unravelled(index, shape)


def _unravelled(index, shape):
    if len(shape) == 0:
        return ()
    inner = product(shape[1:])
    return (index // inner,) + _unravelled(index % inner, shape[1:])


def _unravel_index(indices, shape, order="C"):
    return _unravel_one(int(indices), shape)


def _reversed(t):
    if len(t) == 0:
        return ()
    return _reversed(t[1:]) + (t[0],)


def _unravel_index_f(indices, shape, order="C"):
    return _reversed(_unravel_one(int(indices), _reversed(shape)))


def _unravel_column(flat, like, inner, n):
    out = np.empty(like.shape, np.int64)
    to = out.ravel()
    for i in range(len(flat)):
        to[i] = flat[i] // inner % n
    return out


def _unravel_columns(flat, like, shape):
    if len(shape) == 0:
        return ()
    return (_unravel_column(flat, like, product(shape[1:]), shape[0]),) + _unravel_columns(flat, like, shape[1:])


def _checked_flat(indices, shape):
    flat = in_c_order(indices).ravel()
    size = product(shape)
    for i in range(len(flat)):
        if flat[i] < 0 or flat[i] >= size:
            raise ValueError("index is out of bounds for array of this size")
    return flat


def _unravel_array(indices, shape, order="C"):
    return _unravel_columns(_checked_flat(indices, shape), indices, shape)


def _unravel_array_f(indices, shape, order="C"):
    turned = _reversed(shape)
    return _reversed(_unravel_columns(_checked_flat(indices, turned), indices, turned))


@overload("numpy.unravel_index")
def unravel_index(indices, shape, order="C"):
    name = text(order)
    if not is_int_tuple(shape) or not shape.count or name not in ("C", "F"):
        return None
    if is_index(indices):
        return _unravel_index if name == "C" else _unravel_index_f
    if is_array(indices) and kind_of(element_class(indices)) in "iu":
        return _unravel_array if name == "C" else _unravel_array_f


def _check_dims(dims):
    n = 1
    for d in dims:
        if d < 0 or (d > 0 and n > (2**63 - 1) // d):
            raise ValueError("invalid dims: array size defined by dims is larger than the maximum possible size.")
        n *= d


def _ravelled(position, dims, mode):
    if len(position) == 0:
        return 0
    i = int(position[0])
    n = dims[0]
    if mode == 0:
        if i < 0 or i >= n:
            raise ValueError("invalid entry in coordinates array")
    elif mode == 1:
        i = i % n
    else:
        i = min(max(i, 0), n - 1)
    return i * product(dims[1:]) + _ravelled(position[1:], dims[1:], mode)


@cache
def _ravel_multi_index(mode, fortran, arrays):
    def numbers(multi_index, dims, mode="raise", order="C"):
        _check_dims(dims)
        if fortran:
            return _ravelled(_reversed(multi_index), _reversed(dims), rule)
        return _ravelled(multi_index, dims, rule)

    def of_arrays(multi_index, dims, mode="raise", order="C"):
        _check_dims(dims)
        shape = _mesh_shape(multi_index)
        out = np.zeros(shape, np.int64)
        _add_axes(out, multi_index, dims, rule, fortran, 1)
        return out

    rule = mode
    return of_arrays if arrays else numbers


def _add_axes(out, arrays, dims, mode, fortran, before):
    if len(arrays) > 0:
        n = dims[0]
        scale = before if fortran else product(dims[1:])
        wide = np.empty(out.shape, np.int64)
        wide[...] = arrays[0]
        flat = wide.ravel()
        to = out.ravel()
        for k in range(len(flat)):
            i = flat[k]
            if mode == 0:
                if i < 0 or i >= n:
                    raise ValueError("invalid entry in coordinates array")
            elif mode == 1:
                i = i % n
            else:
                i = min(max(i, 0), n - 1)
            to[k] += i * scale
        _add_axes(out, arrays[1:], dims[1:], mode, fortran, before * n)


@overload("numpy.ravel_multi_index")
def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    rule = {"raise": 0, "wrap": 1, "clip": 2}.get(text(mode))
    name = text(order)
    if rule is None or name not in ("C", "F") or not is_int_tuple(dims) or not dims.count:
        return None
    if is_int_tuple(multi_index, dims.count):
        return _ravel_multi_index(rule, name == "F", False)
    types = getattr(multi_index, "types", ())
    if len(types) == dims.count and all(is_array(t) and kind_of(element_class(t)) in "iu" for t in types):
        return _ravel_multi_index(rule, name == "F", True)

