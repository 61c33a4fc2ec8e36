"""Loops, branches, and what they do to variables."""

import numpy as np
import pytest

from support import beyond_peer, check, check_error

NUMBERS = [0, 1, 2, 5, 10, 37]


def count_even(n):
    total = 0
    for i in range(n):
        if i % 2 == 0:
            total += i
        else:
            total -= 1
    return total


def first_divisor(n):
    for i in range(2, n):
        if n % i == 0:
            break
    else:
        return -1
    return i


def collatz(n):
    steps = 0
    while n > 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def skip_some(n):
    total = 0
    for i in range(n):
        if i % 3 == 0:
            continue
        if i > 20:
            break
        total += i * i
    return total


def while_else(n):
    i = 0
    while i < n:
        if i == 7:
            break
        i += 1
    else:
        i = -i
    return i


def nested(n):
    pairs = 0
    for i in range(n):
        for j in range(i):
            if (i + j) % 5 == 0:
                continue
            if j > 6:
                break
            k = j
            while k > 0:
                k -= 2
                pairs += 1
        else:
            pairs += 100
    return pairs


def early_return(n):
    for i in range(n):
        for j in range(n):
            if i * j > 20:
                return i, j
    return -1, n


def ladder(n):
    if n < 1:
        kind = 0
    elif n < 5:
        kind = 1
    elif n == 5:
        kind = 2
    elif n % 2:
        kind = 3
    else:
        kind = 4
    return kind


def empty_branches(n):
    if n > 3:
        pass
    else:
        n = n
    for _ in range(n):
        pass
    while n > 100:
        pass
    return n


def infinite_with_break(n):
    i = 0
    while True:
        i += 3
        if i > n:
            break
    return i


def loop_variable_after_loop(n):
    i = -1
    for i in range(n):
        pass
    return i


def loop_variable_reassigned(n):
    total = 0
    for i in range(n):
        i = i * 2
        total += i
    return total


def range_is_fixed(n):
    count = 0
    for _ in range(n):
        n = 0
        count += 1
    return count


def conditional_expressions(n):
    return (1 if n > 3 else 2) + (n if n % 2 else (10 if n > 4 else 20))


