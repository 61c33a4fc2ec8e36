"""`jit` and `njit`."""

from functools import update_wrapper
from warnings import warn

from looplift import _core, config, types
from looplift.errors import NumbaError, NumbaWarning

# Every option Numba's decorators take, with what `jit` does about it.
# "code": decides what is compiled; "call": how it is called; "note": accepted, without effect here.
OPTIONS = {
    "nopython": "call",
    "forceobj": "call",
    "looplift": "call",
    "nogil": "call",
    "parallel": "code",
    "fastmath": "code",
    "boundscheck": "code",
    "error_model": "code",
    "inline": "code",
    "debug": "code",
    "overflow_checks": "code",
    "overflow": "code",
    "cache": "call",
    "locals": "code",
    "pipeline_class": "note",
    "target": "note",
    "target_backend": "note",
    "no_cpython_wrapper": "note",
    "no_cfunc_wrapper": "note",
    "no_rewrites": "note",
    "forceinline": "note",
    "_nrt": "note",
    "_dbg_extend_lifetimes": "note",
    "_dbg_optnone": "note",
    "noalias": "note",
}


_GONE = {"argtypes": "a signature", "restype": "a signature", "locals_": "locals"}
_PARALLEL = ("comprehension", "fusion", "inplace_binop", "numpy", "prange", "reduction", "setitem", "stencil")
_FASTMATH = ("afn", "arcp", "contract", "fast", "ninf", "nnan", "nsz", "reassoc")


def _check(options):
    for name in options:
        if name in _GONE:
            from looplift.errors import DeprecationError

            raise DeprecationError(f"Deprecated keyword argument `{name}`. Pass {_GONE[name]} as the first argument instead.")
        if name not in OPTIONS:
            raise KeyError(f"unknown option {name!r}; the options are: {', '.join(sorted(OPTIONS))}")
    parallel = options.get("parallel")
    if isinstance(parallel, dict):
        unknown = [name for name in parallel if name not in _PARALLEL]
        if unknown:
            raise NameError(f"Unrecognized parallel options: {unknown}; they are {', '.join(_PARALLEL)}")
    elif parallel is not None and not isinstance(parallel, int):
        raise ValueError(f"Expect parallel option to be either a bool or a dict, not {parallel!r}")
    model = options.get("error_model")
    if model is not None and model not in ("python", "numpy"):
        raise ValueError(f"error_model is 'python' or 'numpy', not {model!r}")
    inline = options.get("inline")
    if inline not in (None, "never", "always") and not callable(inline):
        raise ValueError(f"inline is 'never', 'always', or a function that decides, not {inline!r}")
    overflow = options.get("overflow")
    if overflow is not None:
        if overflow not in ("raise", "wrap"):
            raise ValueError(f"overflow is 'raise' or 'wrap', not {overflow!r}")
        options["overflow_checks"] = overflow == "raise"
    fast = options.get("fastmath")
    if isinstance(fast, (set, frozenset, list, tuple, dict)):
        unknown = sorted(set(fast) - set(_FASTMATH))
        if unknown:
            raise ValueError(f"Unrecognized fastmath flags: {', '.join(unknown)}; the flags are: {', '.join(_FASTMATH)}")
        if isinstance(fast, dict):
            options["fastmath"] = {name for name, on in fast.items() if on}
    elif fast is not None and not isinstance(fast, bool):
        raise ValueError(f"Expected fastmath option(s) to be either a bool, dict or set, not {fast!r}")
    if config.BOUNDSCHECK is not None:
        options["boundscheck"] = bool(config.BOUNDSCHECK)
    if config.DEBUGINFO_DEFAULT:
        options.setdefault("debug", True)


def _is_signature(obj):
    return isinstance(obj, (str, tuple, types.Type)) or hasattr(obj, "return_type")


def _make(func, signatures, options):
    if isinstance(func, _core.CPUDispatcher):
        raise TypeError(
            f"A jit decorator was called on an already jitted function {func.__name__!r}. "
            "Use the dispatcher's .py_func attribute to get the Python function."
        )
    if isinstance(func, type):
        raise TypeError(f"The decorated object is not a function (got type {type(func)}): jit takes functions, not classes such as {func.__name__!r}")
    if config.DISABLE_JIT:
        return func
    code = getattr(func, "__code__", None)
    if code is not None and code.co_flags & _COROUTINE:
        # Calling it makes a coroutine, which the event loop runs: there is nothing to compile.
        return func
    dispatcher = _core.make_dispatcher(func, options)
    update_wrapper(dispatcher, func)
    if options.get("pipeline_class") is not None:
        from looplift import _watch

        _watch.use_pipelines()
    if options.get("cache"):
        dispatcher.enable_caching()
    if signatures and options.get("forceobj"):
        from looplift._objectmode import mode
        from looplift._signature import check_count

        for sig in signatures:
            check_count(sig, func)
        mode.declare(dispatcher, signatures)
    if signatures and not options.get("forceobj"):
        from looplift._signature import normalized

        whole = True
        for sig in signatures:
            try:
                _core.compile_signature(dispatcher, normalized(sig))
            except NumbaError:
                if not _core.falls_back(dispatcher):
                    raise
                whole = False
        # What could not be compiled runs in object mode when it is called.
        if whole:
            _core.set_can_compile(dispatcher, False)
    elif not signatures and not options.get("forceobj") and getattr(func, "__annotations__", None):
        from looplift import _annotations

        _annotations.compile_annotated(dispatcher)
    return dispatcher


# inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_COROUTINE = 0x80 | 0x200


def jit(signature_or_function=None, locals=None, cache=False, pipeline_class=None, boundscheck=None, **options):
    """Compiles a function for the argument types it is called with.

    Use it bare (``@jit``), with options (``@jit(fastmath=True)``), or with one signature or a list of them, which are
    compiled at once and then are all there is: ``@jit("float64(float64[:], int64)")``.

    A function that cannot be compiled runs in object mode: in the interpreter, with those of its loops compiled that can
    be, and with a warning that says which. Options are Numba's. `nopython=True` makes that an error instead;
    `forceobj=True` goes to object mode at once, `looplift=False` leaves its loops in the interpreter. `fastmath` (True, or a
    set of flags), `boundscheck` (True unless given), `error_model` ('python' or 'numpy'), `overflow` ('raise' or 'wrap'),
    `inline` ('never', 'always', or a function that decides), `nogil`, `parallel`, `debug` and `cache` have an effect;
    `pipeline_class` is told of compilations (see `looplift.core.compiler`); the others are accepted. An unknown option is a
    KeyError.
    """
    if options.get("forceobj") and options.get("nopython"):
        raise ValueError("Only one of 'nopython' or 'forceobj' can be True.")
    options["boundscheck"] = boundscheck
    if options.get("forceobj"):
        options["nopython"] = False
        if options.get("nogil"):
            warn("Code running in object mode won't allow parallel execution despite nogil=True.", NumbaWarning, stacklevel=2)
    if locals:
        options["locals"] = dict(locals)
    if cache:
        options["cache"] = True
    if pipeline_class is not None:
        options["pipeline_class"] = pipeline_class
    _check(options)
    target = signature_or_function
    if target is None:
        signatures = None
    elif isinstance(target, list):
        signatures = target
    elif _is_signature(target):
        signatures = [target]
    else:
        # The decorator was used bare, or called with the function.
        if not callable(target):
            raise TypeError(f"jit takes a function or a signature, not {target!r}")
        return _make(getattr(target, "__func__", target) if isinstance(target, staticmethod) else target, None, options)

    def decorate(func):
        return _make(func, signatures, dict(options))

    return decorate


def njit(*args, **options):
    """`jit` in nopython mode: a function that cannot be compiled is an error."""
    for name in ("nopython", "forceobj"):
        if name in options:
            import warnings

            warnings.warn(f"{name} is set for njit and is ignored", RuntimeWarning, stacklevel=2)
            del options[name]
    return jit(*args, nopython=True, **options)


def jit_module(**options):
    """Compiles, with these options, all functions that the calling module has defined so far."""
    import inspect

    module = inspect.getmodule(inspect.stack()[1][0])
    if module is None:
        raise RuntimeError("jit_module is called from a module")
    for name, obj in vars(module).copy().items():
        if inspect.isfunction(obj) and inspect.getmodule(obj) is module:
            setattr(module, name, jit(obj, **options))


def _lazy(name):
    """A method of dispatchers that lives in `looplift._dispatcher`, which loads on first use."""

    def method(self, *args, **kwargs):
        from looplift import _dispatcher

        return getattr(_dispatcher, name)(self, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"CPUDispatcher.{name}"
    return method


for _name in (
    "add_overload",
    "compile",
    "disable_compile",
    "dump",
    "enable_caching",
    "recompile",
    "get_annotation_info",
    "get_call_template",
    "get_compile_result",
    "get_function_type",
    "get_metadata",
    "get_overload",
    "explain",
    "inspect_asm",
    "inspect_cfg",
    "inspect_clif",
    "inspect_hir",
    "inspect_llvm",
    "inspect_mir",
    "inspect_types",
    "inspect_disasm_cfg",
    "parallel_diagnostics",
    "compile_times",
    "typeof_pyval",
    "__reduce__",
    "__copy__",
    "__deepcopy__",
):
    setattr(_core.CPUDispatcher, _name, _lazy(_name))
for _name in (
    "signatures",
    "nopython_signatures",
    "overloads",
    "stats",
    "is_compiled",
    "is_compiling",
    "_can_compile",
    "doc",
    "func_code",
    "func_name",
    "locals",
    "_numba_type_",
    "_cache_hits",
    "_cache_misses",
):
    setattr(_core.CPUDispatcher, _name, property(_lazy("get_" + _name.lstrip("_"))))
del _name
_core.CPUDispatcher.__code__ = property(_lazy("get_func_code"))
