"""ufuncs into outputs: of times, of two results, of what is known while compiling; complex numbers in order and inverse functions."""

import numpy as np
import pytest
from support import check, compiled

M = np.array(["2020-01-01", "NaT", "2021-03-04"], "M8[D]")
S = np.array([3, -4, 5], "m8[D]")
Z = np.array([1 + 2j, 1 - 2j, -0.5 + 0j, 0.3 + 0.4j, -2 - 1j])


@pytest.mark.parametrize("name, first, second, out", [
    ("add", M, S, "M8[D]"),
    ("subtract", M, M, "m8[D]"),
    ("subtract", M, S, "M8[h]"),
    ("maximum", S, -S, "m8[D]"),
    ("less", M, M[::-1].copy(), "?"),
    ("equal", S, S, "?"),
    ("multiply", S, np.arange(3), "m8[h]"),
])
def test_of_times(name, first, second, out):
    function = eval(f"lambda a, b, to: np.{name}(a, b, to)", {"np": np})
    check(function, first, second, np.zeros(3, out))


def test_two_results():
    def both(a, b, q, r):
        np.divmod(a, b, q, r)
        return q, r

    check(both, np.arange(-4, 4), np.full(8, 3), np.zeros(8, np.int64), np.zeros(8, np.int64))
    check(both, np.arange(-4.0, 4.0), np.full(8, 2.5), np.zeros(8), np.zeros(8))


@pytest.mark.parametrize("name", ["isfinite", "isinf", "isnan"])
@pytest.mark.parametrize("kind", ["?", "i1", "u8", "i8"])
def test_what_integers_always_are(name, kind):
    function = eval(f"lambda a, to: (np.{name}(a, to), np.{name}(a))", {"np": np})
    check(function, np.zeros(3, kind), np.zeros(3, bool))


@pytest.mark.parametrize("name", ["less", "less_equal", "greater", "greater_equal"])
def test_order_of_complex_numbers(name):
    check(eval(f"lambda a, b: np.{name}(a, b)", {"np": np}), Z, Z[::-1].copy())


@pytest.mark.parametrize("name", "arccos arccosh arcsin arcsinh arctan arctanh exp2 expm1 log1p".split())
@pytest.mark.parametrize("kind", ["c16", "c8"])
def test_functions_of_complex_arrays(name, kind):
    function = eval(f"lambda a: np.{name}(a)", {"np": np})
    a = Z.astype(kind)
    got, want = compiled(function)(a), function(a)
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, 1e-5 if kind == "c8" else 1e-13)
