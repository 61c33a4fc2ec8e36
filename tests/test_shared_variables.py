"""Variables that inner functions assign to and that outlive the call: functions that are kept share them."""

import gc

import pytest

from looplift import errors, njit
from support.module import allocation_stats


@njit
def counter(start):
    c = start

    def step():
        nonlocal c
        c += 1
        return c

    return step


@njit
def apply(f, n):
    s = 0
    for _ in range(n):
        s += f()
    return s


def kept():
    c = 0

    def inc():
        nonlocal c
        c += 1
        return c

    other = inc
    return other(), inc(), c


def in_a_list():
    c = 0

    def inc():
        nonlocal c
        c += 1
        return c

    functions = [inc, inc]
    s = 0
    for f in functions:
        s = s * 10 + f()
    return s, c


def returned():
    g, h = counter(5), counter(7)
    return g(), g(), h(), g()


def passed(n):
    c = 0

    def inc():
        nonlocal c
        c += 1
        return c

    return apply(inc, n), c


def several(n):
    total, last = 0.0, "none"

    def add(v):
        nonlocal total, last
        total += v
        last = str(v)

    def read():
        return total, last

    pair = (add, read)
    for k in range(n):
        pair[0](k * 0.5)
    return pair[1](), total, last


def assigned_outside():
    c = 1

    def double():
        nonlocal c
        c *= 2
        return c

    f = double
    f()
    c = 10
    return f(), c


def of_lambda():
    c = 0

    def inc():
        nonlocal c
        c += 1

    read = lambda: c  # noqa: E731
    f = inc
    f()
    inc()
    return read(), c


def recursive(n):
    count = 0

    def walk(k):
        nonlocal count
        count += 1
        if k > 0:
            walk(k - 1)
            walk(k - 2)

    walk(n)
    return count


def nested():
    a = 1

    def outer():
        nonlocal a
        a += 1

        def inner():
            nonlocal a
            a *= 10
            return a

        return inner

    f = outer()
    return f(), f(), a


def texts(n):
    s = ""
    items = [0]

    def push(v):
        nonlocal s, items
        s = s + str(v)
        items = items + [v]

    f = push
    for k in range(n):
        f(k)
    return s, items


def parameter(c):
    def inc():
        nonlocal c
        c += 1
        return c

    f = inc
    return f(), f(), c


def with_exceptions(n):
    c = 0

    def risky(k):
        nonlocal c
        c += 1
        if k == 2:
            raise ValueError(c)
        return c

    f = risky
    try:
        for k in range(n):
            f(k)
    except ValueError as e:
        return c, e.args[0]
    return c, -1


def unbound(n):
    def read():
        return c

    def write():
        nonlocal c
        c = 5

    f, g = read, write
    if n:
        g()
    c: int
    if n > 1:
        c = 3
    return f()


def one_of_two(n):
    x = 0

    def up():
        nonlocal x
        x += 1

    def down():
        nonlocal x
        x -= 1

    g = up if n else down
    g()
    (down if n else up)()
    (up if n > 5 else down)()
    return x


def in_an_argument(n):
    x = 0

    def up(k):
        nonlocal x
        x += k
        return x

    return up(1 if n else 2) + up(up(3) if n > 5 else 4), x


def of_calls(n):
    def make():
        k = 0

        def inc():
            nonlocal k
            k += n
            return k

        return inc

    a, b = make(), make()
    return a(), a(), b()


def defaults_in_a_loop(n):
    acts = []
    total = 0
    for k in range(n):

        def add(v=k):
            nonlocal total
            total += v
            return total

        acts.append(add)
    return [f() for f in acts], total


def as_key(n):
    count = 0

    def key(v):
        nonlocal count
        count += 1
        return -v

    return sorted([3, n, 2], key=key), list(map(key, range(n))), count


def deep(n):
    x = 0

    def f():
        nonlocal x
        x += 1

        def g():
            nonlocal x
            x += 10

            def h():
                nonlocal x
                x += 100
                return x

            return h

        return g

    return f()()(), x


