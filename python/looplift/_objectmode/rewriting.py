"""What is taken out of a function before it is compiled: blocks for the interpreter, loops for worker threads."""

from looplift._objectmode import blocks

_BLOCKS = "_looplift_blocks"


def rewrite(func, owner, parallel):
    """The function to compile for `func`. `owner` is its dispatcher or the function itself."""
    func = blocks.rewrite(func)
    if parallel and owner is not None:
        owner.__dict__[_BLOCKS] = func
    if parallel:
        from looplift import _parallel

        options = getattr(owner, "targetoptions", None) or getattr(owner, "__looplift_options__", None) or {}
        func = _parallel.rewrite(func, owner, options)
    return func


def blocks_of(owners):
    """The `objmode` blocks of dispatchers and functions, in order. Functions that have some are rewritten now, unless they were."""
    found = []
    for owner in owners:
        func = getattr(owner, "py_func", owner)
        if not blocks.may_have_blocks(func):
            continue
        parallel = (getattr(owner, "targetoptions", None) or {}).get("parallel")
        # Of functions for threads, the form before loops were taken out.
        name = _BLOCKS if parallel else "_looplift_rewritten"
        made = owner.__dict__.get(name)
        if made is None:
            made = blocks.rewrite(func)
            if made is func:
                continue
            owner.__dict__[name] = made
        found += [c for c in made.__code__.co_consts if isinstance(c, blocks.Block)]
    return found
