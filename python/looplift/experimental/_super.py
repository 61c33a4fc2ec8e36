"""`super()` in methods of jitted classes: an instance seen as one of the next classes in the order of its bases.

Such a view is a named tuple of the instance alone, whose class finds methods, properties and constants further up in the order.
"""

import inspect

from looplift.errors import TypingError
from looplift.experimental._instances import function, unchecked
from looplift.experimental.jitclass import JitClassType, _parameters

_views = {}


def view_class(of, instance_class):
    """The class of the views of instances from class `of` on; None if that is not one of their bases."""
    if isinstance(of, JitClassType):
        of = of._python_class
    key = of, instance_class
    if key not in _views:
        order = instance_class._python_class.__mro__
        if of not in order:
            return None
        _views[key] = _make(order[order.index(of) + 1 :], instance_class)
    return _views[key]


def _make(bases, instance_class):
    known = {}

    def find(name):
        return next((vars(base)[name] for base in bases if name in vars(base)), None)

    def once(name, make):
        if name not in known:
            known[name] = make()
        return known[name]

    def method(name, _type, _args, _kwargs):
        if name.startswith("set "):
            found = find(name[4:])
            if isinstance(found, property) and found.fset is not None:
                return once(name, lambda: _through(found.fset, "self, value", "value"))
            raise TypingError(f"'super' object has no attribute '{name[4:]}' that can be set")
        found = find(name)
        if isinstance(found, staticmethod):
            return once(name, lambda: _static(found.__func__))
        if inspect.isfunction(getattr(found, "py_func", found)):
            return once(name, lambda: _method(found))
        if name == "__init__":
            return once(name, lambda: function("init", "self", ["pass"]))
        return None

    def attribute(name, _type):
        found = find(name)
        if isinstance(found, property):
            return once(name, lambda: _through(found.fget, "self", ""))
        if found is None or callable(found) or isinstance(found, (staticmethod, classmethod)):
            return None
        return once(name, lambda: function("constant", "self", ["return value"], value=found))

    namespace = {
        "__slots__": (),
        "_fields": ("0",),
        "__looplift_object__": True,
        "__looplift_method__": staticmethod(method),
        "__looplift_attribute__": staticmethod(attribute),
    }
    return type(f"super of {instance_class.__name__}", (tuple,), namespace)


def _callable(found):
    found = getattr(found, "py_func", found)
    found.__looplift_jitable__ = True
    return found


def _through(found, parameters, names):
    return unchecked(function("seen", parameters, [f"return found(member(self, 0), {names})"], found=_callable(found)))


def _method(found):
    text, names, scope = _parameters(_callable(found), 1)
    return unchecked(function("seen", f"self, {text}", [f"return found(member(self, 0), {names})"], found=_callable(found), **scope))


def _static(found):
    text, names, scope = _parameters(_callable(found))
    return unchecked(function("seen", f"self, {text}", [f"return found({names})"], found=_callable(found), **scope))
