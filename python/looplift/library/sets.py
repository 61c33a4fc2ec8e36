"""Sets as sorted arrays: unique with its positions, membership, intersection, union, differences."""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import (
    common_storage,
    element_class,
    is_absent,
    is_array,
    is_false,
    is_number,
    is_true,
    is_tuple,
    kind_of,
    promote,
    storage,
)
from looplift.library.sorting import argsort_run, less_than, sort_run


def _is_ordered(t):
    """An array whose elements have an order: of numbers, times or texts."""
    return is_array(t) and storage(t) is not None and kind_of(storage(t)) in "biufcmMUS"


def _is_set(t):
    if is_tuple(t):
        return t.count > 0 and all(map(is_number, t.types))
    return _is_ordered(t) or is_number(t)


def _line(a):
    return np.ravel(np.asarray(a))


@cache
def _line_of(t):
    """The elements one after the other, in memory of their own made with `t`."""

    def line(a):
        source = _line(a)
        made = np.empty(len(source), t)
        made[...] = source
        return made

    return line


# unique


@cache
def _unique_with(t, equal_nan):
    run = argsort_run(t)

    def unique(ar):
        flat = _line(ar)
        n = len(flat)
        order = np.empty(n, np.int64)
        run(flat, order)
        values = np.empty(n, t)
        first = np.empty(n, np.int64)
        number = np.empty(n, np.int64)
        place = np.empty(n, np.int64)
        m = 0
        for i in range(n):
            x = flat[order[i]]
            same = False
            if m > 0:
                y = values[m - 1]
                same = x == y or (equal_nan and x != x and y != y)
            if not same:
                values[m] = x
                first[m] = order[i]
                number[m] = 0
                m += 1
            number[m - 1] += 1
            place[order[i]] = m - 1
        return values[:m].copy(), first[:m].copy(), place, number[:m].copy()

    return unique


