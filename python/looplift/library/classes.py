"""`super()`: in methods of jitted classes."""

from looplift.library._registry import overload


@overload("builtins.super")
def super_(of, instance):
    if of.kind != "function" or instance.kind != "namedtuple" or not hasattr(instance.value, "_python_class"):
        return None
    from looplift.experimental._super import view_class

    seen = view_class(of.value, instance.value)
    if seen is None:
        return None
    return lambda of, instance: seen(instance)
