"""`vectorize`: functions of numbers as NumPy's universal functions.

With signatures, the result is a `numpy.ufunc` with one loop for each. Without, it is a `DUFunc`, which compiles a loop for the
dtypes it is called with and otherwise behaves as a ufunc does.
"""

import warnings
from functools import update_wrapper

import numpy as np
from numpy import ndarray

from looplift import _core, _loops, _time_ufuncs, types
from looplift._core import call_ufunc_on_numbers as call_on_numbers
from looplift.errors import NumbaWarning, TypingError


class Kernel:
    """A function of numbers, its compiled loops, and the ufunc of these."""

    def __init__(self, func, identity=None, options=None, cache=False):
        self.dispatcher = _loops.kernel_dispatcher(func, dict(options or {}))
        _loops.enable_cache(self.dispatcher, cache)
        self.func = self.dispatcher.py_func
        self.identity = identity
        self.identity_number = _loops.identity_number(identity)
        self.options = dict(options or {})
        code = self.func.__code__
        if code.co_flags & 0x0C or code.co_kwonlyargcount:
            raise TypeError(f"{self.func.__qualname__} has *args, **kwargs or keyword-only parameters: a ufunc has a fixed number of inputs")
        self.nin = code.co_argcount
        self.nout = 1
        # Whether the loops there are are all there will be.
        self.frozen = False
        # Argument types -> (output types, the loop), in the order in which they were added.
        self.loops = {}
        # (input types, output types) -> the kernel with conversions, for compiled code.
        self.converted = {}
        # Argument types -> the kernel as the interpreter runs it.
        self.interpreted = {}
        # Signatures with times, each a ufunc of its own: argument types -> (output types, ufunc).
        self.time_loops = {}
        # (method, argument types) -> what it is in compiled code.
        self.methods = {}

    def add(self, args, ret=None):
        """Compiles the loop for these argument types; the output has the kernel's type unless `ret` says otherwise."""
        if len(args) != self.nin:
            raise TypeError(f"the signature has {len(args)} arguments, {self.func.__qualname__} takes {self.nin}")
        kernel = self.dispatcher
        if self.options.get("forceobj"):
            if ret is None:
                raise TypeError(f"{self.func.__qualname__} runs in the interpreter (forceobj): its signatures say what it returns")
            kernel = self.interpreted[args] = _loops.ObjectFunction(self.func, ret)
            found = ret
        else:
            found = _loops.result_type(kernel, args)
        if ret is not None and ret != found and types.none not in (ret, found):
            _loops.check_conversion(found, ret)
            found = ret
        outs = _loops.outputs_of(found)
        if any(map(_time_ufuncs.is_time, (*args, *outs))):
            return self._add_times(args, outs)
        if self.loops and len(outs) != self.nout:
            raise TypingError(f"{self.func.__qualname__} returns {self.nout} values for some types and {len(outs)} for others")
        self.nout = len(outs)
        self.loops[args] = outs, _loops.elementwise_loop(kernel, args, outs, self.options.get("target") == "parallel")
        return outs

    def _add_times(self, args, outs):
        """Likewise where times are among the operands."""
        loop = _time_ufuncs.elementwise_loop(self.dispatcher, args, outs)
        self.nout = len(outs)
        self.time_loops[args] = outs, self._made([loop])
        return outs

    def build(self):
        """A `numpy.ufunc` of the loops there are."""
        return self._made([loop for _, loop in self.loops.values()])

    def _made(self, loops):
        return _core.make_ufunc(
            self.func.__name__,
            self.func.__doc__ or "",
            self.nin,
            self.identity_number,
            None,
            [[]] * (self.nin + self.nout),
            loops,
            [],
            self,
        )

    def find(self, args):
        """Input and output types of the loop that NumPy takes for arguments of these types; None if none fits."""
        if args in self.loops:
            return args, self.loops[args][0]
        given = [_loops.element_class(t) for t in args]
        for ins, (outs, _) in self.loops.items():
            if all(np.can_cast(g, _loops.element_class(t), "safe") for g, t in zip(given, ins, strict=False)):
                return ins, outs
        return None

    def implementation(self, args, kwargs):
        """What compiled code runs for arguments of these types: the kernel, or a loop's conversions around it."""
        if kwargs or len(args) != self.nin or not all(t.kind in _loops.NUMBER_KINDS or _time_ufuncs.is_time(t) for t in args):
            return None
        args = tuple(t.unliteral for t in args)
        if not self.frozen or args in self.time_loops:
            return self.dispatcher
        if any(map(_time_ufuncs.is_time, args)):
            return None
        found = self.find(args)
        if found is None:
            known = ", ".join(f"({', '.join(map(str, ins))})" for ins in self.loops)
            raise TypingError(f"ufunc {self.func.__name__!r} has no loop for ({', '.join(map(str, args))}); it has {known}")
        if found not in self.converted:
            self.converted[found] = _loops.converting(self.interpreted.get(found[0], self.dispatcher), *found)
        return self.converted[found]

    @property
    def elementwise_inputs(self):
        """That compiled code calls it for each element of arrays, with so many inputs."""
        return self.nin

    def settle(self, args):
        """The output types for arguments of these types, in compiled code."""
        args = tuple(t.unliteral for t in args)
        if args in self.time_loops:
            return self.time_loops[args][0]
        if not self.frozen:
            return _loops.outputs_of(_loops.result_type(self.dispatcher, args))
        found = self.find(args)
        if found is None:
            raise TypingError(f"ufunc {self.func.__name__!r} has no loop for ({', '.join(map(str, args))})")
        return found[1]

    def state(self):
        """What pickling keeps: the function, identity, options and signatures."""
        from looplift import _dispatcher

        sigs = [(args, outs) for args, (outs, _) in (*self.loops.items(), *self.time_loops.items())]
        return _dispatcher.portable_function(self.func), self.identity, self.options, sigs

    def reduced(self, ufunc):
        """How a `numpy.ufunc` of these loops is pickled."""
        name = self.by_name(ufunc)
        return (_rebuild_ufunc, (self.state(),)) if name is None else (_at_name, name)

    def by_name(self, made):
        """How pickling finds `made`, what the decorator gave, if it is what its name says; else None."""
        from looplift import _dispatcher

        name = self.func.__module__, self.func.__qualname__
        return name if _dispatcher.is_at_name(made, *name) else None


