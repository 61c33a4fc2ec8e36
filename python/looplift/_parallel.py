"""`prange` loops of functions compiled with `parallel=True`: which run on several threads, and how their results combine.

`rewrite` takes `prange` loops out of a function (with `looplift._objectmode.lift`) and puts a call of a `ParallelLoop` before
each. When the function is compiled, a `ParallelLoop` compiles its loop function for the types at hand and says what the loop
gives; where that is impossible it says None, and the loop runs in place, on one thread.

A variable that one iteration hands to the next must be a *reduction*: changed only by one of `+ - * / & | ^` or `min`, `max`.
Every other variable is private to an iteration; after the loop it has the value of the last iteration that sets it.
"""

import os
import random
import threading
import warnings

import numpy as np

from looplift import _core, _early, _expressions, _positions, _races, _threads, prange
from looplift._objectmode import assembly, lift
from looplift.errors import NumbaError, NumbaPerformanceWarning

# Numbers of binary operators (in place: 13 more), and how partial results combine.
_OPERATORS = {0: "sum", 10: "sum", 5: "product", 11: "product", 1: "and", 7: "or", 12: "xor"}
_COMMUTATIVE = (0, 5, 1, 7, 12)
_CONTAINERS = ("list(", "set(", "ListType", "DictType", "SetType", "dict(", "Generator", "generator", "RandomType", "RandomStateType")
# Methods of containers that only read.
_READING = frozenset(("get", "count", "index", "keys", "values", "items", "copy", "issubset", "issuperset", "isdisjoint"))
NAME = "_parallel_loops"


class ParallelLoop:
    """One loop: its `line`, its `dispatcher`, the `fields` of its result (how to combine, argument, in place), the `signatures` that
    it is compiled for, `reason` why it does not run in parallel, if so. `read_only` has the numbers of the arguments that the
    loop only reads from, should they be containers. `early` is the `_early.Early` of a loop that may be left before its end."""

    __looplift_parallel__ = True

    def __init__(self, site, fields, options, name, read_only, early=None):
        self.early = early
        self.line, self.fields, self.reason, self.read_only = site.line, fields, site.reason, read_only
        self.signatures = []
        # What is being compiled, by (thread, types).
        self.asked = set()
        self.reductions = [(field[0], k) for k, field in enumerate(fields) if field[1] is not None]
        self.dispatcher = _core.make_dispatcher(site.function, options)
        self.dispatcher.__name__ = name
        self.stream = _stream(site.function)
        self.compiled = False
        # What the loop takes as it is: values of variables that no iteration changes.
        code = site.function.__code__
        stored = {code.co_varnames[k.arg] for k in assembly.decode(code) if k.name == "STORE_FAST"}
        self.invariants = [v for v in code.co_varnames[1 : code.co_argcount] if v not in stored]

    def __looplift_result__(self, *types):
        from looplift import types as names

        if self.stream is not None:
            self.reason = f"it draws random numbers from the global object '{self.stream}', one after the other"
            return names.none
        for n, t in enumerate(types):
            if _holds_containers(t) and not (n in self.read_only and _is_flat(t)):
                self.reason = f"it uses a container of type {t}, which threads must not share"
                return names.none
            if any(part in str(t) for part in ("type(", "Function", "losure", "iter(", "terator")):
                self.reason = f"it uses a value of type {t} of the function around it"
                return names.none
        if self.early is not None:
            self.reason = self.early.refusal([False, *map(_holds_elements, types[1:])])
            if self.reason is not None:
                return names.none
        asked = threading.get_ident(), types
        if asked in self.asked:
            # The loop calls the function that it belongs to: there it runs in place.
            return names.none
        self.asked.add(asked)
        try:
            _core.compile_signature(self.dispatcher, types)
        except NumbaError as e:
            self.reason = str(e).splitlines()[0]
            return names.none
        finally:
            self.asked.discard(asked)
        ret = next(ret for args, ret in _core.overload_types(self.dispatcher) if args == types)
        for _, k in self.reductions:
            kind = str(ret.types[k]) if hasattr(ret, "types") else ""
            if kind.startswith(("Tuple", "UniTuple", "OptionalType", "Optional", "unicode", "bytes", "datetime", "timedelta")):
                self.reason = f"values of type {kind} are not combined"
                return names.none
        if self.early is not None and getattr(ret.types[-1], "literal_value", 0):
            self.reason = "it never comes to its end"
            return names.none
        self.compiled, self.reason = True, None
        if types not in self.signatures:
            self.signatures.append(types)
        return ret

    def row(self):
        """See `diagnostics`."""
        return _row(self)

    def __looplift_signature__(self, *types):
        return self.signatures.index(types)

    def __call__(self, *args):
        raise TypeError("a parallel loop runs in compiled code only")


