"""What a run shows: tables in the terminal, JSON, and a plot."""

import json
from dataclasses import asdict
from pathlib import Path

from figures import Figure
from measure import Result, geometric_mean
from rich.console import Console
from rich.markup import escape
from rich.table import Table


def time_text(seconds: float) -> str:
    for scale, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "us")):
        if seconds * scale >= 1.0:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def ratio_text(ratio: float, good: float = 1.0, bad: float = 1.25) -> str:
    colour = "green" if ratio <= good else "yellow" if ratio <= bad else "red"
    return f"[{colour}]{ratio:.3f}[/{colour}]" if ratio < 0.1 else f"[{colour}]{ratio:.2f}[/{colour}]"


def results_table(title: str, results: list[Result]) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left")
    table.add_column("name", style="bold", no_wrap=True)
    for heading in ("warm", "Numba", "ratio", "range", "compile", "Numba", "ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for r in results:
        remark = "packed SIMD in LLVM's code" if r.vectorised else ""
        if r.error:
            table.add_row(r.name, *[""] * 7, f"[red]{escape(r.error.splitlines()[0][:60])}[/red]")
            continue
        table.add_row(
            r.name,
            time_text(r.warm.ours),
            time_text(r.warm.peer),
            ratio_text(r.warm.ratio),
            f"{r.warm.low:.2f}-{r.warm.high:.2f}",
            time_text(r.compile.ours),
            time_text(r.compile.peer),
            ratio_text(r.compile.ratio, 0.05, 0.15),
            remark,
        )
    done = [r for r in results if not r.error]
    if done:
        table.caption = (
            f"geometric means: warm {geometric_mean(r.warm.ratio for r in done):.3f}, "
            f"compile {geometric_mean(r.compile.ratio for r in done):.3f}"
        )
    return table


def calls_table(results: list[Result]) -> Table:
    table = Table(title="Calls from Python", title_justify="left")
    table.add_column("call", style="bold", no_wrap=True)
    for heading in ("ours", "plain def", "ratio", "Numba", "ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    for r in results:
        if r.error:
            table.add_row(r.name, *[""] * 4, f"[red]{escape(r.error.splitlines()[0][:60])}[/red]")
            continue
        table.add_row(
            r.name,
            time_text(r.warm.ours),
            time_text(r.plain.peer),
            ratio_text(r.plain.ratio, 1.2, 1.5),
            time_text(r.warm.peer),
            ratio_text(r.warm.ratio, 0.35, 0.5),
        )
    return table


def figures_table(figures: list[Figure]) -> Table:
    table = Table(title="What is promised", title_justify="left")
    table.add_column("figure", style="bold")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("bar", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("detail")
    verdicts = {True: "[green]pass[/green]", False: "[red]FAIL[/red]", None: "[yellow]open[/yellow]"}
    for f in figures:
        value = "-" if f.value is None else f"{f.value:.3g} {f.unit}".strip()
        if f.value is not None and f.value == int(f.value):
            value = f"{int(f.value):,} {f.unit}".strip()
        sign = "≥" if f.at_least else "≤"
        table.add_row(f.name, value, f"{sign} {f.bar:,g} {f.unit}".strip(), verdicts[f.passed], escape(f.detail))
    return table


def show(console: Console, results: list[Result], figures: list[Figure], versions: dict) -> None:
    ours, peer = versions["ours"], versions["peer"]
    console.print(
        f"{ours['module']} {ours['version']} against {peer['module']} {peer['version']}, CPython {ours['python']}, "
        f"NumPy {ours['numpy']} and {peer['numpy']}, {versions['cpu']}; ratios below 1 are ours",
        highlight=False,
    )
    for kind, title in (("program", "Demo programs"), ("micro", "Micro-benchmarks")):
        if rows := [r for r in results if r.kind == kind]:
            console.print(results_table(title, rows))
    if calls := [r for r in results if r.kind == "call"]:
        console.print(calls_table(calls))
    console.print(figures_table(figures))


def write_json(path: Path, results: list[Result], figures: list[Figure], versions: dict, plan) -> None:
    report = {
        "versions": versions,
        "plan": asdict(plan),
        "figures": [asdict(f) | {"passed": f.passed} for f in figures],
        "results": [asdict(r) for r in results],
    }
    path.write_text(json.dumps(report, indent=1) + "\n")


def plot(path: Path, results: list[Result], versions: dict) -> None:
    """Warm and compile ratios of every row, sorted."""
    from matplotlib.figure import Figure as Canvas

    rows = [r for r in results if not r.error and r.kind != "call"]
    if not rows:
        return
    canvas = Canvas(figsize=(13, 0.22 * len(rows) + 1.6), layout="constrained")
    axes = canvas.subplots(1, 2)
    for axis, column, title in ((axes[0], "warm", "warm time"), (axes[1], "compile", "compile time")):
        ordered = sorted(rows, key=lambda r: getattr(r, column).ratio)
        colours = ["#b0b0b0" if r.vectorised else "#2a6f97" if r.kind == "program" else "#89c2d9" for r in ordered]
        bars = axis.barh([r.name for r in ordered], [getattr(r, column).ratio for r in ordered], color=colours)
        axis.bar_label(bars, [f" {getattr(r, column).ratio:.3g}" for r in ordered], fontsize=7)
        axis.set_xscale("log")
        axis.axvline(1.0, color="black", linewidth=0.8)
        axis.tick_params(axis="y", labelsize=7)
        axis.margins(y=0.005)
        axis.set_title(f"{title}, ratio to {versions['peer']['module']} {versions['peer']['version']}")
    canvas.supxlabel("dark: demo programs; light: micro-benchmarks; grey: programs that LLVM vectorises", fontsize=8)
    canvas.savefig(path, dpi=110)
