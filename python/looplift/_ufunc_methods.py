"""`reduce`, `accumulate`, `reduceat`, `outer` and `at` of looplift's ufuncs in compiled code.

Each is asked with the arguments' types and gives a function, written out for the array's number of dimensions, that calls
the ufunc for numbers. They compute what NumPy's methods do, in NumPy's order along an axis.
"""

from looplift import _core, _loops
from looplift.errors import TypingError
from looplift.library._types import dtype_class, is_absent, is_array, is_index, is_int, is_int_tuple, is_number, is_tuple


def resolve(ufunc, owner, name, args, kwargs):
    """The implementation of method `name` of `ufunc` for arguments of these types; None if there is no such method."""
    make = _METHODS.get(name)
    if make is None or not hasattr(owner, "elementwise_inputs"):
        return None
    key = name, args, tuple(kwargs.items())
    found = owner.methods.get(key)
    if found is None:
        found = owner.methods[key] = make(ufunc, *args, **kwargs)
    return found


def _require(condition, message):
    if not condition:
        raise TypingError(message)


def _binary(ufunc, name):
    _require(ufunc.nin == 2 and ufunc.nout == 1, f"{name} only supported for binary functions")


def _function(name, parameters, lines, **scope):
    """The function with this text."""
    import numpy as np

    scope.update(np=np, __name__="looplift._loops")
    text = f"def {name}({parameters}):\n" + "\n".join("    " + line for line in lines) + "\n"
    exec(compile(text, f"<ufunc.{name}>", "exec"), scope)
    return scope[name]


def _result_class(ufunc, element, dtype):
    """The class in which a reduction of elements of this type runs."""
    if not is_absent(dtype):
        found = dtype_class(dtype)
        _require(found is not None, f"dtype {dtype} is not supported")
        return found
    import numpy as np

    owner = _core.ufunc_owner(ufunc)
    found = element
    for _ in range(3):
        loop = owner.settle((found, found))
        result = loop[0]
        if result == found:
            break
        found = result
    return np.dtype(_loops.element_class(found)).type


def _loops_over(axes, array="array"):
    """Headers of the loops over these axes, and the text that indents their body."""
    return [f"{'    ' * k}for i{a} in range({array}.shape[{a}]):" for k, a in enumerate(axes)], "    " * len(axes)


def _index(ndim, **replaced):
    return ", ".join(replaced.get(f"i{a}", f"i{a}") for a in range(ndim))


def _shape(axes, array="array", **replaced):
    return "(" + "".join(f"{replaced.get(f'n{a}', f'{array}.shape[{a}]')}, " for a in axes) + ")"


def _check_axis(ndim):
    return [
        "if axis < 0:",
        f"    axis += {ndim}",
        f"if axis < 0 or axis >= {ndim}:",
        "    raise ValueError('Invalid axis')",
    ]


def _start(ufunc, initial, first):
    """Text of a reduction's first value, and the position from which it goes on."""
    if not is_absent(initial):
        return "R(initial)", 0
    if ufunc.identity is not None:
        return f"R({ufunc.identity!r})", 0
    return f"R({first})", 1


