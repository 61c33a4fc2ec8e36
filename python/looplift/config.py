"""Settings, one row each: read from the environment at import (``LOOPLIFT_X``, else Numba's ``NUMBA_X``), and attributes of
this module afterwards, which may be assigned. ``python -m looplift env`` lists them with their values.

Rows of meaning "accepted" have no effect here: they name what this compiler does not have, and are there for programs that
set or read them.
"""

import os as _os
import sys as _sys


def _flag(text):
    return int(text.strip().lower() not in ("", "0", "false", "no", "off"))


def _optional_flag(text):
    return None if text.strip() == "" else _flag(text)


def _words(text):
    return [w for w in text.replace(",", " ").split() if w]


def _level(text):
    """An optimisation level: 0 to 3, or "max"."""
    return 3 if text.strip() == "max" else int(text)


def _isa(text):
    name = text.strip().lower()
    if name not in ("", "avx512", "avx2", "none"):
        raise ValueError(f"{text!r} is none of avx512, avx2, none")
    return name


def _stages(text):
    """Stages to print, `stage[@pass]` separated by commas, and a pattern of functions after a colon."""
    if not all(part.partition("@")[0].strip() in ("bytecode", "hir", "types", "mir", "clif", "asm", "") for part in text.partition(":")[0].split(",")):
        raise ValueError("no such stage")
    return text


def _cores():
    try:
        return len(_os.sched_getaffinity(0))
    except AttributeError:
        return _os.cpu_count() or 1


