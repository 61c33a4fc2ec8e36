"""What `numpy.random`'s own stream and those of generators draw in the same way: orders, choices, rows of numbers.

The first parameter is the stream, as the runtime's symbols take it: 1, or a generator, whose lock the caller holds.
"""

from functools import cache

import numpy as np

from looplift.library import _native as native
from looplift.library._types import is_real, is_tuple, kind


def shuffle(stream, x):
    for i in range(len(x) - 1, 0, -1):
        j = native.random_interval(stream, i)
        if i != j:
            item = x[i]
            x[i] = x[j]
            x[j] = item


def shuffle_rows(stream, x):
    for i in range(len(x) - 1, 0, -1):
        j = native.random_interval(stream, i)
        if i != j:
            item = x[i].copy()
            x[i] = x[j]
            x[j] = item


def cumulated(p, n):
    """Cumulated probabilities, their sum 1."""
    if len(p) != n:
        raise ValueError("'a' and 'p' must have same size")
    out = np.cumsum(p.astype(np.float64))
    total = out[-1]
    for x in p:
        if x < 0:
            raise ValueError("probabilities are not non-negative")
        if x != x:
            raise ValueError("probabilities contain NaN")
    if abs(total - 1.0) > 1.4901161193847656e-08:
        raise ValueError("probabilities do not sum to 1")
    for i in range(n):
        out[i] /= total
    return out


def weighted(stream, n, count, p):
    """Indices below `n` with these probabilities."""
    numbers = np.empty(count)
    steps = cumulated(p, n)
    for i in range(count):
        numbers[i] = native.random_uniform01(stream)
    return np.searchsorted(steps, numbers, side="right")


@cache
def weighted_without(too_many):
    """The same, each index once; `too_many` says what is wrong with more than there are."""

    def without(stream, n, count, p):
        if count > n:
            raise ValueError(too_many)
        if len(p) != n:
            raise ValueError("'a' and 'p' must have same size")
        positive = 0
        for x in p:
            positive += x > 0
        if positive < count:
            raise ValueError("Fewer non-zero entries in p than size")
        left = p.astype(np.float64)
        steps = cumulated(left, n)
        found = np.empty(count, np.int64)
        done = 0
        while done < count:
            numbers = np.empty(count - done)
            for i in range(len(numbers)):
                numbers[i] = native.random_uniform01(stream)
            if done > 0:
                for i in range(done):
                    left[found[i]] = 0
                steps = np.cumsum(left)
                total = steps[-1]
                for i in range(n):
                    steps[i] /= total
            new = np.searchsorted(steps, numbers, side="right")
            # Each index once, in the order of first appearance.
            start = done
            for i in range(len(new)):
                fresh = True
                for k in range(start, done):
                    if found[k] == new[i]:
                        fresh = False
                if fresh:
                    found[done] = new[i]
                    done += 1
        return found

    return without


def multinomial_row(stream, n, pvals, out):
    rest = 1.0
    left = n
    d = len(pvals)
    for j in range(d - 1):
        out[j] = native.random_binomial(stream, left, pvals[j] / rest)
        left -= out[j]
        if left <= 0:
            break
        rest -= pvals[j]
    if left > 0:
        out[d - 1] = left


def check_pvals(n, pvals):
    if n < 0:
        raise ValueError("n < 0")
    total = 0.0
    for i in range(len(pvals)):
        if not (0 <= pvals[i] <= 1):
            raise ValueError("pvals < 0, pvals > 1 or pvals contains NaNs")
        if i < len(pvals) - 1:
            total += pvals[i]
    if total > 1.0 + 1e-12:
        raise ValueError("sum(pvals[:-1]) > 1.0")


def as_shape(size):
    return (size,)


def itself(size):
    return size


_NOT_POSITIVE = "alpha <= 0: dirichlet: alpha must be > 0.0"


def check_alpha(alpha):
    if len(alpha) == 0:
        raise ValueError(_NOT_POSITIVE)
    for x in alpha:
        if not x > 0:
            raise ValueError(_NOT_POSITIVE)


def is_numbers(t):
    """A tuple or list of numbers."""
    return (is_tuple(t) and t.count > 0 and all(is_real(x) for x in t.types)) or (
        kind(t) == "list" and is_real(t.dtype)
    )


@cache
def of_sequence(method, names):
    """A function whose parameter before `size` is a sequence, where `method` takes an array."""
    *first, sequence = names
    namespace = {"method": method, "np": np, "__name__": __name__}
    given = ", ".join([*first, f"np.asarray({sequence})"])
    exec(f"def of_sequence({', '.join(names)}, size=None):\n    return method({given}, size)\n", namespace)
    return namespace["of_sequence"]
