"""Write the table of figures in README.md from a run of the benchmarks.

    python benchmarks/readme_table.py            rewrites README.md between its markers from results/bench.json
    python benchmarks/readme_table.py --record   keeps out/bench.json as results/bench.json first
    python benchmarks/readme_table.py --check    exits with 1 if README.md says something else
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARKERS = re.compile(r"(<!-- bench:begin[^\n]*-->\n).*?(<!-- bench:end -->)", re.DOTALL)


def number(value: float, unit: str) -> str:
    text = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
    return f"{text} {unit}".strip()


def time_text(seconds: float) -> str:
    return f"{seconds * 1e3:.0f} ms" if seconds >= 0.01 else f"{seconds * 1e3:.2f} ms"


def table(report: dict) -> str:
    ours, peer = report["versions"]["ours"], report["versions"]["peer"]
    lines = [
        "",
        f"looplift {ours['version']} against Numba {peer['version']}, CPython {ours['python']}, NumPy {ours['numpy']}, "
        f"{report['versions']['cpu']}. Ratios: below 1 is faster or smaller than Numba.",
        "",
        "| figure | value | bar |",
        "|---|---|---|",
    ]
    for figure in report["figures"]:
        if figure["value"] is None:
            continue
        sign = "≥" if figure["at_least"] else "≤"
        missed = "" if figure["passed"] else " (missed)"
        lines.append(
            f"| {figure['name']} | {number(figure['value'], figure['unit'])}{missed} "
            f"| {sign} {number(figure['bar'], figure['unit'])} |"
        )
    programs = [r for r in report["results"] if r["kind"] == "program" and not r["error"]]
    if programs:
        lines += [
            "",
            "| program | compile | Numba | run | Numba | run, ratio |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for r in programs:
            mark = " *" if r["vectorised"] else ""
            lines.append(
                f"| {r['name']}{mark} | {time_text(r['compile']['ours'])} | {time_text(r['compile']['peer'])} "
                f"| {time_text(r['warm']['ours'])} | {time_text(r['warm']['peer'])} | {r['warm']['ratio']:.2f} |"
            )
        if any(r["vectorised"] for r in programs):
            lines += ["", "\\* a program that LLVM turns into packed SIMD code."]
    return "\n".join(lines) + "\n\n"


def main() -> int:
    folder = ROOT / "benchmarks"
    kept = folder / "results" / "bench.json"
    if "--record" in sys.argv[1:]:
        kept.parent.mkdir(exist_ok=True)
        kept.write_text((folder / "out" / "bench.json").read_text())
    report = json.loads(kept.read_text())
    path = ROOT / "README.md"
    old = path.read_text()
    new = MARKERS.sub(lambda match: match[1] + table(report) + match[2], old)
    if "--check" in sys.argv[1:]:
        return int(new != old)
    path.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