def _at_name(module, qualname):
    from looplift import _dispatcher

    return _dispatcher._rebuild_by_name(module, qualname)


def _rebuild_kernel(state):
    from looplift import _dispatcher

    func, identity, options, sigs = state
    kernel = Kernel(_dispatcher.restored_function(func), identity, options)
    for args, outs in sigs:
        kernel.add(args, outs[0] if len(outs) == 1 else _core.tuple_type(list(outs)))
    return kernel


def _rebuild_ufunc(state):
    kernel = _rebuild_kernel(state)
    kernel.frozen = True
    return kernel.build()


class DUFunc:
    """A ufunc whose loops are compiled when they are first needed.

    It has a ufunc's attributes and methods; `ufunc` is the `numpy.ufunc` of the loops compiled so far. A Python number
    takes the dtype that it would have in NumPy's arithmetic with the other operands.
    """

    __looplift_ufunc__ = True

    def __init__(self, py_func, identity=None, cache=False, targetoptions=None):
        self._kernel = Kernel(py_func, identity, targetoptions, cache)
        self._seen = set()
        self.ufunc = self._kernel.build()
        update_wrapper(self, self._kernel.func)

    # What is known of it.

    nin = property(lambda self: self.ufunc.nin)
    nout = property(lambda self: self.ufunc.nout)
    nargs = property(lambda self: self.ufunc.nargs)
    ntypes = property(lambda self: self.ufunc.ntypes)
    types = property(lambda self: self.ufunc.types)
    identity = property(lambda self: self.ufunc.identity)
    signature = property(lambda self: self.ufunc.signature)
    targetoptions = property(lambda self: dict(self._kernel.options))
    reorderable = property(lambda self: self._kernel.identity is not None)
    is_dynamic = property(lambda self: not self._kernel.frozen)
    _dispatcher = property(lambda self: self._kernel.dispatcher)

    @property
    def _frozen(self):
        return self._kernel.frozen

    @_frozen.setter
    def _frozen(self, value):
        if self._kernel.frozen and not value:
            raise ValueError("cannot clear _frozen: loops that are compiled stay the only ones")
        self._kernel.frozen = bool(value)

    def __repr__(self):
        return f"<looplift.DUFunc {self.__name__!r}>"

    def __reduce__(self):
        name = self._kernel.by_name(self)
        if name is not None:
            return _at_name, name
        return _rebuild_dufunc, (self._kernel.state(), self._kernel.frozen, self.__dict__.get("__name__"))

    # Adding loops.

    def add(self, sig):
        """Compiles the loop of a signature."""
        if self._kernel.frozen:
            raise RuntimeError(f"compilation disabled for {self!r}")
        args, ret = _core.normalize_signature(sig)
        args = tuple(t.unliteral for t in args)
        if args in self._kernel.loops:
            warnings.warn(f"{self!r} is compiled for argument types {args} already", NumbaWarning, stacklevel=2)
        else:
            self._kernel.add(args, ret)
            self.ufunc = self._kernel.build()
        return self._dispatcher.get_compile_result(args)

    def disable_compile(self):
        """From now on only the loops there are."""
        if not self._kernel.loops:
            raise AssertionError(f"{self!r} has no loop yet")
        self._kernel.frozen = True

    def build_ufunc(self):
        return self

    def match_signature(self, ewise_types, sig):
        """Whether a signature has these argument types."""
        return tuple(sig.args) == tuple(ewise_types)

    def _compile_for_argtys(self, argtys, return_type=None):
        return self.add(tuple(argtys) if return_type is None else return_type(*argtys))

    def _compile_for_args(self, *args):
        self._ensure(self._operands(args[: self.nin])[1])

    def _ensure(self, classes):
        """Compiles the loop for operands of these NumPy classes, if it may and no other serves them."""
        args = tuple(_type_of_class(c) for c in classes)
        if None in args or args in self._kernel.loops or self._kernel.frozen or self._serves(classes):
            return
        self._kernel.add(args)
        self.ufunc = self._kernel.build()

    def _serves(self, classes):
        """Whether there is a loop for operands that are all of the class that NumPy converts them to, which is one of theirs.

        Loops of other classes are not looked at: what a call gives would depend on the calls before it.
        """
        common = np.result_type(*classes).type
        return common in classes and (_type_of_class(common),) * len(classes) in self._kernel.loops

    def _operands(self, args):
        return _operand_classes(args)

    # Being called.

    def __call__(self, *args, **kwargs):
        if not kwargs:
            found = call_on_numbers(self.ufunc, args)
            if found is not NotImplemented:
                return found
            # Operands as in an earlier call need no second look.
            key = tuple([(ndarray, a.dtype) if type(a) is ndarray else type(a) for a in args])
            if key in self._seen:
                return self.ufunc(*args)
        if _time_ufuncs.has_times(args):
            return _time_ufuncs.call(self._kernel, args, kwargs)
        for a in args:
            if hasattr(type(a), "__array_ufunc__") and _overrides(a):
                return self._overridden("__call__", args, kwargs)
        out = kwargs.get("out")
        if out is not None and any(_overrides(o) for o in (out if type(out) is tuple else (out,))):
            return self._overridden("__call__", args, kwargs)
        nin = self._kernel.nin
        if self._kernel.frozen or len(args) < nin or "signature" in kwargs or "sig" in kwargs:
            return self.ufunc(*args, **kwargs)
        dtype = kwargs.get("dtype")
        if dtype is not None:
            self._ensure([np.dtype(dtype).type] * nin)
            return self.ufunc(*args, **kwargs)
        inputs, classes = self._operands(args[:nin])
        self._ensure(classes)
        if not kwargs and len(self._seen) < _MAX_SEEN and _seen_again(args[:nin]):
            self._seen.add(key)
        return self.ufunc(*inputs, *args[nin:], **kwargs)

    def _overridden(self, method, args, kwargs):
        """Lets operands that define `__array_ufunc__` decide (NEP 13)."""
        out = kwargs.get("out", ())
        found = [a for a in (*args, *(out if type(out) is tuple else (out,))) if _overrides(a)]
        # Subclasses come before their superclasses, otherwise from left to right.
        order = []
        for a in found:
            at = next((k for k, b in enumerate(order) if type(a) is not type(b) and isinstance(a, type(b))), len(order))
            if all(type(b) is not type(a) for b in order):
                order.insert(at, a)
        for a in order:
            if type(a).__array_ufunc__ is None:
                raise TypeError(f"operand {type(a).__name__!r} does not support ufuncs (__array_ufunc__=None)")
            result = a.__array_ufunc__(self, method, *args, **kwargs)
            if result is not NotImplemented:
                return result
        names = ", ".join(repr(type(a).__name__) for a in args)
        raise TypeError(f"operand type(s) all returned NotImplemented from __array_ufunc__({self!r}, {method!r}, ...): {names}")

    def _method(self, name, args, kwargs):
        if any(_overrides(a) for a in args):
            return self._overridden(name, args, kwargs)
        if not self._kernel.frozen:
            kwargs = self._prepared(name, args, kwargs)
        return getattr(self.ufunc, name)(*args, **kwargs)

    def _prepared(self, name, args, kwargs):
        """Compiles what method `name` needs for these arguments; gives the keyword arguments with the dtype to use."""
        if name == "outer":
            self._ensure(self._operands(args[: self.nin])[1])
            return kwargs
        if name == "at":
            operands = (args[0], *args[2:3])
            if len(operands) == self.nin:
                self._ensure(self._operands(operands)[1])
            return kwargs
        # Reductions run in the type that the kernel settles on: sums of int32 are int64, for instance.
        position = {"reduce": 2, "accumulate": 2, "reduceat": 3}[name]
        if len(args) > position or kwargs.get("dtype") is not None:
            dtype = args[position] if len(args) > position else kwargs["dtype"]
            if dtype is not None:
                self._ensure([np.dtype(dtype).type] * self.nin)
                return kwargs
        if self.nin != 2 or not args:
            return kwargs
        found = self._operands(args[:1])[1][0]
        for _ in range(3):
            self._ensure([found, found])
            t = _type_of_class(found)
            entry = self._kernel.loops.get((t, t))
            if entry is None:
                return kwargs
            result = _loops.element_class(entry[0][0])
            if result is found:
                break
            found = result
        return kwargs if len(args) > position else {**kwargs, "dtype": found}

    def reduce(self, *args, **kwargs):
        return self._method("reduce", args, kwargs)

    def accumulate(self, *args, **kwargs):
        return self._method("accumulate", args, kwargs)

    def reduceat(self, *args, **kwargs):
        return self._method("reduceat", args, kwargs)

    def outer(self, *args, **kwargs):
        return self._method("outer", args, kwargs)

    def at(self, *args, **kwargs):
        return self._method("at", args, kwargs)


