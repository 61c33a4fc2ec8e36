"""Functions that decide whether a call is inlined: `inline=` of `jit` and of overloads, where it is a function.

It is asked once for each call of the source and for each choice of argument types, with what Numba's are asked with: the call, the function in which
it stands, and the function that is called. Numba passes its intermediate code, which does not exist here; what these objects have is what
can be said of a call before it is compiled.
"""

import dis


class Loc:
    """A place in the source."""

    def __init__(self, filename, line):
        self.filename, self.line = filename, line

    def __repr__(self):
        return f"{self.filename}:{self.line}"


class Call:
    """A call: `args` are the types of its positional arguments, `kws` pairs of a name and a type, `loc` the place."""

    op = "call"

    def __init__(self, func, args, kws, loc):
        self.func, self.args, self.kws, self.loc = func, args, kws, loc

    def __repr__(self):
        listed = ", ".join([*map(str, self.args), *(f"{name}={t}" for name, t in self.kws)])
        return f"call {self.func.__qualname__}({listed}) at {self.loc}"


class FunctionInfo:
    """A function that takes part in a call.

    `func` is the Python function, `arg_names` and `arg_count` are its parameters, `arg_types` the types that it is called with, `loc` is where
    it begins, `size` the number of its bytecode instructions, `consts` are the constants in its source.
    """

    def __init__(self, func, arg_types):
        self.func = func
        self.arg_types = arg_types

    @property
    def _code(self):
        return self.func.__code__

    @property
    def arg_names(self):
        code = self._code
        return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

    @property
    def arg_count(self):
        return len(self.arg_names)

    @property
    def loc(self):
        return Loc(self._code.co_filename, self._code.co_firstlineno)

    @property
    def size(self):
        return sum(1 for _ in dis.get_instructions(self.func))

    @property
    def consts(self):
        return self._code.co_consts

    def __getattr__(self, name):
        raise AttributeError(
            f"a function that decides about inlining asked for {name!r}: it is told of func, arg_names, arg_count, arg_types, loc, size "
            "and consts of the caller and the callee; there is no Numba IR",
            name=name,
            obj=self,
        )

    def __repr__(self):
        return f"FunctionInfo({self.func.__qualname__}({', '.join(map(str, self.arg_types))}))"


def wanted(decide, caller, caller_types, line, callee, types, named):
    """Whether `decide` wants a call inlined."""
    loc = Loc(caller.__code__.co_filename, line)
    call = Call(callee, tuple(types), tuple(named.items()), loc)
    return bool(decide(call, FunctionInfo(caller, tuple(caller_types)), FunctionInfo(callee, (*types, *named.values()))))
