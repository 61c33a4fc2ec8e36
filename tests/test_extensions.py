"""Types of one's own, intrinsics, and the options of overloads."""

import operator
from contextlib import ExitStack

import numpy as np
import pytest

import looplift
from looplift import errors, njit, types
from looplift import extending as ext
from looplift.core import cgutils
from looplift.core.typing.templates import AttributeTemplate


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
    with pytest.raises(TypeError):
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


def test_faults_of_intrinsics_are_said():
    @ext.intrinsic
    def number(typingctx, x):
        return 5

    @ext.intrinsic
    def faulty(typingctx, x):
        raise TypeError("mine")

    @ext.intrinsic
    def nothing(typingctx, x):
        return types.int64(x), lambda context, builder, sig, args: None

    for call, text in (
        (lambda x: number(x), "gives a signature and a code generator, or None, not 5"),
        (lambda x: faulty(x), "mine"),
        (lambda x: faulty(x, x), "too many positional arguments"),
        (lambda x: nothing(x), "gives no value, but its signature returns int64"),
    ):
        with pytest.raises(errors.TypingError, match=text):
            njit(call)(1)


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


class Span:
    def __init__(self, start, length):
        self.start, self.length = start, length


class SpanType(types.Type):
    def __init__(self):
        super().__init__(name="Span")


ext.typeof_impl.register(Span)(lambda value, context: SpanType())
ext.register_model(SpanType)(type("SpanModel", (ext.models.StructModel,), {
    "__init__": lambda self, dmm, t: ext.models.StructModel.__init__(self, dmm, t, [("start", types.int64), ("length", types.float64)])
}))  # fmt: skip


@ext.unbox(SpanType)
def unbox_span(typ, obj, c):
    failed = cgutils.alloca_once_value(c.builder, cgutils.false_bit)
    made = cgutils.create_struct_proxy(typ)(c.context, c.builder)
    with ExitStack() as stack:
        start = c.pyapi.object_getattr_string(obj, "start")
        with cgutils.early_exit_if_null(c.builder, stack, start):
            c.builder.store(cgutils.true_bit, failed)
        native = c.unbox(types.int64, start)
        with cgutils.early_exit_if(c.builder, stack, native.is_error):
            c.builder.store(cgutils.true_bit, failed)
        made.start = native.value
        made.length = c.unbox(types.float64, c.pyapi.object_getattr_string(obj, "length")).value
        with cgutils.early_exit_if(c.builder, stack, made.length < 0):
            c.builder.store(cgutils.true_bit, failed)
    return ext.NativeValue(made._getvalue(), is_error=c.builder.load(failed))


@ext.box(SpanType)
def box_span(typ, value, c):
    result = cgutils.alloca_once(c.builder, c.pyapi.pyobj)
    with ExitStack() as stack:
        start = c.box(types.int64, value.start)
        with cgutils.early_exit_if_null(c.builder, stack, start):
            c.builder.store(c.pyapi.get_null_object(), result)
        made = c.pyapi.call_function_objargs(c.pyapi.unserialize(c.pyapi.serialize_object(Span)), (start, value.length))
        c.builder.store(made, result)
    return c.builder.load(result)


def test_blocks_of_boxers_and_unboxers():
    back = njit(lambda s: s)(Span(3, 2))
    assert (type(back), back.start, back.length) == (Span, 3, 2.0)
    for bad in (Span("a", 1), Span(1, -1.0), Span(1, None)):
        with pytest.raises(TypeError, match="can't unbox"):
            njit(lambda s: s.start)(bad)
    incomplete = Span(1, 1)
    del incomplete.length
    with pytest.raises(AttributeError):
        njit(lambda s: s)(incomplete)


def test_variables_of_code_generators():
    @ext.intrinsic
    def twice(context, x):
        def codegen(context, builder, sig, args):
            slot = cgutils.alloca_once_value(builder, args[0])
            builder.store(builder.add(builder.load(slot), args[0]), slot)
            return builder.load(slot)

        return x(x), codegen

    assert njit(lambda x: twice(x))(21) == 42


def test_attributes_of_any_name():
    class Opt:
        pass

    class OptType(types.Type):
        def __init__(self):
            super().__init__(name="Opt")

    ext.typeof_impl.register(Opt)(lambda value, context: OptType())
    ext.register_model(OptType)(ext.models.OpaqueModel)
    ext.unbox(OptType)(lambda typ, obj, c: ext.NativeValue(c.context.get_dummy_value()))

    @ext.infer_getattr
    class OptAttributes(AttributeTemplate):
        key = OptType

        def generic_resolve(self, typ, attr):
            return types.int64 if attr.startswith("n") else None

    @ext.lower_getattr_generic(OptType)
    def get_any(context, builder, typ, value, attr):
        return context.get_constant(types.int64, len(attr))

    assert njit(lambda o: (o.n, o.name))(Opt()) == (1, 4)
    with pytest.raises(errors.TypingError, match="Unknown attribute 'other'"):
        njit(lambda o: o.other)(Opt())
    for register in (lambda: ext.lower_setattr(OptType, "n"), lambda: ext.lower_setattr_generic(OptType), lambda: ext.reflect(OptType)):
        with pytest.raises(errors.UnsupportedError, match="structref"):
            register()


def test_tuples_and_bits_of_compiled_code():
    from looplift import literally
    from looplift.cpython.unsafe.numbers import leading_zeros, trailing_zeros
    from looplift.cpython.unsafe.tuple import build_full_slice_tuple, tuple_setitem
    from looplift.np.unsafe.ndarray import to_fixed_tuple

    replaced = njit(lambda t, i: tuple_setitem(t, i, 9))
    for i in range(-3, 3):
        assert replaced((1, 2, 3), i) == tuple_setitem((1, 2, 3), i, 9)
    with pytest.raises(IndexError):
        replaced((1, 2, 3), 3)
    a = np.arange(6.0).reshape(2, 3)
    assert njit(lambda a, n: a[build_full_slice_tuple(literally(n))])(a, 2).tolist() == a.tolist()
    assert njit(lambda a: (to_fixed_tuple(a, 2), to_fixed_tuple(a, length=0)))(a[1]) == ((3.0, 4.0), ())
    with pytest.raises(errors.TypingError, match="Not supported on array.ndim=2"):
        njit(lambda a: to_fixed_tuple(a, 1))(a)
    with pytest.raises(errors.TypingError, match="must be a constant"):
        njit(lambda a, n: to_fixed_tuple(a, n))(a[0], 1)
    bits = njit(lambda x: (leading_zeros(x), trailing_zeros(x)))
    assert [bits(x) for x in (np.int8(4), np.uint8(0), -1, np.uint64(2**63))] == [(5, 2), (8, 8), (0, 0), (0, 63)]
