"""When two results of a program count as the same."""

import numpy as np


def difference(ours, theirs, tolerance=0.0) -> str | None:
    """Say how two results differ, or None if they agree.

    Scalars, arrays and (nested) tuples of them; integers and booleans must be equal, floats and complex
    numbers within the relative `tolerance` of the largest magnitude (0 asks for equal values, NaN equals NaN).
    """
    if isinstance(ours, tuple) or isinstance(theirs, tuple):
        if not (isinstance(ours, tuple) and isinstance(theirs, tuple)) or len(ours) != len(theirs):
            return f"{_kind(ours)} instead of {_kind(theirs)}"
        for position, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            found = difference(a, b, tolerance)
            if found:
                return f"item {position}: {found}"
        return None
    a, b = np.asarray(ours), np.asarray(theirs)
    if a.shape != b.shape:
        return f"shape {a.shape} instead of {b.shape}"
    if a.dtype.kind != b.dtype.kind and {a.dtype.kind, b.dtype.kind} != {"i", "u"}:
        return f"{a.dtype} instead of {b.dtype}"
    if isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray) and a.dtype != b.dtype:
        return f"{a.dtype} instead of {b.dtype}"
    if tolerance == 0.0 or a.dtype.kind not in "fc":
        if np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
            return None
        return f"{np.sum(a != b)} of {a.size} values differ"
    scale = np.max(np.abs(b[np.isfinite(b)]), initial=0.0)
    if np.allclose(a, b, rtol=tolerance, atol=tolerance * scale, equal_nan=True):
        return None
    return f"largest difference {np.nanmax(np.abs(a - b)):.3g} at magnitude {scale:.3g}"


def _kind(value):
    return f"a tuple of {len(value)}" if isinstance(value, tuple) else type(value).__name__
