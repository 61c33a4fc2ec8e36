"""Answers of the library: an implementation found as the compiler finds it, and run by the interpreter or compiled."""

import functools

import numpy as np

from looplift import typeof, types
from looplift.library import resolve
from support import check
from support.compare import assert_same, boxed


def type_of(value):
    """The type an argument has for an overload; strings and bools as constants."""
    if isinstance(value, (str, bool)):
        return types.literal(value)
    return typeof(value)


def implementation(name, args, kwargs):
    return resolve(name, [type_of(a) for a in args], {k: type_of(v) for k, v in kwargs.items()})


def interpret(name, *args, **kwargs):
    """The library's answer, interpreted."""
    found = implementation(name, args, kwargs)
    assert found is not None, f"the library has no {name} for {args} {kwargs}"
    with np.errstate(all="ignore"):
        return found(*args, **kwargs)


def reference(name, args, kwargs):
    """The original's answer: a function by qualified name, or the method of the first argument."""
    module, _, attribute = name.rpartition(".")
    with np.errstate(all="ignore"):
        if module in ("array", "tuple", "range"):
            return getattr(args[0], attribute)(*args[1:], **kwargs)
        return getattr(__import__(module), attribute)(*args, **kwargs)


def is_constant(value):
    return isinstance(value, (str, bool, type, np.dtype))


@functools.lru_cache(None)
def calling(name, parameters):
    """A function that calls `name` as compiled code does: constants are in its source."""
    module, _, attribute = name.rpartition(".")
    names, texts, namespace = [], [], {"np": np, "numpy": np}
    if module == "math":
        namespace["math"] = __import__("math")
    for index, (keyword, value) in enumerate(parameters):
        text = f"x{index}"
        if value is None:
            names.append(text)
        else:
            text = f"c{index}"
            namespace[text] = value[0]
            if isinstance(value[0], (str, bool)):
                text = repr(value[0])
        texts.append(f"{keyword}={text}" if keyword else text)
    if module in ("array", "tuple", "range"):
        call = f"{texts[0]}.{attribute}({', '.join(texts[1:])})"
    else:
        call = f"{attribute if module == 'builtins' else name}({', '.join(texts)})"
    source = f"lambda {', '.join(names)}: {call}"
    return eval(source, namespace)


def function_of(name, args, kwargs):
    """The calling function and the arguments that are no constants."""
    pairs = [(None, a) for a in args] + list(kwargs.items())
    parameters = tuple((k, (v,) if is_constant(v) else None) for k, v in pairs)
    return calling(name, parameters), [v for _, v in pairs if not is_constant(v)]


def same(expected, actual, ulps=0, single=False):
    """Equal as compiled code would have to be: NumPy scalars count as Python's of the same value."""
    assert_same(boxed(expected), boxed(actual), ulps, single)


def agree(name, *args, ulps=0, single=False, **kwargs):
    """The library, interpreted, gives what the original gives: value, type, exception with its message."""
    try:
        expected = reference(name, args, kwargs)
    except Exception as error:
        try:
            got = interpret(name, *args, **kwargs)
        except Exception as raised:
            assert (type(raised), raised.args) == (type(error), error.args)
            return
        raise AssertionError(f"expected {error!r}, got {got!r}") from None
    same(expected, interpret(name, *args, **kwargs), ulps, single)


def agree_compiled(name, *args, ulps=0, single=False, **kwargs):
    """Compiled code gives what the original gives."""
    function, values = function_of(name, args, kwargs)
    with np.errstate(all="ignore"):
        check(function, *values, ulps=ulps, single=single)
