"""What happens around compilations where somebody asked for it: event listeners, settings that print, traces, and pipelines.

The compiler calls `config.WATCH` with a phase ("start", "end" or "failed"), the dispatcher and the argument types; it is set
only while there is something to do.
"""

import atexit
import os
import sys
import threading
import time

from looplift import _core, _events, config

_pipelines = False
_chrome = []


def use_pipelines():
    """Some dispatcher has a `pipeline_class`."""
    global _pipelines
    _pipelines = True
    refresh()


def refresh():
    """Has the compiler call, or no longer call."""
    printing = any(getattr(config, name) for name in config.WATCHED) or config.DEBUG_PRINT_AFTER not in ("", "none")
    config.WATCH = compilation if printing or _pipelines or _events.listeners() else None


def compilation(phase, dispatcher, args):
    """A compilation starts, ends, or has failed."""
    data = {"dispatcher": dispatcher, "args": args, "return_type": None}
    if phase == "start":
        _events.start_event("numba:compile", data)
        pipeline = dispatcher.targetoptions.get("pipeline_class")
        if pipeline is not None:
            from looplift.core import compiler

            compiler.run_pipeline(pipeline, dispatcher, args)
    else:
        data["return_type"] = dict(_core.overload_types(dispatcher)).get(args)
        _events.end_event("numba:compile", data)
    if config.TRACE:
        print(f"{'>>' if phase == 'start' else '<<'} compile {dispatcher.py_func.__qualname__}{args}", file=sys.stderr)
    if config.CHROME_TRACE:
        _note(phase, dispatcher, args)
    if phase == "end":
        _print_forms(dispatcher, args)


def _title(what, dispatcher, args):
    text = f"{what} of {dispatcher.py_func.__qualname__}({', '.join(map(str, args))})"
    print(f"{text:-^80}")


def _stage(dispatcher, args, stage):
    return _core.stage_text(dispatcher, list(args), stage)


def _print_forms(dispatcher, args):
    """Prints what the settings ask for."""
    c = config
    everything = c.DEBUG
    if everything or c.DUMP_BYTECODE or c.DEBUG_FRONTEND:
        import dis

        _title("BYTECODE", dispatcher, args)
        dis.dis(dispatcher.py_func)
    if everything or c.DUMP_CFG or c.DEBUG_FRONTEND:
        from looplift._inspect import ControlFlowGraph

        graph = ControlFlowGraph(dispatcher.py_func.__name__, _stage(dispatcher, args, "hir"))
        _title("CFG", dispatcher, args)
        print("CFG blocks:", ", ".join(graph.blocks))
        print("CFG edges:", ", ".join(f"{a} -> {b}" for a, b in graph.edges))
    for wanted, title, stage in (
        (everything or c.DUMP_IR, "IR DUMP", "hir"),
        (everything or c.DUMP_SSA, "SSA IR DUMP", "hir"),
        (everything or c.DEBUG_TYPEINFER, "TYPES", "types"),
    ):
        if wanted:
            _title(title, dispatcher, args)
            print(_stage(dispatcher, args, stage))
    if everything or c.ANNOTATE:
        _title("ANNOTATION", dispatcher, args)
        dispatcher.inspect_types(signature=args)
    if c.HTML:
        page = dispatcher.inspect_types(signature=args, pretty=True)
        with open(c.HTML, "a", encoding="utf-8") as f:
            f.write(page.html)
    if c.DEBUG_PRINT_AFTER not in ("", "none"):
        _title("nopython: after " + c.DEBUG_PRINT_AFTER, dispatcher, args)
        print(_stage(dispatcher, args, "mir"))
    if everything or c.DUMP_LLVM:
        _title("CODE GENERATOR INPUT", dispatcher, args)
        print(dispatcher.inspect_llvm(args))
    if everything or c.DUMP_FUNC_OPT or c.DUMP_OPTIMIZED:
        from looplift._inspect import heading

        ret = dict(_core.overload_types(dispatcher)).get(args)
        _title("OPTIMIZED DUMP", dispatcher, args)
        print(heading(dispatcher, args, ret, "optimised MIR") + _stage(dispatcher, args, "mir"))
    if everything or c.DUMP_ASSEMBLY:
        _title("ASSEMBLY", dispatcher, args)
        print(dispatcher.inspect_asm(args))
    if (c.PARALLEL_DIAGNOSTICS or c.DEBUG_ARRAY_OPT or c.DEBUG_ARRAY_OPT_STATS) and dispatcher.targetoptions.get("parallel"):
        _title("Parallel Accelerator Optimizing", dispatcher, args)
        dispatcher.parallel_diagnostics(args, level=min(4, max(1, c.PARALLEL_DIAGNOSTICS)))
    if everything or c.DEBUG_NRT:
        _heap()


def _heap():
    stats = _core.allocation_stats()
    print(f"NRT heap blocks: {stats['alloc']} allocated, {stats['free']} freed, {stats['live_bytes']} bytes live")


def _note(phase, dispatcher, args):
    """A row of the trace that chrome://tracing reads."""
    if not _chrome:
        atexit.register(_write_chrome)
    _chrome.append(
        {
            "name": f"compile {dispatcher.py_func.__qualname__}({', '.join(map(str, args))})",
            "cat": "numba:compile",
            "ph": "B" if phase == "start" else "E",
            "pid": os.getpid(),
            "tid": threading.get_ident(),
            "ts": time.perf_counter_ns() / 1e3,
            "args": {"file": dispatcher.py_func.__code__.co_filename, "line": dispatcher.py_func.__code__.co_firstlineno},
        }
    )


def _write_chrome():
    import json

    with open(config.CHROME_TRACE, "w") as f:
        json.dump(_chrome, f)


if config.DEBUG_NRT:
    atexit.register(_heap)
