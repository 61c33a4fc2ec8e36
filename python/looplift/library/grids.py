"""Arrays from rules: numbers spaced on a logarithm, vander, indices, meshes, flat positions."""

import math
from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import (
    dtype_class,
    element_class,
    is_absent,
    is_array,
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
from looplift.library._views import product
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
