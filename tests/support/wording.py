"""Messages in which compiled code follows Numba's wording where NumPy or Python has another: (theirs, ours), as patterns."""

import re

_PAIRS = (
    (r"(integer|float) (division or modulo|division|floor division|modulo) by zero", r"division by zero"),
    (r"float modulo", r"float modulo by zero"),
    (r"negative dimensions are not allowed", r"negative dimensions not allowed"),
    (
        r"could not broadcast input array from shape \((?P<a>[\d,]*)\) into shape \((?P<b>[\d,]*)\)",
        r"cannot assign slice of shape \((?P<b>[\d, ]*)\) from input of shape \((?P<a>[\d, ]*)\)",
    ),
)


def _shapes(match):
    return {k: v.replace(" ", "") for k, v in match.groupdict().items()}


def _same_text(expected, actual):
    for theirs, ours in _PAIRS:
        one, other = re.fullmatch(theirs, expected), re.fullmatch(ours, actual)
        if one and other and _shapes(one) == _shapes(other):
            return True
    return False


def same_args(expected, actual):
    """Whether the arguments of two exceptions say the same, in either wording."""
    if expected == actual:
        return True
    texts = (*expected, *actual)
    return len(texts) == 2 and all(isinstance(t, str) for t in texts) and _same_text(*texts)
