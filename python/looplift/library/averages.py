"""Python's `statistics`: means, medians, spreads of lists, tuples, arrays and other iterables of numbers.

Sums are `math.fsum`, rounded once, where CPython computes with fractions: the last bit may differ.
"""

import math
import statistics
from functools import cache

from looplift.library._registry import overload
from looplift.library._types import is_absent, is_array, is_iterator, is_real, is_tuple, kind, text
from looplift.library.lists import is_iterable

_Error = statistics.StatisticsError


def _element(data):
    """The type of the items, or None."""
    if kind(data) in ("list", "set", "array", "range"):
        return data.dtype
    return None


def _is_data(data):
    if is_tuple(data):
        return all(map(is_real, data.types))
    element = _element(data)
    return is_iterator(data) or (is_iterable(data) and element is not None and is_real(element) and (not is_array(data) or data.ndim == 1))


def _numbers(data):
    return [float(x) for x in data]


# Means


def _mean(data):
    x = _numbers(data)
    if len(x) == 0:
        raise _Error("mean requires at least one data point")
    return math.fsum(x) / len(x)


def _fmean(data, weights=None):
    x = _numbers(data)
    if len(x) == 0:
        raise _Error("fmean requires at least one data point")
    return math.fsum(x) / len(x)


def _weighted_mean(data, weights=None):
    x = _numbers(data)
    w = _numbers(weights)
    if len(x) != len(w):
        raise _Error("data and weights must be the same length")
    total = math.fsum(w)
    if total == 0.0:
        raise _Error("sum of weights must be non-zero")
    return math.fsum([x[i] * w[i] for i in range(len(x))]) / total


def _geometric_mean(data):
    x = _numbers(data)
    if len(x) == 0:
        raise _Error("geometric mean requires a non-empty dataset containing positive numbers")
    for v in x:
        if not v > 0.0:
            raise _Error("geometric mean requires a non-empty dataset containing positive numbers")
    return math.exp(math.fsum([math.log(v) for v in x]) / len(x))


def _harmonic_mean(data):
    x = _numbers(data)
    if len(x) == 0:
        raise _Error("harmonic_mean requires at least one data point")
    for v in x:
        if v < 0.0:
            raise _Error("harmonic mean does not support negative values")
    for v in x:
        if v == 0.0:
            return 0.0
    return len(x) / math.fsum([1.0 / v for v in x])


# Order


