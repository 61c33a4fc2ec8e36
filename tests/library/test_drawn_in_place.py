"""Numbers that compiled code draws without a call: streams stay NumPy's and CPython's, bit for bit, wherever blocks and layers end."""

import os
import random
import threading

import numpy as np
import pytest

from support import njit, process

LINES = {
    "random": "g.random()",
    "uniform": "g.uniform(-2.5, 7.0)",
    "normal": "g.normal(1.0, 0.5)",
    "standard_normal": "g.standard_normal()",
    "exponential": "g.exponential(3.0)",
    "standard_exponential": "g.standard_exponential()",
    "geometric": "g.geometric(0.01) + g.geometric(0.3) + g.geometric(0.6)",
    "geometric of a variable": "g.geometric(1.0 / (1 + i % 9))",
    "weibull": "g.weibull(2.0) + g.weibull(1.0) - g.weibull(0.5) + g.weibull(1.5) + g.weibull(0.0)",
    "weibull of a variable": "g.weibull(i % 5)",
    "power": "g.power(2.0) + g.power(1.0) - g.power(0.5) + g.power(3.0)",
    "standard_gamma": "g.standard_gamma(0.5) + g.standard_gamma(0.3) + g.standard_gamma(1.0)",
    "beta": "g.beta(0.5, 0.5)",
    "mixed": "g.random() + g.normal(0.0, 2.0) * g.standard_exponential() - g.integers(0, 5)",
}


def loop(line, parameters, **names):
    source = f"def draw({parameters}, n):\n    out = np.empty(n)\n    for i in range(n):\n        out[i] = {line}\n    return out\n"
    names |= {"np": np, "random": random}
    exec(source, names)
    return names["draw"]


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64])
@pytest.mark.parametrize("name", LINES)
def test_generators(name, bits):
    draw = loop(LINES[name], "g")
    compiled = njit(draw)
    ours, theirs = np.random.Generator(bits(11)), np.random.Generator(bits(11))
    # Enough that tails and edges of the ziggurats come: one in some thousands.
    for n in (0, 1, 20_000):
        assert compiled(ours, n).tobytes() == draw(theirs, n).tobytes()
    assert ours.bit_generator.random_raw() == theirs.bit_generator.random_raw()


def test_states_of_generators_at_their_extremes():
    draw = loop("g.standard_normal() + g.random()", "g")
    compiled = njit(draw)
    for state in (0, 1, 2**64 - 1, 2**64, 2**127, 2**128 - 1):
        for inc in (1, 2**64 - 1, 2**128 - 1):
            a, b = np.random.PCG64(), np.random.PCG64()
            for bits in (a, b):
                bits.state = {"bit_generator": "PCG64", "state": {"state": state, "inc": inc}, "has_uint32": 1, "uinteger": 77}
            assert compiled(np.random.Generator(a), 500).tobytes() == draw(np.random.Generator(b), 500).tobytes()
            assert a.state == b.state


@pytest.mark.parametrize("p", [5e-324, 1e-300, 1e-19, 1e-17, 0.333333333333333, 1 / 3, 0.3333333333333334, 1.0])
def test_geometric_numbers_at_extremes(p):
    draw = loop("g.geometric(p)", "g, p")
    compiled = njit(draw)
    assert compiled(np.random.default_rng(1), p, 300).tobytes() == draw(np.random.default_rng(1), p, 300).tobytes()
    draw = loop("np.random.geometric(p)", "g, p")
    compiled = njit(draw)
    njit(lambda seed: np.random.seed(seed))(2)
    np.random.seed(2)
    assert compiled(0, p, 300).tobytes() == draw(0, p, 300).tobytes()


@pytest.mark.parametrize("line", ["g.geometric(p)", "np.random.geometric(p)", "g.weibull(-p)", "np.random.weibull(-p)", "g.power(p)"])
def test_refused_parameters(line):
    draw = loop(line, "g, p")
    compiled = njit(draw)
    for p in (0.0, -1.0, 2.0, -0.0, float("nan")):
        answers = []
        for f in (draw, compiled):
            try:
                f(np.random.default_rng(1), p, 3)
                answers.append(None)
            except ValueError as error:
                answers.append(str(error))
        assert (answers[0] is None) == (answers[1] is None), (p, answers)


