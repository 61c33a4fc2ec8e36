"""Numba's name of `looplift.decorators`."""

import sys

import looplift.decorators

sys.modules[__name__] = sys.modules["looplift.decorators"]
