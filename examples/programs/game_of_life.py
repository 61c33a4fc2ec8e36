"""Game of Life on a torus."""

import numpy as np
from _data import random, save_grey


def game_of_life(start, generations):
    rows, columns = start.shape
    board = np.empty_like(start)
    board[:, :] = start
    fresh = np.zeros_like(board)
    for _ in range(generations):
        for i in range(rows):
            up = i - 1 if i > 0 else rows - 1
            down = i + 1 if i < rows - 1 else 0
            for j in range(columns):
                left = j - 1 if j > 0 else columns - 1
                right = j + 1 if j < columns - 1 else 0
                neighbours = (
                    board[up, left]
                    + board[up, j]
                    + board[up, right]
                    + board[i, left]
                    + board[i, right]
                    + board[down, left]
                    + board[down, j]
                    + board[down, right]
                )
                if neighbours == 3 or (neighbours == 2 and board[i, j] == 1):
                    fresh[i, j] = 1
                else:
                    fresh[i, j] = 0
        board, fresh = fresh, board
    return board


KERNELS = (game_of_life,)
VECTORISED_BY_LLVM = False
SIZES = {"check": (12, 8), "python": (64, 60), "main": (512, 100)}


def make(size):
    n, generations = size
    return (random(5).random((n, n)) < 0.3).astype(np.uint8), generations


def work(size):
    return size[0] ** 2 * size[1]


def check(args, result):
    board, generations = args
    for _ in range(generations):
        neighbours = sum(np.roll(board, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j)
        board = ((neighbours == 3) | ((neighbours == 2) & (board == 1))).astype(np.uint8)
    np.testing.assert_array_equal(result, board)


def picture(args, result, path):
    save_grey(result, path, 0, 1)
