"""`stencil`: kernels that compute an element from its neighbours, by relative indices.

A kernel is compiled as it stands. Where it has an array parameter, it gets a *relative array*: the array and a position,
as a named tuple whose indexing is `array[position + index]`. Compiling the kernel tells which constant indices it uses; they, or
the declared neighborhood, are the width of the border, which the kernel does not reach. The interior is one loop nest around
the inlined kernel, and since an index is inside the neighborhood, it needs no bounds checks.
"""

import operator
from types import FunctionType

import numpy as np

from looplift import _core, prange
from looplift.errors import ForceLiteralArg, NumbaValueError, TypingError
from looplift.library._types import is_int, is_tuple, scalar_class

_OPTIONS = ("cval", "neighborhood", "standard_indexing", "index_offsets")

# Modes: where an index outside of an array of length `n` leads, as text of `j`.
_MODES = {
    "constant": None,
    "wrap": "j % n",
    "nearest": "min(max(j, 0), n - 1)",
    "reflect": "min(j % (2 * n), 2 * n - 1 - j % (2 * n))",
    "mirror": "min(j % max(2 * n - 2, 1), 2 * n - 2 - j % max(2 * n - 2, 1))",
}


def _function(name, parameters, lines, **scope):
    """The function with this text."""
    scope.update(np=np, __name__="looplift._stencil")
    text = f"def {name}({parameters}):\n" + "\n".join("    " + line for line in lines) + "\n"
    exec(compile(text, f"<stencil {name}>", "exec"), scope)
    return scope[name]


class VariableIndex(NumbaValueError):
    """The refusal of an index that is not constant. It can be, where it is computed from arguments: the values of these are asked for."""

    def __init__(self, message="stencil kernel index is not constant, 'neighborhood' option required", arguments=()):
        super().__init__(message)
        self.requested_args = frozenset(arguments)


def _relative_class(stencil, ndim, mode=None):
    """The class of relative arrays of this many dimensions in the kernel of `stencil`; with a mode, of those near the border."""
    fields = ("array", *(f"p{k}" for k in range(ndim)), *stencil._further_fields(ndim))

    def method(name, t, args, kwargs):
        if name == "__setitem__":
            raise NumbaValueError("Assignments to arrays passed to stencil kernels is not allowed.")
        if name != "__getitem__" or kwargs:
            raise TypingError(f"a relatively indexed array has no method {name}; it can only be indexed")
        return stencil._indexing(t, args[1])

    def attribute(name, t):
        if name not in ("shape", "ndim", "size", "dtype", "strides", "itemsize", "nbytes", "T"):
            return None
        return _function("attribute", "self", [f"return self.array.{name}"])

    return type(
        "Relative",
        (tuple,),
        {
            "__slots__": (),
            "__module__": "looplift._stencil",
            "_fields": fields,
            "_mode": mode,
            "__looplift_object__": True,
            "__looplift_method__": staticmethod(method),
            "__looplift_attribute__": staticmethod(attribute),
        },
    )


