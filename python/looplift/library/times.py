"""Datetimes and timedeltas: arithmetic, comparison, and the functions of NumPy for one of them or element by element.

A time is its number of units since 1970 or of duration, an int64; the minimum is NaT. What result type an operation has is
asked of NumPy when the overload is; the implementations work on the numbers (`x.view(np.int64)`).
"""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library._registry import overload
from looplift.library._types import NUMPY, is_array, is_float, is_index, is_int, is_time, kind, text
from looplift.library.time_units import INT, NAT, converter, dtype_of

# Operators


@cache
def _result(op, *dtypes):
    """The dtype that NumPy's operator gives; None if it has none for these."""
    try:
        with np.errstate(all="ignore"):
            return op(*(np.ones((), d) for d in dtypes)).dtype
    except TypeError:
        return None


def _common(a, b):
    """The dtype in which two times of one kind meet, or None."""
    try:
        return np.promote_types(a, b)
    except TypeError:
        return None


def _numbers(t, target):
    """The function that gives a time's or an integer's number in the unit of `target`; None if it has none."""
    d = dtype_of(t)
    if d is None or d.kind == "f":
        return None
    if d.kind in "mM":
        kind_of = d.kind
        unit = np.datetime_data(target)[0]
        same_kind = np.dtype(f"{kind_of}8" if unit == "generic" else f"{kind_of}8[{_unit_text(target)}]")
        convert = converter(d, same_kind)
        if convert is None:
            return None

        def of_time(x):
            return INT(convert(x.view(INT)))

        return of_time

    def of_integer(x):
        return INT(x)

    return of_integer


def _unit_text(dtype):
    unit, count = np.datetime_data(dtype)
    return unit if count == 1 else f"{count}{unit}"


def _additive(a, b, op):
    result = _result(op, dtype_of(a), dtype_of(b)) if dtype_of(a) is not None and dtype_of(b) is not None else None
    if result is None or result.kind not in "mM":
        return None
    unit = result
    if dtype_of(a).kind == "M" and dtype_of(b).kind == "M":
        unit = _common(dtype_of(a), dtype_of(b))
    left, right = _numbers(a, unit), _numbers(b, unit)
    if left is None or right is None:
        return None

    def add(a, b):
        x, y = left(a), right(b)
        return INT(NAT if x == NAT or y == NAT else x + y).view(result)

    def subtract(a, b):
        x, y = left(a), right(b)
        return INT(NAT if x == NAT or y == NAT else x - y).view(result)

    return add if op is np.add else subtract


@overload("datetime.__add__", "timedelta.__add__")
def add(a, b):
    return _additive(a, b, np.add)


@overload("datetime.__radd__", "timedelta.__radd__")
def radd(b, a):
    found = _additive(a, b, np.add)
    return _turned(found)


@overload("datetime.__sub__", "timedelta.__sub__")
def sub(a, b):
    return _additive(a, b, np.subtract)


@overload("timedelta.__rsub__", "datetime.__rsub__")
def rsub(b, a):
    return _turned(_additive(a, b, np.subtract))


def _turned(found):
    if found is None:
        return None

    def implementation(b, a):
        return found(a, b)

    return implementation


def _is_delta(t):
    return kind(t) == "timedelta"


@overload("timedelta.__mul__", "timedelta.__rmul__")
def mul(a, b):
    target = dtype_of(a)
    if is_index(b):

        def by_integer(a, b):
            n = a.view(INT)
            return INT(n if n == NAT else n * INT(b)).view(target)

        return by_integer
    if is_float(b):

        def by_float(a, b):
            n = a.view(INT)
            product = np.float64(n) * np.float64(b)
            return INT(_rounded(product) if n != NAT else n).view(target)

        return by_float
    return None


def _rounded(x):
    """The float without its fraction as an int64; NaT for what does not fit."""
    return INT(x) if -9.2233720368547758e18 <= x < 9.2233720368547758e18 else NAT


def _quotient_type(a, b):
    return _common(dtype_of(a), dtype_of(b)) if _is_delta(a) and _is_delta(b) else None


@overload("timedelta.__truediv__")
def truediv(a, b):
    target = dtype_of(a)
    unit = _quotient_type(a, b)
    if unit is not None:
        left, right = _numbers(a, unit), _numbers(b, unit)

        def quotient(a, b):
            x, y = left(a), right(b)
            if x == NAT or y == NAT:
                return np.nan
            return np.divide(np.float64(x), np.float64(y))

        return quotient
    return _divided(b, target)


