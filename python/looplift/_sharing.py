"""Loops of ufuncs whose `target` is 'parallel': pieces of them run on threads where it pays and is safe.

NumPy's own loops over a ufunc's loop also serve `reduce` and `accumulate`, where an iteration reads what the one before wrote:
`apart` tells from the operands' memory whether iterations have nothing to do with each other.
"""

from looplift.library._views import address

PIECES = 64
# Iterations that pay for threads: of a kernel of numbers, and elements of the operands of a kernel of arrays.
LEAST = 8_192


def _apart(x, out):
    step = out.strides[0]
    if step == 0:
        return False
    low, high = address(x), address(x)
    width = x.itemsize
    for k in range(x.ndim):
        far = (x.shape[k] - 1) * x.strides[k]
        if far < 0:
            low += far
        else:
            high += far
        if k > 0:
            width += abs(far)
    if address(x) == address(out) and x.strides[0] == step and x.ndim == out.ndim:
        return width <= abs(step)
    first, last = address(out), address(out)
    for k in range(out.ndim):
        far = (out.shape[k] - 1) * out.strides[k]
        if far < 0:
            first += far
        else:
            last += far
    return high + x.itemsize <= first or last + out.itemsize <= low


def apart(x, out):
    """Whether no iteration over the first axis reads or writes in `x` what another writes in `out`."""
    return _apart(x, out)


apart.__looplift_jitable__ = _apart.__looplift_jitable__ = True


def loop_source(names, written, body, size):
    """The text of a loop over the first axis of operands called `names`: `body` has the lines of an iteration `i`; operands number
    `written` are written to; `size` is what has to be at least `LEAST`."""
    pairs = {(min(w, k), max(w, k)): (names[k], names[w]) for w in written for k in range(len(names)) if k != w}
    conditions = [f"{size} >= {LEAST}", "n > 1", *(f"apart({x}, {out})" for x, out in pairs.values())]
    conditions += [f"{names[w]}.strides[0] != 0" for w in written]
    lines = [f"def loop({', '.join(names)}):", f"    n = {names[0]}.shape[0]", f"    if {' and '.join(conditions)}:"]
    lines += [f"        for piece in prange(min(n, {PIECES})):", f"            for i in range(piece * n // min(n, {PIECES}), (piece + 1) * n // min(n, {PIECES})):"]
    lines += [" " * 16 + line for line in body]
    lines += ["    else:", "        for i in range(n):"]
    lines += [" " * 12 + line for line in body]
    return "\n".join(lines) + "\n"
