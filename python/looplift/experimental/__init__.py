"""Features whose details may change: `jitclass`."""

from looplift.experimental.jitclass import jitclass

__all__ = ["jitclass"]
