"""Stencils that compiled code makes: ``stencil(kernel, neighborhood=((-w, w),))(a)`` inside a jitted function.

There a stencil is a value, a named tuple of the kernel, which may have captured variables, and of the options' values: the neighborhood
need not be known while compiling. Its class (`MadeStencil`) is made for the types of these.
"""

from looplift import _core
from looplift._stencil import _OPTIONS, StencilFunc, _function
from looplift.errors import NumbaValueError, TypingError
from looplift.library._types import is_int, is_tuple

# (types of the kernel and of options) -> MadeStencil
_made = {}


def _texts(t):
    """The texts that an option's type tells."""
    found = tuple(t.types) if is_tuple(t) else (t,)
    if not all(f.kind == "literal_str" for f in found):
        raise TypingError("standard_indexing is a text, or a tuple of texts, known while compiling")
    return tuple(f.literal_value for f in found)


def implementation(args, kwargs):
    """The function that makes the stencil of a kernel and options of these types."""
    if len(args) != 1 or args[0].kind not in ("closure", "function", "dispatcher"):
        raise TypingError(f"in compiled code stencil takes a kernel and options, not ({', '.join(map(str, args))})")
    for name in kwargs:
        if name not in _OPTIONS:
            raise NumbaValueError(f"Unknown stencil option {name}; the options are {', '.join(_OPTIONS)}")
    key = args[0], tuple(sorted(kwargs.items()))
    if key not in _made:
        _made[key] = MadeStencil(args[0], kwargs)
    return _made[key].maker(list(kwargs))


class MadeStencil(StencilFunc):
    """A stencil whose kernel and options are values of compiled code."""

    def __init__(self, kernel, given):
        # Options by their types; what the texts of `standard_indexing` are is part of those.
        options = {name: t for name, t in given.items() if name in ("neighborhood", "cval", "index_offsets")}
        if "standard_indexing" in given:
            options["standard_indexing"] = _texts(given["standard_indexing"])
        super().__init__(getattr(kernel.value, "py_func", kernel.value), options)
        self.neighborhood = None
        self._kernel_type = kernel
        self._kernels = {}
        self.fields = ("kernel", *(name for name in ("neighborhood", "cval", "index_offsets") if name in options))
        self.value_class = type(
            "stencil",
            (tuple,),
            {
                "__slots__": (),
                "__module__": "looplift",
                "_fields": self.fields,
                "__new__": self._to_python,
                "__looplift_object__": True,
                "__looplift_method__": staticmethod(self._method),
                "__looplift_attribute__": staticmethod(lambda name, t: None),
            },
        )

    @staticmethod
    def _to_python(cls, kernel, *values):
        """The stencil as an object of Python."""
        return StencilFunc(kernel, dict(zip(cls._fields[1:], values, strict=True)))

    def maker(self, names):
        """The function that makes the value."""
        kernel = "kernel" if self._kernel_type.kind != "function" else "compiled"
        items = ", ".join([kernel, *self.fields[1:]])
        parameters = ", ".join(["kernel", *(f"{name}=None" for name in names)])
        return _function("make", parameters, [f"return Value({items})"], Value=self.value_class, compiled=self._kernel)

    def _method(self, name, t, args, kwargs):
        return self.__looplift_implementation__(tuple(args[1:]), dict(kwargs)) if name == "__call__" else None

    # What differs from stencils of Python.

    def _declared(self, ndim):
        t = self.options.get("neighborhood")
        if t is None:
            return None
        pairs = tuple(t.types) if is_tuple(t) else ()
        if not all(is_tuple(p) and len(p.types) == 2 and all(map(is_int, p.types)) for p in pairs):
            raise NumbaValueError(f"a neighborhood is a tuple of pairs of integers, not {t}")
        if len(pairs) != ndim:
            raise NumbaValueError(f"{len(pairs)} dimensional neighborhood specified for {ndim} dimensional input array")
        return pairs

    def _limits(self, ndim):
        return None if self._declared(ndim) is None else [(f"self.l{k}", f"self.h{k}") for k in range(ndim)]

    def _shifts(self, ndim):
        t = self.options.get("index_offsets")
        if t is None:
            return None
        if not is_tuple(t) or len(t.types) != ndim or not all(map(is_int, t.types)):
            raise NumbaValueError(f"index_offsets is a tuple of {ndim} integers, one a dimension, not {t}")
        return [f"self.o{k}" for k in range(ndim)]

    def _further_fields(self, ndim):
        limits = () if self._declared(ndim) is None else [name for k in range(ndim) for name in (f"l{k}", f"h{k}")]
        return (*limits, *(() if self._shifts(ndim) is None else [f"o{k}" for k in range(ndim)]))

    _further_values = _further_fields

    def _border(self, ndim, offsets):
        if self._declared(ndim) is None:
            return [max(0, -lo) for lo, _ in offsets], [max(0, hi) for _, hi in offsets]
        return [f"before{k}" for k in range(ndim)], [f"after{k}" for k in range(ndim)]

    def _prologue(self, ndim):
        lines = ["kernel = stencil.kernel"]
        if "cval" in self.options:
            lines.append("fill = R(stencil.cval)")
        if self._declared(ndim) is not None:
            for k in range(ndim):
                lines += [
                    f"l{k} = stencil.neighborhood[{k}][0]",
                    f"h{k} = stencil.neighborhood[{k}][1]",
                    f"before{k} = max(0, -l{k})",
                    f"after{k} = max(0, h{k})",
                ]
        if self._shifts(ndim) is not None:
            lines += [f"o{k} = stencil.index_offsets[{k}]" for k in range(ndim)]
        return lines, ["stencil"]

    def _fill(self, cls, result):
        cval = self.options.get("cval")
        if cval is not None and (cval.kind not in ("integer", "literal_int", "float", "boolean", "literal_bool", "complex") or
                                 (cval.kind == "complex" and result.kind != "complex")):  # fmt: skip
            raise NumbaValueError(f"cval type does not match stencil return type. ({cval} is no {result})")
        return cls(0)

    def _asked(self, request):
        # Before them comes the kernel, where it is an argument of what is typed.
        first = 0 if self._kernel_type.kind == "function" else 1
        return sorted(k - first for k in request.requested_args)

    def _places(self, wanted):
        return [k + 1 for k in wanted]

    def _result(self, given):
        if self._kernel_type.kind == "function":
            return super()._result(given)
        names = ", ".join(f"a{k}" for k in range(len(given)))
        if len(given) not in self._kernels:
            self._kernels[len(given)] = _core.make_dispatcher(_function("kernel", f"f, {names}", [f"return f({names})"]), {"nopython": True})
        probe, key = self._kernels[len(given)], (self._kernel_type, *given)
        _core.compile_signature(probe, key)
        return next(ret for known, ret in _core.overload_types(probe) if known == key)
