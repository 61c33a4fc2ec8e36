"""Writes ``cases.txt``: calls of ``sources/programs.py`` with what Python answers, and ``cp312.txt``, their code objects.

Run with CPython 3.12 and NumPy:  python cases.py
A line of ``cases.txt`` is  name ; argument ; argument => result ; array argument afterwards
An argument is  type|words  or  type|shape|strides|offset|bytes in hex  for an array.
"""
import math
import os
import struct
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "sources"))
import programs  # noqa: E402

programs.math = math
programs.np = np


def f64(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def f32(x):
    return struct.unpack("<I", struct.pack("<f", x))[0]


def scalar(x):
    """Type and words."""
    if isinstance(x, (bool, np.bool_)):
        return "bool", [int(x)]
    if isinstance(x, np.integer):
        return x.dtype.name, [int(x) & (1 << 64) - 1]
    if isinstance(x, int):
        return "int64", [x & (1 << 64) - 1]
    if isinstance(x, np.float32):
        return "float32", [f32(x)]
    if isinstance(x, float):
        return "float64", [f64(x)]
    if isinstance(x, np.complex64):
        return "complex64", [f32(x.real), f32(x.imag)]
    if isinstance(x, complex):
        return "complex128", [f64(x.real), f64(x.imag)]
    if isinstance(x, tuple):
        parts = [scalar(e) for e in x]
        types = [t for t, _ in parts]
        uniform = len(set(types)) == 1
        name = f"UniTuple({types[0]} x {len(types)})" if uniform else f"Tuple({', '.join(types)})"
        return name, [w for _, ws in parts for w in ws]
    raise TypeError(x)


def argument(x):
    if isinstance(x, np.ndarray):
        layout = "C" if x.flags.c_contiguous else "F" if x.flags.f_contiguous else "A"
        base = x if x.base is None else x.base
        offset = x.__array_interface__["data"][0] - base.__array_interface__["data"][0]
        raw = base.tobytes(order="A")
        name = f"array({x.dtype.name}, {x.ndim}d, {layout})"
        return f"{name}|{','.join(map(str, x.shape))}|{','.join(map(str, x.strides))}|{offset}|{raw.hex()}"
    name, words = scalar(x)
    return f"{name}|{','.join(map(str, words))}"


def number(x):
    return "nan" if x != x else float(x).hex() if abs(x) != math.inf else ("inf" if x > 0 else "-inf")


def show(x):
    if x is None:
        return "None"
    if isinstance(x, (bool, np.bool_)):
        return str(bool(x))
    if isinstance(x, (int, np.integer)):
        return str((int(x) + (1 << 63)) % (1 << 64) - (1 << 63)) if not isinstance(x, np.unsignedinteger) else str(int(x))
    if isinstance(x, (complex, np.complexfloating)):
        return f"{number(x.real)}+{number(x.imag)}j"
    if isinstance(x, (float, np.floating)):
        return number(x)
    if isinstance(x, tuple):
        return "(" + " ".join(show(e) for e in x) + ")"
    if isinstance(x, np.ndarray):
        return f"array{list(x.shape)}".replace(" ", "") + "(" + " ".join(show(e) for e in x.ravel().tolist()) + ")"
    raise TypeError(x)


CASES = []


def case(name, *args):
    shown = [argument(a) for a in args]
    try:
        with np.errstate(all="ignore"):
            result = show(getattr(programs, name)(*args))
    except Exception as e:
        text = str(e.args[0]) if len(e.args) == 1 else "(" + ", ".join(map(repr, e.args)) + ")" if e.args else ""
        result = f"{type(e).__name__}: {text}"
    after = [show(a) for a in args if isinstance(a, np.ndarray)]
    CASES.append(" ; ".join([name, *shown]) + " => " + " ; ".join([result, *after]))


INTS = [0, 1, -1, 2, -2, 7, -7, 10, -10, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.7, -3.7, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan, 2.0**53, 1e19, 9.2e18]

for a in INTS:
    for b in INTS:
        case("arith", a, b)
        case("floordiv", a, b) if not (a == -(2**63) and b == -1) else None
        case("modulo", a, b)
        case("divide", a, b) if abs(a) < 100 and abs(b) < 100 else None
        case("compare", a, b)
        case("bits", a, b)
        case("minmax", a, b, 3)
        case("common", a, b)
    case("unary", a) if a != -(2**63) else None
    case("invert", a)
    case("rounding", a)
    case("squares", a)
for a in FLOATS:
    for b in FLOATS:
        case("arith", a, b)
        case("floordiv", a, b)
        case("modulo", a, b)
        case("divmods", a, b)
        case("divide", a, b)
        case("compare", a, b)
        case("minmax", a, b, 0.25)
    for b in (0, 1, -3, 2**53 + 1):
        case("compare", a, float(b))
    case("unary", a)
    case("round_int", a) if not abs(a) >= 2.0**63 or abs(a) == math.inf else None
    case("classify", a)
    case("parts", a)
    case("truths", a, a)
    for f in ("root", "logarithm", "exponential"):
        case(f, a)
case("rounding", 2.5)
case("rounding", -3.5)
case("rounding", math.nan)
case("rounding", math.inf)
case("exponential", 1000.0)
case("functions", 2.0)
for x in (0.0, 2.0, -8.0):
    for y in (0.0, -1.0, 0.5, 3.0):
        case("mpow", x, y)
for x in (1.5, -2.0, 3.0):
    case("squares", x) if x == -2.0 or x == 3.0 else None
    case("power", x, 3)
    case("power", abs(x), 2.5)
case("reciprocal", 4.0)
case("reciprocal", 0.0)
for b in (0, 1, 2, 5, 40):
    case("power", 3, b)
    case("power", -2, b)
for a, b in ((1, -1), (np.uint64(5), np.uint64(3)), (True, False), (True, 3)):
    case("bits", a, b)
for a in (1, -1, 5, -5):
    for n in (0, 1, 3, 62, -1):
        case("lshift", a, n)
        case("rshift", a, n)
case("rshift", -5, 100)
case("rshift", np.uint64(2**63), 3)
for a in (0, 1, -1, 2**63 - 1):
    for b in (0, 1, 2**63, 2**64 - 1):
        pair = (a, np.uint64(b))
        want = programs.compare(a, b)
        CASES.append(" ; ".join(["compare", argument(pair[0]), argument(pair[1])]) + " => " + show(want))
        want = programs.compare(b, a)
        CASES.append(" ; ".join(["compare", argument(pair[1]), argument(pair[0])]) + " => " + show(want))
case("add", 1, 2.5)
case("add", True, True)
case("add", 1j, 2)
case("add", np.float32(1.5), np.float32(2.25))
for n in (0, 1, 5, -3, 100):
    case("total", n)
    case("skip", n)
    case("breaks", n)
    case("range_back", min(n, 12))
    case("downward", min(n, 12))
EDGES = [0, 1, -1, 5, -5, 2**63 - 1, -(2**63), 2**63 - 3, -(2**63) + 2]
for a in EDGES:
    for b in EDGES:
        for c in (1, -1, 2, -2, 3, 0, 2**63 - 1, -(2**63), 2**62):
            try:
                length = len(range(a, b, c))
            except (ValueError, OverflowError):
                length = 10**9 if c else 0
            if length < 50:
                case("stepped", a, b, c)
                case("ranges", a, b, c)
                case("range_item", a, b, c, 1)
                case("range_item", a, b, c, -1)
                case("range_in", a, b, c, a)
                case("range_in", a, b, c, 0)
case("while_loop", 27)
case("unbound", True)
case("unbound", False)
case("fib", 12)
case("calls", 3, 4)
case("call_raises", 1, 2)
case("call_raises", 1, 0)
case("tuples", 3, 4)
case("tuples", 3, 4.5)
for i in (0, 1, 2, -1, -3, 3, -4):
    case("tuple_index", 10, i)
case("tuple_loop", 1, 2, 3)
for t in ((1, 2, 1, 3), (1, 2, 1, 2), (2, 0, 1, 9), (1, 2.5, 1, 2.5)):
    case("tuple_less", *t)
for x in (1, 2, 3):
    case("tuple_in", x, 2, 3)

V = np.arange(5, dtype=np.int64) + 1
W = np.array([0.5, -1.25, 3.0, 8.0, -2.0])
M = np.arange(12, dtype=np.int64).reshape(3, 4).copy()
F = np.asfortranarray(M)
A = np.arange(14, dtype=np.int64)[1::3]
A2 = np.arange(60.0).reshape(6, 10).copy()[1::2, ::-3]
DTYPES = [np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64, np.complex64, np.complex128]
for i in (0, 4, 5, -1, -5, -6, 2**63 - 1, -(2**63)):
    case("element", V, i)
    case("element", A, i)
case("element", V, np.uint64(3))
case("element", V, np.int8(-2))
for dt in DTYPES:
    arr = np.array([3, 0, 1, 2]).astype(dt)
    case("element", arr, 1)
    case("element", arr, 9)
    case("fixed", arr)
    case("copies", arr)
    case("reverse", arr)
    case("store", arr.copy(), 2, dt(1))
    case("like", arr)
for m in (M, F, A2, M.T):
    case("element2", m, 1, 2)
    case("element2", m, -1, -2)
    case("element2", m, 1, 77)
    case("element2", m, -77, 1)
    case("chained", m, 1, 2)
    case("sum2", m)
    case("rows", m)
    case("inner", m)
    case("column", m, 1)
    case("every_other", m)
    case("transpose", m)
    case("copies", m)
    case("flat", m) if m.flags.c_contiguous else None
    case("attributes", m)
    case("like", m)
case("fixed", V)
case("store", V.copy(), -2, 77)
case("store", V.copy(), 5, 77)
case("store2", M.copy(), 1, -1, 100)
case("sum1", V)
case("sum1", A)
case("sum1", W)
case("enumerated", W)
case("zipped", V, W)
case("zipped", V, A)
case("nested_iters", V, 3)
case("backwards", V)
case("attributes", V)
case("attributes", A)
SLICES = [0, 1, 3, 5, 9, -1, -2, -5, -9, 2**63 - 1, -(2**63)]
for i in SLICES:
    for j in SLICES:
        case("piece", V, i, j)
        for k in (1, -1, 2, -3, 0, 2**63 - 1, -(2**63)):
            case("piece_step", A, i, j, k) if (i, j) != (0, 0) or k == 0 else None
case("new_axis", V)
case("dots", M, 2)
case("fill", V.copy(), 9)
case("fill", W.copy(), 9)
case("fill", A2.copy(order="K"), 1.5)
case("fill_piece", V.copy(), 1, -1, 0)
case("assign", W.copy(), V)
case("assign", M.copy(), np.arange(4, dtype=np.int64))
case("assign", M.copy(), np.arange(3, dtype=np.int64).reshape(3, 1))
case("assign", M.copy(), V)
case("assign", V.copy(), np.arange(1, dtype=np.int64))
case("assign", V.copy(), V.reshape(1, 5))
case("assign", V.copy(), M)
case("shift_up", V.copy())
case("flip_in_place", V.copy())
case("flip_in_place", M.copy())
case("make", 4)
case("make", 0)
case("make", -1)
case("make2", 2, 3)
case("local_array", 7)
case("reshaped", M, 2, 6)
case("reshaped", M, -1, 3)
case("reshaped", M, 5, 5)
case("reshaped", M, -1, -1)
case("reshaped", M, 2**32, 2**32)
case("choose", True, 2)
case("choose", False, 2)
case("views_in_loop", A2)
case("raise_text", 2)
case("raise_text", 5)
case("raise_number", 5)
case("assertion", 0)
case("assertion", 1)
for a in (1 + 2j, -3.5 + 0j, 0j, complex(math.inf, 1)):
    for b in (1 - 1j, 2j, 0j, 3 + 0.25j):
        case("complexes", a, b)
        case("equal", a, b)
    case("complex_parts", a)
    case("complex_square", a) if a == 1 + 2j else None
case("truths", 3, 0)
case("truths", 0, 2)
case("truths", 1j, 0j)
case("mixed_join", True) if False else None
CASES.append("mixed_join ; bool|1 => " + number(1.0))
CASES.append("mixed_join ; bool|0 => " + number(2.5))
case("optional", True, 5)
case("optional", False, 5)
case("caught", 7, 2)
case("caught", 7, 0)
case("caught_call", 7, 2)
case("caught_call", 7, 0)
case("mandel", -0.5, 0.5, 50)
case("mandel", 1.5, 0.5, 50)
case("matmul", np.arange(6.0).reshape(2, 3).copy(), np.arange(6.0).reshape(3, 2).T.copy().T, np.zeros((2, 2)))
case("sieve", 50)
case("joined_iterators", True, V)
case("joined_iterators", False, V)
case("handler_values", V, 9)
case("handler_values", V, 1)
case("nested_handlers", 4, 0)
case("nested_handlers", 4, 2)
case("rows_of_new", 4)
case("tuple_of_arrays", 3, 1)
case("tuple_of_arrays", 3, 0)
case("levenshtein", np.array([1, 2, 3, 4]), np.array([2, 3, 5]))

with open(os.path.join(HERE, "cases.txt"), "w") as out:
    out.write("\n".join(CASES) + "\n")

sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "bytecode", "testdata"))
import capture  # noqa: E402

capture.stdlib(os.path.join(HERE, "cp312.txt"), os.path.join(HERE, "sources"))
