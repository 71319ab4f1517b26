"""The one gate for texts of a document: into docstrings, literals and plain text, and into code, the only kind that a template prints."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable

WIDTH = 110
# A summary in a list of commands, and a help text, of which a terminal shows a few lines.
SUMMARY_LENGTH = 120
# The line with a file's origin names the document and its overlays.
COMMENT_LENGTH = 400
# Longer texts of a document (a change log in a description) do not fit a docstring's purpose.
TEXT_LENGTH = 8_000


def clean(text: object) -> str:
    """A text without what a reader cannot see: control, bidirectional, zero-width and lone surrogate characters."""
    if not isinstance(text, str):
        return ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    text_kept = lines if lines.replace("\n", "").isprintable() else "".join(map(_visible, lines))
    if len(text_kept) > TEXT_LENGTH:
        text_kept = text_kept[:TEXT_LENGTH].rstrip() + " ..."
    return "\n".join(line.rstrip() for line in text_kept.strip().split("\n"))


def _visible(char: str) -> str:
    if char == "\n" or char.isprintable():
        return char
    return " " if char.isspace() else ""


def one_line(text: object) -> str:
    """A text as one line without leading or trailing spaces."""
    return " ".join(clean(text).split())


def sentence(text: object) -> str:
    """A text as one line that ends as a sentence does; empty stays empty."""
    line = one_line(text)
    return line if not line or line[-1] in ".!?:;" else f"{line}."


def whole(number: float) -> float:
    """A number as people write it: 96 for 96.0, as which FastAPI states bounds."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


# Headings of Markdown at the beginning of a text, in both of their forms, and rules.
_HEADINGS = re.compile(r"\A(?:(?:#{1,6} [^\n]*|[^\n]+\n[=-]{3,}|[-*_]{3,})(?:\n+|\Z))+")


def summary(*texts: object) -> str:
    """Return the first sentence of the first meaningful text, at most `SUMMARY_LENGTH` characters long, without headings."""
    for text in texts:
        full = clean(text)
        paragraph = _HEADINGS.sub("", full).split("\n\n")[0] or full.lstrip("# ")
        line = one_line(paragraph)
        if line:
            first = re.split(r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)\s", line, maxsplit=1)[0]
            return (
                first if len(first) <= SUMMARY_LENGTH else textwrap.shorten(first, SUMMARY_LENGTH, placeholder=" ...")
            )
    return ""


def beyond(headline: str, text: object) -> str:
    """Return what a text states after its headline, with which many begin; the whole text if it begins otherwise."""
    full = clean(text)
    stem = one_line(headline).rstrip(".!?")
    first, _, others = full.partition("\n\n")
    if not stem or one_line(first).rstrip(".!?").lower() == stem.lower():
        return others.lstrip("\n") if stem else full
    after = first[len(stem) :]
    if first[: len(stem)].lower() != stem.lower() or not re.match(r"[.!?]\s", after):
        return full
    return "\n\n".join(part for part in (after[1:].lstrip(), others) if part)


def literal(value: object) -> str:
    """A text or number as Python code: printable ASCII and letters, everything else escaped."""
    if isinstance(value, (str, int, bool)) or value is None or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    raise TypeError(f"{type(value).__name__} cannot be a literal in generated code")


def literals(values: Iterable[object]) -> str:
    """Literals joined by commas."""
    return ", ".join(literal(value) for value in values)


def comment(text: object) -> str:
    """A text after `#`: one line, at most `COMMENT_LENGTH` characters long."""
    return textwrap.shorten(one_line(text), COMMENT_LENGTH, placeholder=" ...") or "-"


def in_docstring(text: str) -> str:
    """Escape a cleaned text for three double quotes."""
    escaped = text.replace("\\", "\\\\")
    return re.sub(r'"{3,}|"\Z', lambda quotes: '\\"' * len(quotes[0]), escaped)


def docstring(text: str, indent: int) -> str:
    """Return a whole docstring with its quotes; nothing for an empty text.

    Args:
        text: lines, from `clean` and the generator's own words.
        indent: column at which the code begins; lines after the first are indented by it.
    """
    lines = [line for source in _reflowed(text) for line in _wrapped(source, WIDTH - indent)]
    margin = " " * indent
    # A leading quote would run into the opening ones.
    body = in_docstring("\n".join(lines).strip())
    body = f"\\{body}" if body.startswith('"') else body
    whole = "\n".join(f"{margin}{line}".rstrip() if number else line for number, line in enumerate(body.split("\n")))
    end = f"\n{margin}" if "\n" in whole else ""
    return f'"""{whole}{end}"""' if whole else ""


# Lines whose beginning has a meaning: lists, quotes, tables, headings, code, entries of a section.
_LAID_OUT = re.compile(r"\s{2,}|\s*(?:[-*+]\s|[>|#]|\d+[.)]\s|```)")


def _reflowed(text: str) -> list[str]:
    """The lines of a text, those of a paragraph of prose joined into one."""
    lines: list[str] = []
    prose = False
    for line in text.split("\n"):
        laid_out = not line or _LAID_OUT.match(line) is not None
        if prose and not laid_out:
            lines[-1] += f" {line}"
        else:
            lines.append(line)
        prose = not laid_out
    return lines


def _wrapped(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    lead = re.match(r"\s*(?:[-*+]\s+|\d+[.)]\s+)?", line)
    indent = len(lead[0]) if lead else 0
    if indent > width // 2:
        return [line]
    hang = indent + 4 if line.startswith("    ") else indent
    return textwrap.wrap(line, width, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False) or [
        line
    ]


def hanging(label: str, text: str, indent: int) -> str:
    """An entry of a docstring's section as one line, which `docstring` wraps below itself."""
    return f"{' ' * indent}{label}{one_line(text)}"


class Code(str):
    """Python (or TOML, or Markdown) made by the generator. A text of a document becomes one by the functions below."""

    __slots__ = ()


def as_literal(value: object) -> Code:
    """A text or number of a document as a literal."""
    return Code(literal(value))


def as_docstring(text: str, indent: int = 0) -> Code:
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
