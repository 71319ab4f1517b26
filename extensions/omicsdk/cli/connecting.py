"""Clients from options and settings (base URL, credentials, profile), and configured defaults of arguments."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import NamedTuple

from omicsdk.cli.mistakes import did_you_mean
from omicsdk.cli.options import GLOBALS, LEVELS, global_arguments, key, kind_of, loaded, own_arguments, variable
from omicsdk.cli.parser import spelled, value_of
from omicsdk.core.errors import ConfigError, OmicsError, UsageError
from omicsdk.core.settings.config import name_of
from omicsdk.core.settings.profiles import PROFILE_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from contextlib import AbstractContextManager
    from typing import Any

    from omicsdk.cli.catalog import Catalog, Found
    from omicsdk.cli.shapes import Argument, Command, Service
    from omicsdk.core.settings.config import Keys, Settings


class Connection:
    """The global options of a service, for commands that make their own connection.

    Attributes:
        base_url: Value of --base-url.
        access_token: Value of --access-token.
        profile: Value of --profile or OMICS_PROFILE.
    """

    __slots__ = ("access_token", "base_url", "profile")

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.base_url: str | None = settings.get("base-url") or None
        self.access_token: str | None = settings.get("access-token")
        self.profile: str | None = settings.get("profile") or os.environ.get(PROFILE_VARIABLE) or None


@contextmanager
def in_profile(settings: Mapping[str, Any]) -> Generator[None]:
    """Set the profile of --profile for all clients of a command, including its worker processes.

    Args:
        settings: Values of the global options that were given.
    """
    named, before = settings.get("profile"), os.environ.get(PROFILE_VARIABLE)
    if not named:
        yield
        return
    os.environ[PROFILE_VARIABLE] = named
    try:
        yield
    finally:
        if before is None:
            del os.environ[PROFILE_VARIABLE]
        else:
            os.environ[PROFILE_VARIABLE] = before


def connected(
    found: Found, service: Service | None, settings: Mapping[str, Any], access: Mapping[str, Any] | None = None
) -> Any:
    """Make the client of a command.

    Args:
        found: The command.
        service: Registration of its service.
        settings: Values of the global options that were given.
        access: Values of the service's own options that were given, for the client.

    Raises:
        UsageError: The base URL is missing or invalid.
        ConfigError: A setting cannot be read, or the token is invalid.
    """
    name, client = found.path[0], None if service is None else service.get("client")
    base_url, token = settings.get("base-url") or None, settings.get("access-token") or None
    try:
        if client is not None:
            return loaded(client)(base_url, credentials=token, **(access or {}))
        return _generated_client(found, base_url, token)
    except OmicsError as error:
        if base_url is None and service is None and not os.environ.get(variable(name, "URL")):
            raise UsageError(
                f"no base URL for {name}", remedy=f"Use --base-url, or set {variable(name, 'URL')}."
            ) from error
        from omicsdk.core.redaction import mask_url
        from omicsdk.core.request import fault_of  # slow; commands that read the settings only do without

        named = bool(settings.get("profile") or os.environ.get(PROFILE_VARIABLE)) and client is not None
        stated = base_url or (None if named else os.environ.get(variable(name, "URL")))
        if not stated or (fault := fault_of(stated)) is None:
            raise

        source = "--base-url" if base_url else variable(name, "URL")
        remedy = "Use the URL of the service, which begins with https:// and a host."
        raise UsageError(f"{source}: {mask_url(stated)!r} {fault}", remedy=remedy) from error


def stated_by_variables(
    service: str, base_url: str | None, token: str | None, default: str = ""
) -> tuple[str | None, str | None]:
    """Complete the base URL and the token of a service that has no search of its own from its variables.

    Args:
        service: The service's word on the command line.
        base_url: Value of --base-url.
        token: Value of --access-token.
        default: The service's own base URL. The variable's token is for that of the variable, else for this one.
    """
    url, secret = (os.environ.get(variable(service, what), "").strip() or None for what in ("URL", "TOKEN"))
    if token is None and secret is not None:
        from omicsdk.core.credentials import checked_token, origin_of

        own = url or default or base_url or ""
        names = [variable(service, what) for what in ("TOKEN", "URL")]
        if base_url is None or origin_of(base_url) == origin_of(own):
            token = checked_token(secret, names[0])
        else:
            from omicsdk.core.logs import config_log
            from omicsdk.core.redaction import mask_url

            config_log.warning("%s is for %s, and not sent to %s. Set %s", names[0], own, mask_url(base_url), names[1])
    return base_url or url, token


def as_patient(settings: Mapping[str, Any]) -> AbstractContextManager[None]:
    """Apply --call-timeout and --call-budget to the clients of a command.

    Args:
        settings: Values of the global options that were given.

    Raises:
        UsageError: A value is not a duration.
    """
    timeout, budget = settings.get("call-timeout"), settings.get("call-budget")
    if timeout is None and budget is None:
        return nullcontext()
    from omicsdk.core.sending.transport import Timeout, call_limits

    waits = None
    if timeout is not None:
        seconds = seconds_of("--call-timeout", timeout)
        waits = Timeout(read=seconds, write=seconds, body=seconds)
    return call_limits(waits, None if budget is None else seconds_of("--call-budget", budget))


def seconds_of(option: str, text: str) -> float:
    """Parse a duration.

    Args:
        option: The option.
        text: Seconds, or hours, minutes and seconds: 2h30m.

    Raises:
        UsageError: It is not a duration, or 0.
    """
    from omicsdk.core.clock import seconds_in

    seconds = seconds_in(text)
    if not seconds:
        raise UsageError(f"{option} {text}: not a duration", remedy="Use seconds, or a duration such as 90m or 2h30m.")
    return seconds


def _generated_client(found: Found, base_url: str | None, token: str | None) -> Any:
    from omicsdk.core.credentials import BearerToken

    module = import_module(f"omicsdk_api.{found.package}")
    client = next(getattr(module, name) for name in module.__all__ if name.endswith("Api") and name[:5] != "Async")
    base_url, token = stated_by_variables(found.path[0], base_url, token, client._default_base_url)
    return client(base_url) if token is None else client(base_url, credentials=BearerToken(token))


CONFIGURABLE = ("output", "query", "log-level")
"""Global options that may be configured for one command; the others are secrets, or for one call only."""


class Defaults(NamedTuple):
    """The defaults of one command.

    Attributes:
        own: Values of the command's arguments, by their key.
        everywhere: Values of global options, by name.
    """

    own: Mapping[str, Any]
    everywhere: Mapping[str, Any]


def configured_defaults(found: Found, catalog: Catalog) -> Defaults:
    """Read the defaults of a command from its service's configuration.

    Args:
        found: The command.
        catalog: The catalog with the command.

    Raises:
        ConfigError: A file is malformed, a command or argument is unknown, or a value has the wrong type; names file
            and line.
    """
    service = catalog.registered(found.path[0]) if found.path else None
    if service is None or "settings" not in service:
        return Defaults({}, {})
    settings: Settings = loaded(service["settings"])()
    word = found.path[0]
    names = _names(settings, word, service)
    commands = _commands(catalog, word) if names else []
    for name in names:
        _check_command(settings, (word, name), commands)
    return _defaults(found, settings, names)


def check(settings: Settings, keys: Keys, catalog: Catalog) -> None:
    """Check the defaults of commands before a setting is changed.

    Args:
        settings: The settings after the change.
        keys: The names of the setting's path.
        catalog: The commands.

    Raises:
        ConfigError: A changed command or argument is unknown, or a value has the wrong type.
    """
    from omicsdk.cli.catalog import Found, Group

    word = keys[0]
    service, group = catalog.registered(word), catalog.start(word) if word in catalog.services() else None
    if service is None or "settings" not in service or not isinstance(group, Group):
        return
    for name in _names(settings, word, service):
        if name in keys[1:2] or len(keys) == 1:
            _check_command(settings, (word, name), _commands(catalog, word))
            found = group.child(name.replace("_", "-"))
            if isinstance(found, Found):
                _defaults(found, settings, [name])


def _names(settings: Settings, word: str, service: Service) -> list[str]:
    """Return the names in a service's section that should be commands."""
    section = settings.get(word, default={})
    if not isinstance(section, dict):
        raise _wrong(settings, (word,), f"expected an object of commands, got {json.dumps(section)[:60]}")
    return [name for name in section if name not in service.get("sections", ())]


