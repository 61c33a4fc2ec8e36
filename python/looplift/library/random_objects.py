"""Methods of `random.Random` objects that choose among items. Python draws the places, as it would draw them for the items.

Other methods are rows of the compiler's (`crates/builtins/src/streams.rs`).
"""

from looplift.library import _objects as objects
from looplift.library._registry import overload
from looplift.library._types import is_absent, is_array, is_index, kind
from looplift.library.python_random import _LISTS, _is_sequence


def _choice(self, seq):
    if len(seq) == 0:
        raise IndexError("Cannot choose from an empty sequence")
    return seq[self.randrange(len(seq))]


@overload("python_random.choice")
def choice(self, seq):
    if _is_sequence(seq):
        return _choice


def _shuffle(self, x):
    for i in range(len(x) - 1, 0, -1):
        j = self.randrange(i + 1)
        item = x[i]
        x[i] = x[j]
        x[j] = item


@overload("python_random.shuffle")
def shuffle(self, x):
    if is_array(x, 1) or kind(x) in _LISTS:
        return _shuffle


def _choices(self, population, weights=None, *, cum_weights=None, k=1):
    return [population[i] for i in objects.chosen(self, len(population), weights, cum_weights, k)]


@overload("python_random.choices")
def choices(self, population, weights=None, *, cum_weights=None, k=1):
    if not _is_sequence(population) or not (isinstance(k, int) or is_index(k)):
        return None
    if all(is_absent(w) or _is_sequence(w) for w in (weights, cum_weights)):
        return _choices


def _sample(self, population, k):
    return [population[i] for i in objects.sampled(self, len(population), k)]


@overload("python_random.sample")
def sample(self, population, k):
    if _is_sequence(population) and is_index(k):
        return _sample
