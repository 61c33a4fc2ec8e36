"""What the optimiser does to loops is not seen from outside: small arrays that become values, conditions that leave loops, searches
whose branches are guessed, indices that count from the end, integers that loops between calls keep, floats that become integers.

Each function is run interpreted and compiled; `check` compares values, types, exceptions and arrays afterwards.
"""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from looplift import njit, typeof
from support import check


def same(function, args):
    """`check`, whatever the interpreter does."""
    raises = None
    try:
        with np.errstate(all="ignore"):
            function(*(a.copy() if isinstance(a, np.ndarray) else a for a in args))
    except Exception as error:
        raises = type(error)
    check(function, *args, raises=raises)


def heap_blocks(function):
    """How many heap blocks the machine code of the only specialisation can make."""
    text = function.inspect_asm(function.signatures[0])
    return text.count("core.alloc")


# --- Small arrays ----------------------------------------------------------------------------------------------------


def cross_products(points):
    total = 0.0
    for i in range(points.shape[0] - 1):
        c = np.zeros(3)
        a, b = points[i], points[i + 1]
        c[0] = a[1] * b[2] - a[2] * b[1]
        c[1] = a[2] * b[0] - a[0] * b[2]
        c[2] = a[0] * b[1] - a[1] * b[0]
        for k in range(3):
            total += c[k] * c[k]
    return total


def running_pair(n):
    pair = np.ones(2, np.int64)
    for _ in range(n):
        pair[0], pair[1] = pair[1], pair[0] + pair[1]
    return pair[0]


def written_on_one_way(a):
    hits = 0
    for x in a:
        t = np.zeros(2, np.int8)
        if x > 0.0:
            t[1] = 3
        elif x < 0.0:
            t[0] = 5
        hits += t[0] * 10 + t[1]
    return hits


def two_by_two(a, b):
    m = np.empty((2, 2))
    m[0, 0] = a
    m[0, 1] = b
    m[1, 0] = -b
    m[1, 1] = a
    p = np.zeros((2, 2))
    for i in range(2):
        for j in range(2):
            for k in range(2):
                p[i, j] += m[i, k] * m[k, j]
    return p[0, 0], p[0, 1], p[1, 0], p[1, 1]


def negative_places(x):
    t = np.zeros(4)
    t[-1] = x
    t[-4] += t[3]
    return t[0] + t[-1]


def filled(x):
    t = np.full(3, x)
    t += 1.0
    return t[0] * t[1] - t[2]


def typed(x):
    t = np.zeros(3, np.uint8)
    t[0] = x
    t[1] = t[0] + 200
    return t[1], t[2], np.float32(t[0])


def leaves_early(n):
    t = np.zeros(2, np.int64)
    for i in range(n):
        t[0] += i
        if t[0] > 20:
            raise ValueError("twenty")
        t[1] = t[0]
    return t[1]


SMALL = [
    (
        cross_products,
        [(np.arange(18.0).reshape(6, 3) ** 1.5,), (np.empty((0, 3)),), (np.ones((1, 3)),), (np.ones((4, 2)),)],
    ),
    (running_pair, [(0,), (1,), (30,)]),
    (written_on_one_way, [(np.array([1.0, -1.0, 0.0, np.nan, 2.0]),), (np.empty(0),)]),
    (two_by_two, [(1.5, -2.0), (0.0, np.inf)]),
    (negative_places, [(2.5,)]),
    (filled, [(2.5,)]),
    (typed, [(7,), (255,)]),
    (leaves_early, [(3,), (7,), (0,)]),
]


@pytest.mark.parametrize("function, cases", SMALL, ids=lambda v: getattr(v, "__name__", ""))
def test_small_arrays_are_values(function, cases):
    for args in cases:
        same(function, args)
    compiled = njit(function)
    compiled.compile(tuple(map(typeof, cases[0])))
    assert heap_blocks(compiled) == 0


def histogram_of_digits(a):
    most = 0
    for x in a:
        counts = np.zeros(10, np.int64)
        while x > 0:
            counts[x % 10] += 1
            x //= 10
        for k in range(10):
            most = max(most, counts[k])
    return most


def at_any_place(k, x):
    t = np.zeros(4)
    t[k] = x
    return t[0] + 2.0 * t[1] + 3.0 * t[2] + 5.0 * t[3]


