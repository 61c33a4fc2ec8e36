"""Monte Carlo: pi from the Park-Miller generator."""

import math


def next_state(state):
    return state * 48271 % 2147483647


def monte_carlo(samples, seed):
    state = seed
    inside = 0
    for _ in range(samples):
        state = next_state(state)
        x = state / 2147483647.0
        state = next_state(state)
        y = state / 2147483647.0
        if x * x + y * y <= 1.0:
            inside += 1
    return 4.0 * inside / samples, state


KERNELS = (next_state, monte_carlo)
VECTORISED_BY_LLVM = False
SIZES = {"check": 5_000, "python": 500_000, "main": 20_000_000}


def make(samples):
    return samples, 42


def work(samples):
    return samples


def check(args, result):
    samples, seed = args
    pi, state = result
    assert abs(pi - math.pi) < 8.0 / math.sqrt(samples)
    assert state == seed * pow(48271, 2 * samples, 2147483647) % 2147483647
