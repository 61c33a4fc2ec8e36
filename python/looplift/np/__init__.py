"""Numba's `numba.np`: `numpy_support` has the relation between types and dtypes."""
