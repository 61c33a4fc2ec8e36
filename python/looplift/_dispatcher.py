"""The less used half of a dispatcher: looking into what was compiled, pickling, copying."""

import sys

from looplift import _core
from looplift._signature import Signature

STAGES = ("bytecode", "hir", "types", "mir", "clif", "asm")


def _argument_types(signature):
    return _core.normalize_signature(signature)[0]


def _text(self, stage, signature):
    """Text of a stage: of one signature, or a dict of all by their argument types."""
    if signature is not None:
        return _core.stage_text(self, list(_argument_types(signature)), stage)
    return {args: _core.stage_text(self, list(args), stage) for args, _ in _core.overload_types(self)}


def compile(self, sig):
    """Compiles a signature (text, `Signature`, or a tuple of types) unless it is compiled already."""
    _core.compile_signature(self, sig)
    return get_compile_result(self, sig, flush=False)


def disable_compile(self, val=True):
    """Forbids new signatures (or allows them again): other argument types are then converted or refused."""
    _core.set_can_compile(self, not val)


def recompile(self):
    """Compiles all signatures again, with the globals and closure values of now."""
    sigs = [args for args, _ in _core.overload_types(self)]
    allowed = _core.can_compile(self)
    _core.reset(self)
    _core.set_can_compile(self, True)
    try:
        for args in sigs:
            _core.compile_signature(self, args)
    finally:
        _core.set_can_compile(self, allowed)


def _object_mode(self):
    """What runs in object mode (`looplift._objectmode.mode.ObjectMode`), or None."""
    return self.__dict__.get("_object_mode")


def explain(self):
    """How the function runs: what is compiled, what is not and why, loop by loop. A text when printed, a dict in `.data`."""
    from looplift._objectmode.mode import explain

    return explain(self)


def get_signatures(self):
    """Argument types of the compiled signatures, and of the calls that ran in object mode."""
    mode = _object_mode(self)
    return [args for args, _ in _core.overload_types(self)] + ([] if mode is None else list(mode.signatures))


def get_nopython_signatures(self):
    """The compiled signatures with their result types."""
    return [Signature(ret, args) for args, ret in _core.overload_types(self)]


class CompileResult:
    """A compiled signature: `signature`, `nopython` results only."""

    objectmode = False
    fndesc = None
    lifted = ()

    def __init__(self, dispatcher, args, ret):
        self.signature = Signature(ret, args)
        self._dispatcher = dispatcher

    @property
    def entry_point(self):
        """The dispatcher itself, which calls the compiled code."""
        return self._dispatcher

    @property
    def metadata(self):
        return get_metadata(self._dispatcher, self.signature)

    def __repr__(self):
        return f"<compiled {self.signature}>"


class ObjectModeResult:
    """A signature that runs in object mode: `lifted` has the dispatchers of its compiled loops."""

    objectmode = True
    fndesc = None

    def __init__(self, mode, signature):
        self.signature = signature
        self._mode = mode

    @property
    def lifted(self):
        return self._mode.lifted

    @property
    def entry_point(self):
        """The Python function that runs."""
        return self._mode.function

    def __repr__(self):
        return f"<object mode {self.signature}>"


def get_overloads(self):
    """The compiled signatures by their argument types, and those of object mode."""
    out = {args: CompileResult(self, args, ret) for args, ret in _core.overload_types(self)}
    mode = _object_mode(self)
    if mode is not None:
        out.update({args: ObjectModeResult(mode, sig) for args, sig in mode.signatures.items()})
    return out


def get_compile_result(self, sig, flush=True):
    """The compiled signature with these argument types, or None."""
    return get_overloads(self).get(tuple(_argument_types(sig)))


def get_overload(self, sig):
    """What calls the compiled signature: the dispatcher."""
    if get_compile_result(self, sig) is None:
        raise KeyError(sig)
    return self


def get_call_template(self, args, kws):
    """Numba's internal hook; there are no templates here."""
    raise NotImplementedError("dispatchers have no call templates")


def get_is_compiled(self):
    """Whether some signature is compiled."""
    return bool(_core.overload_types(self))


def get_can_compile(self):
    return _core.can_compile(self)


def get_metadata(self, signature=None):
    """Times of the compiler's stages in nanoseconds: of one signature, or a dict of all."""
    if signature is not None:
        args = tuple(_argument_types(signature))
        return {"stage_times_ns": dict(_core.stage_times(self, list(args)))}
    return {args: get_metadata(self, args) for args, _ in _core.overload_types(self)}


def compile_times(self, signature=None):
    """Times of the compiler's stages in nanoseconds."""
    return get_metadata(self, signature)


class _Stats(tuple):
    """Numba's counters of its disk cache: `cache_path`, `cache_hits`, `cache_misses`."""

    __slots__ = ()
    cache_path = property(lambda self: self[0])
    cache_hits = property(lambda self: self[1])
    cache_misses = property(lambda self: self[2])

    def __repr__(self):
        return f"_CompileStats(cache_path={self[0]!r}, cache_hits={self[1]!r}, cache_misses={self[2]!r})"


def get_stats(self):
    """Counters of the disk cache: none is used; misses are the calls that had to compile."""
    return _Stats((None, {}, {args: 1 for args, _ in _core.overload_types(self)}))


def inspect_hir(self, signature=None):
    """The function over Python's operations, nothing resolved."""
    return _text(self, "hir", signature)


def inspect_mir(self, signature=None):
    """The optimised typed form."""
    return _text(self, "mir", signature)


def inspect_clif(self, signature=None):
    """What the code generator was given."""
    return _text(self, "clif", signature)


