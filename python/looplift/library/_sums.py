"""Sums of floats in NumPy's order, so that results are the same to the last bit.

NumPy adds pairwise (`pairwise_sum` in loops_utils.h): up to 128 elements in eight interleaved sums, more by halves.
Arrays that are not one strided run are summed in pieces of up to 8192 elements, each a whole number of innermost runs, as
its buffered iterator hands them out.
"""

import numpy as np

from looplift.library._native import pairwise_sum, pairwise_sum_f32

PIECE = 8192


def _float64(a, low, n, zero):
    """The sum of `n` elements of a 1-d array from `low` on."""
    return pairwise_sum(a[low:], a.strides[0], n)


def _float32(a, low, n, zero):
    return pairwise_sum_f32(a[low:], a.strides[0], n)


def _complex_block(a, low, n, zero):
    """Up to 64 complex elements: four interleaved sums of eight floats."""
    if n < 4:
        s = zero
        for i in range(low, low + n):
            s = s + a[i]
        return s
    s0 = a[low]
    s1 = a[low + 1]
    s2 = a[low + 2]
    s3 = a[low + 3]
    whole = n - n % 4
    for i in range(low + 4, low + whole, 4):
        s0 = s0 + a[i]
        s1 = s1 + a[i + 1]
        s2 = s2 + a[i + 2]
        s3 = s3 + a[i + 3]
    s = (s0 + s1) + (s2 + s3)
    for i in range(low + whole, low + n):
        s = s + a[i]
    return s


def complex_pairwise(a, low, n, zero):
    """The sum of `n` complex elements of a 1-d array from `low` on; `zero` has the element type."""
    if n <= 64:
        return _complex_block(a, low, n, zero)
    half = n // 2
    half -= half % 4
    return complex_pairwise(a, low, half, zero) + complex_pairwise(a, low + half, n - half, zero)


def adder(t):
    """What sums elements of the float or complex class `t`: a function of (1-d array, first, count, zero)."""
    if t is np.float64:
        return _float64
    if t is np.float32:
        return _float32
    return complex_pairwise


def piece_of(shape, strides):
    """How many elements NumPy sums pairwise at once: all, one innermost run, or some runs that fit its buffer."""
    size = 1
    core = 1
    step = 0
    whole = True
    k = len(shape) - 1
    while k >= 0:
        n = shape[k]
        size *= n
        if n != 1:
            if core == 1:
                core = n
                step = strides[k] * n
            elif whole and strides[k] == step:
                core *= n
                step *= n
            else:
                whole = False
        k -= 1
    if core == size or core >= PIECE:
        return max(core, 1)
    return PIECE // max(core, 1) * core


def in_pieces(add, flat, piece, zero):
    """The sum of a 1-d array, `add` (an `adder`) being applied to pieces."""
    n = len(flat)
    s = zero
    for low in range(0, n, piece):
        s = s + add(flat, low, min(piece, n - low), zero)
    return s
