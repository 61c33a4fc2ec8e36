"""Functions that compiled code chooses at run time."""

from functools import lru_cache


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