def optional(n):
    best = None

    def offer(v):
        nonlocal best
        if best is None or v > best:
            best = v

    best = 0 if n > 100 else None
    f = offer
    for k in range(n):
        f(k * 7 % 5)
    return best


ROWS = [
    (kept,),
    (in_a_list,),
    (returned,),
    (several, 4),
    (assigned_outside,),
    (of_lambda,),
    (recursive, 6),
    (nested,),
    (texts, 4),
    (parameter, 3),
    (with_exceptions, 5),
    (with_exceptions, 2),
    (in_an_argument, 1),
    (in_an_argument, 9),
    (of_calls, 3),
    (defaults_in_a_loop, 3),
    (as_key, 4),
    (deep, 1),
    (optional, 4),
    (optional, 0),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].__name__)
def test_as_in_the_interpreter(row):
    function, *args = row
    assert njit(function)(*args) == function(*args)


def test_passed_to_a_jitted_function():
    # (The interpreter cannot hand its own variables to compiled code.)
    assert njit(passed)(4) == (10, 4)


def test_unbound():
    f = njit(unbound)
    assert f(2) == 3 and f(1) == 5
    with pytest.raises(NameError):
        f(0)


def test_generators_share():
    @njit
    def pairs(n):
        c = 0

        def inc():
            nonlocal c
            c += 1
            return c

        f = inc
        for _ in range(n):
            yield f(), c

    assert list(pairs(3)) == [(1, 1), (2, 2), (3, 3)]


def test_what_goes_to_python_is_a_function_of_its_own():
    f = counter(5)
    assert f() == 6 and f() == 7
    assert counter(5)() == 6


def test_one_type():
    def widens():
        c = 0

        def half():
            nonlocal c
            c += 0.5

        f = half
        f()
        return c

    with pytest.raises(errors.TypingError, match="has one type"):
        njit(widens)()


def maybe(n):
    x = 0

    def up():
        nonlocal x
        x += 1

    g = up if n else None
    if g is not None:
        g()
    return x


@pytest.mark.parametrize("function", [one_of_two, maybe])
def test_one_of_several_functions_is_refused(function):
    with pytest.raises(errors.TypingError, match="no type holds both"):
        njit(function)(1)


def test_nothing_is_kept():
    functions = [njit(f) for f, *args in ROWS if not args]
    for f in functions:
        f()
    gc.collect()
    before = allocation_stats()
    for _ in range(20):
        for f in functions:
            f()
    gc.collect()
    after = allocation_stats()
    if before is not None:
        assert after["alloc"] - before["alloc"] == after["free"] - before["free"]


def appended():
    xs = []

    def push(v):
        xs.append(v)

    push(1.5)
    push(2)
    return xs


def stored():
    d = {}

    def put(k):
        d[k] = k * 2

    other = put
    put("a")
    other("b")
    return d["a"], len(d)


def walked(n):
    out = []

    def walk(k):
        if k > 0:
            out.append(k)
            walk(k - 1)

    walk(n)
    return out


def added(n):
    s = set()
    for k in range(n):
        add = lambda v: s.add(v)  # noqa: E731
        add(k)
    return len(s)


def two_levels(n):
    out = []

    def outer(k):
        def inner(v):
            out.append(v * 0.5)

        inner(k)
        inner(k + 1)

    for k in range(n):
        outer(k)
    return out


def only_read(n):
    xs = []

    def count():
        return len(xs)

    a = count()
    if n > 100:
        return a, 0
    xs.append(1.5)
    return a, count()


def never_filled():
    xs = []

    def count():
        return len(xs)

    return count()


@pytest.mark.parametrize("row", [(appended,), (stored,), (walked, 3), (added, 3), (two_levels, 3), (only_read, 1), (never_filled,)], ids=lambda row: row[0].__name__)
def test_containers_that_inner_functions_fill(row):
    function, *args = row
    assert njit(function)(*args) == function(*args)
