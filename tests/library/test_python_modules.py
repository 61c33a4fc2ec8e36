"""Functions of Python's library: statistics, itertools, struct, collections, and forms of unpacking. Each expression is evaluated by the
interpreter and compiled; value, type and class of exception agree."""

import bisect
import collections
import functools
import heapq
import itertools
import math
import os.path
import re
import statistics
import struct
import time
from collections import Counter, OrderedDict, defaultdict

import numpy as np
import pytest

from looplift import njit, typed

EXPRESSIONS = [
    # statistics
    "[statistics.mean(x), statistics.fmean(x), statistics.median(x), statistics.stdev(x), statistics.pvariance(x), statistics.variance(x)]",
    "[statistics.geometric_mean(x), statistics.harmonic_mean(x), statistics.pstdev(x), statistics.median_low(x), statistics.median_high(x)]",
    "statistics.mode(x), statistics.multimode('aabb'), statistics.quantiles(x), statistics.quantiles(x, n=10, method='inclusive')",
    "statistics.fmean(x, weights=(1, 2, 3, 4.5, 1)), statistics.correlation(x, sorted(x)), statistics.covariance(x, sorted(x))",
    "statistics.mean([v for v in x if v > 100])",
    "statistics.stdev(x[:1])",
    # itertools, heapq, bisect, functools
    "[(k, list(g)) for k, g in itertools.groupby([1, 1, 2])], [(k, sum(g)) for k, g in itertools.groupby([1, 3, 2, 4, 5], key=lambda v: v % 2)]",
    "list(itertools.zip_longest([1, 2], [3], fillvalue=0)), list(itertools.zip_longest([1, 2], (3,), range(4)))",
    "[list(t) for t in itertools.tee(x)], list(itertools.chain([1], (2,), range(3), {5}, [6], [7]))",
    "list(itertools.accumulate([1, 2, 3], initial=10)), list(itertools.accumulate([1, 2, 3], lambda a, b: a * b, initial=2))",
    "list(heapq.merge([1, 4], [2, 3])), list(heapq.merge([4, 1], [3, 2], reverse=True)), list(heapq.merge(['c', 'aa'], ['b'], key=len))",
    "bisect.bisect([3, 2, 1], -2, key=lambda v: -v), bisect.bisect_left([3, 2, 1], -2, key=lambda v: -v)",
    "functools.reduce(lambda a, b: a * 10 + b, [1, 2, 3]), functools.reduce(lambda a, b: b + a, 'abc')",
    "functools.reduce(lambda a, b: a + b, [v for v in x if v > 100])",
    # struct
    "struct.unpack('<hiB', b'ab' + bytes(4) + b'c'), struct.unpack('>hQ', bytes(range(10))), struct.unpack('<2sd?', b'xy' + bytes(8) + b'a')",
    "struct.unpack_from('<H', b'abcdef', 2), struct.unpack_from('>f', bytes(3) + b'@I\\x0f\\xdb', 3), struct.calcsize('<hid')",
    "struct.pack('<hiB', -2, 70000, 255), struct.pack('>dQ', 1.5, 2**40), struct.pack('=4s?f', b'ab', True, 2.5)",
    "struct.pack('<b', 200)",
    "struct.unpack('<h', b'abc')",
    # dicts and counters
    "dict(a=1, b=2), dict({'q': 5}, b=3), dict([('c', 4)], d=5), dict.fromkeys('ab', 0), dict.fromkeys([1, 2])",
    "sorted({'a': 1, 'b': 2}.keys() & {'a'}), sorted({'a': 1}.keys() | {'c'}), {'a': 1}.items() == {('a', 1)}, list(reversed({1: 2, 3: 4}))",
    "sorted((Counter('aab') + Counter('bc')).items()), sorted((Counter('aab') - Counter('bc')).items())",
    "sorted((Counter('aab') & Counter('abb')).items()), sorted((Counter('aab') | Counter('abb')).items()), Counter(a=2, b=1)['a']",
    # unpacking, membership
    "2 in (v for v in [1, 2]), 5 not in (v for v in [1, 2]), sorted(v * v for v in [2, -1]), all(v for v in [1, 2])",
    "type(1) is int, type(1.5) == float, type(2j) is float, type(True) != bool, any(b'ab'), sum(b'ab')",
    # the interpreter's own functions
    "re.sub('a+', '-', 'caat'), re.split(',', 'a,b'), re.findall('[0-9]', 'a1b2'), os.path.join('a', 'b'), os.path.splitext('a.py')",
    "time.time() > 0, time.perf_counter_ns() > 0, time.sleep(0), math.isfinite(time.monotonic())",
]

