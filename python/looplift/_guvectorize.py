"""`guvectorize`: functions of whole (sub)arrays as NumPy's generalised universal functions.

A layout such as ``(m,n),(n)->(m)`` says which core dimensions each operand has; everything before them is looped over and
broadcast by NumPy. The kernel is given each operand's core: a view, or a number where the operand is a scalar input.
"""

import re
from functools import update_wrapper

import numpy as np

from looplift import _core, _loops
from looplift._signature import Signature
from looplift._vectorize import _at_name, _operand_classes, _overrides, _type_of_class
from looplift.errors import TypingError

_DIMENSION = re.compile(r"[^\W\d]\w*\??|\d+\??")
_OPERAND = re.compile(r"\(([^()]*)\)")


class Layout:
    """A parsed layout: the dimensions of inputs and outputs, and their numbers in order of appearance."""

    def __init__(self, text):
        if not isinstance(text, str):
            raise TypeError(f"a layout is a string such as '(n),()->(n)', not {text!r}")
        self.text = text
        sides = text.split("->")
        if len(sides) > 2:
            raise ValueError(f"invalid layout {text!r}: more than one '->'")
        self.inputs = self._operands(sides[0])
        self.outputs = self._operands(sides[1]) if len(sides) == 2 and sides[1].strip() else []
        if len(sides) == 2 and not self.outputs:
            raise ValueError(f"invalid layout {text!r}: an arrow, and no outputs")
        known = {d for o in self.inputs for d in o}
        undefined = sorted({d for o in self.outputs for d in o if d not in known and not d.isdigit()})
        if undefined:
            raise NameError(f"undefined output symbols: {','.join(undefined)}")
        if not self.inputs and not self.outputs:
            raise ValueError(f"invalid layout {text!r}: no operands")
        names = {}
        self.core = [[names.setdefault(d.rstrip("?"), len(names)) for d in o] for o in self.operands]
        # Where there is no output, NumPy wants no arrow.
        self.numpy_text = text if self.outputs else sides[0]

    def _operands(self, side):
        found = _OPERAND.findall(side)
        if re.sub(r"\s", "", _OPERAND.sub("@", side)) != ",".join("@" * len(found)):
            raise ValueError(f"bad token in signature {self.text!r}: operands of a layout are written like (m,n), with commas between them")
        out = []
        for operand in found:
            dims = [d.strip() for d in operand.split(",")] if operand.strip() else []
            for d in dims:
                if not _DIMENSION.fullmatch(d):
                    raise ValueError(f"invalid layout {self.text!r}: {d!r} is no dimension")
            out.append(tuple(dims))
        return out

    @property
    def operands(self):
        return self.inputs + self.outputs


# How a kernel is given an operand without core dimensions.
_ELEMENT, _ONE = "element", "one"


