"""Overloads of the library by name: registering them and asking them."""

from functools import cache
from importlib import import_module
from inspect import signature

from looplift.library._index import MODULES

_OVERLOADS = {}


def overload(*names):
    """Register the decorated function of types under `names`; later ones are asked after earlier ones."""

    def register(function):
        for name in names:
            _OVERLOADS.setdefault(name, []).append(function)
        return function

    return register


def without_errors(function):
    """Division by zero gives infinity, NaN or 0 in the decorated implementation, as NumPy has it."""
    function.__looplift_options__ = {"error_model": "numpy"}
    return function


@cache
def _signature(function):
    return signature(function)


def _misfit(function, args, kwargs):
    """Why the arguments do not fit the signature, or None."""
    try:
        _signature(function).bind(*args, **kwargs)
    except TypeError as error:
        return error
    return None


def _overloads(name):
    module = MODULES.get(name)
    if module is None:
        if name.startswith("scipy.special.") and name not in _OVERLOADS:
            # SciPy's names are not listed: they are entered when they are asked for.
            import_module("looplift.library.special").provide(name)
            MODULES[name] = "special"
        return _OVERLOADS.get(name, ())
    import_module("looplift.library." + module)
    return _OVERLOADS[name]


def is_known(name):
    """Whether something is registered under `name`, for whatever arguments."""
    start, _, rest = name.partition(".")
    return any(_overloads(n) for n in (name, *(f"{family}.{rest}" for family in ("ufunc", "general", "option") if start in ("numpy", "array"))))


def _is_time(t):
    """A datetime or timedelta, or an array of them: what they can do besides is asked under `time.name`."""
    return getattr(t.dtype if getattr(t, "kind", None) == "array" else t, "kind", None) in ("datetime", "timedelta")


def _candidates(name, args):
    """The overloads to ask, in order."""
    functions = list(_overloads(name))
    if any(map(_is_time, args)):
        start, _, rest = name.partition(".")
        # `max(a)` of Python is no `np.max(a)`.
        functions[:0] = [*_overloads("time." + name), *(_overloads("time.general." + rest) if start in ("numpy", "array") else ())]
    elif args and getattr(getattr(args[0], "dtype", None), "kind", None) == "record":
        functions[:0] = _overloads("record." + name)
    if name.startswith("numpy."):
        functions += _overloads("ufunc" + name[len("numpy") :])
        functions += _overloads("general" + name[len("numpy") :])
        functions += _overloads("option" + name[len("numpy") :])
    elif name.startswith("array."):
        functions += _overloads("general" + name[len("array") :])
        functions += _overloads("option" + name[len("array") :])
    return functions


def _find(name, args, kwargs):
    """The first implementation; TypingError when the arguments fit no signature at all."""
    functions = _candidates(name, args)
    misfits = []
    for function in functions:
        misfit = _misfit(function, args, kwargs)
        if misfit is not None:
            misfits.append(misfit)
            continue
        implementation = function(*args, **kwargs)
        if implementation is not None:
            return implementation
    if misfits and len(misfits) == len(functions):
        from looplift.errors import TypingError

        text = f"the arguments do not fit the parameters of {name.rpartition('.')[2]}(): {misfits[0]}"
        unknown = [k for k in kwargs if not any(k in signature(f).parameters for f in functions)]
        raise TypingError(f"{text}. Unsupported keywords: {unknown}" if unknown else text) from misfits[0]
    return None


def _is_adaptable(t):
    return getattr(t, "kind", None) in ("tuple", "list", "integer", "literal_int", "boolean", "literal_bool", "float", "complex")


def resolve(name, args=(), kwargs=None):
    """The implementation of `name` for arguments of these types, or None.

    `name` is a qualified function name, `kind.method` or `kind@attribute` with the object's type as first argument. What
    all ufuncs take besides their operands is asked under `ufunc.name`, what functions and methods of one name have in common under
    `general.name`, what deals with an option and calls the rest under `option.name`; where NumPy takes arrays, numbers, tuples and lists are converted (`_adapting`).
    Raises TypingError when the arguments fit no signature at all, or where `_reasons` says why they do not fit.
    """
    kwargs = kwargs or {}
    found = _find(name, args, kwargs)
    if found is None and name.startswith("numpy.") and any(map(_is_adaptable, (*args, *kwargs.values()))):
        from looplift.library._adapting import adapted

        found = adapted(name, args, kwargs, _find)
    if found is None and name.startswith(("numpy.", "array.")):
        from looplift.errors import TypingError
        from looplift.library._reasons import explain

        reason = explain(name, args, kwargs, _candidates(name, args))
        if reason is not None:
            types = ", ".join(map(str, (*args, *kwargs.values())))
            raise TypingError(f"{reason} (in {name.rpartition('.')[2]}({types}))")
    if found is None and name.startswith("generator.") and _overloads(name):
        from looplift.errors import TypingError
        from looplift.library._arguments import explain as explain_arguments

        reason = explain_arguments(name.partition(".")[2], _overloads(name)[0], args, kwargs)
        if reason is not None:
            raise TypingError(reason)
    return found


def is_internal(qualname):
    """Whether a plain function of this name belongs to the library: it is then its own implementation."""
    return qualname.startswith("looplift.library.")
