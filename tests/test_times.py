"""Datetimes and timedeltas against NumPy: arguments, results, arithmetic, comparison, units, arrays."""

import itertools
import operator

import numpy as np
import pytest

import looplift
from looplift import njit, types

NAT = "NaT"


def numbers(x):
    return x.view("i8") if x.dtype.kind in "mM" else x


def same(got, want):
    if isinstance(want, tuple):
        return len(got) == len(want) and all(map(same, got, want))
    if isinstance(want, (np.ndarray, np.datetime64, np.timedelta64)):
        return got.dtype == want.dtype and np.shape(got) == np.shape(want) and np.array_equal(numbers(got), numbers(want))
    return bool(got == want) or (got != got and want != want)


def agree(function, *args):
    with np.errstate(all="ignore"):
        want = function(*args)
    got = njit(function)(*args)
    assert same(got, want), (got, want)


def delta(value, unit="D"):
    return np.timedelta64(value, unit)


def date(value, unit="D"):
    return np.datetime64(value, unit)


BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, divmod]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
DELTAS = [delta(7), delta(-7), delta(0), delta(NAT), delta(3), delta(36, "h"), delta(5, "m")]
DATES = [date("2020-02-29"), date("1969-12-31"), date(NAT), date("2020-03", "M"), date("1960", "Y"), date("2001-02-03T04:05", "m")]

_compiled = {}


def run(op, a, b):
    if op not in _compiled:
        text = {divmod: "divmod(a, b)"}.get(op) or f"op(a, b)"
        _compiled[op] = njit(eval(f"lambda a, b: {text}", {"op": op}))
    return _compiled[op](a, b)


def outcome(op, a, b):
    try:
        with np.errstate(all="ignore"):
            return op(a, b)
    except TypeError:
        return TypeError


@pytest.mark.parametrize("op", BINARY + COMPARISONS)
@pytest.mark.parametrize("left", [DELTAS, DATES], ids=["deltas", "dates"])
def test_operators(op, left):
    others = DELTAS + DATES + [2, -3, 0, 2.5, -0.5, float("nan"), np.int8(3)]
    for a, b in itertools.product(left, others):
        want = outcome(op, a, b)
        scalar = not isinstance(b, np.generic) or isinstance(b, np.int8)
        mixed = isinstance(want, (bool, np.bool_)) and type(a) is not type(b)
        if want is TypeError or mixed or (scalar and op in COMPARISONS):
            with pytest.raises((TypeError, looplift.errors.TypingError)):
                if mixed or scalar:
                    raise TypeError
                run(op, a, b)
            continue
        if scalar and op in (operator.add, operator.sub) and not isinstance(b, (int, np.int8)):
            continue
        got = run(op, a, b)
        assert same(got, want), (op, a, b, got, want)


UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns"]


@pytest.mark.parametrize("source", UNITS)
def test_conversions_between_units(source):
    for target in UNITS:
        convert = njit(eval(f"lambda x: x.astype('M8[{target}]')"))
        for value in (-400, -1, 0, 1, 31, 59, 60, 365, 1000, 2**20, NAT):
            x = np.datetime64(value, source) if value == NAT else np.int64(value).view(f"M8[{source}]")
            try:
                want = x.astype(f"M8[{target}]")
            except OverflowError:
                # NumPy before 2.5 wraps silently, as compiled code does.
                continue
            if abs(float(x.view("i8")) * 2e11) > 2**62 and UNITS.index(target) > UNITS.index(source) + 4:
                continue
            assert same(convert(x), want), (x, target)


def test_calendar():
    days = np.arange(-800_000, 900_000, 97).astype("M8[D]")
    agree(lambda a: a.astype("M8[M]"), days)
    agree(lambda a: a.astype("M8[Y]"), days)
    agree(lambda a: a.astype("M8[D]"), np.arange(-30_000, 30_000, 7).astype("M8[M]"))


