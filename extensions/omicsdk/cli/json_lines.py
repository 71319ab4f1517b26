"""What is told on stderr as JSON, an object a line, for programs that collect logs."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def json_line(level: str, logger: str, message: str, at: float, fields: Mapping[str, Any] | None = None) -> str:
    """One line, with secrets masked.

    Args:
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        logger: Who tells it.
        message: What is told.
        at: When, in seconds since 1970.
        fields: More about it; what JSON doesn't have becomes text.
    """
    from datetime import UTC, datetime

    from omicsdk.core.redaction import mask_json, mask_text

    told: dict[str, Any] = {
        "time": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "logger": logger,
        "message": mask_text(message),
    }
    if fields:
        told["fields"] = mask_json(json.loads(json.dumps(dict(fields), default=str)))
    return json.dumps(told)


def wants_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for JSON on stderr; for errors that come before it could be parsed.

    Args:
        words: What was typed after the program's name.
    """
    end = words.index("--") if "--" in words else len(words)
    given = [*words[:end], ""]
    asked = [
        word.partition("=")[2] if "=" in word else given[number + 1]
        for number, word in enumerate(given)
        if word.partition("=")[0] == "--log-format"
    ]
    return asked[-1:] == ["json"]
