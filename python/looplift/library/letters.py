"""numpy.strings and numpy.char, second part: functions whose result is wider than the array, comparisons, parts, and conversions of texts.

A result has the width that follows from types and constants: of the array, of a constant text, of a constant number. Where NumPy's width is that of
the longest text there is, the result's may be larger; the texts are the same.
"""

from functools import cache

import numpy as np

from looplift.errors import TypingError
from looplift.library._registry import overload
from looplift.library._types import dtype_class, element_class, is_absent, is_array, is_index, is_text, kind, text
from looplift.library.broadcasting import common_shape, stretch

_MODULES = ("numpy.strings.", "numpy.char.")


def _is_texts(t):
    return is_array(t) and kind(t.dtype) == "charseq"


def _letters(t):
    """(kind letter, width) of an array of texts or of a constant text; None for anything else."""
    if _is_texts(t):
        dtype = t.dtype.numpy_dtype
        return dtype.kind, dtype.itemsize // np.dtype(dtype.kind + "1").itemsize
    found = text(t)
    return None if found is None else ("U", max(len(found), 1))


# Letters of a text in an array, at most.
_MOST = 1 << 24


def _wide(kind, width):
    if width > _MOST:
        raise TypingError(f"texts of {width} characters are too wide for an array")
    return np.dtype(f"{kind}{max(width, 1)}")


def _number(t):
    """A number that is known while compiling, or None."""
    value = getattr(t, "literal_value", None)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# Element by element, with one expression


@cache
def _mapped(parameters, expression, dtype, spread):
    """A function that fills an array of `dtype`; `x` is an element of the first parameter. With `spread` the first two are broadcast."""
    names = [p.partition("=")[0] for p in parameters.split(", ")]
    first = names[0]
    if spread:
        lines = [
            f"    one, two = np.asarray({first}), np.asarray({names[1]})",
            "    shape = common_shape(one.shape, two.shape)",
            "    p, q = stretch(one, shape), stretch(two, shape)",
            "    made = np.empty(shape, made_of)",
            "    for position in np.ndindex(shape):",
            "        x = p[position]",
            "        y = q[position]",
        ]
    else:
        lines = [
            f"    made = np.empty({first}.shape, made_of)",
            f"    for position in np.ndindex({first}.shape):",
            f"        x = {first}[position]",
        ]
    scope = {"__name__": __name__, "np": np, "made_of": dtype, "common_shape": common_shape, "stretch": stretch}
    body = "\n".join([f"def each({parameters}):", *lines, f"        made[position] = {expression}", "    return made"])
    exec(body, scope)  # expressions of this module
    return scope["each"]


def _named(*names):
    return overload(*(module + name for module in _MODULES for name in names))


# Sums and multiples


@_named("add")
def add(x1, x2):
    a, b = _letters(x1), _letters(x2)
    if a and b and a[0] == b[0] and (_is_texts(x1) or _is_texts(x2)):
        return _mapped("x1, x2", "x + y", _wide(a[0], a[1] + b[1]), True)


@overload("array.__add__")
def plus(x1, x2):
    return add(x1, x2)


@overload("array.__radd__")
def plus_reflected(x2, x1):
    a, b = _letters(x1), _letters(x2)
    if a and b and a[0] == b[0] and _is_texts(x2):
        return _mapped("x2, x1", "y + x", _wide(a[0], a[1] + b[1]), True)


@_named("multiply")
def multiply(a, i):
    found, times = _letters(a), _number(i)
    if found and _is_texts(a) and times is not None:
        return _mapped("a, i", "x * i", _wide(found[0], found[1] * max(times, 0)), False)


# Filled up to a width


def _register_fill(name):
    def fill(a, width, fillchar=" "):
        found, wanted = _letters(a), _number(width)
        # Bytes have no such methods in compiled code.
        if found and _is_texts(a) and found[0] == "U" and wanted is not None and (fillchar == " " or is_text(fillchar)):
            return _mapped("a, width, fillchar=' '", f"x.{name}(width, fillchar)", _wide(found[0], max(found[1], wanted)), False)

    _named(name)(fill)


for _name in ("center", "ljust", "rjust"):
    _register_fill(_name)


