"""Distributions of `numpy.random` and of its generators: one table, two ways to call them.

A row gives a distribution's parameters, the runtime's symbol that draws a number of it (`_native`), and what its parameters must
fulfil, with NumPy's words. From a row come the function `numpy.random.NAME`, which draws from the thread's own stream, and the
method `NAME` of generators, which draws from theirs; each with a number or, given a size, an array as its result.
"""

import linecache
import math
from functools import cache

import numpy as np

from looplift.library import _fills as fills
from looplift.library import _native
from looplift.library._objects import acquire, release
from looplift.library._registry import overload
from looplift.library._types import is_absent, is_index, is_int_tuple, is_real

# Conditions under which a parameter is refused, and the words.
_REFUSALS = {
    # (The sign decides: -0.0 is refused.)
    "not negative": ("{0} < 0 or ({0} == 0 and math.copysign(1.0, {0}) < 0)", "{0} < 0"),
    "positive": ("{0} <= 0", "{0} <= 0"),
    "positive, not nan": ("not {0} > 0", "{0} <= 0"),
    "probability": ("not (0 <= {0} <= 1)", "{0} < 0, {0} > 1 or {0} is NaN"),
    "probability above 0": ("not (0 < {0} <= 1)", "{0} <= 0, {0} > 1 or {0} contains NaNs"),
    "probability below 1": ("not (0 <= {0} < 1)", "{0} < 0, {0} >= 1 or {0} is NaN"),
    "above 1": ("not {0} > 1", "{0} <= 1 or {0} is NaN"),
    "rate": ("not {0} >= 0", "{0} < 0 or {0} is NaN"),
    "rate that fits": ("{0} > 9.223372006484771e+18", "{0} value too large"),
}

# name -> (parameters, symbol, result class, {parameter: refusals})
_FLOAT, _INT = "np.float64", "np.int64"
ROWS = {
    "uniform": ("low=0.0, high=1.0", None, _FLOAT, {}),
    "normal": ("loc=0.0, scale=1.0", "random_normal", _FLOAT, {"scale": ["not negative"]}),
    "standard_normal": ("", "random_normal01", _FLOAT, {}),
    "lognormal": ("mean=0.0, sigma=1.0", "random_lognormal", _FLOAT, {"sigma": ["not negative"]}),
    "exponential": ("scale=1.0", "random_exponential", _FLOAT, {"scale": ["not negative"]}),
    "standard_exponential": ("", "random_exponential1", _FLOAT, {}),
    "standard_gamma": ("shape", "random_standard_gamma", _FLOAT, {"shape": ["not negative"]}),
    "gamma": ("shape, scale=1.0", "random_gamma", _FLOAT, {"shape": ["not negative"], "scale": ["not negative"]}),
    "beta": ("a, b", "random_beta", _FLOAT, {"a": ["positive"], "b": ["positive"]}),
    "chisquare": ("df", "random_chisquare", _FLOAT, {"df": ["positive"]}),
    "noncentral_chisquare": (
        "df, nonc",
        "random_noncentral_chisquare",
        _FLOAT,
        {"df": ["positive"], "nonc": ["not negative"]},
    ),
    "f": ("dfnum, dfden", "random_f", _FLOAT, {"dfnum": ["positive"], "dfden": ["positive"]}),
    "noncentral_f": (
        "dfnum, dfden, nonc",
        "random_noncentral_f",
        _FLOAT,
        {"dfnum": ["positive"], "dfden": ["positive"], "nonc": ["not negative"]},
    ),
    "standard_t": ("df", "random_standard_t", _FLOAT, {"df": ["positive"]}),
    "standard_cauchy": ("", "random_standard_cauchy", _FLOAT, {}),
    "pareto": ("a", "random_pareto", _FLOAT, {"a": ["positive"]}),
    "weibull": ("a", "random_weibull", _FLOAT, {"a": ["not negative"]}),
    "power": ("a", "random_power", _FLOAT, {"a": ["positive"]}),
    "rayleigh": ("scale=1.0", "random_rayleigh", _FLOAT, {"scale": ["not negative"]}),
    "laplace": ("loc=0.0, scale=1.0", "random_laplace", _FLOAT, {"scale": ["not negative"]}),
    "gumbel": ("loc=0.0, scale=1.0", "random_gumbel", _FLOAT, {"scale": ["not negative"]}),
    "logistic": ("loc=0.0, scale=1.0", "random_logistic", _FLOAT, {"scale": ["not negative"]}),
    "wald": ("mean, scale", "random_wald", _FLOAT, {"mean": ["positive"], "scale": ["positive"]}),
    "triangular": ("left, mode, right", "random_triangular", _FLOAT, {}),
    "vonmises": ("mu, kappa", "random_vonmises", _FLOAT, {"kappa": ["not negative"]}),
    "poisson": ("lam=1.0", "random_poisson", _INT, {"lam": ["rate", "rate that fits"]}),
    "binomial": ("n, p", "random_binomial", _INT, {"n": ["not negative"], "p": ["probability"]}),
    "negative_binomial": (
        "n, p",
        "random_negative_binomial",
        _INT,
        {"n": ["positive, not nan"], "p": ["probability above 0"]},
    ),
    "geometric": ("p", "random_geometric", _INT, {"p": ["probability above 0"]}),
    "zipf": ("a", "random_zipf", _INT, {"a": ["above 1"]}),
    "logseries": ("p", "random_logseries", _INT, {"p": ["probability below 1"]}),
    "hypergeometric": (
        "ngood, nbad, nsample",
        "random_hypergeometric",
        _INT,
        {"ngood": ["not negative"], "nbad": ["not negative"], "nsample": ["not negative"]},
    ),
}

