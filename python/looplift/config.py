"""Settings, one row each: read from the environment at import (``LOOPLIFT_X``, else ``NUMBA_X``), and attributes of this
module afterwards.

| setting | meaning |
|---|---|
| DISABLE_JIT | `jit` and `njit` give the Python function back |
| BOUNDSCHECK | 0 or 1: overrides the decorators' `boundscheck` |
| FALLBACK | 0: plain `jit` refuses what it cannot compile; otherwise it runs in object mode |
| DUMP | stages to print while compiling: bytecode, hir, types, mir, clif, asm; `@pass`; `:function-glob` |
| STOP_AFTER | the stage, or pass of the optimiser, after which compiling ends with an UnsupportedError |
| VERIFY | verify every intermediate form after every pass |
| TIMING | print the time of every stage |
| POLL | 0: compile loops that Ctrl-C cannot stop, to measure what the test for it costs |
| PERF | tell Linux perf the names of compiled functions |
| DEVELOPER_MODE | internal errors show the compiler's own traceback |
"""

import os as _os


def _flag(text):
    return text.strip().lower() not in ("", "0", "false", "no", "off")


def _optional_flag(text):
    return None if text.strip() == "" else _flag(text)


# (name, how to read it, value when unset, further names)
ROWS = (
    ("DISABLE_JIT", _flag, False, ("NUMBA_DISABLE_JIT",)),
    ("BOUNDSCHECK", _optional_flag, None, ("NUMBA_BOUNDSCHECK",)),
    ("FALLBACK", _flag, True, ()),
    ("DUMP", str, "", ()),
    ("STOP_AFTER", str, "", ()),
    ("VERIFY", _flag, False, ()),
    ("TIMING", _flag, False, ()),
    ("POLL", _flag, True, ()),
    ("PERF", _flag, False, ("NUMBA_ENABLE_PROFILING",)),
    ("DEVELOPER_MODE", _flag, False, ("NUMBA_DEVELOPER_MODE",)),
)


def reload_config():
    """Reads the environment again."""
    for name, read, default, aliases in ROWS:
        value = default
        for key in ("LOOPLIFT_" + name, *aliases):
            text = _os.environ.get(key)
            if text is not None:
                value = read(text)
                break
        globals()[name] = value


reload_config()
