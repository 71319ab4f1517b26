"""Changes to a settings file: one setting at a time, everything else as it was, and no writer's work lost."""

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from omicsdk.core.errors import ConfigError
from omicsdk.core.files.atomic_file import write_private, write_text
from omicsdk.core.files.file_lock import locked
from omicsdk.core.json_text import NoObject, with_value, without_value
from omicsdk.core.settings.config import ARRAY_OPERATORS, DEPTH_LIMIT, Json, name_of, parsed, read_text

_MARK = "\ufeff"
_READABLE = 0o644


def set_value(path: Path, keys: Sequence[str], value: Json) -> None:
    """Sets one setting in a file; the rest of its text stays as it is, to the byte.

    Args:
        path: The file; made when it isn't there, with its folders. Afterwards its owner alone can read it.
        keys: The names that lead to the setting, 1 to DEPTH_LIMIT of them.
        value: The value, or an array operator as in `{"$append": 1}`.

    Raises:
        ConfigError: The file is malformed or can't be written, or something on the way isn't an object.
    """
    if not 0 < len(keys) <= DEPTH_LIMIT:
        raise ConfigError(f"a setting has 1 to {DEPTH_LIMIT} names, not {len(keys)}")
    change(path, lambda text: set_in(text, path, keys, value))


def unset(path: Path, keys: Sequence[str], *, shared: bool = False) -> bool:
    """Takes one setting out of a file; the rest of its text stays as it is, to the byte.

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

    def edit(text: str) -> str:
        left = without_value(text, keys)
        found.append(left is not None)
        return text if left is None else left

    change(path, edit, shared=shared)
    return found[-1]


def change(path: Path, edit: Callable[[str], str], *, shared: bool = False) -> None:
    """Changes a settings file under its lock, whole or not at all.

    Args:
        path: The file; where it is a link, what it points at is changed and the link stays.
        edit: Gives the new text for the present one, `{}` when there is no file. When both are the same nothing is written.
        shared: The file is everybody's: it keeps its mode, and a new one may be read by all. Others are their owner's alone.

    Raises:
        ConfigError: The file is malformed before or after, or can't be read or written.
    """
    with locked(path):
        before = read_text(path)
        text = "{}\n" if before is None or not before.strip() else before
        mark = _MARK if text.startswith(_MARK) else ""
        parsed(text, path)
        made = edit(text.removeprefix(_MARK))
        parsed(made, path)
        if before != mark + made:
            if shared:
                write_text(path, mark + made, stat.S_IMODE(path.stat().st_mode) if before is not None else _READABLE)
            else:
                write_private(path, mark + made)


def set_in(text: str, path: Path, keys: Sequence[str], value: Json) -> str:
    """The text of a settings file with one setting changed.

    Args:
        text: The text.
        path: The file, for errors.
        keys: The names that lead to the setting.
        value: Its value.

    Raises:
        ConfigError: Something on the way isn't an object, or changes an array.
    """
    found: Json = parsed(text, path).values  # pyright: ignore[reportAssignmentType] - a dict
    for depth, key in enumerate(keys[:-1], 1):
        found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, dict) and len(found) == 1 and ARRAY_OPERATORS.intersection(found):
            raise _not_an_object(path, keys[:depth], "changes an array")
    try:
        return with_value(text, keys, value)
    except NoObject as error:
        raise _not_an_object(path, error.keys, "isn't an object") from error


def _not_an_object(path: Path, keys: Sequence[str], what: str) -> ConfigError:
    return ConfigError(
        f"{os.fspath(path)}: {name_of(keys)} {what}, so {name_of(keys)} can't hold more",
        remedy=f"Take it out first: omics config unset {name_of(keys)}",
    )
