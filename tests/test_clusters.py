"""Compiled functions, ufuncs and stencils in processes of dask and joblib: what one process computes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def lines(example):
    """What an example prints, run as a program: its processes import it by name."""
    path = os.pathsep.join([str(EXAMPLES), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{example}.py")], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_dask_on_a_cluster():
    pytest.importorskip("dask.array")
    pytest.importorskip("distributed")
    assert lines("with_dask") == ["0 True", "1 True", "2 True"]


def test_dask_in_one_process(monkeypatch):
    pytest.importorskip("dask.array")
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import with_dask

    for got, expected in with_dask.run():
        np.testing.assert_array_equal(got, expected)


def test_joblib_processes():
    pytest.importorskip("joblib")
    assert lines("with_joblib") == ["0 True", "1 True"]
