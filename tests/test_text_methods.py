"""Methods of texts and conversions that do not call Python for ASCII texts: what they give is what the interpreter gives."""

import itertools
import random

import pytest

from looplift import njit

TEXTS = ("", "a", "abc abc", "  x\ty\n ", "\x1cA-b\x1f", "aaaa", "ß straße", "été", "日本語 日本", "𝒳y𝒳", "-12", "+7", "ab" * 40, "Hello, World! it's 2x")
PARTS = ("a", "ab", "c a", "x", " ", "aa", "é", "日", "zz", "")


def answer(function, *args):
    """What a call gives: value and class, or the exception's class."""
    try:
        value = function(*args)
    except Exception as e:
        return type(e)
    return value, type(value)


def same(function, cases):
    compiled = njit(function)
    for args in cases:
        assert answer(compiled, *args) == answer(function, *args), args


METHODS = ("strip", "lstrip", "rstrip", "lower", "upper", "swapcase", "capitalize", "title")


@pytest.mark.parametrize("name", METHODS)
def test_methods_without_arguments(name):
    scope = {}
    exec(f"def f(s): return s.{name}()", scope)
    same(scope["f"], [(t,) for t in TEXTS])


@pytest.mark.parametrize("name", ("strip", "lstrip", "rstrip"))
def test_characters_to_strip(name):
    scope = {}
    exec(f"def f(s, chars): return s.{name}(chars)", scope)
    same(scope["f"], itertools.product(TEXTS, PARTS))


@pytest.mark.parametrize("name", ("find", "rfind", "index", "rindex", "count"))
def test_searching(name):
    scope = {}
    exec(f"def f(s, part, i, j): return s.{name}(part), s.{name}(part, i), s.{name}(part, i, j)", scope)
    exec(f"def g(s, part, j): return s.{name}(part, None, j)", scope)
    places = (0, 1, 3, 6, 7, 8, -1, -3, -100, 100, 2**62, -(2**62))
    numbers = random.Random(1)
    cases = [(t, p, numbers.choice(places), numbers.choice(places)) for t in TEXTS for p in PARTS for _ in range(4)]
    same(scope["f"], cases)
    same(scope["g"], [(t, p, j) for t in TEXTS[:6] for p in PARTS for j in places])


@pytest.mark.parametrize("count", (None, -1, 0, 1, 2, 100))
def test_replacing(count):
    def f(s, old, new):
        return s.replace(old, new)

    def g(s, old, new, n):
        return s.replace(old, new, n)

    cases = [(t, a, b) for t in TEXTS for a in PARTS for b in ("", "Z", "ZZZ", "é")]
    if count is None:
        same(f, cases)
    else:
        same(g, [(*c, count) for c in cases[::3]])


@pytest.mark.parametrize("name", ("partition", "rpartition"))
def test_partitions(name):
    scope = {}
    exec(f"def f(s, by): return s.{name}(by)", scope)
    same(scope["f"], itertools.product(TEXTS, PARTS))


@pytest.mark.parametrize("name", ("ljust", "rjust", "center", "zfill"))
def test_widths(name):
    scope = {}
    exec(f"def f(s, n): return s.{name}(n)", scope)
    same(scope["f"], itertools.product(TEXTS, (-1, 0, 1, 2, 3, 7, 8, 9, 30)))
    if name != "zfill":
        exec(f"def g(s, n, c): return s.{name}(n, c)", scope)
        same(scope["g"], itertools.product(TEXTS, (0, 3, 8, 9, 30), ("*", "é", "ab", "")))


NUMBERS = ("0", "-1", " 12 ", "+5", "1_000", "", "-", "9" * 18, "9" * 19, "12a", "\x1c3", "٣", "1.5", "0x1", "\t7\n")


def test_integers_of_texts():
    def f(s):
        return int(s)

    def g(s):
        return int(s, 10)

    same(f, [(s,) for s in NUMBERS if s != "9" * 19])
    same(g, [(s,) for s in NUMBERS if s != "9" * 19])


def test_floats_of_texts():
    def f(s):
        return float(s)

    more = ("1e5", "1E-5", ".5", "5.", ".", "1e", "1e999", "-1e-999", "inf", "-Infinity", "0.1", "2.2250738585072011e-308", "1.7976931348623157e308", "1__0", "++1", "1.2.3")
    same(f, [(s,) for s in NUMBERS + more])

    def is_nan(s):
        return float(s) != float(s)

    assert njit(is_nan)("nan")


def test_texts_of_floats():
    def f(x):
        return str(x), repr(x), f"{x}"

    numbers = random.Random(2)
    cases = [0.0, -0.0, 1.0, 1e15, 1e16, 123456789012345680.0, 1e-4, 1e-5, 1.5e300, 5e-324, 0.1, 1 / 3, float("inf"), float("-inf"), float("nan"), 2**53 + 0.0, 832795932642610.2, 2**50 + 0.75, 2**51 + 0.5, 2**49 + 0.125]
    cases += [numbers.uniform(-1, 1) * 10.0 ** numbers.randint(-30, 30) for _ in range(300)]
    same(f, [(x,) for x in cases])


@pytest.mark.parametrize("spec", ("", ".3f", "8.2f", "08.2f", ".0f", "f", "12f", "e", "g", ".3g", "<8.1f", "+.1f", ",.2f", "010.1f", ".f", "%"))
def test_formats_of_floats(spec):
    scope = {}
    exec(f"def f(x): return format(x, {spec!r})", scope)
    same(scope["f"], [(x,) for x in (0.0, -0.0, 0.5, 1.5, 2.5, -2.675, 1e10, 123456.789, -1e-7, float("inf"), float("nan"), 1e22, 0.125)])


@pytest.mark.parametrize("spec", ("", "d", "5d", "05d", "5", "x", "+d", "<6", "030d"))
def test_formats_of_integers(spec):
    scope = {}
    exec(f"def f(x): return format(x, {spec!r})", scope)
    same(scope["f"], [(x,) for x in (0, 1, -1, 42, -42, 123456, -123456, 2**62)])


def test_characters():
    def f(i):
        return chr(i)

    same(f, [(i,) for i in (0, 65, 127, 128, 255, 256, 0x65E5, 0x1F600, -1, 0x110000)])


@pytest.mark.parametrize("limit", (-1, 0, 1, 2))
def test_splitting_long_texts(limit):
    def f(s, by, n):
        return s.split(by, n)

    def g(s):
        return s.split(), "-".join(s.split(" ")), len(s.split(" "))

    distinct = " ".join(str(1000 + k) for k in range(2000))
    repeated = "one two three " * 500
    same(f, [(t, " ", limit) for t in (distinct, repeated, "", " ", "a  b", "é è")])
    same(g, [(t,) for t in (distinct, repeated, distinct + repeated, " ", "\t a \n")])


def test_results_are_counted():
    import sys

    @njit
    def f(s):
        return s.strip(), s.replace("zz", "y"), s.center(2), s.partition("b")

    text = "".join(["ab", "cdef"])
    f(text)
    before = sys.getrefcount(text)
    for _ in range(100):
        f(text)
    assert sys.getrefcount(text) == before
