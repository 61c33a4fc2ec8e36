"""Types of annotations."""

from looplift._annotations import AsNumbaType as AsNumbaTypeRegistry
from looplift._annotations import as_numba_type

__all__ = ["AsNumbaTypeRegistry", "as_numba_type"]
