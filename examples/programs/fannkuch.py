"""Fannkuch: pancake flips over all permutations, on arrays."""

import numpy as np


def fannkuch(n):
    permutation = np.arange(n)
    work_copy = np.zeros(n, np.int64)
    count = np.zeros(n, np.int64)
    most_flips = 0
    checksum = 0
    number = 0
    r = n
    while True:
        while r != 1:
            count[r - 1] = r
            r -= 1
        for i in range(n):
            work_copy[i] = permutation[i]
        flips = 0
        k = work_copy[0]
        while k != 0:
            low = 0
            high = k
            while low < high:
                kept = work_copy[low]
                work_copy[low] = work_copy[high]
                work_copy[high] = kept
                low += 1
                high -= 1
            flips += 1
            k = work_copy[0]
        if flips > most_flips:
            most_flips = flips
        checksum += flips if number % 2 == 0 else -flips
        while True:
            if r == n:
                return checksum, most_flips
            first = permutation[0]
            for i in range(r):
                permutation[i] = permutation[i + 1]
            permutation[r] = first
            count[r] -= 1
            if count[r] > 0:
                break
            r += 1
        number += 1


KERNELS = (fannkuch,)
VECTORISED_BY_LLVM = False
SIZES = {"check": 6, "python": 8, "main": 10}
KNOWN = {6: (49, 10), 7: (228, 16), 8: (1616, 22), 9: (8629, 30), 10: (73196, 38)}


def make(n):
    return (n,)


def work(n):
    total = 1
    for i in range(2, n + 1):
        total *= i
    return total * n


def check(args, result):
    assert result == KNOWN[args[0]], result
