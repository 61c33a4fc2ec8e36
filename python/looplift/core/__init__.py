"""Numba's internal names, as far as programs import them: `looplift.core.types`, `looplift.core.event`, and so on.

Most modules here are other names of public ones. What they offer beyond that is what has a meaning for this compiler; importing
a name that has none fails.
"""

from importlib import import_module

_MODULES = (
    "caching", "ccallback", "cgutils", "compiler", "compiler_lock", "compiler_machinery", "config", "datamodel", "decorators",
    "dispatcher", "entrypoints", "errors", "event", "extending", "imputils", "pythonapi", "registry", "runtime", "serialize", "sigutils",
    "target_extension", "types", "typing", "utils",
)  # fmt: skip


def __getattr__(name):
    if name in _MODULES:
        try:
            return import_module("looplift.core." + name)
        except ModuleNotFoundError as e:
            raise AttributeError(f"module 'looplift.core' has no attribute {name!r}") from e
    raise AttributeError(f"module 'looplift.core' has no attribute {name!r}")
