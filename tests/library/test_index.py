"""The index says exactly what the modules register, and looking at it imports none of them."""

import subprocess
import sys
from importlib import import_module

from looplift.library import _index, _registry, is_internal, resolve


def test_index_matches_modules():
    registered = {}
    for module in sorted(set(_index.MODULES.values())):
        import_module("looplift.library." + module)
    for name, functions in _registry._OVERLOADS.items():
        if not all(f.__module__.startswith("looplift.library.") for f in functions):
            continue
        homes = {f.__module__.removeprefix("looplift.library.") for f in functions}
        assert len(homes) == 1, f"{name} has overloads in {homes}"
        registered[name] = homes.pop()
    assert registered == _index.MODULES


def test_import_is_lazy():
    script = "import sys, looplift.library; print(*[m for m in sys.modules if m.startswith('looplift.library.')])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert set(out.split()) == {"looplift.library._index", "looplift.library._registry"}


def test_unknown_names():
    assert resolve("numpy.no_such_function", ()) is None
    assert is_internal("looplift.library.creation._same")
    assert not is_internal("numpy.full")
