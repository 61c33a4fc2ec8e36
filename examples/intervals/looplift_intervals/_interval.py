"""What an `Interval` is in compiled code: two floats, with the class's operators, methods and attributes."""

import operator

from looplift import types
from looplift.extending import (
    NativeValue,
    as_numba_type,
    box,
    models,
    overload,
    overload_attribute,
    overload_method,
    register_model,
    typeof_impl,
    unbox,
    value_class,
)
from looplift_intervals import Interval


class IntervalType(types.Type):
    """The type of all intervals."""

    def __init__(self):
        super().__init__(name="Interval")


interval = IntervalType()


@register_model(IntervalType)
class IntervalModel(models.StructModel):
    """The fields, which are attributes in compiled code."""

    def __init__(self, manager, typ):
        super().__init__(manager, typ, [("lo", types.float64), ("hi", types.float64)])


def both(a, b):
    """Whether both operands are intervals."""
    return isinstance(a, IntervalType) and isinstance(b, IntervalType)


def register():
    """Registers the type and what can be done with its values."""
    typeof_impl.register(Interval, lambda value, context: interval)
    as_numba_type.register(Interval, interval)

    # Across the border: an object becomes fields, fields become an object.
    @unbox(IntervalType)
    def unbox_interval(typ, obj, context):
        return NativeValue((obj.lo, obj.hi))

    @box(IntervalType)
    def box_interval(typ, value, context):
        return Interval(value.lo, value.hi)

    # `Interval(lo, hi)` in compiled code makes a value of the fields, after the check that the class makes.
    made = value_class(interval)

    @overload(Interval)
    def make(lo, hi):
        if not (isinstance(lo, types.Number) and isinstance(hi, types.Number)):
            return None

        def impl(lo, hi):
            if hi < lo:
                raise ValueError("an interval ends after it begins")
            return made(float(lo), float(hi))

        return impl

    @overload_attribute(IntervalType, "width")
    def width(i):
        return lambda i: i.hi - i.lo

    @overload_method(IntervalType, "holds")
    def holds(i, x):
        return lambda i, x: i.lo <= x <= i.hi

    @overload(operator.contains)
    def contains(i, x):
        if isinstance(i, IntervalType) and isinstance(x, types.Number):
            return lambda i, x: i.holds(x)

    @overload(operator.add)
    def add(a, b):
        if both(a, b):
            return lambda a, b: Interval(a.lo + b.lo, a.hi + b.hi)

    @overload(operator.or_)
    def hull(a, b):
        if both(a, b):
            return lambda a, b: Interval(min(a.lo, b.lo), max(a.hi, b.hi))

    @overload(operator.eq)
    def equal(a, b):
        if both(a, b):
            return lambda a, b: a.lo == b.lo and a.hi == b.hi
