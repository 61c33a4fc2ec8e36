"""Threads, fork, dropping compiled functions, memory."""

import gc
import os
import signal
import threading

import numpy as np
import pytest

from support import beyond_peer, njit, process

LINUX = os.path.exists("/proc/self/statm")


def resident():
    """Resident memory of this process in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def in_threads(work, count=4):
    """Run `work(i)` in threads that start together; the results in order. Errors are raised."""
    results, errors, barrier = [None] * count, [], threading.Barrier(count)

    def run(i):
        try:
            barrier.wait()
            results[i] = work(i)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]
    return results


def kernel(x, n):
    s = x
    for i in range(n):
        s = s * 3 + i
        if s > 1000:
            s -= 1000
    return s


def test_threads_compile_one_function():
    func = njit(kernel)
    assert len(set(in_threads(lambda i: func(1, 50)))) == 1
    assert len(func.signatures) == 1


def test_threads_compile_different_signatures():
    func = njit(kernel)
    values = [1, 1.5, np.int8(1), np.float32(1.5)]
    results = in_threads(lambda i: func(values[i], 20))
    assert results == [func(value, 20) for value in values]
    assert len(func.signatures) == 4


def test_threads_compile_different_functions():
    def make(i):
        func = njit(eval(f"lambda x: x * {i} + 1"))
        return func(10)

    assert in_threads(make, 8) == [10 * i + 1 for i in range(8)]


def test_threads_compile_mutually_recursive_functions():
    namespace = {"njit": njit}
    exec(
        "@njit\ndef even(n):\n    return True if n == 0 else odd(n - 1)\n\n"
        "@njit\ndef odd(n):\n    return False if n == 0 else even(n - 1)\n",
        namespace,
    )
    starts = [namespace["even"], namespace["odd"]] * 2
    assert in_threads(lambda i: starts[i](7)) == [False, True, False, True]


def test_threads_with_errors():
    def fail(x):
        if x > 2:
            raise ValueError("big", x)
        return x

    func = njit(fail)

    def work(i):
        try:
            return func(i)
        except ValueError as error:
            return error.args

    assert in_threads(work) == [0, 1, 2, ("big", 3)]


def test_nogil_runs_beside_python():
    @njit(nogil=True)
    def spin(n):
        s = 0
        for i in range(n):
            s ^= i * i
        return s

    spin(10)
    assert len(set(in_threads(lambda i: spin(1_000_000)))) == 1


def in_child(work):
    """Exit status of a forked child that returns `work()` as 0 or 1."""
    pid = os.fork()
    if pid == 0:
        code = 2
        # A child that hangs must not take the tests with it.
        signal.alarm(60)
        try:
            code = 0 if work() else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_fork_after_compiling():
    func = njit(kernel)
    expected = func(1, 30)
    assert in_child(lambda: func(1, 30) == expected) == 0
    assert func(1, 30) == expected


def test_compiling_in_a_forked_child():
    func = njit(kernel)
    func(1, 30)
    assert in_child(lambda: func(1.5, 3) == kernel(1.5, 3) and njit(lambda x: x + 1)(1) == 2) == 0


@beyond_peer("the peer deadlocks on its lock")
def test_fork_while_another_thread_compiles():
    stop = threading.Event()

    def compile_on():
        i = 0
        while not stop.is_set():
            njit(eval(f"lambda x: x + {i}"))(1)
            i += 1

    thread = threading.Thread(target=compile_on)
    thread.start()
    try:
        for _ in range(5):
            assert in_child(lambda: njit(lambda x: x * 5)(2) == 10) == 0
    finally:
        stop.set()
        thread.join()


def cycle(i):
    func = njit(eval(f"lambda x, a: x * {i} + a[0]"))
    assert func(2, np.ones(1)) == 2 * i + 1


@pytest.mark.skipif(not LINUX, reason="reads /proc")
@beyond_peer("compiled code is freed")
def test_compile_and_drop_does_not_grow():
    for i in range(200):
        cycle(i)
    gc.collect()
    before = resident()
    for i in range(1000):
        cycle(i)
    gc.collect()
    assert resident() - before < 2_000_000


@beyond_peer("compiled code is freed")
def test_callers_keep_callees_alive():
    inner = njit(lambda x: x * 3)
    outer = njit(eval("lambda x: inner(x) + 1", {"inner": inner}))
    assert outer(2) == 7
    del inner
    gc.collect()
    for i in range(50):
        cycle(i)
    assert outer(5) == 16
    assert outer(1.5) == 5.5


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_arrays_made_by_compiled_code_are_freed():
    func = njit(lambda n: np.zeros(n))
    for _ in range(50):
        func(100_000)[:] = 1
    gc.collect()
    before = resident()
    for _ in range(500):
        func(100_000)[:] = 1
    assert resident() - before < 8_000_000


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_temporaries_are_freed_inside_loops():
    def churn(n):
        s = 0.0
        for i in range(n):
            a = np.ones(100_000)
            if i % 3 == 0:
                continue
            b = a[1:]
            s += b[i]
        return s

    func = njit(churn)
    func(10)
    before = resident()
    assert func(1000) == 666.0
    assert resident() - before < 8_000_000


@beyond_peer("the peer leaks what is alive when an exception leaves")
def test_exceptions_free_temporaries():
    def fail(n):
        a = np.ones(100_000)
        if a[0] > 0:
            raise ValueError("x")
        return a

    func = njit(fail)
    before = None
    for round in range(600):
        if round == 100:
            before = resident() if LINUX else 0
        with pytest.raises(ValueError):
            func(1)
    assert not LINUX or resident() - before < 8_000_000


# Compiled code that runs while the interpreter is taken down, and after that: what it asks of Python has no answer any more.
ENDING = r"""
import ctypes, sys, threading, time, types
from looplift import njit

libc = ctypes.CDLL(None)
usleep = libc.usleep
usleep.argtypes = [ctypes.c_uint32]

@njit(nogil=True)
def later(kind, n):
    usleep(200_000)
    if kind == 1:
        raise ValueError("late")
    if kind == 2:
        print("late")
    s = 0
    for j in range(n):
        s = (s + j ^ n) % 77
    return s

class Last:
    # Deleted when modules are torn down; the thread is attached then, and may use Python.
    def __init__(self):
        self.later, self.write = later, sys.stdout.write
    def __del__(self):
        self.write(f"deleted {self.later(0, 1000)}\n")

later(0, 1)
later.disable_compile()
# (The threads hold the globals of this module, not those of another.)
sys.modules["other"] = types.ModuleType("other")
sys.modules["other"].last = Last()
for kind in 0, 1, 2:
    threading.Thread(target=later, args=(kind, 10**10), daemon=True).start()
time.sleep(0.05)
# What C does at its exit comes after the interpreter's end.
libc.__cxa_atexit(ctypes.cast(libc.usleep, ctypes.c_void_p), ctypes.c_void_p(600_000), None)
print("left")
"""


@pytest.mark.skipif(not LINUX, reason="functions of the C library that Linux has")
def test_threads_outlive_the_interpreter(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(ENDING)
    lines = process.python(str(program))[0].splitlines()
    assert lines[0] == "left" and lines[1].startswith("deleted ") and len(lines) == 2
