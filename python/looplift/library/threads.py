"""Threads of parallel loops, from compiled code."""

from looplift import _threads
from looplift.library._native import parallel_chunk, set_parallel_chunk, set_thread_limit, thread_limit, thread_number
from looplift.errors import TypingError
from looplift.library._registry import overload
from looplift.library._types import is_int

MAXIMUM = _threads.maximum()


@overload("looplift._threads.get_thread_id")
def get_thread_id():
    def implementation():
        return thread_number()

    return implementation


@overload("looplift._threads.get_num_threads")
def get_num_threads():
    def implementation():
        n = thread_limit()
        return n if n > 0 else MAXIMUM

    return implementation


@overload("looplift._threads.set_num_threads")
def set_num_threads(n):
    if not is_int(n):
        raise TypingError(_threads.WORDS_OF_COUNT)

    def implementation(n):
        if n < 1 or n > MAXIMUM:
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
