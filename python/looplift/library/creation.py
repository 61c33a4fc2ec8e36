"""Making arrays.

NumPy's rules for dtypes and lengths; its C implementations of `arange` (`arange` in ctors.c, the `fill` functions of
arraytypes) and its `linspace` say in which order values are computed.
"""

import math
from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import (
    CLASSES,
    dtype_class,
    element_class,
    is_absent,
    is_array,
    is_complex,
    is_element,
    is_false,
    is_index,
    is_number,
    is_real,
    is_shape,
    is_true,
    is_tuple,
    kind,
    kind_of,
    named_storage,
    promote,
    scalar_class,
    storage,
    structured_dtype,
    text,
)
from looplift.library._views import reversed_tuple


_NUMBERS = frozenset(CLASSES.values())


def _as_tuple(shape):
    if isinstance(shape, tuple):
        return shape
    return (shape,)


@cache
def _filled(t, value, order):
    """`ones` and its like: a fresh array of one constant."""

    def filled(shape, dtype=None, order="C"):
        a = np.empty(shape, t, name)
        a[...] = value
        return a

    def filled_time(shape, dtype=None, order="C"):
        a = np.empty(shape, t)
        a.view(np.int64)[...] = value
        return a

    name = order
    return filled_time if getattr(t, "kind", "") == "m" else filled


@cache
def _fortran(t, zeros):
    if zeros:

        def made(shape, dtype=None, order="C"):
            return np.zeros(reversed_tuple(_as_tuple(shape)), t).T

    else:

        def made(shape, dtype=None, order="C"):
            return np.empty(reversed_tuple(_as_tuple(shape)), t).T

    return made


@cache
def _structured(make, t):
    def made(shape, dtype=None, order="C"):
        return make(shape, t)

    return made


@overload("numpy.zeros")
def zeros_of_named(shape, dtype=None, order="C"):
    t = structured_dtype(dtype)
    return _structured(np.zeros, t) if t is not None and is_shape(shape) and text(order) == "C" else None


@overload("numpy.empty")
def empty_of_named(shape, dtype=None, order="C"):
    t = structured_dtype(dtype)
    return _structured(np.empty, t) if t is not None and is_shape(shape) and text(order) == "C" else None


@overload("numpy.zeros")
def zeros(shape, dtype=None, order="C"):
    # In C order it is a primitive.
    t = dtype_class(dtype, np.float64)
    if is_shape(shape) and t is not None and text(order) == "F":
        return _fortran(t, True)


@overload("numpy.empty")
def empty(shape, dtype=None, order="C"):
    t = dtype_class(dtype, np.float64)
    if is_shape(shape) and t is not None and text(order) == "F":
        return _fortran(t, False)


@overload("numpy.ones")
def ones(shape, dtype=None, order="C"):
    t = named_storage(dtype, np.float64)
    if is_shape(shape) and t is not None and (t in _NUMBERS or getattr(t, "kind", "") == "m") and text(order) in ("C", "F"):
        return _filled(t, 1, text(order))


@cache
def _full(t, order):
    def full(shape, fill_value, dtype=None, order="C"):
        a = np.empty(shape, t, name)
        a[...] = fill_value
        return a

    name = order
    return full


@overload("numpy.full")
def full(shape, fill_value, dtype=None, order="C"):
    if is_shape(shape) and (is_element(fill_value) or is_array(fill_value)) and text(order) in ("C", "F"):
        t = named_storage(dtype, storage(fill_value))
        return None if t is None else _full(t, text(order)) if t in _NUMBERS or text(order) == "C" else None


@cache
def _ones_like(t):
    if t is None:

        def ones_like(a, dtype=None):
            r = np.empty_like(a)
            r[...] = 1
            return r

    else:

        def ones_like(a, dtype=None):
            r = np.empty_like(a, t)
            r[...] = 1
            return r

    return ones_like


@cache
def _scalar_like(t, value):
    def scalar_like(a, dtype=None):
        r = np.empty((), t)
        r[...] = value
        return r

    return scalar_like


def _valid_dtype(dtype):
    return is_absent(dtype) or named_storage(dtype) is not None


@overload("numpy.ones_like")
def ones_like(a, dtype=None):
    if _valid_dtype(dtype):
        if is_array(a) and (kind(a.dtype) != "charseq" or not is_absent(dtype)) and kind(a.dtype) != "record":
            return _ones_like(dtype_class(dtype))
        if is_number(a):
            return _scalar_like(dtype_class(dtype, scalar_class(a)), 1)


