"""Code generators written for Numba's users, run on symbols: what they do with the builder is recorded as Python.

An intrinsic's code generator, or that of a lowering, gets a context, a builder, a signature and its arguments, calls methods of
the builder, and returns a value. Here arguments and values are symbols; every operation becomes a line of a Python function,
which is compiled like any other. The operations are those of straight-line code on numbers, tuples and structures; blocks,
memory and calls of C functions are not there, and using them says so.
"""

import numpy as np

from looplift import _core, types
from looplift.errors import TypingError, UnsupportedError


class Symbol:
    """A value of the function that is being written: an expression, and its type if that is known."""

    def __init__(self, recorder, expr, type=None):
        self._recorder = recorder
        self.expr = expr
        self.type = type

    def __repr__(self):
        return f"<{self.expr}: {self.type}>"


class Slot:
    """A variable of a code generator, which holds what was stored last."""

    def __init__(self, value=None):
        self.value = value


class Variables:
    """The builder's operations on variables. What it is told while it is `passing` over a block is not done."""

    passing = 0

    def store(self, value, slot):
        if not isinstance(slot, Slot):
            raise UnsupportedError("the builder writes to variables (cgutils.alloca_once), not to memory")
        if not self.passing:
            slot.value = value

    def load(self, slot, name=""):
        if not isinstance(slot, Slot):
            raise UnsupportedError("the builder reads variables (cgutils.alloca_once), not memory")
        return slot.value


class Recorder:
    """The function that is being written."""

    def __init__(self, arg_types):
        self.scope = {"np": np, "types": types}
        self.lines = []
        self.args = [Symbol(self, f"a{k}", t) for k, t in enumerate(arg_types)]

    def constant(self, value, type=None):
        """A symbol for an object of the host."""
        if isinstance(value, (bool, int, float, complex, str)):
            return Symbol(self, repr(value), type)
        name = f"k{len(self.scope)}"
        self.scope[name] = value
        return Symbol(self, name, type)

    def line(self, expr, type=None):
        """A symbol for the value of an expression."""
        name = f"t{len(self.lines)}"
        self.lines.append(f"    {name} = {expr}")
        return Symbol(self, name, type)

    def cast(self, value, type):
        """The value as a number of a type; other types stay as they are."""
        if type is None or not isinstance(type, (types.Number, types.Boolean)):
            return value
        return self.line(f"np.{_scalar(type)}({text(value)})", type)

    def function(self, result, ret, name):
        """The Python function that returns `result`."""
        result = self.cast(result, ret) if isinstance(result, Symbol) else result
        if result is None and ret != types.none:
            raise TypingError(f"the code generator of {name} gives no value, but its signature returns {ret}")
        names = ", ".join(a.expr for a in self.args)
        returned = "None" if result is None or ret == types.none else text(result)
        source = "\n".join([f"def recorded({names}):", *self.lines, f"    return {returned}", ""])
        filename = f"<code generator of {name}>"
        import linecache

        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        exec(compile(source, filename, "exec"), self.scope)  # written above, of operations and names that are ours
        made = self.scope["recorded"]
        made.__looplift_jitable__ = True
        made.__looplift_options__ = {"error_model": "numpy", "inline": "always"}
        return made


def _scalar(type):
    name = str(types.unliteral(type))
    return "bool_" if name == "bool" else name


def text(value):
    """The expression of a symbol or of a plain constant."""
    if isinstance(value, Symbol):
        return value.expr
    if isinstance(value, (bool, int, float, complex)):
        return repr(value)
    raise UnsupportedError(f"a code generator used {value!r}, which is no value of the function")


_BINARY = {
    "add": "+", "sub": "-", "mul": "*", "sdiv": "//", "udiv": "//", "srem": "%", "urem": "%", "and_": "&", "or_": "|", "xor": "^",
    "shl": "<<", "ashr": ">>", "lshr": ">>", "fadd": "+", "fsub": "-", "fmul": "*", "fdiv": "/", "frem": "%",
}  # fmt: skip
_WIDTH_KEEPING = frozenset(_BINARY)
_CONVERSIONS = ("sext", "zext", "trunc", "fpext", "fptrunc", "sitofp", "uitofp", "fptosi", "fptoui")


