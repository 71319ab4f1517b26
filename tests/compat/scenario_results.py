"""The results of a scenario, as JSON: words replace identities and times, so that two runs can be compared."""

import json
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from importlib import import_module
from typing import Any, ClassVar

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")


class ScenarioResults:
    """Values by group and label, in the order in which they were recorded.

    Args:
        texts: Texts that differ between runs, each with what represents it.
    """

    ID: ClassVar[re.Pattern[str]] = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    REPLACED: ClassVar[Sequence[tuple[re.Pattern[str], str]]] = ()
    """Further patterns that differ between runs, each with what represents it."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._groups: dict[str, dict[str, Any]] = {}
        self._texts = texts
        self._group: dict[str, Any] = {}
        self._ids: dict[str, str] = {}

    def play(self, parts: Sequence[str], party: Any) -> None:
        """Run the groups of modules, and print their results."""
        with redirect_stdout(sys.stderr):  # the published clients print
            for part in parts:
                for group in import_module(part).GROUPS:
                    self._run(group.__name__, lambda group=group: group(party, self))
        json.dump(self._groups, sys.stdout)

    def _run(self, name: str, group: Callable[[], None]) -> None:
        """Run a group, and record the exception that ends it early."""
        self._group = self._groups[name] = {}
        self._ids = {}
        try:
            with warnings.catch_warnings():  # what a group does to them must not meet the next one
                group()
        except BaseException:
            self._group["ended by"] = traceback.format_exc()

    def __call__(self, label: str, value: object) -> None:
        """Record a value."""
        assert label not in self._group, label
        self._group[label] = self.plain(value)

    def outcome(self, label: str, call: Callable[[], object]) -> Any:
        """Record the result of a call, or its exception.

        Returns:
            The result of the call; None if it raised an exception.
        """
        try:
            value = call()
        except Exception as error:
            self(label, self.raised(error))
            return None
        self(label, {"given": value})
        return value

    def raised(self, error: Exception) -> dict[str, Any]:
        """The names of an exception's class and bases, and its status; that of an error within it, if it has none."""
        inner = (argument for argument in error.args if isinstance(argument, Exception))
        statuses = (
            getattr(part, "status", None) or getattr(getattr(part, "response", None), "status_code", None)
            for part in (error, *inner)
        )
        return {
            "raised": [kind.__name__ for kind in type(error).__mro__],
            "status": next((status for status in statuses if status is not None), None),
        }

    def plain(self, value: Any) -> Any:
        """A value as JSON."""
        if isinstance(value, Mapping):
            return {self.words(str(key)): self.plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.plain(item) for item in value]
        if isinstance(value, bool | int | float) or value is None:
            return value
        return value.decode() if isinstance(value, bytes) else self.words(str(value))

    def words(self, text: str) -> str:
        """A text without what differs between runs."""
        for part, word in self._texts.items():
            text = text.replace(part, word)
        for pattern, word in self.REPLACED:
            text = pattern.sub(word, text)
        return self.ID.sub(
            lambda match: self._ids.setdefault(match.group(), f"id-{len(self._ids) + 1}"), _TIME.sub("a time", text)
        )
