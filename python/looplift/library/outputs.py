"""Arrays as texts and in files: NumPy's own functions, which are called on the array under the interpreter's lock."""

from functools import cache

import numpy as np

from looplift.library._objects import array2string as to_string
from looplift.library._objects import array_repr as to_repr
from looplift.library._objects import array_str as to_str
from looplift.library._objects import datetime_as_string as date_text
from looplift.library._objects import dumps as pickled
from looplift.library._objects import save as write_array
from looplift.library._objects import savetxt as write_text
from looplift.library._objects import tofile as write_raw
from looplift.library._registry import overload
from looplift.library._types import is_absent, is_array, is_bool, is_index, is_text, is_time, kind, text


def _is_text(t):
    return isinstance(t, str) or is_text(t)


def _array2string(a, max_line_width=None, precision=None, suppress_small=None, separator=" ", prefix=""):
    return to_string(a, max_line_width, precision, suppress_small, separator, prefix)


@overload("numpy.array2string")
def array2string(a, max_line_width=None, precision=None, suppress_small=None, separator=" ", prefix=""):
    numbers = all(is_absent(t) or is_index(t) for t in (max_line_width, precision))
    if is_array(a) and numbers and (is_absent(suppress_small) or is_bool(suppress_small)) and _is_text(separator) and _is_text(prefix):
        return _array2string


def _array_repr(arr):
    return to_repr(arr)


def _array_str(a):
    return to_str(a)


@overload("numpy.array_repr", "array.__repr__")
def array_repr(arr):
    return _array_repr if is_array(arr) else None


@overload("numpy.array_str", "array.__str__")
def array_str(a):
    return _array_str if is_array(a) else None


def _dumps(a):
    return pickled(a)


@overload("array.dumps")
def dumps(a):
    return _dumps if is_array(a) else None


def _tofile(a, fid, sep="", format="%s"):
    write_raw(a, fid, sep, format)


@overload("array.tofile")
def tofile(a, fid, sep="", format="%s"):
    if is_array(a) and is_text(fid) and _is_text(sep) and _is_text(format):
        return _tofile


def _save(file, arr):
    write_array(file, arr)


@overload("numpy.save")
def save(file, arr):
    return _save if is_text(file) and is_array(arr) else None


def _savetxt(fname, X, fmt="%.18e", delimiter=" ", newline="\n", header="", footer="", comments="# "):
    write_text(fname, X, fmt, delimiter, newline, header, footer, comments)


@overload("numpy.savetxt")
def savetxt(fname, X, fmt="%.18e", delimiter=" ", newline="\n", header="", footer="", comments="# "):
    if is_text(fname) and is_array(X) and X.ndim in (1, 2) and all(map(_is_text, (fmt, delimiter, newline, header, footer, comments))):
        return _savetxt


# Dates


def _datetime_as_string(arr, unit=None):
    return date_text(arr, unit)


@cache
def _dates_as_strings(width):
    def datetime_as_string(arr, unit=None):
        made = np.empty(arr.shape, width)
        for position in np.ndindex(arr.shape):
            made[position] = date_text(arr[position], unit)
        return made

    return datetime_as_string


@overload("numpy.datetime_as_string")
def datetime_as_string(arr, unit=None):
    if not (is_absent(unit) or text(unit) is not None):
        return None
    if is_time(arr) and kind(arr) == "datetime":
        return _datetime_as_string
    if is_array(arr) and kind(arr.dtype) == "datetime":
        name = text(unit) if unit is not None and text(unit) not in (None, "auto") else None
        target = arr.dtype.numpy_dtype if name is None else np.dtype(f"M8[{name}]")
        # The width is that of NumPy's longest date of the unit.
        return _dates_as_strings(np.datetime_as_string(np.zeros(1, target)).dtype)
