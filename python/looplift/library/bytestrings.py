"""Tables of `str.translate`, and buffers: `bytearray` and `memoryview`, which are arrays of bytes in compiled code."""

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import is_absent, is_array, is_index, kind


def _is_text(t):
    return kind(t) in ("str", "literal_str")


def _pairs(x, y):
    if len(x) != len(y):
        raise ValueError("the first two maketrans arguments must have equal length")
    table = {}
    for i in range(len(x)):
        table[ord(x[i])] = ord(y[i])
    return table


def _by_code(x):
    table = {}
    for key in x:
        table[key] = x[key]
    return table


def _by_character(x):
    table = {}
    for key in x:
        if len(key) != 1:
            raise ValueError("string keys in translate table must be of length 1")
        table[ord(key)] = x[key]
    return table


@overload("builtins.str.maketrans")
def maketrans(x, y=None, z=None):
    if not is_absent(z):
        return None
    if _is_text(x) and _is_text(y):
        return lambda x, y=None, z=None: _pairs(x, y)
    if kind(x) == "dict" and is_absent(y):
        if _is_text(x.key_type):
            return lambda x, y=None, z=None: _by_character(x)
        if is_index(x.key_type):
            return lambda x, y=None, z=None: _by_code(x)
    return None


def _zeros(source=None):
    if source < 0:
        raise ValueError("negative count")
    return np.zeros(source, np.uint8)


def _copied(source=None):
    return np.frombuffer(source, np.uint8).copy()


def _none(source=None):
    return np.zeros(0, np.uint8)


@overload("builtins.bytearray")
def bytearray_(source=None):
    if is_absent(source):
        return _none
    if is_index(source):
        return _zeros
    if kind(source) == "bytes" or is_array(source):
        return _copied
    return None


def _view(object):
    return np.frombuffer(object, np.uint8)


@overload("builtins.memoryview")
def memoryview_(object):
    if kind(object) == "bytes":
        return _view
    if is_array(object):
        return lambda object: object
    return None