def _operand_classes(args):
    """The inputs, Python numbers among them as NumPy scalars, and the NumPy classes of their dtypes."""
    given = []
    strong = []
    for a in args:
        if type(a) in (int, float, complex):
            given.append(None)
            continue
        dtype = getattr(a, "dtype", None)
        if not isinstance(dtype, np.dtype):
            a = np.asarray(a)
            dtype = a.dtype
        given.append((a, dtype))
        strong.append(dtype)
    inputs, classes = [], []
    for a, g in zip(args, given, strict=False):
        if g is None:
            dtype = np.result_type(*strong, a) if strong else np.result_type(a)
            g = dtype.type(a), dtype
        inputs.append(g[0])
        classes.append(g[1].type)
    return inputs, classes


def _rebuild_dufunc(state, frozen, name):
    return _dufunc_of(_rebuild_kernel(state), frozen)


def _dufunc_of(kernel, frozen):
    """A `DUFunc` of a kernel that has its loops."""
    self = DUFunc.__new__(DUFunc)
    self._kernel = kernel
    kernel.frozen = frozen
    self._seen = set()
    self.ufunc = kernel.build()
    update_wrapper(self, kernel.func)
    return self


def _seen_again(args):
    """Whether classes and dtypes of the operands say what loop NumPy takes: no numbers of Python beside others."""
    python = [type(a) in (int, float, complex) for a in args]
    return (all(python) and len({type(a) for a in args}) == 1) or not any(python) and all(type(a) is ndarray or isinstance(a, np.generic) for a in args)


