"""`structref`: structures by reference, their attributes, methods and objects; deferred fields of jitted classes."""

import copy
import pickle

import numpy as np
import pytest

from looplift import deferred_type, errors, njit, typed, typeof, types
from looplift.core.runtime import rtsys
from looplift.experimental import jitclass, structref
from looplift.extending import overload_attribute, overload_method


@structref.register
class PairType(types.StructRef):
    def preprocess_fields(self, fields):
        return tuple((name, types.unliteral(t)) for name, t in fields)


class Pair(structref.StructRefProxy):
    def __new__(cls, first, second):
        return structref.StructRefProxy.__new__(cls, first, second)

    @property
    def first(self):
        return get_first(self)

    @first.setter
    def first(self, value):
        set_first(self, value)

    @property
    def second(self):
        return get_second(self)

    def swapped(self):
        return call_swapped(self)


structref.define_proxy(Pair, PairType, ["first", "second"])


@overload_method(PairType, "swapped")
def pair_swapped(self):
    return lambda self: Pair(self.second, self.first)


@overload_attribute(PairType, "both")
def pair_both(self):
    return lambda self: (self.first, self.second)


@njit
def get_first(p):
    return p.first


@njit
def set_first(p, value):
    p.first = value


@njit
def get_second(p):
    return p.second


@njit
def call_swapped(p):
    return p.swapped()


@pytest.mark.parametrize("first, second", [(1, 2.5), (1.5, "text"), (3j, (1, 2)), (np.arange(3), True), (None, b"x"), ((), 2)], ids=repr)
def test_fields_of_any_type(first, second):
    p = Pair(first, second)
    assert isinstance(p, Pair) and isinstance(typeof(p).value.__looplift_type__, PairType)
    assert repr(p.first) == repr(first) and repr(p.second) == repr(second)
    q = p.swapped()
    assert isinstance(q, Pair) and repr(q.first) == repr(second) and repr(q.second) == repr(first)


def test_structures_are_shared():
    p = Pair(1, np.zeros(2))

    @njit
    def change(p, alias):
        alias.first += 10
        p.second[0] = p.first
        return p is alias, p is Pair(1, np.zeros(2)), p is not alias, p.both

    same, other, negated, both = change(p, p)
    assert (same, other, negated) == (True, False, False)
    assert p.first == both[0] == 11 and p.second[0] == 11
    q = copy.copy(p)
    q.first = 5
    assert p.first == 5 and p == q and hash(p) == hash(q) and p != Pair(5, np.zeros(2))
    assert "Pair object at" in repr(p) and bool(p)


def test_structures_inside_others():
    inner = Pair(1, 2.0)
    outer = Pair(inner, (inner, 3))
    outer.first.first = 7
    assert inner.first == 7 and outer.second[0].first == 7

    @njit
    def inside(outer):
        found = [outer.first, outer.first.swapped().swapped()]
        named = {"a": outer.first}
        named["a"].first += 1
        total = 0
        for p in found:
            total += p.first
        return total, named["a"], found

    total, named, found = inside(outer)
    assert total == 15 and named.first == 8 and inner.first == 8 and [p.first for p in found] == [8, 7]
    store = typed.List([inner])
    store[0].first = 20
    assert inner.first == 20
    table = typed.Dict()
    table["x"] = inner
    with pytest.raises((errors.TypingError, TypeError), match="PairType"):
        table["y"] = Pair(1.5, 1)


def test_new_and_what_it_lacks():
    point = PairType([("first", types.float64), ("second", types.float64[:])])

    @njit
    def fresh():
        return structref.new(point)

    @njit
    def empty():
        return structref.new(point).second

    assert fresh().first == 0.0
    with pytest.raises(AttributeError, match="second"):
        empty()
    with pytest.raises(NotImplementedError):
        structref.new(point)


def test_refusals():
    with pytest.raises(ValueError, match="cannot register"):
        structref.register(types.StructRef)
    with pytest.raises(ValueError, match="cannot register"):
        structref.define_boxing(types.StructRef, Pair)
    with pytest.raises(TypeError, match="StructRefProxy"):
        structref.define_boxing(PairType, object)
    with pytest.raises(errors.TypingError, match="has no attribute|Unknown attribute"):
        njit(lambda p: p.third)(Pair(1, 2))
    with pytest.raises(errors.TypingError, match="third"):

        @njit
        def assign(p):
            p.third = 1

        assign(Pair(1, 2))
    with pytest.raises(AttributeError):
        Pair(1, 2).third  # noqa: B018
    for operation in (len, iter, lambda p: p[0], lambda p: p + p, lambda p: 1 in p):
        with pytest.raises(TypeError):
            operation(Pair(1, 2))


