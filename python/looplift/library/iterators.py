"""`itertools`: generators in Python. The length of the tuples that `product`, `combinations` and `permutations` give is known from
the number of iterables, or a constant."""

from functools import cache

from looplift.errors import TypingError
from looplift.library._registry import overload
from looplift.library._types import is_absent, is_index, kind
from looplift.library.lists import is_iterable


def _is_source(t):
    return is_iterable(t) or kind(t) in ("str", "generator", "iterator", "literal_str")


def _chain(a):
    yield from a


def _chain_two(a, b):
    for x in a:
        yield x
    for x in b:
        yield x


def _chain_three(a, b, c):
    for x in a:
        yield x
    for x in b:
        yield x
    for x in c:
        yield x


def _chain_four(a, b, c, d):
    for x in _chain_two(a, b):
        yield x
    for x in _chain_two(c, d):
        yield x


@cache
def _chain_many(n):
    names = [f"p{k}" for k in range(n)]
    lines = [f"def chain({', '.join(names)}):"]
    for name in names:
        lines += [f"    for x in {name}:", "        yield x"]
    return _made("\n".join(lines), "chain")


@overload("itertools.chain")
def chain(*iterables):
    if all(map(_is_source, iterables)):
        n = len(iterables)
        return (_chain, _chain_two, _chain_three, _chain_four)[n - 1] if 1 <= n <= 4 else _chain_many(n) if 4 < n <= 12 else None


def _flat(iterables):
    for inner in iterables:
        for x in inner:
            yield x


@overload("itertools.chain.from_iterable", "builtins.chain.from_iterable")
def from_iterable(iterables):
    return _flat if _is_source(iterables) else None


def _counting(start=0, step=1):
    n = start
    while True:
        yield n
        n += step


@overload("itertools.count")
def count(start=0, step=1):
    return _counting


def _repeated(value, times):
    for _ in range(times):
        yield value


def _repeated_for_ever(value, times=None):
    while True:
        yield value


@overload("itertools.repeat")
def repeat(object, times=None):
    return _repeated_for_ever if times is None else _repeated if is_index(times) else None


def _cycled(iterable):
    items = list(iterable)
    while len(items) > 0:
        for x in items:
            yield x


@overload("itertools.cycle")
def cycle(iterable):
    return _cycled if _is_source(iterable) else None


