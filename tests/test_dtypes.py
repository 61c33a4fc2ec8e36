"""dtype objects and questions about them; scalar classes; element types without compiled form."""

import numpy as np
import pytest

import looplift
from looplift import jit, njit
from looplift.errors import TypingError
from support import check

ROWS = [
    (lambda: (np.iinfo(np.int32).max, np.iinfo(np.uint64).max, np.iinfo("i1").min, np.iinfo(np.int16).bits),),
    (lambda: (np.finfo(np.float64).eps, np.finfo(np.float32).max, np.finfo(np.float64).tiny),),
    (lambda x: np.iinfo(x).max, np.int8(3)),
    (lambda a: np.finfo(a.dtype).eps, np.ones(2, np.float32)),
    (lambda: np.result_type(np.int8, np.float32) == np.float32,),
    (lambda: (np.promote_types("i1", "u1") == np.int16, np.can_cast(np.int64, np.float32), np.can_cast("i4", "f8")),),
    (lambda a: (np.issubdtype(a.dtype, np.floating), np.issubdtype(a.dtype, np.integer)), np.ones(2)),
    (lambda a: (a.dtype.itemsize, a.dtype.kind, a.dtype == np.dtype("f4"), a.dtype.type(3)), np.ones(2, np.float32)),
    (lambda: (np.float64(1.0).view(np.int64), np.int32(1).view(np.float32)),),
]


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_rows(row):
    function, *args = ROWS[row]
    got, want = njit(function)(*args), function(*args)
    assert got == want and repr(got) == repr(tuple(x.item() if hasattr(x, "item") else x for x in want) if isinstance(want, tuple) else getattr(want, "item", lambda: want)())


def test_dtypes_as_arguments_and_results():
    def zeros(n, dtype):
        return np.zeros(n, dtype)

    for dtype in (np.dtype("f4"), np.float32, np.dtype("M8[D]"), np.dtype([("a", "i4")])):
        assert njit(zeros)(2, dtype).dtype == np.dtype(dtype)
    assert njit(lambda a: a.dtype)(np.ones(1, "i2")) == np.dtype("i2")
    check(lambda x: x, np.dtype("f8"))


def test_refusals():
    for a in (np.ones(2, np.longdouble), np.ones(2, object), np.ones(2, ">f8")):
        with pytest.raises(looplift.errors.TypingError):
            njit(lambda a: a.shape)(a)


def test_matrices():
    # As the arrays that they are, where the interpreter is no way out.
    m = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    assert njit(lambda m: m.sum() + m[1, 0])(m) == m.sum() + m[1, 0]
    same = njit(lambda m: m)
    assert same(m) is m and same(m) is m
    assert np.array_equal(njit(lambda m: m * m)(m), np.asarray(m) ** 2)
    assert np.array_equal(jit(lambda m: m * m)(m), m @ m)
    with pytest.raises(TypingError, match="Unsupported array type: numpy.ma.MaskedArray"):
        njit(lambda m: m)(np.ma.array([1.0], mask=[True]))


@pytest.mark.parametrize("array", [np.zeros(2, np.longdouble), np.zeros(2, object), np.zeros(2, "V4"), np.zeros(2, [("x", ">i4")])])
def test_dtypes_without_compiled_form(array):
    with pytest.raises(TypingError, match="Unsupported array dtype"):
        njit(lambda a: a[0])(array)
    assert jit(lambda a: a[0])(array) == array[0]