class Kernel:
    """A function of array cores, its layout, its compiled loops, and the ufunc of these."""

    def __init__(self, func, layout, identity=None, writable_args=(), options=None):
        self.dispatcher = _loops.kernel_dispatcher(func, dict(options or {}))
        self.func = self.dispatcher.py_func
        self.in_object_mode = bool(self.dispatcher.targetoptions.get("forceobj"))
        self.layout = layout if isinstance(layout, Layout) else Layout(layout)
        self.identity = identity
        self.identity_number = _loops.identity_number(identity)
        self.options = dict(options or {})
        self.frozen = False
        self.inputs = len(self.layout.inputs)
        code = self.func.__code__
        count = len(self.layout.operands)
        if not code.co_flags & 0x04 and code.co_argcount != count:
            raise TypeError(f"{self.func.__qualname__} takes {code.co_argcount} arguments, its layout {self.layout.text} has {count} operands")
        self.writable = [self._input(w) for w in writable_args]
        # Element types of the operands -> (types of the kernel's arguments, the loop).
        self.loops = {}
        self.signatures = []

    def state(self, dynamic=False):
        """What pickling keeps."""
        from looplift import _dispatcher

        func = _dispatcher.portable_function(self.func)
        return func, self.layout.text, self.identity, dynamic, self.options, tuple(self.writable), self.signatures, self.frozen

    def reduced(self, ufunc):
        """How the `numpy.ufunc` is pickled."""
        return _rebuild_ufunc, self.state()

    def _input(self, which):
        """The number of an input given by number or name."""
        names = self.func.__code__.co_varnames[: self.func.__code__.co_argcount]
        if isinstance(which, str) and which in names:
            which = names.index(which)
        if not isinstance(which, int) or not 0 <= which < self.inputs:
            kind = RuntimeError if isinstance(which, str) else ValueError
            raise kind(f"writable_args names no input of {self.func.__qualname__}: {which!r}")
        return which

    def add(self, args):
        """Compiles the loop for a kernel with arguments of these types."""
        operands = self.layout.operands
        if len(args) != len(operands):
            raise TypeError(f"the signature has {len(args)} arguments, the layout {self.layout.text} has {len(operands)} operands")
        elements, given, modes = [], [], []
        for k, (t, dims) in enumerate(zip(args, operands, strict=False)):
            is_array = t.kind == "array"
            if not is_array and dims:
                raise TypeError(f"scalar type {t} given for non scalar argument #{k + 1}")
            if not is_array and k >= self.inputs:
                raise TypeError(f"output #{k + 1} is written to: its type is an array, such as {t}[:], not {t}")
            if is_array and t.ndim != (len(dims) or 1) and not (t.ndim == 0 and not dims):
                raise TypeError(f"type and shape signature mismatch for arg #{k + 1}")
            element = (t.dtype if is_array else t).unliteral
            _loops.element_class(element)
            elements.append(element)
            modes.append(_ELEMENT if dims or not is_array else _ONE)
            given.append(_loops.strided(element, len(dims) or 1) if is_array else element)
        key = tuple(elements)
        a = [f"a{k}" for k in range(len(args))]
        passed = [name + ("[i]" if mode is _ELEMENT else "[i:i + 1]") for name, mode in zip(a, modes, strict=False)]
        called, before = self.dispatcher, ""
        if self.in_object_mode:
            called = _loops.ObjectKernel(self.func, [None if not d and m is _ELEMENT else t for t, d, m in zip(elements, operands, modes, strict=True)])
            before = "".join(f"        x{k} = {p}\n" for k, p in enumerate(passed))
            passed = [f"x{k}" if t is None else f"x{k}.ctypes.data, x{k}.shape, x{k}.strides" for k, t in enumerate(called.elements)]
        threads = self.options.get("target") == "parallel" and not self.in_object_mode
        if threads:
            from looplift import _sharing

            size = f"max({', '.join(f'{name}.size' for name in a)})"
            source = _sharing.loop_source(a, [*self.writable, *range(self.inputs, len(a))], [f"kernel({', '.join(passed)})"], size)
        else:
            source = f"def loop({', '.join(a)}):\n    for i in range({a[0]}.shape[0]):\n{before}        kernel({', '.join(passed)})\n"
        loop = _loops.compile_loop(source, called, [_loops.strided(t, 1 + len(d)) for t, d in zip(elements, operands, strict=False)], threads)
        self.loops[key] = tuple(given), loop
        self.signatures.append(tuple(args))

    def dynamic_arguments(self, elements):
        """The types of the kernel's arguments where operands have these element types."""
        return tuple(
            _loops.strided(t, len(dims) or 1) if dims or k >= self.inputs else t for k, (t, dims) in enumerate(zip(elements, self.layout.operands, strict=False))
        )

    def build(self):
        """A `numpy.ufunc` of the loops there are."""
        return _core.make_ufunc(
            self.func.__name__,
            self.func.__doc__ or "",
            self.inputs,
            self.identity_number,
            self.layout.numpy_text,
            self.layout.core,
            [loop for _, loop in self.loops.values()],
            self.writable,
            self,
        )

    # In compiled code.

    def implementation(self, args, kwargs):
        """What compiled code runs for operands of these types: the loops over them, and the kernel."""
        name = self.func.__name__
        operands = self.layout.operands
        if kwargs or len(args) not in (self.inputs, len(operands)):
            raise TypingError(
                f"{name}: compiled code calls a gufunc with its {self.inputs} inputs, or with all its {len(operands)} operands, by position"
            )
        elements, loops = [], []
        for k, (t, dims) in enumerate(zip(args, operands, strict=False)):
            is_array = t.kind == "array"
            if not is_array and (t.kind not in _loops.NUMBER_KINDS or k >= self.inputs):
                raise TypingError(f"{name}: operand {k} is an array or, for an input, a number, not {t}")
            ndim = t.ndim if is_array else 0
            if ndim < len(dims):
                kind, at = ("Input", k) if k < self.inputs else ("Output", k - self.inputs)
                raise TypingError(
                    f"{name}: {kind} operand {at} does not have enough dimensions (has {ndim}, gufunc core with signature "
                    f"{self.layout.text} requires {len(dims)})"
                )
            elements.append((t.dtype if is_array else t).unliteral)
            loops.append(ndim - len(dims))
        given, chosen = self._choose(tuple(elements))
        if self.in_object_mode:
            raise TypingError(f"{name} runs in object mode: compiled code cannot call it")
        return _loop_nest(self.dispatcher, name, self.layout, args, given, chosen, loops, self.inputs)

    def _choose(self, elements):
        """The types of the kernel's arguments, and of the operands' elements, for operands with these elements: all, or the inputs."""
        if elements in self.loops:
            return self.loops[elements][0], elements
        whole = len(elements) == len(self.layout.operands)
        if not self.frozen and whole:
            return self.dynamic_arguments(elements), elements
        classes = [_loops.element_class(t) for t in elements]
        for key, (given, _) in self.loops.items():
            fits = (
                np.can_cast(c, _loops.element_class(t), "safe") if k < self.inputs and k not in self.writable else e == t
                for k, (c, e, t) in enumerate(zip(classes, elements, key, strict=False))
            )
            if all(fits):
                return given, key
        advice = "" if whole else "; without a signature the outputs are given too"
        raise TypingError(f"{self.func.__name__}: no loop for operands of types ({', '.join(map(str, elements))}){advice}")


