"""`hash()` of values that have none: what the compiler does not know how to hash."""

from functools import cache

from looplift.library._registry import overload


@cache
def _refusal(message):
    def implementation(value):
        raise TypeError(message)

    return implementation


@overload("builtins.hash")
def hash_(value):
    return _refusal(f"unhashable type: '{value}'")
