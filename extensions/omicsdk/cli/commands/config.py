"""`omics config`: the settings of every platform, each with its origin. Secrets are never shown."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.arguments import LEVELS
from omicsdk.cli.commands.values import STREAM, check_unused, words_of
from omicsdk.cli.commands.values import text_of as text_in
from omicsdk.cli.defaults import VARIABLES
from omicsdk.cli.output import TextAndData
from omicsdk.cli.rows import text_of
from omicsdk.core.errors import ConfigError, OmicsError, UsageError
from omicsdk.core.json_text import strict_value
from omicsdk.core.likeness import did_you_mean
from omicsdk.core.redaction import MASK, is_secret_name, mask_json, mask_text
from omicsdk.core.settings.config import ARRAY_OPERATORS, Layer, is_of_kind, keys_of, merged, name_of, read_layer
from omicsdk.core.settings.profiles import ACCEPTED, DEFAULTS, change_settings, read_settings, settings_path, table_keys
from omicsdk.hca.config import KINDS, SETTINGS, HCAConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omicsdk.cli.output import Console
    from omicsdk.cli.services import Connection
    from omicsdk.core.settings.config import Json, Keys, Setting, Settings

# Secrets whose names do not show it.
_SECRET = frozenset({"PANGEA_PASS"})

# Paths whose names look like those of secrets.
_PATHS = frozenset({"GOOGLE_APPLICATION_CREDENTIALS", "AWS_SHARED_CREDENTIALS_FILE", "OMICS_TOKEN_FILE"})

ENVIRONMENT = "the environment"

# The required kind of a setting, even if a wrong one would only affect one service's commands.
KINDS_TO_WRITE = {
    **KINDS,
    "upload": "an object",
    "upload.areas": "an object",
    "upload.current_area": "text",
    "upload.bucket_name_template": "text",
    "upload.production_api_url": "text",
    "upload.preprod_api_url_template": "text",
}


def list_settings(*, show_origin: bool = False, known: bool = False, connection: Connection) -> TextAndData:
    """Show every setting with its value and its origin.

    Lists the settings of omicsdk and of the HCA configuration with built-in ones, the settings in effect for each
    platform's clients, and the environment variables that are set and read. Secrets are masked.

    Args:
        show_origin: Also show the line in the file.
        known: Instead list all available settings, with the kinds and choices of their values.
        connection: Values of the global options.
    """
    if known:
        check_unused("with --known", show_origin=show_origin)
        rows = list(_available_settings())
        text = "\n".join(f"{row['name']} ({row['kind']}): {row['help']}" for row in rows)
        return TextAndData(text, rows, terminal_only=True)
    from omicsdk.logins import found_settings

    settings = [*HCAConfig().settings, *_own_settings()]
    entries = [
        (setting.name, masked(setting.keys, setting.value), setting.location if show_origin else setting.origin)
        for setting in settings
    ]
    entries += found_settings(connection.profile)
    for name in filter(_is_variable, sorted(os.environ)):
        value = os.environ[name]
        entries.append((name, _displayed_value(name, value), ENVIRONMENT))
    rows = [{"name": name, "value": value, "origin": origin} for name, value, origin in entries]
    # A line each: beside names and files, a table would have no space for the values.
    lines = [f"{row['name']} = {text_of(row['value'])}  ({row['origin']})" for row in rows]
    return TextAndData("\n".join(lines), rows, terminal_only=True)


def get(name: str, *, connection: Connection) -> Any:
    """Print a setting.

    The exit code is 1 if it is not set. Text is printed unchanged, other values as JSON. Secrets are not printed.

    Args:
        name: Path of the setting, joined by dots: sb.base_url, DSSClient.swagger_url. Escape a dot within a name with a
            backslash.
        connection: Values of the global options.
    """
    if name in os.environ and _is_variable(name):
        if _is_secret_variable(name):
            raise _secret(name, ENVIRONMENT)
        return mask_text(os.environ[name])
    keys = keys_of(name)
    if table_keys(keys, connection.profile) is not None:
        return masked(keys, _own_value(keys, connection))
    settings = HCAConfig().settings
    origin = settings.place_of(keys)
    if origin is None:
        known_names = dict.fromkeys([*(setting.name for setting in settings), *SETTINGS, *ACCEPTED])
        raise OmicsError(f"{name} is not set", remedy=did_you_mean(name, known_names))
    value = settings.get(*keys)
    if not isinstance(value, dict) and any(map(is_secret_name, keys)):
        raise _secret(name, origin)
    return masked(keys, value)


def paths() -> list[dict[str, Any]]:
    """Show the settings files.

    The first is omicsdk's own file. The files of the HCA configuration follow; later ones override earlier ones.
    """
    from omicsdk.hca.config import files_of, named_files

    files, named = files_of(os.environ), named_files(os.environ)
    # A user without a home has no user file.
    user_count = len(files) - len(named) - 1
    origins = ["this machine", *["this user"] * user_count, *["HCA_CONFIG_FILE"] * len(named)]
    settings = settings_path()
    rows: list[tuple[str | Path, str]] = [] if settings is None else [(settings, "omicsdk")]
    rows += zip(files, origins, strict=True)
    return [{"path": str(path), "exists": Path(path).is_file(), "origin": origin} for path, origin in rows]


def set_setting(
    name: str, value: str, *, text: bool = False, file: Path | None = None, connection: Connection, console: Console
) -> dict[str, Any]:
    """Write a setting into your settings file.

    All other settings are kept. The base URL of a platform belongs to the profile of --profile. Defaults
    of the Atlas's commands are set like any other setting: omics config set dss.download.num_retries 3

    Args:
        name: Path of the setting, joined by dots, see omics config list --known.
        value: Value, parsed as JSON if it is valid JSON, else text. - reads it from stdin; secrets are read from stdin
            only.
        text: Treat the value as text even if it is JSON.
        file: File of the HCA configuration to change; by default your own, see omics config path.
        connection: Values of the global options.
        console: Prints warnings.
    """
    from omicsdk.core.settings.config import Values, change, set_in

    keys = keys_of(name)
    profile_keys = _own_keys(keys, file, connection)
    if profile_keys is not None:
        new_value = _checked(keys, _typed(keys) if value == STREAM else value)
        change_settings(profile_keys, new_value)
        return {"name": name_of(keys), "value": new_value, "file": str(settings_path())}
    path = _file(file)
    parsed = _value(keys, value, text=text)
    _check_known(keys, parsed)
    _check_read(keys)
    is_site = _is_site_file(path)
    if is_site and _is_secret(keys, parsed):
        raise UsageError(
            f"{name_of(keys)} is a secret, and all users can read {path}",
            remedy="Set it in your own file, without --file.",
        )

    def edit(values: Values) -> None:
        set_in(values, path, keys, parsed)
        _check_merged(_effective(Layer(str(path), values)), keys)

    change(path, edit, shared=is_site)
    _warn(keys, path, console)
    return {"name": name_of(keys), "value": masked(keys, parsed), "file": str(path)}


def unset_setting(name: str, *, file: Path | None = None, connection: Connection, console: Console) -> dict[str, Any]:
    """Remove a setting from your settings file; the exit code is 1 if it is not set.

    Args:
        name: Path of the setting, joined by dots.
        file: File of the HCA configuration to change; by default your own.
        connection: Values of the global options.
        console: Prints warnings.
    """
    from omicsdk.core.settings.config import unset

    keys = keys_of(name)
    profile_keys = _own_keys(keys, file, connection)
    if profile_keys is not None:
        if not change_settings(profile_keys, None):
            raise OmicsError(f"{name_of(keys)} is not set in {settings_path()}", remedy="See: omics config list")
        return {"name": name_of(keys), "file": str(settings_path())}
    path = _file(file)
    removed = unset(path, keys, shared=_is_site_file(path))
    origin = _effective().place_of(keys)
    if not removed:
        hint = "" if origin in (None, "built in") else f"It is set elsewhere: {origin}. Name that file with --file."
        raise OmicsError(f"{name_of(keys)} is not set in {path}", remedy=hint or _nearest(keys, path))
    if origin is not None:
        console.message(f"{name_of(keys)} is still set, now by {origin}")
    return {"name": name_of(keys), "file": str(path)}


def edit(*, console: Console) -> None:
    """Edit omicsdk's settings file with the editor of VISUAL or EDITOR.

    The file is replaced after the editor exits, if the new content is valid.

    Args:
        console: Reports the result.
    """
    import shutil
    import subprocess

    from omicsdk.core.files import locked, write_private
    from omicsdk.core.settings.profiles import SETTINGS_VARIABLE, profiles, settings_file
    from omicsdk.core.settings.toml import parsed as toml

    path = settings_file("settings.toml", SETTINGS_VARIABLE)
    before = read_settings().text
    editor = (os.environ.get("VISUAL") or os.environ.get("EDITOR") or "").strip() or (
        "notepad" if os.name == "nt" else "vi"
    )
    draft = path.with_name(f"{path.stem}.draft{path.suffix}")
    is_new = not draft.exists()  # an invalid draft is edited again
    if is_new:
        write_private(draft, before)
    elif path.exists() and draft.stat().st_mtime < path.stat().st_mtime:
        raise _set_aside(draft, path)
    try:
        program, *options = words_of(editor)
        # By its path: Windows finds only .exe by a bare name, and `code` is a .cmd.
        ended = subprocess.run([shutil.which(program) or program, *options, str(draft)], check=False)
    except (OSError, ValueError) as error:  # ValueError: a quote is missing
        if is_new:
            draft.unlink()
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"Cannot start {editor}: {reason}", remedy="Set EDITOR to a program.") from error
    text = text_in(str(draft), "the draft").replace("\r\n", "\n")
    if ended.returncode or text == before:
        if is_new or text == before:
            draft.unlink()
        console.message("nothing was changed")
        return
    # Checked as a draft: an invalid one replaces no settings, and is edited again the next time.
    toml(text, str(draft))
    profiles({**os.environ, SETTINGS_VARIABLE: str(draft)})  # the contents must be valid, too
    with locked(path):
        if read_settings().text != before:  # by omics login or omics config set in another terminal
            raise _set_aside(draft, path)
        write_private(path, text)
    draft.unlink()
    console.message(f"changed {path}")


def _set_aside(draft: Path, path: Path) -> ConfigError:
    """Rename a draft that would undo changes of the settings, and return the error that states so."""
    rejected = draft.replace(path.with_name(f"{path.stem}.rejected{path.suffix}"))
    return ConfigError(
        f"{path} was changed after the draft was begun", remedy=f"Repeat your changes: they are kept in {rejected}."
    )


def masked(keys: tuple[str, ...], value: Any) -> Any:
    """Return a setting's value for display, with MASK in place of a secret.

    Args:
        keys: The names of its path.
        value: The value.
    """
    return MASK if value and any(map(is_secret_name, keys)) else mask_json(value)


def _available_settings() -> Iterator[dict[str, Any]]:
    for name, (kind, choices, text) in ACCEPTED.items():
        yield {"name": name, "kind": kind, "choices": list(choices), "help": text}
    for name, text in SETTINGS.items():
        choices = list(LEVELS) if name == "log_level" else []
        yield {"name": name, "kind": KINDS_TO_WRITE.get(name, "text"), "choices": choices, "help": text}


def _own_settings() -> list[Setting]:
    """Return the settings of omicsdk's own file, including unknown ones."""
    settings = read_settings()
    own_settings = merged([Layer(str(settings.path), settings.values)])
    return [setting._replace(location=settings.location(*setting.keys)) for setting in own_settings]


