"""What is measured in a process of its own: start-up, memory, freeing of code, Ctrl-C, instruction counts.

    python fresh.py import MODULE
    python fresh.py cold MODULE PROGRAM ARGUMENTS     import and first result
    python fresh.py memory MODULE PROGRAM ARGUMENTS   resident memory they add
    python fresh.py drop MODULE CYCLES                compile, call, drop
    python fresh.py spin MODULE                       a loop of 1e10 iterations, stopped by SIGINT, several times
    python fresh.py steps MODULE ITERATIONS ...       stops around a tight loop, for a tracer

Each prints one JSON object (`spin` and `steps` a line each time). NumPy is imported before anything is measured.
"""

import gc
import importlib
import json
import os
import pickle
import signal
import sys
import time
from pathlib import Path

import numpy  # noqa: F401

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "examples")]


def resident() -> float:
    """Resident memory of this process in MB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def say(**values):
    print(json.dumps(values), flush=True)


def do_import(module):
    wall, cpu = time.perf_counter(), time.process_time()
    importlib.import_module(module)
    say(cpu=time.process_time() - cpu, wall=time.perf_counter() - wall)


def first_result(module, name, arguments):
    """A function that imports the module and computes the program's first result."""
    import programs

    programs.load(name)  # whatever the program itself imports is not the engine's
    arguments = pickle.loads(Path(arguments).read_bytes())

    def run():
        return programs.load(name, importlib.import_module(module).njit).entry(*arguments)

    return run


def do_cold(module, name, arguments):
    run = first_result(module, name, arguments)
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    say(cpu=time.process_time() - cpu, wall=time.perf_counter() - wall)


def do_memory(module, name, arguments):
    run = first_result(module, name, arguments)
    gc.collect()
    before = resident()
    run()
    say(mb=resident() - before)


def do_drop(module, cycles):
    njit = importlib.import_module(module).njit

    def cycle(i):
        def scaled(x):
            return x * 2 + i

        assert njit(scaled)(3) == 6 + i

    cycles = int(cycles)
    for i in range(max(cycles // 10, 20)):
        cycle(i)
    gc.collect()
    before, start = resident(), time.process_time()
    for i in range(cycles):
        cycle(i)
    seconds = time.process_time() - start
    gc.collect()
    say(cycles=cycles, mb=resident() - before, seconds_each=seconds / cycles)


def tight(n, seed):
    state = seed
    for i in range(n):
        state = (state * 48271) ^ i
    return state


def do_spin(module):
    compiled = importlib.import_module(module).njit(tight)
    compiled(10, 1)
    for _ in range(5):
        say(ready=True)
        try:
            compiled(10**10, 1)
            say(finished=True)
        except KeyboardInterrupt:
            say(stopped=time.monotonic())


def do_steps(module, *iterations):
    import ctypes

    compiled = importlib.import_module(module).njit(tight)
    for _ in range(100):
        compiled(10, 1)
    gc.disable()
    ctypes.CDLL(None).ptrace(0, 0, 0, 0)  # PTRACE_TRACEME
    kill, process, stop = os.kill, os.getpid(), signal.SIGSTOP
    for n in map(int, iterations):
        kill(process, stop)
        compiled(n, 1)
        kill(process, stop)


if __name__ == "__main__":
    globals()[f"do_{sys.argv[1]}"](*sys.argv[2:])
