"""The results of a scenario, as JSON: words replace identities, times and signatures, so that two runs can be compared."""

import re
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HOST = re.compile(r"http://127\.0\.0\.1:\d+")
_SIGNED = re.compile(r"\?[^\s\"']*Signature=[^\s\"']*")


class Noted:
    """Values by group and label, in the order in which they were recorded.

    Args:
        url: The platform's URL; a dot represents it.
        folder: The folder of files; a tilde represents it.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.groups: dict[str, dict[str, Any]] = {}
        self._url = url
        self._folder = str(folder)
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
        self._group[label] = self._plain(thing)

    def outcome(self, label: str, call: Callable[[], object]) -> Any:
        """Record the result of a call, or its exception: the names of its class and bases, and the status.

        Returns:
            The result of the call; None if it raised an exception.
        """
        try:
            given = call()
        except Exception as error:
            self(label, {"raised": [kind.__name__ for kind in type(error).__mro__], "status": _status(error)})
            return None
        self(
            label,
            {"given": given if given is None or isinstance(given, bool | int | str | list | dict) else "an object"},
        )
        return given

    def _plain(self, thing: Any) -> Any:
        if isinstance(thing, Mapping):
            return {self._words(str(key)): self._plain(value) for key, value in thing.items()}
        if isinstance(thing, list | tuple):
            return [self._plain(each) for each in thing]
        if isinstance(thing, bool | int | float) or thing is None:
            return thing
        return self._words(str(thing))

    def _words(self, text: str) -> str:
        text = text.replace(self._url, ".").replace(self._folder, "~")
        text = _SIGNED.sub("?signed", _HOST.sub("http://host", text))
        return _ID.sub(lambda found: self._word(found.group()), _TIME.sub("a time", text))

    def _word(self, id: str) -> str:
        return self._ids.setdefault(id, f"id-{len(self._ids) + 1}")


def _status(error: BaseException) -> int | None:
    """Return the status of an error; the published client's errors wrap one of requests."""
    inner = next((each for each in error.args if isinstance(each, Exception)), None)
    for each in (error, inner):
        response = getattr(each, "response", None)
        status = getattr(each, "status", None) or getattr(response, "status_code", None)
        if status is not None:
            return status
    return None
