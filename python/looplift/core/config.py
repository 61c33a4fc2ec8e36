"""Numba's name of `looplift.config`."""

import sys

import looplift.config  # noqa: F401 (what the last line finds)

sys.modules[__name__] = sys.modules["looplift.config"]
