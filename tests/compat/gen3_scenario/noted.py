"""The results of a scenario, as JSON: words replace identities, revisions and times, so that two runs can be compared."""

import re
import traceback
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_ID = re.compile(r"(?:dg\.[\w.]+[:/])?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_REVISION = re.compile(r"\b[0-9a-f]{8}\b")
_SIGNED = re.compile(r"(https?://[^\s?]*/_storage/)[^\s\"']*")


class Noted:
    """Values by group and label, in the order in which they were recorded.

    Args:
        url: The commons; a dot represents it.
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
            with warnings.catch_warnings():  # what a group does to them must not meet the next one
                group()
        except BaseException:
            self._group["ended by"] = traceback.format_exc()

    def __call__(self, label: str, thing: object) -> None:
        """Record a value."""
        assert label not in self._group, label
        self._group[label] = self._plain(thing)

    def outcome(self, label: str, call: Callable[[], object]) -> Any:
        """Record the result of a call, or its exception: the names of its class and bases, and the status.

        Returns:
            The result of the call; None if it raised an exception.
        """
        try:
            given = call()
        except Exception as error:
            response = getattr(error, "response", None)
            status = getattr(error, "status", None) or getattr(response, "status_code", None)
            self(label, {"raised": [kind.__name__ for kind in type(error).__mro__], "status": status})
            return None
        self(label, {"given": given})
        return given

    def _plain(self, thing: Any) -> Any:
        if isinstance(thing, Mapping):
            return {self._words(str(key)): self._plain(value) for key, value in thing.items()}
        if isinstance(thing, list | tuple):
            return [self._plain(each) for each in thing]
        if isinstance(thing, set):
            return sorted(self._plain(each) for each in thing)
        if isinstance(thing, bool | int | float) or thing is None:
            return thing
        if isinstance(thing, bytes):
            return thing.decode()
        if hasattr(thing, "status_code"):  # a response of requests, or of ours
            return f"<Response [{thing.status_code}]>"
        if callable(getattr(thing, "to_json", None)):  # a document of indexclient
            return self._plain({**thing.to_json(), "did": thing.did, "rev": thing.rev})
        return self._words(str(thing) if isinstance(thing, str | Path) else repr(thing))

    def _words(self, text: str) -> str:
        text = _SIGNED.sub(r"\1...", text.replace(self._url, "."))
        text = _ID.sub(lambda found: self._word(found.group()), _TIME.sub("a time", text))
        return _REVISION.sub("a revision", text)

    def _word(self, id: str) -> str:
        return self._ids.setdefault(id, f"id-{len(self._ids) + 1}")
