"""Numba's name of `looplift.decorators`."""

import sys

import looplift.decorators  # noqa: F401 (what the last line finds)

sys.modules[__name__] = sys.modules["looplift.decorators"]
