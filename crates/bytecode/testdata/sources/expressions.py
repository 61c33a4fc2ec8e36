def arith(a, b):
    return a + b - a * b / a // b % a ** b @ a

def bits(a, b):
    return a << b >> a & b | a ^ b, ~a, -a, +a, not a

def inplace(a, b):
    a += b; a -= b; a *= b; a /= b; a //= b; a %= b; a **= b; a @= b
    a <<= b; a >>= b; a &= b; a |= b; a ^= b
    return a

def compares(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b, a is b, a is not b, a in b, a not in b

def chained(a, b, c):
    return a < b <= c != a

def chained_if(a, b, c):
    if a < b < c:
        return 1
    return 0

def and_or(a, b, c):
    return a and b or c

def or_and(a, b, c):
    return (a or b) and c

def bool_tests(a, b, c):
    if a and b or not c:
        return 1
    elif a > b and not b:
        return 2
    return not (a < b)

def ternary(a, b):
    return (a if a > b else b) if a is not None else None

def none_tests(a, b):
    if a is None or b is not None:
        return a
    while a is None:
        a = b()
    return b

def bool_value(a, b):
    x = bool(a)
    y = not a
    z = a > b
    return x, y, z, not not b

def subscripts(a, i, j, k):
    a[i] = a[j]
    a[i, j] = a[i][j]
    a[i] += 1
    a[i, j] -= k
    del a[i]
    return a

def slices(a, i, j, k):
    x = a[i:j], a[:j], a[i:], a[:], a[i:j:k], a[::2], a[1:2]
    a[i:j] = x
    a[::k] = x
    a[i:j] += 1
    del a[i:j]
    return a[i:j, k], a[..., 0], a[1:2, :]

def attributes(o, v):
    o.a = v
    o.b.c += 1
    del o.d
    return o.a.b

def calls(f, a, *args, **kw):
    f()
    f(a)
    f(a, 1, 2)
    f(a, k=1)
    f(a, 1, k=a, j=2)
    f(*args)
    f(a, *args)
    f(*args, a, *args)
    f(**kw)
    f(a, *args, k=1, **kw)
    f.m()
    f.m(a, 1)
    f.m(a, k=2)
    f.m(*args, **kw)
    f(f(a)(1))(2)
    return f(lambda: a)

def builds(a, b, l, d):
    return (a, b), [a, b], {a, b}, {a: b}, {"x": a, "y": b}, (), [], {}, [1, 2, 3], {1, 2, 3}

def unpacking(a, b, l, d):
    x, y = a
    x, *y = a
    *x, y, z = b
    (x, y), z = a
    x = y = z
    a, b = b, a
    a, b, x = x, a, b
    return (*l, 1), [*l, *a], {*l, a}, {**d, "k": 1, **d}

def strings(a, b):
    return f"{a}", f"{a!r}", f"x{a!s}y{b!a}z", f"{a:>10}", f"{a:{b}}", f"{a=}", "%s" % a, f"{a}{b:.{a}f}"

def strings_conversion_and_spec(a, b):
    return f"{a!r:>{b}}"

def walrus(a):
    if (n := len(a)) > 10:
        return n
    while (c := a.next()):
        n += c
    return n

def constants():
    return 1, -1, 1.5, 1e300, 2j, "s", b"b", None, True, ..., 2**100, (1, (2, 3)), 0.0, -0.0, "é\n"

def deletes(a):
    b = a
    del a
    del b
    return a

def globals_(x):
    global G
    G = x
    x = G + H
    del G
    return x

def imports():
    import os
    import os.path as p
    from math import sin, cos as c
    from . import sibling
    from .a.b import d
    return os, p, sin, c, sibling, d

def empty():
    pass

def docstring():
    """Only that."""

def many_branches(x):
    if x == 1:
        y = "one"
    elif x == 2:
        y = "two"
    elif x in (3, 4):
        y = "some"
    else:
        y = "many"
    return y

def tuple_compare(a, b):
    return a[0] < b[0] or a[0] == b[0] and a[1] < b[1]

def long_list(a):
    return [a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, a]

def annotated(x: int) -> float:
    y: float = x
    z: int
    return y
