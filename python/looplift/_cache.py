"""The cache on disk (`cache=True`): machine code of compiled signatures, found again by later processes.

A function has an index file (`.nbi`), which lists what is kept of it, and a data file (`.nbc`) for each signature. A data file
goes by its key: the fingerprint of the function and of all it depends on (`looplift._fingerprint`), the argument types,
options, processor, Python, NumPy and this build of looplift. So a file never has to be given up as outdated: what has changed
has another key. Files are written beside their place and renamed, carry their key and a checksum, and are not used if either
is wrong. Any number of processes may share a directory, and files may be deleted at any time.

The directory is `LOOPLIFT_CACHE_DIR`, else `__pycache__` beside the source, else one of the user's. Old files go when it
holds more than `LOOPLIFT_CACHE_SIZE` bytes.
"""

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections import Counter

from looplift import _core, _stored, config

MAGIC = b"looplift-cache-2\n"
_HEAD = len(MAGIC) + 64


def _debug(text):
    if config.DEBUG_CACHE:
        print(f"[cache] {text}")


def _user_directory():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    if config.IS_WIN32:
        base = os.environ.get("LOCALAPPDATA") or base
    return os.path.join(base, "looplift")


def _beside(source):
    """A directory name of its own for each directory of sources."""
    directory = os.path.dirname(os.path.abspath(source))
    return f"{os.path.basename(directory)}_{hashlib.sha1(directory.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _writable(directory):
    try:
        os.makedirs(directory, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return True
    except OSError:
        return False


class _Locator:
    """Where files of a function are kept: `from_function` gives a locator if this place is one for it."""

    def __init__(self, directory):
        self.directory = directory

    def get_cache_path(self):
        return self.directory


class InTreeCacheLocator(_Locator):
    """`__pycache__` beside the source file, if it can be written to."""

    @classmethod
    def from_function(cls, func, source):
        directory = os.path.join(os.path.dirname(os.path.abspath(source)), "__pycache__")
        return cls(directory) if os.path.isfile(source) and _writable(directory) else None


class UserProvidedCacheLocator(_Locator):
    """`LOOPLIFT_CACHE_DIR`."""

    @classmethod
    def from_function(cls, func, source):
        if not config.CACHE_DIR:
            return None
        directory = os.path.join(config.CACHE_DIR, _beside(source))
        return cls(directory) if _writable(directory) else None


class UserWideCacheLocator(_Locator):
    """The user's own directory; also for functions without a source file."""

    @classmethod
    def from_function(cls, func, source):
        directory = os.path.join(_user_directory(), _beside(source))
        return cls(directory) if _writable(directory) else None


class IPythonCacheLocator(UserWideCacheLocator):
    """Cells of notebooks, whose source is in no file."""

    @classmethod
    def from_function(cls, func, source):
        interactive = source.startswith("<ipython-") or os.path.basename(os.path.dirname(source)).startswith(("ipykernel_", "xpython_"))
        return super().from_function(func, source) if interactive else None


class ZipCacheLocator(UserWideCacheLocator):
    """Modules inside of zip files."""

    @classmethod
    def from_function(cls, func, source):
        parts = os.path.abspath(source).split(os.sep)
        inside = any(os.path.isfile(os.sep.join(parts[:k])) for k in range(2, len(parts)))
        return super().from_function(func, source) if inside else None


LOCATORS = (UserProvidedCacheLocator, InTreeCacheLocator, IPythonCacheLocator, ZipCacheLocator, UserWideCacheLocator)


def _locators():
    names = [n for n in config.CACHE_LOCATOR_CLASSES.replace(",", " ").split() if n]
    if not names:
        return LOCATORS
    known = {cls.__name__: cls for cls in LOCATORS}
    unknown = [n for n in names if n not in known]
    if unknown:
        raise ValueError(f"unknown cache locators: {', '.join(unknown)}; there are {', '.join(known)}")
    return tuple(known[n] for n in names)


_stamp = None


def build_stamp():
    """What the code of a function depends on besides the function: this build, Python, NumPy, the processor."""
    global _stamp
    if _stamp is None:
        import platform

        import numpy

        here = os.path.dirname(os.path.abspath(__file__))
        files = []
        for directory, _dirs, names in os.walk(here):
            for name in names:
                if name.endswith((".py", ".so", ".pyd")):
                    path = os.path.join(directory, name)
                    info = os.stat(path)
                    files.append((os.path.relpath(path, here), info.st_size, info.st_mtime_ns))
        parts = [_core.__version__, sys.version, numpy.__version__, platform.machine(), _processor(), sorted(files)]
        _stamp = hashlib.sha256(repr(parts).encode()).hexdigest()
    return _stamp


def _processor():
    try:
        with open("/proc/cpuinfo") as f:
            rows = dict(line.split(":", 1) for line in f.read().split("\n\n")[0].splitlines() if ":" in line)
        return sorted((k.strip(), v.strip()) for k, v in rows.items() if k.strip() in ("model name", "flags", "cpu family", "model"))
    except OSError:
        import platform

        return platform.processor()


def _write(path, data):
    """Writes a file that is there whole or not at all."""
    handle, name = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".tmp-")
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(data)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def pack(key, payload):
    """A data file: what it is, its key, a checksum over all that follows, and the code."""
    body = key.encode() + payload
    return MAGIC + hashlib.sha256(body).hexdigest().encode() + body


