"""Sets, and what dicts share with them: methods and operators. `add`, `update` and iteration are primitives of the compiler."""

from functools import cache

from looplift.errors import TypingError
from looplift.library._primitives import table_clear, table_delete, table_find, table_insert, table_key, table_last, table_like
from looplift.library._registry import overload
from looplift.library._types import is_complex, is_float, is_index, is_number, kind
from looplift.library.lists import is_iterable


def is_set(t):
    return kind(t) == "set"


def is_key(t, key):
    """Whether values of type `t` may be looked for among keys of type `key`: not with loss."""
    if is_number(t) and is_number(key):
        return not (is_complex(t) and not is_complex(key)) and not (is_float(t) and is_index(key))
    return kind(t.unliteral) == kind(key) or kind(key) == "optional"


def key_type(t):
    """The type of the keys of a set or dict."""
    return t.dtype if is_set(t) else t.key_type


def _check_items(x, y):
    """Refuses sets whose items cannot be told from each other's."""
    if not is_key(y.dtype, x.dtype) and not is_key(x.dtype, y.dtype):
        raise TypingError(f"All Sets must be of the same type: not of {x.dtype} and {y.dtype}")


def _check_sets(x, y):
    """Refuses operands that are not sets of like items."""
    if not is_set(y):
        raise TypingError(f"All arguments must be Sets, not {y}")
    _check_items(x, y)


# What sets and dicts do alike


def _contains(x, key):
    return table_find(x, key) >= 0


def _not_contains(x, key):
    return table_find(x, key) < 0


@overload("set.__contains__", "dict.__contains__")
def contains(x, key):
    return _contains if is_key(key, key_type(x)) else None


@overload("set.__not_contains__", "dict.__not_contains__")
def not_contains(x, key):
    return _not_contains if is_key(key, key_type(x)) else None


def _clear(x):
    table_clear(x)


@overload("set.clear", "dict.clear")
def clear(x):
    return _clear


def _copy(x):
    out = table_like(x)
    out.update(x)
    return out


def _copy_frozen(x):
    return x


@overload("set.copy", "dict.copy")
def copy(x):
    return _copy if x.flavour != "frozen" else _copy_frozen


def _merge(x, y):
    out = table_like(x)
    out.update(x)
    out.update(y)
    return out


def _update(x, y):
    x.update(y)
    return x


@overload("dict.__or__")
def merge(x, y):
    if kind(y) == "dict" and x.flavour == y.flavour == "counter":
        from looplift.library.collecting import greatest

        return greatest(x, y)
    return _merge if kind(y) == "dict" else None


@overload("dict.__ior__")
def merge_in_place(x, y):
    return _update


# Items of sets


def _discard(x, value):
    entry = table_find(x, value)
    if entry >= 0:
        table_delete(x, entry)


@overload("set.discard")
def discard(x, value):
    return _discard if is_key(value, x.dtype) else None


def _remove(x, value):
    entry = table_find(x, value)
    if entry < 0:
        raise KeyError(value)
    table_delete(x, entry)


@overload("set.remove")
def remove(x, value):
    return _remove if is_key(value, x.dtype) else None


def _pop(x):
    entry = table_last(x)
    if entry < 0:
        raise KeyError("pop from an empty set")
    value = table_key(x, entry)
    table_delete(x, entry)
    return value


@overload("set.pop")
def pop(x):
    return _pop


# What other iterables are made of


@cache
def _as_set(given):
    """The other operand as a set."""
    if given:

        def convert(y):
            return y

    else:

        def convert(y):
            return set(y)

    return convert


def _union(x, y):
    out = table_like(x)
    for value in x:
        table_insert(out, value)
    for value in y:
        table_insert(out, value)
    return out


def _union_mixed(x, y):
    out = set(x)
    out.update(y)
    return out


def _item(t):
    if kind(t) in ("list", "set", "array", "range"):
        return t.dtype
    return None


def _union_of(x, y):
    item = _item(y)
    return _union if item is None or item == x.dtype else _union_mixed


def _intersection(x, y):
    out = table_like(x)
    for value in x:
        if value in y:
            table_insert(out, value)
    return out


def _difference(x, y):
    out = table_like(x)
    for value in x:
        if value not in y:
            table_insert(out, value)
    return out


def _symmetric_difference(x, y):
    out = table_like(x)
    for value in x:
        if value not in y:
            table_insert(out, value)
    for value in y:
        if value not in x:
            table_insert(out, value)
    return out


def _of_iterable(implementation):
    def converted(x, y):
        return implementation(x, set(y))

    return converted


_FUNCTIONS = {
    "union": (_union, _union),
    "intersection": (_intersection, _of_iterable(_intersection)),
    "difference": (_difference, _of_iterable(_difference)),
    "symmetric_difference": (_symmetric_difference, _of_iterable(_symmetric_difference)),
}