# (name, how to read it, value when unset, meaning, further names)
ROWS = (
    ("DISABLE_JIT", _flag, 0, "decorators give the Python function back", ()),
    ("FALLBACK", _flag, 1, "0: `jit` without options is strict, as `njit` is", ()),
    ("BOUNDSCHECK", _optional_flag, None, "0 or 1: overrides the decorators' `boundscheck`", ()),
    ("NUM_THREADS", int, _cores(), "threads of parallel loops", ()),
    ("THREADING_LAYER", str, "default", "what `threading_layer()` says: there is one pool of threads, which keeps the promises of all layers", ()),
    ("THREADING_LAYER_PRIORITY", _words, ["tbb", "omp", "workqueue"], "which name that is, where several would do", ()),
    # The cache on disk.
    ("CACHE_DIR", str, "", "directory of the cache, instead of `__pycache__` next to the source", ()),
    ("CACHE_LOCATOR_CLASSES", str, "", "comma-separated order of places: InTreeCacheLocator, UserWideCacheLocator, IPythonCacheLocator, ZipCacheLocator", ()),
    ("CACHE_SIZE", int, 512 << 20, "bytes that a cache directory may hold before the oldest files go", ()),
    ("DEBUG_CACHE", _flag, 0, "print what the cache does", ()),
    # What code is made for.
    ("CPU_NAME", str, None, "'generic': cached code is kept apart; code is always made for this processor", ()),
    ("CPU_FEATURES", str, None, "as CPU_NAME", ()),
    ("OPT", _level, 3, "accepted: passes always run", ()),
    ("LOOP_VECTORIZE", _flag, 1, "0: no vector loops", ()),
    ("SLP_VECTORIZE", _flag, 0, "accepted", ()),
    ("VECTOR_ISA", _isa, "", "the most that vector loops are made of: avx512, avx2, none; empty: what the processor has", ()),
    ("ENABLE_AVX", _flag, 1, "0: no vector loops", ()),
    ("DISABLE_INTEL_SVML", _flag, 1, "accepted", ()),
    ("FUNCTION_CACHE_SIZE", int, 128, "accepted", ()),
    ("LLVM_REFPRUNE_PASS", _flag, 1, "accepted", ()),
    ("LLVM_REFPRUNE_FLAGS", str, "all", "accepted", ()),
    ("USE_LLVMLITE_MEMORY_MANAGER", _optional_flag, None, "accepted", ()),
    ("PARFOR_MAX_TUPLE_SIZE", int, 100, "accepted", ()),
    ("EXTEND_VARIABLE_LIFETIMES", _flag, 0, "accepted", ()),
    # Looking at the compiler.
    ("DUMP", _stages, "", "stages to print while compiling: bytecode, hir, types, mir, clif, asm; `@pass`; `:function-glob`", ()),
    ("STOP_AFTER", str, "", "the stage, or pass of the optimiser, after which compiling ends with an UnsupportedError", ()),
    ("VERIFY", _flag, 0, "verify every intermediate form after every pass", ()),
    ("TIMING", _flag, 0, "print the time of every stage", ()),
    ("POLL", _flag, 1, "0: compile loops that Ctrl-C cannot stop, to measure what the test for it costs", ()),
    ("PERF", _flag, 0, "tell Linux perf the names of compiled functions", ("NUMBA_ENABLE_PROFILING",)),
    ("ENABLE_PROFILING", _flag, 0, "Numba's name of PERF", ("LOOPLIFT_PERF",)),
    ("ENABLE_SYS_MONITORING", _flag, 0, "accepted", ()),
    ("DEBUG", _flag, 0, "print all the forms of every compiled function", ()),
    ("DEBUG_FRONTEND", _flag, 0, "print bytecode and control-flow graph", ()),
    ("DEBUG_JIT", _flag, 0, "accepted", ()),
    ("DEBUG_TYPEINFER", _flag, 0, "print the types of every operation", ()),
    ("DEBUG_INLINE_CLOSURE", _flag, 0, "accepted", ()),
    ("DEBUG_NRT", _flag, 0, "print the counts of heap blocks after every compilation and at exit", ()),
    ("DEBUG_NRT_STACK_LIMIT", int, 0, "accepted", ()),
    ("NRT_STATS", _flag, 0, "accepted: heap blocks are always counted", ()),
    ("DEBUGINFO_DEFAULT", _flag, 0, "default of the option `debug`", ("LOOPLIFT_DEBUGINFO", "NUMBA_DEBUGINFO")),
    ("DUMP_BYTECODE", _flag, 0, "print the bytecode", ()),
    ("DUMP_CFG", _flag, 0, "print the control-flow graph", ()),
    ("DUMP_IR", _flag, 0, "print the function over Python's operations", ()),
    ("DUMP_SSA", _flag, 0, "print the function over Python's operations, in SSA form", ()),
    ("ANNOTATE", _flag, 0, "print the source with types", ("LOOPLIFT_DUMP_ANNOTATION", "NUMBA_DUMP_ANNOTATION")),
    ("DUMP_LLVM", _flag, 0, "print what the code generator is given", ()),
    ("DUMP_FUNC_OPT", _flag, 0, "print the optimised function", ()),
    ("DUMP_OPTIMIZED", _flag, 0, "print the optimised function", ()),
    ("DUMP_ASSEMBLY", _flag, 0, "print the machine code", ()),
    ("DEBUG_PRINT_AFTER", str, "none", "'all', or passes after which the function is printed", ()),
    ("DEBUG_PRINT_BEFORE", str, "none", "accepted", ()),
    ("DEBUG_PRINT_WRAP", str, "none", "accepted", ()),
    ("HTML", str, None, "file that gets the source with types as a page", ("LOOPLIFT_DUMP_HTML", "NUMBA_DUMP_HTML")),
    ("DIFF_IR", _flag, 0, "accepted", ()),
    ("TRACE", _flag, 0, "print what starts and ends being compiled", ()),
    ("CHROME_TRACE", str, "", "file that gets the compiler's events, for chrome://tracing", ()),
    ("LLVM_PASS_TIMINGS", _flag, 0, "accepted: `get_metadata` has the times", ()),
    ("JIT_COVERAGE", _flag, 0, "accepted", ()),
    ("DEBUG_ARRAY_OPT", int, 0, "print what was made parallel", ()),
    ("DEBUG_ARRAY_OPT_RUNTIME", _flag, 0, "accepted", ()),
    ("DEBUG_ARRAY_OPT_STATS", _flag, 0, "print what was made parallel", ()),
    ("PARALLEL_DIAGNOSTICS", int, 0, "print what was made parallel, in 1 to 4 levels of detail", ()),
    # Messages.
    ("DEVELOPER_MODE", _flag, 0, "internal errors show the compiler's own traceback", ()),
    ("FULL_TRACEBACKS", _flag, 0, "typing errors show where in the library they were raised", ()),
    ("SHOW_HELP", _flag, 0, "accepted: messages carry their advice", ()),
    ("COLOR_SCHEME", str, "no_color", "accepted: messages have no colours", ()),
    ("DISABLE_ERROR_MESSAGE_HIGHLIGHTING", _flag, 0, "accepted", ()),
    ("HIGHLIGHT_DUMPS", _flag, 0, "accepted", ()),
    ("DISABLE_PERFORMANCE_WARNINGS", _flag, 0, "no NumbaPerformanceWarning", ()),
    ("DISABLE_TYPEINFER_FAIL_CACHE", _flag, 0, "accepted", ()),
    ("ALWAYS_WARN_UNINIT_VAR", _flag, 0, "accepted: unbound variables raise", ()),
    ("GDB_BINARY", str, "gdb", "the debugger that `gdb()` starts", ()),
    ("USING_SVML", _flag, 0, "always 0: vector mathematics is the compiler's own", ()),
    ("DISABLE_CUDA", _flag, 1, "always 1: there are no GPUs here", ()),
    ("ENABLE_CUDASIM", _flag, 0, "accepted", ()),
)  # fmt: skip

