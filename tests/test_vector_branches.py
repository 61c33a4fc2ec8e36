"""Vector loops with branches and ways out: what they write, raise and come to is what the interpreter does, to the last bit.

`LENGTHS` lie around the vectors of all types; `check` runs a function interpreted and compiled on copies of the arguments and
compares results, exceptions and the arrays afterwards.
"""

import math

import numpy as np
import pytest
from looplift import _core, config, njit

LENGTHS = [0, 1, 7, 8, 17, 33, 65, 261]
DTYPES = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64]
FLOATS = [np.float32, np.float64]


@pytest.fixture(autouse=True, params=["avx512", "avx2"])
def level(request, monkeypatch):
    """The instructions that loops are compiled to."""
    monkeypatch.setattr(config, "VECTOR_ISA", request.param)
    if _core.vector_isa() != request.param:
        pytest.skip(f"this processor has no {request.param}")
    return request.param


def numbers(dtype, n, seed=0):
    a = np.random.default_rng(seed).integers(0, 9, n)
    return (a - 4 if np.dtype(dtype).kind != "u" else a).astype(dtype)


def run(function, args):
    args = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
    try:
        with np.errstate(all="ignore"):
            value = function(*args)
    except Exception as error:
        value = type(error)
    return value, args


def same(got, want):
    if isinstance(want, np.ndarray):
        return got.dtype == want.dtype and got.tobytes() == want.tobytes()
    if isinstance(want, tuple):
        return len(got) == len(want) and all(map(same, got, want))
    if isinstance(want, (float, np.floating)):
        return math.isnan(got) == math.isnan(want) and (math.isnan(want) or (got == want and math.copysign(1, got) == math.copysign(1, want)))
    return got == want


def check(function, *args, compiled=None, vector=True):
    compiled = compiled or njit(function)
    want, after = run(function, args)
    got, now = run(compiled, args)
    assert same(got, want), (got, want)
    for x, y in zip(now, after):
        assert not isinstance(y, np.ndarray) or same(x, y), (x, y)
    if vector:
        rows = compiled.explain().data["vector_loops"]
        assert rows and all(r["vectorised"] for r in rows), compiled.explain()
    return compiled


# --- Branches ------------------------------------------------------------------------------------------------------


def two_ways(a, b, out):
    for i in range(len(out)):
        if a[i] > b[i]:
            out[i] = a[i]
        else:
            out[i] = b[i]


def one_way(a, b, out):
    for i in range(len(out)):
        if a[i] > b[i]:
            out[i] = a[i]


def three_ways(a, b, out):
    for i in range(len(out)):
        if a[i] > 3:
            out[i] = a[i]
            b[i] = 1
        elif a[i] == b[i]:
            out[i] = b[i]
        else:
            b[i] = a[i]


def both_conditions(a, b, out):
    for i in range(len(out)):
        if a[i] > 1 and b[i] > 1:
            out[i] = 1
        elif a[i] == 0 or b[i] == 0:
            out[i] = 2


def after_all(a, b, out):
    for i in range(len(out)):
        x = a[i]
        if x > b[i]:
            x = b[i]
            out[i] = x
        b[i] = x


def read_back(a, b, out):
    for i in range(len(out)):
        out[i] = a[i]
        if b[i] > 2:
            out[i] = out[i] + b[i]
        a[i] = out[i]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
@pytest.mark.parametrize("function", [two_ways, one_way, three_ways, both_conditions, after_all, read_back], ids=lambda f: f.__name__)
def test_branches(function, dtype, level):
    # Narrow elements have no masked moves on AVX2, and four conditions at once need many registers.
    vector = (level == "avx512" or np.dtype(dtype).itemsize >= 4) and function is not both_conditions
    compiled = None
    for n in LENGTHS:
        compiled = check(function, numbers(dtype, n, 1), numbers(dtype, n, 2), numbers(dtype, n, 3), compiled=compiled, vector=vector)


@pytest.mark.parametrize("shift", [-9, -8, -1, 0, 1, 8, 9])
def test_branches_on_overlapping_views(shift):
    def f(base, at, n):
        a = base[50 : 50 + n]
        b = base[at : at + n]
        for i in range(n):
            if b[i] > 3.0:
                a[i] = b[i] - 1.0
            else:
                a[i] = b[i] * 2.0

    compiled = njit(f)
    for n in (1, 8, 40):
        check(f, numbers(np.float64, 120), 50 + shift, n, compiled=compiled, vector=False)


def test_what_a_store_changed_is_read_again():
    def f(a, b, out):
        for i in range(1, len(a)):
            if b[i] > 0:
                a[i] = b[i]
            out[i] = a[i - 1]

    for n in LENGTHS[1:]:
        check(f, numbers(np.float64, n, 1), numbers(np.float64, n, 2), np.zeros(n), vector=False)
    inner = njit(two_ways)
    check(lambda a: two_ways(a, a, a), numbers(np.float64, 40), compiled=njit(lambda a: inner(a, a, a)), vector=False)