def _overrides(a):
    """Whether `a` defines `__array_ufunc__`, other than as arrays do."""
    found = getattr(type(a), "__array_ufunc__", np.ndarray.__array_ufunc__)
    return found is not np.ndarray.__array_ufunc__


# How many kinds of calls a `DUFunc` remembers.
_MAX_SEEN = 64
_TYPES = {}


def _type_of_class(c):
    """The type of the numbers of a NumPy class; None if compiled code has none."""
    found = _TYPES.get(c)
    if found is None:
        try:
            found = _core.typeof_value(c(0))
        except (TypingError, TypeError, ValueError):
            return None
        if found.kind not in _loops.NUMBER_KINDS:
            return None
        _TYPES[c] = found
    return found


class Vectorize:
    """Builds a ufunc step by step: `add` signatures, then `build_ufunc`."""

    def __new__(cls, func, target="cpu", identity=None, cache=False, **options):
        _loops.check_target(target)
        return super().__new__(cls)

    def __init__(self, func, target="cpu", identity=None, cache=False, **options):
        self._kernel = Kernel(func, identity, _loops.with_target(options, target), cache)

    def add(self, sig):
        args, ret = _core.normalize_signature(sig)
        self._kernel.add(tuple(t.unliteral for t in args), ret)

    def disable_compile(self):
        self._kernel.frozen = True

    def build_ufunc(self):
        self._kernel.frozen = True
        if self._kernel.time_loops:
            # Which loop fits depends on units, of which a ufunc of NumPy knows nothing.
            return _dufunc_of(self._kernel, True)
        ufunc = self._kernel.build()
        _name(ufunc, self._kernel.func)
        return ufunc


