"""Histogram equalisation of a photograph: histogram, prefix sums, look-up."""

import numpy as np
from _data import photograph, save_grey


def histogram(image):
    counts = np.zeros(256, np.int64)
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            counts[image[i, j]] += 1
    return counts


def prefix_sums(counts):
    total = 0
    sums = np.empty_like(counts)
    for i, count in enumerate(counts):
        total += count
        sums[i] = total
    return sums


def equalize(image):
    sums = prefix_sums(histogram(image))
    first = 0
    while sums[first] == 0:
        first += 1
    low = sums[first]
    span = max(image.size - low, 1)
    table = np.zeros(256, np.uint8)
    for level in range(256):
        table[level] = max(0, (sums[level] - low) * 255 // span)
    out = np.empty_like(image)
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            out[i, j] = table[image[i, j]]
    return out


KERNELS = (histogram, prefix_sums, equalize)
VECTORISED_BY_LLVM = False
SIZES = {"check": 16, "python": 600, "main": 4800}


def make(height):
    return (photograph(height) // 2 + 40,)


def work(height):
    return height * (512 * height // 600)


def check(args, result):
    image = args[0]
    sums = np.cumsum(np.bincount(image.ravel(), minlength=256))
    low = sums[sums > 0][0]
    table = np.maximum(0, (sums - low) * 255 // max(image.size - low, 1)).astype(np.uint8)
    np.testing.assert_array_equal(result, table[image])


def picture(args, result, path):
    step = max(1, len(result) // 600)
    save_grey(np.hstack([args[0][::step, ::step], result[::step, ::step]]), path, 0, 255)
