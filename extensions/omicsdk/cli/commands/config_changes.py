"""`omics config set` and `unset`: one setting of one file, everything else in it as it was."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from omicsdk.cli.commands.config import masked
from omicsdk.cli.mistakes import did_you_mean
from omicsdk.cli.options import LEVELS
from omicsdk.core.errors import ConfigError, OmicsError, UsageError
from omicsdk.core.redaction import is_secret_name, mask_json
from omicsdk.core.settings.config import ARRAY_OPERATORS, keys_of, merged, name_of, parsed, read_layer
from omicsdk.hca.config import KINDS, KNOWN, is_of_kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from omicsdk.cli.console import Console
    from omicsdk.core.settings.config import Json, Keys, Layer, Settings

STDIN = "-"

KINDS_TO_WRITE = {
    **KINDS,
    "upload": "an object",
    "upload.areas": "an object",
    "upload.current_area": "text",
    "upload.bucket_name_template": "text",
    "upload.production_api_url": "text",
    "upload.preprod_api_url_template": "text",
}
"""What a setting must be to be written: what stops one service's commands only is refused, too."""


def set_setting(arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics config set NAME VALUE`: writes one setting.

    Raises:
        UsageError: A secret stands on the command line, or the value can't be one of this setting.
        ConfigError: The file is malformed or can't be written, or what would stand in it makes no sense.
    """
    from omicsdk.core.settings.config import Values, change, set_in

    keys = keys_of(arguments["name"])
    path = _file(arguments)
    value = _value(keys, arguments["value"], text=bool(arguments["text"]))
    _check_known(keys, value)
    is_site = _is_site_file(path)
    if is_site and _is_secret(keys, value):
        raise UsageError(
            f"{name_of(keys)} is a secret, and everybody can read {path}",
            remedy="Set it in your own file, without --file.",
        )

    def edit(values: Values) -> None:
        set_in(values, path, keys, value)
        _check_merged(_effective(path, json.dumps(values)), keys)

    change(path, edit, shared=is_site)
    _tell_what_counts(keys, path, console)
    _hint(keys, console)
    return {"name": name_of(keys), "value": masked(keys, value), "file": str(path)}


def unset_setting(arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics config unset NAME`: takes one setting out of a file.

    Raises:
        OmicsError: It isn't there.
        ConfigError: The file is malformed or can't be written.
    """
    from omicsdk.core.settings.config import unset

    keys, path = keys_of(arguments["name"]), _file(arguments)
    found = unset(path, keys, shared=_is_site_file(path))
    place = _effective().place_of(keys)
    if not found:
        elsewhere = "" if place in (None, "built in") else f"It is set elsewhere: {place}. Name that file with --file."
        raise OmicsError(f"{name_of(keys)} isn't set in {path}", remedy=elsewhere or _nearest(keys, path))
    if place is not None:
        console.message(f"{name_of(keys)} is still set, now by {place}")
    return {"name": name_of(keys), "file": str(path)}


def _file(arguments: Mapping[str, Any]) -> Path:
    from omicsdk.hca.config import user_file

    named = arguments["file"]
    return Path(named) if named else user_file(os.environ)


def _is_site_file(path: Path) -> bool:
    from omicsdk.hca.config import SITE_FILE

    return path.absolute() == SITE_FILE.absolute()


def _value(keys: Keys, word: str, *, text: bool) -> Json:
    from_stdin = word == STDIN
    if from_stdin:
        word = _typed(keys)
    value = word if text else _json_or_text(word)
    if KINDS_TO_WRITE.get(name_of(keys)) == "text" and not isinstance(value, str):
        value = word  # a token of digits
    if not from_stdin and _is_secret(keys, value):
        raise UsageError(
            f"{name_of(keys)} is a secret, and what stands on a command line is kept in the shell's history",
            remedy=f"Give - and send it to stdin: omics config set {name_of(keys)} - < FILE.",
        )
    return value


def _json_or_text(word: str) -> Json:
    try:
        return json.loads(word, parse_constant=_refused)
    except ValueError:
        return word
    except RecursionError as error:
        raise UsageError("VALUE is nested too deeply") from error


def _refused(constant: str) -> Json:
    raise ValueError(f"{constant} isn't JSON")


def _typed(keys: Keys) -> str:
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass(f"{name_of(keys)}: ")
    return sys.stdin.read().removesuffix("\n").removesuffix("\r")


def _is_secret(keys: Keys, value: Json) -> bool:
    """Whether a value is a secret or has one in it; placeholders of tests and empty texts are none."""
    return bool(value) and (any(map(is_secret_name, keys)) or mask_json(value) != value)


def _check_known(keys: Keys, value: Json) -> None:
    """Refuses a value that every program would refuse from then on.

    Raises:
        UsageError: It isn't one that the setting may have.
    """
    kind = KINDS_TO_WRITE.get(name_of(keys))
    if kind is not None and not is_of_kind(kind, value):
        raise UsageError(f"{name_of(keys)}: expected {kind}, got {json.dumps(masked(keys, value))[:60]}")
    if isinstance(value, dict):
        if not (len(value) == 1 and ARRAY_OPERATORS.intersection(value)):
            for name, inner in value.items():
                _check_known((*keys, name), inner)
    elif keys == ("log_level",) and str(value).upper() not in LEVELS:
        raise UsageError(f"log_level: expected one of {', '.join(LEVELS)}, got {json.dumps(value)}")
    elif len(keys) == 2 and keys[1] == "swagger_url" and isinstance(value, str):
        _check_url(value)


def _check_url(value: str) -> None:
    from omicsdk.hca.discovery import base_url_of

    try:
        base_url_of(value)
    except ConfigError as error:
        raise UsageError(error.message, remedy=error.remedy) from error


def _check_merged(settings: Settings, keys: Keys) -> None:
    """Refuses a default that no command or argument has, or that isn't one of its type.

    Raises:
        UsageError: The setting makes no sense.
    """
    from omicsdk.cli.catalog import Catalog
    from omicsdk.cli.defaults import check

    try:
        check(settings, keys, Catalog())
    except ConfigError as error:
        # The file and the line that it names aren't written.
        raise UsageError(error.message.partition(": ")[2], remedy=error.remedy) from error


def _effective(path: Path | None = None, text: str = "") -> Settings:
    """What the files give together, with this text in the place of a file's.

    Raises:
        ConfigError: A file is malformed, or what stands in it makes no sense.
    """
    from omicsdk.core.settings.config import Layer
    from omicsdk.hca.config import DEFAULTS, files_of

    files = files_of(os.environ)
    if path is not None and not any(_same(file, path) for file in files):
        files.append(path)
    layers: list[Layer] = [Layer("built in", DEFAULTS)]
    for file in files:
        layer = parsed(text, file) if path is not None and _same(file, path) else read_layer(file)
        if layer is not None:
            layers.append(layer)
    return merged(layers)


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _tell_what_counts(keys: Keys, path: Path, console: Console) -> None:
    """Says when what was written has no effect."""
    from omicsdk.hca.config import files_of

    if not any(_same(file, path) for file in files_of(os.environ)):
        console.warning(f"{path} isn't read unless HCA_CONFIG_FILE names it")
        return
    place = _effective().place_of(keys)
    if place is not None and str(path) not in place:
        console.warning(f"{name_of(keys)} has no effect: {place} wins")


def _hint(keys: Keys, console: Console) -> None:
    """Says when a name means nothing to anybody."""
    from omicsdk.cli.services import SERVICES

    names = ["", *(name_of(keys[: end + 1]) for end in range(len(keys)))]
    is_default = keys[0] in SERVICES and "settings" in SERVICES[keys[0]]
    if not is_default and not any(name in KNOWN for name in names):
        console.warning(f"nothing reads {name_of(keys)}. {did_you_mean(name_of(keys), KNOWN)}".rstrip())


def _nearest(keys: Keys, path: Path) -> str:
    layer = read_layer(path)
    return did_you_mean(name_of(keys), [name_of(known) for known in layer.lines]) if layer is not None else ""
