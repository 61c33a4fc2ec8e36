"""A lock that programs of Numba's users take around compilations. Compiling here needs none: it is safe from any thread."""

import functools
import threading


class _CompilerLock:
    """A recursive lock; also a decorator for functions that hold it."""

    def __init__(self):
        self._lock = threading.RLock()
        self._held = 0

    def acquire(self):
        self._lock.acquire()
        self._held += 1

    def release(self):
        self._held -= 1
        self._lock.release()

    def __enter__(self):
        self.acquire()

    def __exit__(self, *details):
        self.release()

    def is_locked(self):
        return self._held > 0

    def __call__(self, func):
        @functools.wraps(func)
        def held(*args, **kwargs):
            with self:
                return func(*args, **kwargs)

        return held


global_compiler_lock = _CompilerLock()


def require_global_compiler_lock():
    """Raises unless the lock is held."""
    assert global_compiler_lock.is_locked()
