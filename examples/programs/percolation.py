"""Percolation: union-find on a random grid until top and bottom meet."""

import numpy as np


def find(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


def union(parent, size, i, j):
    a = find(parent, i)
    b = find(parent, j)
    if a != b:
        if size[a] < size[b]:
            a, b = b, a
        parent[b] = a
        size[a] += size[b]


def percolate(n, trials, seed):
    cells = n * n
    state = seed
    total = 0.0
    grid = np.zeros((n, n), np.uint8)
    for _ in range(trials):
        parent = np.arange(cells + 2)
        size = np.ones(cells + 2, np.int64)
        order = np.arange(cells)
        grid[:, :] = 0
        opened = 0
        while find(parent, cells) != find(parent, cells + 1):
            state = state * 48271 % 2147483647
            chosen = opened + state % (cells - opened)
            order[opened], order[chosen] = order[chosen], order[opened]
            cell = order[opened]
            opened += 1
            i = cell // n
            j = cell % n
            grid[i, j] = 1
            if i == 0:
                union(parent, size, cell, cells)
            elif grid[i - 1, j] == 1:
                union(parent, size, cell, cell - n)
            if i == n - 1:
                union(parent, size, cell, cells + 1)
            elif grid[i + 1, j] == 1:
                union(parent, size, cell, cell + n)
            if j > 0 and grid[i, j - 1] == 1:
                union(parent, size, cell, cell - 1)
            if j < n - 1 and grid[i, j + 1] == 1:
                union(parent, size, cell, cell + 1)
        total += opened / cells
    return total / trials, grid


KERNELS = (find, union, percolate)
VECTORISED_BY_LLVM = False
SIZES = {"check": (8, 3), "python": (64, 10), "main": (512, 8)}


def make(size):
    return size[0], size[1], 2024


def work(size):
    return size[0] ** 2 * size[1]


def check(args, result):
    share, grid = result
    assert abs(share - 0.5927) < 3.0 / args[0]
    # The last grid has a path of open cells from the first row to the last one.
    reached = np.zeros_like(grid, dtype=bool)
    reached[0] = grid[0] == 1
    while True:
        wider = reached.copy()
        wider[1:] |= reached[:-1]
        wider[:-1] |= reached[1:]
        wider[:, 1:] |= reached[:, :-1]
        wider[:, :-1] |= reached[:, 1:]
        wider &= grid == 1
        if (wider == reached).all():
            break
        reached = wider
    assert reached[-1].any()


def picture(args, result, path):
    from _data import save_grey

    save_grey(result[1], path, 0, 1)