# Conditions on several parameters.
_MORE = {
    "triangular": [
        ("left > mode", "left > mode"),
        ("mode > right", "mode > right"),
        ("left == right", "left == right"),
    ],
    "hypergeometric": [("ngood + nbad < nsample", "ngood + nbad < nsample")],
}


# What fills an array at once.
_FILLS = {
    "uniform": "fills.scaled({}, out, fills.UNIFORM, low, high - low)",
    "normal": "fills.scaled({}, out, fills.NORMAL, loc, scale)",
    "standard_normal": "fills.doubles({}, out, fills.NORMAL)",
    "exponential": "fills.scaled({}, out, fills.EXPONENTIAL, 0.0, scale)",
    "standard_exponential": "fills.doubles({}, out, fills.EXPONENTIAL)",
    "standard_gamma": "fills.gamma({}, out, shape, 1.0)",
    "gamma": "fills.gamma({}, out, shape, scale)",
    "poisson": "fills.poisson({}, out, lam)",
    "binomial": "fills.binomial({}, out, n, p)",
}


def is_size(t):
    return is_index(t) or is_int_tuple(t)


def _source(name, of_generator):
    """The text of a row's functions: scalar, sized, broadcast."""
    parameters, symbol, result, refusals = ROWS[name]
    names = [p.split("=")[0].strip() for p in parameters.split(",") if p.strip()]
    stream = "self" if of_generator else "1"
    checks = []
    for parameter, kinds in refusals.items():
        for kind in kinds:
            condition, words = _REFUSALS[kind]
            checks.append((condition.format(parameter), words.format(parameter)))
    checks += _MORE.get(name, [])
    if name == "uniform":
        if not of_generator:
            checks.append(("not np.isfinite(high - low)", "Range exceeds valid bounds"))
        draw = f"random_uniform({stream}, low, high - low)"
    else:
        draw = f"{symbol}({', '.join([stream, *names])})"
    head = ", ".join([*(["self"] if of_generator else []), *([parameters] if parameters else []), "size=None"])
    lines = []
    error = "OverflowError" if name == "uniform" else "ValueError"

    def check(indent):
        for condition, words in checks:
            lines.append(f"{indent}if {condition}:")
            lines.append(f"{indent}    raise {error}({words!r})")

    lines.append(f"def scalar({head}):")
    check("    ")
    lines.append(f"    return {draw}")
    lines.append(f"def sized({head}):")
    check("    ")
    lines.append(f"    out = np.empty(size, {result})")
    fill = _FILLS.get(name)
    if fill is None:
        lines.append("    flat = out.reshape(out.size)")
    if of_generator:
        lines.append("    acquire(self)")
    if fill is not None:
        lines.append(f"    {fill.format(stream)}")
    elif of_generator:
        # (A long loop may be interrupted.)
        lines.append("    try:")
        lines.append("        for i in range(len(flat)):")
        lines.append(f"            flat[i] = {draw}")
        lines.append("    finally:")
        lines.append("        release(self)")
    else:
        lines.append("    for i in range(len(flat)):")
        lines.append(f"        flat[i] = {draw}")
    if of_generator and fill is not None:
        lines.append("    release(self)")
    lines.append("    return out")
    return "\n".join(lines) + "\n", names


@cache
def _compiled(name, of_generator):
    """The functions of a row."""
    text, names = _source(name, of_generator)
    filename = f"<looplift {'Generator' if of_generator else 'numpy.random'}.{name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    symbol = ROWS[name][1] or "random_uniform"
    namespace = {"np": np, "math": math, "__name__": __name__, "acquire": acquire, "release": release, "fills": fills, symbol: getattr(_native, symbol)}
    exec(compile(text, filename, "exec"), namespace)
    return namespace["scalar"], namespace["sized"], names


def _overload_of(name, of_generator):
    parameters = ROWS[name][0]
    head = ", ".join([*(["self"] if of_generator else []), *([parameters] if parameters else []), "size=None"])
    names = [p.split("=")[0].strip() for p in parameters.split(",") if p.strip()]

    def choose(size, *given):
        if not all(isinstance(g, float) or is_real(g) for g in given):
            return None
        scalar, sized, _ = _compiled(name, of_generator)
        if is_absent(size):
            return scalar
        return sized if is_size(size) else None

    namespace = {"choose": choose}
    exec(f"def typing({head}):\n    return choose({', '.join(['size', *names])})\n", namespace)
    typing = namespace["typing"]
    typing.__module__ = __name__
    return typing


# Methods that also take a `dtype` are in `generator_random`.
_WITH_DTYPE = ("standard_normal", "standard_exponential", "standard_gamma")

for _name in ROWS:
    overload("numpy.random." + _name)(_overload_of(_name, False))
    if _name not in _WITH_DTYPE:
        overload("generator." + _name)(_overload_of(_name, True))
