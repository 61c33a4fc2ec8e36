"""Dates and durations: ranges of them, clipping, parsing, and counting business days."""

from functools import cache

import numpy as np

from looplift.library._objects import parsed_datetime
from looplift.library._registry import overload
from looplift.library._types import is_absent, is_array, is_index, is_text, is_time, is_tuple, kind, named_storage, text
from looplift.library.broadcasting import common_shape, stretch
from looplift.library.time_units import INT, NAT, dtype_of

# Texts that are known at run time


@cache
def _parsed(unit, target):
    def datetime64(value, unit=None):
        return INT(parsed_datetime(value, name)).view(target)

    name = unit
    return datetime64


@overload("general.datetime64")
def datetime64(value, unit=None):
    # The unit is part of the type: it has to be given.
    name = text(unit)
    if is_text(value) and text(value) is None and name is not None:
        try:
            target = np.dtype(f"M8[{name}]")
        except TypeError:
            return None
        return _parsed(name, target)


# Ranges


def _length(first, last, step):
    if step == 0:
        raise ValueError("arange: step must not be zero")
    if step > 0:
        return max((last - first + step - 1) // step, 0)
    return max((first - last - step - 1) // -step, 0)


@cache
def _arange(target, delta, given_stop, given_step):
    """`target` is the dtype of the elements, `delta` that of a step which is a time."""

    def number(x):
        return x.astype(target).view(INT)

    def step_number(x):
        return x.astype(delta).view(INT)

    def plain(x):
        return INT(x)

    step_of = plain if delta is None else step_number

    def arange(start, stop=None, step=None, dtype=None):
        first = number(start) if given_stop else INT(0)
        last = number(stop) if given_stop else number(start)
        distance = INT(1)
        if given_step:
            distance = step_of(step)
        if first == NAT or last == NAT:
            raise ValueError("arange: cannot use NaT (not-a-time) datetime values")
        n = _length(first, last, distance)
        made = np.empty(n, INT)
        for i in range(n):
            made[i] = first + i * distance
        return made.view(target)

    return arange


@cache
def _arange_to(target):
    """From a date, a number of units."""

    def arange(start, stop=None, step=None, dtype=None):
        first = start.view(INT)
        if first == NAT:
            raise ValueError("arange: cannot use NaT (not-a-time) datetime values")
        made = np.empty(max(INT(stop), 0), INT)
        for i in range(len(made)):
            made[i] = first + i
        return made.view(target)

    return arange


@overload("general.arange")
def arange(start, stop=None, step=None, dtype=None):
    given = [t for t in (start, stop) if not is_absent(t)]
    wanted = named_storage(dtype)
    if wanted is not None and getattr(wanted, "kind", None) not in ("M", "m"):
        return None
    if all(map(is_time, given)):
        found = wanted if wanted is not None else dtype_of(given[0])
        for t in given:
            found = np.promote_types(found, dtype_of(t)) if wanted is None else found
        delta = None
        if is_time(step):
            if kind(step) != "timedelta":
                return None
            if wanted is None:
                found = np.promote_types(found, dtype_of(step)) if found.kind == "m" else np.dtype(f"M8[{_unit(found, dtype_of(step))}]")
            delta = np.dtype(found.str.replace("M8", "m8"))
        elif not (is_absent(step) or is_index(step)):
            return None
        if len(given) == 1 and found.kind == "M":
            return None
        return _arange(found, delta, len(given) == 2, not is_absent(step))
    if is_time(start) and is_index(stop) and is_absent(step) and wanted is None and kind(start) == "datetime":
        return _arange_to(dtype_of(start))
    if wanted is not None and wanted.kind == "M" and given and all(text(t) is not None for t in given) and len(given) == 2:
        return _constant_range(np.datetime64(text(start)).astype(wanted), np.datetime64(text(stop)).astype(wanted), wanted, step)


def _unit(date, delta):
    """The finer unit of a date and a duration."""
    return np.datetime_data(np.promote_types(np.dtype(date.str.replace("M8", "m8")), delta))[0]


def _constant_range(first, last, target, step):
    if not is_absent(step):
        return None
    low, high = int(first.astype(np.int64)), int(last.astype(np.int64))

    def arange(start, stop=None, step=None, dtype=None):
        made = np.empty(max(high - low, 0), INT)
        for i in range(len(made)):
            made[i] = low + i
        return made.view(target)

    return arange


# Clipping


@cache
def _clip(low, high):
    def clip(a, a_min=None, a_max=None, out=None):
        made = np.asarray(a)
        if low:
            made = np.maximum(made, a_min)
        if high:
            made = np.minimum(made, a_max)
        return made

    return clip


@overload("time.numpy.clip", "time.array.clip")
def clip(a, a_min=None, a_max=None, out=None):
    bounds = [t for t in (a_min, a_max) if not is_absent(t)]
    if is_array(a) and is_absent(out) and all(is_time(t.dtype if is_array(t) else t) for t in bounds):
        return _clip(not is_absent(a_min), not is_absent(a_max))


# Business days. 1970-01-01 was a Thursday.

_DAY = np.dtype("M8[D]")


def _mask_of(weekmask):
    """Seven flags, Monday first, of a text; None if it is none."""
    name = weekmask if isinstance(weekmask, str) else text(weekmask)
    if name is None:
        return None
    try:
        return tuple(bool(x) for x in np.busdaycalendar(name).weekmask)
    except ValueError:
        return None


def _weekday(day):
    return (day + 3) % 7


@cache
def _counting(mask):
    week = sum(mask)
    flags = mask

    def count(first, last):
        """Business days from one day up to another, which is later."""
        n = (last - first) // 7 * week
        day = last - (last - first) % 7
        while day < last:
            if flags[_weekday(day)]:
                n += 1
            day += 1
        return n

    def between(first, last):
        if first == NAT or last == NAT:
            raise ValueError("Cannot compute a business day count with a NaT (not-a-time) date")
        if first <= last:
            return count(first, last)
        return -count(last + 1, first + 1)

    return between


def _day_number(x):
    return x.astype(_DAY).view(INT)


@cache
def _busday_count(mask, array):
    between = _counting(mask)

    def busday_count(begindates, enddates, weekmask="1111100"):
        return between(_day_number(begindates), _day_number(enddates))

    def busday_count_arrays(begindates, enddates, weekmask="1111100"):
        first = np.asarray(begindates)
        last = np.asarray(enddates)
        shape = common_shape(first.shape, last.shape)
        a = stretch(first, shape)
        b = stretch(last, shape)
        made = np.empty(shape, np.int64)
        for position in np.ndindex(shape):
            made[position] = between(_day_number(a[position]), _day_number(b[position]))
        return made

    return busday_count_arrays if array else busday_count


def _is_dates(t):
    return kind(t.dtype if is_array(t) else t) == "datetime"


@overload("numpy.busday_count")
def busday_count(begindates, enddates, weekmask="1111100"):
    mask = _mask_of(weekmask)
    if mask is not None and any(mask) and _is_dates(begindates) and _is_dates(enddates):
        return _busday_count(mask, is_array(begindates) or is_array(enddates))


@cache
def _is_busday(mask, array):
    flags = mask

    def is_busday(dates, weekmask="1111100"):
        day = _day_number(dates)
        return day != NAT and flags[_weekday(day)]

    def is_busday_array(dates, weekmask="1111100"):
        made = np.empty(dates.shape, np.bool_)
        for position in np.ndindex(dates.shape):
            day = _day_number(dates[position])
            made[position] = day != NAT and flags[_weekday(day)]
        return made

    return is_busday_array if array else is_busday


@overload("numpy.is_busday")
def is_busday(dates, weekmask="1111100"):
    mask = _mask_of(weekmask)
    if mask is not None and any(mask) and _is_dates(dates):
        return _is_busday(mask, is_array(dates))


@cache
def _offset(mask, roll, array):
    flags = mask

    def moved(date, offset):
        day = _day_number(date)
        if day == NAT:
            if roll == "raise":
                raise ValueError("NaT input in busday_offset")
            return day
        if not flags[_weekday(day)]:
            if roll == "raise":
                raise ValueError("Non-business day date in busday_offset")
            step = 1 if roll in ("forward", "following") else -1
            while not flags[_weekday(day)]:
                day += step
        left = INT(offset)
        while left > 0:
            day += 1
            if flags[_weekday(day)]:
                left -= 1
        while left < 0:
            day -= 1
            if flags[_weekday(day)]:
                left += 1
        return day

    def busday_offset(dates, offsets, roll="raise", weekmask="1111100"):
        return moved(dates, offsets).view(_DAY)

    def busday_offset_arrays(dates, offsets, roll="raise", weekmask="1111100"):
        first = np.asarray(dates)
        second = np.asarray(offsets)
        shape = common_shape(first.shape, second.shape)
        a = stretch(first, shape)
        b = stretch(second, shape)
        made = np.empty(shape, INT)
        for position in np.ndindex(shape):
            made[position] = moved(a[position], b[position])
        return made.view(_DAY)

    return busday_offset_arrays if array else busday_offset


@overload("numpy.busday_offset")
def busday_offset(dates, offsets, roll="raise", weekmask="1111100"):
    mask, how = _mask_of(weekmask), roll if isinstance(roll, str) else text(roll)
    if mask is None or not any(mask) or how not in ("raise", "forward", "following", "backward", "preceding"):
        return None
    if _is_dates(dates) and (is_index(offsets) or is_array(offsets)):
        return _offset(mask, how, is_array(dates) or is_array(offsets))


# Arrays of times, given as numbers or as texts


@cache
def _array_of_times(dtype, texts):
    def array(object, dtype=None):
        return np.array(object).astype(made_of)

    def array_of_texts(object, dtype=None):
        made = np.empty(len(object), made_of)
        k = 0
        for value in object:
            made[k] = INT(parsed_datetime(value, unit)).view(made_of)
            k += 1
        return made

    made_of, unit = dtype, dtype.str[4:-1]
    return array_of_texts if texts else array


@cache
def _dates_of_texts(made_of):
    def astype(a, dtype, order="K", casting="unsafe", subok=True, copy=True):
        made = np.empty(a.shape, INT)
        for position in np.ndindex(a.shape):
            made[position] = parsed_datetime(a[position], unit)
        return made.view(made_of)

    unit = made_of.str[4:-1]
    return astype


def of_texts(a, dtype):
    """What makes dates of a unit of an array of texts; None for other arrays and dtypes."""
    made_of = named_storage(dtype)
    if kind(a.dtype) == "charseq" and getattr(made_of, "kind", "") == "M" and made_of.str[4:-1]:
        return _dates_of_texts(made_of)
    return None


@overload("option.array", "option.asarray")
def array(object, dtype=None):
    made_of = named_storage(dtype)
    items = object.types if is_tuple(object) else [object.dtype] if kind(object) == "list" else []
    if getattr(made_of, "kind", "") not in ("m", "M"):
        return None
    if is_array(object) and (is_time(object.dtype) or is_index(object.dtype)):
        return _array_of_times(made_of, False)
    if items and all(map(is_index, items)):
        return _array_of_times(made_of, False)
    if items and made_of.kind == "M" and all(map(is_text, items)):
        return _array_of_times(made_of, True)
    return None
