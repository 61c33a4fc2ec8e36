"""Typed scalars: an oracle that interprets Python functions with the arithmetic of compiled code.

A `Num` is a value with a type name. Its operators follow `rules`: integers wrap at their width, float32 rounds to
float32, division by zero raises what Python raises. Python numbers meeting a `Num` are int64, float64, complex128 or
bool. `TypedArray` stands for an array whose elements are read as `Num` and stored as compiled code stores them.
`interpret(func, args)` runs a function on such arguments with `range`, `len`, `min`, `int`, `math`, `np` and their
like replaced by typed ones. What compiled code leaves undefined (a float out of range becoming an integer, a
shift by more than the width) raises `Undefined`.
"""

import builtins
import math
import operator
import types as pytypes

import numpy as np

from . import rules
from .module import IS_PEER

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


# By what part results of powers, complex quotients and library functions are put off, and complex ones turned: it shows
# which programs amplify the rounding that compiled code is free in.
perturbation = 0.0
turn = 0.0


def free(result):
    """A result whose last digits are free."""
    if perturbation and isinstance(result, float):
        return result * (1 + perturbation)
    return result * complex(1 + perturbation, turn) if perturbation and isinstance(result, complex) else result


class Undefined(Exception):
    """The program does what compiled code gives no meaning to."""


def wrap(name, value):
    """An unbounded integer reduced to the width of integer type `name`."""
    width = rules.bits(name)
    value &= (1 << width) - 1
    return value - (1 << width) if rules.is_signed(name) and value >> (width - 1) else value


def type_of(value):
    """Type name of a Num, a NumPy scalar or a Python number."""
    if isinstance(value, Num):
        return value.type
    if isinstance(value, np.generic):
        return value.dtype.name
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64" if value <= INT64_MAX else "uint64"
    return {float: "float64", complex: "complex128"}[type(value)]


def raw(value):
    """The Python number of a Num, NumPy scalar or Python number."""
    if isinstance(value, Num):
        return value.value
    return value.item() if isinstance(value, np.generic) else value


def convert(name, number):
    """The number as a value of type `name`, by the conversions of compiled code."""
    if name == "bool":
        return bool(number)
    if name in rules.BITS:
        if isinstance(number, complex):
            raise TypeError("complex to integer")
        if isinstance(number, float):
            if not math.isfinite(number) or wrap(name, math.trunc(number)) != math.trunc(number):
                raise Undefined("float out of range as an integer")
            number = math.trunc(number)
        return wrap(name, int(number))
    with np.errstate(all="ignore"):
        if name == "float64":
            return float(number)
        if name == "float32":
            if isinstance(number, int) and abs(number) > 2**53:
                kind = np.int64 if number <= INT64_MAX else np.uint64
                return float(kind(number).astype(np.float32))
            return float(np.float32(number))
        return complex(np.complex64(number)) if name == "complex64" else complex(number)


def cast(name, value):
    """A Num of type `name` from any number."""
    return Num(name, convert(name, raw(value)))


def lift(value):
    return value if isinstance(value, Num) else Num(type_of(value), raw(value))


class Num:
    """A number of a fixed type. The value is a Python bool, int, float or complex already representable in it."""

    __slots__ = ("type", "value")
    __hash__ = None

    def __init__(self, type, value):
        self.type, self.value = type, value

    def __repr__(self):
        return f"{self.type}({self.value!r})"

    def __bool__(self):
        return bool(self.value)

    def __index__(self):
        if not rules.is_integral(self.type):
            raise TypeError(f"{self.type} as an index")
        return int(self.value)

    def __int__(self):
        return convert("int64", self.value)

    def __float__(self):
        return float(self.value)

    def __complex__(self):
        return complex(self.value)

    def __neg__(self):
        return unary("-", self)

    def __pos__(self):
        return unary("+", self)

    def __invert__(self):
        return unary("~", self)

    def __abs__(self):
        if rules.is_complex(self.type):
            return cast("float32" if self.type == "complex64" else "float64", abs(self.value))
        if self.type == "bool":
            return Num("int64", int(self.value))
        return cast(self.type, abs(self.value))

    def __round__(self, digits=None):
        if digits is None:
            return cast("int64", round(self.value))
        return cast(self.type if rules.is_float(self.type) else "int64", round(self.value, int(raw(digits))))

    @property
    def real(self):
        return cast(self.part(), self.value.real)

    @property
    def imag(self):
        return cast(self.part(), self.value.imag)

    def part(self):
        if self.type == "bool":
            return "int64"
        return {"complex64": "float32", "complex128": "float64"}.get(self.type, self.type)

    def conjugate(self):
        return Num(self.type, self.value.conjugate())


