"""Runs many programs in forked processes, so that a crash is the crash of a known program; gathers verdicts and coverage."""

import collections
import contextlib
import os
import pickle
import select
import signal
import struct
import time
import traceback

from .execute import Verdict, run
from .generate import EVERY_PAIR, EVERY_UNARY, generate
from .minimise import minimise
from .plant import planted

BATCH = 50
TIMEOUT = 20.0
BAD = ("mismatch", "crash", "timeout", "internal")


class Report:
    """Totals of a run."""

    def __init__(self):
        self.kinds = collections.Counter()
        self.reasons = collections.Counter()
        self.coverage = collections.Counter()
        self.failures = []  # (program number, seed, Verdict)

    def add(self, number, seed, verdict, coverage):
        self.kinds[verdict.kind] += 1
        if verdict.kind == "refused":
            self.reasons[headline(verdict.detail)] += 1
        if verdict.kind == "ok":
            self.coverage.update(coverage)
        if verdict.kind in BAD:
            self.failures.append((number, seed, verdict))

    @property
    def compiled_share(self):
        tried = sum(self.kinds.values()) - self.kinds["undefined"] - self.kinds["invalid"]
        return 1 - self.kinds["refused"] / tried if tried else 0.0

    def missing(self):
        """Operator × dtype pairs that no agreeing program contained."""
        return sorted(map(str, (EVERY_PAIR | EVERY_UNARY) - set(self.coverage)))

    def table(self):
        """Operators by how many of their type pairs were hit."""
        rows = []
        for op in sorted({key[0] for key in EVERY_PAIR}):
            wanted = [key for key in EVERY_PAIR if key[0] == op]
            hit = sum(1 for key in wanted if self.coverage[key])
            uses = sum(self.coverage[key] for key in wanted)
            rows.append(f"  {op:4} {hit:4}/{len(wanted):<4} pairs {uses:7} uses")
        for op in sorted({key[0] for key in EVERY_UNARY}):
            wanted = [key for key in EVERY_UNARY if key[0] == op]
            rows.append(f"  {op.strip():4} {sum(1 for key in wanted if self.coverage[key]):4}/{len(wanted):<4} types")
        return "\n".join(rows)

    def summary(self):
        kinds = ", ".join(f"{kind} {count}" for kind, count in self.kinds.most_common())
        return f"{sum(self.kinds.values())} programs: {kinds}; {self.compiled_share:.1%} of them compile"


def headline(text):
    """The line of a compile error that tells causes apart."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("Failed in", "File"))]
    return lines[0][:110] if lines else ""


def judge(program, plant=None):
    """The verdict, errors of the kit included."""
    try:
        with planted(plant) if plant else contextlib.nullcontext():
            return run(program)
    except Exception:
        return Verdict("internal", traceback.format_exc())


def send(fd, message):
    data = pickle.dumps(message)
    os.write(fd, struct.pack("<I", len(data)) + data)


def receive(fd, deadline):
    """The next message; None at the end of the stream; raises TimeoutError."""
    header = read_exactly(fd, 4, deadline)
    return None if header is None else pickle.loads(read_exactly(fd, struct.unpack("<I", header)[0], deadline))


def read_exactly(fd, size, deadline):
    data = b""
    while len(data) < size:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            raise TimeoutError
        chunk = os.read(fd, size - len(data))
        if not chunk:
            return None
        data += chunk
    return data


def in_child(work):
    """Fork; the child calls `work(fd)` and leaves. Returns (pid, fd to read)."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reader)
            work(writer)
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    return pid, reader


def batch(seeds, plant):
    """(position, Verdict, coverage) for each seed, whatever happens to the process that runs it."""
    position = 0
    while position < len(seeds):
        start = position

        def work(fd):
            for seed in seeds[start:]:
                program = generate(seed)
                verdict = judge(program, plant)
                send(fd, (verdict.kind, verdict.detail, program.coverage))

        pid, fd = in_child(work)
        try:
            while position < len(seeds):
                message = receive(fd, time.monotonic() + TIMEOUT)
                if message is None:
                    break
                yield position, Verdict(*message[:2]), message[2]
                position += 1
            ended = Verdict("crash")
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            ended = Verdict("timeout", f"no verdict in {TIMEOUT:.0f} s")
        finally:
            os.close(fd)
        _, status = os.waitpid(pid, 0)
        if position < len(seeds):
            if ended.kind == "crash":
                ended.detail = f"the process ended with status {os.waitstatus_to_exitcode(status)}"
            yield position, ended, set()
            position += 1


def seeds_of(seed, count):
    return [f"{seed}:{number}" for number in range(count)]


def fuzz(seed, count, plant=None, stop_after=None, progress=None):
    """Run `count` programs; stop early after `stop_after` failures."""
    report, seeds = Report(), seeds_of(seed, count)
    for first in range(0, count, BATCH):
        part = seeds[first : first + BATCH]
        for position, verdict, coverage in batch(part, plant):
            report.add(first + position, part[position], verdict, coverage)
        if progress:
            progress(first + len(part), report)
        if stop_after and len(report.failures) >= stop_after:
            break
    return report


def verdict_in_child(program, plant=None):
    """The verdict on one program from a process of its own."""

    def work(fd):
        verdict = judge(program, plant)
        send(fd, (verdict.kind, verdict.detail))

    pid, fd = in_child(work)
    try:
        message = receive(fd, time.monotonic() + TIMEOUT)
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        message = ("timeout", "")
    finally:
        os.close(fd)
    _, status = os.waitpid(pid, 0)
    return Verdict(*message) if message else Verdict("crash", f"status {os.waitstatus_to_exitcode(status)}")


def explain(seed, plant=None):
    """A failing program minimised, with its arguments and verdict, as text."""
    program = generate(seed)
    kind = verdict_in_child(program, plant).kind
    if kind in BAD:
        program = minimise(program, lambda smaller: verdict_in_child(smaller, plant).kind == kind)
    verdict = verdict_in_child(program, plant)
    args = "\n".join(f"#   {value!r}  {getattr(value, 'dtype', '')} {getattr(value, 'strides', '')}" for value in program.args)
    return f"# seed {seed}: {verdict.kind}\n# {verdict.detail}\n# arguments:\n{args}\n{program.source()}"
