"""The object mode of one dispatcher: the function that runs, its loops, what is said about them.

Rust calls `enter` when a function cannot be compiled or must not be (`forceobj`). It gives the callable that runs instead,
which is stored on the dispatcher and replaced when loops turn out not to be compilable.
"""

import inspect
import warnings
import weakref

from looplift import _core
from looplift._objectmode import lift
from looplift._objectmode.entries import Entry
from looplift._remarks import as_text, vector_loops
from looplift._signature import Signature, normalized, written
from looplift.errors import TypingError

NAME = "_object_mode"
# Runs after which loops that never ran compiled are no longer offered.
_SETTLING = 4
# Combinations of argument classes that run in the interpreter without a question.
_ROWS = 4
# Py_TPFLAGS_HEAPTYPE
_HEAP_TYPE = 1 << 9


def _with_own_cells(func):
    """The function with the values that its closure has now, as compiled functions have them; itself where it assigns them."""
    import dis
    import types

    if not func.__closure__:
        return func
    free = func.__code__.co_freevars
    if any(i.argval in free and i.opname in ("STORE_DEREF", "DELETE_DEREF", "LOAD_CLOSURE") for i in dis.get_instructions(func)):
        return func
    try:
        # Only plain values are constants: what may hold on to much is shared.
        plain = (int, float, complex, str, bytes, tuple, type(None))
        cells = tuple(types.CellType(c.cell_contents) if isinstance(c.cell_contents, plain) else c for c in func.__closure__)
    except ValueError:
        # A variable that is assigned later.
        return func
    new = types.FunctionType(func.__code__, func.__globals__, func.__name__, func.__defaults__, cells)
    new.__kwdefaults__ = func.__kwdefaults__
    new.__qualname__, new.__module__, new.__doc__ = func.__qualname__, func.__module__, func.__doc__
    new.__dict__.update(func.__dict__)
    return new


class ObjectMode:
    """What runs for a dispatcher in object mode. `sites` are its loops, `entries` their compiled sides by site."""

    def __init__(self, dispatcher, error):
        func = dispatcher.py_func
        options = dispatcher.targetoptions
        if options.get("forceobj"):
            func = _with_own_cells(func)
        self.func, self.error = func, error
        self.signatures = {}
        # Whether these are the given ones; calls then add none.
        self.declared = False
        self.sites, self._made = [], None
        if options.get("looplift", True) is not False:
            self.sites, self._made = lift.sites(func)
        kept = {k: options[k] for k in ("fastmath", "boundscheck", "error_model") if k in options}
        self.entries = {s: Entry(s, kept, func.__name__) for s in self.sites if s.reason is None}
        self._calls = 0
        self._binding = None
        self.rows, self.direct = set(), None
        self._dispatcher = weakref.ref(dispatcher)
        self._patched()

    def _patched(self):
        self.function = lift.patch(self.func, self._made, self.entries) if self.entries else self.func

    def in_order(self, args, kwargs):
        """The arguments as the function's parameters have them."""
        if not kwargs and len(args) >= self.func.__code__.co_argcount:
            return args
        if self._binding is None:
            self._binding = inspect.signature(self.func)
        try:
            bound = self._binding.bind(*args, **kwargs)
        except TypeError:
            return args
        bound.apply_defaults()
        return (*bound.args, *bound.kwargs.values())

    def settle(self):
        """After some runs, loops that were always declined are taken out of the function; from then on as soon as they give up."""
        self._calls += 1
        if self._calls != _SETTLING:
            return
        if self._without(s for s, e in self.entries.items() if not e.active or (not e.runs and e.reasons and e.hopeless)):
            self._patched()
        # (An entry is a constant of code, which the garbage collector does not look into.)
        this = weakref.ref(self)
        for e in self.entries.values():
            e.stopped = lambda entry: (mode := this()) and mode.drop(entry)

    def _without(self, sites):
        dead = list(sites)
        for s in dead:
            s.reason = self.entries.pop(s).reasons[-1]
        return dead

    def drop(self, entry):
        """Takes a loop out of the function that later calls run."""
        if self._without([s for s, e in self.entries.items() if e is entry]):
            self._patched()
            dispatcher = self._dispatcher()
            if self.direct is not None and dispatcher is not None:
                self.go_directly(dispatcher, self.direct)

    def go_directly(self, dispatcher, rows):
        """Calls with arguments of the classes of a row, or all if there is none, run the function without a question."""
        self.direct = rows
        _core.run_directly(dispatcher, self.function, rows)

    @property
    def lifted(self):
        """Dispatchers of the loops that were compiled."""
        return tuple(e.dispatcher for e in self.entries.values() if e.compiled)

    def report(self):
        """What `explain` gives: a dict with the reason for object mode and a row a loop."""
        rows = []
        for s in self.sites:
            e = self.entries.get(s)
            done = e is not None and e.compiled
            reason = None if done else s.reason or (e.reasons[0] if e is not None and e.reasons else "it has not run yet")
            rows.append({"line": s.line, "lifted": done, "reason": reason})
        error = None if self.error is None else str(self.error)
        return {"function": self.func.__qualname__, "mode": "object", "reason": error, "loops": rows}


