"""`gdb()` and its relatives: attaching the GNU debugger to the running process, from the interpreter."""


def gdb_init(*args):
    """Starts the debugger on this process, which goes on; `args` are passed to it."""
    import os
    import shutil
    import subprocess

    from looplift import config

    program = shutil.which(config.GDB_BINARY)
    if program is None:
        raise RuntimeError(f"the debugger {config.GDB_BINARY!r} is not installed; set LOOPLIFT_GDB_BINARY to its path")
    return subprocess.Popen([program, "-p", str(os.getpid()), *map(str, args)])


def gdb(*args):
    """Starts the debugger on this process, and stops in it."""
    started = gdb_init(*args)
    gdb_breakpoint()
    return started


def gdb_breakpoint():
    """Stops the process with SIGTRAP, where a debugger is attached."""
    import signal

    signal.raise_signal(signal.SIGTRAP)
