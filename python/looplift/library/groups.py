"""`itertools.groupby`, `zip_longest`, `tee`, `heapq.merge`. What is given in groups is a list of its own."""

from functools import cache

from looplift.library._registry import overload
from looplift.library._types import is_absent, is_iterator, kind
from looplift.library.lists import is_iterable


def _is_source(t):
    return is_iterable(t) or is_iterator(t) or kind(t) in ("str", "literal_str", "bytes")


def _made(source, name):
    scope = {}
    exec(compile(source, f"<looplift itertools.{name}>", "exec"), scope)  # text of this module's own making
    return scope[name]


# groupby


def _grouped(iterable, key=None):
    group = []
    for x in iterable:
        if len(group) > 0 and not (group[0] == x):
            yield group[0], group
            group = [x]
        else:
            group.append(x)
    if len(group) > 0:
        yield group[0], group


def _grouped_by(iterable, key=None):
    keys = []
    group = []
    for x in iterable:
        k = key(x)
        if len(group) > 0 and not (keys[0] == k):
            yield keys[0], group
            group = [x]
            keys = [k]
        else:
            if len(group) == 0:
                keys.append(k)
            group.append(x)
    if len(group) > 0:
        yield keys[0], group


@overload("itertools.groupby")
def groupby(iterable, key=None):
    if _is_source(iterable):
        return _grouped if is_absent(key) else _grouped_by


# zip_longest

_LONGEST = 8


@cache
def _zipped(n):
    names = [f"p{k}" for k in range(n)]
    lines = [f"def zip_longest({', '.join(names)}, *, fillvalue=None):"]
    lines += [f"    l{k} = list(p{k})" for k in range(n)]
    lines.append(f"    for i in range(max(({', '.join(f'len(l{k})' for k in range(n))},))):")
    lines.append(f"        yield ({', '.join(f'(l{k}[i] if i < len(l{k}) else fillvalue)' for k in range(n))},)")
    return _made("\n".join(lines), "zip_longest")


@overload("itertools.zip_longest")
def zip_longest(*iterables, fillvalue=None):
    return _zipped(len(iterables)) if 1 <= len(iterables) <= _LONGEST and all(map(_is_source, iterables)) else None


# tee


def _each(items):
    for x in items:
        yield x


@cache
def _copies(n):
    lines = ["def tee(iterable, n=2):", "    items = list(iterable)", f"    return ({''.join('each(items), ' for _ in range(n))})"]
    scope = {"each": _each}
    exec(compile("\n".join(lines), "<looplift itertools.tee>", "exec"), scope)
    return scope["tee"]


@overload("itertools.tee")
def tee(iterable, n=2):
    count = n if isinstance(n, int) else getattr(n, "literal_value", None)
    return _copies(count) if isinstance(count, int) and 0 <= count <= _LONGEST and _is_source(iterable) else None


# merge


@cache
def _merged(n):
    names = [f"p{k}" for k in range(n)]
    lines = [f"def merge({', '.join(names)}, *, key=None, reverse=False):", "    items = list(p0)"]
    lines += [f"    items.extend({name})" for name in names[1:]]
    lines += ["    items.sort(key=key, reverse=reverse)", "    for x in items:", "        yield x"]
    return _made("\n".join(lines), "merge")


@overload("heapq.merge")
def merge(*iterables, key=None, reverse=False):
    return _merged(len(iterables)) if 1 <= len(iterables) <= _LONGEST and all(map(_is_source, iterables)) else None
