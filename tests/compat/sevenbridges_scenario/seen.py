"""The results of a scenario, as JSON: words replace identities and times, so that two runs can be compared."""

import re
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from members import MEMBERS

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")
_SOME_TIME_AGO = 1_500_000_000
_ID = re.compile(r"\bi-[0-9a-f]{8}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{24,64}\b")
_SIGNED = re.compile(r"(https?://[^\s?]*/_storage/[^\s?]*)\?\S*")


class Seen:
    """Values by group and label, in the order in which they were recorded.

    Args:
        url: The platform's base URL; a dot represents it.
    """

    def __init__(self, url: str) -> None:
        self.groups: dict[str, dict[str, Any]] = {}
        self._url = url
        self._group: dict[str, Any] = {}
        self._ids: dict[str, str] = {}

    def run(self, name: str, group: Callable[[], None]) -> None:
        """Run a group, and record the exception that ends it early."""
        self._group = self.groups[name] = {}
        self._ids = {}
        try:
            group()
        except BaseException:
            self._group["ended by"] = traceback.format_exc()

    def __call__(self, label: str, thing: object) -> None:
        """Record a value."""
        assert label not in self._group, label
        self._group[label] = self._shown(thing)

    def refused(self, label: str, call: Callable[[], object]) -> None:
        """Record an exception: the names of its class and bases, the status and the platform's code."""
        try:
            given = call()
        except Exception as error:
            told = {name: getattr(error, name, None) for name in ("status", "code")}
            self(label, {"raised": [kind.__name__ for kind in type(error).__mro__], **told})
        else:
            self(label, {"given": given})

    def _shown(self, thing: Any) -> Any:
        kind = type(thing).__name__
        if kind in MEMBERS:
            # A member that is there in one package only must not end the run.
            return {"is": kind, **{name: self._shown(_read(thing, name)) for name in MEMBERS[kind].split()}}
        if isinstance(thing, Mapping):
            return {str(key): self._shown(value) for key, value in thing.items()}
        if isinstance(thing, list | tuple):
            return [self._shown(each) for each in thing]
        if isinstance(thing, datetime):
            return "a time" if thing.tzinfo is None else "a time with its zone"
        if isinstance(thing, int) and thing > _SOME_TIME_AGO:
            return "a time in seconds"
        if isinstance(thing, bool | int | float) or thing is None:
            return thing
        if isinstance(thing, bytes):
            return thing.decode()
        return self._words(str(thing))

    def _words(self, text: str) -> str:
        text = _SIGNED.sub(r"\1", text.replace(self._url, "."))
        return _ID.sub(lambda found: self._word(found.group()), _TIME.sub("a time", text))

    def _word(self, id: str) -> str:
        return self._ids.setdefault(id, f"id-{len(self._ids) + 1}")


def _read(thing: Any, name: str) -> Any:
    try:
        return getattr(thing, name)
    except Exception as error:
        return f"{type(error).__name__} for {name}"
