"""What is seen in a scenario on Seven Bridges."""

import re
from datetime import datetime
from typing import Any

from members import MEMBERS
from scenario_results import ScenarioResults

_SOME_TIME_AGO = 1_500_000_000


class Seen(ScenarioResults):
    """Values, with the members of the packages' objects, and without times and signatures."""

    ID = re.compile(rf"\bi-[0-9a-f]{{8}}\b|{ScenarioResults.ID.pattern}|\b[0-9a-f]{{24,64}}\b")

    REPLACED = ((re.compile(r"(https?://[^\s?]*/_storage/[^\s?]*)\?\S*"), r"\1"),)

    def raised(self, error: Exception) -> dict[str, Any]:
        return {**super().raised(error), **{name: getattr(error, name, None) for name in ("status", "code")}}

    def plain(self, value: Any) -> Any:
        kind = type(value).__name__
        if kind in MEMBERS:
            # A member that is there in one package only must not end the run.
            return {"is": kind, **{name: self.plain(_read(value, name)) for name in MEMBERS[kind].split()}}
        if isinstance(value, datetime):
            return "a time" if value.tzinfo is None else "a time with its zone"
        if isinstance(value, int) and value > _SOME_TIME_AGO:
            return "a time in seconds"
        return super().plain(value)


def _read(resource: Any, name: str) -> Any:
    try:
        return getattr(resource, name)
    except Exception as error:
        return f"{type(error).__name__} for {name}"
