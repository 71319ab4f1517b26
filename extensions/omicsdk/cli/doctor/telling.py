"""What was found, as lines for people. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.cli.doctor.logins import HOW_TO_GET
from omicsdk.cli.help import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from omicsdk.cli.doctor.logins import Login
    from omicsdk.cli.doctor.outcome import Outcome

_Row = tuple[str, str, str, str, str]
_MARKS = {"ok": "ok", "warning": "WARNING", "failed": "FAILED", "skipped": "-"}
_GAP = "  "
_LONGEST, _LEAST = 44, 32
"""Characters that the third column takes at the most, and that are kept for the fourth as far as may be."""


def outcomes(found: Sequence[Outcome], width: int) -> str:
    """Outcomes as a table, each remedy below its line, and a sum.

    Args:
        found: The outcomes.
        width: Characters a line.
    """
    rows = [(_MARKS[each.status], each.probe, each.subject, each.found, each.remedy) for each in found]
    counts = {status: sum(each.status == status for each in found) for status in _MARKS}
    total = f"{counts['ok']} ok, {counts['warning']} to look at, {counts['failed']} failed, {counts['skipped']} skipped"
    return "\n".join([*_table(rows, width), "", *wrapped(total.split(), width)])


def logins(found: Sequence[Login], services: Iterable[str], width: int) -> str:
    """What was found for each service, and how to get what wasn't.

    Args:
        found: What was found.
        services: The services that were looked for.
        width: Characters a line.
    """
    rows: list[_Row] = []
    for service in services:
        own = [login for login in found if login.service == service]
        rows += [
            (
                service,
                login.what,
                login.url or "-",
                f"from {login.origin}" if login.origin else "",
                f"{login.problem}. {login.remedy}".strip() if login.problem else login.warning,
            )
            for login in own
        ]
        if not own:
            rows.append((service, "nothing", "-", "", HOW_TO_GET[service]))
    return "\n".join(_table(rows, width))


def _table(rows: Sequence[_Row], width: int) -> list[str]:
    """Four columns side by side, the fourth below them where it has no room, and the fifth below all."""
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    # What is as long as a path would push everything else off the screen.
    widths[2] = min(widths[2], _LONGEST, max(0, width - sum(widths[:2]) - 3 * len(_GAP) - _LEAST))
    indent = " " * (widths[0] + len(_GAP))
    lines: list[str] = []
    for *cells, last, note in rows:
        first = "".join(f"{cell:<{place}}{_GAP}" for cell, place in zip(cells, widths, strict=True))
        if len(first) + len(last) <= width or (len(cells[2]) <= widths[2] and len(first) <= width - _LEAST):
            lines += _hung(first, last.split(), width, " " * len(first))
        else:
            begun = "".join(f"{cell:<{place}}{_GAP}" for cell, place in zip(cells[:2], widths, strict=False))
            lines += _hung(begun, cells[2].split(" "), width, indent)
            lines += _hung(indent, last.split(), width, indent) if last else []
        lines += _hung(f"{indent}> ", note.split(), width, f"{indent}  ") if note else []
    return lines


def _hung(first: str, words: Sequence[str], width: int, indent: str) -> list[str]:
    """Words behind the beginning of a line; those that it has no room for stand below, where one that is too long stays whole."""
    lines, is_begun = [first], False
    for word in words:
        longer = f"{lines[-1]} {word}" if is_begun else f"{lines[-1]}{word}"
        if len(longer) <= width or not (is_begun or len(indent) < len(first)):
            lines[-1] = longer
        else:
            lines.append(f"{indent}{word}")
        is_begun = True
    return [line.rstrip() for line in lines]
