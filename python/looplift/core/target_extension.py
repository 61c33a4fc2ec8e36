"""Targets by name. One exists, the processor; the registry is there for libraries that look into it."""


class Target:
    """Base of targets."""

    @classmethod
    def inherits_from(cls, other):
        """Whether what is registered for `other` holds for this target."""
        return issubclass(cls, other)


class Generic(Target):
    """Any target."""


class CPU(Generic):
    """The processor."""


class GPU(Generic):
    """Graphics processors, which are not supported."""


class _Registry(dict):
    def __missing__(self, name):
        from looplift.errors import NonexistentTargetError

        raise NonexistentTargetError(f"No target is registered against '{name}', known targets: {', '.join(map(str, self))}")


target_registry = _Registry(generic=Generic, CPU=CPU, cpu=CPU)
jit_registry = {}
dispatcher_registry = {}


def current_target():
    """The name of the target in use."""
    return "cpu"


def get_local_target(context=None):
    """The target in use."""
    return CPU


def resolve_target_str(name):
    """The target of this name."""
    return target_registry[name]
