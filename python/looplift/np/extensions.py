"""Functions beside NumPy's own: `cross2d`, the cross product of vectors in the plane."""

from looplift.extending import register_jitable

__all__ = ["cross2d"]


@register_jitable
def cross2d(a, b):
    """The scalar cross product of vectors of two elements in the last axis of `a` and `b`.

    Raises ValueError when the last axes have another length.
    """
    if a.shape[-1] != 2 or b.shape[-1] != 2:
        raise ValueError("Incompatible dimensions for 2D cross product\n(dimensions must be 2 for both inputs)")
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
