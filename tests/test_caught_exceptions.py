"""What hangs on a caught exception: class, cause, context; exceptions in variables."""

import pytest

from looplift import errors, njit


class Own(LookupError):
    pass


def classes(n):
    try:
        if n == 1:
            raise ValueError(n)
        if n == 2:
            raise KeyError(n)
        if n == 3:
            raise Own("own")
        [1, 2][n]
    except Exception as e:
        kind = type(e)
        return (
            kind.__name__,
            type(e).__qualname__,
            e.__class__.__name__,
            kind is ValueError,
            kind == KeyError,
            type(e) != Own,
            type(e) in (Own, KeyError),
            issubclass(type(e), LookupError),
            isinstance(e, (ValueError, Own)),
            isinstance(e, LookupError),
            str(type(e)),
            e.__class__.__module__ == "builtins",
        )
    return None


def cause(n):
    try:
        try:
            if n:
                raise ValueError("a", n)
        except ValueError as e:
            raise KeyError("b") from e
    except KeyError as e2:
        return (
            str(e2.__cause__),
            repr(e2.__cause__),
            f"{e2.__cause__} {e2.__cause__!r}",
            e2.__cause__ is None,
            e2.__cause__ is not None,
            type(e2.__cause__).__name__,
            e2.__cause__.__class__ is ValueError,
            isinstance(e2.__cause__, ValueError),
            isinstance(e2.__cause__, (KeyError, TypeError)),
            e2.__cause__.__cause__ is None,
            e2.__suppress_context__,
            bool(e2.__cause__),
        )
    return None


def context(n):
    try:
        try:
            raise ValueError("a")
        except ValueError:
            if n == 1:
                raise KeyError("b") from None
            raise KeyError("c")
    except KeyError as e:
        found = "with" if e.__context__ else "without"
        return found, str(e.__context__), e.__cause__ is None, e.__suppress_context__, type(e.__context__).__name__, not e.__cause__


def no_cause():
    try:
        raise ValueError("a")
    except ValueError as e:
        return e.__cause__ is None, e.__context__ is None, e.__traceback__ is None or True, str(e.__cause__)


def runtime_error(n):
    try:
        return str(1 // n)
    except ArithmeticError as e:
        return type(e).__name__ + str(len(e.args))


def made():
    e = ValueError("x", 3)
    return isinstance(e, (KeyError, ValueError)), isinstance(e, KeyError), type(e) is ValueError, e.__class__ is KeyError, e.__cause__ is None, e.args


def raised_later(n):
    e = Own("held", n)
    if n > 1:
        raise e
    return n


def by_class(n):
    try:
        if n == 1:
            raise ValueError(n)
        raise ZeroDivisionError
    except Exception as e:
        if type(e) is ValueError:
            return 1
        raise


def from_class(n):
    try:
        raise ValueError(n)
    except ValueError:
        raise RuntimeError("x") from KeyError


def from_none(n):
    try:
        raise ValueError(n)
    except ValueError:
        raise RuntimeError("x") from None


ROWS = [
    *((classes, n) for n in (1, 2, 3, 7)),
    (cause, 1),
    (cause, 0),
    (context, 0),
    (context, 1),
    (no_cause,),
    (runtime_error, 0),
    (made,),
    (raised_later, 1),
    (raised_later, 2),
    (by_class, 1),
    (by_class, 2),
    (from_class, 1),
    (from_none, 1),
]


def outcome(function, args):
    try:
        return function(*args), None
    except Exception as e:
        return None, e


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0].__name__}{row[1:]}")
def test_as_in_the_interpreter(row):
    function, *args = row
    (want, raised), (got, error) = outcome(function, args), outcome(njit(function), args)
    assert got == want
    assert type(error) is type(raised) and str(error) == str(raised)
    if raised is not None:
        assert type(error.__cause__) is type(raised.__cause__) and error.__suppress_context__ == raised.__suppress_context__


def group(n):
    raise ExceptionGroup("g", [ValueError(n)])


def star(n):
    try:
        raise ValueError(n)
    except* ValueError:
        n = 5
    return n


def of_cause(n):
    try:
        raise ValueError(n)
    except ValueError as e:
        return e.__cause__.args


def kept_beyond(n):
    try:
        raise ValueError(n)
    except ValueError as e:
        k = e
    raise k


@pytest.mark.parametrize("function", [group, star, of_cause, kept_beyond], ids=lambda f: f.__name__)
def test_refusals(function):
    with pytest.raises(errors.NumbaError, match="LL0"):
        njit(function)(1)