def enter(dispatcher, error):
    """The object mode of a dispatcher, made on first use. `error` is why the function is not compiled, or None."""
    mode = dispatcher.__dict__.get(NAME)
    if mode is None:
        mode = ObjectMode(dispatcher, error)
        dispatcher.__dict__[NAME] = mode
    return mode


def declare(dispatcher, signatures):
    """Enters the signatures that a function in object mode was given, which calls do not look at."""
    mode = enter(dispatcher, None)
    mode.declared = True
    for sig in signatures:
        args = _declared_types(sig)
        mode.signatures[args] = Signature(_pyobject(), args)


def _declared_types(sig):
    """The argument types of a signature, which may name types that compiled code has no values of, such as `pyobject`."""
    try:
        return tuple(_core.normalize_signature(normalized(sig))[0])
    except (TypingError, ValueError):
        found = written(sig) if isinstance(sig, str) else sig
        return tuple(getattr(found, "args", found))


def call(dispatcher, error, args, kwargs):
    """Runs a function in object mode; a warning at its first return says what was compiled and what was not."""
    mode = enter(dispatcher, error)
    first = mode._calls == 0
    forced = dispatcher.targetoptions.get("forceobj")
    # Where object mode is asked for, types do not matter.
    key = (_pyobject(),) * mode.func.__code__.co_argcount if forced else tuple(_typeof(a) for a in mode.in_order(args, kwargs))
    if key not in mode.signatures and not (forced and mode.declared):
        mode.signatures[key] = Signature(_pyobject(), key)
    try:
        return mode.function(*args, **kwargs)
    finally:
        mode.settle()
        if mode._calls >= _SETTLING:
            if forced:
                mode.go_directly(dispatcher, ())
            elif not kwargs and len(mode.rows) < _ROWS and any(map(_is_foreign, args, key)):
                mode.rows.add(tuple(map(type, args)))
                mode.go_directly(dispatcher, tuple(mode.rows))
        if first and mode.lifted and "_cache" in dispatcher.__dict__:
            from looplift.errors import NumbaWarning

            name = mode.func.__name__
            warnings.warn(f'Cannot cache compiled function "{name}" as it uses lifted code', NumbaWarning, stacklevel=3)
        if first and not dispatcher.targetoptions.get("forceobj"):
            _warn(dispatcher, mode)


def _is_foreign(value, kind):
    """Whether values of this class, one that is written in Python, never have a type."""
    return kind is _pyobject() and bool(type(value).__flags__ & _HEAP_TYPE)


def _pyobject():
    from looplift import types

    return getattr(types, "pyobject", None)


def _typeof(value):
    try:
        return _core.typeof_value(value)
    except Exception:
        return _pyobject()


def _warn(dispatcher, mode):
    from looplift.errors import NumbaWarning

    report = mode.report()
    func = mode.func
    reason = (report["reason"] or "").splitlines()
    text = [f"function '{func.__qualname__}' runs in object mode ({func.__code__.co_filename}:{func.__code__.co_firstlineno})"]
    if reason:
        text[0] += f": {reason[0]}"
    for row in report["loops"]:
        state = "is compiled" if row["lifted"] else f"stays in the interpreter: {row['reason']}"
        text.append(f"  the loop at line {row['line']} {state}")
    warnings.warn("\n".join(text), NumbaWarning, stacklevel=4)


def explain(dispatcher):
    """How a function is run, as an `Explanation`: text when printed, a dict in `.data`."""
    mode = dispatcher.__dict__.get(NAME)
    compiled = [str(Signature(ret, args)) for args, ret in _core.overload_types(dispatcher)]
    data = {"function": dispatcher.py_func.__qualname__, "compiled": compiled}
    if mode is not None:
        data.update(mode.report())
    else:
        data.update(mode="nopython" if compiled else None, reason=None, loops=[])
    data["vector_loops"] = vector_loops(dispatcher)
    return Explanation(data)


class Explanation:
    """Printed, it is a text for people; `data` has the same as a dict."""

    def __init__(self, data):
        self.data = data

    def __str__(self):
        d = self.data
        lines = [f"{d['function']}: " + {"object": "object mode", "nopython": "compiled whole", None: "not called yet"}[d["mode"]]]
        lines += [f"  signature {s}" for s in d["compiled"]]
        if d["reason"]:
            lines += ["  why it is not compiled whole:", *("    " + r for r in d["reason"].splitlines())]
        for row in d["loops"]:
            lines.append(f"  loop at line {row['line']}: " + ("compiled" if row["lifted"] else f"in the interpreter: {row['reason']}"))
        signature = None
        for row in d["vector_loops"]:
            if len(d["compiled"]) > 1 and row["signature"] != signature:
                signature = row["signature"]
                lines.append(f"  for ({', '.join(map(str, signature))}):")
            lines.append("  " + as_text(row, d["function"].rpartition(".")[2]))
        return "\n".join(lines)

    __repr__ = __str__
