"""Types by name: spellings, attributes, families, signatures, annotations, dtypes."""

import collections
import copy
import pickle
import typing

import numpy as np
import pytest

import looplift
from looplift import errors, typeof, types
from looplift.core.typing import signature
from looplift.extending import as_numba_type
from looplift._signature import normalized
from looplift.np.numpy_support import as_dtype, from_dtype

Point = collections.namedtuple("Point", "x y")
T = types

SPELLINGS = [
    (T.int64, "int64"),
    (T.boolean, "bool"),
    (T.void, "none"),
    (T.Array(T.float64, 2, "F"), "array(float64, 2d, F)"),
    (T.Array(T.int8, 1, "C", readonly=True), "readonly array(int8, 1d, C)"),
    (T.UniTuple(T.int64, 3), "UniTuple(int64 x 3)"),
    (T.Tuple((T.int64, T.float64)), "Tuple(int64, float64)"),
    (T.Optional(T.int64), "OptionalType(int64)"),
    (T.optional(T.float32), "OptionalType(float32)"),
    (T.NPDatetime("D"), "datetime64[D]"),
    (T.NPTimedelta("us"), "timedelta64[us]"),
    (T.ListType(T.int64), "ListType[int64]"),
    (T.CPointer(T.float64), "float64*"),
    (T.voidptr, "void*"),
    (T.pyobject, "pyobject"),
    (T.FunctionType(T.float64(T.int64)), "FunctionType[float64(int64)]"),
    (T.Omitted(5), "omitted(default=5)"),
    (T.literal(3), "Literal[int](3)"),
    (T.literal("ab"), "Literal[str](ab)"),
    (T.literal(slice(1, 2)), "Literal[slice](slice(1, 2, None))"),
    (T.RawPointer("p"), "p"),
    (T.NestedArray(T.int64, (2, 3)), "nestedarray(int64, (2, 3))"),
]


@pytest.mark.parametrize(("t", "text"), SPELLINGS, ids=[text for _, text in SPELLINGS])
def test_spelling(t, text):
    assert str(t) == text
    assert isinstance(t, types.Type)
    assert t == copy.copy(t)
    assert hash(t) == hash(copy.copy(t))


@pytest.mark.parametrize("t", [t for t, _ in SPELLINGS], ids=[text for _, text in SPELLINGS])
def test_pickles_are_the_same_object(t):
    assert pickle.loads(pickle.dumps(t)) is t


def test_one_object_for_each_type():
    assert looplift.typeof(1.0) is types.float64
    assert types.float64[:, ::1] is types.Array(types.float64, 2, "C")
    assert types.Dummy("thing") is types.Dummy("thing")
    assert types.CPointer(types.float32, 1) != types.CPointer(types.float32, 2)


def test_attributes():
    assert (types.int32.bitwidth, types.int32.signed, types.uint8.maxval, types.int8.minval) == (32, True, 255, -128)
    assert types.Integer.from_bitwidth(16, signed=False) is types.uint16
    assert types.int8 < types.int64
    with pytest.raises(TypeError):
        types.int8 < types.float64  # noqa: B015
    a = types.float64[::1, :]
    assert (a.ndim, a.layout, a.dtype, a.is_f_contig, a.mutable, a.aligned) == (2, "F", types.float64, True, True, True)
    assert a.copy(readonly=True).mutable is False
    assert a.copy(aligned=False).aligned is False
    with pytest.raises(KeyError, match="Can only index numba types"):
        types.int32[0]


def test_values_are_cast():
    assert types.int8(300) == 44
    assert type(types.float32(1)) is np.float32
    assert types.NPTimedelta("s")(5) == np.timedelta64(5, "s")


SIGNATURES = [
    "float64(int64, float64[:])",
    "types.float64(types.int64, types.Array(types.float64, 1, 'A'))",
    "Optional(int64)(UniTuple(int64, 2))",
    "(int64, float64)",
]


@pytest.mark.parametrize("text", SIGNATURES)
def test_signatures_in_text(text):
    assert all(isinstance(t, types.Type) for t in normalized(text).args)


@pytest.mark.parametrize("text", ["foo(int64)", "__import__('os')(int64)", "int64.__class__(int64)", "[x for x in ()]"])
def test_other_text_is_refused(text):
    with pytest.raises(ValueError):
        looplift.njit(text)(lambda x: x)


def test_signature_objects():
    sig = types.float64(types.int64)
    assert repr(sig) == "(int64,) -> float64"
    assert sig == signature(types.float64, types.int64)
    assert sig.replace(return_type=types.int8).return_type == types.int8
    assert looplift.njit([types.int64(types.int64, types.Omitted(5))])(lambda x, y=5: x + y)(1) == 6


