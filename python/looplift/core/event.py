"""Numba's name of `looplift._events`."""

import sys

import looplift._events

sys.modules[__name__] = sys.modules["looplift._events"]
