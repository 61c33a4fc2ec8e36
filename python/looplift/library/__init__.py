"""The self-hosted library: builtins, `math` and NumPy as Python that looplift compiles.

A function that is no primitive of the compiler is found by its canonical qualified name (`numpy.full`, `math.gcd`), a
method by the kind of its object (`array.sum`), an
attribute likewise (`array@flat`). `resolve` asks the overloads registered under the name, functions of the
arguments' *types*, for an implementation: a plain Python function that takes the arguments and uses what the compiler
knows itself and other functions of this library. The same implementation runs in the interpreter on NumPy arrays.

Modules are imported when one of their names is first asked for (`_index`), so that importing looplift imports none.

Implementations keep to the compiled subset: numbers, tuples, arrays indexed by integers and slices, `range` loops,
branches, `raise` of builtin exceptions. What they depend on among types they take from their closure (a NumPy class `t`
converts: `t(x)`, `np.empty(n, t)`); factories of such closures are cached, so that one function serves all calls alike.
Plain functions of these modules are callable from implementations as they are (`is_internal`).
"""

from looplift.library._registry import is_internal, is_known, resolve

__all__ = ["is_internal", "is_known", "resolve"]
