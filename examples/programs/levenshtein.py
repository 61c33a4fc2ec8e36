"""Levenshtein distance of two integer sequences, with two rows of memory."""

import numpy as np
from _data import random


def levenshtein(a, b):
    previous = np.arange(len(b) + 1)
    current = np.empty_like(previous)
    for i in range(1, len(a) + 1):
        current[0] = i
        for j in range(1, len(b) + 1):
            cost = 0 if a[i - 1] == b[j - 1] else 1
            current[j] = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
        previous, current = current, previous
    return previous[len(b)]


KERNELS = (levenshtein,)
VECTORISED_BY_LLVM = False
SIZES = {"check": 60, "python": 800, "main": 6000}


def make(n):
    generator = random(3)
    a = generator.integers(0, 4, n)
    b = np.delete(a, generator.integers(0, n, n // 10))
    places = generator.integers(0, len(b), n // 10)
    b[places] = generator.integers(0, 4, len(places))
    return a, b


def work(n):
    return n * n


def check(args, result):
    a, b = args
    # The same recurrence along anti-diagonals, where NumPy can take a whole one at a time.
    n, m = len(a), len(b)
    older, newer = np.array([0]), np.array([1, 1])
    for d in range(2, n + m + 1):
        low, high = max(0, d - m), min(n, d)
        i = np.arange(low, high + 1)
        diagonal = np.full(len(i), d)
        low1, high1 = max(0, d - 1 - m), min(n, d - 1)
        low2 = max(0, d - 2 - m)
        up = (i >= 1) & (i - 1 >= low1)
        diagonal[up] = np.minimum(diagonal[up], newer[i[up] - 1 - low1] + 1)
        left = (d - i >= 1) & (i <= high1)
        diagonal[left] = np.minimum(diagonal[left], newer[i[left] - low1] + 1)
        both = (i >= 1) & (d - i >= 1)
        cost = a[i[both] - 1] != b[d - i[both] - 1]
        diagonal[both] = np.minimum(diagonal[both], older[i[both] - 1 - low2] + cost)
        older, newer = newer, diagonal
    assert result == newer[0], (result, newer[0])
