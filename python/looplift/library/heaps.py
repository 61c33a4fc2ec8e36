"""`heapq` and `bisect` over lists. Heaps get the very arrangement that CPython's have."""

from looplift.errors import TypingError
from looplift.library._registry import overload
from looplift.library._types import is_absent, is_array, is_complex, is_index, is_tuple, kind
from looplift.library.lists import is_iterable, is_list


def _raise_item(heap, low, at):
    """Moves the item at `at` up to its place, not above `low`."""
    item = heap[at]
    while at > low:
        parent = (at - 1) >> 1
        if not item < heap[parent]:
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = item


def _sink_item(heap, at):
    """Lets the smaller children rise from `at` down to a leaf, and puts the item of `at` where it belongs below."""
    n = len(heap)
    low = at
    item = heap[at]
    child = 2 * at + 1
    while child < n:
        if child + 1 < n and not heap[child] < heap[child + 1]:
            child += 1
        heap[at] = heap[child]
        at = child
        child = 2 * at + 1
    heap[at] = item
    _raise_item(heap, low, at)


def _heappush(heap, item):
    heap.append(item)
    _raise_item(heap, 0, len(heap) - 1)


def _heappop(heap):
    if len(heap) == 0:
        raise IndexError("index out of range")
    last = heap.pop()
    if len(heap) == 0:
        return last
    first = heap[0]
    heap[0] = last
    _sink_item(heap, 0)
    return first


def _heapify(heap):
    for at in range(len(heap) // 2 - 1, -1, -1):
        _sink_item(heap, at)


def _heapreplace(heap, item):
    if len(heap) == 0:
        raise IndexError("index out of range")
    first = heap[0]
    heap[0] = item
    _sink_item(heap, 0)
    return first


def _heappushpop(heap, item):
    if len(heap) > 0 and heap[0] < item:
        return _heapreplace(heap, item)
    return item


def _smallest(n, iterable, key=None):
    return sorted(iterable)[: max(n, 0)]


def _largest(n, iterable, key=None):
    return sorted(iterable, reverse=True)[: max(n, 0)]


def _smallest_by(n, iterable, key=None):
    return sorted(iterable, key=key)[: max(n, 0)]


def _largest_by(n, iterable, key=None):
    return sorted(iterable, key=key, reverse=True)[: max(n, 0)]


def _check_heap(heap, item=None):
    if not is_list(heap):
        raise TypingError(f"heap argument must be a list, not {heap}")
    if is_complex(heap.dtype):
        raise TypingError("'<' not supported between instances of 'complex' and 'complex'")
    if item is not None and kind(item.unliteral) != kind(heap.dtype):
        raise TypingError(f"heap type must be the same as item type: not {heap.dtype} and {item}")


def _of_heap(name, implementation, takes_item):
    if takes_item:

        @overload("heapq." + name)
        def with_item(heap, item):
            _check_heap(heap, item)
            return implementation

    else:

        @overload("heapq." + name)
        def alone(heap):
            _check_heap(heap)
            return implementation


_of_heap("heappush", _heappush, True)
_of_heap("heappop", _heappop, False)
_of_heap("heapify", _heapify, False)
_of_heap("heapreplace", _heapreplace, True)
_of_heap("heappushpop", _heappushpop, True)


def _check_selection(n, iterable):
    if not is_index(n):
        raise TypingError(f"First argument 'n' must be an integer, not {n}")
    if not is_iterable(iterable):
        raise TypingError(f"Second argument 'iterable' must be iterable, not {iterable}")


@overload("heapq.nsmallest")
def nsmallest(n, iterable, key=None):
    _check_selection(n, iterable)
    return _smallest if is_absent(key) else _smallest_by


@overload("heapq.nlargest")
def nlargest(n, iterable, key=None):
    _check_selection(n, iterable)
    return _largest if is_absent(key) else _largest_by


# bisect


def _bisect_left(a, x, lo=0, hi=None):
    if lo < 0:
        raise ValueError("lo must be non-negative")
    low = lo
    if hi is None:
        high = len(a)
    else:
        high = hi
    while low < high:
        middle = (low + high) // 2
        if a[middle] < x:
            low = middle + 1
        else:
            high = middle
    return low


def _bisect_right(a, x, lo=0, hi=None):
    if lo < 0:
        raise ValueError("lo must be non-negative")
    low = lo
    if hi is None:
        high = len(a)
    else:
        high = hi
    while low < high:
        middle = (low + high) // 2
        if x < a[middle]:
            high = middle
        else:
            low = middle + 1
    return low


def _insort_left(a, x, lo=0, hi=None):
    a.insert(_bisect_left(a, x, lo, hi), x)


def _insort_right(a, x, lo=0, hi=None):
    a.insert(_bisect_right(a, x, lo, hi), x)


def _is_sequence(t):
    return is_list(t) or is_array(t, 1) or is_tuple(t) or kind(t) == "range"


def _by_key_left(a, x, lo=0, hi=None, *, key=None):
    return _bisect_left([key(v) for v in a], x, lo, hi)


def _by_key_right(a, x, lo=0, hi=None, *, key=None):
    return _bisect_right([key(v) for v in a], x, lo, hi)


def _insort_by_key_left(a, x, lo=0, hi=None, *, key=None):
    a.insert(_bisect_left([key(v) for v in a], key(x), lo, hi), x)


def _insort_by_key_right(a, x, lo=0, hi=None, *, key=None):
    a.insert(_bisect_right([key(v) for v in a], key(x), lo, hi), x)


_BY_KEY = {
    _bisect_left: _by_key_left,
    _bisect_right: _by_key_right,
    _insort_left: _insort_by_key_left,
    _insort_right: _insort_by_key_right,
}


def _search(implementation, only_lists):
    def overloaded(a, x, lo=0, hi=None, *, key=None):
        if (is_list(a) if only_lists else _is_sequence(a)):
            return implementation if is_absent(key) else _BY_KEY[implementation]

    return overloaded


overload("bisect.bisect_left")(_search(_bisect_left, False))
overload("bisect.bisect_right", "bisect.bisect")(_search(_bisect_right, False))
overload("bisect.insort_left")(_search(_insort_left, True))
overload("bisect.insort_right", "bisect.insort")(_search(_insort_right, True))
