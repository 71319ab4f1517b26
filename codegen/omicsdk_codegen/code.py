"""Text that is code: the only kind that a template prints."""

from __future__ import annotations

from collections.abc import Iterable

from .texts import comment, docstring, literal, one_line


class Code(str):
    """Python (or TOML, or Markdown) made by the generator. A text of a document becomes one by the functions below."""

    __slots__ = ()


def as_literal(value: object) -> Code:
    """A text or number of a document as a literal."""
    return Code(literal(value))


def as_docstring(text: str, indent: int) -> Code:
    """Format a text as a docstring with its quotes, whose further lines are indented by `indent` columns; empty if the text is."""
    return Code(docstring(text, indent))


def as_comment(text: object) -> Code:
    """Format a text as a comment after `#`."""
    return Code(comment(text))


def as_markdown(text: object) -> Code:
    """A text as one line of prose: nothing in it is HTML, a link or an emphasis."""
    return Code("".join(f"\\{char}" if char in "\\`*_{}[]<>#|!" else char for char in one_line(text)))


def as_lines(lines: Iterable[str]) -> Code:
    """Lines of code as a block."""
    return Code("\n".join(lines))
