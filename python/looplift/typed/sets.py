"""`typed.Set`."""

from collections.abc import MutableSet

from looplift._core import Container, Type, container_type, typeof_value
from looplift.typed._shared import Table


class Set(Table, MutableSet):
    """A set of one item type, shared with compiled code.

    `Set(iterable)` takes the type from the first item, `Set()` from what is put in first, `Set(T)` and `Set.empty(T)` are told.
    """

    _kind, _what, _undefined, _parameter = "set", "set", "SetType[undefined]", "settype"
    _changed = "Set changed size during iteration"

    def __init__(self, *args, settype=None, **_kwargs):
        if len(args) > 1:
            raise TypeError(f"Set() expected at most 1 argument, got {len(args)}")
        if args and isinstance(args[0], Type):
            settype, args = container_type("set", "typed", [args[0]]), ()
        if settype is not None:
            self._become(settype, 0)
        self._fill(args[0] if args else ())

    @classmethod
    def empty(cls, item_type, n_keys=0):
        """A new set of items of `item_type`."""
        return cls._of((item_type,), n_keys)

    @classmethod
    def _from_iterable(cls, items):
        return cls(items)

    _set_type = Table._numba_type_

    def _contents(self):
        return list(self)

    def _fill(self, items):
        for item in items:
            self.add(item)

    def _first(self, item):
        self._become(container_type("set", "typed", [typeof_value(item)]), 0)
        self.add(item)

    def _get_untyped(self, _key):
        raise TypeError("'Set' object is not subscriptable")

    def _set_untyped(self, _key, _value):
        raise TypeError("'Set' object does not support item assignment")

    def _del_item(self, _key):
        raise TypeError("'Set' object does not support item deletion")

    add = Container._add

    def discard(self, item):
        """Takes an item out, if it is there."""
        entry = self._find(item) if self._typed else -1
        if entry >= 0:
            self._delete(entry)

    def pop(self):
        """Takes some item out."""
        entry = self._pop_last("set is empty")
        item = self._key(entry)
        self._delete(entry)
        return item

    def union(self, *others):
        """The items of this set and of all others."""
        out = self.copy()
        out.update(*others)
        return out

    def update(self, *others):
        """Puts the items of all others in."""
        for other in others:
            self._fill(list(other))

    def intersection(self, other):
        """The items that are in both."""
        return self & set(other)

    def difference(self, other):
        """The items that are not in the other."""
        return self - set(other)

    def symmetric_difference(self, other):
        """The items that are in one of the two."""
        return self ^ set(other)

    def issubset(self, other):
        """Whether all items are in the other."""
        return self <= set(other)

    def issuperset(self, other):
        """Whether all items of the other are in this set."""
        return self >= set(other)

    def __str__(self):
        return "{" + ", ".join(map(repr, self)) + "}"
