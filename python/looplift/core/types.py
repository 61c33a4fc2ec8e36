"""Numba's name of `looplift.types`."""

import sys

import looplift.types

sys.modules[__name__] = sys.modules["looplift.types"]
