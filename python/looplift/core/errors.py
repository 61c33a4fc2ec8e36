"""Numba's name of `looplift.errors`."""

import sys

import looplift.errors  # noqa: F401 (what the last line finds)

sys.modules[__name__] = sys.modules["looplift.errors"]