def method(op):
    def forward(left, right):
        return binary(op, left, right) if is_number(right) else NotImplemented

    def backward(right, left):
        return binary(op, left, right) if is_number(left) else NotImplemented

    return forward, backward


def is_number(value):
    return isinstance(value, (Num, bool, int, float, complex, np.generic))


NAMES = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow",
    "&": "and", "|": "or", "^": "xor", "<<": "lshift", ">>": "rshift",
    "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge",
}  # fmt: skip

for _op, _name in NAMES.items():
    _forward, _backward = method(_op)
    setattr(Num, f"__{_name}__", _forward)
    if _op not in COMPARE:
        setattr(Num, f"__r{_name}__", _backward)


def unary(op, operand):
    operand = lift(operand)
    if op == "not ":
        return Num("bool", not operand.value)
    result = rules.unary(op, operand.type)
    if result is None:
        raise TypeError(f"{op}{operand.type}")
    if result == "bool":
        return Num(result, not operand.value)
    if rules.is_integral(operand.type):
        value = int(operand.value)
        value = {"-": -value, "+": value, "~": ~value}[op]
        if (IS_PEER and operand.type != "bool") or (op == "~" and operand.type.startswith("u")):
            return Num(result, wrap(operand.type, value))  # computed in the operand's own width
        return Num(result, wrap(result, value))
    return cast(result, -operand.value if op == "-" else operand.value)


def binary(op, left, right):
    """`left op right` by the rules."""
    left, right = lift(left), lift(right)
    if not rules.supports(op, left.type, right.type):
        raise TypeError(f"{left.type} {op} {right.type}")
    operand, result = rules.binary(op, left.type, right.type)
    if op in COMPARE:
        if operand is None:
            return Num("bool", COMPARE[op](int(left.value), int(right.value)))
        return Num("bool", COMPARE[op](convert(operand, left.value), convert(operand, right.value)))
    if op in rules.SHIFTS:
        return shift(op, result, int(left.value), int(right.value))
    if op == "**" and rules.is_float(result) and rules.is_integral(right.type):
        return cast(result, float_power(left.value, float(right.value), "float64"))
    a, b = convert(operand, left.value), convert(operand, right.value)
    if operand == "bool":
        return Num("bool", {"&": a and b, "|": a or b, "^": a != b}[op])
    if operand in rules.BITS:
        return cast(result, INTEGER[op](a, b))
    if rules.is_float(operand):
        if op == "/" and rules.is_integral(left.type) and rules.is_integral(right.type) and b == 0:
            return left.value / right.value  # raises what Python raises for integers
        return cast(result, float_operation(op, a, b, operand))
    return cast(result, complex_operation(op, a, b, operand))


def shift(op, result, value, count):
    if count < 0:
        raise ValueError("negative shift count")
    value, count = wrap(result, value), min(count, 64)
    return Num(result, wrap(result, value << count if op == "<<" else value >> count))


def integer_power(base, exponent):
    if exponent >= 0:
        return pow(base, exponent) if exponent < 4096 else pow(base, exponent, 1 << 64)
    if base == 0:
        return base**exponent  # raises what Python raises
    return {1: 1, -1: -1 if exponent % 2 else 1}.get(base, 0)


INTEGER = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": integer_power,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}


def float_power(base, exponent, name):
    if base == 0 and exponent < 0:
        return base**exponent  # raises what Python raises
    kind = np.dtype(name).type
    with np.errstate(all="ignore"):
        return free(float(np.power(kind(base), kind(exponent))))


FLOAT = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "//": np.floor_divide, "%": np.remainder}
PYTHON = {"/": operator.truediv, "//": operator.floordiv, "%": operator.mod}


