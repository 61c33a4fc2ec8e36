"""Captures the code objects of ``sources/*.py`` for the decoder's tests.

Run with each supported interpreter:  pythonX.Y capture.py
Writes ``cpXY.txt`` beside this file: one line a field, so that a test reads it without a JSON library.
``capture.py --stdlib FILE [ROOT]`` captures the whole standard library (or another folder of sources) instead, for the
slow test in ``tests/stdlib.rs``.

    version 3 13                opmap NAME=number ...
    source loops                a source file begins
    code <name>                 a code object begins; nested ones are inside their constant
    ints argcount posonlyargcount kwonlyargcount nlocals stacksize flags firstlineno
    qualname / names / varnames / cellvars / freevars   (text, percent-encoded, separated by blanks)
    bytes <hex> / table <hex>
    positions                   runs: line,end_line,col,end_col*count ("-" for None)
    const <constant>            one line each: a tag and its value; tuples are "tuple n" and n constants after it
    end
"""
import glob
import opcode
import os
import struct
import sys
from urllib.parse import quote


def text(value):
    return quote(value, safe="<>.,:()[]_") or "%"


def const(value, out):
    kind = type(value)
    if value is None:
        out.append("const none")
    elif value is Ellipsis:
        out.append("const ellipsis")
    elif kind is bool:
        out.append(f"const bool {int(value)}")
    elif kind is int:
        tag = "int" if -(2**63) <= value < 2**63 else "bigint"
        out.append(f"const {tag} {value}")
    elif kind is float:
        out.append(f"const float {struct.pack('>d', value).hex()}")
    elif kind is complex:
        out.append(f"const complex {struct.pack('>d', value.real).hex()} {struct.pack('>d', value.imag).hex()}")
    elif kind is str:
        try:
            value.encode()
        except UnicodeEncodeError:
            out.append("const opaque surrogate")
        else:
            out.append(f"const str {text(value)}")
    elif kind is bytes:
        out.append(f"const bytes {value.hex() or '-'}")
    elif kind is tuple or kind is frozenset:
        items = list(value) if kind is tuple else sorted(value, key=repr)
        out.append(f"const {kind.__name__} {len(items)}")
        for item in items:
            const(item, out)
    elif hasattr(value, "co_code"):
        out.append("const code")
        code(value, out)
    else:
        out.append(f"const opaque {text(kind.__name__)}")


def positions(value):
    runs = []
    for entry in value.co_positions():
        entry = ",".join("-" if part is None else str(part) for part in entry)
        if runs and runs[-1][0] == entry:
            runs[-1][1] += 1
        else:
            runs.append([entry, 1])
    return " ".join(entry if count == 1 else f"{entry}*{count}" for entry, count in runs)


def code(value, out):
    out.append(f"code {text(value.co_name)}")
    out.append(
        f"ints {value.co_argcount} {value.co_posonlyargcount} {value.co_kwonlyargcount} {value.co_nlocals}"
        f" {value.co_stacksize} {value.co_flags} {value.co_firstlineno}"
    )
    out.append(f"qualname {text(value.co_qualname)}")
    for field in ("names", "varnames", "cellvars", "freevars"):
        out.append(" ".join([field, *map(text, getattr(value, "co_" + field))]))
    out.append(f"bytes {value.co_code.hex()}")
    out.append(f"table {value.co_exceptiontable.hex()}")
    out.append(f"positions {positions(value)}")
    for item in value.co_consts:
        const(item, out)
    out.append("end")


def header(out):
    out.append(f"version {sys.version_info[0]} {sys.version_info[1]}")
    out.append("opmap " + " ".join(f"{name}={number}" for name, number in sorted(opcode.opmap.items())))


def stdlib(target, root=os.path.dirname(os.__file__)):
    out = []
    header(out)
    for path in sorted(glob.glob(os.path.join(root, "**", "*.py"), recursive=True)):
        if "site-packages" in path:
            continue
        name = os.path.relpath(path, root)
        try:
            with open(path, "rb") as file:
                value = compile(file.read(), name, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            continue  # files that test the compiler's refusals
        out.append(f"source {text(name)}")
        code(value, out)
    with open(target, "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(out) + "\n")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    out = []
    header(out)
    for path in sorted(glob.glob(os.path.join(here, "sources", "*.py"))):
        name = os.path.splitext(os.path.basename(path))[0]
        with open(path, encoding="utf-8") as file:
            value = compile(file.read(), name + ".py", "exec", dont_inherit=True)
        out.append(f"source {name}")
        code(value, out)
    target = os.path.join(here, "cp{}{}.txt".format(*sys.version_info))
    with open(target, "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--stdlib"]:
        stdlib(*sys.argv[2:])
    else:
        main()
