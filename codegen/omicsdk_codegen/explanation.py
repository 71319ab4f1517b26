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


def as_text(explanation: Explanation) -> str:
    """Lines for a terminal, each part with its place."""
    lines = [
        f"{explanation.name}: {explanation.method} {one_line(explanation.path)}",
        f"  stated at {explanation.place}",
        f"  named by {explanation.named}",
        *(
            [f"  in its group {explanation.group}.{explanation.member}: {explanation.grouped}"]
            if explanation.group
            else []
        ),
        f"  {explanation.module}",
        f"  on the command line: {explanation.command}",
    ]
    for title, parts in (
        ("Arguments", explanation.arguments),
        ("Responses", explanation.responses),
        ("Retries", explanation.retries),
        ("Wishes of overlays", explanation.wishes),
        ("Models", explanation.models),
    ):
        if parts:
            lines += ["", title, *_table(parts)]
    if explanation.notes:
        lines += ["", "Otherwise than the document has it", *(_note(note) for note in explanation.notes)]
    return "\n".join(lines) + "\n"


def as_json(explanation: Explanation) -> str:
    """The same for programs."""
    return json.dumps({**asdict(explanation), "notes": [note.row() for note in explanation.notes]}, indent=1) + "\n"


def _table(parts: Sequence[Part]) -> Iterable[str]:
    width = max(len(part.name) for part in parts)
    return [f"  {part.name:<{width}}  {part.what}  ({part.place})" for part in parts]


def _note(note: Note) -> str:
    origin = note.file if note.line is None else f"{note.file}:{note.line}"
    sure = "" if note.certain else ", which isn't certain"
    return f"  {_KINDS[note.kind]}: {one_line(note.before)} -> {one_line(note.after)}{sure}  ({origin})"