class Builder(Variables):
    """The builder that code generators are given: arithmetic, comparison, selection, conversion, tuples, variables."""

    def __init__(self, recorder):
        self.recorder = recorder

    def __getattr__(self, name):
        operator = _BINARY.get(name)
        if operator is not None:
            return lambda a, b, name="", flags=(): self._binary(operator, a, b)
        if name in _CONVERSIONS:
            return lambda value, type, name="": self.recorder.cast(value, _looplift_type(type))
        raise UnsupportedError(f"the builder has no {name!r} here; it has the operations of straight-line code")

    def _binary(self, operator, a, b):
        type = getattr(a, "type", None) or getattr(b, "type", None)
        made = self.recorder.line(f"{text(a)} {operator} {text(b)}", type)
        return self.recorder.cast(made, type) if isinstance(type, types.Number) else made

    def neg(self, value, name=""):
        return self.recorder.line(f"-{text(value)}", value.type)

    fneg = neg

    def not_(self, value, name=""):
        operator = "not " if isinstance(value.type, types.Boolean) else "~"
        return self.recorder.line(f"{operator}{text(value)}", value.type)

    def icmp_signed(self, operator, a, b, name=""):
        return self.recorder.line(f"{text(a)} {operator} {text(b)}", types.boolean)

    icmp_unsigned = icmp = fcmp_ordered = fcmp_unordered = icmp_signed

    def select(self, condition, a, b, name=""):
        return self.recorder.line(f"({text(a)} if {text(condition)} else {text(b)})", getattr(a, "type", None))

    def extract_value(self, value, index, name=""):
        for k in index if isinstance(index, (tuple, list)) else (index,):
            value = self.recorder.line(f"{text(value)}[{int(k)}]")
        return value

    def bitcast(self, value, type, name=""):
        wanted = _looplift_type(type)
        if wanted == value.type:
            return value
        raise UnsupportedError("the builder has no bit casts here")


def _looplift_type(type):
    if isinstance(type, types.Type):
        return type
    raise UnsupportedError(f"{type!r} is no type of looplift; conversions take types such as types.float64")


class Context:
    """The context that code generators are given."""

    def __init__(self, recorder):
        self.recorder = recorder

    def get_constant(self, type, value):
        """A constant of a type."""
        return self.recorder.cast(self.recorder.constant(value), type)

    def get_constant_generic(self, builder, type, value):
        return self.get_constant(type, value)

    def get_dummy_value(self):
        return self.recorder.constant(None, types.none)

    def get_value_type(self, type):
        """Types stand for themselves."""
        return type

    get_data_type = get_value_type

    def cast(self, builder, value, fromty, toty):
        """A value as another type: by `lower_cast`, or as a number."""
        from looplift import _extension

        return _extension.cast(self, builder, value, fromty, toty)

    def compile_internal(self, builder, function, sig, args):
        """A call of a Python function."""
        function = getattr(function, "py_func", function)
        function.__looplift_jitable__ = True
        called = self.recorder.constant(function)
        return self.recorder.line(f"{called.expr}({', '.join(map(text, args))})", sig.return_type)

    def make_tuple(self, builder, type, values):
        items = "".join(text(v) + ", " for v in values)
        return self.recorder.line(f"({items})", type)

    def make_helper(self, builder, type, value=None, ref=None):
        """A structure of a type, as `cgutils.create_struct_proxy` makes it."""
        return struct_proxy(type)(self, builder, value=value)

    def get_function(self, function, sig):
        """What calls a function with a signature: takes the builder and the arguments."""
        return lambda builder, args: self.compile_internal(builder, function, sig, args)

    def __getattr__(self, name):
        raise UnsupportedError(f"the context has no {name!r} here")


def struct_proxy(type):
    """Makes structures of a user's type: fields are attributes; `_getvalue()` is the value."""
    from looplift import _extension

    fields = _extension.fields_of(type)

    class Proxy:
        def __init__(self, context, builder, value=None, ref=None):
            self.__dict__["_builder"] = builder
            if value is None:
                return
            for k, (name, t) in enumerate(fields):
                item = Symbol(builder.recorder, f"{text(value)}.{name}", t) if isinstance(value, Symbol) else value[k]
                self.__dict__[name] = item

        def __setattr__(self, name, value):
            if name not in dict(fields):
                raise AttributeError(f"{type} has no field {name!r}")
            self.__dict__[name] = value

        def _getvalue(self):
            missing = [name for name, _ in fields if name not in self.__dict__]
            if missing:
                raise UnsupportedError(f"fields of {type} without a value: {', '.join(missing)}")
            values = [self.__dict__[name] for name, _ in fields]
            if not isinstance(self._builder, Builder):
                return tuple(values)
            recorder = self._builder.recorder
            cast = [recorder.cast(v, t) for v, (_, t) in zip(values, fields, strict=True)]
            made = recorder.constant(_extension.carrier(type))
            return recorder.line(f"{made.expr}({', '.join(map(text, cast))})", type)

    return Proxy


def record(codegen, sig, name):
    """The Python function that does what a code generator does."""
    recorder = Recorder(sig.args)
    result = codegen(Context(recorder), Builder(recorder), sig, tuple(recorder.args))
    return recorder.function(result, sig.return_type, name)


def core_types(sig):
    """Whether all types of a signature have values in compiled code."""
    return all(isinstance(t, _core.Type) for t in (*sig.args, sig.return_type))
