"""Modules made ahead of time: what they export, in this process and in others, and what they refuse."""

import importlib
import subprocess
import sys
import warnings

import numpy as np
import pytest

from looplift import errors, njit

with warnings.catch_warnings():
    warnings.simplefilter("ignore", errors.NumbaPendingDeprecationWarning)
    from looplift.pycc import CC

FACTOR = 10


@njit
def helper(x):
    return x * FACTOR


def area(a, b):
    "The area."
    return helper(a) * b


def halves(a):
    out = np.empty_like(a)
    for i, x in enumerate(a):
        out[i] = x / 2
    return out


@pytest.fixture
def built(tmp_path, monkeypatch):
    cc = CC("areas_for_test")
    cc.output_dir = str(tmp_path)
    cc.export("area", "float64(float64, float64)")(area)
    cc.export("whole", ["int32(int64, int64)", "float64(float64, float64)"])(area)
    cc.export("halves", "float64[:](float64[:])")(halves)
    cc.compile()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield cc, importlib.import_module("areas_for_test")
    sys.modules.pop("areas_for_test", None)


def test_exports(built):
    cc, module = built
    assert (cc.name, cc.output_file, cc.verbose, cc.target_cpu) == ("areas_for_test", "areas_for_test.py", False, "")
    assert module.area(2, 3.5) == 70.0 and module.area(b=1, a=2) == 20.0 and module.area.__doc__ == "The area."
    assert module.whole(2, 3) == 60 and module.whole(2.5, 3) == 75.0 and len(module.whole.signatures) == 2
    assert list(module.halves(np.arange(6.0)[::2])) == [0, 1, 2]
    with pytest.raises(TypeError, match="No matching definition"):
        module.area("x", 1)
    with pytest.raises(TypeError, match="missing argument"):
        module.area(a=1, c=2)


def test_other_process(built, tmp_path):
    code = "import areas_for_test as m; assert m.area(2.0, 2.0) == 40.0; import sys; assert 'test_pycc' not in sys.modules"
    subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"], check=True)


@pytest.mark.parametrize("spoil", [lambda t: t.replace('"python": [3', '"python": [2'), lambda t: t.replace("    'b", "    'c", 1), lambda t: t[:-200] + t[-40:]])
def test_spoiled_modules_are_import_errors(built, tmp_path, spoil):
    text = (tmp_path / "areas_for_test.py").read_text()
    (tmp_path / "spoiled.py").write_text(spoil(text) if spoil(text) != text else text.replace("_load(", "_load (", 1)[:-400] + ")")
    with pytest.raises((ImportError, SyntaxError)):
        importlib.import_module("spoiled")


def test_refusals(tmp_path):
    with pytest.raises(ValueError, match="simple module name"):
        CC("a.b")
    cc = CC("refusing")
    with pytest.raises(ValueError, match="ends with .py"):
        cc.output_file = "refusing.so"
    cc.export("f", "int64(int64)")(lambda x: x)
    with pytest.raises(KeyError, match="duplicated export"):
        cc.export("f", "int64(int64)")(lambda x: x + 1)
    cc.output_dir = str(tmp_path)
    cc.export("g", "int64(complex128)")(lambda x: x)
    with pytest.raises(errors.TypingError, match="does not convert"):
        cc.compile()


def test_setuptools(tmp_path, monkeypatch):
    pytest.importorskip("setuptools")
    from setuptools.dist import Distribution

    cc = CC("packed")
    cc.export("area", "float64(float64, float64)")(area)
    monkeypatch.chdir(tmp_path)
    dist = Distribution({"name": "packed", "ext_modules": [cc.distutils_extension()]})
    command = dist.get_command_obj("build_ext")
    command.build_lib = str(tmp_path / "lib")
    command.ensure_finalized()
    command.run()
    assert (tmp_path / "lib" / "packed.py").exists()
    assert command.get_outputs() == [str(tmp_path / "lib" / "packed.py")]


def test_warning():
    code = "import warnings; warnings.simplefilter('error'); import looplift.pycc"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "NumbaPendingDeprecationWarning" in done.stderr


def test_from_compiled_code(built):
    _, module = built

    @njit
    def use(x, a):
        return module.area(x, 2.0) + 1, module.whole(x, 2), module.halves(a)[1]

    a = np.arange(4.0)
    assert use(3.0, a) == (61.0, 60.0, 0.5) and use(3, a[::2]) == (61.0, 60, 1.0)
    for refused in (lambda: module.area("x", 1.0), lambda: module.area(1.0)):
        with pytest.raises(errors.TypingError):
            njit(refused)()


def test_what_has_no_meaning_elsewhere_is_refused(tmp_path):
    big = np.zeros(100_000)
    cc = CC("meaningless")
    cc.output_dir = str(tmp_path)
    cc.export("f", "float64(int64)")(lambda i: big[i])
    with pytest.raises(errors.TypingError, match="ahead of time"):
        cc.compile()
