"""K-means: the colours of a photograph reduced to a few."""

import numpy as np
from _data import photograph_rgb, random


def nearest(point, centres):
    best = 0
    best_distance = np.inf
    for k in range(centres.shape[0]):
        distance = 0.0
        for axis in range(centres.shape[1]):
            difference = point[axis] - centres[k, axis]
            distance += difference * difference
        if distance < best_distance:
            best_distance = distance
            best = k
    return best


def kmeans(points, start, rounds):
    count, dimensions = points.shape
    centres = np.zeros_like(start)
    centres[:, :] = start
    labels = np.zeros(count, np.int64)
    for _ in range(rounds):
        sums = np.zeros_like(centres)
        sizes = np.zeros(centres.shape[0], np.int64)
        for i in range(count):
            k = nearest(points[i], centres)
            labels[i] = k
            sizes[k] += 1
            for axis in range(dimensions):
                sums[k, axis] += points[i, axis]
        for k in range(centres.shape[0]):
            if sizes[k] > 0:
                for axis in range(dimensions):
                    centres[k, axis] = sums[k, axis] / sizes[k]
    return labels, centres


KERNELS = (nearest, kmeans)
VECTORISED_BY_LLVM = False
SIZES = {"check": 16, "python": 64, "main": 600}


def make(height):
    points = photograph_rgb(height).reshape(-1, 3).astype(np.float64)
    start = points[random(4).choice(len(points), 8, replace=False)]
    return points, start, 10


def work(height):
    return height * (512 * height // 600)


def check(args, result):
    points, centres, rounds = args
    for _ in range(rounds):
        labels = ((points[:, None, :] - centres) ** 2).sum(axis=2).argmin(axis=1)
        sizes = np.bincount(labels, minlength=len(centres))
        sums = np.stack([np.bincount(labels, points[:, axis], len(centres)) for axis in range(3)], axis=1)
        centres = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], centres)
    np.testing.assert_allclose(result[1], centres, rtol=1e-9)
    assert np.mean(result[0] != labels) < 1e-6


def picture(args, result, path):
    from PIL import Image

    labels, centres = result
    width = 512 * SIZES["main"] // 600
    pixels = np.clip(centres, 0, 255)[labels].astype(np.uint8)
    Image.fromarray(pixels.reshape(-1, width, 3)).save(path)
