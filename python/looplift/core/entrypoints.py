"""Extensions that packages announce: entry point group `looplift_extensions` (or `numba_extensions`), name `init`."""

from looplift._overloads import init_extensions as init_all

__all__ = ["init_all"]