STREAMS = [
    "np.random.random()",
    "np.random.uniform(-1.0, 5.0)",
    "np.random.randint(0, 7)",
    "np.random.randint(0, 1)",
    "np.random.randint(0, 2**32)",
    "np.random.randint(0, 2**32 - 1)",
    "np.random.randint(0, 2**40)",
    "np.random.randint(-(2**62), 2**62)",
    "np.random.random() + np.random.randint(0, 1 + i)",
    "np.random.exponential(3.0)",
    "np.random.standard_exponential() - np.random.standard_normal()",
    "np.random.weibull(2.0) + np.random.weibull(0.0)",
    "np.random.weibull(i % 4) + np.random.power(2.0)",
    "np.random.geometric(0.01) + np.random.geometric(0.2)",
    "np.random.geometric(1.0 / (1 + i % 9))",
    "np.random.standard_gamma(0.5) + np.random.beta(0.5, 0.5)",
]
PYTHON = [
    "random.random()",
    "random.uniform(-1.0, 5.0)",
    "random.randrange(10)",
    "random.randrange(1)",
    "random.randrange(2**32 - 1)",
    "random.randrange(2**32)",
    "random.randrange(2**32 + 1)",
    "random.randrange(2**61)",
    "random.randint(-5, 5) + random.random()",
    "random.randrange(1 + i)",
    "random.randrange(8)",
    "random.randrange(2, 100, 7)",
    "random.getrandbits(1)",
    "random.getrandbits(8)",
    "random.getrandbits(32)",
    "random.getrandbits(33)",
    "random.getrandbits(53)",
    "random.getrandbits(64)",
    "random.getrandbits(0) + random.random()",
    "random.getrandbits(i % 65)",
    "random.choice(range(10)) + random.getrandbits(40) % 1000",
]


@pytest.mark.parametrize("line", STREAMS)
def test_numpy_stream(line):
    draw = loop(line, "seed")
    seeded = njit(lambda seed: np.random.seed(seed))
    compiled = njit(draw)
    seeded(3)
    np.random.seed(3)
    # Blocks have 624 words: numbers of two words come to their end at every other one.
    for n in (1, 623, 5_000):
        assert compiled(0, n).tobytes() == draw(0, n).tobytes()


@pytest.mark.parametrize("line", PYTHON)
def test_python_stream(line):
    draw = loop(line, "seed")
    seeded = njit(lambda seed: random.seed(seed))
    compiled = njit(draw)
    seeded(3)
    random.seed(3)
    for n in (1, 623, 5_000):
        assert compiled(0, n).tobytes() == draw(0, n).tobytes()


def test_threads_have_streams_of_their_own():
    draw = njit(loop("np.random.random()", "seed"), nogil=True)
    seeded = njit(lambda seed: np.random.seed(seed))
    found = {}

    def work(k):
        if k % 2:
            seeded(k // 2)
        found[k] = draw(0, 2_000)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k in (1, 3, 5):
        assert found[k].tobytes() == np.random.RandomState(k // 2).random_sample(2_000).tobytes()
    # Streams that nobody has seeded start with entropy.
    assert len({found[k].tobytes() for k in found}) == 6


FORKED = """
import os, sys
@njit
def draw(n):
    s = 0.0
    for _ in range(n):
        s += np.random.random()
    return s
@njit
def seed(k):
    np.random.seed(k)
seed(1)
draw(3)
if os.fork() == 0:
    print("child", draw(5), flush=True)
    os._exit(0)
os.wait()
print("parent", draw(5))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_children_draw_other_numbers():
    child, parent = (line.split()[1] for line in process.run(FORKED)[0].splitlines())
    stream = np.random.RandomState(1)
    stream.random_sample(3)
    assert float(parent) == sum(stream.random_sample(5)) and child != parent


def test_pieces_of_parallel_loops():
    from looplift import prange

    def draws(seed, n):
        np.random.seed(seed)
        before = np.random.random()
        out = np.empty((n, 3))
        for i in prange(n):
            out[i, 0] = np.random.random()
            out[i, 1] = np.random.randint(0, 1000)
            out[i, 2] = np.random.uniform(0.0, 2.0)
        return before, out, np.random.random()

    import looplift

    compiled = njit(parallel=True)(draws)
    before = looplift.get_num_threads()
    found = []
    for threads in {1, before}:
        looplift.set_num_threads(threads)
        found.append(compiled(7, 300))
    looplift.set_num_threads(before)
    expected = np.random.RandomState(7).random_sample(2)
    for one in found:
        # The thread's own stream goes on where it was.
        assert (one[0], one[2]) == tuple(expected)
        assert one[1].tobytes() == found[0][1].tobytes()
        assert len(np.unique(one[1][:, 0])) == 300


def test_generators_of_python_draw_between_yields():
    def numbers(g, n):
        for _ in range(n):
            yield g.random() + np.random.random()

    @njit
    def both(g, n):
        a, b, s = numbers_(g, n), numbers_(g, n), 0.0
        for x in a:
            s += x - next(b)
        return s

    numbers_ = njit(numbers)
    njit(lambda: np.random.seed(5))()
    np.random.seed(5)
    g = np.random.default_rng(2)
    expected = 0.0
    a, b = numbers(g, 50), numbers(g, 50)
    for x in a:
        expected += x - next(b)
    assert both(np.random.default_rng(2), 50) == expected
