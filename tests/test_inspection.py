"""What a compiled function shows of itself: types, and the text of every stage."""

import io
import re
import sys

import numpy as np
import pytest

from looplift import types
from support import beyond_peer, njit


def weighted(a, n):
    s = 0.0
    for i in range(n):
        s += a[i] * 2
    flag = s > 1
    return s, flag


def dispatcher():
    func = njit(weighted)
    func(np.zeros(3), 2)
    return func


def annotated(**options):
    stream = io.StringIO()
    dispatcher().inspect_types(file=stream, **options)
    return stream.getvalue()


def test_inspect_types_has_numbas_look():
    text = annotated()
    first_line = weighted.__code__.co_firstlineno
    assert text.startswith("weighted (")
    assert "-" * 40 in text
    assert f"# File: {__file__}" in text
    assert f"# --- LINE {first_line + 1} --- " in text
    for line in ("s = 0.0", "for i in range(n):", "s += a[i] * 2", "return s, flag"):
        assert line in text


@pytest.mark.parametrize("name, type", [
    ("a", "array(float64, 1d, C)"), ("n", "int64"), ("i", "int64"), ("s", "float64"), ("flag", "bool"),
])  # fmt: skip
def test_inspect_types_names_variables_and_types(name, type):
    assert re.search(rf"#\s+{name}(\.\d+)? = .*:: {re.escape(type)}", annotated())


def test_inspect_types_writes_to_standard_output(capsys):
    dispatcher().inspect_types()
    assert "weighted (" in capsys.readouterr().out


def test_inspect_types_of_one_signature():
    func = dispatcher()
    func(np.zeros(3, np.float32), 2)
    stream = io.StringIO()
    func.inspect_types(file=stream, signature=func.signatures[1])
    assert "float32" in stream.getvalue()
    assert "array(float64" not in stream.getvalue()


STAGES = ["inspect_hir", "inspect_mir", "inspect_clif", "inspect_asm"]


@pytest.mark.parametrize("stage", STAGES)
@beyond_peer("stages of looplift")
def test_stages(stage):
    func = dispatcher()
    func(np.zeros(3, np.int8), 2)
    texts = getattr(func, stage)()
    assert list(texts) == func.signatures
    for signature in func.signatures:
        one = getattr(func, stage)(signature)
        assert one == texts[signature]
        assert len(one.splitlines()) > 5


@pytest.mark.parametrize("stage", STAGES)
@beyond_peer("stages of looplift")
def test_stages_have_no_addresses_and_do_not_change(stage):
    first, second = dispatcher(), dispatcher()
    first, second = (next(iter(getattr(f, stage)().values())) for f in (first, second))
    assert first == second
    assert not re.search(r"0x(7f|5[56])[0-9a-f]{10}\b", first)


@beyond_peer("stages of looplift")
def test_stages_show_the_function():
    func = dispatcher()
    signature = func.signatures[0]
    assert "weighted" in func.inspect_hir(signature)
    assert "weighted" in func.inspect_mir(signature)
    assert "ret" in func.inspect_asm(signature)


def test_inspect_before_compiling():
    func = njit(lambda x: x)
    stream = io.StringIO()
    func.inspect_types(file=stream)
    assert stream.getvalue() == ""


def test_what_only_compiled_code_calls_is_seen_too():
    inner = njit(lambda a, b: a + b)
    assert njit(lambda a: inner(a, 1.5))(2) == 3.5
    given = next(iter(inner.overloads))
    assert inner.signatures == [given] and str(inner.overloads[given].signature.return_type) == "float64"
    assert list(inner.inspect_asm()) == list(inner.inspect_llvm()) == [given] and "ret" in inner.inspect_asm(given)
    assert inner.get_metadata(given)["stage_times_ns"]


def test_what_cannot_be_called_from_python_is_left_out():
    apply = njit(lambda f, x: f(x))
    assert njit(lambda x: apply(lambda y: y + 1, x))(1) == 2
    assert isinstance(apply.inspect_asm(), dict)


def test_breakpoints_of_compiled_code(monkeypatch):
    import signal

    from looplift import config, gdb, gdb_breakpoint, gdb_init

    seen = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: seen.append("break"))
    monkeypatch.setattr(signal, "raise_signal", seen.append)
    monkeypatch.setattr(config, "GDB_BINARY", "no-such-debugger")

    @njit
    def stops(x):
        if x > 1:
            breakpoint()
            gdb_breakpoint()
        return x

    assert (stops(1), stops(2), seen) == (1, 2, ["break", signal.SIGTRAP])
    for start in (njit(lambda: gdb()), njit(lambda: gdb_init("-q"))):
        with pytest.raises(RuntimeError, match="no-such-debugger"):
            start()


def test_entry_points_convert_to_their_signature():
    def total(values, n):
        return sum(values) + n

    f = njit((types.List(types.int16), types.int32))(total)
    (result,) = f.overloads.values()
    assert result.entry_point([1, 2, 3], np.int8(4)) == 10
    first = njit((types.UniTuple(types.int32, 2),))(lambda t: t[0])
    (result,) = first.overloads.values()
    assert result.entry_point((4, 5)) == 4
    with pytest.raises(ValueError, match=r"size mismatch for tuple, expected 2 element\(s\) but got 3"):
        result.entry_point((4, 5, 6))
    for wrong in ((), (1, 2), ("a",)):
        with pytest.raises((TypeError, ValueError)):
            result.entry_point(*wrong)