def _loop_nest(kernel, name, layout, args, given, elements, loops, nin):
    """A function of the operands that runs the kernel over their common loop dimensions.

    Inputs are broadcast. Outputs that are not among the operands are made, and returned: numbers where they have no dimension.
    """
    depth = max(loops)
    count = len(layout.operands)
    a = [f"a{k}" for k in range(count)]
    made = range(len(args), count)
    scope = {"kernel": kernel, "np": np, "__name__": "looplift._loops"}
    body = []
    for k, (t, element) in enumerate(zip(args, elements, strict=False)):
        have = t.dtype if t.kind == "array" else t.unliteral
        if have != element:
            scope[f"C{k}"] = _loops.element_class(element)
            body.append(f"    a{k} = a{k}.astype(C{k})" if t.kind == "array" else f"    a{k} = C{k}(a{k})")
    # Core dimensions of one name have one length.
    sizes = {}
    for k, dims in enumerate(layout.operands[: len(args)]):
        for j, d in enumerate(dims):
            size = f"a{k}.shape[{loops[k] + j}]"
            first = d if d.isdigit() else sizes.setdefault(d, size)
            if first != size:
                body += [f"    if {size} != {first}:", f"        raise ValueError('{name}: Operand has a mismatch in one of its core dimensions: {d} of operand {k}')"]
    body += _common_lengths(loops, depth, nin)
    for k in made:
        scope[f"C{k}"] = _loops.element_class(elements[k])
        shape = [f"n{axis}" for axis in range(depth)] + [d if d.isdigit() else sizes[d] for d in layout.operands[k]]
        body.append(f"    a{k} = np.empty(({''.join(s + ', ' for s in shape)}), C{k})")
    loops = [*loops, *(depth for _ in made)]
    indent = "    "
    for axis in range(depth):
        body.append(f"{indent}for i{axis} in range(n{axis}):")
        indent += "    "
    passed = []
    for k, want in enumerate(given):
        stored = k in made or args[k].kind == "array"
        index = [f"i{axis} * m{k}_{axis}" if k < nin else f"i{axis}" for axis in range(depth - loops[k], depth)]
        if not layout.operands[k] and want.kind == "array":
            # One element, as an array.
            if index:
                index[-1] += f":{index[-1]} + 1"
            elif k in made:
                index = ["None"]
            elif not stored:
                body.insert(0, f"    a{k} = np.full(1, a{k})")
            else:
                raise TypingError(f"{name}: operand {k} is an array of one dimension at least")
        passed.append(a[k] + (f"[{', '.join(index)}]" if index else "[()]" if stored and want.kind != "array" else ""))
    body.append(f"{indent}kernel({', '.join(passed)})")
    if made:
        results = [f"a{k}" + ("" if depth or layout.operands[k] else "[()]") for k in made]
        body.append(f"    return {', '.join(results)}")
    exec(compile(f"def nest({', '.join(a[: len(args)])}):\n" + "\n".join(body) + "\n", "<loops of a gufunc>", "exec"), scope)
    return scope["nest"]


