"""Settings that tests and teachers change while the sandbox runs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from omicsdk.sandbox.document import read_table
from omicsdk.sandbox.state.database import Database

Value = bool | int | float | str
# What a setting takes that is no number, by the type of its default.
_KINDS: Mapping[type, str] = {bool: "true or false", str: "a text"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: Its name, prefixed by the service that reads it, such as `dss.checkout_redirects`.
        default: Its value until it is changed; its type is the type of every value.
        meaning: Its meaning, with the unit.
        choices: The valid values of a text; empty for any.
    """

    name: str
    default: Value
    meaning: str
    choices: Sequence[str] = ()


def shipped() -> dict[str, Setting]:
    """The settings of all platforms by name, as `settings.toml` lists them."""
    groups = read_table("settings.toml").items()
    named = {f"{group}.{key}": fields for group, keys in groups for key, fields in keys.items()}
    return {name: Setting(name, **fields) for name, fields in named.items()}


class Settings:
    """The settings of one sandbox. They survive a restart; a reset restores the defaults.

    Args:
        database: Storage of changed settings.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._settings: dict[str, Setting] = {}
        self._turned: dict[str, Value] | None = None  # the table's values; None until the first read
        database.define(settings="name TEXT PRIMARY KEY, value TEXT NOT NULL")

    def declare(self, *settings: Setting) -> None:
        """Declare settings."""
        self._settings.update((setting.name, setting) for setting in settings)

    def number(self, name: str) -> float:
        """The value of a setting that is a number."""
        value = self._value(name)
        if isinstance(value, str):
            raise TypeError(f"{name} is a text")
        return value

    def text(self, name: str) -> str:
        """The value of a setting that is a text."""
        return str(self._value(name))

    def flag(self, name: str) -> bool:
        """The value of a setting that is true or false."""
        return bool(self._value(name))

    def _value(self, name: str) -> Value:
        turned = self._turned
        if turned is None:
            with self._database.transaction():  # no other change between the reading and the writing
                rows = self._database.rows("SELECT name, value FROM settings")
                self._turned = turned = {row["name"]: json.loads(row["value"]) for row in rows}
        return turned.get(name, self._settings[name].default)

    def forget(self) -> None:
        """Read the table again after it was emptied."""
        self._turned = None

    def turn(self, values: Mapping[str, object]) -> None:
        """Change settings, all or none.

        Raises:
            ValueError: A name is not known, or a value has another type or is negative.
        """
        for name, value in values.items():
            if name not in self._settings:
                raise ValueError(f"unknown setting {name!r}; known are {', '.join(sorted(self._settings))}")
            default, choices = self._settings[name].default, self._settings[name].choices
            if isinstance(default, bool | str):
                is_right = isinstance(value, type(default))
            else:
                is_right = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < inf
            if not is_right:
                raise ValueError(f"{name} takes {_KINDS.get(type(default), '0 or more')}, not {value!r}")
            if choices and value not in choices:
                raise ValueError(f"{name} takes {' or '.join(choices)}, not {value!r}")
        with self._database.transaction():
            for name, value in values.items():
                self._database.execute("REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))
            self.forget()

    def all(self) -> dict[str, dict[str, Value]]:
        """Every switch with its value, default and meaning."""
        return {
            name: {"value": self._value(name), "default": setting.default, "meaning": setting.meaning}
            for name, setting in sorted(self._settings.items())
        }