def unpack(data):
    """(key, code) of a data file. ValueError if it is not whole."""
    if not data.startswith(MAGIC):
        raise ValueError("it is no cache file of this version")
    body = data[_HEAD:]
    if hashlib.sha256(body).hexdigest().encode() != data[len(MAGIC) : _HEAD] or len(body) < 64:
        raise ValueError("its checksum is wrong")
    return body[:64].decode(), body[64:]


def read_index(path):
    """The rows of an index file: data file name -> what it is. A broken one has none."""
    try:
        with open(path, "rb") as f:
            _key, payload = unpack(f.read())
        rows = json.loads(payload)
    except (OSError, ValueError):
        return {}
    return rows if isinstance(rows, dict) else {}


def write_index(path, rows):
    """Replaces an index file."""
    _write(path, pack("0" * 64, json.dumps(rows).encode()))


class Cache:
    """The files of one function. The compiler calls `load` before it compiles and `save` afterwards."""

    def __init__(self, dispatcher, owner=None, depends=()):
        import weakref

        self.hits = Counter()
        self._dispatcher = weakref.ref(dispatcher)
        # What a dispatcher was written for by looplift: its source decides where the files are, and its content about the key.
        self._owner, self._depends = owner, depends
        self._warned = False
        self._located = False
        self._path = None
        # Keys of signatures that are being compiled, as they were before.
        self._asked = {}

    @property
    def path(self):
        """The directory; None if none can be written to."""
        if not self._located:
            func = self._function
            source = func.__code__.co_filename
            found = (cls.from_function(func, source) for cls in _locators())
            locator = next((f for f in found if f is not None), None)
            self._path = None if locator is None else locator.get_cache_path()
            self._located = True
            if locator is None:
                _debug(f"no directory can be written to for {source}")
        return self._path

    @property
    def _function(self):
        """The user's function."""
        owner = self._owner
        return self._dispatcher().py_func if owner is None else getattr(owner, "py_func", owner)

    @property
    def _base(self):
        func = self._function
        part = "" if self._owner is None else "." + self._dispatcher().py_func.__name__
        name = "".join(c if c.isalnum() or c in "._" else "_" for c in f"{func.__module__}.{func.__qualname__}{part}")
        version = f"{sys.version_info[0]}{sys.version_info[1]}"
        # (Numba, which may keep files of the same function there, has names of another kind.)
        return os.path.join(self.path, f"{name[-120:]}-{func.__code__.co_firstlineno}.ll{version}")

    @property
    def index_path(self):
        return self._base + ".nbi"

    def key(self, args, ret):
        """The key of a signature, or None if what it depends on cannot be told."""
        from looplift import _fingerprint

        if self.path is None:
            return None
        dispatcher = self._dispatcher()
        try:
            parts = (build_stamp(), config.CPU_NAME, config.CPU_FEATURES, _core.vector_isa(), _fingerprint.of(dispatcher), _fingerprint.of_types((*args, ret)))
            if self._owner is not None:
                code = dispatcher.py_func.__code__
                parts += (_fingerprint.of((self._owner, *self._depends)), code.co_code, repr(code.co_consts), code.co_names)
        except _fingerprint.NotStable as e:
            self._refused(args, "dynamic globals", e)
            return None
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _refused(self, args, what, why):
        """Says once that the function cannot be kept."""
        name = self._function.__qualname__
        _debug(f"{name}{args} is not kept: {why}")
        if not self._warned:
            import warnings

            from looplift.errors import NumbaWarning

            self._warned = True
            warnings.warn(f'Cannot cache compiled function "{self._function.__name__}" as it uses {what}: {why}', NumbaWarning, stacklevel=3)

    def _data_path(self, key):
        return f"{self._base}.{key[:32]}.nbc"

    @property
    def _objects(self):
        """What the code may refer to and is another in each process: `objmode` blocks, and addresses of functions of C."""
        from looplift import _fingerprint
        from looplift._objectmode import rewriting

        owners, functions = _fingerprint.owners(self._dispatcher())
        return rewriting.blocks_of(owners), functions

    def load(self, args, ret):
        """Publishes the signature from its file; tells whether there was one."""
        key = self._asked[args] = self.key(args, ret)
        if key is None:
            return False
        path = self._data_path(key)
        try:
            with open(path, "rb") as f:
                found, payload = unpack(f.read())
            if found != key:
                raise ValueError("it is of another signature")
            _stored.loads(self._dispatcher(), args, payload, *self._objects)
        except FileNotFoundError:
            _debug(f"index {self.index_path}: nothing for {args}")
            return False
        except (OSError, ValueError) as e:
            _debug(f"data file {path} is not used: {e}")
            return False
        _debug(f"data loaded from {path}")
        self._asked.pop(args, None)
        self.hits[args] += 1
        with contextlib.suppress(OSError):
            os.utime(path)
        return True

    def save(self, args, ret):
        """Writes the signature's file, if its code has a meaning in other processes."""
        key = self.key(args, ret)
        if key is None or key != self._asked.pop(args, None):
            # What the function depends on has changed meanwhile.
            return False
        try:
            payload = _stored.dumps(self._dispatcher(), args, *self._objects)
        except ValueError as e:
            self._refused(args, "dynamic globals", e)
            return False
        path = self._data_path(key)
        try:
            _write(path, pack(key, payload))
            rows = {name: row for name, row in read_index(self.index_path).items() if os.path.exists(os.path.join(self.path, name))}
            rows[os.path.basename(path)] = {
                "function": self._dispatcher().py_func.__qualname__,
                "source": self._dispatcher().py_func.__code__.co_filename,
                "signature": str(args),
                "build": build_stamp(),
                "bytes": len(payload),
            }
            write_index(self.index_path, rows)
        except OSError as e:
            _debug(f"data not saved to {path}: {e}")
            return False
        _debug(f"index saved to {self.index_path}")
        _debug(f"data saved to {path}")
        shrink(self.path, config.CACHE_SIZE)
        return True


