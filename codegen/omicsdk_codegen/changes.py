"""Changes from one document to the next as people and programs read them: Markdown, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .code import as_markdown
from .diffing import Change
from .plan import Package
from .texts import one_line
from .values import Json, Object

_GROUPS = ((True, "Breaking"), (False, "Other"))


def as_report(old: Package, new: Package, changes: Sequence[Change]) -> str:
    """Markdown for a changelog, the breaking changes first; a line a change.

    Args:
        old: the package as it was.
        new: as it is.
        changes: from `compare`.
    """
    lines = [f"## {as_markdown(new.title)}: from {as_markdown(_version(old))} to {as_markdown(_version(new))}"]
    for breaking, heading in _GROUPS:
        group = [change for change in changes if change.breaking is breaking]
        if group:
            lines += ["", f"### {heading} changes", "", *(_line(change) for change in group)]
    if not changes:
        lines += ["", "Nothing changes for users of the client."]
    return "\n".join(lines) + "\n"


def as_json(old: Package, new: Package, changes: Sequence[Change]) -> str:
    """The same for programs: `old`, `new` (title and version), `breaking` and `other` (kind, name, change)."""
    found: Object = {
        "old": {"title": old.title, "version": _version(old)},
        "new": {"title": new.title, "version": _version(new)},
    }
    for breaking, heading in _GROUPS:
        rows: list[Json] = [
            {"kind": change.kind, "name": change.name, "change": change.what}
            for change in changes
            if change.breaking is breaking
        ]
        found[heading.lower()] = rows
    return json.dumps(found, indent=1) + "\n"


def _version(package: Package) -> str:
    info = package.document.get("info")
    return one_line(info.get("version")) if isinstance(info, dict) else ""


def _line(change: Change) -> str:
    subject = "the client" if not change.name else f"`{change.name}`"
    return f"- {subject}: {_prose(change.what)}"


def _prose(text: str) -> str:
    """A line that shows as it is: types stay readable unrendered, and nothing is HTML, a link or code."""
    return "".join(f"\\{char}" if char in "\\`*<>" else char for char in text).replace("](", "]\\(")
