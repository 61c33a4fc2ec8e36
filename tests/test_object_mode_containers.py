"""Loops in object mode that are given lists, sets and dicts: compiled where that pays, and Python's answer in any case."""

import warnings

import pytest

from looplift import jit


def in_object_mode(function):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jit(forceobj=True)(function)


def loops(function):
    return [(row["lifted"], row["reason"]) for row in function.explain().data["loops"]]


def first(values):
    total = 0
    for i in range(2):
        total += values[i]
    return total


def scan(values):
    total = 0
    for value in values:
        total += value * value
    return total


def pairs(values):
    n = 0
    for i in range(40):
        for j in range(i):
            if values[i] < values[j]:
                n += 1
    return n


def place(values, wanted):
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@pytest.mark.parametrize("make", (int, float))
def test_a_loop_that_reads_little_of_a_list_is_not_worth_its_conversion(make):
    values = [make(i) for i in range(20_000)]
    compiled = in_object_mode(first)
    for _ in range(3):
        assert compiled(values) == first(values)
    assert loops(compiled) == [(False, "it does little with the containers that it is given, which would be converted")]
    # A short list is.
    compiled = in_object_mode(first)
    assert compiled(values[:20]) == first(values)
    assert loops(compiled) == [(True, None)]


@pytest.mark.parametrize("function", (scan, pairs))
def test_loops_that_read_all_are_compiled(function):
    values = [float(i % 7) for i in range(2_000)]
    compiled = in_object_mode(function)
    for _ in range(3):
        assert compiled(values) == function(values)
    assert loops(compiled)[0] == (True, None)


def test_loops_of_unknown_length_are_weighed():
    values = [float(i) for i in range(100_000)]
    compiled = in_object_mode(place)
    for k in range(60):
        wanted = 1_777.5 * k - 3.0
        assert compiled(values, wanted) == place(values, wanted)
    assert loops(compiled) == [(False, "converting its containers takes longer than what it does with them")]


def test_lists_of_several_classes_are_told_apart():
    compiled = in_object_mode(scan)
    for values in ([1, 2, 3], [1, 2.5, 3], [True, 2], [1.5, 2.5], [2**70, 1], [1, None]):
        try:
            expected = scan(values)
        except TypeError:
            with pytest.raises(TypeError):
                compiled(values)
            continue
        found = compiled(values)
        assert found == expected and type(found) is type(expected)
