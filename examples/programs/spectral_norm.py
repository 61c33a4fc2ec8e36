"""Spectral norm: the power method on an infinite matrix given by a formula."""

import math

import numpy as np


def element(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def times(vector, out):
    for i in range(len(vector)):
        total = 0.0
        for j in range(len(vector)):
            total += element(i, j) * vector[j]
        out[i] = total


def times_transposed(vector, out):
    for i in range(len(vector)):
        total = 0.0
        for j in range(len(vector)):
            total += element(j, i) * vector[j]
        out[i] = total


def spectral_norm(n, rounds=10):
    u = np.ones(n)
    v = np.zeros(n)
    middle = np.zeros(n)
    for _ in range(rounds):
        times(u, middle)
        times_transposed(middle, v)
        times(v, middle)
        times_transposed(middle, u)
    product = 0.0
    square = 0.0
    for i in range(n):
        product += u[i] * v[i]
        square += v[i] * v[i]
    return math.sqrt(product / square)


KERNELS = (element, times, times_transposed, spectral_norm)
VECTORISED_BY_LLVM = False
SIZES = {"check": 20, "python": 200, "main": 2000}


def make(n):
    return (n,)


def work(n):
    return n * n


def check(args, result):
    (n,) = args
    i = np.arange(n)
    matrix = 1.0 / ((i[:, None] + i) * (i[:, None] + i + 1) // 2 + i[:, None] + 1)
    assert abs(result - np.linalg.norm(matrix, 2)) < 1e-6
