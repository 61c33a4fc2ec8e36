"""`numpy.fft` and `numpy.einsum` against NumPy."""

import numpy as np
import pytest

from support import compiled

VECTOR = """fft(a) ifft(a) fft(a,5) fft(a,n=12) fft(a,norm="ortho") ifft(a,norm="forward") irfft(a,n=9) irfft(a,n=10) hfft(a,n=6)
hfft(a,n=7) fftshift(a) ifftshift(a)""".split()
REAL = """rfft(a) rfft(a,5) ihfft(a) rfft(a,norm="ortho") ihfft(a,norm="ortho")""".split()
CUBE = """fft(a) fft(a,axis=0) fft(a,7,1) ifft(a,axis=-2) fft2(a) ifft2(a) fftn(a) ifftn(a) fftn(a,axes=(0,2)) fft2(a,s=(3,8))
fftn(a,(3,2)) fftshift(a) fftshift(a,axes=1) fftshift(a,axes=(0,1)) ifftshift(a,axes=(0,1)) irfft(a,axis=1) irfft2(a)
irfftn(a)""".split()
REAL_CUBE = "rfft(a,axis=0) rfft2(a) rfftn(a)".split()
NAMES = ["float64", "complex128", "float32", "complex64", "int64"]


def numbers(name, *shape):
    r = np.random.default_rng(len(shape) + sum(shape))
    x = r.normal(size=shape) * 5
    return (x + 1j * r.normal(size=shape) if np.dtype(name).kind == "c" else x).astype(name)


def agree(source, *args):
    f = eval(f"lambda {', '.join('abc'[: len(args)])}: {source}", {"np": np})
    want, got = f(*args), compiled(f)(*args)
    single = np.asarray(want).dtype in (np.float32, np.complex64)
    if isinstance(want, np.ndarray):
        assert got.dtype == want.dtype
    assert np.shape(got) == np.shape(want)
    tolerance = 1e-4 if single else 1e-10
    np.testing.assert_allclose(got, want, tolerance, tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_transforms_of_vectors(name):
    for n in (1, 2, 7, 8, 31):
        a = numbers(name, n)
        for call in VECTOR:
            agree("np.fft." + call, a)
        if n > 1:
            agree("np.fft.irfft(a)", a[::-1])
            agree("np.fft.hfft(a)", a)
        for call in REAL if np.dtype(name).kind != "c" else []:
            agree("np.fft." + call, a)


@pytest.mark.parametrize("name", NAMES)
def test_transforms_along_axes(name):
    a = numbers(name, 4, 6, 5)
    for call in CUBE + (REAL_CUBE if np.dtype(name).kind != "c" else []):
        agree("np.fft." + call, a)
    agree("np.fft.fft(a, axis=0)", np.asfortranarray(a)[::2])


def test_frequencies():
    for n in (1, 2, 7, 8):
        agree(f"np.fft.fftfreq({n}, a)", 0.1)
        agree(f"np.fft.rfftfreq({n})")


@pytest.mark.parametrize("call", ["fft(a)", "fft(a, -1)", "rfft(a)", "irfft(a)"])
def test_empty_transforms(call):
    f = eval("lambda a: np.fft." + call, {"np": np})
    with pytest.raises(ValueError) as expected:
        f(np.zeros(0))
    with pytest.raises(ValueError) as got:
        compiled(f)(np.zeros(0))
    assert str(got.value) == str(expected.value)


EINSUMS = {
    (34, 45): ["ij,jk", "ij,jk->ki", "ij,jk->ijk"],
    (34, 45, 53): ["ij,jk,kl->il"],
    (33,): ["ii", "ii->i", "ij->ji", "ba", "ij->", "ij->j"],
    (34, 34): ["ij,ij->i", "ij,ij", "ij,kj->ik"],
    (3, 4): ["i,j->ij", "i,j"],
    (3, 3): ["i,i"],
    (234, 245): ["bij,bjk->bik", "...ij,...jk->...ik", "bij,bjk"],
    (234, 325): ["ijk,jil->kl"],
    (34,): ["ij->ji", "...->..."],
}


@pytest.mark.parametrize("name", ["float64", "int64", "complex128", "float32"])
def test_einsum(name):
    for shapes, subscripts in EINSUMS.items():
        arrays = [numbers(name, *map(int, str(s))) for s in shapes]
        for s in subscripts:
            agree(f"np.einsum('{s}', {', '.join('abc'[: len(arrays)])})", *arrays)
