"""`numpy.random.Generator` as an argument: compiled code and NumPy draw the same numbers from one stream."""

import sys

import numpy as np
import pytest

from looplift.errors import TypingError
from support import njit

CALLS = """standard_normal(500,np.float32) standard_normal(dtype=np.float32) standard_exponential(500,np.float32)
standard_gamma(.3,50,np.float32) standard_gamma(3.,50,np.float32) standard_normal(dtype=np.float64) random() random(4) random((2,3)) random(4,np.float32) random(dtype=np.float32) uniform(1.,2.) uniform(1,2,3)
normal(1.,2.) normal(0.,1.,(2,3)) standard_normal() standard_normal(1000) lognormal(0.,1.) exponential(2.)
standard_exponential() standard_exponential(1000) standard_gamma(.3) standard_gamma(3.) gamma(.5,2.) gamma(2.5) beta(2.,3.,4)
beta(.3,.4) beta(.001,.002) chisquare(2.5) noncentral_chisquare(3.,1.) noncentral_chisquare(.5,1.) f(2.,3.)
noncentral_f(3.,3.,1.) standard_t(3.) standard_cauchy() pareto(3.) weibull(2.) power(3.) rayleigh(1.) laplace(0.,1.)
gumbel(0.,1.) logistic(0.,1.) wald(5.,.1) triangular(0.,.5,1.) vonmises(0.,1.) vonmises(0.,1e7) poisson(3.) poisson(30.)
binomial(10,.5) binomial(1000,.3) binomial(100000,.8) negative_binomial(5,.5) geometric(.5) geometric(.1) zipf(3.)
zipf(1.5) logseries(.6) hypergeometric(10,10,5) hypergeometric(1000,2000,500) integers(10) integers(3,9) integers(0,9,3)
integers(0,9,3,np.int32) integers(0,200,7,np.uint8) integers(0,256,7,np.uint8) integers(0,2000,7,np.int16)
integers(0,2**40,2) integers(0,10,endpoint=True) integers(np.zeros(2,np.int64),np.array([5,6])) choice(10) choice(10,3)
choice(10,3,False) choice(20000,500,False) choice(np.arange(5.)) choice(np.arange(5.),(2,2))
choice(5,3,True,np.array([.1,.2,.3,.2,.2])) choice(5,3,False,np.array([.1,.2,.3,.2,.2])) permutation(10)
permutation(np.arange(5.)) permutation(np.arange(10.).reshape(5,2)) multinomial(10,np.array([.2,.3,.5]),2)
dirichlet(np.array([1.,2.,3.])) dirichlet(np.array([.01,.02,.03]),2)""".split()

rng = np.random.default_rng


def method(call):
    return eval("lambda g: g." + call, {"np": np})


@pytest.mark.parametrize("call", CALLS)
def test_stream(call):
    f = method(call)
    compiled_f = njit(f)
    a, b = rng(7), rng(7)
    for _ in range(100):
        x, y = compiled_f(a), f(b)
        np.testing.assert_array_equal(x, y)
        if isinstance(y, np.ndarray):
            assert x.dtype == y.dtype
    # Both are where the other is.
    assert a.random() == b.random()


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_bit_generators(kind):
    a, b = np.random.Generator(kind(3)), np.random.Generator(kind(3))
    f = method("normal(0.,1.,50)")
    np.testing.assert_array_equal(njit(f)(a), f(b))


@njit
def shuffle(g, a):
    g.shuffle(a)


@pytest.mark.parametrize("shape", [(20,), (10, 2)])
def test_shuffle(shape):
    x = np.arange(20.0).reshape(shape)
    y = x.copy()
    shuffle(rng(3), x)
    rng(3).shuffle(y)
    np.testing.assert_array_equal(x, y)


@njit
def made(seed):
    g = np.random.default_rng(seed)
    return g, g.random(3)


def test_default_rng():
    g, x = made(5)
    h = rng(5)
    np.testing.assert_array_equal(x, h.random(3))
    assert g.random() == h.random()
    assert 0 <= njit(lambda: np.random.default_rng().random())() < 1
    with pytest.raises(ValueError, match="expected non-negative integer"):
        made(-1)


@njit
def passed(g):
    return g, (g, 1)


