"""Intervals, in Python and in code that looplift compiles.

The class needs no looplift; `init_looplift` is what the entry point `looplift_extensions` names.
"""

__all__ = ["Interval", "init_looplift"]


class Interval:
    """The numbers from `lo` to `hi`."""

    def __init__(self, lo, hi):
        if hi < lo:
            raise ValueError("an interval ends after it begins")
        self.lo = float(lo)
        self.hi = float(hi)

    @property
    def width(self):
        return self.hi - self.lo

    def holds(self, x):
        """Whether a number is inside."""
        return self.lo <= x <= self.hi

    def __add__(self, other):
        return Interval(self.lo + other.lo, self.hi + other.hi)

    def __or__(self, other):
        """The smallest interval around both."""
        return Interval(min(self.lo, other.lo), max(self.hi, other.hi))

    def __contains__(self, x):
        return self.holds(x)

    def __eq__(self, other):
        return isinstance(other, Interval) and (self.lo, self.hi) == (other.lo, other.hi)

    def __hash__(self):
        return hash((self.lo, self.hi))

    def __repr__(self):
        return f"Interval({self.lo}, {self.hi})"


def init_looplift():
    """Registers everything: looplift calls it once, before it compiles the first function."""
    from looplift_intervals import _interval, _special

    _interval.register()
    _special.register()
