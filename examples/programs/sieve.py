"""Sieve of Eratosthenes: the number of primes and the last one."""

import numpy as np


def sieve(limit):
    prime = np.ones(limit + 1, np.bool_)
    prime[0] = False
    prime[1] = False
    p = 2
    while p * p <= limit:
        if prime[p]:
            for multiple in range(p * p, limit + 1, p):
                prime[multiple] = False
        p += 1
    count = 0
    last = 0
    for n in range(2, limit + 1):
        if prime[n]:
            count += 1
            last = n
    return count, last


KERNELS = (sieve,)
VECTORISED_BY_LLVM = False
SIZES = {"check": 5_000, "python": 1_000_000, "main": 20_000_000}
KNOWN = {5_000: (669, 4999), 1_000_000: (78498, 999983), 20_000_000: (1270607, 19999999)}


def make(limit):
    return (limit,)


def work(limit):
    return limit


def check(args, result):
    assert result == KNOWN[args[0]], result