@overload("numpy.zeros_like", "numpy.empty_like")
def zeros_like(a, dtype=None):
    # Those of arrays are primitives.
    if is_number(a) and _valid_dtype(dtype):
        t = named_storage(dtype, scalar_class(a))
        return _scalar_like(t, 0) if t in _NUMBERS else _record_like(t)


@cache
def _record_like(t):
    def record_like(a, dtype=None):
        return np.zeros((), t)

    return record_like


@overload("numpy.zeros_like", "numpy.empty_like")
def record_like(a, dtype=None):
    if kind(a) == "record" and is_absent(dtype):
        return _record_like(a.numpy_dtype)


@cache
def _full_like(t):
    if t is None:

        def full_like(a, fill_value, dtype=None):
            r = np.empty_like(a)
            r[...] = fill_value
            return r

    else:

        def full_like(a, fill_value, dtype=None):
            r = np.empty_like(a, t)
            r[...] = fill_value
            return r

    return full_like


@cache
def _like_form(make, t, fortran, shaped):
    if shaped:

        def like(a, dtype=None, order="K", subok=True, shape=None):
            return make(shape, t, name)

    else:

        def like(a, dtype=None, order="K", subok=True, shape=None):
            return make(a.shape, t, name)

    name = "F" if fortran else "C"
    return like


@cache
def _full_like_form(t, fortran, shaped):
    if shaped:

        def like(a, fill_value, dtype=None, order="K", subok=True, shape=None):
            return np.full(shape, fill_value, t, name)

    else:

        def like(a, fill_value, dtype=None, order="K", subok=True, shape=None):
            return np.full(a.shape, fill_value, t, name)

    name = "F" if fortran else "C"
    return like


def _like_arguments(a, dtype, order, shape):
    """(class, Fortran order?, another shape?) of a `*_like` with more than a dtype; None if they do not fit."""
    t = dtype_class(dtype, element_class(a)) if is_array(a) else None
    name = text(order)
    if t is None or name not in ("C", "F", "A", "K") or not (is_absent(shape) or is_shape(shape)):
        return None
    return t, name == "F" or (name in "AK" and a.is_f_contig and not a.is_c_contig), not is_absent(shape)


@overload("numpy.zeros_like")
def zeros_like_form(a, dtype=None, order="K", subok=True, shape=None):
    found = _like_arguments(a, dtype, order, shape)
    return found and _like_form(np.zeros, *found)


@overload("numpy.ones_like")
def ones_like_form(a, dtype=None, order="K", subok=True, shape=None):
    found = _like_arguments(a, dtype, order, shape)
    return found and _like_form(np.ones, *found)


@overload("numpy.empty_like")
def empty_like_form(a, dtype=None, order="K", subok=True, shape=None):
    found = _like_arguments(a, dtype, order, shape)
    return found and _like_form(np.empty, *found)


@overload("numpy.full_like")
def full_like_form(a, fill_value, dtype=None, order="K", subok=True, shape=None):
    found = _like_arguments(a, dtype, order, shape)
    return found and is_number(fill_value) and _full_like_form(*found) or None


@cache
def _full_like_number(t):
    def full_like(a, fill_value, dtype=None):
        cell = np.empty((), t)
        cell[...] = fill_value
        return cell

    return full_like


@overload("numpy.full_like")
def full_like_number(a, fill_value, dtype=None):
    if is_number(a) and is_number(fill_value) and _valid_dtype(dtype):
        return _full_like_number(dtype_class(dtype, scalar_class(a)))


@cache
def _records_like(names, ones):
    """Records whose fields all have one value."""
    value = "1" if ones else "fill_value"
    lines = "".join(f"        r[position][{name!r}] = {value}\n" for name in names)
    scope = {"__name__": __name__, "np": np}
    head = "a, dtype=None" if ones else "a, fill_value, dtype=None"
    exec(f"def like({head}):\n    r = np.empty_like(a)\n    for position in np.ndindex(r.shape):\n{lines}    return r\n", scope)  # names of fields
    return scope["like"]


