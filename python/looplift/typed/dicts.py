"""`typed.Dict`."""

from collections.abc import Mapping, MutableMapping

from looplift._core import Container, container_type, typeof_value
from looplift.errors import TypingError
from looplift.typed._shared import Table


class Dict(Table, MutableMapping):
    """A dict of one key type and one value type, shared with compiled code; it keeps the order of insertion.

    `Dict(mapping)` takes the types from the first item, `Dict()` from what is put in first, `Dict.empty(K, V)` is told.
    """

    _kind, _what, _undefined, _parameter = "dict", "dictionary", "DictType[undefined,undefined]", "dcttype"
    _changed = "dictionary changed size during iteration"

    def __init__(self, *args, dcttype=None, n_keys=0, **kwargs):
        if len(args) > 1:
            raise TypingError(f"Dict expect at most 1 argument, got {len(args)}")
        if dcttype is not None:
            self._become(dcttype, n_keys)
        if args:
            self._fill(_items(args[0]))
        if kwargs:
            self._fill(kwargs.items())

    @classmethod
    def empty(cls, key_type, value_type, n_keys=0):
        """A new dict with keys of `key_type` and values of `value_type`."""
        for part, what in ((key_type, "key"), (value_type, "value")):
            if getattr(part, "kind", None) in ("list", "set") and part.flavour != "typed":
                raise TypingError(f"{part} as {what} is forbidden: types of shared lists and sets are ListType and SetType")
        return cls._of((key_type, value_type), n_keys)

    _dict_type = Table._numba_type_

    def _contents(self):
        return list(self.items())

    def _fill(self, items):
        for key, value in items:
            self[key] = value

    def _get_untyped(self, key):
        raise KeyError(key)

    def _set_untyped(self, key, value):
        self._become(container_type("dict", "typed", [typeof_value(key), typeof_value(value)]), 0)
        self[key] = value

    def _del_item(self, key):
        entry = self._find(key) if self._typed else -1
        if entry < 0:
            raise KeyError(key)
        self._delete(entry)

    get = Container._lookup

    def setdefault(self, key, default=None):
        """The value of a key, which gets the default if there is none."""
        if key in self:
            return self[key]
        if default is None and not self._typed:
            raise TypeError("invalid operation on untyped dictionary")
        self[key] = default
        return self[key]

    def popitem(self):
        """Takes out the item that was put in last."""
        entry = self._pop_last("dictionary is empty")
        item = self._key(entry), self._value(entry)
        self._delete(entry)
        return item

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

    def __str__(self):
        return "{" + ", ".join(f"{key!r}: {value!r}" for key, value in self.items()) + "}"


def _items(source):
    """The items of a mapping, or pairs."""
    if isinstance(source, Mapping):
        return source.items()
    try:
        pairs = list(source)
    except TypeError as e:
        raise TypingError(str(e)) from None
    for k, pair in enumerate(pairs):
        if len(pair) != 2:
            raise ValueError(f"dictionary update sequence element #{k} has length {len(pair)}; 2 is required")
    return pairs
