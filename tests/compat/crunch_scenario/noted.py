"""What a scenario notes, as JSON, so that what two packages saw can be compared."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Noted:
    """Values by group and label, in the order in which they were noted.

    Args:
        folder: Where the scenario works; a dot represents it in texts.
    """

    def __init__(self, folder: Path) -> None:
        self.groups: dict[str, dict[str, Any]] = {}
        self._folder = str(folder)
        self._group: dict[str, Any] = {}

    def run(self, name: str, group: Callable[[], None]) -> None:
        """Runs a group; what ends it early is noted too."""
        self._group = self.groups[name] = {}
        try:
            group()
        except BaseException:
            self._group["ended by"] = traceback.format_exc()

    def __call__(self, label: str, thing: Any) -> None:
        """Notes a JSON value."""
        assert label not in self._group, label
        self._group[label] = self._plain(thing)

    def answer(self, label: str, call: Callable[[], Any]) -> Any:
        """Notes what the site said to a call, and whether the call raised it.

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
        """Notes what a call gives, or names of the class that it raises and of that class's bases.

        Returns:
            What the call gave; None when it raised something.
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
