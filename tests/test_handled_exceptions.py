"""Exceptions being handled: what their handlers do does not disturb them."""

import sys
import threading

import numpy as np
import pytest

import looplift
from support import check, compiled, njit, outcome


def reraise_after_inner(x):
    try:
        raise ValueError(x)
    except ValueError:
        try:
            raise KeyError(x + 1)
        except KeyError:
            x += 5
        raise


def raise_by_name(x):
    try:
        raise ValueError(x)
    except ValueError as e:
        try:
            raise KeyError(x + 1)
        except KeyError:
            x += 5
        raise e


def inner_in_loop(x):
    try:
        if x > 0:
            raise ValueError(x)
    except ValueError:
        for i in range(3):
            try:
                x += 6 // i
            except ZeroDivisionError:
                x += 100
        if x > 110:
            raise
    return x


def caught_in_finally(x):
    try:
        if x > 0:
            raise ValueError(x)
    finally:
        try:
            y = 5 // (x - 1)
        except ZeroDivisionError:
            y = 7
    return y


def nothing_to_raise(x):
    try:
        raise ValueError(x)
    except ValueError:
        pass
    raise


@pytest.mark.parametrize(
    "func", [reraise_after_inner, raise_by_name, inner_in_loop, caught_in_finally, nothing_to_raise]
)
@pytest.mark.parametrize("x", [0, 1, 3, 50])
def test_the_right_one_travels_on(func, x):
    interpreted, native = outcome(func, (x,)), outcome(compiled(func), (x,))
    assert native.value == interpreted.value
    assert type(native.error) is type(interpreted.error)
    assert str(native.error) == str(interpreted.error)


def test_call_that_catches_in_a_handler():
    @compiled
    def inner(n):
        try:
            return 1 // n
        except ZeroDivisionError:
            return -1

    @compiled
    def outer(n):
        try:
            raise ValueError(n)
        except ValueError:
            n += inner(0)
            if n > 1:
                raise
        return n

    assert outer(1) == 0
    with pytest.raises(ValueError, match="5"):
        outer(5)


@pytest.mark.parametrize("nogil", [False, True])
def test_print_in_a_handler(capsys, nogil):
    @njit(nogil=nogil)
    def func(n):
        try:
            raise ValueError(n, (1, n))
        except ValueError:
            print("handling", n)
            if n > 2:
                raise
        return n

    assert func(1) == 1
    with pytest.raises(ValueError) as caught:
        func(3)
    assert caught.value.args == (3, (1, 3))
    assert capsys.readouterr().out == "handling 1\nhandling 3\n"


def test_exception_of_print_is_caught(monkeypatch):
    class Stream:
        def write(self, text):
            raise KeyError(text)

    @compiled
    def func(n):
        try:
            print(n)
        except KeyError:
            return -1
        return n

    monkeypatch.setattr(sys, "stdout", Stream())
    assert func(1) == -1


def test_left_handlers_keep_nothing():
    @compiled
    def leaves(a):
        try:
            raise ValueError((a, 1))
        except ValueError:
            raise KeyError(2)

    a = np.arange(3.0)
    before = sys.getrefcount(a)
    for _ in range(20):
        with pytest.raises(KeyError):
            leaves(a)
    assert sys.getrefcount(a) == before


def test_threads_do_not_share_them():
    @compiled
    def func(n, k):
        total = 0
        for i in range(n):
            try:
                raise ValueError(i)
            except ValueError:
                try:
                    total += 1 // (i % 2)
                except ZeroDivisionError:
                    total += k
        return total

    results = []
    threads = [threading.Thread(target=lambda k=k: results.append(func(1000, k) == 500 + 500 * k)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [True] * 4


def test_deep_recursion_in_handlers():
    @compiled
    def func(n):
        try:
            return func(n + 1)
        except RecursionError:
            try:
                return n // 0
            except ZeroDivisionError:
                return -7

    assert func(0) == -7


# ---- arguments of what was caught


class Coded(Exception):
    pass


class Worse(Coded):
    pass


def test_arguments():
    def raised_here(x):
        try:
            if x > 2:
                raise Coded(x, "large")
            raise Worse(x, "small")
        except Coded as e:
            return e.args, e.args[0] + 1, len(e.args), e.args[1] + "!"

    def raised_below(x):
        def fail(x):
            if x > 1:
                raise ValueError(x * 0.5)
            return x

        try:
            return fail(x)
        except ValueError as e:
            return e.args[0] + 1

    def of_the_interpreter(x):
        try:
            return str([1, 2][x])
        except IndexError as e:
            return e.args[0] + "."

    def not_raised(x):
        e = ValueError(x, "a")
        return e.args

    for x in (1, 3):
        check(raised_here, x)
        check(raised_below, float(x))
        check(of_the_interpreter, x)
        check(not_raised, x)


def test_arguments_of_another_type():
    def one(x):
        raise Coded(x)

    jitted = njit(one)
    # It tells what it raises when it is compiled already.
    with pytest.raises(Coded):
        jitted(3)

    @njit
    def caught(x):
        try:
            jitted(x)
        except Coded as e:
            return e.args[0] + 1
        return 0

    assert caught(3) == 4

    @njit
    def several(x):
        try:
            if x:
                raise Coded(x)
            raise Coded("a", "b")
        except Coded as e:
            return e.args

    with pytest.raises(looplift.errors.TypingError, match="arguments of several types"):
        several(3)


def test_causes():
    def caused(x):
        try:
            [1, 2][x]
        except IndexError as e:
            raise Coded(x, "because") from e

    def of_two(x):
        try:
            raise ValueError(str(x))
        except ValueError as e:
            try:
                raise KeyError(x)
            except KeyError:
                raise Coded(x) from e

    for function, of in ((caused, IndexError), (of_two, ValueError)):
        for called in (function, njit(function)):
            with pytest.raises(Coded) as raised:
                called(5)
            assert raised.value.args[0] == 5
            assert type(raised.value.__cause__) is of and raised.value.__suppress_context__
    assert str(raised.value.__cause__) == "5"

    def caught_again(x):
        try:
            try:
                raise ValueError(x)
            except ValueError as e:
                raise KeyError(x + 1) from e
        except KeyError as e:
            return e.args[0]

    check(caught_again, 3)


def test_raise_alone_around_a_call():
    @njit
    def again():
        raise

    with pytest.raises(ZeroDivisionError, match="by zero") as caught:
        try:
            _ = 1 / 0
        except ZeroDivisionError:
            again()
    assert caught.value.__context__ is None
    with pytest.raises(RuntimeError, match="No active exception"):
        again()
