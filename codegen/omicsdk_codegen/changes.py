"""Changes from one document to the next as people and programs read them: Markdown, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from .code import as_markdown
from .diffing import Change
from .plan import Package
from .texts import one_line
from .values import Json, Object, object_in

_GROUPS = ((True, "Breaking"), (False, "Other"))
_KINDS = ("client", "operation", "webhook", "model")
# What fits a terminal's window needs no table of contents.
MOST_UNGROUPED = 20
_OF_MANY = {"is": "are", "has": "have", "asks": "ask", "describes": "describe", "responses": "response"}


def as_report(old: Package, new: Package, changes: Sequence[Change]) -> str:
    """Format changes as Markdown for a changelog, the breaking ones first, one per line.

    More than `MOST_UNGROUPED` changes begin with their counts and are grouped by the tags of their operations; there a
    line is a change with all that it affects.

    Args:
        old: the earlier package.
        new: the present one.
        changes: from `compare`.
    """
    lines = [f"## {as_markdown(new.title)}: from {as_markdown(_version(old))} to {as_markdown(_version(new))}"]
    grouped = len(changes) > MOST_UNGROUPED
    if grouped:
        lines += ["", *_counts(changes)]
    for breaking, heading in _GROUPS:
        group = [change for change in changes if change.breaking is breaking]
        if group:
            lines += ["", f"### {heading} changes"]
            lines += _sections(group) if grouped else ["", *(_line([change.name], change.what) for change in group)]
    if not changes:
        lines += ["", "Nothing changes for users of the client."]
    return "\n".join(lines) + "\n"


def _counts(changes: Sequence[Change]) -> Iterator[str]:
    yield "| what | breaking | other |"
    yield "|---|---:|---:|"
    for subject, entries in _by_subject(changes).items():
        yield _count(as_markdown(subject), entries)
    yield _count("**together**", changes)


def _count(subject: str, changes: Sequence[Change]) -> str:
    breaking = sum(change.breaking for change in changes)
    return f"| {subject} | {breaking:,} | {len(changes) - breaking:,} |"


def _by_subject(changes: Sequence[Change]) -> dict[str, list[Change]]:
    """Changes of the client, then of operations by their tags, then of models."""
    subjects: dict[tuple[int, str], list[Change]] = {}
    for change in changes:
        subjects.setdefault((_KINDS.index(change.kind), change.tag), []).append(change)
    return {_subject(_KINDS[kind], tag): subjects[kind, tag] for kind, tag in sorted(subjects)}


def _subject(kind: str, tag: str) -> str:
    operations = f"Operations of {tag}" if tag else "Operations"
    return {"client": "The client", "operation": operations, "webhook": "Webhooks", "model": "Models"}[kind]


def _sections(changes: Sequence[Change]) -> Iterator[str]:
    for subject, entries in _by_subject(changes).items():
        befallen: dict[str, list[str]] = {}
        for change in entries:
            befallen.setdefault(change.what, []).append(change.name)
        yield from ("", f"#### {as_markdown(subject)}", "")
        yield from (_line(names, what) for what, names in befallen.items())


def as_json(old: Package, new: Package, changes: Sequence[Change]) -> str:
    """The same for programs: `old`, `new` (title and version), `breaking` and `other` (kind, name, change, any tag)."""
    payload: Object = {
        "old": {"title": old.title, "version": _version(old)},
        "new": {"title": new.title, "version": _version(new)},
    }
    for breaking, heading in _GROUPS:
        rows: list[Json] = [_row(change) for change in changes if change.breaking is breaking]
        payload[heading.lower()] = rows
    return json.dumps(payload, indent=1) + "\n"


def _row(change: Change) -> Object:
    row: Object = {"kind": change.kind, "name": change.name, "change": change.what}
    return {**row, "tag": change.tag} if change.tag else row


def _version(package: Package) -> str:
    return one_line(object_in(package.document, "info").get("version"))


def _line(names: Sequence[str], what: str) -> str:
    if len(names) > 1:
        verb, _, rest = what.partition(" ")
        what = f"{_OF_MANY.get(verb, verb)} {rest}"
    return f"- {', '.join(f'`{name}`' if name else 'the client' for name in names)}: {_prose(what)}"


def _prose(text: str) -> str:
    """Escape a line for Markdown: types stay readable unrendered, and nothing is HTML, a link or code."""
    return "".join(f"\\{char}" if char in "\\`*<>" else char for char in text).replace("](", "]\\(")
