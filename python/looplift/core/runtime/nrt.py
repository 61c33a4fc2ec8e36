"""Counts of heap blocks. Every block is counted twice, once as memory and once as the object that owns it."""

from collections import namedtuple

from looplift import _core

_nrt_mstats = namedtuple("_nrt_mstats", ["alloc", "free", "mi_alloc", "mi_free"])


class _Runtime:
    """The runtime of this process."""

    def get_allocation_stats(self):
        """Blocks allocated and freed since the start: `alloc`, `free`, `mi_alloc`, `mi_free`."""
        stats = _core.allocation_stats()
        return _nrt_mstats(stats["alloc"], stats["free"], stats["alloc"], stats["free"])

    def initialize(self, ctx=None):
        """There is nothing to start."""

    def shutdown(self):
        """There is nothing to stop."""


rtsys = _Runtime()
