"""Why a method of `numpy.random.Generator` takes no such arguments: what each parameter must be, by its name."""

from inspect import signature

import numpy as np

from looplift.library._types import dtype_class, is_absent, is_array, is_bool, is_float, is_index, is_int_tuple, kind_of, text


def _is_size(t):
    return is_absent(t) or is_index(t) or is_int_tuple(t)


def _is_flag(t):
    return isinstance(t, bool) or is_bool(t)


def _is_real(t):
    return isinstance(t, int | float) or is_index(t) or is_float(t)


def _is_integer_dtype(t):
    found = dtype_class(t, np.int64)
    return found is not None and kind_of(found) in "biu"


def _is_float_dtype(t):
    return dtype_class(t, np.float64) in (np.float32, np.float64)


def _is_bound(t):
    return is_absent(t) or is_index(t) or is_array(t)


# Of all methods: parameter -> (test, what it must be).
_COMMON = {
    "size": (_is_size, "[None, an integer, a tuple of integers]"),
    "dtype": (_is_float_dtype, "np.float32 or np.float64"),
    "endpoint": (_is_flag, "[a bool]"),
    "replace": (_is_flag, "[a bool]"),
    "axis": (lambda t: isinstance(t, int) or is_index(t), "[an integer]"),
    "method": (lambda t: text(t) in ("zig", "inv"), "['zig', 'inv']"),
    "alpha": (lambda t: is_array(t, 1), "[an array of one dimension]"),
    "pvals": (lambda t: is_array(t, 1), "[an array of one dimension]"),
}
# Of some methods.
_OWN = {
    ("integers", "dtype"): (_is_integer_dtype, "an integer type or bool"),
    ("integers", "low"): (_is_bound, "[an integer, an array of integers]"),
    ("integers", "high"): (_is_bound, "[None, an integer, an array of integers]"),
    ("shuffle", "x"): (is_array, "[an array]"),
    ("permutation", "x"): (lambda t: is_array(t) or is_index(t), "[an array, an integer]"),
    ("permuted", "axis"): (lambda t: is_absent(t) or is_index(t), "[None, an integer]"),
    ("multivariate_normal", "mean"): (lambda t: is_array(t, 1), "[an array of one dimension]"),
    ("multivariate_normal", "cov"): (lambda t: is_array(t, 2), "[an array of two dimensions]"),
    ("multivariate_normal", "method"): (lambda t: text(t) in ("svd", "eigh", "cholesky"), "['svd', 'eigh', 'cholesky']"),
    ("permuted", "x"): (is_array, "[an array]"),
    ("choice", "a"): (lambda t: is_array(t, 1) or is_index(t), "[an integer, an array of one dimension]"),
    ("choice", "p"): (lambda t: is_absent(t) or is_array(t, 1), "[None, an array of one dimension]"),
    ("choice", "shuffle"): (_is_flag, "[a bool]"),
}
_NUMBER = (_is_real, "[a float, an integer]")


def explain(method, overload, args, kwargs):
    """The message about the first argument of a method that is not what it must be, or None."""
    given = signature(overload).bind(*args, **kwargs).arguments
    for parameter, t in list(given.items())[1:]:
        check = _OWN.get((method, parameter)) or _COMMON.get(parameter) or (None if is_array(t) else _NUMBER)
        if check is not None and not check[0](t):
            return f"Argument {parameter} is not one of the expected type(s): {check[1]}"
    return None
