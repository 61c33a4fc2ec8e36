"""Types of one's own, intrinsics, and the options of overloads."""

import operator

import numpy as np
import pytest

import looplift
from looplift import errors, njit, types
from looplift import extending as ext
from looplift.core import cgutils


class Interval:
    def __init__(self, lo, hi):
        self.lo, self.hi = lo, hi


class IntervalType(types.Type):
    def __init__(self):
        super().__init__(name="Interval")


interval = IntervalType()


@ext.typeof_impl.register(Interval)
def typeof_interval(value, context):
    return interval


ext.as_numba_type.register(Interval, interval)


@ext.register_model(IntervalType)
class IntervalModel(ext.models.StructModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, [("lo", types.float64), ("hi", types.float64)])


@ext.unbox(IntervalType)
def unbox_interval(typ, obj, c):
    return ext.NativeValue((obj.lo, obj.hi))


@ext.box(IntervalType)
def box_interval(typ, value, c):
    return Interval(value.lo, value.hi)


ext.make_attribute_wrapper(IntervalType, "lo", "lo")
ext.make_attribute_wrapper(IntervalType, "hi", "upper")


@ext.type_callable(Interval)
def type_interval(context):
    return lambda lo, hi: interval if isinstance(lo, types.Number) and isinstance(hi, types.Number) else None


@ext.lower_builtin(Interval, types.Number, types.Number)
def make_interval(context, builder, sig, args):
    made = cgutils.create_struct_proxy(interval)(context, builder)
    made.lo, made.hi = args
    return made._getvalue()


@ext.overload_attribute(IntervalType, "width")
def interval_width(i):
    return lambda i: i.hi - i.lo


@ext.overload_method(IntervalType, "holds")
def interval_holds(i, x):
    return lambda i, x: i.lo <= x <= i.hi


@ext.overload(operator.add)
def interval_add(a, b):
    if isinstance(a, IntervalType) and isinstance(b, IntervalType):
        return lambda a, b: Interval(a.lo + b.lo, a.hi + b.hi)
    return None


def test_values_come_and_go():
    assert looplift.typeof(Interval(1.0, 2.0)) is interval
    back = njit(lambda i: i)(Interval(1, 3))
    assert (type(back), back.lo, back.hi) == (Interval, 1.0, 3.0)


def test_attributes_and_methods():
    i = Interval(1.0, 3.0)
    assert njit(lambda i: (i.lo, i.upper, i.width))(i) == (1.0, 3.0, 2.0)
    assert njit(lambda i, x: i.holds(x))(i, 2.0) is True


def test_made_in_compiled_code():
    made = njit(lambda a, b: Interval(a, b))(1, 2.5)
    assert (type(made), made.lo, made.hi) == (Interval, 1.0, 2.5)
    assert njit(lambda a: Interval(a, a + 1).width)(4) == 1.0


def test_in_signatures():
    func = njit(types.float64(interval))(lambda i: i.width)
    assert func(Interval(0.0, 0.5)) == 0.5


def test_unboxers_raise():
    with pytest.raises(ValueError):
        njit(lambda i: i.lo)(Interval("a", 1.0))


def test_intrinsics():
    @ext.intrinsic
    def double(typingctx, x):
        if isinstance(x, types.Integer):
            return types.int64(types.int64), lambda context, builder, sig, args: builder.add(args[0], args[0])
        return None

    @ext.intrinsic(prefer_literal=True)
    def thrice(typingctx, x):
        value = x.literal_value
        return types.int64(x), lambda context, builder, sig, args: context.get_constant(types.int64, 3 * value)

    assert njit(lambda x: double(x))(4) == 8
    assert njit(lambda: thrice(7))() == 21
    with pytest.raises(errors.NumbaError, match="double"):
        njit(lambda x: double(x))(1.5)
    with pytest.raises(NotImplementedError):
        double(1)


def test_what_a_builder_lacks_is_said():
    @ext.intrinsic
    def memory(typingctx, x):
        return types.int64(types.int64), lambda context, builder, sig, args: builder.load(args[0])

    with pytest.raises(errors.NumbaError, match="load"):
        njit(lambda x: memory(x))(1)


def test_parameters_must_be_the_same():
    def first(x):
        raise NotImplementedError

    @ext.overload(first)
    def first_of(x):
        return lambda y: y

    with pytest.raises(errors.TypingError, match="argument names"):
        njit(lambda x: first(x))(1)

    def second(x):
        raise NotImplementedError

    @ext.overload(second, strict=False)
    def second_of(x):
        return lambda y: y

    assert njit(lambda x: second(x))(1) == 1


def test_class_methods():
    class Mine(types.Array):
        pass

    @ext.overload_classmethod(Mine, "steps")
    def steps(cls, n):
        return lambda cls, n: np.arange(n)

    assert list(njit(lambda n: Mine.steps(n))(3)) == [0, 1, 2]


def test_literals_first():
    def value(x):
        raise NotImplementedError

    @ext.overload(value, prefer_literal=True)
    def value_of(x):
        if isinstance(x, types.IntegerLiteral):
            known = x.literal_value * 100
            return lambda x: known
        return lambda x: x

    assert njit(lambda x: (value(3), value(x)))(7) == (300, 7)


def test_packages_announce_themselves(tmp_path):
    from support.process import run

    (tmp_path / "announced.py").write_text(
        "from looplift.extending import overload\ndef nine():\n    raise NotImplementedError\n"
        "def init():\n    overload(nine)(lambda: lambda: 9)\n"
    )
    info = tmp_path / "announced-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: announced\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[looplift_extensions]\ninit = announced:init\n")
    source = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nfrom announced import nine\nprint(njit(lambda: nine())())\n"
    assert run(source)[0] == "9\n"
