"""looplift under joblib: a compiled function, and a closure with data, in processes.

Run it with `python examples/with_joblib.py`; it needs the package `joblib`.
"""

import numpy as np
from looplift import njit


@njit(nogil=True)
def walk(seed, steps):
    """The end of a random walk."""
    np.random.seed(seed)
    place = 0
    for _ in range(steps):
        place += 1 if np.random.random() < 0.5 else -1
    return place


def scaled(weights):
    @njit
    def total(x):
        return np.sum(weights * x)

    return total


def run(processes=2):
    """Results of processes, and of this one: pairs that are alike."""
    from joblib import Parallel, delayed

    ends = Parallel(n_jobs=processes)(delayed(walk)(seed, 1000) for seed in range(8))
    total = scaled(np.arange(5.0))
    sums = Parallel(n_jobs=processes)(delayed(total)(np.full(5, x)) for x in (1.0, 2.0, 3.0))
    return [(ends, [walk(seed, 1000) for seed in range(8)]), (sums, [10.0, 20.0, 30.0])]


def main():
    for n, (got, expected) in enumerate(run()):
        print(n, got == expected)


if __name__ == "__main__":
    main()
