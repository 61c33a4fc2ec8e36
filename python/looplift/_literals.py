"""Values that compiled code knows while it is compiled: `literally` and `literal_unroll`."""


def literally(obj):
    """The object itself; in compiled code its type is a literal.

    A function that gives one of its parameters to it is compiled anew for each value: an int, a bool, a str or a slice. A parameter
    of which a callee asks this way is a literal in the caller, too. Raises TypingError for values that are computed at run time.
    """
    return obj


def literal_unroll(container):
    """The container itself; in compiled code a loop over it is written out, one copy of its body for each element.

    `container` is a tuple, or a list display of constants. Elements may have types of their own, and constants are literals.
    """
    return container
