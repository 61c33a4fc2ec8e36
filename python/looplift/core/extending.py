"""Numba's name of `looplift.extending`."""

import sys

import looplift.extending  # noqa: F401 (what the last line finds)

sys.modules[__name__] = sys.modules["looplift.extending"]
