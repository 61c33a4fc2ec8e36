"""What operations on kinds give: operators, indexing, attributes, methods, and calls of what Python and NumPy have."""

import numpy as np

from looplift import _core
from looplift._objectmode.kinds import (
    ANY,
    BOOL,
    DTYPE,
    FLOAT,
    INT,
    INTEGERS,
    NONE,
    NUMBERS,
    PLAIN,
    PLAIN_RANK,
    RANK,
    STR,
    UNKNOWN,
    Differs,
    is_,
    join,
    mixed,
    one,
)

_MATH_INT = frozenset(("floor", "ceil", "trunc", "gcd"))
_MATH_BOOL = frozenset(("isnan", "isinf", "isfinite"))
_MATH = frozenset(
    "sin cos tan asin acos atan atan2 sinh cosh tanh exp expm1 log log2 log10 log1p sqrt fabs copysign degrees radians".split()
)
_MAKERS = frozenset("zeros ones empty full arange linspace zeros_like ones_like empty_like full_like array asarray copy dot outer cross concatenate".split())
_READING = frozenset("sum min max mean all any argmin argmax copy astype reshape ravel flatten std var prod cumsum cumprod dot transpose item tolist".split())
_ELEMENTWISE = frozenset("where clip sort cumsum cumprod diff roll flip reshape ravel transpose argsort".split())


