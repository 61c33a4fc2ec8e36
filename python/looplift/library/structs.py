"""`struct` with formats known while compiling. `array` tells of no alignment, so native formats (without `<`, `>`, `=` or `!`) are
those of equal items, where nothing is padded."""

import re
import struct
import sys
from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import is_array, is_index, is_real, kind, text

_INTS = {"b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "n", "N"}
_FLOATS = {"e": "float16", "f": "float32", "d": "float64"}


class _Item:
    """One field: its letter, where it lies, its size, the byte order."""

    def __init__(self, letter, offset, size, order):
        self.letter, self.offset, self.size, self.order = letter, offset, size, order


@cache
def _items(format):
    """The fields of a format, or None."""
    try:
        struct.calcsize(format)
    except struct.error:
        return None
    head = format[0] if format[:1] in "@=<>!" and format else "@"
    body = format[1:] if format[:1] and format[:1] in "@=<>!" else format
    order = "big" if head in ">!" else "little" if head == "<" else sys.byteorder
    out = []
    done = "" if head == "@" else head
    for count, letter in re.findall(r"(\d*)([a-zA-Z?])", body):
        times = int(count or 1)
        fields = [f"{times}s"] if letter == "s" else [letter] * times
        for field in fields:
            size = struct.calcsize((head if head != "@" else "@") + field)
            whole = struct.calcsize((head if head != "@" else "@") + done.lstrip("@=<>!") + field)
            done += field
            if letter == "x":
                continue
            if letter == "p" or (letter not in _INTS and letter not in _FLOATS and letter not in "s?c"):
                return None
            out.append(_Item(letter, whole - size, size, order))
    return out


def _read(item, at):
    part = f"data[{at} + {item.offset} : {at} + {item.offset + item.size}]"
    if item.letter in "sc":
        return part
    if item.letter == "?":
        return f"data[{at} + {item.offset}] != 0"
    if item.letter in _FLOATS:
        part = part if item.order == sys.byteorder else f"{part}[::-1]"
        return f"float(np.frombuffer({part}, np.{_FLOATS[item.letter]})[0])"
    if item.letter in "QLN" and item.size == 8:
        part = part if item.order == sys.byteorder else f"{part}[::-1]"
        return f"np.frombuffer({part}, np.uint64)[0]"
    return f"int.from_bytes({part}, {item.order!r}, signed={item.letter.islower()})"


@cache
def _unpacker(format, offset):
    items = _items(format)
    size = struct.calcsize(format)
    fields = "".join(f"{_read(item, 'at')}, " for item in items)
    if offset:
        lines = [
            "def unpack(format, buffer, offset=0):",
            "    data = bytes(buffer)",
            "    at = offset if offset >= 0 else offset + len(data)",
            f"    if at < 0 or at + {size} > len(data):",
            f"        raise error('unpack_from requires a buffer of at least {size} bytes')",
        ]
    else:
        lines = ["def unpack(format, buffer):", "    data = bytes(buffer)", "    at = 0", f"    if len(data) != {size}:",
                 f"        raise error('unpack requires a buffer of {size} bytes')"]  # fmt: skip
    lines.append(f"    return ({fields})")
    scope = {"np": np, "error": struct.error}
    exec(compile("\n".join(lines), "<looplift struct.unpack>", "exec"), scope)  # text of this module's own making
    return scope["unpack"]


def _is_buffer(t):
    return kind(t) == "bytes" or (is_array(t, 1) and t.dtype.name == "uint8")


@overload("_struct.unpack")
def unpack(format, buffer):
    name = text(format)
    return _unpacker(name, False) if name is not None and _items(name) is not None and _is_buffer(buffer) else None


@overload("_struct.unpack_from")
def unpack_from(format, buffer, offset=0):
    name = text(format)
    return _unpacker(name, True) if name is not None and _items(name) is not None and _is_buffer(buffer) else None


def _bounds(item):
    bits = 8 * item.size
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if item.letter.islower() else (0, 2**bits - 1)


@cache
def _packer(format):
    items = _items(format)
    lines = [f"def pack(format, {', '.join(f'v{k}' for k in range(len(items)))}):", "    out = b''"]
    end = 0
    for k, item in enumerate(items):
        if item.offset > end:
            lines.append(f"    out += bytes({item.offset - end})")
        end = item.offset + item.size
        v = f"v{k}"
        if item.letter in "sc":
            lines.append(f"    out += ({v} + bytes({item.size}))[:{item.size}]")
        elif item.letter == "?":
            lines.append(f"    out += bytes([1 if {v} else 0])")
        elif item.letter in _FLOATS:
            lines.append(f"    out += np.array([{v}], np.{_FLOATS[item.letter]}).tobytes()" + ("" if item.order == sys.byteorder else "[::-1]"))
        else:
            low, high = _bounds(item)
            if item.size < 8:
                lines.append(f"    if {v} < {low} or {v} > {high}:")
                lines.append(f"        raise error({f'{item.letter!r} format requires {low} <= number <= {high}'!r})")
            elif item.letter.isupper():
                lines.append(f"    if {v} < 0:")
                lines.append("        raise error('argument out of range')")
            name = f"{'' if item.letter.islower() else 'u'}int{8 * item.size}"
            lines.append(f"    out += np.array([{v}], np.{name}).tobytes()" + ("" if item.order == sys.byteorder else "[::-1]"))
    if struct.calcsize(format) > end:
        lines.append(f"    out += bytes({struct.calcsize(format) - end})")
    lines.append("    return out")
    scope = {"np": np, "error": struct.error}
    exec(compile("\n".join(lines), "<looplift struct.pack>", "exec"), scope)  # text of this module's own making
    return scope["pack"]


def _takes(item, value):
    if item.letter in "sc":
        return kind(value) == "bytes"
    return is_real(value) if item.letter in _FLOATS or item.letter == "?" else is_index(value)


@overload("_struct.pack")
def pack(format, *values):
    name = text(format)
    items = _items(name) if name is not None else None
    if items and len(items) == len(values) and all(map(_takes, items, values)):
        return _packer(name)


@cache
def _size(format):
    size = struct.calcsize(format)

    def calcsize(format):
        return size

    return calcsize


@overload("_struct.calcsize")
def calcsize(format):
    name = text(format)
    return _size(name) if name is not None and _items(name) is not None else None
