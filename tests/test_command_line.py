"""`python -m looplift` with what users get wrong: a message, no traceback of the tool, and an exit status."""

import sys

import pytest

from looplift import _cli
from support.process import python

FILES = {
    "good.py": "import sys\nimport looplift\n@looplift.njit\ndef f(x):\n    return x + 1\ndef plain(x, y):\n    return x * y\nN = 3\nf(1)\nprint(sys.argv[1:])\n",
    "leaves.py": "import sys\nfrom looplift import njit\nf = njit(lambda x: x)\nf(1)\nsys.exit(0)\n",
    "fails.py": "import sys\nsys.exit(3)\n",
    "nothing.py": "x = 1\n",
    "typo.py": "def (\n",
    "raises.py": "def g():\n    raise KeyError('k')\ng()\n",
}


@pytest.fixture
def command(tmp_path, capsys, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(*argv):
        status = _cli.main(list(argv))
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.mark.parametrize(
    "argv, message",
    [
        (["explain", "absent.py"], "there is no file absent.py"),
        (["explain", "."], "there is no file ."),
        (["explain", "good.py::g"], "good.py has no function g"),
        (["explain", "good.py::N"], "no function, but of class int"),
        (["explain", "good.py::plain"], "--signature"),
        (["explain", "good.py::plain", "--signature", "int64"], "cannot be compiled for 'int64'"),
        (["dump", "good.py::f", "--signature", "bogus"], "unknown type"),
        (["dump", "good.py::f", "--signature", "((("], "cannot be compiled for '((('"),
        (["annotate", "good.py", "-o", "no/such/place.html"], "no/such/place.html cannot be written"),
        (["explain", "nothing.py"], "defines no jitted functions"),
        (["explain", "typo.py"], "SyntaxError"),
        (["explain", "raises.py"], "KeyError: 'k'"),
        (["raises.py"], "KeyError: 'k'"),
        (["absent.py", "--annotate"], "there is no file absent.py"),
        (["--dump-cfg", "typo.py"], "SyntaxError"),
        (["--sys-json", "no/such/file"], "cannot be written"),
        (["cache", "ls", "no/such/place"], "there is no directory"),
    ],
)
def test_refusals(command, argv, message):
    status, _out, err = command(*argv)
    assert (status, message in err) == (1, True), err
    assert "_cli.py" not in err


def test_scripts_end_as_they_say(command):
    for argv in (["fails.py"], ["explain", "fails.py"]):
        with pytest.raises(SystemExit) as left:
            command(*argv)
        assert left.value.code == 3
    assert "int64" in command("explain", "leaves.py")[1]


@pytest.mark.parametrize("argv", [["good.py", "a", "--b"], ["--dump-cfg", "good.py", "a", "--b"], ["good.py", "--dump-cfg", "a", "--b"]])
def test_scripts_get_their_arguments(command, argv, monkeypatch):
    from looplift import config

    main, given = sys.modules["__main__"], sys.argv
    try:
        status, out, _err = command(*argv)
    finally:
        config.DUMP_CFG = 0
        config.WATCH = None
    assert (status, "['a', '--b']" in out) == (0, True)
    assert (sys.modules["__main__"], sys.argv) == (main, given)


def test_version(command):
    assert command("--version")[1].strip()


def test_an_installation_tests_itself():
    listed, _ = python("-m", "looplift.runtests", "-l")
    names = listed.split()[:-3]
    assert len(names) >= 10 and all(name.startswith("SelfTest.test_") for name in names)
    _, shown = python("-m", "looplift.runtests", "-v")
    assert f"Ran {len(names)} tests" in shown and shown.rstrip().endswith("OK")
    _, shown = python("-m", "looplift.runtests", "SelfTest.test_numbers")
    assert "Ran 1 test" in shown
