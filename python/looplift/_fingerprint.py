"""What a function depends on, as one number: its bytecode, and that of every function it can call, and every value it can use.

Two functions with equal fingerprints, in processes of the same build, compile to the same code. Values whose content cannot be
told (open files, running generators) have no fingerprint: `NotStable` is raised, and such functions are not kept on disk.
"""

import enum
import hashlib
import sys
import types as python_types

import numpy as np

from looplift import _core, _foreign, types


class NotStable(Exception):
    """A value has no meaning outside of this process."""


# Modules whose content is that of their version.
_FIXED = frozenset(sys.stdlib_module_names) | {"numpy", "looplift", "numba"}
_NUMBERS = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), type(NotImplemented), range, slice)
_MAX_DEPTH = 100


class Fingerprint:
    """Collects what is used into a hash; equal objects met again are told by their number."""

    def __init__(self):
        self._hash = hashlib.sha256()
        self._seen = {}
        self._kept = []
        self._depth = 0

    def digest(self):
        return self._hash.digest()

    def _say(self, *parts):
        for part in parts:
            data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
            self._hash.update(len(data).to_bytes(8, "little"))
            self._hash.update(data)

    def add(self, value):
        """Adds a value of any kind."""
        if isinstance(value, _NUMBERS) and not isinstance(value, enum.Enum) and type(value).__module__ == "builtins":
            self._say("value", type(value).__name__, repr(value))
            return
        # Whether constants of code are one object or two is an accident.
        if not isinstance(value, (tuple, frozenset, python_types.CodeType)):
            number = self._seen.get(id(value))
            if number is not None:
                self._say("again", number)
                return
            # The value is kept: its address must not be used by another object meanwhile.
            self._seen[id(value)] = len(self._kept)
            self._kept.append(value)
        self._depth += 1
        try:
            if self._depth > _MAX_DEPTH:
                raise NotStable("it depends on very deeply nested values")
            self._object(value)
        finally:
            self._depth -= 1

    def _object(self, value):
        if isinstance(value, _core.CPUDispatcher):
            self._say("dispatcher")
            self._options(value.targetoptions)
            self.add(value.py_func)
        elif isinstance(value, python_types.FunctionType):
            self._function(value)
        elif isinstance(value, python_types.MethodType):
            self._say("method")
            self.add(value.__func__)
            self.add(value.__self__)
        elif isinstance(value, python_types.BuiltinFunctionType):
            self._say("builtin", value.__module__, value.__qualname__)
        elif isinstance(value, python_types.ModuleType):
            self._say("module", value.__name__, getattr(value, "__version__", ""))
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, enum.Enum):
            self._say("member", value.name)
            self._class(type(value))
        elif isinstance(value, _core.Type) or type(value).__module__.startswith("looplift."):
            self._own(value)
        elif isinstance(value, types.Type):
            self._say("named type", str(value))
            self.add(type(value))
        elif isinstance(value, np.ndarray):
            if value.dtype.hasobject:
                raise NotStable("it uses an array of objects")
            self._say("array", value.dtype.descr, value.shape, value.strides, value.flags.writeable, value.tobytes())
        elif isinstance(value, np.generic):
            self._say("scalar", value.dtype.descr, value.tobytes())
        elif isinstance(value, np.dtype):
            self._say("dtype", value.descr, value.itemsize)
        elif isinstance(value, np.ufunc):
            self._say("ufunc", value.__name__, value.types)
            owner = _core.ufunc_owner(value)
            if owner is not None:
                self._options(owner.options)
                self.add(owner.func)
        elif isinstance(value, (tuple, list)):
            self._say(type(value).__qualname__, len(value))
            for item in value:
                self.add(item)
        elif isinstance(value, dict):
            self._say("dict", len(value))
            for key, item in value.items():
                self.add(key)
                self.add(item)
        elif isinstance(value, (set, frozenset)):
            self._say("set", *sorted(map(repr, value)))
        elif isinstance(value, python_types.CodeType):
            self._code(value)
        else:
            self._reduced(value)

    def _own(self, value):
        if isinstance(value, _core.Type):
            self.type(value)
            return
        depends = getattr(type(value), "__looplift_depends__", None)
        wrapped = getattr(value, "py_func", None) or getattr(value, "__wrapped__", None)
        if depends is not None:
            self._say("own", type(value).__qualname__)
            self.add(depends(value))
        elif wrapped is None:
            self._say("own", type(value).__qualname__, getattr(value, "name", None))
        else:
            self._say("own", type(value).__qualname__)
            self.add(wrapped)

    def _reduced(self, value):
        """Other objects, such as C functions: by what their class says they are."""
        module = type(value).__module__
        if module == "ctypes" or module == "_ctypes" or hasattr(value, "restype"):
            self._say("ctypes", getattr(value, "__name__", None), getattr(value, "restype", None), getattr(value, "argtypes", None))
            return
        raise NotStable(f"it uses an object of class {module}.{type(value).__qualname__}")

    def type(self, t):
        """Adds a type: by its name, and what the name does not say."""
        self._say("type", str(t))
        for e in (*t.parts, getattr(t, "dtype", None)):
            if isinstance(e, _core.Type):
                self.type(e)
        if t.kind == "dict" and t.factory is not None:
            self.add(t.factory)
        if t.kind not in ("namedtuple", "instance", "dispatcher", "function", "closure", "module", "exception_class", "object", "enum", "int_enum"):
            return
        try:
            of = t.value
        except (AttributeError, ValueError):
            return
        self.add(of)

    def _class(self, cls):
        root = cls.__module__.partition(".")[0]
        self._say("class", cls.__module__, cls.__qualname__)
        if root in _FIXED or root == "builtins":
            return
        if issubclass(cls, enum.Enum):
            for name, member in cls.__members__.items():
                self._say(name)
                self.add(member.value)
            return
        for base in cls.__bases__:
            self._class(base)
        layout = vars(cls).get("_layout")
        if layout is not None:
            # Instances of jitted classes, and structures: their fields.
            for name, t in layout.fields.items():
                self._say("field", name, t)
        for name, item in sorted(vars(cls).items()):
            if isinstance(item, property):
                self._say(name)
                self.add(item.fget)
                self.add(item.fset)
            elif isinstance(item, (python_types.FunctionType, staticmethod, classmethod, _core.CPUDispatcher)):
                self._say(name)
                self.add(getattr(item, "__func__", None) or item)
            elif isinstance(item, _NUMBERS) and not name.startswith("__"):
                self._say(name)
                self.add(item)

    def _function(self, func):
        self._say("function", func.__module__, func.__qualname__, getattr(func, "__looplift_jitable__", False))
        self._options(getattr(func, "__looplift_options__", None) or {})
        root = (func.__module__ or "").partition(".")[0]
        if root == "looplift" or (root in _FIXED and root != "__main__"):
            return
        self._code(func.__code__)
        self.add(func.__defaults__)
        self.add(func.__kwdefaults__)
        for name, cell in zip(func.__code__.co_freevars, func.__closure__ or (), strict=True):
            self._say("cell", name)
            try:
                content = cell.cell_contents
            except ValueError:
                self._say("empty")
                continue
            self.add(content)
        self._globals(func.__code__, func.__globals__)

    def _options(self, options):
        self._say(_options(options))
        # A function that decides about inlining counts as what it does, not by its address.
        if callable(decide := options.get("inline")):
            self.add(decide)

    def _code(self, code):
        self._say(
            "code", code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_argcount,
            code.co_kwonlyargcount, code.co_posonlyargcount, code.co_flags, code.co_name, code.co_filename, code.co_firstlineno,
            code.co_linetable, getattr(code, "co_exceptiontable", b""),
        )  # fmt: skip
        for const in code.co_consts:
            self.add(const)

    def _globals(self, code, scope):
        """Values of the global names that the code and its inner functions mention, and of attributes of modules among them."""
        names, work = set(), [code]
        while work:
            c = work.pop()
            names.update(c.co_names)
            work.extend(k for k in c.co_consts if isinstance(k, python_types.CodeType))
        modules = []
        for name in sorted(names):
            if name not in scope:
                continue
            value = scope[name]
            self._say("global", name)
            self.add(value)
            if isinstance(value, python_types.ModuleType):
                modules.append(value)
        seen = set()
        while modules:
            module = modules.pop()
            if id(module) in seen or module.__name__.partition(".")[0] in _FIXED:
                continue
            seen.add(id(module))
            for name in sorted(names):
                value = vars(module).get(name)
                if value is None:
                    continue
                self._say("attribute", module.__name__, name)
                self.add(value)
                if isinstance(value, python_types.ModuleType):
                    modules.append(value)


