"""numpy.strings and numpy.char: the methods of texts, element by element.

Results have the width of the array where no method makes a text longer; where that cannot be known, a width is not known while compiling and
there is no implementation.
"""

from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import is_absent, is_array, is_index, is_text, kind
from looplift.library.broadcasting import common_shape, stretch

# method -> how many arguments it may have
_SAME = {"upper": 0, "lower": 0, "swapcase": 0, "capitalize": 0, "title": 0, "strip": 1, "lstrip": 1, "rstrip": 1}
_FLAGS = "isalpha isalnum isdigit islower isspace istitle isupper isdecimal isnumeric".split()
_PLACES = "find rfind index rindex count startswith endswith".split()


def _is_texts(t):
    return is_array(t) and kind(t.dtype) == "charseq"


@cache
def _mapped(name, with_argument, dtype):
    """One method of each element, into an array of `dtype` (None: the array's own)."""
    call = f"a[position].{name}({'chars' if with_argument else ''})"
    made = "a.dtype" if dtype is None else "dtype"
    scope = {"__name__": __name__, "np": np, "dtype": dtype}
    exec(
        f"def each(a, chars=None):\n    made = np.empty(a.shape, {made})\n    for position in np.ndindex(a.shape):\n"
        f"        made[position] = {call}\n    return made\n",
        scope,
    )  # names of methods
    return scope["each"]


def _register_same(name, arguments):
    def method(a, chars=None):
        if _is_texts(a) and (is_absent(chars) or (arguments and is_text(chars))):
            return _mapped(name, not is_absent(chars), None)

    overload(f"numpy.strings.{name}", f"numpy.char.{name}")(method)


def _register_flag(name):
    def method(a):
        return _mapped(name, False, np.bool_) if _is_texts(a) else None

    overload(f"numpy.strings.{name}", f"numpy.char.{name}")(method)


@cache
def _found(name, ends, dtype):
    given = ["start, end" if ends == 2 else "start" if ends == 1 else ""]
    call = f"a[position].{name}(part{', ' + given[0] if ends else ''})"
    scope = {"__name__": __name__, "np": np, "dtype": dtype, "common_shape": common_shape, "stretch": stretch}
    exec(
        "def each(a, sub, start=0, end=None):\n"
        "    made = np.empty(a.shape, dtype)\n    part = sub\n"
        f"    for position in np.ndindex(a.shape):\n        made[position] = {call}\n    return made\n",
        scope,
    )  # names of methods
    return scope["each"]


@cache
def _found_each(name, dtype):
    scope = {"__name__": __name__, "np": np, "dtype": dtype, "common_shape": common_shape, "stretch": stretch}
    exec(
        "def each(a, sub, start=0, end=None):\n"
        "    shape = common_shape(a.shape, sub.shape)\n    first = stretch(a, shape)\n    second = stretch(sub, shape)\n"
        "    made = np.empty(shape, dtype)\n"
        f"    for position in np.ndindex(shape):\n        made[position] = first[position].{name}(second[position])\n    return made\n",
        scope,
    )  # names of methods
    return scope["each"]


def _register_place(name):
    dtype = np.bool_ if name in ("startswith", "endswith") else np.int64

    def method(a, sub, start=0, end=None):
        if not _is_texts(a):
            return None
        if _is_texts(sub):
            return None if hasattr(start, "kind") or not is_absent(end) else _found_each(name, dtype)
        if is_text(sub) and (start == 0 or is_index(start)) and (is_absent(end) or is_index(end)):
            return _found(name, 2 if not is_absent(end) else 1 if hasattr(start, "kind") else 0, dtype)

    overload(f"numpy.strings.{name}", f"numpy.char.{name}")(method)


for _name, _arguments in _SAME.items():
    _register_same(_name, _arguments)
for _name in _FLAGS:
    _register_flag(_name)
for _name in _PLACES:
    _register_place(_name)


def _str_len(a):
    made = np.empty(a.shape, np.int64)
    for position in np.ndindex(a.shape):
        made[position] = len(a[position])
    return made


@overload("numpy.strings.str_len", "numpy.char.str_len")
def str_len(a):
    return _str_len if _is_texts(a) else None
