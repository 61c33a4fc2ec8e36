"""How instances of jitted classes and structures are kept: what `jitclass` and `structref` share.

An instance is a named tuple of references, so that it crosses the border and is passed on as any value, and all copies of it
are the same instance: numbers lie in one array for each dtype, every other field in a typed list of at most one item, its *box*. The
class of the named tuples (`__looplift_object__`) tells the compiler what attributes, methods and operators mean.

A field whose type is said later (`deferred_type`, a structure inside itself) has a box without a type in the instance's type, which is
finite for that: `container_cast` gives it its own when the field is used.
"""

import numpy as np

from looplift import _core, types
from looplift.errors import TypingError
from looplift.library._primitives import container_cast, member as member_of, number as number_of, set_number as set_number_of
from looplift.library._types import CLASSES

# What instances would inherit from tuple and do not have.
TUPLE_METHODS = "__add__ __mul__ __rmul__ __len__ __contains__ __iter__ __getitem__ __lt__ __le__ __gt__ __ge__ count index".split()
_OPERATORS = "__add__ __mul__ __rmul__ __lt__ __le__ __gt__ __ge__".split()
# The type of a box whose own type is not said in the instance's.
_UNTYPED = _core.container_type("list", "typed", [types.none])


def function(name, parameters, body, **scope):
    """The function of this text; `scope` are its globals."""
    scope.update(__name__=__name__, member=member_of, number=number_of, set_number=set_number_of)
    text = f"def {name}({parameters}):\n" + "".join(f"    {line}\n" for line in body)
    exec(compile(text, f"<instance {name}>", "exec"), scope)  # written here, of names that are identifiers
    return scope[name]


def inlined(function):
    """Inlined, with its index checked: what says it is an instance may be made by hand, of arrays of any length."""
    function.__looplift_options__ = {"inline": "always"}
    return function


def unchecked(function):
    """A function that is inlined and whose indices are right."""
    function.__looplift_options__ = {"boundscheck": False, "inline": "always"}
    return function


def _not_made(kind, *items):
    """`__new__` of the classes of instances: members are compiled code's affair."""
    raise TypeError(f"instances of {kind.__qualname__} are made by calling the class itself")


def identity(instance):
    """The address of an instance's memory, the same for all proxies of it."""
    if not tuple.__len__(instance):
        return 0
    first = tuple.__getitem__(instance, 0)
    return first.ctypes.data if isinstance(first, np.ndarray) else id(first)


def equal(self, other):
    """`__eq__` of instances: they are one."""
    return isinstance(other, tuple) and type(other) is type(self) and identity(self) == identity(other)


_REFUSALS = {
    "__len__": "object of type {!r} has no len()",
    "__iter__": "{!r} object is not iterable",
    "__getitem__": "{!r} object is not subscriptable",
    "__contains__": "argument of type {!r} is not iterable",
}


class _Missing:
    """An attribute that instances do not have, though tuples do."""

    def __init__(self, name):
        self.name = name

    def __get__(self, instance, owner):
        what = f"type object {owner.__name__!r}" if instance is None else f"{owner.__name__!r} object"
        raise AttributeError(f"{what} has no attribute {self.name!r}", name=self.name, obj=owner if instance is None else instance)


def absent(name, class_name):
    """What stands for a method that instances do not have, though tuples do."""
    if name not in _OPERATORS and name not in _REFUSALS:
        return _Missing(name)

    def method(self, *args):
        if name in _OPERATORS:
            return NotImplemented
        raise TypeError(_REFUSALS[name].format(class_name))

    return method


def names(instance):
    """`__dir__` of instances."""
    return [name for name in object.__dir__(instance) if not isinstance(_found(type(instance), name), _Missing)]


def _found(cls, name):
    return next((vars(c)[name] for c in cls.__mro__ if name in vars(c)), None)


class Maker:
    """Makes instances of a class whose fields are zero or not there, from Python and in compiled code.

    What types deferred fields have is asked when the first one is made.
    """

    def __init__(self, layout, instance_class):
        self._layout = layout
        self._class = instance_class

    def __looplift_implementation__(self, args, kwargs):
        return self._layout.once("make", lambda: self._layout.maker(self._class))

    def __call__(self):
        return self._layout.compiled(self.__looplift_implementation__((), {}))()


