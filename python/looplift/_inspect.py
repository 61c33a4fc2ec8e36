"""What a dispatcher shows of compiled signatures: control-flow graphs, annotated source as text and as a page, headings."""

import html
import re


def heading(dispatcher, args, ret, what):
    """The lines above a dump: the signature, where the function is, and the options that changed its code."""
    func = dispatcher.py_func
    code = func.__code__
    options = dispatcher.targetoptions
    rows = [f"; {what} of {func.__qualname__}, {code.co_filename}:{code.co_firstlineno}"]
    rows.append(f"; define {ret} @{func.__name__}({', '.join(map(str, args))})")
    fast = options.get("fastmath")
    if fast:
        rows.append(f"; fastmath: {'fast' if fast is True else ' '.join(sorted(fast))}")
    if options.get("debug"):
        rows.append(f'; !DISubprogram(name: "{func.__name__}", file: "{code.co_filename}", line: {code.co_firstlineno})')
    return "\n".join(rows) + "\n"


def assembly(dispatcher, args, text):
    """Machine code as text, under an assembler's directives."""
    name = dispatcher.py_func.__name__
    name = name if name.isidentifier() else "function"
    return f"\t.section\t.text\n\t.globl\t{name}\n{text}"


_BLOCK = re.compile(r"^(block\d+)[^:]*:")
_TARGET = re.compile(r"\bblock\d+\b")
_LEAVES = ("jump", "brif", "return", "branch", "switch", "iter_next", "raise", "guard", "poll")


class ControlFlowGraph:
    """The blocks of a compiled function and the edges between them.

    `blocks` maps a block's name to its lines, `edges` are (from, to) pairs, `dot` is the graph in Graphviz's language.
    """

    def __init__(self, name, text):
        self.name = name
        self.text = text
        self.blocks = {}
        self.edges = []
        current = None
        for line in text.splitlines():
            found = _BLOCK.match(line.strip()) if not line.startswith("  ") else None
            if found:
                current = found.group(1)
                self.blocks[current] = [line.strip()]
            elif current is not None and line.strip() not in ("", "}"):
                self.blocks[current].append(line.strip())
        for block, lines in self.blocks.items():
            for line in lines[1:]:
                if line.startswith(_LEAVES):
                    self.edges.extend((block, t) for t in _TARGET.findall(line) if t in self.blocks)

    @property
    def dot(self):
        rows = [f'digraph "CFG for {self.name}" {{', '    label="' + f"CFG for {self.name}" + '";', "    node [shape=record];"]
        for block, lines in self.blocks.items():
            body = "\\l".join(re.sub(r'([<>{}|"\\])', r"\\\1", line) for line in lines)
            rows.append(f'    {block} [label="{{{body}\\l}}"];')
        rows.extend(f"    {a} -> {b};" for a, b in self.edges)
        return "\n".join([*rows, "}"]) + "\n"

    def display(self, filename=None, format="pdf", view=False):
        """Renders the graph with the package `graphviz`."""
        import graphviz

        graph = graphviz.Source(self.dot)
        if filename is not None:
            return graph.render(filename, format=format, view=view)
        return graph.view() if view else graph

    def _repr_svg_(self):
        try:
            import graphviz

            return graphviz.Source(self.dot).pipe(format="svg").decode()
        except Exception:  # without the package or the program the text is shown instead
            return None

    def __str__(self):
        return self.dot

    def __repr__(self):
        return f"<control-flow graph of {self.name}: {len(self.blocks)} blocks, {len(self.edges)} edges>"


def lines_by_number(text):
    """Rows ``line<TAB>operation`` as a dict from line to operations."""
    by_line = {}
    for row in text.splitlines():
        number, _, operation = row.partition("\t")
        by_line.setdefault(int(number), []).append(operation)
    return by_line


def source_lines(func, by_line):
    """(number, source line) of the function, as far as its operations go."""
    import linecache

    code = func.__code__
    last = max([*by_line, code.co_firstlineno], default=code.co_firstlineno)
    return [
        (n, linecache.getline(code.co_filename, n, func.__globals__).rstrip("\n")) for n in range(code.co_firstlineno, last + 1)
    ]


_STYLE = """
body { font-family: sans-serif; }
.looplift { font-family: monospace; white-space: pre; border: 1px solid #ccc; margin-bottom: 1em; }
.looplift summary, .looplift .plain { padding: 1px 8px; }
.looplift summary { cursor: pointer; background: #eef4ff; }
.looplift .ops { background: #f7f7f7; color: #555; padding: 2px 8px 4px 6em; }
.looplift .type { color: #06c; }
.looplift .kw { color: #708; }
.looplift .object { background: #ffecec; }
"""


def _coloured(source, style):
    """Source as HTML: by pygments where it is installed, keywords only otherwise."""
    try:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer

        formatter = HtmlFormatter(nowrap=True, noclasses=True, style=style)
        return highlight(source, PythonLexer(stripnl=False), formatter).rstrip("\n")
    except ImportError:
        import keyword

        return re.sub(r"[A-Za-z_]\w*", lambda m: f'<span class="kw">{m[0]}</span>' if keyword.iskeyword(m[0]) else m[0], html.escape(source))


class AnnotatedSource:
    """Source with the types of every line's operations, as a page; notebooks show it by themselves."""

    def __init__(self, parts, style="default"):
        # (function, argument types, result type, rows of operations) each
        self.parts = parts
        self.style = style

    def _repr_html_(self):
        out = [f"<style>{_STYLE}</style>"]
        for func, args, ret, text in self.parts:
            by_line = lines_by_number(text)
            code = func.__code__
            title = f"{func.__name__}({', '.join(map(str, args))}) -> {ret}"
            out.append(f"<h3>{html.escape(title)}</h3><p>{html.escape(code.co_filename)}</p><div class='looplift'>")
            for number, source in source_lines(func, by_line):
                shown = f"{number:5} {_coloured(source, self.style)}"
                operations = by_line.get(number, ())
                if not operations:
                    out.append(f"<div class='plain'>{shown}</div>")
                    continue
                rows = "\n".join(
                    re.sub(r"  :: (.*)$", r"  <span class='type'>:: \1</span>", html.escape(operation)) for operation in operations
                )
                out.append(f"<details><summary>{shown}</summary><div class='ops'>{rows}</div></details>")
            out.append("</div>")
        return "\n".join(out)

    @property
    def html(self):
        """A whole page."""
        return f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>looplift</title></head><body>{self._repr_html_()}</body></html>\n"

    def save(self, path):
        """Writes the page to a file."""
        with open(path, "w", encoding="utf-8") as f:
            f.write(self.html)

    def __str__(self):
        return self.html
