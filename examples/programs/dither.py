"""Floyd-Steinberg dithering: a photograph in black and white."""

import numpy as np
from _data import photograph, save_grey


def dither(image):
    rows, columns = image.shape
    light = np.empty((rows, columns))
    out = np.zeros((rows, columns), np.uint8)
    for i in range(rows):
        for j in range(columns):
            light[i, j] = float(image[i, j])
    for i in range(rows):
        for j in range(columns):
            old = light[i, j]
            new = 255.0 if old >= 128.0 else 0.0
            out[i, j] = int(new)
            error = old - new
            if j + 1 < columns:
                light[i, j + 1] += error * (7.0 / 16.0)
            if i + 1 < rows:
                if j > 0:
                    light[i + 1, j - 1] += error * (3.0 / 16.0)
                light[i + 1, j] += error * (5.0 / 16.0)
                if j + 1 < columns:
                    light[i + 1, j + 1] += error * (1.0 / 16.0)
    return out


KERNELS = (dither,)
VECTORISED_BY_LLVM = False
SIZES = {"check": 16, "python": 256, "main": 2400}


def make(height):
    return (photograph(height),)


def work(height):
    return height * (512 * height // 600)


def check(args, result):
    image = args[0]
    assert set(np.unique(result)) <= {0, 255}
    # Dithering keeps the light of the picture.
    assert abs(result.mean() - image.mean()) < 8.0


def picture(args, result, path):
    save_grey(result[:: max(1, len(result) // 1200), :: max(1, len(result) // 1200)], path, 0, 255)
