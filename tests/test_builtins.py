"""Built-in functions: range, len, min, max, abs, sum, enumerate, zip, print."""

import numpy as np
import pytest

from support import beyond_peer, check, check_error, compiled



def range_1(n):
    s = 1
    for i in range(n):
        s = (s * 31 + i) % 1_000_003
    return s


def range_2(a, b):
    s = 1
    for i in range(a, b):
        s = (s * 31 + i) % 1_000_003
    return s


def range_3(a, b, c):
    s = 1
    for i in range(a, b, c):
        s = (s * 31 + i) % 1_000_003
    return s


BIG = 2**63 - 1


@pytest.mark.parametrize("n", [0, 1, 10, -1, -(2**63)])
def test_range_of_stop(n):
    check(range_1, n)


@pytest.mark.parametrize("bounds", [(0, 5), (5, 0), (-3, 3), (BIG - 3, BIG), (-BIG - 1, -BIG + 2), (3, 3)])
def test_range_of_bounds(bounds):
    check(range_2, *bounds, typed=True)


@pytest.mark.parametrize("bounds", [
    (0, 10, 3), (10, 0, -3), (0, 10, -1), (10, 0, 1), (0, 1, 100), (5, -5, -1), (0, BIG, BIG), pytest.param((BIG, -BIG - 1, -BIG), marks=beyond_peer("the peer overflows")),
    pytest.param((-BIG - 1, BIG, 2**62), marks=beyond_peer("the peer overflows")), (BIG - 5, BIG, 4), (-BIG + 5, -BIG - 1, -4), (3, 4, BIG), (0, -1, -BIG - 1),
])  # fmt: skip
def test_range_with_step(bounds):
    check(range_3, *bounds, typed=True)


def test_range_step_zero():
    check_error(range_3, 0, 5, 0)


@pytest.mark.parametrize("step", [1, 2, 7, -1, -3])
def test_range_with_constant_step(step):
    namespace = {}
    exec(f"def loop(a, b):\n    s = 0\n    for i in range(a, b, {step}):\n        s = s * 3 + i\n    return s", namespace)
    for a, b in [(0, 10), (10, 0), (-5, 5), (5, 5)]:
        check(namespace["loop"], a, b)


@pytest.mark.parametrize("name", ["int8", "int32", "uint8", "uint32", "int64"])
def test_range_of_narrow_types(name):
    check(range_1, np.dtype(name).type(9), typed=True)


def test_range_len_and_parts():
    check(lambda n: len(range(n)), 7)
    check(lambda a, b, c: len(range(a, b, c)), 10, -3, -4)
    check(lambda n, k: k in range(0, n, 2), 10, 4)


def test_range_object_kept_in_a_variable():
    def twice(n):
        r = range(n)
        s = 0
        for i in r:
            for j in r:
                s += i * j
        return s

    check(twice, 6)


@pytest.mark.parametrize("args", [(1, 2), (2, 1), (1.5, 2.5), (3, 3), (-0.0, 0.0), (0.0, -0.0), (True, False)])
def test_min_max_of_two(args):
    check(lambda a, b: (min(a, b), max(a, b)), *args)


NAN = float("nan")


@pytest.mark.parametrize("args", [(NAN, 1.0), (1.0, NAN), (NAN, NAN), (NAN, float("inf"))])
def test_min_max_with_nan_follow_the_order_of_arguments(args):
    check(lambda a, b: (min(a, b), max(a, b)), *args)


@pytest.mark.parametrize("args", [(1, 2.5), (3.5, 2), (2**53 + 1, 0.5)])
def test_min_max_of_mixed_types_give_the_common_type(args):
    check(lambda a, b: (min(a, b), max(a, b)), *args, expect=(float(min(args)), float(max(args))))


def test_min_max_of_many():
    check(lambda a, b, c, d: (min(a, b, c, d), max(a, b, c, d)), 4, 1, 3, 2)
    check(lambda a, b, c: max(a, min(b, c), -a), 4, 1, 3)


def test_min_max_of_tuple():
    check(lambda t: (min(t), max(t)), (3, 1, 2))


@pytest.mark.parametrize("values", [[1, 2, 3], [1.5, 2.5]])
def test_sum_of_array(values):
    check(lambda a: sum(a), np.array(values), typed=True)


def test_sum_of_nothing_has_the_type_of_the_join():
    check(lambda a: sum(a), np.zeros(0), expect=0.0)
    check(lambda a: sum(a), np.zeros(0, np.int64), expect=0)


