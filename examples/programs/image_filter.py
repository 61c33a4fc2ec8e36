"""Image filter: a 5x5 Gaussian and Sobel edges on a photograph."""

import math

import numpy as np
from _data import photograph, save_grey


def convolve(image, weights):
    rows, columns = image.shape
    size = weights.shape[0]
    half = size // 2
    out = np.empty((rows, columns))
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            for u in range(size):
                y = min(max(i + u - half, 0), rows - 1)
                for v in range(size):
                    x = min(max(j + v - half, 0), columns - 1)
                    total += weights[u, v] * image[y, x]
            out[i, j] = total
    return out


def edges(image, blur, horizontal, vertical):
    smooth = convolve(image, blur)
    gx = convolve(smooth, horizontal)
    gy = convolve(smooth, vertical)
    out = np.empty_like(gx)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = math.sqrt(gx[i, j] ** 2 + gy[i, j] ** 2)
    return out


KERNELS = (convolve, edges)
VECTORISED_BY_LLVM = False
SIZES = {"check": 16, "python": 96, "main": 1200}
BINOMIAL = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
SOBEL = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])


def make(height):
    return photograph(height).astype(np.float64), np.outer(BINOMIAL, BINOMIAL), SOBEL, np.ascontiguousarray(SOBEL.T)


def work(height):
    return height * (512 * height // 600)


def check(args, result):
    def convolved(image, weights):
        half = len(weights) // 2
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, half, "edge"), weights.shape)
        return np.einsum("ijuv,uv->ij", windows, weights)

    image, blur, horizontal, vertical = args
    smooth = convolved(image, blur)
    expected = np.hypot(convolved(smooth, horizontal), convolved(smooth, vertical))
    np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-9)


def picture(args, result, path):
    save_grey(result, path, 0, 255)
