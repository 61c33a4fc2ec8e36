"""Texts of implementations on threads for calls and assignments that are no elementwise expressions: reductions along an axis,
products, arrays of equally spaced numbers, assignments to slices and under masks.

A function of this module gets an `Expression` (`looplift._expressions`) and the types of its arguments `x0`, `x1`, …, and gives the body
of a function of these, or None, with the reason in the expression. Pieces depend on shapes alone.
"""

import numpy as np

from looplift.library._types import CLASSES, is_array, is_int, is_number, kind_of

PIECES = 64
# Columns that a piece has at least, so that pieces do not share cache lines.
COLUMNS = 32
# Rows that a piece of a product of matrices has at least.
ROWS = 16
WORK = 150_000

# Parts of the first axis combine by the same reduction.
_COMBINES = ("sum", "prod", "min", "max", "any", "all")
_SPLIT = ["    for k in prange(m):", "        lo = k * n // m", "        hi = (k + 1) * n // m"]


def _names(expression):
    return [f"x{n}" for n in range(expression.count)]


def _call(names):
    return f"whole({', '.join(names)})"


def _class_name(t):
    return CLASSES[t.dtype.name].__name__


def along(expression, types, axis):
    """A reduction along an axis of an array, or of an expression on arrays."""
    base = types[0] if expression.inner_is_leaf else expression.result(expression.inner, types)
    ret = expression.result(expression.whole, types)
    if (
        base is None
        or ret is None
        or not is_array(base)
        or not is_array(ret)
        or ret.ndim != base.ndim - 1
        or ret.ndim == 0
    ):
        expression.reason = "its result is no array"
        return None
    if (
        not -base.ndim <= axis < base.ndim
        or ret.layout != "C"
        or not {base.dtype.name, ret.dtype.name} <= CLASSES.keys()
    ):
        expression.reason = "its result is no array of numbers in C order"
        return None
    axis %= base.ndim
    names = _names(expression)
    arrays = [n for n, t in enumerate(types) if is_array(t) and t.ndim]
    full = [n for n in arrays if types[n].ndim == base.ndim]
    if not full or (axis == 0 and len(full) < len(arrays)):
        expression.reason = "its operands are stretched"
        return None
    first = names[full[0]]
    conditions = [f"{first}.size < {expression.least()}"] + [f"{names[n]}.shape != {first}.shape" for n in full[1:]]
    split = 1 if axis == 0 else 0
    rest = [f"{first}.shape[{k}]" for k in range(base.ndim) if k != axis]
    lines = [f"    if {' or '.join(conditions)}:", f"        return {_call(names)}"]
    if axis == 0:
        columns = f"{first}.shape[1] < {2 * COLUMNS}"
        if expression.name in _COMBINES:
            rows = [f"{x}[lo:hi]" if n in full else x for n, x in enumerate(names)]
            lines += [
                f"    if {columns}:",
                f"        n = {first}.shape[0]",
                f"        m = min(n, {PIECES})",
                f"        parts = np.empty((m, {', '.join(rest)}), np.{_class_name(ret)})",
                *("    " + line for line in _SPLIT),
                f"            parts[k] = {_call(rows)}",
                f"        return np.{expression.name}(parts, 0)",
            ]
        else:
            lines += [f"    if {columns}:", f"        return {_call(names)}"]
    pieces = [f"{x}[{':, ' * split}lo:hi]" if n in full else x for n, x in enumerate(names)]
    lines += [
        f"    n = {first}.shape[{split}]",
        f"    m = min(n{f' // {COLUMNS}' if split else ''}, {PIECES})",
        f"    out = np.empty(({', '.join(rest)},), np.{_class_name(ret)})",
        *_SPLIT,
        f"        out[lo:hi] = {_call(pieces)}",
        "    return out",
    ]
    return "\n".join(lines) + "\n"


def dot(expression, types):
    """`np.dot(a, b)` and `a @ b`: of vectors by parts, of a matrix by rows."""
    a, b = (types[n] for n in expression.operands)
    ret = expression.result(expression.whole, types)
    if (
        ret is None
        or not all(is_array(t) and t.ndim in (1, 2) and t.dtype.name in CLASSES for t in (a, b))
        or (a.ndim, b.ndim) == (1, 2)
    ):
        expression.reason = "it is no product of a vector or of rows"
        return None
    x, y = (f"x{n}" for n in expression.operands)
    names = _names(expression)
    whole = f"        return {_call(names)}"
    pieces = [f"{name}[lo:hi]" if name == x or (a.ndim == 1 and name == y) else name for name in names]
    if x == y and a.ndim == 2:
        expression.reason = "its operands are one array"
        return None
    if a.ndim == 1:
        if not is_number(ret) or kind_of(CLASSES.get(ret.unliteral.name, np.bool_)) not in "fc":
            expression.reason = "its result is no number"
            return None
        lines = [
            f"    n = len({x})",
            f"    if n < {WORK} or len({y}) != n:",
            whole,
            f"    m = {PIECES}",
            f"    parts = np.empty(m, np.{ret.unliteral.name})",
            *_SPLIT,
            f"        parts[k] = {_call(pieces)}",
            "    return np.sum(parts)",
        ]
        return "\n".join(lines) + "\n"
    if not is_array(ret) or ret.layout != "C":
        expression.reason = "its result is not in C order"
        return None
    columns = f"{y}.shape[1]" if b.ndim == 2 else "1"
    shape = f"(n, {columns})" if b.ndim == 2 else "n"
    lines = [
        f"    n = {x}.shape[0]",
        f"    if {x}.size * {columns} < {WORK} or n < {2 * ROWS} or {x}.shape[1] != {y}.shape[0]:",
        whole,
        f"    m = min(n // {ROWS}, {PIECES})",
        f"    out = np.empty({shape}, np.{_class_name(ret)})",
        *_SPLIT,
        f"        out[lo:hi] = {_call(pieces)}",
        "    return out",
    ]
    return "\n".join(lines) + "\n"


