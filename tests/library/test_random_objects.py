"""`random.Random` and `numpy.random.RandomState` objects in compiled code: their streams are those that Python sees."""

import random

import numpy as np
import pytest

from looplift import errors, types, typeof
from support import njit, process

STATE = """random_sample() random_sample(3) random((2, 3)) random(size=None) rand() rand(2) rand(2, 3, 1) randn() randn(4) tomaxint() tomaxint(2)
randint(10) randint(3, 9) randint(0, 9, 3) randint(0, 200, size=7, dtype=np.uint8) randint(0, 200, dtype=np.int16) randint(5, size=(2, 2))
randint(0, 2, 5, bool) randint(0, 9, 3, int) bytes(5) choice(5) choice(5, 3) choice(a) choice(a, 2) choice(a, (2, 2), False)
choice(3, 5, p=np.array([0.5, 0.25, 0.25])) permutation(6) permutation(a) permutation(b) permutation(b.T) uniform() uniform(-1.0, 2.0)
uniform(0., a) uniform(low=0., high=b, size=None) normal(1., 2.) normal(size=3) normal(a, 1.) normal([0., 1.], (2., 3.)) normal(0., 1., (2,)) standard_normal()
standard_normal((2, 2)) lognormal(0., 1.) exponential(2.) exponential(2., 3) standard_exponential() standard_gamma(.5) gamma(2., 3., 4)
beta(.5, 2.) chisquare(3.) noncentral_chisquare(3., 1.) f(3., 4.) noncentral_f(3., 3., 1.) standard_t(3.) standard_cauchy() pareto(3.)
weibull(2.) power(3., 2) rayleigh() laplace() gumbel(0., 1.) logistic(loc=1.) wald(1., 1.) triangular(0., .5, 1.) vonmises(0., 1.)
poisson(3.) poisson(a + 5., None) poisson(lam=1., size=3) binomial(10, .5) negative_binomial(5, .5, 2) geometric(.1) zipf(3.) logseries(.6) hypergeometric(10, 10, 5)
dirichlet(np.ones(3)) dirichlet(np.ones(3), 2) multivariate_normal(np.zeros(2), np.eye(2)) multivariate_normal(np.zeros(2), np.eye(2), (2, 2))
multinomial(10, np.ones(4) / 4) multinomial(10, np.ones(4) / 4, 3)"""
RANDOM = """random() getrandbits(7) getrandbits(64) randrange(10) randrange(1, 100, 7) randint(1, 6) randbytes(4) uniform(1, 3) triangular()
triangular(0., 2., .5) gauss() gauss(1., 2.) normalvariate(0., 1.) lognormvariate(0., 1.) expovariate(2.) vonmisesvariate(1., 2.)
gammavariate(1., 1.) betavariate(2., 3.) paretovariate(3.) weibullvariate(2., 3.) choice(a) choice((1, 2, 3)) choice([1.5, 2.5]) choice(range(3, 9))
choices([1, 2, 3], k=4) choices([1, 2, 3], [5, 1, 1], k=4) choices(a, cum_weights=[1, 2, 6, 7, 9], k=3) sample([1, 2, 3, 4], 2) sample(range(1000), 5)"""

# Of generators that are constants.
GENERATOR = """random() random(3) random((2, 2), dtype=np.float32) random(dtype=np.float64) random(3, float) standard_normal() standard_normal(2, np.float32)
standard_exponential(3, method="inv") standard_gamma(.5) standard_gamma(a + 1., dtype=np.float64) integers(10) integers(3, 9) integers(0, 9, 3)
integers(0, 200, 7, np.uint8) integers(0, 9, endpoint=True) integers(2, size=(2, 2), dtype=bool) integers(a.astype(np.int64) + 5) bytes(3)
choice(5) choice(a) choice(a, 2) choice(a, (2, 2), False, shuffle=False) choice(3, 5, p=np.array([0.5, 0.25, 0.25])) permutation(6)
permutation(a) permutation(b) permutation(b.T, axis=1) uniform() uniform(-1., 2., 3) normal(1., 2.) normal(a, 1.) exponential(2., 3) poisson(3.)
binomial(10, .5) geometric(.1) hypergeometric(10, 10, 5) dirichlet(np.ones(3), 2) multivariate_normal(np.zeros(2), np.eye(2), (2, 2))
multinomial(10, np.ones(4) / 4, 3)"""


