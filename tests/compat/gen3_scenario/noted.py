"""What is noted of a scenario on a commons."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scenario_results import ScenarioResults

_REVISION = re.compile(r"\b[0-9a-f]{8}\b")


class Noted(ScenarioResults):
    """Values, with words in place of GUIDs with their prefix, revisions and signed URLs."""

    ID = re.compile(rf"(?:dg\.[\w.]+[:/])?{ScenarioResults.ID.pattern}")
    REPLACED = ((re.compile(r"(https?://[^\s?]*/_storage/)[^\s\"']*"), r"\1..."),)

    def plain(self, value: Any) -> Any:
        if isinstance(value, set):
            return sorted(self.plain(item) for item in value)
        if hasattr(value, "status_code"):  # a response of requests, or of ours
            return f"<Response [{value.status_code}]>"
        if callable(getattr(value, "to_json", None)):  # a document of indexclient
            return self.plain({**value.to_json(), "did": value.did, "rev": value.rev})
        shown = isinstance(value, Mapping | list | tuple | bool | int | float | bytes | str | Path) or value is None
        return super().plain(value) if shown else self.words(repr(value))

    def words(self, text: str) -> str:
        return _REVISION.sub("a revision", super().words(text))