def _flat_names(a):
    """The names of the fields of an array of records that are all numbers, or None."""
    dtype = a.dtype.numpy_dtype if is_array(a) and kind(a.dtype) == "record" else None
    return None if dtype is None or any(dtype[n].kind not in "biufc" for n in dtype.names) else dtype.names


@overload("numpy.ones_like")
def ones_like_records(a, dtype=None):
    return _records_like(_flat_names(a), True) if _flat_names(a) and is_absent(dtype) else None


@overload("numpy.full_like")
def full_like_records(a, fill_value, dtype=None):
    return _records_like(_flat_names(a), False) if _flat_names(a) and is_absent(dtype) and is_number(fill_value) else None


@overload("numpy.full_like")
def full_like(a, fill_value, dtype=None):
    if _valid_dtype(dtype) and is_array(a) and kind(a.dtype) != ("record" if is_number(fill_value) else "") and (is_element(fill_value) or is_array(fill_value)):
        return _full_like(named_storage(dtype))


@cache
def _eye(t, order):
    name = order

    def eye(N, M=None, k=0, dtype=None, order="C"):
        if M is None:
            columns = N
        else:
            columns = M
        a = np.zeros((N, columns), t, name)
        for i in range(max(0, -k), min(N, columns - k)):
            a[i, i + k] = 1
        return a

    return eye


@overload("numpy.eye")
def eye(N, M=None, k=0, dtype=None, order="C"):
    # A number stands for its own type.
    t = scalar_class(dtype) if is_number(dtype) else dtype_class(dtype, np.float64)
    sizes = is_index(N) and (is_absent(M) or is_index(M)) and (k == 0 or is_index(k))
    if sizes and t is not None and text(order) in ("C", "F"):
        return _eye(t, text(order))


@cache
def _identity(t):
    def identity(n, dtype=None):
        a = np.zeros((n, n), t)
        for i in range(n):
            a[i, i] = 1
        return a

    return identity


@overload("numpy.identity")
def identity(n, dtype=None):
    t = dtype_class(dtype, np.float64)
    if is_index(n) and t is not None:
        return _identity(t)


# arange


def _int_length(start, stop, step):
    if step == 0:
        raise ZeroDivisionError("division by zero")
    if step > 0:
        if start >= stop:
            return 0
        return (stop - start - 1) // step + 1
    if start <= stop:
        return 0
    return (start - stop - 1) // -step + 1


def _float_length(start, stop, step):
    ratio = (stop - start) / step
    if math.isnan(ratio):
        raise ValueError("arange: cannot compute length")
    if ratio <= 0.0:
        return 0
    if ratio >= 9.2e18:
        raise ValueError("Maximum allowed size exceeded")
    return math.ceil(ratio)


@cache
def _members(convert):
    """First, last and distance of a range, as `convert` makes them."""

    def members(start, stop, step):
        if stop is None:
            first = convert(0)
            last = convert(start)
        else:
            first = convert(start)
            last = convert(stop)
        if step is None:
            delta = convert(1)
        else:
            delta = convert(step)
        return first, last, delta

    return members


@cache
def _arange(t, length, convert):
    members = _members(convert)

    # The second element is rounded to the element type before the distance is taken: that is where NumPy starts from.
    def arange(start, stop=None, step=None, dtype=None):
        first, last, delta = members(start, stop, step)
        n = length(first, last, delta)
        a = np.empty(n, t)
        if n > 0:
            a[0] = t(first)
        if n > 1:
            a[1] = t(first + delta)
        if n > 2:
            low = a[0]
            distance = a[1] - low
            for i in range(2, n):
                a[i] = low + t(i) * distance
        return a

    return arange


@cache
def _int_arange(t):
    def arange(start, stop=None, step=None, dtype=None):
        if stop is None:
            first = 0
            last = int(start)
        else:
            first = int(start)
            last = int(stop)
        if step is None:
            delta = 1
        else:
            delta = int(step)
        n = _int_length(first, last, delta)
        a = np.empty(n, t)
        for i in range(n):
            a[i] = first + i * delta
        return a

    return arange


@overload("numpy.arange")
def arange(start, stop=None, step=None, dtype=None):
    given = [x for x in (start, stop, step) if not is_absent(x)]
    if is_absent(start) or not all(is_real(x) for x in given):
        return None
    ints = all(is_index(x) for x in given)
    # As NumPy and Numba: start and step count as int64 when they are left out.
    t = dtype_class(dtype, np.int64 if ints else np.float64)
    if t is None or kind_of(t) not in "iuf":
        return None
    if ints:
        return _arange(t, _int_length, int) if kind_of(t) == "f" else _int_arange(t)
    single = len(given) == 3 and all(scalar_class(x) is np.float32 for x in given)
    return _arange(t, _float_length, np.float32 if single else float)


