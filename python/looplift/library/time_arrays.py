"""Arrays of datetimes and timedeltas: reductions, running sums, sorting, searching, on their numbers."""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import is_array, is_time, text
from looplift.library.times import _is_delta
from looplift.library.time_units import INT, NAT, dtype_of

# Of single times, reductions give the time itself


def _register_single(name, function):
    @overload("time.numpy." + name)
    def of_one(a):
        return function if is_time(a) else None


def _itself_of(a):
    return a


def _is_not_zero(a):
    return a.view(INT) != 0


for _name in ("amax", "amin", "max", "min"):
    _register_single(_name, _itself_of)
for _name in ("all", "any"):
    _register_single(_name, _is_not_zero)


@overload("time.numpy.mean", "time.numpy.median")
def mean_of_one(a):
    return _itself_of if is_time(a) and _is_delta(a) else None


@overload("time.numpy.cumsum", "time.array.cumsum")
def cumsum(a):
    if not (_is_times(a) and _is_delta(a.dtype)):
        return None
    target = dtype_of(a)

    def implementation(a):
        numbers = a.copy().ravel().view(INT)
        made = np.empty(len(numbers), INT)
        total = 0
        for i in range(len(numbers)):
            total = NAT if total == NAT or numbers[i] == NAT else total + numbers[i]
            made[i] = total
        return made.view(target)

    return implementation


@overload("time.numpy.median")
def median(a):
    if not (_is_times(a) and _is_delta(a.dtype)):
        return None
    target = dtype_of(a)

    def implementation(a):
        numbers = np.sort(a.copy().ravel().view(INT))
        n = len(numbers)
        if n == 0 or numbers[0] == NAT:
            return INT(NAT).view(target)
        if n % 2 == 1:
            return numbers[n // 2].view(target)
        total = numbers[n // 2 - 1] + numbers[n // 2]
        return INT(total // 2 if total >= 0 else -(-total // 2)).view(target)

    return implementation


# Arrays


def _is_times(a):
    return is_array(a) and is_time(a.dtype)


def _by_numbers(function, back):
    """An overload that asks `function` of the numbers, and gives the time that is the answer if `back`."""

    def overloaded(a):
        if not _is_times(a):
            return None
        target = dtype_of(a)

        def time(a):
            return INT(function(a.view(INT))).view(target)

        def number(a):
            return function(a.view(INT))

        return time if back else number

    return overloaded


def _least(numbers):
    # NaT is the minimum itself.
    return numbers.min()


def _greatest(numbers):
    low = numbers.min()
    return low if low == NAT else numbers.max()


def _least_at(numbers):
    return numbers.argmin()


def _greatest_at(numbers):
    k = numbers.argmin()
    return k if numbers.flat[k] == NAT else numbers.argmax()


def _total(numbers):
    total = 0
    for n in numbers.flat:
        if n == NAT:
            return NAT
        total += n
    return total


def _average(numbers):
    total = _total(numbers)
    if total == NAT or numbers.size == 0:
        return NAT
    q = abs(total) // numbers.size
    return q if total >= 0 else -q


for _name, _function, _back in (
    ("min", _least, True),
    ("amin", _least, True),
    ("max", _greatest, True),
    ("amax", _greatest, True),
    ("argmin", _least_at, False),
    ("argmax", _greatest_at, False),
):
    overload(f"time.array.{_name}", f"time.numpy.{_name}")(_by_numbers(_function, _back))


@overload("time.array.sum", "time.numpy.sum")
def total(a):
    return _by_numbers(_total, True)(a) if _is_times(a) and _is_delta(a.dtype) else None


@overload("time.array.mean", "time.numpy.mean")
def mean(a):
    return _by_numbers(_average, True)(a) if _is_times(a) and _is_delta(a.dtype) else None


def _rotated(numbers):
    """Sorted numbers of one dimension with the NaTs, which are the smallest, last."""
    out = np.sort(numbers)
    count = 0
    while count < len(out) and out[count] == NAT:
        count += 1
    if count == 0:
        return out
    result = np.empty_like(out)
    result[: len(out) - count] = out[count:]
    result[len(out) - count :] = NAT
    return result


@overload("time.numpy.sort")
def sort(a):
    if not _is_times(a) or a.ndim != 1:
        return None
    target = dtype_of(a)

    def implementation(a):
        return _rotated(a.view(INT)).view(target)

    return implementation


@overload("time.array.sort")
def sort_in_place(a):
    if not _is_times(a) or a.ndim != 1:
        return None

    def implementation(a):
        numbers = a.view(INT)
        numbers[:] = _rotated(numbers)

    return implementation


@overload("time.numpy.argsort", "time.array.argsort")
def argsort(a):
    if not _is_times(a) or a.ndim != 1:
        return None

    def implementation(a):
        # NaT becomes the largest as an unsigned number less one.
        return np.argsort((a.view(np.uint64) ^ np.uint64(2**63)) - np.uint64(1), kind="mergesort")

    return implementation


@overload("time.numpy.diff")
def diff(a):
    if not _is_times(a) or a.ndim != 1:
        return None

    def implementation(a):
        return a[1:] - a[:-1] if len(a) > 0 else a - a

    return implementation


# Searching


def _keys(numbers):
    """Unsigned numbers in the order of times: NaT, the least number, comes last."""
    return (numbers.view(np.uint64) ^ np.uint64(2**63)) - np.uint64(1)


@cache
def _searchsorted(number, where):
    if number:

        def searchsorted(a, v, side="left"):
            key = (v.view(np.uint64) ^ np.uint64(2**63)) - np.uint64(1)
            return np.searchsorted(_keys(a), key, where)

    else:

        def searchsorted(a, v, side="left"):
            return np.searchsorted(_keys(a), _keys(v), where)

    return searchsorted


@overload("time.numpy.searchsorted", "time.array.searchsorted")
def searchsorted(a, v, side="left"):
    if _is_times(a) and a.ndim == 1 and dtype_of(a) == dtype_of(v) and text(side) in ("left", "right"):
        return _searchsorted(not is_array(v), text(side))