@cache
def _unique_form(t, index, inverse, counts, equal_nan):
    found = _unique_with(t, equal_nan)

    def all_of(ar):
        values, first, place, number = found(ar)
        return values, first, place.reshape(np.shape(ar)), number

    def values_only(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
        return all_of(ar)[0]

    def with_index(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
        r = all_of(ar)
        return r[0], r[1]

    def with_inverse(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
        r = all_of(ar)
        return r[0], r[2]

    def with_counts(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
        r = all_of(ar)
        return r[0], r[3]

    def index_inverse(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
        r = all_of(ar)
        return r[0], r[1], r[2]

    def index_counts(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
        r = all_of(ar)
        return r[0], r[1], r[3]

    def inverse_counts(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
        r = all_of(ar)
        return r[0], r[2], r[3]

    def everything(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
        return all_of(ar)

    return {
        (False, False, False): values_only,
        (True, False, False): with_index,
        (False, True, False): with_inverse,
        (False, False, True): with_counts,
        (True, True, False): index_inverse,
        (True, False, True): index_counts,
        (False, True, True): inverse_counts,
        (True, True, True): everything,
    }[index, inverse, counts]


@cache
def _unique(run, t):
    def unique(ar):
        a = ar.copy().ravel()
        run(a)
        n = 0
        for i in range(len(a)):
            x = a[i]
            # All NaN are one.
            if n == 0 or not (x == a[n - 1] or (x != x and a[n - 1] != a[n - 1])):
                a[n] = x
                n += 1
        return a[:n].copy()

    return unique


@overload("numpy.unique")
def unique(ar):
    if _is_ordered(ar):
        return _unique(sort_run(storage(ar)), storage(ar))


@overload("numpy.unique")
def unique_form(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
    flags = (return_index, return_inverse, return_counts, equal_nan)
    if not _is_ordered(ar) or not is_absent(axis) or not all(is_true(f) or is_false(f) for f in flags):
        return None
    return _unique_form(storage(ar), *map(is_true, flags))


def _unique_values(x):
    return np.unique(x)


@overload("numpy.unique_values")
def unique_values(x):
    if _is_ordered(x):
        return _unique_values


# Membership


@cache
def _isin(t, run, less, invert):
    def isin(element, test_elements, assume_unique=False, invert=False):
        known = line(test_elements)
        run(known)
        wanted = np.asarray(element)
        made = np.empty(wanted.shape, np.bool_)
        flat = line(wanted)
        to = made.ravel()
        n = len(known)
        for i in range(len(to)):
            x = flat[i]
            low = 0
            high = n
            while low < high:
                middle = (low + high) >> 1
                if less(known[middle], x):
                    low = middle + 1
                else:
                    high = middle
            found = low < n and known[low] == x
            to[i] = found != inverted
        return made

    inverted = invert
    line = _line_of(t)
    return isin


def _common(a, b):
    """What memory for elements of both is made with, or None."""
    if element_class(a) is not None and element_class(b) is not None:
        return promote(element_class(a), element_class(b))
    return common_storage((a, b))


@cache
def _isin_line(found):
    def in1d(ar1, ar2, assume_unique=False, invert=False):
        return found(_line(ar1), ar2)

    return in1d


def _isin_for(a, b, assume_unique, invert):
    flags = all(is_true(f) or is_false(f) for f in (assume_unique, invert))
    t = _common(a, b) if flags and _is_set(a) and _is_set(b) else None
    if t is not None:
        return _isin(t, sort_run(t), less_than(t), is_true(invert))


@overload("numpy.isin")
def isin(element, test_elements, assume_unique=False, invert=False):
    return _isin_for(element, test_elements, assume_unique, invert)


@overload("numpy.in1d")
def in1d(ar1, ar2, assume_unique=False, invert=False):
    found = _isin_for(ar1, ar2, assume_unique, invert)
    return found and _isin_line(found)


# Two sets


@cache
def _intersect1d(t, indices):
    def intersect(ar1, ar2):
        a, first_a, _, _ = unique_of(ar1)
        b, first_b, _, _ = unique_of(ar2)
        made = np.empty(min(len(a), len(b)), t)
        where_a = np.empty(len(made), np.int64)
        where_b = np.empty(len(made), np.int64)
        i = 0
        j = 0
        n = 0
        while i < len(a) and j < len(b):
            x = a[i]
            y = b[j]
            if x == y:
                made[n] = x
                where_a[n] = first_a[i]
                where_b[n] = first_b[j]
                n += 1
                i += 1
                j += 1
            elif less(x, y):
                i += 1
            elif less(y, x):
                j += 1
            else:
                # Two NaN are not equal.
                i += 1
                j += 1
        return made[:n].copy(), where_a[:n].copy(), where_b[:n].copy()

    def unique_of(a):
        return found(line(a))

    def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
        return intersect(ar1, ar2)[0]

    def intersect1d_indices(ar1, ar2, assume_unique=False, return_indices=False):
        return intersect(ar1, ar2)

    found = _unique_with(t, True)
    line = _line_of(t)
    less = less_than(t)
    return intersect1d_indices if indices else intersect1d


@overload("numpy.intersect1d")
def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    flags = all(is_true(f) or is_false(f) for f in (assume_unique, return_indices))
    t = _common(ar1, ar2) if flags and _is_set(ar1) and _is_set(ar2) else None
    if t is not None:
        return _intersect1d(t, is_true(return_indices))


def _union1d(ar1, ar2):
    return np.unique(np.concatenate((_line(ar1), _line(ar2))))


@overload("numpy.union1d")
def union1d(ar1, ar2):
    common = _common(ar1, ar2) if _is_set(ar1) and _is_set(ar2) else None
    # The width of a union of texts is the arrays' own.
    if common is not None and (kind_of(common) not in "US" or storage(ar1) == storage(ar2)):
        return _union1d


def _setdiff1d(ar1, ar2, assume_unique=False):
    a = np.unique(_line(ar1))
    return a[np.isin(a, ar2, assume_unique=True, invert=True)]


def _setdiff1d_assumed(ar1, ar2, assume_unique=False):
    a = _line(ar1)
    return a[np.isin(a, ar2, assume_unique=True, invert=True)]


@overload("numpy.setdiff1d")
def setdiff1d(ar1, ar2, assume_unique=False):
    if _is_set(ar1) and _is_set(ar2) and _common(ar1, ar2) is not None:
        return _setdiff1d_assumed if is_true(assume_unique) else _setdiff1d if is_false(assume_unique) else None


@cache
def _setxor1d(t, run, distinct):
    def setxor1d(ar1, ar2, assume_unique=False):
        if distinct:
            a = _line(ar1)
            b = _line(ar2)
        else:
            a = np.unique(_line(ar1))
            b = np.unique(_line(ar2))
        both = np.empty(len(a) + len(b), t)
        both[: len(a)] = a
        both[len(a) :] = b
        run(both)
        made = np.empty(len(both), t)
        n = 0
        for i in range(len(both)):
            x = both[i]
            if (i == 0 or both[i - 1] != x) and (i + 1 == len(both) or both[i + 1] != x):
                made[n] = x
                n += 1
        return made[:n].copy()

    return setxor1d


@overload("numpy.setxor1d")
def setxor1d(ar1, ar2, assume_unique=False):
    if _is_set(ar1) and _is_set(ar2) and (is_true(assume_unique) or is_false(assume_unique)):
        t = _common(ar1, ar2)
        return None if t is None else _setxor1d(t, sort_run(t), is_true(assume_unique))
