"""Object mode gives the interpreter's answer: numbers that grow, NumPy's scalars, what was written before a loop starts over."""

import math
import warnings

import numpy as np
import pytest
from looplift import jit, njit


class Holder(dict):
    """Something that has no compiled form."""


def outcome(func, make):
    holder = Holder()
    args = [m() if callable(m) else m for m in make]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = func(holder, *args)
        except Exception as e:
            value = (type(e).__name__, str(e))
    return repr((type(value), value, args, vars(holder)))


# A loop each: a text of what it does with its arguments `x` and `y`, and a result `r` that is None before.
LOOPS = {
    "integers_grow": "r = 1\nfor i in range(x):\n r *= 3",
    "integers_grow_after_writes": "r = 1\nfor i in range(50):\n r *= 3\n x[i] = i",
    "integers_grow_after_writes_to_a_view": "r, v = 1, x[::2]\nfor i in range(25):\n r = r * 3 ** 3\n v[i] += i",
    "shift": "r = 1\nfor i in range(20):\n r = r << 7",
    "power": "for i in range(5):\n r = x ** y",
    "negative_powers": "for i in range(5):\n r = x ** -i",
    "square": "r = 0.0\nfor i in range(9):\n r += (i * x) ** 2",
    "cube": "r = 0.0\nfor i in range(9):\n r += (i * x) ** 3",
    "negate": "for i in range(3):\n r = -x",
    "absolute": "for i in range(3):\n r = abs(x)",
    "divide": "for i in range(1, 5):\n r = x / (y * i)",
    "floor_divide": "for i in range(3):\n r = x // y",
    "compare": "for i in range(3):\n r = (x == y, x < y)",
    "element": "for i in range(len(x)):\n r = x[i]",
    "elements": "for v in x:\n r = v",
    "add": "r = 0\nfor v in x:\n r += v",
    "add_twice": "r = 0.5\nfor v in x:\n r = r + (v + v)",
    "modulo": "r = 0\nfor v in x:\n r += v % 3",
    "divide_elements": "for i in range(len(x)):\n x[i] = x[i] / y[i]",
    "quotients": "r = 1.0\nfor v in x:\n r = r // v",
    "compare_elements": "for v in x:\n r = v > 1",
    "larger": "r = 0\nfor v in x:\n r = max(r, v)",
    "pair": "for i in range(3):\n r = (i, x[i])",
    "nested_pair": "for i in range(3):\n r = ((i, x[i]), x[i] > 0)",
    "shape": "for i in range(3):\n r = x.shape[0]",
    "row": "for i in range(2):\n r = x[i]",
    "two_indices": "for i in range(2):\n for j in range(2):\n  r = x[i, j] * y",
    "same_value": "r = x\nfor i in range(3):\n r = x",
    "not_run": "r = x\nfor i in range(0):\n r = 0.5",
    "half": "r = 0\nfor i in range(x):\n r += 0.5",
    "either": "for i in range(x):\n r = 1 if i % 2 else 0.5",
    "either_text": "for i in range(x):\n r = str(1 if i % 2 else 0.5)",
    "exponential": "for i in range(3):\n r = math.exp(x)",
    "logarithm": "for i in range(3):\n r = math.log(x)",
    "root": "for i in range(3):\n r = math.sqrt(x)",
    "numpy_root": "for i in range(3):\n r = np.sqrt(x)",
    "numpy_sign": "for i in range(3):\n r = np.sign(x)",
    "round": "for i in range(3):\n r = round(x)",
    "integer": "for i in range(3):\n r = int(x)",
    "random": "np.random.seed(3)\nfor i in range(3):\n r = np.random.rand()",
    "text": "r = ''\nfor c in x:\n r = r + c + 'x'",
    "too_far": "for i in range(10):\n x[i] = i",
    "narrow": "for i in range(3):\n x[i] = i * y",
    "handler": "r = 1\nfor i in range(50):\n try:\n  r *= 3\n  x[i] = 1\n except Exception:\n  r = 0",
    "bare_handler": "r = 1\nfor i in range(50):\n try:\n  r *= 3\n except:\n  r = 0",
    "division_handler": "r = 0\nfor i in range(5):\n try:\n  r += x // (i - 2)\n except ZeroDivisionError:\n  r += 100",
    "array_division_handler": "r = 0.0\nfor i in range(5):\n try:\n  r += 1.0 / x[i]\n except ZeroDivisionError:\n  r += 100",
    "list": "r = 0\nfor v in x:\n r += v",
    "inverse": "for v in x:\n r = v ** -1",
    "sine_of_elements": "for v in x:\n r = math.sin(v)",
    "text_of_round": "for i in range(3):\n r = str(round(x))",
    "text_of_either": "for v in x:\n r = str(max(v, y))",
    "tuple_part": "r = (0, 0.0)\nfor i in range(3):\n r = (r[0] + i, r[1] + 0.5)",
    "chosen_part": "for i in range(3):\n r = (1, 0.5)[0 if i < x else 1]",
    "narrow_callee": "for i in range(3):\n r = narrow(x) * narrow(x)",
    "where": "for i in range(2):\n r = np.where(x > 1, x, 0.0)",
    "made_list": "for i in range(3):\n r = []\n r.append(i)\n r.append(x)",
}


