"""`cfunc`, `carray`, `farray`, pointers, and C functions called from compiled code."""

import ctypes
import ctypes.util
import gc
import pickle
import sys

import numpy as np
import pytest

from looplift import carray, cfunc, errors, farray, float64, njit, types
from looplift.extending import get_cython_function_address

LIBC = ctypes.CDLL(None)
LIBM = ctypes.CDLL(ctypes.util.find_library("m"))


def of_libm(name, result, *params):
    function = getattr(LIBM, name)
    function.restype, function.argtypes = result, params
    return function


COS = of_libm("cos", ctypes.c_double, ctypes.c_double)
POW = of_libm("pow", ctypes.c_double, ctypes.c_double, ctypes.c_double)
LDEXP = of_libm("ldexp", ctypes.c_double, ctypes.c_double, ctypes.c_int)
COSF = of_libm("cosf", ctypes.c_float, ctypes.c_float)
MODF = of_libm("modf", ctypes.c_double, ctypes.c_double, ctypes.POINTER(ctypes.c_double))
ABS = LIBC.abs
ABS.restype, ABS.argtypes = ctypes.c_int, (ctypes.c_int,)
MEMSET = LIBC.memset
MEMSET.restype, MEMSET.argtypes = ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)


@cfunc("float64(float64, float64)")
def add(x, y):
    return x + y


@pytest.mark.parametrize(
    "sig, function, args",
    [
        ("float64(float64)", lambda x: x * 2, (1.5,)),
        ("float32(float32, float32)", lambda x, y: x - y, (1.5, 0.25)),
        ("int64(int64, int64)", lambda x, y: x * y, (-3, 7)),
        ("int8(int8)", lambda x: x - 1, (-5,)),
        ("uint8(uint8)", lambda x: x + 250, (10,)),
        ("int32(float32, uint8)", lambda x, y: x + y, (2.75, 3)),
        ("bool(int64)", lambda x: x > 2, (3,)),
        ("float64(int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64)", lambda *a: sum(a), tuple(range(10))),
        ("float64()", lambda: 2.5, ()),
    ],
)
def test_callbacks(sig, function, args):
    c = cfunc(sig)(njit(function) if sig == "float64()" else function) if "*" not in sig and function.__code__.co_flags & 4 == 0 else None
    if c is None:

        def ten(a, b, c, d, e, f, g, h, i, j):
            return a + b + c + d + e + f + g + h + i + j

        c = cfunc(sig)(ten)
    want = np.asarray(c(*args)).astype(str(c._ret))
    assert c.ctypes(*args) == want
    assert ctypes.cast(c.ctypes, ctypes.c_void_p).value == c.address


def test_what_is_known_of_a_callback():
    assert add(2, 3) == 5
    assert add.address > 0
    assert add.native_name in add.inspect_llvm()
    assert add.__name__ == "add"
    assert pickle.loads(pickle.dumps(add)) is add
    offset = 3.0
    copied = pickle.loads(pickle.dumps(cfunc("float64(float64)")(lambda x: x + offset)))
    assert copied.ctypes(1.0) == 4.0
    # The pointer keeps the code.
    pointer = cfunc("float64(float64)")(lambda x: x + 7).ctypes
    gc.collect()
    assert pointer(1.0) == 8.0


