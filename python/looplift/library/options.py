"""Options that say how something is computed, or where it goes, of functions whose plain forms are elsewhere.

Asked last (`option.NAME`): an option is dealt with, and the plain form is called.
"""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library._adapting import depth_of
from looplift.library._axes import normal_axis, with_length
from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_false,
    is_index,
    is_int_tuple,
    is_number,
    is_real,
    is_true,
    is_tuple,
    kind_of,
    text,
)
from looplift.library._views import strided


def _is_flag(t):
    return is_true(t) or is_false(t)


def _is_numeric(t):
    return is_array(t) and element_class(t) is not None


# Hermitian matrices: what is computed of any matrix holds for them


def _mirrored(a):
    """The lower triangle and what it means above the diagonal."""
    return np.tril(a) + np.conj(np.swapaxes(np.tril(a, -1), -1, -2))


@cache
def _svd(full, vectors):
    def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
        return np.linalg.svd(_mirrored(a), full, vectors)

    return svd


@overload("option.linalg.svd")
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    if _is_numeric(a) and a.ndim >= 2 and is_true(hermitian) and _is_flag(full_matrices) and _is_flag(compute_uv):
        return _svd(is_true(full_matrices), is_true(compute_uv))


@cache
def _pinv(given, mirror):
    def pinv(a, rcond=None, hermitian=False, *, rtol=None):
        if mirror:
            return np.linalg.pinv(_mirrored(a), rtol if given == "rtol" else rcond) if given else np.linalg.pinv(_mirrored(a))
        if given == "rtol":
            return np.linalg.pinv(a, rtol)
        if given == "rcond":
            return np.linalg.pinv(a, rcond)
        return np.linalg.pinv(a)

    return pinv


@overload("option.linalg.pinv")
def pinv(a, rcond=None, hermitian=False, *, rtol=None):
    if not (_is_numeric(a) and a.ndim >= 2 and _is_flag(hermitian) and all(is_absent(t) or is_real(t) for t in (rcond, rtol))):
        return None
    if is_true(hermitian) or is_real(rtol):
        return _pinv("rtol" if is_real(rtol) else "rcond" if is_real(rcond) else "", is_true(hermitian))


@cache
def _rank(given):
    def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
        if given == "rtol":
            return np.linalg.matrix_rank(A, rtol * np.max(np.linalg.svdvals(A)))
        if given == "tol":
            return np.linalg.matrix_rank(A, tol)
        return np.linalg.matrix_rank(A)

    return matrix_rank


@overload("option.linalg.matrix_rank")
def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
    if not (_is_numeric(A) and A.ndim >= 2 and _is_flag(hermitian) and all(is_absent(t) or is_real(t) for t in (tol, rtol))):
        return None
    if is_real(rtol):
        return _rank("rtol") if A.ndim == 2 and is_absent(tol) else None
    if is_true(hermitian):
        return _rank("tol" if is_real(tol) else "")


# Variance around a mean that is known


@cache
def _spread(root, t, keep, single):
    def total(a, axis, mean):
        d = a - mean
        if complex_values:
            return np.sum(d.real * d.real + d.imag * d.imag, axis=axis, keepdims=keep)
        return np.sum(d * d, axis=axis, keepdims=keep)

    def spread(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=0):
        made = total(a, axis, mean)
        count = a.size if single else a.size // max(made.size, 1)
        made = made / max(count - ddof - correction, 0)
        return np.sqrt(made) if root else made

    complex_values = kind_of(t) == "c"
    return spread


def _spread_for(a, axis, dtype, out, ddof, keepdims, where, mean, correction, root):
    if is_absent(mean) or not _is_numeric(a) or not a.ndim or not is_absent(dtype) or not is_absent(out) or not is_true(where):
        return None
    if not (_is_numeric(mean) or is_number(mean)) or not _is_flag(keepdims) or not (is_absent(axis) or is_index(axis) or is_int_tuple(axis)):
        return None
    less = [t for t in (ddof, correction) if hasattr(t, "kind")]
    if not all(map(is_real, less)):
        return None
    single = not is_true(keepdims) and (is_absent(axis) or (is_index(axis) and a.ndim == 1) or (is_int_tuple(axis) and axis.count == a.ndim))
    return _spread(root, element_class(a), is_true(keepdims), single)


