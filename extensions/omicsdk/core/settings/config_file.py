"""Changes to a settings file: one setting at a time, whole or not at all, and no writer's work lost."""

import copy
import json
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from omicsdk.core.errors import ConfigError
from omicsdk.core.files.atomic_file import write_private, write_text
from omicsdk.core.files.file_lock import locked
from omicsdk.core.settings.config import ARRAY_OPERATORS, DEPTH_LIMIT, Json, name_of, parsed, read_text

_READABLE = 0o644
INDENT = 4

Values = dict[str, Json]
"""What a settings file states."""


def set_value(path: Path, keys: Sequence[str], value: Json) -> None:
    """Set one setting in a file; all others stay.

    Args:
        path: The file; made when it isn't there, with its folders. Afterwards its owner alone can read it.
        keys: The names that lead to the setting, 1 to DEPTH_LIMIT of them.
        value: The value, or an array operator as in `{"$append": 1}`.

    Raises:
        ConfigError: The file is malformed or can't be written, or something on the way isn't an object.
    """
    if not 0 < len(keys) <= DEPTH_LIMIT:
        raise ConfigError(f"a setting has 1 to {DEPTH_LIMIT} names, not {len(keys)}")
    change(path, lambda values: set_in(values, path, keys, value))


def unset(path: Path, keys: Sequence[str], *, shared: bool = False) -> bool:
    """Remove one setting from a file; all others stay.

    Args:
        path: The file.
        keys: The names that lead to the setting.
        shared: As for `change`.

    Returns:
        Whether it was there.

    Raises:
        ConfigError: The file is malformed or can't be written.
    """
    if not keys or not path.exists():
        return False
    found: list[bool] = []

    def edit(values: Values) -> None:
        found.append(remove_in(values, keys))

    change(path, edit, shared=shared)
    return found[-1]


def change(path: Path, edit: Callable[[Values], object], *, shared: bool = False) -> None:
    """Change a settings file under its lock, whole or not at all.

    Args:
        path: The file; where it is a link, its target is changed and the link stays.
        edit: Changes the values in place. When they stay equal, nothing is written.
        shared: The file belongs to all users: it keeps its mode, and a new one is readable by all. Others are readable by their
            owner only.

    Raises:
        ConfigError: The file is malformed before or after, or cannot be read or written.
    """
    with locked(path):
        exists = path.exists()
        before = values_of(path)
        values = copy.deepcopy(before)
        edit(values)
        text = json.dumps(values, indent=INDENT, ensure_ascii=False) + "\n"
        parsed(text, path)
        if values == before:
            return
        if shared:
            write_text(path, text, stat.S_IMODE(path.stat().st_mode) if exists else _READABLE)
        else:
            write_private(path, text)


def values_of(path: Path) -> Values:
    """Return the values of a settings file; empty where it does not exist or is blank.

    Raises:
        ConfigError: It is malformed, or cannot be read.
    """
    text = read_text(path)
    return dict(parsed(text, path).values) if text is not None and text.strip() else {}


def set_in(values: Values, path: Path, keys: Sequence[str], value: Json) -> None:
    """Set one of the values of a settings file, in place.

    Args:
        values: The values.
        path: The file, for errors.
        keys: The names that lead to the setting.
        value: Its value.

    Raises:
        ConfigError: A value on the way is not an object, or changes an array.
    """
    found: Values = values
    for depth, key in enumerate(keys[:-1], 1):
        below = found.setdefault(key, {})
        if not isinstance(below, dict):
            raise _not_an_object(path, keys[:depth], "isn't an object")
        if len(below) == 1 and ARRAY_OPERATORS.intersection(below):
            raise _not_an_object(path, keys[:depth], "changes an array")
        found = below
    found[keys[-1]] = value


def remove_in(values: Values, keys: Sequence[str]) -> bool:
    """Remove one of the values of a settings file, in place; the object that held it stays.

    Args:
        values: The values.
        keys: The names that lead to the setting, one or more.

    Returns:
        Whether it existed.
    """
    found: Json = values
    for key in keys[:-1]:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict) or keys[-1] not in found:
        return False
    del found[keys[-1]]
    return True


def _not_an_object(path: Path, keys: Sequence[str], what: str) -> ConfigError:
    return ConfigError(
        f"{os.fspath(path)}: {name_of(keys)} {what}, so {name_of(keys)} can't hold more",
        remedy=f"Take it out first: omics config unset {name_of(keys)}",
    )