def _stream(func):
    """The name of a global or captured object that draws random numbers, and that a function uses."""
    code = func.__code__
    cells = {n: c for n, c in zip(code.co_freevars, func.__closure__ or (), strict=True)}
    for name in (*code.co_names, *cells):
        try:
            value = cells[name].cell_contents if name in cells else func.__globals__.get(name)
        except ValueError:
            # A variable that has no value yet.
            continue
        if isinstance(value, (random.Random, np.random.RandomState, np.random.Generator)):
            return name
    return None


def _holds_containers(t):
    return any(part in str(t) for part in _CONTAINERS)


def _holds_elements(t):
    return any(part in str(t) for part in ("array(", "Array", "[", "Record", "(", "{"))


def _is_flat(t):
    """Whether a type is a container of what are no containers."""
    parts = {"list": ("dtype",), "set": ("dtype",), "dict": ("key_type", "value_type")}.get(t.kind)
    return parts is not None and not any(_holds_containers(getattr(t, part)) for part in parts)


def _read_only(plan):
    """Numbers of the arguments of a loop function that the loop only reads from, as containers are read."""
    ks, before = plan.flow.instructions, plan.flow.before
    changed = set()
    for m, k in plan._instructions():
        if k.name in ("LOAD_FAST", "LOAD_FAST_CHECK") and k.arg in plan.arguments and not _reads(plan, ks, before, m):
            changed.add(k.arg)
    return frozenset(1 + n for n, v in enumerate(plan.arguments) if v not in changed)


def _reads(plan, ks, before, m):
    """Whether the container that instruction `m` pushes is only read by what takes it off the stack."""
    slot, n = len(before[m]), m + 1
    while n < len(ks) and _stays(ks, before, m, n + 1):
        n += 1
    if n == len(ks) or before[n] is None:
        return False
    k, above = ks[n], len(before[n]) - slot
    code = plan.func.__code__
    if k.name == "BINARY_SUBSCR":
        return above == 2
    if k.name in ("CONTAINS_OP", "GET_ITER"):
        return above == 1
    if k.name in ("LOAD_ATTR", "LOAD_METHOD"):
        return code.co_names[k.arg >> 1 if k.name == "LOAD_ATTR" and "END_FOR" in assembly._NUMBERS else k.arg] in _READING
    if k.name in ("CALL", "PRECALL"):
        callee = next((q for q in range(m - 1, -1, -1) if ks[q].name == "LOAD_GLOBAL"), None)
        return k.arg == 1 and above == 1 and callee == m - 1 and code.co_names[ks[callee].arg >> 1] in ("len", "sum", "min", "max", "enumerate")
    return False


def rewrite(func, owner, options):
    """A function like `func` whose `prange` loops are offered to threads."""
    _threads.used()
    func = _positions.rewrite(func)
    kept = {k: options[k] for k in ("fastmath", "boundscheck", "error_model") if k in options}
    func, expressions = _expressions.rewrite(func, kept, lambda flow: _in_loops(func, flow)) if wants_expressions(options) else (func, [])
    sites, made = lift.sites(func, parallel=_is_prange)
    if made is None:
        return func
    flow, plans = made
    loops, entries = [], {}
    for site, plan in plans:
        fields, early = _fields(plan, site)
        if fields is None:
            continue
        loop_options = {**kept, "nopython": True, "range": _range_known(plan)}
        entries[site] = ParallelLoop(site, fields, loop_options, func.__name__, _read_only(plan), early)
        _races.warn(func, plan, site)
    for site in sites:
        loops.append(entries.get(site, site))
    if hasattr(owner, "__dict__"):
        owner.__dict__[NAME] = loops + expressions
    return lift.patch(func, (flow, [(s, p) for s, p in plans if s in entries]), entries) if entries else func