def calls(text):
    """The calls in a text, at the spaces that lie outside of parentheses."""
    depth, start = 0, 0
    text = text.replace("\n", " ") + " "
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if c == " " and depth == 0:
            if text[start:i].strip():
                yield text[start:i].strip()
            start = i


def same(x, y):
    if isinstance(x, tuple):
        return len(x) == len(y) and all(map(same, x, y))
    if isinstance(x, np.ndarray):
        return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()
    return type(x) is type(y) and x == y


def function(line, parameters="r, a, b", **names):
    names |= {"np": np, "random": random}
    exec(f"def f({parameters}):\n    return {line}\n", names)
    return names["f"]


A, B = np.arange(5) / 4.0, np.arange(6.0).reshape(3, 2)


def python(value):
    """Results are Python's numbers."""
    return value.item() if isinstance(value, np.generic) else value


@pytest.mark.parametrize("call", list(calls(STATE)))
def test_random_state(call):
    f = function(f"r.{call}, r.random_sample()")
    ours, theirs = np.random.RandomState(5), np.random.RandomState(5)
    (x, u), (y, v) = njit(f)(ours, A, B), f(theirs, A, B)
    assert same(x, python(y)) and u == v, (x, y)
    assert same(ours.get_state()[1:], theirs.get_state()[1:])


@pytest.mark.parametrize("call", list(calls(RANDOM)))
def test_random(call):
    f = function(f"r.{call}, r.random()")
    ours, theirs = random.Random(5), random.Random(5)
    (x, u), (y, v) = njit(f)(ours, A, B), f(theirs, A, B)
    assert same(x, python(y)) and u == v, (x, y)
    assert ours.getstate() == theirs.getstate()


@pytest.mark.parametrize("call", list(calls(GENERATOR)))
def test_generators_that_are_constants(call):
    ours, theirs = np.random.default_rng(5), np.random.default_rng(5)
    f = function(f"OURS.{call}, OURS.random()", "a, b", OURS=ours)
    expected = function(f"OURS.{call}, OURS.random()", "a, b", OURS=theirs)
    (x, u), (y, v) = njit(f)(A, B), expected(A, B)
    assert same(x, python(y)) and u == v, (x, y)
    assert ours.bit_generator.state == theirs.bit_generator.state


def test_shuffling():
    f = function("r.shuffle(x)", "r, x")
    for made in (lambda: np.arange(9), lambda: list(range(7))):
        x, y = made(), made()
        njit(f)(random.Random(2), x)
        f(random.Random(2), y)
        assert list(x) == list(y)
    for made in (lambda: np.arange(9), lambda: np.arange(12).reshape(4, 3)):
        x, y = made(), made()
        njit(f)(np.random.RandomState(2), x)
        f(np.random.RandomState(2), y)
        assert x.tobytes() == y.tobytes()
    with pytest.raises(errors.TypingError, match=r"shuffle\(\): 'x' must be an array"):
        njit(f)(np.random.RandomState(2), [1, 2])


def test_states():
    @njit
    def again(r):
        state = r.get_state()
        first = r.standard_normal(3)
        r.set_state(state)
        second = r.standard_normal(3)
        r.seed(4)
        return first, second, r.randint(100)

    r = np.random.RandomState(7)
    r.standard_normal()
    first, second, n = again(r)
    assert first.tobytes() == second.tobytes() and n == np.random.RandomState(4).randint(100)

    @njit
    def seeded(r):
        r.seed(9)
        a = r.random()
        r.seed("text")
        return a, r.random()

    assert seeded(random.Random()) == (random.Random(9).random(), random.Random("text").random())


def test_made_by_compiled_code():
    @njit
    def made(seed):
        a, b = random.Random(seed), np.random.RandomState(seed)
        return a.random(), b.normal(0.0, 1.0, 2), a, b

    x, y, a, b = made(3)
    ours, theirs = random.Random(3), np.random.RandomState(3)
    assert x == ours.random() and y.tobytes() == theirs.normal(0.0, 1.0, 2).tobytes()
    assert a.random() == ours.random() and b.randint(1000) == theirs.randint(1000)
    assert 0.0 <= njit(lambda: random.Random().random())() < 1.0
    assert 0 <= njit(lambda: random.SystemRandom().randrange(5))() < 5


