"""Inner functions, lambdas, closures and other functions as values; keyword arguments in a bundle."""

import functools
import operator
from functools import reduce

import numpy as np
import pytest

from support import check, check_error, errors, njit

# Inner functions


def captures(x):
    def g(y):
        return y + x

    return g(3) * 2


def recursive(n):
    def fact(k):
        return 1 if k <= 1 else k * fact(k - 1)

    return fact(n)


def recursive_with_default(n):
    def down(k, step=2):
        if k <= 0:
            return k
        return down(k - step) + n

    return down(n)


def captured_now(n):
    s = 1
    g = lambda v, k=n: v * s + k  # noqa: E731
    s = 5
    return g(1) + g(2, 3)


def captured_in_a_loop(n):
    total = 0
    for i in range(n):

        def g(y):
            return y * i

        total += g(2)
    return total


def two_levels(x):
    def outer(a):
        def inner(b):
            return a * x + b

        return inner(1) + inner(a)

    return outer(3) + outer(4)


def one_calls_another(x):
    def add(a):
        return a + x

    def twice(a):
        return add(add(a))

    return twice(1)


def keyword_only(x):
    def g(a, *, b=x, c):
        return a * 100 + b * 10 + c

    return g(1, c=2), g(1, b=3, c=4)


def stars(n):
    def f(*args, **kw):
        return len(args) * 100 + kw["a"] * 10 + kw["b"] + len(kw) + sum(args)

    return f(1, n, a=n, b=3)


def bound_late(flag):
    def g():
        return later

    if flag:
        later = 7
    return g()


def of_arrays(a):
    def row(i):
        return a[i] * 2

    return row(0) + row(1)


@pytest.mark.parametrize("func, args", [
    (captures, (4,)), (captures, (2.5,)), (recursive, (6,)), (recursive_with_default, (7,)), (captured_now, (6,)), (captured_in_a_loop, (4,)),
    (two_levels, (5,)), (one_calls_another, (3,)), (keyword_only, (9,)), (stars, (4,)), (bound_late, (True,)),
    (of_arrays, (np.arange(6.0).reshape(2, 3),)),
])  # fmt: skip
def test_inner_functions(func, args):
    check(func, *args)


def test_an_unbound_capture_raises():
    with pytest.raises(NameError):
        njit(bound_late)(False)


# Inner functions that assign to variables of the function


def counts(n):
    total, count = 0.0, 0

    def add(x, w=2, *, k=1):
        nonlocal total, count
        total += x * w * k
        count += 1
        return total

    for i in range(n):
        add(i)
        if i % 2:
            add(i, 3)
        add(w=1, x=i, k=4)
    return total, count, add(1)


def raises_inside(n):
    c = 0

    def inc():
        nonlocal c
        c += 1
        if c > 3:
            raise ValueError("too many", c)
        return c

    def twice():
        return inc() + inc()

    try:
        for _ in range(n):
            twice()
    except ValueError as e:
        return str(e), c
    return "fine", c


def two_levels_assign(n):
    x = n

    def outer():
        y = 10

        def inner():
            nonlocal x, y
            x += y
            y += 1

        inner()
        inner()
        return y

    r = outer() + outer()
    return x, r


def changes_type(n):
    x = 0

    def f():
        nonlocal x
        x = 2.5

    if n:
        f()
    return x * 2.0


def read_by_others(n):
    x = n

    def read():
        return x * 10

    def step():
        nonlocal x
        x += 1

    step()
    first = read()
    step()
    return first, read(), [read() for _ in range(2)]


def leaves_a_loop(n):
    x = 0

    def f(i):
        nonlocal x
        for k in range(i):
            if k == 3:
                return k
            x += k
        return -1

    return [f(i) for i in range(n)], x


def in_arguments(n):
    z = 1

    def g(a, *rest):
        nonlocal z
        z += a - len(rest)
        try:
            return z
        finally:
            z += 100

    return g(g(1, 2), g(4)) + (g(1) if n else g(2, 1)), z