@overload("option.var")
def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=0):
    return _spread_for(a, axis, dtype, out, ddof, keepdims, where, mean, correction, False)


@overload("option.std")
def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=0):
    return _spread_for(a, axis, dtype, out, ddof, keepdims, where, mean, correction, True)


# Several axes


def _gradients(f, varargs, axes):
    if len(axes) == 0:
        return ()
    if len(varargs) == 0:
        return (np.gradient(f, axis=axes[0]),) + _gradients(f, varargs, axes[1:])
    if len(varargs) == 1:
        return (np.gradient(f, varargs[0], axis=axes[0]),) + _gradients(f, varargs, axes[1:])
    return (np.gradient(f, varargs[0], axis=axes[0]),) + _gradients(f, varargs[1:], axes[1:])


def _gradient(f, *varargs, axis=None, edge_order=1):
    return _gradients(f, varargs, axis)


@overload("option.gradient")
def gradient(f, *varargs, axis=None, edge_order=1):
    if _is_numeric(f) and f.ndim and is_int_tuple(axis) and axis.count > 1 and edge_order == 1 and len(varargs) in (0, 1, axis.count):
        return _gradient


@cache
def _cross(given):
    def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
        if given:
            return np.moveaxis(np.cross(np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)), -1, axis).copy()
        return np.moveaxis(np.cross(np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)), -1, axisc).copy()

    return cross


@overload("option.cross")
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    if _is_numeric(a) and _is_numeric(b) and a.ndim and b.ndim and all(isinstance(t, int) or is_index(t) for t in (axisa, axisb, axisc)):
        return _cross(is_index(axis)) if is_absent(axis) or is_index(axis) else None


# unique: sorted in any case


@cache
def _unique(names):
    scope = {"__name__": __name__, "np": np}
    kept = ", ".join(f"{n}=True" for n in names)
    parameters = "ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True"
    exec(f"def unique({parameters}):\n    return np.unique(ar{', ' if kept else ''}{kept})\n", scope)  # names of flags
    return scope["unique"]


@overload("option.unique")
def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True):
    flags = {"return_index": return_index, "return_inverse": return_inverse, "return_counts": return_counts}
    if is_array(ar) and hasattr(sorted, "kind") and _is_flag(sorted) and is_absent(axis) and is_true(equal_nan) and all(map(_is_flag, flags.values())):
        return _unique(tuple(n for n, t in flags.items() if is_true(t)))


# Results into an array that is given


@cache
def _fourier_into(name, parameters):
    scope = {"__name__": __name__, "np": np}
    names = [p.partition("=")[0] for p in parameters.split(", ")]
    exec(
        f"def transform({parameters}, out=None):\n    made = np.fft.{name}({', '.join(names)})\n"
        "    if made.shape != out.shape:\n        raise ValueError('output array has wrong shape.')\n    out[...] = made\n    return out\n",
        scope,
    )  # names of transforms
    return scope["transform"]


_LINE = "a, n=None, axis=-1, norm=None"


def _register_fourier(name):
    def transform(a, n=None, axis=-1, norm=None, out=None):
        if is_array(a) and is_array(out) and out.mutable and element_class(out) is not None and kind_of(element_class(out)) == ("f" if name in ("irfft", "hfft") else "c"):
            return _fourier_into(name, _LINE)

    overload("option.fft." + name)(transform)


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    _register_fourier(_name)


def _compress_into(condition, a, axis=None, out=None):
    out[...] = np.compress(condition, a, axis)
    return out


@overload("option.compress")
def compress(condition, a, axis=None, out=None):
    if is_array(condition, 1) and is_array(a) and is_array(out) and out.mutable:
        return _compress_into


@cache
def _choose_into(mode):
    def choose(a, choices, out=None, mode="raise"):
        out[...] = np.choose(a, choices, mode=way)
        return out

    way = mode
    return choose


@overload("option.choose")
def choose(a, choices, out=None, mode="raise"):
    if is_array(a) and is_array(out) and out.mutable and text(mode) in ("raise", "wrap", "clip"):
        return _choose_into(text(mode))


# trim_zeros of any number of dimensions


