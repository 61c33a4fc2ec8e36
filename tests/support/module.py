"""The module under test.

`LOOPLIFT_TEST_MODULE` names it (default `looplift`). Setting it to `numba` runs the same tests on the peer, which
shows that the expectations are right; what looplift does differently on purpose carries `beyond_peer(reason)`.
"""

import importlib
import os

import pytest

MODULE = os.environ.get("LOOPLIFT_TEST_MODULE", "looplift")
IS_PEER = MODULE == "numba"

under_test = importlib.import_module(MODULE)
jit = under_test.jit
njit = under_test.njit
types = importlib.import_module(MODULE + ".types") if not IS_PEER else under_test.types
errors = importlib.import_module(MODULE + ".errors") if not IS_PEER else under_test.core.errors


def beyond_peer(reason):
    """Mark a test (or a `pytest.param`) whose expectation holds for looplift and not for the peer."""
    return pytest.mark.skipif(IS_PEER, reason=f"looplift differs on purpose: {reason}")


def allocation_stats():
    """Allocation counters of compiled code as a dict, or None where the module has none."""
    core = getattr(under_test, "_core", None)
    stats = getattr(core, "allocation_stats", None)
    return stats() if stats is not None else None
