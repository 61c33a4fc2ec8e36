"""Command line of the fuzzer: `python tests/fuzz --count 5000 --seed random`."""

import argparse
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from fuzz import plant, runner  # noqa: E402
from fuzz.generate import generate  # noqa: E402


def main():
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="programs to run")
    parser.add_argument("--seed", default="random", help="a text or number; 'random' draws and prints one")
    parser.add_argument("--plant", choices=[*plant.FAULTS, "all"], help="plant a fault in the oracle, which must be found")
    parser.add_argument("--show", metavar="SEED", help="print one program, minimised if it fails")
    parser.add_argument("--print", action="store_true", help="with --show: only print, do not run")
    parser.add_argument("--failures", type=int, default=5, help="minimise this many failures")
    options = parser.parse_args()
    if options.show:
        print(generate(options.show).source() if options.print else runner.explain(options.show))
        return 0
    seed = random.randrange(10**9) if options.seed == "random" else options.seed
    print(f"seed {seed}", flush=True)
    if options.plant:
        return self_test(seed, options)
    began = time.monotonic()
    report = runner.fuzz(seed, options.count, progress=lambda done, r: print(f"\r{done} {dict(r.kinds)}", end="", file=sys.stderr, flush=True))
    print(file=sys.stderr)
    print(report.summary(), f"in {time.monotonic() - began:.0f} s")
    print("operator coverage (programs that agreed):")
    print(report.table())
    missing = report.missing()
    print(f"{len(missing)} operator and type pairs not hit: {', '.join(missing[:10])}" if missing else "every pair hit")
    for reason, times in report.reasons.most_common(12):
        print(f"refused {times}: {reason}")
    for _, failing, verdict in report.failures[: options.failures]:
        print("\n" + runner.explain(failing))
    for _, failing, verdict in report.failures[options.failures :]:
        print(f"also {verdict.kind}: {failing}: {verdict.detail[:150]}")
    return 1 if report.failures or report.compiled_share < 0.9 else 0


def self_test(seed, options):
    """Each planted fault must be found within the count."""
    missed = 0
    for fault in plant.FAULTS if options.plant == "all" else [options.plant]:
        report = runner.fuzz(seed, options.count, plant=fault, stop_after=1)
        found = [failure for failure in report.failures if failure[2].kind == "mismatch"]
        missed += not found
        print(f"{fault}: " + (f"found by program {found[0][0]}" if found else f"NOT found in {sum(report.kinds.values())} programs"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
