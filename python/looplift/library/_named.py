"""The named tuples that `numpy.linalg` gives, for code that makes them; plain tuples where NumPy has none."""

import numpy as np

_HOME = getattr(np.linalg, "_linalg", None)


def _pair(first, second):
    return first, second


def _triple(first, second, third):
    return first, second, third


EigResult = getattr(_HOME, "EigResult", _pair)
EighResult = getattr(_HOME, "EighResult", _pair)
QRResult = getattr(_HOME, "QRResult", _pair)
SlogdetResult = getattr(_HOME, "SlogdetResult", _pair)
SVDResult = getattr(_HOME, "SVDResult", _triple)
