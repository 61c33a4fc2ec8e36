"""Results that lie in memory as their operands do: what NumPy's iterator calls order K.

Which axis steps fastest is read off the operands' strides; where they disagree, C order wins (`npyiter_find_best_axis_ordering`
in NumPy's nditer_constr.c).
"""

import numpy as np

from looplift.library._views import replaced, strided


def memory_order(strides, shape):
    """The axes from the slowest to the fastest.

    `strides` has for each operand its byte strides in the result's shape, 0 where it repeats.
    """
    order = np.empty(len(shape), np.int64)
    n = 0
    # Axes are put in one by one, the last first; `order` has the fastest first.
    for k in range(len(shape) - 1, -1, -1):
        at = n
        i = n - 1
        while i >= 0:
            verdict = _compare(strides, shape, k, order[i])
            if verdict < 0:
                at = i
            elif verdict > 0:
                break
            i -= 1
        for j in range(n, at, -1):
            order[j] = order[j - 1]
        order[at] = k
        n += 1
    return order[::-1]


def _compare(strides, shape, slow, fast):
    """1 where axis `slow` steps wider than axis `fast`, -1 where narrower in all that tell, 0 where none tells."""
    verdict = 0
    if shape[slow] != 1 and shape[fast] != 1:
        for s in strides:
            if s[slow] != 0 and s[fast] != 0:
                if abs(s[fast]) <= abs(s[slow]):
                    verdict = 1
                elif verdict == 0:
                    verdict = -1
    return verdict


def is_plain(order):
    """Whether the axes are in C order."""
    for k in range(len(order)):
        if order[k] != k:
            return False
    return True


def in_memory_order(a, order):
    """A copy of `a` whose axes lie in memory in this order."""
    strides = a.strides
    step = a.itemsize
    for k in range(len(order) - 1, -1, -1):
        strides = replaced(strides, order[k], step)
        step *= a.shape[order[k]]
    out = strided(np.empty(a.size, a.dtype), 0, a.shape, strides)
    out[...] = a
    return out
