"""Driving the two engines: worker processes kept alive, and processes for one measurement each."""

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Failed(Exception):
    """The engine could not do what was asked; the text says why."""


def pinned_cpu() -> int | None:
    """The CPU all measured processes run on, so that both engines meet the same one."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def _pin():
    if (cpu := pinned_cpu()) is not None:
        os.sched_setaffinity(0, {cpu})


@dataclass
class Engine:
    """A compiler in an interpreter: `python -c "import module"` works, and the module has `njit`."""

    python: str
    module: str
    timeout: float = 300.0
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen | None = None

    def ask(self, **request):
        """Send a request to the worker, which is started when needed; its answer, or Failed."""
        if self.process is None:
            self.process = subprocess.Popen(
                [self.python, str(HERE / "worker.py"), self.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | self.environment,
                preexec_fn=_pin,
            )
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            if not select.select([self.process.stdout], [], [], self.timeout)[0]:
                self.stop(kill=True)
                raise Failed(f"no answer in {self.timeout:.0f} s")
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            status = self.process.wait()
            self.process = None
            raise Failed(f"the process ended with status {status}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["ok"]

    def stop(self, kill=False):
        if self.process is not None:
            if kill:
                self.process.kill()
            self.process.stdin.close()
            self.process.wait()
            self.process = None

    def command(self, what: str, *arguments) -> list[str]:
        return [self.python, str(HERE / "fresh.py"), what, self.module, *map(str, arguments)]

    def fresh(self, what: str, *arguments, timeout: float | None = None) -> dict:
        """Run one measurement of fresh.py in a process of its own."""
        try:
            run = subprocess.run(
                self.command(what, *arguments),
                capture_output=True,
                text=True,
                timeout=timeout or self.timeout,
                env=os.environ | self.environment,
                preexec_fn=_pin,
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"no answer in {timeout or self.timeout:.0f} s") from None
        if run.returncode:
            last = (run.stderr.strip() or "no message").splitlines()[-1]
            raise Failed(f"status {run.returncode}: {last}")
        return json.loads(run.stdout.splitlines()[-1])


def note(text: str) -> None:
    """Progress, on the terminal only."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
