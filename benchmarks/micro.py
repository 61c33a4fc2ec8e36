"""Micro-benchmarks: one loop or one call each, to see which kind of code is fast and which is not.

A function marked `@case(arguments)` is one benchmark; functions it calls are listed in `uses`. The decorator only
registers: the functions stay plain Python until `load` passes them through a `jit`.
"""

import importlib.util
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np


@dataclass(frozen=True)
class Case:
    """One benchmark: the function, what it calls, its arguments, and whether only the call itself is timed."""

    function: Callable
    uses: tuple[Callable, ...]
    arguments: Callable[[], tuple]
    call_only: bool


CASES: dict[str, Case] = {}


def case(arguments, uses=(), call_only=False):
    def register(function):
        CASES[function.__name__] = Case(function, tuple(uses), arguments, call_only)
        return function

    return register


def load(name: str, jit=None) -> SimpleNamespace:
    """A fresh copy of one case, shaped as `programs.load` shapes a program."""
    spec = importlib.util.spec_from_file_location("looplift_micro", Path(__file__))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found = module.CASES[name]
    if jit is not None:
        for function in (*found.uses, found.function):
            setattr(module, function.__name__, jit(function))
    return SimpleNamespace(entry=getattr(module, name), plain=found.function, make=found.arguments, name=name)


def floats(n=100_000, seed=0):
    return np.random.default_rng(seed).random(n)


def integers(n=100_000, low=0, high=1000, seed=0):
    return np.random.default_rng(seed).integers(low, high, n)


# --- Calls: the time is the call's, compared with a plain `def` too --------------------------------------------


@case(lambda: (500, 637), call_only=True)
def add(a, b):
    return a + b


@case(lambda: (floats(8),), call_only=True)
def first(a):
    return a[0]


@case(lambda: (1.5, 2.5), call_only=True)
def add_floats(a, b):
    return a + b


@case(lambda: ((3, 4.0),), call_only=True)
def tuple_sum(t):
    return t[0] + t[1]


# --- Loops over arrays -----------------------------------------------------------------------------------------


@case(lambda: (floats(),))
def float_sum(a):
    total = 0.0
    for i in range(len(a)):
        total += a[i]
    return total


@case(lambda: (integers().astype(np.int32),))
def int32_sum(a):
    total = 0
    for value in a:
        total += value
    return total


@case(lambda: (2.5, floats(), floats(seed=1)))
def axpy(alpha, x, y):
    out = np.empty_like(y)
    for i in range(len(x)):
        out[i] = alpha * x[i] + y[i]
    return out


@case(lambda: (floats(),))
def maximum(a):
    best = a[0]
    for i in range(1, len(a)):
        if a[i] > best:
            best = a[i]
    return best


@case(lambda: (floats(), floats(seed=1)))
def where(a, b):
    out = np.empty_like(a)
    for i in range(len(a)):
        out[i] = a[i] if a[i] > b[i] else b[i] - a[i]
    return out


@case(lambda: (floats(), floats(seed=1)))
def dot(a, b):
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@case(lambda: (floats(),))
def sqrt_sum(a):
    total = 0.0
    for i in range(len(a)):
        total += math.sqrt(a[i])
    return total


@case(lambda: (floats(20_000),))
def exp_sum(a):
    total = 0.0
    for i in range(len(a)):
        total += math.exp(-a[i])
    return total


@case(lambda: (floats(300_000)[::3],))
def strided_sum(a):
    total = 0.0
    for i in range(len(a)):
        total += a[i]
    return total


@case(lambda: (floats(90_000).reshape(300, 300),))
def column_sums(a):
    out = np.zeros(a.shape[1])
    for j in range(a.shape[1]):
        for i in range(a.shape[0]):
            out[j] += a[i, j]
    return out


@case(lambda: (floats(90_000).reshape(300, 300),))
def transpose(a):
    out = np.empty((a.shape[1], a.shape[0]))
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[j, i] = a[i, j]
    return out


@case(lambda: (floats(), integers(high=100_000)))
def gather(values, places):
    total = 0.0
    for i in range(len(places)):
        total += values[places[i]]
    return total


@case(lambda: (integers(high=256),))
def scatter(values):
    counts = np.zeros(256, np.int64)
    for i in range(len(values)):
        counts[values[i]] += 1
    return counts


@case(lambda: (integers(),))
def prefix_sum(a):
    out = np.empty_like(a)
    total = 0
    for i in range(len(a)):
        total += a[i]
        out[i] = total
    return out


@case(lambda: (np.sort(floats()), floats(2_000, seed=1)))
def binary_search(table, wanted):
    found = 0
    for value in wanted:
        low = 0
        high = len(table)
        while low < high:
            middle = (low + high) // 2
            if table[middle] < value:
                low = middle + 1
            else:
                high = middle
        found += low
    return found


@case(lambda: (floats(20_000), floats(20_000, 1)))
def complex_product(real, imaginary):
    total = 1.0 + 0.0j
    for i in range(len(real)):
        total = total * complex(real[i], imaginary[i]) + 0.5
        if abs(total.real) > 1e3 or abs(total.imag) > 1e3:
            total = 1.0 + 0.0j
    return total


# --- Integer division --------------------------------------------------------------------------------------------


@case(lambda: (integers(low=-(10**9), high=10**9),))
def divide_by_8(a):
    total = 0
    for i in range(len(a)):
        total += a[i] // 8
    return total


@case(lambda: (integers(low=-(10**9), high=10**9),))
def modulo_8(a):
    total = 0
    for i in range(len(a)):
        total += a[i] % 8
    return total


@case(lambda: (integers(low=-(10**9), high=10**9),))
def modulo_7(a):
    total = 0
    for i in range(len(a)):
        total += a[i] % 7
    return total


@case(lambda: (integers(low=-(10**9), high=10**9), 37))
def divide_by_variable(a, divisor):
    total = 0
    for i in range(len(a)):
        total += a[i] // divisor
    return total


@case(lambda: (integers(low=-(10**9), high=10**9), 37))
def quotient_and_remainder(a, divisor):
    total = 0
    for i in range(len(a)):
        total += a[i] // divisor + a[i] % divisor
    return total


# --- Control flow and calls --------------------------------------------------------------------------------------


@case(lambda: (2_000,))
def collatz_steps(limit):
    total = 0
    for start in range(1, limit):
        n = start
        while n != 1:
            if n % 2 == 0:
                n //= 2
            else:
                n = 3 * n + 1
            total += 1
    return total


@case(lambda: (20_000,))
def gcd_sum(limit):
    total = 0
    for n in range(1, limit):
        a = n
        b = limit
        while b != 0:
            a, b = b, a % b
        total += a
    return total


@case(lambda: (24,))
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def clamp(value, low, high):
    if value < low:
        return low
    if value > high:
        return high
    return value


@case(lambda: (floats(),), uses=(clamp,))
def small_calls(a):
    total = 0.0
    for i in range(len(a)):
        total += clamp(a[i], 0.25, 0.75)
    return total


def polar(x, y):
    return math.sqrt(x * x + y * y), x - y


@case(lambda: (floats(), floats(seed=1)), uses=(polar,))
def tuple_calls(a, b):
    total = 0.0
    for i in range(len(a)):
        radius, difference = polar(a[i], b[i])
        total += radius * difference
    return total


@case(lambda: (100_000, 12345))
def xorshift(rounds, seed):
    state = seed
    for _ in range(rounds):
        state ^= (state << 13) & 0x7FFFFFFFFFFFFFFF
        state ^= state >> 7
        state ^= (state << 17) & 0x7FFFFFFFFFFFFFFF
    return state
