"""Threads of parallel loops: how many, which one, in what pieces. The names are Numba's."""

import operator
import os

from looplift import _core, config

_layer = None
WORDS_OF_COUNT = "The number of threads specified must be an integer"
WORDS_OF_CHUNK = "The parallel chunksize must be an integer"


def _integer(n, words):
    try:
        return operator.index(n)
    except TypeError:
        raise TypeError(words) from None


def maximum():
    """Threads that parallel loops may use at most: LOOPLIFT_NUM_THREADS, else the processors of this process."""
    n = getattr(config, "NUMBA_NUM_THREADS", None) or getattr(config, "NUM_THREADS", None)
    if n:
        return int(n)
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def set_num_threads(n):
    """Sets how many threads parallel loops called from this thread use: from 1 to the maximum."""
    n = _integer(n, WORDS_OF_COUNT)
    if not 1 <= n <= maximum():
        raise ValueError(f"The number of threads must be between 1 and {maximum()}")
    _core.set_thread_limit(n)


def get_num_threads():
    """How many threads parallel loops called from this thread use."""
    return _core.thread_limit() or maximum()


_core.set_thread_maximum(maximum())


def get_thread_id():
    """The number of the calling thread among those of the parallel loop that it runs, from 0; 0 outside."""
    return _core.thread_number()


def threading_layer():
    """The name of the threading layer, once a parallel function is compiled.

    There is one pool of threads, which hands out pieces as threads become free, and is safe in every situation that Numba's layers
    differ in: nested, from several threads, after fork. So the name is that of the layer that was asked for, whose promises hold:
    `THREADING_LAYER` if it is one, else the first of `THREADING_LAYER_PRIORITY` that has the asked-for property."""
    if _layer is None:
        raise ValueError("Threading layer is not initialized.")
    return _layer


# Layers of Numba's that promise a property.
_PROMISE = {"safe": ("tbb",), "threadsafe": ("tbb", "omp"), "forksafe": ("workqueue",), "default": ("tbb", "omp", "workqueue")}


def _asked_for():
    """See `threading_layer`."""
    asked = getattr(config, "THREADING_LAYER", None) or "default"
    if asked in _PROMISE["default"]:
        return asked
    if asked not in _PROMISE:
        raise ValueError(f"No threading layer is called {asked!r}; there are {', '.join((*_PROMISE['default'], *_PROMISE))}")
    names = [name for name in getattr(config, "THREADING_LAYER_PRIORITY", None) or () if name in _PROMISE[asked]]
    return names[0] if names else _PROMISE[asked][0]


def used():
    """A parallel function was compiled."""
    global _layer
    if _layer is None:
        _layer = _asked_for()
    _core.set_thread_maximum(maximum())


def set_parallel_chunksize(n):
    """Sets the iterations of a piece of a parallel loop called from this thread, 0 for as many as suit. Gives the old value."""
    n = _integer(n, WORDS_OF_CHUNK)
    if n < 0:
        raise ValueError("chunksize must be greater than or equal to zero")
    return _core.set_parallel_chunk(n)


def get_parallel_chunksize():
    """See `set_parallel_chunksize`."""
    return _core.parallel_chunk()


class parallel_chunksize:
    """``with parallel_chunksize(n):`` sets the chunk size for the block."""

    def __init__(self, n):
        self._size = n

    def __enter__(self):
        self._before = set_parallel_chunksize(self._size)
        return self

    def __exit__(self, *exc):
        set_parallel_chunksize(self._before)


def atomic_add(array, index, value):
    """Adds to an element of an array in one step, whatever other threads do to it, and gives what was there before.

    `index` is an integer or a tuple of integers. Sums of floats depend on the order in which threads come."""
    before = array[index]
    array[index] += value
    return before
