"""Quicksort: recursion on an array, insertion sort at the leaves."""

import numpy as np
from _data import random


def insertion_sort(values, low, high):
    for i in range(low + 1, high + 1):
        value = values[i]
        j = i - 1
        while j >= low and values[j] > value:
            values[j + 1] = values[j]
            j -= 1
        values[j + 1] = value


def sort_range(values, low, high):
    if high - low < 16:
        insertion_sort(values, low, high)
        return
    pivot = values[(low + high) // 2]
    i = low
    j = high
    while i <= j:
        while values[i] < pivot:
            i += 1
        while values[j] > pivot:
            j -= 1
        if i <= j:
            values[i], values[j] = values[j], values[i]
            i += 1
            j -= 1
    sort_range(values, low, j)
    sort_range(values, i, high)


def quicksort(values):
    out = np.empty_like(values)
    out[:] = values
    sort_range(out, 0, len(out) - 1)
    return out


KERNELS = (insertion_sort, sort_range, quicksort)
VECTORISED_BY_LLVM = False
SIZES = {"check": 500, "python": 50_000, "main": 1_000_000}


def make(n):
    return (random(10).random(n),)


def work(n):
    return n * n.bit_length()


def check(args, result):
    np.testing.assert_array_equal(result, np.sort(args[0]))
