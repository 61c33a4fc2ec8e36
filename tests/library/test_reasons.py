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
]


@pytest.mark.parametrize("function, argument, text", CASES)
def test_reason(function, argument, text):
    with pytest.raises(TypingError) as raised:
        njit(function)(argument)
    assert text in str(raised.value)
