"""Gaussian elimination with partial pivoting: a dense linear system."""

import numpy as np
from _data import random


def solve(matrix, right):
    n = len(right)
    a = np.empty_like(matrix)
    x = np.empty_like(right)
    a[:, :] = matrix
    x[:] = right
    for k in range(n):
        pivot = k
        for i in range(k + 1, n):
            if abs(a[i, k]) > abs(a[pivot, k]):
                pivot = i
        if a[pivot, k] == 0.0:
            raise ValueError("the matrix is singular")
        if pivot != k:
            for j in range(k, n):
                a[k, j], a[pivot, j] = a[pivot, j], a[k, j]
            x[k], x[pivot] = x[pivot], x[k]
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            for j in range(k, n):
                a[i, j] -= factor * a[k, j]
            x[i] -= factor * x[k]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            x[i] -= a[i, j] * x[j]
        x[i] /= a[i, i]
    return x


KERNELS = (solve,)
VECTORISED_BY_LLVM = False
TOLERANCE = 1e-9
SIZES = {"check": 12, "python": 120, "main": 800}


def make(n):
    generator = random(7)
    return generator.random((n, n)) - 0.5, generator.random(n)


def work(n):
    return n**3


def check(args, result):
    np.testing.assert_allclose(args[0] @ result, args[1], atol=1e-7)
