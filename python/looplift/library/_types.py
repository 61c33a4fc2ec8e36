"""Questions that overloads ask about argument types. A parameter left out arrives as its default value."""

import numpy as np

# The version of NumPy whose answers are given.
NUMPY = tuple(int(part) for part in np.__version__.split(".")[:2])

# Element types by looplift's names.
CLASSES = {
    "bool": np.bool_,
    "int8": np.int8,
    "int16": np.int16,
    "int32": np.int32,
    "int64": np.int64,
    "uint8": np.uint8,
    "uint16": np.uint16,
    "uint32": np.uint32,
    "uint64": np.uint64,
    "float16": np.float16,
    "float32": np.float32,
    "float64": np.float64,
    "complex64": np.complex64,
    "complex128": np.complex128,
}

# Python's number classes as a `dtype`, by the names of their types.
_PLAIN = {"Function(builtins.bool)": np.bool_, "Function(builtins.int)": np.int64, "Function(builtins.float)": np.float64, "Function(builtins.complex)": np.complex128}

_INTS = ("integer", "literal_int")
_BOOLS = ("boolean", "literal_bool")
_INDICES = _INTS + _BOOLS
_REALS = (*_INDICES, "float")
_NUMBERS = (*_REALS, "complex")


def kind(t):
    return getattr(t, "kind", None)


def is_absent(t):
    """Left out, or None."""
    return t is None or kind(t) == "none"


def is_array(t, ndim=None):
    return kind(t) == "array" and (ndim is None or t.ndim == ndim)


def is_tuple(t):
    return kind(t) in ("tuple", "namedtuple")


def is_container(t):
    """A list, set, dict or view of a dict."""
    return kind(t) in ("list", "set", "dict", "dictview")


def is_range(t):
    return kind(t) == "range"


def is_iterator(t):
    """A generator, or what iter(), enumerate(), zip() or reversed() gives."""
    return kind(t) in ("generator", "iterator")


def is_bool(t):
    return kind(t) in _BOOLS


def is_int(t):
    """An integer, not a bool."""
    return kind(t) in _INTS


def is_index(t):
    """An integer or a bool."""
    return kind(t) in _INDICES


def is_float(t):
    return kind(t) == "float"


def is_complex(t):
    return kind(t) == "complex"


def is_real(t):
    """Bool, integer or float."""
    return kind(t) in _REALS


def is_text(t):
    return kind(t) in ("str", "literal_str", "bytes")


def is_time(t):
    """A datetime or timedelta."""
    return kind(t) in ("datetime", "timedelta")


def is_number(t):
    return kind(t) in _NUMBERS


def is_int_tuple(t, count=None):
    """A tuple of integers (of this length)."""
    return is_tuple(t) and (count is None or t.count == count) and all(is_index(e) for e in t.types)


def is_shape(t):
    return is_index(t) or is_int_tuple(t)


def is_true(t):
    """The flag is True: a default value, or known while compiling."""
    return t is True or (kind(t) == "literal_bool" and t.literal_value)


def is_false(t):
    return t is False or (kind(t) == "literal_bool" and not t.literal_value)


def is_flag(t):
    """Whether the flag is known while compiling."""
    return is_true(t) or is_false(t)


def text(t):
    """The string of a default or a literal type, or None."""
    return t if isinstance(t, str) else t.literal_value if kind(t) == "literal_str" else None


def scalar_class(t):
    """The NumPy class of a number type, or None."""
    return CLASSES.get(t.unliteral.name) if is_number(t) else None


def element_class(t):
    """The NumPy class of the elements of an array, tuple or range, or of a number."""
    if kind(t) == "list":
        return element_class(t.dtype)
    if is_array(t) or is_range(t):
        return CLASSES.get(t.dtype.name)
    if is_tuple(t):
        classes = [element_class(e) for e in t.types]
        return None if not classes or None in classes else promote(*classes)
    return scalar_class(t)


def is_element(t):
    """A value that an array can hold: a number, a time, a text or a record."""
    return is_number(t) or is_time(t) or is_text(t) or kind(t) == "record"


def storage(t):
    """What new memory for the elements of an array, or for a value, is made with: the class of a number, else the dtype of a time, a text of
    fixed width or a record; None of others."""
    found = element_class(t)
    inner = t.dtype if is_array(t) else t
    if kind(inner) == "literal_str":
        return np.dtype(f"U{max(len(inner.literal_value), 1)}")
    return inner.numpy_dtype if found is None and kind(inner) in ("datetime", "timedelta", "charseq", "record") else found


def common_storage(types):
    """What memory that holds elements of all these types is made with; None if nothing does without converting to text or time."""
    found = [np.dtype(s) if s is not None else None for s in map(storage, types)]
    families = {None if s is None else "n" if s.kind in "biufc" else s.kind for s in found}
    if None in families or len(families) > 1:
        return None
    try:
        common = found[0]
        for s in found[1:]:
            common = np.promote_types(common, s)
    except TypeError:
        return None
    return common.type if families == {"n"} else common


def named_storage(t, default=None):
    """What memory is made with for a `dtype` argument: as `dtype_class`, and the dtypes that have no class of numbers."""
    if is_absent(t):
        return default
    if kind(t) == "dtype" and kind(t.dtype) in ("datetime", "timedelta", "charseq", "record"):
        return t.dtype.numpy_dtype
    name = text(t)
    try:
        found = None if name is None else np.dtype(name)
    except TypeError:
        return None
    # A time without a unit, a text without a width say nothing of memory.
    return found if found is not None and found.kind in "mMSUV" and found.itemsize and "generic" not in str(found) else dtype_class(t)


def dtype_class(t, default=None):
    """The NumPy class that a `dtype` argument means: `default` if it is left out, None if it is no dtype."""
    if is_absent(t):
        return default
    if kind(t) in ("dtype", "numberclass"):
        return CLASSES.get(t.dtype.name)
    if kind(t) == "function":
        return _PLAIN.get(str(t))
    name = text(t)
    try:
        found = np.dtype(t if name is None else name).type
    except TypeError:
        return None
    return None if found is np.void else found


def _field(t):
    """A field of a structured dtype written as a list of tuples: what `numpy.dtype` takes; None if it is none."""
    if not is_tuple(t) or t.count not in (2, 3) or text(t.types[0]) is None:
        return None
    parts = [text(t.types[0])]
    for part in t.types[1:]:
        inner = [getattr(e, "literal_value", None) for e in part.types] if is_tuple(part) else None
        value = tuple(inner) if inner is not None else named_storage(part) or getattr(part, "literal_value", None)
        if value is None or (isinstance(value, tuple) and None in value):
            return None
        parts.append(value)
    return tuple(parts)


def structured_dtype(t):
    """The structured dtype that a `dtype` argument means: itself, by its name, or as a list of fields; None for any other."""
    if kind(t) in ("dtype", "numberclass"):
        found = t.dtype.numpy_dtype if kind(t.dtype) == "record" else None
    elif is_tuple(t):
        fields = [_field(e) for e in t.types]
        try:
            found = None if not fields or None in fields else np.dtype(fields)
        except (TypeError, ValueError):
            return None
    else:
        name = text(t)
        try:
            found = None if name is None else np.dtype(name)
        except TypeError:
            return None
    return found if found is not None and found.names is not None else None


def promote(*classes):
    """NumPy's common type of NumPy classes."""
    common = np.dtype(classes[0])
    for c in classes[1:]:
        common = np.promote_types(common, c)
    return common.type


def kind_of(t):
    """NumPy's kind letter of a NumPy class: one of `biufc`, or `O` for none."""
    return "O" if t is None else np.dtype(t).kind
