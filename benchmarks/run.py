"""looplift against Numba: every promised figure in one run.

    python benchmarks/run.py --peer-python .venv-numba-3.11/bin/python
    python benchmarks/run.py --quick                 a part of everything, in about a minute
    python benchmarks/run.py --only mandelbrot add   some programs, micro-benchmarks or parts of a name
    python benchmarks/run.py --sections warm calls   some of: warm, calls, fresh, drop, interrupt, fuzz

Two worker processes, one an engine, answer in turns; each ratio is the median of the rounds' ratios, of CPU times.
Results are compared before anything is timed. What fails is a row with its reason, and the run goes on.
Writes bench.json and bench.png to `benchmarks/out/`. Exits with 1 if a figure misses its bar
or stays open, unless --no-fail.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import figures as fig
import measure
import micro
import report
from engines import Engine, Failed, note
from measure import QUICK, Plan, Session
from rich.console import Console

import programs  # found because measure put examples/ on the path

HERE = Path(__file__).resolve().parent
SECTIONS = ["warm", "calls", "fresh", "drop", "interrupt", "fuzz"]


# Enough of each kind for a first look; names given with --only are taken whatever this says.
QUICK_PROGRAMS = """collatz dither heat levenshtein mandelbrot matmul nbody nqueens quicksort sieve""".split()
QUICK_MICRO = """add first float_sum axpy gather modulo_7 fib small_calls""".split()


def chosen(names, options, quick):
    if options.only:
        return [name for name in names if any(part in name for part in options.only)]
    return [name for name in names if name in quick or not options.quick]


def attempt(figures, name, bar, unit, measured, at_least=False):
    """Append the figures that `measured()` gives, or an open one that says why there are none."""
    note(name)
    try:
        found = measured()
        figures.extend(found if isinstance(found, list) else [found])
    except Failed as failure:
        figures.append(fig.Figure(name, None, bar, unit, str(failure), at_least))


def run_results(session, options):
    results = []
    if "warm" in options.sections:
        for name in chosen(programs.names(), options, QUICK_PROGRAMS):
            note(f"program {name}")
            results.append(session.program(name))
    for name in chosen(micro.CASES, options, QUICK_MICRO):
        if ("calls" if micro.CASES[name].call_only else "warm") in options.sections:
            note(f"micro {name}")
            results.append(session.micro(name))
    return results


def run_figures(session, options, results):
    figures = fig.ratio_figures(results) if "warm" in options.sections else []
    if "calls" in options.sections and not figures:
        figures = list(fig.call_figures(results))
    ours, peer, plan = session.ours, session.peer, session.plan

    if "fresh" in options.sections:
        attempt(
            figures, "import time above NumPy's", 0.15, "", lambda: fig.import_figure(session.fresh("import", "cpu"))
        )
        attempt(
            figures, "import plus first result, above NumPy's import", 0.10, "", lambda: fig.cold_figure(session.cold())
        )
        attempt(
            figures, "memory added by import and one compile", 0.15, "", lambda: fig.memory_figure(session.memory())
        )
        attempt(figures, "wheel, compressed", 8.0, "MB", lambda: fig.wheel_figure(find_wheel(options.wheel)))
    if "drop" in options.sections:

        def drop():
            measured = ours.fresh("drop", plan.drop_cycles, timeout=1200)
            try:
                theirs = peer.fresh("drop", 50)
            except Failed:
                theirs = None
            return fig.drop_figure(measured, theirs)

        attempt(figures, "memory after 10,000 compile-and-drop cycles", 5.0, "MB", drop)
    if "interrupt" in options.sections:

        def stop():
            patience = 5.0
            try:
                delays = measure.interrupt(ours, 5, patience)
            except measure.StillRunning:
                delays = [patience]
            try:
                theirs = f"{measure.interrupt(peer, 1, 2.0)[0] * 1e3:.0f} ms"
            except Failed as failure:
                theirs = str(failure)
            return fig.interrupt_figure(delays, theirs)

        attempt(figures, "Ctrl-C in a loop of 1e10 iterations", 100.0, "ms", stop)
        attempt(figures, "instructions that polling adds", 1.0, "%", lambda: fig.polling_figure(measure.polling(ours)))
    if "fuzz" in options.sections:
        attempt(figures, "fuzz: generated programs, fresh seed", 5_000, "", lambda: fuzz(options), True)
    return figures


def find_wheel(folder):
    version = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    wheels = sorted(folder.glob(f"looplift-*-{version}-*.whl"), key=lambda p: p.stat().st_mtime) if folder else []
    if not wheels:
        raise Failed("no wheel for this Python: `make wheel` builds it, --wheel names its folder")
    return wheels[-1]


def fuzz(options):
    count = 300 if options.quick else 5_000
    command = [options.ours_python, str(HERE / "fuzz.py"), str(count)]
    environment = os.environ | {"LOOPLIFT_TEST_MODULE": options.ours_module}
    run = subprocess.run(command, capture_output=True, text=True, timeout=3600, env=environment)
    if run.returncode:
        last = (run.stderr.strip() or "no message").splitlines()[-1]
        raise Failed(f"the fuzzer ended with status {run.returncode}: {last}")
    return fig.fuzz_figures(json.loads(run.stdout.splitlines()[-1]), count)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours-python", default=sys.executable, help="interpreter that has looplift")
    parser.add_argument("--ours-module", default="looplift")
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has Numba")
    parser.add_argument("--peer-module", default="numba")
    parser.add_argument("--wheel", type=Path, help="folder with the wheel, for its size")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--no-fail", action="store_true", help="exit with 0 even if a figure misses its bar")
    parser.add_argument("--out", type=Path, default=HERE / "out")
    options = parser.parse_args()

    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, 150)
    options.out.mkdir(parents=True, exist_ok=True)
    plan = QUICK if options.quick else Plan()
    session = Session(
        Engine(options.ours_python, options.ours_module), Engine(options.peer_python, options.peer_module), plan
    )
    try:
        try:
            versions = measure.versions(session)
        except Failed as failure:
            console.print(f"[red]an engine does not start:[/red] {failure}")
            return 2
        results = run_results(session, options)
        figures = run_figures(session, options, results)
    finally:
        session.close()
    note("")
    report.show(console, results, figures, versions)
    report.write_json(options.out / "bench.json", results, figures, versions, plan)
    report.plot(options.out / "bench.png", results, versions)
    console.print(f"bench.json and bench.png are in {options.out}")
    missed = [f.name for f in figures if not f.passed] + [r.name for r in results if r.error]
    return 1 if missed and not options.no_fail else 0


if __name__ == "__main__":
    sys.exit(main())
