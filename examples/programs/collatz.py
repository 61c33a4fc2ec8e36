"""Collatz: the longest chain that starts below a limit."""


def chain_length(n):
    steps = 1
    while n != 1:
        if n % 2 == 0:
            n //= 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


def longest_chain(limit):
    best_start = 1
    best = 1
    for start in range(1, limit):
        length = chain_length(start)
        if length > best:
            best = length
            best_start = start
    return best_start, best


KERNELS = (chain_length, longest_chain)
VECTORISED_BY_LLVM = False
SIZES = {"check": 1000, "python": 100_000, "main": 1_000_000}
KNOWN = {1000: (871, 179), 100_000: (77031, 351), 1_000_000: (837799, 525)}


def make(limit):
    return (limit,)


def work(limit):
    return limit


def check(args, result):
    assert result == KNOWN[args[0]], result
