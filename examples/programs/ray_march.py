"""Ray marching: spheres on a chequered floor, by distance fields and tuples."""

import math

import numpy as np


def distance(x, y, z):
    floor = y + 1.0
    ball = math.sqrt(x * x + y * y + z * z) - 1.0
    dx = abs(x) - 2.2
    small = math.sqrt(dx * dx + (y + 0.4) ** 2 + (z - 0.6) ** 2) - 0.6
    return min(floor, ball, small)


def normal(x, y, z):
    h = 1e-4
    nx = distance(x + h, y, z) - distance(x - h, y, z)
    ny = distance(x, y + h, z) - distance(x, y - h, z)
    nz = distance(x, y, z + h) - distance(x, y, z - h)
    length = math.sqrt(nx * nx + ny * ny + nz * nz)
    return nx / length, ny / length, nz / length


def march(ox, oy, oz, dx, dy, dz, far):
    travelled = 0.0
    for _ in range(120):
        step = distance(ox + dx * travelled, oy + dy * travelled, oz + dz * travelled)
        if step < 1e-4 * (1.0 + travelled):
            return travelled
        travelled += step
        if travelled > far:
            break
    return -1.0


def shade(ox, oy, oz, dx, dy, dz):
    far = 30.0
    hit = march(ox, oy, oz, dx, dy, dz, far)
    sky = 0.55 + 0.45 * dy
    if hit < 0.0:
        return sky
    x = ox + dx * hit
    y = oy + dy * hit
    z = oz + dz * hit
    n = normal(x, y, z)
    light = (0.48, 0.8, -0.36)
    brightness = max(0.0, n[0] * light[0] + n[1] * light[1] + n[2] * light[2])
    if brightness > 0.0:
        if march(x + n[0] * 1e-2, y + n[1] * 1e-2, z + n[2] * 1e-2, light[0], light[1], light[2], far) > 0.0:
            brightness *= 0.25
    base = 0.9
    if y < -0.99 and (math.floor(x) + math.floor(z)) % 2 == 0:
        base = 0.45
    colour = base * (0.15 + 0.85 * brightness)
    fog = math.exp(-0.004 * hit * hit)
    return colour * fog + sky * (1.0 - fog)


def render(width, height):
    image = np.empty((height, width))
    for row in range(height):
        v = (0.5 * height - row) / height
        for column in range(width):
            u = (column - 0.5 * width) / height
            length = math.sqrt(u * u + v * v + 1.0)
            image[row, column] = shade(0.0, 0.6, -4.5, u / length, v / length, 1.0 / length)
    return image


KERNELS = (distance, normal, march, shade, render)
VECTORISED_BY_LLVM = False
TOLERANCE = 1e-9
SIZES = {"check": (16, 12), "python": (80, 60), "main": (640, 480)}


def make(size):
    return size


def work(size):
    return size[0] * size[1]


def check(args, result):
    width, height = args
    assert result.shape == (height, width)
    assert np.isfinite(result).all() and result.min() >= 0.0 and result.max() <= 1.0
    # Straight up is sky, straight down is floor.
    u, v = -0.5 * width / height, 0.5
    assert math.isclose(result[0, 0], 0.55 + 0.45 * v / math.sqrt(u * u + v * v + 1.0), rel_tol=1e-12)
    assert result[-1, width // 2] < 0.9


def picture(args, result, path):
    from _data import save_grey

    save_grey(result, path, 0.0, 1.0)
