"""Numba's name of `looplift.config`."""

import sys

import looplift.config

sys.modules[__name__] = sys.modules["looplift.config"]