def wants_expressions(options):
    """Whether array expressions are to run on threads: not where a dict of options has only loops."""
    parallel = options.get("parallel")
    return not isinstance(parallel, dict) or bool(parallel.get("numpy", True))


def _in_loops(func, flow):
    """The blocks of loops over `prange`."""
    return {b for loop in flow.loops if lift._iterates(func, flow, loop, _is_prange) for b in loop.blocks}


def _is_prange(func, k):
    """Whether an instruction loads `prange`."""
    if k.name in ("LOAD_ATTR", "LOAD_METHOD"):
        return func.__code__.co_names[k.arg >> 1 if k.name == "LOAD_ATTR" and "END_FOR" in assembly._NUMBERS else k.arg] == "prange"
    value = assembly.loaded(func, k)
    return value is prange or value is _positions.range_of


def _range_known(plan):
    """What the call that makes a loop's range says of it: the name of a `KnownRange`, or None."""
    call = plan.flow.instructions[plan.place - 1]
    return {1: "natural", 2: "unit_step"}.get(call.arg) if call.name == "CALL" else None


def _fields(plan, site):
    """Rows of the loop's result: (how to combine, number of the argument or None, in place), and the `Early` of a loop that may be left
    before its end; None where iterations depend on each other, with the reason in `site`."""
    names = plan.func.__code__.co_varnames
    order = {v: 1 + n for n, v in enumerate(plan.arguments)}
    early = None
    if len(plan.targets) > 1:
        early, site.reason = _early.of(plan)
        if early is None:
            return None, None
    ways = {}
    stored = {k.arg for _, k in plan._instructions() if k.name == "STORE_FAST"}
    for v in plan.arguments:
        if v in stored:
            way = _reduction(plan, v)
            if way is None:
                site.reason = f"an iteration needs `{names[v]}` from the one before"
                return None, None
            ways[v] = way
    rows = []
    for v in plan.results:
        if v in plan.flagged:
            rows += [("flag", None, False), ("last", None, False)]
        elif v in ways:
            rows.append((ways[v][0], order[v], ways[v][1]))
        else:
            rows.append(("any", None, False))
    rows.append(("any" if early is None else "exit", None, False))
    return rows, early


def _reduction(plan, v):
    """(how to combine, whether in place) if the loop changes a variable as a reduction does."""
    ks, before = plan.flow.instructions, plan.flow.before
    numbers = [n for n, _ in plan._instructions()]
    loads = {n for n in numbers if ks[n].name in ("LOAD_FAST", "LOAD_FAST_CHECK") and ks[n].arg == v}
    stores = [n for n in numbers if ks[n].name == "STORE_FAST" and ks[n].arg == v]
    if len(loads) != len(stores):
        return None
    ways, in_place = set(), True
    for n in stores:
        last = ks[n - 1]
        if last.name == "BINARY_OP":
            op = last.arg % 13
            in_place = in_place and last.arg >= 13
            depth = len(before[n - 1]) - 2
            left = [m for m in loads if m < n - 1 and _stays(ks, before, m, n - 1) and len(before[m]) == depth]
            right = [n - 2] if n - 2 in loads and op in _COMMUTATIVE and len(before[n - 2]) == depth + 1 else []
            if op not in _OPERATORS or len(left) + len(right) != 1:
                return None
            ways.add(_OPERATORS[op])
        elif last.name == "CALL" and last.arg == 2:
            in_place = False
            # CPython 3.11 takes the arguments off with PRECALL.
            call = n - 2 if ks[n - 2].name == "PRECALL" else n - 1
            depth = len(before[call]) - 4
            callee = next((q for q in range(n - 2, -1, -1) if before[q] is not None and len(before[q]) == depth), None)
            name = plan.func.__code__.co_names[ks[callee].arg >> 1] if callee is not None and ks[callee].name == "LOAD_GLOBAL" else None
            if name not in ("min", "max") or name in plan.func.__globals__:
                return None
            inside = [m for m in loads if callee < m < n - 1]
            direct = [m for m in inside if len(before[m]) in (depth + 2, depth + 3) and _stays(ks, before, m, call)]
            if len(inside) != 1 or len(direct) != 1:
                return None
            ways.add(name)
        else:
            return None
    return (ways.pop(), in_place) if len(ways) == 1 else None


