"""Signatures and the registries of typing rules, as far as they have a meaning here."""

from looplift._signature import Signature, signature
from looplift.extending import infer, infer_getattr


class AbstractTemplate:
    """A typing rule in Numba's compiler: `generic(args, kws)` gives a signature."""

    key = None

    def __init__(self, context=None):
        self.context = context


class ConcreteTemplate(AbstractTemplate):
    """A typing rule that lists its signatures in `cases`."""

    cases = ()


class AttributeTemplate(AbstractTemplate):
    """Typing rules of attributes: `resolve_name(type)`."""


class CallableTemplate(AbstractTemplate):
    """A typing rule that is a function of the arguments' types."""


def make_concrete_template(name, key, signatures):
    """A template class that lists `signatures`."""
    return type(name, (ConcreteTemplate,), {"key": key, "cases": list(signatures)})


def fold_arguments(pysig, args, kws, normal_handler, default_handler, stararg_handler):
    """Arguments in the order of the Python signature, each through the handler of its sort."""
    bound = pysig.bind(*args, **(dict(kws) if kws else {}))
    out = []
    for index, (name, param) in enumerate(pysig.parameters.items()):
        if param.kind == param.VAR_POSITIONAL:
            out.append(stararg_handler(index, param, bound.arguments.get(name, ())))
        elif name in bound.arguments:
            out.append(normal_handler(index, param, bound.arguments[name]))
        else:
            out.append(default_handler(index, param, param.default))
    return tuple(out)


def common_type(types):
    """The type that values of all these types convert to, by NumPy's rules for numbers; None if there is none."""
    distinct = list(dict.fromkeys(types))
    if len(distinct) == 1:
        return distinct[0]
    import numpy as np

    from looplift.np.numpy_support import as_dtype, from_dtype

    try:
        return from_dtype(np.result_type(*[as_dtype(t) for t in distinct]))
    except Exception:  # a type without dtype has no common type with another
        return None


__all__ = [
    "AbstractTemplate",
    "AttributeTemplate",
    "CallableTemplate",
    "ConcreteTemplate",
    "Signature",
    "common_type",
    "fold_arguments",
    "infer",
    "infer_getattr",
    "make_concrete_template",
    "signature",
]
