"""An operation's explanation as people and programs read it: text, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from .explaining import Explanation, Part
from .faults import Note
from .texts import one_line

_KINDS = {
    "repair": "repaired",
    "omission": "not taken over",
    "loss": "lost",
    "untyped": "without a type",
    "fault": "broken",
    "recognition": "recognised",
    "suggestion": "suggested",
    "name": "named in full",
    "group": "grouped",
    "pruned": "left out",
}


def as_text(found: Explanation) -> str:
    """Lines for a terminal, each part with its place."""
    lines = [
        f"{found.name}: {found.method} {one_line(found.path)}",
        f"  stated at {found.place}",
        f"  named by {found.named}",
        *([f"  in its group {found.group}.{found.member}: {found.grouped}"] if found.group else []),
        f"  {found.module}",
        f"  on the command line: {found.command}",
    ]
    for title, parts in (
        ("Arguments", found.arguments),
        ("Responses", found.responses),
        ("Retries", found.retries),
        ("Wishes of overlays", found.wishes),
        ("Models", found.models),
    ):
        if parts:
            lines += ["", title, *_table(parts)]
    if found.notes:
        lines += ["", "Otherwise than the document has it", *(_note(note) for note in found.notes)]
    return "\n".join(lines) + "\n"


def as_json(found: Explanation) -> str:
    """The same for programs."""
    return json.dumps({**asdict(found), "notes": [note.row() for note in found.notes]}, indent=1) + "\n"


def _table(parts: Sequence[Part]) -> Iterable[str]:
    width = max(len(part.name) for part in parts)
    return [f"  {part.name:<{width}}  {part.what}  ({part.place})" for part in parts]


def _note(note: Note) -> str:
    place = note.file if note.line is None else f"{note.file}:{note.line}"
    sure = "" if note.certain else ", which isn't certain"
    return f"  {_KINDS[note.kind]}: {one_line(note.before)} -> {one_line(note.after)}{sure}  ({place})"
