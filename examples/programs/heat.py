"""Heat equation in two dimensions: explicit five-point steps."""

import numpy as np
from _data import save_coloured


def heat(start, steps, rate):
    rows, columns = start.shape
    field = np.empty_like(start)
    fresh = np.empty_like(start)
    field[:, :] = start
    fresh[:, :] = start
    for _ in range(steps):
        for i in range(1, rows - 1):
            for j in range(1, columns - 1):
                around = field[i - 1, j] + field[i + 1, j] + field[i, j - 1] + field[i, j + 1]
                fresh[i, j] = field[i, j] + rate * (around - 4.0 * field[i, j])
        field, fresh = fresh, field
    return field


KERNELS = (heat,)
VECTORISED_BY_LLVM = True
SIZES = {"check": (16, 20), "python": (64, 100), "main": (512, 400)}


def make(size):
    n, steps = size
    field = np.zeros((n, n))
    field[0, :] = 100.0
    field[n // 3 : n // 2, n // 4 : n // 2] = 80.0
    return field, steps, 0.2


def work(size):
    return size[0] ** 2 * size[1]


def check(args, result):
    field, steps, rate = args
    field = field.copy()
    for _ in range(steps):
        around = field[:-2, 1:-1] + field[2:, 1:-1] + field[1:-1, :-2] + field[1:-1, 2:]
        field[1:-1, 1:-1] = field[1:-1, 1:-1] + rate * (around - 4.0 * field[1:-1, 1:-1])
    np.testing.assert_allclose(result, field, rtol=1e-12, atol=1e-12)


def picture(args, result, path):
    save_coloured(result, path)
