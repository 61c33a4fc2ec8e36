"""`collections`: deques, which are lists, and counters and ordered dicts, which are dicts."""

import collections
from collections import Counter
from functools import cache

from looplift.errors import TypingError
from looplift.library._primitives import list_like, list_splice, list_state
from looplift.library._registry import overload
from looplift.library._types import is_absent, is_false, is_index, is_number, is_true, is_tuple, kind, text
from looplift.library.dicts import named_values
from looplift.library.lists import is_iterable

# Deques: lists with room at both ends, which may have a limit. `append` and `extend` are the compiler's.


def _appendleft(x, value):
    item = list_like(x, 1)
    item.append(value)
    list_splice(x, 0, 0, item, 0, 1, 1)
    list_state(x, 6)


def _popleft(x):
    if len(x) == 0:
        raise IndexError("pop from an empty deque")
    value = x[0]
    list_splice(x, 0, 1, x, 0, 1, 0)
    return value


def _pop(x):
    n = len(x)
    if n == 0:
        raise IndexError("pop from an empty deque")
    value = x[n - 1]
    list_splice(x, n - 1, 1, x, 0, 1, 0)
    return value


def _extendleft(x, values):
    items = list_like(x, 0)
    items.extend(values)
    n = len(items)
    if n > 0:
        list_splice(x, 0, 0, items, n - 1, -1, n)
        list_state(x, 6)


def _rotate(x, n=1):
    count = len(x)
    if count > 1:
        k = n % count
        old = list_like(x, count)
        old.extend(x)
        list_splice(x, 0, k, old, count - k, 1, k)
        list_splice(x, k, count - k, old, 0, 1, count - k)


def _insert(x, i, value):
    n = len(x)
    if n == list_state(x, 4):
        raise IndexError("deque already at its maximum size")
    j = max(i + n, 0) if i < 0 else min(i, n)
    item = list_like(x, 1)
    item.append(value)
    list_splice(x, j, 0, item, 0, 1, 1)


def _remove(x, value):
    for i in range(len(x)):
        if x[i] == value:
            list_splice(x, i, 1, x, 0, 1, 0)
            return
    raise ValueError(repr(value) + " is not in deque")


def _index(x, value, start=0, stop=9223372036854775807):
    n = len(x)
    low = max(start + n, 0) if start < 0 else start
    high = max(stop + n, 0) if stop < 0 else stop
    for i in range(low, min(high, n)):
        if x[i] == value:
            return i
    raise ValueError(repr(value) + " is not in deque")


def _del_item(x, index):
    n = len(x)
    i = index + n if index < 0 else index
    if i < 0 or i >= n:
        raise IndexError("deque index out of range")
    list_splice(x, i, 1, x, 0, 1, 0)


def _bounded_like(x):
    """A new empty deque with the limit of another one."""
    out = list_like(x, 0)
    list_state(out, -1 - list_state(x, 4))
    return out


def _copy(x):
    out = _bounded_like(x)
    out.extend(x)
    return out


def _add(x, y):
    out = _copy(x)
    out.extend(y)
    return out


def _times(x, n):
    out = _bounded_like(x)
    for _ in range(n):
        out.extend(x)
    return out


def _times_in_place(x, n):
    once = _copy(x)
    x.clear()
    for _ in range(n):
        x.extend(once)
    return x


def _maxlen(x):
    limit = list_state(x, 4)
    return None if limit < 0 else limit


def _is_deque(t):
    return kind(t) == "list" and t.flavour == "deque"


# Names of methods and operators of deques with what they mean and what they take after the deque.
_OF_DEQUES = {
    "appendleft": (_appendleft, lambda value: True),
    "popleft": (_popleft, lambda: True),
    "pop": (_pop, lambda: True),
    "extendleft": (_extendleft, lambda values: True),
    "rotate": (_rotate, lambda n=1: n == 1 or is_index(n)),
    "insert": (_insert, lambda i, value: is_index(i)),
    "remove": (_remove, lambda value: True),
    "index": (_index, lambda value, start=0, stop=0: all(k == 0 or is_index(k) for k in (start, stop))),
    "copy": (_copy, lambda: True),
    "__delitem__": (_del_item, is_index),
    "__add__": (_add, _is_deque),
    "__mul__": (_times, is_index),
    "__rmul__": (_times, is_index),
    "__imul__": (_times_in_place, is_index),
}