class StencilFunc:
    """A stencil kernel; calling it with arrays gives the array of its results.

    `neighborhood` is the declared one or, after the first call, the one that the kernel's constant indices make: the lowest and
    the highest offset along each dimension.
    """

    def __init__(self, func, options):
        if isinstance(func, _core.CPUDispatcher):
            func = func.py_func
        if not isinstance(func, FunctionType):
            raise TypeError(f"a stencil kernel is a function of Python, not {func!r}")
        code = func.__code__
        if code.co_flags & 0x0C or code.co_kwonlyargcount:
            raise TypeError("a stencil kernel has positional parameters only")
        self.func = func
        self.options = options
        self.__name__ = func.__name__
        self.__qualname__ = func.__qualname__
        self.__module__ = func.__module__
        self.__doc__ = func.__doc__
        self.parameters = code.co_varnames[: code.co_argcount]
        self.neighborhood = options.get("neighborhood")
        standard = options.get("standard_indexing") or ()
        self.standard = frozenset([standard] if isinstance(standard, str) else standard)
        self._kernel = _core.make_dispatcher(func, {"nopython": True, "inline": "always"})
        self._classes = {}
        self._offsets = {}
        self._implementations = {}
        self._indexings = {}
        self._runners = {}

    def __repr__(self):
        return f"<looplift.stencil {self.__name__!r}>"

    def __call__(self, *args, out=None, **kwargs):
        if kwargs:
            raise TypeError(f"{self.__name__}() got an unexpected keyword argument {next(iter(kwargs))!r}: a stencil takes its arguments by position, and out")
        if len(args) != len(self.parameters):
            raise TypeError(f"{self.__name__}() takes {len(self.parameters)} positional arguments but {len(args)} were given")
        if out is None:
            return self._runner(False)(*args)
        self._runner(True)(*args, out)
        return out

    def _runner(self, with_out):
        """A jitted function that calls the stencil."""
        found = self._runners.get(with_out)
        if found is None:
            names = [f"a{k}" for k in range(len(self.parameters))]
            parameters = [*names, "out"] if with_out else names
            given = ", ".join([*names, "out=out"] if with_out else names)
            run = _function(self.__name__ if self.__name__.isidentifier() else "stencil", ", ".join(parameters), [f"return target({given})"], target=self)
            found = self._runners[with_out] = _core.make_dispatcher(run, {"nopython": True})
        return found

    def __looplift_depends__(self):
        """What compiled code that uses it depends on."""
        return self.func, self.options

    def __reduce__(self):
        from looplift import _dispatcher

        if _dispatcher.is_at_name(self, self.__module__, self.__qualname__):
            return _dispatcher._rebuild_by_name, (self.__module__, self.__qualname__)
        return _rebuild, (_dispatcher.portable_function(self.func), self.options)

    # While compiling.

    def __looplift_implementation__(self, args, kwargs):
        """The function that compiled code calls for arguments of these types."""
        return self._implementation(args, kwargs, False)

    def __looplift_threads__(self, args):
        """The same, with rows shared by threads; None where the arguments do not fit."""
        return self._implementation(args, {}, True) if len(args) == len(self.parameters) else None

    def _implementation(self, args, kwargs, threads):
        out = kwargs.pop("out", None)
        if out is not None and out.kind == "none":
            out = None
        if kwargs or len(args) != len(self.parameters):
            raise TypingError(f"stencil {self.__name__} takes {len(self.parameters)} arguments and out")
        key = args, out, threads
        found = self._implementations.get(key)
        if found is None:
            found = self._implementations[key] = self._compile(args, out, threads)
        return found

    def _relative(self, ndim, values, mode=None):
        """The class of relative arrays; `values` are those of the arguments that indices are computed from."""
        key = ndim, values, mode
        if key not in self._classes:
            self._classes[key] = _relative_class(self, ndim, mode)
        return self._classes[key]

    def _near(self, relative, ndim, mode):
        """The class of relative arrays near the border."""
        values = next(values for (_, values, _), cls in self._classes.items() if cls is relative)
        return self._relative(ndim, values, mode)

    def _declared(self, ndim):
        """The declared neighborhood, checked; None if there is none."""
        declared = self.options.get("neighborhood")
        if declared is None:
            return None
        try:
            declared = [(operator.index(lo), operator.index(hi)) for lo, hi in declared]
        except (TypeError, ValueError):
            raise NumbaValueError(f"a neighborhood is a pair of integers for each dimension, not {declared!r}") from None
        if any(lo > hi for lo, hi in declared):
            raise NumbaValueError(f"a neighborhood is the lowest and the highest offset for each dimension, not {declared!r}")
        if len(declared) != ndim:
            raise NumbaValueError(f"{len(declared)} dimensional neighborhood specified for {ndim} dimensional input array")
        return declared

    def _shifts(self, ndim):
        """What is added to the kernel's indices along each dimension, as texts; None if they are taken as they are."""
        given = self.options.get("index_offsets")
        if given is None:
            return None
        if len(given) != ndim:
            raise NumbaValueError(f"{len(given)} index offsets given for {ndim} dimensional input array")
        return [str(operator.index(offset)) for offset in given]

    def _limits(self, ndim):
        """Lowest and highest offset along each dimension, as numbers or as what relative arrays have them in; None if they are found."""
        return self._declared(ndim)

    def _further_fields(self, ndim):
        """What relative arrays have besides array and position."""
        return ()

    def _further_values(self, ndim):
        """The expressions of these."""
        return []

    def _result(self, given):
        """What the kernel gives for arguments of these types."""
        _core.compile_signature(self._kernel, given)
        return next(ret for known, ret in _core.overload_types(self._kernel) if known == given)

    def _indexing(self, t, index):
        """The function that indexes relative arrays of type `t`; notes the constant offsets."""
        key = t, index
        if key not in self._indexings:
            self._indexings[key] = self._make_indexing(t, index)
        return self._indexings[key]

    def _make_indexing(self, t, index):
        ndim = t.types[0].ndim
        parts = tuple(index.types) if is_tuple(index) else (index,)
        if len(parts) != ndim:
            raise NumbaValueError("Stencil index does not match array dimensionality.")
        declared = self._limits(ndim)
        seen = self._offsets.setdefault(t.value, [[0, 0] for _ in range(ndim)])
        lines, places = [], []

        def constant(k, value):
            if declared is not None and isinstance(declared[k][0], str):
                variable(k, str(value))
            elif declared is not None and not declared[k][0] <= value <= declared[k][1]:
                raise NumbaValueError(f"the stencil kernel accesses offset {value} along dimension {k}, outside of its neighborhood {declared[k]}")
            seen[k][0] = min(seen[k][0], value)
            seen[k][1] = max(seen[k][1], value)

        def variable(k, text):
            if declared is None:
                raise VariableIndex(arguments=[1])
            lo, hi = declared[k]
            lines.append(f"if {text} < {lo} or {text} > {hi}:")
            lines.append(f"    raise IndexError('stencil index is outside of the neighborhood along dimension {k}')")

        shifts = self._shifts(ndim)
        for k, part in enumerate(parts):
            text = f"index[{k}]" if is_tuple(index) else "index"
            if shifts is not None and part.kind == "literal_int" and not shifts[k].startswith("self"):
                value = part.literal_value + int(shifts[k])
                constant(k, value)
                places.append(f"self.p{k} + {value}")
            elif shifts is not None and (is_int(part) or part.kind == "literal_int"):
                text = f"({part.literal_value if part.kind == 'literal_int' else text} + {shifts[k]})"
                variable(k, text)
                places.append(f"self.p{k} + {text}")
            elif part.kind == "literal_int":
                constant(k, part.literal_value)
                places.append(f"self.p{k} + {part.literal_value}")
            elif is_int(part):
                variable(k, text)
                places.append(f"self.p{k} + {text}")
            elif part.kind == "slice":
                start, stop, step = part.members
                if step.kind != "none" or "none" in (start.kind, stop.kind):
                    raise NumbaValueError("a slice in a stencil kernel has a start, a stop and no step")
                bounds = []
                for name, member, last in (("start", start, 0), ("stop", stop, 1)):
                    if shifts is not None:
                        bounds.append(f"({text}.{name} + {shifts[k]})")
                        variable(k, bounds[-1] + (" - 1" if last else ""))
                    elif member.kind == "literal_int":
                        constant(k, member.literal_value - last)
                        bounds.append(str(member.literal_value))
                    else:
                        variable(k, f"{text}.{name}" + (" - 1" if last else ""))
                        bounds.append(f"{text}.{name}")
                places.append(f"self.p{k} + {bounds[0]}:self.p{k} + {bounds[1]}")
            else:
                raise NumbaValueError(f"Non-tuple or non-integer used as stencil index: {part}")
        mode = t.value._mode
        if mode is not None:
            if any(part.kind == "slice" for part in parts):
                raise NumbaValueError("slices in a stencil kernel need the mode 'constant'")
            for k, place in enumerate(places):
                lines += [f"j = {place}", f"n = self.array.shape[{k}]", f"x{k} = {_MODES[mode]}"]
            places = [f"x{k}" for k in range(ndim)]
        lines.append(f"return self.array[{', '.join(places)}]")
        found = _function("relative", "self, index", lines)
        found.__looplift_options__ = {"boundscheck": False, "inline": "always"}
        return found

    def _compile(self, args, out, threads=False):
        """The loop nest for arguments and output of these types; on threads if asked."""
        if "out" in self.parameters:
            raise NumbaValueError("Cannot use the reserved word 'out' in stencil kernels.")
        unknown = self.standard.difference(self.parameters)
        if unknown:
            raise NumbaValueError(f"Standard indexing requested for an array name not present in the stencil kernel definition: {sorted(unknown)}")
        if self.parameters[:1] and self.parameters[0] in self.standard:
            raise NumbaValueError("The first argument to a stencil kernel must use relative indexing, not standard indexing.")
        first = args[0] if args else None
        if first is None or first.kind != "array" or first.ndim == 0:
            raise NumbaValueError("The first argument to a stencil kernel must be the primary input array.")
        ndim = first.ndim
        relative = [t.kind == "array" and name not in self.standard for name, t in zip(self.parameters, args, strict=False)]
        if any(is_relative and t.ndim != ndim for is_relative, t in zip(relative, args, strict=True)):
            raise TypingError("Secondary stencil array does not have same number of dimensions as the first stencil input.")
        result, cls = self._typed(ndim, args, relative)
        relative_class = cls
        # An array without axes is its element.
        whole = result.kind == "array" and result.ndim == 0
        result = result.dtype if whole else result
        cls = scalar_class(result) if result.kind != "array" else None
        if cls is None:
            raise TypingError(f"a stencil kernel returns a number, not {result}")
        offsets = self._offsets.get(relative_class)
        if offsets is None:
            raise NumbaValueError("Stencil kernel with no accesses to relatively indexed arrays.")
        low, high = self._border(ndim, offsets)
        cval = self._fill(cls, result)
        return self._nest(ndim, relative, low, high, cls, cval, out, "[()]" if whole else "", threads, relative_class)

    def _typed(self, ndim, args, relative):
        """The type of what the kernel gives, and the class of its relative arrays.

        Where indices are computed from arguments, the kernel is typed again for the values of these: arguments that are constants.
        """
        known = ()
        while True:
            cls = self._relative(ndim, tuple((k, args[k].literal_value) for k in known))
            numbers = [_core.parse_type("int64")] * (len(cls._fields) - 1)
            given = [
                _core.namedtuple_type([t, *numbers], cls) if is_relative else t if k in known else t.unliteral
                for k, (t, is_relative) in enumerate(zip(args, relative, strict=True))
            ]
            try:
                return self._result(tuple(given)).unliteral, cls
            except ForceLiteralArg as request:
                wanted = self._asked(request)
            if any(args[k].kind != "literal_int" for k in wanted):
                raise VariableIndex(arguments=self._places(wanted))
            if set(wanted) <= set(known):
                raise VariableIndex
            known = tuple(sorted({*known, *wanted}))

    def _asked(self, request):
        """The arguments of the kernel that the compiler asks the values of."""
        return sorted(request.requested_args)

    def _places(self, wanted):
        """Arguments of the kernel as arguments of the call."""
        return wanted

    def _border(self, ndim, offsets):
        """How many elements at each end of each dimension the kernel does not compute: numbers, or names that `_prologue` binds."""
        bounds = self._declared(ndim) or offsets
        if self.neighborhood is None:
            self.neighborhood = [list(b) for b in offsets]
        return [max(0, -lo) for lo, _ in bounds], [max(0, hi) for _, hi in bounds]

    def _prologue(self, ndim):
        """Lines before the loop nest, and the parameters that they need."""
        return [], []

    def _fill(self, cls, result):
        cval = self.options.get("cval", 0)
        if not isinstance(cval, (bool, int, float, complex, np.number, np.bool_)) or (np.iscomplexobj(cval) and not issubclass(cls, np.complexfloating)):
            raise NumbaValueError(f"cval type does not match stencil return type. ({cval!r} is no {result})")
        try:
            return cls(cval)
        except (ValueError, OverflowError) as e:
            raise NumbaValueError(f"cval {cval!r} is no {result}: {e}") from None

    def _nest(self, ndim, relative, low, high, cls, cval, out, item, threads, relative_class):
        names = [f"a{k}" for k in range(len(relative))]
        axes = range(ndim)
        lines, further = self._prologue(ndim)
        for name, is_relative in list(zip(names, relative, strict=False))[1:]:
            if is_relative:
                smaller = " or ".join(f"{name}.shape[{k}] < a0.shape[{k}]" for k in axes)
                lines += [f"if {smaller}:", f"    raise ValueError({_TOO_SMALL!r})"]
        lines += [f"n{k} = a0.shape[{k}]" for k in axes]
        if out is None:
            lines.append(f"r = np.empty(({''.join(f'n{k}, ' for k in axes)}), R)")
        else:
            if out.kind != "array" or out.ndim != ndim:
                raise NumbaValueError(f"out is an array of {ndim} dimensions, not {out}")
            if cls in (np.complex64, np.complex128) and out.dtype.kind != "complex":
                raise TypingError(f"the stencil's results cannot be written to {out}")
            lines.append("r = out")
            differs = " or ".join(f"out.shape[{k}] != n{k}" for k in axes)
            lines += [f"if {differs}:", "    raise ValueError('out has another shape than the first stencil input')"]
        index = ", ".join(f"i{k}" for k in axes)
        place = ", ".join([index, *self._further_values(ndim)])
        passed = ", ".join(f"Relative({name}, {place})" if is_relative else name for name, is_relative in zip(names, relative, strict=False))

        def nest(indent, first):
            lines.append(f"{indent}for i0 in {first}:")
            for k in axes[1:]:
                indent += "    "
                lines.append(f"{indent}for i{k} in range({low[k]}, n{k} - {high[k]}):")
            lines.append(f"{indent}    r[{index}] = kernel({passed}){item}")

        everything = f"range({low[0]}, n0 - {high[0]})"
        if threads:
            rows = f"(n0 - {high[0]} - {low[0]})"
            lines.append(f"if a0.size >= {_SHARED} and {rows} > 1:")
            lines.append(f"    pieces = min({rows}, 64)")
            lines.append("    for piece in prange(pieces):")
            nest("        ", f"range({low[0]} + piece * {rows} // pieces, {low[0]} + (piece + 1) * {rows} // pieces)")
            lines.append("else:")
            nest("    ", everything)
        else:
            nest("", everything)
        mode = self.options.get("mode", "constant")
        if mode != "constant":
            lines += self._around(ndim, low, high, f"r[{index}] = kernel({passed.replace('Relative(', 'Near(')}){item}")
        elif out is None or "cval" in self.options:
            for k in axes:
                before = ":, " * k
                if low[k]:
                    lines.append(f"r[{before}:{low[k]}] = fill")
                if high[k]:
                    lines.append(f"r[{before}max(n{k} - {high[k]}, 0):] = fill")
        parameters = ", ".join([*further, *names, "out=None"])
        found = _function(
            "apply", parameters, [*lines, "return r"], R=cls, Relative=relative_class, kernel=self._kernel, fill=cval,
            Near=None if mode == "constant" else self._near(relative_class, ndim, mode), prange=prange,
        )
        found.__looplift_options__ = {"boundscheck": False, **({"parallel": {"numpy": False}} if threads else {})}
        return found

    def _around(self, ndim, low, high, statement):
        """Lines that compute the elements whose neighbours are not all inside."""
        lines, indent = [], ""
        for k in range(ndim - 1):
            lines.append(f"{indent}for i{k} in range(n{k}):")
            indent += "    "
        k = ndim - 1
        inside = " and ".join([f"{low[j]} <= i{j} < n{j} - {high[j]}" for j in range(k)] + [f"i{k} == {low[k]}", f"{low[k]} < n{k} - {high[k]}"])
        lines += [
            f"{indent}i{k} = 0",
            f"{indent}while i{k} < n{k}:",
            f"{indent}    if {inside}:",
            f"{indent}        i{k} = n{k} - {high[k]}",
            f"{indent}    if i{k} < n{k}:",
            f"{indent}        {statement}",
            f"{indent}    i{k} += 1",
        ]
        return lines