def walrus(n):
    total = 0
    while (half := n // 2) > 0:
        total += half
        n = half
    return total


def swap(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def three_way_rotate(n):
    a, b, c = 1, 2, 3
    for _ in range(n):
        a, b, c = c, a, b
    return a, b, c


def chained_assignment(n):
    a = b = c = n
    a += 1
    b -= 1
    return a, b, c


def short_circuit_protects(n):
    count = 0
    for i in range(n):
        if i != 0 and 10 % i == 0:
            count += 1
        if i == 0 or 10 // i > 2:
            count += 10
    return count


def breaks_in_both(n):
    for i in range(n):
        if i > 3:
            if n > 20:
                break
            continue
        i += 1
    return i if n > 0 else -1


def triangle(n):
    total = 0
    for i in range(n):
        for j in range(i, n):
            for k in range(j, n):
                total += i ^ j ^ k
    return total


def deep_conditions(n):
    r = 0
    if n > 0:
        if n > 1:
            if n > 4:
                if n > 9:
                    r = 4
                else:
                    r = 3
            else:
                r = 2
        else:
            r = 1
    return r


FUNCTIONS = [
    count_even, first_divisor, collatz, skip_some, while_else, nested, early_return, ladder, empty_branches,
    infinite_with_break, loop_variable_after_loop, loop_variable_reassigned, range_is_fixed, conditional_expressions,
    swap, three_way_rotate, chained_assignment, short_circuit_protects, triangle, deep_conditions,
]  # fmt: skip


@pytest.mark.parametrize("n", NUMBERS)
@pytest.mark.parametrize("func", FUNCTIONS, ids=lambda f: f.__name__)
def test_function(func, n):
    check(func, n)


@pytest.mark.parametrize("n", NUMBERS)
@beyond_peer("the peer does not type this")
def test_walrus(n):
    check(walrus, n)


@pytest.mark.parametrize("n", [1, 3, 5, 30])
def test_breaks_in_both(n):
    check(breaks_in_both, n)


# Variables whose type changes


def int_then_float(n):
    x = n
    x = x + 0.5
    x = x * 2
    return x


def accumulator_becomes_float(n):
    total = 0
    for i in range(n):
        total += i * 0.5
    return total


def branch_makes_float(n):
    x = 1
    if n > 3:
        x = 2.5
    return x * 2


def bool_to_int(n):
    flag = n > 3
    flag = flag + 1
    return flag


def name_is_reused(n):
    x = (n, n + 1)
    x = x[0] * 1.5
    y = x > 3
    x = 7
    return x, y


def becomes_complex(n):
    z = 1.0
    for i in range(n):
        z = z * (0.5 + 0.5j) + i
    return z


def array_then_scalar(n):
    a = np.zeros(3)
    a[1] = n
    b = a[1]
    a = 5
    return a + b


@pytest.mark.parametrize("func, n", [
    (int_then_float, 3), (accumulator_becomes_float, 4), (branch_makes_float, 5), (bool_to_int, 2), (bool_to_int, 5),
    (name_is_reused, 1), (name_is_reused, 5), (becomes_complex, 5), (array_then_scalar, 2),
], ids=lambda x: getattr(x, "__name__", x))  # fmt: skip
def test_type_changes(func, n):
    check(func, n)


def test_join_of_int_and_float_is_float():
    check(accumulator_becomes_float, 0, expect=0.0)
    check(branch_makes_float, 1, expect=2.0)


def test_join_of_return_types_is_the_common_type():
    def either(n):
        if n > 0:
            return n
        return 0.5

    check(either, 3, expect=3.0)
    check(either, -3, expect=0.5)


def test_maybe_none_result():
    def find(n):
        for i in range(n):
            if i * i > 50:
                return i
        return None

    check(find, 3)
    check(find, 30)


def test_falls_off_the_end():
    def nothing(n):
        n += 1

    check(nothing, 3)


# Unbound variables


def unbound_after_branch(n):
    if n > 3:
        x = n
    return x


def unbound_after_loop(n):
    for i in range(n):
        last = i
    return last


def unbound_loop_variable(n):
    for i in range(n):
        pass
    return i


def deleted(n):
    x = n + 1
    if n > 3:
        del x
    return x


@pytest.mark.parametrize("func, bad, good", [
    (unbound_after_branch, 0, 5), (unbound_after_loop, 0, 5), (unbound_loop_variable, 0, 5), (deleted, 5, 0),
], ids=lambda x: getattr(x, "__name__", ""))  # fmt: skip
@beyond_peer("an unset variable raises UnboundLocalError")
def test_unbound_local(func, bad, good):
    check(func, good)
    error = check_error(func, bad)
    assert isinstance(error, UnboundLocalError)


def test_pass_only_body():
    def empty():
        pass

    check(empty)


def test_many_variables():
    names = [f"v{i}" for i in range(120)]
    source = "def many(n):\n" + "".join(f"    {name} = n * {i} + {i % 7}\n" for i, name in enumerate(names))
    source += "    for i in range(n):\n" + "".join(f"        {a} = {b} ^ i\n" for a, b in zip(names, names[1:]))
    source += "    return " + " ^ ".join(names) + "\n"
    namespace = {}
    exec(source, namespace)
    check(namespace["many"], 9)


def test_long_straight_line():
    source = "def long(x):\n" + "".join(f"    x = (x * {i % 13 + 1} + {i}) % 1000003\n" for i in range(800)) + "    return x\n"
    namespace = {}
    exec(source, namespace)
    check(namespace["long"], 5)


def test_deep_nesting_of_loops():
    depth = 15
    source = "def deep(n):\n    s = 0\n"
    for level in range(depth):
        source += "    " * (level + 1) + f"for i{level} in range({2 if level % 4 == 0 else 1}):\n"
    source += "    " * (depth + 1) + "s += n\n    return s\n"
    namespace = {}
    exec(source, namespace)
    check(namespace["deep"], 3)


def test_deep_expression():
    source = "lambda x: " + "(" * 80 + "x" + " + 1)" * 80
    check(eval(source), 1)