def _check_command(settings: Settings, keys: Keys, commands: list[str]) -> None:
    word, command = keys[0], keys[1].replace("_", "-")
    if command not in commands:
        raise _wrong(settings, keys, f"omics {word} has no command {command!r}", did_you_mean(command, commands))


def _defaults(found: Found, settings: Settings, names: list[str]) -> Defaults:
    word = found.path[0]
    everywhere: dict[str, Any] = {}
    own: dict[str, Any] = {}
    level = settings.get("log_level")
    if level is not None:
        everywhere["log-level"] = _level(settings, level)
    for name in names:
        if name.replace("_", "-") != found.path[-1]:
            continue
        given = settings.get(word, name)
        if not isinstance(given, dict):
            raise _wrong(settings, (word, name), f"expected an object of arguments, got {json.dumps(given)[:60]}")
        for argument_name, value in given.items():
            keys = (word, name, argument_name)
            argument = _argument(found.command, keys, settings)
            if value is not None:
                (everywhere if _is_global(argument) else own)[key(argument)] = _value(argument, value, keys, settings)
    return Defaults(own, everywhere)


def _commands(catalog: Catalog, word: str) -> list[str]:
    from omicsdk.cli.catalog import Group

    group = catalog.start(word)
    return [name for name, _ in [*group.handwritten(), *group.operations()]] if isinstance(group, Group) else []