R, STATE_OF_MODULE = random.Random(8), np.random.RandomState(8)


def test_globals_and_captured_objects():
    @njit
    def drawn(n):
        s = 0.0
        for _ in range(n):
            s += R.random() + STATE_OF_MODULE.random_sample()
        return s

    a, b, expected = random.Random(8), np.random.RandomState(8), 0.0
    for _ in range(100):
        expected += a.random() + b.random_sample()
    assert drawn(100) == expected and R.random() == a.random()
    captured = random.Random(1)
    assert njit(lambda: captured.randint(1, 10**9))() == random.Random(1).randint(1, 10**9)
    del captured


def test_identity_and_places():
    """Objects go through calls, tuples, lists, fields and None, and stay the ones they are."""
    inner = njit(lambda r: r.random())

    @njit
    def through(r, pair, several, maybe):
        s = inner(r) + pair[0].random()
        for one in several:
            s += one.random()
        if maybe is not None:
            s += maybe.random()
        return s, r, several[1]

    r, others = random.Random(1), [random.Random(k) for k in range(3)]
    x, same_one, second = through(r, (r, 1), others, None)
    assert same_one is r and second is others[1]
    a = random.Random(1)
    expected = a.random() + a.random() + sum(random.Random(k).random() for k in range(3))
    assert x == pytest.approx(expected)
    assert through(r, (r, 1), others, r)[1] is r

    class Walker:
        def __init__(self, seed):
            self.state = np.random.RandomState(seed)
            self.at = 0.0

        def step(self):
            self.at += self.state.standard_normal()
            return self.at

    w, v = Walker(3), Walker(3)
    walk = njit(lambda w, n: [w.step() for _ in range(n)])
    assert walk(w, 5) == [v.step() for _ in range(5)] and w.at == v.at
    assert w.state.random_sample() == v.state.random_sample()


def test_exceptions_are_pythons():
    for line, made in [
        ("r.normal(0., -1.)", lambda: np.random.RandomState(1)),
        ("r.choice(0)", lambda: np.random.RandomState(1)),
        ("r.randint(5, 5)", lambda: np.random.RandomState(1)),
        ("r.randrange(0)", lambda: random.Random(1)),
        ("r.choice(a[:0])", lambda: random.Random(1)),
        ("r.getrandbits(-1)", lambda: random.Random(1)),
        ("r.sample([1, 2], 3)", lambda: random.Random(1)),
        ("r.choices([1, 2], [0, 0], k=2)", lambda: random.Random(1)),
    ]:
        f = function(line)
        found = []
        for g in (f, njit(f)):
            with pytest.raises((ValueError, IndexError)) as info:
                g(made(), A, B)
            found.append((type(info.value), str(info.value)))
        assert found[0] == found[1] or "choice" in line or "randrange" in line, found
        assert found[0][0] is found[1][0]
    # What 64 bits do not hold is no number of compiled code.
    with pytest.raises(OverflowError):
        njit(function("r.getrandbits(70)"))(random.Random(1), A, B)


def test_refused():
    with pytest.raises(errors.TypingError, match="Unknown attribute 'getstate'"):
        njit(function("r.getstate()"))(random.Random(1), A, B)
    with pytest.raises(errors.TypingError, match="'size' must be an integer or a tuple of integers"):
        njit(function("r.normal(0., 1., [2, 3])"))(np.random.RandomState(1), A, B)
    with pytest.raises(errors.TypingError, match="unexpected keyword argument 'scael'"):
        njit(function("r.normal(0., scael=1.)"))(np.random.RandomState(1), A, B)
    with pytest.raises(errors.TypingError, match=r"takes at most 3 arguments \(4 given\)"):
        njit(function("r.normal(0., 1., 1, 1)"))(np.random.RandomState(1), A, B)
    with pytest.raises(errors.TypingError, match="'dtype' must be a class of integers"):
        njit(function("r.randint(5, dtype=np.float64)"))(np.random.RandomState(1), A, B)


