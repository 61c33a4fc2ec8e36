"""Idioms of programs that are compiled by adding a decorator: containers that are asked about before anything is in them, methods among
values that are assigned at once."""

import numpy as np
import pytest
from looplift import njit, typed, types
from looplift.experimental import jitclass
from support.check import check


def counts(n):
    found = {}
    for i in range(n):
        word = str(i % 3)
        if word in found:
            found[word] += 1
        else:
            found[word] = 1
    return [(k, v) for k, v in found.items()]


def counts_missing_first(n):
    found = {}
    for i in range(n):
        word = str(i % 3)
        if word not in found:
            found[word] = 0
        found[word] += 1
    return [(k, v) for k, v in found.items()]


def counts_by_view(n):
    found = {}
    for i in range(n):
        word = str(i % 3)
        if word in found.keys():
            found[word] = found[word] + 1
        else:
            found[word] = 1
    return [(k, v) for k, v in found.items()]


def groups(n):
    found = {}
    for i in range(n):
        key = "odd" if i % 2 else "even"
        if key not in found:
            found[key] = []
        found[key].append(i * 1.5)
    return [(k, sum(v)) for k, v in found.items()]


def nested(n):
    table = {}
    for i in range(n):
        for j in range(3):
            if i not in table:
                table[i] = {}
            table[i][j] = i * j * 0.5
    return len(table), table[2][1] if n > 2 else 0.0


def buckets(n):
    lists = [[] for _ in range(3)]
    for i in range(n):
        lists[i % 3].append(i * 0.5)
    lists[0].extend([7.0])
    return lists


def memory(n):
    known = {}
    hits = 0
    for i in range(n):
        key = (i % 3, str(i % 2))
        if key in known:
            hits += 1
            continue
        known[key] = [1.0]
    return hits, len(known)


def unique(n):
    seen = set()
    out = []
    for i in range(n):
        word = str(i % 3)
        if word not in seen:
            seen.add(word)
            out.append(word)
    return out


def unique_in_list(n):
    seen = []
    for i in range(n):
        pair = (i % 3, 1.5)
        if pair in seen or i in [1, 2]:
            continue
        seen.append(pair)
    return seen


def longest(n):
    best = []
    for i in range(n):
        candidate = ["a"] * (i % 4)
        if len(candidate) > len(best):
            best = candidate
    return best


def never_filled(n):
    nothing = set()
    return n in nothing, n not in nothing, len(nothing)


@pytest.mark.parametrize(
    "func",
    [counts, counts_missing_first, counts_by_view, groups, nested, buckets, memory, unique, unique_in_list, longest, never_filled],
    ids=lambda f: f.__name__,
)
def test_containers_asked_before_they_are_filled(func):
    check(func, 8)
    check(func, 0)


def test_typed_containers_asked_before_they_are_filled():
    @njit
    def counted(n):
        d, s = typed.Dict(), typed.List()
        for i in range(n):
            k = str(i % 2)
            if k in d:
                d[k] += 1
            else:
                d[k] = 1
            if k not in s:
                s.append(k)
        return d["0"], d["1"], len(s), s[1]

    assert counted(7) == (4, 3, 2, "1")


def four_at_once(a):
    total, mean, n, size = a.sum, a.mean, len(a), a.size
    return total() + mean() + n + size


def rotated(a, b, c, d):
    for _ in range(3):
        a, b, c, d = b, c, d, a
    return a, b, c, d


def test_values_assigned_at_once():
    check(four_at_once, np.arange(5.0))
    check(rotated, 1, 2, 3, 4)
    check(rotated, 1.0, 2.5, 3.0, -1.0)


@jitclass([("rate", types.float64), ("grid", types.float64[:])])
class Model:
    def __init__(self, rate):
        self.rate = rate
        self.grid = np.linspace(0.0, 1.0, 5)

    def utility(self, c):
        return c * self.rate

    def flow(self, k):
        return k + 1.0

    def objective(self, c, values):
        u, f, rate, grid = self.utility, self.flow, self.rate, self.grid
        v = lambda x: np.interp(x, grid, values)  # noqa: E731
        return u(c) + rate * np.mean(v(f(c) * grid))


def test_methods_of_an_instance_assigned_at_once():
    @njit
    def best(model, values):
        found = [model.objective(0.1 * i, values) for i in range(10)]
        return max(found)

    values = np.arange(5.0) ** 2
    grid = np.linspace(0.0, 1.0, 5)
    expected = max(c * 0.5 + 0.5 * np.mean(np.interp((c + 1.0) * grid, grid, values)) for c in 0.1 * np.arange(10))
    assert best(Model(0.5), values) == pytest.approx(expected)


X = np.linspace(0.0, 10.0, 11)


@pytest.mark.parametrize("x", [0.5, 10.0, -1.0, 11.5, np.nan, 3, np.float32(2.25)])
def test_interpolation_at_a_number(x):
    def at(x, xp, fp):
        return np.interp(x, xp, fp), np.interp(x, xp, fp, -7.0, 7.0)

    check(at, x, X, X**2)
    check(at, x, X.astype(np.int64), (X**2).astype(np.float32))


def test_spread_of_what_is_a_number():
    def spread(a):
        return np.nanvar(a), np.nanstd(a, ddof=1)

    for a in (np.arange(40.0), np.array([1.0, np.nan, 4.0, 2.5]), np.array([np.nan, np.nan]), np.arange(300, dtype=np.float32) / 7):
        check(spread, a)
        check(spread, a[::2])
