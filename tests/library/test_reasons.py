"""Arguments that a function does not take are explained, by the table of reasons."""

import numpy as np
import pytest

from looplift import njit
from looplift.errors import TypingError

CASES = [
    (lambda a: np.roll(a, 1.5), np.zeros(3), "shift must be an integer"),
    (lambda a: np.tril(a, 1.5), np.zeros((3, 3)), "k must be an integer"),
    (lambda a: np.kaiser(3, a), "x", "beta must be an integer or float"),
    (lambda a: np.partition(a, 1), 3, "at least 1-D"),
    (lambda a: np.clip(a, 1, 2), "s", 'The argument "a" must be array-like'),
    (lambda a: np.geomspace(a, 1), "s", 'The argument "start" must be a number'),
    (lambda a: np.interp(1.0, a, a), np.zeros((2, 2)), "xp must be 1D"),
    (lambda a: np.interp(1j, a, a), np.zeros(2), "Cannot cast array data from complex dtype"),
    (lambda a: np.tril_indices_from(a), np.zeros(3), "input array must be 2-d"),
    (lambda a: np.allclose(a, "x"), 1.0, 'The second argument "b" must be array-like'),
    (lambda a: np.convolve(a, a), np.zeros((2, 2)), "only supported on 1D arrays"),
    (lambda a: np.delete(a, 1.5), np.zeros(3), "obj should be of Integer dtype"),
    (lambda a: np.delete(a, 1), 3, "arr must be either an Array or a Sequence"),
    (lambda a: np.fliplr(a), np.zeros(3), "cannot index array"),
    (lambda a: np.fliplr(a), "x", "Cannot np.fliplr on unicode_type type"),
    (lambda a: np.trim_zeros(a), np.zeros((2, 2)), "array must be 1D"),
    (lambda a: np.trim_zeros(a, 1), np.zeros(2), "must be a string"),
    (lambda a: np.union1d(a, 1), "x", "must be array-like"),
    (lambda a: np.repeat(a, 1.5), np.zeros(3), "integer or an array-like of integer dtype"),
    (lambda a: a.repeat(1.5), np.zeros(3), "integer or an array-like of integer dtype"),
    (lambda a: np.cov(a, ddof=1j), np.zeros((3, 3)), "ddof must be a real numerical scalar type"),
    (lambda a: np.vsplit(a, 2), 3, 'The argument "ary" must be an array'),
]


@pytest.mark.parametrize("function, argument, text", CASES)
def test_reason(function, argument, text):
    with pytest.raises(TypingError) as raised:
        njit(function)(argument)
    assert text in str(raised.value)
    assert "No implementation of function" in str(raised.value)
