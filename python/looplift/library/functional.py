"""Functions of functions: `map`, `filter`, `functools.reduce`, `functools.partial`."""

from functools import lru_cache

from looplift.library._registry import overload
from looplift.library._types import is_absent, is_array, is_container, is_iterator, is_range, is_tuple, kind


def _map(function, iterable):
    for x in iterable:
        yield function(x)


def _map_several(function, *iterables):
    for args in zip(*iterables):
        yield function(*args)


@overload("builtins.map")
def map_(function, iterable, *iterables):
    return _map_several if iterables else _map


def _filter(function, iterable):
    for x in iterable:
        if function(x):
            yield x


def _filter_true(function, iterable):
    for x in iterable:
        if x:
            yield x


@overload("builtins.filter")
def filter_(function, iterable):
    return _filter_true if is_absent(function) else _filter


@lru_cache(maxsize=1024)
def _partial_maker(count, names):
    held = [f"a{k}" for k in range(count)] + [f"_{name}" for name in names]
    passed = ", ".join([*held[:count], "*args", *(f"{name}=_{name}" for name in names), "**kwargs"])
    text = f"def make({', '.join(['function', *held])}):\n    def partial(*args, **kwargs):\n        return function({passed})\n    return partial\n"
    scope = {"__name__": __name__, "__looplift_jitable__": True}
    exec(compile(text, "<functools.partial>", "exec"), scope)  # numbers, and names of parameters
    return scope["make"]


def of_partial(obj):
    """The Python function that does what a `functools.partial` does: one code for all that hold as many arguments."""
    return _partial_maker(len(obj.args), tuple(obj.keywords))(obj.func, *obj.args, *obj.keywords.values())


@overload("functools.partial")
def partial(function, *args, **kwargs):
    if not kwargs:

        def plain(function, *held):
            def called(*args, **kwargs):
                return function(*held, *args, **kwargs)

            return called

        return plain

    def implementation(function, *held, **named):
        def called(*args, **kwargs):
            return function(*held, *args, **named, **kwargs)

        return called

    return implementation


def _reduce_from(function, iterable, initial):
    total = initial
    for x in iterable:
        total = function(total, x)
    return total


def _reduce(function, iterable):
    n = len(iterable)
    if n == 0:
        raise TypeError("reduce() of empty iterable with no initial value")
    total = iterable[0]
    for i in range(1, n):
        total = function(total, iterable[i])
    return total


def _reduce_iterator(function, iterable):
    first = True
    for x in iterable:
        if first:
            total = x
            first = False
        else:
            total = function(total, x)
    if first:
        raise TypeError("reduce() of empty iterable with no initial value")
    return total


@overload("functools.reduce")
def reduce_(function, iterable, initial=None):
    if initial is not None:
        return _reduce_from
    if is_iterator(iterable) or is_container(iterable) or kind(iterable) in ("str", "literal_str", "bytes"):
        return _reduce_iterator
    return _reduce if is_range(iterable) or is_array(iterable) or is_tuple(iterable) else None