def reduce(ufunc, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
    _binary(ufunc, "reduce")
    _require(is_array(array) and array.ndim > 0, 'The first argument "array" must be array-like')
    _require(is_absent(out) and where is True and keepdims is False, "reduce with out, keepdims or where is not supported in compiled code")
    result = _result_class(ufunc, array.dtype, dtype)
    ndim = array.ndim
    several = is_absent(axis) or is_tuple(axis)
    count = ndim if is_absent(axis) else axis.count if is_tuple(axis) else 1
    if several and count > 1 and _core.ufunc_owner(ufunc).identity is None:
        raise TypingError(f"reduction operation '{ufunc.__name__}' is not reorderable, so at most one axis may be specified")
    parameters = "array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True"
    empty = f"raise ValueError('zero-size array to reduction operation {ufunc.__name__} which has no identity')"
    lines = []
    if is_tuple(axis) and count == 0:
        return _function("reduce", parameters, ["return array.astype(R)"], R=result)
    if is_absent(axis) and ndim > 1:
        start, skip = _start(ufunc, initial, f"array[{', '.join('0' * ndim)}]")
        if skip:
            lines += ["if array.size == 0:", f"    {empty}"]
        headers, indent = _loops_over(range(ndim))
        value = f"array[{_index(ndim)}]"
        lines += [f"r = {start}", f"first = {skip == 1}", *headers]
        step = f"r = R(ufunc(r, {value}))"
        lines += [f"{indent}if first:", f"{indent}    first = False", f"{indent}else:", f"{indent}    {step}"] if skip else [f"{indent}{step}"]
        return _function("reduce", parameters, [*lines, "return r"], R=result, ufunc=ufunc)
    if is_tuple(axis) and count > 1:
        # One axis after the other, from the last, so that the earlier ones keep their numbers.
        _require(is_int_tuple(axis) and count <= ndim, f"axis {axis} is not supported")
        names = [f"x{k}" for k in range(count)]
        for k, x in enumerate(names):
            lines += [f"{x} = axis[{k}]", f"if {x} < 0:", f"    {x} += {ndim}", f"if {x} < 0 or {x} >= {ndim}:", "    raise ValueError('Invalid axis')"]
            for other in names[:k]:
                lines += [f"if {x} == {other}:", "    raise ValueError(\"duplicate value in 'axis'\")"]
        for end in range(count - 1, 0, -1):
            for k in range(end):
                lines += [f"if x{k} > x{k + 1}:", f"    x{k}, x{k + 1} = x{k + 1}, x{k}"]
        lines.append("r0 = array.astype(R)")
        for k, x in enumerate(reversed(names)):
            last = k == count - 1
            start = ", initial=initial" if last and not is_absent(initial) else ""
            lines.append(f"r{k + 1} = ufunc.reduce(r{k}, axis={x}, dtype=R{start})")
        return _function("reduce", parameters, [*lines, f"return r{count}"], R=result, ufunc=ufunc)
    if is_tuple(axis):
        lines.append("axis = axis[0]")
    elif is_absent(axis):
        lines.append("axis = 0")
    else:
        _require(is_index(axis) or axis == 0, f"axis {axis} is not supported")
    lines += _check_axis(ndim)
    for a in range(ndim):
        others = [k for k in range(ndim) if k != a]
        zero = {f"i{a}": "0"}
        start, skip = _start(ufunc, initial, f"array[{_index(ndim, **zero)}]")
        body = [f"if array.shape[{a}] == 0:", f"    {empty}"] if skip else []
        headers, indent = _loops_over(others)
        if others:
            body += [f"out_{a} = np.empty({_shape(others)}, R)", *headers]
        body += [
            f"{indent}r{a} = {start}",
            f"{indent}for i{a} in range({skip}, array.shape[{a}]):",
            f"{indent}    r{a} = R(ufunc(r{a}, array[{_index(ndim)}]))",
        ]
        body += [f"{indent}out_{a}[{', '.join(f'i{k}' for k in others)}] = r{a}", f"return out_{a}"] if others else [f"return r{a}"]
        lines += body if ndim == 1 else [f"if axis == {a}:", *("    " + line for line in body)]
    if ndim > 1:
        lines.append("raise ValueError('Invalid axis')")
    return _function("reduce", parameters, lines, R=result, ufunc=ufunc)


def accumulate(ufunc, array, axis=0, dtype=None, out=None):
    _binary(ufunc, "accumulate")
    _require(is_array(array) and array.ndim > 0, 'The first argument "array" must be array-like')
    _require(is_absent(out), "accumulate with out is not supported in compiled code")
    result = _result_class(ufunc, array.dtype, dtype)
    ndim = array.ndim
    lines = [*_check_axis(ndim), f"r = np.empty({_shape(range(ndim))}, R)"]
    for a in range(ndim):
        headers, indent = _loops_over([k for k in range(ndim) if k != a])
        lines.append(f"if axis == {a} and array.shape[{a}] > 0:")
        body = [
            *headers,
            f"{indent}v = R(array[{_index(ndim, **{f'i{a}': '0'})}])",
            f"{indent}r[{_index(ndim, **{f'i{a}': '0'})}] = v",
            f"{indent}for i{a} in range(1, array.shape[{a}]):",
            f"{indent}    v = R(ufunc(v, array[{_index(ndim)}]))",
            f"{indent}    r[{_index(ndim)}] = v",
        ]
        lines += ["    " + line for line in body]
    return _function("accumulate", "array, axis=0, dtype=None, out=None", [*lines, "return r"], R=result, ufunc=ufunc)


def reduceat(ufunc, array, indices, axis=0, dtype=None, out=None):
    _binary(ufunc, "reduceat")
    parameters = "array, indices, axis=0, dtype=None, out=None"
    for name, t in (("array", array), ("indices", indices)):
        _require(is_array(t) or is_tuple(t) or getattr(t, "kind", None) in ("list", "range"), f'"{name}" must be array-like, not {t}')
    _require(is_absent(out) or is_array(out), f"output must be an array, not {out}")
    _require(is_index(axis) or axis == 0, f'"axis" must be an integer, not {axis}')
    if not is_array(array) or not is_array(indices):
        args = "np.asarray(array), np.asarray(indices), axis, dtype, out"
        return _function("reduceat", parameters, [f"return ufunc.reduceat({args})"], ufunc=ufunc)
    _require(array.ndim > 0, "reduceat needs an array with an axis")
    _require(indices.ndim == 1, f'"indices" must have at most 1 dimension, and not {indices.ndim}')
    _require(is_index(indices.dtype), f'"indices" must be integers, not {indices.dtype}')
    result = _result_class(ufunc, array.dtype, dtype)
    ndim = array.ndim
    given = not is_absent(out)
    lines = [
        "ax = axis",
        "if ax < 0:",
        f"    ax += {ndim}",
        f"if ax < 0 or ax >= {ndim}:",
        f"    raise ValueError(f'axis {{axis}} is out of bounds for array of dimension {ndim}')",
    ]
    for a in range(ndim):
        others = [k for k in range(ndim) if k != a]
        headers, indent = _loops_over(others)
        lines.append(f"if ax == {a}:")
        body = [
            "for at in range(len(indices)):",
            f"    if indices[at] < 0 or indices[at] >= array.shape[{a}]:",
            f"        raise IndexError('index out-of-bounds in {ufunc.__name__}.reduceat')",
            f"r{a} = np.empty({_shape(range(ndim), **{f'n{a}': 'len(indices)'})}, R)",
            *headers,
            f"{indent}for at in range(len(indices)):",
            f"{indent}    begin = int(indices[at])",
            f"{indent}    end = array.shape[{a}] if at + 1 == len(indices) else int(indices[at + 1])",
            f"{indent}    v = R(array[{_index(ndim, **{f'i{a}': 'begin'})}])",
            f"{indent}    for i{a} in range(begin + 1, end):",
            f"{indent}        v = R(ufunc(v, array[{_index(ndim)}]))",
            f"{indent}    r{a}[{_index(ndim, **{f'i{a}': 'at'})}] = v",
        ]
        if given:
            body += [f"if out.shape != r{a}.shape:", "    raise ValueError('provided out is the wrong size for the reduction')", f"out[...] = r{a}", "return out"]
        else:
            body.append(f"return r{a}")
        lines += ["    " + line for line in body]
    lines.append("raise ValueError('Invalid axis')")
    return _function("reduceat", parameters, lines, R=result, ufunc=ufunc)


def outer(ufunc, a, b):
    _binary(ufunc, "outer")
    _require(is_array(a) and is_array(b), "outer takes two arrays in compiled code")
    element = _core.ufunc_owner(ufunc).settle((a.dtype, b.dtype))[0]
    first, second = [f"i{k}" for k in range(a.ndim)], [f"j{k}" for k in range(b.ndim)]
    lines = ["r = np.empty(a.shape + b.shape, R)"]
    indent = ""
    for array, names in (("a", first), ("b", second)):
        for k, name in enumerate(names):
            lines.append(f"{indent}for {name} in range({array}.shape[{k}]):")
            indent += "    "

    def item(array, names):
        return f"{array}[{', '.join(names) or '()'}]"

    lines.append(f"{indent}{item('r', first + second)} = ufunc({item('a', first)}, {item('b', second)})")
    return _function("outer", "a, b", [*lines, "return r"], R=_loops.element_class(element), ufunc=ufunc)


def at(ufunc, a, indices, b=None):
    _require(is_array(a), 'The first argument "a" must be array-like')
    _require(is_number(a.dtype), f"the ufunc has no loop for elements of type {a.dtype}")
    _require(ufunc.nout == 1, "at needs a ufunc with one output")
    if is_absent(b):
        _require(ufunc.nin == 1, "second operand needed for ufunc")
    else:
        _require(ufunc.nin == 2, "second operand provided when ufunc is unary")
    ndim = a.ndim
    second = "" if is_absent(b) else ", value"
    value = [] if is_absent(b) else ["value = b" if is_number(b) else "value = values[at]"]
    if is_tuple(indices) and indices.count == 0 and ndim == 0:
        return _function("at", "a, indices, b=None", [f"a[()] = ufunc(a[()]{', b' if second else ''})"], ufunc=ufunc)
    _require(ndim > 0, "an array without axes has no elements to index")
    if ndim == 1 and is_index(indices):
        return _function("at", "a, indices, b=None", [f"a[indices] = ufunc(a[indices]{', b' if second else ''})"], ufunc=ufunc)
    if ndim == 1 and is_array(indices, 1) and is_int(indices.dtype) and (not second or is_number(b) or is_array(b, 1)):
        lines = []
        if is_array(b):
            lines += ["if len(b) != len(indices) and len(b) != 1:"]
            lines += ["    raise ValueError('operands could not be broadcast together with remapped shapes')"]
        value = "" if not second else ", b" if is_number(b) else ", b[at if len(b) != 1 else 0]"
        lines += ["for at in range(len(indices)):", "    i = indices[at]", f"    a[i] = ufunc(a[i]{value})"]
        return _function("at", "a, indices, b=None", lines, ufunc=ufunc)
    # Where the elements are: an array of positions, indexed as the array would be.
    simple = is_array(indices) or is_tuple(indices) or getattr(indices, "kind", None) in ("slice", "ellipsis")
    chosen = "indices" if simple else "np.asarray(indices)"
    lines = [f"found = np.arange(a.size).reshape(a.shape)[{chosen}]", "places = found.ravel()"]
    if not is_absent(b) and not is_number(b):
        lines += [
            "given = np.asarray(b)",
            "if given.ndim == 1 and found.ndim == 1 and len(given) != len(found) and len(given) != 1:",
            "    raise ValueError('operands could not be broadcast together with remapped shapes')",
            "values = np.broadcast_to(given, found.shape).ravel()",
        ]
    lines += ["for at in range(len(places)):", "    p = places[at]"]
    for k in range(ndim - 1, 0, -1):
        lines += [f"    i{k} = p % a.shape[{k}]", f"    p //= a.shape[{k}]"]
    lines += ["    i0 = p", *("    " + line for line in value), f"    a[{_index(ndim)}] = ufunc(a[{_index(ndim)}]{second})"]
    return _function("at", "a, indices, b=None", lines, ufunc=ufunc)


_METHODS = {"reduce": reduce, "accumulate": accumulate, "reduceat": reduceat, "outer": outer, "at": at}
