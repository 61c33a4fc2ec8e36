"""FFT: iterative radix-2 on complex numbers."""

import math

import numpy as np
from _data import random


def bit_reversed(signal):
    n = len(signal)
    out = np.empty_like(signal)
    j = 0
    for i in range(n):
        out[j] = signal[i]
        bit = n >> 1
        while bit > 0 and j & bit:
            j ^= bit
            bit >>= 1
        j |= bit
    return out


def fft(signal):
    n = len(signal)
    assert n & (n - 1) == 0, "the length must be a power of two"
    out = bit_reversed(signal)
    roots = np.empty(max(n // 2, 1), np.complex128)
    for k in range(n // 2):
        angle = -2.0 * math.pi * k / n
        roots[k] = complex(math.cos(angle), math.sin(angle))
    half = 1
    while half < n:
        step = n // (2 * half)
        for start in range(0, n, 2 * half):
            for k in range(half):
                odd = out[start + k + half] * roots[k * step]
                even = out[start + k]
                out[start + k] = even + odd
                out[start + k + half] = even - odd
        half *= 2
    return out


KERNELS = (bit_reversed, fft)
VECTORISED_BY_LLVM = False
TOLERANCE = 1e-9
SIZES = {"check": 256, "python": 1 << 14, "main": 1 << 19}


def make(n):
    generator = random(9)
    return (generator.standard_normal(n) + 1j * generator.standard_normal(n),)


def work(n):
    return n * n.bit_length()


def check(args, result):
    expected = np.fft.fft(args[0])
    assert np.abs(result - expected).max() < 1e-10 * np.abs(expected).max() * math.log2(len(result))
