"""`f(*items)` where how many items there are is not known while compiling: `f` is asked how many it takes, and called with as many.

A function with a fixed number of parameters is called with the items one by one, after a test of their number, which raises Python's
TypeError. One that takes any number (`*args`) would need a tuple of a length that no type has.
"""

import inspect
from functools import lru_cache

from looplift import _core
from looplift.errors import TypingError

# More parameters than this are not tried one by one where some have defaults.
_MOST = 16
# Kinds of values that are indexed; others are made lists first.
_INDEXED = ("list", "array", "range", "unicode_type", "bytes")


class _Spread:
    """What `f(*items)` calls."""

    __name__ = "spread"

    def __looplift_implementation__(self, args, kwargs):
        f, items = args
        if f.value is print:
            return _printed
        name, least, most, names = _takes(f)
        if most - least > _MOST:
            raise TypingError(f"{name}() has too many parameters with defaults for * of a value whose length is not known while compiling")
        return _spread(name, least, most, names, items.kind in _INDEXED and getattr(items, "flavour", None) != "deque")


spread = _Spread()


def _printed(f, items):
    print(" ".join([str(item) for item in items]))


def _takes(f):
    """The name of a function, how many positional arguments it takes at least and at most, and the names of its parameters."""
    target = f.value
    name = getattr(target, "__qualname__", "function")
    # A jitted class is asked for what makes its instances.
    target = getattr(target, "_constructor", target)
    if isinstance(target, _core.CPUDispatcher):
        target = target.py_func
    if name in ("max", "min") and f.kind == "function":
        raise TypingError(f"{name}(*items) of items whose number is not known while compiling: call {name}(items)")
    if f.kind == "closure":
        # (Defaults are values of the closure, which its template does not have.)
        if f.defaults:
            raise TypingError(f"{name}() has defaults: pass the items one by one")
        code = target.__code__
        if code.co_flags & inspect.CO_VARARGS:
            raise _takes_any(name)
        if code.co_kwonlyargcount:
            raise TypingError(f"{name}() has parameters that are passed by name")
        return name, code.co_argcount, code.co_argcount, code.co_varnames[: code.co_argcount]
    try:
        parameters = list(inspect.signature(target).parameters.values())
    except (TypeError, ValueError):
        raise _takes_any(name) from None
    if any(p.kind == p.VAR_POSITIONAL for p in parameters):
        raise _takes_any(name)
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return name, sum(p.default is p.empty for p in positional), len(positional), tuple(p.name for p in positional)


def _takes_any(name):
    return TypingError(
        f"only a tuple can follow * in a call of {name}(), which takes any number of arguments: how many items others have is not known while "
        "compiling. Pass the items as one argument, or unpack them into variables first (a, b = items)"
    )


def _listed(names):
    shown = [repr(n) for n in names]
    return shown[0] if len(shown) == 1 else " and ".join(shown) if len(shown) == 2 else ", ".join(shown[:-1]) + ", and " + shown[-1]


@lru_cache(maxsize=1024)
def _spread(name, least, most, names, indexed):
    lines = ["def implementation(f, items):", "    found = items" if indexed else "    found = list(items)", "    n = len(found)"]
    for k in range(least, most + 1):
        lines += [f"    if n == {k}:", f"        return f({', '.join(f'found[{j}]' for j in range(k))})"]
    scope = {"__name__": __name__}
    for k in range(least):
        missing = names[k:least]
        s = "s" if len(missing) > 1 else ""
        scope[f"few{k}"] = f"{name}() missing {len(missing)} required positional argument{s}: {_listed(missing)}"
        lines += [f"    if n == {k}:", f"        raise TypeError(few{k})"]
    takes = f"{most}" if least == most else f"from {least} to {most}"
    scope["many"] = f"{name}() takes {takes} positional argument{'' if most == 1 else 's'} but "
    lines += ["    raise TypeError(many + str(n) + (' was given' if n == 1 else ' were given'))"]
    exec(compile("\n".join(lines), "<spread>", "exec"), scope)  # numbers only
    return scope["implementation"]
