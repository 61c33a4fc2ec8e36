"""Overloads of the library by name: registering them and asking them."""

from importlib import import_module

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


def resolve(name, args=(), kwargs=None):
    """The implementation of `name` for arguments of these types, or None.

    `name` is a qualified function name, `kind.method` or `kind@attribute` with the object's type as first argument.
    Raises TypeError when the arguments do not fit the signature at all.
    """
    found = _OVERLOADS.get(name)
    if found is None:
        module = MODULES.get(name)
        if module is None:
            return None
        import_module("looplift.library." + module)
        found = _OVERLOADS[name]
    for function in found:
        implementation = function(*args, **(kwargs or {}))
        if implementation is not None:
            return implementation
    return None


def is_internal(qualname):
    """Whether a plain function of this name belongs to the library: it is then its own implementation."""
    return qualname.startswith("looplift.library.")
