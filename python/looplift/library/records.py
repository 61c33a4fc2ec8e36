"""Records: comparison field by field."""

from functools import cache

from looplift.library._registry import overload
from looplift.library._types import kind


@cache
def _all_equal(names):
    """The comparison of two records whose fields have these names, written out."""
    terms = [f"a[{name!r}] == b[{name!r}]" for name in names]
    namespace = {"__name__": __name__}
    exec(f"def implementation(a, b):\n    return {' and '.join(terms) or True}\n", namespace)
    return namespace["implementation"]


def _comparable(a, b):
    """The names of the fields, if both records have the same and none is an array."""
    if kind(a) != "record" or kind(b) != "record":
        return None
    dtype = a.numpy_dtype
    if dtype.names != b.numpy_dtype.names or any(dtype[name].subdtype for name in dtype.names):
        return None
    return dtype.names


@overload("record.__eq__")
def equal(a, b):
    names = _comparable(a, b)
    return None if names is None else _all_equal(names)


@overload("record.__ne__")
def not_equal(a, b):
    names = _comparable(a, b)
    if names is None:
        return None
    same = _all_equal(names)

    def implementation(a, b):
        return not same(a, b)

    return implementation


@overload("record.__len__")
def length(a):
    count = len(a.numpy_dtype.names)

    def implementation(a):
        return count

    return implementation