def _options(options):
    shown = {k: v for k, v in options.items() if k not in ("cache", "pipeline_class") and not (k == "inline" and callable(v))}
    return sorted((k, repr(sorted(v) if isinstance(v, (set, frozenset)) else v)) for k, v in shown.items())


def _overloads(fingerprint):
    """Adds what users have registered: it may decide what any call means."""
    from looplift import _overloads as registry

    for _target, found in registry._functions.values():
        for f in found:
            fingerprint.add(getattr(f, "__wrapped__", f))
    for table in (registry._methods, registry._attributes):
        for name, rows in table.items():
            fingerprint._say(name)
            for _of, f in rows:
                fingerprint.add(getattr(f, "__wrapped__", f))


def of(dispatcher):
    """The fingerprint of a dispatcher's function, or of any other value, as bytes.

    Raises NotStable if it has none.
    """
    fingerprint = Fingerprint()
    fingerprint.add(dispatcher)
    _overloads(fingerprint)
    return fingerprint.digest()


def owners(dispatcher):
    """What a dispatcher's function depends on, in an order that its content decides: dispatchers and functions, and the addresses of functions
    of `ctypes`."""
    fingerprint = Fingerprint()
    fingerprint.add(dispatcher)
    kept = fingerprint._kept
    callables = [v for v in kept if isinstance(v, (_core.CPUDispatcher, python_types.FunctionType))]
    return callables, [_foreign.ctypes_address(v) for v in kept if _foreign.is_ctypes_function(v)]


def of_types(types):
    """The fingerprint of argument types."""
    fingerprint = Fingerprint()
    for t in types:
        if t is None:
            fingerprint.add(None)
        else:
            fingerprint.type(t)
    return fingerprint.digest()
