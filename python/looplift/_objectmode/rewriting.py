"""What is taken out of a function before it is compiled: blocks for the interpreter, loops for worker threads."""

from looplift._objectmode import blocks


def rewrite(func, owner, parallel):
    """The function to compile for `func`. `owner` is its dispatcher or the function itself."""
    func = blocks.rewrite(func)
    if parallel:
        from looplift import _parallel

        options = getattr(owner, "targetoptions", None) or getattr(owner, "__looplift_options__", None) or {}
        func = _parallel.rewrite(func, owner, options)
    return func
