"""The command line, ``python -m looplift``.

Commands: `explain`, `dump`, `annotate`, `demo`, `cache`, `env`. Numba's command line is understood as well: ``-s`` for the
report on the system, ``--sys-json FILE``, ``--annotate``, ``--annotate-html FILE`` and ``--dump-…`` before a script.
"""

import argparse
import contextlib
import os
import sys

COMMANDS = ("explain", "dump", "annotate", "demo", "cache", "env")
_STAGES = ("bytecode", "hir", "types", "mir", "clif", "asm")


def _table(title, rows, headings):
    """Prints a table, with `rich` where it is installed."""
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        print(title)
        widths = [max(len(str(r[k])) for r in [headings, *rows]) for k in range(len(headings))]
        for row in [headings, *rows]:
            print("  " + "  ".join(str(c).ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())
        return
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(str, row))
    Console().print(table)


def system_report():
    """Facts about this machine and installation, by heading."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    import looplift
    from looplift import _cache, config

    def installed(name):
        try:
            return version(name)
        except PackageNotFoundError:
            return "None"

    flags = {}
    try:
        with open("/proc/cpuinfo") as f:
            flags = dict((a.strip(), b.strip()) for a, _, b in (line.partition(":") for line in f.read().split("\n\n")[0].splitlines()))
    except OSError:
        pass
    memory = {}
    try:
        with open("/proc/meminfo") as f:
            memory = dict((a, b.strip()) for a, _, b in (line.partition(":") for line in f))
    except OSError:
        pass
    return {
        "Hardware Information": {
            "Machine": platform.machine(),
            "CPU Name": flags.get("model name", platform.processor() or "unknown"),
            "CPU Count": os.cpu_count(),
            "Number of accessible CPUs": config.NUMBA_DEFAULT_NUM_THREADS,
            "CPU Features": flags.get("flags", "unknown"),
            "Memory Total": memory.get("MemTotal", "unknown"),
            "Memory Available": memory.get("MemAvailable", "unknown"),
        },
        "OS Information": {
            "Platform Name": platform.platform(),
            "Platform Release": platform.release(),
            "OS Name": platform.system(),
            "OS Version": platform.version(),
        },
        "Python Information": {
            "Python Compiler": platform.python_compiler(),
            "Python Implementation": platform.python_implementation(),
            "Python Version": platform.python_version(),
            "Python Executable": sys.executable,
        },
        "looplift Information": {
            "Version": looplift.__version__,
            "Code generator": "Cranelift",
            "Directory": os.path.dirname(looplift.__file__),
            "Cache directories": ", ".join(_cache.directories()),
            "Threads": config.NUMBA_NUM_THREADS,
        },
        "Package Information": {name: installed(name) for name in ("numpy", "scipy", "pygments", "rich", "cloudpickle", "dask", "joblib")},
        "Settings that are not at their default": {
            name: getattr(config, name) for name, _read, default, _meaning, _further in config.ROWS if getattr(config, name) != default
        },
    }


def print_system_report():
    """``-s``."""
    report = system_report()
    print("System info:")
    print("-" * 80)
    for heading, rows in report.items():
        print(f"__{heading}__")
        for name, value in rows.items():
            print(f"{name:46}: {value}")
        print()


class _Failure(Exception):
    """What goes wrong with the user's input: its text is all that is shown, and the exit status is 1."""


def _run(path, arguments=()):
    """Runs a file as `python FILE` does; gives its names. What it raises is shown as Python shows it."""
    import io
    import traceback
    import types

    if not os.path.isfile(path):
        raise _Failure(f"there is no file {path}")
    try:
        with io.open_code(path) as f:
            code = compile(f.read(), path, "exec")
    except OSError as e:
        raise _Failure(f"{path} cannot be read: {e.strerror}") from None
    except (SyntaxError, ValueError) as e:
        raise _Failure("".join(traceback.format_exception_only(e)).rstrip()) from None
    module = types.ModuleType("__main__")
    module.__file__ = path
    sys.modules["__main__"] = module
    sys.argv = [path, *arguments]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    try:
        exec(code, module.__dict__)  # the file that the user named
    except (SystemExit, KeyboardInterrupt, BrokenPipeError):
        raise
    except BaseException as e:
        # Without the frame of this function.
        raise _Failure("".join(traceback.format_exception(type(e), e, e.__traceback__.tb_next)).rstrip()) from None
    return module.__dict__


