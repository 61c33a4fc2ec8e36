"""numpy.einsum with subscripts that are known while compiling.

A contraction of two arrays is a product of matrices (`tensordot`, then the axes are put in order). Everything else becomes the loops
that the subscripts describe, as the text of a function.
"""

import linecache
import string
from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import element_class, is_array, kind_of, promote, text
from looplift.library.tensors import _last_and_first, with_axes


def _parsed(subscripts, ndims):
    """Labels of each operand and of the result; None if the subscripts do not fit."""
    subscripts = subscripts.replace(" ", "")
    left, arrow, right = subscripts.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        return None
    used = set(subscripts)
    pool = [c for c in string.ascii_letters if c not in used]
    extra = 0
    for term, ndim in zip(terms, ndims, strict=True):
        named = len(term.replace("...", ""))
        if named > ndim or ("..." not in term and named != ndim):
            return None
        extra = max(extra, ndim - named)
    if extra > len(pool):
        return None
    rest = "".join(pool[:extra])
    labels = []
    for term, ndim in zip(terms, ndims, strict=True):
        count = ndim - len(term.replace("...", ""))
        labels.append(term.replace("...", rest[extra - count :]))
    if arrow:
        result = right.replace("...", rest)
    else:
        every = left.replace("...", "").replace(",", "")
        result = rest + "".join(sorted(c for c in set(every) if every.count(c) == 1))
    fits = all(c.isalpha() for c in "".join(labels) + result) and len(set(result)) == len(result)
    return (tuple(labels), result) if fits and set(result) <= set("".join(labels)) else None


def _contraction(labels, result):
    """The labels in common, if two operands are contracted over them all and keep the others."""
    if len(labels) != 2:
        return None
    a, b = labels
    if len(set(a)) != len(a) or len(set(b)) != len(b):
        return None
    common = [c for c in a if c in b]
    if not common or set(common) & set(result) or len(result) != len(a) + len(b) - 2 * len(common):
        return None
    return "".join(common)


def _compile(source, name, namespace):
    filename = f"<looplift numpy.einsum {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    namespace["__name__"] = __name__
    exec(compile(source, filename, "exec"), namespace)
    return namespace["einsum"]


def _sizes(labels):
    """Lines that name the lengths and check that they agree."""
    lines, known = [], {}
    for k, term in enumerate(labels):
        for axis, label in enumerate(term):
            if label in known:
                lines.append(f"    if a{k}.shape[{axis}] != n_{label}:")
                lines.append("        raise ValueError('operands could not be broadcast together with remapped shapes')")
            else:
                known[label] = True
                lines.append(f"    n_{label} = a{k}.shape[{axis}]")
    return lines


def _tuple(items):
    return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"


@cache
def _loops(labels, result, t):
    """Nested loops over the labels of the result, then over the others."""
    names = ", ".join(f"a{k}" for k in range(len(labels)))
    lines = [f"def einsum(subscripts, {names}):", *_sizes(labels)]
    inner = sorted(set("".join(labels)) - set(result))
    if result:
        lines.append(f"    out = np.empty({_tuple([f'n_{c}' for c in result])}, t)")
    indent = "    "
    for c in result:
        lines.append(f"{indent}for {c} in range(n_{c}):")
        indent += "    "
    factors = []
    for k, term in enumerate(labels):
        factors.append(f"t(a{k}[{', '.join(term)}])" if term else f"t(a{k}[()])")
    product = factors[0]
    for f in factors[1:]:
        product = f"({product} and {f})" if kind_of(t) == "b" else f"t({product} * {f})"
    lines.append(f"{indent}s = zero")
    deep = indent
    for c in inner:
        lines.append(f"{deep}for {c} in range(n_{c}):")
        deep += "    "
    lines.append(f"{deep}s = {'s or ' + product if kind_of(t) == 'b' else f't(s + {product})'}")
    if result:
        lines.append(f"{indent}out[{', '.join(result)}] = s")
    lines.append(f"    return {'out' if result else 's'}")
    return _compile("\n".join(lines) + "\n", ",".join(labels) + "->" + result, {"np": np, "t": t, "zero": t(0)})


@cache
def _product(labels, result, common):
    """Two operands: common axes last and first, a product of matrices, the axes of the result in order."""
    a, b = labels
    first = tuple(a.index(c) for c in a if c not in common) + tuple(a.index(c) for c in common)
    second = tuple(b.index(c) for c in common) + tuple(b.index(c) for c in b if c not in common)
    made = [c for c in a if c not in common] + [c for c in b if c not in common]
    order = tuple(made.index(c) for c in result)
    contract = _last_and_first(len(common))
    plain_a, plain_b = first == tuple(range(len(a))), second == tuple(range(len(b)))
    sorted_out = order == tuple(range(len(order)))

    def moved_a(x):
        return x if plain_a else with_axes(x, first)

    def moved_b(x):
        return x if plain_b else with_axes(x, second)

    if not made:

        def einsum(subscripts, x, y):
            p = moved_a(x)
            q = moved_b(y)
            if p.shape != q.shape:
                raise ValueError("operands could not be broadcast together with remapped shapes")
            return np.dot(np.ascontiguousarray(p).ravel(), np.ascontiguousarray(q).ravel())

    elif sorted_out:

        def einsum(subscripts, x, y):
            return contract(moved_a(x), moved_b(y))

    else:

        def einsum(subscripts, x, y):
            return with_axes(contract(moved_a(x), moved_b(y)), order).copy()

    return einsum


@overload("numpy.einsum")
def einsum(subscripts, *operands):
    words = text(subscripts)
    if words is None or not operands or not all(is_array(a) for a in operands):
        return None
    classes = [element_class(a) for a in operands]
    if None in classes or np.float16 in classes:
        return None
    parsed = _parsed(words, tuple(a.ndim for a in operands))
    if parsed is None:
        raise TypeError(f"einstein sum subscripts {words!r} do not fit the operands")
    common = _contraction(*parsed)
    return _product(*parsed, common) if common else _loops(*parsed, promote(*classes))