def _divided(b, target):
    if is_index(b):

        def by_integer(a, b):
            n, d = a.view(INT), INT(b)
            if n == NAT or d == 0:
                return INT(NAT).view(target)
            q = abs(n) // abs(d)
            return INT(q if (n < 0) == (d < 0) else -q).view(target)

        return by_integer
    if is_float(b):

        def by_float(a, b):
            n = a.view(INT)
            return INT(n if n == NAT else _rounded(np.divide(np.float64(n), np.float64(b)))).view(target)

        return by_float
    return None


@overload("timedelta.__floordiv__")
def floordiv(a, b):
    unit = _quotient_type(a, b)
    if unit is None:
        return _divided(b, dtype_of(a))
    left, right = _numbers(a, unit), _numbers(b, unit)

    def quotient(a, b):
        x, y = left(a), right(b)
        return 0 if x == NAT or y == NAT or y == 0 else x // y

    return quotient


@overload("timedelta.__mod__")
def mod(a, b):
    unit = _quotient_type(a, b)
    if unit is None:
        return None
    left, right = _numbers(a, unit), _numbers(b, unit)

    def remainder(a, b):
        x, y = left(a), right(b)
        return INT(NAT if x == NAT or y == NAT or y == 0 else x % y).view(unit)

    return remainder


@overload("timedelta.__divmod__")
def divmod_of(a, b):
    if _quotient_type(a, b) is None:
        return None

    def implementation(a, b):
        return a // b, a % b

    return implementation


@overload("timedelta.__neg__")
def neg(a):
    target = dtype_of(a)

    def implementation(a):
        n = a.view(INT)
        return INT(n if n == NAT else -n).view(target)

    return implementation


@overload("timedelta.__pos__")
def pos(a):
    def implementation(a):
        return a

    return implementation


@overload("timedelta.__abs__", "time.numpy.fabs")
def absolute(a):
    target = dtype_of(a)

    def implementation(a):
        n = a.view(INT)
        return INT(n if n == NAT else abs(n)).view(target)

    return implementation


@overload("time.numpy.sign")
def sign(a):
    if not _is_delta(a):
        return None
    target = dtype_of(a)

    if NUMPY >= (2, 5):

        def implementation(a):
            n = a.view(INT)
            return np.nan if n == NAT else float((n > 0) - (n < 0))

        return implementation

    def implementation(a):
        n = a.view(INT)
        return INT((n > 0) - (n < 0)).view(target)

    return implementation


@overload("timedelta.__bool__", "datetime.__bool__")
def truth(a):
    def implementation(a):
        return a.view(INT) != 0

    return implementation


@overload("datetime.__hash__", "timedelta.__hash__", "time.builtins.hash")
def hash_of(a):
    # As Numba's: the number itself.
    if kind(a) == "timedelta" and np.datetime_data(dtype_of(a))[0] == "generic":

        def implementation(a):
            raise ValueError("Can't hash generic timedelta64")

    else:

        def implementation(a):
            return a.view(INT)

    return implementation


@overload("time.builtins.int")
def int_of(a):
    dtype = dtype_of(a)
    if np.datetime_data(dtype) != ("ns", 1):
        raise TypingError(f"Only {kind(a)}64[ns] can be converted, but got {dtype}")

    def implementation(a):
        return a.view(INT)

    return implementation


# Comparison: NaT differs from everything and is in no order


def _pair(a, b):
    """Functions to numbers in a common unit, or None."""
    x, y = dtype_of(a), dtype_of(b)
    if x is None or y is None or "f" in (x.kind, y.kind):
        return None
    times = [d for d in (x, y) if d.kind in "mM"]
    if len({d.kind for d in times}) > 1 or (len(times) == 1 and times[0].kind == "M"):
        return None
    unit = _common(*times) if len(times) == 2 else times[0]
    if unit is None:
        return None
    left, right = _numbers(a, unit), _numbers(b, unit)
    return None if left is None or right is None else (left, right)


def _compared(name, order):
    @overload(f"datetime.__{name}__", f"timedelta.__{name}__")
    def compare(a, b):
        pair = _pair(a, b)
        return None if pair is None else order(*pair)

    return compare


@cache
def _less(left, right):
    def implementation(a, b):
        x, y = left(a), right(b)
        return x != NAT and y != NAT and x < y

    return implementation


@cache
def _less_equal(left, right):
    def implementation(a, b):
        x, y = left(a), right(b)
        return x != NAT and y != NAT and x <= y

    return implementation


@cache
def _greater(left, right):
    def implementation(a, b):
        x, y = left(a), right(b)
        return x != NAT and y != NAT and x > y

    return implementation


@cache
def _greater_equal(left, right):
    def implementation(a, b):
        x, y = left(a), right(b)
        return x != NAT and y != NAT and x >= y

    return implementation