@cache
def _trim_zeros(front, back, one):
    def bounds(filt, k):
        """The first position along axis `k` with anything but zeros, and the one after the last."""
        n = filt.shape[k]
        lines = np.moveaxis(filt, k, 0)
        low = 0
        while low < n and not np.any(lines[low] != 0):
            low += 1
        high = n
        while high > low and not np.any(lines[high - 1] != 0):
            high -= 1
        return low, high

    def trimmed(filt, k):
        low, high = bounds(filt, k)
        if low == high:
            low, high = 0, 0
        else:
            low = low if front else 0
            high = high if back else filt.shape[k]
        shape = with_length(filt.shape, k, high - low)
        return strided(filt, low * filt.strides[k], shape, filt.strides)

    def all_axes(filt, rest, k):
        if len(rest) == 0:
            return filt
        return all_axes(trimmed(filt, k), rest[1:], k + 1)

    def trim_zeros(filt, trim="fb", axis=None):
        return all_axes(filt, filt.shape, 0)

    def trim_zeros_axis(filt, trim="fb", axis=None):
        return trimmed(filt, normal_axis(axis, filt.ndim))

    return trim_zeros_axis if one else trim_zeros


@overload("option.trim_zeros")
def trim_zeros(filt, trim="fb", axis=None):
    sides = text(trim)
    # As Numba: of several dimensions only where an axis is given, be it None.
    if _is_numeric(filt) and filt.ndim and hasattr(axis, "kind") and sides is not None and (is_absent(axis) or is_index(axis)):
        sides = sides.lower()
        if sides not in ("fb", "bf", "f", "b"):
            raise TypingError(f"unexpected character(s) in `trim`: {text(trim)!r}")
        # Along one axis of many, what is not zero anywhere in the others counts.
        return _trim_zeros("f" in sides, "b" in sides, is_index(axis))


# Sequences as index arrays


def _as_arrays(t):
    if len(t) == 0:
        return ()
    return (np.asarray(t[0]),) + _as_arrays(t[1:])


def _ix(*args):
    return np.ix_(*_as_arrays(args))


@overload("option.ix_")
def ix_(*args):
    sequences = [is_int_tuple(t) or getattr(t, "kind", None) == "list" for t in args]
    if any(sequences) and all(s or is_array(t, 1) for s, t in zip(sequences, args, strict=True)):
        return _ix


@cache
def _ravel_multi_index(mode, order):
    def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
        return np.ravel_multi_index(_as_arrays(multi_index), dims, way, order_)

    way, order_ = mode, order
    return ravel_multi_index


@overload("option.ravel_multi_index")
def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    if is_tuple(multi_index) and multi_index.count and all(is_int_tuple(t) or getattr(t, "kind", None) == "list" for t in multi_index.types):
        if text(mode) in ("raise", "wrap", "clip") and text(order) in ("C", "F"):
            return _ravel_multi_index(text(mode), text(order))


@cache
def _unravel_index(order):
    def unravel_index(indices, shape, order="C"):
        return np.unravel_index(np.asarray(indices), shape, order_)

    order_ = order
    return unravel_index


@overload("option.unravel_index")
def unravel_index(indices, shape, order="C"):
    if (is_int_tuple(indices) or getattr(indices, "kind", None) == "list") and is_int_tuple(shape) and text(order) in ("C", "F"):
        return _unravel_index(text(order))


# einsum with lists of numbers in place of letters


@cache
def _einsum(subscripts, count):
    given = ", ".join(f"a{k}, s{k}" for k in range(count))
    operands = ", ".join(f"a{k}" for k in range(count))
    scope = {"__name__": __name__, "np": np, "subscripts": subscripts}
    exec(f"def einsum({given}, *rest):\n    return np.einsum(subscripts, {operands})\n", scope)  # names of operands
    return scope["einsum"]


def _letters(t):
    """The letters that a list of constant numbers stands for, or None."""
    values = [getattr(e, "literal_value", None) for e in t.types] if is_tuple(t) else [None]
    if not all(isinstance(v, int) and 0 <= v < 52 for v in values):
        return None
    return "".join(chr(ord("a") + v) if v < 26 else chr(ord("A") + v - 26) for v in values)


@overload("option.einsum")
def einsum(*operands):
    count = len(operands) // 2
    if not count or not all(is_array(t) for t in operands[: 2 * count : 2]):
        return None
    parts = [_letters(t) for t in operands[1 : 2 * count : 2]]
    result = _letters(operands[-1]) if len(operands) % 2 else ""
    if None in parts or result is None:
        return None
    return _einsum(",".join(parts) + ("->" + result if len(operands) % 2 else ""), count)


