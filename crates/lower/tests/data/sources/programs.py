"""Functions whose compiled and interpreted answers must be the same: see ../cases.py."""


def add(a, b):
    return a + b


def arith(a, b):
    return a + b, a - b, a * b


def division(a, b):
    return a // b, a % b, a / b


def divide(a, b):
    return a / b


def floordiv(a, b):
    return a // b


def modulo(a, b):
    return a % b


def divmods(a, b):
    return divmod(a, b)


def compare(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b


def equal(a, b):
    return a == b, a != b


def bits(a, b):
    return a & b, a | b, a ^ b


def lshift(a, n):
    return a << n


def rshift(a, n):
    return a >> n


def unary(a):
    return -a, +a, abs(a), not a


def invert(a):
    return ~a


def power(a, b):
    return a**b


def squares(x):
    return x**2, x**3, x**0, x**1, x**7


def reciprocal(x):
    return x**-1, x**-3


def minmax(a, b, c):
    return min(a, b), max(a, b), min(a, b, c), max(a, b, c)


def rounding(x):
    return round(x), int(x), math.floor(x), math.ceil(x), math.trunc(x)


def round_int(x):
    return round(x)


def functions(x):
    return math.sin(x), math.sqrt(x), math.exp(x), math.log(x), math.fabs(x)


def root(x):
    return math.sqrt(x)


def logarithm(x):
    return math.log(x)


def exponential(x):
    return math.exp(x)


def mpow(x, y):
    return math.pow(x, y)


def classify(x):
    return math.isnan(x), math.isinf(x), math.isfinite(x)


def parts(x):
    return math.frexp(x), math.modf(x)


def common(a, b):
    return math.gcd(a, b)


def total(n):
    s = 0
    for i in range(n):
        s += i
    return s


def stepped(a, b, c):
    s = 0
    n = 0
    for i in range(a, b, c):
        s = s * 3 + i
        n += 1
    return s, n


def downward(n):
    s = 0
    for i in range(n, 0, -1):
        s = s * 10 + i
    return s


def skip(n):
    s = 0
    for i in range(0, n, 3):
        s += i
    return s


def ranges(a, b, c):
    r = range(a, b, c)
    return len(r), r.start, r.stop, r.step


def range_item(a, b, c, i):
    return range(a, b, c)[i]


def range_in(a, b, c, x):
    return x in range(a, b, c)


def while_loop(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


def breaks(n):
    for i in range(n):
        if i * i > 50:
            break
        if i == 2:
            continue
    else:
        return -1
    return i


def unbound(flag):
    if flag:
        x = 1
    return x


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def calls(a, b):
    return add(a, b) * add(b, 1)


def call_raises(a, b):
    return divide(a, b) + 1


def tuples(a, b):
    t = (a, b, a + b)
    x, y, z = t
    return z, t[0], t[-1], len(t)


def tuple_index(a, i):
    return (a, a + 1, a + 2)[i]


def tuple_loop(a, b, c):
    s = 0
    for x in (a, b, c):
        s = s * 10 + x
    return s


def tuple_less(a, b, c, d):
    return (a, b) < (c, d), (a, b) == (c, d), (a, b) >= (c, d)


def tuple_in(x, a, b):
    return x in (a, b)


def element(a, i):
    return a[i]


def element2(a, i, j):
    return a[i, j]


def chained(a, i, j):
    return a[i][j]


def fixed(a):
    return a[0], a[-1], a[2]


def store(a, i, x):
    a[i] = x


def store2(a, i, j, x):
    a[i, j] += x


def sum1(a):
    s = 0
    for x in a:
        s += x
    return s


def sum2(a):
    s = 0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s += a[i, j]
    return s


def rows(a):
    s = 0
    for row in a:
        for x in row:
            s = s * 2 + x
    return s


def enumerated(a):
    s = 0
    for i, x in enumerate(a):
        s += i * x
    return s


def zipped(a, b):
    s = 0
    for x, y in zip(a, b):
        s += x * y
    return s


def nested_iters(a, n):
    s = 0
    for i, (x, k) in enumerate(zip(a, range(n)), 5):
        s += i * x + k
    return s


def backwards(a):
    s = 0
    for x in reversed(a):
        s = s * 10 + x
    return s


def range_back(n):
    s = 0
    for i in reversed(range(n)):
        s = s * 10 + i
    return s


def attributes(a):
    return a.shape, a.size, a.ndim, a.itemsize, a.nbytes, a.strides, len(a)


def piece(a, i, j):
    return a[i:j]


def piece_step(a, i, j, k):
    return a[i:j:k]


def reverse(a):
    return a[::-1]


def inner(a):
    return a[1:-1, 1:-1]


def column(a, j):
    return a[:, j]


def every_other(a):
    return a[::2, ::-2]


def new_axis(a):
    return a[None, :, None]


def dots(a, i):
    return a[..., i]


def transpose(a):
    return a.T


def fill(a, x):
    a[:] = x


def fill_piece(a, i, j, x):
    a[i:j] = x


def assign(a, b):
    a[:] = b


def shift_up(a):
    a[1:] = a[:-1]


def flip_in_place(a):
    a[:] = a[::-1]


def make(n):
    a = np.zeros(n)
    for i in range(n):
        a[i] = i * 0.5
    return a


def make2(n, m):
    a = np.empty((n, m))
    for i in range(n):
        for j in range(m):
            a[i, j] = i * 10 + j
    return a


def local_array(n):
    a = np.zeros(n)
    for i in range(n):
        a[i] = i
    return a[n // 2]


def copies(a):
    return a.copy()


def like(a):
    return np.zeros_like(a)


def reshaped(a, n, m):
    return a.reshape((n, m))


def flat(a):
    return a.ravel()


def choose(flag, n):
    if flag:
        a = np.zeros(n)
    else:
        a = np.empty(n + 1)
        a[:] = 7.0
    return a


def views_in_loop(a):
    s = 0.0
    for i in range(len(a)):
        row = a[i]
        s += row[0] * row[-1]
    return s


def raise_text(x):
    if x > 3:
        raise ValueError("too {big}")
    return x


def raise_number(x):
    if x > 3:
        raise ValueError("bad", x, 2.5)
    return x


def assertion(x):
    assert x > 0, "positive"
    return x


def complexes(a, b):
    return a + b, a - b, a * b, a / b


def complex_parts(z):
    return z.real, z.imag, z.conjugate(), abs(z), -z


def complex_square(z):
    return z**2, z**3


def truths(a, b):
    return bool(a), not b, (1 if a else 2), a and b


def mixed_join(flag):
    if flag:
        x = 1
    else:
        x = 2.5
    return x


def optional(flag, x):
    y = None
    if flag:
        y = x
    if y is None:
        return -1
    return y + 1


def caught(a, b):
    try:
        return a // b
    except ZeroDivisionError:
        return -1


def caught_call(a, b):
    try:
        return divide(a, b)
    except ZeroDivisionError:
        return -1.0


def mandel(x, y, limit):
    c = complex(x, y)
    z = 0j
    for i in range(limit):
        z = z * z + c
        if z.real * z.real + z.imag * z.imag > 4.0:
            return i
    return limit


def matmul(a, b, c):
    n, m = a.shape
    p = b.shape[1]
    for i in range(n):
        for j in range(p):
            s = 0.0
            for k in range(m):
                s += a[i, k] * b[k, j]
            c[i, j] = s


def sieve(n):
    flags = np.zeros(n + 1, np.bool_)
    count = 0
    for i in range(2, n + 1):
        if not flags[i]:
            count += 1
            for j in range(i * i, n + 1, i):
                flags[j] = True
    return count


def levenshtein(a, b):
    n = len(b)
    prev = np.zeros(n + 1, np.int64)
    for j in range(n + 1):
        prev[j] = j
    for i in range(len(a)):
        cur = np.zeros(n + 1, np.int64)
        cur[0] = i + 1
        for j in range(n):
            cost = 0 if a[i] == b[j] else 1
            cur[j + 1] = min(prev[j + 1] + 1, cur[j] + 1, prev[j] + cost)
        prev = cur
    return prev[n]


def joined_iterators(flag, a):
    s = 0
    for i in range(10, 0, -3) if flag else range(4):
        s = s * 10 + i
    for x in a:
        s = s * 3 + x
    return s


def handler_values(a, i):
    n = 0
    try:
        n = 1
        n = a[i]
        n += 1
    except IndexError:
        n = n * 100
    return n


def nested_handlers(a, b):
    s = 0
    for i in range(3):
        try:
            try:
                s += a // (b - i)
            except ValueError:
                s += 1000
        except ZeroDivisionError:
            s += 100
    return s


def rows_of_new(n):
    s = 0.0
    for i in range(n):
        a = np.zeros((n, n))
        b = a[i]
        b[:] = i
        s += a[i, 0] + b[n - 1]
    return s


def tuple_of_arrays(n, i):
    t = (np.zeros(n), np.empty(n))
    t[1][:] = 4.0
    return t[i][n - 1]
