"""The demo programs: well-known numerical kernels, one a file.

Each file is ordinary Python and imports no compiler. It has

- `KERNELS`: the functions to compile, callees first; the last one is the entry and takes all arguments;
- `SIZES`: `check` (a second of plain Python at most), `python` (what plain Python is timed at) and `main`;
- `make(size)`: the arguments; `work(size)`: how the amount of work grows, to scale plain Python's time;
- `check(args, result)`: an independent test of the result, by NumPy, by a library or by a known value;
- `VECTORISED_BY_LLVM`: whether Numba's code for it runs on packed SIMD, which `benchmarks/vectorised.py` measures;
- optionally `TOLERANCE` (relative, against plain Python; 0 where missing) and `picture(args, result, path)`.

A kernel never writes to its arguments, so a program can be run any number of times on the same ones.
`load(name, jit)` gives a fresh copy of a program with its kernels passed through `jit`.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The names of all programs, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def load(name: str, jit=None) -> ModuleType:
    """Execute program `name` anew and replace its kernels by `jit(kernel)`; `entry` is then the one to call."""
    return load_file(FOLDER / f"{name}.py", jit)


def load_file(path: Path, jit=None) -> ModuleType:
    """`load` for a program at any path."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    spec = importlib.util.spec_from_file_location(f"program_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.plain = module.KERNELS[-1]
    if jit is not None:
        for kernel in module.KERNELS:
            setattr(module, kernel.__name__, jit(kernel))
    module.entry = getattr(module, module.plain.__name__)
    module.title = module.__doc__.splitlines()[0].rstrip(".")
    return module
