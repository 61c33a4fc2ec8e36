"""Deques: with and without a limit, as arguments and results, all methods."""

import copy
from collections import deque

import pytest

from looplift import errors, njit


def ends(q):
    q.append(3)
    a = q.popleft()
    q.appendleft(9)
    q.extend([7, 8])
    q.extendleft((10, 11))
    return a, q.pop(), q[0], q[-1], len(q), q.maxlen, q


def moved(q):
    q.rotate(1)
    q.rotate(-3)
    q.reverse()
    q[1] = 5
    del q[0]
    return q


def asked(q):
    return 2 in q, 50 not in q, q.count(2), q.index(2), q == deque([1, 2]), list(q), [x for x in q], sum(q), bool(q)


def made_of(q):
    return q.copy(), q + q, q * 2, 2 * q, q.copy().maxlen, (q + deque([5, 6])).maxlen


def inserted(q):
    q.insert(1, 99)
    q.remove(2)
    return q


def in_place(q):
    q += [4, 5]
    q *= 2
    return q


def cleared(q):
    q.clear()
    q.append(1)
    return q, len(q)


def window(n):
    q = deque(maxlen=3)
    for k in range(n):
        q.append(k)
    q.appendleft(50)
    return q, q.maxlen, len(q), deque([1, 2, 3], maxlen=2), deque((1, 2), 1), deque([1], None).maxlen


def of_texts(q):
    q.append("c" + q[0])
    return q.popleft(), q


def nested(d):
    d["a"].append(5)
    return d["a"]


def empty_pop(q):
    q.clear()
    q.pop()


def empty_popleft(q):
    q.clear()
    q.popleft()


def missing(q):
    q.remove(77)


def no_index(q):
    return q.index(77)


def out_of_range(q):
    return q[44]


def store_out_of_range(q):
    q[44] = 1


def delete_out_of_range(q):
    del q[44]


def changed_meanwhile(q):
    for x in q:
        q.append(x)


def full_insert(q):
    q.insert(0, 1)


def negative(q):
    return deque([1], maxlen=-len(q))


FUNCTIONS = [v for k, v in list(globals().items()) if callable(v) and getattr(v, "__module__", "") == __name__]
DEQUES = [deque([1, 2]), deque([1, 2], maxlen=2), deque([1, 2, 3], maxlen=5), deque([4, 2, 6, 1], maxlen=4)]


def outcome(function, arg):
    try:
        return function(arg), None
    except Exception as e:
        return None, (type(e), str(e))


@pytest.mark.parametrize("number", range(len(DEQUES)))
@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f not in (window, of_texts, nested)], ids=lambda f: f.__name__)
def test_as_in_the_interpreter(function, number):
    mine, theirs = DEQUES[number].copy(), DEQUES[number].copy()
    if function is changed_meanwhile and mine.maxlen == len(mine):
        pytest.skip("a change is seen by the length")
    want = outcome(function, mine)
    assert repr(outcome(njit(function), theirs)) == repr(want)
    assert repr(theirs) == repr(mine)


@pytest.mark.parametrize("function, arg", [(window, 10), (window, 0), (of_texts, deque(["a", "b"], 2)), (nested, {"a": deque([1, 2], maxlen=2)})])
def test_others(function, arg):
    mine, theirs = copy.deepcopy(arg), copy.deepcopy(arg)
    assert repr(njit(function)(theirs)) == repr(function(mine)) and repr(theirs) == repr(mine)


def test_one_deque_stays_one():
    q = deque([1])
    assert njit(lambda q: q)(q) is q
    got = njit(lambda q: (q, q.append(2)))(q)
    assert got[0] is q and q == deque([1, 2])


def test_refusals():
    for function, arg in [(lambda q: q, deque()), (lambda q: q.append("a"), deque([1])), (lambda q: q.rotate(0.5), deque([1]))]:
        with pytest.raises(errors.NumbaError):
            njit(function)(arg)
    with pytest.raises(TypeError):
        njit(lambda q: q)(deque([1, "a"]))
