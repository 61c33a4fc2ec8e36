"""Features whose details may change: `jitclass`, `structref`."""

from looplift.experimental.jitclass import jitclass

__all__ = ["jitclass", "structref"]


def __getattr__(name):
    if name == "structref":
        from importlib import import_module

        return import_module("looplift.experimental.structref")
    raise AttributeError(f"module 'looplift.experimental' has no attribute {name!r}")
