"""`check`: the interpreter and compiled code must be indistinguishable for one function and one set of arguments.

Compared are the value with its exact type, every bit of it, the exception's class and arguments, what became of the
arguments, which arrays of the result look into which memory, reference counts of the arguments, and (where the module
counts them) allocations.
"""

import gc
import itertools
import sys

import numpy as np

from . import typed as oracle
from .clone import clone
from .compare import assert_same, boxed
from .module import IS_PEER, allocation_stats, njit
from .wording import same_args

UNSET = object()
INT64 = range(-(2**63), 2**64)

_dispatchers = {}


def compiled(func, **options):
    """The dispatcher of `func`, the same one for the same function and options."""
    if hasattr(func, "py_func"):
        return func
    key = (func, tuple(sorted(options.items())))
    if key not in _dispatchers:
        _dispatchers[key] = njit(**options)(func) if options else njit(func)
    return _dispatchers[key]


class Outcome:
    """What a call did: its value or exception, and its arguments afterwards."""

    def __init__(self, value, error, args, kwargs):
        self.value, self.error, self.args, self.kwargs = value, error, args, kwargs

    def aliases(self):
        """Which arrays of the result share memory with which arguments, by position."""
        results = list(arrays_in(self.value))
        sources = list(arrays_in(self.args))
        return [[np.shares_memory(result, source) for source in sources] for result in results]

    def identities(self):
        """For each array of the result, the first argument it is the very same object as."""
        sources = list(arrays_in(self.args))
        return [next((i for i, s in enumerate(sources) if s is r), None) for r in arrays_in(self.value)]


def arrays_in(value):
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from arrays_in(item)


def outcome(func, args, kwargs=None):
    """Call `func` on these very objects and record everything."""
    kwargs = kwargs or {}
    try:
        with np.errstate(all="ignore"):
            return Outcome(func(*args, **kwargs), None, args, kwargs)
    except Exception as error:
        return Outcome(None, error, args, kwargs)


def check(
    func,
    *args,
    kwargs=None,
    ulps=0,
    single=False,
    rel=0.0,
    typed=False,
    expect=UNSET,
    raises=None,
    calls=2,
    options=None,
):
    """Run `func` interpreted and compiled on copies of the arguments and compare; return the compiled value.

    `typed` interprets in typed arithmetic (integers wrap, small types follow the promotion rules) and is needed for
    NumPy scalars, narrow arrays and overflow. `expect` replaces the interpreter's value, `raises` is the class of
    the exception that must come out (its arguments are compared all the same). `ulps` is the distance allowed between
    floats (float32 ones with `single`), `rel` the relative one. `calls` calls are made: the first compiles, the others find it compiled.
    """
    python = getattr(func, "py_func", func)
    kwargs = kwargs or {}
    first_args, first_kwargs = split(clone((*args, *kwargs.values())), args, kwargs)
    if expect is not UNSET:
        reference = outcome(lambda *a, **k: expect, first_args, first_kwargs)
    elif typed:
        reference = outcome(lambda *a, **k: oracle.interpret(python, a, k), first_args, first_kwargs)
    else:
        reference = outcome(python, first_args, first_kwargs)
    if isinstance(reference.error, oracle.Undefined):
        raise reference.error
    if raises is not None:
        assert isinstance(reference.error, raises), f"interpreted: expected {raises.__name__}, got {reference.error!r}"
    elif reference.error is not None:
        raise AssertionError(f"interpreted: unexpected {reference.error!r}") from reference.error
    dispatcher = compiled(python if func is python else func, **(options or {}))
    for _ in range(calls):
        again_args, again_kwargs = split(clone((*args, *kwargs.values())), args, kwargs)
        actual = outcome(dispatcher, again_args, again_kwargs)
        compare(reference, actual, ulps, single, rel, expect is not UNSET)
    if calls > 1 or any(True for _ in arrays_in((*args, *kwargs.values()))):
        check_counts(dispatcher, args, kwargs)
    return actual.value