def _common_lengths(loops, depth, nin):
    """Statements that find the lengths `n0`, `n1`... of the loops, and each input's factor `m{input}_{loop}`, 0 where it is broadcast.

    What is written to is not broadcast.
    """
    text = "        raise ValueError('Loop and array shapes are incompatible{}')"
    body = [f"    n{axis} = 1" for axis in range(depth)]
    at = [(k, depth - n + j, f"a{k}.shape[{j}]") for k, n in enumerate(loops) for j in range(n)]
    for k, axis, size in at:
        if k < nin:
            body += [f"    if {size} != 1:", f"        if n{axis} != 1 and n{axis} != {size}:", "    " + text.format(""), f"        n{axis} = {size}"]
    for k, axis, size in at:
        if k < nin:
            body.append(f"    m{k}_{axis} = 0 if {size} == 1 else 1")
        elif k == nin and axis < depth - max(loops[:nin], default=0):
            body.append(f"    n{axis} = {size}")
        else:
            body += [f"    if {size} != n{axis}:", text.format("")]
    if any(n != depth for n in loops[nin:]):
        body.append(text.format(": an output has fewer loop dimensions than the inputs")[4:])
    return body


class _Builder:
    """Numba's view of what a gufunc is built from."""

    def __init__(self, kernel):
        self._kernel = kernel

    _sigs = property(lambda self: [Signature(_none(), args) for args in self._kernel.signatures])
    signature = property(lambda self: self._kernel.layout.text)
    py_func = property(lambda self: self._kernel.func)
    writable_args = property(lambda self: tuple(self._kernel.writable))


def _none():
    from looplift import types

    return types.none


class GUFunc:
    """A generalised ufunc around a kernel. `ufunc` is the `numpy.ufunc` of the loops compiled so far.

    A dynamic one compiles loops for the dtypes it is called with, outputs included, which therefore have to be given.
    """

    __looplift_ufunc__ = True

    def __init__(self, py_func, signature, identity=None, cache=None, is_dynamic=False, targetoptions=None, writable_args=()):
        self._kernel = Kernel(py_func, signature, identity, writable_args, targetoptions)
        _loops.enable_cache(self._kernel.dispatcher, cache)
        self._dynamic = bool(is_dynamic)
        self.ufunc = self._kernel.build()
        update_wrapper(self, self._kernel.func)

    nin = property(lambda self: self.ufunc.nin)
    nout = property(lambda self: self.ufunc.nout)
    nargs = property(lambda self: self.ufunc.nargs)
    ntypes = property(lambda self: self.ufunc.ntypes)
    types = property(lambda self: self.ufunc.types)
    identity = property(lambda self: self.ufunc.identity)
    signature = property(lambda self: self.ufunc.signature)
    is_dynamic = property(lambda self: self._dynamic)
    targetoptions = property(lambda self: dict(self._kernel.options))
    gufunc_builder = property(lambda self: _Builder(self._kernel))
    _dispatcher = property(lambda self: self._kernel.dispatcher)
    _frozen = property(lambda self: self._kernel.frozen)
    accumulate = property(lambda self: self.ufunc.accumulate)
    reduce = property(lambda self: self.ufunc.reduce)
    reduceat = property(lambda self: self.ufunc.reduceat)
    outer = property(lambda self: self.ufunc.outer)
    at = property(lambda self: self.ufunc.at)

    def __repr__(self):
        return f"<looplift.GUFunc {self.__name__!r}>"

    def __reduce__(self):
        from looplift import _dispatcher

        k = self._kernel
        name = k.func.__module__, k.func.__qualname__
        if _dispatcher.is_at_name(self, *name):
            return _at_name, name
        return _rebuild, k.state(self._dynamic)

    def add(self, sig):
        """Compiles the loop of a signature, whose result, if it has one, is void."""
        if self._kernel.frozen:
            raise RuntimeError(f"compilation disabled for {self!r}")
        if isinstance(sig, str) and not sig.rstrip().endswith(")"):
            # Argument types alone.
            sig = f"({sig})"
        args, ret = _core.normalize_signature(sig)
        if ret is not None and ret.kind != "none":
            raise TypeError("gufunc kernel must have void return type")
        self._kernel.add(args)
        self.ufunc = self._kernel.build()

    def disable_compile(self):
        self._kernel.frozen = True

    def build_ufunc(self):
        self.ufunc = self._kernel.build()
        return self

    def expected_ndims(self):
        """Numbers of core dimensions of the inputs and of the outputs."""
        layout = self._kernel.layout
        return tuple(map(len, layout.inputs)), tuple(map(len, layout.outputs))

    def match_signature(self, ewise_types, sig):
        """Whether a signature has these element types."""
        return tuple(t.dtype if t.kind == "array" else t for t in sig.args) == tuple(ewise_types)

    def __call__(self, *args, **kwargs):
        kernel = self._kernel
        if kernel.frozen or not self._dynamic:
            return self.ufunc(*args, **kwargs)
        out = kwargs.pop("out", None)
        if out is not None:
            args += out if type(out) is tuple else (out,)
        if any(_overrides(a) for a in args):
            return self.ufunc(*args, **kwargs)
        if len(args) != len(kernel.layout.operands):
            raise TypeError(
                f"Too few arguments for function '{self.__name__}'. Note that the pattern `out = gufunc(Arg1, Arg2, ..., ArgN)` "
                "is not allowed. Use `gufunc(Arg1, Arg2, ..., ArgN, out) instead."
            )
        operands, classes = _operand_classes(args)
        elements = tuple(_type_of_class(c) for c in classes)
        if None not in elements and elements not in kernel.loops:
            kernel.add(kernel.dynamic_arguments(elements))
            self.ufunc = kernel.build()
        if len(kernel.loops) > 1 and "signature" not in kwargs and None not in elements:
            # Loops may differ in their outputs alone.
            kwargs["signature"] = tuple(np.dtype(c) for c in classes)
        return self.ufunc(*operands, **kwargs)


