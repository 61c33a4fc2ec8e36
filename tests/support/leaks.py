"""What tests leave behind on the heap of compiled code: nothing.

After each module of tests, garbage is collected and the blocks that are still there are counted; more than before are a
failure. Tests are also watched one by one with `--leaks-of-each`, which says which of them it was. The summary of a run
has the figures of all modules together.
"""

import gc

import pytest

from .module import allocation_stats

# Of the modules of this process: blocks allocated, freed, left behind.
totals = {"allocated": 0, "freed": 0, "left": 0}


class Watch:
    """Counts from when it is made."""

    def __init__(self):
        gc.collect()
        self.before = allocation_stats()

    def counts(self):
        """Blocks allocated, freed and left behind since."""
        if self.before is None:
            return {"allocated": 0, "freed": 0, "left": 0}
        for _ in range(3):
            gc.collect()
            now = allocation_stats()
            allocated, freed = now["alloc"] - self.before["alloc"], now["free"] - self.before["free"]
            if allocated == freed:
                break
        return {"allocated": allocated, "freed": freed, "left": allocated - freed}


def options(parser):
    parser.addoption("--leaks-of-each", action="store_true", help="look for memory that a test leaves behind after each test")


@pytest.fixture(autouse=True, scope="module")
def module_leaves_nothing(request):
    """No blocks of memory are left when the tests of a module are done."""
    watch = Watch()
    yield
    found = watch.counts()
    for name, number in found.items():
        totals[name] += number
    if found["left"] > 0:
        pytest.fail(f"{request.module.__name__}: {found['left']} blocks of memory are left behind (--leaks-of-each tells by which test)")


@pytest.fixture(autouse=True)
def each_leaves_nothing(request):
    """The same for one test, where that is asked for."""
    watch = Watch() if request.config.getoption("--leaks-of-each") else None
    yield
    if watch is not None and (left := watch.counts()["left"]) > 0:
        pytest.fail(f"{left} blocks of memory are left behind")


def add(counts):
    """The figures of another process."""
    for name, number in counts.items():
        totals[name] += number


def summary(terminal):
    if totals["allocated"]:
        terminal.write_line("heap of compiled code: {allocated} blocks allocated, {freed} freed, {left} left behind".format(**totals))
