"""Find the CPythons to test on, and say which are absent.

    python tests/interpreters.py [PATH ...]

Prints one line each, `3.12 /usr/bin/python3.12` or `3.12 absent`: the interpreter that runs this script first, then
the others in order. With paths, those interpreters and no others. An interpreter counts if it starts, is CPython
and can make virtual environments; shims that only forward to another program are resolved to the real one.
"""

import glob
import os
import shutil
import subprocess
import sys

SUPPORTED = ["3.11", "3.12", "3.13"]
PROBE = """
import sys, platform, venv, ensurepip
print("%d.%d" % sys.version_info[:2], platform.python_implementation(), sys._base_executable or sys.executable)
"""


def probe(path: str) -> tuple[str, str] | None:
    """The version and the real path of an interpreter, or None if it is of no use."""
    try:
        run = subprocess.run([path, "-c", PROBE], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = run.stdout.split(maxsplit=2)
    if run.returncode or len(words) != 3 or words[1] != "CPython":
        return None
    return words[0], words[2].strip()


def candidates(version: str) -> list[str]:
    """Where an interpreter of this version may be: on the path, and among pyenv's and uv's."""
    found = [os.path.join(folder, f"python{version}") for folder in os.get_exec_path()]
    roots = [os.environ.get("PYENV_ROOT"), os.path.expanduser("~/.pyenv")]
    if shutil.which("pyenv"):
        answer = subprocess.run(["pyenv", "root"], capture_output=True, text=True)
        roots.append(answer.stdout.strip())
    for root in dict.fromkeys(filter(None, roots)):
        found += sorted(
            glob.glob(os.path.join(root, "versions", f"{version}.*", "bin", f"python{version}")), reverse=True
        )
    data = os.environ.get("XDG_DATA_HOME", os.path.expanduser("~/.local/share"))
    found += glob.glob(os.path.join(data, "uv", "python", f"cpython-{version}.*", "bin", f"python{version}"))
    return [path for path in dict.fromkeys(found) if os.access(path, os.X_OK)]


def main() -> None:
    if sys.argv[1:]:
        for path in sys.argv[1:]:
            print(*(probe(path) or (path, "absent")))
        return
    here = probe(sys.executable)
    found = dict([here]) if here else {}
    for version in SUPPORTED:
        for path in candidates(version):
            if version in found:
                break
            if (answer := probe(path)) and answer[0] == version:
                found[version] = answer[1]
    for version in dict.fromkeys([*found, *SUPPORTED]):
        print(version, found.get(version, "absent"))


if __name__ == "__main__":
    main()
