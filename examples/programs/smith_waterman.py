"""Smith-Waterman: the best local alignment of two sequences, with its path."""

import numpy as np
from _data import random, save_coloured


def smith_waterman(a, b, match=3, mismatch=-3, gap=2):
    rows = len(a) + 1
    columns = len(b) + 1
    score = np.zeros((rows, columns), np.int32)
    best = 0
    best_i = 0
    best_j = 0
    for i in range(1, rows):
        for j in range(1, columns):
            diagonal = score[i - 1, j - 1] + (match if a[i - 1] == b[j - 1] else mismatch)
            value = max(0, diagonal, score[i - 1, j] - gap, score[i, j - 1] - gap)
            score[i, j] = value
            if value > best:
                best = value
                best_i = i
                best_j = j
    length = 0
    i = best_i
    j = best_j
    while score[i, j] > 0:
        here = score[i, j]
        if here == score[i - 1, j - 1] + (match if a[i - 1] == b[j - 1] else mismatch):
            i -= 1
            j -= 1
        elif here == score[i - 1, j] - gap:
            i -= 1
        else:
            j -= 1
        length += 1
    return best, length, score


KERNELS = (smith_waterman,)
VECTORISED_BY_LLVM = False
SIZES = {"check": 40, "python": 500, "main": 3000}


def make(n):
    generator = random(8)
    a = generator.integers(0, 4, n).astype(np.int8)
    b = generator.integers(0, 4, n).astype(np.int8)
    b[n // 5 : n // 2] = a[n // 3 : n // 3 + n // 2 - n // 5]
    b[n // 3] = 3 - b[n // 3]
    return a, b


def work(n):
    return n * n


def check(args, result):
    a, b = args
    best, length, score = result
    assert score.max() == best
    assert length >= len(a) // 5
    # Every cell follows from its three neighbours.
    same = np.where(a[:, None] == b, 3, -3)
    expected = np.maximum(0, score[:-1, :-1] + same)
    expected = np.maximum(expected, np.maximum(score[:-1, 1:] - 2, score[1:, :-1] - 2))
    np.testing.assert_array_equal(score[1:, 1:], expected)


def picture(args, result, path):
    step = max(1, len(result[2]) // 600)
    save_coloured(np.sqrt(result[2][::step, ::step]), path, "magma")
