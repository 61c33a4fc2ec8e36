"""Answers of the library: an implementation found as the compiler finds it, and run by the interpreter or compiled."""

import functools

import numpy as np

from looplift import typeof, types
from looplift.library import resolve
from support import compiled
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


def is_constant(value):
    return value is None or isinstance(value, (str, bool, type, np.dtype))


@functools.lru_cache(None)
def calling(name, parameters):
    """A function that calls `name` as compiled code does: constants are in its source."""
    module, _, attribute = name.rpartition(".")
    names, texts, namespace = [], [], {"np": np, "numpy": np}
    if module in ("math", "cmath", "operator"):
        namespace[module] = __import__(module)
    for index, (keyword, value) in enumerate(parameters):
        text = f"x{index}"
        if value is None:
            names.append(text)
        else:
            text = f"c{index}"
            namespace[text] = value[0]
            if isinstance(value[0], (str, bool)) or value[0] is None:
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


def outcome_of(function, *args):
    """(value, None) or (None, (class, arguments of the exception))."""
    try:
        with np.errstate(all="ignore"):
            return function(*args), None
    except Exception as error:
        return None, (type(error), error.args)


def is_same_error(expected, got):
    """The same class; the message is the original's, or says more (Numba's users look for other words)."""
    if expected is None or got is None:
        return expected is got
    return expected[0] is got[0] and text_of(expected) in text_of(got)


def text_of(error):
    return str(error[0](*error[1]))


def agree(name, *args, ulps=0, single=False, values_only=False, rtol=0.0, **kwargs):
    """The library, interpreted and compiled, gives what the original gives: value, type, exception with its message, to which ours may add.

    `values_only` leaves the arrays' memory order aside, `rtol` allows for other roundings.
    """
    function, values = function_of(name, args, kwargs)
    expected = outcome_of(function, *values)
    answers = [
        ("interpreted", outcome_of(lambda *a: interpret(name, *a, **kwargs), *args)),
        ("compiled", outcome_of(compiled(function), *values)),
    ]
    for how, got in answers:
        assert is_same_error(expected[1], got[1]), f"{how}: expected {expected}, got {got}"
        if expected[1] is not None:
            continue
        if values_only or rtol:
            pairs = zip(expected[0], got[0], strict=True) if isinstance(expected[0], tuple) else [(expected[0], got[0])]
            for want, have in pairs:
                if isinstance(want, np.ndarray):
                    assert want.dtype == have.dtype, f"{how}: expected {want!r}, got {have!r}"
                np.testing.assert_allclose(have, want, rtol, rtol, err_msg=how)
        else:
            assert_same(boxed(expected[0]), boxed(got[0]), ulps, single, how)
