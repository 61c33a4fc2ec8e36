"""Sums of floats in NumPy's order, so that results are the same to the last bit.

NumPy adds pairwise (`pairwise_sum` in loops_utils.h): up to 128 elements in eight interleaved sums, more by halves.
Arrays that are not one strided run are summed in pieces of up to 8192 elements, each a whole number of innermost runs, as
its buffered iterator hands them out.
"""

PIECE = 8192


def _block(a, low, n, zero):
    """Elements `low` up to `low + n`, at most 128 of them."""
    if n < 8:
        s = zero
        for i in range(low, low + n):
            s = s + a[i]
        return s
    s0 = a[low]
    s1 = a[low + 1]
    s2 = a[low + 2]
    s3 = a[low + 3]
    s4 = a[low + 4]
    s5 = a[low + 5]
    s6 = a[low + 6]
    s7 = a[low + 7]
    whole = n - n % 8
    for i in range(low + 8, low + whole, 8):
        s0 = s0 + a[i]
        s1 = s1 + a[i + 1]
        s2 = s2 + a[i + 2]
        s3 = s3 + a[i + 3]
        s4 = s4 + a[i + 4]
        s5 = s5 + a[i + 5]
        s6 = s6 + a[i + 6]
        s7 = s7 + a[i + 7]
    s = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
    for i in range(low + whole, low + n):
        s = s + a[i]
    return s


def pairwise(a, low, n, zero):
    """The sum of `n` real elements of a 1-d array from `low` on; `zero` has the element type."""
    if n <= 128:
        return _block(a, low, n, zero)
    half = n // 2
    half -= half % 8
    return pairwise(a, low, half, zero) + pairwise(a, low + half, n - half, zero)


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
    """Likewise of complex elements."""
    if n <= 64:
        return _complex_block(a, low, n, zero)
    half = n // 2
    half -= half % 4
    return complex_pairwise(a, low, half, zero) + complex_pairwise(a, low + half, n - half, zero)


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
    """The sum of a 1-d array, `add` (`pairwise` or `complex_pairwise`) being applied to pieces."""
    n = len(flat)
    s = zero
    for low in range(0, n, piece):
        s = s + add(flat, low, min(piece, n - low), zero)
    return s
