"""`typed.Dict`."""

from collections.abc import Mapping, MutableMapping
from functools import partial
from types import GenericAlias

from looplift._core import Container, Type, container_type, typeof_value


class Dict(Container, MutableMapping):
    """A dict of one key type and one value type, shared with compiled code; it keeps the order of insertion.

    `Dict(mapping)` takes the types from the first item, `Dict()` from what is put in first, `Dict.empty(K, V)` is told.
    """

    def __init__(self, *args, dcttype=None, n_keys=0, **kwargs):
        if len(args) > 1:
            raise TypeError(f"Dict() expected at most 1 argument, got {len(args)}")
        if dcttype is not None:
            self._become(dcttype, n_keys)
        if args or kwargs:
            self.update(*args, **kwargs)

    @classmethod
    def empty(cls, key_type, value_type, n_keys=0):
        """A new dict with keys of `key_type` and values of `value_type`."""
        return cls(dcttype=container_type("dict", "typed", [key_type, value_type]), n_keys=n_keys)

    def __class_getitem__(cls, items):
        if isinstance(items, tuple) and all(isinstance(i, Type) for i in items):
            return partial(cls, dcttype=container_type("dict", "typed", list(items)))
        return GenericAlias(cls, items)

    @property
    def _typed(self):
        return self._type is not None

    @property
    def _numba_type_(self):
        if self._type is None:
            raise TypeError("invalid operation on untyped dictionary")
        return self._type

    _dict_type = _numba_type_

    def __len__(self):
        return self._len()

    def __iter__(self):
        n = len(self)
        entry = self._next(0) if n else -1
        while entry >= 0:
            yield self._key(entry)
            if len(self) != n:
                raise RuntimeError("dictionary changed size during iteration")
            entry = self._next(entry + 1)

    def __getitem__(self, key):
        entry = self._find(key) if self._typed else -1
        if entry < 0:
            raise KeyError(key)
        return self._value(entry)

    def __setitem__(self, key, value):
        if not self._typed:
            self._become(container_type("dict", "typed", [typeof_value(key), typeof_value(value)]), 0)
        self._insert(key, value)

    def __delitem__(self, key):
        entry = self._find(key) if self._typed else -1
        if entry < 0:
            raise KeyError(key)
        self._delete(entry)

    def __contains__(self, key):
        return self._typed and self._find(key) >= 0

    def popitem(self):
        """Takes out the item that was put in last."""
        entry = self._last() if len(self) else -1
        if entry < 0:
            raise KeyError("dictionary is empty")
        item = self._key(entry), self._value(entry)
        self._delete(entry)
        return item

    def clear(self):
        """Takes all items out."""
        if self._typed:
            self._clear()

    def copy(self):
        """A new dict of the same items."""
        out = type(self)(dcttype=self._type) if self._typed else type(self)()
        for key, value in self.items():
            out[key] = value
        return out

    def __or__(self, other):
        if not isinstance(other, Mapping):
            return NotImplemented
        out = self.copy()
        out.update(other)
        return out

    def __ior__(self, other):
        self.update(other)
        return self

    def __eq__(self, other):
        if not isinstance(other, Mapping):
            return NotImplemented
        return dict(self.items()) == dict(other.items())

    __hash__ = None

    def __str__(self):
        return "{" + ", ".join(f"{key!r}: {value!r}" for key, value in self.items()) + "}"

    def __repr__(self):
        name = str(self._type) if self._typed else "DictType[undefined,undefined]"
        return f"{name}({self})"

    def __reduce__(self):
        return _rebuild, (self._type, list(self.items()))


def _rebuild(ty, items):
    out = Dict() if ty is None else Dict(dcttype=ty)
    for key, value in items:
        out[key] = value
    return out