@cache
def _equal(left, right):
    def implementation(a, b):
        x, y = left(a), right(b)
        return x != NAT and x == y

    return implementation


@cache
def _not_equal(left, right):
    def implementation(a, b):
        x, y = left(a), right(b)
        return x == NAT or x != y

    return implementation


for _name, _order in (
    ("lt", _less),
    ("le", _less_equal),
    ("gt", _greater),
    ("ge", _greater_equal),
    ("eq", _equal),
    ("ne", _not_equal),
):
    _compared(_name, _order)


# Functions of NumPy


@overload("numpy.isnat", "time.numpy.isnan")
def isnat(x):
    if not is_time(x):
        return None

    def implementation(x):
        return x.view(INT) == NAT

    return implementation


def _register_division(name, operator):
    @overload("time.numpy." + name)
    def divided(x1, x2):
        return operator if is_time(x1) and (is_time(x2) or is_index(x2) or is_float(x2)) else None


def _by_divide(x1, x2):
    return x1 / x2


def _by_floor_divide(x1, x2):
    return x1 // x2


def _by_remainder(x1, x2):
    return x1 % x2


for _name, _operator in (
    ("divide", _by_divide),
    ("true_divide", _by_divide),
    ("floor_divide", _by_floor_divide),
    ("remainder", _by_remainder),
    ("mod", _by_remainder),
):
    _register_division(_name, _operator)


def _elementwise(name, function):
    """A predicate of arrays of times."""

    @overload("time.numpy." + name)
    def of_array(x):
        return function if is_array(x) and is_time(x.dtype) else None


def _isfinite_array(x):
    return x.view(INT) != NAT


def _isnan_array(x):
    return x.view(INT) == NAT


def _isinf_array(x):
    return np.zeros(x.shape, np.bool_)


_elementwise("isfinite", _isfinite_array)
_elementwise("isnan", _isnan_array)
_elementwise("isinf", _isinf_array)


@overload("time.numpy.isfinite")
def isfinite(x):
    if not is_time(x):
        return None

    def implementation(x):
        return x.view(INT) != NAT

    return implementation


@overload("time.numpy.isinf")
def isinf(x):
    if not is_time(x):
        return None

    def implementation(x):
        return False

    return implementation


def _choice(names, prefer_number, greater):
    @overload(*names)
    def choose(a, b):
        if not (is_time(a) and is_time(b)) or kind(a) != kind(b):
            return None
        target = _common(dtype_of(a), dtype_of(b))
        if target is None:
            return None
        left, right = _numbers(a, target), _numbers(b, target)

        def implementation(a, b):
            x, y = left(a), right(b)
            if x == NAT or y == NAT:
                n = (y if x == NAT else x) if prefer_number else NAT
            else:
                n = max(x, y) if greater else min(x, y)
            return INT(n).view(target)

        return implementation


_choice(("time.numpy.maximum",), False, True)
_choice(("time.numpy.minimum",), False, False)
_choice(("time.numpy.fmax",), True, True)
_choice(("time.numpy.fmin",), True, False)


def _earlier(a, b):
    if not (is_time(a) and is_time(b)):
        return None

    def implementation(a, b):
        return b if b < a else a

    return implementation


def _later(a, b):
    if not (is_time(a) and is_time(b)):
        return None

    def implementation(a, b):
        return b if b > a else a

    return implementation


overload("time.builtins.min")(_earlier)
overload("time.builtins.max")(_later)


@overload("numpy.datetime64")
def datetime64(value, unit=None):
    """A constant: what NumPy makes of a text."""
    return _constant(np.datetime64, value, unit)


@overload("numpy.timedelta64")
def timedelta64(value, unit=None):
    name = text(unit)
    if is_int(value) and not hasattr(value, "literal_value"):
        target = np.dtype(f"m8[{name}]") if name else np.dtype("m8") if unit is None else None
        if target is None:
            return None

        def of_integer(value, unit=None):
            return INT(value).view(target)

        return of_integer
    return _constant(np.timedelta64, value, unit)


def _constant(cls, value, unit):
    name = text(unit)
    given = text(value)
    if given is None:
        given = getattr(value, "literal_value", None)
    if is_time(value) and name:
        target = np.dtype(f"{dtype_of(value).kind}8[{name}]")

        def converted(value, unit=None):
            return value.astype(target)

        return converted if cls.__name__.startswith(kind(value)) else None
    if given is None or (unit is not None and name is None and kind(unit) != "none"):
        return None
    constant = cls(given, name) if name else cls(given)

    def implementation(value, unit=None):
        return constant

    return implementation


