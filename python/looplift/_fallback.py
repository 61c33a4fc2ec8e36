"""What `jit` does with a function it cannot compile while `nopython` is off: the Python function runs, with a warning."""

import warnings

_warned = set()


def warn(func, error):
    """Warns once a function."""
    from looplift.errors import NumbaWarning

    key = id(func.__code__)
    if key in _warned:
        return
    _warned.add(key)
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    warnings.warn(
        f"function '{func.__qualname__}' runs as plain Python because it cannot be compiled: {text}", NumbaWarning, stacklevel=3
    )
