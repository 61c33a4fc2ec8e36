"""Attributes of arrays that are records or constants: flags, ctypes, data, base, device; shared memory."""

from functools import cache
from typing import NamedTuple

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import dtype_class, is_absent, is_array, is_tuple, kind_of, text
from looplift.library._views import address


class Flags(NamedTuple):
    """`a.flags` as far as the type of an array tells."""

    contiguous: bool
    c_contiguous: bool
    f_contiguous: bool
    writeable: bool
    aligned: bool
    owndata: bool
    fortran: bool
    forc: bool


@cache
def _flags(c, f, writeable, aligned):
    def flags(a):
        return Flags(c, c, f, writeable, aligned, False, f and not c, c or f)

    return flags


def _is_contiguous(shape, strides, itemsize):
    """In C order, as NumPy has it: dimensions of length one do not count, and what is empty is contiguous."""
    for n in shape:
        if n == 0:
            return True
    step = itemsize
    for k in range(len(shape) - 1, -1, -1):
        if shape[k] != 1 and strides[k] != step:
            return False
        step *= shape[k]
    return True


@cache
def _flags_of_strides(known_c, known_f, writeable, aligned):
    """What the type does not tell of the layout is read off the strides."""

    def flags(a):
        c = known_c or _is_contiguous(a.shape, a.strides, a.itemsize)
        f = known_f or _is_contiguous(a.T.shape, a.T.strides, a.itemsize)
        return Flags(c, c, f, writeable, aligned, False, f and not c, c or f)

    return flags


@overload("array@flags")
def flags(a):
    if a.ndim and not (a.is_c_contig and a.is_f_contig):
        return _flags_of_strides(a.is_c_contig, a.is_f_contig, a.mutable, a.aligned)
    return _flags(True, True, a.mutable, a.aligned)


class Ctypes(NamedTuple):
    """`a.ctypes`: what a C function is given of an array, which it keeps alive."""

    data: int
    shape: tuple
    strides: tuple
    array: object


def _ctypes(a):
    return Ctypes(address(a), a.shape, a.strides, a)


@overload("array@ctypes")
def ctypes(a):
    return _ctypes


class Memory(NamedTuple):
    """`a.data`: the description of a memory view."""

    nbytes: int
    itemsize: int
    ndim: int
    shape: tuple
    strides: tuple


def _data(a):
    return Memory(a.nbytes, a.itemsize, a.ndim, a.shape, a.strides)


@overload("array@data")
def data(a):
    return _data


def _device(a):
    return "cpu"


@overload("array@device")
def device(a):
    return _device


# Shared memory


def _extent(a):
    """The first byte of the elements and the byte behind them; nothing of an empty array."""
    low = address(a)
    high = low + a.itemsize
    for k in range(a.ndim):
        if a.shape[k] == 0:
            return 0, 0
        step = (a.shape[k] - 1) * a.strides[k]
        if step < 0:
            low += step
        else:
            high += step
    return low, high


def _may_share_memory(a, b, max_work=None):
    low, high = _extent(a)
    first, last = _extent(b)
    return low < last and first < high


@overload("numpy.may_share_memory")
def may_share_memory(a, b, max_work=None):
    if is_array(a) and is_array(b):
        return _may_share_memory


def _shares_memory(a, b, max_work=None):
    """Exact: some byte of some element of one is one of the other; elements are compared by their places."""
    if not _may_share_memory(a, b):
        return False
    starts = _starts(a)
    others = _starts(b)
    j = 0
    for i in range(len(starts)):
        while j < len(others) and others[j] + b.itemsize <= starts[i]:
            j += 1
        if j < len(others) and others[j] < starts[i] + a.itemsize:
            return True
    return False


def _starts(a):
    """The addresses of all elements in order."""
    made = np.empty(a.size, np.int64)
    at = 0
    for position in np.ndindex(a.shape):
        place = address(a)
        for k in range(a.ndim):
            place += position[k] * a.strides[k]
        made[at] = place
        at += 1
    made.sort()
    return made


@overload("numpy.shares_memory")
def shares_memory(a, b, max_work=None):
    if is_array(a) and is_array(b) and a.ndim and b.ndim:
        return _shares_memory


# dtypes as values

_KINDS = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}


@cache
def _answer(value):
    def isdtype(dtype, kind):
        return value

    return isdtype


def _is_of_kind(t, wanted):
    name = text(wanted)
    if name is not None:
        return None if name not in _KINDS else kind_of(t) in _KINDS[name]
    other = dtype_class(wanted)
    return None if other is None else other is t


@overload("numpy.isdtype")
def isdtype(dtype, kind):
    t = dtype_class(dtype)
    if t is None or is_absent(dtype):
        return None
    answers = [_is_of_kind(t, k) for k in kind.types] if is_tuple(kind) else [_is_of_kind(t, kind)]
    if None not in answers:
        return _answer(any(answers))


def missing_attribute(message):
    """What `getattr` of an attribute that there is not does."""
    raise AttributeError(message)
