"""The figures that are promised, each with its bar: computed from what was measured, never measured here."""

from dataclasses import dataclass

from measure import geometric_mean


@dataclass
class Figure:
    """One promise. `value` is None where it could not be measured; `detail` says on what it rests, or why not."""

    name: str
    value: float | None
    bar: float
    unit: str = ""
    detail: str = ""
    at_least: bool = False

    @property
    def passed(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.bar if self.at_least else self.value <= self.bar


def ratio_figures(results) -> list[Figure]:
    """Compile, warm and dispatch, from the rows of programs and micro-benchmarks."""
    demo = [r for r in results if r.kind == "program"]
    failed = [r.name for r in demo if r.error]
    missing = f"; {len(failed)} failed" if failed else ""
    compiled = [r for r in demo if r.compile]
    serial = [r for r in demo if r.warm and not r.vectorised]
    # A program that fails is no program that passes: the "none above" figures stay open then.
    return [
        mean_figure("compile time of a program, geometric mean", compiled, "compile", 0.05, missing),
        worst_figure("compile time of a program, the worst", compiled, "compile", 0.15, missing),
        mean_figure("warm, programs LLVM does not vectorise, geometric mean", serial, "warm", 1.00, missing),
        worst_figure("warm, programs LLVM does not vectorise, the worst", serial, "warm", 1.25, missing),
        *call_figures(results),
    ]


def mean_figure(name, rows, column, bar, missing):
    if not rows:
        return Figure(name, None, bar, detail="nothing was measured" + missing)
    value = geometric_mean(getattr(r, column).ratio for r in rows)
    return Figure(name, value, bar, detail=f"{len(rows)} programs{missing}")


def worst_figure(name, rows, column, bar, missing):
    if not rows:
        return Figure(name, None, bar, detail="nothing was measured" + missing)
    worst = max(rows, key=lambda r: getattr(r, column).ratio)
    return Figure(name, getattr(worst, column).ratio, bar, detail=worst.name + missing)


def call_figures(results):
    by_name = {r.name: r for r in results if r.kind == "call"}
    for name, text in (("add", "add(int, int)"), ("first", "first(array)")):
        row = by_name.get(name)
        if row is None or row.error:
            reason = row.error if row else "not measured"
            yield Figure(f"call of {text} against a plain def", None, 1.2, detail=reason)
            yield Figure(f"call of {text} against Numba's dispatcher", None, 0.35, detail=reason)
            continue
        ours, plain, peer = row.plain.ours * 1e9, row.plain.peer * 1e9, row.warm.peer * 1e9
        yield Figure(
            f"call of {text} against a plain def", row.plain.ratio, 1.2, detail=f"{ours:.0f} of {plain:.0f} ns"
        )
        yield Figure(
            f"call of {text} against Numba's dispatcher", row.warm.ratio, 0.35, detail=f"{ours:.0f} of {peer:.0f} ns"
        )


def pair_figure(name, pair, bar, unit, scale=1.0):
    detail = f"{pair.ours * scale:.3g} of {pair.peer * scale:.3g} {unit}"
    return Figure(name, pair.ratio, bar, detail=detail)


def import_figure(pair):
    return pair_figure("import time above NumPy's", pair, 0.15, "ms", 1e3)


def cold_figure(pairs):
    rows = ", ".join(f"{name} {pair.ratio:.3f}" for name, pair in pairs.items())
    return Figure(
        "import plus first result, above NumPy's import",
        geometric_mean(p.ratio for p in pairs.values()),
        0.10,
        detail=rows,
    )


def memory_figure(pair):
    return pair_figure("memory added by import and one compile", pair, 0.15, "MB")


def wheel_figure(path):
    return Figure("wheel, compressed", path.stat().st_size / 1e6, 8.0, "MB", path.name)


def drop_figure(measured, peer):
    detail = f"{measured['cycles']:,} cycles, {measured['seconds_each'] * 1e3:.2f} ms each"
    if peer:
        detail += f"; Numba {peer['mb'] / peer['cycles'] * 1e3:.0f} kB a cycle"
    # A shorter run is held to the same growth a cycle.
    return Figure(
        "memory after 10,000 compile-and-drop cycles", measured["mb"], 5.0 * measured["cycles"] / 10_000, "MB", detail
    )


def interrupt_figure(delays, peer):
    detail = f"worst of {len(delays)}; Numba: {peer}"
    return Figure("Ctrl-C in a loop of 1e10 iterations", max(delays) * 1e3, 100.0, "ms", detail)


def polling_figure(counts):
    added = (counts["with"] / counts["without"] - 1.0) * 100.0
    detail = f"{counts['with']:.4f} instead of {counts['without']:.4f} instructions an iteration"
    if counts["with"] == counts["without"]:
        return Figure("instructions that polling adds", None, 1.0, "%", "no difference: LOOPLIFT_POLL=0 has no effect")
    return Figure("instructions that polling adds", added, 1.0, "%", detail)


def fuzz_figures(report, asked=5_000):
    """From what fuzz.py reports; a shorter run is held to what it was asked for, and says nothing of coverage."""
    failures, pairs, faults = report["failures"], report["pairs_not_hit"], report["faults_missed"]
    return [
        Figure("fuzz: generated programs, fresh seed", report["programs"], asked, "", f"seed {report['seed']}", True),
        Figure("fuzz: programs that compile", 100.0 * report["compiled_share"], 90.0, "%", at_least=True),
        Figure("fuzz: mismatches and crashes", len(failures), 0, detail=", ".join(failures[:3])),
        *(
            [Figure("fuzz: operator and dtype pairs not covered", len(pairs), 0, detail=", ".join(map(str, pairs[:3])))]
            if asked >= 5_000
            else []
        ),
        Figure(
            "fuzz: planted faults not found", len(faults), 0, detail=", ".join(faults) or f"all {report['faults']} found"
        ),
    ]
