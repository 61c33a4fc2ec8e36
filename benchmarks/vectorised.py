"""Which demo programs does LLVM vectorise? Measured, not guessed: Numba with its vectorisers on and off.

    python benchmarks/vectorised.py [NAME ...]        in an environment that has Numba

A program counts as vectorised if switching off the loop and SLP vectorisers makes it more than 10 % slower. The
programs' `VECTORISED_BY_LLVM` must agree; those that do not are marked, and the exit status is 1.
"""

import pickle
import statistics
import sys
import tempfile
from pathlib import Path

from engines import Engine

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))

import programs  # noqa: E402

BAR = 1.10


def main() -> int:
    switches = {"NUMBA_LOOP_VECTORIZE": "0", "NUMBA_SLP_VECTORIZE": "0"}
    engines = Engine(sys.executable, "numba", environment=switches), Engine(sys.executable, "numba")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or programs.names():
            program = programs.load(name)
            paths = {}
            for key, size in (("small", "check"), ("large", "main")):
                paths[key] = str(Path(folder) / key)
                Path(paths[key]).write_bytes(pickle.dumps(program.make(program.SIZES[size])))
            for engine in engines:
                engine.ask(do="prepare", name=name, result=str(Path(folder) / "result"), **paths)
            ratios = []
            for _ in range(5):
                without, default = (engine.ask(do="warm", name=name, calls=1) for engine in engines)
                ratios.append(without / default)
            ratio = statistics.median(ratios)
            agrees = (ratio > BAR) == program.VECTORISED_BY_LLVM
            wrong += not agrees
            print(f"{name:16} {ratio:5.2f} {'' if agrees else 'VECTORISED_BY_LLVM says otherwise'}", flush=True)
    for engine in engines:
        engine.stop()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
