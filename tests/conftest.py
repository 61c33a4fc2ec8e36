"""Suite-wide settings. `support` and `fuzz` are importable because this folder is on the path."""

import pytest

from support import leaks
from support.leaks import module_leaves_nothing, each_leaves_nothing  # noqa: F401  (fixtures of all tests)


def pytest_report_header(config):
    from support import MODULE

    return f"module under test: {MODULE}"


def pytest_addoption(parser):
    leaks.options(parser)


def pytest_terminal_summary(terminalreporter):
    leaks.summary(terminalreporter)


def pytest_sessionfinish(session):
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["leaks"] = dict(leaks.totals)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    leaks.add(getattr(node, "workeroutput", {}).get("leaks", {}))