# --- Ways out --------------------------------------------------------------------------------------------------------


def divisions(a, b, out):
    for i in range(len(a)):
        out[i] = float(a[i]) / float(b[i])


def two_divisions(a, b, out):
    for i in range(len(a)):
        out[i] = 1.0 / float(a[i])
        a[i] = 2.0 / float(b[i])


def roots(a, b, out):
    for i in range(len(a)):
        out[i] = math.sqrt(a[i]) + b[i]


@pytest.mark.parametrize("function", [divisions, two_divisions, roots], ids=lambda f: f.__name__)
@pytest.mark.parametrize("bad", [0.0, -1.0, math.inf, math.nan, -0.0])
def test_exceptions_come_where_they_do(function, bad):
    compiled = njit(function)
    for n in (1, 9, 40):
        for place in {0, 7, 8, 15, 16, n - 1} & set(range(n)):
            for target in (0, 1):
                args = [np.arange(1.0, n + 1), np.arange(2.0, n + 2), np.zeros(n)]
                args[target][place] = bad
                check(function, *args, compiled=compiled)


def test_exceptions_of_indices():
    def f(a, b, out):
        for i in range(len(a)):
            out[i] = a[i] + b[i]

    compiled = njit(f)
    for n in (0, 1, 7, 16, 39, 40):
        check(f, np.arange(40.0), np.arange(float(n)), np.zeros(40), compiled=compiled)
        check(f, np.arange(40.0), np.arange(40.0), np.zeros(n), compiled=compiled)


def test_exceptions_that_are_caught():
    def f(a, b, out):
        done = -1
        try:
            for i in range(len(a)):
                out[i] = float(a[i]) / float(b[i])
                done = i
        except ZeroDivisionError:
            done += 1000
        return done

    b = np.arange(1.0, 41.0)
    for place in (None, 0, 8, 19, 39):
        c = b.copy()
        if place is not None:
            c[place] = 0
        check(f, np.arange(40.0), c, np.zeros(40), vector=False)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
def test_searches(dtype):
    def find(a, wanted):
        for i in range(len(a)):
            if a[i] == wanted:
                return i
        return -1

    def count_until(a, wanted):
        n = 0
        for v in a:
            if v == wanted:
                break
            if v > 2:
                n += 1
        else:
            n += 1000
        return n

    f, g = njit(find), njit(count_until)
    for n in LENGTHS:
        a = numbers(dtype, n) % 4
        for place in {0, 5, 8, 16, 63, n - 1} & set(range(n)):
            b = a.copy()
            b[place] = 7
            check(find, b, 7, compiled=f)
            check(count_until, b, 7, compiled=g, vector=False)
        check(find, a, 7, compiled=f)
        check(count_until, a, 7, compiled=g, vector=False)


def test_nothing_is_read_ahead_without_checks():
    def find(a, wanted):
        for i in range(10**9):
            if a[i] == wanted:
                return i
        return -1

    compiled = njit(boundscheck=False)(find)
    assert compiled(np.arange(50), 49) == 49
    [row] = compiled.explain().data["vector_loops"]
    assert "boundscheck=False" in row["reason"]


def life(a, out):
    for i in range(1, a.shape[0] - 1):
        for j in range(1, a.shape[1] - 1):
            around = 0
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    if di != 0 or dj != 0:
                        around += a[i + di, j + dj]
            if around == 3 or (around == 2 and a[i, j] == 1):
                out[i, j] = 1
            else:
                out[i, j] = 0


def middle_of_three(a, out):
    """The element in the middle is read where those beside it ask for it, and overwritten by the iteration before."""
    for i in range(1, len(out) - 1):
        if a[i - 1] < a[i + 1]:
            out[i] = a[i]
        elif a[i - 1] > a[i + 1]:
            out[i] = a[i] + a[i - 1]


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.float32, np.float64])
def test_elements_between_others(dtype):
    compiled = njit(middle_of_three)
    for n in LENGTHS:
        a = numbers(dtype, n)
        # (AVX2 has no masked moves of bytes.)
        check(middle_of_three, a, np.zeros(n, dtype), vector=dtype != np.int8)
        for shift in range(-2, 3):
            both = [numbers(dtype, n + 4, seed=1) for _ in range(2)]
            for f, b in zip((middle_of_three, compiled), both, strict=True):
                f(b[2 : n + 2], b[2 + shift : n + 2 + shift])
            assert both[0].tobytes() == both[1].tobytes()
        grid = (numbers(dtype, 5 * n, seed=2) > 1).astype(dtype).reshape(5, n)
        check(life, grid, np.zeros_like(grid))


