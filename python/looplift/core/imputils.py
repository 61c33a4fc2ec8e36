"""Registering code generators, under Numba's names."""

from looplift._extension import lower_builtin, lower_cast, lower_getattr, lower_getattr_generic, lower_setattr


def impl_ret_untracked(context, builder, retty, value):
    """References are counted by the compiler."""
    return value


impl_ret_new_ref = impl_ret_borrowed = impl_ret_untracked


class Registry:
    """A registry that registers at once."""

    def __init__(self, name="registry"):
        self.name = name

    lower = staticmethod(lower_builtin)
    lower_builtin = staticmethod(lower_builtin)
    lower_cast = staticmethod(lower_cast)
    lower_getattr = staticmethod(lower_getattr)
    lower_getattr_generic = staticmethod(lower_getattr_generic)
    lower_setattr = lower_setattr_generic = staticmethod(lower_setattr)


lower_setattr_generic = lower_setattr

__all__ = [
    "Registry", "impl_ret_borrowed", "impl_ret_new_ref", "impl_ret_untracked", "lower_builtin", "lower_cast", "lower_getattr",
    "lower_getattr_generic", "lower_setattr", "lower_setattr_generic",
]  # fmt: skip
