"""Byte arrays that compiled code makes: operators as in Python, a length that does not change, errors where it would."""

import array

import numpy as np
import pytest

from looplift import errors, njit


def repeated(n):
    a, b = bytearray(b"\x01") * n, 2 * bytearray(b"abc")
    return a, b, bytearray(b"xy") * (n - 3), bytearray(0) * n


def joined(n):
    a = bytearray(b"ab")
    return a + bytearray(b"cd"), a + b"xyz", bytearray(n) + a, a + a + a, a


def compared(n):
    a = bytearray(n)
    b = bytearray(n)
    same = a == b
    b[n - 1] = 1
    return same, a == b, a != b, a == bytes(n), b"" == bytearray(0), a == bytearray(n + 1), a != b"x"


def sliced(n):
    a = bytearray(b"abcdef")
    b = a[1:n]
    b[0] = 65
    c = a[::-1]
    c[0] = 66
    return a, b, c, len(a[4:2])


def stored(n):
    a = bytearray(10)
    a[1:3] = b"\x01\x02"
    a[4::2] = bytes(3)
    a[5:8] = bytearray(b"abc")
    a[0:2] = a[1:3]
    return a, n


def sieve(n):
    prime = bytearray(b"\x01") * (n + 1)
    prime[0:2] = b"\x00\x00"
    for i in range(2, int(n**0.5) + 1):
        if prime[i]:
            prime[i * i :: i] = bytes(len(range(i * i, n + 1, i)))
    return sum(prime), [i for i in range(n + 1) if prime[i]]


def of_numbers(n):
    return bytearray([1, 2, n]), bytearray(range(n)), bytearray((3, n)), bytearray({n}), len(bytearray([0][:0]))


def handed_round(n):
    b = bytearray(b"ab")
    c = bytearray(1)
    for k in range(3):
        b = b + b if k % 2 else b + c
        c = b[1:n] if n > 4 else c * 2
    return b, c, b == c


@pytest.mark.parametrize("f", [handed_round, repeated, joined, compared, sliced, stored, sieve, of_numbers], ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [2, 5, 50])
def test_as_in_python(f, n):
    def plain(value):
        if isinstance(value, (tuple, list)):
            return [plain(v) for v in value]
        return list(value) if isinstance(value, (bytearray, np.ndarray)) else value

    assert plain(njit(f)(n)) == plain(f(n))


def test_numbers_that_are_no_bytes():
    for n in (256, -1):
        for f in (lambda n: bytearray([n]), lambda n: bytearray((n, 1)), lambda n: bytearray(range(n, n + 1))):
            for g in (f, njit(f)):
                with pytest.raises(ValueError, match=r"byte must be in range\(0, 256\)"):
                    g(n)
    with pytest.raises(ValueError, match="negative count"):
        njit(lambda n: bytearray(n))(-1)


def test_a_length_that_would_change():
    def store(n):
        b = bytearray(3)
        b[0:n] = b"xyz"
        return b

    assert list(njit(store)(3)) == list(store(3))
    # One byte is not spread over several, as a number would be.
    for n in (1, 2):
        with pytest.raises(ValueError, match="keeps its length"):
            njit(store)(n)
    with pytest.raises(ValueError, match="keeps its length"):
        njit(lambda b: store_one(b))(bytearray(3))


@njit
def store_one(b):
    b[0:3] = b"x"


def grow(b):
    b += b"x"


def extend(b):
    b.extend(b"xy")


def delete(b):
    del b[0]


def insert(b):
    b.insert(0, 1)


def grow_own(b):
    own = bytearray(b)
    own += b"x"


def repeat_own(b):
    own = bytearray(b)
    own *= 2


@pytest.mark.parametrize("f", [grow, extend, delete, insert, grow_own, repeat_own, lambda b: b.append(1), lambda b: b.pop(), lambda b: b.clear()])
def test_growing_is_refused_with_a_way_out(f):
    for b in (bytearray(b"ab"), array.array("B", [1, 2])):
        with pytest.raises(errors.NumbaError, match="keep their length in compiled code: use a list") as e:
            njit(f)(b)
        assert "test_byte_arrays.py" in str(e.value)


def test_other_operators_are_refused():
    for f in (lambda b: bytearray(b) - bytearray(b), lambda b: bytearray(b) + 1, lambda b: bytearray(b) * 2.5):
        with pytest.raises(errors.TypingError, match="none of byte arrays in Python"):
            njit(f)(b"ab")
    # Of arrays over their memory they are those of arrays.
    assert njit(lambda b: np.frombuffer(bytearray(b), np.uint8) + 1)(b"ab").tolist() == [98, 99]
