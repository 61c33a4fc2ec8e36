"""The primitives that lists, sets and dicts of the library are written over.

Compiled code has each as an instruction or two; here is what they do, for implementations that run in the interpreter. An *entry*
is the position of a key in a dict or set, counted in the order of insertion.
"""


def list_like(x, capacity):
    """A new empty list with elements as those of `x`, with room for some."""
    return []


def list_splice(target, at, remove, source, start, step, count):
    """Replaces elements of `target` by `source[start]`, `source[start + step]`, ...: all is in range."""
    target[at : at + remove] = [source[start + step * k] for k in range(count)]


def list_sort(x, descending):
    """Sorts a list of numbers, stably."""
    x.sort(reverse=descending)


def list_state(x, what):
    """0 asks for the room, 1 whether the list is frozen; 2 freezes and 3 thaws it.

    Of a deque, 4 asks for the limit, -1 if it has none, 5 takes out what is above it on the left and 6 on the right; a number below 0
    makes -1 less that number the limit.
    """
    return len(x) if what == 0 else -1 if what == 4 else 0


def table_like(x):
    """A new empty dict or set with keys and values as those of `x`."""
    return type(x)()


def table_find(x, key):
    """The entry of a key, or -1."""
    return list(x).index(key) if key in x else -1


def table_insert(x, key):
    """The entry of a key; a new one has no value until `table_store`, which follows at once."""
    if key not in x:
        if isinstance(x, dict):
            x[key] = None
        else:
            x.add(key)
    return list(x).index(key)


def table_key(x, entry):
    return list(x)[entry]


def table_value(x, entry):
    return list(x.values())[entry]


def table_store(x, entry, value):
    x[list(x)[entry]] = value


def table_next(x, entry):
    """The first entry from this number on, or -1."""
    return entry if entry < len(x) else -1


def table_last(x):
    return len(x) - 1


def table_delete(x, entry):
    key = list(x)[entry]
    if isinstance(x, dict):
        del x[key]
    else:
        x.discard(key)


def table_clear(x):
    x.clear()


def container_cast(x, type):
    """The same container as one of another type: the caller answers for what the memory holds."""
    return x


def member(x, k):
    """Member `k`, a constant, of the named tuple that an instance is."""
    return tuple.__getitem__(x, k)


def new_instance(cls, fields, *values):
    """An instance of a class with these values of its fields, which `fields` names, one a line."""
    made = object.__new__(cls)
    for line, value in zip(fields.splitlines(), values, strict=True):
        object.__setattr__(made, line.partition("\t")[0], value)
    return made


def number(array, k):
    """Number `k` of an instance, which is in this array of its own."""
    return array[k]


def set_number(array, k, value):
    array[k] = value