def files(directory):
    """(path, size, time of last use) of the cache's files below a directory."""
    out = []
    for where, _dirs, names in os.walk(directory):
        for name in names:
            if name.endswith((".nbc", ".nbi")):
                path = os.path.join(where, name)
                with contextlib.suppress(OSError):
                    info = os.stat(path)
                    out.append((path, info.st_size, info.st_mtime))
    return out


def shrink(directory, limit):
    """Deletes the data files that were not used for longest until what is left takes `limit` bytes; gives their number."""
    data = sorted((f for f in files(directory) if f[0].endswith(".nbc")), key=lambda f: f[2])
    total = sum(size for _, size, _ in data)
    gone = 0
    for path, size, _ in data:
        if total <= limit:
            break
        with contextlib.suppress(OSError):
            os.unlink(path)
            gone += 1
        total -= size
    return gone


def directories():
    """Where caches may be: the directory of the settings, or else the user's."""
    return [config.CACHE_DIR] if config.CACHE_DIR else [_user_directory()]


def verify(directory):
    """(path, what is wrong with it) of data files that would not be used."""
    out = []
    for path, _size, _time in files(directory):
        try:
            with open(path, "rb") as f:
                key, _payload = unpack(f.read())
            if path.endswith(".nbc") and f".{key[:32]}.nbc" not in path:
                raise ValueError("its name is that of another key")
        except (OSError, ValueError) as e:
            out.append((path, str(e)))
    return out


def enable(dispatcher, owner=None, depends=()):
    """Gives a dispatcher its cache; `owner` is what looplift wrote its function for, `depends` what else the code depends on."""
    if "_cache" not in dispatcher.__dict__:
        dispatcher.__dict__["_cache"] = Cache(dispatcher, owner, depends)
        _core.set_cached(dispatcher, True)