def test_identity_and_references():
    g = rng(1)
    a, (b, _) = passed(g)
    assert a is g
    assert b is g
    del a, b
    count = sys.getrefcount(g)
    for _ in range(50):
        passed(g)
    assert sys.getrefcount(g) == count


@pytest.mark.parametrize("call", ["normal(0.,-1.)", "integers(5,5)", "integers(0,300,1,np.uint8)", "choice(3,4,False)", "poisson(-1.)"])
def test_refused_parameters(call):
    f = method(call)
    with pytest.raises(ValueError) as expected:
        f(rng(1))
    with pytest.raises(ValueError) as got:
        njit(f)(rng(1))
    assert str(expected.value) in str(got.value)


MORE = """integers(0,2,40,np.bool_) integers(False,True,9,np.bool_) integers(0,2**32-1,5,np.uint32) integers(-128,128,40,np.int8)
integers(np.uint64(5),np.uint64(2**64-1),6,np.uint64) integers(2**63+5,size=4,dtype=np.uint64) integers(-2**63,2**63-1,4)
standard_exponential(9,method='inv') standard_exponential(9,np.float32,'inv') standard_exponential(method='inv')
permutation(np.arange(24.).reshape(2,3,4),axis=1) permutation(np.arange(6).reshape(2,3),axis=-1)
random(1000) random(700,np.float32) uniform(-3.,4.,1000) exponential(2.,1000)""".split("\n")


@pytest.mark.parametrize("call", " ".join(MORE).split())
def test_arrays_at_once(call):
    test_stream(call)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_shuffle_along_an_axis(axis):
    x = np.arange(24.0).reshape(2, 3, 4)
    y = x.copy()
    njit(lambda g, a, k: g.shuffle(a, axis=k))(rng(3), x, axis)
    rng(3).shuffle(y, axis=axis)
    np.testing.assert_array_equal(x, y)
    with pytest.raises(IndexError, match="Axis is out of bounds"):
        njit(lambda g, a, k: g.shuffle(a, axis=k))(rng(3), x, 3)


@pytest.mark.parametrize(
    "call, argument",
    [("normal('x')", "loc"), ("random(('x',))", "size"), ("integers(1,5,dtype=np.float64)", "dtype"), ("permutation('x')", "x")],
)
def test_arguments_that_do_not_fit(call, argument):
    with pytest.raises(TypingError, match=f"Argument {argument} is not one of the expected"):
        njit(method(call))(rng(1))


@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1])
def test_permuted(axis):
    x = np.arange(24.0).reshape(2, 3, 4)
    got = njit(lambda g, a: g.permuted(a, axis=axis))(rng(3), x)
    np.testing.assert_array_equal(got, rng(3).permuted(x, axis=axis))
    assert x[1, 2, 3] == 23


@pytest.mark.parametrize("how", ["eigh", "cholesky"])
@pytest.mark.parametrize("size", ["None", "3", "(2,3)"])
def test_multivariate_normal(how, size):
    f = eval(f"lambda g, m, c: g.multivariate_normal(m, c, {size}, method='{how}')")
    mean, cov = np.array([1.0, -2.0]), np.array([[2.0, 0.3], [0.3, 1.0]])
    np.testing.assert_allclose(njit(f)(rng(2), mean, cov), f(rng(2), mean, cov))


def test_multivariate_normal_has_the_covariance():
    # The default way is unique up to signs only.
    mean, cov = np.array([1.0, -2.0]), np.array([[2.0, 0.3], [0.3, 1.0]])
    x = njit(lambda g, m, c: g.multivariate_normal(m, c, 20_000))(rng(2), mean, cov)
    np.testing.assert_allclose(x.mean(0), mean, atol=0.05)
    np.testing.assert_allclose(np.cov(x.T), cov, atol=0.06)


@pytest.mark.parametrize("length", [-1, 0, 1, 4, 5, 9, 1000])
def test_bytes(length):
    f = lambda g, n: (g.bytes(n), g.random())
    assert njit(f)(rng(7), length) == f(rng(7), length)


def test_spawned_generators():
    f = lambda g, n: [c.random() for c in g.spawn(n)]
    a, b = rng(7), rng(7)
    for n in (3, 0, 2):
        assert njit(f)(a, n) == f(b, n)
    assert njit(lambda g: g.spawn(2)[1].normal())(a) == b.spawn(2)[1].normal()
    with pytest.raises(ValueError):
        njit(f)(a, -1)
