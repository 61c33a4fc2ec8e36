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


def blocks_of(owners):
    """The `objmode` blocks of dispatchers and functions, in order. Functions that have some are rewritten now, unless they were."""
    found = []
    for owner in owners:
        func = getattr(owner, "py_func", owner)
        if (getattr(owner, "targetoptions", None) or {}).get("parallel") or not blocks.may_have_blocks(func):
            continue
        made = owner.__dict__.get("_looplift_rewritten")
        if made is None:
            made = blocks.rewrite(func)
            if made is func:
                continue
            owner.__dict__["_looplift_rewritten"] = made
        found += [c for c in made.__code__.co_consts if isinstance(c, blocks.Block)]
    return found
