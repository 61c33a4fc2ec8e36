"""What needs a process of its own: Ctrl-C, environment variables, import, the end of the interpreter."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from support import MODULE, beyond_peer

PRELUDE = f"import numpy as np\nimport {MODULE} as looplift\nfrom {MODULE} import njit\n"
EXAMPLE = """
@njit
def total(a, n):
    s = 0.0
    for i in range(n):
        s += a[i]
    return s

@njit
def other(x):
    return x + 1

assert total(np.ones(5), 5) == 5.0
assert other(1) == 2
print("done")
"""


def run(source, expect=0, **environment):
    """Standard output and error of a Python process on `source`."""
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(source)],
        capture_output=True, text=True, timeout=120, env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == expect, done.stderr
    return done.stdout, done.stderr


def test_example_runs():
    assert run(EXAMPLE) == ("done\n", "")


# Ctrl-C

LOOPS = {
    "for": "s = 0\n    for i in range(n):\n        s ^= i * i\n    return s",
    "while": "i = 0\n    while i < n:\n        i += 1\n    return i",
    "nested": "s = 0\n    for i in range(n):\n        for j in range(100):\n            s ^= i * j\n    return s",
    "calls": "s = 0\n    for i in range(n):\n        s += step(i)\n    return s",
    "endless": "while True:\n        n ^= 1\n    return n",
}


@pytest.mark.parametrize("body", LOOPS.values(), ids=LOOPS.keys())
@beyond_peer("Ctrl-C stops compiled loops")
def test_interrupt(body):
    source = f"""
import signal, sys, time
# A job in the background of a shell without job control ignores SIGINT, and so do its children.
signal.signal(signal.SIGINT, signal.default_int_handler)

@njit
def step(x):
    return x & 3

@njit
def loop(n):
    {body}

try:
    loop.compile("int64(int64)")
    print("ready", flush=True)
    loop(10**12)
except KeyboardInterrupt:
    print("stopped", flush=True)
    assert step(5) == 1
"""
    process = subprocess.Popen([sys.executable, "-c", PRELUDE + source], stdout=subprocess.PIPE, text=True)
    patience = threading.Timer(60, process.kill)
    patience.start()
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.2)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "stopped\n"
        assert time.monotonic() - sent < 1.0
        assert process.wait(30) == 0
    finally:
        patience.cancel()
        process.kill()
        process.stdout.close()


@beyond_peer("signal handlers run during compiled loops")
def test_handler_that_returns_lets_the_loop_finish():
    out, _ = run("""
        import signal, threading, os
        seen = []
        signal.signal(signal.SIGALRM, lambda *_: seen.append(1))

        @njit
        def loop(n):
            s = 0
            for i in range(n):
                s = (s * 3 + i) & 0xFFFFFF
            return s

        loop(1)
        expected = loop(300_000_000)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert loop(300_000_000) == expected
        print(len(seen))
    """)
    assert out == "1\n"


# Environment variables

DUMPS = ["bytecode", "hir", "types", "mir", "clif", "asm"]


@pytest.mark.parametrize("stage", DUMPS)
@beyond_peer("variables of looplift")
def test_dump(stage):
    out, err = run(EXAMPLE, LOOPLIFT_DUMP=stage)
    assert out == "done\n"
    assert "total" in err
    assert "other" in err
    assert len(err.splitlines()) > 10


@beyond_peer("variables of looplift")
def test_dump_of_chosen_functions():
    _, err = run(EXAMPLE, LOOPLIFT_DUMP="hir:oth*")
    assert "other" in err
    assert "total" not in err


@beyond_peer("variables of looplift")
def test_dump_after_a_pass():
    _, every = run(EXAMPLE, LOOPLIFT_DUMP="mir@all:total")
    _, last = run(EXAMPLE, LOOPLIFT_DUMP="mir:total")
    assert len(every) > len(last) > 0


@beyond_peer("variables of looplift")
def test_dumps_do_not_change_from_run_to_run():
    texts = {run(EXAMPLE, LOOPLIFT_DUMP="hir,mir,clif", PYTHONHASHSEED=str(seed))[1] for seed in range(2)}
    assert len(texts) == 1


@beyond_peer("variables of looplift")
def test_stop_after():
    _, err = run("""
        try:
            njit(lambda x: x)(1)
        except Exception as error:
            print(type(error).__name__, error)
        else:
            raise SystemExit(5)
    """, LOOPLIFT_STOP_AFTER="hir")  # fmt: skip
    assert "Traceback" not in err


@beyond_peer("variables of looplift")
def test_verify_and_timing():
    out, err = run(EXAMPLE, LOOPLIFT_VERIFY="1", LOOPLIFT_TIMING="1")
    assert out == "done\n"
    assert "total" in err
    assert "ms" in err or "us" in err or "µs" in err


@beyond_peer("variables of looplift")
def test_perf_map():
    out, _ = run(EXAMPLE + "\nimport os\nprint(os.getpid())", LOOPLIFT_PERF="1")
    path = f"/tmp/perf-{out.split()[1]}.map"
    try:
        with open(path) as file:
            rows = [line.split(maxsplit=2) for line in file]
    finally:
        if os.path.exists(path):
            os.remove(path)
    assert any("total" in row[2] for row in rows)
    assert all(int(row[0], 16) and int(row[1], 16) for row in rows)


@pytest.mark.parametrize("name", ["LOOPLIFT_DISABLE_JIT", "NUMBA_DISABLE_JIT"])
def test_disable_jit(name):
    if MODULE == "numba" and name.startswith("LOOPLIFT"):
        pytest.skip("the peer has its own name for it")
    out, _ = run("""
        @njit
        def huge(n):
            return 10**n

        @njit("int64(int64)")
        def plus(n):
            return n + 1

        print(huge(30), type(huge).__name__, plus(2**70))
    """, **{name: "1"})  # fmt: skip
    assert out.split() == [str(10**30), "function", str(2**70 + 1)]


# Import and exit


@beyond_peer("imports little")
def test_import_is_light():
    out, _ = run("""
        import sys
        print(sorted(name for name in ("rich", "matplotlib", "scipy", "unittest", "asyncio", "pytest") if name in sys.modules))
    """)
    assert out == "[]\n"


def test_exit_with_threads_and_compiled_code_alive():
    out, err = run("""
        import threading, time
        func = njit(lambda x: x + 1)
        func(1)
        thread = threading.Thread(target=lambda: time.sleep(0.05) or func(2), daemon=True)
        thread.start()
        print("bye")
    """)
    assert (out, err) == ("bye\n", "")


def test_uncaught_exception_names_the_line():
    _, err = run("""
        @njit
        def fail(x):
            if x > 0:
                raise ValueError("boom", x)
            return x

        fail(3)
    """, expect=1)  # fmt: skip
    assert "ValueError: ('boom', 3)" in err


@beyond_peer("no module of the old name is needed")
def test_star_import():
    out, _ = run("""
        names = {}
        exec("from looplift import *", names)
        print(all(name in names for name in ("njit", "jit", "types", "int64", "float64", "boolean", "void", "typeof", "prange")))
    """)
    assert out == "True\n"


def test_other_interpreters_are_refused():
    """Subinterpreters of a process cannot import looplift; the main one goes on."""
    source = """
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        made = interpreters.create()
        try:
            failed = interpreters.run_string(made, "import looplift")
            print("refused" if failed else "taken")
        except Exception as e:
            print("refused" if "ImportError" in str(e) or "interpreter" in str(e) else e)
        interpreters.destroy(made)
        print(njit(lambda x: x + 1)(1))
    """
    assert run(source)[0].split() == ["refused", "2"]
