def closure(a):
    b = 1
    def inner(c):
        nonlocal b
        b += c
        return a + b
    return inner

def closure_deep(a):
    def mid():
        def low():
            return a
        return low
    return mid()

def defaults(a, b=1, *, c=2, d, **kw):
    return lambda x=a, *y, z=b, **w: x

def local_function(n):
    def f(a: int, b: float = 1.0, *c, d=n, **e) -> float:
        return a
    return f

def keyword_only(*, a, b=1):
    return a + b

def positional_only(a, b, /, c, *d):
    return a

def decorated(d):
    @d
    @d.e(1)
    def f():
        return 1
    return f

def list_comp(l, n):
    return [x + n for x in l if x]

def list_comp_captures(l, n):
    return [lambda: x + n for x in l]

def dict_set_comp(d):
    a = {k: v for k, v in d.items()}
    b = {k for k in d}
    return a, b

def nested_comp(m):
    return [[y * 2 for y in x] for x in m]

def two_fors(a, b):
    return [(x, y) for x in a for y in b if x != y]

def comp_in_try(l):
    x = 1
    try:
        r = [int(x) for x in l]
    except ValueError:
        r = x
    return r

def comp_as_argument(f, l):
    return f(1, [x for x in l], k=[y for y in l])

def gen_expr(l):
    return sum(x * x for x in l)

def gen_expr_argument(f, l):
    return f((x for x in l), 1), any(x for x in l if x > 1)

def generator(n):
    for i in range(n):
        got = yield i
        if got:
            return got
    yield

def delegating(g):
    r = yield from g
    try:
        yield r
    finally:
        g.close()

def generator_try(l):
    for x in l:
        try:
            yield int(x)
        except ValueError as e:
            yield e

async def coroutine(a, b):
    x = await a
    async with b as c:
        x += await c.get()
    return x

async def async_loop(a):
    async for x in a:
        if x:
            break
        print(x)
    else:
        return 0
    return x

async def async_generator(a):
    async for x in a:
        yield x

async def async_comp(a):
    return [x async for x in a if await x]

def classes(base):
    class C(base, metaclass=M):
        x: int = 1
        y = [x for x in range(3)]
        def m(self):
            return super().m() + self.x
        def n(self):
            return __class__
        @property
        def p(self):
            return super(C, self).p
    return C

def match_values(x):
    match x:
        case 1:
            return "one"
        case "a" | "b":
            return "letter"
        case None | True:
            return "single"
        case [a, b]:
            return a + b
        case [a, *rest] if a:
            return rest
        case {"k": v, **others}:
            return v, others
        case Point(x=0, y=yy):
            return yy
        case Point(a, b) as p:
            return p
        case M.CONST:
            return 2
        case _:
            return None

def star_import_is_module_level():
    return 0

def recursion(n):
    return 1 if n < 2 else n * recursion(n - 1)

def many_args(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s):
    t = a + q
    r = s
    return r + t + s

def conditional_function(x):
    if x:
        def f(): return 1
    else:
        f = None
    return f