def _is_variable(name: str) -> bool:
    return name in VARIABLES or name.startswith("OMICS_")


def _is_secret_variable(name: str) -> bool:
    return name not in _PATHS and (name in _SECRET or is_secret_name(name))


def _displayed_value(name: str, value: str) -> str:
    """Return a variable's value for display."""
    if name in _PATHS:
        return value
    return MASK if value and _is_secret_variable(name) else mask_text(value)


def _own_keys(keys: Keys, file: Path | None, connection: Connection) -> Keys | None:
    """Return the keys of a setting in omicsdk's own file; None for one of the HCA configuration."""
    profile_keys = table_keys(keys, connection.profile)
    if profile_keys is not None and file is not None:
        raise UsageError(
            f"{name_of(keys)} is not a setting of the HCA configuration",
            remedy="Name another file in OMICS_SETTINGS_FILE.",
        )
    return profile_keys


def _own_value(keys: Keys, connection: Connection) -> Json:
    """Return the value of omicsdk's own file, or the one in effect from another source."""
    from omicsdk.logins import found_settings

    value = {setting.keys: setting.value for setting in _own_settings()}.get(table_keys(keys, connection.profile) or ())
    if value is not None:
        return value
    value = {name: value for name, value, _ in found_settings(connection.profile)}.get(name_of(keys))
    if value is None:
        raise OmicsError(f"{name_of(keys)} is not set", remedy=f"Set it: omics config set {name_of(keys)} VALUE")
    return value


