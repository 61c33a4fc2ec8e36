"""A small run of the fuzzer with a fresh seed, and proof that it sees planted faults."""

import os
import random

import pytest

from fuzz import blocks, nests, objects, plant, runner
from fuzz.execute import run
from fuzz.generate import generate
from fuzz.program import Line
from support import IS_PEER

COUNT = int(os.environ.get("LOOPLIFT_FUZZ_COUNT", "10" if IS_PEER else "300"))


def test_fresh_programs():
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    report = runner.fuzz(seed, COUNT)
    print(report.summary())
    assert not report.failures, "\n".join(runner.explain(failing) for _, failing, _ in report.failures[:3])
    assert report.compiled_share >= 0.9, f"seed {seed}: {report.reasons.most_common(5)}"
    assert report.kinds["undefined"] + report.kinds["invalid"] < COUNT * 0.05


@pytest.mark.skipif(IS_PEER, reason="object mode gives the interpreter's answer here")
def test_programs_for_object_mode():
    assert objects.main(int(os.environ.get("LOOPLIFT_FUZZ_COUNT", "200")), 77) == 0


@pytest.mark.skipif(IS_PEER, reason="blocks have less in them there")
def test_programs_with_objmode_blocks():
    assert blocks.main(int(os.environ.get("LOOPLIFT_FUZZ_COUNT", "100")), 77) == 0


@pytest.mark.skipif(IS_PEER, reason="these programs are compiled by looplift alone")
def test_programs_of_nested_loops():
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    assert nests.main(int(os.environ.get("LOOPLIFT_FUZZ_COUNT", "150")), seed) == 0


@pytest.mark.parametrize("fault", plant.FAULTS[:2] if IS_PEER else plant.FAULTS)
def test_planted_faults_are_found(fault):
    report = runner.fuzz("planted", 400, plant=fault, stop_after=1)
    assert [verdict.kind for _, _, verdict in report.failures] and report.failures[0][2].kind == "mismatch"


def test_a_failure_is_minimised():
    report = runner.fuzz("planted", 400, plant="sub-reversed", stop_after=1)
    text = runner.explain(report.failures[0][1], plant="sub-reversed")
    assert "mismatch" in text
    assert " - " in text
    assert len(text.splitlines()) < 40


def test_a_seed_gives_one_program():
    assert generate("a:1").source() == generate("a:1").source()
    assert generate("a:1").source() != generate("a:2").source()


def test_a_crash_is_that_programs():
    """A process that dies is blamed on the program it ran, and the rest still runs."""
    before = runner.judge

    def deadly(program, fault=None):
        if program.seed == "c:1":
            os.kill(os.getpid(), 9)
        return before(program, fault) if not IS_PEER else runner.Verdict("ok")

    runner.judge = deadly
    try:
        report = runner.fuzz("c", 4)
    finally:
        runner.judge = before
    assert [(seed, verdict.kind) for _, seed, verdict in report.failures] == [("c:1", "crash")]
    assert sum(report.kinds.values()) == 4


def test_generator_reaches_every_operator_and_type():
    covered = set()
    for number in range(4000):
        covered |= generate(f"coverage:{number}").coverage
    assert not (runner.EVERY_PAIR | runner.EVERY_UNARY) - covered


def test_oracle_only_lines_do_not_reach_the_compiler():
    for number in range(40):
        program = generate(f"joins:{number}")
        for body in program.bodies():
            assert all(not (isinstance(s, Line) and s.text == "" and s.oracle is None) for s in body)
    assert run(generate("joins:0")).kind in ("ok", "undefined")
