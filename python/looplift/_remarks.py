"""What became of the loops of compiled functions, line by line, for `explain`."""

from looplift import _core


def vector_loops(dispatcher):
    """A row for each innermost loop of each compiled signature: whether it is a vector loop, and if not, why.

    A row is a dict: `signature`, `line` (of the function itself: where the loop stands, or what has it is called), `function`
    and `function_line` (where its source is), `vectorised`, `reason` (None for a vector loop) and `reason_line`.
    """
    rows = {}
    for args, _ in _core.overload_types(dispatcher):
        for function, _file, line, seen_at, reason, about in _core.loop_remarks(dispatcher, args):
            key = str(args), seen_at, function, line
            # A loop that was copied, for operands that need stretching perhaps, is one when one of the copies is.
            if key in rows and rows[key]["vectorised"]:
                continue
            rows[key] = {
                "signature": tuple(args),
                "line": seen_at,
                "function": function,
                "function_line": line,
                "vectorised": reason is None,
                "reason": reason,
                "reason_line": about,
            }
    return sorted(rows.values(), key=lambda row: (str(row["signature"]), row["line"], row["function_line"]))


def as_text(row, function):
    """A line about a row, as `explain` prints it; `function` is the name of the function that was asked about."""
    place = f"loop at line {row['line']}"
    if row["function"] != function:
        place += f" (line {row['function_line']} of {row['function']})"
    if row["vectorised"]:
        return f"{place}: a vector loop"
    about = row["reason_line"]
    where = "" if about in (None, row["function_line"]) else f" (line {about})"
    return f"{place}: no vector loop: {row['reason']}{where}"
