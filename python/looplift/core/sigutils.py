"""Signatures in any form."""

from looplift import _core
from looplift._signature import normalized


def is_signature(sig):
    """Whether this is a signature: text, a tuple of types, or a signature object."""
    from looplift.decorators import _is_signature

    return _is_signature(sig)


def normalize_signature(sig):
    """(argument types, result type or None)."""
    return _core.normalize_signature(normalized(sig))
