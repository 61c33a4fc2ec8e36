"""Lists: methods, operators, slices, sorting. Indexing by integers, `append` and `extend` are primitives of the compiler."""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library._primitives import list_like, list_sort, list_splice, list_state
from looplift.library._registry import overload
from looplift.library._types import is_absent, is_index, is_number, is_tuple, kind, scalar_class


def is_list(t):
    return kind(t) == "list"


def is_iterable(t):
    return kind(t) in ("list", "set", "dict", "dictview", "array", "range", "tuple", "namedtuple")


def _is_slice(t):
    return kind(t) == "slice"


def span(s, n):
    """First index, step and number of the elements that a slice takes from a sequence of length `n`."""
    if s.step is None:
        step = 1
    else:
        step = s.step
    if step == 0:
        raise ValueError("slice step cannot be zero")
    if step < 0:
        low = -1
        high = n - 1
    else:
        low = 0
        high = n
    if s.start is None:
        start = high if step < 0 else low
    else:
        start = s.start
        if start < 0:
            start = max(start + n, low)
        elif start > high:
            start = high
    if s.stop is None:
        stop = low if step < 0 else high
    else:
        stop = s.stop
        if stop < 0:
            stop = max(stop + n, low)
        elif stop > high:
            stop = high
    if step > 0:
        count = (stop - start + step - 1) // step if stop > start else 0
    else:
        count = (start - stop - step - 1) // -step if start > stop else 0
    return start, step, count


# Slices


def _get_slice(x, index):
    start, step, count = span(index, len(x))
    out = list_like(x, count)
    list_splice(out, 0, 0, x, start, step, count)
    return out


def _no_index(index):
    raise TypingError(f"list indices must be integers or slices, not {index}")


@overload("list.__getitem__")
def getitem(x, index):
    return _get_slice if _is_slice(index) else _no_index(index)


def _set_slice(x, index, value):
    n = len(x)
    start, step, count = span(index, n)
    items = list_like(x, 0)
    items.extend(value)
    if step == 1:
        list_splice(x, start, count, items, 0, 1, len(items))
    else:
        if len(items) != count:
            raise ValueError("length mismatch for extended slice and sequence: cannot resize a list where the step is not 1")
        for k in range(count):
            x[start + step * k] = items[k]


@overload("list.__setitem__")
def setitem(x, index, value):
    if not _is_slice(index):
        _no_index(index)
    if not is_iterable(value):
        raise TypingError(f"can only assign an iterable when using a slice with assignment/setitem, not {value}")
    return _set_slice


def _del_item(x, index):
    n = len(x)
    i = index + n if index < 0 else index
    if i < 0 or i >= n:
        raise IndexError("list assignment index out of range")
    list_splice(x, i, 1, x, 0, 1, 0)


def _del_slice(x, index):
    start, step, count = span(index, len(x))
    if step < 0:
        start = start + step * (count - 1)
        step = -step
    if step == 1 or count <= 1:
        list_splice(x, start if count else 0, count, x, 0, 1, 0)
        return
    kept = list_like(x, len(x) - count)
    for i in range(len(x)):
        if i < start or (i - start) % step != 0 or (i - start) // step >= count:
            kept.append(x[i])
    list_splice(x, 0, len(x), kept, 0, 1, len(kept))


@overload("list.__delitem__")
def delitem(x, index):
    if _is_slice(index):
        return _del_slice
    return _del_item if is_index(index) else _no_index(index)


# Operators


def _add(x, y):
    out = list_like(x, len(x) + len(y))
    out.extend(x)
    out.extend(y)
    return out


def _add_mixed(x, y):
    out = []
    out.extend(x)
    out.extend(y)
    return out


@overload("list.__add__")
def add(x, y):
    if not is_list(y):
        return None
    return _add if x.dtype == y.dtype else _add_mixed


def _length_of(m, n):
    """The length of `n` repetitions of `m` elements; MemoryError where no memory could hold them."""
    if n <= 0 or m == 0:
        return 0
    if n > 1152921504606846975 // m:
        raise MemoryError("a list of so many elements does not fit into memory")
    return n * m


def _times(x, n):
    length = _length_of(len(x), n)
    out = list_like(x, length)
    if length > 0:
        for _ in range(n):
            out.extend(x)
    return out


def _times_reversed(x, n):
    return _times(x, n)


@overload("list.__mul__", "list.__rmul__")
def times(x, n):
    return _times if is_index(n) else None


def _times_in_place(x, n):
    if n <= 0:
        x.clear()
    else:
        length = _length_of(len(x), n)
        list_like(x, length)  # whether there is memory
        while len(x) < length:
            list_splice(x, len(x), 0, x, 0, 1, min(len(x), length - len(x)))
    return x