def inspect_asm(self, signature=None):
    """The machine code, disassembled."""
    return _text(self, "asm", signature)


def inspect_llvm(self, signature=None):
    """There is no LLVM here: the optimised typed form, which has the same purpose."""
    return _text(self, "mir", signature)


def inspect_disasm_cfg(self, signature=None):
    """Numba's control-flow graph of the machine code; here its text."""
    return _text(self, "asm", signature)


def parallel_diagnostics(self, signature=None, level=1):
    """Nothing is transformed into parallel loops yet, and this says so."""
    print(f"No parallel transformations have been made in {self.py_func.__qualname__}.")


def inspect_types(self, file=None, signature=None, pretty=False, style="default", **kwargs):
    """Prints the source with the variables of every line and their types, for one signature or all."""
    if pretty:
        raise ValueError("pretty printing is not available; the text form has all there is")
    out = sys.stdout if file is None else file
    wanted = [tuple(_argument_types(signature))] if signature is not None else get_signatures(self)
    name = self.py_func.__name__
    for args in wanted:
        text = _core.stage_text(self, list(args), "lines")
        print(f"{name} {args}", file=out)
        print("-" * 80, file=out)
        print(_annotated(self.py_func, text), file=out)
        print("=" * 80, file=out)


def _annotated(func, text):
    """Source lines, each after the typed operations of it. `text` has lines ``line<TAB>operation``."""
    import linecache

    code = func.__code__
    by_line = {}
    for row in text.splitlines():
        number, _, operation = row.partition("\t")
        by_line.setdefault(int(number), []).append(operation)
    last = max([*by_line, code.co_firstlineno], default=code.co_firstlineno)
    lines = [f"# File: {code.co_filename}"]
    for number in range(code.co_firstlineno, last + 1):
        lines.append(f"# --- LINE {number} --- ")
        source = linecache.getline(code.co_filename, number, func.__globals__).rstrip("\n")
        indent = " " * (len(source) - len(source.lstrip()))
        lines.extend(f"{indent}#   {operation}" for operation in by_line.get(number, ()))
        lines.append("")
        lines.append(source)
        lines.append("")
    return "\n".join(lines)


def _rebuild_by_name(module, qualname):
    import importlib

    obj = importlib.import_module(module)
    for part in qualname.split("."):
        obj = getattr(obj, part)
    return obj


def _rebuild(func, options, sigs, allowed):
    """A dispatcher of the same function, with its signatures compiled again."""
    from looplift.decorators import _make

    dispatcher = _make(func, None, dict(options))
    if isinstance(dispatcher, _core.CPUDispatcher):
        for args in sigs:
            _core.compile_signature(dispatcher, args)
        _core.set_can_compile(dispatcher, allowed)
    return dispatcher


def _rebuild_code(state, options, sigs, allowed):
    return _rebuild(_function_from(state), options, sigs, allowed)


def _function_state(func):
    """A function as picklable parts: marshalled code, the globals it uses, closure values."""
    import marshal

    code = func.__code__
    names = set()
    work = [code]
    while work:
        c = work.pop()
        names.update(c.co_names)
        work.extend(k for k in c.co_consts if isinstance(k, type(code)))
    used = {}
    modules = {}
    for name in sorted(names):
        if name in func.__globals__:
            value = func.__globals__[name]
            if isinstance(value, type(sys)):
                modules[name] = value.__name__
            else:
                used[name] = value
    return {
        "code": marshal.dumps(code),
        "name": func.__name__,
        "qualname": func.__qualname__,
        "module": func.__module__,
        "defaults": func.__defaults__,
        "kwdefaults": func.__kwdefaults__,
        "closure": None if func.__closure__ is None else [c.cell_contents for c in func.__closure__],
        "globals": used,
        "modules": modules,
        "version": sys.version_info[:2],
    }


def _function_from(state):
    import builtins
    import importlib
    import marshal
    import types

    if tuple(state["version"]) != sys.version_info[:2]:
        raise ValueError("the function was pickled by another version of Python")
    scope = {"__builtins__": builtins, "__name__": state["module"], **state["globals"]}
    for name, module in state["modules"].items():
        scope[name] = importlib.import_module(module)
    closure = None if state["closure"] is None else tuple(types.CellType(v) for v in state["closure"])
    func = types.FunctionType(marshal.loads(state["code"]), scope, state["name"], state["defaults"], closure)
    func.__qualname__ = state["qualname"]
    func.__kwdefaults__ = state["kwdefaults"]
    func.__module__ = state["module"]
    return func


def is_at_name(obj, module, qualname):
    """Whether the module has `obj` under this name."""
    try:
        return _rebuild_by_name(module, qualname) is obj
    except (ImportError, AttributeError):
        return False


def portable_function(func):
    """Something picklable from which `restored_function` makes the function."""
    return func if is_at_name(func, func.__module__, func.__qualname__) else _function_state(func)


def restored_function(state):
    return _function_from(state) if isinstance(state, dict) else state


def __reduce__(self):
    func = self.py_func
    module, qualname = func.__module__, func.__qualname__
    try:
        if _rebuild_by_name(module, qualname) is self:
            return _rebuild_by_name, (module, qualname)
    except (ImportError, AttributeError):
        pass
    sigs = get_signatures(self)
    allowed = _core.can_compile(self)
    try:
        importable = _rebuild_by_name(module, qualname) is func
    except (ImportError, AttributeError):
        importable = False
    if importable:
        return _rebuild, (func, self.targetoptions, sigs, allowed)
    return _rebuild_code, (_function_state(func), self.targetoptions, sigs, allowed)


def __copy__(self):
    return self


def __deepcopy__(self, memo):
    return self
