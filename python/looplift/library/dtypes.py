"""What NumPy says of dtypes: limits, promotion, casting. The answers are constants of the call."""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import dtype_class, is_array, is_number, is_time, kind, structured_dtype, text


def dtype_meant(t):
    """The dtype that an argument means, itself or by its own type; None if none."""
    if kind(t) in ("dtype", "numberclass"):
        return t.dtype.numpy_dtype
    if kind(t) == "function" and getattr(t, "value", None) in (bool, int, float, complex):
        return np.dtype(t.value)
    name = text(t)
    if name is not None:
        try:
            return np.dtype(name)
        except TypeError:
            return None
    if is_array(t):
        t = t.dtype
    return t.unliteral.numpy_dtype if is_number(t) or is_time(t) else None


def _constant(value):
    def implementation(*args):
        return value

    return implementation


def _limits(info, kinds):
    def overloaded(t):
        dtype = dtype_meant(t)
        if dtype is None or dtype.kind not in kinds:
            return None
        found = info(dtype)

        def implementation(t):
            return found

        return implementation

    return overloaded


overload("numpy.iinfo")(_limits(np.iinfo, "iu"))
overload("numpy.finfo")(_limits(np.finfo, "fc"))


def _dtypes(args):
    found = [dtype_meant(t) for t in args]
    return None if not found or any(d is None for d in found) else found


@overload("numpy.promote_types")
def promote_types(type1, type2):
    found = _dtypes((type1, type2))
    if found is None:
        return None
    result = np.promote_types(*found)

    def implementation(type1, type2):
        return result

    return implementation


@overload("numpy.result_type")
def result_type(*arrays_and_dtypes):
    found = _dtypes(arrays_and_dtypes)
    return None if found is None else _constant(np.result_type(*found))


@overload("numpy.can_cast")
def can_cast(from_, to, casting="safe"):
    found, rule = _dtypes((from_, to)), text(casting)
    if found is None or rule is None:
        return None
    answer = bool(np.can_cast(*found, casting=rule))

    def implementation(from_, to, casting="safe"):
        return answer

    return implementation


@overload("numpy.issubdtype")
def issubdtype(arg1, arg2):
    first = dtype_meant(arg1)
    other = getattr(arg2, "value", None) if kind(arg2) == "function" else dtype_meant(arg2)
    if first is None or other is None:
        return None
    answer = bool(np.issubdtype(first, other))

    def implementation(arg1, arg2):
        return answer

    return implementation


@overload("tuple.__array__", "list.__array__")
def array_of(x, dtype):
    """`np.float32(sequence)`."""

    def implementation(x, dtype):
        return np.array(x, dtype)

    return implementation


@cache
def _scalar(t):
    def implementation(x, dtype):
        return t(x[()])

    return implementation


@overload("array.__array__")
def scalar_of(x, dtype):
    """`np.float32(array without axes)`: a number."""
    return _scalar(dtype_class(dtype)) if x.ndim == 0 and is_number(x.dtype) else None


@overload("numpy.dtype")
def dtype_of_fields(dtype):
    found = structured_dtype(dtype)
    return None if found is None else _constant(found)
