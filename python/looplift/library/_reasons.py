"""Why a function takes no such arguments, by table: asked when no implementation was found.

A row is (functions, parameter, what it must be, message); `{type}` in a message stands for the argument's type. The first row that an
argument does not meet is the reason.
"""

from inspect import signature

import numpy as np

from looplift.library._adapting import depth_of
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_bool,
    is_complex,
    is_float,
    is_index,
    is_int,
    is_int_tuple,
    is_number,
    is_shape,
    is_tuple,
    kind,
    kind_of,
    text,
)


def _is_given(t):
    """A type, not a default value."""
    return hasattr(t, "kind")


def _is_array_like(t):
    return is_array(t) or is_number(t) or is_tuple(t) or kind(t) == "list"


def _ndim(t):
    return t.ndim if is_array(t) else depth_of(t)


def _items(t):
    """The types of a sequence's items."""
    return t.types if is_tuple(t) else [t.dtype] if kind(t) == "list" else ()


def _is_letters(t):
    return is_array(t) and element_class(t) is None


def _is_real(t):
    return is_index(t) or is_float(t)


def _is_positions(t):
    return is_index(t) or is_int_tuple(t) or is_array(t) or kind(t) in ("list", "tuple")


def _has_integers(t):
    if is_array(t):
        return element_class(t) is not None and kind_of(element_class(t)) in "biu"
    return is_index(t) or is_int_tuple(t) or (kind(t) == "list" and is_index(t.dtype))


def _is_flat(t):
    return is_tuple(t) and depth_of(t) == 1


def _is_text(t):
    return isinstance(t, str) or text(t) is not None or str(t) == "unicode_type"


_CHECKS = {
    "array": is_array,
    "array-like": _is_array_like,
    "array-like, deep": lambda t: not is_array(t) or t.ndim > 0,
    "array or sequence": lambda t: is_array(t) or is_tuple(t) or kind(t) == "list",
    "array or number": lambda t: is_array(t) or is_number(t),
    "line": lambda t: _ndim(t) <= 1,
    "line of an array": lambda t: is_array(t, 1),
    "table": lambda t: _ndim(t) <= 2,
    "table exactly": lambda t: is_array(t, 2),
    "matrix": lambda t: not is_array(t) or t.ndim >= 2,
    "integer": is_index,
    "integer, no bool": is_int,
    "integer or none, no bool": lambda t: is_absent(t) or is_int(t),
    "integer or tuple": lambda t: is_index(t) or is_int_tuple(t),
    "integer or sequence": lambda t: is_index(t) or is_array(t) or is_tuple(t) or kind(t) in ("list", "slice"),
    "floating": is_float,
    "text": _is_text,
    "numbers in a list": lambda t: kind(t) != "list" or is_number(t.dtype),
    "real or none": lambda t: is_absent(t) or _is_real(t),
    "no array of bool": lambda t: not is_bool(t) and not (is_array(t) and element_class(t) is np.bool_),
    "no array of complex": lambda t: not is_complex(t) and not (is_array(t) and element_class(t) in (np.complex64, np.complex128)),
    "no letters": lambda t: not _is_letters(t),
    "absent": is_absent,
    "numbers within": lambda t: is_array(t) or is_number(t) or all(is_number(e) or depth_of(e) for e in _items(t)),
    "lines within": lambda t: t.ndim <= 2 if is_array(t) else all(_ndim(e) <= 1 for e in _items(t)),
    "no uniform tuple": lambda t: not is_tuple(t) or len(set(map(str, t.types))) != 1,
    "integers or slice": lambda t: kind(t) == "slice" or (_has_integers(t) and not is_bool(t)),
    "integers, no bool": lambda t: _has_integers(t) and not is_bool(t),
    "array of integers": lambda t: not is_array(t) or kind_of(element_class(t)) in "iu",
    "flippable": lambda t: is_array(t) or is_number(t) or (depth_of(t) > 0 and not _is_flat(t)),
    "deep 1": lambda t: _ndim(t) >= 1,
    "deep 2": lambda t: _ndim(t) >= 2,
    "integer or none": lambda t: is_absent(t) or is_index(t),
    "integers": _has_integers,
    "number": is_number,
    "number or none": lambda t: is_absent(t) or is_number(t),
    "real": _is_real,
    "bool": is_bool,
    "no bool": lambda t: not is_bool(t),
    "no complex": lambda t: not is_complex(t),
    "shape": is_shape,
    "positions": _is_positions,
    "bound": lambda t: is_absent(t) or _is_array_like(t),
    "output": lambda t: is_absent(t) or is_array(t),
    "dimensions": lambda t: is_int_tuple(t),
    "deep enough": lambda t: not is_number(t) and not (is_array(t) and t.ndim == 0),
}

