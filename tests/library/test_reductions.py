"""Reductions of arrays, against NumPy: the same bits."""

import numpy as np
import pytest

from answers import agree
from support import ALL

REDUCTIONS = ["sum", "prod", "min", "max", "argmin", "argmax", "any", "all", "mean", "var", "std"]
CUMULATIVE = ["cumsum", "cumprod"]


def some(shape, name, seed=0):
    rng = np.random.default_rng(seed)
    kind = np.dtype(name).kind
    if kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if kind in "iu":
        return rng.integers(0 if kind == "u" else -7, 8, shape).astype(name)
    if kind == "c":
        return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(name)
    return rng.standard_normal(shape).astype(name)


def arrays(name):
    a = some((3, 4, 5), name)
    yield some(7, name)
    yield np.asarray(some((), name))
    yield some(1, name)
    yield some(0, name)
    yield some((0, 3), name)
    yield some((4, 1), name)
    yield some((6, 5), name)
    yield some((9, 7), name)[::2, 1:6:2]
    yield some(20, name)[::-3]
    yield np.asfortranarray(some((4, 5), name))
    yield a
    yield np.asfortranarray(a)
    yield a.transpose(1, 0, 2)
    yield a[:, ::2]


def tolerance(function, name):
    # NumPy multiplies complex numbers with other roundings in vector loops.
    return 64 if name.startswith("complex") and function in ("prod", "cumprod", "var", "std", "mean") else 0


@pytest.mark.parametrize("function", REDUCTIONS)
@pytest.mark.parametrize("name", ALL)
def test_whole(function, name):
    if name.startswith("complex") and function in ("min", "max", "argmin", "argmax"):
        return
    for a in arrays(name):
        if a.strides == (5 * a.itemsize, 20 * a.itemsize, a.itemsize) and function in ("sum", "prod", "mean", "var", "std"):
            continue  # strides in mixed order: other roundings
        options = {"ulps": tolerance(function, name), "single": name in ("float32", "complex64")}
        agree("numpy." + function, a, **options)
        if function not in ("var", "std"):
            agree("numpy." + function, a, keepdims=True, **options)
        agree("array." + function, a, **options)


@pytest.mark.parametrize("function", REDUCTIONS + CUMULATIVE)
@pytest.mark.parametrize("name", ["bool", "int8", "uint32", "int64", "float32", "float64", "complex128"])
def test_axis(function, name):
    if name.startswith("complex") and function in ("min", "max", "argmin", "argmax"):
        return
    for a in arrays(name):
        if a.size == 0 and function in ("min", "max", "argmin", "argmax"):
            continue
        if not a.flags.forc and a.ndim > 2:
            continue  # strides in mixed order: other roundings, another memory order
        if a.flags.f_contiguous and a.ndim > 2 and function in ("argmin", "argmax", "var", "std"):
            continue  # another memory order
        for axis in range(-a.ndim, a.ndim):
            options = {"ulps": tolerance(function, name), "single": name in ("float32", "complex64")}
            agree("numpy." + function, a, axis, **options)
            agree("array." + function, a, axis=axis, **options)
            if function not in ("var", "std", *CUMULATIVE) and a.flags.c_contiguous:
                agree("numpy." + function, a, axis=axis, keepdims=True, **options)


@pytest.mark.parametrize("name", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("n", [1, 5, 7, 8, 9, 63, 64, 65, 100, 127, 128, 129, 1000, 8192, 8193, 20001])
def test_long_float_sums(name, n):
    a = some(n, name, n)
    for b in (a, a[::-1], a[::2]):
        agree("numpy.sum", b)
        agree("numpy.mean", b, ulps=tolerance("mean", name), single=True)
        if not name.startswith("complex"):
            agree("numpy.var", b)
            agree("numpy.std", b)


@pytest.mark.parametrize("shape, cut", [
    ((40, 500), np.s_[:, :300]), ((400, 500), np.s_[:, :300]), ((70, 150, 50), np.s_[:, ::2]), ((70, 30, 50), np.s_[:, :, ::2]),
    ((5, 20000), np.s_[:, :9000]), ((30, 200, 100), np.s_[:, :199]), ((40, 500), np.s_[:, ::-1]), ((130, 140), np.s_[:, :]),
])  # fmt: skip
def test_sums_of_large_pieces(shape, cut):
    if np.lib.NumpyVersion(np.__version__) < "2.3.0":
        pytest.skip("NumPy cut its pieces differently")
    a = some(shape, "float64")[cut]
    agree("numpy.sum", a)
    agree("numpy.sum", a.T)
    agree("numpy.mean", a)
    for axis in range(a.ndim):
        if a.ndim < 3:
            agree("numpy.sum", a, axis)


@pytest.mark.parametrize("name", ["int64", "int8", "bool"])
def test_means_of_integers(name):
    a = some(30000, name)
    agree("numpy.mean", a)
    agree("numpy.std", a)
    agree("numpy.mean", a.reshape(100, 300), 0)
    agree("numpy.mean", a.reshape(100, 300), 1)


@pytest.mark.parametrize("function", ["min", "max", "argmin", "argmax"])
def test_nan(function):
    a = some((4, 5), "float64")
    a[2, 3] = np.nan
    agree("numpy." + function, a)
    agree("numpy." + function, a, 0)
    agree("numpy." + function, a, 1)
    agree("numpy." + function, np.array([np.nan, 1.0]))


def test_dtype():
    for name in ("int8", "float32", "float64"):
        a = some((5, 6), name)
        agree("numpy.sum", a, dtype=np.float64)
        agree("numpy.mean", a, dtype=np.float64)
        agree("numpy.cumsum", a, dtype=np.float64)
    agree("numpy.sum", some(9, "int8"), dtype=np.int32)


def test_ddof():
    a = some((5, 6), "float64")
    for ddof in (0, 1, 2, 30, 31):
        agree("numpy.var", a, ddof=ddof)
        agree("numpy.std", a, ddof=ddof)
        agree("numpy.var", a, axis=0, ddof=ddof)


@pytest.mark.parametrize("name", ["int64", "float64", "bool"])
def test_counts(name):
    for a in arrays(name):
        agree("numpy.count_nonzero", a)
        if name != "bool":
            agree("numpy.ptp", a)
    a = some((4, 5), name)
    agree("numpy.count_nonzero", a, axis=1)
    agree("numpy.count_nonzero", a, axis=0, keepdims=True)


def test_axis_out_of_range():
    from looplift.library._axes import AxisError

    from answers import interpret

    with pytest.raises(AxisError):
        interpret("numpy.sum", some((2, 3), "float64"), 2)
    with pytest.raises(AxisError):
        interpret("numpy.sum", some(3, "float64"), -2)
