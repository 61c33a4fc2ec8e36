"""What exceptions leave behind: nothing. Texts, containers and arrays that a raise passes by are given up, once each."""

import gc
import sys

import numpy as np
import pytest

from support import check_error, njit
from support.module import IS_PEER, allocation_stats

pytestmark = pytest.mark.skipif(IS_PEER, reason="the peer leaks")


def live():
    """Blocks and bytes that are allocated and not freed."""
    stats = allocation_stats()
    return {name: stats[name] - stats[name.replace("alloc", "free")] for name in stats if "alloc" in name}


class Coded(Exception):
    def __init__(self, text, number=0):
        super().__init__(text, number)
        self.number = number


def made_at_run_time(s, n):
    text = s + str(n)
    raise ValueError(text, n, (text, s), [s, text])


def below(s, n):
    def deep(s, n):
        kept = [s + "x", s]
        if n > 2:
            raise Coded(s + kept[0], n)
        return deep(s + "y", n + 1) + kept[0]

    return deep(s, 0)


def caught_in_a_loop(s, n):
    total = 0
    for i in range(n):
        text = s + str(i)
        try:
            parts = text.split("1")
            if i % 3 == 0:
                raise KeyError(text)
            total += len(parts)
        except KeyError as e:
            total += len(str(e))
            text += "!"
        finally:
            text += "?"
        total += len(text)
    raise Coded(s * 2)


def raised_again(s, n):
    try:
        try:
            words = {s: n, s + "a": n + 1}
            return words[s + "b"]
        except KeyError:
            s += "more"
            raise
    finally:
        n += len(s)


def out_of_a_comprehension(s, n):
    return [int(s[i : i + 1]) for i in range(n)]


def in_a_generator(s, n):
    def words(s, n):
        kept = s
        for i in range(n):
            kept += str(i)
            if i == 4:
                raise Coded(kept)
            yield kept

    total = 0
    for w in words(s, n):
        total += len(w)
    return total


def another_while_handling(s, n):
    try:
        raise ValueError(s + "1")
    except ValueError as e:
        text = str(e) + s
        raise Coded(text, n) from None


def grown_and_lost(s, n):
    out = s + s
    for i in range(n):
        out += s
        if i == 3:
            out.index("nothing")
    return out


def arrays_and_texts(s, n):
    a = np.ones(n)
    b = [a + i for i in range(3)]
    names = {s + str(i): i for i in range(3)}
    if len(b) + len(names) > n:
        return a[n]
    raise Coded(s, len(b))


def arguments_of_the_caught(s, n):
    try:
        raise Coded(s + str(n), n)
    except Coded as e:
        raise ValueError(e.args[0] + "!", e.args[1]) from None


FUNCTIONS = [
    made_at_run_time, below, caught_in_a_loop, raised_again, out_of_a_comprehension, in_a_generator, another_while_handling,
    grown_and_lost, arrays_and_texts, arguments_of_the_caught,
]  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_nothing_is_left(function):
    s, n = "".join(["ab", "c"]), 10
    jitted = njit(function)

    def run():
        try:
            jitted(s, n)
        except Exception as e:
            return type(e), e.args

    with pytest.raises(Exception) as expected:
        function(s, n)
    assert run() == (type(expected.value), expected.value.args)
    del expected
    run()
    gc.collect()
    before, count = live(), sys.getrefcount(s)
    blocks = sys.getallocatedblocks()
    for _ in range(200):
        run()
    gc.collect()
    assert sys.getrefcount(s) == count
    assert live() == before
    assert sys.getallocatedblocks() - blocks < 100


def test_generators_dropped_half_way():
    @njit
    def words(s, n):
        kept = [s]
        try:
            for i in range(n):
                kept.append(s + str(i))
                yield kept[-1]
        finally:
            kept.clear()

    s = "".join(["a", "b"])
    list(words(s, 3))
    gc.collect()
    before, count = live(), sys.getrefcount(s)
    for _ in range(100):
        it = words(s, 10)
        next(it)
        next(it)
        del it
    gc.collect()
    assert live() == before
    assert sys.getrefcount(s) == count


def test_messages_are_pythons():
    for function in FUNCTIONS:
        check_error(function, "abc", 10)
