"""Compiled signatures as bytes, with the parallel loops that their code runs, and back.

Code names objects of the process by numbers, and functions of C by addresses. What it may name is made anew in each process, in the same order: `objmode` blocks, by
rewriting the functions that have them, functions of `ctypes`, by asking the objects, and parallel loops, which come with the bytes: how each combines, and the machine code of its
signatures. So a function that was loaded need not be rewritten for its loops.
"""

import json

from looplift import _core
from looplift.errors import NumbaError


def dumps(dispatcher, args, objects, addresses):
    """The bytes of a compiled signature; `objects` are those that its code may name besides loops, `addresses` those of functions of C that
    it may call. ValueError says why it has none."""
    loops, wanted = _loops(dispatcher, args)
    objects = [*objects, *loops]
    parts, rows = [_core.stored(dispatcher, list(args), objects, addresses)], []
    for loop, numbers in zip(loops, wanted, strict=True):
        row = {"row": loop.row(), "fields": loop.fields, "nogil": True, "signatures": []}
        for number in sorted(numbers):
            types = loop.signatures[number]
            parts.append(_core.stored(loop.dispatcher, list(types), objects, addresses))
            row["signatures"].append([number, _texts(types)])
        rows.append(row)
    head = json.dumps({"sizes": [len(p) for p in parts], "loops": rows, "told": _told(dispatcher)}).encode()
    return len(head).to_bytes(8, "little") + head + b"".join(parts)


def loads(dispatcher, args, data, objects, addresses):
    """Publishes a signature from its bytes. ValueError if they are not used."""
    size = int.from_bytes(data[:8], "little")
    try:
        head = json.loads(data[8 : 8 + size])
        sizes, rows = head["sizes"], head["loops"]
        loops = [StoredLoop(row) for row in rows]
    except (KeyError, TypeError, NumbaError) as e:
        raise ValueError(f"the bytes make no sense: {e}") from None
    parts, at = [], 8 + size
    for n in sizes:
        parts.append(data[at : at + n])
        at += n
    if at != len(data):
        raise ValueError("the bytes end early")
    objects = [*objects, *loops]
    rest = iter(parts[1:])
    for loop in loops:
        for types in filter(None, loop.signatures):
            _core.load_stored(loop.dispatcher, list(types), next(rest), objects, addresses)
    _core.load_stored(dispatcher, list(args), parts[0], objects, addresses)
    if loops:
        from looplift import _parallel, _threads

        _threads.used()
        # (Several signatures: each has told of the same loops.)
        dispatcher.__dict__.setdefault(_parallel.NAME, [Told(row) for row in head["told"]])


def _loops(dispatcher, args):
    """The parallel loops that a signature's code runs, and those that they run; and for each the numbers of its signatures."""
    loops, wanted, places = [], [], {}
    work = [(dispatcher, args)]
    while work:
        for loop, number in _core.loops_of(*work.pop()):
            place = places.setdefault(id(loop), len(loops))
            if place == len(loops):
                loops.append(loop)
                wanted.append(set())
            if number not in wanted[place]:
                wanted[place].add(number)
                work.append((loop.dispatcher, loop.signatures[number]))
    return loops, wanted


def _texts(types):
    """The texts of types, for types that their texts tell."""
    out = [str(t) for t in types]
    for t, text in zip(types, out, strict=True):
        try:
            told = _core.parse_type(text) == t
        except (NumbaError, TypeError, ValueError):
            told = False
        if not told:
            raise ValueError(f"a parallel loop takes a value of type {text}")
    return out


def _told(dispatcher):
    from looplift import _parallel

    return _parallel.diagnostics(dispatcher)


class StoredLoop:
    """A parallel loop whose code was loaded: what a run needs of it. It may be stored again."""

    __looplift_parallel__ = True

    def __init__(self, stored):
        self._row, self.fields = stored["row"], [tuple(f) for f in stored["fields"]]
        self.signatures = []
        for number, texts in stored["signatures"]:
            self.signatures += [None] * (number + 1 - len(self.signatures))
            self.signatures[number] = tuple(map(_core.parse_type, texts))
        self.dispatcher = _core.make_dispatcher(_no_source, {"nopython": True})

    def row(self):
        return self._row


class Told:
    """A loop or expression that was compiled in another process, for `parallel_diagnostics`."""

    def __init__(self, row):
        self._row = row

    def row(self):
        return self._row


def _no_source(*operands):
    raise NotImplementedError("the loop's code was loaded")
