"""The compiled function as an object: signatures, specialisations, attributes, pickling, methods."""

import copy
import gc
import inspect
import pickle
import weakref

import numpy as np
import pytest

from support import IS_PEER, beyond_peer, compiled, errors, jit, njit, outcome, types


def add(a, b=2):
    """Adds."""
    return a + b


def fresh(function=add, *args, **options):
    return njit(*args, **options)(function) if args or options else njit(function)


def texts(signatures):
    return [str(signature) for signature in signatures]


# Decorators


@pytest.mark.parametrize("decorate", [
    lambda f: njit(f),
    lambda f: njit()(f),
    lambda f: jit(f),
    lambda f: jit(nopython=True)(f),
    lambda f: njit(fastmath=False)(f),
    lambda f: njit(nogil=True)(f),
    lambda f: njit(inline="always")(f),
    lambda f: njit(boundscheck=False)(f),
    lambda f: njit(error_model="python")(f),
    lambda f: njit(cache=False)(f),
    lambda f: njit(debug=False)(f),
])  # fmt: skip
def test_forms_of_the_decorator(decorate):
    func = decorate(add)
    assert func(1, 2) == 3
    assert func.py_func is add


def test_decorating_a_compiled_function_again():
    once = njit(add)
    again = outcome(njit, (once,))
    assert again.error is None or isinstance(again.error, TypeError)


@beyond_peer("the peer ignores what it does not know")
def test_unknown_option():
    assert outcome(lambda: njit(no_such_option=True)(add), ()).error is not None


@beyond_peer("error_model='numpy' is an option of every function")
def test_error_model_numpy():
    func = njit(error_model="numpy")(lambda a, b: a / b)
    assert func(1.0, 0.0) == float("inf")


# Signatures

FORMS = [
    "int64(int64)",
    "(int64,)",
    types.int64(types.int64),
    (types.int64,),
    ["int64(int64)"],
    [types.int64(types.int64)],
    [(types.int64,)],
]


@pytest.mark.parametrize("form", FORMS, ids=repr)
def test_explicit_signature(form):
    func = njit(form)(lambda x: x + 1)
    assert texts(func.signatures) == ["(int64,)"]
    assert func(3) == 4
    assert texts(func.signatures) == ["(int64,)"]


def test_several_signatures_choose_the_best():
    func = njit(["int64(int64)", "float64(float64)"])(lambda x: x + 1)
    assert texts(func.signatures) == ["(int64,)", "(float64,)"]
    assert (func(3), func(2.5)) == (4, 3.5)
    assert type(func(3)) is int
    assert len(func.signatures) == 2


def test_explicit_signature_converts_arguments():
    func = njit("float64(float64)")(lambda x: x / 2)
    assert func(3) == 1.5
    assert func(True) == 0.5
    assert func(np.float32(3)) == 1.5


@pytest.mark.parametrize("value", ["text", (1,), 1j, None])
def test_explicit_signature_refuses_others(value):
    func = njit("int64(int64)")(lambda x: x)
    with pytest.raises(TypeError):
        func(value)


def test_signature_return_type_converts():
    assert njit("float64(int64)")(lambda x: x)(3) == 3.0
    assert type(njit("float64(int64)")(lambda x: x)(3)) is float
    assert njit("int8(int64)")(lambda x: x)(300) == 44


@pytest.mark.parametrize("form", ["int64(", "nonsense(int64)", "int64(int64,)x"])
def test_bad_signatures(form):
    assert outcome(lambda: njit(form)(lambda x: x), ()).error is not None


@pytest.mark.parametrize("form, value", [
    ("float64(float64[:])", np.arange(3.0)),
    ("float64(float64[::1])", np.arange(3.0)),
    ("float64(float64[:,:])", np.ones((2, 2))),
    ("float64(float64[:,::1])", np.ones((2, 2))),
    ("float64(float64[::1,:])", np.asfortranarray(np.ones((2, 2)))),
    ("float64(float32[:])", np.ones(2, np.float32)),
    ("float64(UniTuple(float64, 2))", (1.0, 2.0)),
    ("float64(Tuple((int64, float64)))", (1, 2.0)),
    ("float64(boolean)", True),
    ("float64(complex128)", 1j),
])  # fmt: skip
def test_types_in_text(form, value):
    func = njit(form)(lambda x: 1.5)
    assert func(value) == 1.5
    assert len(func.signatures) == 1


