"""`collections`: deques, which are lists, and counters and ordered dicts, which are dicts."""

from collections import Counter

from looplift.library._primitives import list_like, list_splice
from looplift.library._registry import overload
from looplift.library._types import is_absent, is_index, is_number, kind
from looplift.library.lists import is_iterable

# Deques: both ends of a list have room.


def _appendleft(x, value):
    item = list_like(x, 1)
    item.append(value)
    list_splice(x, 0, 0, item, 0, 1, 1)


def _popleft(x):
    if len(x) == 0:
        raise IndexError("pop from an empty deque")
    value = x[0]
    list_splice(x, 0, 1, x, 0, 1, 0)
    return value


def _extendleft(x, values):
    items = list_like(x, 0)
    items.extend(values)
    n = len(items)
    if n > 0:
        list_splice(x, 0, 0, items, n - 1, -1, n)


def _rotate(x, n=1):
    count = len(x)
    if count > 1:
        k = n % count
        old = list_like(x, count)
        old.extend(x)
        list_splice(x, 0, k, old, count - k, 1, k)
        list_splice(x, k, count - k, old, 0, 1, count - k)


def _of_flavour(name, flavour, implementation):
    @overload(name)
    def method(x, *args):
        return implementation if x.flavour == flavour else None


_of_flavour("list.appendleft", "deque", _appendleft)
_of_flavour("list.popleft", "deque", _popleft)
_of_flavour("list.extendleft", "deque", _extendleft)


@overload("list.rotate")
def rotate(x, n=1):
    return _rotate if x.flavour == "deque" and (n == 1 or is_index(n)) else None


# Ordered dicts


def _to_end(x, key, last=True):
    value = x.pop(key)
    if last:
        x[key] = value
    else:
        others = list(x.items())
        x.clear()
        x[key] = value
        for other, kept in others:
            x[other] = kept


@overload("dict.move_to_end")
def move_to_end(x, key, last=True):
    return _to_end if x.flavour == "ordered" else None


# Counters


def _counted(iterable):
    out = Counter()
    for x in iterable:
        out[x] += 1
    return out


def _copied(mapping):
    out = Counter()
    for key, n in mapping.items():
        out[key] = n
    return out


@overload("collections.Counter")
def counter(iterable):
    if kind(iterable) == "dict":
        return _copied if is_number(iterable.value_type) else None
    return _counted if is_iterable(iterable) or kind(iterable) in ("str", "literal_str", "generator", "iterator") else None


def _update(x, iterable):
    for key in iterable:
        x[key] += 1


def _update_by(x, other):
    for key, n in other.items():
        x[key] += n


def _subtract(x, iterable):
    for key in iterable:
        x[key] -= 1


def _subtract_by(x, other):
    for key, n in other.items():
        x[key] -= n


def _changes(name, by_items, by_counts):
    @overload("dict." + name)
    def change(x, other):
        if x.flavour != "counter":
            return None
        return by_counts if kind(other) == "dict" else by_items


_changes("update", _update, _update_by)
_changes("subtract", _subtract, _subtract_by)


def _count(item):
    return item[1]


def _most_common(x, n=None):
    return sorted(x.items(), key=_count, reverse=True)


def _most_common_few(x, n=None):
    return sorted(x.items(), key=_count, reverse=True)[: max(n, 0)]


@overload("dict.most_common")
def most_common(x, n=None):
    if x.flavour != "counter":
        return None
    return _most_common if is_absent(n) else _most_common_few


def _total(x):
    total = 0
    for n in x.values():
        total += n
    return total


_of_flavour("dict.total", "counter", _total)


def _elements(x):
    for key, n in x.items():
        for _ in range(n):
            yield key


_of_flavour("dict.elements", "counter", _elements)
