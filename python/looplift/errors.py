"""Errors and warnings, under the names Numba's users catch.

Compile-time errors are `NumbaError`s (`LoopliftError` is the same class); each has a stable `code`, such as ``LL0102``,
and its text says what, where, and what to do.
"""


class NumbaWarning(Warning):
    """Base of all warnings."""


LoopliftWarning = NumbaWarning


class NumbaPerformanceWarning(NumbaWarning):
    """Something runs slower than it could."""


class NumbaDeprecationWarning(NumbaWarning, DeprecationWarning):
    """A feature will go."""


class NumbaPendingDeprecationWarning(NumbaWarning, PendingDeprecationWarning):
    """A feature may go."""


class NumbaParallelSafetyWarning(NumbaWarning):
    """A parallel region may be unsafe."""


class NumbaTypeSafetyWarning(NumbaWarning):
    """An implicit conversion may lose values."""


class NumbaExperimentalFeatureWarning(NumbaWarning):
    """A feature may change."""


class NumbaDebugInfoWarning(NumbaWarning):
    """Debug information is incomplete."""


class NumbaIRAssumptionWarning(NumbaWarning):
    """Compiler passes disagree on what they assume."""


class NumbaInvalidConfigWarning(NumbaWarning):
    """A setting has no effect."""


class NumbaPedanticWarning(NumbaWarning):
    """Reported only where asked for."""


class NumbaSystemWarning(NumbaWarning):
    """The system's configuration is unusual."""


class NumbaError(Exception):
    """Base of all compile-time errors."""

    code = None

    def __init__(self, msg="", loc=None, highlighting=True):
        self.msg = msg
        self.loc = loc
        super().__init__(f"{msg}\n{loc}" if loc is not None else msg)

    @property
    def contexts(self):
        return []


LoopliftError = NumbaError


class UnsupportedError(NumbaError):
    """Valid Python that is not compiled."""


class UnsupportedBytecodeError(UnsupportedError):
    """A bytecode operation that is not compiled."""


class UnsupportedRewriteError(UnsupportedError):
    """A construct that a rewrite refuses."""


class UnsupportedParforsError(NumbaError):
    """A parallel construct that is not compiled."""


class IRError(NumbaError):
    """A malformed intermediate form."""


class RedefinedError(IRError):
    """A name defined twice."""


class NotDefinedError(IRError):
    """A name that is not defined."""

    def __init__(self, name, loc=None):
        self.name = name
        super().__init__(f"The compiler failed to analyze the bytecode. Variable '{name}' is not defined.", loc)


class VerificationError(IRError):
    """An invariant of an intermediate form does not hold."""


class DeprecationError(NumbaError):
    """A feature that is gone."""


class LoweringError(NumbaError):
    """Code generation failed."""


class UnsupportedBytecode(UnsupportedBytecodeError):
    """Former name."""


class ForbiddenConstruct(LoweringError):
    """A construct that is not allowed here."""


class TypingError(NumbaError):
    """Types do not fit."""


class UntypedFunctionError(TypingError, UnsupportedError):
    """A call of a function that has no compiled form."""


class UntypedValueError(TypingError, ValueError):
    """A value whose type its content does not tell, such as an empty list."""


class UntypedSignatureError(TypingError, TypeError):
    """A C function that does not say what it takes."""


class UntypedAttributeError(TypingError):
    """An attribute that values of the type do not have."""

    def __init__(self, value, attr="", loc=None):
        super().__init__(f"Unknown attribute '{attr}' of type {value}" if attr else value, loc)


class ByteCodeSupportError(NumbaError):
    """Bytecode that cannot be read."""


class CompilerError(NumbaError):
    """The compiler failed."""


class ObjModeAnnotationError(CompilerError, TypingError):
    """What `objmode(...)` says of a variable is no type. (Where the block stands in an overload, it is the typing that fails.)"""


class ConstantInferenceError(NumbaError):
    """A value that must be a constant is not."""


class InternalError(NumbaError):
    """A bug of looplift."""


class InternalTargetMismatchError(InternalError):
    """Targets were mixed."""


class NonexistentTargetError(InternalError):
    """A target that does not exist."""


class LimitError(NumbaError):
    """A program, type or table is larger than the compiler takes."""


class TupleTooLargeError(LimitError, UnsupportedError):
    """A tuple has more elements than compiled code takes: an array is meant for so many."""


class RequireLiteralValue(TypingError):
    """An argument must be known while compiling."""


class ForceLiteralArg(NumbaError):
    """An overload asks for the value of an argument."""

    def __init__(self, arg_indices, fold_arguments=None, loc=None):
        super().__init__("Pseudo-exception to force literal arguments in the dispatcher", loc)
        self.requested_args = frozenset(arg_indices)
        self.fold_arguments = fold_arguments


class LiteralTypingError(TypingError):
    """A value has no literal type."""


class NumbaValueError(TypingError):
    """An overload refuses a value."""


class NumbaTypeError(TypingError):
    """An overload refuses a type."""


class NumbaAttributeError(TypingError):
    """An overload finds no such attribute."""


class NumbaAssertionError(TypingError):
    """An overload's assertion fails."""


class NumbaNotImplementedError(TypingError):
    """An overload does not do that."""


class NumbaKeyError(TypingError):
    """An overload finds no such key."""


class NumbaIndexError(TypingError):
    """An overload finds no such index."""


class NumbaRuntimeError(NumbaError):
    """An overload failed."""
