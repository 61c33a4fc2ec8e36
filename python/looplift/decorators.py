"""`jit` and `njit`."""

from functools import update_wrapper

from looplift import _core, config
from looplift.errors import NumbaError

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
    "cache": "note",
    "locals": "note",
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


def _check(options):
    for name in options:
        if name not in OPTIONS:
            raise KeyError(f"unknown option {name!r}; the options are: {', '.join(sorted(OPTIONS))}")
    model = options.get("error_model")
    if model is not None and model not in ("python", "numpy"):
        raise ValueError(f"error_model is 'python' or 'numpy', not {model!r}")
    if config.BOUNDSCHECK is not None:
        options["boundscheck"] = config.BOUNDSCHECK


def _is_signature(obj):
    return isinstance(obj, (str, tuple, _core.Type)) or hasattr(obj, "return_type")


def _make(func, signatures, options):
    if isinstance(func, _core.CPUDispatcher):
        raise TypeError("a jit decorator was called on an already jitted function; use its `py_func` attribute instead")
    if isinstance(func, type):
        raise TypeError(f"jit takes functions, not classes such as {func.__name__!r}")
    if config.DISABLE_JIT:
        return func
    dispatcher = _core.make_dispatcher(func, options)
    update_wrapper(dispatcher, func)
    if signatures and not options.get("forceobj"):
        whole = True
        for sig in signatures:
            try:
                _core.compile_signature(dispatcher, sig)
            except NumbaError:
                if not _core.falls_back(dispatcher):
                    raise
                whole = False
        # What could not be compiled runs in object mode when it is called.
        if whole:
            _core.set_can_compile(dispatcher, False)
    return dispatcher


def jit(signature_or_function=None, locals={}, cache=False, pipeline_class=None, boundscheck=None, **options):
    """Compiles a function for the argument types it is called with.

    Use it bare (``@jit``), with options (``@jit(fastmath=True)``), or with one signature or a list of them, which are
    compiled at once and then are all there is: ``@jit("float64(float64[:], int64)")``.

    A function that cannot be compiled runs in object mode: in the interpreter, with those of its loops compiled that can
    be, and with a warning that says which. Options are Numba's. `nopython=True` makes that an error instead;
    `forceobj=True` goes to object mode at once, `looplift=False` leaves its loops in the interpreter. `fastmath`, `boundscheck` (True unless given), `error_model` ('python' or 'numpy'),
    `inline` ('never', 'always'), `nogil`, `parallel` and `debug` have an effect; `cache`, `locals` and the others are
    accepted. An unknown option is a KeyError.
    """
    if options.get("forceobj") and options.get("nopython"):
        raise ValueError("Only one of 'nopython' or 'forceobj' can be True.")
    if boundscheck is not None:
        options["boundscheck"] = boundscheck
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
        return _make(target, None, options)

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


def _lazy(name):
    """A method of dispatchers that lives in `looplift._dispatcher`, which loads on first use."""

    def method(self, *args, **kwargs):
        from looplift import _dispatcher

        return getattr(_dispatcher, name)(self, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"CPUDispatcher.{name}"
    return method


for _name in (
    "compile",
    "disable_compile",
    "recompile",
    "get_call_template",
    "get_compile_result",
    "get_metadata",
    "get_overload",
    "explain",
    "inspect_asm",
    "inspect_clif",
    "inspect_hir",
    "inspect_llvm",
    "inspect_mir",
    "inspect_types",
    "inspect_disasm_cfg",
    "parallel_diagnostics",
    "compile_times",
    "__reduce__",
    "__copy__",
    "__deepcopy__",
):
    setattr(_core.CPUDispatcher, _name, _lazy(_name))
for _name in ("signatures", "nopython_signatures", "overloads", "stats", "is_compiled", "_can_compile"):
    setattr(_core.CPUDispatcher, _name, property(_lazy("get_" + _name.lstrip("_"))))
del _name
