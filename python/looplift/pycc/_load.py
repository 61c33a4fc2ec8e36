"""What a module made ahead of time does when it is imported: its functions get their machine code."""

import base64
import json

from looplift import _cache, _core, _stored
from looplift.pycc.cc import stamp


class CompiledFunction:
    """A function of such a module. It takes the types that were exported, and what converts to them."""

    def __init__(self, module, name, parameters, doc):
        scope = {}
        exec(f"def {name}({', '.join(parameters)}):\n    raise NotImplementedError('there is no source')\n", scope)  # identifiers
        stub = scope[name]
        self._dispatcher = _core.make_dispatcher(stub, {"nopython": True})
        self._parameters = parameters
        self._call = None
        self.__name__ = self.__qualname__ = name
        self.__module__ = module
        self.__doc__ = doc

    def __call__(self, *args, **kwargs):
        return self._dispatcher(*args, **kwargs)

    def __looplift_implementation__(self, args, kwargs):
        # The signatures are all there are, so that the call is of one of them.
        if self._call is None:
            scope = {"target": self._dispatcher, "__name__": __name__}
            names = ", ".join(self._parameters)
            exec(f"def call({names}):\n    return target({names})\n", scope)  # identifiers
            self._call = scope["call"]
        return self._call

    def __repr__(self):
        return f"<compiled function {self.__name__}>"

    def __reduce__(self):
        return _at_name, (self.__module__, self.__name__)

    @property
    def signatures(self):
        """The argument types that it has code for."""
        return [args for args, _ in _core.overload_types(self._dispatcher)]


def _at_name(module, name):
    from importlib import import_module

    return getattr(import_module(module), name)


def load(scope, head, data):
    """Puts the functions of a module into its namespace. ImportError if the code is not for this process."""
    module = scope["__name__"]
    try:
        _key, body = _cache.unpack(base64.b85decode(data))
        text, _, payload = body.partition(b"\0")
        if text.decode() != head:
            raise ValueError("it is not whole")
        told = json.loads(head)
    except ValueError as e:
        raise ImportError(f"{module} cannot be loaded: {e}", name=module) from None
    here, made = stamp(), told["stamp"]
    if any(here[part] != made[part] for part in ("build", "version", "python")):
        raise ImportError(f"{module} was made by another build of looplift or Python: make it anew", name=module)
    missing = set(made["processor"]) - set(here["processor"])
    if missing:
        raise ImportError(f"{module} was made for a processor that has {', '.join(sorted(missing))}", name=module)
    blobs, at = [], 0
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 8], "little")
        blobs.append(payload[at + 8 : at + 8 + size])
        at += 8 + size
    for row in told["functions"]:
        made = CompiledFunction(module, row["name"], row["parameters"], row["doc"])
        for args, number in row["signatures"]:
            try:
                _stored.loads(made._dispatcher, tuple(map(_core.parse_type, args)), blobs[number], [], [])
            except (ValueError, IndexError) as e:
                raise ImportError(f"{module} cannot be loaded: {e}", name=module) from None
        _core.set_can_compile(made._dispatcher, False)
        scope[row["name"]] = made
