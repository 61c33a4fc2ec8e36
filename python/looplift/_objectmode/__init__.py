"""Object mode: a function that cannot be compiled whole runs in the interpreter, with its loops compiled.

`assembly` reads and writes code objects, `flow` analyses them, `lift` takes loops out of a function, `kinds` tells where a
compiled loop would not compute what the interpreter does, `entries` runs loops compiled, and `mode` is what a dispatcher knows
of all this. `py_func` is never touched: a new function runs.

The other way round, `blocks` takes `with objmode(...)` blocks out of functions that are compiled: `annotations` reads the types
that they name, `cells` handles variables that inner functions share.
"""
