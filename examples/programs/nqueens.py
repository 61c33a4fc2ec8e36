"""N queens: the number of solutions, by recursion over arrays of attacked lines."""

import numpy as np


def place(row, n, columns, rising, falling):
    if row == n:
        return 1
    solutions = 0
    for column in range(n):
        if not (columns[column] or rising[row + column] or falling[row - column + n]):
            columns[column] = True
            rising[row + column] = True
            falling[row - column + n] = True
            solutions += place(row + 1, n, columns, rising, falling)
            columns[column] = False
            rising[row + column] = False
            falling[row - column + n] = False
    return solutions


def nqueens(n):
    return place(0, n, np.zeros(n, np.bool_), np.zeros(2 * n, np.bool_), np.zeros(2 * n, np.bool_))


KERNELS = (place, nqueens)
VECTORISED_BY_LLVM = False
SIZES = {"check": 5, "python": 10, "main": 13}
KNOWN = {5: 10, 8: 92, 9: 352, 10: 724, 11: 2680, 12: 14200, 13: 73712}
NODES = {5: 54, 8: 2057, 9: 8394, 10: 35539, 11: 166926, 12: 856189, 13: 4674890}


def make(n):
    return (n,)


def work(n):
    return NODES[n] * n


def check(args, result):
    assert result == KNOWN[args[0]], result
