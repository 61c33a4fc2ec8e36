"""Mandelbrot set: iterations until escape, in complex arithmetic."""

import numpy as np
from _data import save_coloured


def escape_time(c, limit):
    z = 0j
    for n in range(limit):
        if z.real * z.real + z.imag * z.imag > 4.0:
            return n
        z = z * z + c
    return limit


def mandelbrot(width, height, left, right, bottom, top, limit):
    counts = np.zeros((height, width), np.int32)
    for row in range(height):
        y = top + (bottom - top) * row / (height - 1)
        for column in range(width):
            x = left + (right - left) * column / (width - 1)
            counts[row, column] = escape_time(complex(x, y), limit)
    return counts


KERNELS = (escape_time, mandelbrot)
VECTORISED_BY_LLVM = False
SIZES = {"check": (24, 18), "python": (160, 120), "main": (1200, 900)}


def make(size):
    width, height = size
    return width, height, -2.2, 0.8, -1.125, 1.125, 200


def work(size):
    return size[0] * size[1]


def check(args, result):
    width, height, left, right, bottom, top, limit = args
    x = left + (right - left) * np.arange(width) / (width - 1)
    y = top + (bottom - top) * np.arange(height) / (height - 1)
    c = x + 1j * y[:, None]
    z = np.zeros_like(c)
    counts = np.full(c.shape, limit)
    alive = np.ones(c.shape, bool)
    for n in range(limit):
        escaped = alive & (z.real * z.real + z.imag * z.imag > 4.0)
        counts[escaped] = n
        alive &= ~escaped
        z[alive] = z[alive] * z[alive] + c[alive]
    # NumPy may round a complex product differently at the very edge of the set.
    assert result.shape == counts.shape
    assert np.mean(result != counts) < 1e-3


def picture(args, result, path):
    save_coloured(np.log1p(result), path)
