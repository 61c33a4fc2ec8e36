"""Result types of operators on numeric scalars, as documented for compiled code.

Integers and bools compute in 64 bits, signed as soon as one operand is; a float32 stays one beside float32, bool and
integers of at most 16 bits, else float64 is the common type; complex likewise.
"""

from .module import IS_PEER

BITS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64, "uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}
SMALL = {"bool", "int8", "int16", "uint8", "uint16", "float32", "complex64"} - ({"uint16"} if IS_PEER else set())

ARITHMETIC = ["+", "-", "*", "/", "//", "%", "**"]
BITWISE = ["&", "|", "^"]
SHIFTS = ["<<", ">>"]
COMPARISONS = ["==", "!=", "<", "<=", ">", ">="]
BINARY = ARITHMETIC + BITWISE + SHIFTS + COMPARISONS
UNARY = ["-", "+", "~", "not "]


def is_int(name):
    return name in BITS


def is_signed(name):
    return name.startswith("int")


def is_float(name):
    return name.startswith("float")


def is_complex(name):
    return name.startswith("complex")


def is_integral(name):
    return name == "bool" or name in BITS


def bits(name):
    """Width of an integer type or bool."""
    return BITS.get(name, 8)


def wide(left, right=None):
    """The 64-bit integer type two integers or bools compute in."""
    names = [left] if right is None else [left, right]
    return "int64" if any(name == "bool" or is_signed(name) for name in names) else "uint64"


def common(left, right):
    """The type both operands of an arithmetic operator are converted to."""
    if is_integral(left) and is_integral(right):
        return wide(left, right)
    single = left in SMALL and right in SMALL
    if is_complex(left) or is_complex(right):
        return "complex64" if single else "complex128"
    return "float32" if single else "float64"


def supports(op, left, right):
    """Whether the binary operator takes these types."""
    if op in BITWISE or op in SHIFTS:
        return is_integral(left) and is_integral(right)
    if op in ("//", "%", "<", "<=", ">", ">="):
        return not (is_complex(left) or is_complex(right))
    return True


def binary(op, left, right):
    """(operand type, result type) of a binary operator; the operand type is None for exact comparisons and shifts."""
    if op in COMPARISONS:
        exact = is_integral(left) and is_integral(right)
        return (None if exact else common(left, right)), "bool"
    if op in SHIFTS:
        return None, wide(left)
    if op in BITWISE and left == right == "bool":
        return "bool", "bool"
    if op == "**" and is_float(left) and is_integral(right):
        return left, left
    operand = common(left, right)
    if op == "/" and is_integral(operand):
        operand = "float64"
    return operand, operand


def unary(op, operand):
    """Result type of a unary operator, or None where it is refused."""
    if op == "not ":
        return "bool"
    if op == "~":
        return "bool" if operand == "bool" else wide(operand) if is_integral(operand) else None
    if op == "-" and is_int(operand) and not is_signed(operand):
        return operand
    return wide(operand) if is_integral(operand) else operand


def unified(left, right):
    """The type of a variable (or of `min` and `max`) that is one or the other: NumPy's promotion, integers staying integers."""
    if left == right:
        return left
    if "bool" in (left, right):
        return left if right == "bool" else right
    if is_int(left) and is_int(right):
        if is_signed(left) == is_signed(right):
            return left if bits(left) >= bits(right) else right
        signed, unsigned = (left, right) if is_signed(left) else (right, left)
        if bits(signed) > bits(unsigned):
            return signed
        return f"int{min(64, bits(unsigned) * 2)}"
    if is_complex(left) or is_complex(right):
        return common(left, right)
    if "float64" in (left, right):
        return "float64"
    integer = left if is_int(left) else right
    return "float32" if bits(integer) <= 16 else "float64"
