"""Object mode: a function that cannot be compiled whole runs in the interpreter, with its loops compiled.

`assembly` reads and writes code objects, `flow` analyses them, `lift` takes loops out of a function, `entries` runs them
compiled, and `mode` is what a dispatcher knows of all this. `py_func` is never touched: a new function runs.
"""