def test_zip_and_enumerate():
    def products(a, b, out):
        n = 0
        for i, (x, y) in enumerate(zip(a, b)):
            out[i] = x * y
            n += 1
        return n

    def differ(a, b):
        n = 0
        for x, y in zip(a, b):
            if x != y:
                n += 1
        return n

    f, g = njit(products), njit(differ)
    for n in LENGTHS:
        for m in {n, max(n - 1, 0), n + 3, 0}:
            a, b = numbers(np.float64, n, 1), numbers(np.float64, m, 2)
            check(products, a, b, np.zeros(max(n, m)), compiled=f, vector=False)
            check(differ, a, b, compiled=g)


# --- Reductions --------------------------------------------------------------------------------------------------------


def largest(a):
    best = a[0]
    for i in range(1, len(a)):
        if a[i] > best:
            best = a[i]
    return best


def smallest(a):
    best = a[0]
    for v in a:
        best = v if v < best else best
    return best


def last_of_the_largest(a):
    best = a[0]
    for v in a:
        if v >= best:
            best = v
    return best


def built_in(a):
    low, high = a[0], a[0]
    for v in a:
        low = min(low, v)
        high = max(high, v)
    return low, high


SPECIAL = [0.0, -0.0, math.nan, math.inf, -math.inf, 1.0, -1.0]


@pytest.mark.parametrize("dtype", FLOATS, ids=lambda t: t.__name__)
@pytest.mark.parametrize("function", [largest, smallest, last_of_the_largest, built_in], ids=lambda f: f.__name__)
def test_extremes_of_floats(function, dtype):
    compiled = njit(function)
    rng = np.random.default_rng(0)
    for n in LENGTHS[1:]:
        check(function, rng.normal(0, 1, n).astype(dtype), compiled=compiled)
        for few in (SPECIAL, SPECIAL[:2], [-1.0, -0.0, 0.0], [1.0, 0.0, -0.0], [math.nan, 1.0]):
            check(function, rng.choice(few, n).astype(dtype), compiled=compiled)


def test_several_conditions_of_one_sum():
    def f(a, b):
        n = 0
        every = -1
        top = -5
        for i in range(len(a)):
            if a[i] > 0:
                n += a[i]
                if b[i] > 1:
                    n += b[i]
                    every &= a[i]
            elif b[i] == 0:
                n -= 3
                n += 1
            if a[i] != b[i]:
                top = max(top, a[i])
        return n, every, top

    compiled = njit(f)
    for n in LENGTHS:
        check(f, numbers(np.int64, n, 1), numbers(np.int64, n, 2), compiled=compiled, vector=False)


@pytest.mark.parametrize("dtype", FLOATS, ids=lambda t: t.__name__)
def test_conditional_sums_keep_their_bits(dtype):
    def f(a, b, s, d, p):
        for i in range(len(a)):
            if b[i] > 1:
                s += a[i]
            if b[i] < 3:
                d -= a[i]
            if b[i] == 2:
                p *= a[i]
        return s, d, p

    compiled = njit(f)
    rng = np.random.default_rng(1)
    for n in LENGTHS:
        b = numbers(np.int64, n, 2)
        for a in (rng.normal(0, 1, n), rng.choice(SPECIAL, n), rng.choice([0.0, -0.0], n)):
            for start in (dtype(0.0), dtype(-0.0), dtype(1.5)):
                check(f, a.astype(dtype), b, start, start, start, compiled=compiled, vector=False)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
def test_flags(dtype):
    def f(a, k):
        found = False
        clean = True
        code = 7
        for v in a:
            if v == 3:
                found = True
            if v > 6:
                clean = False
            if not v < 8:
                code = k
        return found, clean, code

    compiled = njit(f)
    for n in LENGTHS:
        for most in (2, 4, 8, 9):
            check(f, numbers(dtype, n, n) % most, 5, compiled=compiled)


def test_backwards():
    def f(a, b, out):
        n = 0
        for i in range(len(a) - 1, -1, -1):
            n += b[i]
            out[i] = a[i] * 2 + 1
        return n

    def along(a):
        for i in range(len(a) - 2, -1, -1):
            a[i] = a[i + 1] + 1

    def shifted(a):
        for i in range(len(a) - 1, 0, -1):
            a[i] = a[i - 1] + 1

    def views(base, at, n):
        a = base[20 : 20 + n]
        b = base[at : at + n]
        for i in range(n - 1, -1, -1):
            a[i] = b[i] * 2

    def both_ways(a, out):
        for i in range(len(a)):
            out[i] = a[len(a) - 1 - i]

    def with_numbers(a):
        for i in range(len(a) - 1, -1, -1):
            a[i] += i

    compiled, g, h, v = njit(f), njit(along), njit(shifted), njit(views)
    for n in LENGTHS:
        check(f, numbers(np.int64, n, 1), numbers(np.int64, n, 2), np.zeros(n, np.int64), compiled=compiled)
        check(along, numbers(np.int64, n, 1), compiled=g, vector=False)
        check(shifted, numbers(np.int64, n, 1), compiled=h, vector=False)
        check(both_ways, numbers(np.int64, n, 1), np.zeros(n, np.int64), vector=False)
        check(with_numbers, numbers(np.int64, n, 1), vector=False)
    for at in (20, 19, 21, 12, 11, 28, 29, 60):
        check(views, np.arange(120), at, 40, compiled=v)


