"""The less used half of a dispatcher: looking into what was compiled, pickling, copying."""

import contextlib
import sys
import weakref
from collections import Counter, OrderedDict, namedtuple

from looplift import _core
from looplift._signature import Signature, normalized
from looplift.errors import NumbaError

STAGES = ("bytecode", "hir", "types", "mir", "clif", "asm")


def _argument_types(signature):
    return _core.normalize_signature(normalized(signature))[0]


def _seen(self):
    """The signatures that can be looked into, `(argument types, result type)` each.

    Those that only compiled code has called get an entry point of their own first; what cannot have one (its arguments are no
    values of Python's) is left out.
    """
    own = {args for args, _ in _core.overload_types(self)}
    missing = [args for args, _ in _core.called_types(self) if args not in own and all(t == t.unliteral for t in args)]
    if missing:
        allowed = _core.can_compile(self)
        _core.set_can_compile(self, True)
        try:
            for args in missing:
                with contextlib.suppress(NumbaError, TypeError):
                    _core.compile_signature(self, args)
        finally:
            _core.set_can_compile(self, allowed)
    return _core.overload_types(self)


def _text(self, stage, signature, dress=None):
    """Text of a stage: of one signature, or a dict of all by their argument types."""
    seen = _seen(self)

    def one(args):
        text = _core.stage_text(self, list(args), stage)
        return text if dress is None else dress(tuple(args), text)

    if signature is not None:
        return one(_argument_types(signature))
    return {args: one(args) for args, _ in seen}


def _result_type(self, args):
    return dict(_core.overload_types(self)).get(args)


def compile(self, sig):
    """Compiles a signature (text, `Signature`, or a tuple of types) unless it is compiled already; gives its entry point."""
    _core.compile_signature(self, normalized(sig))
    return self


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


def _all_signatures(self):
    """Results by argument types, in order of compilation."""
    return dict(_core.called_types(self)) | dict(_core.overload_types(self))


def get_signatures(self):
    """Argument types of the compiled signatures, also of those that only compiled code calls, and of calls that ran in object mode."""
    mode = _object_mode(self)
    return list(_all_signatures(self)) + ([] if mode is None else list(mode.signatures))


def get_nopython_signatures(self):
    """The compiled signatures with their result types."""
    return [Signature(ret, args) for args, ret in _all_signatures(self).items()]


def _own_signatures(self):
    """Argument types of the signatures that Python has called or declared."""
    return [args for args, _ in _core.overload_types(self)]


class _EntryPoint:
    """A function that runs compiled code, with an object that it belongs to, `__self__`, as functions in C have one."""

    class _Code:
        pass

    def __init__(self, function, types=None):
        self.__self__ = self._Code()
        self.__self__.function = function
        self._types = types
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(self, name, getattr(function, name))

    def __call__(self, *args, **kwargs):
        if kwargs or self._types is None or len(args) != len(self._types):
            return self.__self__.function(*args, **kwargs)
        return _core.run_signature(self.__self__.function, self._types, args)


class CompileResult:
    """A compiled signature: `signature`, `entry_point`, `metadata`, `lifted` loops."""

    objectmode = False
    fndesc = None
    typing_error = None
    call_helper = None
    lifted = ()

    def __init__(self, dispatcher, args, ret):
        self.signature = Signature(ret, args)
        self._dispatcher = dispatcher

    @property
    def entry_point(self):
        """What calls the compiled code: arguments are converted to the signature's types."""
        return _EntryPoint(self._dispatcher, self.signature.args)

    @property
    def library(self):
        """The compiled texts: `get_llvm_str()`, `get_asm_str()`, `get_function_cfg()`."""
        return _Library(self._dispatcher, self.signature)

    @property
    def type_annotation(self):
        return _annotation(self._dispatcher, self.signature.args)

    @property
    def metadata(self):
        return get_metadata(self._dispatcher, self.signature)

    def dump(self, tab=""):
        print(f"{tab}DUMP CompileResult[signature={self.signature}]")

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
        """What calls the Python function that runs."""
        return _EntryPoint(self._mode.function)

    def __repr__(self):
        return f"<object mode {self.signature}>"