def test_general_array_signature_takes_every_layout():
    func = njit("float64(float64[:, :])")(lambda a: a[1, 0])
    a = np.arange(4.0).reshape(2, 2)
    assert (func(a), func(a.T), func(np.asfortranarray(a)), func(a[::-1])) == (2.0, 1.0, 2.0, 0.0)


def test_contiguous_signature_refuses_strided():
    func = njit("float64(float64[::1])")(lambda a: a[0])
    with pytest.raises(TypeError):
        func(np.arange(6.0)[::2])


def test_void():
    def store(a):
        a[0] = 5

    func = njit("void(float64[:])")(store)
    a = np.zeros(2)
    assert func(a) is None
    assert a[0] == 5


def test_lazy_specialisations():
    func = fresh()
    assert func.signatures == []
    func(1, 2)
    func(1.5, 2)
    func(1, 2)
    func(np.int8(1), 2)
    assert texts(func.signatures) == ["(int64, int64)", "(float64, int64)", "(int8, int64)"]


def test_array_types_tell_layouts_apart():
    func = njit(lambda a: a.size)
    a = np.zeros((4, 4))
    for array in (a, a.T, a[::2], a.astype(np.int8), a[0], a[0]):
        func(array)
    names = texts(func.signatures)
    assert len(names) == 5
    assert "float64, 2" in names[0] and "C" in names[0]


def test_overloads():
    func = fresh()
    func(1, 2)
    func(1.0, 2)
    assert list(func.overloads) == func.signatures
    assert "int64" in str(next(iter(func.overloads.values())).signature)
    assert texts(func.nopython_signatures)[0] == "(int64, int64) -> int64"


def test_compile_in_advance():
    func = fresh()
    func.compile("int64(int64, int64)")
    func.compile((types.float64, types.float64))
    assert texts(func.signatures) == ["(int64, int64)", "(float64, float64)"]
    assert (func(1, 2), func(1.5, 2.5)) == (3, 4.0)
    func.compile("int64(int64, int64)")
    assert len(func.signatures) == 2


def test_disable_compile():
    func = fresh()
    func(1, 2)
    func.disable_compile()
    assert func(3, 4) == 7
    with pytest.raises(TypeError):
        func(1j, 2j)
    func.disable_compile(False)
    assert func(1j, 2j) == 3j


def test_recompile_reads_globals_again():
    namespace = {"K": 1}
    exec("def f(x):\n    return x + K", namespace)
    func = njit(namespace["f"])
    assert func(1) == 2
    namespace["K"] = 10
    assert func(1) == 2
    func.recompile()
    assert func(1) == 11


# As a Python function


def test_attributes():
    func = fresh()
    assert func.py_func is add
    assert func.__name__ == "add"
    assert func.__doc__ == "Adds."
    assert func.__module__ == add.__module__
    assert func.__qualname__ == "add"
    assert func.__wrapped__ is add
    assert "add" in repr(func)
    assert callable(func)
    assert str(inspect.signature(func)) == "(a, b=2)"


def test_methods():
    class Thing:
        __slots__ = ()

        @staticmethod
        @njit
        def static(x):
            return x + 1

        @njit
        def method(self, x):
            return x

    assert Thing.static(3) == 4
    assert Thing().static(3) == 4
    bound = Thing().method
    assert bound.__self__ is not None
    assert outcome(bound, (3,)).error is not None  # an arbitrary object is not a value of compiled code


def test_hash_equality_and_dictionaries():
    func, other = fresh(), fresh()
    assert func == func
    assert func != other
    assert {func: 1}[func] == 1


def test_user_attributes():
    func = fresh()
    func.note = 5
    assert func.note == 5


def test_weakref():
    func = fresh()
    reference = weakref.ref(func)
    assert reference() is func


@beyond_peer("compiled functions are freed")
def test_dropped_functions_are_collected():
    func = njit(lambda x: x + 1)
    func(1)
    python, reference = weakref.ref(func.py_func), weakref.ref(func)
    del func
    gc.collect()
    assert reference() is None
    assert python() is None


def module_level(x):
    return x * 3


module_level = njit(module_level)


def test_pickle_of_a_module_function():
    assert module_level(2) == 6
    twin = pickle.loads(pickle.dumps(module_level))
    assert twin(4) == 12
    assert pickle.loads(pickle.dumps(module_level)) is twin or pickle.loads(pickle.dumps(module_level))(1) == 3


