"""The Game of Life example: frames as plain NumPy computes them, and a GIF of them."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))
import life  # noqa: E402


def step(world):
    out = np.zeros_like(world)
    for y in range(1, world.shape[0] - 1):
        for x in range(1, world.shape[1] - 1):
            n = world[y - 1 : y + 2, x - 1 : x + 2].sum() - world[y, x]
            out[y, x] = n == 3 or (n == 2 and world[y, x])
    return out


def test_frames():
    world = life.two_gliders()
    frames = life.prepare_frames(world, 12)
    assert type(frames) is list and len(frames) == 12
    for frame in frames:
        assert frame.dtype == np.int64
        np.testing.assert_array_equal(frame, world)
        world = step(world)


def test_animation(tmp_path):
    from PIL import Image

    target = tmp_path / "life.gif"
    life.animate(life.prepare_frames(life.two_gliders(), 5), target)
    with Image.open(target) as image:
        assert image.format == "GIF" and image.n_frames == 5