class _Library:
    # Whether code holds addresses that another process does not know: it goes through tables for them.
    has_dynamic_globals = False

    def __init__(self, dispatcher, signature):
        self._dispatcher = dispatcher
        self._signature = signature
        self.name = dispatcher.py_func.__name__

    def get_llvm_str(self):
        return inspect_llvm(self._dispatcher, self._signature)

    def get_asm_str(self):
        return inspect_asm(self._dispatcher, self._signature)

    def get_function_cfg(self, name=None, py_func=None, **kwargs):
        return inspect_cfg(self._dispatcher, self._signature)


def get_overloads(self):
    """The compiled signatures by their argument types, and those of object mode."""
    out = OrderedDict((args, CompileResult(self, args, ret)) for args, ret in _seen(self))
    mode = _object_mode(self)
    if mode is not None:
        out.update({args: ObjectModeResult(mode, sig) for args, sig in mode.signatures.items()})
    return out


def get_compile_result(self, sig, flush=True):
    """The compiled signature with these argument types, compiled if it is not yet; None if it may not be."""
    args = tuple(_argument_types(sig))
    found = get_overloads(self).get(args)
    if found is None and flush and _core.can_compile(self):
        compile(self, sig)
        found = get_overloads(self).get(args)
    return found


def get_overload(self, sig):
    """What calls the compiled signature: the dispatcher."""
    args = tuple(_argument_types(sig))
    if args not in get_overloads(self):
        raise KeyError(args)
    return self


def add_overload(self, cres):
    """Compiles the signature of another dispatcher's compile result."""
    compile(self, cres.signature)


class CallTemplate:
    """The signatures a call of a dispatcher can have, as Numba's inference has them: `key`, `cases`."""

    cases = ()
    key = None


def get_call_template(self, args, kws):
    """(template, Python signature, argument types, keywords) of a call with these types, compiling it if needed."""
    import inspect

    pysig = inspect.signature(self.py_func)
    bound = pysig.bind(*args, **kws)
    given = tuple(bound.arguments.get(name) for name in pysig.parameters if name in bound.arguments)
    if _core.can_compile(self):
        compile(self, given)
    name = f"CallTemplate({self.py_func.__name__})"
    cases = [cres.signature for cres in get_overloads(self).values()]
    return type(name, (CallTemplate,), {"cases": cases, "key": self}), pysig, given, {}


def get_function_type(self):
    """The function type, where there is one signature and there can be no other; else None."""
    from looplift.types import FunctionType

    sigs = get_nopython_signatures(self)
    return FunctionType(sigs[0]) if len(sigs) == 1 and not _core.can_compile(self) else None


def get_doc(self):
    return self.py_func.__doc__


def get_func_code(self):
    return self.py_func.__code__


def get_func_name(self):
    return self.py_func.__name__


def get_locals(self):
    """The option `locals`: types of variables by name."""
    return dict(self.targetoptions.get("locals") or {})


def get_numba_type_(self):
    from looplift import typeof

    return typeof(self)


def get_is_compiling(self):
    """Whether a signature is being compiled now, by any thread."""
    return _core.is_compiling(self)


def enable_caching(self):
    """Signatures compiled from now on are looked for, and kept, in the cache on disk."""
    from looplift import _cache

    self.targetoptions["cache"] = True
    _cache.enable(self)


def typeof_pyval(self, val):
    """The type of a value as an argument; `pyobject` if it has none."""
    from looplift import typeof, types

    try:
        return typeof(val)
    except ValueError:
        return types.pyobject


def dump(self, tab=""):
    """Prints the compiled signatures."""
    print(f"{tab}DUMP {type(self).__name__}[{self.py_func.__name__}]")
    for cres in get_overloads(self).values():
        cres.dump(tab + "  ")
    print(f"{tab}END DUMP {type(self).__name__}[{self.py_func.__name__}]")


def get_annotation_info(self, signature=None):
    """What `inspect_types` shows, as data: by (file and line, signature), the source lines and the typed operations."""
    seen = [args for args, _ in _seen(self)]
    wanted = seen if signature is None else [tuple(_argument_types(signature))]
    return OrderedDict(_annotation(self, args) for args in wanted)


