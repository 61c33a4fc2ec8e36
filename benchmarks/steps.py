"""Count the instructions a piece of a child process executes, by single-stepping it (Linux, x86-64)."""

import ctypes
import os
import signal
import subprocess

PTRACE_CONT, PTRACE_KILL, PTRACE_SINGLESTEP = 7, 8, 9


def count(command: list[str], environment: dict[str, str]) -> list[int]:
    """Run a command that stops itself (SIGSTOP) before and after each piece; the instructions of each piece.

    The child must ask to be traced. Raises OSError where the system does not allow tracing.
    """
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    ptrace.restype = ctypes.c_long
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    pieces, steps, inside = [], 0, False
    try:
        while True:
            _, status = os.waitpid(child.pid, 0)
            if os.WIFEXITED(status) or os.WIFSIGNALED(status):
                child.returncode = status
                if status:
                    raise OSError(f"the traced process ended with status {status}")
                return pieces
            received = os.WSTOPSIG(status)
            if received == signal.SIGSTOP:
                if inside:
                    pieces.append(steps)
                steps, inside, pass_on = 0, not inside, 0
            elif received == signal.SIGTRAP:
                steps, pass_on = steps + 1, 0
            else:
                pass_on = received
            request = PTRACE_SINGLESTEP if inside else PTRACE_CONT
            if ptrace(request, child.pid, None, pass_on) != 0:
                raise OSError(ctypes.get_errno(), "ptrace")
    finally:
        if child.returncode is None:
            child.kill()
            child.wait()
