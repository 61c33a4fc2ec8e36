"""Floyd-Warshall: all shortest paths of a dense graph."""

import numpy as np
from _data import random


def floyd_warshall(weights):
    n = weights.shape[0]
    distance = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            distance[i, j] = weights[i, j]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                through = distance[i, k] + distance[k, j]
                if through < distance[i, j]:
                    distance[i, j] = through
    return distance


KERNELS = (floyd_warshall,)
VECTORISED_BY_LLVM = False
SIZES = {"check": 16, "python": 100, "main": 500}


def make(n):
    generator = random(2)
    weights = generator.integers(1, 100, (n, n)).astype(np.float64)
    weights[generator.random((n, n)) > 12.0 / n] = np.inf
    np.fill_diagonal(weights, 0.0)
    return (weights,)


def work(n):
    return n**3


def check(args, result):
    distance = args[0].copy()
    for k in range(len(distance)):
        np.minimum(distance, distance[:, k, None] + distance[k], out=distance)
    np.testing.assert_array_equal(result, distance)


def picture(args, result, path):
    from _data import save_coloured

    save_coloured(np.where(np.isfinite(result), result, 0.0), path, "viridis")