def of_an_array(n):
    z = np.zeros(3)

    def step():
        nonlocal z
        z = z + 1

    def total():
        return z.sum()

    for _ in range(n):
        step()
    return total() + 0.0


def in_a_condition(n):
    c = 0

    def following():
        nonlocal c
        c += 1
        return c

    out = [0]
    while following() < n:
        out.append(following())
    return out, c


def always_raises(n):
    c = n

    def boom():
        nonlocal c
        c += 1
        raise ValueError(c)

    try:
        boom()
    except ValueError:
        c += 10
    return c


@pytest.mark.parametrize("func", [
    counts, raises_inside, two_levels_assign, changes_type, read_by_others, leaves_a_loop, in_arguments, of_an_array, in_a_condition, always_raises,
])  # fmt: skip
@pytest.mark.parametrize("n", [1, 5])
def test_nonlocal(func, n):
    got, want = njit(func)(n), func(n)
    assert got == want


def assigning_escapes(n):
    x = n

    def f():
        nonlocal x
        x += 1

    apply(lambda g: g(), f)
    return x


def assigning_recursive(n):
    x = 0

    def f(k):
        nonlocal x
        x += 1
        return 0 if k == 0 else f(k - 1)

    f(n)
    return x


def reader_escapes(n):
    x = n

    def f():
        nonlocal x
        x += 1
        return lambda: x

    g = f()
    f()
    return g()


# Inner functions that refer to each other


def two(n):
    def even(k):
        return True if k == 0 else odd(k - 1)

    def odd(k):
        return False if k == 0 else even(k - 1)

    return even(n), odd(n)


def three(n):
    step = 1 if n > 0 else 2

    def a(k):
        if k <= 0:
            return 1
        return b(k - step) + c(k - 2 * step)

    def b(k):
        if k <= 0:
            return 2
        return a(k - step) * 2 + c(k - step)

    def c(k, w=3):
        if k <= 0:
            return w
        return a(k - step) + b(k - 2 * step) + c(k - 4, 5)

    return a(n), b(n), c(n)


@pytest.mark.parametrize("func", [two, three])
@pytest.mark.parametrize("n", [0, 5, 8])
def test_inner_functions_that_refer_to_each_other(func, n):
    assert njit(func)(n) == func(n)


def gives_one(n):
    def even(k):
        return n > 0 if k == 0 else odd(k - 1)

    def odd(k):
        return n < 0 if k == 0 else even(k - 1)

    return even


def test_one_of_several_is_returned():
    assert [njit(gives_one)(n)(4) for n in (-1, 1)] == [gives_one(n)(4) for n in (-1, 1)] == [False, True]
    assert [njit(gives_one)(n)(3) for n in (-1, 1)] == [gives_one(n)(3) for n in (-1, 1)] == [True, False]


def sibling_is_passed(n):
    def even(k):
        return True if k == 0 else apply(odd, k - 1)

    def odd(k):
        return False if k == 0 else even(k - 1)

    return even(n)


# Functions passed and returned


@njit
def apply(f, x):
    return f(x)


@njit
def adder(x, scale=1):
    def g(y, *, k=2):
        return y * k + x * scale

    return g


def passes_lambda(x):
    z = x * 2.5
    return apply(lambda v: v * z, 3) + apply(np.sqrt, 4.0) + apply(abs, -1)


def calls_returned(x):
    g = adder(x)
    return g(1) + g(2, k=10)


def chosen(flag, x):
    f = adder(x) if flag else adder(x + 1)
    return f(1)


@pytest.mark.parametrize("func, args", [(passes_lambda, (2,)), (calls_returned, (7,)), (chosen, (True, 3)), (chosen, (False, 3))])
def test_functions_as_values(func, args):
    check(func, *args)


def test_functions_cross_the_border():
    made = adder(5)
    assert made(3) == 11
    assert made(3, k=1) == 8
    assert apply(made, 4) == 13
    assert made.__closure__ is not None

    def double(v):
        return v * 2

    assert apply(double, 4) == 8
    assert apply(lambda v: v + np.ones(2), np.arange(2.0)).tolist() == [1.0, 2.0]


