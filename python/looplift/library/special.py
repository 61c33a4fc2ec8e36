"""ufuncs of `scipy.special`, by the addresses that SciPy's Cython interface gives: of numbers, and of arrays element by element.

Taken are functions of real numbers that give a real number. SciPy is looked at only when one of its functions is called.
"""

import ctypes
from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import element_class, is_array, is_real, kind_of
from looplift.library.broadcasting import common_shape, stretch

PREFIX = "scipy.special."


@cache
def _capsule_functions():
    """(name of a capsule, address in a capsule) as functions of ctypes."""
    name, pointer = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return name, pointer


@cache
def _of_doubles(name):
    """The function of doubles as (function for compiled code, its arity), or None."""
    from scipy.special import cython_special

    from looplift import types
    from looplift._foreign import ForeignFunction

    name_of, pointer_of = _capsule_functions()
    for key in (name, f"__pyx_fuse_0{name}", f"__pyx_fuse_1{name}"):
        capsule = cython_special.__pyx_capi__.get(key)
        if capsule is None:
            continue
        signature = name_of(capsule)
        ret, _, rest = signature.decode().partition(" (")
        parameters = rest.rstrip(")").split(", ")
        doubles = [p for p in parameters if p == "double"]
        # The last one tells methods of Python classes from functions: 0.
        skips = [p for p in parameters if p.endswith("skip_dispatch")]
        if ret != "double" or not doubles or len(doubles) + len(skips) != len(parameters):
            continue
        given = [types.float64] * len(doubles) + [types.int32] * len(skips)
        call = ForeignFunction(types.float64, given, pointer_of(capsule, signature), name)
        return _without_skips(call, len(doubles), len(skips)), len(doubles)
    return None


def _without_skips(call, count, skips):
    names = ", ".join(f"x{k}" for k in range(count))
    scope = {"__name__": __name__, "call": call}
    exec(f"def special({names}):\n    return call({', '.join([names, *['0'] * skips])})\n", scope)  # numbered names
    return scope["special"]


@cache
def _numbers(call, count, t):
    names = ", ".join(f"x{k}" for k in range(count))
    floats = ", ".join(f"float(x{k})" for k in range(count))
    scope = {"__name__": __name__, "call": call, "t": t}
    exec(f"def special({names}):\n    return t(call({floats}))\n", scope)  # numbered names
    return scope["special"]


@cache
def _arrays(call, count, t):
    names = [f"x{k}" for k in range(count)]
    lines = [f"def special({', '.join(names)}):"]
    lines += [f"    a{k} = np.asarray(x{k})" for k in range(count)]
    shape = "a0.shape"
    for k in range(1, count):
        shape = f"common_shape({shape}, a{k}.shape)"
    lines.append(f"    shape = {shape}")
    lines += [f"    b{k} = stretch(a{k}, shape).copy().ravel()" for k in range(count)]
    lines += ["    made = np.empty(shape, t)", "    to = made.ravel()", "    for i in range(len(to)):"]
    lines.append(f"        to[i] = t(call({', '.join(f'float(b{k}[i])' for k in range(count))}))")
    lines.append("    return made")
    scope = {"__name__": __name__, "np": np, "call": call, "t": t, "common_shape": common_shape, "stretch": stretch}
    exec("\n".join(lines) + "\n", scope)  # numbered names
    return scope["special"]


def _is_operand(t):
    return is_real(t) or (is_array(t) and element_class(t) is not None and kind_of(element_class(t)) in "biuf")


def provide(name):
    """Registers the overload of a function when it is first asked for."""
    short = name.removeprefix(PREFIX)

    def special(*operands):
        found = _of_doubles(short) if operands and all(map(_is_operand, operands)) else None
        if found is None or found[1] != len(operands):
            return None
        single = all(element_class(t) in (np.float32, np.float16) for t in operands)
        form = _arrays if any(map(is_array, operands)) else _numbers
        return form(*found, np.float32 if single else np.float64)

    overload(name)(special)