def spaced(expression, types):
    """`np.arange` of integers and `np.linspace` of floats: as the library makes them, by their formulas."""
    ret = expression.result(expression.whole, types)
    names = _names(expression)
    if ret is None or not is_array(ret):
        expression.reason = "its result is no array"
        return None
    if expression.role == "arange":
        if not all(is_int(t) and t.unliteral.name != "uint64" for t in types) or ret.dtype.name != "int64":
            expression.reason = "its result is no array of int64"
            return None
        start, stop, step = {1: ("0", "x0", "1"), 2: ("x0", "x1", "1"), 3: ("x0", "x1", "x2")}[len(types)]
        head = [
            f"    start = np.int64({start})",
            f"    step = np.int64({step})",
            f"    n = (np.int64({stop}) - start) // step if step == 1 else 0",
            f"    if n < {WORK}:",
            f"        return {_call(names)}",
        ]
        value = "start + i * step"
    else:
        if ret.dtype.name != "float64" or not is_int(types[2]):
            expression.reason = "its result is no array of float64"
            return None
        head = [
            "    start = np.float64(x0)",
            "    distance = np.float64(x1) - start",
            "    n = np.int64(x2)",
            "    step = distance / np.float64(n - 1) if n > 1 else 0.0",
            f"    if n < {WORK} or step == 0:",
            f"        return {_call(names)}",
        ]
        value = "np.float64(i) * step + start"
    lines = [
        *head,
        f"    m = {PIECES}",
        f"    out = np.empty(n, np.{ret.dtype.name})",
        *_SPLIT,
        "        for i in range(lo, hi):",
        f"            out[i] = {value}",
        *(["    out[n - 1] = np.float64(x1)"] if expression.role == "linspace" else []),
        "    return out",
    ]
    return "\n".join(lines) + "\n"


def fill(expression, types):
    """`a.fill(x)`, which gives something, so that it is done."""
    target, value = expression.operands
    t = types[target]
    if not is_array(t) or t.ndim == 0 or not t.mutable or not is_number(types[value]):
        expression.reason = "it fills no array with a number"
        return None
    lines = [
        f"    n = len(x{target})",
        f"    m = min(n, {PIECES}) if x{target}.size >= {WORK} else min(n, 1)",
        *_SPLIT,
        f"        x{target}[lo:hi].fill(x{value})",
        "    return True",
    ]
    return "\n".join(lines) + "\n"


def store(expression, types):
    """`x[…] = value` where the index is a slice, of an expression on numbers and arrays of the same shape."""
    target, names = expression.operands[0], _names(expression)
    to, value = types[target], expression.result(expression.whole, types)
    if not is_array(to) or to.ndim == 0 or not to.mutable or to.dtype.name not in CLASSES or value is None:
        expression.reason = "it assigns to no array of numbers"
        return None
    arrays = [n for n, t in enumerate(types) if n != target and is_array(t) and t.ndim]
    full = [n for n in arrays if types[n].ndim == to.ndim]
    if is_array(value):
        kind = kind_of(CLASSES.get(value.dtype.name, np.complex128))
        fits = value.ndim == to.ndim and full
    else:
        kind = kind_of(CLASSES.get(value.unliteral.name, np.complex128)) if is_number(value) else "c"
        fits = is_number(value)
    if not fits or (kind == "c" and kind_of(CLASSES[to.dtype.name]) != "c"):
        expression.reason = "what it assigns is stretched, or no number"
        return None
    x = names[target]
    conditions = [f"{x}.size < {expression.least()}"] + [f"{names[n]}.shape != {x}.shape" for n in full]
    conditions += [f"not apart({names[n]}, {x})" for n in arrays]
    pieces = [f"{name}[lo:hi]" if n in full or n == target else name for n, name in enumerate(names)]
    lines = [
        f"    if {' or '.join(conditions)}:",
        f"        {x}[...] = {_call(names)}",
        "        return True",
        f"    n = len({x})",
        f"    m = min(n, {PIECES})",
        *_SPLIT,
        f"        {x}[lo:hi] = {_call(pieces)}",
        "    return True",
    ]
    return "\n".join(lines) + "\n"


def masked(expression, types):
    """`x[mask] = number`."""
    target, mask = expression.operands
    to, where, names = types[target], types[mask], _names(expression)
    if not (
        is_array(to)
        and is_array(where)
        and where.dtype.name == "bool"
        and where.ndim == to.ndim
        and to.ndim
        and to.mutable
    ):
        expression.reason = "its index is no mask of an array"
        return None
    value = expression.result(expression.whole, types)
    if value is None or not is_number(value) or to.dtype.name not in CLASSES:
        expression.reason = "what it assigns is no number"
        return None
    x, m = names[target], names[mask]
    lines = [
        f"    value = {_call(names)}",
        f"    if {x}.size < {WORK // 2} or {m}.shape != {x}.shape or not apart({m}, {x}):",
        f"        {x}[{m}] = value",
        "        return True",
        f"    n = len({x})",
        f"    m = min(n, {PIECES})",
        *_SPLIT,
        f"        {x}[lo:hi][{m}[lo:hi]] = value",
        "    return True",
    ]
    return "\n".join(lines) + "\n"
