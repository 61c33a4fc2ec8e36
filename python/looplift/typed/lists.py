"""`typed.List`."""

from collections.abc import MutableSequence
from functools import cache
from operator import index as as_index

import numpy as np

from looplift._core import Container, CPUDispatcher, container_type, typeof_value
from looplift.errors import TypingError
from looplift.typed._shared import Shared


class List(Shared, MutableSequence):
    """A list of one element type, shared with compiled code.

    `List(iterable)` takes the type from its first element, `List()` from what is put in first, `List(lsttype=ListType(T))` and
    `List.empty_list(T)` are told.
    """

    _kind, _what, _undefined, _parameter = "list", "list", "ListType[Undefined]", "lsttype"

    def __init__(self, *args, lsttype=None, allocated=0, **kwargs):
        if kwargs:
            raise TypeError("List() takes no keyword arguments")
        if len(args) > 1:
            raise TypeError(f"List() expected at most 1 argument, got {len(args)}")
        if lsttype is not None:
            self._become(lsttype, allocated)
        if args and not hasattr(args[0], "__iter__"):
            raise TypeError("List() argument must be iterable")
        if args and isinstance(args[0], np.ndarray) and args[0].ndim == 0:
            args = (args[0].ravel(),)
        self._fill(args[0] if args else ())

    @classmethod
    def empty_list(cls, item_type, allocated=0):
        """A new list of elements of `item_type`, with room for some."""
        return cls._of((item_type,), allocated)

    # What it is

    _list_type = Shared._numba_type_

    @property
    def _dtype(self):
        if self._type is None:
            raise RuntimeError("invalid operation on untyped list")
        return self._type.dtype

    def _is_mutable(self):
        return not (self._typed and self._frozen())

    def _make_mutable(self):
        self._freeze(False)

    def _make_immutable(self):
        self._freeze(True)

    def _allocated(self):
        return self._capacity() if self._typed else 0

    def _check_mutable(self):
        if not self._is_mutable():
            raise ValueError("list is immutable")

    # Elements

    def _contents(self):
        return list(self)

    def _fill(self, items):
        for item in items:
            self.append(item)

    def __iter__(self):
        return iter(self._items() if self._typed else ())

    def _position(self, i, message):
        n = len(self)
        i = as_index(i)
        j = i + n if i < 0 else i
        if not 0 <= j < n:
            raise IndexError(message)
        return j

    def _with(self, items):
        """A list of the same type with these elements."""
        out = self._like()
        out._fill(items)
        return out

    def _get_untyped(self, i):
        if isinstance(i, slice):
            return self._like()
        raise IndexError("list index out of range")

    def _get_slice(self, i):
        start, stop, step = i.indices(len(self))
        out = self._like()
        out._splice(0, 0, self, start, step, len(range(start, stop, step)))
        return out

    def getitem_unchecked(self, i):
        """Element `i`; the index is checked all the same."""
        return self[i]

    def _set_untyped(self, i, value):
        if not isinstance(i, slice):
            raise IndexError("list assignment index out of range")
        self.extend(value)

    def _set_slice(self, i, value):
        self._check_mutable()
        start, stop, step = i.indices(len(self))
        items = self._with(value)
        if step == 1:
            self._splice(start, max(stop - start, 0), items, 0, 1, len(items))
        else:
            places = range(start, stop, step)
            if len(places) != len(items):
                raise ValueError(f"length mismatch for extended slice and sequence: {len(places)} and {len(items)} elements")
            for place, item in zip(places, items, strict=True):
                self[place] = item

    def _del_item(self, i):
        self._check_mutable()
        if isinstance(i, slice):
            for place in sorted(range(*i.indices(len(self))), reverse=True):
                self._splice(place, 1, self, 0, 1, 0)
        else:
            self._splice(self._position(i, "list assignment index out of range"), 1, self, 0, 1, 0)

    def _first(self, item):
        self._become(container_type("list", "typed", [typeof_value(item)]), 0)
        self.append(item)

    append = Container._append

    def extend(self, iterable):
        """Puts all elements of an iterable at the end."""
        self._check_mutable()
        self._fill(list(iterable))

    def insert(self, i, item):
        """Puts an element before position `i`."""
        self._check_mutable()
        if not self._typed:
            self.append(item)
            return
        n = len(self)
        i = as_index(i)
        self._splice(max(i + n, 0) if i < 0 else min(i, n), 0, self._with([item]), 0, 1, 1)

    def pop(self, i=-1):
        """Takes an element out: the last one, or that at position `i`."""
        self._check_mutable()
        if len(self) == 0:
            raise IndexError("pop from empty list")
        place = self._position(i, "list index out of range")
        item = self[place]
        self._splice(place, 1, self, 0, 1, 0)
        return item

    def clear(self):
        """Takes all elements out."""
        self._check_mutable()
        if self._typed:
            self._splice(0, len(self), self, 0, 1, 0)

    def remove(self, item):
        """Takes out the first element that equals `item`."""
        self._check_mutable()
        try:
            del self[self.index(item)]
        except ValueError:
            raise ValueError("list.remove(x): x not in list") from None

    def index(self, item, start=None, stop=None):
        """The position of the first element that equals `item`."""
        items = list(self)
        try:
            return items.index(item, 0 if start is None else start, len(items) if stop is None else stop)
        except ValueError:
            raise ValueError("item not in list") from None

    def copy(self):
        """A new list of the same elements."""
        return self[:]

    def reverse(self):
        """Turns the order round."""
        self._check_mutable()
        if self._typed:
            n = len(self)
            self._splice(0, n, self.copy(), n - 1, -1, n)

    def sort(self, key=None, reverse=False):
        """Sorts in place, stably."""
        self._check_mutable()
        if not len(self):
            return
        if key is None or isinstance(key, CPUDispatcher):
            try:
                return _compiled_sort()(self, key, bool(reverse))
            except TypingError:
                # Elements that compiled code does not order: Python says what is wrong with them, or knows better.
                key = getattr(key, "py_func", key)
        self[:] = sorted(self, key=key, reverse=reverse)

    # Operators

    def __add__(self, other):
        if not isinstance(other, (List, list)):
            return NotImplemented
        out = self.copy()
        out.extend(other)
        return out

    def __mul__(self, n):
        out = self._like()
        for _ in range(as_index(n)):
            out.extend(self)
        return out

    __rmul__ = __mul__

    def _compare(self, other, operation):
        if not isinstance(other, (List, list, tuple)):
            return NotImplemented
        return getattr(list(self), operation)(list(other))

    def __eq__(self, other):
        return self._compare(other, "__eq__")

    def __ne__(self, other):
        return self._compare(other, "__ne__")

    def __lt__(self, other):
        return self._compare(other, "__lt__")

    def __le__(self, other):
        return self._compare(other, "__le__")

    def __gt__(self, other):
        return self._compare(other, "__gt__")

    def __ge__(self, other):
        return self._compare(other, "__ge__")

    def __array__(self, dtype=None, copy=None):
        return np.array(list(self), dtype=dtype)

    def __str__(self):
        return "[" + ", ".join(map(repr, self)) + "]"


@cache
def _compiled_sort():
    from looplift import njit

    @njit
    def sort(values, key, reverse):
        values.sort(key=key, reverse=reverse)

    return sort