# --- Small loops, and sums in memory ---------------------------------------------------------------------------------------


def test_small_loops_inside():
    def neighbours(a, out):
        for i in range(1, a.shape[0] - 1):
            for j in range(1, a.shape[1] - 1):
                n = 0
                for di in range(-1, 2):
                    for dj in range(-1, 2):
                        if di != 0 or dj != 0:
                            n += a[i + di, j + dj]
                out[i, j] = n

    def with_exits(a):
        n = 0
        for i in range(len(a)):
            for k in range(5, 0, -2):
                if a[i] == k:
                    break
                if a[i] > 7:
                    return n, i, k
                n += k
            else:
                n += 100
        return n, -1, -1

    def nothing(a):
        k = 5
        for k in range(3, 3):
            a[0] = k
        for m in range(4):
            a[m] += m
        return k, m

    f, g = njit(neighbours), njit(with_exits)
    for n, m in ((3, 3), (4, 20), (20, 11)):
        check(neighbours, numbers(np.int64, n * m).reshape(n, m), np.zeros((n, m), np.int64), compiled=f)
    for n in LENGTHS:
        check(with_exits, numbers(np.int64, n, 5) + 4, compiled=g, vector=False)
        check(with_exits, numbers(np.int64, n, 5) % 5, compiled=g, vector=False)
    check(nothing, np.zeros(4, np.int64), vector=False)


@pytest.mark.parametrize("dtype", [np.int64, np.float64], ids=lambda t: t.__name__)
def test_sums_in_memory(dtype):
    def rows(a, out):
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                out[i] += a[i, j]

    def fresh(a):
        out = np.zeros(a.shape[0], a.dtype)
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                out[i] += a[i, j]
        return out

    for n, m in ((1, 1), (3, 0), (0, 3), (5, 40)):
        a = numbers(dtype, n * m).reshape(n, m)
        check(rows, a, np.ones(n, dtype), vector=False)
        check(fresh, a, vector=False)
    a = np.arange(24).reshape(4, 6).astype(dtype)
    inner = njit(rows)
    check(lambda a: rows(a, a[2, :4]), a, compiled=njit(lambda a: inner(a, a[2, :4])), vector=False)


# --- Remarks -----------------------------------------------------------------------------------------------------------


def remarks(function, *args):
    compiled = njit(function)
    compiled(*args)
    return compiled.explain()


def test_remarks_say_why():
    def total(a):
        s = 0.0
        for v in a:
            s += v
        return s

    first = total.__code__.co_firstlineno
    said = remarks(total, np.ones(3))
    [row] = said.data["vector_loops"]
    assert not row["vectorised"] and row["line"] == first + 2 and row["reason_line"] == first + 3
    assert row["function"] == "total" and "fastmath" in row["reason"]
    assert f"loop at line {first + 2}: no vector loop: a sum or product of floats keeps its order" in str(said)
    assert f"(line {first + 3})" in str(said)


def test_remarks_name_each_loop():
    def several(a, places, out):
        for i in range(len(a)):
            out[i] = a[i] + 1
        for i in range(len(a)):
            out[i] = a[places[i]]
        for i in range(1, len(a)):
            a[i] = a[i - 1] * 2
        n = 0
        while a[n] > 0:
            n += 2
        for i in range(len(a)):
            out[i] = math.gamma(a[i])
        return n

    compiled = njit(several)
    compiled.compile("(float64[::1], int64[::1], float64[::1])")
    said = compiled.explain()
    first = several.__code__.co_firstlineno
    found = {r["line"] - first: r["reason"] for r in said.data["vector_loops"]}
    assert found[1] is None
    assert "depends on other elements" in found[3]
    assert "another" in found[5] or "one before" in found[5]
    assert "how often" in found[8]
    assert "function that has no vector form" in found[10]


def test_remarks_on_what_is_called():
    @njit
    def helper(a):
        n = 0
        for v in a:
            n += v
        return n

    def caller(a):
        return helper(a) + 1

    said = remarks(caller, np.arange(5))
    rows = said.data["vector_loops"]
    if rows:
        assert rows[0]["function"] == "helper" and rows[0]["line"] == caller.__code__.co_firstlineno + 1
        assert "of helper): a vector loop" in str(said)
