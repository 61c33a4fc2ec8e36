"""Numba's name of `looplift._events`."""

import sys

import looplift._events  # noqa: F401 (what the last line finds)

sys.modules[__name__] = sys.modules["looplift._events"]