# polyfit of many columns, with what is known of its errors; poly of a matrix


def _polyfit_columns(x, y, deg, rcond=None, full=False, w=None, cov=False):
    made = np.empty((deg + 1, y.shape[1]))
    for j in range(y.shape[1]):
        made[:, j] = np.polyfit(x, y[:, j].copy(), deg)
    return made


@cache
def _polyfit(full, scaled, weighted):
    def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
        if deg < 0:
            raise ValueError("expected deg >= 0")
        n = len(x)
        if n == 0:
            raise TypeError("expected non-empty vector for x")
        if n != len(y):
            raise TypeError("expected x and y to have same length")
        left = np.vander(x.astype(np.float64), deg + 1)
        right = y.astype(np.float64)
        if weighted:
            if len(w) != n:
                raise TypeError("expected w and y to have the same length")
            left = left * w.reshape(n, 1)
            right = right * w
        scale = np.sqrt(np.sum(left * left, 0))
        left = left / scale
        limit = n * 2.220446049250313e-16
        found, residuals, rank, values = np.linalg.lstsq(left, right, limit)
        found = found / scale
        if whole:
            return found, residuals, rank, values, limit
        base = np.linalg.inv(np.dot(left.T.copy(), left)) / np.outer(scale, scale)
        if scaled:
            if n <= deg + 1:
                raise ValueError("the number of data points must exceed order to scale the covariance matrix")
            base = base * (residuals[0] / (n - (deg + 1)))
        return found, base

    whole = full
    return polyfit


@overload("option.polyfit")
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    if not (is_array(x, 1) and is_array(y) and is_index(deg) and is_absent(rcond) and (is_absent(w) or is_array(w, 1))):
        return None
    if any(element_class(t) is None or kind_of(element_class(t)) not in "biuf" for t in (x, y)):
        return None
    if y.ndim == 2 and is_false(full) and is_false(cov) and is_absent(w):
        return _polyfit_columns
    if y.ndim != 1:
        return None
    if is_true(full):
        return _polyfit(True, False, is_array(w))
    if is_true(cov) or text(cov) == "unscaled":
        return _polyfit(False, is_true(cov), is_array(w))


def _poly(seq_of_zeros):
    return np.poly(np.linalg.eigvals(seq_of_zeros))


@overload("option.poly")
def poly(seq_of_zeros):
    if is_array(seq_of_zeros, 2) and element_class(seq_of_zeros) is not None and kind_of(element_class(seq_of_zeros)) in "iuf":
        return _poly


# Products of halves: in single precision


def _is_half(t):
    return is_array(t) and t.ndim > 0 and element_class(t) is not None and np.dtype(element_class(t)).itemsize <= 2 and kind_of(element_class(t)) in "bif"


@cache
def _product(name, line):
    product = getattr(np, name)

    def of_lines(a, b):
        return np.float16(product(a.astype(np.float32), b.astype(np.float32)))

    def of_arrays(a, b):
        return product(a.astype(np.float32), b.astype(np.float32)).astype(np.float16)

    return of_lines if line else of_arrays


def _register_product(name, *homes):
    def find(a, b):
        if _is_half(a) and _is_half(b) and np.float16 in (element_class(a), element_class(b)):
            return _product(name, a.ndim == b.ndim == 1)

    overload(*homes)(find)


_register_product("matmul", "option.matmul", "option.__matmul__")
_register_product("dot", "option.dot")


# Sequences among what is joined


def _is_member(t):
    return is_array(t) or depth_of(t) > 0


@cache
def _joined(name, parameters, given):
    scope = {"__name__": __name__, "function": getattr(np, name), "as_arrays": _as_arrays}
    exec(f"def join({parameters}):\n    return function(as_arrays({parameters.partition(',')[0]}){given})\n", scope)  # names of functions
    return scope["join"]


def _register_join(name, first, with_axis):
    def find(members, axis):
        if is_tuple(members) and members.count and all(map(_is_member, members.types)) and not all(map(is_array, members.types)):
            given = with_axis and hasattr(axis, "kind")
            return _joined(name, f"{first}, axis=0" if with_axis else first, ", axis" if given else "")

    if with_axis:

        def join(arrays, axis=0):
            return find(arrays, axis)

    else:

        def join(tup):
            return find(tup, None)

    overload("option." + name)(join)


