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


def _part(exception, path):
    """What a path of attributes leads to from an exception."""
    for name in path.split("."):
        exception = getattr(exception, name)
    return exception


def exception_attribute(exception: BaseException, path: str, name: str) -> str:
    return getattr(_part(exception, path), name)


def exception_is(exception: BaseException, path: str, other: object) -> bool:
    return _part(exception, path) is other


def exception_in(exception: BaseException, path: str, classes: tuple) -> bool:
    return _part(exception, path) in classes


def exception_truth(exception: BaseException, path: str) -> bool:
    return bool(_part(exception, path))


def exception_isinstance(exception: BaseException, path: str, classes: object) -> bool:
    return isinstance(_part(exception, path), classes)


def exception_issubclass(exception: BaseException, path: str, classes: object) -> bool:
    return issubclass(_part(exception, path), classes)


def exception_str(exception: BaseException, path: str) -> str:
    return str(_part(exception, path))


def exception_repr(exception: BaseException, path: str) -> str:
    return repr(_part(exception, path))
