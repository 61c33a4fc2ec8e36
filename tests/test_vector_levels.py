"""Vector loops of each level of instructions against the loop as it is: every length and start, every element type, the ends of memory."""

import ctypes
import mmap
import random

import numpy as np
import pytest
from looplift import _core, config, njit

LEVELS = ["avx2", "avx512"]
DTYPES = [np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64]
PAGE = mmap.PAGESIZE


def at_level(level, make):
    """What `make` gives, with all that is compiled in it made for a level."""
    was = config.VECTOR_ISA
    config.VECTOR_ISA = level
    try:
        if _core.vector_isa() != level:
            pytest.skip(f"this processor has no {level}")
        return make()
    finally:
        config.VECTOR_ISA = was


def compiled(level, function, *args, **options):
    """A function compiled for a level and these arguments, and its machine code."""
    f = njit(**options)(function)

    def make():
        signature = tuple(f.typeof_pyval(a) for a in args)
        f.compile(signature)
        # It is compiled anew for its text.
        return f, f.inspect_asm(signature)

    return at_level(level, make)


def values(dtype, n, seed=0):
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        a = rng.normal(0, 10, n).astype(dtype)
        special = [np.nan, np.inf, -np.inf, -0.0, 0.0, 1e30, -3e9, 2.0**31, -(2.0**31), 2.0**63, -(2.0**63), 0.5, -0.5, 1e-42, 2.0**52 + 1, 9e15]
        at = rng.integers(0, 3, n) == 0
        a[at] = rng.choice(np.array(special).astype(dtype), int(at.sum()))
        return a
    if dtype.kind == "b":
        return rng.integers(0, 2, n).astype(bool)
    info = np.iinfo(dtype)
    a = rng.integers(info.min, info.max, n, dtype, endpoint=True)
    at = rng.integers(0, 2, n) == 0
    a[at] = rng.choice(np.array([0, 1, 2, 3, info.max, info.min, info.max - 1, info.max // 2], dtype), int(at.sum()))
    return a


def function_of(source, name="f", **more):
    space = {"np": np, **more}
    exec(source, space)
    return space[name]


def loop(body):
    return function_of(f"def f(a, b, out):\n    for i in range(len(out)):\n        {body}\n")


def agree(got, want, what):
    for x, y in zip(got, want, strict=True):
        x, y = np.asarray(x), np.asarray(y)
        assert x.dtype == y.dtype and (x.tobytes() == y.tobytes() or np.array_equal(x, y, equal_nan=x.dtype.kind == "f")), (what, x, y)


class Guarded:
    """Memory between two pages that cannot be touched."""

    def __init__(self, pages=2):
        self.map = mmap.mmap(-1, (pages + 2) * PAGE)
        self.start = ctypes.addressof(ctypes.c_char.from_buffer(self.map))
        protect = ctypes.CDLL(None, use_errno=True).mprotect
        protect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
        for at in (self.start, self.start + (pages + 1) * PAGE):
            assert protect(at, PAGE, 0) == 0
        self.bytes = np.frombuffer(self.map, np.uint8, pages * PAGE, PAGE)

    def array(self, dtype, n, at_end):
        """An array that ends, or starts, at a page that cannot be touched."""
        size = n * np.dtype(dtype).itemsize
        part = self.bytes[len(self.bytes) - size :] if at_end else self.bytes[:size]
        return part.view(dtype)


BODIES = [
    "out[i] = a[i] + b[i]",
    "out[i] = a[i] * b[i] - i",
    "out[i] = a[i] if a[i] > b[i] else b[i]",
    "out[i] = 1 if a[i] <= b[i] else a[i]",
    "out[i] = (a[i] != b[i]) + (a[i] >= 3)",
    "out[i] = abs(a[i]) + (a[i] < b[i] and b[i] > 2)",
    "out[i] = min(a[i], b[i]) * 2 + max(a[i], 5)",
]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", DTYPES[1:], ids=lambda t: t.__name__)
def test_lengths_and_starts(level, dtype):
    for body in BODIES:
        base = values(dtype, 90, 1), values(dtype, 90, 2), values(dtype, 90, 3)
        (vector, text), (scalar, scalar_text) = compiled(level, loop(body), *base), compiled("none", loop(body), *base)
        assert "vector loop" in text or np.dtype(dtype).itemsize < 8, body
        assert level == "avx512" or "zmm" not in text
        assert "vector loop" not in scalar_text
        for n in range(71):
            k = n % 5
            a, b = base[0][k : k + n], base[1][3 * k : 3 * k + n]
            got, want = base[2].copy(), base[2].copy()
            vector(a, b, got[k + 1 : k + 1 + n])
            scalar(a, b, want[k + 1 : k + 1 + n])
            agree([got], [want], (body, n))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("to", DTYPES, ids=lambda t: t.__name__)
def test_conversions_at_the_ends_of_memory(level, to):
    source, other, target = Guarded(), Guarded(), Guarded()
    for dtype in DTYPES:
        for body in ("out[i] = a[i]", "out[i] = a[i] if b[i] else 3"):
            if np.dtype(to).kind == "b":
                body = body.replace("= a[i]", "= a[i] > 2").replace("3", "False")
            args = [np.zeros(1, t) for t in (dtype, np.bool_, to)]
            (vector, text), (scalar, _) = compiled(level, loop(body), *args), compiled("none", loop(body), *args)
            for n in (0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 31, 33, 70):
                for at_end in (True, False):
                    a, b, got = source.array(dtype, n, at_end), other.array(np.bool_, n, at_end), target.array(to, n, at_end)
                    a[:], b[:] = values(dtype, n, n), values(np.bool_, n, n + 1)
                    target.bytes[:] = 0xA5
                    vector(a, b, got)
                    whole = target.bytes.copy()
                    target.bytes[:] = 0xA5
                    scalar(a, b, got)
                    agree([whole], [target.bytes], (body, dtype, n))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint64, np.float32, np.float64], ids=lambda t: t.__name__)
def test_reductions(level, dtype):
    is_float = np.dtype(dtype).kind == "f"

    def totals(a, b):
        s, least, most, n = a[0], a[0], a[0], 0
        for i in range(len(a)):
            x = a[i]
            s += x
            least = min(least, x)
            most = max(most, x)
            if x > b[i]:
                n += 1
        return s, least, most, n

    def products(a, b):
        s, p = a[0], a[0]
        for i in range(len(a)):
            s += a[i] * b[i]
            p *= b[i]
        return s, p

    memory, second = Guarded(), Guarded()
    for f in (totals, products):
        args = np.zeros(1, dtype), np.zeros(1, dtype)
        (vector, text), (scalar, _) = compiled(level, f, *args, fastmath=is_float), compiled("none", f, *args)
        for n in range(1, 71):
            a, b = memory.array(dtype, n, n % 2 == 0), second.array(dtype, n, n % 3 == 0)
            # Floats whose sums and products are exact, in any order.
            a[:], b[:] = (np.arange(n) % 7 - 3, np.resize([1, 2, 1, 0.5, -1, 1], n)) if is_float else (values(dtype, n, n), values(dtype, n, n + 1))
            agree(vector(a, b), scalar(a, b), (f, n))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name, low, high", [("exp", -760, 720), ("log", 0, 1e3), ("tanh", -30, 30)])
def test_functions_have_the_same_bits(level, name, low, high):
    f = function_of(f"def f(a):\n    return np.{name}(a)\n")
    rng = np.random.default_rng(3)
    special = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 1e-310, 2.2250738585072014e-308, np.finfo(float).max, 0.75, 1.5, 1.4999999999999998, 709.79, -745.2, -708.5]
    raw = rng.integers(0, 2**63, 3000).view(np.float64)
    a = np.concatenate([special, rng.uniform(low, high, 5000), raw, -raw, rng.uniform(0.5, 2, 1000)])
    (vector, text), (scalar, _) = compiled(level, f, a), compiled("none", f, a)
    agree([vector(a)], [scalar(a)], name)
    for n in range(40):
        agree([vector(a[n : 2 * n])], [scalar(a[n : 2 * n])], (name, n))


