"""Membership and equality of tuples whose elements are neither numbers nor texts: element by element, as Python does it.

Tuples of numbers, texts and members of enumerations, and comparisons of nested ones, are the compiler's own.
"""

from looplift.library._registry import overload

# What is itself before it is equal to anything.
_WITH_IDENTITY = ("array", "list", "set", "dict", "instance")


def _has_identity(t):
    return t.kind in _WITH_IDENTITY or hasattr(getattr(t, "value", None), "__looplift_object__")


def _same(a, b, left, right):
    """The expression of whether two elements are one or equal."""
    equal = f"{left} == {right}"
    return f"{left} is {right} or {equal}" if a == b and _has_identity(a) else equal


def _made(name, parameters, lines):
    scope = {"__name__": __name__}
    text = f"def {name}({parameters}):\n" + "\n".join("    " + line for line in lines) + "\n"
    exec(compile(text, f"<looplift tuple.{name}>", "exec"), scope)  # numbers, and names that are ours
    return scope[name]


def _contains(self, item, found):
    lines = []
    for k, t in enumerate(self.types):
        lines += [f"if {_same(t, item, f'self[{k}]', 'item')}:", f"    return {found}"]
    return _made("contains", "self, item", [*lines, f"return {not found}"])


@overload("tuple.__contains__", "namedtuple.__contains__")
def tuple_contains(self, item):
    return _contains(self, item, True)


@overload("tuple.__not_contains__", "namedtuple.__not_contains__")
def tuple_not_contains(self, item):
    return _contains(self, item, False)


def _equal(self, other, equal):
    if getattr(other, "kind", None) not in ("tuple", "namedtuple"):
        return None
    if len(self.types) != len(other.types):
        return _made("equal", "self, other", [f"return {not equal}"])
    lines = []
    for k, (a, b) in enumerate(zip(self.types, other.types, strict=True)):
        lines += [f"if not ({_same(a, b, f'self[{k}]', f'other[{k}]')}):", f"    return {not equal}"]
    return _made("equal", "self, other", [*lines, f"return {equal}"])


@overload("tuple.__eq__", "namedtuple.__eq__")
def tuple_equal(self, other):
    return _equal(self, other, True)


@overload("tuple.__ne__", "namedtuple.__ne__")
def tuple_unequal(self, other):
    return _equal(self, other, False)