def _annotation(self, args):
    from looplift import _inspect

    func = self.py_func
    code = func.__code__
    by_line = _inspect.lines_by_number(_core.stage_text(self, list(args), "lines"))
    source = _inspect.source_lines(func, by_line)
    key = (f"{code.co_filename}:{code.co_firstlineno}", str(Signature(_result_type(self, args), args)))
    return key, {
        "num_lifted_loops": 0,
        "filename": code.co_filename,
        "funcname": func.__name__,
        "python_lines": source,
        "python_indent": {n: len(text) - len(text.lstrip()) for n, text in source},
        "python_tags": {n: "" for n, _ in source},
        "ir_lines": {n: by_line.get(n, []) for n, _ in source},
        "ir_indent": {n: [0] * len(by_line.get(n, ())) for n, _ in source},
    }


def get_is_compiled(self):
    """Whether some signature is compiled."""
    return bool(_core.overload_types(self))


def get_can_compile(self):
    return _core.can_compile(self)


def get_metadata(self, signature=None):
    """Of one signature, or a dict of all: `timers` in seconds, `stage_times_ns` of the compiler's stages, `parfors`."""
    if signature is None:
        return {args: get_metadata(self, args) for args, _ in _seen(self)}
    args = tuple(_argument_types(signature))
    known = [a for a, _ in _seen(self)]
    if args not in known:
        raise KeyError(args)
    seconds = _core.compile_times(self)[known.index(args)] / 1e9
    stages = dict(_core.stage_times(self, list(args)))
    return {
        "timers": {"compiler_lock": seconds, "llvm_lock": stages.get("emit", 0) / 1e9},
        "pipeline_times": {"nopython": OrderedDict((name, ns / 1e9) for name, ns in stages.items())},
        "stage_times_ns": stages,
        "parfors": {},
        "parfor_diagnostics": ParallelDiagnostics(self),
        "prune_stats": None,
        "llvm_pass_timings": stages,
    }


def compile_times(self, signature=None):
    """Times of the compiler's stages in nanoseconds."""
    return get_metadata(self, signature)


_CompileStats = namedtuple("_CompileStats", ("cache_path", "cache_hits", "cache_misses"))


def get_stats(self):
    """Counters of the disk cache by argument types: what was loaded, and what had to be compiled."""
    cache = self.__dict__.get("_cache")
    loaded = cache.hits if cache is not None else Counter()
    misses = Counter({args: 1 for args, _ in _core.overload_types(self) if args not in loaded})
    return _CompileStats(None if cache is None else cache.path, loaded, misses)


def get_cache_hits(self):
    """How many times each signature was loaded from the cache on disk."""
    return get_stats(self).cache_hits


def get_cache_misses(self):
    """How many times each signature was compiled."""
    return get_stats(self).cache_misses


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
    from looplift import _inspect

    return _text(self, "asm", signature, lambda args, text: _inspect.assembly(self, args, text))


def inspect_llvm(self, signature=None):
    """There is no LLVM here: what the code generator is given (Cranelift's CLIF), which has the same purpose."""
    from looplift import _inspect

    return _text(
        self, "clif", signature, lambda args, text: _inspect.heading(self, args, _result_type(self, args), "CLIF") + text
    )


def inspect_cfg(self, signature=None, show_wrapper=None, **kwargs):
    """The control-flow graph of the optimised function: of one signature, or a dict of all."""
    from looplift._inspect import ControlFlowGraph

    return _text(self, "mir", signature, lambda args, text: ControlFlowGraph(self.py_func.__name__, text))


def inspect_disasm_cfg(self, signature=None):
    """Numba's control-flow graph of the machine code; here its text, with labels."""
    return inspect_asm(self, signature)


class ParallelDiagnostics:
    """What Numba's metadata have under this name: the loops that run in parallel."""

    def __init__(self, dispatcher):
        self._dispatcher = dispatcher

    def count_parfors(self):
        """How many loops run on several threads."""
        from looplift import _parallel

        return sum(row["parallel"] for row in _parallel.diagnostics(self._dispatcher))

    def dump(self, level=1):
        """Prints as `parallel_diagnostics` does."""
        parallel_diagnostics(self._dispatcher, level=level)


