"""Numba's name of `looplift.extending`."""

import sys

import looplift.extending

sys.modules[__name__] = sys.modules["looplift.extending"]
