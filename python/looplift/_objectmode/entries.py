"""What a function in object mode calls before each of its loops: runs the loop compiled, or declines.

An entry compiles its loop function for kinds of values on first use, with numbers that must come out as Python's
(`exact_numbers`): what does not fit 64 bits, and whatever else would be another number, raises. It declines, by None, what has
no type, what does not compile, what the interpreter computes otherwise (`kinds`; remembered by the classes of the values),
and every run that ends in an exception: what the loop has written into arrays is undone, and the interpreter runs the loop from
its start and says precisely what is wrong. Arrays that are written to are copied first, unless the compiled code cannot raise
but for an index, which is raised as the interpreter does. Results become what they are in the interpreter.

Global functions that the loop uses are looked at again at each run.
"""

import re
import warnings
from time import perf_counter

import numpy as np

from looplift import _core
from looplift._objectmode import kinds
from looplift._objectmode.loop_kinds import Kinds
from looplift.errors import NumbaError, NumbaPendingDeprecationWarning

_SCALARS = frozenset((int, float, complex, bool, type(None), range, str, bytes))
_CONTAINERS = frozenset((list, set, dict))
# Kinds of values after which an entry gives up: it would only cost time.
_PATIENCE = 8
# Kinds of values that are compiled or remembered.
_KINDS = 64
# Runs whose number of iterations is looked at, and what is too few, in loops without and with loops inside.
_WATCHED, _SHORT, _SHORT_NESTED = 64, 24, 8
# Items of containers that are converted without a thought; and how many an iteration may cost, in loops without and with loops inside.
_FEW, _AN_ITERATION, _NESTED = 256, 4, 64
# What converting an item of a container costs, an item of a list being one.
_COST = {list: 1, set: 4, dict: 6}


# Types of numbers that are others in compiled code than outside.
_SMALL = re.compile(r"\b(float16|float32|complex64|u?int8|u?int16|u?int32|uint64)\b")
# Py_TPFLAGS_HEAPTYPE
_HEAP_TYPE = 1 << 9


class _Foreign(kinds.Differs):
    """A value's class is written in Python."""


class _Compiled:
    """A loop compiled for some kinds of values: the arrays to copy first (numbers of arguments), whether the loop can start over
    after an exception, and what to make of its results."""

    def __init__(self, dispatcher, copied, restarts, finish):
        self.dispatcher, self.copied, self.restarts, self.finish = dispatcher, copied, restarts, finish
        self.runs = self.failures = 0
        # Runs in which converting the arguments took nearly all the time.
        self.losses = 0
        # The largest number of iterations of the first runs; None if it cannot be told.
        self.longest = 0


