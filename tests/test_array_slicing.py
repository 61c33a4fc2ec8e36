"""Slices: which elements, which strides, whose memory; and stores through them."""

import itertools

import numpy as np
import pytest

from support import beyond_peer, check, check_error, compiled

BOUNDS = [None, 0, 1, 3, 6, 7, 9, -1, -3, -7, -9]
STEPS = [None, 1, 2, 3, -1, -2, -8]


def part(start, stop, step):
    text = ":".join("" if x is None else str(x) for x in (start, stop))
    return text if step is None else f"{text}:{step}"


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("start", BOUNDS)
def test_constant_slices(start, step):
    for stop in BOUNDS[::2]:
        check(eval(f"lambda a: a[{part(start, stop, step)}]"), np.arange(7), calls=1)


def test_variable_slices():
    """Every combination of bounds and steps, computed at run time."""

    def take(a, i, j, k):
        return a[i:j:k]

    a = np.arange(7)
    for i, j, k in itertools.product([-9, -7, -1, 0, 2, 6, 7, 9], [-8, -2, 0, 3, 7, 10], [-8, -2, -1, 1, 2, 7]):
        check(take, a, i, j, k, calls=1)


def test_variable_bounds_without_step():
    for i, j in itertools.product(range(-9, 10, 3), repeat=2):
        check(lambda a, i, j: a[i:j], np.arange(7), i, j, calls=1)
        check(lambda a, i: a[i:], np.arange(7), i, calls=1)
        check(lambda a, j: a[:j], np.arange(7), j, calls=1)
        check(lambda a, j: a[:j:-1], np.arange(7), j, calls=1)


@pytest.mark.parametrize("bound", [2**63 - 1, -(2**63)])
def test_extreme_bounds(bound):
    check(lambda a, i: a[i:], np.arange(7), bound)
    check(lambda a, i: a[:i], np.arange(7), bound)
    check(lambda a, i: a[::i], np.arange(7), bound)


@beyond_peer("the peer leaks a reference on this error")
def test_zero_step():
    check_error(lambda a, k: a[::k], np.arange(7), 0)


FORMS_2D = [
    ":", ":, :", "1:", ":, 1:3", "1, :", ":, 1", "-1, ::2", "::2, ::-1", "1:3, 2", "1:1, :", "::-1", "1:, -1", "..., 1", "1, ...",
    pytest.param("...", marks=beyond_peer("the peer has no lone ellipsis")),
    ":, ::-2", "0:2, 1:2", "..., :", ":, ...",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS_2D)
@pytest.mark.parametrize("layout", ["C", "F", "view"])
def test_slices_2d(form, layout):
    a = np.arange(12.0).reshape(3, 4)
    a = {"C": a, "F": np.asfortranarray(a), "view": np.arange(48.0).reshape(6, 8)[::2, ::2]}[layout]
    check(eval(f"lambda a: a[{form}]"), a)


FORMS_3D = [
    "1", "1, 2", "1, 2, 3", ":, 1", ":, :, 1", "1, :, 2", "::2, 1:, ::-1", "..., 0", "0, ..., 1", "1:, ..., :2", "..., 1:, 2", "-1, -1",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS_3D)
def test_slices_3d(form):
    check(eval(f"lambda a: a[{form}]"), np.arange(24).reshape(2, 3, 4))


@pytest.mark.parametrize("form", ["None", "None, :", ":, None", "1:, None"])
def test_new_axis(form):
    check(eval(f"lambda a: a[{form}]", {"np": np}), np.arange(5.0))


def test_new_axis_by_name():
    check(lambda a: a[:, np.newaxis], np.arange(5.0))


@beyond_peer("the peer has no lone ellipsis")
def test_ellipsis_of_all_indices():
    check(lambda a: a[...], np.arange(4.0))


# Views share memory


def test_write_through_a_view():
    def write(a):
        row = a[1]
        row[2] = 50
        tail = a[:, 2:]
        tail[0, 0] = 60
        return row, tail

    check(write, np.zeros((3, 4)))


def test_view_of_a_view():
    def write(a):
        b = a[1:][::2][::-1]
        b[0] = 9
        return b

    check(write, np.arange(8))


def test_returned_argument_and_its_view():
    check(lambda a: (a, a[1:], a), np.arange(4.0))


def test_overlapping_arguments():
    def shift(a, b):
        for i in range(len(b)):
            b[i] = a[i] + 1

    a = np.zeros(6)
    check(shift, a[:-1], a[1:])


def test_view_outlives_its_owner():
    def make(n):
        a = np.arange(n)
        return a[2:5]

    view = compiled(make)(10)
    for _ in range(100):
        compiled(make)(10)
    assert view.tolist() == [2, 3, 4]