@pytest.mark.parametrize("level", LEVELS)
def test_shifts_and_bits(level):
    bodies = [
        "out[i] = (a[i] << 3) ^ (a[i] >> 5) | (b[i] & 12)",
        "out[i] = (a[i] >> (b[i] & 63)) + (a[i] << (b[i] & 31))",
        "out[i] = ~a[i] - (-b[i])",
        "out[i] = a[i] // 8 + a[i] % 16",
    ]
    for dtype in (np.int32, np.uint32, np.int64, np.uint64):
        for body in bodies:
            a, b = values(dtype, 70, 1), values(dtype, 70, 2)
            (vector, text), (scalar, _) = compiled(level, loop(body), a, b, a), compiled("none", loop(body), a, b, a)
            for n in (1, 3, 8, 33, 70):
                got, want = np.zeros(n, dtype), np.zeros(n, dtype)
                vector(a[:n], b[:n], got)
                scalar(a[:n], b[:n], want)
                agree([got], [want], (body, dtype, n))


NUMBERS = [
    "({x} + {y})", "({x} - {y})", "({x} * {y})", "({x} if {t} else {y})", "abs({x})", "(-{x})", "min({x}, {y})", "max({x}, {y})", "np.int64({x})",
    "np.float64({x})", "({t})", "np.float32({x})", "np.int32({x})",
]  # fmt: skip
INTEGERS = [
    "({x} + {y})", "({x} - {y})", "({x} * {y})", "({x} if {t} else {y})", "abs({x})", "(-{x})", "min({x}, {y})", "max({x}, {y})", "({x} & {y})",
    "({x} | {y})", "({x} ^ {y})", "(~{x})", "({x} >> 3)", "({x} << 2)", "({x} >> 40)", "({x} & 255)", "({x} % 8)", "({x} // 4)", "np.int8({x})",
    "np.uint8({x})", "np.int16({x})", "np.uint16({x})", "np.int32({x})", "np.uint32({x})", "({t})",
]  # fmt: skip


