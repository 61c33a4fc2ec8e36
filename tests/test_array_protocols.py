"""Arguments that are arrays by a protocol: `__array_interface__`, `__array__`, `__dlpack__`."""

from dataclasses import dataclass

import numpy as np
import pytest

from looplift import errors, njit, typeof


class ByInterface:
    def __init__(self, array):
        self.array = array

    @property
    def __array_interface__(self):
        return self.array.__array_interface__


class ByArray:
    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


class ByDlpack:
    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def own_interface(array):
    class Plain:
        pass

    made = Plain()
    made.array, made.__array_interface__ = array, array.__array_interface__
    return made


WAYS = [ByInterface, ByArray, ByDlpack, own_interface]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("array", [np.arange(6.0), np.arange(12).reshape(3, 4), np.arange(6, dtype="f4")[::2]])
def test_are_arrays(way, array):
    obj = way(array)
    twice = njit(lambda a: (a * 2, a.shape, a.sum()))
    for _ in range(2):
        got, shape, total = twice(obj)
        assert np.array_equal(got, array * 2) and got.dtype == array.dtype and shape == array.shape and total == array.sum()
    assert twice.signatures == [(typeof(obj),)]
    assert typeof(obj).dtype == typeof(array).dtype


@pytest.mark.parametrize("way", WAYS)
def test_share_memory(way):
    array = np.zeros(3)

    def change(a):
        a[1] = 5

    njit(change)(way(array))
    assert array[1] == 5


def test_what_is_none():
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise ValueError("no data")

    class Objects:
        def __array__(self, dtype=None, copy=None):
            return np.array([object()])

    for made in (Broken(), Objects()):
        with pytest.raises(errors.TypingError):
            njit(lambda a: a.sum())(made)


@dataclass
class Signal:
    samples: np.ndarray
    rate: float

    def __array__(self, dtype=None, copy=None):
        return self.samples


def test_dataclasses_keep_their_fields():
    assert njit(lambda s: s.samples.sum() * s.rate)(Signal(np.ones(3), 2.0)) == 6
