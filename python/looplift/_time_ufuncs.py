"""Ufuncs of datetimes and timedeltas.

NumPy's loops know a time by its number alone, not by its unit: a loop for seconds would be taken for days. So each compiled signature with times is a
ufunc of its own, on integers, and times are integers on their way in and out. Operands take the units of the signature, or of themselves where
there is no signature.
"""

import numpy as np

from looplift import _core, _loops
from looplift.errors import TypingError

KINDS = ("datetime", "timedelta")


def is_time(t):
    return t.kind in KINDS


def dtype_of(t):
    """The dtype of operands of this type."""
    return t.numpy_dtype if is_time(t) else np.dtype(_loops.element_class(t))


def has_times(args):
    """Whether a time is among these operands of a call."""
    return any(getattr(getattr(a, "dtype", None), "kind", "") in ("m", "M") for a in args)


def elementwise_loop(kernel, ins, outs):
    """As `_loops.elementwise_loop`, for a loop whose times come as integers."""
    names = [*(f"a{k}" for k in range(len(ins))), *(f"r{k}" for k in range(len(outs)))]
    every = [*ins, *outs]
    views = [f"    v{name} = {name}.view(D{k})" if is_time(t) else f"    v{name} = {name}" for k, (name, t) in enumerate(zip(names, every, strict=True))]
    targets = ", ".join(f"v{name}[i]" for name in names[len(ins) :])
    call = f"kernel({', '.join(f'v{name}[i]' for name in names[: len(ins)])})"
    lines = [f"def loop({', '.join(names)}):", *views, f"    for i in range({names[-1]}.shape[0]):", f"        {targets} = {call}", ""]
    scope = {f"D{k}": dtype_of(t) for k, t in enumerate(every) if is_time(t)}
    number = _core.parse_type("int64")
    return _loops.compile_loop("\n".join(lines), kernel, [_loops.strided(number if is_time(t) else t) for t in every], scope=scope)


def _type_of(a):
    """The type of an operand's elements."""
    t = _core.typeof_value(a if hasattr(a, "dtype") else np.asarray(a))
    return (t.dtype if t.kind == "array" else t).unliteral


def _find(kernel, args):
    """The signature for operands of these types: theirs, or the first one that they convert to without loss."""
    if args in kernel.time_loops:
        return args
    given = [dtype_of(t) for t in args]
    for known in kernel.time_loops:
        if all(np.can_cast(g, dtype_of(t), "safe") for g, t in zip(given, known, strict=True)):
            return known
    return None


def call(kernel, args, kwargs):
    """The ufunc of `kernel` on operands among which are times."""
    inputs, outputs = args[: kernel.nin], args[kernel.nin :]
    types = tuple(map(_type_of, inputs))
    found = _find(kernel, types)
    if found is None:
        if kernel.frozen:
            raise TypingError(f"ufunc {kernel.func.__name__!r} has no loop for ({', '.join(map(str, types))})")
        kernel.add(types)
        found = types
    outs, ufunc = kernel.time_loops[found]
    given = [_as_number(a, t) for a, t in zip(inputs, found, strict=True)]
    out = kwargs.pop("out", outputs or None)
    if out is not None:
        into = out if isinstance(out, tuple) else (out,)
        for o, t in zip(into, outs, strict=True):
            if o is not None and o.dtype != dtype_of(t):
                raise TypeError(f"the output has dtype {o.dtype}, the result has {dtype_of(t)}")
        ufunc(*given, out=tuple(o if o is None or not is_time(t) else o.view(np.int64) for o, t in zip(into, outs, strict=True)), **kwargs)
        return into[0] if len(into) == 1 else into
    made = ufunc(*given, **kwargs)
    results = made if isinstance(made, tuple) else (made,)
    results = tuple(r.view(_unit_of(inputs[0], dtype_of(t))) if is_time(t) else r for r, t in zip(results, outs, strict=True))
    return results[0] if len(results) == 1 else results


def _unit_of(first, dtype):
    """The dtype of a result: without a unit where the first operand, of the same kind, has none."""
    given = getattr(first, "dtype", dtype)
    return given if given.kind == dtype.kind and np.datetime_data(given)[0] == "generic" else dtype


def _as_number(a, t):
    return np.asarray(a, dtype_of(t)).view(np.int64) if is_time(t) else a
