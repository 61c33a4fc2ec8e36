"""Which calls of NumPy's functions on an array, or on an array expression, run on threads as `looplift.library._on_threads` does them:
sorting, running sums, positions, unique elements, counts in bins, concatenation, copies.

`CALLS` has what the reader of expressions recognises; `implementation` gets an `Expression` (`looplift._expressions`) and the types of
its arguments, and gives the function that stands for the call, or None, with the reason in the expression.
"""

import math

import numpy as np

from looplift.library._types import CLASSES, element_class, is_array, is_index, is_real, is_tuple, kind_of

# Function -> names of the parameters that a call may give.
CALLS = {
    "sort": ("a", "axis"),
    "argsort": ("a", "axis"),
    "cumsum": ("a", "axis"),
    "cumprod": ("a", "axis"),
    "unique": ("a",),
    "nonzero": ("a",),
    "flatnonzero": ("a",),
    "where": ("a",),
    "histogram": ("a", "bins", "range"),
    "concatenate": ("a",),
    "copy": ("a",),
}
ROLES = (*CALLS, "sort in place")
METHODS = ("argsort", "cumsum", "cumprod", "nonzero", "copy")
# Elements from which on threads pay.
_LEAST = {"sort": 16_384, "sort in place": 16_384, "argsort": 16_384, "unique": 16_384, "histogram": 32_768}
_MANY = 150_000
_MOST = 400_000
# Rows or columns that a piece has at least.
_LINES = 32


def least(role):
    return _LEAST.get(role, _MOST if role in ("copy", "concatenate") else _MANY)


def given(role, count, names):
    """Numbers of the arguments of a call for each parameter, or None where it is not one of those that run on threads."""
    parameters = CALLS[role]
    plain = count - len(names)
    if not 1 <= plain <= len(parameters):
        return None
    found = {parameters[n]: n for n in range(plain)}
    for n, name in enumerate(names):
        if name not in parameters or name in found:
            return None
        found[name] = plain + n
    return found


def implementation(expression, types):
    role = expression.role
    if role == "concatenate":
        return _concatenation(expression, types)
    base = types[0] if expression.inner_is_leaf else expression.result(expression.inner, types)
    ret = expression.result(expression.whole, types)
    if base is None or ret is None or not is_array(base) or base.ndim == 0 or base.dtype.name not in CLASSES:
        expression.reason = "its operand is no array of numbers"
        return None
    axis = expression.axis
    if role in ("sort", "argsort") and axis is None:
        axis = -1
    if role in ("sort", "argsort", "cumsum", "cumprod") and axis is not None:
        if not -base.ndim <= axis < base.ndim or (base.ndim == 1 and axis not in (0, -1)):
            expression.reason = "its array has no such axis"
            return None
        if base.ndim > 1:
            return _lines(expression, types, base, ret, axis % base.ndim)
    if role == "sort in place":
        return _in_place(expression, base)
    full, head = _values(expression, types, base)
    if full is None:
        return None
    end, scope = _end(expression, types, base, ret)
    return None if end is None else expression.made_of("\n".join([*head, *end]) + "\n", scope)


def _values(expression, types, base):
    """Lines that bind the elements to `values`, in C order: the operand, or the expression in its place."""
    if base.layout != "C" and (base.ndim > 1 or not expression.inner_is_leaf):
        expression.reason = "its operand is not in C order"
        return None, None
    least_of_all = least(expression.role)
    whole = f"whole({', '.join(f'x{n}' for n in range(expression.count))})"
    if expression.inner_is_leaf:
        first = expression.inner_numbers[0]
        return [first], [f"    if x{first}.size < {least_of_all}:", f"        return {whole}", f"    values = x{first}"]
    numbers = [n for n in expression.inner_numbers if is_array(types[n])]
    full = [n for n in numbers if types[n].ndim == base.ndim]
    if not full or any(types[n].dtype.name not in CLASSES for n in numbers):
        expression.reason = "its operands are stretched, or not numbers"
        return None, None
    flat = base.ndim > 1 and all(n in full and types[n].layout == "C" for n in numbers if types[n].ndim)
    lines, pieces, first = expression.head(full, flat, least_of_all)
    lines += [
        f"    values = np.empty({first}.shape, np.{CLASSES[base.dtype.name].__name__})",
        f"    to = {'values.reshape(values.size)' if flat else 'values'}",
        "    for k in prange(m):",
        "        lo = k * n // m",
        "        hi = (k + 1) * n // m",
        f"        to[lo:hi] = inner({', '.join(pieces)})",
    ]
    return full, lines


