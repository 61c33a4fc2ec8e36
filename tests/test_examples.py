"""Each demo program and each micro-benchmark, compiled, at a small size: right, like plain Python, arguments untouched."""

import copy
import importlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "examples"), str(ROOT / "benchmarks")]

import micro  # noqa: E402
import programs  # noqa: E402
from programs._same import difference  # noqa: E402

njit = importlib.import_module(os.environ.get("LOOPLIFT_TEST_MODULE", "looplift")).njit

SHRUNK = 400


@pytest.mark.parametrize("name", programs.names())
def test_program(name):
    plain, compiled = programs.load(name), programs.load(name, njit)
    arguments = plain.make(plain.SIZES["check"])
    untouched = copy.deepcopy(arguments)
    result = compiled.entry(*arguments)
    plain.check(arguments, result)
    assert difference(result, plain.entry(*arguments), getattr(plain, "TOLERANCE", 0.0)) is None
    assert difference(tuple(arguments), tuple(untouched)) is None
    assert difference(compiled.entry(*arguments), result) is None, "a second call gives another result"


@pytest.mark.parametrize("name", programs.names())
def test_program_states_what_the_runners_need(name):
    program = programs.load(name)
    assert program.title
    assert isinstance(program.VECTORISED_BY_LLVM, bool)
    sizes = program.SIZES
    assert program.work(sizes["check"]) < program.work(sizes["python"]) <= program.work(sizes["main"])


@pytest.mark.parametrize("name", micro.CASES)
def test_micro_benchmark(name):
    plain, compiled = micro.load(name), micro.load(name, njit)
    arguments = tuple(a[:SHRUNK] % SHRUNK if _is_index(a) else a[:SHRUNK] if _is_array(a) else a for a in plain.make())
    if name in ("fib", "collatz_steps", "gcd_sum", "xorshift"):
        arguments = (12, *arguments[1:])
    assert difference(compiled.entry(*arguments), plain.entry(*arguments), 1e-12) is None


def _is_array(a):
    return isinstance(a, np.ndarray)


def _is_index(a):
    return _is_array(a) and a.dtype.kind == "i" and a.min() >= 0


def test_difference_finds_differences():
    a = np.arange(3.0)
    assert difference(a, a.copy()) is None
    assert difference((1, a), (1, a.copy())) is None
    assert difference(np.nan, np.nan) is None
    assert difference(a, a + 1e-9)
    assert difference(a, a + 1e-9, 1e-8) is None
    assert difference(a, a.astype(np.float32))
    assert difference(a, a[:2])
    assert difference(True, 1)
    assert difference((1, 2), (1, 3))
    assert difference((1, 2), 1)
