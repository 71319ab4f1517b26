"""The results of a scenario, as JSON, so that those of two packages can be compared."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Noted:
    """Values by group and label, in the order in which they were recorded.

    Args:
        folder: The scenario's working folder; a dot represents it in texts.
    """

    def __init__(self, folder: Path) -> None:
        self.groups: dict[str, dict[str, Any]] = {}
        self._folder = str(folder)
        self._group: dict[str, Any] = {}

    def run(self, name: str, group: Callable[[], None]) -> None:
        """Run a group, and record the exception that ends it early."""
        self._group = self.groups[name] = {}
        try:
            group()
        except BaseException:
            self._group["ended by"] = traceback.format_exc()

    def __call__(self, label: str, thing: Any) -> None:
        """Record a JSON value."""
        assert label not in self._group, label
        self._group[label] = self._plain(thing)

    def response(self, label: str, call: Callable[[], Any]) -> Any:
        """Record the site's response to a call, and whether the call raised it.

        Returns:
            The body as JSON.
        """
        try:
            given, raised = call(), False
        except Exception as error:
            given, raised = getattr(error, "response", None), True
            if given is None:
                self(label, {"raised": [kind.__name__ for kind in type(error).__mro__]})
                return None
        self(label, {"status": given.status_code, "said": given.json(), "raised": raised})
        return given.json()

    def outcome(self, label: str, call: Callable[[], Any]) -> Any:
        """Record the result of a call, or the names of the exception's class and its bases.

        Returns:
            The result of the call; None if it raised an exception.
        """
        try:
            given = call()
        except Exception as error:
            self(label, {"raised": [kind.__name__ for kind in type(error).__mro__]})
            return None
        self(label, {"given": given})
        return given

    def _plain(self, thing: Any) -> Any:
        if isinstance(thing, dict):
            return {key: self._plain(value) for key, value in thing.items()}
        if isinstance(thing, list | tuple):
            return [self._plain(each) for each in thing]
        if isinstance(thing, str):
            return thing.replace(self._folder, ".")
        return thing
