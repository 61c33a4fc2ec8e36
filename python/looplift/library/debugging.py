"""`breakpoint()`, `gdb()` and its relatives: compiled code calls Python's functions, under the interpreter's lock."""

from looplift import _debugger, types
from looplift.errors import TypingError
from looplift.library._registry import overload


class _Called:
    """A function that is called as it is. What it gives is left to it."""

    def __init__(self, function):
        self.function = function

    def __call__(self):
        self.function()
        # Calls for nothing would not be made.
        return 0

    def __looplift_result__(self, *args):
        return types.int64


def _implementation(function):
    called = _Called(function)

    def implementation():
        called()

    return implementation


_BREAK = _implementation(lambda: breakpoint())  # the builtin is looked up when it is called
_GDB_BREAK = _implementation(_debugger.gdb_breakpoint)


@overload("builtins.breakpoint")
def breakpoint_():
    return _BREAK


@overload("looplift._debugger.gdb_breakpoint")
def gdb_breakpoint():
    return _GDB_BREAK


def _with_arguments(function):
    """An overload of a function that takes texts, which are constant."""

    def of_texts(*args):
        if not all(t.kind == "literal_str" for t in args):
            raise TypingError(f"{function.__name__}() takes constant texts, arguments of the debugger")
        texts = [t.literal_value for t in args]
        called = _Called(lambda: function(*texts))

        def implementation(*args):
            called()

        return implementation

    return of_texts


overload("looplift._debugger.gdb")(_with_arguments(_debugger.gdb))
overload("looplift._debugger.gdb_init")(_with_arguments(_debugger.gdb_init))