def expression(rng, depth, forms=NUMBERS):
    """A random expression of numbers."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(["a[i]", "b[i]", "c[i]", "i", "k", "3", "0.5" if forms is NUMBERS else "200", "a[i]", "b[i]"])
    x, y = expression(rng, depth - 1, forms), expression(rng, depth - 1, forms)
    test = f"{x} {rng.choice(['<', '<=', '>', '>=', '==', '!='])} {expression(rng, depth - 1, forms)}"
    if rng.random() < 0.4:
        test = f"({test}) {rng.choice(['and', 'or', '&', '^'])} ({y} {rng.choice(['<', '>=', '!='])} {x})"
    return rng.choice(forms).format(x=x, y=y, t=test)


def random_case(seed):
    """The source of a loop, and the types of its arrays."""
    rng = random.Random(seed)
    if seed % 2:
        source = "def f(a, b, c, out, k):\n    for i in range(len(out)):\n        out[i] = " + expression(rng, 4, INTEGERS) + "\n"
        return source, [rng.choice(DTYPES[1:9]) for _ in range(3)], rng.choice(DTYPES[1:])
    source = "def f(a, b, c, out, k):\n    for i in range(len(out)):\n        out[i] = " + expression(rng, 3) + "\n"
    if rng.random() < 0.3:
        source = "def f(a, b, c, out, k):\n    s = 0\n    for i in range(len(out)):\n        out[i] = " + expression(rng, 2) + "\n        s += np.int64(a[i]) if " + expression(rng, 1) + " > 2 else 1\n    return s\n"
    dtypes = [rng.choice(DTYPES[1:]) for _ in range(3)]
    return source, dtypes, rng.choice(DTYPES[1:])


def branching_case(seed):
    """The same with conditions around statements, and ways out."""
    rng = random.Random(seed)
    forms = INTEGERS if seed % 2 else NUMBERS

    def test():
        return f"if {expression(rng, 1, forms)} {rng.choice(['<', '<=', '>', '==', '!='])} {expression(rng, 1, forms)}:"

    lines = ["def f(a, b, c, out, k):", "    s = 0", "    for i in range(len(out)):"]
    if rng.random() < 0.3:
        lines += ["        " + test(), "            " + rng.choice(["break", "break", "continue"])]
    lines += ["        " + test(), f"            out[i] = {expression(rng, 2, forms)}"]
    if rng.random() < 0.4:
        lines += ["        else:", f"            out[i] = {expression(rng, 2, forms)}"]
    if rng.random() < 0.5:
        lines += ["        " + test(), f"            s += {rng.choice(['1', 'np.int64(a[i])', 'i'])}"]
    types = DTYPES[1:9] if seed % 2 else DTYPES[1:]
    return "\n".join([*lines, "    return s", ""]), [rng.choice(types) for _ in range(3)], rng.choice(DTYPES[1:])


def check_case(level, seed, case=random_case):
    source, dtypes, to = case(seed)
    function = function_of(source)
    k = [-7, 100][seed // 2 % 2] if seed % 2 else [3, -2.5, np.float32(1.5)][seed // 2 % 3]
    args = *(np.zeros(1, t) for t in dtypes), np.zeros(1, to), k
    # What Python's rules refuse (a float out of range into an integer, say) is refused by both.
    (vector, text), (scalar, _) = compiled(level, function, *args), compiled("none", function, *args)
    memory = [Guarded(1) for _ in range(4)]
    for n in (0, 1, 2, 3, 5, 6, 7, 8, 11, 15, 16, 17, 33, 70):
        arrays = [m.array(t, n, (n + j) % 3 > 0) for j, (m, t) in enumerate(zip(memory[:3], dtypes, strict=True))]
        for j, a in enumerate(arrays):
            a[:] = values(a.dtype, n, seed + j)
        ends = []
        for f in (vector, scalar):
            memory[3].bytes[:] = 0x5A
            ends.append((f(*arrays, memory[3].array(to, n, n % 2 == 0), k), memory[3].bytes.copy()))
        (total, got), (wanted_total, want) = ends
        assert total == wanted_total, (seed, source, n)
        out = np.flatnonzero(got != want) // np.dtype(to).itemsize
        assert np.array_equal(got.view(to)[out], want.view(to)[out], equal_nan=np.dtype(to).kind == "f"), (seed, source, dtypes, to, n)
    return "vector loop" in text


@pytest.mark.parametrize("level", LEVELS)
def test_random_loops(level):
    assert sum(check_case(level, seed) for seed in range(100)) > 50


@pytest.mark.parametrize("level", LEVELS)
def test_random_loops_with_branches(level):
    assert sum(check_case(level, seed, branching_case) for seed in range(60)) > 20


def test_levels_are_settings(monkeypatch):
    for level in ("avx2", "none"):
        monkeypatch.setattr(config, "VECTOR_ISA", level)
        assert _core.vector_isa() in (level, "none")
    monkeypatch.setattr(config, "VECTOR_ISA", "sse")
    with pytest.raises(ValueError, match="sse"):
        _core.vector_isa()
    monkeypatch.setattr(config, "VECTOR_ISA", "")
    best = _core.vector_isa()
    assert best in ("none", *LEVELS)
    for name in ("ENABLE_AVX", "LOOP_VECTORIZE"):
        monkeypatch.setattr(config, name, 0)
        assert _core.vector_isa() == "none"
        monkeypatch.setattr(config, name, 1)


def test_the_cache_keeps_levels_apart(tmp_path, monkeypatch):
    path = tmp_path / "kept.py"
    path.write_text("from looplift import njit\n@njit(cache=True)\ndef f(a):\n    for i in range(len(a)):\n        a[i] += 1\n    return a\n")
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "cache"))
    hits = {}
    for level in ("none", "avx2", "none", "avx512", "avx2"):
        monkeypatch.setattr(config, "VECTOR_ISA", level)
        if _core.vector_isa() != level:
            pytest.skip(f"this processor has no {level}")
        space = {"__name__": "kept", "__file__": str(path)}
        exec(compile(path.read_text(), str(path), "exec"), space)
        f = space["f"]
        assert f(np.zeros(20)).sum() == 20
        hits.setdefault(level, []).append(sum(f.stats.cache_hits.values()))
    assert hits == {"none": [0, 1], "avx2": [0, 1], "avx512": [0]}
