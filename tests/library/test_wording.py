"""What functions of arrays say of arguments that they do not take, in Numba's words, and forms that came with them."""

import numpy as np
import pytest
from support import check

import looplift
from looplift import njit

A = np.arange(12.0).reshape(3, 4)
RECORD = np.dtype([("a", "i2"), ("b", "f4")])

REFUSED = {
    "If np.zeros dtype is a string it must be a string constant.": (lambda t: np.zeros(3, t), "i4"),
    "If np.ones dtype is a string it must be a string constant.": (lambda t: np.ones(3, t), "i4"),
    "If np.full dtype is a string it must be a string constant.": (lambda t: np.full(3, 1, t), "i4"),
    "If np.array dtype is a string it must be a string constant.": (lambda t: np.array((1, 2), t), "i4"),
    "empty_like(array(float64, 2d, C), unicode_type)": (lambda a, t: np.empty_like(a, t), A, "i4"),
    "Invalid NumPy dtype specified: 'ABC'": (lambda a: np.empty_like(a, "ABC"), A),
    "array.astype if dtype is a string it must be constant": (lambda a, t: a.astype(t), A, "i4"),
    "cannot convert from float64 to Record": (lambda a: a.astype(RECORD), A),
    'The argument "object" must be array-like': (lambda x: np.array(x), None),
    'The argument "dtype" must be a data-type if it is provided': (lambda x, t: np.array(x, t), 5, 4),
    'The argument "v" must be array-like': (lambda x: np.diag(x), None),
    "expecting a non-empty tuple of arrays": (lambda a, b: np.hstack((a, b)), A, 1),
    "all the input arrays must have same number of dimensions": (lambda a, b: np.concatenate((a, b)), A, A[0]),
    "zero-dimensional arrays cannot be concatenated": (lambda a: np.concatenate((a, a)), np.array(1.0)),
    "input arrays must have compatible dtypes": (lambda a, b: np.concatenate((a, b)), A[0], np.zeros(3, RECORD)),
    "np.transpose does not accept tuples": (lambda a: np.transpose((a, a)), A),
    "The argument to np.shape must be array-like": (lambda x: np.shape(x), "a"),
    "strides argument cannot be None": (lambda a: np.lib.stride_tricks.as_strided(a, strides=None), A),
    "window_shape must be an integer or tuple of integer": (lambda a: np.lib.stride_tricks.sliding_window_view(a, 1.5), A),
    "Cannot broadcast a non-scalar to a scalar array": (lambda a: np.broadcast_to(a, ()), A),
    'Argument "1" must be array-like': (lambda a, b: np.broadcast_arrays(a, b), A, "x"),
    "must be either an int or tuple[int]": (lambda a, b: np.broadcast_shapes(a, b), (1, 2), "x"),
    'Argument "x" or "y" cannot be None': (lambda c: np.where(c, None, None), True),
    "Calling nonzero on 0d arrays is not allowed": (lambda a: np.nonzero(a), np.array(1.0)),
    "Unsupported array index type float64": (lambda a, i: a[0, i], A, 1.5),
    "Field 'z' was not found in record with fields ('a', 'b')": (lambda a: a[0].z if False else a["z"], np.zeros(2, RECORD)),
    "Requested index 5 is out of range": (lambda a: a[0][5], np.zeros(2, RECORD)),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(text):
    function, *args = REFUSED[text]
    with pytest.raises(looplift.errors.TypingError) as raised:
        njit(function)(*args)
    assert text in str(raised.value)


RAISED = {
    "negative dimensions not allowed": (ValueError, lambda n: np.full(n, 1.0), -1),
    "Allocation failed": (MemoryError, lambda n: np.empty(n), 2**58),
    "cannot assign slice of shape (4,) from input of shape (3, 4)": (ValueError, lambda a: store(a[0], a), A),
    "axis is out of bounds for array of given dimension": (ValueError, lambda a: np.transpose(a, (0, 5)), A),
    "input sizes over dimension 1 do not match": (ValueError, lambda a: np.concatenate((a, a[:, 1:])), A),
    "operands could not be broadcast together with remapped shapes": (ValueError, lambda a: np.broadcast_to(a, (3, 5)), A),
    "matching length window_shape and axis": (ValueError, lambda a: np.lib.stride_tricks.sliding_window_view(a, 2, (0, 1)), A),
    "Argument axis out of bounds": (ValueError, lambda a: np.lib.stride_tricks.sliding_window_view(a, 2, 5), A),
    "array_clip: must set either max or min": (ValueError, lambda a: np.clip(a, None, None), A),
    "clip: the shape of the 'out' array does not match": (ValueError, lambda a, b: np.clip(a, 0, 1, b), A[0], A[0, 1:].copy()),
    "shape mismatch: objects cannot be broadcast to a single shape": (ValueError, lambda a: np.clip(a, a[:2], 1), A),
    "invalid output shape": (ValueError, lambda a, b: np.round(a, 1, b), A[0], A[0, 1:].copy()),
    "Unable to safely conform val to a.dtype": (ValueError, lambda a: np.fill_diagonal(a, np.nan), A.astype(np.int32)),
    "duplicate value in 'axis'": (ValueError, lambda a: a.sum(axis=(0, 1, 0)), A),
    "buffer is smaller than requested size": (ValueError, lambda b: np.frombuffer(b, np.int32, 3, 1), b"12345678"),
    "offset must be non-negative": (ValueError, lambda b: np.frombuffer(b, np.int32, 1, 9), b"12345678"),
}


@njit
def store(to, a):
    to[:] = a


@pytest.mark.parametrize("text", RAISED)
def test_what_is_raised(text):
    error, function, *args = RAISED[text]
    with pytest.raises(error) as raised:
        njit(function)(*[a.copy() if isinstance(a, np.ndarray) else a for a in args])
    assert text in str(raised.value)


FORMS = (
    lambda a, r: np.zeros(3, "i4, (2,3)f8"),
    lambda a, r: np.zeros((2, 1), RECORD),
    lambda a, r: np.zeros_like(r),
    lambda a, r: np.zeros_like(r[0]),
    lambda a, r: r.view(np.int16),
    lambda a, r: np.array(()),
    lambda a, r: np.array(((), ())),
    lambda a, r: np.array(([1, 2], [3.5, 4.5])),
    lambda a, r: np.eye(3, dtype=np.complex64(1)),
    lambda a, r: np.arange(4 + 4j),
    lambda a, r: np.arange(1 + 1j, 10 + 3j),
    lambda a, r: a.tobytes(),
    lambda a, r: a.T[1:].tobytes(),
    lambda a, r: a.take((((1,), (5,)), ((11,), (3,)))),
    lambda a, r: np.where(a.T > 3, a.T, 0),
    lambda a, r: np.where(a.T > 3, a.T, a.T * 2),
    lambda a, r: np.where(True, a[:, ::2].T, 1j),
    lambda a, r: np.argwhere(()),
    lambda a, r: np.flatnonzero("a"),
    lambda a, r: np.lib.stride_tricks.sliding_window_view(a, 2, (0,)),
    lambda a, r: np.lib.stride_tricks.sliding_window_view(a, (2,), 1),
)


@pytest.mark.parametrize("function", FORMS)
def test_forms(function):
    records = np.zeros(4, RECORD)
    records["a"] = range(4)
    expected, got = function(A, records), njit(function)(A, records)
    if isinstance(expected, np.ndarray):
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
        assert expected.size == 0 or got.strides == expected.strides
        np.testing.assert_array_equal(got, expected)
    else:
        assert type(got) is type(expected) and got == expected


@pytest.mark.parametrize("count, offset", [(-1, 0), (2, 0), (1, 4), (-1, 8), (0, 12)])
@pytest.mark.parametrize("buffer", [b"0123456789ab", bytearray(b"0123456789ab"), np.arange(12, dtype=np.int8)])
def test_parts_of_buffers(buffer, count, offset):
    function = lambda b, n, k: np.frombuffer(b, np.int32, n, k)  # noqa: E731
    expected, got = function(buffer, count, offset), njit(function)(buffer, count, offset)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


def test_a_copy_that_ravel_makes_can_be_written():
    a = np.asfortranarray(A)
    a.flags.writeable = False
    b = a.T
    assert njit(lambda a: a.ravel())(a).flags.writeable
    assert not njit(lambda a: a.ravel())(b).flags.writeable


@pytest.mark.parametrize("wrap", [True, False])
@pytest.mark.parametrize("val", [1.5, (4,), [8, 9], np.arange(3)])
def test_filled_diagonals(wrap, val):
    def fill(a, val, wrap):
        np.fill_diagonal(a, val, wrap)

    check(fill, np.zeros((7, 3)), val, wrap)


def test_numbers_alone():
    # As Numba: arrays of one element.
    assert [a.shape for a in njit(lambda x, y: np.broadcast_arrays(x, y))(1, True)] == [(1,), (1,)]