def _end(expression, types, base, ret):
    """Lines that give the result, from `values`, and what they name."""
    from looplift.library import _on_threads as shared

    role, t = expression.role, CLASSES[base.dtype.name]
    line = "values" if base.ndim == 1 else "values.reshape(values.size)"
    if t is np.float16:
        expression.reason = "its elements are of type float16"
        return None, None
    if role == "copy":
        return ["    return finish(values)"], {"finish": shared.copied}
    if role in ("sort", "argsort", "unique"):
        if kind_of(t) == "c":
            expression.reason = "its elements are complex numbers"
            return None, None
        if role == "unique":
            return [f"    return finish({line})"], {"finish": shared.unique(t)}
        made = shared.sorted_copy(t) if role == "sort" else shared.argsort(t)
        return ["    return finish(values)"], {"finish": made}
    if role in ("cumsum", "cumprod"):
        to = element_class(ret)
        if not is_array(ret) or to is None or to is np.float16:
            expression.reason = "its result is no array of numbers"
            return None, None
        return [f"    return finish({line})"], {"finish": shared.running(to, role == "cumprod")}
    if role == "flatnonzero":
        return [f"    return finish({line})"], {"finish": shared.positions}
    if role in ("nonzero", "where"):
        if base.ndim == 1:
            return ["    return (finish(values),)"], {"finish": shared.positions}
        return [f"    return columns(finish({line}), values.shape)"], {"finish": shared.positions, "columns": shared.columns(base.ndim)}
    return _histogram(expression, types, t, line)


def _histogram(expression, types, t, line):
    from looplift.library import _on_threads as shared

    if kind_of(t) == "c":
        expression.reason = "its elements are complex numbers"
        return None, None
    edges = t if kind_of(t) == "f" else np.float64
    bins, ends = expression.further["bins"], expression.further["range"]
    if not _is_bins(bins, types):
        expression.reason = "its bins are no number"
        return None, None
    count = "10" if bins is None else str(bins)
    too_many = ["    if bins > 100000 or bins < 1:", f"        return whole({', '.join(f'x{n}' for n in range(expression.count))})"]
    lines = [f"    bins = int({count})", *too_many]
    if ends is None:
        return [*lines, f"    return finish({line}, bins)"], {"finish": shared.ranged_histogram(edges)}
    if not _is_range(ends, types):
        expression.reason = "its range is no pair of numbers"
        return None, None
    lines += [f"    ends = {ends}", f"    return finish({line}, bins, float(ends[0]), float(ends[1]))"]
    return lines, {"finish": shared.histogram(edges, float)}


def _is_bins(bins, types):
    return bins is None or (bins.value is None and is_index(types[bins.number])) or type(bins.value) is int


def _is_range(ends, types):
    if ends.value is None:
        t = types[ends.number]
        return is_tuple(t) and t.count == 2 and all(is_real(x) for x in t.types)
    return type(ends.value) is tuple and len(ends.value) == 2 and all(type(x) in (int, float) and math.isfinite(x) for x in ends.value)


def _in_place(expression, base):
    from looplift.library import _on_threads as shared

    t = CLASSES[base.dtype.name]
    if not base.mutable or kind_of(t) == "c" or t is np.float16 or not expression.inner_is_leaf or expression.axis not in (None, -1):
        expression.reason = "it sorts no array of numbers along its last axis"
        return None
    if base.ndim > 1:
        lines = [
            "    n = len(x0)",
            f"    m = min(n, 64) if x0.size >= {_LEAST['sort']} else min(n, 1)",
            "    for k in prange(m):",
            "        x0[k * n // m : (k + 1) * n // m].sort()",
            "    return True",
        ]
        return expression.made_of("\n".join(lines) + "\n", {})
    lines = [
        f"    if x0.size < {_LEAST['sort']} or x0.strides[0] == 0:",
        "        x0.sort()",
        "    else:",
        "        finish(x0)",
        "    return True",
    ]
    return expression.made_of("\n".join(lines) + "\n", {"finish": shared.sort(t)})