def of_deque(name, *args):
    """The implementation of a method of a deque; None where it is as of lists."""
    if name not in _OF_DEQUES:
        return None
    implementation, takes = _OF_DEQUES[name]
    try:
        fits = takes(*args)
    except TypeError:
        fits = False
    if not fits:
        raise TypingError(f"deque.{name} does not take ({', '.join(map(str, args))})")
    return implementation


def _of_flavour(name, flavour, implementation):
    @overload(name)
    def method(x, *args):
        return implementation if x.flavour == flavour else None


for _name in ("appendleft", "popleft", "extendleft", "rotate"):
    _of_flavour("list." + _name, "deque", _OF_DEQUES[_name][0])


@overload("list@maxlen")
def bound(x):
    return _maxlen if x.flavour == "deque" else None


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


@cache
def _named_counts(names):
    """`Counter(a=1, b=2)`, with or without an iterable before."""
    lines = [f"def counter(iterable=None, *, {', '.join(names)}):", "    out = Counter()"]
    lines += [f"    out[{name!r}] = {name}" for name in names]
    lines.append("    return out")
    scope = {"Counter": Counter}
    exec(compile("\n".join(lines), "<looplift Counter>", "exec"), scope)  # text of this module's own making
    return scope["counter"]


@overload("collections.Counter")
def counter(iterable=None, **counts):
    if counts:
        return _named_counts(tuple(counts)) if iterable is None and all(map(is_index, counts.values())) else None
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


# Arithmetic of counters: counts that are not positive are left out.


def _plus(x, y):
    out = Counter()
    for key, n in x.items():
        if n + y[key] > 0:
            out[key] = n + y[key]
    for key, n in y.items():
        if key not in x and n > 0:
            out[key] = n
    return out


def _minus(x, y):
    out = Counter()
    for key, n in x.items():
        if n - y[key] > 0:
            out[key] = n - y[key]
    for key, n in y.items():
        if key not in x and n < 0:
            out[key] = -n
    return out


def _least(x, y):
    out = Counter()
    for key, n in x.items():
        m = min(n, y[key])
        if m > 0:
            out[key] = m
    return out


def _greatest(x, y):
    out = Counter()
    for key, n in x.items():
        m = max(n, y[key])
        if m > 0:
            out[key] = m
    for key, n in y.items():
        if key not in x and n > 0:
            out[key] = n
    return out


def _arithmetic(name, implementation):
    @overload("dict." + name)
    def operation(x, y):
        return implementation if x.flavour == "counter" and kind(y) == "dict" and y.flavour == "counter" else None


_arithmetic("__add__", _plus)
_arithmetic("__sub__", _minus)
_arithmetic("__and__", _least)


def greatest(x, y):
    """`|` of counters, for `hashsets`, which has that of other dicts."""
    return _greatest


def _changes(name, by_items, by_counts):
    @overload("dict." + name)
    def change(x, other=None, **values):
        if x.flavour != "counter":
            return named_values(tuple(values), True, other is not None) if values and name == "update" else None
        if values or other is None:
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


# Classes made while compiling


@cache
def _named_tuple(name, fields, rename):
    made = collections.namedtuple(name, fields, rename=rename)

    def namedtuple(typename, field_names, *, rename=False, defaults=None, module=None):
        return made

    return namedtuple


@overload("collections.namedtuple")
def namedtuple(typename, field_names, *, rename=False, defaults=None, module=None):
    """Of constants: the class is one for equal names and fields."""
    name, fields = text(typename), text(field_names)
    if fields is None and is_tuple(field_names) and all(text(t) is not None for t in field_names.types):
        fields = tuple(map(text, field_names.types))
    if name is None or fields is None or not is_absent(defaults) or not is_absent(module) or not (is_true(rename) or is_false(rename)):
        return None
    try:
        return _named_tuple(name, fields, is_true(rename))
    except ValueError as error:
        raise TypingError(f"namedtuple(): {error}") from error