def _checked(keys: Keys, value: str) -> str:
    from omicsdk.core.request import service_url

    if keys[0] in DEFAULTS:
        _check_default(keys[0], keys[1], value)
        return value
    if keys[0] == "store":
        choices = ACCEPTED["store"][1]
        if value not in choices:
            raise UsageError(f"store: expected one of {', '.join(choices)}, got {value!r}")
        return value
    return service_url(value, source=name_of(keys))


def _check_default(section: str, name: str, value: str) -> None:
    """Check the default of an option by that of a command which has it."""
    from omicsdk.cli.arguments import key, own_arguments
    from omicsdk.cli.catalog import GLOBALS, Catalog
    from omicsdk.cli.defaults import checked_default
    from omicsdk.cli.parser import spelled
    from omicsdk.cli.program import CommandNode

    nodes = [] if section == "cli" else [Catalog().start(command) for command in ("cp", "get")]
    options = [
        *GLOBALS,
        *(option for node in nodes if isinstance(node, CommandNode) for option in own_arguments(node.command)),
    ]
    argument = next(option for option in options if key(option).replace("-", "_") == name)
    try:
        checked_default(argument, value)
    except UsageError as error:
        what = error.message.removeprefix(f"{spelled(argument)}: ").removeprefix(f"{name} ")
        raise UsageError(f"{section}.{name}: {what}", remedy=error.remedy) from error


