"""Object mode on other people's functions: whole modules of the standard library and of NumPy, decorated, pass their own tests as before."""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).parent / "support" / "jitted_library.py"
QUICK = ["textwrap", "colorsys", "fractions"]
# A dispatcher has a representation of its own, and a function that was decorated is not what its name finds.
LEFT_OUT = ("QueryTestCase.test_unreadable", "TestTotalOrdering.test_pickle", "test_inspect_signature", "disassembler_test")
SLOW = [
    "statistics", "calendar", "difflib", "shlex", "string", "json.decoder", "json.encoder", "csv", "configparser", "html.parser",
    "urllib.parse", "ipaddress", "copy", "pprint", "reprlib", "graphlib", "base64", "quopri", "getopt", "argparse", "optparse", "collections",
    "functools", "random", "tokenize", "_pydatetime", "fnmatch", "glob", "posixpath", "ntpath", "genericpath", "stat", "filecmp", "sched", "queue",
    "zipfile", "tarfile", "plistlib", "xml.etree.ElementTree", "email.header", "mimetypes", "locale", "keyword", "linecache", "contextlib", "numbers", "_strptime",
    "types", "weakref", "operator", "cmd", "pickle", "pickletools", "uuid", "hmac", "secrets", "opcode", "dis", "ast", "codeop", "netrc", "timeit",
]  # fmt: skip
NUMPY = {
    "numpy.polynomial.polynomial": "numpy.polynomial.tests.test_polynomial", "numpy.polynomial.chebyshev": "numpy.polynomial.tests.test_chebyshev",
    "numpy.polynomial.polyutils": "numpy.polynomial.tests.test_polyutils", "numpy.polynomial.hermite": "numpy.polynomial.tests.test_hermite",
    "numpy.polynomial._polybase": "numpy.polynomial.tests.test_classes", "numpy.ma.core": "numpy.ma.tests.test_core", "numpy.ma.extras": "numpy.ma.tests.test_extras",
    "numpy.lib._function_base_impl": "numpy.lib.tests.test_function_base", "numpy.lib._index_tricks_impl": "numpy.lib.tests.test_index_tricks",
    "numpy.lib._arraypad_impl": "numpy.lib.tests.test_arraypad", "numpy.lib._nanfunctions_impl": "numpy.lib.tests.test_nanfunctions",
    "numpy.lib.recfunctions": "numpy.lib.tests.test_recfunctions", "numpy.lib._version": "numpy.lib.tests.test__version",
    "numpy.lib._histograms_impl": "numpy.lib.tests.test_histograms", "numpy.lib._npyio_impl": "numpy.lib.tests.test_io", "numpy.lib._format_impl": "numpy.lib.tests.test_format",
    "numpy.lib._iotools": "numpy.lib.tests.test__iotools", "numpy.linalg._linalg": "numpy.linalg.tests.test_linalg", "numpy._core.arrayprint": "numpy._core.tests.test_arrayprint",
    "numpy._core._internal": "numpy._core.tests.test_dtype", "numpy._core.numeric": "numpy._core.tests.test_numeric",
}  # fmt: skip
TESTS = {"json.decoder": "test.test_json", "json.encoder": "test.test_json", "html.parser": "test.test_htmlparser", "urllib.parse": "test.test_urlparse",
         "_pydatetime": "test.test_datetime", "xml.etree.ElementTree": "test.test_xml_etree", "email.header": "test.test_email",
         "_strptime": "test.test_strptime", "opcode": "test.test_dis"}  # fmt: skip


def run(module, mode):
    tests = NUMPY.get(module) or TESTS.get(module, f"test.test_{module.rpartition('.')[2]}")
    if importlib.util.find_spec(module) is None or importlib.util.find_spec("test") is None or importlib.util.find_spec(tests) is None:
        pytest.skip("this Python has no such module or tests")
    env = {**os.environ, "PYTHONHASHSEED": "0"}
    out = subprocess.run([sys.executable, str(SCRIPT), module, tests, mode], capture_output=True, text=True, timeout=600, env=env, check=False)
    assert out.returncode == 0, out.stderr[-2000:]
    return json.loads(out.stdout.splitlines()[-1])


def check(module, mode):
    before, now = run(module, "plain"), run(module, mode)
    differ = {name: (row, now["rows"].get(name)) for name, row in before["rows"].items() if now["rows"].get(name) != row and not name.partition("[")[0].endswith(LEFT_OUT)}
    assert not differ, differ
    if not now["ran"]:
        pytest.skip("its tests use a copy of the module")


@pytest.mark.parametrize("module", QUICK)
def test_a_module_passes_its_tests(module):
    check(module, "forceobj")


@pytest.mark.slow
@pytest.mark.parametrize("module", [*SLOW, *NUMPY])
def test_more_modules_pass_their_tests(module):
    check(module, "forceobj")
