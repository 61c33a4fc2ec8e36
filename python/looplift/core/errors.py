"""Numba's name of `looplift.errors`."""

import sys

import looplift.errors

sys.modules[__name__] = sys.modules["looplift.errors"]