def test_exceptions_are_printed(capsys, monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)
    divide = cfunc("int64(int64)")(lambda x: 10 // x)
    assert (divide.ctypes(0), divide.ctypes(5)) == (0, 2)
    assert [type(s.exc_value) for s in seen] == [ZeroDivisionError]


def test_pointers_and_arrays():
    @cfunc("int32(CPointer(float64), CPointer(float64))")
    def compare(a, b):
        x, y = carray(a, 1)[0], carray(b, (1,))[0]
        return -1 if x < y else (1 if x > y else 0)

    values = np.random.rand(50)
    LIBC.qsort(
        ctypes.c_void_p(values.ctypes.data), ctypes.c_size_t(50), ctypes.c_size_t(8), ctypes.cast(compare.address, ctypes.c_void_p)
    )
    assert (np.diff(values) >= 0).all()

    for order, make in (("C", carray), ("F", farray)):

        @cfunc(types.void(types.CPointer(types.float64), types.voidptr, types.intc, types.intc))
        def fill(p, q, m, n):
            a, b = make(p, (m, n)), make(q, (m, n), np.int32)
            for i in range(m):
                for j in range(n):
                    a[i, j] = 10 * i + j
                    b[i, j] = a[i, j]

        a, b = np.zeros((2, 3), order=order), np.zeros((2, 3), np.int32, order=order)
        fill.ctypes(a.ctypes.data_as(ctypes.POINTER(ctypes.c_double)), b.ctypes.data, 2, 3)
        np.testing.assert_array_equal(a, [[0, 1, 2], [10, 11, 12]])
        np.testing.assert_array_equal(b, a)


def test_arrays_of_memory_in_python():
    a = np.arange(6.0)
    p = a.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
    c = carray(p, (2, 3))
    c[0, 0] = 9
    assert a[0] == 9
    assert farray(p, (2, 3)).flags.f_contiguous
    assert carray(p, 6, np.float64).shape == (6,)
    np.testing.assert_array_equal(carray(a.ctypes.data_as(ctypes.c_void_p), (6,), np.float64), a)
    for args, error in [((a.ctypes.data_as(ctypes.c_void_p), 6), TypeError), ((p, 6, np.int64), TypeError), (("x", 6, np.int64), TypeError), ((p, (-1,)), ValueError)]:
        with pytest.raises(error):
            carray(*args)


@pytest.mark.parametrize(
    "sig, function, error",
    [
        ("float64(voidptr)", lambda p: carray(p, 3)[0], errors.TypingError),
        ("float64(CPointer(float64))", lambda p: carray(p, 3, np.int32)[0], errors.TypingError),
        ("float64(float64[:])", lambda a: a[0], TypeError),
        ("complex128(complex128)", lambda a: a, TypeError),
        ("float64(complex128)", lambda a: a.real, TypeError),
        ("float64(float64)", lambda a: (a, a), errors.TypingError),
        ("float64(float64)", lambda a: a + "x", errors.NumbaError),
        (3, lambda a: a, TypeError),
    ],
)
def test_refusals(sig, function, error):
    with pytest.raises(error):
        cfunc(sig)(function).address


@pytest.mark.parametrize(
    "function, args",
    [
        (lambda x: COS(x), (0.5,)),
        (lambda x: COS(x), (1,)),
        (lambda x, y: POW(x, y) + 1, (2.0, 0.5)),
        (lambda x, n: LDEXP(x, n), (0.75, 4)),
        (lambda x: COSF(x), (0.5,)),
        (lambda n: ABS(n), (-17,)),
        (lambda n: ABS(n), (2**31 + 5,)),
        (lambda x: add(x, 1.0), (2.0,)),
    ],
)
def test_c_functions_from_compiled_code(function, args):
    if function.__code__.co_names == ("ABS",) and args[0] > 2**31:
        assert njit(function)(*args) == ABS(ctypes.c_int(args[0]).value)
        return
    assert njit(function)(*args) == function(*args)


def test_addresses_of_arrays():
    @njit
    def clear(a):
        MEMSET(a.ctypes, 1, a.nbytes)
        MEMSET(a.ctypes.data, 0, a.nbytes // 2)

    a = np.ones(8, np.uint8)
    clear(a)
    assert a.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]

    @njit
    def parts(x):
        whole = np.empty(1)
        fraction = MODF(x, whole.ctypes)
        return fraction, whole[0]

    assert parts(3.25) == (0.25, 3.0)


def test_c_functions_as_arguments():
    pointer = cfunc("float64(float64)")(lambda x: x + 1).ctypes
    apply = njit(lambda f, x: f(x))
    assert apply(pointer, 1.0) == 2.0
    assert apply(COS, 0.0) == 1.0

    class Wrapped(types.WrapperAddressProtocol):
        def __wrapper_address__(self):
            return ctypes.cast(COS, ctypes.c_void_p).value

        def signature(self):
            return float64(float64)

    assert apply(Wrapped(), 0.0) == 1.0
    external = types.ExternalFunction("cos", float64(float64))
    assert njit(lambda x: external(x))(0.0) == 1.0


def test_what_c_functions_refuse():
    untyped = ctypes.CDLL(ctypes.util.find_library("m")).sin
    many = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_int] * 7)(COS.argtypes and ctypes.cast(ABS, ctypes.c_void_p).value)
    for function, args in [(lambda x: untyped(x), (1.0,)), (lambda x: COS(x, x), (1.0,)), (lambda x: COS("x"), (1.0,)), (lambda x: MODF(x, 1.5), (1.0,)), (lambda n: many(n, n, n, n, n, n, n), (1,))]:
        with pytest.raises(errors.NumbaError):
            njit(function)(*args)


