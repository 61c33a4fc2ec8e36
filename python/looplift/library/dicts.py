"""Dicts and their views. Storing, `update` and iteration are primitives of the compiler; what is as in sets is in `hashsets`."""

from functools import cache

from looplift._functions import compiled
from looplift.library._primitives import (
    table_delete,
    table_find,
    table_key,
    table_last,
    table_value,
)
from looplift.library._registry import overload
from looplift.library._types import kind, scalar_class
from looplift.library.hashsets import is_key


def is_dict(t):
    return kind(t) == "dict"


def _getitem(x, key):
    entry = table_find(x, key)
    if entry < 0:
        raise KeyError(key)
    return table_value(x, entry)


@overload("dict.__getitem__")
def getitem(x, key):
    if not is_key(key, x.key_type):
        return None
    if x.flavour == "counter":
        return _getitem_or_zero
    if x.flavour == "default":
        return _getitem_or_made(x.value_type) if x.factory is None else _getitem_or_returned(compiled(x.factory))
    return _getitem


def _getitem_or_zero(x, key):
    entry = table_find(x, key)
    if entry < 0:
        return 0
    return table_value(x, entry)


@cache
def _getitem_or_made(value_type):
    """Looks up, and puts the empty value of the type in where there is none."""
    return _getitem_or_returned(_EMPTY.get(kind(value_type), scalar_class(value_type)))


@cache
def _getitem_or_returned(make):
    """Looks up, and puts what a function returns in where there is none."""

    def getitem(x, key):
        entry = table_find(x, key)
        if entry < 0:
            x[key] = make()
            entry = table_find(x, key)
        return table_value(x, entry)

    return getitem


_EMPTY = {"list": list, "set": set, "dict": dict, "str": str}


def _delitem(x, key):
    entry = table_find(x, key)
    if entry < 0:
        raise KeyError(key)
    table_delete(x, entry)


@overload("dict.__delitem__")
def delitem(x, key):
    return _delitem if is_key(key, x.key_type) else None


def _get(x, key):
    entry = table_find(x, key)
    if entry < 0:
        return None
    return table_value(x, entry)


def _get_default(x, key, default):
    entry = table_find(x, key)
    if entry < 0:
        return default
    return table_value(x, entry)


@overload("dict.get")
def get(x, key, default=None):
    if not is_key(key, x.key_type):
        return None
    return _get if default is None else _get_default


def _setdefault(x, key, default):
    entry = table_find(x, key)
    if entry < 0:
        x[key] = default
        entry = table_find(x, key)
    return table_value(x, entry)


@overload("dict.setdefault")
def setdefault(x, key, default=None):
    return _setdefault if default is not None and is_key(key, x.key_type) else None


def _pop(x, key):
    entry = table_find(x, key)
    if entry < 0:
        raise KeyError(key)
    value = table_value(x, entry)
    table_delete(x, entry)
    return value


def _pop_default(x, key, default):
    entry = table_find(x, key)
    if entry < 0:
        return default
    value = table_value(x, entry)
    table_delete(x, entry)
    return value


@overload("dict.pop")
def pop(x, key, default=None):
    if not is_key(key, x.key_type):
        return None
    return _pop if default is None else _pop_default


def _popitem(x):
    entry = table_last(x)
    if entry < 0:
        raise KeyError("popitem(): dictionary is empty")
    key = table_key(x, entry)
    value = table_value(x, entry)
    table_delete(x, entry)
    return key, value


def _popitem_of_ordered(x, last=True):
    if len(x) == 0:
        raise KeyError("dictionary is empty")
    if not last:
        for key in x:
            return key, x.pop(key)
    return _popitem(x)


@overload("dict.popitem")
def popitem(x, last=True):
    if x.flavour == "ordered":
        return _popitem_of_ordered
    return _popitem if last is True else None


# Keys as keyword arguments; keys of an iterable


@cache
def named_values(names, into, given):
    """`dict(given, a=…, b=…)` or `x.update(given, a=…, b=…)`."""
    head = "x, " if into else ""
    lines = [f"def implementation({head}{'iterable, ' if given else 'iterable=None, '}*, {', '.join(names)}):"]
    if into:
        lines += ["    x.update(iterable)"] if given else []
        lines += [f"    x[{name!r}] = {name}" for name in names]
    else:
        lines.append("    out = dict(iterable)" if given else "    out = {}")
        lines += [f"    out[{name!r}] = {name}" for name in names]
        lines.append("    return out")
    scope = {}
    exec(compile("\n".join(lines), "<looplift dict>", "exec"), scope)  # text of this module's own making
    return scope["implementation"]


@overload("builtins.dict")
def dict_(iterable=None, **values):
    return named_values(tuple(values), False, iterable is not None) if values else None


def _from_keys(iterable, value=None):
    out = {}
    for key in iterable:
        out[key] = value
    return out


def _from_keys_of(x, iterable, value=None):
    return _from_keys(iterable, value)


@overload("builtins.dict.fromkeys")
def fromkeys(iterable, value=None):
    return _from_keys


@overload("dict.fromkeys")
def fromkeys_of(x, iterable, value=None):
    return _from_keys_of


def _equal(x, y):
    if len(x) != len(y):
        return False
    for key, value in x.items():
        entry = table_find(y, key)
        if entry < 0:
            return False
        if table_value(y, entry) != value:
            return False
    return True


def _unequal(x, y):
    return not _equal(x, y)


def _never(x, y):
    return False


def _always(x, y):
    return True


@overload("dict.__eq__")
def eq(x, y):
    return _equal if is_dict(y) and is_key(x.key_type, y.key_type) else _never


@overload("dict.__ne__")
def ne(x, y):
    return _unequal if is_dict(y) and is_key(x.key_type, y.key_type) else _always


# Views


def _view_contains(x, item):
    for other in x:
        if other == item:
            return True
    return False


def _view_not_contains(x, item):
    return not _view_contains(x, item)


def _both(x, y):
    return set(x) & set(y)


def _any(x, y):
    return set(x) | set(y)


def _without(x, y):
    return set(x) - set(y)


def _either(x, y):
    return set(x) ^ set(y)


def _same(x, y):
    return set(x) == set(y)


def _other(x, y):
    return set(x) != set(y)


def _within(x, y):
    return set(x) <= set(y)


def _around(x, y):
    return set(x) >= set(y)


def _of_views(name, implementation):
    """Views of keys and items are like sets."""

    @overload("dictview." + name)
    def operation(x, y):
        return implementation if kind(y) in ("set", "dictview") else None


for _name, _implementation in {
    "__and__": _both, "__or__": _any, "__sub__": _without, "__xor__": _either, "__eq__": _same, "__ne__": _other, "__le__": _within, "__ge__": _around,
}.items():  # fmt: skip
    _of_views(_name, _implementation)


@overload("dictview.__contains__")
def view_contains(x, item):
    return _view_contains


@overload("dictview.__not_contains__")
def view_not_contains(x, item):
    return _view_not_contains
