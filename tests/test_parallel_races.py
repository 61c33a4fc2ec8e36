"""Warnings of parallel loops whose iterations may change the same element, and none of loops that are safe."""

import warnings

import numpy as np
import pytest
from looplift import njit, prange
from looplift.errors import NumbaParallelSafetyWarning


def racy1(x):
    y = np.zeros(4)
    for i in prange(x.size):
        y[i % 4] += x[i]
    return y


def racy2(x):
    y = np.zeros(4)
    for i in prange(x.size):
        k = i % 4
        y[k] += x[i]
    return y


def racy3(x):
    y = np.zeros(4)
    for i in prange(x.size):
        y[0] += x[i]
    return y


def racy4(x):
    y = np.zeros(20)
    for i in prange(x.size):
        y[i // 2] = y[i // 2] + x[i]
    return y


def racy5(x):
    y = np.zeros((4, 4))
    for i in prange(x.size):
        y[i % 2, i % 3] -= x[i]
    return y


def racy6(x):
    y = np.zeros(4)
    for i in prange(x.size):
        for j in range(4):
            y[j] += x[i]
    return y


def racy7(x):
    y = np.zeros(20)
    for i in prange(1, x.size):
        y[i] = y[i - 1] + x[i]
    return y


def racy8(x):
    y = np.zeros(4)
    for i in prange(x.size):
        y[:] += x[i]
    return y


def safe1(x):
    y = np.zeros(20)
    for i in prange(x.size):
        y[i] += x[i]
    return y


def safe2(x):
    y = np.zeros((20, 3))
    for i in prange(x.size):
        for j in range(3):
            y[i, j] += x[i]
    return y


def safe3(x):
    y = np.zeros(20)
    for i in prange(x.size - 1):
        y[i + 1] += x[i]
    return y


def safe4(x):
    y = np.zeros(40)
    for i in prange(x.size):
        y[2 * i] += x[i]
    return y


def safe5(x):
    for i in prange(x.size):
        y = np.zeros(4)
        for j in range(4):
            y[j] += x[i]
        x[i] = y.sum()
    return x


def safe6(x):
    y = np.zeros((20, 3))
    for i in prange(x.size):
        r = y[i]
        for j in range(3):
            r[j] += x[i]
    return y


def safe7(x):
    y = np.zeros(20)
    for i in prange(x.size):
        k = i
        y[k] += x[i]
    return y


def safe8(x):
    y = np.zeros(60)
    for i in prange(x.size):
        for j in range(3):
            y[i * 3 + j] += x[i]
    return y


def safe9(x):
    y = np.zeros((20, 3))
    for i in prange(x.size):
        y[i][1] += x[i]
    return y


def safe10(x):
    y = np.zeros((20, 3))
    for i in prange(x.size):
        y[i, :] += x[i]
    return y


def safe11(x):
    y = np.zeros(20)
    for i in prange(x.size):
        y[-i] += x[i]
    return y


def safe12(x):
    y = np.zeros(20)
    n = x.size
    for i in prange(n):
        y[n - 1 - i] += x[i]
    return y


def racy9(x):
    y = np.zeros(40)
    for i in prange(x.size):
        for j in range(3):
            y[i + j] += x[i]
    return y


def racy10(x):
    y = np.zeros(40)
    idx = np.zeros(20, np.int64)
    for i in prange(x.size):
        y[idx[i]] += x[i]
    return y


def safe13(x):
    y = np.zeros((20, 4))
    idx = np.zeros(20, np.int64)
    for i in prange(x.size):
        y[i, idx[i] % 3] += x[i]
    return y


def safe14(x):
    y = np.zeros(20)
    for i in prange(x.size):
        y[i] = x[i - 1] + 1
    return y


def safe15(x):
    y = np.zeros(20)
    for i in prange(0, x.size, 2):
        y[i] = y[i - 1] + 1
    return y


def safe16(x):
    y = np.zeros((4, 5))
    for i in prange(x.size):
        y[i // 5, i % 5] = x[i]
    return y


def safe17(x):
    y, places = np.zeros(20), np.arange(21)
    for i in prange(x.size):
        for k in range(places[i], places[i + 1]):
            y[k] += x[i]
    return y


def safe18(x):
    y = np.zeros(20)
    for t in prange(3):
        lo, hi = t * 20 // 3, (t + 1) * 20 // 3
        for k in range(lo, hi):
            y[k] += x[k]
    return y


def safe19(x):
    y = np.zeros((20, 2))
    for b in prange(5):
        first = b * 4
        for i in range(first, min(first + 4, 20)):
            for j in range(2):
                y[i, j] += x[i]
    return y


def racy11(x):
    y = np.zeros(20)
    for i in prange(x.size):
        for j in range(i + 1, 20):
            y[j] += x[i]
    return y


def racy12(x):
    y = np.zeros(20)
    for i in prange(x.size):
        for j in range(i % 3, 20):
            y[j] += x[i]
    return y


FUNCTIONS = {name: f for name, f in globals().items() if name.startswith(("racy", "safe"))}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_warnings(name):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        njit(parallel=True)(FUNCTIONS[name])(np.ones(20))
    assert [w.category for w in seen] == [NumbaParallelSafetyWarning] * name.startswith("racy")
