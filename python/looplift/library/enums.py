"""Members of enumerations and their classes, where the compiler does not answer itself."""

import enum

from looplift.library._registry import overload
from looplift.library._types import kind


def _of_class(t):
    return getattr(t, "value", None) if kind(t) == "function" else None


@overload("function.__call__")
def call(cls, value):
    """`Class(value)`: the member that has the value."""
    target = _of_class(cls)
    if not isinstance(target, enum.EnumMeta) or issubclass(target, enum.Flag):
        return None
    members = tuple(target)
    values = tuple(m.value for m in members)
    message = f"the value is not a valid {target.__qualname__}"

    def implementation(cls, value):
        for k in range(len(values)):
            if values[k] == value:
                return members[k]
        raise ValueError(message)

    return implementation


@overload("enum.__contains__", "int_enum.__contains__")
def contains(flags, flag):
    """`flag in flags`: all bits of the one are set in the other."""
    if flags != flag or not issubclass(flags.value, enum.Flag):
        return None

    def implementation(flags, flag):
        return (flags.value & flag.value) == flag.value

    return implementation


@overload("enum@name", "int_enum@name")
def name(member):
    cls = member.value
    values = tuple(m.value for m in cls)
    names = tuple(m.name for m in cls)
    message = f"a combination of members of {cls.__qualname__} has no name that is known to the compiler"

    def implementation(member):
        for k in range(len(values)):
            if values[k] == member.value:
                return names[k]
        raise ValueError(message)

    return implementation


@overload("enum.__hash__")
def hash_of(member):
    """Python's, which is that of the name and changes from process to process."""
    cls = member.value
    if issubclass(cls, enum.Flag):

        def of_value(member):
            return hash(member.value)

        return of_value
    members = tuple(cls)
    hashes = tuple(hash(m) for m in members)

    def implementation(member):
        for k in range(len(members)):
            if members[k] is member:
                return hashes[k]
        return 0

    return implementation


@overload("int_enum.__hash__")
def hash_of_int(member):
    def implementation(member):
        return hash(member.value)

    return implementation