def _argument(command: Command, keys: Keys, settings: Settings) -> Argument:
    argument = _named(command, keys[-1])
    if argument is None:
        known = [_plain(each["name"]) for each in _arguments(command)]
        near = did_you_mean(_plain(keys[-1]), known)
        raise _wrong(settings, keys, f"the command has no argument {keys[-1]!r}", near)
    return argument


def _named(command: Command, name: str) -> Argument | None:
    return next((one for one in _arguments(command) if _plain(name) in (_plain(one["name"]), _plain(key(one)))), None)


def _arguments(command: Command) -> list[Argument]:
    own = own_arguments(command)
    return [*own, *(argument for argument in global_arguments(own) if _is_global(argument))]


def _is_global(argument: Argument) -> bool:
    return argument["name"] in CONFIGURABLE and argument in GLOBALS


def _plain(name: str) -> str:
    return name.replace("-", "_")


def _value(argument: Argument, value: Any, keys: Keys, settings: Settings) -> Any:
    try:
        return _converted(argument, value)
    except UsageError as error:
        raise _wrong(settings, keys, error.message.removeprefix(f"{spelled(argument)}: ")) from error


def _converted(argument: Argument, value: Any) -> Any:
    if isinstance(value, str):
        return value_of(argument, [value])
    text = json.dumps(value)
    if isinstance(value, (list, dict)) and kind_of(argument) not in ("array", "object", "any"):
        raise UsageError(f"{spelled(argument)}: expected one value, got {text[:60]}")
    return value_of(argument, [text])


def _level(settings: Settings, level: Any) -> str:
    if not isinstance(level, str) or level.upper() not in LEVELS:
        raise _wrong(settings, ("log_level",), f"expected one of {', '.join(LEVELS)}, got {json.dumps(level)[:60]}")
    return level.upper()


def _wrong(settings: Settings, keys: Keys, what: str, remedy: str = "") -> ConfigError:
    return ConfigError(f"{settings.place_of(keys)}: {name_of(keys)}: {what}", remedy=remedy or "Correct or remove it.")
