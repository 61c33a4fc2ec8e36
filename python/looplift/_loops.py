"""Inner loops of ufuncs: Python functions over strided arrays, compiled around a kernel.

A `Kernel` is a user's function, the loops compiled for it, and what a ufunc made of them needs to be known again: it is the
owner of the `numpy.ufunc` objects that `_core.make_ufunc` gives.
"""

import numpy as np

from looplift import _core
from looplift.decorators import _check
from looplift.errors import TypingError
from looplift.library._types import CLASSES

# NumPy's numbers for what a ufunc's identity is.
_IDENTITIES = {None: -1, "reorderable": -2, 0: 0, 1: 1}
# Options of the decorators that are not the compiler's.
_TARGETS = ("cpu", "parallel")
NUMBER_KINDS = ("boolean", "integer", "float", "complex", "literal_int", "literal_bool")


def identity_number(identity):
    """NumPy's number of an identity: one of None, 0, 1 and 'reorderable'."""
    try:
        return _IDENTITIES[identity]
    except (KeyError, TypeError):
        raise ValueError(f"Unrecognized identity {identity!r}; it is one of None, 0, 1 and 'reorderable'") from None


def check_target(target):
    if target not in _TARGETS:
        raise ValueError(f"Unsupported target: {target}; the targets are {', '.join(_TARGETS)}")


def kernel_dispatcher(func, options):
    """The jitted kernel of a ufunc: divisions by zero are NumPy's, not errors, unless the options say otherwise."""
    if isinstance(func, _core.CPUDispatcher):
        func = func.py_func
    options = {k: v for k, v in options.items() if v is not None and k != "target"}
    options.setdefault("error_model", "numpy")
    if not options.get("forceobj"):
        options["nopython"] = True
    try:
        _check(options)
    except KeyError as e:
        raise KeyError(f"Unrecognized options: {e.args[0]}") from None
    dispatcher = _core.make_dispatcher(func, options)
    from functools import update_wrapper

    return update_wrapper(dispatcher, func)


def element_class(t):
    """The NumPy class of a number type; TypingError for any other."""
    found = CLASSES.get(t.unliteral.name)
    if found is None or t.kind == "array":
        raise TypingError(f"a ufunc has numbers as operands, not {t}")
    return found


def check_conversion(source, target):
    """TypingError unless a kernel's result of type `source` can be an output of type `target`."""
    for s, t in zip(outputs_of(source), outputs_of(target), strict=True):
        if s.kind == "complex" and t.kind != "complex":
            raise TypingError(f"the kernel returns {s}, which does not convert to the declared {t}")


def strided(t, ndim=1):
    """The type of the array in which an operand's elements lie."""
    return _core.array_type(t, ndim, "A")


class ObjectFunction:
    """A function of numbers that the interpreter runs (`forceobj=True`), with the result type that was declared."""

    def __init__(self, func, ret):
        self.py_func = func
        self._ret = ret
        self._convert = element_class(ret)

    def __looplift_result__(self, *args):
        return self._ret

    def __call__(self, *args):
        return self._convert(self.py_func(*args)).item()


class ObjectKernel:
    """A kernel that the interpreter runs (`forceobj=True`), on copies of the operands, which are written back.

    `elements` are the types of the operands' elements, None for those that are numbers. An array comes as address, shape and strides.
    """

    def __init__(self, func, elements):
        self._func = func
        self.elements = elements
        self._dtypes = [None if t is None else np.dtype(element_class(t)) for t in elements]

    def __looplift_result__(self, *args):
        return _core.tuple_type([])

    def __call__(self, *args):
        given, arrays = iter(args), []
        for dtype in self._dtypes:
            if dtype is None:
                arrays.append((None, next(given)))
                continue
            address, shape, strides = next(given), next(given), next(given)
            memory = {"data": (address, False), "shape": shape, "strides": strides, "typestr": dtype.str, "version": 3}
            there = np.asarray(type("Operand", (), {"__array_interface__": memory})())
            arrays.append((there, there.copy()))
        try:
            self._func(*[copy for _, copy in arrays])
        finally:
            # Also what was written before an exception.
            for there, copy in arrays:
                if there is not None:
                    there[...] = copy
        return ()


