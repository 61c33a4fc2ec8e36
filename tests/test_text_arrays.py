"""Arrays of texts and bytes of fixed length, and buffers that pass as arrays."""

import array

import numpy as np
import pytest

from support import check, check_error, njit

ARRAYS = [np.array(["ab", "c", "ab", "日本"]), np.array([b"ab", b"c", b"ab", b""])]


@pytest.mark.parametrize("a", ARRAYS, ids=["U", "S"])
@pytest.mark.parametrize(
    "expression",
    [
        "(a[0] == a[2], a[0] != a[1], a[0] < a[1])", "len(a[1])", "hash(a[0])", "a[0].upper()", "a[0] + a[1]", "a[0] == s", "a == s", "a == a",
        "a != a[::-1]", "a[1:]", "a[::-1].copy()", "a.dtype.itemsize", "a[0] in (a[1], a[2])", "(a[0], 1)", "np.unique(a)", "a[np.array([0, 1])]",
        "a[a == a[0]]", "np.sort(a)", "np.zeros_like(a)", "a.size + len(a) + a.nbytes", "a[0].startswith(a[1])", "a.reshape(2, 2)[1, 0]",
        "a.reshape(2, 2).T.copy()", "repr(a[0].strip())", "a[3]",
    ],
)  # fmt: skip
def test_arrays(a, expression):
    function = eval(f"lambda a, s: {expression}")
    expected = function(a, a[1].item())
    actual = njit(function)(a, a[1].item())
    if isinstance(expected, np.ndarray):
        assert actual.dtype == expected.dtype and np.array_equal(actual, expected)
    else:
        assert actual == expected


@pytest.mark.parametrize("a", ARRAYS, ids=["U", "S"])
def test_stores_and_loops(a):
    def store(a, s):
        a = a.copy()
        a[0] = s
        a[1] = s + s + s
        a[2:] = a[:2]
        return a

    def lengths(a):
        n = 0
        for x in a:
            n += len(x)
        return n

    assert np.array_equal(njit(store)(a, a[0].item()), store(a, a[0]))
    assert njit(lengths)(a) == lengths(a)


def test_what_does_not_fit_is_refused():
    from looplift.errors import TypingError

    def store(a, v):
        a[0] = v

    for a, value in [(ARRAYS[0], 1), (ARRAYS[0], b"x"), (ARRAYS[1], "x"), (np.zeros(2), "x")]:
        with pytest.raises(TypingError):
            njit(store)(a.copy(), value)
    with pytest.raises(TypingError):
        njit(lambda a: a[0])(np.array(["a"]).astype(">U1"))


@pytest.mark.parametrize("expression", ["m[0]", "len(m)", "len(m[1:3])", "m.readonly", "m.shape", "m.strides", "m.itemsize", "m.nbytes", "m.ndim", "m.contiguous"])
def test_memory_views(expression):
    for m in [memoryview(b"abcd"), memoryview(bytearray(b"abcd")), memoryview(np.arange(6.0))]:
        function = eval(f"lambda m: {expression}")
        assert njit(function)(m) == function(m)


def test_buffers():
    def change(b):
        b[0] = 7
        return b[0] + len(b)

    b = bytearray(b"abc")
    assert njit(change)(b) == 10
    assert b == b"\x07bc"
    b.append(1)
    for code in "bBhHiIlLqQfd":
        assert njit(lambda a: a[1] + len(a))(array.array(code, [1, 2])) == 4
    assert njit(lambda t: t[0][0])((b,)) == 7


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_views_of_bytes(dtype):
    def view(b):
        return np.frombuffer(b, dtype)

    for b in [b"abcdefgh", bytearray(b"12345678"), b""]:
        result = njit(view)(b)
        assert result.dtype == dtype and result.tobytes() == bytes(b)
    assert not njit(view)(b"abcd").flags.writeable
    if dtype is not np.uint8:
        check_error(view, b"abcde")


@pytest.mark.parametrize(
    "expression", ["int.from_bytes(b, 'little')", "int.from_bytes(b, 'big', signed=True)", "float.fromhex('0x1.8p1')", "bytes.fromhex('6162')", "bytes(3)"]
)
def test_constructors(expression):
    check(eval(f"lambda b: {expression}"), b"\xff\x02\x01")


def test_tuple_methods():
    check(lambda t: t.index(2), (1, 2, 3))
    check(lambda t: t.count("a"), ("a", 2, "a"))
    check_error(lambda t: t.index(9), (1, 2, 3))


def test_caught_exceptions_as_text(capsys):
    def caught(s):
        try:
            if s == "a":
                raise ValueError("bad", 3)
            if s == "b":
                raise KeyError(s + "x")
            return str([5][2 - len(s)])
        except ValueError as e:
            return "value" + str(e)
        except Exception as e:
            return f"{e!r}|{e}"

    @njit
    def nested(s):
        try:
            return int(s)
        except ValueError as e:
            print(e, "!", sep="")
            try:
                raise KeyError(1)
            except KeyError as k:
                print(str(e) + str(k))
        return 0

    for s in ["a", "b", "c", "long"]:
        check(caught, s)
    assert nested("zz") == 0
    text = "invalid literal for int() with base 10: 'zz'"
    assert capsys.readouterr().out == f"{text}!\n{text}1\n"