@overload("list.__imul__")
def times_in_place(x, n):
    return _times_in_place if is_index(n) else None


def _equal(x, y):
    if len(x) != len(y):
        return False
    for i in range(len(x)):
        if x[i] != y[i]:
            return False
    return True


def _unequal(x, y):
    return not _equal(x, y)


def _less(x, y):
    for i in range(min(len(x), len(y))):
        if x[i] != y[i]:
            return x[i] < y[i]
    return len(x) < len(y)


def _less_equal(x, y):
    for i in range(min(len(x), len(y))):
        if x[i] != y[i]:
            return x[i] < y[i]
    return len(x) <= len(y)


def _greater(x, y):
    return _less(y, x)


def _greater_equal(x, y):
    return _less_equal(y, x)


def _never(x, y):
    return False


def _always(x, y):
    return True


def _comparison(name, implementation):
    @overload(name)
    def compare(x, y):
        return implementation if is_list(y) else None


_comparison("list.__lt__", _less)
_comparison("list.__le__", _less_equal)
_comparison("list.__gt__", _greater)
_comparison("list.__ge__", _greater_equal)


@overload("list.__eq__")
def eq(x, y):
    return _equal if is_list(y) else _never


@overload("list.__ne__")
def ne(x, y):
    return _unequal if is_list(y) else _always


def _contains(x, value):
    for i in range(len(x)):
        if x[i] == value:
            return True
    return False


def _not_contains(x, value):
    return not _contains(x, value)


@overload("list.__contains__")
def contains(x, value):
    return _contains


@overload("list.__not_contains__")
def not_contains(x, value):
    return _not_contains


# Methods


def _pop_last(x):
    n = len(x)
    if n == 0:
        raise IndexError("pop from empty list")
    value = x[n - 1]
    list_splice(x, n - 1, 1, x, 0, 1, 0)
    return value


@cache
def _pop_at(missing):
    def pop(x, i):
        n = len(x)
        if n == 0:
            raise IndexError("pop from empty list")
        j = i + n if i < 0 else i
        if j < 0 or j >= n:
            raise IndexError(missing)
        value = x[j]
        list_splice(x, j, 1, x, 0, 1, 0)
        return value

    return pop


_pop = _pop_at("pop index out of range")
_pop_typed = _pop_at("list index out of range")


@overload("list.pop")
def pop(x, i=None):
    if i is None:
        return _pop_last
    if not is_index(i):
        raise TypingError(f"argument for pop must be an integer, not {i}")
    return _pop if x.flavour != "typed" else _pop_typed


def _insert(x, i, value):
    n = len(x)
    j = max(i + n, 0) if i < 0 else min(i, n)
    item = list_like(x, 1)
    item.append(value)
    list_splice(x, j, 0, item, 0, 1, 1)


@overload("list.insert")
def insert(x, i, value):
    if not is_index(i):
        raise TypingError(f"list insert indices must be integers, not {i}")
    return _insert


@cache
def _index(missing):
    def index(x, value, start=0, stop=9223372036854775807):
        n = len(x)
        low = max(start + n, 0) if start < 0 else start
        high = max(stop + n, 0) if stop < 0 else stop
        for i in range(low, min(high, n)):
            if x[i] == value:
                return i
        raise ValueError(missing)

    return index


def _check_places(**places):
    for name, place in places.items():
        if not (place is None or place == 0 or is_index(place)):
            raise TypingError(f'arg "{name}" must be an Integer.: {name} argument for index must be an integer, not {place}')


@overload("list.index")
def index(x, value, start=0, stop=None):
    _check_places(start=start, stop=stop)
    return _index("item not in list" if x.flavour == "typed" else "value not in list")


_index_of_typed = _index("item not in list")


def _index_item(x, item, start=0, end=9223372036854775807):
    return _index_of_typed(x, item, start, end)


@overload("list.index")
def index_item(x, item, start=0, end=None):
    """With the names that parameters of `typed.List` have."""
    _check_places(start=start, end=end)
    return _index_item if x.flavour == "typed" else None


def _count(x, value):
    n = 0
    for i in range(len(x)):
        if x[i] == value:
            n += 1
    return n


@overload("list.count")
def count(x, value):
    return _count


def _remove(x, value):
    for i in range(len(x)):
        if x[i] == value:
            list_splice(x, i, 1, x, 0, 1, 0)
            return
    raise ValueError("list.remove(x): x not in list")


@overload("list.remove")
def remove(x, value):
    return _remove


def _check_mutable(x):
    """Replacing nothing fails if the list must not change."""
    list_splice(x, 0, 0, x, 0, 1, 0)


