"""Unpacking, and mapping patterns of `match`: what the compiler calls for values that are no tuples.

Each is an object that is asked for the implementation for a call's types, in which the numbers of targets and the keys are known.
"""

from functools import lru_cache


class _Made:
    """A function of which there is one for each number of items."""

    def __init__(self, make):
        self._make = make
        self.__name__ = make.__name__

    def __looplift_implementation__(self, args, kwargs):
        return self._make(*(a.literal_value if a.kind == "literal_int" else len(a.types) for a in args[1:]))


def _compiled(text):
    scope = {"__name__": __name__}
    exec(compile(text, "<unpacking>", "exec"), scope)  # numbers only
    return scope["implementation"]


def _items(names):
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


@lru_cache
def _unpack(count):
    return _compiled(f"""
def implementation(iterable, count):
    items = []
    for item in iterable:
        if len(items) == {count}:
            raise ValueError("too many values to unpack (expected {count})")
        items.append(item)
    if len(items) < {count}:
        raise ValueError(f"not enough values to unpack (expected {count}, got {{len(items)}})")
    return {_items([f"items[{k}]" for k in range(count)])}
""")


@lru_cache
def _unpack_star(before, after):
    least = before + after
    parts = [f"items[{k}]" for k in range(before)] + [f"items[{before}:n - {after}]"] + [f"items[n - {k}]" for k in range(after, 0, -1)]
    return _compiled(f"""
def implementation(iterable, before, after):
    items = [item for item in iterable]
    n = len(items)
    if n < {least}:
        raise ValueError(f"not enough values to unpack (expected at least {least}, got {{n}})")
    return {_items(parts)}
""")


@lru_cache
def _match_keys(count):
    known = " and ".join(f"keys[{k}] in mapping" for k in range(count)) or "True"
    return _compiled(f"""
def implementation(mapping, keys):
    if {known}:
        return {_items([f"mapping[keys[{k}]]" for k in range(count)])}
    return None
""")


unpack = _Made(_unpack)
unpack_star = _Made(_unpack_star)
match_keys = _Made(_match_keys)
