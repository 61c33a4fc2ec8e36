"""The measurements: alternating rounds of two engines, medians of per-round ratios, results compared first."""

import json
import math
import os
import pickle
import random
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import engines
import micro
import steps
from engines import Engine, Failed, note

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))

import programs  # noqa: E402
from programs._same import difference  # noqa: E402

COLD_PROGRAMS = ["mandelbrot", "levenshtein", "nbody", "kmeans", "sieve"]


@dataclass
class Plan:
    """How much to measure."""

    warm_rounds: int = 7
    compile_rounds: int = 5
    fresh_rounds: int = 7
    cold_programs: int = len(COLD_PROGRAMS)
    drop_cycles: int = 10_000
    seconds_a_turn: float = 0.04
    calls: int = 200_000


QUICK = Plan(3, 1, 3, 2, 1_000, 0.02, 100_000)


@dataclass
class Pair:
    """One quantity measured on both engines: medians, and the median and range of the per-round ratios."""

    ours: float
    peer: float
    ratio: float
    low: float
    high: float


@dataclass
class Result:
    """One program or micro-benchmark."""

    name: str
    kind: str
    vectorised: bool | None = None
    warm: Pair | None = None
    compile: Pair | None = None
    plain: Pair | None = None
    error: str = ""


def alternate(rounds: int, ours, peer) -> Pair:
    """Measure both in turns, which of them first changing from round to round."""
    values = []
    for number in range(rounds):
        if number % 2:
            second = peer()
            values.append((ours(), second))
        else:
            values.append((ours(), peer()))
    return pair(values)


def pair(values: list[tuple[float, float]]) -> Pair:
    ratios = [a / b if b > 0 else math.inf for a, b in values]
    return Pair(
        statistics.median(a for a, _ in values),
        statistics.median(b for _, b in values),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
    )


def geometric_mean(values) -> float:
    logs = [math.log(max(value, 1e-12)) for value in values]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


@dataclass
class Session:
    """Two engines, a folder for arguments and results, and how much to measure."""

    ours: Engine
    peer: Engine
    plan: Plan
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="looplift-bench-")))

    def write(self, name: str, value) -> str:
        path = self.folder / f"{name.replace(':', '-')}.pickle"
        path.write_bytes(pickle.dumps(value))
        return str(path)

    def compare(self, name: str, program, small, large) -> None:
        """Compile on both engines and refuse to time what is not the same."""
        results = []
        for label, engine in (("ours", self.ours), ("peer", self.peer)):
            path = self.folder / f"{label}.result"
            try:
                engine.ask(
                    do="prepare",
                    name=name,
                    small=self.write(f"{name}-small", small),
                    large=self.write(f"{name}-large", large),
                    result=str(path),
                )
            except Failed as failure:
                raise Failed(f"{engine.module}: {failure}") from None
            results.append(pickle.loads(path.read_bytes()))
        if hasattr(program, "check"):
            for engine, result in zip((self.ours, self.peer), results, strict=True):
                try:
                    program.check(large, result)
                except AssertionError as error:
                    raise Failed(f"{engine.module}: wrong result: {error}") from None
        found = difference(*results, max(getattr(program, "TOLERANCE", 0.0), 1e-12))
        if found:
            raise Failed(f"the engines differ: {found}")

    def program(self, name: str) -> Result:
        """Warm and compile times of a demo program."""
        program = programs.load(name)
        result = Result(name, "program", program.VECTORISED_BY_LLVM)
        try:
            small, large = program.make(program.SIZES["check"]), program.make(program.SIZES["main"])
            self.compare(name, program, small, large)
            self._warm(result, name)
            self._compile(result, name)
        except Failed as failure:
            result.error = str(failure)
        return result

    def micro(self, name: str) -> Result:
        """Warm and compile times of a micro-benchmark; for a call, also against a plain `def`."""
        case = micro.CASES[name]
        result = Result(name, "call" if case.call_only else "micro")
        full = f"micro:{name}"
        arguments = case.arguments()
        try:
            self.compare(full, case, arguments, arguments)
            if case.call_only:
                calls = self.plan.calls
                rounds = self.plan.warm_rounds
                ask = {"do": "dispatch", "name": full, "calls": calls}
                result.warm = alternate(rounds, lambda: self.ours.ask(**ask), lambda: self.peer.ask(**ask))
                result.plain = alternate(rounds, lambda: self.ours.ask(**ask), lambda: self.ours.ask(plain=True, **ask))
            else:
                self._warm(result, full)
            self._compile(result, full)
        except Failed as failure:
            result.error = str(failure)
        return result

    def _warm(self, result, name):
        once = max(engine.ask(do="warm", name=name, calls=1) for engine in (self.ours, self.peer))
        ask = {"do": "warm", "name": name, "calls": max(1, round(self.plan.seconds_a_turn / max(once, 1e-7)))}
        result.warm = alternate(self.plan.warm_rounds, lambda: self.ours.ask(**ask), lambda: self.peer.ask(**ask))

    def _compile(self, result, name):
        ask = {"do": "compile", "name": name}
        result.compile = alternate(self.plan.compile_rounds, lambda: self.ours.ask(**ask), lambda: self.peer.ask(**ask))

    def fresh(self, what: str, key: str, *arguments, rounds: int | None = None) -> Pair:
        """A quantity of a fresh process of each engine, in turns."""
        return alternate(
            rounds or self.plan.fresh_rounds,
            lambda: self.ours.fresh(what, *arguments)[key],
            lambda: self.peer.fresh(what, *arguments)[key],
        )

    def cold(self) -> dict[str, Pair]:
        """Import plus first result of some programs."""
        pairs = {}
        for name in COLD_PROGRAMS[: self.plan.cold_programs]:
            note(f"cold {name}")
            program = programs.load(name)
            path = self.write(f"{name}-small", program.make(program.SIZES["check"]))
            pairs[name] = self.fresh("cold", "cpu", name, path, rounds=min(self.plan.fresh_rounds, 5))
        return pairs

    def memory(self) -> Pair:
        program = programs.load("mandelbrot")
        path = self.write("mandelbrot-small", program.make(program.SIZES["check"]))
        return self.fresh("memory", "mb", "mandelbrot", path, rounds=3)

    def close(self):
        self.ours.stop()
        self.peer.stop()
        for path in self.folder.iterdir():
            path.unlink()
        self.folder.rmdir()


