"""A generated program: statements as a tree, printed for the compiler or for the oracle."""

import copy


class Line:
    """One statement. `oracle` replaces the text for the oracle (a conversion that the compiler makes by itself at joins)."""

    def __init__(self, text, oracle=None):
        self.text, self.oracle = text, oracle

    def render(self, indent, for_oracle, out):
        text = self.oracle if for_oracle and self.oracle is not None else self.text
        if text:
            out.append("    " * indent + text)


class Block:
    """Compound statement: parts of (header, statements)."""

    def __init__(self, *parts):
        self.parts = list(parts)

    def render(self, indent, for_oracle, out):
        for header, body in self.parts:
            out.append("    " * indent + header)
            render_body(body, indent + 1, for_oracle, out)


class Group:
    """Statements that only make sense together: kept or dropped as a whole."""

    def __init__(self, *statements):
        self.statements = statements

    def render(self, indent, for_oracle, out):
        for statement in self.statements:
            statement.render(indent, for_oracle, out)


def render_body(body, indent, for_oracle, out):
    before = len(out)
    for statement in body:
        statement.render(indent, for_oracle, out)
    if len(out) == before:
        out.append("    " * indent + "pass")


class Function:
    def __init__(self, name, params, returns):
        self.name, self.params, self.returns = name, params, returns
        self.body = []

    def render(self, for_oracle, out):
        if self.name != "main":
            out.append("@njit")
        out.append(f"def {self.name}({', '.join(name for name, _ in self.params)}):")
        render_body(self.body, 1, for_oracle, out)
        out.extend(["", ""])


class Program:
    """Functions (`main` last), arguments of main, operators used, and whether C library rounding shows in results."""

    def __init__(self, seed):
        self.seed = seed
        self.functions = []
        self.args = ()
        self.coverage = set()
        self.inexact = False

    def source(self, for_oracle=False):
        out = []
        for function in self.functions:
            function.render(for_oracle, out)
        return "\n".join(out).rstrip() + "\n"

    def bodies(self):
        """Every list of statements, outermost first."""
        pending = [function.body for function in self.functions]
        while pending:
            body = pending.pop(0)
            yield body
            for statement in body:
                if isinstance(statement, Block):
                    pending.extend(part for _, part in statement.parts)

    def clone(self):
        twin = copy.copy(self)
        twin.functions = copy.deepcopy(self.functions)
        return twin
