"""Numba's `numba.cpython`."""