def test_sum_with_start():
    check(lambda a, s: sum(a, s), np.arange(4), 10, typed=True)
    check(lambda a, s: sum(a, s), np.arange(4.0), 10.5, typed=True)


def test_sum_of_range():
    check(lambda n: sum(range(n)), 10)


def enumerated(a):
    s = 0.0
    for i, x in enumerate(a):
        s = s * 2 + i * x
    return s


def enumerated_from(a, start):
    s = 0.0
    for i, x in enumerate(a, start):
        s = s * 2 + i * x
    return s


def zipped(a, b):
    s = 0.0
    for x, y in zip(a, b):
        s = s * 2 + x - y
    return s


def zipped_three(a, b, n):
    s = 0.0
    for x, y, i in zip(a, b, range(n)):
        s = s * 2 + x - y * i
    return s


def enumerate_zip(a, b):
    s = 0.0
    for i, (x, y) in enumerate(zip(a, b)):
        s = s * 2 + i * x - y
    return s


def test_enumerate():
    check(enumerated, np.arange(4.0))
    check(enumerated, np.zeros(0))
    check(enumerated, (1, 2, 3))
    check(enumerated_from, np.arange(4.0), -2)
    check(enumerated_from, np.arange(4.0), 2**40)


@pytest.mark.parametrize("lengths", [(4, 4), (4, 2), (2, 4), (0, 3)])
def test_zip(lengths):
    a, b = (np.arange(1.0, n + 1) for n in lengths)
    check(zipped, a, b)
    check(zipped_three, a, b, 3)
    check(enumerate_zip, a, b)


def test_zip_of_one_and_none():
    def one(a):
        s = 0.0
        for (x,) in zip(a):
            s += x
        return s

    check(one, np.arange(4.0))


@beyond_peer("reversed() of a range")
def test_reversed_range():
    def countdown(n):
        s = 0
        for i in reversed(range(n)):
            s = s * 3 + i
        return s

    check(countdown, 6)


def test_iter_next():
    def first_two(a):
        it = iter(a)
        x = next(it)
        return x, next(it)

    check(first_two, np.arange(4.0))


def test_next_of_nothing():
    def take(a):
        return next(iter(a))

    result = None
    try:
        compiled(take)(np.zeros(0))
    except StopIteration as error:
        result = error
    assert result is not None


@pytest.mark.parametrize("values, expect", [
    ((1,), "1\n"), ((1.5,), "1.5\n"), ((True, None), "True None\n"), ((1, -2.0, 3), "1 -2.0 3\n"), ((1e300,), "1e+300\n"),
    ((float("inf"), float("nan")), "inf nan\n"), ((0.1,), "0.1\n"), ((-0.0,), "-0.0\n"), ((2**63 - 1,), "9223372036854775807\n"),
])  # fmt: skip
def test_print(values, expect, capfd):
    show = compiled(eval(f"lambda {', '.join(f'x{i}' for i in range(len(values)))}: "
                         f"print({', '.join(f'x{i}' for i in range(len(values)))})"))  # fmt: skip
    show(*values)
    assert capfd.readouterr().out.endswith(expect)


def test_print_of_text_and_nothing(capfd):
    def show(x):
        print("x =", x, "!")
        print()

    compiled(show)(3)
    assert capfd.readouterr().out == "x = 3 !\n\n"


def test_print_order_with_python(capfd):
    def show(n):
        for i in range(n):
            print(i)

    print("before")
    compiled(show)(2)
    print("after")
    assert capfd.readouterr().out.split() == ["before", "0", "1", "after"]


def test_print_of_complex_and_tuple(capfd):
    compiled(lambda z: print(z))(1 + 2j)
    assert capfd.readouterr().out == "(1+2j)\n"


def test_bool_sum():
    check(lambda a: sum(a), np.array([True, False, True]), expect=2)


def test_abs_of_array_elements():
    def total(a):
        s = 0.0
        for x in a:
            s += abs(x)
        return s

    check(total, np.array([-1.5, 2.0, -0.0]))


@pytest.mark.parametrize("x", [3, 2.5, pytest.param(True, marks=beyond_peer("bool is an int")), 1j])
def test_isinstance(x):
    check(lambda x: (isinstance(x, int), isinstance(x, float), isinstance(x, (float, complex))), x)
