"""Compiling ahead of time: modules whose functions are machine code, made once and imported without the source.

::

    from looplift.pycc import CC

    cc = CC("fast_area")

    @cc.export("area", "float64(float64, float64)")
    def area(a, b):
        return a * b

    cc.compile()            # writes fast_area.py; import fast_area; fast_area.area(2.0, 3.0)

Numba's module of this name is pending deprecation, and so is this one: `cache=True` serves most of the purpose.
"""

import warnings

from looplift.errors import NumbaPendingDeprecationWarning
from looplift.pycc.cc import CC

__all__ = ["CC"]

warnings.warn(NumbaPendingDeprecationWarning("The 'pycc' module is pending deprecation."), stacklevel=2)
