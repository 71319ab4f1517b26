"""A report as JSON lines: first one that sums up, then one a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from omicsdk.core.version import __version__
from omicsdk.transfer.reports.outcome import Outcome

#: What the first line names the form of the others; a reader of another number refuses.
FORMAT = 1

_JSON = json.JSONEncoder(separators=(",", ":"))  # escapes all beyond ASCII, halves of surrogate pairs too


def lines_of(summary: Mapping[str, object], outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Gives the lines as they are written, one at a time.

    Args:
        summary: What goes into the first line.
        outcomes: What goes into the others.
    """
    yield _JSON.encode({"record": "summary", "format": FORMAT, "omicsdk": __version__, **summary}) + "\n"
    for outcome in outcomes:
        yield _JSON.encode({"record": "file", **outcome.to_dict()}) + "\n"