@njit
def narrow(x):
    return np.float32(x)


def function(name):
    lines = ["def f(holder, x=None, y=None):", "    r = None", *("    " + line for line in LOOPS[name].splitlines())]
    space = {"np": np, "math": math, "narrow": narrow}
    exec("\n".join([*lines, "    holder.r = r", "    return r"]), space)
    return space["f"]


def array(*values, dtype=None):
    return lambda: np.array(values, dtype)


BIG = 2**63 - 1
CASES = [
    ("integers_grow", 3), ("integers_grow", 60), ("integers_grow_after_writes", lambda: np.zeros(50)),
    ("integers_grow_after_writes_to_a_view", lambda: np.zeros(50, int)), ("shift",), ("power", 10, 400), ("power", 10.0, 400), ("power", -8.0, 1 / 3),
    ("power", 3037000499, 2), ("power", 2, 62), ("power", 2, 63), ("power", np.int64(3), 3), ("power", np.float64(2), 0.5),
    ("negative_powers", 2), ("negative_powers", 2.0), ("negative_powers", 0), ("negative_powers", np.int64(2)), ("square", 0.37), ("square", 1e200),
    ("cube", 0.37), ("cube", 3), ("negate", -(2**63)), ("negate", True), ("absolute", -(2**63)), ("absolute", 3 + 4j), ("divide", 2**62 + 1, 3),
    ("divide", 7, 3), ("divide", 1, 0), ("floor_divide", -(2**63), -1), ("floor_divide", 7.5, 0.0), ("compare", 2**53 + 1, float(2**53)),
    ("compare", BIG, 2.0**63), ("element", array(0.0, 2.5)), ("element", array(1, 2)), ("element", array(1, 2, dtype="uint8")),
    ("element", array(1.5, 2, dtype="float32")), ("element", array(True, False)), ("element", array(1j, 2)), ("element", array("a", "bc")),
    ("elements", array(0.0, 2.5)), ("add", array(0.5, 2.5)), ("add", array(1, 2)), ("add", array()), ("add", array(*[255] * 9, dtype="uint8")),
    ("add", array(1.1, 1.1, 1.1, dtype="float32")), ("add", array(True, True)), ("add", array(BIG, 1)), ("add_twice", array(0.5, 2.5)),
    ("add_twice", array(True, True)), ("modulo", array(4, 5)), ("modulo", array(4, 5, dtype="uint8")), ("modulo", array(4.5, 5)),
    ("divide_elements", array(1.0, 2, 3), array(1.0, 0, 2)), ("divide_elements", array(1, 2, 3), array(1, 2, 3)), ("quotients", array(1.0, 0.0)),
    ("quotients", array(1.0, -3.0)), ("compare_elements", array(1, 2)), ("compare_elements", array(1, 2, dtype="uint8")), ("larger", array(1, -2)),
    ("larger", array(-1, -2)), ("pair", array(1, 2, 3)), ("nested_pair", array(1.5, 2, 3)), ("shape", array(1, 2, 3)), ("row", lambda: np.ones((2, 3))),
    ("two_indices", lambda: np.ones((2, 3)), 3), ("two_indices", lambda: np.ones((2, 3), int), 0.5), ("same_value", np.float32(1.5)),
    ("same_value", np.int64(3)), ("same_value", True), ("same_value", (1, 2)), ("same_value", "abc"), ("same_value", (np.float64(2), 1)),
    ("not_run", 3), ("not_run", np.float64(3)), ("half", 0), ("half", 3), ("either", 3), ("either_text", 3), ("exponential", 1000.0), ("exponential", 1),
    ("logarithm", 0.0), ("root", -1.0), ("numpy_root", -1.0), ("numpy_root", 4), ("numpy_sign", -2), ("round", 2.5), ("round", float("nan")),
    ("round", np.float64(2.5)), ("integer", 1e30), ("integer", 2.5), ("integer", "12"), ("random",), ("text", "abc"), ("too_far", lambda: np.zeros(5)),
    ("narrow", lambda: np.zeros(3, "uint8"), 100), ("narrow", lambda: np.zeros(3, "uint8"), 200), ("narrow", lambda: np.zeros(3, bool), 2),
    ("handler", lambda: np.zeros(50)), ("bare_handler",), ("division_handler", 7), ("array_division_handler", lambda: np.arange(5.0)),
    ("list", lambda: [1, 2]), ("list", lambda: [1, 2.5]), ("list", lambda: [True, 2]), ("list", lambda: [0.5, np.float64(2)]), ("made_list", 5),
    ("inverse", array(2, 4)), ("inverse", array(2.0, 4.0)), ("inverse", lambda: [2, 4]), ("sine_of_elements", array(3, dtype="float32")), ("sine_of_elements", array(3.0)), ("text_of_round", True), ("text_of_round", 2.5), ("text_of_either", array(0.5, 2.0), 1), ("tuple_part",), ("chosen_part", 1), ("chosen_part", 5), ("narrow_callee", 0.1), ("where", array(1.0, 2.0)),
    ("made_list", 0.5), ("made_list", np.float64(0.5)),
]  # fmt: skip


