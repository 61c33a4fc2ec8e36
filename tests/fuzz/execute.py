"""Runs a program both ways and says how they compare."""

import itertools
import math

import numpy as np

from support import IS_PEER, assert_same, boxed, clone, errors, njit, outcome
from support import typed
from support.module import allocation_stats
from support.wording import same_args

PRELUDE = """
@njit
def clip(x):
    if x > -1000.0 and x < 1000.0:
        return int(x)
    return 0


@njit
def bounded(x):
    if x > -50.0 and x < 50.0:
        return x
    return 0.5


"""

REFUSALS = tuple(
    getattr(errors, name) for name in ("NumbaError", "LoopliftError", "TypingError", "UnsupportedError") if hasattr(errors, name)
)


class Verdict:
    """`kind` is ok, mismatch, refused, undefined, invalid; what follows is for people."""

    def __init__(self, kind, detail=""):
        self.kind, self.detail = kind, detail


def namespace(source, decorate):
    names = {"np": np, "math": math, "njit": decorate, "__name__": "program"}
    exec(compile(PRELUDE + source, "<program>", "exec", dont_inherit=True), names)
    return names


def oracle(program):
    """What the program does in typed arithmetic."""
    names = namespace(program.source(for_oracle=True), lambda function: function)
    return outcome(lambda *args: typed.interpret(names["main"], args), clone(program.args))


def run(program):
    """The verdict on one program."""
    expected = oracle(program)
    if isinstance(expected.error, typed.Undefined):
        return Verdict("undefined", str(expected.error))
    if isinstance(expected.error, (TypeError, SyntaxError, RecursionError, AttributeError)) or type(expected.error) is NameError:
        return Verdict("invalid", repr(expected.error))
    names = namespace(program.source(), njit)
    names["main"] = njit(names["main"])
    actual = outcome(names["main"], clone(program.args))
    if isinstance(actual.error, REFUSALS):
        return Verdict("refused", str(actual.error))
    try:
        compare(program, expected, actual)
    except AssertionError as difference:
        if program.inexact and not is_stable(program, expected):
            return Verdict("undefined", "rounding is amplified")
        return Verdict("mismatch", str(difference))
    del actual
    leaked = leak(names["main"], program)
    if leaked:
        return Verdict("mismatch", f"{leaked} blocks of memory leak in three calls")
    return Verdict("ok", type(expected.error).__name__ if expected.error else "")


def leak(func, program):
    """Blocks that three calls leave behind, where the module counts them."""
    if allocation_stats() is None:
        return 0
    outcome(func, clone(program.args))
    before = allocation_stats()
    for _ in range(3):
        outcome(func, clone(program.args))
    after = allocation_stats()
    return (after["alloc"] - after["free"]) - (before["alloc"] - before["free"])


def is_stable(program, expected):
    """Whether the program's outcome stays when results of library functions differ in their last digits."""
    for change, turn in itertools.product((1e-13, -1e-13, 2e-7, -2e-7), (0.0, 1.0, -1.0)):
        typed.perturbation, typed.turn = change, change * turn
        try:
            compare(program, expected, oracle(program))
        except AssertionError:
            return False
        finally:
            typed.perturbation = 0.0
    return True


def compare(program, expected, actual):
    rel = 1e-4 if program.inexact else 0.0
    if expected.error is not None or actual.error is not None:
        same = type(expected.error) is type(actual.error)
        if same and not IS_PEER:
            same = same_args(expected.error.args, actual.error.args)
        what = repr(expected.error) if expected.error else repr(expected.value)
        assert same, f"expected {what}, got {actual.error!r}" if actual.error else f"expected {what}, got {actual.value!r}"
    else:
        assert_same(boxed(expected.value), actual.value, rel=rel)
    for index, (before, after) in enumerate(zip(expected.args, actual.args)):
        if isinstance(before, np.ndarray):
            assert_same(before, after, where=f"argument {index} afterwards", rel=rel)