def _sliced(iterable, start, stop, step):
    if start < 0 or stop < 0 or step < 1:
        raise ValueError("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
    k = 0
    wanted = start
    if wanted < stop:
        for x in iterable:
            if k == wanted:
                yield x
                wanted += step
            k += 1
            if wanted >= stop or k >= stop:
                break


def _first(iterable, stop):
    for x in _sliced(iterable, 0, stop, 1):
        yield x


def _from(iterable, start, stop):
    for x in _sliced(iterable, start, stop, 1):
        yield x


def _from_by(iterable, start, stop, step):
    for x in _sliced(iterable, start, stop, step):
        yield x


def _all_from(iterable, start, stop):
    for x in _sliced(iterable, start, 9223372036854775807, 1):
        yield x


def _all_from_by(iterable, start, stop, step):
    for x in _sliced(iterable, start, 9223372036854775807, step):
        yield x


@overload("itertools.islice")
def islice(iterable, start, stop=0, step=0):
    if not _is_source(iterable) or not is_index(start):
        return None
    if stop == 0:
        return _first
    if is_absent(stop):
        return _all_from if step == 0 else _all_from_by
    return _from if step == 0 else _from_by


def _sums_from(iterable, function, initial):
    total = initial
    yield total
    for x in iterable:
        total = total + x
        yield total


def _accumulated_from(iterable, function, initial):
    total = initial
    yield total
    for x in iterable:
        total = function(total, x)
        yield total


def _sums(iterable):
    first = True
    for x in iterable:
        if first:
            total = x
            first = False
        else:
            total = total + x
        yield total


def _accumulated(iterable, function):
    first = True
    for x in iterable:
        if first:
            total = x
            first = False
        else:
            total = function(total, x)
        yield total


@cache
def _from_initial(plain):
    run = _sums_from if plain else _accumulated_from

    def accumulate(iterable, func=None, *, initial=None):
        return run(iterable, func, initial)

    return accumulate


@overload("itertools.accumulate")
def accumulate(iterable, func=None, *, initial=None):
    if _is_source(iterable) and not is_absent(initial):
        return _from_initial(is_absent(func))
    if _is_source(iterable):
        return _sums if is_absent(func) else _accumulated


def _while(function, iterable):
    for x in iterable:
        if not function(x):
            break
        yield x


def _after(function, iterable):
    dropping = True
    for x in iterable:
        if dropping and function(x):
            continue
        dropping = False
        yield x


def _not(function, iterable):
    for x in iterable:
        if not function(x):
            yield x


def _false(function, iterable):
    for x in iterable:
        if not x:
            yield x


@overload("itertools.takewhile")
def takewhile(predicate, iterable):
    return _while if _is_source(iterable) else None


@overload("itertools.dropwhile")
def dropwhile(predicate, iterable):
    return _after if _is_source(iterable) else None


@overload("itertools.filterfalse")
def filterfalse(function, iterable):
    if _is_source(iterable):
        return _false if is_absent(function) else _not


def _starred(function, iterable):
    for args in iterable:
        yield function(*args)


@overload("itertools.starmap")
def starmap(function, iterable):
    return _starred if _is_source(iterable) else None


def _compressed(data, selectors):
    for x, chosen in zip(data, selectors):  # noqa: B905
        if chosen:
            yield x


@overload("itertools.compress")
def compress(data, selectors):
    return _compressed if _is_source(data) and _is_source(selectors) else None


def _pairs(iterable):
    begun = False
    for x in iterable:
        if begun:
            yield last, x  # noqa: F821
        last = x  # noqa: F841
        begun = True


@overload("itertools.pairwise")
def pairwise(iterable):
    return _pairs if _is_source(iterable) else None


# Tuples of all kinds. Loops are written for each length.

_LONGEST = 6


def _made(source, name):
    scope = {}
    exec(compile(source, f"<looplift itertools.{name}>", "exec"), scope)  # text of this module's own making
    return scope[name]


@cache
def _product(n):
    names = [f"p{k}" for k in range(n)]
    lines = [f"def product({', '.join(names)}):"]
    lines += [f"    l{k} = list(p{k})" for k in range(n)]
    lines += ["    " * (k + 1) + f"for x{k} in l{k}:" for k in range(n)]
    lines += ["    " * (n + 1) + f"yield ({', '.join(f'x{k}' for k in range(n))},)"]
    return _made("\n".join(lines), "product")


@cache
def _power(n):
    lines = ["def product(p, repeat):", "    items = list(p)"]
    lines += ["    " * (k + 1) + f"for x{k} in items:" for k in range(n)]
    lines += ["    " * (n + 1) + f"yield ({', '.join(f'x{k}' for k in range(n))},)"]
    return _made("\n".join(lines), "product")


@overload("itertools.product")
def product(*iterables, repeat=None):
    if not all(map(_is_source, iterables)):
        return None
    if repeat is None:
        return _product(len(iterables)) if 1 <= len(iterables) <= _LONGEST else None
    n = _constant(repeat)
    return _power(n) if len(iterables) == 1 and n else None


def _constant(t):
    """A small positive constant, or None."""
    value = getattr(t, "literal_value", None)
    return value if isinstance(value, int) and 1 <= value <= _LONGEST else None


@cache
def _chosen(name, n):
    """Positions in rising order (combinations), rising or equal (with replacement), or all different (permutations)."""
    lines = [f"def {name}(iterable, r=None):", "    items = list(iterable)", "    n = len(items)"]
    for k in range(n):
        low = "0" if k == 0 or name == "permutations" else f"i{k - 1}" + ("" if name.endswith("replacement") else " + 1")
        lines.append("    " * (k + 1) + f"for i{k} in range({low}, n):")
        if name == "permutations" and k > 0:
            lines.append("    " * (k + 2) + f"if {' or '.join(f'i{k} == i{j}' for j in range(k))}:")
            lines.append("    " * (k + 3) + "continue")
    lines.append("    " * (n + 1) + f"yield ({', '.join(f'items[i{k}]' for k in range(n))},)")
    return _made("\n".join(lines), name)


def _choice(name):
    @overload("itertools." + name)
    def choose(iterable, r=None):
        n = _constant(r)
        if n is None and _is_source(iterable):
            # Only permutations may be asked for without a length: of the whole.
            n = iterable.count if r is None and kind(iterable) == "tuple" and iterable.count <= _LONGEST else None
            if n is None:
                raise TypingError(
                    f"{name}() needs the length of what it gives: `r` as a constant from 1 to {_LONGEST}, since a tuple's length is "
                    "part of its type"
                )
        return _chosen(name, n) if n and _is_source(iterable) else None


_choice("combinations")
_choice("combinations_with_replacement")
_choice("permutations")
