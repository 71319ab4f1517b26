"""What was found, as lines for people. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.cli.doctor.logins import HOW_TO_GET

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from omicsdk.cli.doctor.logins import Login
    from omicsdk.cli.doctor.outcome import Outcome

_MARKS = {"ok": "ok", "warning": "WARNING", "failed": "FAILED", "skipped": "-"}


def outcomes(found: Sequence[Outcome]) -> str:
    """Outcomes as a table, each remedy below its line, and a sum.

    Args:
        found: The outcomes.
    """
    rows = [(_MARKS[each.status], each.probe, each.subject, each.found, each.remedy) for each in found]
    counts = {status: sum(each.status == status for each in found) for status in _MARKS}
    total = f"{counts['ok']} ok, {counts['warning']} to look at, {counts['failed']} failed, {counts['skipped']} skipped"
    return "\n".join([*_table(rows), "", total])


def logins(found: Sequence[Login], services: Iterable[str]) -> str:
    """What was found for each service, and how to get what wasn't.

    Args:
        found: What was found.
        services: The services that were looked for.
    """
    rows: list[tuple[str, str, str, str, str]] = []
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
    return "\n".join(_table(rows))


def _table(rows: Sequence[tuple[str, str, str, str, str]]) -> list[str]:
    """Four columns side by side, and the fifth below them."""
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    # What is as long as a path would push everything else off the screen.
    widths = [min(width, 44) for width in widths]
    lines: list[str] = []
    for *cells, note in rows:
        lines.append(
            "  ".join([*(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=False)), cells[3]]).rstrip()
        )
        if note:
            lines.append(f"{' ' * (widths[0] + 2)}> {note}")
    return lines