def _load(place):
    """The dispatchers of ``FILE`` or ``FILE::FUNC``: the file is run, and functions it calls are compiled by that."""
    import inspect

    from looplift import _core, njit

    path, _, wanted = place.partition("::")
    scope = {}
    try:
        scope = _run(path)
    except SystemExit as e:
        if e.code not in (None, 0):
            raise
        scope = sys.modules["__main__"].__dict__
    found = {}
    for name, value in scope.items():
        if isinstance(value, _core.CPUDispatcher) and (not wanted or name == wanted):
            found.setdefault(id(value), (name, value))
    if wanted and not found:
        if wanted not in scope:
            raise _Failure(f"{path} has no function {wanted}")
        if not inspect.isfunction(scope[wanted]):
            raise _Failure(f"{wanted} of {path} is no function, but of class {type(scope[wanted]).__name__}")
        found[0] = (wanted, njit(scope[wanted]))
    if not found:
        raise _Failure(f"{path} defines no jitted functions; name one to be compiled: {path}::FUNC")
    return list(found.values())


def _compiled(place, signature):
    """(name, dispatcher) pairs with the signature compiled, or what running the file compiled."""
    from looplift.errors import NumbaError

    out = []
    for name, dispatcher in _load(place):
        if signature is not None:
            try:
                dispatcher.compile(signature if "(" in signature else f"({signature})")
            except (NumbaError, TypeError, ValueError) as e:
                raise _Failure(f"{name} cannot be compiled for {signature!r}: {e}") from None
        if dispatcher.signatures:
            out.append((name, dispatcher))
    if not out:
        raise _Failure("running the file compiles nothing of this; say for which argument types: --signature 'float64[:], int64'")
    return out


@contextlib.contextmanager
def _writing(path):
    """Around what writes a file that the user named."""
    try:
        yield
    except OSError as e:
        raise _Failure(f"{path} cannot be written: {e.strerror}") from None


def explain(args):
    """Says of every compiled signature what it was compiled to, and what took how long."""
    for name, dispatcher in _compiled(args.place, args.signature):
        for types in dispatcher.signatures:
            result = dispatcher.overloads[types].signature.return_type
            print(f"{name}({', '.join(map(str, types))}) -> {result}")
            times = dispatcher.get_metadata(types)["stage_times_ns"]
            _table("", [(stage, f"{ns / 1e3:.1f}") for stage, ns in times.items()], ("stage", "microseconds"))
            dispatcher.inspect_types(signature=types)
            dispatcher.parallel_diagnostics(types) if dispatcher.targetoptions.get("parallel") else None


def dump(args):
    """Prints a form of every compiled signature."""
    from looplift import _core

    for name, dispatcher in _compiled(args.place, args.signature):
        for types in dispatcher.signatures:
            print(f"; {args.stage} of {name}({', '.join(map(str, types))})")
            if args.stage == "bytecode":
                import dis

                dis.dis(dispatcher.py_func)
            else:
                print(_core.stage_text(dispatcher, list(types), args.stage))


def annotate(args):
    """Writes the source with types as a page."""
    pages = []
    for _name, dispatcher in _compiled(args.place, args.signature):
        pages.append(dispatcher.inspect_types(pretty=True))
    first = pages[0]
    first.parts = [part for page in pages for part in page.parts]
    with _writing(args.output):
        first.save(args.output)
    print(f"written to {args.output}")


def demo(args):
    """Compiles a loop and shows what that gives."""
    import time

    import numpy as np

    from looplift import njit

    def total(a):
        s = 0.0
        for i in range(a.shape[0]):
            s += a[i] * a[i] if a[i] > 0 else 0.0
        return s

    compiled = njit(total)
    data = np.linspace(-1, 1, 1_000_000)

    def seconds(f):
        start = time.perf_counter()
        result = f(data)
        return result, time.perf_counter() - start

    plain, slow = seconds(total)
    _, first = seconds(compiled)
    fast_result, fast = min((seconds(compiled) for _ in range(5)), key=lambda r: r[1])
    assert abs(plain - fast_result) < 1e-6
    rows = [("Python", f"{slow * 1e3:.2f}"), ("first call, compiling", f"{first * 1e3:.2f}"), ("compiled", f"{fast * 1e3:.3f}")]
    _table("sum of the squares of the positive ones among a million numbers", rows, ("", "milliseconds"))
    print(f"{slow / fast:.0f} times as fast")


