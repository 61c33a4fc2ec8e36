"""Expressions of NumPy by area, for `test_forms`: whatever their arrays are named after, they must give what NumPy gives."""

import re

import numpy as np

ARRAYS = {
    "A": np.array([1.5, 2.5, 0.5, 3.0, -1.0, 7.0]),
    "B": np.array([3.0, 1.0, 2.0, 5.0, 4.0, 0.0]),
    "BB": np.array([True, False, True]),
    "C3": np.arange(24).reshape(2, 3, 4),
    "D0": np.array(2.5),
    "D1": np.array(7),
    "DB": np.array(True),
    "DT": np.array(["2020-01-03", "2019-05-06", "2021-12-25"], "M8[D]"),
    "E0": np.zeros(0),
    "F": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "F4": np.array([1.5, 2.5, 0.5, 3.0, -1.0, 7.0], np.float32),
    "I": np.array([3, 1, 2, 0]),
    "I8": np.array([1, 2, -3], np.int8),
    "M": np.arange(12.0).reshape(3, 4),
    "MB": np.arange(12.0).reshape(3, 4) > 4,
    "MI": np.array([[3, 1, 2], [0, 5, 4]]),
    "MN": np.array([[1.0, np.nan, 3.0], [4.0, 5.0, np.nan]]),
    "N": np.array([1.0, np.nan, 3.0, 2.0]),
    "Q": np.arange(9.0).reshape(3, 3) + np.eye(3),
    "R": np.array([(1, 2.5), (0, 3.5), (2, -1.0)], [("x", "i4"), ("y", "f8")]),
    "S": np.arange(20.0)[::2],
    "TB": np.array([b"abc", b"b", b"Zed xy"]),
    "TN": np.array(["1", "-7", "22"]),
    "TX": np.array(["abc", "b", "Zed xy"]),
    "U8": np.array([1, 2, 250], np.uint8),
    "V": np.array([1.0, 2.0, 3.0]),
    "Z": np.array([1 + 2j, 3 - 1j]),
}


def function_of(text):
    """The expression, or the statements, as a function of the arrays that it names."""
    names = [n for n in ARRAYS if re.search(rf"\b{n}\b", text)]
    namespace = {"np": np}
    if ";" in text:
        lines = [" " + part.strip() for part in text.split(";")]
        exec(f"def f({', '.join(names)}):\n" + "\n".join(lines), namespace)
        return namespace["f"], names
    return eval(f"lambda {', '.join(names)}: {text}", namespace), names


def arguments(names):
    """Fresh arrays, memory order and gaps as in the table."""
    return [np.arange(20.0)[::2] if n == "S" else ARRAYS[n].copy(order="K") for n in names]


def expressions(path):
    """The lines of a table."""
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