def test_transpose():
    check(lambda a: a.T, np.arange(6.0).reshape(2, 3))
    check(lambda a: a.T, np.arange(6.0).reshape(2, 3).T)
    check(lambda a: a.T, np.arange(24.0).reshape(2, 3, 4))
    check(lambda a: a.T[1, 0], np.arange(6.0).reshape(2, 3))
    check(lambda a: a.T, np.arange(4))


# Stores through slices


SCALAR_STORES = [":", "1:3", "::2", "::-1", "3:1", "-2:", "10:", "..."]


@pytest.mark.parametrize("form", SCALAR_STORES)
@pytest.mark.parametrize("value", [7, 2.5, True])
def test_scalar_store(form, value):
    namespace = {}
    exec(f"def store(a, x):\n    a[{form}] = x", namespace)
    check(namespace["store"], np.arange(6.0), value)


@pytest.mark.parametrize("form", ["1", "1, :", ":, 1", "::2, 1:", "1:, ::-1", "...", "0:0, :"])
def test_scalar_store_2d(form):
    namespace = {}
    exec(f"def store(a, x):\n    a[{form}] = x", namespace)
    check(namespace["store"], np.arange(12.0).reshape(3, 4), 5)


ARRAY_STORES = [(":", 6), ("1:4", 3), ("::2", 3), ("::-1", 6), ("-2:", 2), ("2:2", 0), (":", 1), ("1:4", 1)]


@pytest.mark.parametrize("form, size", ARRAY_STORES)
@pytest.mark.parametrize("name", ["float64", "int32"])
def test_array_store(form, size, name):
    namespace = {}
    exec(f"def store(a, b):\n    a[{form}] = b", namespace)
    check(namespace["store"], np.zeros(6), np.arange(1, size + 1).astype(name))


@pytest.mark.parametrize("form, shape", [
    (":", (3, 4)), ("1", (4,)), (":, 1", (3,)), (":", (4,)), (":", (3, 1)), (":", (1, 4)), ("1:, ::2", (2, 2)), ("::-1, ::-1", (3, 4)),
    (":, 1:3", (1,)), ("...", (3, 4)),
])  # fmt: skip
def test_array_store_2d_broadcasts(form, shape):
    namespace = {}
    exec(f"def store(a, b):\n    a[{form}] = b", namespace)
    check(namespace["store"], np.zeros((3, 4)), np.arange(1.0, np.prod(shape) + 1).reshape(shape))


@pytest.mark.parametrize("form, size", [(":", 5), ("1:4", 2), ("::2", 4)])
@beyond_peer("NumPy's message")
def test_store_of_a_wrong_size(form, size):
    namespace = {}
    exec(f"def store(a, b):\n    a[{form}] = b", namespace)
    check_error(namespace["store"], np.zeros(6), np.ones(size))


@pytest.mark.parametrize("source, target", [("a[1:]", "a[:-1]"), ("a[:-1]", "a[1:]"), ("a[::-1]", "a[:]"), ("a", "a[::-1]")])
def test_store_of_an_overlapping_view(source, target):
    namespace = {}
    exec(f"def move(a):\n    {target} = {source}", namespace)
    check(namespace["move"], np.arange(9.0))


def test_store_of_a_tuple_of_scalars():
    def store(a):
        a[1:3] = (5, 6)

    check(store, np.zeros(4))


def test_slice_in_a_loop():
    def prefix_sums(a):
        out = np.zeros(len(a))
        for i in range(len(a)):
            s = 0.0
            for x in a[: i + 1]:
                s += x
            out[i] = s
        return out

    check(prefix_sums, np.arange(10.0))


def test_rows_in_a_loop():
    def bubble(a):
        for i in range(a.shape[0]):
            row = a[i]
            for j in range(len(row) - 1):
                for k in range(len(row) - 1 - j):
                    if row[k] > row[k + 1]:
                        row[k], row[k + 1] = row[k + 1], row[k]

    check(bubble, np.array([[3.0, 1, 2], [9, 8, 7], [1, 1, 0]]))


def test_length_of_slices():
    for i, j, k in itertools.product([-9, 0, 3], [2, 7, -1], [1, 2, -1]):
        check(lambda a, i, j, k: len(a[i:j:k]), np.arange(7), i, j, k, calls=1)


@beyond_peer("NumPy's text, and checked by default")
def test_integer_beside_slice_is_checked():
    check_error(lambda a, i: a[i, 1:], np.zeros((2, 3)), 2)
    check_error(lambda a, i: a[:, i], np.zeros((2, 3)), -4)
    check_error(lambda a, i: a[i], np.zeros((2, 3)), 5)


def test_slice_object():
    check(lambda a, i: a[slice(1, i)], np.arange(7), 4)


def test_read_only_views_stay_read_only():
    a = np.arange(4.0)
    a.flags.writeable = False
    check(lambda a: a, a)
