"""Run the fuzzer of the tests and print what it found as one JSON object.

    LOOPLIFT_TEST_MODULE=looplift python benchmarks/fuzz.py COUNT

COUNT generated programs with a fresh seed, compiled against interpreted; then, with each planted fault, as many
programs as it takes to find it, at most COUNT.
"""

import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from fuzz import plant, runner  # noqa: E402


def main() -> None:
    count, seed = int(sys.argv[1]), random.randrange(10**9)
    report = runner.fuzz(seed, count)
    missed = []
    for fault in plant.FAULTS:
        found = runner.fuzz(seed, count, plant=fault, stop_after=1)
        if not any(verdict.kind == "mismatch" for _, _, verdict in found.failures):
            missed.append(fault)
    answer = {
        "seed": seed,
        "programs": sum(report.kinds.values()),
        "compiled_share": report.compiled_share,
        "failures": [f"{verdict.kind} {name}" for _, name, verdict in report.failures],
        "pairs_not_hit": report.missing(),
        "faults": len(list(plant.FAULTS)),
        "faults_missed": missed,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