def test_one_lambda_compiles_once():
    fresh = njit(lambda f, x: f(x))
    assert [fresh((lambda k: lambda x: x + k)(k), 10) for k in range(100)] == list(range(10, 110))
    assert len(fresh.signatures) == 1
    assert fresh((lambda k: lambda x: x + k)(0.5), 10) == 10.5
    assert len(fresh.signatures) == 2


def plain(x):
    return x + 1


def calls_plain(x):
    return plain(x)


@pytest.mark.parametrize("func, want", [(assigning_escapes, 4), (assigning_recursive, 4), (reader_escapes, 5)])
def test_functions_that_are_kept_share_what_they_assign_to(func, want):
    assert njit(func)(3) == want


@pytest.mark.parametrize("func", [calls_plain, sibling_is_passed])
def test_refusals(func):
    with pytest.raises(errors.NumbaError):
        njit(func)(3)


# partial, reduce, key=


@njit
def digits(a, b, c=1):
    return a * 100 + b * 10 + c


def makes_partial(x):
    p = functools.partial(digits, x, c=5)
    q = functools.partial(p, 7)
    return p(3) + p(4) * q() + functools.partial(digits, c=2)(1, x)


def test_partial():
    check(makes_partial, 2)
    apply2 = njit(lambda p, x: p(x))
    held = [functools.partial(lambda a, b: a + b, k) for k in range(50)]
    assert [apply2(p, 10) for p in held] == [p(10) for p in held]
    assert len(apply2.signatures) == 1
    assert apply2(functools.partial(digits, 1, c=3), 2) == 123
    given = functools.partial(digits, 4, c=2)
    assert njit(lambda x: given(x))(3) == given(3)
    assert njit(lambda ps: ps[0](1) + ps[1](2))((held[1], given)) == held[1](1) + given(2)


def test_lru_cache():
    cached = functools.lru_cache(maxsize=8)(njit(lambda x: x + 1))
    assert njit(lambda x: cached(x) + cached(2 * x))(3) == 11


# reduce, key=


def reduces(a):
    return reduce(lambda x, y: x + y, a, 0.0), functools.reduce(lambda x, y: x * y, a), reduce(operator.add, (1, 2, 3))


def keyed(a):
    return min(a, key=lambda v: -v), max(a, key=abs), max(3, -7, 5, key=abs), min((3, 1, 2), key=lambda v: v)


@pytest.mark.parametrize("a", [np.arange(1.0, 5), np.array([3.0, -8.0, 2.0])])
def test_reduce_and_key(a):
    for func in (reduces, keyed):
        assert njit(func)(a) == func(a)


def empty_reduce(a):
    return reduce(lambda x, y: x + y, a)


def test_reduce_of_nothing():
    check_error(empty_reduce, np.empty(0))


# ** in calls and parameters


@njit
def three(a, b, *, c=3):
    return a * 100 + b * 10 + c


def names(**kw):
    return kw["x"] * 2 + len(kw) + ("y" in kw)


def names_and_rest(a, *rest, **kw):
    return a + len(rest) * 10 + sum(kw.values()) + kw.get("z", 5)


compiled_names = njit(names)


def double_star(n):
    return three(**{"a": n, "b": 2}), three(1, **{"b": n}), three(*(n, 2), c=9), three(n, b=1, **{"c": 4})


def hands_on(n):
    def inner(*args, **kw):
        return three(*args, **kw)

    return inner(n, b=2), inner(n, 3, c=n), inner(a=1, b=n)


@pytest.mark.parametrize("func", [double_star, hands_on])
def test_double_star(func):
    check(func, 4)


def test_keyword_parameters():
    check(names, kwargs={"x": 4})
    check(names, kwargs={"x": 4, "y": 2.5})
    check(names_and_rest, 1, 2, 3, kwargs={"u": 4, "z": 2})
    with pytest.raises(errors.TypingError):
        njit(lambda n: compiled_names(y=n))(3)
