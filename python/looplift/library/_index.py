"""Which module of the library knows which name. One dict of strings: looking here imports nothing."""

_NAMES = {
    "creation": (
        "numpy.arange numpy.array numpy.asarray numpy.ascontiguousarray numpy.empty_like numpy.eye numpy.full numpy.full_like "
        "numpy.identity numpy.linspace numpy.ones numpy.ones_like numpy.zeros_like"
    ),
}

MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}
