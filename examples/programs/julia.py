"""Julia set: smooth escape times with supersampling."""

import math

import numpy as np
from _data import save_coloured


def smooth_escape(x, y, cx, cy, limit):
    for n in range(limit):
        xx = x * x
        yy = y * y
        if xx + yy > 256.0:
            return n + 1.0 - math.log2(0.5 * math.log(xx + yy))
        y = 2.0 * x * y + cy
        x = xx - yy + cx
    return float(limit)


def julia(width, height, cx, cy, limit, samples=2):
    image = np.empty((height, width))
    step = 3.2 / width
    for row in range(height):
        for column in range(width):
            total = 0.0
            for sub_row in range(samples):
                for sub_column in range(samples):
                    x = (column + (sub_column + 0.5) / samples - 0.5 * width) * step
                    y = (row + (sub_row + 0.5) / samples - 0.5 * height) * step
                    total += smooth_escape(x, y, cx, cy, limit)
            image[row, column] = total / (samples * samples)
    return image


KERNELS = (smooth_escape, julia)
VECTORISED_BY_LLVM = False
TOLERANCE = 1e-12
SIZES = {"check": (24, 18), "python": (100, 75), "main": (640, 480)}


def make(size):
    width, height = size
    return width, height, -0.8, 0.156, 150


def work(size):
    return size[0] * size[1]


def check(args, result):
    width, height, _, _, limit = args
    assert result.shape == (height, width)
    assert result.max() <= limit
    # The set is symmetric about the origin.
    assert np.allclose(result, result[::-1, ::-1], rtol=1e-3, atol=1.0)


def picture(args, result, path):
    save_coloured(np.log(result + 1.0), path, "twilight_shifted")