@_named("zfill")
def zfill(a, width):
    found, wanted = _letters(a), _number(width)
    if found and _is_texts(a) and found[0] == "U" and wanted is not None:
        return _mapped("a, width", "x.zfill(width)", _wide(found[0], max(found[1], wanted)), False)


# Replacing


@_named("replace")
def replace(a, old, new, count=-1):
    found, before, after = _letters(a), text(old), text(new)
    if not (found and _is_texts(a) and found[0] == "U") or not before or after is None or not (count == -1 or is_index(count)):
        return None
    # As wide as a text of nothing but the old part becomes.
    longest = found[1] if len(after) <= len(before) else found[1] // len(before) * len(after) + found[1] % len(before)
    return _mapped("a, old, new, count=-1", "x.replace(old, new, count)", _wide(found[0], longest), False)


@_named("translate")
def translate(a, table, deletechars=None):
    found = _letters(a)
    if found and _is_texts(a) and found[0] == "U" and is_absent(deletechars) and kind(table) == "dict":
        return _mapped("a, table, deletechars=None", "x.translate(table)", _wide(*found), False)


# Comparisons: of `numpy.char` without spaces at the end

_COMPARISONS = {"equal": "==", "not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}


def _register_comparison(name, operator):
    def compare(x1, x2):
        a, b = _letters(x1), _letters(x2)
        if a and b and a[0] == b[0] and (_is_texts(x1) or _is_texts(x2)):
            return _mapped("x1, x2", f"x {operator} y", np.bool_, True)

    def compare_stripped(x1, x2):
        a, b = _letters(x1), _letters(x2)
        if a and b and a[0] == b[0] and (_is_texts(x1) or _is_texts(x2)):
            return _mapped("x1, x2", f"x.rstrip() {operator} y.rstrip()", np.bool_, True)

    overload("numpy.strings." + name)(compare)
    overload("numpy.char." + name)(compare_stripped)


for _name, _operator in _COMPARISONS.items():
    _register_comparison(_name, _operator)


@overload("numpy.char.compare_chararrays")
def compare_chararrays(a1, a2, cmp, rstrip):
    sign, flag = text(cmp), getattr(rstrip, "literal_value", None)
    a, b = _letters(a1), _letters(a2)
    if sign in _COMPARISONS.values() and flag is not None and a and b and a[0] == b[0] and (_is_texts(a1) or _is_texts(a2)):
        form = f"x.rstrip() {sign} y.rstrip()" if flag else f"x {sign} y"
        return _mapped("a1, a2, cmp, rstrip", form, np.bool_, True)


# Joining letters, parts


@overload("numpy.char.join", "numpy.strings._join")
def join(sep, seq):
    between, found = _letters(sep), _letters(seq)
    if text(sep) is not None and found and _is_texts(seq) and found[0] == "U":
        width = found[1] + len(text(sep)) * (found[1] - 1)
        return _mapped_second("sep, seq", "sep.join(list(x))", _wide(between[0], width))


@cache
def _mapped_second(parameters, expression, dtype):
    scope = {"__name__": __name__, "np": np, "dtype": dtype}
    exec(
        f"def each({parameters}):\n    made = np.empty(seq.shape, dtype)\n    for position in np.ndindex(seq.shape):\n"
        f"        x = seq[position]\n        made[position] = {expression}\n    return made\n",
        scope,
    )  # expressions of this module
    return scope["each"]


@cache
def _partition(name, dtype):
    scope = {"__name__": __name__, "np": np, "dtype": dtype}
    exec(
        "def each(a, sep):\n    made = np.empty(a.shape + (3,), dtype)\n    for position in np.ndindex(a.shape):\n"
        f"        parts = a[position].{name}(sep)\n        for k in range(3):\n            made[position + (k,)] = parts[k]\n    return made\n",
        scope,
    )  # names of methods
    return scope["each"]


def _register_partition(name):
    def partition(a, sep):
        found = _letters(a)
        if found and _is_texts(a) and found[0] == "U" and text(sep):
            return _partition(name, _wide(*found))

    overload("numpy.char." + name)(partition)


_register_partition("partition")
_register_partition("rpartition")


@cache
def _slice(dtype, form):
    scope = {"__name__": __name__, "np": np, "dtype": dtype}
    exec(
        "def each(a, start=None, stop=None, step=None, /):\n    made = np.empty(a.shape, dtype)\n    for position in np.ndindex(a.shape):\n"
        f"        made[position] = a[position][{form}]\n    return made\n",
        scope,
    )  # the bounds that are given
    return scope["each"]


@overload("numpy.strings.slice")
def slice_of(a, start=None, stop=None, step=None, /):
    found = _letters(a)
    if not (found and _is_texts(a)) or not all(is_absent(t) or is_index(t) for t in (start, stop, step)):
        return None
    alone = not hasattr(stop, "kind") and not hasattr(step, "kind")
    if alone:
        return _slice(_wide(*found), ":start" if is_index(start) else ":")
    bounds = [name if is_index(t) else "" for name, t in (("start", start), ("stop", stop), ("step", step))]
    return _slice(_wide(*found), ":".join(bounds))


# Texts to bytes and back


@_named("encode")
def encode(a, encoding=None, errors=None):
    found = _letters(a)
    # In other encodings a letter may take several bytes.
    plain = is_absent(encoding) or text(encoding) in ("ascii", "latin-1", "latin1")
    if found and _is_texts(a) and found[0] == "U" and plain and is_absent(errors):
        return _converted(_wide("S", found[1]), "a, encoding=None, errors=None")


@_named("decode")
def decode(a, encoding=None, errors=None):
    found = _letters(a)
    plain = is_absent(encoding) or text(encoding) in ("ascii", "latin-1", "latin1", "utf-8", "utf8")
    if found and _is_texts(a) and found[0] == "S" and plain and is_absent(errors):
        return _converted(_wide("U", found[1]), "a, encoding=None, errors=None")


@cache
def _converted(dtype, parameters):
    call = "encode" if dtype.kind == "S" else "decode"
    scope = {"__name__": __name__, "np": np, "made_of": dtype}
    exec(
        f"def each({parameters}):\n    made = np.empty(a.shape, made_of)\n    for position in np.ndindex(a.shape):\n"
        f"        made[position] = a[position].{call}('ascii')\n    return made\n",
        scope,
    )  # names of methods
    return scope["each"]


# astype

# How wide numbers are as texts.
_WIDTHS = {"bool": 5, "int8": 4, "int16": 6, "int32": 11, "int64": 21, "uint8": 3, "uint16": 5, "uint32": 10, "uint64": 20, "float64": 32}


def _target(a, dtype):
    """The dtype that `astype` is asked for, if texts are on either side."""
    if kind(dtype) == "dtype" and kind(dtype.dtype) == "charseq":
        return dtype.dtype.numpy_dtype
    name = text(dtype)
    if name is not None:
        try:
            found = np.dtype(name)
        except TypeError:
            return None
        return found if found.kind in "USbiuf" and found.itemsize else None
    if str(dtype) == "Function(builtins.str)":
        if _is_texts(a):
            return _wide("U", _letters(a)[1])
        width = _WIDTHS.get(str(a.dtype))
        return None if width is None else _wide("U", width)
    return None


@overload("general.astype")
def astype(a, dtype):
    if not is_array(a):
        return None
    target = _target(a, dtype)
    if _is_texts(a):
        if target is not None and target.kind in "US":
            if target.kind == _letters(a)[0]:
                return _mapped("a, dtype", "x", target, False)
            return _converted(target, "a, dtype")
        found = dtype_class(dtype)
        form = None if found is None or found is np.datetime64 else {"i": "int(x)", "u": "int(x)", "f": "float(x)"}.get(np.dtype(found).kind)
        return None if form is None or _letters(a)[0] != "U" else _mapped("a, dtype", form, found, False)
    if target is None or target.kind != "U":
        return None
    if element_class(a) is not None and str(a.dtype) in _WIDTHS:
        return _mapped("a, dtype", "str(x)", target, False)
    if kind(a.dtype) == "datetime":
        return _mapped("a, dtype", "np.datetime_as_string(x)", target, False)
    return None
