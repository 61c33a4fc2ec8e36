"""Lists, dicts and sets: in compiled code, at the border, and typed containers used from Python.

    python containers.py run MODULE                       times of each case in this process, as JSON
    python containers.py compare PYTHON MODULE PYTHON MODULE [ROUNDS]

`compare` runs the two engines by turns and prints the median ratio of each case, the first engine's time to the second's; cases named
`python_...` are also compared with the builtin containers. Each time is the best of several runs in a process.
"""

import importlib
import json
import statistics
import subprocess
import sys
import time

N = 1_000_000


def cases(numba):
    """The benchmarks by name: functions without arguments, compiled and warm."""
    njit, typed, types = numba.njit, numba.typed, numba.types

    @njit
    def int_dict(n):
        d = {}
        for i in range(n):
            d[i * 7919 % 1_000_003] = i
        total = 0
        for i in range(n):
            total += d[i * 7919 % 1_000_003]
        return total, len(d)

    @njit
    def text_dict(keys):
        d = {keys[0]: 0}
        for k, key in enumerate(keys):
            d[key] = k
        total = 0
        for key in keys:
            total += d[key]
        return total, len(d)

    @njit
    def int_set(n):
        s = {0}
        for i in range(n):
            s.add(i * 7919 % 100_003)
        found = 0
        for i in range(n):
            if i in s:
                found += 1
        return found

    @njit
    def append(n):
        x = [0.0]
        v = 0.5
        for _ in range(n):
            v = v * 3.7 * (1.0 - v)
            x.append(v)
        return len(x)

    @njit
    def append_sort(n):
        x = [0.0]
        v = 0.5
        for _ in range(n):
            v = v * 3.7 * (1.0 - v)
            x.append(v)
        x.sort()
        return x[n // 2]

    @njit
    def total(x):
        s = 0.0
        for v in x:
            s += v
        return s

    @njit
    def total_of_values(d):
        s = 0.0
        for v in d.values():
            s += v
        return s

    @njit
    def squares(n):
        return [i * 0.5 for i in range(n)]

    @njit
    def table(n):
        d = {}
        for i in range(n):
            d[i] = i * 0.5
        return d

    keys = typed.List([f"key{i}" for i in range(N)])
    floats = typed.List([float(i) for i in range(N)])
    plain = [float(i) for i in range(N)]
    shared = typed.Dict.empty(types.int64, types.float64)
    for i in range(N // 10):
        shared[i] = i * 0.5

    out = {
        "int_dict": lambda: int_dict(N),
        "text_dict": lambda: text_dict(keys),
        "int_set": lambda: int_set(N),
        "append": lambda: append(10 * N),
        "append_sort": lambda: append_sort(10 * N),
        "typed_list_in": lambda: total(floats),
        "typed_dict_in": lambda: total_of_values(shared),
        "list_in": lambda: total(plain),
        "list_out": lambda: squares(N),
        "dict_out": lambda: table(N // 10),
    }
    for name, (make_list, make_dict) in {"python": (typed.List, typed.Dict), "builtin": (list, dict)}.items():
        out |= {f"{name}_{what}": function for what, function in from_python(make_list, make_dict).items()}
    return out


def from_python(make_list, make_dict):
    """What the interpreter does with a list or a dict, 100,000 times."""
    n = N // 10
    x, d, t = make_list(), make_dict(), make_dict()
    for i in range(n):
        x.append(float(i))
        d[i] = float(i)
        t[f"k{i}"] = i
    names = list(t)

    def list_get():
        for i in range(n):
            x[i]

    def list_set():
        for i in range(n):
            x[i] = 1.5

    def list_append():
        y = make_list()
        for _ in range(n):
            y.append(1.5)

    def dict_get():
        for i in range(n):
            d[i]

    def dict_set():
        for i in range(n):
            d[i] = 2.5

    def dict_insert():
        e = make_dict()
        for i in range(n):
            e[i] = 2.5

    def text_get():
        for name in names:
            t[name]

    def contains():
        for i in range(n):
            i in d  # noqa: B015

    found = (list_get, list_set, list_append, dict_get, dict_set, dict_insert, text_get, contains)
    return {f.__name__: f for f in found}


def run(module, repeat=3):
    out = {}
    numba = importlib.import_module(module)
    for name in ("typed", "types"):
        importlib.import_module(f"{module}.{name}")
    for name, function in cases(numba).items():
        function()
        times = []
        for _ in range(repeat):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
        out[name] = min(times)
    return out


def compare(ours, theirs, rounds):
    ratios, times = {}, {}
    for k in range(rounds):
        found = {}
        for which in (ours, theirs) if k % 2 == 0 else (theirs, ours):
            done = subprocess.run([which[0], "-W", "ignore", __file__, "run", which[1]], capture_output=True, text=True, check=True)
            found[which] = json.loads(done.stdout)
        for name, ours_time in found[ours].items():
            ratios.setdefault(name, []).append(ours_time / found[theirs][name])
            times.setdefault(name, []).append((ours_time, found[theirs][name]))
    print(f"{'case':24}{ours[1]:>12}{theirs[1]:>12}{'ratio':>8}{'to builtin':>12}")
    for name, all_ratios in ratios.items():
        a, b = (statistics.median(t[side] for t in times[name]) for side in (0, 1))
        builtin = ""
        if name.startswith("python_"):
            other = times["builtin_" + name.removeprefix("python_")]
            builtin = f"{statistics.median(t[0] / o[0] for t, o in zip(times[name], other, strict=True)):12.2f}"
        print(f"{name:24}{a * 1e3:10.2f}ms{b * 1e3:10.2f}ms{statistics.median(all_ratios):8.2f}{builtin}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run", module]:
            print(json.dumps(run(module)))
        case ["compare", python, module, peer_python, peer, *rounds]:
            compare((python, module), (peer_python, peer), int(rounds[0]) if rounds else 3)
        case _:
            print(__doc__)