def _median(data):
    x = sorted(data)
    n = len(x)
    if n == 0:
        raise _Error("no median for empty data")
    return float(x[n // 2]) if n % 2 else (x[n // 2 - 1] + x[n // 2]) / 2


def _median_low(data):
    x = sorted(data)
    if len(x) == 0:
        raise _Error("no median for empty data")
    return x[(len(x) - 1) // 2]


def _median_high(data):
    x = sorted(data)
    if len(x) == 0:
        raise _Error("no median for empty data")
    return x[len(x) // 2]


def _tallied(data):
    counts = {}
    for x in data:
        counts[x] = counts.get(x, 0) + 1
    return counts


def _mode(data):
    counts = _tallied(data)
    if len(counts) == 0:
        raise _Error("no mode for empty data")
    return max(counts.items(), key=_count_of)[0]


def _count_of(item):
    return item[1]


def _multimode(data):
    counts = _tallied(data)
    most = max(counts.values(), default=0)
    return [x for x, n in counts.items() if n == most]


def _sorted_enough(data, n):
    """The data in order, where there are two at least and `n` asks for something."""
    x = sorted(data)
    if n < 1:
        raise _Error("n must be at least 1")
    if len(x) < 2:
        raise _Error("must have at least two data points")
    return x


def _quantiles_exclusive(data, n=4, method="exclusive"):
    x = _sorted_enough(data, n)
    size = len(x)
    out = []
    for i in range(1, n):
        j = min(max(i * (size + 1) // n, 1), size - 1)
        delta = i * (size + 1) - j * n
        out.append((x[j - 1] * (n - delta) + x[j] * delta) / n)
    return out


def _quantiles_inclusive(data, n=4, method="inclusive"):
    x = _sorted_enough(data, n)
    size = len(x)
    out = []
    for i in range(1, n):
        j, delta = divmod(i * (size - 1), n)
        out.append((x[j] * (n - delta) + x[j + 1] * delta) / n)
    return out


# Spread


def _squares(x, center):
    """The sum of squared distances, corrected for what the rounded center costs."""
    d = [v - center for v in x]
    rest = math.fsum(d)
    return max(math.fsum([v * v for v in d]) - rest * rest / len(x), 0.0)


def _variance(data, xbar=None):
    x = _numbers(data)
    if len(x) < 2:
        raise _Error("variance requires at least two data points")
    return _squares(x, math.fsum(x) / len(x)) / (len(x) - 1)


def _pvariance(data, mu=None):
    x = _numbers(data)
    if len(x) < 1:
        raise _Error("pvariance requires at least one data point")
    return _squares(x, math.fsum(x) / len(x)) / len(x)


def _stdev(data, xbar=None):
    x = _numbers(data)
    if len(x) < 2:
        raise _Error("stdev requires at least two data points")
    return math.sqrt(_squares(x, math.fsum(x) / len(x)) / (len(x) - 1))


def _pstdev(data, mu=None):
    x = _numbers(data)
    if len(x) < 1:
        raise _Error("pstdev requires at least one data point")
    return math.sqrt(_squares(x, math.fsum(x) / len(x)) / len(x))


def _products(x, y):
    a = math.fsum(x) / len(x)
    b = math.fsum(y) / len(y)
    return math.fsum([(x[i] - a) * (y[i] - b) for i in range(len(x))])


def _covariance(x, y):
    p = _numbers(x)
    q = _numbers(y)
    if len(p) != len(q):
        raise _Error("covariance requires that both inputs have same number of data points")
    if len(p) < 2:
        raise _Error("covariance requires at least two data points")
    return _products(p, q) / (len(p) - 1)


def _correlation(x, y):
    p = _numbers(x)
    q = _numbers(y)
    if len(p) != len(q):
        raise _Error("correlation requires that both inputs have same number of data points")
    if len(p) < 2:
        raise _Error("correlation requires at least two data points")
    square = _products(p, p) * _products(q, q)
    if square == 0.0:
        raise _Error("at least one of the inputs is constant")
    return _products(p, q) / math.sqrt(square)


_OF_ONE = {
    "mean": _mean,
    "geometric_mean": _geometric_mean,
    "harmonic_mean": _harmonic_mean,
    "median": _median,
    "median_low": _median_low,
    "median_high": _median_high,
}
_OF_TWO = {"covariance": _covariance, "correlation": _correlation}
_SPREADS = {"variance": (_variance, "xbar"), "stdev": (_stdev, "xbar"), "pvariance": (_pvariance, "mu"), "pstdev": (_pstdev, "mu")}


def _of_one(name, implementation):
    @overload("statistics." + name)
    def function(data):
        return implementation if _is_data(data) else None


def _of_two(name, implementation):
    @overload("statistics." + name)
    def function(x, y):
        return implementation if _is_data(x) and _is_data(y) else None


@cache
def _spread(name):
    implementation, center = _SPREADS[name]
    scope = {}
    # Text of this module's own making: the parameter's name differs.
    exec(f"def function(data, {center}=None):\n    return implementation if is_data(data) and is_absent({center}) else None\n",
         {"__name__": __name__, "implementation": implementation, "is_data": _is_data, "is_absent": is_absent}, scope)  # fmt: skip
    return scope["function"]


for _name, _implementation in _OF_ONE.items():
    _of_one(_name, _implementation)
for _name, _implementation in _OF_TWO.items():
    _of_two(_name, _implementation)
for _name in _SPREADS:
    overload("statistics." + _name)(_spread(_name))


@overload("statistics.fmean")
def fmean(data, weights=None):
    if _is_data(data):
        return _fmean if is_absent(weights) else _weighted_mean if _is_data(weights) else None


@overload("statistics.mode")
def mode(data):
    return _mode if is_iterable(data) or is_iterator(data) or kind(data) in ("str", "literal_str") else None


@overload("statistics.multimode")
def multimode(data):
    return _multimode if is_iterable(data) or is_iterator(data) or kind(data) in ("str", "literal_str") else None


@overload("statistics.quantiles")
def quantiles(data, *, n=4, method="exclusive"):
    if _is_data(data):
        return {"exclusive": _quantiles_exclusive, "inclusive": _quantiles_inclusive}.get(text(method))
