"""Run every demo program in plain Python and compiled: check the results, time both, draw what they compute.

    python examples/demo.py                 all programs, compiled by looplift
    python examples/demo.py --only nbody    some of them
    python examples/demo.py --module numba  by another compiler with the same decorators

Plain Python is timed at a smaller size where the real one would take too long, and its time is then scaled by
the growth of the work; such figures carry a `~`. Times are CPU times of one thread.
Pictures, a plot and `demo.json` go to `examples/out/`.
"""

import argparse
import importlib
import json
import platform
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import programs  # noqa: E402
from programs._same import difference  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

clock = time.process_time


@dataclass
class Row:
    """What one program gave. Times in seconds; `error` is empty if everything went well."""

    name: str
    title: str
    python: float = 0.0
    python_scaled: bool = False
    compile: float = 0.0
    compiled: float = 0.0
    picture: str = ""
    error: str = ""

    @property
    def speed_up(self) -> float:
        return self.python / self.compiled if self.compiled else 0.0


def timed(function, arguments):
    """Call once; the CPU time it took and the result."""
    start = clock()
    result = function(*arguments)
    return clock() - start, result


def run(name: str, jit, out: Path, repeats: int) -> Row:
    """Check and time one program; an exception becomes the row's `error`."""
    row = Row(name, programs.load(name).title)
    (out / f"{name}.error.txt").unlink(missing_ok=True)
    try:
        plain = programs.load(name)
        compiled = programs.load(name, jit)
        tolerance = getattr(plain, "TOLERANCE", 0.0)

        small = plain.make(plain.SIZES["check"])
        first, result = timed(compiled.entry, small)
        row.compile = max(first - timed(compiled.entry, small)[0], 0.0)
        found = difference(result, plain.entry(*small), tolerance)
        assert found is None, f"differs from plain Python: {found}"
        plain.check(small, result)

        size, main = plain.SIZES["python"], plain.SIZES["main"]
        medium = plain.make(size)
        seconds, expected = timed(plain.entry, medium)
        row.python = seconds * plain.work(main) / plain.work(size)
        row.python_scaled = size != main
        found = difference(compiled.entry(*medium), expected, tolerance)
        assert found is None, f"differs from plain Python: {found}"

        large = plain.make(main)
        times = []
        for _ in range(repeats):
            seconds, result = timed(compiled.entry, large)
            times.append(seconds)
        row.compiled = min(times)
        plain.check(large, result)
        if hasattr(plain, "picture"):
            path = out / f"{name}.png"
            plain.picture(large, result, path)
            row.picture = path.name
    except Exception as error:  # a program that fails is a row of the table, and the others still run
        row.error = f"{type(error).__name__}: {error}".strip()
        (out / f"{name}.error.txt").write_text(traceback.format_exc())
    return row


def seconds_text(seconds: float) -> str:
    if seconds >= 100:
        return f"{seconds:.0f} s"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    if seconds >= 0.01:
        return f"{seconds * 1e3:.0f} ms"
    return f"{seconds * 1e3:.2f} ms"


def table_of(rows: list[Row], title: str, width: int) -> Table:
    """The results in `width` columns; the description gets what the figures leave."""
    room = max(width - 78, 10)
    table = Table(title=title, title_justify="left", caption_justify="left")
    table.caption = "~ timed at a smaller size and scaled by the work; every result is checked"
    table.add_column("program", style="bold", no_wrap=True)
    table.add_column("what it computes", no_wrap=True)
    for heading in ("Python", "compile", "compiled", "speed-up"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("checked", no_wrap=True)
    for row in rows:
        if row.error:
            reason = row.error.splitlines()[0][:room]
            table.add_row(
                row.name, f"[red]{reason.replace('[', chr(92) + '[')}[/red]", "", "", "", "", "[red]FAILED[/red]"
            )
            continue
        table.add_row(
            row.name,
            row.title if len(row.title) <= room else row.title[: room - 1] + "…",
            ("~" if row.python_scaled else "") + seconds_text(row.python),
            seconds_text(row.compile),
            seconds_text(row.compiled),
            f"{row.speed_up:,.0f}x",
            "[green]ok[/green]",
        )
    return table


def plot(rows: list[Row], module: str, path: Path) -> None:
    """Speed-up bars, with the compile time of each program beside them."""
    from matplotlib.figure import Figure

    rows = sorted((row for row in rows if not row.error), key=lambda row: row.speed_up)
    if not rows:
        return
    figure = Figure(figsize=(11, 0.32 * len(rows) + 1.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[3, 2])
    names = [row.name for row in rows]
    bars = left.barh(names, [row.speed_up for row in rows], color="#2a6f97")
    left.bar_label(bars, [f" {row.speed_up:,.0f}x" for row in rows], fontsize=8)
    left.set_xscale("log")
    left.set_xlim(right=max(row.speed_up for row in rows) * 2.5)
    left.set_xlabel("speed-up over plain Python (log)")
    bars = right.barh(names, [row.compile * 1e3 for row in rows], color="#e07a5f")
    right.bar_label(bars, [f" {row.compile * 1e3:.3g}" for row in rows], fontsize=8)
    right.margins(x=0.15)
    right.set_xlabel("compile time, milliseconds")
    figure.suptitle(f"{module} on CPython {platform.python_version()}")
    figure.savefig(path, dpi=120)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", default="looplift", help="the compiler: a module with `njit`")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="some programs, by name or part of it")
    parser.add_argument("--repeats", type=int, default=3, help="runs of the compiled program; the best counts")
    parser.add_argument("--out", type=Path, default=HERE / "out")
    options = parser.parse_args()

    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, 120)
    options.out.mkdir(parents=True, exist_ok=True)
    jit = importlib.import_module(options.module).njit
    # What the first compilation of a process sets up is not the first program's fault.
    jit(lambda x: x + 1)(1)
    names = programs.names()
    if options.only:
        names = [name for name in names if any(part in name for part in options.only)]
        if not names:
            parser.error("no such program")
    rows = []
    with console.status("") as status:
        for name in names:
            status.update(f"{name} ({len(rows) + 1} of {len(names)})")
            rows.append(run(name, jit, options.out, options.repeats))
    title = f"{options.module} on CPython {platform.python_version()}, {platform.machine()}"
    console.print(table_of(rows, title, console.width))
    failed = [row for row in rows if row.error]
    for row in failed:
        console.print(f"[red]{row.name}[/red]: {row.error}", markup=True, highlight=False, soft_wrap=True)
    plot(rows, options.module, options.out / "speedup.png")
    report = {"module": options.module, "python": platform.python_version(), "programs": [asdict(row) for row in rows]}
    (options.out / "demo.json").write_text(json.dumps(report, indent=1) + "\n")
    pictures = sum(bool(row.picture) for row in rows)
    console.print(f"{pictures} pictures, speedup.png and demo.json are in {options.out}")
    console.print(f"{len(rows) - len(failed)} passed, {len(failed)} failed", highlight=False)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
