"""Runs the tests of a library module with all its functions decorated, or as they are, and prints what became of each test.

`python jitted_library.py MODULE[,MODULE...] TESTS plain|jit|forceobj`: the outcomes as JSON, a test to a row, and the number
of functions decorated, calls in object mode and loops compiled.
"""

import importlib
import json
import sys
import types
import unittest
import warnings

# Functions that CPython calls with a frame of its own in mind, or that say where they were called from.
_LEFT_ALONE = frozenset(("__new__", "__init_subclass__", "__class_getitem__", "__set_name__", "__getattr__", "namedtuple", "__del__"))


def decorate(module, jit):
    """Decorates the functions of a module and the methods of its classes; gives the dispatchers."""
    made = []

    def jitted(func):
        d = jit(func)
        made.append(d)
        return d

    def member(value):
        if isinstance(value, types.FunctionType) and value.__name__ not in _LEFT_ALONE:
            return jitted(value)
        if isinstance(value, (staticmethod, classmethod)) and isinstance(value.__func__, types.FunctionType) and value.__func__.__name__ not in _LEFT_ALONE:
            return type(value)(jitted(value.__func__))
        if type(value) is property and isinstance(value.fget, types.FunctionType):
            return property(jitted(value.fget), value.fset, value.fdel, value.__doc__)
        return value

    for name, value in list(vars(module).items()):
        if getattr(value, "__module__", None) != module.__name__ or name in _LEFT_ALONE:
            continue
        if isinstance(value, types.FunctionType):
            setattr(module, name, jitted(value))
        elif isinstance(value, type):
            for key, item in list(vars(value).items()):
                new = member(item)
                if new is not item:
                    setattr(value, key, new)
    return made


class Outcomes(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.rows = {}

    def addSuccess(self, test):
        self.rows.setdefault(test.id(), "ok")

    def _row(self, test, kind, err):
        text = str(err[1]).splitlines()
        self.rows[test.id()] = f"{kind}: {err[0].__name__}: {text[0][:200] if text else ''}"

    def addError(self, test, err):
        self._row(test, "error", err)

    def addFailure(self, test, err):
        self._row(test, "fail", err)

    def addSkip(self, test, reason):
        self.rows[test.id()] = "skip"

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._row(test, "sub", err)


class Reports:
    """A plugin of pytest that collects outcomes."""

    def __init__(self):
        self.rows = {}

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            text = "" if report.outcome != "failed" else str(report.longrepr).splitlines()[-1][:200]
            self.rows[report.nodeid] = f"{report.outcome} {text}"


def main(modules, tests, mode):
    warnings.simplefilter("ignore")
    dispatchers = []
    loaded = [importlib.import_module(m) for m in modules.split(",")]
    suite = unittest.defaultTestLoader.loadTestsFromName(tests) if tests.startswith("test.") else None
    if mode != "plain":
        from looplift import jit

        for module in loaded:
            dispatchers += decorate(module, jit(forceobj=True) if mode == "forceobj" else jit)
    if suite is not None:
        result = Outcomes()
        suite.run(result)
    else:
        import pytest

        result = Reports()
        pytest.main(["-q", "-p", "no:cacheprovider", "-n0", "-W", "ignore", "--pyargs", tests], plugins=[result])
    modes = [d.__dict__.get("_object_mode") for d in dispatchers]
    loops = sum(len(m.lifted) for m in modes if m is not None)
    print("\n" + json.dumps({"rows": result.rows, "functions": len(dispatchers), "ran": sum(m is not None for m in modes), "loops": loops}))


if __name__ == "__main__":
    main(*sys.argv[1:])
