"""Threads of parallel loops, from compiled code."""

from functools import cache
from typing import NamedTuple

import numpy as np

from looplift import _threads
from looplift.library._native import (
    atomic_add_f32,
    atomic_add_f64,
    atomic_add_int,
    parallel_chunk,
    set_parallel_chunk,
    set_thread_limit,
    thread_limit,
    thread_maximum,
    thread_number,
)
from looplift.errors import TypingError
from looplift.library._registry import overload
from looplift.library._types import element_class, is_array, is_index, is_int, is_int_tuple, is_real, is_tuple, kind_of
from looplift.library._views import address


@overload("looplift._threads.get_thread_id")
def get_thread_id():
    def implementation():
        return thread_number()

    return implementation


@overload("looplift._threads.get_num_threads")
def get_num_threads():
    def implementation():
        return thread_limit()

    return implementation


@overload("looplift._threads.set_num_threads")
def set_num_threads(n):
    if not is_int(n):
        raise TypingError(_threads.WORDS_OF_COUNT)

    def implementation(n):
        if n < 1 or n > thread_maximum():
            raise ValueError("The number of threads must be between 1 and the maximum")
        set_thread_limit(n)

    return implementation


@overload("looplift._threads.get_parallel_chunksize")
def get_parallel_chunksize():
    def implementation():
        return parallel_chunk()

    return implementation


@overload("looplift._threads.set_parallel_chunksize")
def set_parallel_chunksize(n):
    if not is_int(n):
        raise TypingError(_threads.WORDS_OF_CHUNK)

    def implementation(n):
        if n < 0:
            raise ValueError("chunksize must be greater than or equal to zero")
        return set_parallel_chunk(n)

    return implementation


class ChunkSize(NamedTuple):
    """What `with parallel_chunksize(n)` enters: the size, and the one to go back to."""

    __looplift_context__ = True

    size: int
    before: int

    def __enter__(self):
        set_parallel_chunk(self.size)

    def __exit__(self):
        set_parallel_chunk(self.before)


@overload("looplift._threads.parallel_chunksize")
def parallel_chunksize(n):
    if not is_int(n):
        raise TypingError(_threads.WORDS_OF_CHUNK)

    def implementation(n):
        if n < 0:
            raise ValueError("chunksize must be greater than or equal to zero")
        return ChunkSize(n, parallel_chunk())

    return implementation


@cache
def _atomic_add(t, ndim):
    """The addition to an element of an array of class `t`: of its address, which the index has been checked for."""
    name = np.dtype(t).name
    bits = np.dtype(t).itemsize * 8
    places = [f"index[{k}]" for k in range(ndim)] if ndim > 1 else ["index"]
    # Reading the element first checks the index.
    lines = ["def atomic_add(array, index, value):", "    array[index]", "    place = address(array)"]
    for k, i in enumerate(places):
        lines.append(f"    place += ({i} + array.shape[{k}] if {i} < 0 else {i}) * array.strides[{k}]")
    if name.startswith("float"):
        lines.append("    return t(add(place, t(value)))")
    else:
        lines.append(f"    return t(add(place, {bits}, np.int64(t(value))))")
    add = {"float64": atomic_add_f64, "float32": atomic_add_f32}.get(name, atomic_add_int)
    namespace = {"__name__": __name__, "np": np, "t": t, "add": add, "address": address}
    exec("\n".join(lines), namespace)
    return namespace["atomic_add"]


@overload("looplift._threads.atomic_add")
def atomic_add(array, index, value):
    if not is_array(array) or array.ndim == 0 or not array.mutable or not is_real(value):
        return None
    t = element_class(array)
    if t is None or t in (np.bool_, np.float16) or kind_of(t) not in "iuf" or not array.aligned:
        return None
    fits = is_index(index) if array.ndim == 1 else is_int_tuple(index, array.ndim)
    return _atomic_add(t, array.ndim) if fits else None


# Loops over the positions of a shape (`looplift._positions`).


@overload("looplift._positions.shape_of")
def shape_of(*lengths):
    if len(lengths) == 1 and is_int_tuple(lengths[0]):
        return _only
    if all(map(is_index, lengths)):
        return _all_of


def _only(shape):
    return shape


def _all_of(*lengths):
    return lengths


@overload("looplift._positions.range_of")
def range_of(shape):
    if is_tuple(shape):
        return _range_of


def _range_of(shape):
    count = 1
    for n in shape:
        count *= n
    return range(count)


@cache
def _position(ndim):
    """A function of the shape and the number of a position."""
    lines = ["def position(shape, number):"]
    for k in range(ndim - 1, 0, -1):
        lines.append(f"    i{k} = number % shape[{k}]")
        lines.append(f"    number //= shape[{k}]")
    lines.append("    i0 = number")
    lines.append(f"    return ({''.join(f'i{k}, ' for k in range(ndim))})")
    namespace = {"__name__": __name__}
    exec("\n".join(lines), namespace)
    return namespace["position"]


@overload("looplift._positions.position")
def position(shape, number):
    if is_tuple(shape) and shape.count:
        return _position(shape.count)
