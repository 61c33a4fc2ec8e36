"""Streams of `random` and `numpy.random`: seeded alike, compiled code draws what the interpreter draws, bit for bit."""

import os
import random
import threading

import numpy as np
import pytest

from support import compiled, njit

PYTHON = """random() uniform(1,3) randint(1,6) randrange(10) randrange(1,100,7) randrange(100,1,-7) getrandbits(7) getrandbits(40)
gauss(0.,1.) normalvariate(1.,2.) lognormvariate(0.,1.) expovariate(2.) gammavariate(.5,1.) gammavariate(2.5,1.)
gammavariate(1.,1.) betavariate(2.,3.) vonmisesvariate(1.,2.) paretovariate(3.) weibullvariate(2.,3.) triangular(0.,2.,.5)
triangular() choice((1,2,3))""".split()

NUMPY = """rand() rand(3) rand(2,3) randn() randn(3) random() random(3) random_sample((2,2)) ranf() sample(2) uniform(1.,2.)
uniform(1,2,3) normal() normal(0.,1.,(2,3)) standard_normal(3) lognormal(0.,1.) exponential(2.) standard_exponential()
standard_gamma(.3) standard_gamma(3.) gamma(.5,2.) gamma(2.5) beta(2.,3.) beta(.3,.4) chisquare(2.5)
noncentral_chisquare(3.,1.) noncentral_chisquare(.5,1.) f(2.,3.) noncentral_f(3.,3.,1.) standard_t(3.) standard_cauchy()
pareto(3.) weibull(2.) power(3.) rayleigh(1.) laplace(0.,1.) gumbel(0.,1.) logistic(0.,1.) wald(1.,1.) triangular(0.,.5,1.)
vonmises(0.,1.) vonmises(0.,1e7) poisson(3.) poisson(30.) binomial(10,.5) binomial(1000,.3) binomial(100000,.8)
negative_binomial(5,.5) geometric(.5) geometric(.1) zipf(3.) zipf(1.5) logseries(.6) hypergeometric(10,10,5)
hypergeometric(1000,2000,500) randint(10) randint(3,9) randint(0,9,3) randint(0,9,3,np.int32) randint(0,200,7,np.uint8)
randint(0,2000,7,np.int16) randint(0,2**40,2) choice(10) choice(10,3) choice(10,3,False) choice(np.arange(5.))
choice(np.arange(5.),(2,2)) choice(5,3,True,np.array([.1,.2,.3,.2,.2])) choice(5,3,False,np.array([.1,.2,.3,.2,.2]))
permutation(10) permutation(np.arange(5.)) permutation(np.arange(10.).reshape(5,2)) multinomial(10,np.array([.2,.3,.5]),2)
dirichlet(np.array([1.,2.,3.]),2) random_integers(1,6) bytes(0) bytes(7)""".split()


@njit
def seed_python(a):
    random.seed(a)


@njit
def seed_numpy(a):
    np.random.seed(a)


def function(source):
    return eval("lambda: " + source, {"np": np, "random": random})


def same(f, count):
    """The compiled draws and the interpreted ones are the same."""
    compiled_f = njit(f)
    got = [compiled_f() for _ in range(count)]
    want = [f() for _ in range(count)]
    for x, y in zip(got, want, strict=True):
        np.testing.assert_array_equal(x, y)
        if isinstance(y, np.ndarray):
            assert x.dtype == y.dtype


@pytest.mark.parametrize("call", PYTHON)
def test_python_stream(call):
    seed_python(2**40 + 12345)
    random.seed(2**40 + 12345)
    same(function("random." + call), 100)


@pytest.mark.parametrize("call", NUMPY)
def test_numpy_stream(call):
    seed_numpy(12345)
    np.random.seed(12345)
    same(function("np.random." + call), 100)


def test_seeds():
    for n in (0, 1, -5, 2**32, 2**63 - 1):
        seed_python(n)
        random.seed(n)
        same(function("random.random()"), 3)
    words = np.array([1, 2, 3], np.uint32)
    seed_numpy(words)
    np.random.seed(words)
    same(function("np.random.random()"), 3)
    with pytest.raises(ValueError, match="Seed must be between 0 and"):
        seed_numpy(-1)


def test_python_and_compiled_code_have_their_own_streams():
    f = njit(function("np.random.random()"))
    np.random.seed(1)
    x = f()
    np.random.seed(1)
    assert f() != x
    seed_numpy(1)
    assert np.random.random() == np.random.RandomState(1).random()


def shuffle_python(a):
    random.shuffle(a)


def shuffle_numpy(a):
    np.random.shuffle(a)


def test_shuffles():
    a, b = np.arange(20.0), np.arange(20.0)
    seed_python(3)
    random.seed(3)
    compiled(shuffle_python)(a)
    random.shuffle(b)
    np.testing.assert_array_equal(a, b)
    for shape in ((20,), (10, 2)):
        a = np.arange(20.0).reshape(shape)
        b = a.copy()
        seed_numpy(3)
        np.random.seed(3)
        compiled(shuffle_numpy)(a)
        np.random.shuffle(b)
        np.testing.assert_array_equal(a, b)


def test_each_thread_has_its_own_stream():
    f = njit(nogil=True)(function("(np.random.random(), random.random())"))
    found = [f()]
    threads = [threading.Thread(target=lambda: found.append(f())) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(set(found)) == 5


def test_a_forked_child_starts_anew():
    f = njit(function("np.random.random()"))
    f()
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, repr(f()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 100).decode() != repr(f())
    os.close(read)
    os.close(write)


REFUSED = """normal(0.,-1.) poisson(-1.) poisson(1e20) binomial(5,1.5) binomial(-1,.5) beta(0.,1.) zipf(1.) triangular(2.,1.,3.)
geometric(0.) hypergeometric(1,1,3) logseries(1.) negative_binomial(0,.5) randint(3,3) randint(0,300,1,np.uint8) choice(0)
choice(3,4,False) choice(2,3,True,np.array([.5,.6]))""".split()


@pytest.mark.parametrize("call", REFUSED)
def test_refused_parameters(call):
    f = function("np.random." + call)
    with pytest.raises(ValueError) as expected:
        f()
    with pytest.raises(ValueError) as got:
        njit(f)()
    assert str(got.value) == str(expected.value)


def test_state_of_the_stream():
    @njit
    def states(seed):
        np.random.seed(seed)
        np.random.normal()
        state = np.random.get_state()
        first = np.random.random(), np.random.normal()
        np.random.set_state(state)
        second = np.random.random(), np.random.normal()
        np.random.set_state(state[:3])
        return first, second, np.random.random(), state

    first, second, third, state = states(3)
    assert first == second and third == first[0]
    reference = np.random.RandomState(3)
    reference.normal()
    expected = reference.get_state()
    np.testing.assert_array_equal(state[1], expected[1])
    assert (state[0], state[2:]) == (expected[0], expected[2:])


def test_sequences_of_parameters():
    @njit
    def drawn(seed):
        np.random.seed(seed)
        return np.random.dirichlet((1.0, 2.0, 3.0), 2), np.random.multinomial(9, [0.2, 0.8], size=3)

    reference = np.random.RandomState(5)
    got = drawn(5)
    np.testing.assert_allclose(got[0], reference.dirichlet((1.0, 2.0, 3.0), 2))
    np.testing.assert_array_equal(got[1], reference.multinomial(9, [0.2, 0.8], size=3))
