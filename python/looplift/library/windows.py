"""Windows for signals: bartlett, blackman, hamming, hanning, kaiser. Of fewer than two points as NumPy has them."""

import math
from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import is_index, is_real
from looplift.library.elementary import bessel_i0


def _bartlett(n, size):
    if n <= 0:
        return 1 + n / (size - 1)
    return 1 - n / (size - 1)


def _blackman(n, size):
    return 0.42 + 0.5 * math.cos(math.pi * n / (size - 1)) + 0.08 * math.cos(2.0 * math.pi * n / (size - 1))


def _hanning(n, size):
    return 0.5 + 0.5 * math.cos(math.pi * n / (size - 1))


def _hamming(n, size):
    return 0.54 + 0.46 * math.cos(math.pi * n / (size - 1))


@cache
def _window(value):
    def window(M):
        m = int(M)
        if m < 1:
            return np.empty(0)
        if m == 1:
            return np.ones(1)
        out = np.empty(m)
        for i in range(m):
            # Places are symmetric about zero, in steps of two.
            out[i] = value(1.0 - m + 2.0 * i, float(m))
        return out

    return window


@overload("numpy.bartlett")
def bartlett(M):
    return _window(_bartlett) if is_index(M) else None


@overload("numpy.blackman")
def blackman(M):
    return _window(_blackman) if is_index(M) else None


@overload("numpy.hanning")
def hanning(M):
    return _window(_hanning) if is_index(M) else None


@overload("numpy.hamming")
def hamming(M):
    return _window(_hamming) if is_index(M) else None


def _kaiser(M, beta):
    m = int(M)
    if m < 1:
        return np.empty(0)
    if m == 1:
        return np.ones(1)
    b = float(beta)
    half = (m - 1) / 2.0
    scale = bessel_i0(b)
    out = np.empty(m)
    for i in range(m):
        x = (i - half) / half
        out[i] = bessel_i0(b * math.sqrt(1 - x * x)) / scale
    return out


@overload("numpy.kaiser")
def kaiser(M, beta):
    return _kaiser if is_index(M) and is_real(beta) else None
