"""Dispatcher classes under Numba's names."""

from looplift._core import CPUDispatcher
from looplift._dispatcher import CompileResult, _CompileStats

Dispatcher = CPUDispatcher


class LiftedLoop:
    """A loop that was compiled out of a function in object mode."""


class ObjModeLiftedWith:
    """A block of object mode inside compiled code."""


__all__ = ["CPUDispatcher", "CompileResult", "Dispatcher", "LiftedLoop", "ObjModeLiftedWith", "_CompileStats"]
