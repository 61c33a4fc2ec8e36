"""Tables of `str.translate`, and buffers: `bytearray` and `memoryview`, which are arrays of bytes in compiled code."""

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import is_absent, is_array, is_index, is_int_tuple, kind


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
    if kind(source) in ("list", "range", "set") and is_index(source.dtype):
        return _counted
    if is_int_tuple(source):
        return _of_tuple
    return None


def _byte(value):
    if value < 0 or value > 255:
        raise ValueError("byte must be in range(0, 256)")
    return np.uint8(value)


def _counted(source=None):
    out = np.zeros(len(source), np.uint8)
    k = 0
    for value in source:
        out[k] = _byte(value)
        k += 1
    return out


def _of_tuple(source=None):
    return _counted(list(source))


# Operators of byte arrays that a function made (`ops/bytearrays.rs`).


def _memory(x):
    return np.frombuffer(x, np.uint8)


def joined(x, y):
    a, b = _memory(x), _memory(y)
    out = np.empty(len(a) + len(b), np.uint8)
    out[: len(a)] = a
    out[len(a) :] = b
    return out


def repeated(x, count):
    n = len(x)
    if n == 1 and count > 0:
        return np.full(count, x[0], np.uint8)
    out = np.empty(n * max(count, 0), np.uint8)
    for k in range(count):
        out[k * n : (k + 1) * n] = x
    return out


def equal(x, y):
    a, b = _memory(x), _memory(y)
    if len(a) != len(b):
        return False
    for k in range(len(a)):
        if a[k] != b[k]:
            return False
    return True


def different(x, y):
    return not equal(x, y)


def part(x, index):
    return np.ascontiguousarray(x[index]).copy()


def store(x, index, value):
    target, given = x[index], _memory(value)
    if len(target) != len(given):
        raise ValueError("a byte array keeps its length in compiled code: as many bytes are stored as there are")
    target[:] = given.copy()


def _view(object):
    return np.frombuffer(object, np.uint8)


@overload("builtins.memoryview")
def memoryview_(object):
    if kind(object) == "bytes":
        return _view
    if is_array(object):
        return lambda object: object
    return None
