"""Profiles: omicsdk's own settings file, `settings.toml`, with one table a profile and platform.

[profiles.default.gen3]
base_url = "https://commons.example.org"
"""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from omicsdk.core.errors import ConfigError
from omicsdk.core.files import settings_file
from omicsdk.core.type_guards import is_object

SETTINGS_VARIABLE = "OMICS_SETTINGS_FILE"
"""Environment variable: the settings file."""
PROFILE_VARIABLE = "OMICS_PROFILE"
"""Environment variable: the profile that is used where no argument names one."""
DEFAULT_PROFILE = "default"
"""The profile that is used where nothing names one; it need not exist."""
_KEYS = frozenset({"base_url"})


def settings_path(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the path of the settings file: OMICS_SETTINGS_FILE, else `settings.toml` in omicsdk's settings folder.

    Args:
        environ: The environment's variables; by default those of the process.

    Returns:
        The path; None where no file is named and the user has no home folder.
    """
    try:
        return settings_file("settings.toml", SETTINGS_VARIABLE, environ)
    except ConfigError:
        return None


def profile_settings(profile: str, platform: str, environ: Mapping[str, str] | None = None) -> dict[str, str] | None:
    """Read the settings of a platform in a profile.

    Args:
        profile: The name of the profile.
        platform: The name of the platform, such as `sb`.
        environ: The environment's variables; by default those of the process.

    Returns:
        The settings by their names, empty where the profile has no table for the platform; None where the file or the profile
        does not exist.

    Raises:
        ConfigError: The file cannot be read or is malformed, or has an unknown key.
    """
    path = settings_path(environ)
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise ConfigError(f"Cannot read {path}: {reason}") from error
    import tomllib

    try:
        settings: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"Cannot read {path}: {error}", remedy="Correct this line.") from None
    for name in ("profiles", profile):
        settings = settings.get(name) if is_object(settings) else settings
    if settings is None:
        return None
    settings = settings.get(platform, {}) if is_object(settings) else settings
    where = f"[profiles.{profile}.{platform}] in {path}"
    if not is_object(settings):
        raise ConfigError(f"{where} is not a table", remedy='Write it as a table with base_url = "https://...".')
    for key, value in settings.items():
        if key not in _KEYS:
            raise ConfigError(f"{where} has the unknown key {key!r}", remedy=f"Known keys: {', '.join(sorted(_KEYS))}.")
        if not isinstance(value, str):
            raise ConfigError(f"{key} of {where} is not text", remedy=f'Write {key} = "https://...".')
    return cast("dict[str, str]", settings)
