"""Forms of NumPy's functions, methods and indexing: compiled code gives what NumPy gives, or raises what it raises.

The tables in `forms/` have an expression a line. `~` before one leaves the exception's text aside (NumPy's speaks of shapes).
"""

from pathlib import Path

import numpy as np
import pytest
from support import compiled

from form_texts import arguments, expressions, function_of

TABLES = sorted((Path(__file__).parent / "forms").glob("*.txt"))


def outcome(function, args):
    with np.errstate(all="ignore"):
        try:
            return function(*args), None
        except Exception as error:
            return None, error


def same(got, want, path="result"):
    if isinstance(want, (tuple, list)):
        assert isinstance(got, (tuple, list)) and len(got) == len(want), f"{path}: {got!r} is not {want!r}"
        for k, (g, w) in enumerate(zip(got, want, strict=True)):
            same(g, w, f"{path}[{k}]")
    elif isinstance(want, np.ndarray):
        assert isinstance(got, np.ndarray), f"{path}: {got!r} is no array"
        assert (got.dtype, got.shape) == (want.dtype, want.shape), f"{path}: {got!r} is not {want!r}"
        if want.dtype.kind not in "biufc":
            assert got.tolist() == want.tolist(), f"{path}: {got!r} is not {want!r}"
            return
        rtol = 1e-12 if want.dtype.itemsize >= 8 else 1e-6
        np.testing.assert_allclose(got, want, rtol, 1e-12, err_msg=path)
    elif want is None or isinstance(want, (str, bytes, np.datetime64, np.timedelta64, np.void)):
        assert got == want and not isinstance(got, np.ndarray)
    else:
        assert not isinstance(got, np.ndarray), f"{path}: {got!r} is an array"
        rtol = 1e-6 if getattr(want, "dtype", None) == np.float32 else 1e-12
        np.testing.assert_allclose(got, want, rtol, 1e-12, err_msg=path)


CASES = [pytest.param(line, id=f"{table.stem}: {line}") for table in TABLES for line in expressions(table)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("line", CASES)
def test_form(line):
    text = line.lstrip("~")
    function, names = function_of(text)
    want, error = outcome(function, arguments(names))
    got, raised = outcome(compiled(function), arguments(names))
    if error is None and raised is not None:
        raise raised
    assert type(raised) is type(error), f"expected {error!r}, got {raised!r} and {got!r}"
    if error is not None and not line.startswith("~"):
        # Ours may say more.
        assert str(error) in str(raised)
    if error is None:
        same(got, want)
