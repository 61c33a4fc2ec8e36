"""Containers that Python and compiled code share: `List`, `Dict` and `Set` of one element type.

The memory belongs to the runtime, and neither side copies it: what compiled code changes Python sees at once. The element types are
given (`List.empty_list(types.float64)`, `Dict.empty(key_type, value_type)`) or taken from what is put in first. What is put in is
converted to them, if nothing is lost by that; TypingError otherwise.
"""

from looplift._core import set_container_classes
from looplift.typed.dicts import Dict
from looplift.typed.lists import List
from looplift.typed.sets import Set

set_container_classes(List, Dict, Set)

__all__ = ["Dict", "List", "Set"]