class Entry:
    """The compiled side of one loop. `reasons` says why values were declined."""

    def __init__(self, site, options, name):
        self.site = site
        self.reasons = []
        self.runs = 0
        self.active = True
        # What is told when it gives up.
        self.stopped = None
        # Times that an argument was too large.
        self._large = 0
        # Whether all that was declined was so for a class that is written in Python, and has no compiled form.
        self.hopeless = True
        self._options = {**options, "nopython": True, "exact_numbers": True}
        self._name = name
        self._fresh()

    def _fresh(self):
        # By kinds of values: a `_Compiled`, or None for what is declined.
        self._known, self._by_class = {}, {}
        # By the results that have flags.
        self._dispatchers = {}
        space = self.site.function.__globals__
        self._globals = {n: space.get(n) for n in self.site.function.__code__.co_names if n not in self.site.names}

    def __call__(self, *args):
        if not self.active:
            return None
        if self._globals:
            space = self.site.function.__globals__
            for name, value in self._globals.items():
                if space.get(name) is not value:
                    self._fresh()
                    break
        classes = tuple(map(type, args))
        unknown = False
        if not _CONTAINERS.isdisjoint(classes):
            size = sum(_size(a) for a in args if type(a) in _CONTAINERS)
            if size > _FEW:
                small = self._is_small(args, size)
                if small:
                    return None
                unknown = small is None
        # Numbers and texts are told apart by their classes; other values need a closer look.
        known = self._by_class.get(classes)
        if known is None:
            key = tuple(map(_kind_key, args))
            try:
                known = self._known[key]
            except KeyError:
                known = self._compile(key, args)
            if known is None:
                return None
            if _SCALARS.issuperset(classes):
                self._by_class[classes] = known
        saved = [(args[n], args[n].copy()) for n in known.copied]
        start = perf_counter() if unknown and known.runs else None
        try:
            result = known.dispatcher(*args)
        except NumbaError:
            # An argument does not fit its type: nothing has run.
            known.failures += 1
            return None
        except (Exception, GeneratorExit):
            if not known.restarts:
                # What was written until then stays, as it does in the interpreter.
                raise
            for array, copy in saved:
                np.copyto(array, copy)
            known.failures += 1
            if known.failures >= _PATIENCE and known.failures > known.runs:
                # Mostly its numbers grow too large, or it ends in an exception.
                self._give_up(known, "it mostly ends in an exception, or with an integer too large for 64 bits")
            return None
        if start is not None and known.runs < _WATCHED:
            self._weigh(known, args, perf_counter() - start)
        known.runs += 1
        if known.runs <= _WATCHED:
            self._watch(known, args)
        self.runs += 1
        self.hopeless = False
        return result if known.finish is None else known.finish(args, result)

    def _compile(self, key, args):
        """The loop for values like these, or None; remembered unless the next values of these kinds may be better."""
        for a in args:
            if type(a) is int and abs(a) >> 63:
                self._decline("an integer is too large for 64 bits")
                self._large += 1
                if self._large >= _PATIENCE and self._large > self.runs:
                    self._stop()
                return None
        if len(self._known) >= _KINDS:
            self._decline("it runs for too many kinds of values")
            return None
        try:
            known = self._admitted(args)
        except (NumbaError, kinds.Differs, ValueError) as e:
            self._decline(_first_line(e))
            self.hopeless = self.hopeless and isinstance(e, _Foreign)
            known = None
        self._known[key] = known
        if known is None and len(self._known) >= _PATIENCE and not self.runs:
            self._stop()
        return known

    def _watch(self, known, args):
        """Gives up what always has a few iterations only: the interpreter is done with them sooner."""
        if known.longest is None or self.site.length is None:
            return
        try:
            known.longest = max(known.longest, self.site.length(*args))
        except TypeError:
            known.longest = None
            return
        if known.runs == _WATCHED and known.longest <= (_SHORT_NESTED if self.site.nested else _SHORT):
            self._give_up(known, "it has a few iterations only")

    def _is_small(self, args, size):
        """Whether a loop does so little that converting its containers would cost more; None if that cannot be told before."""
        if self.site.length is None:
            return None
        try:
            iterations = self.site.length(*args)
        except TypeError:
            return None
        if size <= iterations * (_NESTED if self.site.nested else _AN_ITERATION):
            return False
        self._decline("it does little with the containers that it is given, which would be converted")
        return True

    def _weigh(self, known, args, seconds):
        """Gives up what takes hardly longer than converting its containers does, which the interpreter need not."""
        start = perf_counter()
        for a in args:
            if type(a) in _CONTAINERS:
                _convert(a)
        converting = perf_counter() - start
        known.losses += 1 if seconds - converting < converting / 24 else -1
        if known.losses >= 3:
            self._give_up(known, "converting its containers takes longer than what it does with them")

    def _stop(self):
        self.active = False
        if self.stopped is not None:
            self.stopped(self)

    def _give_up(self, known, reason):
        """Declines from now on what this was compiled for."""
        self._decline(reason)
        for table in (self._known, self._by_class):
            for key in [k for k, v in table.items() if v is known]:
                table[key] = None
        if not any(self._known.values()):
            self._stop()

    def _admitted(self, args):
        site = self.site
        items = frozenset()
        for a in args:
            cls = type(a)
            if cls in _CONTAINERS and site.pure:
                for c in _core.item_classes(a) if cls is list else set(map(type, a)):
                    items |= kinds.kind_of(next(x for x in a if type(x) is c))
            elif not (_is_plain(a) or cls is np.ndarray or isinstance(a, (np.generic, _core.CPUDispatcher))):
                raise (_Foreign if cls.__flags__ & _HEAP_TYPE else kinds.Differs)(f"a value of class {cls.__name__} stays in the interpreter")
        given = [kinds.kind_of(a, n) for n, a in enumerate(args)]
        found = Kinds(site.function, given, items)
        stored, kept = self._results(found, given)
        dispatcher = self._dispatchers.get(kept)
        if dispatcher is None:
            dispatcher = _core.make_dispatcher(site.make(kept) if kept else site.function, self._options)
            dispatcher.__name__ = self._name
            self._dispatchers[kept] = dispatcher
        types = tuple(map(_core.typeof_value, args))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NumbaPendingDeprecationWarning)
            _core.compile_signature(dispatcher, types)
        results = dict(_core.overload_types(dispatcher))[types].types
        raised = _core.raised_classes(dispatcher)
        if found.has_handlers and any(e.__name__ in raised and found.catches(e) for e in (GeneratorExit, OverflowError)):
            raise kinds.Differs("a handler of it would catch that an integer grows beyond 64 bits")
        if found.calls and _SMALL.search(_core.stage_text(dispatcher, list(types), "types")):
            raise kinds.Differs("a function that it calls may give a number of a small type, which is another outside of compiled code")
        at, makers = 0, []
        for n, (name, _, flagged) in enumerate(site.results):
            at += flagged or n in kept
            result = getattr(results[at], "type", None) or results[at]
            if kinds.UNKNOWN in stored[n] and found.numpy and result.kind not in ("array", "none"):
                raise kinds.Differs(f"the class of `{name}` is not known")
            makers.append(kinds.conversion(stored[n], results[at], name))
            at += 1
        arrays = [n for n, a in enumerate(args) if type(a) is np.ndarray and a.flags.writeable]
        written = [n for n in arrays if found.written is None or n in found.written]
        careful = not raised <= {"IndexError"}
        return _Compiled(dispatcher, written if careful else (), careful or not written, _finish(site, kept, makers))

    def _results(self, found, given):
        """The kinds of what the loop assigns to each result, and the numbers of results with a flag."""
        stored, kept = [], []
        names = self.site.function.__code__.co_varnames
        for n, (name, place, _flagged) in enumerate(self.site.results):
            kind = found.stored.get(names.index(name), frozenset()) if name in names else frozenset()
            if place is not None:
                before = given[place]
                exact = len(before) == 1 and not any(isinstance(a, tuple) for a in before)
                if not (exact and kind == before):
                    kept.append(n)
            stored.append(kind)
        return stored, tuple(kept)

    def _decline(self, reason):
        if reason not in self.reasons:
            self.reasons.append(reason)

    @property
    def dispatcher(self):
        """What holds compiled signatures, the last first."""
        return next(reversed(self._dispatchers.values()), None)

    @property
    def compiled(self):
        """Whether some signature of the loop is compiled."""
        return any(known is not None for known in self._known.values())


