"""Array elements: every dtype, layout and dimension, negative indices, IndexError, stores."""

import itertools

import numpy as np
import pytest

from support import ALL, INTS, beyond_peer, check, check_error, compiled, errors, outcome, scalar, values_of


def filled(name, shape=(7,)):
    """An array of the dtype whose elements differ."""
    size = int(np.prod(shape))
    if name == "bool":
        return (np.arange(size) % 3 == 1).reshape(shape)
    with np.errstate(all="ignore"):
        values = np.arange(size) * 37 % 101
        if name.startswith("complex"):
            values = values + 1j * (values[::-1] - 50)
        elif name.startswith("float"):
            values = values / 4 - 3
        elif name.startswith("int"):
            values = values - 50
        return values.astype(name).reshape(shape)


def misaligned(name, size):
    """A 1-d array one byte off its alignment."""
    itemsize = np.dtype(name).itemsize
    memory = np.zeros(size * itemsize + 1, np.uint8)
    array = np.ndarray((size,), name, memory, offset=1)
    array[...] = filled(name, (size,))
    return array


def layouts(array):
    """Views of the same shape and values in every layout."""
    if array.ndim == 0:
        return {"C": array}
    wide = np.zeros(tuple(2 * n for n in array.shape), array.dtype)
    wide[tuple(slice(None, None, 2) for _ in array.shape)] = array
    reverse = tuple(slice(None, None, -1) for _ in array.shape)
    return {
        "C": np.ascontiguousarray(array),
        "F": np.asfortranarray(array),
        "strided": wide[tuple(slice(None, None, 2) for _ in array.shape)],
        "reversed": np.ascontiguousarray(array[reverse])[reverse],
        "transposed": np.ascontiguousarray(array.T).T,
    }


LAYOUTS = ["C", "F", "strided", "reversed", "transposed"]


@pytest.mark.parametrize("name", ALL)
def test_every_dtype_reads(name):
    check(lambda a, i: a[i], filled(name), 3, expect=filled(name)[3].item())
    check(lambda a, i: a[i], filled(name), -1, expect=filled(name)[-1].item())


@pytest.mark.parametrize("name", ALL)
def test_every_dtype_writes(name):
    def store(a, i, x):
        a[i] = x

    for value in values_of(name):
        check(store, filled(name), 2, value, calls=1)


@pytest.mark.parametrize("name", ALL)
def test_every_edge_value_survives(name):
    def copy(a, b):
        for i in range(len(a)):
            b[i] = a[i]

    a = np.array(values_of(name))
    check(copy, a, np.zeros_like(a))


@pytest.mark.parametrize("name", INTS)
def test_integer_stores_wrap(name):
    def store(a, x):
        a[0] = x
        a[1] = x * 2
        a[2] += x

    check(store, np.full(3, 100, name), 200, typed=True)


@pytest.mark.parametrize("target, value", [
    ("int32", 2.75), ("int64", -2.75), ("float32", 0.1), ("float32", 7), ("float64", 3), ("complex64", 1.5), ("complex128", 2),
    ("uint8", True), ("bool", 2), ("bool", 0.0), ("float64", True), ("int8", 2.5),
])  # fmt: skip
def test_stores_convert(target, value):
    def store(a, x):
        a[1] = x
        return a[1]

    check(store, np.zeros(3, target), value, typed=True)


@pytest.mark.parametrize("target, value", [("float64", 1j), ("int64", 1j), ("float64", "x")])
def test_stores_that_lose_are_refused(target, value):
    def store(a, x):
        a[0] = x

    with pytest.raises(errors.TypingError):
        compiled(store)(np.zeros(2, target), value)


SHAPES = {0: (), 1: (5,), 2: (3, 4), 3: (2, 3, 4), 4: (2, 3, 2, 2)}


def sum_0(a):
    return a[()] * 2


def sum_1(a):
    s = 0.0
    for i in range(a.shape[0]):
        s = s * 3 + a[i]
    return s


def sum_2(a):
    s = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s = s * 3 + a[i, j]
    return s


def sum_3(a):
    s = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            for k in range(a.shape[2]):
                s = s * 3 + a[i, j, k]
    return s