def split(values, args, kwargs):
    return values[: len(args)], dict(zip(kwargs, values[len(args) :]))


def compare(reference, actual, ulps, single, rel, given):
    if reference.error is not None:
        if actual.error is None:
            raise AssertionError(f"expected {reference.error!r}, got the value {actual.value!r}")
        assert_same_error(reference.error, actual.error)
    elif actual.error is not None:
        raise AssertionError(f"expected {reference.value!r}, got {actual.error!r}") from actual.error
    else:
        expected = boxed(reference.value)
        assert_in_range(expected)
        assert_same(expected, actual.value, ulps, single, rel=rel)
        if not given:
            assert actual.aliases() == reference.aliases(), "the result shares memory with other arguments"
            for expected_index, index in zip(reference.identities(), actual.identities()):
                # A view equal to the whole argument may be the argument itself; the argument itself must be.
                assert expected_index in (None, index), "the result is not the same argument object"
    before = itertools.chain(reference.args, reference.kwargs.values())
    after = itertools.chain(actual.args, actual.kwargs.values())
    if not given:
        for index, (expected, got) in enumerate(zip(before, after)):
            if isinstance(expected, (np.ndarray, tuple)):
                assert_same(expected, got, ulps, single, f"argument {index} afterwards")


def assert_in_range(expected):
    for item in expected if isinstance(expected, tuple) else (expected,):
        if isinstance(item, int) and item not in INT64:
            raise AssertionError("the interpreted integer exceeds 64 bits: use typed=True")


def assert_same_error(expected, actual):
    assert type(actual) is type(expected), f"expected {expected!r}, got {actual!r}"
    if not (IS_PEER and isinstance(expected, ZeroDivisionError)):  # the peer has messages of its own for these
        assert same_args(expected.args, actual.args), f"expected {expected!r}, got {actual!r}"


def check_counts(dispatcher, args, kwargs, rounds=4):
    """Calls leave no references behind, nor blocks of memory."""
    args, kwargs = split(clone((*args, *kwargs.values())), args, kwargs)
    watched = [value for value in (*args, *kwargs.values()) if isinstance(value, np.ndarray)]
    outcome(dispatcher, args, kwargs)
    gc.collect(0)
    counts, stats = [sys.getrefcount(value) for value in watched], allocation_stats()
    for _ in range(rounds):
        outcome(dispatcher, args, kwargs)
    gc.collect(0)
    assert [sys.getrefcount(value) for value in watched] == counts, "references to arguments leak"
    if stats is not None:
        later = allocation_stats()
        live = {name: stats[name] - stats[name.replace("alloc", "free")] for name in stats if "alloc" in name}
        for name, number in live.items():
            assert later[name] - later[name.replace("alloc", "free")] == number, f"memory leaks ({name})"
    assert not objects_left(lambda: outcome(dispatcher, args, kwargs)), "Python objects leak"


def objects_left(run):
    """Python's own blocks of memory that each run leaves behind: 0 unless every attempt to measure says so.

    The interpreter keeps freed objects of some types until garbage is collected, and some hundred in all cases, so that the later
    attempts collect it and come after more runs.
    """
    for rounds in (4, 4, 20, 400, 20, 20):
        if rounds > 4:
            gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(rounds):
            run()
        if rounds > 4:
            gc.collect()
        left = (sys.getallocatedblocks() - before) // rounds
        if left <= 0:
            return 0
    return left


def check_error(func, *args, **options):
    """Both raise the same exception (class, arguments); returns the compiled one, with its traceback."""
    reference = outcome(getattr(func, "py_func", func), clone(args))
    assert reference.error is not None, f"interpreted: no exception but {reference.value!r}"
    check(func, *args, raises=type(reference.error), **options)
    return outcome(compiled(func), clone(args)).error