class Layout:
    """Where the fields of a class are: a member of the named tuple, and the position in it.

    `fields` are types by name, `within` the types that are being made, whose instances no field can hold but in a box without type.
    """

    def __init__(self, owner, fields, within=()):
        self.owner = owner
        self.fields = dict(fields)
        self.places = {}
        arrays, boxes = {}, []
        for name, t in self.fields.items():
            if t.kind in ("boolean", "integer", "float", "complex"):
                members = arrays.setdefault(t, [])
                self.places[name] = "number", t, len(members)
                members.append(name)
            else:
                self.places[name] = "box", t, len(boxes)
                boxes.append(t)
        if not arrays:
            # Something to be the instance's identity.
            arrays[_core.parse_type("int64")] = [None]
        self.arrays = list(arrays.items())
        self.boxes = boxes
        self.first_box = len(self.arrays)
        self.count = len(self.arrays) + len(boxes)
        # Names that nobody can write.
        self.members = tuple(map(str, range(self.count)))
        self.of = {t: k for k, (t, _) in enumerate(self.arrays)}
        self.untyped = [_mentions_deferred(t, within) for t in boxes]
        self._known = {}

    def place(self, name):
        """`(member, position)`; the position is None for a field in a box."""
        kind, t, at = self.places[name]
        return (self.of[t], at) if kind == "number" else (self.first_box + at, None)

    def types(self):
        """The types of the members."""
        from looplift._extension import core_type

        boxes = [_UNTYPED if untyped else types.ListType(core_type(t)) for t, untyped in zip(self.boxes, self.untyped, strict=True)]
        return [_core.array_type(t, 1, "C") for t, _ in self.arrays] + boxes

    def is_untyped(self, name):
        """Whether the type of a field's box is not in the instance's type."""
        kind, _, at = self.places[name]
        return kind == "box" and self.untyped[at]

    def box_type(self, name):
        """The type of a field's box."""
        from looplift._extension import core_type

        return types.ListType(core_type(self.fields[name]))

    def once(self, key, make):
        """What `make` made when it was first asked for."""
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def maker(self, instance_class):
        """A function that makes an instance whose fields are zero or not there."""
        from looplift._extension import core_type
        from looplift.typed import List

        items, scope = [], {"np": np, "List": List, "Instance": instance_class, "cast": container_cast, "U": _UNTYPED}
        for k, (t, names) in enumerate(self.arrays):
            scope[f"C{k}"] = CLASSES[str(t)]
            items.append(f"np.zeros({len(names)}, C{k})")
        for k, (t, untyped) in enumerate(zip(self.boxes, self.untyped, strict=True)):
            scope[f"T{k}"] = core_type(t)
            items.append(f"cast(List.empty_list(T{k}), U)" if untyped else f"List.empty_list(T{k})")
        return function("make", "", [f"return Instance({', '.join(items)})"], **scope)

    def getter(self, name):
        """The function that reads a field."""
        return self.once(("get", name), lambda: self._getter(name))

    def _getter(self, name):
        member, position = self.place(name)
        if position is not None:
            return inlined(function("get", "self", [f"return number(member(self, {member}), {position})"]))
        missing = f"'{self.owner}' object has no value for field '{name}' yet"
        body = [*self._box(name, member), "if len(box) == 0:", f"    raise AttributeError({missing!r})", "return box[0]"]
        return unchecked(function("get", "self", body, **self._scope(name)))

    def setter(self, name):
        """The function that writes a field."""
        if name not in self.places:
            raise TypingError(f"class {self.owner} has no field '{name}'; its fields are {', '.join(self.fields)}")
        return self.once(("set", name), lambda: self._setter(name))

    def _setter(self, name):
        member, position = self.place(name)
        if position is not None:
            return inlined(function("set", "self, value", [f"set_number(member(self, {member}), {position}, value)"]))
        body = [*self._box(name, member), "if len(box) == 0:", "    box.append(value)", "else:", "    box[0] = value"]
        return unchecked(function("set", "self, value", body, **self._scope(name)))

    def _box(self, name, member):
        return [f"box = cast(member(self, {member}), BOX)" if self.is_untyped(name) else f"box = member(self, {member})"]

    def _scope(self, name):
        return {"cast": container_cast, "BOX": self.box_type(name)} if self.is_untyped(name) else {}

    def same(self, negated):
        """The function that says whether two instances are one."""
        word = "is not" if negated else "is"
        both_none = "self is None and other is None"
        body = [
            "if self is None or other is None:",
            f"    return {f'not ({both_none})' if negated else both_none}",
            f"return member(self, 0) {word} member(other, 0)",
        ]
        return self.once(word, lambda: function("same", "self, other", body))

    def property(self, name):
        """A field, seen from Python."""
        member, position = self.place(name)
        if not self.is_untyped(name):
            return _core.Field(self.owner, name, member, position)

        def get(instance):
            return self.compiled(self.getter(name))(instance)

        def put(instance, value):
            self.compiled(self.setter(name))(instance, value)

        return property(get, put)

    def compiled(self, function):
        return self.once(("compiled", function), lambda: _core.make_dispatcher(function, {"nopython": True}))

    def namespace(self, given):
        """Names of the class of the named tuples, over those that are `given` by the class itself."""
        out = {
            "__slots__": (),
            "__new__": _not_made,
            "__looplift_box__": classmethod(tuple.__new__),
            "__dir__": names,
            "_fields": self.members,
            "_layout": self,
            "__looplift_object__": True,
        }
        out.update({name: absent(name, self.owner) for name in TUPLE_METHODS if name not in given})
        return out


def _mentions_deferred(t, within):
    """Whether values of a type are only known when the program runs: it names a deferred type, or one that is being made."""
    if isinstance(t, _core.Type):
        return False
    if isinstance(t, types.DeferredType) or t in within:
        return True
    parts = [getattr(t, name, None) for name in ("type", "item_type", "key_type", "value_type", "dtype")]
    return any(_mentions_deferred(p, within) for p in parts if isinstance(p, types.Type))
