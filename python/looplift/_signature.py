"""Signatures: a result type, possibly left to inference, and argument types."""


class Signature:
    """``return_type(*args)``; prints as ``(args) -> return_type``. `return_type` is None when inference decides."""

    __slots__ = ("args", "return_type")
    recvr = None
    pysig = None

    def __init__(self, return_type, args):
        self.return_type = return_type
        self.args = tuple(args)

    def __eq__(self, other):
        return isinstance(other, Signature) and self.return_type == other.return_type and self.args == other.args

    def __hash__(self):
        return hash((self.return_type, self.args))

    def __repr__(self):
        args = ", ".join(map(str, self.args))
        return f"({args}) -> {self.return_type}" if self.return_type is not None else f"({args})"

    def __reduce__(self):
        return Signature, (self.return_type, self.args)


def signature(return_type, *args):
    """The signature of a function that returns `return_type` and takes `args`."""
    from looplift._core import Type

    for a in args:
        if not isinstance(a, Type):
            raise TypeError(f"a type is expected in a signature, not {a!r}")
    return Signature(return_type, args)


def cast_value(t, value):
    """The Python value that `value` is after conversion to the number type `t`, as a NumPy scalar."""
    import numpy as np

    kinds = {"boolean": np.bool_, "literal_bool": np.bool_}
    if t.kind in kinds:
        return kinds[t.kind](value)
    if t.kind in ("integer", "float", "complex"):
        return np.dtype(str(t)).type(value)
    raise TypeError(f"type {t} does not convert values")