STATEMENTS = [
    "a, *b = x\nreturn a, b",
    "*a, b, c = x\nreturn a, b, c",
    "a, *b, c = 'abcd'\nreturn a, b, c",
    "a, b = 'xy'\nreturn a + b",
    "a, b = {'k': 1, 'l': 2}\nreturn a + b",
    "a, b, c = 'xy'\nreturn a + b + c",
    "a, b, *c, d, e, f = x[:4]\nreturn a, c",
    "d = {'a': 1}\nd.update(k=2)\nd.update({'b': 3}, m=4)\nreturn d",
    "s = {1, 2, 3, 4}\ns.difference_update([1], (2,))\ns.update([8], range(2))\nreturn sorted(s)",
    "d = OrderedDict([(1, 2), (3, 4), (5, 6)])\nd.move_to_end(5, last=False)\nreturn d.popitem(False), list(d), d.popitem(last=True)",
    "l = [3, 2, 1]\nbisect.insort(l, 0, key=lambda v: -v)\nreturn l",
]


def plain(value):
    if isinstance(value, (typed.List, list)):
        return [plain(v) for v in value]
    if isinstance(value, (typed.Dict, dict)):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return value


def close(a, b):
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(close, a, b))
    if isinstance(a, float) or isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-14)
    return type(a) is type(b) and a == b


def outcome(function, x):
    try:
        return plain(function(x))
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("body", [f"return {e}" for e in EXPRESSIONS] + STATEMENTS)
def test_as_the_interpreter_does(body):
    scope = dict(globals())
    exec("def function(x):\n    " + body.replace("\n", "\n    "), scope)
    x = [2.0, 4.0, 4.0, 5.5, 1.25]
    expected, got = outcome(scope["function"], list(x)), outcome(njit(scope["function"]), list(x))
    assert close(expected, got), (expected, got)


def test_averages_of_iterables():
    @njit
    def averages(a, t, s):
        return statistics.mean(a), statistics.mean(t), statistics.median(s), statistics.mean(v * v for v in t), statistics.mean(range(4))

    assert averages(np.array([1.0, 4.0]), (1, 2, 3.5), {5, 3, 9}) == (2.5, 6.5 / 3, 5.0, 17.25 / 3, 1.5)


@pytest.mark.parametrize("made", [
    lambda: frozenset([1, 2]), lambda: OrderedDict([(1, 2), (3, 4)]), lambda: Counter([1, 1, 3]), lambda: defaultdict(int, {1: 2}),
])  # fmt: skip
def test_collections_as_arguments(made):
    def reads(c):
        return len(c), sorted(c), 1 in c

    assert njit(reads)(made()) == reads(made())


def test_changes_of_arguments_are_seen():
    @njit
    def counts(c, d):
        c["z"] += 2
        d[7] += 1.5
        return c["q"], d[8]

    c, d = Counter("aab"), defaultdict(float, {1: 2.5})
    assert counts(c, d) == (0, 0.0)
    assert c == Counter("aabzz") and d == {1: 2.5, 7: 1.5, 8: 0.0} and type(d) is defaultdict
    frozen = frozenset([1])
    assert njit(lambda s: s)(frozen) is frozen


def test_lists_that_no_memory_holds():
    def in_place(n):
        x = [1, 2, 3]
        x *= n
        return x

    def repeated(n):
        return [1, 2, 3, 4] * n

    def of_range(n):
        return list(range(n))

    for function in (in_place, repeated, of_range):
        assert njit(function)(3) == function(3)
        for n in (2**61, 2**62):
            with pytest.raises(MemoryError):
                njit(function)(n)


def test_deques_must_not_change_while_they_are_iterated():
    @njit
    def grows(n):
        d = collections.deque([1, 2])
        for v in d:
            d.append(v)
        return n

    with pytest.raises(RuntimeError, match="deque mutated during iteration"):
        grows(1)


def test_arguments_of_inlined_calls_live_to_their_end():
    @njit
    def inner(b):
        data = bytes(b)
        return int.from_bytes(data[0:2], "little"), int.from_bytes(data[2:6], "little")

    @njit
    def outer(b):
        return inner(b[:6])

    for _ in range(300):
        assert outer(bytes(bytearray(b"abcdefgh"))) == (25185, 1717920867)
