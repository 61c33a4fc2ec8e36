"""Numba's name of `looplift.types`."""

import sys

import looplift.types  # noqa: F401 (what the last line finds)

sys.modules[__name__] = sys.modules["looplift.types"]
