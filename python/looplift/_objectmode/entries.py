"""What a function in object mode calls before each of its loops: runs the loop compiled, or declines.

An entry compiles its loop function on first use, with integer overflow checked: a result that does not fit 64 bits is Python's
business. It declines, by None, what has no type, what does not compile (remembered by the classes of the values), and, for a
loop that changes nothing but its own variables, every run that ends in an exception: the interpreter then runs the loop
from its start and says precisely what is wrong. Global functions that the loop uses are looked at again at each run.
"""

import numpy as np

from looplift import _core
from looplift.errors import NumbaError

_SCALARS = frozenset((int, float, complex, bool, type(None), range, str, bytes))
# Kinds of values after which an entry gives up: it would only cost time.
_PATIENCE = 8


class Entry:
    """The compiled side of one loop. `dispatcher` holds its signatures; `reasons` says why values were declined."""

    def __init__(self, site, options, name):
        self.site = site
        self.reasons = []
        self.runs = 0
        self.active = True
        self._declined = set()
        self._options = {**options, "nopython": True, "overflow_checks": True}
        self._name = name
        self._fresh()

    def _fresh(self):
        self.dispatcher = _core.make_dispatcher(self.site.function, self._options)
        self.dispatcher.__name__ = self._name
        space = self.site.function.__globals__
        self._globals = {n: space.get(n) for n in self.site.function.__code__.co_names if n not in self.site.names}

    def __call__(self, *args):
        if not self.active:
            return None
        space = self.site.function.__globals__
        for name, value in self._globals.items():
            if space.get(name) is not value:
                self._fresh()
                break
        site = self.site
        key = None
        for a in args:
            kind = type(a)
            if kind in _SCALARS or kind is np.ndarray or isinstance(a, np.generic):
                continue
            if kind is tuple and all(type(x) in _SCALARS for x in a):
                continue
            if not (_is_passed(a) or (kind in (list, set, dict) and site.pure)):
                self._decline(_key(args), f"a value of class {kind.__name__} stays in the interpreter")
                return None
        if self._declined:
            key = _key(args)
            if key in self._declined:
                return None
        pure = site.pure and not any(type(args[n]) not in _SCALARS for n in site.scalars)
        try:
            result = self.dispatcher(*args)
        except NumbaError as e:
            # Integers too large for 64 bits have the class of others.
            self._decline(None if getattr(e, "code", "") == "LL0100" and any(type(a) is int and abs(a) >> 63 for a in args) else _key(args), _first_line(e))
            return None
        except Exception:
            if pure:
                return None
            raise
        self.runs += 1
        return result

    def _decline(self, key, reason):
        if reason not in self.reasons:
            self.reasons.append(reason)
        if key is not None:
            self._declined.add(key)
            if len(self._declined) >= _PATIENCE and not self.runs:
                self.active = False

    @property
    def compiled(self):
        """Whether some signature of the loop is compiled."""
        return bool(_core.overload_types(self.dispatcher))


def _is_passed(value):
    return isinstance(value, _core.CPUDispatcher)


def _key(args):
    return tuple((a.dtype, a.ndim, a.flags.num) if type(a) is np.ndarray else type(a) for a in args)


def _first_line(error):
    text = str(error)
    return text.splitlines()[0] if text else type(error).__name__