def test_pickles():
    p = pickle.loads(pickle.dumps(Pair(4, np.arange(2.0))))
    assert isinstance(p, Pair) and p.first == 4 and list(p.second) == [0, 1]


next_type = deferred_type()


@jitclass([("value", types.int64), ("next", types.optional(next_type))])
class Node:
    def __init__(self, value):
        self.value = value
        self.next = None

    def last(self):
        found = self
        following = self.next
        while following is not None:
            found = following
            following = following.next
        return found


next_type.define(Node.class_type.instance_type)


@njit
def chain(n):
    head = Node(0)
    for i in range(1, n):
        new = Node(i)
        new.next = head
        head = new
    return head


def test_linked_list():
    head = chain(10)
    values, node = [], head
    while node is not None:
        values.append(node.value)
        node = node.next
    assert values == list(range(9, -1, -1))
    head.next.value = 50
    assert head.next.value == 50 and head.next is not head and head.next == head.next
    end = head.last()
    end.next = Node(99)
    assert head.last().value == 99 and head.last() == end.next


def test_long_chains_take_no_stack():
    before = rtsys.get_allocation_stats()
    head = chain(200_000)
    assert head.value == 199_999
    del head
    after = rtsys.get_allocation_stats()
    assert after.alloc - before.alloc == after.free - before.free


tree_type = deferred_type()


@jitclass([("key", types.float64), ("left", types.optional(tree_type)), ("right", types.optional(tree_type))])
class Tree:
    def __init__(self, key):
        self.key = key
        self.left = None
        self.right = None

    def insert(self, key):
        if key < self.key:
            if self.left is None:
                self.left = Tree(key)
            else:
                self.left.insert(key)
        else:
            if self.right is None:
                self.right = Tree(key)
            else:
                self.right.insert(key)

    def count(self):
        n = 1
        if self.left is not None:
            n += self.left.count()
        if self.right is not None:
            n += self.right.count()
        return n


tree_type.define(Tree.class_type.instance_type)


def in_order(tree):
    return [] if tree is None else [*in_order(tree.left), tree.key, *in_order(tree.right)]


def test_tree():
    keys = np.random.RandomState(1).uniform(size=40)
    tree = Tree(keys[0])
    for key in keys[1:]:
        tree.insert(key)
    assert tree.count() == 40 and in_order(tree) == sorted(keys)


def test_deferred_types_are_said_once():
    mine = deferred_type()
    assert mine != deferred_type() and mine == mine
    with pytest.raises(RuntimeError, match="not defined"):
        mine.get()
    mine.define(types.int64)
    with pytest.raises(TypeError, match="already defined"):
        mine.define(types.int64)


def test_undefined_deferred_type_is_an_error():
    @jitclass([("child", types.optional(deferred_type()))])
    class Lost:
        def __init__(self):
            self.child = None

    with pytest.raises((errors.NumbaError, RuntimeError), match="deferred type not defined"):
        Lost()


def test_identity_of_jitclass_instances():
    @njit
    def compare(a, b):
        return a is b, a is not b, a.last() is a

    a, b = Node(1), Node(1)
    assert compare(a, a) == (True, False, True) and compare(a, b) == (False, True, True)


@structref.register
class ChainType(types.StructRef):
    def preprocess_fields(self, fields):
        return tuple((name, types.Optional(self) if name == "rest" else types.unliteral(t)) for name, t in fields)


class Chain(structref.StructRefProxy):
    def __new__(cls, value, rest):
        return structref.StructRefProxy.__new__(cls, value, rest)

    @property
    def rest(self):
        return get_rest(self)


structref.define_proxy(Chain, ChainType, ["value", "rest"])


@njit
def get_rest(c):
    return c.rest


def test_structures_inside_themselves():
    @njit
    def chain(n):
        made = Chain(0, None)
        for k in range(1, n):
            made = Chain(k, made)
        return made

    @njit
    def total(c):
        found = 0
        while True:
            found += c.value
            rest = c.rest
            if rest is None:
                return found
            c = rest

    assert total(chain(10)) == 45
    assert Chain(1, chain(3)).rest.rest.rest.rest is None
    # Freed without recursion.
    del_me = chain(300_000)
    del del_me


def test_structures_do_not_pass_for_tuples():
    p = Pair(1, 2.5)
    assert "%s" % p == str(p)
    with pytest.raises(TypeError, match="can only concatenate tuple"):
        (1,) + p
    with pytest.raises(AttributeError, match="has no attribute 'index'"):
        p.index
