"""Attributes of exceptions that compiled code catches: what they are is found out on an example."""

from looplift import _core

# An object of each type of arguments; the attribute of an exception made of such has the type that is asked for.
_EXAMPLES = {"integer": 1, "float": 1.5, "boolean": True, "complex": 1j, "str": "text", "bytes": b"bytes", "none": None}


def _example(t):
    if hasattr(t, "literal_value"):
        return t.literal_value
    if t.kind in ("tuple", "namedtuple"):
        return tuple(map(_example, t.types))
    if t.kind in ("exception_class", "function", "object"):
        raise TypeError(f"no example of {t}")
    return _EXAMPLES[t.kind]


def attribute_type(exception, types, name):
    """The type of the attribute `name` of `exception(*values)` for values of these types; None if it has none, or none that is known."""
    from looplift import typeof

    types, named = list(types), {}
    if types and types[-1].kind == "literal_dict":
        named = {key.literal_value: _example(t) for key, t in types.pop().literal_value.items()}
    try:
        value = getattr(exception(*map(_example, types), **named), name)
        found = typeof(value)
    except Exception:  # whatever the class does with an example
        return None
    return found.unliteral if isinstance(found, _core.Type) else None