def float_operation(op, a, b, name):
    if op == "**":
        return float_power(a, b, name)
    if op in PYTHON and (b == 0 or name == "float64"):
        return PYTHON[op](a, b)
    kind = np.dtype(name).type
    with np.errstate(all="ignore"):
        return float(FLOAT[op](kind(a), kind(b)))


def complex_operation(op, a, b, name):
    if op == "/" and b == 0:
        return a / b  # raises what Python raises
    if op == "**":
        return complex_power(a, b, name)
    if op == "/":
        kind = np.dtype(name).type
        with np.errstate(all="ignore"):
            return free(complex(kind(a) / kind(b)))
    part = np.float32 if name == "complex64" else np.float64
    with np.errstate(all="ignore"):
        (ar, ai), (br, bi) = ((part(z.real), part(z.imag)) for z in (a, b))
        if op == "*":
            return complex(ar * br - ai * bi, ar * bi + ai * br)
        return complex(FLOAT[op](ar, br), FLOAT[op](ai, bi))


def complex_power(a, b, name):
    try:
        result = a**b
    except OverflowError:
        result = complex("inf")
    if not np.isfinite(convert(name, result)):
        raise Undefined("complex power out of range")
    if any(0 < abs(part) < 2**-110 for part in (result.real, result.imag)) and name == "complex64":
        raise Undefined("complex power with few bits left")
    return free(result)


class TypedArray:
    """A NumPy array seen with typed elements."""

    def __init__(self, array):
        self.array = array

    def __getattr__(self, name):
        value = getattr(self.array, name)
        return TypedArray(value) if isinstance(value, np.ndarray) else value

    def __len__(self):
        return len(self.array)

    def __iter__(self):
        for item in self.array:
            yield arrays_and_numbers(item)

    def __getitem__(self, key):
        return arrays_and_numbers(self.array[untyped(key)])

    def __setitem__(self, key, value):
        if isinstance(value, TypedArray):
            value = value.array
        else:
            value = cast(self.array.dtype.name, value).value
        self.array[untyped(key)] = value


def arrays_and_numbers(value):
    """What an index expression gives, with types."""
    return TypedArray(value) if isinstance(value, np.ndarray) else lift(value)


def untyped(key):
    """An index with plain integers."""
    if isinstance(key, tuple):
        return tuple(untyped(item) for item in key)
    if isinstance(key, slice):
        return slice(*(None if part is None else operator.index(part) for part in (key.start, key.stop, key.step)))
    return operator.index(key) if isinstance(key, Num) else key


def typed(value):
    """An argument with types, tuples and arrays included."""
    if isinstance(value, np.ndarray):
        return TypedArray(value)
    if isinstance(value, tuple):
        return tuple(typed(item) for item in value)
    return lift(value) if is_number(value) else value


def plain(value):
    """The boxed result: what the compiled function returns to Python."""
    if isinstance(value, TypedArray):
        return value.array
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Num):
        return value.value
    if isinstance(value, int) and not INT64_MIN <= value < 2**64:
        raise Undefined("an untyped integer out of range")
    return value


# Builtins and modules as an interpreted function sees them.


def typed_range(*bounds):
    unsigned = all(type_of(bound) == "uint64" for bound in bounds)
    name = "uint64" if unsigned else "int64"
    for index in builtins.range(*(operator.index(bound) for bound in bounds)):
        yield Num(name, index)


def typed_len(value):
    return Num("int64", builtins.len(value))


def extremum(better):
    def choose(*items):
        if len(items) == 1:
            items = tuple(items[0])
        name, best = type_of(items[0]), lift(items[0]).value
        for item in items[1:]:
            item = lift(item)
            if better(item.value, best):
                best = item.value
            name = rules.unified(name, item.type)
        return cast(name, best)

    return choose


def typed_int(value=0):
    value = lift(value)
    if rules.is_integral(value.type):
        return cast(rules.wide(value.type) if value.type == "bool" else value.type, value)
    if rules.is_float(value.type) and not math.isfinite(value.value):
        int(value.value)  # raises what Python raises
    return cast("int64", value)


