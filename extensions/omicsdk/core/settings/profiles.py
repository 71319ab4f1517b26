"""Profiles: omicsdk's own settings file, `settings.toml`, with one table a profile and platform.

store = "file"

[profiles.default.gen3]
base_url = "https://commons.example.org"
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from omicsdk.core.errors import ConfigError
from omicsdk.core.files import locked, no_home, settings_text, write_private
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.likeness import did_you_mean, nearest
from omicsdk.core.type_guards import is_object
from omicsdk.core.user_folders import user_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

#: Environment variable: the settings file.
SETTINGS_VARIABLE = "OMICS_SETTINGS_FILE"
#: Environment variable: the default profile.
PROFILE_VARIABLE = "OMICS_PROFILE"
#: The profile that is used if none is named; it need not exist.
DEFAULT_PROFILE = "default"

#: The platforms that a profile may have a table for.
PLATFORMS = ("dss", "auth", "upload", "azul", "gdc", "sb", "gen3", "drs", "htsget", "refget", "trs", "crunch", "pangea")
STORES = ("file", "keyring")
"""Where logins are stored: in the token file, or in the system's keyring."""
#: The options of commands whose defaults are settings, of all profiles, and variables: those of every command, and
#: those of commands that transfer or filter files. The other options state what one run is about, or agree to
#: something.
DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "cli": ("output", "log_level", "log_format", "call_timeout", "call_budget"),
    "transfer": (
        *("connections", "limit_rate", "time_budget", "retries", "min_delay", "min_rate", "stall_timeout"),
        *("renewals", "max_wait", "require_checksum", "resume_unvalidated", "cache", "link", "prefer", "spool"),
        *("max_unpacked", "fail_empty", "progress_every", "metrics"),
        *("include", "exclude", "filter_from", "min_size", "max_size", "newer", "older"),
    ),
}
#: Environment variable: the folder of the shared cache.
CACHE_VARIABLE = "OMICS_CACHE"


def default_variable(section: str, option: str) -> str:
    """Return the environment variable with the default of an option.

    Args:
        section: A section of DEFAULTS.
        option: One of its options.
    """
    if option == "cache":
        return CACHE_VARIABLE
    return f"OMICS_{option.upper()}" if section == "cli" else f"OMICS_TRANSFER_{option.upper()}"


#: Those of all DEFAULTS.
DEFAULT_VARIABLES = frozenset(default_variable(section, option) for section in DEFAULTS for option in DEFAULTS[section])


#: The settings that commands accept: the kind of the value, its choices, and its description. Those of a platform
#: belong to a profile.
ACCEPTED: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "store": (
        "text",
        STORES,
        "where omics login stores logins; by default in the keyring if it is unlocked, else in a file",
    ),
    **{f"{platform}.base_url": ("URL", (), f"the base URL of {platform} in a profile") for platform in PLATFORMS},
    **{
        f"{section}.{option}": (
            "text",
            (),
            f"the default of --{option.replace('_', '-')}; also {default_variable(section, option)}",
        )
        for section, options in DEFAULTS.items()
        for option in options
    },
}
_KEYS = ("base_url",)
_OWN_SETTINGS = (
    "azul",
    "gdc",
    "sb",
    "gen3",
    "drs",
    "htsget",
    "refget",
    "trs",
    "crunch",
    "pangea",
)  # those of the Atlas's services are in the HCA configuration
_PROFILE_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


class Settings(NamedTuple):
    """The content of the settings file.

    Attributes:
        path: The file; None if none is named and the user has no home folder.
        values: Its values; empty if it does not exist.
        text: Its text.
    """

    path: str | None
    values: Mapping[str, Any]
    text: str = ""

    def location(self, *keys: str) -> str:
        """Where a key is, for messages: the file, with the line where the key has one.

        Args:
            *keys: The names of its tables, and its own.
        """
        from omicsdk.core.settings.toml import line_of

        line = line_of(self.text, keys)
        return f"{self.path}" if line is None else f"{self.path}:{line}"


