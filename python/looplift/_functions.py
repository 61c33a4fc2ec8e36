"""Functions that compiled code chooses at run time, and functions as values of a type."""

from functools import lru_cache
from types import FunctionType

from looplift import _core
from looplift._signature import Signature


@lru_cache(maxsize=4096)
def _made(functions, keywords):
    scope = {f"_f{k}": function for k, function in enumerate(functions)}
    passed = "*args, **kwargs" if keywords else "*args"
    tests = "".join(f"    if f is _f{k}:\n        return _f{k}({passed})\n" for k in range(len(functions) - 1))
    exec(f"def choose(f, {passed}):\n{tests}    return _f{len(functions) - 1}({passed})\n", scope)  # numbers of functions only
    return scope["choose"]


def chooser(functions, keywords):
    """A function that is given one of `functions` and arguments, and calls it: the same one for the same functions."""
    for function in functions:
        if hasattr(function, "__code__") and not hasattr(function, "py_func"):
            # A Python function that came as an argument is compiled as it is.
            function.__dict__.setdefault("__looplift_jitable__", True)
    return _made(functions, keywords)


def same(function):
    return function


def tie(function):
    """Puts a function, and what it captured, where functions that it captured wait for them: they refer to each other."""
    known = {function.__name__: function} | _captured(function)
    work, seen = [function], set()
    while work:
        inner = work.pop()
        if id(inner) in seen:
            continue
        seen.add(id(inner))
        for name, cell in zip(inner.__code__.co_freevars, inner.__closure__ or (), strict=False):
            if cell.cell_contents is NotImplemented and name in known:
                cell.cell_contents = known[name]
            elif isinstance(cell.cell_contents, FunctionType):
                work.append(cell.cell_contents)


def _captured(function):
    values = zip(function.__code__.co_freevars, (cell.cell_contents for cell in function.__closure__ or ()), strict=False)
    return {name: value for name, value in values if isinstance(value, FunctionType)}


def _kept(obj):
    """What was made for an object by the types: it lives as long as the object."""
    try:
        return obj.__dict__.setdefault("__looplift_values__", {})
    except AttributeError:
        return {}


def compiled(obj):
    """The jitted function that compiled code calls for a jitted function or a Python function; None for other objects."""
    if isinstance(obj, _core.CPUDispatcher):
        return obj
    if not isinstance(obj, FunctionType):
        return None
    known = _kept(obj)
    if None not in known:
        known[None] = _core.make_dispatcher(obj, {"nopython": True})
    return known[None]


def target(obj, args, ret):
    """The jitted function that does what `obj` does for arguments of these types, and gives a value of type `ret`.

    It is compiled for exactly these types. `obj` is a jitted function, a C function (`cfunc`, `ctypes`, an object with an address), or
    a Python function.
    """
    if not isinstance(obj, _core.CPUDispatcher):
        known = _kept(obj)
        if (args, ret) not in known:
            known[args, ret] = _declared(_implementation(obj, args), args, ret)
        return known[args, ret]
    signature = Signature(ret, args)
    found = dict(_core.overload_types(obj)).get(args)
    if found is None and _core.can_compile(obj):
        _core.compile_signature(obj, signature)
        found = dict(_core.overload_types(obj)).get(args)
    if found == ret:
        return obj
    # Another result, or another signature that takes the arguments: called with conversions.
    known = _kept(obj)
    if (args, ret) not in known:
        known[args, ret] = _declared(obj, args, ret)
    return known[args, ret]


def _implementation(obj, args):
    """What compiled code calls for an object that is no jitted function."""
    from looplift import _cfunc, _foreign

    if isinstance(obj, _cfunc.CFunc):
        # As C calls it, if it can: exceptions end there.
        return obj if obj.is_c_function else obj._dispatcher
    if hasattr(obj, "__wrapper_address__"):
        address = obj.__wrapper_address__()
        if not isinstance(address, int) or address <= 0:
            raise ValueError(f"wrapper address of {obj!r} instance must be a positive integer but got {address} [sig={obj.signature()}]")
    return _foreign.implementation(obj, args, {}) or obj


def _declared(function, args, ret):
    """A jitted function with one signature, which calls `function` and converts."""
    from looplift import _cfunc, _foreign

    if isinstance(function, _cfunc.CFunc):
        function = _foreign.call_of(function._ret, function._args, function.address, function.__name__, function)
    if not isinstance(function, _core.CPUDispatcher) and hasattr(function, "__code__"):
        function.__dict__.setdefault("__looplift_jitable__", True)
    names = ", ".join(f"a{k}" for k in range(len(args)))
    scope = {"function": function, "__name__": "looplift._functions"}
    exec(compile(f"def call({names}):\n    return function({names})\n", "<function value>", "exec"), scope)
    made = _core.make_dispatcher(scope["call"], {"nopython": True})
    _core.compile_signature(made, Signature(ret, args))
    _core.set_can_compile(made, False)
    return made