def _members(t):
    return t.types if is_tuple(t) else [t.dtype] if kind(t) == "list" else ()


def _have_common_type(types):
    records = {str(t.dtype) for t in types if kind(t.dtype) == "record"}
    return not records or len({str(t.dtype) for t in types}) == 1


# Of the members of a tuple or a list.
_CHECKS |= {
    "arrays": lambda t: bool(_members(t)) and all(map(is_array, _members(t))),
    "arrays of one depth": lambda t: len({e.ndim for e in _members(t)}) == 1,
    "arrays with dimensions": lambda t: all(e.ndim for e in _members(t)),
    "arrays of a common type": lambda t: _have_common_type(_members(t)),
    "no tuple": lambda t: not is_tuple(t),
    "data type": lambda t: is_absent(t) or kind(t) in ("dtype", "numberclass", "function"),
    "shape or none": lambda t: is_absent(t) or is_shape(t),
    "given": lambda t: not is_absent(t),
    "no text or number": lambda t: is_array(t) or kind(t) == "bytes",
}

_NO_ARRAYS = "expecting a non-empty tuple of arrays"
_STACKS = "hstack vstack dstack column_stack"
_STRIDES = "lib.stride_tricks.as_strided lib._stride_tricks_impl.as_strided"
_WINDOWS = "lib.stride_tricks.sliding_window_view lib._stride_tricks_impl.sliding_window_view"
_P = "polynomial.polynomial."

