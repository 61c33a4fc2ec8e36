"""What typed containers have in common. Items by index and key, `append`, `add`, `in` and `len` are native (`Container`)."""

from functools import partial
from types import GenericAlias

from looplift._core import Container, Type, container_type


class Shared(Container):
    """A container of known element types, or one whose types are not known yet."""

    # The kind of its type, what it calls itself, and how its text begins while it is untyped.
    _kind = _what = _undefined = ""

    @classmethod
    def _of(cls, parts, room=0):
        """A new container of these element types."""
        out = cls()
        out._become(container_type(cls._kind, "typed", list(parts)), room)
        return out

    def __class_getitem__(cls, items):
        parts = items if isinstance(items, tuple) else (items,)
        if all(isinstance(part, Type) for part in parts):
            return partial(cls, **{cls._parameter: container_type(cls._kind, "typed", list(parts))})
        return GenericAlias(cls, items)

    @property
    def _typed(self):
        return self._type is not None

    @property
    def _numba_type_(self):
        if self._type is None:
            raise TypeError(f"invalid operation on untyped {self._what}")
        return self._type

    def _like(self):
        """An empty container of the same type."""
        return type(self)(**{self._parameter: self._type}) if self._typed else type(self)()

    __hash__ = None

    def __repr__(self):
        return f"{self._type if self._typed else self._undefined}({self})"

    def __reduce__(self):
        return _rebuild, (type(self), self._type, self._contents())


def _rebuild(cls, ty, contents):
    out = cls() if ty is None else cls(**{cls._parameter: ty})
    out._fill(contents)
    return out


class Table(Shared):
    """A dict or a set: entries in order of insertion, by number."""

    def __iter__(self):
        n = len(self)
        entry = self._next(0) if n else -1
        while entry >= 0:
            yield self._key(entry)
            if len(self) != n:
                raise RuntimeError(self._changed)
            entry = self._next(entry + 1)

    def _pop_last(self, message):
        """The last entry, which is deleted by whoever asks."""
        entry = self._last() if len(self) else -1
        if entry < 0:
            raise KeyError(message)
        return entry

    def clear(self):
        """Takes all items out."""
        if self._typed:
            self._clear()

    def copy(self):
        """A new container of the same items."""
        out = self._like()
        out._fill(self._contents())
        return out
