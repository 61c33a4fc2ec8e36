"""Signatures: a result type, possibly left to inference, and argument types."""


class Signature:
    """``return_type(*args)``; prints as ``(args) -> return_type``. `return_type` is None when inference decides."""

    __slots__ = ("args", "pysig", "recvr", "return_type")

    def __init__(self, return_type, args, pysig=None, recvr=None):
        self.return_type = return_type
        self.args = tuple(args)
        self.pysig = pysig
        self.recvr = recvr

    def __eq__(self, other):
        return isinstance(other, Signature) and self.return_type == other.return_type and self.args == other.args

    def __hash__(self):
        return hash((self.return_type, self.args))

    def __repr__(self):
        # One argument prints as a tuple of one does: `(int64,) -> int64`.
        args = f"({self.args[0]},)" if len(self.args) == 1 else f"({', '.join(map(str, self.args))})"
        return f"{args} -> {self.return_type}" if self.return_type is not None else args

    def replace(self, **changes):
        """The signature with another `return_type`, `args`, `pysig` or `recvr`."""
        parts = {"return_type": self.return_type, "args": self.args, "pysig": self.pysig, "recvr": self.recvr}
        return Signature(**{**parts, **changes})

    @property
    def is_method(self):
        return self.recvr is not None

    def as_method(self):
        """The signature of the method: the first argument becomes the receiver."""
        return Signature(self.return_type, self.args[1:], recvr=self.args[0])

    def as_function(self):
        """The signature of a method as a function."""
        return Signature(self.return_type, (self.recvr, *self.args)) if self.recvr is not None else self

    def is_precise(self):
        return self.return_type is not None

    def as_type(self):
        """The type of first-class functions with this signature."""
        from looplift.types import FunctionType

        return FunctionType(self)

    def dump(self, tab=""):
        print(f"{tab}DUMP Signature[{self}]")

    def __reduce__(self):
        return Signature, (self.return_type, self.args)


def signature(return_type, *args):
    """The signature of a function that returns `return_type` and takes `args`."""
    from looplift.types import Type

    for a in args:
        if not isinstance(a, Type):
            raise TypeError(f"a type is expected in a signature, not {a!r}")
    return Signature(return_type, args)


def cast_value(t, value):
    """The Python value that `value` is after conversion to the type `t`: a NumPy scalar for numbers.

    Called with types, it makes a signature.
    """
    from looplift.types import Type

    if isinstance(value, Type):
        return signature(t, value)
    import numpy as np

    if t.kind in ("boolean", "literal_bool"):
        return np.bool_(value)
    if t.kind in ("integer", "float", "complex"):
        dtype = np.dtype(str(t))
        if t.kind == "integer" and isinstance(value, int):
            # Integers wrap, as they do in compiled code.
            return np.array(value & ((1 << t.bitwidth) - 1), f"u{t.bitwidth // 8}").astype(dtype)[()]
        return dtype.type(value)
    if t.kind == "tuple":
        return tuple(e.cast_python_value(v) for e, v in zip(t.types, value, strict=True))
    if t.kind in ("datetime", "timedelta"):
        return getattr(np, t.kind + "64")(value, *([t.unit] if t.unit else []))
    raise NotImplementedError(f"type {t} does not convert values")


# Longest text of a signature that is not the compiler's own spelling.
_LONGEST = 4000


def written(text):
    """The signature, type or tuple of types that `text` spells with names and calls of `looplift.types`.

    Raises ValueError for anything else.
    """
    import ast

    from looplift import types

    allowed = (
        ast.Expression, ast.Name, ast.Load, ast.Call, ast.keyword, ast.Attribute, ast.Subscript, ast.Slice, ast.Tuple, ast.List,
        ast.Constant, ast.UnaryOp, ast.USub,
    )  # fmt: skip
    if len(text) > _LONGEST:
        raise ValueError(f"a signature of {len(text)} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, RecursionError, MemoryError) as e:
        raise ValueError(f"signature {text!r}: {e}") from None
    names = {}
    for node in ast.walk(tree):
        if not isinstance(node, allowed) or (isinstance(node, ast.Attribute) and node.attr.startswith("_")):
            raise ValueError(f"signature {text!r}: only names and calls of types are understood")
        if isinstance(node, ast.Name):
            names[node.id] = node.id
    # Types that are made may import; no name that begins with an underscore gets here.
    scope = {"__builtins__": {"__import__": __import__}}
    for name in names:
        if name in ("types", "numba", "looplift"):
            scope[name] = types
        elif not name.startswith("_") and hasattr(types, name):
            scope[name] = getattr(types, name)
        else:
            raise ValueError(f"signature {text!r}: unknown type {name!r}")
    return eval(compile(tree, "<signature>", "eval"), scope)  # names, calls and subscripts of types only


def normalized(sig):
    """`sig` in a form that the compiler takes: text it reads, a `Signature`, or a tuple of types.

    Raises TypingError where a type has no values in compiled code.
    """
    from looplift import _core

    if isinstance(sig, str):
        try:
            return Signature(*_core.normalize_signature(sig)[::-1])
        except ValueError as refused:
            try:
                sig = written(sig)
            except ValueError:
                raise refused from None
            if isinstance(sig, _core.Type):
                raise refused from None
    if isinstance(sig, tuple):
        return tuple(_argument(t) for t in sig)
    if hasattr(sig, "return_type") and hasattr(sig, "args"):
        ret = None if sig.return_type is None else _argument(sig.return_type)
        return Signature(ret, [_argument(t) for t in sig.args])
    return sig


def _argument(t):
    from looplift import _core, types

    if isinstance(t, (_core.Type, str)):
        return t
    if isinstance(t, types.DeferredType):
        return _argument(t.get())
    if isinstance(t, types.Omitted):
        # The dispatcher fills in defaults before it looks at types.
        return types.unliteral(t.value_type)
    if isinstance(t, types.Type):
        from looplift import _overloads

        if _overloads._extended:
            from looplift import _extension

            return _extension.core_type(t)
        from looplift.errors import TypingError

        raise TypingError(f"[LL0100] values of type {t} cannot be passed to compiled code")
    return t


def check_count(sig, func):
    """Raises TypeError unless a signature has as many arguments as the function; one without any says nothing."""
    from looplift.errors import TypingError

    if isinstance(sig, str):
        try:
            sig = normalized(sig)
        except (ValueError, TypingError):
            # It names types that only object mode has, such as `pyobject`.
            return
    args = getattr(sig, "args", sig)
    code = func.__code__
    wanted = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x4)
    if args and len(args) != wanted:
        raise TypeError(f"Signature mismatch: {len(args)} argument types given, but function takes {wanted} arguments")