class Rules:
    """Of an analysis that holds `items`, `numpy`, `written`, `calls` and `has_handlers`, as `loop_kinds.Kinds` describes them."""

    def _put(self, kind):
        self.items = join(self.items, kind)
        if mixed(self.items) or (len(self.items) > 1 and any(is_(a, "np") for a in self.items)):
            raise Differs("it puts values of several classes into a list")

    def _items(self, kind):
        """What iterating over a value gives."""
        out = frozenset()
        for a in kind:
            if is_(a, "iter"):
                item = a[1]
            elif is_(a, "array"):
                item = self._element(a, 1)
            elif is_(a, "tuple"):
                item = frozenset()
                for t in a[1]:
                    item = join(item, t)
            elif a == "list":
                item = self.items
            elif a == "str":
                item = STR
            elif a == "bytes":
                item = INT
            elif a in (ANY, UNKNOWN):
                item = one(a)
            else:
                raise Differs("what it iterates over is not known")
            out = join(out, item)
        return out

    def _element(self, array, count):
        """What `count` integers index out of an array."""
        self.numpy = True
        _, dtype, ndim, number = array
        if ndim is None:
            return one(UNKNOWN)
        if count > ndim:
            raise Differs("it uses more indices than an array has")
        if count < ndim:
            return one(("array", dtype, ndim - count, number))
        if dtype is None or np.dtype(dtype).kind not in "biufc":
            raise Differs(f"elements of type {dtype} have other classes in compiled code")
        return one(("np", dtype))

    def _subscript(self, a, index):
        if mixed(index):
            raise Differs("an index may be an integer or a float")
        if is_(a, "array"):
            if index <= INTEGERS - {"bool"}:
                return self._element(a, 1)
            if len(index) == 1:
                (only,) = index
                if only == "slice":
                    return one(a)
                if is_(only, "tuple") and all(t <= INTEGERS - {"bool"} for t in only[1]):
                    return self._element(a, len(only[1]))
                if is_(only, "tuple") and all(t <= INTEGERS - {"bool"} or t == {"slice"} for t in only[1]):
                    gone = sum(t != {"slice"} for t in only[1])
                    return one(("array", a[1], None if a[2] is None else a[2] - gone, a[3]))
            self.numpy = True
            return one(UNKNOWN)
        if is_(a, "tuple"):
            out = frozenset()
            for t in a[1]:
                out = join(out, t)
            return out if index <= INTEGERS else one(UNKNOWN)
        if a == "str":
            return STR
        if a == "list":
            return self.items if index <= INTEGERS else one("list")
        if is_(a, "iter") or a == "bytes":
            return INT if index <= INTEGERS else one(UNKNOWN)
        if a in (ANY, UNKNOWN):
            return one(a)
        raise Differs("what it indexes is not known")

    def _store(self, base, value):
        for a in base:
            if a == "list":
                self._put(value)
            elif is_(a, "array"):
                self._writes(a)
                if a[1] is None:
                    continue
                dtype = np.dtype(a[1])
                # NumPy checks what it makes an integer of.
                fits = {("np", a[1]), "int", "bool", ("np", "bool")} if a[1] == "int64" else {("np", a[1])}
                if dtype.kind in "iu" and any(v not in fits and not (is_(v, "array") and v[1] == a[1]) for v in value):
                    raise Differs(f"it writes numbers of other types into an array of {a[1]}")
                if dtype.kind not in "biufc" or (dtype.kind != "c" and value & {"complex", ("np", "complex128"), ("np", "complex64")}):
                    raise Differs(f"it writes into an array of {a[1]}")
            elif a == UNKNOWN:
                self.written = None
            else:
                raise Differs("what it writes into is not known")

    def _writes(self, array):
        self.numpy = True
        if array[3] is not None and self.written is not None:
            self.written.add(array[3])

    def _binary(self, op, x, y):
        if is_(x, "array") or is_(y, "array"):
            self.numpy = True
            for a in (x, y):
                if a not in ("int", "float", "complex") and not (isinstance(a, tuple) and a[0] in ("array", "np") and a[1] in PLAIN - {"bool"}):
                    raise Differs("it computes with arrays of other types than int64, float64 and complex128")
            dtypes = [DTYPE[a] if a in NUMBERS else a[1] for a in (x, y)]
            dtype = max(dtypes, key=PLAIN_RANK.index)
            if op in ("**", "<<", ">>", "&", "|", "^", "@"):
                return one(("array", None, None, None))
            sizes = [a[2] if is_(a, "array") else 0 for a in (x, y)]
            return one(("array", "float64" if op == "/" and dtype == "int64" else dtype, None if None in sizes else max(sizes), None))
        if x in NUMBERS and y in NUMBERS:
            return self._python(op, x, y)
        if is_(x, "np") or is_(y, "np"):
            self.numpy = True
            return self._numpy(op, x, y)
        if x == y == "str" and op == "+" or {x, y} == {"str", "int"} and op == "*" or x == "str" and op == "%":
            return STR
        if x == "list" and y in ("list", "int"):
            return one("list")
        if is_(x, "tuple") and is_(y, "tuple") and op == "+":
            return one(("tuple", x[1] + y[1]))
        if ANY in (x, y) and {x, y} <= NUMBERS | {ANY, "str"}:
            return one(ANY)
        raise Differs(f"the classes of the operands of {op} are not known")

    def _python(self, op, x, y):
        if "complex" in (x, y) and op not in ("+", "-", "*", "/"):
            raise Differs(f"complex numbers with {op}")
        if x == y == "bool" and op in ("&", "|", "^"):
            return BOOL
        wide = RANK[max(RANK.index(x), RANK.index(y), 1)]
        return FLOAT if op == "/" and wide == "int" else one(wide)

    def _numpy(self, op, x, y):
        kinds = []
        for a in (x, y):
            dtype = DTYPE.get(a) if not isinstance(a, tuple) else a[1] if a[0] == "np" else None
            if dtype not in PLAIN:
                raise Differs("it computes with NumPy's numbers of other types than int64, float64 and complex128")
            kinds.append(dtype)
        if self.has_handlers and op in ("/", "//", "%", "<<", ">>", "**"):
            raise Differs("NumPy's numbers do not raise what a handler may catch")
        if "complex128" in kinds and op not in ("+", "-", "*"):
            raise Differs(f"NumPy's complex numbers with {op}")
        if kinds == ["bool", "bool"]:
            if op in ("&", "|", "^"):
                return one(("np", "bool"))
            raise Differs(f"NumPy's truth values with {op}")
        if "complex128" in kinds or "float64" in kinds:
            return one(("np", "complex128" if "complex128" in kinds else "float64"))
        return one(("np", "float64" if op == "/" else "int64"))

    def _compare(self, x, y):
        if is_(x, "array") or is_(y, "array") or UNKNOWN in (x, y):
            return one(UNKNOWN)
        if is_(x, "np") or is_(y, "np"):
            self.numpy = True
            for a, b in ((x, y), (y, x)):
                if is_(a, "np") and a[1] not in PLAIN and (np.dtype(a[1]).kind not in "iu" or b in ("float", "complex")):
                    raise Differs(f"it compares a NumPy number of type {a[1]}")
            return one(("np", "bool"))
        return BOOL

    def _text(self, kind, how=0):
        for a in kind:
            if is_(a, "np") and (how & 3 > 1 or a[1] not in PLAIN) or isinstance(a, tuple) and a[0] != "np" or a == UNKNOWN:
                raise Differs("it makes a text of a value whose class is another in compiled code")
        if sum(a in NUMBERS or is_(a, "np") for a in kind) > 1:
            raise Differs("it makes a text of a number that may be of one class or another")
        return STR

    def _attribute(self, a, name):
        if is_(a, "array"):
            if name == "shape" and a[2] is not None:
                return one(("tuple", (INT,) * a[2]))
            if name in ("size", "ndim", "itemsize", "nbytes"):
                return INT
            if name == "T":
                return one(a)
        if a in ("int", "float", "complex", "bool") and name in ("real", "imag"):
            return FLOAT if a == "complex" else one("int" if a == "bool" else a)
        self.numpy = True
        return one(UNKNOWN)

    def _method(self, name, base, args):
        out = frozenset()
        for a in base:
            if a == "list":
                if name in ("append", "insert"):
                    self._put(args[-1])
                    out |= {NONE}
                elif name == "pop":
                    out = join(out, self.items)
                elif name in ("index", "count"):
                    out |= INT
                elif name in ("clear", "reverse", "sort"):
                    out |= {NONE}
                else:
                    raise Differs(f"the method {name} of a list")
            elif a in ("str", "bytes", ANY):
                if any(mixed(x) or any(isinstance(t, tuple) for t in x) for x in args):
                    raise Differs(f"what it passes to the method {name} has another class in compiled code")
                out |= {ANY}
            elif is_(a, "np") and name == "item" and a[1] in PLAIN:
                out |= {next(p for p, d in DTYPE.items() if d == a[1])}
            elif is_(a, "array") or a == UNKNOWN:
                self.numpy = True
                if name not in _READING:
                    self.written = None
                out |= {("array", a[1], a[2], None)} if name == "copy" and a != UNKNOWN else {UNKNOWN}
            else:
                raise Differs(f"the method {name} of what is not known")
        return out

    def _call(self, f, args, named):
        """The kind of a call's result."""
        if isinstance(f, _core.CPUDispatcher):
            if any(map(mixed, args)):
                raise Differs("it passes on a number that may be an integer or a float")
            self.written, self.calls = None, True
            self.numpy = self.numpy or any(is_(a, "array") for kind in args for a in kind)
            return one(ANY)
        if isinstance(f, np.ufunc):
            return self._ufunc(f, args, named)
        rule = _RULES.get(f) if getattr(f, "__hash__", None) is not None else None
        if rule is not None and not named:
            return rule(self, args)
        if getattr(f, "__module__", "") == "math":
            name = f.__name__
            self._plain(args)
            if name in _MATH_INT:
                return INT
            if name in _MATH_BOOL:
                return BOOL
            if name in _MATH:
                return FLOAT
        if isinstance(f, type) and issubclass(f, np.generic):
            self.numpy = True
            dtype = np.dtype(f).name
            if dtype not in PLAIN:
                raise Differs(f"it makes NumPy numbers of type {dtype}")
            return one(("np", dtype))
        self.numpy = True
        if f in (np.zeros, np.ones, np.empty) and not named and len(args) == 1:
            (only,) = args[0] if len(args[0]) == 1 else (None,)
            return one(("array", "float64", len(only[1]) if is_(only, "tuple") else 1 if args[0] <= INTEGERS else None, None))
        if (getattr(f, "__module__", None) or "").partition(".")[0] == "numpy" and f.__name__ in _MAKERS:
            return one(("array", None, None, None))
        if (getattr(f, "__module__", None) or "").partition(".")[0] == "numpy" and f.__name__ in _ELEMENTWISE and not named:
            if any(is_(a, "array") and a[1] in PLAIN for kind in args for a in kind):
                return one(("array", None, None, None))
        raise Differs(f"what {getattr(f, '__name__', f)} gives is not known")

    def _plain(self, args):
        """Refuses arguments that are NumPy scalars of small types, with which compiled code computes in these types."""
        if any(is_(a, "np") and a[1] not in PLAIN for kind in args for a in kind):
            raise Differs("it computes with NumPy's numbers of other types than int64, float64 and complex128")

    def _ufunc(self, f, args, named):
        self.numpy = True
        if any(is_(a, "array") or a == UNKNOWN for kind in args for a in kind):
            if named or len(args) > f.nin:
                self.written = None
            return one(("array", None, None, None))
        dtypes = []
        for kind in args:
            names = {DTYPE.get(a) if not isinstance(a, tuple) else a[1] if a[0] == "np" else None for a in kind}
            if len(names) != 1 or not names <= PLAIN:
                raise Differs(f"the types that numpy.{f.__name__} gets are not known")
            dtypes.append(np.dtype(names.pop()))
        if named or f.nout != 1 or len(dtypes) != f.nin:
            raise Differs(f"a call of numpy.{f.__name__}")
        try:
            result = f.resolve_dtypes((*dtypes, None))[-1].name
        except TypeError:
            raise Differs(f"numpy.{f.__name__} does not take this") from None
        if result not in PLAIN:
            raise Differs(f"numpy.{f.__name__} gives a number of type {result}")
        return one(("np", result))