def test_pickle_keeps_signatures_useful():
    func = pickle.loads(pickle.dumps(module_level))
    assert func(2.5) == 7.5


def test_pickle_of_a_closure():
    def make(k):
        @njit
        def inner(x):
            return x + k

        return inner

    func = make(5)
    assert func(1) == 6
    assert pickle.loads(pickle.dumps(func))(1) == 6


def test_copy():
    assert copy.copy(module_level)(3) == 9


# Calls


def test_argument_conversions_of_python_objects():
    func = njit(lambda x: x)

    class Index:
        __slots__ = ()

        def __index__(self):
            return 7

    assert outcome(func, (Index(),)).error is not None
    assert func(np.bool_(True)) is True
    assert func(np.int64(5)) == 5


def test_int_subclass_and_enum():
    import enum

    class Color(enum.IntEnum):
        RED = 3

    result = outcome(njit(lambda x: x + 1), (Color.RED,))
    assert result.error is None
    assert result.value == 4


def test_results_are_new_objects_of_plain_types():
    func = compiled(lambda x: x)
    assert type(func(np.float64(2.5))) is float
    assert type(func(np.int32(2))) is int


def test_call_with_wrong_types_then_right_ones():
    func = njit(lambda x: x + 1)
    for _ in range(2):
        with pytest.raises(errors.TypingError):
            func("text")
    assert func(1) == 2
    assert texts(func.signatures) == ["(int64,)"]


def test_failed_compile_leaves_no_signature():
    func = njit(lambda x: x.nothing)
    for _ in range(2):
        assert isinstance(outcome(func, (1,)).error, errors.TypingError)
    assert func.signatures == []


def test_calling_many_types():
    func = njit(lambda x, y: x + y)
    names = ["int8", "int16", "int32", "int64", "uint8", "float32", "float64", "complex64", "complex128", "bool"]
    for a in names:
        for b in names[:4] if IS_PEER else names:
            func(np.dtype(a).type(1), np.dtype(b).type(1))
    assert len(func.signatures) == len(names) * (4 if IS_PEER else len(names))
    assert func(1, 1) == 2


@beyond_peer("messages say which signatures are declared")
def test_declared_signatures_hold_in_compiled_callers():
    single = njit("float32(float32)")(lambda x: x * x)
    assert njit(lambda x: single(x))(1.1) == np.float32(1.1) * np.float32(1.1)
    assert single.signatures == [(types.float32,)]
    with pytest.raises(errors.TypingError, match="Invalid use of"):
        njit(lambda a: single(a))(np.zeros(2))


@pytest.mark.parametrize("flags, cancels", [
    (True, True), ({"fast"}, True), ({"reassoc", "nsz"}, True), ({"reassoc": True, "nsz": True}, True), ({"reassoc"}, False),
    ({"nnan", "contract"}, False), (set(), False), ({"reassoc": True, "nsz": False}, False), (False, False),
], ids=lambda v: repr(sorted(v)) if isinstance(v, set) else repr(v))  # fmt: skip
def test_fastmath_flags(flags, cancels):
    for expression in (lambda x, y: (x - y) + y, lambda x, y: y + (x - y), lambda x, y: (x + y) - y):
        found = njit(fastmath=flags)(expression)(0.5, np.inf)
        assert found == 0.5 if cancels else np.isnan(found)


@pytest.mark.parametrize("flags, text", [({"spqr"}, "Unrecognized fastmath flags"), ({"spqr": False}, "Unrecognized"), (1337, "Expected fastmath option"), ("fast", "Expected")])
def test_fastmath_refusals(flags, text):
    with pytest.raises(ValueError, match=text):
        njit(fastmath=flags)(lambda x: x)


def test_ambiguous_signatures():
    f = njit(["float64(float32,float64)", "float64(float64,float32)", "int64(int64,int64)"])(lambda a, b: a + b)
    with pytest.raises(TypeError, match=r"Ambiguous overloading for <function .*> \(float64, float64\):\n\(float32, float64\) -> float64\n\(float64, float32\)"):
        f(1.0, 2.0)
    assert f(np.float32(1), 2.0) == 3.0 and f(1, 2) == 3


def test_functions_without_compiled_form_are_typing_errors():
    with pytest.raises(errors.TypingError, match="Untyped global name 'object'") as raised:
        njit(lambda: object())()
    assert isinstance(raised.value, errors.UnsupportedError)


def test_classes_are_refused():
    with pytest.raises(TypeError, match="The decorated object is not a function"):
        njit(int)
