"""Boxing and unboxing users' types (see `looplift._extension`)."""

from looplift._extension import BoxContext, NativeValue
from looplift._extension import box_for as box
from looplift._extension import unbox_for as unbox

__all__ = ["BoxContext", "NativeValue", "box", "unbox"]
