"""Shrinks a program while its verdict stays: statements are dropped, blocks replaced by their contents."""

from .program import Block


def candidates(program):
    """Smaller programs, biggest cuts first."""
    positions = [(i, j) for i, body in enumerate(program.bodies()) for j in range(len(body))]
    for i, j in positions:
        smaller = program.clone()
        del list(smaller.bodies())[i][j]
        yield smaller
    for i, j in positions:
        statement = list(program.bodies())[i][j]
        if isinstance(statement, Block):
            for part in range(len(statement.parts)):
                smaller = program.clone()
                body = list(smaller.bodies())[i]
                body[j : j + 1] = body[j].parts[part][1]
                yield smaller
            if len(statement.parts) > 1:
                smaller = program.clone()
                del list(smaller.bodies())[i][j].parts[1:]
                yield smaller
    for i in range(len(program.functions) - 1):
        smaller = program.clone()
        del smaller.functions[i]
        yield smaller


def minimise(program, still_fails, limit=400):
    """The smallest program found within `limit` trials for which `still_fails`."""
    trials, progress = 0, True
    while progress and trials < limit:
        progress = False
        for smaller in candidates(program):
            trials += 1
            if trials > limit:
                break
            if still_fails(smaller):
                program, progress = smaller, True
                break
    return program