@cache
def _complex_arange(t):
    members = _members(complex)

    def arange(start, stop=None, step=None, dtype=None):
        first, last, delta = members(start, stop, step)
        ratio = (last - first) / delta
        n = min(_float_length(0.0, ratio.real, 1.0), _float_length(0.0, ratio.imag, 1.0))
        a = np.empty(n, t)
        for i in range(n):
            a[i] = first + i * delta
        return a

    return arange


@overload("numpy.arange")
def arange_complex(start, stop=None, step=None, dtype=None):
    given = [x for x in (start, stop, step) if not is_absent(x)]
    t = dtype_class(dtype, np.complex128)
    if all(map(is_number, given)) and any(map(is_complex, given)) and t is not None and kind_of(t) == "c":
        return _complex_arange(t)


# linspace


@cache
def _linspace(t, compute, endpoint, floor):
    def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None):
        first = compute(start)
        last = compute(stop)
        distance = last - first
        n = int(num)
        if n < 0:
            raise ValueError("Number of samples must be non-negative.")
        a = np.empty(n, t)
        intervals = n - 1 if closed else n
        if intervals > 0:
            step = distance / compute(intervals)
            if step == 0:
                for i in range(n):
                    a[i] = value(compute(i) / compute(intervals) * distance + first)
            else:
                for i in range(n):
                    a[i] = value(compute(i) * step + first)
        else:
            for i in range(n):
                a[i] = value(compute(i) * distance + first)
        if closed and n > 1:
            a[n - 1] = value(last)
        return a

    closed = endpoint
    value = _floored if floor else _same
    return linspace


def _floored(x):
    return np.floor(x)


def _same(x):
    return x


@overload("numpy.linspace")
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None):
    if not (is_number(start) and is_number(stop) and (num == 50 or is_index(num))):
        return None
    if is_true(retstep):
        return _linspace_with_step(_linspace_form(start, stop, endpoint, dtype), is_true(endpoint))
    return _linspace_form(start, stop, endpoint, dtype) if is_false(retstep) else None


def _linspace_form(start, stop, endpoint, dtype):
    if not (is_true(endpoint) or is_false(endpoint)):
        return None
    compute = promote(scalar_class(start), scalar_class(stop))
    if kind_of(compute) in "biu":
        compute = np.float64
    t = dtype_class(dtype, compute)
    if t is None or (kind_of(t) != "c" and (is_complex(start) or is_complex(stop))):
        return None
    return _linspace(t, compute, is_true(endpoint), kind_of(t) in "iu")


@cache
def _linspace_with_step(found, closed):
    if found is None:
        return None

    def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None):
        n = int(num)
        intervals = n - 1 if closed else n
        step = np.nan
        if intervals > 0:
            step = (stop - start) / intervals
        return found(start, stop, num), step

    return linspace


# Arrays of what there is


_RAGGED = (
    "setting an array element with a sequence. The requested array has an inhomogeneous shape."
)


@cache
def _array_of_tuple(t, ndim):
    if ndim == 1:

        def array(object, dtype=None):
            n = len(object)
            a = np.empty(n, t)
            for i in range(n):
                a[i] = object[i]
            return a

    elif ndim == 3:

        def array(object, dtype=None):
            n = len(object)
            m = len(object[0]) if n else 0
            k = len(object[0][0]) if m else 0
            a = np.empty((n, m, k), t)
            for i in range(n):
                if len(object[i]) != m:
                    raise ValueError(_RAGGED)
                for j in range(m):
                    row = object[i][j]
                    if len(row) != k:
                        raise ValueError(_RAGGED)
                    for h in range(k):
                        a[i, j, h] = row[h]
            return a

    else:

        def array(object, dtype=None):
            n = len(object)
            m = len(object[0]) if n > 0 else 0
            a = np.empty((n, m), t)
            for i in range(n):
                row = object[i]
                if len(row) != m:
                    raise ValueError(_RAGGED)
                for j in range(m):
                    a[i, j] = row[j]
            return a

    return array