def settings_path(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the path of the settings file: OMICS_SETTINGS_FILE, else `settings.toml` in omicsdk's settings folder.

    Args:
        environ: The environment's variables; by default those of the process.

    Returns:
        The path; None where no file is named and the user has no home folder.
    """
    from pathlib import Path

    path = _file_name("settings.toml", SETTINGS_VARIABLE, environ)
    return Path(path) if path else None


def settings_file(name: str, variable: str, environ: Mapping[str, str] | None = None) -> Path:
    """Return the path of one of omicsdk's own files: in its folder of settings, or what an environment variable names.

    Args:
        name: The file's name in the folder.
        variable: The variable.
        environ: The environment's variables; by default those of the process.

    Raises:
        ConfigError: No file is named, and the user has no home.
    """
    from pathlib import Path

    path = _file_name(name, variable, environ)
    if not path:
        raise no_home(f"Or name a file in {variable}.")
    return Path(path)


def _file_name(name: str, variable: str, environ: Mapping[str, str] | None) -> str:
    """Return the path of such a file as text, without pathlib, which each command would import; empty for none."""
    named = (os.environ if environ is None else environ).get(variable)
    if named:
        return os.path.expanduser(named)  # noqa: PTH111 - as above
    folder = user_folder("config")
    return folder and f"{folder}{os.sep}{name}"


def check_profile_name(name: str) -> None:
    """Refuse an invalid name of a profile.

    Args:
        name: The name.

    Raises:
        ConfigError: It contains other characters than letters, digits, dots, dashes and underscores.
    """
    if re.fullmatch(_PROFILE_NAME, name) is None:
        raise ConfigError(
            f"Invalid name of a profile: {name!r}", remedy="Use letters, digits, dots, dashes and underscores."
        )


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings file.

    Args:
        environ: The environment's variables; by default those of the process.

    Raises:
        ConfigError: The file cannot be read or is malformed; names it with the line.
    """
    path = _file_name("settings.toml", SETTINGS_VARIABLE, environ)
    if not path:
        return Settings(None, {})
    if (text := settings_text(path)) is None:
        return Settings(path, {})
    from omicsdk.core.settings.toml import parsed

    # Without a byte order mark, which some editors write and tomllib refuses.
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    return Settings(path, parsed(text, path), text)


def profile_settings(profile: str, platform: str, environ: Mapping[str, str] | None = None) -> dict[str, str] | None:
    """Read the settings of a platform in a profile.

    Keys that this version does not know are left alone: a newer one may have written them.

    Args:
        profile: The name of the profile.
        platform: The name of the platform, such as `sb`.
        environ: The environment's variables; by default those of the process.

    Returns:
        The settings by their names, empty where the profile has no table for the platform; None where the file or the profile
        does not exist.

    Raises:
        ConfigError: The file cannot be read or is malformed, or has a misspelled key; names it with the line.
    """
    settings = read_settings(environ)
    return _table(settings, profile, platform) if settings.values else None


def environ_of(platform: str, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment's variables that are about a platform: without OMICS_PROFILE if the profile belongs to another one.

    Args:
        platform: The name of the platform.
        environ: The environment's variables.

    Raises:
        ConfigError: As for `profile_settings`.
    """
    profile = environ.get(PROFILE_VARIABLE, "").strip()
    if not profile or profile_settings(profile, platform, environ):
        return environ
    return {name: text for name, text in environ.items() if name != PROFILE_VARIABLE}


def profiles(environ: Mapping[str, str] | None = None) -> dict[str, dict[str, dict[str, str]]]:
    """Read all profiles.

    Args:
        environ: The environment's variables; by default those of the process.

    Returns:
        By profile and platform, the settings by their names.

    Raises:
        ConfigError: As `profile_settings`.
    """
    settings = read_settings(environ)
    by_profile: dict[str, dict[str, dict[str, str]]] = {}
    for profile in _object(settings, ("profiles",)):
        tables = {platform: _table(settings, profile, platform) for platform in PLATFORMS}
        by_profile[profile] = {platform: table for platform, table in tables.items() if table}
    return by_profile


def change_settings(keys: tuple[str, ...], value: str | None, environ: Mapping[str, str] | None = None) -> bool:
    """Set or remove a key of the settings file; everything else in it is unchanged, comments included.

    Args:
        keys: The names of its tables, and its own.
        value: The value; None removes it.
        environ: The environment's variables; by default those of the process.

    Returns:
        Whether the file states something else than before.

    Raises:
        ConfigError: The file is malformed or cannot be written, or the user has no home folder for it.
    """
    from omicsdk.core.settings.toml import changed, in_line_ends_of

    path = settings_file("settings.toml", SETTINGS_VARIABLE, environ)
    # The lock covers reading, too: of two processes that change the file at once, the second one edits what the first one wrote.
    with locked(path):
        settings = read_settings(environ)
        holder: object = settings.values
        for name in keys[:-1]:
            holder = holder.get(name, {}) if is_object(holder) else None
        if not is_object(holder):
            raise ConfigError(f"{path}: {'.'.join(keys[:-1])} is not a table", remedy="Correct it, or remove it.")
        if holder.get(keys[-1]) == value:
            return False
        text = in_line_ends_of(path, changed(settings.text, keys, value))
        write_private(path, text)  # through a link, whose target is replaced
    return True


def table_keys(keys: Sequence[str], profile: str | None = None) -> tuple[str, ...] | None:
    """Return where a setting is in the file.

    Args:
        keys: The names that a user gave: `store`, `sb.base_url`, or `profiles.work.sb.base_url`.
        profile: The profile of a setting that names none; by default `default`.

    Returns:
        The names of its tables, and its own; None for a setting of another file.

    Raises:
        ConfigError: The file has no such setting.
    """
    first = keys[0]
    is_whole = first == "profiles" and len(keys) > 2
    name = ".".join(keys[2:] if is_whole else keys)
    if is_whole:
        check_profile_name(keys[1])
    is_common = name == "store" or first in DEFAULTS
    if name in ACCEPTED and not (is_whole and is_common):
        return tuple(keys) if is_whole or is_common else ("profiles", profile or DEFAULT_PROFILE, *keys)
    if first in DEFAULTS:
        raise _unknown_default(first, ".".join(keys[1:]), ".".join(keys))
    if first not in ("profiles", "store", *_OWN_SETTINGS):
        return None  # the Atlas's services have settings in the HCA configuration, too
    platform = name.partition(".")[0]
    if platform not in PLATFORMS:
        raise ConfigError(f"unknown setting {'.'.join(keys)}", remedy="Known settings: omics config list --known")
    # Secrets are stored in the token file or the keyring only.
    if any(word in name for word in ("token", "password", "key", "credentials")):
        raise ConfigError(f"{'.'.join(keys)} is not a setting", remedy=f"Store a login with: omics login {platform}")
    raise ConfigError(f"unknown setting {'.'.join(keys)}", remedy=f"Did you mean {platform}.base_url?")


def _unknown_default(section: str, name: str, label: str) -> ConfigError:
    """Return the error of a default that no command reads, with the nearest one."""
    remedy = did_you_mean(name, DEFAULTS[section], f"{section}.{{}}") or "Known settings: omics config list --known"
    return ConfigError(f"unknown setting {label}: no command reads it", remedy=remedy)


def states_defaults(environ: Mapping[str, str]) -> bool:
    """Return whether the environment or the settings file states a default of an option.

    Args:
        environ: The environment's variables.

    Raises:
        ConfigError: The file is malformed.
    """
    sections = read_settings(environ).values.keys() & DEFAULTS.keys()
    return bool(sections) or not DEFAULT_VARIABLES.isdisjoint(environ)


def stated_defaults(section: str, environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    """Return the defaults of options: of the environment, else of the settings file.

    Args:
        section: A section of DEFAULTS.
        environ: The environment's variables.

    Returns:
        By name, the value, and where it is from.

    Raises:
        ConfigError: The file has an unknown setting in the section, or is malformed.
    """
    settings = read_settings(environ)
    defaults: dict[str, tuple[Any, str]] = {}
    table: Mapping[str, Any] = _object(settings, (section,)) if section in settings.values else {}
    for name, value in table.items():
        location = settings.location(section, name)
        if name not in DEFAULTS[section]:
            raise _unknown_default(section, name, f"{section}.{name} ({location})")
        defaults[name] = value, f"{location}: {section}.{name}"
    for name in DEFAULTS[section]:
        variable = default_variable(section, name)
        # After the file, whose values those of the environment replace.
        if environ.get(variable):
            defaults[name] = environ[variable], variable
    return defaults


def stated_store(environ: Mapping[str, str] | None = None) -> str | None:
    """Return where logins are to be stored, as `store` in the settings file states it; None where it does not.

    Args:
        environ: The environment's variables; by default those of the process.

    Raises:
        ConfigError: It is neither `file` nor `keyring`, or the file is malformed.
    """
    settings = read_settings(environ)
    store = settings.values.get("store")
    if store is not None and store not in STORES:
        raise ConfigError(
            f"{settings.location('store')}: store is {store!r}", remedy=f"Choose one of: {', '.join(STORES)}."
        )
    return store


def _object(settings: Settings, keys: tuple[str, ...]) -> Mapping[str, Any]:
    node: object = settings.values
    for end, name in enumerate(keys, 1):
        node = node.get(name, {}) if is_object(node) else node
        if not is_object(node):
            where = f"{settings.location(*keys[:end])}: [{'.'.join(keys[:end])}]"
            raise ConfigError(f"{where} is not a table", remedy='Write it as a table with base_url = "https://...".')
    return node


def _table(settings: Settings, profile: str, platform: str) -> dict[str, str] | None:
    if profile not in _object(settings, ("profiles",)):
        return None
    keys = ("profiles", profile, platform)
    table: dict[str, str] = {}
    for key, value in _object(settings, keys).items():
        where = f"{settings.location(*keys, key)}: [{'.'.join(keys)}]"
        if key in _KEYS:
            if not isinstance(value, str):
                raise ConfigError(f"{where}: {key} is not text", remedy=f'Write {key} = "https://...".')
            table[key] = value
        # Unknown keys unlike any other are left alone, since a newer version may have written them.
        elif nearest(key, _KEYS):
            raise ConfigError(f"{where} has the unknown key {key!r}", remedy=f"Known keys: {', '.join(_KEYS)}.")
    return table