def sum_4(a):
    s = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            for k in range(a.shape[2]):
                for m in range(a.shape[3]):
                    s = s * 3 + a[i, j, k, m]
    return s


def write_2(a):
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            a[i, j] = a[i, j] * 2 + i - j
    return a


BY_NDIM = [sum_0, sum_1, sum_2, sum_3, sum_4]


@pytest.mark.parametrize("ndim, layout", [(0, "C"), *((n, layout) for n in range(1, 5) for layout in LAYOUTS)])
def test_reads_of_every_layout(ndim, layout):
    check(BY_NDIM[ndim], layouts(filled("float64", SHAPES[ndim]))[layout])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["float64", "int64", "complex128"])
def test_writes_of_every_layout(layout, name):
    check(write_2, layouts(filled(name, (3, 4)))[layout])


@pytest.mark.parametrize("name", ["int16", "int64", "float32", "float64", "complex128"])
def test_misaligned(name):
    check(lambda a, i: a[i], misaligned(name, 5), 2, expect=misaligned(name, 5)[2].item())

    def store(a):
        a[1] = a[2]

    check(store, misaligned(name, 5))


@pytest.mark.parametrize("dtype", [">i4", ">f8"])
def test_byte_swapped_is_refused(dtype):
    array = np.arange(3).astype(dtype)
    with pytest.raises((TypeError, errors.TypingError)) as caught:
        compiled(lambda a: a[0])(array)
    assert not isinstance(caught.value, SystemError)


@pytest.mark.parametrize("length", [0, 1, 5])
@pytest.mark.parametrize("index", [-6, -5, -1, 0, 1, 4, 5, 6, 2**63 - 1, -(2**63)])
def test_bounds_1d(length, index):
    a = np.arange(float(length))
    if -length <= index < length:
        check(lambda a, i: a[i], a, index)
    else:
        with pytest.raises(IndexError):
            compiled(lambda a, i: a[i], boundscheck=True)(a, index)


@pytest.mark.parametrize("index", [3, -4, 1000])
@beyond_peer("NumPy's text, and checked by default")
def test_index_error_text_1d(index):
    check_error(lambda a, i: a[i], np.arange(3), index)


@pytest.mark.parametrize("index", [(2, 0), (0, 3), (-3, 0), (0, -4), (5, 5)])
@beyond_peer("NumPy's text, and checked by default")
def test_index_error_text_2d(index):
    check_error(lambda a, i, j: a[i, j], np.zeros((2, 3)), *index)


@beyond_peer("NumPy's text, and checked by default")
def test_index_error_on_store_leaves_the_array():
    def store(a, i):
        a[0] = 7
        a[i] = 8
        a[1] = 9

    check_error(store, np.zeros(3), 3)


@beyond_peer("checked by default")
def test_partial_work_before_the_error_is_visible():
    def fill(a, n):
        for i in range(n):
            a[i] = i

    check_error(fill, np.zeros(10), 12)


@beyond_peer("checked by default")
def test_sum_past_the_end():
    def total(a, n):
        s = 0.0
        for i in range(n):
            s += a[i]
        return s

    check(total, np.arange(10.0), 10)
    check_error(total, np.arange(10.0), 11)


@beyond_peer("checked by default")
def test_empty_array():
    check_error(lambda a, i: a[i], np.zeros(0), 0)
    check_error(lambda a, i: a[i, 0], np.zeros((0, 3)), 0)


def test_unchecked_on_request_still_computes():
    check(sum_1, np.arange(5.0), options={"boundscheck": False})


@pytest.mark.parametrize("shape", [(3, 4), (4, 1), (1, 5), (0, 3), (3, 0)])
def test_rows(shape):
    a = filled("int64", shape)
    if shape[0]:
        check(lambda a, i: a[i], a, shape[0] - 1)
        check(lambda a, i: a[i], a, -1)


@pytest.mark.parametrize("i, j", itertools.product([-3, -1, 0, 2], [-4, -1, 0, 3]))
def test_negative_indices_2d(i, j):
    check(lambda a, i, j: a[i, j], filled("int64", (3, 4)), i, j)
    check(lambda a, i, j: a[i][j], filled("int64", (3, 4)), i, j)