def _longest(self, args):
    kinds = [self._items(args[0])] if len(args) == 1 else args
    out = frozenset()
    for kind in kinds:
        out = join(out, kind)
    if not out <= {"int", "float", "bool", "str", ANY, ("np", "int64"), ("np", "float64")}:
        raise Differs("which of several values it chooses is not known")
    return out


def _absolute(self, args):
    out = frozenset()
    for a in args[0]:
        if a in NUMBERS:
            out |= FLOAT if a == "complex" else one("int" if a == "bool" else a)
        elif a in (("np", "int64"), ("np", "float64")):
            out |= one(a)
        else:
            raise Differs("the absolute value of what is not known")
    return out


def _rounded(self, args):
    if len(args) == 1 and args[0] <= {"int", "float", ("np", "float64")}:
        return INT
    if len(args) == 2 and args[0] == {"float"}:
        return FLOAT
    raise Differs("round() of what is not known")


def _divmod(self, args):
    quotient = rest = frozenset()
    for x in args[0]:
        for y in args[1]:
            quotient, rest = join(quotient, self._binary("//", x, y)), join(rest, self._binary("%", x, y))
    if mixed(args[0]) or mixed(args[1]):
        raise Differs("a number may be an integer or a float")
    return one(("tuple", (quotient, rest)))


