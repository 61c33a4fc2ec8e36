"""`scipy.special.j0` in compiled code: the C function of SciPy's Cython module, by its address."""

import ctypes

import numpy as np

from looplift import types
from looplift.extending import get_cython_function_address, overload


def register():
    """Registers the overload, if there is a SciPy."""
    try:
        from scipy.special import j0
    except ImportError:
        return
    address = get_cython_function_address("scipy.special.cython_special", "j0")
    bessel = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(address)

    @overload(j0)
    def j0_overload(x):
        if isinstance(x, (types.Integer, types.Float, types.Boolean)):
            return lambda x: bessel(float(x))
        if isinstance(x, types.Array):

            def of_array(x):
                out = np.empty(x.shape)
                for place, value in np.ndenumerate(x):
                    out[place] = bessel(float(value))
                return out

            return of_array
        return None