A = np.array(["2020-01-01", "2020-03-01", "NaT", "1999-05-05"], "M8[D]")
B = A[[0, 1, 3]]
T = np.array([3, -1, 2], "m8[h]")
ROWS = [
    (lambda a: a, A),
    (lambda a: a[1], A),
    (lambda a: (a[0], a[2]), A),
    (lambda a, d: a + d, A, delta(1)),
    (lambda a, d: d + a - d, A, delta(1)),
    (lambda a: a - a[0], A),
    (lambda a: a > a[0], A),
    (lambda a: (a == a, a != a[1]), A),
    (lambda a: np.isnat(a), A),
    (lambda a: np.isnat(a[2]), A),
    (lambda a: (a.min(), a.max(), a.argmin(), a.argmax()), B),
    (lambda a: (a.min(), a.max(), a.argmin(), a.argmax()), A),
    (lambda a: (np.min(a), np.max(a)), B),
    (lambda a: np.sort(a), A),
    (lambda a: np.argsort(a), A),
    (lambda a: np.unique(a), A),
    (lambda a: np.diff(a), B),
    (lambda a: a.view(np.int64), A),
    (lambda a: a.astype(np.int64), A),
    (lambda a: a.astype("M8[s]"), A),
    (lambda t: (t.sum(), t.mean(), abs(t), -t, t * 2, t * 1.5, t / 2, t // t), T),
    (lambda t: (t / delta_day, np.sign(t), t * np.arange(3)), T),
    (lambda t: np.maximum(t, t[0]), T),
    (lambda x: max(x, x + delta_day), B[0]),
    (lambda x: (bool(x), x.view(np.int64), x.astype(np.int64)), delta(3)),
    (lambda: np.datetime64("2020-01-01", "D")),
    (lambda: (np.timedelta64(1, "D"), np.datetime64("2020-01-01T05"), np.datetime64("NaT"))),
    (lambda n: np.timedelta64(n, "h"), 7),
    (lambda x: np.datetime64(x, "s"), date("2020-01-02")),
    (lambda x: x + delta_day, date("2020-01-02")),
    (lambda n: np.zeros(n, "M8[D]"), 3),
    (lambda n: np.empty(n, dtype=np.dtype("m8[s]")).shape, 3),
    (lambda a: a.dtype == np.dtype("M8[D]"), A),
    (lambda x: isinstance(x, np.datetime64), date("2020-01-02")),
    (lambda x: np.float64(1.0).view(np.int64) + x.view(np.int64), np.float64(2.0)),
]
delta_day = np.timedelta64(1, "D")


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_rows(row):
    function, *args = ROWS[row] if isinstance(ROWS[row], tuple) else (ROWS[row],)
    agree(function, *args)


def test_storing():
    def fill(a, d):
        a[0] = np.datetime64("2021-01-01", "D")
        a[1] = np.datetime64("NaT")
        a[2:] = a[0] + d
        for k in range(len(a)):
            a[k] += d
        return a

    agree(lambda a, d: fill(a, d) if False else a + d, A, delta(1))
    x, y = A.copy(), A.copy()
    assert same(njit(fill)(x, delta(1)), fill(y, delta(1))) and same(x, y)
    with pytest.raises(looplift.errors.TypingError):
        njit(lambda a, d: fill_other(a, d))(A, delta(1))


def fill_other(a, d):
    a[0] = d


def test_types():
    t = looplift.typeof(delta(1, "ms"))
    assert isinstance(t, types.NPTimedelta) and t.unit == "ms" and str(t) == "timedelta64[ms]"
    assert looplift.typeof(A).dtype == types.NPDatetime("D")
    f = njit("(datetime64[D], datetime64[D])")(lambda a, b: b - a)
    assert f(date("2020-01-01"), date("2020-01-03")) == delta(2)
    with pytest.raises(TypeError):
        f(1, 2)
    agree(lambda a: a, np.array([1, 2, "NaT"], "M8[25s]"))
    agree(lambda a: a[0] + a[1], np.array([1, 2], "m8[7D]"))


def extremes(a):
    return max(a), min(a)


@pytest.mark.parametrize("values", [["2010", "NaT", "2011"], ["NaT", "2010"], ["2010", "2009", "NaT"]])
def test_builtin_extremes_compare_in_order(values):
    a = np.array(values, "M8[Y]")
    np.testing.assert_array_equal(njit(extremes)(a), extremes(a))


@pytest.mark.parametrize("texts", [["2020-01-05", "2021-01-01", "NaT"], [["1969-12-31"], ["2024-02-29"]]])
@pytest.mark.parametrize("dtype", ["M8[D]", "datetime64[s]", "M8[ns]"])
def test_arrays_of_texts_become_dates(texts, dtype):
    a = np.array(texts)
    namespace = {}
    exec(f"def f(a): return a.astype({dtype!r})", namespace)
    for given in (a, a[::-1]):
        got, want = njit(namespace["f"])(given), namespace["f"](given)
        assert got.dtype == want.dtype and got.shape == want.shape and (got.view("i8") == want.view("i8")).all()


def test_texts_that_are_no_dates():
    with pytest.raises(ValueError):
        njit(lambda a: a.astype("M8[D]"))(np.array(["2020-01-05", "no date"]))