def rotated(a, n):
    ring = np.empty(5)
    for k in range(5):
        ring[k] = a[k]
    for i in range(n):
        ring[i % 5] += ring[(i + 1) % 5]
    s = 0.0
    for v in ring:
        s += v
    return s


@pytest.mark.parametrize(
    "function, cases",
    [
        (histogram_of_digits, [(np.array([123, 2222, 0, 999_999, 10**12]),)]),
        (at_any_place, [(0, 1.5), (3, 2.0), (-1, 1.0), (4, 1.0), (-5, 1.0)]),
        (rotated, [(np.arange(5.0), 0), (np.arange(5.0), 23)]),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_small_arrays_in_the_frame(function, cases):
    for args in cases:
        same(function, args)
    compiled = njit(function)
    compiled.compile(tuple(map(typeof, cases[0])))
    assert heap_blocks(compiled) == 0


def returned(x):
    t = np.zeros(3)
    t[1] = x
    return t


def kept_in_a_tuple(n):
    rows = (np.zeros(2), np.ones(2))
    for i in range(n):
        rows = (rows[1], rows[0] + rows[1])
    return rows[0][0], rows[1][1]


def swapped(n):
    a, b = np.zeros(2), np.ones(2)
    for i in range(n):
        a[0] += i
        a, b = b, a
    return a[0], b[0]


def view_of(x):
    t = np.zeros(6)
    v = t[1::2]
    v[1] = x
    w = t.reshape(2, 3)
    return w[1, 0] + t[3], v


def last_one(n):
    t = np.zeros(2)
    for i in range(n):
        fresh = np.zeros(2)
        fresh[0] = t[0] + i
        fresh[1] = t[1] - i
        t = fresh
    return t


@pytest.mark.parametrize(
    "function, cases",
    [
        (returned, [(1.5,)]),
        (kept_in_a_tuple, [(0,), (5,)]),
        (swapped, [(0,), (3,), (4,)]),
        (view_of, [(2.0,)]),
        (last_one, [(0,), (6,)]),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_arrays_that_go_further(function, cases):
    for args in cases:
        same(function, args)


# --- Conditions that do not change -------------------------------------------------------------------------------------


def two_ways(a, flag):
    out = np.empty_like(a)
    for i in range(len(a)):
        if flag:
            out[i] = a[i] * 2.0
        else:
            out[i] = a[i] + 1.0
    return out


def three_conditions(a, p, q, r):
    s = 0.0
    n = 0
    for i in range(len(a)):
        x = a[i]
        if p:
            s += x
        if q > 2:
            n += 1
        else:
            s -= 0.5
        if r and x > 0.0:
            n += 10
    return s, n


def with_ways_out(a, stop, limit):
    s = 0.0
    for i in range(len(a)):
        if stop:
            if a[i] > limit:
                break
        else:
            s += 1.0
        s += a[i]
    return s, i if len(a) else -1


def inner_loops(a, flag):
    out = np.zeros(a.shape)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if flag and i > 0:
                out[i, j] = a[i - 1, j]
            else:
                out[i, j] = a[i, j] + j
    return out


def changes(a, flag):
    s = 0.0
    for x in a:
        if flag:
            s += x
        else:
            s -= x
        flag = x > 0.0
    return s


ROW = np.linspace(-2.0, 2.0, 37)


@pytest.mark.parametrize(
    "function, cases",
    [
        (two_ways, [(ROW, True), (ROW, False), (ROW[:0], True)]),
        (three_conditions, [(ROW, p, q, r) for p in (True, False) for q in (1, 3) for r in (True, False)]),
        (with_ways_out, [(ROW, True, 0.0), (ROW, True, 9.0), (ROW, False, 0.0), (ROW[:0], True, 0.0)]),
        (inner_loops, [(np.arange(35.0).reshape(5, 7), True), (np.arange(35.0).reshape(5, 7), False)]),
        (changes, [(ROW, True), (ROW, False)]),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_conditions_that_do_not_change(function, cases):
    for args in cases:
        same(function, args)


# --- Searches and indices ------------------------------------------------------------------------------------------------


def places(table, wanted):
    out = np.empty(len(wanted), np.int64)
    for k, value in enumerate(wanted):
        low = 0
        high = len(table)
        while low < high:
            middle = (low + high) // 2
            if table[middle] < value:
                low = middle + 1
            else:
                high = middle
        out[k] = low
    return out


def restarts(a):
    total = 1.0 + 0.0j
    for x in a:
        total = total * complex(x, -x) + 0.5
        if abs(total.real) > 10.0 or abs(total.imag) > 10.0:
            total = 1.0 + 0.0j
    return total


def counted(a, k):
    counts = np.zeros(7, np.int64)
    for i in range(len(a)):
        counts[a[i]] += k
    return counts


def gathered(a, where):
    s = 0
    for i in where:
        s = s * 3 + a[i]
    return s


def sorted_by_insertion(a):
    out = a.copy()
    for i in range(1, len(out)):
        value = out[i]
        place = i
        while place > 0 and out[place - 1] > value:
            out[place] = out[place - 1]
            place -= 1
        out[place] = value
    return out


@pytest.mark.parametrize(
    "function, cases",
    [
        (
            places,
            [(np.arange(0.0, 20.0, 2.0), np.array([-1.0, 0.0, 3.0, 4.0, 19.0, np.nan])), (np.empty(0), np.ones(2))],
        ),
        (restarts, [(ROW,), (ROW * 9.0,)]),
        (counted, [(np.array([0, 6, -1, -7, 3]), 2), (np.array([0, 7]), 1), (np.array([-8]), 1)]),
        (
            gathered,
            [
                (np.arange(5), np.array([0, -1, -5, 4, 2] * 3)),
                (np.arange(5), np.array([1, 5])),
                (np.arange(0), np.array([-1])),
            ],
        ),
        (
            sorted_by_insertion,
            [(np.array([5, 3, 9, 1, 1, 7]),), (np.array([], np.int64),), (np.arange(20)[::-1].copy(),)],
        ),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_searches_and_indices(function, cases):
    for args in cases:
        same(function, args)


def test_indices_are_checked_before_they_are_used():
    """The process that reads far outside is another one: it must raise, not read."""
    program = (
        "import numpy as np\nfrom looplift import njit\n"
        "@njit\ndef f(a, w):\n    s = 0\n    for i in w:\n        s += a[i]\n    return s\n"
        "for bad in (10, -11, 2**62, -2**63, 2**63 - 1):\n"
        "    try:\n        f(np.arange(10), np.array([0, -1, bad]))\n"
        "    except IndexError as e:\n        assert str(bad) in str(e), e\n"
        "    else:\n        raise AssertionError(bad)\n"
        "print('fine')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ))
    assert done.stdout.strip() == "fine", done.stderr


# --- Floats that become integers -------------------------------------------------------------------------------------


def truncated(a, out):
    for i in range(len(a)):
        out[i] = int(a[i])
    return out


def binned(a, low, high, counts):
    for x in a:
        if low <= x <= high:
            counts[min(int((x - low) * 4.0), len(counts) - 1)] += 1


def small_ones(a):
    out = np.zeros(len(a), np.int64)
    for i in range(len(a)):
        if a[i] < 1e18:
            out[i] = np.int64(a[i])
    return out


EDGES = [0.0, -0.0, 0.5, -0.99, 1e15, -1e18, 2.0**62, 9223372036854774784.0, -(2.0**63)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_truncated(dtype):
    values = np.array(EDGES, dtype)
    values = values[values < 2.0**63]
    check(truncated, values, np.zeros(len(values), np.int64))
    same(small_ones, (np.append(values, [np.nan, np.inf, 2.0**63, 1e30]).astype(dtype),))


@pytest.mark.parametrize("place", [0, 4, 9])
@pytest.mark.parametrize(
    ("bad", "raised"),
    [
        (np.nan, ValueError),
        (np.inf, OverflowError),
        (-np.inf, OverflowError),
        (2.0**63, OverflowError),
        (-9223372036854777856.0, OverflowError),
        (1e300, OverflowError),
    ],
    ids=str,
)
def test_what_is_no_integer_is_found(bad, raised, place):
    values = np.array([*EDGES[:place], bad, *EDGES[place:]])
    out = np.zeros(len(values), np.int64)
    with pytest.raises(raised):
        njit(truncated)(values, out)
    assert out.tolist() == [int(v) for v in EDGES[:place]] + [0] * (len(values) - place)


def test_binned():
    a = np.random.default_rng(1).random(500) * 3 - 1
    a[::50] = np.nan
    same(binned, (a, -0.5, 1.5, np.zeros(7, np.int64)))
    same(binned, (a * np.inf, -np.inf, np.inf, np.zeros(7, np.int64)))


# --- Integers between calls ------------------------------------------------------------------------------------------


def flips(row):
    """Reverses beginnings until the first number is 0, in a copy: calls stand before and behind the loops."""
    work = row.copy()
    other = np.zeros(len(row), np.int64)
    count = 0
    k = work[0]
    while k != 0:
        low, high = 0, k
        while low < high:
            kept = work[low]
            work[low] = work[high]
            work[high] = kept
            other[low] += high
            low += 1
            high -= 1
        count += 1
        k = work[0]
    return count, work.sum() + other.sum(), other


def medians(image, radius):
    rows, columns = image.shape
    size = 2 * radius + 1
    window = np.empty(size * size, np.int64)
    out = np.zeros_like(image)
    for i in range(radius, rows - radius):
        for j in range(radius, columns - radius):
            count = 0
            for u in range(i - radius, i + radius + 1):
                for v in range(j - radius, j + radius + 1):
                    value = int(image[u, v])
                    place = count
                    while place > 0 and window[place - 1] > value:
                        window[place] = window[place - 1]
                        place -= 1
                    window[place] = value
                    count += 1
            out[i, j] = window[count // 2]
    return out


def shifted_down(a, start):
    """Counts down from a place that may lie outside."""
    place = start
    steps = 0
    while place > 0 and a[place - 1] > 0:
        a[place] = a[place - 1]
        place -= 1
        steps += 1
    return steps


@pytest.mark.parametrize(
    "row", [[2, 1, 3, 0], [0, 1], [5, 4, 3, 2, 1, 0], [4, 2, 1, 5, 3, 0], [3, 1, 0, 7, 2], [9, 0]], ids=str
)
def test_flips(row):
    same(flips, (np.array(row),))


@pytest.mark.parametrize("radius", [0, 1, 2])
def test_medians(radius):
    image = np.random.default_rng(2).integers(0, 256, (9, 11)).astype(np.uint8)
    same(medians, (image, radius))
    same(medians, (image[:2, :2], radius))


@pytest.mark.parametrize("start", [0, 1, 5, 6, 7, 8, -1, -(2**63), 2**63 - 1])
def test_shifted_down(start):
    same(shifted_down, (np.array([0, 1, 2, 3, 4, 5]), start))
    same(shifted_down, (np.array([], np.int64), start))


# --- Counters that an iteration tests --------------------------------------------------------------------------------


def first_place(a, x):
    i = 0
    while i < len(a) and a[i] != x:
        i += 1
    return i


def last_place(a, x, start):
    i = start
    while i >= 0 and a[i] != x:
        i -= 1
    return i


def two_by_two(a, limit):
    i = -1
    total = 0
    while i <= limit and total >= 0:
        total += a[i % len(a)]
        i += 2
    return i, total


@pytest.mark.parametrize("n", [0, 1, 2, 16383, 16384, 16385, 40000])
def test_places(n):
    a = np.zeros(n, np.int64)
    same(first_place, (a, 1))
    same(last_place, (a, 1, n - 1))
    for k in (0, n // 2, n - 1):
        if 0 <= k < n:
            a[:] = 0
            a[k] = 1
            same(first_place, (a, 1))
            same(last_place, (a, 1, n - 1))
    same(last_place, (a, 1, n))
    same(two_by_two, (np.array([1, 2, 3]), n))
    same(two_by_two, (np.array([1, -1, -3]), n))
    same(two_by_two, (np.array([1]), -(2**63)))


def endless(a, limit):
    i = 0
    while i < limit and a[i & 1] == 0:
        i += 1
    return i


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs timers")
def test_such_loops_can_be_stopped():
    class Stop(Exception):
        pass

    def stop(*_):
        raise Stop

    f = njit(endless)
    a = np.zeros(2, np.int64)
    assert f(a, 50_000) == 50_000
    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with pytest.raises(Stop):
            f(a, 2**62)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
