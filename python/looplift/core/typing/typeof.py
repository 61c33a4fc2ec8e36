"""The type of a value."""

import enum

from looplift import typeof
from looplift.extending import typeof_impl


class Purpose(enum.Enum):
    """What a type is asked for."""

    argument = 1
    constant = 2


def typeof_with_purpose(value, purpose=Purpose.argument):
    """`typeof(value)`."""
    return typeof(value)


__all__ = ["Purpose", "typeof", "typeof_impl", "typeof_with_purpose"]