_ROWS = (
    ("diag", "v", "array-like", 'The argument "v" must be array-like'),
    ("diag", "v", "table", "Input must be 1- or 2-d."),
    ("array", "object", "array-like", 'The argument "object" must be array-like'),
    ("array", "dtype", "data type", 'The argument "dtype" must be a data-type if it is provided'),
    ("copy", "a", "array-like", 'The argument "a" must be array-like'),
    ("sort argsort", "a", "array-like", 'Argument "a" must be array-like'),
    ("concatenate stack", "arrays", "arrays", _NO_ARRAYS),
    (_STACKS, "tup", "arrays", _NO_ARRAYS),
    ("concatenate", "arrays", "arrays of one depth", "all the input arrays must have same number of dimensions"),
    ("concatenate", "arrays", "arrays with dimensions", "zero-dimensional arrays cannot be concatenated"),
    ("concatenate stack", "arrays", "arrays of a common type", "input arrays must have compatible dtypes"),
    ("transpose", "a", "no tuple", "np.transpose does not accept tuples"),
    ("shape", "a", "array-like", "The argument to np.shape must be array-like"),
    ("size", "a", "array-like", "The argument to np.size must be array-like"),
    (_STRIDES, "strides", "given", "strides argument cannot be None"),
    (_WINDOWS, "window_shape", "shape", "window_shape must be an integer or tuple of integer"),
    (_WINDOWS, "axis", "shape or none", "axis must be None, an integer or tuple of integer"),
    ("broadcast_to", "array", "array-like", 'The first argument "array" must be array-like'),
    ("broadcast_to", "shape", "shape", 'The second argument "shape" must be a tuple of integers: object cannot be interpreted as an integer'),
    ("frombuffer", "buffer", "no text or number", 'Argument "buffer" must be buffer-like'),
    ("where", "x", "given", 'Argument "x" or "y" cannot be None'),
    ("where", "y", "given", 'Argument "x" or "y" cannot be None'),
    ("ascontiguousarray asfortranarray", "a", "array-like", 'The argument "a" must be array-like'),
    ("where", "condition", "array-like", 'The argument "condition" must be array-like'),
    ("where", "x", "array-like", 'The argument "x" must be array-like if provided'),
    ("where", "y", "array-like", 'The argument "y" must be array-like if provided'),
    ("argmax argmin nanargmax nanargmin", "axis", "integer or none", "axis must be an integer"),
    ("percentile quantile nanpercentile nanquantile", "a", "no array of complex", "Not supported for complex dtype"),
    ("percentile quantile nanpercentile nanquantile", "q", "no array of complex", "Not supported for complex dtype"),
    ("ptp", "a", "no array of bool", "Boolean dtype is unsupported (as per NumPy)"),
    ("trace", "a", "table exactly", "np.trace() only supported on 2-D arrays"),
    ("trace", "offset", "integer", "integer argument expected, got {type}"),
    ("kron", "a", "table", "np.kron() only supported on 1 and 2-D arrays"),
    ("kron", "b", "table", "np.kron() only supported on 1 and 2-D arrays"),
    ("roll", "shift", "integer", "shift must be an integer"),
    ("allclose", "a", "array-like", 'The first argument "a" must be array-like'),
    ("allclose", "b", "array-like", 'The second argument "b" must be array-like'),
    ("allclose", "rtol", "floating", 'The third argument "rtol" must be a floating point'),
    ("allclose", "atol", "floating", 'The fourth argument "atol" must be a floating point'),
    ("allclose", "equal_nan", "bool", 'The fifth argument "equal_nan" must be a boolean'),
    ("array_equal", "a1", "array-like", 'Both arguments to "array_equals" must be array-like'),
    ("array_equal", "a2", "array-like", 'Both arguments to "array_equals" must be array-like'),
    ("asarray", "a", "numbers in a list", "asarray support for List is limited to Boolean and Number types"),
    ("convolve correlate", "a", "line", "np.{name}() only supported on 1D arrays"),
    ("convolve correlate", "v", "line", "np.{name}() only supported on 1D arrays"),
    ("delete insert", "arr", "array or sequence", "arr must be either an Array or a Sequence"),
    ("delete", "obj", "integers or slice", "obj should be of Integer dtype"),
    ("insert", "obj", "integer or sequence", "obj should be an Integer, an Array or a Sequence"),
    ("insert", "obj", "integers or slice", "obj should be of Integer dtype"),
    ("insert", "axis", "absent", "The 'axis' argument is not supported"),
    ("append", "arr", "array-like", 'The first argument "arr" must be array-like'),
    ("append", "values", "array-like", 'The second argument "values" must be array-like'),
    ("append", "axis", "integer or none", 'The third argument "axis" must be an integer'),
    ("repeat", "repeats", "integers, no bool", "The repeats argument must be an integer or an array-like of integer dtype"),
    ("rot90", "m", "array", 'The first argument "m" must be an array'),
    ("rot90", "k", "integer", 'The second argument "k" must be an integer'),
    ("rot90", "m", "matrix", "Input must be >= 2-d."),
    ("fliplr flipud", "m", "flippable", "Cannot np.{name} on {type} type"),
    ("fliplr", "m", "deep 2", "cannot index array({type}) with 2 indices"),
    ("flipud", "m", "deep 1", "cannot index array({type}) with 1 indices"),
    ("trim_zeros", "filt", "array", "The first argument must be an array"),
    ("trim_zeros", "filt", "line of an array", "array must be 1D"),
    ("trim_zeros", "trim", "text", "The second argument must be a string"),
    ("union1d", "ar1", "array-like", "The arguments to np.union1d must be array-like"),
    ("union1d", "ar2", "array-like", "The arguments to np.union1d must be array-like"),
    ("union1d", "ar1", "no letters", "For Unicode arrays, arrays must have same dtype"),
    ("union1d", "ar2", "no letters", "For Unicode arrays, arrays must have same dtype"),
    ("tril_indices_from triu_indices_from", "arr", "table exactly", "input array must be 2-d"),
    ("take_along_axis", "indices", "array of integers", "indices array must contain integers"),
    ("digitize", "x", "no array of complex", "x may not be complex"),
    ("moveaxis", "source", "integer or tuple", 'The second argument "source" must be an integer or sequence of integers'),
    ("moveaxis", "destination", "integer or tuple", 'The third argument "destination" must be an integer or sequence of integers'),
    ("interp", "x", "no array of complex", "Cannot cast array data from complex dtype to float64 dtype"),
    ("interp", "xp", "no array of complex", "Cannot cast array data from complex dtype to float64 dtype"),
    ("tril triu", "m", "array-like", 'The first argument "m" must be an array'),
    ("tri tril triu tril_indices triu_indices tril_indices_from triu_indices_from eye", "k", "integer, no bool", "k must be an integer"),
    ("tril_indices triu_indices", "n", "integer", "n must be an integer"),
    ("tril_indices triu_indices", "m", "integer or none", "m must be an integer"),
    ("diagflat", "v", "array-like", 'The argument "v" must be array-like'),
    ("diagflat", "k", "integer", 'The argument "k" must be an integer'),
    ("vander", "N", "integer or none, no bool", "Second argument N must be None or an integer"),
    ("linspace logspace", "start", "number", 'The first argument "start" must be a number'),
    ("linspace logspace", "stop", "number", 'The second argument "stop" must be a number'),
    ("linspace logspace", "num", "integer", 'The third argument "num" must be an integer'),
    ("geomspace", "start", "number", 'The argument "start" must be a number'),
    ("geomspace", "stop", "number", 'The argument "stop" must be a number'),
    ("geomspace", "num", "integer", 'The argument "num" must be an integer'),
    ("swapaxes", "a", "array", 'The first argument "a" must be an array'),
    ("swapaxes", "axis1", "integer", 'The second argument "axis1" must be an integer'),
    ("swapaxes", "axis2", "integer", 'The third argument "axis2" must be an integer'),
    ("moveaxis", "a", "array", 'The first argument "a" must be an array'),
    ("expand_dims", "a", "array", 'First argument "a" must be an array'),
    ("expand_dims", "axis", "integer", 'Argument "axis" must be an integer'),
    ("clip", "a", "array-like", 'The argument "a" must be array-like'),
    ("clip", "a_min", "bound", 'The argument "a_min" must be a number'),
    ("clip", "a_max", "bound", 'The argument "a_max" must be a number'),
    ("clip", "out", "output", 'The argument "out" must be an array if it is provided'),
    ("round around", "a", "array-like", 'The argument "a" must be array-like'),
    ("round around", "out", "output", 'The argument "out" must be an array if it is provided'),
    ("resize", "a", "array-like", 'The argument "a" must be array-like'),
    ("resize", "new_shape", "shape", 'The argument "new_shape" must be an integer or a tuple of integers'),
    ("unwrap", "p", "array-like", 'The argument "p" must be array-like'),
    ("unwrap", "discont", "number or none", 'The argument "discont" must be a scalar'),
    ("unwrap", "period", "number", 'The argument "period" must be a scalar'),
    ("unwrap", "axis", "integer", 'The argument "axis" must be an integer'),
    ("bartlett blackman hamming hanning kaiser", "M", "integer", "M must be an integer"),
    ("kaiser", "beta", "real", "beta must be an integer or float"),
    ("interp", "xp", "line", "xp must be 1D"),
    ("interp", "fp", "line", "fp must be 1D"),
    ("split array_split hsplit vsplit dsplit", "ary", "array", 'The argument "ary" must be an array'),
    (
        "split array_split hsplit vsplit dsplit",
        "indices_or_sections",
        "positions",
        'The argument "indices_or_sections" must be int or 1d-array',
    ),
    ("indices", "dimensions", "dimensions", 'The argument "dimensions" must be a tuple of integers'),
    ("partition argpartition", "a", "array or sequence", "The first argument must be an array-like"),
    ("partition argpartition", "a", "deep enough", "The first argument must be at least 1-D (found 0-D)"),
    ("partition argpartition", "kth", "line", "kth must be scalar or 1-D"),
    ("partition argpartition", "kth", "integers", "Partition index must be integer"),
    ("take_along_axis", "arr", "array", '"arr" must be an array'),
    ("take_along_axis", "indices", "array", '"indices" must be an array'),
    ("take_along_axis", "axis", "integer or none", "axis must be an integer"),
    ("trapezoid trapz", "y", "array-like, deep", "y cannot be 0D"),
    ("trapezoid trapz", "y", "deep enough", "y cannot be a scalar"),
    ("cov", "m", "table", "m has more than 2 dimensions"),
    ("cov", "y", "table", "y has more than 2 dimensions"),
    ("corrcoef", "x", "table", "x has more than 2 dimensions"),
    ("corrcoef", "y", "table", "y has more than 2 dimensions"),
    ("cov", "ddof", "real or none", "ddof must be a real numerical scalar type"),
    ("asarray_chkfinite", "a", "array-like", "The argument to np.asarray_chkfinite must be array-like"),
    ("nan_to_num", "x", "array-like", 'The first argument must be a scalar or an array-like'),
    ("angle", "z", "array-like", 'Argument "z" must be a complex or Array[complex]'),
    ("sinc", "x", "array-like", 'Argument "x" must be a Number or array-like'),
    ("fill_diagonal", "a", "matrix", "The first argument must be at least 2-D (found 1-D)"),
    ("ediff1d", "ary", "no array of bool", "Boolean dtype is unsupported (as per NumPy)"),
    (_P + "polyadd", "c1", "array-like", 'The argument "c1" must be array-like'),
    (_P + "polyadd", "c2", "array-like", 'The argument "c2" must be array-like'),
    (_P + "polysub", "c1", "array-like", 'The argument "c1" must be array-like'),
    (_P + "polysub", "c2", "array-like", 'The argument "c2" must be array-like'),
    (_P + "polymul", "c1", "array-like", 'The argument "c1" must be array-like'),
    (_P + "polymul", "c2", "array-like", 'The argument "c2" must be array-like'),
    (_P + "polydiv", "c1", "array-like", 'The argument "c1" must be array-like'),
    (_P + "polydiv", "c2", "array-like", 'The argument "c2" must be array-like'),
    (f"{_P}polyadd {_P}polysub {_P}polymul {_P}polydiv", "c1", "line", "Coefficient array is not 1-d"),
    (f"{_P}polyadd {_P}polysub {_P}polymul {_P}polydiv", "c2", "line", "Coefficient array is not 1-d"),
    (_P + "polyint", "c", "array-like", 'The argument "c" must be array-like'),
    (_P + "polyint", "c", "numbers within", "Input dtype must be scalar."),
    (_P + "polyint", "m", "integer", 'The argument "m" must be an integer'),
    (_P + "polyval", "x", "array-like", 'The argument "x" must be array-like'),
    (_P + "polyval", "c", "array-like", 'The argument "c" must be array-like'),
    (_P + "polyval", "tensor", "bool", 'The argument "tensor" must be boolean'),
    (_P + "Polynomial", "coef", "line", "Coefficient array is not 1-d"),
    ("polynomial.polyutils.trimseq", "seq", "array-like", 'The argument "seq" must be array-like'),
    ("polynomial.polyutils.trimseq", "seq", "line", "Coefficient array is not 1-d"),
    ("polynomial.polyutils.trimseq", "seq", "no uniform tuple", 'Unsupported type UniTuple({type.dtype}, {type.count}) for argument "seq"'),
    ("polynomial.polyutils.as_series", "alist", "array-like", 'The argument "alist" must be array-like'),
    ("polynomial.polyutils.as_series", "alist", "lines within", "Coefficient array is not 1-d"),
    ("polynomial.polyutils.as_series", "trim", "bool", 'The argument "trim" must be boolean'),
)


