"""C callbacks."""


def __getattr__(name):
    if name == "CFunc":
        import looplift

        return getattr(looplift, "CFunc", type(None))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