def test_named_types_have_no_values():
    with pytest.raises(errors.TypingError, match="cannot be passed"):
        looplift.njit((types.Dummy("thing"),))(lambda x: x)


def test_deferred():
    d = types.deferred_type()
    with pytest.raises(RuntimeError):
        d.get()
    d.define(types.int64)
    assert looplift.njit((d,))(lambda x: x + 1)(1) == 2


def test_typeof_refuses_with_value_error():
    with pytest.raises(ValueError, match="Cannot determine"):
        looplift.typeof(object())


class Triple(typing.NamedTuple):
    a: int
    b: float
    c: bool


ANNOTATIONS = [
    (int, "int64"),
    (float, "float64"),
    (bool, "bool"),
    (complex, "complex128"),
    (str, "unicode_type"),
    (list[int], "ListType[int64]"),
    (set[float], "SetType[float64]"),
    (tuple[int, float], "Tuple(int64, float64)"),
    (int | None, "OptionalType(int64)"),
    (np.float32, "float32"),
    (Triple, "Triple(int64, float64, bool)"),
    (np.typing.NDArray[np.float64], "array(float64, 1d, C)"),
    (np.ndarray[tuple[int, int], np.dtype[np.int8]], "array(int8, 2d, C)"),
]


@pytest.mark.parametrize(("annotation", "text"), ANNOTATIONS, ids=[text for _, text in ANNOTATIONS])
def test_annotations(annotation, text):
    assert str(as_numba_type(annotation)) == text


def test_annotations_without_type():
    with pytest.raises(errors.TypingError):
        as_numba_type(object)
    with pytest.raises(errors.TypingError):
        as_numba_type(int | str)


def test_registered_annotation():
    class Mine:
        pass

    as_numba_type.register(Mine, types.int8)
    assert as_numba_type(Mine) == types.int8
    assert as_numba_type(list[Mine]) == types.ListType(types.int8)


def test_annotated_functions_are_compiled_ahead():
    @looplift.njit
    def half(x: float) -> float:
        return x / 2

    assert half.signatures == [(types.float64,)]
    assert (half(3), len(half.signatures)) == (1.5, 2)


DTYPES = ["bool", "i1", "u8", "f4", "f8", "c8", "c16", "M8[D]", "m8[us]", "S3", "U4", [("a", "i4"), ("b", "f8", (2,))]]


@pytest.mark.parametrize("dtype", DTYPES, ids=map(str, DTYPES))
def test_dtypes_there_and_back(dtype):
    dtype = np.dtype(dtype)
    assert as_dtype(from_dtype(dtype)) == dtype


@pytest.mark.parametrize("dtype", [">i4", "V5"], ids=str)
def test_dtypes_without_type(dtype):
    with pytest.raises(errors.NumbaNotImplementedError):
        from_dtype(np.dtype(dtype))


def test_dtype_of_objects():
    assert from_dtype(np.dtype(object)) is types.pyobject
    assert as_dtype(types.pyobject) == np.dtype(object)


def test_star_import():
    """What `import *` brings is Numba's list: decorators, types, errors, and no package that hides NumPy."""
    names = {}
    exec("import numpy as np\nfrom looplift import *", names)
    assert names["np"] is np and "core" not in names
    assert {"njit", "vectorize", "stencil", "prange", "int64", "float32", "TypingError", "NumbaWarning", "objmode"} <= set(names)


def test_buffers_are_arrays():
    assert types.MemoryView(types.uint8, 1, "C", readonly=True) == typeof(memoryview(b"a"))
    assert types.ByteArray(types.uint8, 1, "C") == typeof(bytearray(1))
    assert types.Bytes(types.uint8, 1, "C") == typeof(b"a")
    assert types.byte == types.np_uint8 == types.uint8


def test_records_tell_their_alignment():
    for align in (False, True):
        dtype = np.dtype([("a", "i2"), ("b", "i4")], align=align)
        found = from_dtype(dtype)
        assert (found.aligned, found.dtype) == (align, dtype)


def test_values_without_type():
    with pytest.raises(errors.NumbaValueError, match="Unsupported array dtype: >i8"):
        typeof(np.arange(3).astype(">i8"))
    with pytest.raises(errors.NumbaTypeError, match="Unsupported array type: numpy.ma.MaskedArray"):
        typeof(np.ma.MaskedArray([1]))
    with pytest.raises(ValueError, match="Cannot determine Numba type of"):
        typeof(object())
