"""Custom pipelines: `jit(pipeline_class=...)`.

A subclass of `CompilerBase` is made for every compilation of the function; its `define_pipelines` returns pass managers, to
which passes of one's own may be added. Those are run before the function is compiled, with a state that has `func_id`, `args`,
`locals` and `flags`. The compiler's own stages go by name in the managers and run afterwards, whatever is said of them.
"""

from types import SimpleNamespace

from looplift.core.compiler_machinery import PassManager

_STAGES = ("bytecode", "hir", "types", "mir", "clif", "asm")


class Flags(SimpleNamespace):
    """Options of a compilation, by attribute."""


class StateDict(dict):
    """State of a compilation: items that are attributes as well."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value


class DefaultPassBuilder:
    """Pass managers of the compiler's own pipelines."""

    @staticmethod
    def _manager(name):
        manager = PassManager(name)
        for stage in _STAGES:
            manager.add_pass(stage, stage)
        return manager

    @staticmethod
    def define_nopython_pipeline(state, name="nopython"):
        """All stages."""
        manager = DefaultPassBuilder._manager(name)
        manager.finalize()
        manager._finalized = False
        return manager

    @staticmethod
    def define_objectmode_pipeline(state, name="object"):
        """Object mode has no stages."""
        return PassManager(name)

    define_untyped_pipeline = define_typed_pipeline = define_nopython_lowering_pipeline = define_nopython_pipeline


class CompilerBase:
    """A pipeline: `define_pipelines` returns a list of pass managers."""

    def __init__(self, typingctx, targetctx, library, args, return_type, flags, locals):
        self.state = StateDict(
            typingctx=typingctx, targetctx=targetctx, library=library, args=args, return_type=return_type, flags=flags, locals=locals
        )

    def define_pipelines(self):
        raise NotImplementedError("define_pipelines must return a list of PassManager")


class Compiler(CompilerBase):
    """The pipeline that is used where no other is given."""

    def define_pipelines(self):
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


def run_pipeline(pipeline_class, dispatcher, args):
    """Runs the passes that a pipeline class adds."""
    from looplift.core.registry import cpu_target

    flags = Flags(**dispatcher.targetoptions)
    made = pipeline_class(cpu_target.typing_context, cpu_target.target_context, None, args, None, flags, dispatcher.locals)
    func = dispatcher.py_func
    made.state.func_id = SimpleNamespace(func=func, func_name=func.__name__, func_qualname=func.__qualname__, modname=func.__module__)
    for manager in made.define_pipelines():
        manager.run(made.state)
