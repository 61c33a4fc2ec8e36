"""Teaching the compiler new functions, with Numba's decorators.

::

    @overload(np.clip)
    def clip(a, lo, hi):
        if isinstance(a, types.Float):
            def impl(a, lo, hi):
                return min(max(a, lo), hi)
            return impl
"""

from looplift import _core, _overloads

__all__ = ["is_jitted", "overload", "overload_attribute", "overload_method", "register_jitable"]


def _with_options(typing_function, options):
    """`typing_function`, whose implementations carry compile options."""
    if not options:
        return typing_function

    def wrapped(*args, **kwargs):
        found = typing_function(*args, **kwargs)
        if found is not None and not isinstance(found, _core.CPUDispatcher):
            found.__looplift_options__ = options
        return found

    wrapped.__wrapped__ = typing_function
    return wrapped


def _options(jit_options, inline):
    options = dict(jit_options)
    if callable(inline):
        raise TypeError("inline is 'never' or 'always'; cost functions are not supported")
    if inline not in ("never", "always"):
        raise ValueError(f"inline is 'never' or 'always', not {inline!r}")
    if inline == "always":
        options["inline"] = inline
    return options


def overload(func, jit_options={}, strict=True, inline="never", prefer_literal=False, **kwargs):
    """Registers what `func` means in compiled code.

    The decorated function is called with the arguments' types and gives an implementation, a Python function with the
    same parameters, or None to leave the case to others.
    """
    options = _options(jit_options, inline)

    def decorate(typing_function):
        _overloads.add_function(func, _with_options(typing_function, options))
        return typing_function

    return decorate


def overload_method(typ, attr, inline="never", jit_options={}, **kwargs):
    """Registers method `attr` for values of a type, or of a family such as `types.Array`."""
    options = _options(jit_options, inline)

    def decorate(typing_function):
        _overloads.add_method(typ, attr, _with_options(typing_function, options))
        return typing_function

    return decorate


def overload_attribute(typ, attr, inline="never", jit_options={}, **kwargs):
    """Registers attribute `attr` for values of a type, or of a family: an implementation takes the value."""
    options = _options(jit_options, inline)

    def decorate(typing_function):
        _overloads.add_attribute(typ, attr, _with_options(typing_function, options))
        return typing_function

    return decorate


def register_jitable(*args, **options):
    """Lets compiled code call a plain Python function, which itself stays as it is."""

    def mark(func):
        func.__looplift_jitable__ = True
        if options:
            func.__looplift_options__ = options
        return func

    if args:
        return mark(*args)
    return mark


def is_jitted(function):
    """Whether `function` is a dispatcher."""
    return isinstance(function, _core.CPUDispatcher)
