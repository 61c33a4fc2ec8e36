"""Targets: there is one, this processor."""

from looplift._core import CPUDispatcher


class CPUTarget:
    """The target of all compilations."""

    name = "cpu"
    dispatcher_class = CPUDispatcher

    @property
    def typing_context(self):
        from looplift.core.typing import Context

        return Context()

    @property
    def target_context(self):
        from looplift.core.typing import Context

        return Context()


cpu_target = CPUTarget()
dispatcher_registry = {"cpu": CPUDispatcher}
