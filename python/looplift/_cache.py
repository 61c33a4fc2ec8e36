"""The cache on disk."""


def enable(dispatcher):
    """Nothing is kept yet."""