# A function to call as (phase, dispatcher, argument types) around every compilation, or None: see `looplift._watch`.
WATCH = None

PYVERSION = _sys.version_info[:2]
MACHINE_BITS = 64 if _sys.maxsize > 2**32 else 32
IS_32BITS = MACHINE_BITS == 32
IS_WIN32 = _sys.platform == "win32"
IS_OSX = _sys.platform == "darwin"

# Settings that print something after each compilation.
WATCHED = (
    "DEBUG", "DEBUG_FRONTEND", "DEBUG_TYPEINFER", "DEBUG_NRT", "DUMP_BYTECODE", "DUMP_CFG", "DUMP_IR", "DUMP_SSA", "ANNOTATE",
    "DUMP_LLVM", "DUMP_FUNC_OPT", "DUMP_OPTIMIZED", "DUMP_ASSEMBLY", "HTML", "TRACE", "CHROME_TRACE", "DEBUG_ARRAY_OPT",
    "DEBUG_ARRAY_OPT_STATS", "PARALLEL_DIAGNOSTICS",
)  # fmt: skip


def _from_file():
    """Numba's settings file in the working directory, `.numba_config.yaml`, where PyYAML is there to read it."""
    for name in (".looplift_config.yaml", ".numba_config.yaml"):
        if not _os.path.isfile(name):
            continue
        try:
            import yaml
        except ImportError:
            return {}
        with open(name) as f:
            rows = yaml.safe_load(f)
        if isinstance(rows, dict):
            return {str(k).upper(): "" if v is None else str(int(v) if isinstance(v, bool) else v) for k, v in rows.items()}
    return {}


def reload_config():
    """Reads the environment again."""
    file = _from_file()
    for name, read, default, _meaning, further in ROWS:
        value = default
        for key in ("LOOPLIFT_" + name, "NUMBA_" + name, *further):
            text = _os.environ.get(key)
            if text is None and key.startswith("NUMBA_"):
                text = file.get(key[6:])
            if text is None:
                continue
            try:
                value = read(text)
            except ValueError:
                import warnings

                from looplift.errors import NumbaInvalidConfigWarning

                warnings.warn(f"environment variable {key} has no valid value: {text!r}", NumbaInvalidConfigWarning, stacklevel=2)
                continue
            break
        globals()[name] = value
    this = globals()
    this["NUMBA_NUM_THREADS"] = max(1, this["NUM_THREADS"])
    this["NUMBA_DEFAULT_NUM_THREADS"] = _cores()
    after = this["DEBUG_PRINT_AFTER"]
    if after not in ("", "none") and not this["DUMP"]:
        this["DUMP"] = "types,mir" if after == "all" else ",".join("mir@" + name for name in _words(after))
    if any(this[name] for name in WATCHED) or after not in ("", "none"):
        this["WATCH"] = _watch


def _watch(phase, dispatcher, args):
    from looplift import _watch as watch

    watch.compilation(phase, dispatcher, args)


reload_config()