def parallel_diagnostics(self, signature=None, level=1):
    """Prints which `prange` loops run on several threads, what they reduce, and why others do not."""
    from looplift import _parallel

    if level not in (1, 2, 3, 4):
        raise ValueError(f"Report level unknown, should be one of 1, 2, 3, 4, not {level!r}")
    print(_parallel.report(self, level))


def inspect_types(self, file=None, signature=None, pretty=False, style="default", **kwargs):
    """Prints the source with the variables of every line and their types, for one signature or all.

    With `pretty` the answer is a page instead, which notebooks show; `style` is a style of pygments.
    """
    seen = [args for args, _ in _seen(self)]
    wanted = [tuple(_argument_types(signature))] if signature is not None else seen
    if pretty:
        if file is not None:
            raise ValueError("`file` must be None if `pretty=True`")
        from looplift._inspect import AnnotatedSource

        parts = [(self.py_func, args, _result_type(self, args), _core.stage_text(self, list(args), "lines")) for args in wanted]
        return AnnotatedSource(parts, style=style)
    out = sys.stdout if file is None else file
    name = self.py_func.__name__
    for args in wanted:
        text = _core.stage_text(self, list(args), "lines")
        print(f"{name} {args}", file=out)
        print("-" * 80, file=out)
        print(_annotated(self.py_func, text), file=out)
        print("=" * 80, file=out)
    return None


def _annotated(func, text):
    """Source lines, each after the typed operations of it. `text` has lines ``line<TAB>operation``."""
    from looplift import _inspect

    by_line = _inspect.lines_by_number(text)
    lines = [f"# File: {func.__code__.co_filename}"]
    for number, source in _inspect.source_lines(func, by_line):
        lines.append(f"# --- LINE {number} --- ")
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


# Dispatchers that were pickled here or came from a pickle, by the number they go by in pickles: one pickle gives one object.
_pickled = weakref.WeakValueDictionary()


def _number(dispatcher):
    number = dispatcher.__dict__.get("_uuid")
    if number is None:
        import uuid

        number = dispatcher.__dict__["_uuid"] = uuid.uuid4().hex
        _pickled[number] = dispatcher
    return number


def _rebuild(number, make, state, options):
    """A dispatcher of the same function, which `_restore` completes; the one that is here, if it is."""
    known = _pickled.get(number)
    if known is not None:
        return known
    from looplift.decorators import _make

    dispatcher = _make(make(state), None, dict(options))
    dispatcher.__dict__["_unfinished"] = True
    if isinstance(dispatcher, _core.CPUDispatcher):
        dispatcher.__dict__["_uuid"] = number
        _pickled[number] = dispatcher
    return dispatcher


def _restore(dispatcher, rest):
    """Gives a dispatcher that `_rebuild` made the global variables, which may refer to it, and its signatures, compiled again."""
    used, sigs, allowed = rest
    if not dispatcher.__dict__.pop("_unfinished", False):
        return
    func = getattr(dispatcher, "py_func", dispatcher)
    if used:
        func.__globals__.update(used)
    if isinstance(dispatcher, _core.CPUDispatcher):
        for args in sigs:
            _core.compile_signature(dispatcher, args)
        _core.set_can_compile(dispatcher, allowed)


def _itself(func):
    return func


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
    """Whether the module has `obj` under this name. (What runs as a program is another module in every process.)"""
    if module == "__main__":
        return False
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
    if is_at_name(self, module, qualname):
        return _rebuild_by_name, (module, qualname)
    rest = _own_signatures(self), _core.can_compile(self)
    if is_at_name(func, module, qualname):
        make, state, used = _itself, func, {}
    else:
        make, state = _function_from, _function_state(func)
        used, state["globals"] = state["globals"], {}
    # The global variables come last: the function may be one of them.
    return _rebuild, (_number(self), make, state, self.targetoptions), (used, *rest), None, None, _restore


def __copy__(self):
    return self


def __deepcopy__(self, memo):
    return self
