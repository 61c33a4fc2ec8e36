"""What diagnostics say about a call that no implementation takes: who was asked, and what each answered."""

import inspect
import linecache
import os

from looplift import _overloads


def _place(function):
    """`File: NAME: Line N.` of a function."""
    function = inspect.unwrap(function)
    code = getattr(getattr(function, "py_func", function), "__code__", None)
    if code is None:
        return "File: unknown: Line unknown."
    parts = code.co_filename.split(os.sep)
    return f"File: {os.sep.join(parts[-3:])}: Line {code.co_firstlineno}."


def _listed(args, kwargs):
    return "(" + ", ".join([*map(str, args), *(f"{name}={t}" for name, t in kwargs.items())]) + ")"


def _declined(name, function, args, kwargs):
    return f"Overload of function '{name}': {_place(function)}\n      With argument(s): '{_listed(args, kwargs)}':\n     No match."


def of_function(target, name, args, kwargs):
    """The overloads that were asked about a call of `target`, known as `name`; empty if nothing is registered."""
    short = name.rpartition(".")[2]
    _, overloads = _overloads._functions.get(id(target), (None, ()))
    texts = [_declined(short, overload, args, kwargs) for overload in overloads]
    if not texts and _is_known(name):
        texts.append(f"Overload of function '{short}': No match.")
    return texts


def of_method(name, t, args, kwargs):
    """The overloads that were asked about a method of values of type `t`; empty if no such method is registered."""
    overloads = [overload for of_type, overload in _overloads._methods.get(name, ()) if _overloads._matches(of_type, t)]
    texts = [
        _declined(getattr(inspect.unwrap(overload), "__name__", name), overload, args, kwargs) for overload in overloads
    ]
    if not texts and _is_known(f"{t.kind}.{name}"):
        texts.append(f"Overload of method '{name}': No match.")
    return texts


def _is_known(name):
    from looplift import library

    return library.is_known(name)


def rejection(error):
    """Which overload raised a compile error, and where; None where no overload did."""
    from looplift.errors import NumbaError

    if not isinstance(error, NumbaError):
        return None
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    asking = next((k for k, f in enumerate(frames) if f.tb_frame.f_code is _overloads._ask.__code__), len(frames))
    own = _overloads.__file__.rpartition(os.sep)[0] + os.sep + "extending.py"
    asked = [f for f in frames[asking + 1 :] if f.tb_frame.f_code.co_filename != own]
    if not asked:
        return None
    code, last = asked[0].tb_frame.f_code, frames[-1]
    place = f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}"
    source = linecache.getline(last.tb_frame.f_code.co_filename, last.tb_lineno).strip()
    text = str(getattr(error, "msg", error)).replace("\n", "\n      ")
    parts = code.co_filename.split(os.sep)
    return (
        f"Overload in function '{code.co_name}': File: {os.sep.join(parts[-3:])}: Line {code.co_firstlineno}.\n"
        f"     Rejected as the implementation raised a specific error:\n       {type(error).__name__}: {text}\n"
        f"     raised from {place}" + (f" ({source})" if source else "")
    )
