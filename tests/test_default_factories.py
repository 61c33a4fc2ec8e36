"""`defaultdict` with a factory that is a function: made in compiled code, and as an argument."""

import collections
from collections import defaultdict

import numpy as np
import pytest

from looplift import errors, njit, typeof
from looplift.extending import register_jitable


def seven():
    return 7


@njit
def half():
    return 8.5


FACTORIES = [seven, half, lambda: -1, lambda: float("inf"), lambda: 3 * 4, lambda: 2.5 + 1j, lambda: int("12")]


def touched(d, a, b):
    d[a] += 1
    return d[a], d[b], len(d), a in d, d.get(99), d.pop(b), d.setdefault(5, d[b])


@pytest.mark.parametrize("k", range(len(FACTORIES)))
def test_arguments(k):
    factory = FACTORIES[k]
    mine, theirs = (defaultdict(factory, {1: factory()}) for _ in range(2))
    assert njit(touched)(theirs, 3, 4) == touched(mine, 3, 4)
    assert theirs == mine and list(theirs) == list(mine) and theirs.default_factory is factory
    assert [type(v) for v in theirs.values()] == [type(v) for v in mine.values()]


@pytest.mark.parametrize("k", range(len(FACTORIES)))
def test_globals(k):
    factory = FACTORIES[k]

    def made():
        d = defaultdict(factory)
        d["a"] += 1
        return d["a"], d["b"], "c" in d, d

    expected, found = made(), njit(made)()
    assert found == expected and type(found[3]) is defaultdict
    assert found[3].default_factory() == factory() and found[3]["z"] == expected[3]["z"]


def constant(n):
    d = defaultdict(lambda: 7)
    for k in range(n):
        d[k % 3] += k
    return d[0], d[9], len(d), d


def lists(n):
    d = defaultdict(lambda: [0] * 3)
    for k in range(n):
        d[k % 2][k % 3] += k
    return d, d["a" == "b"]


def pairs(n):
    d = defaultdict(lambda: (0, 1.5))
    a, b = d[n]
    d[n + 1] = (n, 4.5)
    return a, b, d


def arrays(n):
    d = defaultdict(lambda: np.zeros(2))
    d["x"][1] += n
    return d["x"], d["y"], len(d)


def texts(n):
    d = defaultdict(lambda: "x" * 3)
    d[n] += "a"
    return d, d[n + 1]


def nested(n):
    d = defaultdict(lambda: defaultdict(int))
    e = defaultdict(lambda: defaultdict(lambda: 7))
    for k in range(n):
        d["ab"[k % 2]][k % 3] += k
        e[k % 2][k] += 1
    return d["a"][1], d["c"][5], len(d), e[0][0], e[5][5], e[1], d["b"]


def passed_on(n):
    d = defaultdict(lambda: 10)
    count(d, n)
    count(d, n)
    return d[n], [v for v in d.values()], d


@register_jitable
def count(d, k):
    d[k] += 1


def copied(n):
    d = defaultdict(lambda: 10)
    d[n]
    e = d.copy()
    e[n + 1]
    return d, e, len(d), isinstance(d, defaultdict), isinstance(d, dict), isinstance(d, collections.Counter)


def in_a_list(n):
    many = [defaultdict(lambda: 10) for _ in range(n)]
    many[0][1] += 2
    return many


@pytest.mark.parametrize("f", [constant, lists, pairs, arrays, texts, nested, copied, in_a_list, passed_on], ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [1, 5])
def test_made_in_compiled_code(f, n):
    found, expected = njit(f)(n), f(n)
    assert str(plain(found)) == str(plain(expected))


def plain(value):
    """Dicts with factories by what they hold and what their factory gives."""
    if isinstance(value, (tuple, list)):
        return type(value)(plain(v) for v in value)
    if isinstance(value, defaultdict):
        return {k: plain(v) for k, v in value.items()}, str(plain(value.default_factory()))
    return value


def test_factories_are_called_for_missing_keys_only():
    def looked_up(d):
        return d[1], d[1], d[2], d[2], d.get(3), 4 in d

    def failing(d):
        return d[1], d[2]

    assert njit(looked_up)(defaultdict(seven, {1: 5})) == looked_up(defaultdict(seven, {1: 5})) == (5, 5, 7, 7, None, False)
    for d in (defaultdict(lambda: 1 // 0, {1: 5}), defaultdict(lambda: [1][3], {1: 5})):
        with pytest.raises((ZeroDivisionError, IndexError)) as expected:
            failing(d)
        with pytest.raises(expected.type):
            njit(failing)(d)
        assert dict(d) == {1: 5}


def test_factories_tell_types_apart():
    a, b = defaultdict(lambda: 7, {1: 1}), defaultdict(lambda: 8, {1: 1})
    look = njit(lambda d: d[9])
    assert look(a) == 7 and look(b) == 8 and look(defaultdict(int, {1: 1})) == 0
    assert typeof(a) != typeof(b) and typeof(a) == typeof(a.copy()) and len(look.signatures) == 3

    def one_lambda(k):
        return defaultdict(lambda: 9, {1: k})

    for k in range(4):
        assert look(one_lambda(k)) == 9
    assert len(look.signatures) == 4


def test_what_is_refused():
    z = 4
    look = njit(lambda d: d[9])
    for factory, text in (
        (lambda: z, "captures variables"),
        (lambda z=3: z, "has defaults"),
        (None, "has no factory"),
        ([3].pop, "no function that can be compiled"),
        (str, "does not make values of type int64"),
    ):
        with pytest.raises(errors.TypingError, match=text):
            look(defaultdict(factory, {1: 1}))
    with pytest.raises(errors.TypingError, match="no type holds int64 and unicode_type"):
        look(defaultdict(lambda: "a", {1: 1}))
    with pytest.raises(errors.TypingError, match="no type holds both"):

        @njit
        def either(c):
            d = defaultdict(lambda: 7) if c else defaultdict(lambda: 8)
            return d[1]

        either(True)


def recursive():
    return defaultdict(recursive)


def test_factories_that_need_themselves():
    with pytest.raises(errors.TypingError, match="runaway recursion"):
        njit(lambda: len(defaultdict(recursive)))()


def test_object_mode_has_no_limits():
    from looplift import jit

    z = 4

    @jit(nopython=False)
    def use(n):
        d = defaultdict(lambda: z + n)
        return d[1]

    with pytest.warns(errors.NumbaWarning):
        assert use(3) == 7
