"""`omics config list`, `get` and `path`: what is set, and where it comes from. Secrets are never shown."""

from __future__ import annotations

import os

from omicsdk.cli.commands.known_variables import is_secret, known_variables, shown
from omicsdk.cli.mistakes import did_you_mean
from omicsdk.cli.rows import text_of
from omicsdk.cli.told import Told
from omicsdk.core.errors import OmicsError
from omicsdk.core.redaction import MASK, is_secret_name, mask_json
from omicsdk.core.settings.config import keys_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from omicsdk.cli.console import Console
    from omicsdk.core.settings.config import Setting

ENVIRONMENT = "the environment"


def list_settings(arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics config list`: every setting and known environment variable with its value, secrets masked, and its origin.

    At a terminal it is a line each: beside names and files, a table would have no room for the values.

    Raises:
        ConfigError: A file is malformed; names it with line and column.
    """
    from omicsdk.hca.config import HCAConfig

    del console
    exactly = bool(arguments.get("show_origin"))
    rows = [_row(setting, exactly=exactly) for setting in HCAConfig().settings]
    rows += [
        {"name": name, "value": shown(name, os.environ[name]), "origin": ENVIRONMENT}
        for name in known_variables(os.environ)
    ]
    lines = [f"{row['name']} = {text_of(row['value'])}  ({row['origin']})" for row in rows]
    return Told("\n".join(lines), rows, terminal_only=True)


def get(arguments: Mapping[str, Any], console: Console) -> Any:
    """`omics config get NAME`: one value, or an object of several with their secrets masked.

    Raises:
        OmicsError: There is no such setting, or it is a secret.
        ConfigError: A file is malformed, or the name can't be one.
    """
    from omicsdk.hca.config import KNOWN, HCAConfig

    del console
    name: str = arguments["name"]
    if name in known_variables(os.environ):
        if is_secret(name):
            raise _secret(name, ENVIRONMENT)
        return os.environ[name]
    settings, keys = HCAConfig().settings, keys_of(name)
    place = settings.place_of(keys)
    if place is None:
        known = dict.fromkeys([*(setting.name for setting in settings), *KNOWN])
        raise OmicsError(f"{name} isn't set", remedy=did_you_mean(name, known))
    value = settings.get(*keys)
    if not isinstance(value, dict) and any(map(is_secret_name, keys)):
        raise _secret(name, place)
    return masked(keys, value)


def paths(arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics config path`: the files in the order in which they are read, the strongest last."""
    from omicsdk.hca.config import files_of, named_files

    del arguments, console
    files, named = files_of(os.environ), named_files(os.environ)
    # A user without a home has no file of their own.
    own = len(files) - len(named) - 1
    origins = ["this machine", *["this user"] * own, *["HCA_CONFIG_FILE"] * len(named)]
    return [
        {"path": str(path), "exists": path.is_file(), "origin": origin}
        for path, origin in zip(files, origins, strict=True)
    ]


def masked(keys: tuple[str, ...], value: Any) -> Any:
    """A setting's value for people: MASK in the place of a secret.

    Args:
        keys: The names that lead to it.
        value: What it is.
    """
    return MASK if value and any(map(is_secret_name, keys)) else mask_json(value)


def _row(setting: Setting, *, exactly: bool) -> dict[str, Any]:
    origin = setting.place if exactly else setting.origin
    return {"name": setting.name, "value": masked(setting.keys, setting.value), "origin": origin}


def _secret(name: str, place: str) -> OmicsError:
    return OmicsError(f"{name} is a secret, which isn't shown", remedy=f"It stands in {place}.")