class StillRunning(Failed):
    """SIGINT did not stop the loop."""


def interrupt(engine: Engine, tries: int, patience: float) -> list[float]:
    """Seconds from SIGINT to KeyboardInterrupt in a loop of 1e10 iterations; Failed if it does not stop."""
    # Ctrl-C reaches a program in the foreground: make sure SIGINT is not ignored there, as it is in a background job.
    child = subprocess.Popen(
        engine.command("spin"),
        stdout=subprocess.PIPE,
        bufsize=0,  # what is read ahead is hidden from select
        env=os.environ | engine.environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )

    def line(timeout):
        if not select.select([child.stdout], [], [], timeout)[0]:
            raise StillRunning(f"still running {timeout:.0f} s after SIGINT")
        text = child.stdout.readline()
        if not text:
            raise Failed(f"the process ended with status {child.wait()}")
        return json.loads(text)

    delays = []
    try:
        for _ in range(tries):
            if "ready" not in line(engine.timeout):
                raise Failed("the loop of 1e10 iterations was finished before the signal")
            time.sleep(0.2 + random.random() / 5)
            sent = time.monotonic()
            child.send_signal(signal.SIGINT)
            answer = line(patience)
            if "stopped" not in answer:
                raise Failed("the loop of 1e10 iterations was finished before the signal")
            delays.append(answer["stopped"] - sent)
        return delays
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def polling(engine: Engine) -> dict[str, float]:
    """Instructions an iteration of a tight loop takes, with polling and without (`LOOPLIFT_POLL=0`)."""
    few, many = 2_000, 42_000
    found = {}
    for label, extra in (("with", {}), ("without", {"LOOPLIFT_POLL": "0"})):
        try:
            counts = steps.count(engine.command("steps", few, many), os.environ | engine.environment | extra)
        except OSError as error:
            raise Failed(f"cannot count instructions: {error}") from None
        if len(counts) != 2:
            raise Failed("cannot count instructions: the traced process did not stop where it should")
        found[label] = (counts[1] - counts[0]) / (many - few)
    return found


def versions(session: Session) -> dict:
    return {
        "ours": session.ours.ask(do="versions"),
        "peer": session.peer.ask(do="versions"),
        "cpu": cpu_name(),
        "pinned": engines.pinned_cpu() is not None,
    }


def cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return "unknown"
