"""Faults planted in the oracle: each must be found by fuzzing, else the fuzzer is blind to its kind."""

import contextlib
import operator

from support import rules, typed

WRONG_INTEGER = {
    "floor-truncates": ("//", lambda a, b: int(a / b) if abs(a) < 2**50 and abs(b) < 2**50 else a // b),
    "mod-sign-of-dividend": ("%", lambda a, b: a % b if (a < 0) == (b < 0) else a % b - b if a % b else 0),
    "add-saturates": ("+", lambda a, b: a + b if -(2**63) <= a + b < 2**63 else 2**63 - 1),
    "or-is-xor": ("|", operator.xor),
    "sub-reversed": ("-", lambda a, b: b - a),
}


@contextlib.contextmanager
def planted(name):
    """The oracle with the fault of that name."""
    if name in WRONG_INTEGER:
        op, wrong = WRONG_INTEGER[name]
        with replaced(typed.INTEGER, op, wrong):
            yield
    elif name == "less-is-less-or-equal":
        with replaced(typed.COMPARE, "<", operator.le):
            yield
    elif name == "unsigned-is-signed":
        with replaced(vars(rules), "wide", lambda left, right=None: "int64"):
            yield
    elif name == "float32-is-float64":
        with replaced(vars(rules), "SMALL", set()):
            yield
    elif name == "narrow-stores-keep-all-bits":
        with replaced(vars(rules), "BITS", {**rules.BITS, "int8": 16}):
            yield
    elif name == "min-prefers-later":
        with replaced(typed.NAMESPACE, "min", typed.extremum(operator.le)):
            yield
    else:
        raise KeyError(name)


FAULTS = [*WRONG_INTEGER, "less-is-less-or-equal", "unsigned-is-signed", "float32-is-float64", "narrow-stores-keep-all-bits"]


@contextlib.contextmanager
def replaced(table, key, value):
    before = table[key]
    table[key] = value
    try:
        yield
    finally:
        table[key] = before
