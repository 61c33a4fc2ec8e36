"""Every Python block of the README and of the documentation runs, page by page, in one namespace a page.

A fenced block marked `python` is executed. Blocks with `>>>` are doctests: what they print must be what the page
shows (`...` stands for anything). Of other blocks the printed text is compared with the block marked `text` that
follows directly, if there is one. A block marked `python no-run` is only compiled.
"""

import contextlib
import doctest
import importlib
import io
import linecache
import os
import re
import subprocess
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass
class Block:
    """A fenced block: its info string, its text, the line it starts at, and the `text` block after it."""

    info: str
    text: str
    line: int
    shown: str | None = None


def blocks_of(page: str) -> list[Block]:
    found, end = [], None
    for match in FENCE.finditer(page):
        block = Block(match[1].strip(), match[2], page.count("\n", 0, match.start()) + 1)
        if block.info == "text" and end is not None and not page[end : match.start()].strip():
            found[-1].shown = block.text
        found.append(block)
        end = match.end()
    return found


def run_block(block: Block, name: str, namespace: dict) -> None:
    if block.info == "python no-run":
        compile(block.text, name, "exec")
    elif ">>>" in block.text:
        test = doctest.DocTestParser().get_doctest(block.text, namespace, name, name, block.line)
        report = io.StringIO()
        runner = doctest.DocTestRunner(optionflags=FLAGS)
        runner.run(test, out=report.write, clear_globs=False)
        namespace.update(test.globs)
        assert runner.failures == 0, report.getvalue()
    else:
        # Tracebacks and source look-ups find the block as if it were a file.
        source = "\n" * block.line + block.text
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(source, name, "exec"), namespace)
        if block.shown is not None:
            same = doctest.OutputChecker().check_output(block.shown, printed.getvalue(), FLAGS)
            assert same, f"line {block.line} prints:\n{printed.getvalue()}"


@pytest.fixture(autouse=True)
def stand_in(monkeypatch, tmp_path):
    """Pages write where they like, and `looplift` is the module under test."""
    monkeypatch.chdir(tmp_path)
    name = os.environ.get("LOOPLIFT_TEST_MODULE", "looplift")
    if name != "looplift":
        monkeypatch.setitem(sys.modules, "looplift", importlib.import_module(name))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_page(path):
    namespace = {"__name__": "page"}
    for number, block in enumerate(blocks_of(path.read_text())):
        if block.info.split(" ")[0] == "python":
            run_block(block, f"{path.name}-{number}", namespace)
    # What a page registers is kept, and needs the functions, classes and modules that the page names. Values go.
    for name, value in list(namespace.items()):
        if not isinstance(value, (type, types.FunctionType, types.ModuleType)):
            del namespace[name]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(path):
    """Relative links lead to files that exist."""
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", FENCE.sub("", path.read_text())):
        assert (path.parent / target).exists(), f"{path.name} links to {target}, which does not exist"


def test_a_wrong_page_is_found_out():
    for text in (
        "```python\n1 / 0\n```\n",
        "```python\n>>> 1 + 1\n3\n```\n",
        "```python\nprint(1)\n```\n\n```text\n2\n```\n",
    ):
        with pytest.raises((ZeroDivisionError, AssertionError)):
            for block in blocks_of(text):
                if block.info == "python":
                    run_block(block, "wrong", {})


def test_figures_of_the_readme_are_those_kept():
    done = subprocess.run([sys.executable, str(ROOT / "benchmarks" / "readme_table.py"), "--check"])
    assert done.returncode == 0, "benchmarks/readme_table.py writes them"
