"""Families of function types: first-class functions and what gives their addresses, C functions, methods, dispatchers."""

from looplift._core import function_type
from looplift.types import _Base, _by_parts


class FunctionPrototype(_Base):
    """A function's types: `rtype`, `atypes`; spelled as a call, ``int64(float64)``."""

    def __init__(self, rtype, atypes):
        self.rtype = rtype
        self.atypes = tuple(atypes)
        super().__init__(f"{rtype}({', '.join(map(str, self.atypes))})")


class FunctionType(_Base):
    """First-class functions of one signature."""

    _kinds = ("function_type", "funcref")

    @classmethod
    def _make(cls, signature):
        try:
            return function_type(signature.return_type, list(signature.args))
        except TypeError:
            # Of types that compiled code has no values of.
            return _by_parts(cls, (signature,), {})

    def __init__(self, signature):
        self.signature = signature
        self.ftype = FunctionPrototype(signature.return_type, signature.args)
        self.nargs = len(signature.args)
        super().__init__(f"FunctionType[{self.ftype.name}]")

    def get_call_signatures(self):
        return [self.signature], False

    def check_signature(self, other):
        return self.signature == other


class UndefinedFunctionType(_Base):
    def __init__(self, nargs, dispatchers):
        self.nargs = nargs
        self.dispatchers = set(dispatchers)
        super().__init__(f"UndefinedFunctionType[{nargs}]")


class WrapperAddressProtocol:
    """Objects that give the address of a C function: `__wrapper_address__()` and `signature()`."""

    def __wrapper_address__(self):
        raise NotImplementedError

    def signature(self):
        raise NotImplementedError


class CompileResultWAP(WrapperAddressProtocol):
    """One compiled signature of a jitted function (`overloads`) as a first-class function."""

    def __init__(self, cres):
        self.cres = cres
        self._signature = cres.signature
        self.__name__ = cres.entry_point.__name__

    def dump(self, tab=""):
        print(f"{tab}DUMP {type(self).__name__} [signature={self._signature}]")

    def __wrapper_address__(self):
        from looplift._cfunc import CFunc

        if "_callback" not in self.__dict__:
            self._callback = CFunc(self.cres.entry_point.__self__.function.py_func, self._signature)
        return self._callback.address

    def signature(self):
        return self._signature

    def __call__(self, *args):
        return self.cres.entry_point(*args)

    def __looplift_implementation__(self, args, kwargs):
        return self.cres.entry_point.__self__.function


class BoundFunction(_Base):
    """A method of values of a type."""

    _kinds = ("bound_method",)

    def __init__(self, template, this):
        self.template = template
        self.this = this
        super().__init__(f"BoundFunction({template.key} for {this})")


class BaseFunction(_Base):
    _kinds = ("function", "dispatcher")


class ObjModeDispatcher(_Base):
    _kinds = ("objmode_dispatcher",)


class ExternalFunction(_Base):
    """A C function known by its symbol's name: `symbol`, `sig`."""

    _kinds = ("external_function",)

    def __init__(self, symbol, sig):
        self.symbol = symbol
        self.sig = sig
        super().__init__(f"ExternalFunction({symbol}: {sig})")


class ExternalFunctionPointer(_Base):
    """A C function known by its address."""

    _kinds = ("external_function_pointer",)

    def __init__(self, sig, get_pointer, cconv=None):
        self.sig = sig
        self.get_pointer = get_pointer
        self.cconv = cconv
        super().__init__(f"(ExternalFunctionPointer {sig})")


__all__ = [
    name
    for name, member in list(globals().items())
    if isinstance(member, type) and member.__module__ == __name__ and not name.startswith("_")
]