def with_target(options, target):
    """The options of a kernel, which keep its target if it is not the usual one."""
    return options if target == "cpu" else {**options, "target": target}


def enable_cache(kernel, wanted):
    """Keeps a kernel on disk, and whatever is written around it."""
    if wanted:
        kernel.enable_caching()


def compile_loop(source, kernel, operands, threads=False, scope=None):
    """Compiles a loop given as text, which calls `kernel`, for arrays of these types; with `threads`, a loop over `prange`."""
    scope = {"kernel": kernel, "__name__": "looplift._loops", **(scope or {})}
    options = {"nopython": True, "boundscheck": False, "error_model": "numpy"}
    if threads:
        from looplift import _sharing, prange

        scope |= {"prange": prange, "apart": _sharing.apart}
        options["parallel"] = {"numpy": False}
    exec(compile(source, "<loop of a ufunc>", "exec"), scope)
    dispatcher = _core.make_dispatcher(scope["loop"], options)
    if "_cache" in kernel.__dict__ and not threads:
        from looplift import _cache

        _cache.enable(dispatcher, kernel)
    _core.compile_signature(dispatcher, tuple(operands))
    return dispatcher, list(operands)


def result_type(kernel, args):
    """The type that the kernel returns for arguments of these types, compiled if need be."""
    _core.compile_signature(kernel, args)
    return next(ret for known, ret in _core.overload_types(kernel) if known == args).unliteral


def outputs_of(ret):
    """The types of the outputs of a kernel: one, or those of a tuple."""
    found = tuple(ret.types) if ret.kind in ("tuple", "namedtuple") else (ret,)
    # Members of enumerations that are integers go into arrays as these.
    found = tuple(_core.parse_type("int64") if t.kind == "int_enum" else t for t in found)
    for t in found:
        if t.kind not in ("datetime", "timedelta"):
            element_class(t)
    return found


def elementwise_loop(kernel, ins, outs, threads=False):
    """A loop that calls the kernel for each element, on threads if asked."""
    a = [f"a{k}" for k in range(len(ins))]
    r = [f"r{k}" for k in range(len(outs))]
    targets = ", ".join(f"{name}[i]" for name in r)
    body = f"{targets} = kernel({', '.join(f'{name}[i]' for name in a)})"
    if threads:
        from looplift import _sharing

        source = _sharing.loop_source(a + r, range(len(a), len(a) + len(r)), [body], "n")
    else:
        source = f"def loop({', '.join(a + r)}):\n    for i in range({r[0]}.shape[0]):\n        {body}\n"
    return compile_loop(source, kernel, [strided(t) for t in (*ins, *outs)], threads)


def converting(kernel, ins, outs):
    """The kernel between conversions: of the arguments to types `ins`, of the results to `outs`."""
    a = [f"a{k}" for k in range(len(ins))]
    scope = {"kernel": kernel, "__name__": "looplift._loops"}
    scope.update({f"I{k}": element_class(t) for k, t in enumerate(ins)})
    scope.update({f"O{k}": element_class(t) for k, t in enumerate(outs)})
    call = f"kernel({', '.join(f'I{k}({name})' for k, name in enumerate(a))})"
    if len(outs) == 1:
        body = f"    return O0({call})\n"
    else:
        r = [f"r{k}" for k in range(len(outs))]
        body = f"    {', '.join(r)} = {call}\n    return {', '.join(f'O{k}({name})' for k, name in enumerate(r))}\n"
    exec(compile(f"def converted({', '.join(a)}):\n{body}", "<kernel of a ufunc>", "exec"), scope)
    return scope["converted"]
