"""Median filter: a 5x5 median by insertion sort on a noisy photograph."""

import numpy as np
from _data import photograph, random, save_grey


def median_filter(image, radius):
    rows, columns = image.shape
    size = 2 * radius + 1
    window = np.empty(size * size, np.int64)
    out = np.zeros_like(image)
    for i in range(radius, rows - radius):
        for j in range(radius, columns - radius):
            count = 0
            for u in range(i - radius, i + radius + 1):
                for v in range(j - radius, j + radius + 1):
                    value = int(image[u, v])
                    place = count
                    while place > 0 and window[place - 1] > value:
                        window[place] = window[place - 1]
                        place -= 1
                    window[place] = value
                    count += 1
            out[i, j] = window[count // 2]
    return out


KERNELS = (median_filter,)
VECTORISED_BY_LLVM = False
SIZES = {"check": 16, "python": 64, "main": 512}


def make(height):
    image = photograph(height)
    noise = random(6).random(image.shape)
    image[noise < 0.05] = 0
    image[noise > 0.95] = 255
    return image, 2


def work(height):
    return (height - 4) * (512 * height // 600 - 4)


def check(args, result):
    image, radius = args
    size = 2 * radius + 1
    windows = np.lib.stride_tricks.sliding_window_view(image, (size, size))
    expected = np.zeros_like(image)
    expected[radius:-radius, radius:-radius] = np.median(windows, axis=(2, 3))
    np.testing.assert_array_equal(result, expected)


def picture(args, result, path):
    save_grey(np.hstack([args[0], result]), path, 0, 255)
