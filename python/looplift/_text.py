"""Operations on text that compiled code calls on Python objects and that no single function of Python does."""


def format_converted(conversion: str, value: object, spec: str) -> str:
    """`f"{value!r:spec}"`: `conversion` is `builtins.str`, `builtins.repr` or `builtins.ascii`."""
    convert = {"builtins.str": str, "builtins.repr": repr, "builtins.ascii": ascii}[conversion]
    return format(convert(value), spec)


def single(value: float) -> str:
    """`str` of a number of single precision."""
    import numpy as np

    return str(np.float32(value))


def exception_args(exception: BaseException) -> tuple:
    """`exception.args`."""
    return exception.args
