"""The runtime of compiled code: `rtsys.get_allocation_stats()`."""

from looplift.core.runtime.nrt import rtsys

__all__ = ["rtsys"]
