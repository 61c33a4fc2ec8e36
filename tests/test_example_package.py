"""The example package that extends looplift from outside, announced by its entry point as an installed package would be."""

from pathlib import Path

import pytest

from support.process import run

PACKAGE = Path(__file__).resolve().parent.parent / "examples" / "intervals"


@pytest.fixture
def installed(tmp_path):
    """Runs code where the package is on the path with the metadata that installing it writes."""
    info = tmp_path / "looplift_intervals-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: looplift-intervals\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[looplift_extensions]\ninit = looplift_intervals:init_looplift\n")

    def execute(source):
        import os

        path = os.pathsep.join([str(tmp_path), str(PACKAGE), os.environ.get("PYTHONPATH", "")])
        return run(source, PYTHONPATH=path)

    return execute


def test_intervals(installed):
    installed("""
        from looplift_intervals import Interval

        def enclose(a):
            found = Interval(a[0], a[0])
            for x in a:
                found = found | Interval(x, x)
            return found

        def use(i, x):
            return i + Interval(x, x + i.width), i.holds(x), x in i, i == i, i == Interval(0, 1)

        values = np.array([3.0, -1.0, 2.5])
        assert njit(enclose)(values) == enclose(values) == Interval(-1.0, 3.0)
        for x in (0.5, 7, -2):
            assert njit(use)(Interval(-1, 1), x) == use(Interval(-1, 1), x), x
        for function in (Interval, njit(lambda lo, hi: Interval(lo, hi))):
            try:
                function(2, 1)
            except ValueError as e:
                assert "ends after" in str(e)
            else:
                raise AssertionError("no error")
    """)


def test_bessel(installed):
    pytest.importorskip("scipy")
    installed("""
        from scipy.special import j0

        f = njit(lambda x: j0(x))
        assert f(1.5) == j0(1.5) and f(2) == j0(2)
        grid = np.linspace(0, 10, 12).reshape(3, 4)
        assert np.array_equal(f(grid), j0(grid))
    """)


def test_announced_as_in_the_project_file():
    import tomllib

    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["looplift_extensions"] == {"init": "looplift_intervals:init_looplift"}
