"""Boxes with text, in rows from top to bottom, as SVG in the page's own colours."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH = 420
"""Units of a drawing; narrow, so that it can be read on a telephone."""

_GAP, _LINE, _PAD, _LETTER = 8, 15, 8, 6.6


class Box(NamedTuple):
    """A box.

    Attributes:
        title: What it is, in bold.
        text: What there is to say of it.
    """

    title: str
    text: str = ""


def drawing(title: str, rows: Sequence[Sequence[Box]], *, arrows: bool, columns: int = 2) -> str:
    """Boxes in rows; a row of several is wrapped.

    Args:
        title: What the drawing shows, for those who cannot see it.
        rows: From top to bottom.
        arrows: Whether an arrow leads from each row to the next one.
        columns: Boxes side by side, at most.
    """
    parts: list[str] = []
    top = 1.0
    for number, row in enumerate(rows):
        if number:
            top += 4 * _GAP if arrows else 2 * _GAP
            if arrows:
                parts.append(_arrow(top - 4 * _GAP + 2, top - 3))
        for start in range(0, len(row), columns):
            line = row[start : start + columns]
            top += _GAP if start else 0
            width = (WIDTH - 2 - _GAP * (len(line) - 1)) / len(line)
            wrapped = [_wrapped(box.text, int((width - 2 * _PAD) / _LETTER)) for box in line]
            height = max(_LINE * (1 + len(lines)) + 2 * _PAD for lines in wrapped)
            for at, (box, lines) in enumerate(zip(line, wrapped, strict=True)):
                parts.append(_box(1 + at * (width + _GAP), top, width, height, box.title, lines))
            top += height
    return (
        f'<svg class="drawing" role="img" viewBox="0 0 {WIDTH} {top + 1:.0f}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _box(left: float, top: float, width: float, height: float, title: str, lines: Sequence[str]) -> str:
    texts = "".join(
        f'<text x="{left + _PAD:.1f}" y="{top + _PAD + _LINE * (at + 1) - 4:.1f}"{" class=title" if not at else ""}>'
        f"{escape(line)}</text>"
        for at, line in enumerate([title, *lines])
    ).replace("class=title", 'class="title"')
    return f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="4"/>{texts}'


def _arrow(top: float, end: float) -> str:
    middle = WIDTH / 2
    return f'<path d="M{middle} {top}V{end}m-5 -7l5 7l5 -7"/>'


def _wrapped(text: str, letters: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= letters:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