def _clear(x):
    list_splice(x, 0, len(x), x, 0, 1, 0)


@overload("list.clear")
def clear(x):
    return _clear


def _copy(x):
    out = list_like(x, len(x))
    out.extend(x)
    return out


@overload("list.copy")
def copy(x):
    return _copy


def _reverse(x):
    _check_mutable(x)
    n = len(x)
    for i in range(n // 2):
        x[i], x[n - 1 - i] = x[n - 1 - i], x[i]


@overload("list.reverse")
def reverse(x):
    return _reverse


def _getitem_unchecked(x, i):
    return x[i]


@overload("list.getitem_unchecked")
def getitem_unchecked(x, i):
    return _getitem_unchecked if is_index(i) else None


# The state of typed lists


@cache
def _dtype(element):
    dtype = np.dtype(element)

    def attribute(x):
        return dtype

    return attribute


@overload("list@_dtype")
def dtype_(x):
    element = scalar_class(x.dtype)
    return _dtype(element) if x.flavour == "typed" and element is not None else None


def _allocated(x):
    return list_state(x, 0)


def _is_mutable(x):
    return list_state(x, 1) == 0


def _make_immutable(x):
    list_state(x, 2)


def _make_mutable(x):
    list_state(x, 3)


def _of_typed_list(name, implementation):
    @overload("list." + name)
    def method(x):
        return implementation if x.flavour == "typed" else None


_of_typed_list("_allocated", _allocated)
_of_typed_list("_is_mutable", _is_mutable)
_of_typed_list("_make_immutable", _make_immutable)
_of_typed_list("_make_mutable", _make_mutable)


# Sorting


def _order(keys, reverse):
    """Positions that sort a list stably, by merging ever longer runs."""
    n = len(keys)
    order = np.arange(n)
    other = np.empty(n, np.int64)
    width = 1
    while width < n:
        for low in range(0, n, 2 * width):
            middle = min(low + width, n)
            high = min(middle + width, n)
            i = low
            j = middle
            for k in range(low, high):
                if i < middle and j < high:
                    a = keys[order[i]]
                    b = keys[order[j]]
                    later = a < b if reverse else b < a
                else:
                    later = j < high
                if later:
                    other[k] = order[j]
                    j += 1
                else:
                    other[k] = order[i]
                    i += 1
        order, other = other, order
        width *= 2
    return order


def _arrange(x, order):
    _check_mutable(x)
    old = _copy(x)
    for i in range(len(order)):
        x[i] = old[order[i]]


def _sort_numbers(x, key=None, reverse=False):
    _check_mutable(x)
    list_sort(x, bool(reverse))


def _sort_plain(x, key=None, reverse=False):
    _arrange(x, _order(x, bool(reverse)))


def _sort_by_key(x, key=None, reverse=False):
    keys = [key(v) for v in x]
    _arrange(x, _order(keys, bool(reverse)))


def _has_number_order(t):
    return is_number(t) and kind(t) != "complex"


def _check_sorting(key, reverse):
    if kind(key) == "optional":
        raise TypingError(f"Key must concretely be None or a Numba JIT compiled function, not {key}: it may be either")
    instance = kind(key) in ("namedtuple", "instance") and any("__call__" in vars(c) for c in key.value.__mro__)
    if not is_absent(key) and not instance and kind(key) not in ("closure", "dispatcher", "function", "functiontype", "numberclass", "named", "object"):
        raise TypingError(f"Key must be None or a Numba JIT compiled function, not {key}")
    if not (reverse is False or is_index(reverse)):
        raise TypingError(f"an integer is required for 'reverse', not {reverse}")


def _sorter(x, key, reverse):
    _check_sorting(key, reverse)
    if not is_absent(key):
        return _sort_by_key
    return _sort_numbers if _has_number_order(x.dtype) else _sort_plain


@overload("list.sort")
def sort(x, *, key=None, reverse=False):
    return _sorter(x, key, reverse)


@cache
def _sorted(by_key):
    if by_key:

        def implementation(iterable, key=None, reverse=False):
            out = list(iterable)
            out.sort(key=key, reverse=bool(reverse))
            return out

    else:

        def implementation(iterable, key=None, reverse=False):
            out = list(iterable)
            out.sort(reverse=bool(reverse))
            return out

    return implementation


@overload("builtins.sorted")
def sorted_(iterable, *, key=None, reverse=False):
    if not (is_iterable(iterable) or kind(iterable) in ("str", "literal_str", "bytes", "generator", "iterator")) or (is_tuple(iterable) and iterable.count == 0):
        return None
    _check_sorting(key, reverse)
    return _sorted(not is_absent(key))