def _lines(expression, types, base, ret, axis):
    """Along an axis of several: pieces are cut along another."""
    numbers = [n for n in expression.inner_numbers if is_array(types[n]) and types[n].ndim]
    full = [n for n in numbers if types[n].ndim == base.ndim]
    if not is_array(ret) or ret.layout != "C" or ret.dtype.name not in CLASSES or len(full) != len(numbers) or not full:
        expression.reason = "its operands are stretched, or its result is not in C order"
        return None
    if any(types[n].dtype.name not in CLASSES for n in full):
        expression.reason = "its operands are not numbers"
        return None
    names = [f"x{n}" for n in range(expression.count)]
    first = names[full[0]]
    split = 1 if axis == 0 else 0
    cut = ":, " * split
    pieces = [f"{x}[{cut}lo:hi]" if n in full else x for n, x in enumerate(names)]
    conditions = [f"{first}.size < {least(expression.role)}", *(f"{names[n]}.shape != {first}.shape" for n in full[1:])]
    conditions += [f"{first}.shape[{split}] < {2 * (_LINES if split else 1)}"]
    lines = [
        f"    if {' or '.join(conditions)}:",
        f"        return whole({', '.join(names)})",
        f"    n = {first}.shape[{split}]",
        f"    m = min(n{f' // {_LINES}' if split else ''}, 64)",
        f"    out = np.empty({first}.shape, np.{CLASSES[ret.dtype.name].__name__})",
        "    for k in prange(m):",
        "        lo = k * n // m",
        "        hi = (k + 1) * n // m",
        f"        out[{cut}lo:hi] = whole({', '.join(pieces)})",
        "    return out",
    ]
    return expression.made_of("\n".join(lines) + "\n", {})


def _concatenation(expression, types):
    """Of a tuple of arrays, along the first axis."""
    t = types[0]
    if expression.count != 1 or not is_tuple(t) or t.count < 1 or not all(is_array(x) and x.ndim and x.dtype.name in CLASSES for x in t.types):
        expression.reason = "its operand is no tuple of arrays of numbers"
        return None
    ndim = t.types[0].ndim
    ret = expression.result(expression.whole, types)
    if ret is None or not is_array(ret) or ret.layout != "C" or ret.dtype.name not in CLASSES or any(x.ndim != ndim for x in t.types):
        expression.reason = "its result is no array of numbers in C order"
        return None
    count, rest = t.count, "".join(f", x0[0].shape[{k}]" for k in range(1, ndim))
    sizes = " + ".join(f"x0[{j}].size" for j in range(count))
    conditions = [f"{sizes} < {least('concatenate')}"]
    conditions += [f"x0[{j}].shape[{k}] != x0[0].shape[{k}]" for j in range(1, count) for k in range(1, ndim)]
    lines = [f"    if {' or '.join(conditions)}:", "        return whole(x0)", "    at0 = 0"]
    lines += [f"    at{j + 1} = at{j} + len(x0[{j}])" for j in range(count)]
    lines += [f"    a{j} = x0[{j}]" for j in range(count)]
    lines += [f"    out = np.empty((at{count}{rest},), np.{CLASSES[ret.dtype.name].__name__})", "    for k in prange(64):"]
    for j in range(count):
        lines += [
            f"        lo = k * len(a{j}) // 64",
            f"        hi = (k + 1) * len(a{j}) // 64",
            f"        out[at{j} + lo : at{j} + hi] = a{j}[lo:hi]",
        ]
    lines.append("    return out")
    return expression.made_of("\n".join(lines) + "\n", {})