_ONLY_PUSH = ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_CONST", "LOAD_GLOBAL", "LOAD_DEREF", "PUSH_NULL", "KW_NAMES", "NOP", "COPY")


def _stays(ks, before, m, end):
    """Whether what instruction `m` pushes is still there, untouched, before instruction `end`."""
    slot = len(before[m])
    for q in range(m + 1, end):
        k, depth = ks[q], before[q]
        if depth is None or before[q + 1] is None:
            return False
        if k.name in _ONLY_PUSH:
            pops = 0
        elif k.name == "SWAP":
            pops = k.arg
        elif k.name in ("LOAD_ATTR", "LOAD_METHOD"):
            pops = 1
        else:
            pops = len(depth) - len(before[q + 1]) + 1
        if len(depth) - pops <= slot:
            return False
    return True


def diagnostics(dispatcher):
    """The parallel loops and array expressions of a dispatcher as rows: kind, line, whether it runs in parallel, reductions, reason, how
    many operations are fused, what is evaluated before the loop."""
    return [loop.row() if hasattr(loop, "row") else _row(loop) for loop in dispatcher.__dict__.get(NAME, ())]


def _row(loop):
    parallel = isinstance(loop, ParallelLoop | _expressions.Expression) and loop.compiled
    return {
        "kind": getattr(loop, "kind", "loop"),
        "line": loop.line,
        "parallel": parallel,
        "reductions": [w for w, _ in getattr(loop, "reductions", ())],
        "reason": None if parallel else loop.reason or "it has not been compiled",
        "fused": getattr(loop, "operations", 0),
        "hoisted": list(getattr(loop, "invariants", ())),
    }


def compiled(dispatcher):
    """A function compiled with `parallel=True` is ready: says what runs on threads where a setting asks for it, warns if nothing could."""
    from looplift import config

    # (What was set when looplift was imported, `_watch` sees to.)
    level = 0 if config.PARALLEL_DIAGNOSTICS else int(os.environ.get("NUMBA_PARALLEL_DIAGNOSTICS") or 0)
    rows = diagnostics(dispatcher)
    if level:
        print(report(dispatcher, level))
    # (Why a loop runs on one thread, `parallel_diagnostics` says to those who ask.)
    if config.DISABLE_PERFORMANCE_WARNINGS or any(row["parallel"] or row["kind"] == "loop" for row in rows):
        return
    func = dispatcher.py_func
    code = func.__code__
    warnings.warn(
        f"{code.co_filename}:{code.co_firstlineno}: The keyword argument 'parallel=True' was specified but no transformation for "
        f"parallel execution was possible. parallel=True has no effect on {func.__qualname__}: it has no loop over prange() and no "
        f"array expression that threads could share",
        NumbaPerformanceWarning,
        stacklevel=2,
    )


def report(dispatcher, level=1):
    """The text of `parallel_diagnostics`: what runs on threads and what does not, from level 2 on how results combine, from level 3
    on what is fused, from level 4 on what the loop functions take and what is kept out of their loops."""
    func = dispatcher.py_func
    code, name = func.__code__, func.__qualname__
    rows = sorted(diagnostics(dispatcher), key=lambda row: row["line"])
    lines = []
    if level > 2:
        title = f"Parallel Accelerator Optimizing:  Function {name}, {code.co_filename} ({code.co_firstlineno})"
        lines = ["=" * 80, title, "=" * 80]
    if not rows:
        return "\n".join([*lines, f"No parallel transformations have been made in {name}: it has no loop over prange(), or parallel=True is missing."])
    for row in rows:
        what = "loop" if row["kind"] == "loop" else row["kind"]
        text = "runs in parallel" if row["parallel"] else f"runs on one thread: {row['reason']}"
        if row["parallel"] and row["reductions"] and level > 1:
            text += f" (combines by {', '.join(row['reductions'])})"
        lines.append(f"{name}, {what} at line {row['line']}: {text}")
        if not row["parallel"]:
            continue
        if level > 2 and row["fused"] > 1:
            lines.append(f"    {row['fused']} operations are fused into one loop, without arrays in between")
        if level > 3 and row["hoisted"]:
            lines.append(f"    evaluated once, before the loop: {', '.join(row['hoisted'])}")
    return "\n".join(lines)
