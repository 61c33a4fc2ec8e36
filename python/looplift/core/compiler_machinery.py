"""Passes that users add to a pipeline (see `looplift.core.compiler`): they are run before the compiler's own, and see the
function and its argument types in the state; they do not change what is compiled.
"""

from looplift.errors import CompilerError


class CompilerPass:
    """A pass: `run_pass(state)` returns whether it changed the state."""

    _name = None
    pass_id = None
    analysis = None

    @classmethod
    def name(cls):
        return cls._name

    def run_initialization(self, state):
        return False

    def run_pass(self, state):
        raise NotImplementedError

    def run_finalizer(self, state):
        return False

    def get_analysis_usage(self, usage):
        """Says nothing."""

    def get_analysis(self, name):
        return (self.analysis or {})[name]


class FunctionPass(CompilerPass):
    """A pass over one function."""


class AnalysisPass(CompilerPass):
    """A pass that changes nothing."""


class LoweringPass(CompilerPass):
    """A pass that makes code."""


class SSACompliantMixin:
    """Marks passes that keep the SSA form."""


_registry = {}


def register_pass(mutates_CFG, analysis_only):
    """Registers a pass class, which must have a `_name`."""

    def register(cls):
        if not (isinstance(cls, type) and issubclass(cls, CompilerPass)) or not cls._name:
            raise TypeError("a pass is a class with a `_name`, derived from FunctionPass, AnalysisPass or LoweringPass")
        _registry[cls] = (mutates_CFG, analysis_only)
        return cls

    return register


class PassManager:
    """The passes of a pipeline, in order."""

    def __init__(self, pipeline_name):
        self.pipeline_name = pipeline_name
        self.passes = []
        self._finalized = False

    def add_pass(self, pss, description=""):
        """Appends a pass."""
        self._open()
        self.passes.append((pss, description))

    def _open(self):
        if self._finalized:
            raise CompilerError("the pass manager is finalized")

    def _position(self, location):
        for k, (pss, _) in enumerate(self.passes):
            if pss is location or (isinstance(pss, str) and pss == getattr(location, "_name", location)):
                return k
        raise CompilerError(f"Could not find pass {location}")

    def add_pass_after(self, pass_cls, location):
        """Inserts a pass after another."""
        self._open()
        self.passes.insert(self._position(location) + 1, (pass_cls, ""))

    def finalize(self):
        """Ends adding passes."""
        self._finalized = True

    @property
    def finalized(self):
        return self._finalized

    def run(self, state):
        """Runs the passes that users added."""
        for pss, _ in self.passes:
            if isinstance(pss, type) and issubclass(pss, CompilerPass):
                made = pss()
                made.run_initialization(state)
                made.run_pass(state)
                made.run_finalizer(state)