def test_scipy():
    integrate = pytest.importorskip("scipy.integrate")
    from scipy import LowLevelCallable

    square = cfunc("float64(float64)")(lambda x: x * x)
    assert abs(integrate.quad(LowLevelCallable(square.ctypes), 0, 1)[0] - 1 / 3) < 1e-9
    address = get_cython_function_address("scipy.special.cython_special", "j0")
    j0 = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(address)
    assert abs(njit(lambda x: j0(x))(0.0) - 1) < 1e-12


def test_cffi():
    cffi = pytest.importorskip("cffi")
    ffi = cffi.FFI()
    ffi.cdef("double cos(double); double modf(double, double *);")
    lib = ffi.dlopen(ctypes.util.find_library("m"))
    cos, modf = lib.cos, lib.modf
    assert njit(lambda x: cos(x))(0.0) == 1.0
    a = np.zeros(1)
    assert njit(lambda a: modf(3.5, ffi.from_buffer(a)))(a) == 0.5
    assert a[0] == 3.0
    assert int(ffi.cast("uintptr_t", add.cffi)) == add.address


def test_callbacks_with_objects():
    import threading

    table = {"what": 1232121}
    look_up = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.py_object)(lambda array: table[array[0].decode()])

    @njit(nogil=True)
    def repeated(a, n):
        total = 0
        for _ in range(n):
            total += look_up(a)
        return total

    a = np.array(["what"], dtype="S10")
    assert repeated(a, 3) == 3 * 1232121
    found = []
    threads = [threading.Thread(target=lambda: found.append(repeated(a, 50))) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == [50 * 1232121] * 4


def test_refusals_of_foreign_functions():

    untyped = ctypes.CDLL(None).abs
    untyped.argtypes = None
    with pytest.raises(TypeError, match="doesn't define its argument types"):
        njit(lambda x: untyped(x))(1)
    takes = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(ctypes.c_double))(lambda p: 0)
    with pytest.raises(errors.TypingError, match="No implementation of function ExternalFunctionPointer"):
        njit(lambda a: takes(a.ctypes))(np.ones(2, np.float32))


def test_pointers_are_indexed():
    @cfunc(types.float64(types.intc, types.CPointer(types.float64)))
    def polynomial(n, x):
        x[n] = 7.0
        return x[0] ** 2 + x[-1 + n]

    memory = (ctypes.c_double * 3)(3.0, 4.0, 0.0)
    call = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int, ctypes.POINTER(ctypes.c_double))(polynomial.address)
    assert (call(2, memory), memory[2]) == (13.0, 7.0)


def test_functions_of_python_itself():
    ident = ctypes.pythonapi.PyThread_get_thread_ident
    ident.restype, ident.argtypes = ctypes.c_ulong, ()
    assert njit(lambda: ident())() == ident()
    hash_of = ctypes.PyDLL(None).PyObject_Hash
    hash_of.restype, hash_of.argtypes = ctypes.c_ssize_t, (ctypes.py_object,)
    assert [njit(lambda x: hash_of(x))(x) for x in (-5, 7)] == [-5, 7]
    assert njit(lambda x: hash_of(x), nogil=True)(7) == 7