def typed_float(value=0.0):
    value = lift(value)
    return value if value.type == "float32" else cast("float64", value)


def typed_complex(real=0.0, imag=0.0):
    return cast("complex128", complex(raw(real), raw(imag)))


def typed_bool(value=False):
    return Num("bool", bool(value))


def typed_sum(items, start=0):
    total = lift(start)
    for item in items:
        total = total + item
    return total


def typed_round(value, digits=None):
    return lift(value).__round__(digits)


class TypedMath:
    """The `math` module: float32 stays float32 where the function is of one argument, all else is float64."""

    def __getattr__(self, name):
        member = getattr(math, name)
        if not callable(member):
            return member

        def call(*args):
            numbers = [raw(arg) for arg in args]
            single = bool(args) and all(type_of(arg) == "float32" for arg in args)
            result = member(*numbers)
            if name not in ("sqrt", "fabs", "floor", "ceil", "trunc"):
                result = free(result)
            if isinstance(result, float) and single:
                return cast("float32", result)
            return lift(result)

        return call


class TypedNumPy:
    """The `np` functions that typed programs use: scalar constructors, array creators, elementwise functions."""

    CREATORS = {"zeros", "empty", "ones", "full", "arange", "linspace", "zeros_like", "ones_like", "full_like"}

    def __getattr__(self, name):
        member = getattr(np, name)
        if name in rules.BITS or name in ("bool_", "float32", "float64", "complex64", "complex128"):
            return TypeName("bool" if name == "bool_" else name)
        if name in self.CREATORS:
            return lambda *args, **named: TypedArray(
                member(*map(self.plain_argument, args), **{n: self.plain_argument(v) for n, v in named.items()})
            )
        if isinstance(member, np.ufunc):
            return lambda *args: self.elementwise(member, args)
        return member

    @staticmethod
    def plain_argument(arg):
        if isinstance(arg, TypeName):
            return np.dtype(arg.name)
        if isinstance(arg, Num):
            return np.dtype(arg.type).type(arg.value)
        return plain(arg) if isinstance(arg, TypedArray) else untyped(arg)

    @staticmethod
    def elementwise(function, args):
        with np.errstate(all="ignore"):
            return lift(function(*(np.dtype(type_of(arg)).type(raw(arg)) for arg in args)))


class TypeName:
    """A NumPy scalar type: called, it converts."""

    def __init__(self, name):
        self.name = name

    def __call__(self, value=0):
        return cast(self.name, value)


NAMESPACE = {
    "range": typed_range,
    "len": typed_len,
    "min": extremum(operator.lt),
    "max": extremum(operator.gt),
    "int": typed_int,
    "float": typed_float,
    "complex": typed_complex,
    "bool": typed_bool,
    "sum": typed_sum,
    "round": typed_round,
    "math": TypedMath(),
    "np": TypedNumPy(),
}


def typed_constants(code):
    """The code with its numeric constants typed."""
    return code.replace(co_consts=tuple(map(constant, code.co_consts)))


def constant(value):
    if isinstance(value, tuple):
        return tuple(map(constant, value))
    return lift(value) if isinstance(value, (bool, int, float, complex)) else value


def retarget(func):
    """`func` with typed constants and the typed namespace before its own globals, and so its callees of one module."""
    names = dict(func.__globals__)

    def twin_of(function):
        code = typed_constants(function.__code__)
        twin = pytypes.FunctionType(code, names, function.__name__, function.__defaults__, function.__closure__)
        twin.__kwdefaults__ = function.__kwdefaults__
        return twin

    for name, value in names.items():
        value = getattr(value, "py_func", value)
        if isinstance(value, pytypes.FunctionType) and value.__globals__ is func.__globals__:
            names[name] = twin_of(value)
    names.update(NAMESPACE)
    return twin_of(func)


def interpret(func, args, kwargs=None):
    """The result of `func` in typed arithmetic, boxed; exceptions carry plain arguments."""
    kwargs = {name: typed(value) for name, value in (kwargs or {}).items()}
    try:
        return plain(retarget(func)(*(typed(arg) for arg in args), **kwargs))
    except Exception as error:
        error.args = plain(error.args)
        raise