@pytest.mark.parametrize("name, args", [(c[0], c[1:]) for c in CASES], ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)])
def test_like_the_interpreter(name, args):
    func = function(name)
    want = outcome(func, args)
    compiled = jit(func)
    for _ in range(3):
        assert outcome(compiled, args) == want


def test_an_integer_that_is_too_large_for_a_compiled_loop():
    def f(holder, x, a):
        for i in range(len(a)):
            a[i] = x
        return a

    compiled = jit(f)
    assert compiled(Holder(), 3, np.zeros(2)).tolist() == [3.0, 3.0]
    assert compiled(Holder(), 2**80, np.zeros(2)).tolist() == [2.0**80] * 2
    with pytest.raises(OverflowError):
        compiled(Holder(), 2**80, np.zeros(2, int))


def test_loops_that_mostly_fail_are_given_up():
    def f(holder, x):
        for _ in range(30):
            x *= 10
        return x

    compiled = jit(f)
    for _ in range(30):
        assert compiled(Holder(), 7) == 7 * 10**30
    assert not compiled.__dict__["_object_mode"].entries
    assert not compiled.explain().data["loops"][0]["lifted"]


def test_loops_of_a_few_iterations_are_given_up():
    def f(holder, n):
        t = 0
        for _ in holder:
            for i in range(n):
                t += i
            for i in reversed(range(n)):
                t += i
        return t

    holder = Holder({k: k for k in range(100)})
    short, long = jit(f), jit(f)
    for _ in range(3):
        assert short(holder, 3) == 600
        assert long(holder, 30) == 87000
    assert [row["lifted"] for row in short.explain().data["loops"]] == [False, False, True]
    assert [row["lifted"] for row in long.explain().data["loops"]] == [False, True, True]
    assert short(holder, 30) == 87000


# What must not be given up for it.
LIFTED = [
    ("integers_grow", 3), ("integers_grow_after_writes", lambda: np.zeros(50)), ("element", array(0.0, 2.5)), ("add", array(0.5, 2.5)), ("add", array(1, 2)),
    ("modulo", array(4, 5)), ("divide_elements", array(1.0, 2, 3), array(1.0, 0, 2)), ("pair", array(1, 2, 3)), ("half", 3), ("exponential", 1),
    ("numpy_root", 4), ("division_handler", 7), ("two_indices", lambda: np.ones((2, 3)), 3), ("square", 0.37), ("text", "abc"),
]  # fmt: skip


@pytest.mark.parametrize("name, args", [(c[0], c[1:]) for c in LIFTED], ids=[c[0] for c in LIFTED])
def test_still_compiled(name, args):
    compiled = jit(function(name))
    outcome(compiled, args)
    assert compiled.explain().data["loops"][0]["lifted"], compiled.explain()


@pytest.mark.parametrize(
    "func, args, kwargs",
    [
        (lambda **k: k, (), {"a": 1, "b": "c"}),
        (lambda values: len(values) + values[0], ([1, 2.5],), {}),
        (lambda values: len(values) + values[0], ([1, "a"],), {}),
        (lambda table: len(table), ({1: 2, "a": 3},), {}),
        (lambda n: eval("n + 1"), (3,), {}),
        (lambda n: sorted(locals()), (3,), {}),
    ],
)
def test_what_cannot_be_compiled_whole_is_run(func, args, kwargs):
    compiled = jit(func)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(2):
            assert compiled(*args, **kwargs) == func(*args, **kwargs)


def test_functions_of_object_mode_die():
    import gc
    import weakref

    def make():
        @jit
        def f(holder, a, again=False):
            s = 0
            for v in a:
                s += v
            return f(holder, a) if again else s

        return f

    alive = []
    for _ in range(3):
        f, holder = make(), Holder()
        for _ in range(6):
            f(holder, np.arange(4.0), True)
        alive += [weakref.ref(f), weakref.ref(holder), weakref.ref(f.py_func)]
    del f, holder
    gc.collect()
    assert [r() for r in alive] == [None] * len(alive)