def _bad_dtype(name, arguments):
    """What is wrong with a `dtype` that is a text, or None."""
    given = arguments.get("dtype")
    if kind(given) == "str":
        return f"If np.{name} dtype is a string it must be a string constant."
    if kind(given) == "literal_str":
        try:
            np.dtype(given.literal_value)
        except TypeError:
            return f"Invalid NumPy dtype specified: '{given.literal_value}'"
    return None


def _bind(function, args, kwargs):
    """Arguments by name, or None where they do not fit or nobody knows."""
    try:
        return signature(function).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return None


def _rows_of(name):
    short = name.removeprefix("numpy.").removeprefix("array.")
    return [row for row in _ROWS if short in row[0].split()]


def explain(name, args, kwargs, overloads):
    """The message of the first row that these arguments do not meet, or None.

    NumPy's own function says what the parameters are called; where it does not, the overloads do.
    """
    rows = _rows_of(name)
    target = np
    short = name.rpartition(".")[2]
    for part in name.split(".")[1:]:
        target = getattr(target, part, None)
    bound = (_bind(function, args, kwargs) for function in (target, *overloads))
    given = next((arguments for arguments in bound if arguments is not None), None)
    if given is None:
        return None
    reason = _bad_dtype(name.removeprefix("numpy."), given)
    if reason is not None:
        return reason
    for _, parameter, what, message in rows:
        if parameter in given and _is_given(given[parameter]) and not _CHECKS[what](given[parameter]):
            return message.format(name=short, type=given[parameter]) if "{" in message else message
    return None
