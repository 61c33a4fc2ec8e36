"""Functions that `tests/typing.rs` types. Recaptured by crates/bytecode/testdata/capture.py --stdlib FILE FOLDER."""
import math

import numpy as np

SIZE = 10
RATE = 0.5
PAIR = (1, 2.0)


def add(a, b):
    return a + b


def total(a):
    s = 0.0
    for i in range(a.shape[0]):
        s += a[i]
    return s


def count(n):
    i = 0
    while i < n:
        i += 1
    return i


def branchy(a):
    if a > 0:
        return 1
    elif a < -5:
        return 2.5
    return 0


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def even(n):
    if n == 0:
        return True
    return odd(n - 1)


def odd(n):
    if n == 0:
        return False
    return even(n - 1)


def forever(n):
    return forever(n + 1)


def defaults(a, b=2, *, c=3.5):
    return a + b * c


def call_defaults(a):
    return defaults(a), defaults(a, c=1), defaults(b=a, a=1.0)


def varargs(*args):
    s = 0
    for a in args:
        s += a
    return s


def call_varargs(x):
    t = (x, 2, 3)
    return varargs(*t) + varargs(x, *t)


def none_default(a, b=None):
    if b is None:
        return a
    return a + b


def uses_none_default(a):
    return none_default(a), none_default(a, 2.0)


def by_dims(a):
    if a.ndim == 1:
        return a[0]
    else:
        return a[0, 0]


def by_class(a):
    if isinstance(a, (int, np.integer)):
        return a // 2
    return a.shape


def globals_used(a):
    return a * SIZE + RATE + PAIR[1]


def growing(n):
    t = ()
    for i in range(n):
        t = t + (i,)
    return t


def changes(n):
    x = 1
    if n > 2:
        x = (1, 2)
    return x


def changes_unused(n):
    x = 1
    if n > 2:
        x = (1, 2)
    x = 2.5
    return x


def swap(a, b):
    a, b = b, a
    return a, b


def wrong_unpack(a):
    x, y = (a, a, a)
    return x


def zeros2(n):
    a = np.zeros((n, 3), dtype=np.float32)
    a[0, 1] = n
    return a


def fill(n):
    a = np.empty(n, np.int64)
    for i in range(n):
        a[i] = i * i
    return a


def slices(a):
    return a[1:3], a[::2], a[-1], a[..., 0], a[None], a[1:3, 1]


def views(a):
    return a[1], a[:, 1], a[1:3], a[1:3, :], a.T, a.T[0], a[0, 1:]


def stores(a, b):
    a[:] = 1
    a[1:] = b
    a[0] = True


def maths(x):
    return math.sqrt(x), math.floor(x), math.pi, math.atan2(x, 1), math.isnan(x)


def numpys(x):
    return np.sqrt(x), np.floor(x), np.abs(x), np.isfinite(x), np.float32(x), np.int8(3)


def builtins_used(x):
    return min(x, 2), max(x, 1.5), abs(x), round(x), int(x), float(x), bool(x), divmod(x, 2), pow(x, 2)


def loops(a):
    s = 0
    for i, x in enumerate(a):
        s += i * x
    for x, y in zip(a, range(3)):
        s += x * y
    for x in reversed(a):
        s -= x
    for p in (1, 2, 3):
        s += p
    return s


def raises(x):
    if x < 0:
        raise ValueError("negative", x)
    if x > 10:
        raise OverflowError
    assert x != 3, "three"
    return x


def always(x):
    raise ValueError(x)


def uses_always(x):
    if x > 0:
        return 1
    return always(x)


def catches(x):
    try:
        return raises(x)
    except ValueError:
        return -1


def unbound(n):
    if n > 0:
        x = 1
    return x


def comparisons(a, b):
    return a < b, a == b, not a, a and b, a or b


def tuples(t, i):
    return t[0], t[-1], t[i], t[1:], t + (1,), len(t), t < t, 1 in t, t == (1, 2, 3)


def chained(a):
    return 0 < a < 10


def powers(x, n):
    return x**2, x**n, 2**n, x**0.5, x**-1


def no_operator(a):
    return a + "x"


def no_name(a):
    return a + undefined_name


def no_attribute(a):
    return a.nothing


def bad_call(a):
    return add(a)


def print_things(a):
    print("a =", a, sep="", end="!\n")


def recursive_growth(t):
    return recursive_growth((t, 1))


def makes_list(n):
    return [n]


def optional_result(n):
    if n > 0:
        return n
    return None


def uses_optional(n):
    r = optional_result(n)
    if r is None:
        return 0
    return r + 1


def ternary(a):
    return 1 if a else 2.0


def complexes(z):
    return z.real, z.imag, abs(z), z * 2, z.conjugate(), complex(1, 2)


def dtypes(a):
    b = np.zeros(3, a.dtype)
    if a.dtype == np.float64:
        return b[0]
    return b


def unpack_array(a):
    x, y = a
    return x + y


def for_else(n):
    for i in range(n):
        if i == 5:
            break
    else:
        return -1
    return i


def reshaped(a):
    return a.reshape(2, 3), a.reshape((6,)), a.ravel(), a.copy(), a.astype(np.int8)


def store_readonly(a):
    a[0] = 1


def star_assign(t):
    a, *b, c = t
    return b


def methods_of_numbers(x):
    return x.real, x.imag
