"""Many processes share one cache directory while its files are truncated and a callee in another module changes.

    python benchmarks/cache_storm.py --processes 50 --rounds 4

Every process compiles or loads functions, and compares their results with those of the interpreter on the same sources. The counts
of wrong results and of processes that did not end well are printed; both are 0, or the exit status is 1.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CALLEE = """
from looplift import njit

K = {version}

@njit
def helper(x):
    return x * {version} + K
"""

PROGRAM = """
import sys
import numpy as np
from looplift import guvectorize, njit, vectorize
from looplift.experimental import jitclass
from looplift import types
from storm_callee import helper

@njit(cache=True)
def total(a):
    s = 0.0
    for x in a:
        s += helper(x)
    return s

@njit(cache=True)
def table(n):
    return {i: helper(i) for i in range(n)}

@vectorize(["float64(float64)"], cache=True)
def each(x):
    return helper(x) - 1.0

def plain_helper(x):
    return helper.py_func(x)

a = np.arange(5.0)
expected = sum(plain_helper(x) for x in a), {i: plain_helper(i) for i in range(4)}, [plain_helper(x) - 1.0 for x in a]
found = total(a), dict(table(4)), list(each(a))
if found != expected:
    print("wrong:", found, expected, file=sys.stderr)
    sys.exit(3)
"""


def storm(processes, rounds, seed=0, directory=None):
    """(wrong results, processes that failed otherwise, processes that ran)."""
    chance = random.Random(seed)
    wrong = failed = ran = 0
    with tempfile.TemporaryDirectory(dir=directory) as name:
        place = Path(name)
        (place / "storm_program.py").write_text(PROGRAM)
        environment = {**os.environ, "LOOPLIFT_CACHE_DIR": str(place / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
        for version in range(2, 2 + rounds):
            _replace(place / "storm_callee.py", CALLEE.format(version=version))
            running = [
                subprocess.Popen([sys.executable, str(place / "storm_program.py")], env=environment, stderr=subprocess.PIPE, text=True)
                for _ in range(processes)
            ]
            changed = False
            while any(p.poll() is None for p in running):
                _spoil(place / "cache", chance)
                if not changed and sum(p.poll() is not None for p in running) > processes // 2:
                    # The others may read either version; each compares with what it read.
                    _replace(place / "storm_callee.py", CALLEE.format(version=100 + version))
                    changed = True
                time.sleep(0.002)
            for p in running:
                ran += 1
                text = p.communicate()[1]
                if p.returncode == 3:
                    wrong += 1
                elif p.returncode:
                    failed += 1
                if p.returncode:
                    print(text[-2000:], file=sys.stderr)
    return wrong, failed, ran


def _replace(path, text):
    part = path.with_suffix(".part")
    part.write_text(text)
    os.replace(part, path)


def _spoil(cache, chance):
    """Cuts one of the files short, anywhere."""
    files = [p for p in cache.rglob("*") if p.is_file()] if cache.exists() else []
    if not files:
        return
    path = chance.choice(files)
    try:
        with open(path, "r+b") as f:
            f.truncate(chance.randrange(max(1, os.path.getsize(path))))
    except OSError:
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    wrong, failed, ran = storm(options.processes, options.rounds, options.seed)
    print(f"{ran} processes: {wrong} wrong results, {failed} failures")
    return 1 if wrong or failed else 0


if __name__ == "__main__":
    sys.exit(main())
