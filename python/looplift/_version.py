"""The version in parts, as Numba's users ask for it."""

from collections import namedtuple

from looplift._core import __version__

_VersionInfo = namedtuple("version_info", "major minor patch short full string tuple git_revision")


def _parts(text):
    numbers = []
    for part in text.split("."):
        digits = "".join(c for c in part if c.isdigit())
        numbers.append(int(digits) if digits else None)
    return (*numbers, None, None, None)[:3]


_major, _minor, _patch = _parts(__version__)
version_info = _VersionInfo(
    _major, _minor, _patch, (_major, _minor), (_major, _minor, _patch), __version__, tuple(__version__.split(".")), None
)