def _only(x):
    return _copy(x)


def _several(binary):
    """Folds the method over two or three others."""

    def two(x, a, b):
        return binary(binary(x, set(a)), set(b))

    def three(x, a, b, c):
        return binary(binary(binary(x, set(a)), set(b)), set(c))

    return two, three


_SEVERAL = {name: _several(pair[0]) for name, pair in _FUNCTIONS.items()}


def _method(name):
    @overload("set." + name)
    def method(x, *others):
        if not all(is_iterable(t) for t in others):
            return None
        if len(others) == 0:
            return _only if name != "symmetric_difference" else None
        for other in others:
            if is_set(other):
                _check_items(x, other)
        if len(others) == 1:
            if name == "union":
                return _union_of(x, others[0])
            return _FUNCTIONS[name][0 if is_set(others[0]) else 1]
        if name == "symmetric_difference" or len(others) > 3:
            return None
        return _SEVERAL[name][len(others) - 2]


for _name in _FUNCTIONS:
    _method(_name)


def _operator(method, name):
    @overload("set." + method)
    def operator(x, y):
        _check_sets(x, y)
        return _union_of(x, y) if name == "union" else _FUNCTIONS[name][0]


_operator("__or__", "union")
_operator("__and__", "intersection")
_operator("__sub__", "difference")
_operator("__xor__", "symmetric_difference")


# In place


def _intersection_update(x, y):
    for value in list(x):
        if value not in y:
            x.discard(value)
    return x


def _difference_update(x, y):
    for value in list(y):
        x.discard(value)
    return x


def _symmetric_difference_update(x, y):
    for value in list(y):
        if value in x:
            x.discard(value)
        else:
            x.add(value)
    return x


_IN_PLACE = {
    "update": ("__ior__", _update),
    "intersection_update": ("__iand__", _intersection_update),
    "difference_update": ("__isub__", _difference_update),
    "symmetric_difference_update": ("__ixor__", _symmetric_difference_update),
}


@cache
def _without_result(name, given):
    implementation = _IN_PLACE[name][1]
    if given:

        def method(x, y):
            implementation(x, y)

    else:

        def method(x, y):
            implementation(x, set(y))

    return method


@cache
def _one_by_one(name, count):
    """The method with several iterables."""
    names = [f"p{k}" for k in range(count)]
    lines = [f"def method(x, {', '.join(names)}):"] + [f"    x.{name}({p})" for p in names]
    scope = {}
    exec(compile("\n".join(lines), f"<looplift set.{name}>", "exec"), scope)  # text of this module's own making
    return scope["method"]


def _in_place(name):
    operator, implementation = _IN_PLACE[name]

    @overload("set." + operator)
    def by_operator(x, y):
        _check_sets(x, y)
        return implementation

    @overload("set." + name)
    def by_method(x, y, *others):
        if others:
            return _one_by_one(name, 1 + len(others)) if len(others) < 8 and all(map(is_iterable, (y, *others))) else None
        if is_set(y):
            _check_items(x, y)
        return _without_result(name, is_set(y)) if is_iterable(y) else None


for _name in _IN_PLACE:
    _in_place(_name)


# Comparison


def _issubset(x, y):
    if len(x) > len(y):
        return False
    for value in x:
        if value not in y:
            return False
    return True


def _issuperset(x, y):
    return _issubset(y, x)


def _isdisjoint(x, y):
    for value in y:
        if value in x:
            return False
    return True


def _equal(x, y):
    return len(x) == len(y) and _issubset(x, y)


def _unequal(x, y):
    return not _equal(x, y)


def _proper_subset(x, y):
    return len(x) < len(y) and _issubset(x, y)


def _proper_superset(x, y):
    return _proper_subset(y, x)


def _comparison(name, implementation):
    @overload(name)
    def compare(x, y):
        _check_sets(x, y)
        return implementation


_comparison("set.__le__", _issubset)
_comparison("set.__lt__", _proper_subset)
_comparison("set.__ge__", _issuperset)
_comparison("set.__gt__", _proper_superset)
_comparison("set.__eq__", _equal)
_comparison("set.__ne__", _unequal)
_ISSUBSET = {True: _issubset, False: _of_iterable(_issubset)}
_ISSUPERSET = {True: _issuperset, False: _of_iterable(_issuperset)}


@overload("set.issubset")
def issubset(x, y):
    return _ISSUBSET[is_set(y)] if is_iterable(y) else None


@overload("set.issuperset")
def issuperset(x, y):
    return _ISSUPERSET[is_set(y)] if is_iterable(y) else None


@overload("set.isdisjoint")
def isdisjoint(x, y):
    return _isdisjoint if is_iterable(y) else None
