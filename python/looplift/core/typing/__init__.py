"""Signatures, and questions about the types of values."""

from looplift._signature import Signature, signature
from looplift.core.typing import templates
from looplift.core.typing.templates import fold_arguments, make_concrete_template


class Context:
    """The typing context that overloads and templates are given: it answers what functions return."""

    target = "cpu"

    def refresh(self):
        """Nothing is out of date, ever."""

    def resolve_value_type(self, value):
        """The type of a value."""
        from looplift import typeof

        return typeof(value)

    def resolve_argument_type(self, value):
        return self.resolve_value_type(value)

    def unify_types(self, *types):
        """The common type of types, or None."""
        from looplift.core.typing.templates import common_type

        return common_type(types)

    def unify_pairs(self, first, second):
        return self.unify_types(first, second)


__all__ = ["Context", "Signature", "fold_arguments", "make_concrete_template", "signature", "templates"]