_register_join("concatenate", "arrays", True)
for _name in ("dstack", "column_stack"):
    _register_join(_name, "tup", False)


@cache
def _meshgrid(text_of, sparse):
    def meshgrid(*xi, indexing="xy", sparse=False, copy=True):
        return np.meshgrid(*_as_arrays(xi), indexing=order, sparse=thin)

    order, thin = text_of, sparse
    return meshgrid


@overload("option.meshgrid")
def meshgrid(*xi, indexing="xy", sparse=False, copy=True):
    if xi and all(map(_is_member, xi)) and not all(map(is_array, xi)) and text(indexing) in ("xy", "ij") and _is_flag(sparse):
        return _meshgrid(text(indexing), is_true(sparse))


# Quantiles into an array, averages over several axes


def _register_quantile(name):
    function = getattr(np, name)

    def into(a, q, axis=None, out=None):
        out[...] = function(a, q, axis)
        return out

    def find(a, q, axis=None, out=None):
        return into if is_array(a) and is_array(out) and out.mutable and (is_absent(axis) or is_index(axis) or is_int_tuple(axis)) else None

    overload("option." + name)(find)


for _name in ("percentile", "quantile", "nanpercentile", "nanquantile"):
    _register_quantile(_name)


@cache
def _average(weighted, returned, keep):
    def means(a, axis, weights):
        if weighted:
            scale = np.sum(weights, axis=axis, keepdims=keep) * 1.0
            if np.any(scale == 0.0):
                raise ZeroDivisionError("Weights sum to zero, can't be normalized")
            return np.sum(a * weights, axis=axis, keepdims=keep) / scale, scale
        made = np.mean(a, axis=axis, keepdims=keep)
        return made, np.full_like(made, a.size / made.size)

    def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
        return means(a, axis, weights)[0]

    def average_returned(a, axis=None, weights=None, returned=False, *, keepdims=False):
        return means(a, axis, weights)

    return average_returned if returned else average


@overload("option.average")
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    fits = _is_numeric(a) and is_int_tuple(axis) and axis.count < a.ndim and _is_flag(returned) and _is_flag(keepdims)
    if fits and (is_absent(weights) or (_is_numeric(weights) and weights.ndim == a.ndim)):
        return _average(is_array(weights), is_true(returned), is_true(keepdims))


# Real transforms of given lengths: one axis after the other


@cache
def _real_transform(inverse, count, ndim, named, head):
    """The transform along the last `count` of `ndim` axes, whose lengths are `s`."""
    norm = ", norm" if named else ""
    lines = [f"def transform({head}):", "    b = a"]
    others = [f"    b = np.fft.{'ifft' if inverse else 'fft'}(b, s[{k}], {ndim - count + k}{norm})" for k in range(count - 1)]
    last = f"    b{{}} = np.fft.{'irfft' if inverse else 'rfft'}(b, s[{count - 1}], {ndim - 1}{norm})"
    # Each step has a type of its own only once: real to complex, or back.
    steps = [*others, last] if inverse else [last, *others]
    made = [step.replace("b{}", "b") for step in steps]
    scope = {"__name__": __name__, "np": np}
    exec("\n".join([*lines, *made, "    return b", ""]), scope)  # numbers of axes
    return scope["transform"]


def _register_real(name, inverse, two):
    def find(a, s, axes, norm):
        count = 2 if two else a.ndim if is_array(a) else 0
        plain = axes == (-2, -1) or is_absent(axes)
        if _is_numeric(a) and 1 < count <= a.ndim and is_int_tuple(s, count) and plain and (is_absent(norm) or text(norm) is not None):
            head = f"a, s=None, axes={'(-2, -1)' if two else None}, norm=None"
            return _real_transform(inverse, count, a.ndim, not is_absent(norm), head)

    if two:

        def transform(a, s=None, axes=(-2, -1), norm=None):
            return find(a, s, axes, norm)

    else:

        def transform(a, s=None, axes=None, norm=None):
            return find(a, s, axes, norm)

    overload("option.fft." + name)(transform)


_register_real("rfft2", False, True)
_register_real("irfft2", True, True)
_register_real("rfftn", False, False)
_register_real("irfftn", True, False)