def cache(args):
    """Lists, prunes or verifies caches."""
    from looplift import _cache, config

    for given in args.directory:
        if not os.path.isdir(given):
            raise _Failure(f"there is no directory {given}")
    directories = args.directory or _cache.directories()
    for directory in directories:
        found = _cache.files(directory)
        if args.action == "ls":
            rows = []
            for path, _size, _time in found:
                if path.endswith(".nbi"):
                    for name, row in _cache.read_index(path).items():
                        there = os.path.exists(os.path.join(os.path.dirname(path), name))
                        old = row.get("build") != _cache.build_stamp()
                        state = "gone" if not there else "of another build" if old else "current"
                        rows.append((row.get("function"), row.get("signature"), row.get("bytes"), state))
            _table(f"{directory}: {len(found)} files, {sum(s for _, s, _ in found)} bytes", rows, ("function", "argument types", "bytes", "state"))
        elif args.action == "prune":
            gone = _prune(directory, args.all)
            gone += _cache.shrink(directory, args.size if args.size is not None else config.CACHE_SIZE)
            print(f"{directory}: {gone} files deleted")
        else:
            broken = _cache.verify(directory)
            for path, why in broken:
                print(f"{path}: {why}")
            print(f"{directory}: {len(found)} files, {len(broken)} not whole")
            if broken:
                return 1
    return 0


def _prune(directory, everything):
    """Deletes broken files and those of other builds, or all."""
    from looplift import _cache

    broken = {path for path, _ in _cache.verify(directory)}
    current = set()
    for path, _size, _time in _cache.files(directory):
        if path.endswith(".nbi"):
            rows = _cache.read_index(path)
            kept = {n: r for n, r in rows.items() if r.get("build") == _cache.build_stamp() and os.path.join(os.path.dirname(path), n) not in broken}
            if kept:
                current.add(path)
                current.update(os.path.join(os.path.dirname(path), n) for n in kept)
                if kept != rows:
                    _cache.write_index(path, kept)
    gone = 0
    for path, _size, _time in _cache.files(directory):
        if everything or path not in current:
            with contextlib.suppress(OSError):
                os.unlink(path)
                gone += 1
    return gone


def env(args):
    """Lists the settings."""
    from looplift import config

    if args.markdown:
        print(settings_page(), end="")
        return
    rows = []
    for name, _read, default, meaning, _further in config.ROWS:
        value = getattr(config, name)
        if args.all or not meaning.startswith("accepted") or value != default:
            rows.append(("LOOPLIFT_" + name, repr(value), meaning))
    _table("Settings", rows, ("variable", "value", "meaning"))


def settings_page():
    """The page of the documentation that lists the settings, made from their table."""
    from looplift import config

    out = ["# Settings\n"]
    out.append("Read from the environment when looplift is imported, and attributes of `looplift.config` afterwards. Each is known")
    out.append("by Numba's name as well, `NUMBA_` instead of `LOOPLIFT_`. `python -m looplift env` shows their values. This page is made by")
    out.append("`python -m looplift env --markdown`.\n")
    out.append("| variable | default | meaning |")
    out.append("|---|---|---|")
    for name, _read, default, meaning, further in config.ROWS:
        shown = "the processors" if name == "NUM_THREADS" else "" if default in (None, "") else default
        shown = " ".join(shown) if isinstance(shown, list) else shown
        names = "".join(f", `{f}`" for f in further)
        out.append(f"| `LOOPLIFT_{name}`{names} | {shown} | {meaning} |".replace("|  |", "| |"))
    return "\n".join(out) + "\n"


