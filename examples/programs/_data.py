"""Input data that several programs share: a real photograph, and small makers of random arrays."""

import numpy as np


def photograph(height: int) -> np.ndarray:
    """A grey photograph (uint8, 2-D) `height` rows high: Grace Hopper's portrait, which matplotlib ships."""
    image = _portrait(height).convert("L")
    return np.array(image, dtype=np.uint8)


def photograph_rgb(height: int) -> np.ndarray:
    """The same portrait in colour: uint8, shape (height, width, 3)."""
    return np.array(_portrait(height).convert("RGB"), dtype=np.uint8)


def _portrait(height):
    from matplotlib import cbook
    from PIL import Image

    with cbook.get_sample_data("grace_hopper.jpg") as file:
        image = Image.open(file)
        image.load()
    return image.resize((image.width * height // image.height, height), Image.Resampling.LANCZOS)


def random(seed: int) -> np.random.Generator:
    """A generator with a fixed seed: every run works on the same input."""
    return np.random.default_rng(seed)


def save_grey(values: np.ndarray, path, low=None, high=None) -> None:
    """Write a 2-D array as a grey picture, scaled from [low, high] to 0..255."""
    from PIL import Image

    low = values.min() if low is None else low
    high = values.max() if high is None else high
    scaled = (np.clip(values, low, high) - low) * (255.0 / max(high - low, 1e-300))
    Image.fromarray(scaled.astype(np.uint8)).save(path)


def save_coloured(values: np.ndarray, path, colours="inferno") -> None:
    """Write a 2-D array as a picture in one of matplotlib's colour maps."""
    from matplotlib import colormaps
    from PIL import Image

    span = max(float(values.max() - values.min()), 1e-300)
    rgb = colormaps[colours]((values - values.min()) / span)[:, :, :3]
    Image.fromarray((rgb * 255).astype(np.uint8)).save(path)
