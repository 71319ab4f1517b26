"""Report docstrings that an edit has garbled: sections that cannot be parsed, and words that a re-wrapping left behind.

    python .ci/docstrings.py FOLDER ...

Names in `Args` of functions are compared with signatures by ruff (DOC102), as are the indentation and the titles of sections
(D2, D4); those of classes, with their `__init__`, here.
"""

from __future__ import annotations

import ast
import itertools
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import griffe

FULL_LINE = 90
"""Columns from which on a line counts as full: the longest in the project have about 140."""
FEW_WORDS = 4
"""A line of at most this many words behind a full one, whose sentence continues in the next line, was left by a re-wrapping."""

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_TITLE_AND_TEXT = re.compile(r"\s*(?:Args|Attributes|Returns|Yields|Raises|Examples?): *\S")
_SENTENCE_ENDS = (".", ":", ";")
_ITEM = re.compile(r"\s*(?:[-|>]|\d+\.|[\w*]+(?:, [\w*]+)*:(?:\s|$)|\"\"\")")
"""A line that begins a list's item, a table's row, an example, or a member of a section, or ends the docstring."""


class _Warnings(logging.Handler):
    """Collects griffe's warnings, which are `FILE:LINE: MESSAGE`."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        _, line, message = record.getMessage().split(":", 2)
        self.problems.append((int(line), message.strip()))


def problems(source: str) -> list[tuple[int, str]]:
    """Return the lines of a module whose docstrings are garbled, each with what is wrong.

    Args:
        source: The text of the module.
    """
    lines = source.splitlines()
    located: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _DOCUMENTED) and (text := ast.get_docstring(node)) is not None:
            first, last = node.body[0].lineno, node.body[0].end_lineno or 0
            located += _section_problems(text, first)
            located += _line_problems(lines[first - 1 : last], first)
            if isinstance(node, ast.ClassDef):
                located += _argument_problems(node, text)
    return sorted(located)


def _section_problems(text: str, first: int) -> list[tuple[int, str]]:
    warnings, logger = _Warnings(), logging.getLogger("griffe")
    logger.addHandler(warnings)
    logger.propagate = False
    try:
        # Types are in signatures, and a text after "Returns:" may contain a colon.
        griffe.parse_google(
            griffe.Docstring(text, lineno=first),
            returns_named_value=False,
            returns_multiple_items=False,
            warn_missing_types=False,
            warn_unknown_params=False,
        )
    finally:
        logger.removeHandler(warnings)
    return warnings.problems


def _line_problems(lines: list[str], first: int) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, first):
        if _TITLE_AND_TEXT.match(line):
            yield number, f"text behind the title of a section: {line.strip()}"
    for number, (before, line, after) in enumerate(zip(lines, lines[1:], lines[2:], strict=False), first + 1):
        is_left_over = len(before) > FULL_LINE and 0 < len(line.split()) <= FEW_WORDS
        continues = after.strip() and _indent(after) <= _indent(line) and not line.rstrip().endswith(_SENTENCE_ENDS)
        if is_left_over and continues and not _ITEM.match(line) and not _ITEM.match(after):
            yield number, f"left over by a re-wrapping: {line.strip()}"


def _argument_problems(node: ast.ClassDef, text: str) -> Iterator[tuple[int, str]]:
    init = next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"), None)
    if init is None or init.args.kwarg is not None:
        return
    arguments = {argument.arg for argument in ast.walk(init.args) if isinstance(argument, ast.arg)}
    section = text.partition("Args:\n")[2].partition("\n\n")[0]
    for name in re.findall(r"^    (\w+):", section, re.MULTILINE):
        if name not in arguments:
            yield node.lineno, f"__init__ has no argument {name}"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def main(folders: list[str]) -> int:
    """Print the problems of all modules in folders; return the exit code."""
    count = 0
    for path in sorted(itertools.chain.from_iterable(Path(folder).rglob("*.py") for folder in folders)):
        for line, problem in problems(path.read_text(encoding="utf-8")):
            print(f"{path}:{line}: {problem}")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