def _power(self, args):
    if len(args) != 2 or mixed(args[0]) or mixed(args[1]):
        raise Differs("pow() of what is not known")
    out = frozenset()
    if any(is_(x, "np") for x in args[0] | args[1]):
        raise Differs("pow() of what is not known")
    for x in args[0]:
        for y in args[1]:
            out = join(out, self._binary("**", x, y))
    return out


def _sum(self, args):
    if len(args) == 1 and self._items(args[0]) <= {"int", "bool"}:
        return INT
    raise Differs("sum() of what may be floats")


def _integer(self, args):
    if any(a in (UNKNOWN, ANY) or is_(a, "array") for a in args[0]):
        raise Differs("a number of what is not known")
    return INT


def _float(self, args):
    _integer(self, args)
    return FLOAT


def _complex(self, args):
    self._plain(args)
    return one("complex")


_RULES = {
    len: lambda self, args: INT,
    range: lambda self, args: one(("iter", INT)),
    enumerate: lambda self, args: one(("iter", one(("tuple", (INT, self._items(args[0])))))),
    zip: lambda self, args: one(("iter", one(("tuple", tuple(map(self._items, args)))))),
    reversed: lambda self, args: one(("iter", self._items(args[0]))),
    min: _longest,
    max: _longest,
    abs: _absolute,
    round: _rounded,
    divmod: _divmod,
    pow: _power,
    sum: _sum,
    int: _integer,
    float: _float,
    bool: lambda self, args: BOOL,
    complex: _complex,
    ord: lambda self, args: INT,
    chr: lambda self, args: STR,
    str: lambda self, args: self._text(args[0]) if len(args) == 1 else STR,
}
