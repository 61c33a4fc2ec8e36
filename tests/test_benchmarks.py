"""The arithmetic of the benchmarks: medians of ratios, bars, what fails and what stays open. Nothing is timed here."""

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "examples")]

import figures  # noqa: E402
import measure  # noqa: E402
import readme_table  # noqa: E402


def pair(ratio):
    return measure.pair([(ratio, 1.0)])


def row(name, warm, compiled, vectorised=False, kind="program"):
    return measure.Result(name, kind, vectorised, pair(warm), pair(compiled), pair(1.0))


def by_name(found):
    return {figure.name: figure for figure in found}


def test_a_pair_is_the_median_of_ratios_not_the_ratio_of_medians():
    found = measure.pair([(1.0, 1.0), (10.0, 2.0), (3.0, 4.0)])
    assert (found.ratio, found.low, found.high) == (1.0, 0.75, 5.0)
    assert (found.ours, found.peer) == (3.0, 2.0)


def test_rounds_alternate():
    order = []

    def measured(name, value):
        def call():
            order.append(name)
            return value

        return call

    found = measure.alternate(4, measured("ours", 2.0), measured("peer", 4.0))
    assert order == ["ours", "peer", "peer", "ours", "ours", "peer", "peer", "ours"]
    assert found.ratio == 0.5


def test_geometric_mean():
    assert measure.geometric_mean([0.5, 2.0]) == pytest.approx(1.0)
    assert math.isnan(measure.geometric_mean([]))


def test_ratio_figures_leave_vectorised_programs_out_of_the_warm_bar():
    rows = [row("a", 0.5, 0.01), row("b", 1.2, 0.04), row("c", 9.0, 0.02, vectorised=True)]
    found = by_name(figures.ratio_figures(rows))
    warm = found["warm, programs LLVM does not vectorise, the worst"]
    assert (warm.value, warm.detail, warm.passed) == (1.2, "b", True)
    mean = found["compile time of a program, geometric mean"]
    assert mean.value == pytest.approx((0.01 * 0.04 * 0.02) ** (1 / 3)) and mean.passed


def test_a_bar_that_is_missed_and_one_that_stays_open():
    found = by_name(figures.ratio_figures([row("slow", 1.3, 0.2)]))
    assert found["warm, programs LLVM does not vectorise, the worst"].passed is False
    assert found["compile time of a program, the worst"].passed is False
    assert found["call of add(int, int) against a plain def"].passed is None
    failed = measure.Result("broken", "program", False, error="no")
    assert "1 failed" in by_name(figures.ratio_figures([failed]))["compile time of a program, the worst"].detail


def test_fuzz_figures_want_at_least():
    report = {"programs": 6_000, "compiled_share": 0.95, "failures": [], "pairs_not_hit": [], "seed": 1}
    report |= {"faults": 3, "faults_missed": []}
    assert all(figure.passed for figure in figures.fuzz_figures(report))
    assert not all(figure.passed for figure in figures.fuzz_figures(report | {"failures": ["crash 1:2"]}))
    assert not all(figure.passed for figure in figures.fuzz_figures(report | {"programs": 100}))


def test_the_readme_table_shows_every_figure():
    rows = [row("a", 0.5, 0.01)]
    found = figures.ratio_figures(rows)
    engine = {"version": "1", "python": "3.11", "numpy": "2"}
    report = {
        "versions": {"ours": engine, "peer": engine, "cpu": "a CPU"},
        "figures": [asdict(figure) | {"passed": figure.passed} for figure in found],
        "results": [asdict(result) for result in rows],
    }
    text = readme_table.table(json.loads(json.dumps(report)))
    for figure in found:
        assert (figure.name in text) == (figure.value is not None)
    assert "| a | " in text