@pytest.mark.parametrize("name", INTS)
def test_index_types(name):
    check(lambda a, i: a[i], np.arange(5.0), scalar(name, 3), expect=3.0)


def test_constant_indices():
    check(lambda a: (a[0], a[-1], a[2], a[-3]), np.arange(5.0))
    check(lambda a: (a[0, 0], a[-1, -1], a[1, -2]), filled("int64", (3, 4)))


def test_tuple_as_index():
    def pick(a, ij):
        return a[ij]

    check(pick, filled("int64", (3, 4)), (1, 2))


def test_augmented_elements():
    def update(a):
        for i in range(len(a)):
            a[i] += i
            a[i] *= 2
            a[i] -= 1
            a[i] //= 2

    check(update, np.arange(5))
    check(update, np.arange(5.0))


def test_iteration_over_array():
    def total(a):
        s = 0.0
        for x in a:
            s = s * 2 + x
        return s

    check(total, np.arange(5.0))
    check(total, np.zeros(0))
    check(total, np.arange(10.0)[::-2])


def test_iteration_over_rows():
    def total(a):
        s = 0.0
        for row in a:
            for x in row:
                s = s * 2 + x
            row[0] = s
        return s

    check(total, filled("float64", (3, 4)))
    check(total, filled("float64", (3, 4)).T)


@pytest.mark.parametrize("shape", [(), (5,), (2, 3), (2, 3, 4), (0,), (0, 4), (1, 1)])
@pytest.mark.parametrize("name", ["float64", "int8", "complex64"])
def test_attributes(shape, name):
    check(lambda a: (a.ndim, a.size, a.shape, a.itemsize, a.nbytes), filled(name, shape))
    if np.prod(shape):  # NumPy's strides of empty arrays mean nothing and differ between its versions
        check(lambda a: a.strides, filled(name, shape))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_strides_of_every_layout(layout):
    check(lambda a: a.strides, layouts(filled("float64", (3, 4)))[layout])


def test_flat():
    def total(a):
        s = 0.0
        for x in a.flat:
            s = s * 2 + x
        return s, a.flat[3]

    check(total, filled("float64", (3, 4)))
    check(total, filled("float64", (8,))[::2])


@beyond_peer("negative indices of flat")
def test_flat_stores():
    def store(a):
        a.flat[3] = 50.0
        a.flat[-1] = 60.0
        return a.flat[0], len(a.flat)

    check(store, filled("float64", (3, 4)))


@beyond_peer("negative indices of flat")
def test_flat_of_other_layouts():
    check(lambda a: (a.flat[3], a.flat[-1]), filled("float64", (3, 4)).T)


def test_flat_stores_of_other_layouts_are_seen_or_refused():
    def store(a):
        a.flat[3] = 50.0

    a = filled("float64", (3, 4)).T
    result = outcome(compiled(store), (a,))
    assert isinstance(result.error, errors.TypingError) or a.flat[3] == 50.0


def test_zero_dimensional():
    def bump(a):
        a[()] = a[()] + 1
        return a

    check(bump, np.array(3.0))
    check(lambda a: a[()], np.array(5))


def test_len():
    check(lambda a: len(a), np.zeros((3, 2)))
    check(lambda a: len(a), np.zeros((0, 2)))


def test_read_only_is_refused_for_stores():
    def store(a):
        a[0] = 1.0

    a = np.zeros(3)
    a.flags.writeable = False
    with pytest.raises(errors.TypingError):
        compiled(store)(a)
    check(lambda a: a[1], a)
    assert a[0] == 0.0


def test_read_only_and_writable_in_turn():
    func = compiled(lambda a: a[0] + a[-1])
    a, b = np.arange(3.0), np.arange(3.0)
    b.flags.writeable = False
    for _ in range(3):
        assert func(a) == func(b) == 2.0


@pytest.mark.parametrize("name", ALL)
def test_dtype_cross_copy(name):
    def copy(a, out):
        for i in range(a.shape[0]):
            out[i] = a[i]

    source = filled("uint8", (6,)) % 2 if name == "bool" else filled("uint8", (6,))
    check(copy, source.astype(np.uint8), np.zeros(6, name), typed=True)


def test_big_strides():
    a = np.zeros((1000, 50))[::97, ::-7]
    check(sum_2, a)
