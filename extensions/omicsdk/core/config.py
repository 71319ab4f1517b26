"""Layered JSON settings: which files, merged how, and where each value came from. Knows no platform.

Layers are merged from the weakest to the strongest. Objects are merged member by member, anything else is replaced. An
object whose only member is an array operator changes the array below it instead:

- `{"$append": v}` and `{"$extend": [v, ...]}` add at the end, `{"$extendleft": [v, ...]}` adds before the first in the order given;
- `{"$insert": {"0": v}}` puts values at positions, counted as the array grows;
- `{"$remove": v}` takes the first equal value out, if there is one.

Where there is no array yet, they begin with an empty one.
"""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from omicsdk.core.atomic_file import write_private
from omicsdk.core.errors import ConfigError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Keys: TypeAlias = tuple[str, ...]

#: Members of an object that is no value but a change to an array.
ARRAY_OPERATORS = frozenset({"$append", "$extend", "$extendleft", "$insert", "$remove"})
#: Levels of a settings file; none that people write comes near.
DEPTH_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of settings.

    Attributes:
        origin: What people call it: a file's path, "the environment", "built in".
        values: Its settings; they are not changed.
    """

    origin: str
    values: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Setting:
    """One value with its place and its origin.

    Attributes:
        keys: The names that lead to it.
        value: What it is; never an object with members.
        origin: The layer that it comes from; an array that several layers changed names them all.
    """

    keys: Keys
    value: Json
    origin: str

    @property
    def name(self) -> str:
        """The place as people write it: names joined by dots."""
        return ".".join(self.keys)


@dataclass(frozen=True, slots=True)
class Settings:
    """Layers merged into one.

    Attributes:
        values: The merged settings.
        origins: Where each value that isn't an object with members came from.
    """

    values: dict[str, Json]
    origins: Mapping[Keys, str]

    def get(self, *keys: str, default: Json = None) -> Json:
        """Gives a value.

        Args:
            *keys: The names that lead to it.
            default: What is given when it isn't there.

        Returns:
            The value.
        """
        found: Json = self.values
        for key in keys:
            if not isinstance(found, dict) or key not in found:
                return default
            found = found[key]
        return found

    def origin(self, *keys: str) -> str | None:
        """Gives where a value came from.

        Args:
            *keys: The names that lead to it.

        Returns:
            The layer's origin; None when there is no such value or it is an object with members.
        """
        return self.origins.get(keys)

    def __iter__(self) -> Iterator[Setting]:
        """Every value that isn't an object with members, in the order of the settings."""
        for keys, value in _leaves(self.values, ()):
            yield Setting(keys, value, self.origins[keys])


def merged(layers: Iterable[Layer]) -> Settings:
    """Merges layers.

    Args:
        layers: From the weakest to the strongest.

    Returns:
        The settings, independent of the layers' own objects.

    Raises:
        ConfigError: An array operator has no array to work on, or its value makes no sense.
    """
    values: dict[str, Json] = {}
    origins: dict[Keys, str] = {}
    for layer in layers:
        _merge(values, layer.values, (), layer.origin, origins)
    return Settings(values, origins)


def _merge(into: dict[str, Json], values: Mapping[str, Json], at: Keys, origin: str, origins: dict[Keys, str]) -> None:
    if len(at) > DEPTH_LIMIT:
        raise ConfigError(f"{origin}: settings are nested deeper than {DEPTH_LIMIT} levels")
    for key, value in values.items():
        keys = (*at, key)
        below = into.get(key)
        operator = _operator(value)
        if operator is not None:
            name, operand = operator
            if below is not None and not isinstance(below, list):
                raise ConfigError(f"{origin}: {'.'.join(keys)} has {name}, but what it changes isn't an array")
            into[key] = _changed(below or [], name, operand, f"{origin}: {'.'.join(keys)}")
            before = origins.get(keys)
            origins[keys] = origin if before is None else f"{before}, {origin}"
        elif isinstance(value, dict) and value:
            if not isinstance(below, dict):
                into[key] = below = {}
            origins.pop(keys, None)  # what was there had no members
            _merge(below, value, keys, origin, origins)
        elif value == {} and isinstance(below, dict) and below:
            continue  # nothing to merge
        else:
            _forget(keys, origins)
            into[key] = copy.deepcopy(value)
            origins[keys] = origin


def _operator(value: Json) -> tuple[str, Json] | None:
    if isinstance(value, dict) and len(value) == 1:
        name, operand = next(iter(value.items()))
        if name in ARRAY_OPERATORS:
            return name, operand
    return None


def _changed(array: list[Json], name: str, operand: Json, place: str) -> list[Json]:
    """The array after an operator."""
    found, operand = list(array), copy.deepcopy(operand)
    if name == "$append":
        return [*found, operand]
    if name == "$remove":
        if operand in found:
            found.remove(operand)
        return found
    if name == "$insert":
        if not isinstance(operand, dict) or not all(_is_position(key) for key in operand):
            raise ConfigError(f'{place}: $insert takes an object of positions and values, such as {{"0": 1}}')
        for position, value in operand.items():
            found.insert(int(position), value)
        return found
    if not isinstance(operand, list):
        raise ConfigError(f"{place}: {name} takes an array")
    return found + operand if name == "$extend" else operand + found


def _is_position(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and text.isascii()


def _forget(keys: Keys, origins: dict[Keys, str]) -> None:
    for other in [other for other in origins if other[: len(keys)] == keys]:
        del origins[other]


def _leaves(values: dict[str, Json], at: Keys) -> Iterator[tuple[Keys, Json]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*at, key))
        else:
            yield (*at, key), value


def read_layer(path: Path) -> Layer | None:
    """Reads a settings file.

    Args:
        path: The file.

    Returns:
        Its layer, or None when there is no such file.

    Raises:
        ConfigError: It can't be read, isn't UTF-8, isn't JSON (the error names line and column), or its value isn't an
            object.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(
            f"{path} can't be read: {error.strerror or error}", remedy="Check the file's permissions."
        ) from error
    remedy = "Correct the file, or move it away to go on without it."
    try:
        value: object = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise ConfigError("not UTF-8 text", remedy=remedy, file=str(path), line=line, column=column) from error
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"not JSON: {error.msg}", remedy=remedy, file=str(path), line=error.lineno, column=error.colno
        ) from error
    except RecursionError as error:
        raise ConfigError("nested too deeply", remedy=remedy, file=str(path)) from error
    if not isinstance(value, dict):
        raise ConfigError("not a JSON object", remedy=remedy, file=str(path), line=1, column=1)
    return Layer(str(path), cast("dict[str, Json]", value))


def save(path: Path, values: Mapping[str, Json]) -> None:
    """Writes settings as a JSON file, whole or not at all, readable by its owner only: they may hold secrets.

    Args:
        path: The file; folders that are missing are made.
        values: The settings.

    Raises:
        ConfigError: It can't be written.
    """
    write_private(path, json.dumps(values, indent=4, sort_keys=True) + "\n")