def _finish(site, kept, makers):
    """A function of the arguments and the loop function's result that gives what the interpreted function takes; None if it is the same."""
    if not kept and not any(makers):
        return None
    rows = [(n in kept, flagged, place, makers[n]) for n, (_, place, flagged) in enumerate(site.results)]

    def finish(args, result):
        out, at = [], 0
        for is_kept, flagged, place, make in rows:
            if is_kept:
                at += 1
                if not result[at - 1]:
                    out.append(args[place])
                    at += 1
                    continue
            elif flagged:
                out.append(result[at])
                at += 1
                if not result[at - 1]:
                    make = None
            out.append(result[at] if make is None else make(result[at]))
            at += 1
        out.append(result[at])
        return out

    return finish


def _is_plain(value):
    return type(value) in _SCALARS or (type(value) is tuple and all(map(_is_plain, value)))


def _size(container):
    """What converting a container costs, in items of a list."""
    cls, n = type(container), len(container)
    if cls is list and n and type(container[0]) in _CONTAINERS:
        return n * (1 + _size(container[0]))
    return n * _COST[cls]


@lambda make: make()
def _convert():
    return _core.make_dispatcher(lambda container: None, {"nopython": True})


def _kind_key(a):
    cls = type(a)
    if cls is np.ndarray:
        return a.dtype, a.ndim, a.flags.num
    if cls is tuple:
        return (cls, *map(_kind_key, a))
    if cls is list:
        return cls, _core.item_classes(a)
    return a if cls is _core.CPUDispatcher else cls


def _first_line(error):
    text = str(error)
    return text.splitlines()[0] if text else type(error).__name__
