"""`reversed(dict)`, membership in generators."""

from looplift.library._registry import overload
from looplift.library._types import is_iterator

# Backwards


def _backwards(x):
    items = list(x)
    for i in range(len(items) - 1, -1, -1):
        yield items[i]


for _kind in ("dict", "dictview"):

    @overload(_kind + ".__reversed__")
    def backwards(x):
        return _backwards


# Membership


def _has(x, value):
    for item in x:
        if item == value:
            return True
    return False


def _lacks(x, value):
    for item in x:
        if item == value:
            return False
    return True


for _kind in ("generator", "iterator"):

    @overload(_kind + ".__contains__")
    def contains(x, value):
        return _has if is_iterator(x) else None

    @overload(_kind + ".__not_contains__")
    def not_contains(x, value):
        return _lacks if is_iterator(x) else None