# Elements from which on threads pay.
_SHARED = 16_384
_TOO_SMALL = "Secondary stencil array has some dimension smaller the same dimension in the first stencil input."


def _rebuild(func, options):
    from looplift import _dispatcher

    return StencilFunc(_dispatcher.restored_function(func), options)


def stencil(func_or_mode="constant", **options):
    """Makes a function of neighbours into a function of arrays.

    ::

        @stencil
        def mean(a):
            return 0.25 * (a[0, 1] + a[1, 0] + a[0, -1] + a[-1, 0])

    The kernel indexes its arrays relative to the element that it computes. Where that would reach outside of the first array the result
    is `cval` (0 unless given). Further arrays are as large as the first at least; those named in `standard_indexing` are indexed
    as usual. An index that is not constant, nor computed from arguments that are, needs a `neighborhood`: a pair of lowest and highest offset for each
    dimension; an access outside of a declared neighborhood is an error. Calls take ``out=``, the array to write the results to; its border
    is left alone unless `cval` is given. `index_offsets` has an integer a dimension, which is added to every index. With ``mode=`` the array
    itself says what lies outside: 'wrap', 'nearest', 'reflect' and 'mirror' have the meaning that they have in `scipy.ndimage`. Compiled
    functions call stencils as Python does, and make them: there the kernel may be a closure, and neighborhood and offsets may be known when the
    program runs.
    """
    if callable(func_or_mode):
        func, mode = func_or_mode, "constant"
    else:
        func, mode = None, func_or_mode
    if mode != "constant":
        raise ValueError(f"Unsupported mode style {mode!r}; other borders are asked for by mode=, one of {', '.join(_MODES)}")
    mode = options.pop("mode", "constant")
    if mode not in _MODES:
        raise ValueError(f"Unsupported mode style {mode!r}; the modes are {', '.join(_MODES)}")
    if mode != "constant" and "cval" in options:
        raise ValueError(f"cval is what lies outside with mode 'constant', not with {mode!r}")
    for name in options:
        if name not in _OPTIONS:
            raise ValueError(f"Unknown stencil option {name}; the options are {', '.join(_OPTIONS)}")

    def decorate(func):
        return StencilFunc(func, dict(options) if mode == "constant" else {**options, "mode": mode})

    return decorate if func is None else decorate(func)


def _inside(args, kwargs):
    from looplift import _stencil_values

    return _stencil_values.implementation(args, kwargs)


# What `stencil(kernel, ...)` is in compiled code.
stencil.__looplift_implementation__ = _inside
