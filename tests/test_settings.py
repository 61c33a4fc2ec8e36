"""Settings, events, and the command line."""

import json
import sys

import numpy as np
import pytest

import looplift
from looplift import _cli, config, njit
from looplift.core import event
from support.process import run


@pytest.mark.parametrize("prefix", ["LOOPLIFT_", "NUMBA_"])
def test_settings_from_the_environment(prefix, monkeypatch):
    monkeypatch.setenv(prefix + "NUM_THREADS", "3")
    monkeypatch.setenv(prefix + "OPT", "max")
    monkeypatch.setenv(prefix + "CACHE_DIR", "somewhere")
    config.reload_config()
    try:
        assert (config.NUM_THREADS, config.NUMBA_NUM_THREADS, config.OPT, config.CACHE_DIR) == (3, 3, 3, "somewhere")
    finally:
        monkeypatch.undo()
        config.reload_config()


def test_a_bad_value_is_a_warning(monkeypatch):
    monkeypatch.setenv("LOOPLIFT_NUM_THREADS", "many")
    with pytest.warns(looplift.errors.NumbaInvalidConfigWarning):
        config.reload_config()
    monkeypatch.undo()
    config.reload_config()


def test_the_page_lists_every_setting():
    page = _cli.settings_page()
    assert all(f"`LOOPLIFT_{row[0]}`" in page for row in config.ROWS)


DUMPS = {
    "DUMP_CFG": "CFG edges",
    "DUMP_SSA": "SSA",
    "DUMP_ANNOTATION": ":: int64",
    "DUMP_FUNC_OPT": "define int64 @f",
    "DUMP_LLVM": "function u0:0",
    "DUMP_ASSEMBLY": ".section",
    "DEBUG_PRINT_AFTER": "nopython",
    "DEBUG_NRT": "NRT",
    "TRACE": "",
}


def test_dumps():
    names = {f"NUMBA_{name}": "all" if name == "DEBUG_PRINT_AFTER" else "1" for name in DUMPS}
    shown, _ = run("@njit\ndef f(x):\n    return x + 1\nf(1)\n", **names)
    for name, text in DUMPS.items():
        assert text in shown, name


def test_chrome_trace(tmp_path):
    run("njit(lambda x: x)(1)", NUMBA_CHROME_TRACE=str(tmp_path / "trace.json"))
    rows = json.loads((tmp_path / "trace.json").read_text())
    assert [r["ph"] for r in rows] == ["B", "E"]


def test_listeners():
    func = njit(lambda x: x + 3)
    with event.install_recorder("numba:compile") as recorder:
        func(1)
        func(2)
    assert [e.status for _, e in recorder.buffer] == [event.EventStatus.START, event.EventStatus.END]
    assert recorder.buffer[1][1].data["return_type"] == looplift.types.int64
    func(1.5)
    assert len(recorder.buffer) == 2
    assert config.WATCH is None


def test_pipelines():
    from looplift.core.compiler import CompilerBase, DefaultPassBuilder
    from looplift.core.compiler_machinery import FunctionPass, register_pass

    seen = []

    @register_pass(mutates_CFG=False, analysis_only=True)
    class Look(FunctionPass):
        _name = "look"

        def run_pass(self, state):
            seen.append((state.func_id.func_name, state.args))
            return False

    class Pipeline(CompilerBase):
        def define_pipelines(self):
            manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
            manager.add_pass_after(Look, "types")
            manager.finalize()
            return [manager]

    @njit(pipeline_class=Pipeline)
    def f(x):
        return x

    f(1)
    assert seen == [("f", (looplift.types.int64,))]


PROGRAM = "import looplift\n@looplift.njit(cache=True)\ndef f(x):\n    return x + 1\nf(1)\n"


def command(capsys, *argv):
    status = _cli.main([str(a) for a in argv])
    return status, capsys.readouterr().out


def test_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    assert "Hardware Information" in command(capsys, "-s")[1]
    assert "int64" in command(capsys, "explain", f"{program}::f")[1]
    assert "iadd" in command(capsys, "dump", program, "--stage", "mir")[1]
    assert "float64" in command(capsys, "dump", f"{program}::f", "--stage", "types", "--signature", "float64")[1]
    command(capsys, "annotate", program, "-o", tmp_path / "page.html")
    assert "return" in (tmp_path / "page.html").read_text()
    assert "current" in command(capsys, "cache", "ls")[1]
    assert command(capsys, "cache", "verify")[0] == 0
    assert "3 files deleted" in command(capsys, "cache", "prune", "--all")[1]
    assert "LOOPLIFT_CACHE_DIR" in command(capsys, "env", "--markdown")[1]
    command(capsys, "--sys-json", tmp_path / "system.json")
    assert "Python Information" in json.loads((tmp_path / "system.json").read_text())


def test_overflow_is_raised_on_request():
    square = njit(overflow="raise")(lambda x: x * x)
    assert square(3) == 9
    with pytest.raises(OverflowError):
        square(2**40)
    with pytest.raises(ValueError):
        njit(overflow="maybe")(lambda x: x)


def test_options_are_checked():
    with pytest.raises(ValueError, match="fastmath"):
        njit(fastmath={"quick"})(lambda x: x)
    with pytest.raises(looplift.errors.DeprecationError):
        looplift.jit(argtypes=())(lambda x: x)


def test_pages_and_graphs():
    @njit
    def f(x):
        if x > 1:
            return x
        return -x

    f(2)
    page = f.inspect_types(pretty=True)
    assert "int64" in page._repr_html_()
    graph = f.inspect_cfg(f.signatures[0])
    assert graph.dot.startswith("digraph")
    assert len(f.get_annotation_info()) == 1
    assert f.get_metadata(f.signatures[0])["timers"]["compiler_lock"] > 0
    assert np.isfinite(f.get_metadata()[f.signatures[0]]["stage_times_ns"]["infer"])


def test_performance_warnings_can_be_off():
    source = "f = njit(parallel=True)(lambda x: x)\nf(1)"
    assert "NumbaPerformanceWarning" in run(source)[1]
    assert "NumbaPerformanceWarning" not in run(source, LOOPLIFT_DISABLE_PERFORMANCE_WARNINGS="1")[1]
