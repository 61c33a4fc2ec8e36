"""Dicts and their views. Storing, `update` and iteration are primitives of the compiler; what is as in sets is in `hashsets`."""

from functools import cache

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
    return _getitem_or_made(x.value_type) if x.flavour == "default" else _getitem


def _getitem_or_zero(x, key):
    entry = table_find(x, key)
    if entry < 0:
        return 0
    return table_value(x, entry)


@cache
def _getitem_or_made(value_type):
    """Looks up, and puts the empty value of the type in where there is none."""
    make = _EMPTY.get(kind(value_type), scalar_class(value_type))

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


@overload("dictview.__contains__")
def view_contains(x, item):
    return _view_contains


@overload("dictview.__not_contains__")
def view_not_contains(x, item):
    return _view_not_contains
