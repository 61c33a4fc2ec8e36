"""Numba's `numba.misc`."""