def _name(ufunc, func):
    """Gives a ufunc the function's module and qualified name, and the function, where NumPy lets it have them: doctest looks there."""
    try:
        ufunc.__module__ = func.__module__
        ufunc.__qualname__ = func.__qualname__
        ufunc.__wrapped__ = func
    except (AttributeError, TypeError):
        pass


def vectorize(ftylist_or_function=(), **kws):
    """Makes a NumPy ufunc of a function of numbers.

    ::

        @vectorize(["float64(float64, float64)"], identity=0)
        def add(x, y):
            return x + y

    With a signature or a list of them the result is a `numpy.ufunc`; without (also as bare ``@vectorize``) a `DUFunc`,
    which compiles loops for the dtypes it meets. A kernel that returns a tuple makes a ufunc with several outputs.

    Options: `target`, 'cpu' or 'parallel' (long loops run on threads); `identity`, one of None, 0, 1 and
    'reorderable'; `cache`, which keeps the loops on disk; and those of `jit`. Division by zero in the kernel gives what NumPy gives
    (``error_model="numpy"``) unless asked otherwise. An exception that the kernel raises is raised by the ufunc.
    """
    target = kws.pop("target", "cpu")
    _loops.check_target(target)
    identity = kws.pop("identity", None)
    cache = kws.pop("cache", False)
    given = ftylist_or_function
    if isinstance(given, (str, _core.Type)) or hasattr(given, "return_type"):
        given = [given]
    elif callable(given):
        return DUFunc(given, identity, cache, _loops.with_target(kws, target))
    signatures = list(given or ())

    def wrap(func):
        if not signatures:
            return DUFunc(func, identity, cache, _loops.with_target(kws, target))
        builder = Vectorize(func, target=target, identity=identity, cache=cache, **kws)
        for sig in signatures:
            builder.add(sig)
        return builder.build_ufunc()

    return wrap


def _reduce_ufunc(ufunc):
    """Pickling of ufuncs: looplift's by what they were made of, others by name as NumPy does."""
    owner = _core.ufunc_owner(ufunc)
    return owner.reduced(ufunc) if hasattr(owner, "reduced") else _numpy_reduce(ufunc)


def _numpy_reduce(ufunc):
    return ufunc.__name__


def _install_pickling():
    global _numpy_reduce
    import copyreg

    known = copyreg.dispatch_table.get(np.ufunc)
    if known is not None and known is not _reduce_ufunc:
        _numpy_reduce = known
    copyreg.pickle(np.ufunc, _reduce_ufunc)


_install_pickling()