def _rebuild(func, layout, identity, dynamic, options, writable, signatures, frozen):
    from looplift import _dispatcher

    self = GUFunc(_dispatcher.restored_function(func), layout, identity, None, dynamic, options, writable)
    for args in signatures:
        self._kernel.add(args)
    self._kernel.frozen = frozen
    return self.build_ufunc()


def _rebuild_ufunc(*state):
    return _rebuild(*state).ufunc


class GUVectorize:
    """Builds a gufunc step by step: `add` signatures, then `build_ufunc`."""

    def __new__(cls, func, signature, target="cpu", identity=None, cache=False, writable_args=(), is_dynamic=False, **options):
        _loops.check_target(target)
        return GUFunc(func, signature, identity, cache, is_dynamic, _loops.with_target(options, target), writable_args)


def guvectorize(*args, **kwargs):
    """Makes a generalised NumPy ufunc of a function of arrays that writes its results.

    ::

        @guvectorize(["void(float64[:], float64, float64[:])"], "(n),()->(n)")
        def add(x, y, out):
            for i in range(x.shape[0]):
                out[i] = x[i] + y

    ``guvectorize(signatures, layout)`` compiles the signatures; ``guvectorize(layout)`` compiles for the dtypes of a call,
    which has to give the outputs. In a signature an operand without core dimensions is a number, or an array of one element (outputs
    always are). Dimensions of fixed size, ``(3)``, and optional ones, ``(n?)``, are NumPy's.

    Options: `target`, 'cpu' or 'parallel' (many cores run on threads); `writable_args`, numbers or names of
    inputs that are written back; `identity`; `cache`, which keeps the loops on disk; and those of `jit`.
    """
    if len(args) == 1:
        signatures, layout = [], args[0]
        kwargs.setdefault("is_dynamic", True)
    elif len(args) == 2:
        signatures, layout = args
    else:
        raise TypeError("guvectorize() takes one or two positional arguments")
    if isinstance(signatures, (str, _core.Type)) or hasattr(signatures, "return_type"):
        signatures = [signatures]

    def wrap(func):
        made = GUVectorize(func, layout, **kwargs)
        for sig in signatures:
            made.add(sig)
        if signatures:
            made.disable_compile()
        return made

    return wrap
