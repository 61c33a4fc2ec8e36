"""How many bins a histogram has where a rule says so (`bins="auto"` and its like), and histograms of many dimensions.

The rules are those of `numpy.histogram_bin_edges`; each gives the width of a bin.
"""

import math
from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import element_class, is_absent, is_array, is_false, is_index, is_int_tuple, is_true, is_tuple, kind_of, text


def _spread(x):
    return float(np.max(x)) - float(np.min(x))


def _sqrt(x):
    return _spread(x) / math.sqrt(x.size)


def _sturges(x):
    return _spread(x) / (math.log2(x.size) + 1.0)


def _rice(x):
    return _spread(x) / (2.0 * x.size ** (1.0 / 3))


def _scott(x):
    return (24.0 * math.pi**0.5 / x.size) ** (1.0 / 3.0) * np.std(x)


def _doane(x):
    if x.size > 2:
        g = math.sqrt(6.0 * (x.size - 2) / ((x.size + 1.0) * (x.size + 3)))
        sigma = np.std(x)
        if sigma > 0.0:
            skew = np.mean(((x - np.mean(x)) / sigma) ** 3)
            return _spread(x) / (1.0 + math.log2(x.size) + math.log2(1.0 + abs(skew) / g))
    return 0.0


def _fd(x):
    return 2.0 * (np.percentile(x, 75) - np.percentile(x, 25)) * x.size ** (-1.0 / 3.0)


def _stone(x):
    n = x.size
    spread = _spread(x)
    if n <= 1 or spread == 0:
        return 0.0
    most = max(100, int(math.sqrt(n)))
    best = 1
    least = math.inf
    for bins in range(1, most + 1):
        h = spread / bins
        counts = np.histogram(x, bins)[0]
        total = 0.0
        for c in counts:
            p = c / n
            total += p * p
        risk = (2 - (n + 1) * total) / h
        if risk < least:
            least = risk
            best = bins
    return spread / best


def _auto(x):
    rule = _fd(x)
    other = _sturges(x)
    # Where the quartiles coincide the first rule says nothing.
    return min(max(rule, _sqrt(x) / 2), other) if rule else other


_RULES = {"auto": _auto, "doane": _doane, "fd": _fd, "rice": _rice, "scott": _scott, "sqrt": _sqrt, "stone": _stone, "sturges": _sturges}


@cache
def _count(rule, whole):
    """How many bins of equal width there are for these values."""

    def count(x):
        if x.size == 0:
            return 1
        width = float(rule(x))
        if whole and 0.0 < width < 1.0:
            width = 1.0
        spread = _spread(x)
        if width > 0.0 and spread > 0.0:
            return int(math.ceil(spread / width))
        return 1

    return count


@cache
def _edges(rule, whole, ranged):
    count = _count(rule, whole)

    if ranged:

        def edges(a, bins=10, range=None, weights=None):
            low = range[0]
            high = range[1]
            if low > high:
                raise ValueError("max must be larger than min in range parameter.")
            flat = np.ravel(a)
            kept = flat[(flat >= low) & (flat <= high)]
            n = 1
            if kept.size > 0:
                width = float(rule(kept))
                if whole and 0.0 < width < 1.0:
                    width = 1.0
                if width > 0.0 and high > low:
                    n = int(math.ceil((high - low) / width))
            return np.histogram_bin_edges(flat, n, range)

    else:

        def edges(a, bins=10, range=None, weights=None):
            flat = np.ravel(a)
            return np.histogram_bin_edges(flat, count(flat))

    return edges


@cache
def _histogram(edges, dense):
    def histogram(a, bins=10, range=None, density=None, weights=None):
        flat = np.ravel(a)
        return np.histogram(flat, edges(flat, bins, range), density=dense)

    return histogram


def _edges_for(a, bins, range, weights):
    rule = _RULES.get(text(bins))
    if rule is None or not is_array(a) or element_class(a) is None or kind_of(element_class(a)) not in "iuf":
        return None
    # NumPy has no such rule for weighted values either.
    if not is_absent(weights) or not (is_absent(range) or (is_tuple(range) and range.count == 2)):
        return None
    return _edges(rule, kind_of(element_class(a)) in "iu", not is_absent(range))


@overload("option.histogram_bin_edges")
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    return _edges_for(a, bins, range, weights)


@overload("option.histogram")
def histogram(a, bins=10, range=None, density=None, weights=None):
    found = _edges_for(a, bins, range, weights)
    if found is not None and (is_absent(density) or is_true(density) or is_false(density)):
        return _histogram(found, is_true(density))


# Many dimensions: their number is that of the bins, given one by one


@cache
def _histogramdd(count, dense, weighted):
    numbers = "".join(f"bins[{k}] + 2, " for k in range(count))
    inner = ", ".join(["1:-1"] * count)
    scope = {"__name__": __name__, "np": np, "place": _place}
    lines = [
        "def histogramdd(sample, bins=10, range=None, density=None, weights=None):",
        f"    if sample.shape[1] != {count}:",
        "        raise ValueError('The dimension of bins must be equal to the dimension of the sample x.')",
        *(f"    e{k} = np.histogram_bin_edges(sample[:, {k}], bins[{k}])" for k in range(count)),
        f"    made = np.zeros(({numbers}))",
        "    for i in range_(len(sample)):",
        f"        made[{', '.join(f'place(e{k}, sample[i, {k}])' for k in range(count))}] += {'weights[i]' if weighted else '1.0'}",
        f"    made = made[{inner}].copy()",
    ]
    if dense:
        lines.append("    total = np.sum(made)")
        for k in range(count):
            shape = ", ".join("-1" if j == k else "1" for j in range(count))
            lines.append(f"    made = made / np.diff(e{k}).reshape(({shape},))")
        lines.append("    made = made / total")
    lines.append(f"    return made, [{', '.join(f'e{k}' for k in range(count))}]")
    scope["range_"] = range
    exec("\n".join(lines), scope)  # numbers of dimensions
    return scope["histogramdd"]


def _place(edges, x):
    """The bin of a value, 0 and the last one for those outside; the last bin includes its end."""
    n = len(edges)
    if x == edges[n - 1]:
        return n - 1
    return np.searchsorted(edges, x, "right")


@overload("numpy.histogramdd")
def histogramdd(sample, bins=10, range=None, density=None, weights=None):
    if not is_array(sample, 2) or element_class(sample) is None or kind_of(element_class(sample)) not in "biuf" or not is_absent(range):
        return None
    if not (is_absent(density) or is_true(density) or is_false(density)) or not (is_absent(weights) or is_array(weights, 1)):
        return None
    if is_int_tuple(bins) and bins.count and not is_index(bins):
        return _histogramdd(bins.count, is_true(density), is_array(weights))
