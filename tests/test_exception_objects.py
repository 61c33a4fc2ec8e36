"""Exceptions as objects: attributes that `__init__` sets, keyword arguments, causes and contexts."""

import pytest

from support import njit


class Coded(Exception):
    limit = 10

    def __init__(self, code, scale=2):
        self.code = code
        self.scaled = code * scale


class Special(Coded):
    pass


class Named(Exception):
    def __init__(self, *, code=0, text=""):
        super().__init__(text)
        self.code = code


class Shouting(ValueError):
    def __str__(self):
        return "OH NO"


@njit
def raises_special(x):
    raise Special(x)


def attributes(x):
    try:
        if x:
            raise Coded(x, scale=7)
    except Coded as e:
        return e.code, e.scaled, e.limit
    return 0, 0, 0


def of_a_callee(x):
    try:
        raises_special(x)
    except Coded as e:
        return e.code, e.scaled, e.args[0]


def by_name(x):
    try:
        raise Named(code=x, text="no" + str(x))
    except Named as e:
        return e.code, str(e), e.args


def of_builtins(x):
    out = 0
    try:
        raise StopIteration(x)
    except StopIteration as e:
        out += e.value
    try:
        raise OSError(2, "nothing there")
    except OSError as e:
        out += e.errno + len(e.strerror)
    try:
        raise SystemExit(x)
    except SystemExit as e:
        out += e.code
    return out


def shouting(x):
    try:
        raise Shouting(x)
    except ValueError as e:
        return str(e), f"{e}!", e.args


@pytest.mark.parametrize("func", [attributes, of_a_callee, by_name, of_builtins, shouting])
@pytest.mark.parametrize("x", [3, 2.5])
def test_attributes(func, x):
    assert njit(func)(x) == func(x)


def keywords(x):
    raise Named(code=x, text="no")


def from_caught(x):
    try:
        raise KeyError(x)
    except KeyError as e:
        raise RuntimeError("b", x) from e


def from_none(x):
    try:
        raise KeyError(x)
    except KeyError:
        raise RuntimeError("b") from None


def while_handling(x):
    try:
        raise KeyError(x)
    except KeyError:
        raise RuntimeError("b")  # noqa: B904


def from_made(x):
    raise Coded(x) from Named(code=x)


def from_class(x):
    raise Coded(x) from KeyError


def from_nothing(x):
    raise Coded(x) from None


def in_finally(x):
    try:
        raise KeyError(x)
    finally:
        if x > 0:
            raise Special(x)


def caught_again(x):
    try:
        try:
            raise KeyError(x)
        except KeyError as e:
            raise RuntimeError("b") from e
    except RuntimeError as e:
        raise ValueError(str(e))  # noqa: B904


def described(e):
    """An exception with what it holds and what it came from."""
    if e is None:
        return None
    return type(e), e.args, vars(e), e.__suppress_context__, described(e.__cause__), described(e.__context__)


@pytest.mark.parametrize("func", [keywords, from_caught, from_none, while_handling, from_made, from_class, from_nothing, in_finally, caught_again])
def test_chains(func):
    found = []
    for f in (func, njit(func)):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            f(4)
        found.append(described(caught.value))
    assert found[0] == found[1]
