"""`CC`: what a module made ahead of time exports, and how its file is written.

The file is a Python module that holds machine code, as the cache on disk keeps it, and gives it to `looplift.pycc._load`. No C
compiler and no linker take part. It is good for this build of looplift, this version of Python and processors like this one.
"""

import base64
import json
import os
import sys

from looplift import _core, _stored
from looplift._signature import normalized

_TEXT = '''"""{name}: compiled by looplift ahead of time."""

from looplift.pycc._load import load as _load

_load(
    globals(),
    {head!r},
    {data},
)
'''


def stamp():
    """What machine code is good for: a build of looplift, a version of Python, what processors can do."""
    import hashlib

    global _build
    if _build is None:
        with open(_core.__file__, "rb") as f:
            _build = hashlib.sha256(f.read()).hexdigest()
    return {"build": _build, "version": _core.__version__, "python": list(sys.version_info[:2]), "processor": _features()}


_build = None


def _features():
    """What the processor has, as far as the system tells."""
    import platform

    try:
        with open("/proc/cpuinfo") as f:
            rows = dict(line.split(":", 1) for line in f.read().split("\n\n")[0].splitlines() if ":" in line)
    except OSError:
        return [platform.machine()]
    found = {k.strip(): v for k, v in rows.items()}
    return [platform.machine(), *sorted((found.get("flags") or found.get("Features") or "").split())]


class CC:
    """A module to be made ahead of time: `export` says what it has, `compile` writes it.

    `name` is the module's; `output_dir` (where the source is, unless set) and `output_file` say where it goes; `verbose` prints what is
    done. `target_cpu` and `use_nrt` are there for code written for Numba: code is made for this processor, and memory is managed.
    """

    def __init__(self, extension_name, source_module=None):
        if "." in extension_name:
            raise ValueError("basename should be a simple module name, not qualified name")
        if not extension_name.isidentifier():
            raise ValueError(f"{extension_name!r} is no name of a module")
        if source_module is None:
            scope = sys._getframe(1).f_globals
        else:
            scope = vars(source_module if hasattr(source_module, "__name__") else sys.modules[source_module])
        self._name = extension_name
        self._source_module = scope.get("__name__", "__main__")
        # name -> (function, signatures)
        self._exported = {}
        self.output_dir = os.path.dirname(scope.get("__file__", ""))
        self._output_file = f"{extension_name}.py"
        self.verbose = False
        self.use_nrt = True
        self.target_cpu = ""

    @property
    def name(self):
        """The name of the module."""
        return self._name

    @property
    def output_file(self):
        """The name of the file that is written."""
        return self._output_file

    @output_file.setter
    def output_file(self, value):
        if not str(value).endswith(".py"):
            raise ValueError(f"what looplift writes is a module that Python reads: its file ends with .py, not as {value!r}")
        self._output_file = value

    def export(self, exported_name, sig):
        """A decorator: the module has the function under this name, for a signature or a list of them."""
        signatures = list(sig) if isinstance(sig, list) else [sig]
        found = []
        for s in signatures:
            s = normalized(s)
            if not hasattr(s, "args"):
                s = _core.normalize_signature(s)[::-1]
                found.append((s[0], tuple(s[1])))
            else:
                found.append((s.return_type, tuple(s.args)))

        def decorator(func):
            py_func = getattr(func, "py_func", func)
            known = self._exported.get(exported_name)
            if known is not None and known[0] is not py_func:
                raise KeyError(f"duplicated export symbol {exported_name}")
            self._exported.setdefault(exported_name, (py_func, []))[1].extend(found)
            return func

        return decorator

    @property
    def _export_entries(self):
        return sorted(self._exported)

    def _text(self):
        """The module's text."""
        from looplift import _cache

        functions, blobs = [], []
        for name, (func, signatures) in self._exported.items():
            dispatcher = _core.make_dispatcher(func, {"nopython": True})
            rows = []
            for ret, args in signatures:
                self._say(f"compiling {name}{args}")
                called = dispatcher if ret is None else _declared(dispatcher, args, ret)
                _core.compile_signature(called, args)
                rows.append([[str(t) for t in args], len(blobs)])
                blobs.append(_bytes_of(called, args, name))
            code = func.__code__
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            functions.append({"name": name, "parameters": list(names), "doc": func.__doc__, "signatures": rows})
        payload = b"".join(len(b).to_bytes(8, "little") + b for b in blobs)
        head = json.dumps({"stamp": stamp(), "functions": functions})
        data = base64.b85encode(_cache.pack("0" * 64, head.encode() + b"\0" + payload)).decode()
        lines = "\n    ".join(repr(data[k : k + 140]) for k in range(0, len(data), 140))
        return _TEXT.format(name=self._name, head=head, data=lines or repr(""))

    def _say(self, text):
        if self.verbose:
            print(text)

    def _write(self, path):
        from looplift._cache import _write

        text = self._text()
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        _write(path, text.encode())
        os.chmod(path, 0o666 & ~_umask())
        self._say(f"written {path}")

    def compile(self):
        """Writes the module."""
        self._write(os.path.join(self.output_dir, self.output_file))

    def distutils_extension(self, **kwargs):
        """An `Extension` for setuptools, which writes the module where it would put what a C compiler makes."""
        from looplift.pycc.setup import extension

        return extension(self, kwargs)


def _bytes_of(dispatcher, args, name):
    from looplift.errors import TypingError

    try:
        return _stored.dumps(dispatcher, args, [], [])
    except ValueError as e:
        raise TypingError(f"{name} cannot be compiled ahead of time: {e}") from None


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _declared(dispatcher, args, ret):
    """A function that gives the declared result type; the dispatcher itself if it does."""
    _core.compile_signature(dispatcher, args)
    found = next(r for known, r in _core.overload_types(dispatcher) if known == args).unliteral
    if found == ret or found.kind == ret.kind == "array" and (found.dtype, found.ndim) == (ret.dtype, ret.ndim):
        # Of an array the layout is told by the array.
        return dispatcher
    from looplift import _loops
    from looplift.errors import TypingError

    scope = {"kernel": dispatcher, "__name__": "looplift.pycc"}
    names = ", ".join(f"a{k}" for k in range(len(args)))
    body = f"kernel({names})"
    if ret.kind != "none":
        if found.kind not in _loops.NUMBER_KINDS or ret.kind not in _loops.NUMBER_KINDS or (found.kind == "complex") > (ret.kind == "complex"):
            raise TypingError(f"the function returns {found}, which does not convert to the declared {ret}")
        scope["R"] = _loops.element_class(ret)
        body = f"return R(kernel({names}))"
    exec(compile(f"def entry({names}):\n    {body}\n", "<export>", "exec"), scope)  # names that are made here
    return _core.make_dispatcher(scope["entry"], {"nopython": True})
