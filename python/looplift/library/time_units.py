"""Units of datetimes and timedeltas: the calendar, and conversion from one unit to another."""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import dtype_class, is_array, is_float, is_index, is_time, kind, text

INT = np.int64
NAT = -(2**63)


def dtype_of(t):
    """NumPy's dtype of a time or number type, or of an array's elements; None of others."""
    if is_array(t):
        t = t.dtype
    return t.unliteral.numpy_dtype if is_time(t) or is_index(t) or is_float(t) else None


# The calendar: days since 1970-01-01 and months since January 1970. Proleptic Gregorian, as in NumPy; eras have 400 years.


def days_of_month(months):
    """The first day of a month."""
    year = 1970 + months // 12
    month = months % 12
    # The year begins in March, so that the leap day is its last.
    if month < 2:
        year -= 1
    shifted = (month + 10) % 12
    era = year // 400
    of_era = year - era * 400
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + (153 * shifted + 2) // 5 - 719468


def month_of_day(days):
    """The month that a day is in."""
    days = days + 719468
    era = days // 146097
    day = days - era * 146097
    of_era = (day - day // 1460 + day // 36524 - day // 146096) // 365
    of_year = day - (365 * of_era + of_era // 4 - of_era // 100)
    shifted = (5 * of_year + 2) // 153
    year = of_era + era * 400
    month = shifted + 2
    if month >= 12:
        month -= 12
        year += 1
    return (year - 1970) * 12 + month


# Conversions between units, on the numbers

_SECONDS = {"W": 604800, "D": 86400, "h": 3600, "m": 60, "s": 1}
_FRACTIONS = {"s": 0, "ms": 3, "us": 6, "ns": 9, "ps": 12, "fs": 15, "as": 18}


def _per_unit(unit):
    """The attoseconds of a unit that has a fixed length."""
    return _SECONDS[unit] * 10**18 if unit in _SECONDS else 10 ** (18 - _FRACTIONS[unit])


def _same(n):
    return n


@cache
def _scaled(numerator, denominator):
    """n * numerator / denominator, rounded down."""
    if numerator == denominator:
        return _same

    def multiplied(n):
        return n if n == NAT else n * numerator

    def divided(n):
        return n if n == NAT else n // denominator

    def both(n):
        return n if n == NAT else n * numerator // denominator

    return multiplied if denominator == 1 else divided if numerator == 1 else both


@cache
def _from_months(then):
    def implementation(n):
        return n if n == NAT else then(days_of_month(n))

    return implementation


@cache
def _to_months(first):
    def implementation(n):
        return n if n == NAT else month_of_day(first(n))

    return implementation


@cache
def _composed(first, second):
    def implementation(n):
        return second(first(n))

    return implementation


def _ratio(a, b):
    """The conversion from units of size `a` to units of size `b`."""
    from math import gcd

    common = gcd(a, b)
    numerator, denominator = a // common, b // common
    return _scaled(numerator, denominator) if max(numerator, denominator) < 2**63 else None


@cache
def converter(source, target):
    """The function from numbers of one time dtype to numbers of another; None if there is none."""
    (unit, count), (to, by) = np.datetime_data(source), np.datetime_data(target)
    if source == target or unit == "generic":
        return _same if source == target or by == 1 else None
    if to == "generic":
        return None
    months = {"Y": 12, "M": 1}
    if (unit in months) != (to in months) and source.kind == "m":
        return None
    if unit in months and to in months:
        return _ratio(months[unit] * count, months[to] * by)
    if unit in months:
        to_months = _scaled(months[unit] * count, 1)
        days = _ratio(_per_unit("D"), _per_unit(to) * by)
        return days and _composed(to_months, _from_months(days))
    if to in months:
        days = _ratio(_per_unit(unit) * count, _per_unit("D"))
        return days and _composed(_to_months(days), _scaled(1, months[to] * by))
    return _ratio(_per_unit(unit) * count, _per_unit(to) * by)


@overload("datetime.astype", "timedelta.astype")
def astype(x, dtype):
    source, target = dtype_of(x), _target(dtype)
    if target is None or (target.kind in "mM" and target.kind != source.kind):
        return None
    if target.kind not in "mM":
        cls = target.type

        def to_number(x, dtype):
            return cls(x.view(INT))

        return to_number
    convert = converter(source, target)
    if convert is None:
        return None

    def implementation(x, dtype):
        return INT(convert(x.view(INT))).view(target)

    return implementation


def _target(dtype):
    """The dtype that an argument means."""
    if kind(dtype) in ("dtype", "numberclass"):
        return dtype.dtype.numpy_dtype
    found = dtype_class(dtype) if kind(dtype) == "function" else None
    try:
        return np.dtype(found or text(dtype) or dtype)
    except TypeError:
        return None
