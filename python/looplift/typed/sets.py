"""`typed.Set`."""

from collections.abc import MutableSet
from functools import partial
from types import GenericAlias

from looplift._core import Container, Type, container_type, typeof_value


class Set(Container, MutableSet):
    """A set of one item type, shared with compiled code.

    `Set(iterable)` takes the type from the first item, `Set()` from what is put in first, `Set(T)` and `Set.empty(T)` are told.
    """

    def __init__(self, *args, settype=None, **_kwargs):
        if len(args) > 1:
            raise TypeError(f"Set() expected at most 1 argument, got {len(args)}")
        if args and isinstance(args[0], Type):
            settype, args = container_type("set", "typed", [args[0]]), ()
        if settype is not None:
            self._become(settype, 0)
        for item in args[0] if args else ():
            self.add(item)

    @classmethod
    def empty(cls, item_type, n_keys=0):
        """A new set of items of `item_type`."""
        return cls(settype=container_type("set", "typed", [item_type]))

    def __class_getitem__(cls, item):
        if isinstance(item, Type):
            return partial(cls, settype=container_type("set", "typed", [item]))
        return GenericAlias(cls, item)

    @classmethod
    def _from_iterable(cls, items):
        return cls(items)

    @property
    def _typed(self):
        return self._type is not None

    @property
    def _numba_type_(self):
        if self._type is None:
            raise TypeError("invalid operation on untyped set")
        return self._type

    _set_type = _numba_type_

    def __len__(self):
        return self._len()

    def __iter__(self):
        n = len(self)
        entry = self._next(0) if n else -1
        while entry >= 0:
            yield self._key(entry)
            if len(self) != n:
                raise RuntimeError("Set changed size during iteration")
            entry = self._next(entry + 1)

    def __contains__(self, item):
        return self._typed and self._find(item) >= 0

    def add(self, item):
        """Puts an item in."""
        if not self._typed:
            self._become(container_type("set", "typed", [typeof_value(item)]), 0)
        self._insert(item)

    def discard(self, item):
        """Takes an item out, if it is there."""
        entry = self._find(item) if self._typed else -1
        if entry >= 0:
            self._delete(entry)

    def pop(self):
        """Takes some item out."""
        entry = self._last() if len(self) else -1
        if entry < 0:
            raise KeyError("set is empty")
        item = self._key(entry)
        self._delete(entry)
        return item

    def clear(self):
        """Takes all items out."""
        if self._typed:
            self._clear()

    def copy(self):
        """A new set of the same items."""
        out = type(self)(settype=self._type) if self._typed else type(self)()
        for item in self:
            out.add(item)
        return out

    def union(self, *others):
        """The items of this set and of all others."""
        out = self.copy()
        for other in others:
            for item in other:
                out.add(item)
        return out

    def update(self, *others):
        """Puts the items of all others in."""
        for other in others:
            for item in list(other):
                self.add(item)

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

    def __repr__(self):
        name = str(self._type) if self._typed else "SetType[undefined]"
        return f"{name}({self})"

    def __reduce__(self):
        return _rebuild, (self._type, list(self))


def _rebuild(ty, items):
    out = Set() if ty is None else Set(settype=ty)
    for item in items:
        out.add(item)
    return out
