"""Matrix product: the textbook triple loop."""

import numpy as np
from _data import random


def matmul(a, b):
    rows, inner = a.shape
    columns = b.shape[1]
    c = np.empty((rows, columns))
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            for k in range(inner):
                total += a[i, k] * b[k, j]
            c[i, j] = total
    return c


KERNELS = (matmul,)
VECTORISED_BY_LLVM = False
SIZES = {"check": 16, "python": 100, "main": 400}


def make(n):
    generator = random(1)
    return generator.random((n, n)), generator.random((n, n))


def work(n):
    return n**3


def check(args, result):
    np.testing.assert_allclose(result, args[0] @ args[1], rtol=1e-12)