def _secret(name: str, origin: str) -> OmicsError:
    return OmicsError(f"{name} is a secret, which is not shown", remedy=f"It is set in {origin}.")


def _file(named: Path | None) -> Path:
    from omicsdk.hca.config import user_file

    return Path(named or user_file(os.environ))


def _is_site_file(path: Path) -> bool:
    from omicsdk.hca.config import SITE_FILE

    return path.absolute() == Path(SITE_FILE).absolute()


def _value(keys: Keys, word: str, *, text: bool) -> Json:
    from_stdin = word == STREAM
    if from_stdin:
        word = _typed(keys)
    value = word if text else _json_or_text(word)
    if KINDS_TO_WRITE.get(name_of(keys)) == "text" and not isinstance(value, str):
        value = word  # a token of digits
    if not from_stdin and _is_secret(keys, value):
        raise UsageError(
            f"{name_of(keys)} is a secret, and the command line stays in the shell's history",
            remedy=f"Use - and send it to stdin: omics config set {name_of(keys)} - < FILE.",
        )
    return value


def _json_or_text(word: str) -> Json:
    try:
        # Python also reads NaN and 1e999, which the next reader of the file need not.
        return strict_value(word)
    except ValueError:
        return word
    except RecursionError as error:
        raise UsageError("VALUE is nested too deeply") from error


def _typed(keys: Keys) -> str:
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass(f"{name_of(keys)}: ")
    # Only the end of its line: a password may begin or end with a space.
    return text_in(STREAM, name_of(keys)).removesuffix("\n").removesuffix("\r")


def _is_secret(keys: Keys, value: Json) -> bool:
    """Return whether a value is or contains a secret; placeholders of tests and empty texts are not secrets."""
    return bool(value) and (any(map(is_secret_name, keys)) or mask_json(value) != value)


def _check_known(keys: Keys, value: Json) -> None:
    """Reject an invalid value before it is stored.

    Raises:
        UsageError: The value is invalid for the setting.
        ConfigError: It is not the URL of a document.
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
        from omicsdk.hca.services import base_url_of

        base_url_of(value)


def _check_merged(settings: Settings, keys: Keys) -> None:
    """Reject a default of an unknown command or argument, or of the wrong type.

    Raises:
        UsageError: The setting is invalid.
    """
    from omicsdk.cli.catalog import Catalog
    from omicsdk.cli.defaults import check

    try:
        check(settings, keys, Catalog())
    except ConfigError as error:
        # The file and line in its message are not written yet.
        raise UsageError(error.message.partition(": ")[2], remedy=error.remedy) from error


def _effective(changed: Layer | None = None) -> Settings:
    """Merge the files, with a changed file in place of the present one.

    Raises:
        ConfigError: A file is malformed or contradicts another.
    """
    from omicsdk.hca.config import DEFAULTS, files_of

    # By real paths: the changed file may be named through a link.
    layers = {os.path.realpath(file): read_layer(file) for file in files_of(os.environ)}
    if changed is not None:
        layers[os.path.realpath(changed.origin)] = changed
    return merged([Layer("built in", DEFAULTS), *(layer for layer in layers.values() if layer is not None)])


def _check_read(keys: Keys) -> None:
    """Reject a setting that no command reads.

    Raises:
        UsageError: It is unknown; the nearest one is suggested.
    """
    from omicsdk.cli.services import SERVICES

    names = [name_of(keys[: end + 1]) for end in range(len(keys))]
    is_default = keys[0] in SERVICES and "settings" in SERVICES[keys[0]]
    if not is_default and not any(name in SETTINGS for name in names):
        near = did_you_mean(name_of(keys), {**SETTINGS, **ACCEPTED})
        for section, options in DEFAULTS.items():
            near = near or did_you_mean(name_of(keys), options, f"{section}.{{}}")
        raise UsageError(
            f"unknown setting {name_of(keys)}: no command reads it",
            remedy=near or "Known settings: omics config list --known",
        )


def _warn(keys: Keys, path: Path, console: Console) -> None:
    """Warn of a setting that has no effect."""
    from omicsdk.hca.config import files_of

    if os.path.realpath(path) not in map(os.path.realpath, files_of(os.environ)):
        console.warning(f"{path} is not read unless HCA_CONFIG_FILE names it")
    elif (origin := _effective().place_of(keys)) is not None and str(path) not in origin:
        console.warning(f"{name_of(keys)} has no effect: {origin} has precedence")


def _nearest(keys: Keys, path: Path) -> str:
    layer = read_layer(path)
    return did_you_mean(name_of(keys), [name_of(line_keys) for line_keys in layer.lines]) if layer is not None else ""