def _parser():
    parser = argparse.ArgumentParser(prog="python -m looplift", description="A just-in-time compiler for numerical Python.")
    parser.add_argument("--version", action="store_true", help="looplift's version")
    parser.add_argument("-s", "--sysinfo", action="store_true", help="report on the machine and the installation")
    parser.add_argument("-g", "--gdbinfo", action="store_true", help="report on the debugger")
    parser.add_argument("--sys-json", metavar="FILE", help="write the report on the system to a file")
    commands = parser.add_subparsers(dest="command", metavar="{" + ",".join(COMMANDS) + "}")

    def add(name, function, help):
        sub = commands.add_parser(name, help=help, description=function.__doc__)
        sub.set_defaults(run=function)
        return sub

    def with_place(sub):
        sub.add_argument("place", metavar="FILE[::FUNC]", help="a file, which is run, and a function of it")
        sub.add_argument("--signature", metavar="TYPES", help="argument types to compile for, such as 'float64[:], int64'")
        return sub

    with_place(add("explain", explain, "what a function was compiled to"))
    with_place(add("dump", dump, "a form of a compiled function")).add_argument("--stage", choices=_STAGES, default="mir")
    with_place(add("annotate", annotate, "source with types, as an HTML page")).add_argument("-o", "--output", default="annotated.html")
    add("demo", demo, "compile a loop and time it")
    sub = add("cache", cache, "list, prune or verify the cache on disk")
    sub.add_argument("action", choices=("ls", "prune", "verify"))
    sub.add_argument("directory", nargs="*", help="directories of caches; those of the settings unless given")
    sub.add_argument("--all", action="store_true", help="prune: all files")
    sub.add_argument("--size", type=int, metavar="BYTES", help="prune: until this many are left")
    sub = add("env", env, "list the settings")
    sub.add_argument("--all", action="store_true", help="those without effect as well")
    sub.add_argument("--markdown", action="store_true", help="as the page of the documentation")
    return parser


def _script_parser():
    """Numba's command line: options, before a script or right after it, then its arguments."""
    parser = argparse.ArgumentParser(prog="python -m looplift", description="Runs a script and shows what is compiled.", allow_abbrev=False)
    parser.add_argument("--annotate", action="store_true")
    parser.add_argument("--annotate-html", metavar="FILE")
    parser.add_argument("--dump-llvm", action="store_true")
    parser.add_argument("--dump-optimized", action="store_true")
    parser.add_argument("--dump-assembly", action="store_true")
    parser.add_argument("--dump-cfg", action="store_true")
    parser.add_argument("--dump-ast", action="store_true", help="accepted")
    parser.add_argument("script")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def run_script(argv):
    """Runs a script with settings that print."""
    from looplift import _watch, config

    if argv[0].endswith(".py"):
        ours = 1
        while ours < len(argv) and argv[ours].startswith(_SCRIPT_OPTIONS):
            ours += 2 if argv[ours] == "--annotate-html" else 1
        argv = [*argv[1:ours], argv[0], *argv[ours:]]
    args = _script_parser().parse_args(argv)
    if args.annotate_html:
        with _writing(args.annotate_html), open(args.annotate_html, "w", encoding="utf-8"):
            pass
    config.ANNOTATE = int(args.annotate)
    config.HTML = args.annotate_html
    config.DUMP_LLVM = int(args.dump_llvm)
    config.DUMP_OPTIMIZED = int(args.dump_optimized)
    config.DUMP_ASSEMBLY = int(args.dump_assembly)
    config.DUMP_CFG = int(args.dump_cfg)
    _watch.refresh()
    _run(args.script, args.arguments)
    return 0


def _debugger_report():
    import shutil
    import subprocess

    from looplift import config

    path = shutil.which(config.GDB_BINARY)
    print(f"GDB info:\n{'-' * 80}\nBinary location: {path}")
    if path:
        shown = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.splitlines()
        print(f"Version: {shown[0] if shown else 'unknown'}")


# What Numba's command line takes before or after a script.
_SCRIPT_OPTIONS = ("--annotate", "--dump-")


def main(argv=None):
    """Runs a command; gives the exit status."""
    argv = sys.argv[1:] if argv is None else argv
    program, arguments = sys.modules["__main__"], sys.argv
    try:
        return _command(argv)
    except _Failure as e:
        print(e, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read the output has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        sys.modules["__main__"], sys.argv = program, arguments


def _command(argv):
    first = argv[0] if argv else ""
    if first.startswith(_SCRIPT_OPTIONS) or first.endswith(".py"):
        return run_script(argv)
    parser = _parser()
    args = parser.parse_args(argv)
    if args.version:
        import looplift

        print(looplift.__version__)
    if args.sysinfo:
        print_system_report()
    if args.gdbinfo:
        _debugger_report()
    if args.sys_json:
        import json

        with _writing(args.sys_json), open(args.sys_json, "w", encoding="utf-8") as f:
            json.dump(system_report(), f, indent=2, default=str)
    if args.command is None:
        if not (args.version or args.sysinfo or args.gdbinfo or args.sys_json):
            parser.print_help()
        return 0
    return args.run(args) or 0