def _put_rows(a, rows, k):
    """Writes rows of any types, from row `k` on."""
    if len(rows) > 0:
        row = rows[0]
        if len(row) != a.shape[1]:
            raise ValueError(_RAGGED)
        for j in range(len(row)):
            a[k, j] = row[j]
        _put_rows(a, rows[1:], k + 1)


@cache
def _array_of_rows(t):
    def array(object, dtype=None):
        a = np.empty((len(object), len(object[0])), t)
        _put_rows(a, object, 0)
        return a

    return array


@cache
def _empty_array(t, shape):
    def array(object, dtype=None):
        return np.empty(shape, t)

    return array


def _array_copy(object, dtype=None):
    return np.copy(object)


def _same_array(a, dtype=None):
    return a


@cache
def _converted(t):
    def array(object, dtype=None):
        return object.astype(t)

    return array


def _contiguous(a, dtype=None):
    return a.copy()


def _is_scalar_tuple(t):
    if kind(t) == "list":
        return is_number(t.dtype)
    return is_tuple(t) and t.count > 0 and all(is_number(e) for e in t.types)


def _array_depth(t):
    """1 for a tuple of numbers, 2 for a tuple of such tuples of one length, 3 for equal tuples of equal tuples, else 0."""
    if _is_scalar_tuple(t):
        return 1
    if kind(t) == "list":
        if _is_scalar_tuple(t.dtype):
            return 2
        return 3 if kind(t.dtype) == "list" and _is_scalar_tuple(t.dtype.dtype) else 0
    if is_tuple(t) and t.count > 0 and all(_is_scalar_tuple(e) for e in t.types):
        return 2 if len({e.count if is_tuple(e) else -1 for e in t.types}) == 1 else 0
    if is_tuple(t) and t.count > 0 and len({str(e) for e in t.types}) == 1:
        return 3 if _array_depth(t.types[0]) == 2 else 0
    return 0


def _is_of_numbers(dtype):
    """Left out, or a dtype of numbers."""
    return is_absent(dtype) or dtype_class(dtype) in _NUMBERS


@overload("numpy.array", "numpy.asarray")
def array(object, dtype=None):
    if is_tuple(object) and all(is_tuple(e) and e.count == 0 for e in object.types) and _is_of_numbers(dtype):
        return _empty_array(dtype_class(dtype, np.float64), (object.count, 0) if object.count else (0,))
    depth = _array_depth(object)
    if depth == 2 and is_tuple(object) and _is_of_numbers(dtype) and len({str(e) for e in object.types}) > 1:
        return _array_of_rows(dtype_class(dtype, element_class(object)))
    if depth and _is_of_numbers(dtype):
        return _array_of_tuple(dtype_class(dtype, element_class(object)), depth)


@overload("numpy.array")
def array_of_array(object, dtype=None):
    if is_array(object) and _is_of_numbers(dtype):
        t = dtype_class(dtype)
        return _array_copy if t is None else _converted(t)


@cache
def _array_of_number(t):
    def array(a, dtype=None):
        cell = np.empty((), t)
        cell[...] = a
        return cell

    return array


@overload("numpy.array", "numpy.asarray")
def array_of_number(a, dtype=None):
    if is_number(a) and _is_of_numbers(dtype):
        return _array_of_number(dtype_class(dtype, scalar_class(a)))


@overload("numpy.asarray")
def asarray(a, dtype=None):
    if is_array(a) and _is_of_numbers(dtype):
        t = dtype_class(dtype, element_class(a))
        return _same_array if t is element_class(a) else _as_converted(t)


@cache
def _as_converted(t):
    def asarray(a, dtype=None):
        return a.astype(t)

    return asarray


def _same_plain(a, dtype=None):
    return a


def _as_line(a, dtype=None):
    return np.asarray(a).reshape(1)


@cache
def _contiguous_as(t):
    def ascontiguousarray(a, dtype=None):
        return np.ascontiguousarray(np.asarray(a, t))

    return ascontiguousarray


@overload("numpy.ascontiguousarray")
def ascontiguousarray(a, dtype=None):
    t = dtype_class(dtype)
    if t is not None and is_array(a):
        return _contiguous_as(t)
    if not is_absent(dtype):
        return None
    if is_number(a) or is_array(a, 0):
        return _as_line
    if is_array(a):
        return _same_plain if a.is_c_contig else _contiguous