def test_types():
    assert str(typeof(np.random.RandomState(1))) == "NumPyRandomStateType" and str(typeof(random.Random())) == "PythonRandomType"
    assert typeof(random.SystemRandom()) == typeof(random.Random())
    f = njit((typeof(random.Random()),))(lambda r: r.random())
    assert f(random.Random(2)) == random.Random(2).random()
    assert typeof((1, random.Random())) == types.Tuple((types.int64, typeof(random.Random())))
    # A class of its own may mean something else by its methods.

    class Loaded(random.Random):
        def random(self):
            return 0.25

    with pytest.raises(ValueError):
        typeof(Loaded())
    which = njit(lambda r: (isinstance(r, random.Random), isinstance(r, np.random.RandomState), isinstance(r, object), isinstance(r, int)))
    assert which(random.Random()) == (True, False, True, False)
    assert which(np.random.RandomState(1)) == (False, True, True, False)
    generator = np.random.default_rng()
    kinds = njit(lambda g: (isinstance(g, np.random.Generator), isinstance(generator, np.random.Generator), isinstance(generator, int), isinstance(1, np.random.Generator)))
    assert kinds(generator) == (True, True, False, False)


def test_threads_and_loops_that_let_python_go():
    from looplift import prange

    @njit(nogil=True, parallel=True)
    def drawn(r, n):
        out = np.empty(n)
        for i in prange(n):
            out[i] = r.random_sample()
        return out

    found = drawn(np.random.RandomState(5), 400)
    # Such loops run on one thread.
    assert found.tobytes() == np.random.RandomState(5).random_sample(400).tobytes()


def test_loops_over_global_objects_run_on_one_thread():
    from looplift import prange

    generator, state = np.random.default_rng(4), np.random.RandomState(4)

    # (The call holds the lock of a generator that is passed in: threads would wait for it.)
    @njit(parallel=True)
    def drawn(g, n):
        out = np.empty(n)
        for i in prange(n):
            out[i] = generator.random() + state.random_sample()
        return out, g

    found = drawn(generator, 300)[0]
    again, of = np.random.default_rng(4), np.random.RandomState(4)
    assert found.tolist() == [again.random() + of.random_sample() for _ in range(300)]


CACHED = """
import numpy as np, random
GLOBAL = random.Random(4)
@njit(cache=True)
def drawn(r):
    return r.standard_normal()
@njit(cache=True)
def of_global():
    return GLOBAL.random()
print(drawn(np.random.RandomState(2)), of_global())
"""


def test_cached_functions(tmp_path):
    expected = f"{np.random.RandomState(2).standard_normal()} {random.Random(4).random()}\n"
    script = tmp_path / "cached.py"
    script.write_text(process.PRELUDE + CACHED)
    for _ in range(2):
        assert process.python(str(script), LOOPLIFT_CACHE_DIR=str(tmp_path / "cache"))[0] == expected


def test_globals_in_inlined_and_vectorized_functions():
    from looplift import vectorize

    big = np.arange(20_000.0)
    inner = njit(lambda x: x + big[3])
    assert inner(1.0) == 4.0 and njit(lambda x: inner(x) * 2.0)(1.0) == 8.0
    assert vectorize(lambda x: x + big[3])(np.zeros(2)).tolist() == [3.0, 3.0]
    captured = random.Random(6)
    rows = np.arange(8)
    generator, again = np.random.default_rng(3), np.random.default_rng(3)

    @njit
    def shuffled(x, n):
        generator.shuffle(x)
        s = 0.0
        for _ in range(n):
            s += generator.random()
        return s, generator

    again.shuffle(theirs_rows := rows.copy())
    s, same_one = shuffled(rows, 10)
    assert rows.tolist() == theirs_rows.tolist() and same_one is generator
    expected = 0.0
    for _ in range(10):
        expected += again.random()
    assert s == expected
    drawn = vectorize(lambda x: x + captured.random())(np.zeros(3))
    theirs = random.Random(6)
    assert drawn.tolist() == [theirs.random() for _ in range(3)]
