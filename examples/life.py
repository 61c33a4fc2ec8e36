"""Conway's Game of Life as a stencil, and its frames as an animated GIF: ``python examples/life.py [FILE.gif]``."""

import sys
from pathlib import Path

import numpy as np
from looplift import njit, stencil


@stencil
def next_state(cells):
    """The state of a cell after one step: alive with three living neighbours, or alive still with two."""
    neighbours = (
        cells[-1, -1] + cells[-1, 0] + cells[-1, 1] + cells[0, -1] + cells[0, 1] + cells[1, -1] + cells[1, 0] + cells[1, 1]
    )
    if cells[0, 0] == 1 and (neighbours == 2 or neighbours == 3):
        return 1
    elif cells[0, 0] == 0 and neighbours == 3:
        return 1
    else:
        return 0


@njit
def prepare_frames(cells, count=30):
    """The first `count` states of a world, a list of int64 arrays of its shape."""
    frames = []
    for _ in range(count):
        frames.append(cells.copy())
        cells = next_state(cells)
    return frames


def two_gliders():
    """A world of 20 by 20 cells with two gliders."""
    world = np.zeros((20, 20), dtype=np.int64)
    world[2:5, 2:5] = [[0, 0, 1], [1, 0, 1], [0, 1, 1]]
    world[15:18, 2:5] = [[0, 1, 1], [1, 0, 1], [0, 0, 1]]
    return world


def animate(frames, path):
    """Writes the frames as an animated GIF."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.animation import FuncAnimation, PillowWriter

    figure, axes = plt.subplots(figsize=(3, 3))
    axes.set_axis_off()
    image = axes.imshow(frames[0], cmap="Greys", vmin=0, vmax=1)

    def show(frame):
        image.set_data(frame)
        return (image,)

    FuncAnimation(figure, show, frames=frames, blit=True).save(path, writer=PillowWriter(fps=8))
    plt.close(figure)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "life.gif")
    animate(prepare_frames(two_gliders(), 45), target)
    print(f"wrote {target}")
